"""The options that commands share, each checked while the command line is parsed.

A command that takes a network is decorated with :func:`network_options` and receives the
keywords of :class:`NetworkOptions`; every command is decorated with :func:`common_options`
and receives those of :class:`CommonOptions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

import click

from polyconstraints.cli.parameters import (
    ANY,
    Integer,
    IntegerList,
    IntegerRange,
    LevelAction,
    ParamType,
    Size,
)
from polyconstraints.errors import UsageError
from polyconstraints.io.files import STANDARD_STREAM, check_writable

__all__ = [
    "ANY",
    "CommonOptions",
    "Integer",
    "IntegerList",
    "IntegerRange",
    "LevelAction",
    "NetworkOptions",
    "Size",
    "build_network",
    "build_problem",
    "common_options",
    "memory_option",
    "network_options",
]

LAYERS = ("quadratic", "linear")
INDICES = ("ordered", "redundant")
SYMMETRIES = ("equivariant", "invariant")
SCOPES = ("layer", "network")
COMPARISONS = ("function", "paper", "tensor")
PERMUTATIONS = ("transpositions", "adjacent", "generators")

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupChoice
    from polyconstraints.spec.network import NetworkSpec
    from polyconstraints.spec.symmetry import Symmetry

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Decorator = Callable[[_Function], _Function]


class NetworkOptions(TypedDict):
    """What :func:`network_options` passes to a command, as keywords."""

    inputs: int | Literal["any"] | tuple[int, ...] | None
    """An integer of at least 1; ``"any"`` or several integers if the command accepts them;
    None if it isn't required and wasn't given."""

    depth: int
    layer: Literal["quadratic", "linear"]
    indices: Literal["ordered", "redundant"]
    bias: bool

    widths: tuple[int, ...] | None
    """Hidden widths; None stands for n each. That there are d−1 of them isn't checked yet."""

    channels: tuple[int, ...]
    """One number, or as many as were given: that these are d+1 isn't checked yet."""

    symmetry: Literal["equivariant", "invariant"]
    scope: Literal["layer", "network"]
    compare: Literal["function", "paper", "tensor"]

    permutations: Literal["transpositions", "adjacent", "generators"] | None
    """None stands for what fits the group: all transpositions for S, generators otherwise."""

    group: str
    """As typed: a name, a list of generators, or ``@FILE``."""

    actions: tuple[tuple[int, str], ...]
    """Levels on which the group acts in a way of its own, and how, as typed."""


class CommonOptions(TypedDict):
    """What :func:`common_options` passes to a command, as keywords."""

    output_format: str
    output_file: str | None
    """None stands for standard output; so does ``-``, which is turned into None."""

    quiet: bool


def memory_option() -> Callable[[_Function], _Function]:
    """Add ``--memory-limit``, which allows what would be refused as too large.

    The command receives ``memory_limit``: bytes, or None where it isn't given.
    """
    return click.option(
        "--memory-limit",
        type=Size(),
        metavar="SIZE",
        show_default=False,
        help="Memory that tables of the expansion may take, as 4GiB.  [default: half of what "
        "is free]",
    )


def _compose(options: Sequence[_Decorator[Any]]) -> _Decorator[Any]:
    """Return one decorator that adds `options` in the order in which the help lists them."""

    def decorate(function: _Function) -> _Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def network_options(
    *,
    inputs: Literal["one", "any", "range"] = "one",
    required: bool = True,
    default: str | None = None,
) -> Callable[[_Function], _Function]:
    """Add all options that describe a network and its symmetry.

    Parameters
    ----------
    inputs : {"one", "any", "range"}, default "one"
        What ``-n`` takes: one integer; that or the word ``any``; one or several integers,
        which always arrive as a tuple.
    required : bool, default True
        Whether ``-n`` has to be given.
    default : str, optional
        What ``-n`` is where it isn't given; it is not required then.

    Returns
    -------
    callable
        A decorator. The command receives the keywords of :class:`NetworkOptions`.

    Examples
    --------
    >>> @click.command()
    ... @network_options()
    ... def show(**network: object) -> None:
    ...     click.echo(f"{network['inputs']} {network['bias']} {network['widths']}")
    >>> show.main(["-n", "3", "--bias", "-d2", "--widths", "4"], standalone_mode=False)
    3 True (4,)
    """
    kinds: dict[str, ParamType] = {
        "one": Integer(1),
        "any": Integer(1, words=[ANY]),
        "range": IntegerRange(1),
    }
    helps = {
        "one": "Number of inputs n.",
        "any": "Number of inputs n, or 'any' for a rule that holds for every n.",
        "range": "Numbers of inputs n, as 1-6 or 2,4,8.",
    }
    # Not `default=None`, which click takes for a value that was given.
    given: dict[str, Any] = {} if default is None else {"default": default}
    metavars = {"one": "N", "any": "N|any", "range": "RANGE"}
    return _compose(
        [
            click.option(
                "-n",
                "--inputs",
                type=kinds[inputs],
                required=required and default is None,
                **given,
                metavar=metavars[inputs],
                help=helps[inputs],
            ),
            click.option(
                "-d", "--depth", type=Integer(1), default=1, metavar="D", help="Number of layers d."
            ),
            click.option(
                "--layer", type=click.Choice(LAYERS), default=LAYERS[0], help="What one layer does."
            ),
            click.option(
                "--indices",
                type=click.Choice(INDICES),
                default=INDICES[0],
                help="Weights of a quadratic layer: i ≥ j only, or every pair.",
            ),
            click.option(
                "--bias/--no-bias", default=False, help="Give every layer a constant unit o_0 = 1."
            ),
            click.option(
                "--widths",
                type=IntegerList(1),
                metavar="W,…",
                help="Hidden widths, d−1 numbers as 4,4; n each unless given.",
            ),
            click.option(
                "--channels",
                type=IntegerList(1),
                default="1",
                metavar="M,…",
                help="Channels of a component: one number, or d+1 as in,hidden,…,out.",
            ),
            click.option(
                "--symmetry",
                type=click.Choice(SYMMETRIES),
                default=SYMMETRIES[0],
                help="Whether the outputs follow the inputs or stay as they are.",
            ),
            click.option(
                "--scope",
                type=click.Choice(SCOPES),
                default=SCOPES[0],
                help="Whether every layer has the symmetry, or only the whole network.",
            ),
            click.option(
                "--compare",
                type=click.Choice(COMPARISONS),
                default=COMPARISONS[0],
                help="Which coefficients are equated; matters for redundant indices.",
            ),
            click.option(
                "--permutations",
                type=click.Choice(PERMUTATIONS),
                show_default=False,
                help="Which permutations are imposed.  [default: transpositions for S, "
                "generators otherwise]",
            ),
            click.option(
                "--group",
                default="S",
                metavar="GROUP",
                help="S, A, C, D or trivial; made of such, as S3xS2 or pairs(S4) (see "
                "`polyconstraints groups`); generators as [[1,0,2],[1,2,0]]; or @FILE.",
            ),
            click.option(
                "--action",
                "actions",
                type=LevelAction(),
                multiple=True,
                metavar="LEVEL=ACTION",
                show_default=False,
                help="How the group acts on hidden level 1, 2, … or, as level d, on the outputs, "
                "as 1=S4; as on the inputs unless given.",
            ),
        ]
    )


def build_network(inputs: int, options: NetworkOptions) -> NetworkSpec:
    """Return the network that the options describe.

    Parameters
    ----------
    inputs : int
        The number of inputs, since ``-n`` may stand for several.
    options : NetworkOptions
        The keywords that :func:`network_options` passes; others are ignored.

    Raises
    ------
    UsageError
        If the sizes don't fit one another.
    """
    return _network_of(inputs, options, _group_choice(inputs, options))


def _group_choice(inputs: int, options: NetworkOptions) -> GroupChoice:
    """Return the group and how it acts on levels."""
    from polyconstraints.cli.group_file import read_group_option

    levels: dict[int, str] = {}
    for level, text in options["actions"]:
        if level > options["depth"]:
            raise UsageError(
                f"expected a level from 1 to {options['depth']}, got {level}", "--action"
            )
        if level in levels:
            raise UsageError(f"expected each level once, got {level} twice", "--action")
        levels[level] = text
    return read_group_option(options["group"], inputs, levels)


def _network_of(inputs: int, options: NetworkOptions, choice: GroupChoice) -> NetworkSpec:
    from polyconstraints.spec.network import NetworkSpec, check_depth

    check_depth(options["depth"])
    channels, depth = options["channels"], options["depth"]
    invariant = options["symmetry"] == "invariant"
    return NetworkSpec(
        inputs,
        depth,
        options["layer"],
        options["indices"],
        options["bias"],
        choice.hidden_widths(inputs, depth, options["widths"]),
        outputs=1 if invariant else choice.widths.get(depth),
        channels=channels[0] if len(channels) == 1 else channels,
    )


def build_problem(inputs: int, options: NetworkOptions) -> tuple[NetworkSpec, Symmetry]:
    """Return the network and the symmetry that the options describe.

    Parameters
    ----------
    inputs : int
        The number of inputs, since ``-n`` may stand for several.
    options : NetworkOptions
        The keywords that :func:`network_options` passes; others are ignored.

    Raises
    ------
    UsageError, InputError
        If the options contradict one another, or the group can't be read.

    Examples
    --------
    >>> @click.command()
    ... @network_options()
    ... def show(**options: object) -> None:
    ...     network, symmetry = build_problem(options["inputs"], options)
    ...     click.echo(f"{network.widths} {symmetry.kind} {symmetry.permutations}")
    >>> show.main(["-n3", "--symmetry=invariant", "--group=C"], standalone_mode=False)
    (3, 1) invariant generators
    """
    from polyconstraints.spec.symmetry import Symmetry

    choice = _group_choice(inputs, options)
    network = _network_of(inputs, options, choice)
    symmetry = Symmetry(
        choice.group,
        options["symmetry"],
        options["scope"],
        options["compare"],
        options["permutations"] or "auto",
        choice.actions,
    )
    return network, symmetry


def common_options(
    *, formats: Sequence[str] = ("text", "json"), default: str | None = None
) -> Callable[[_Function], _Function]:
    """Add ``--format``, ``-o/--output-file`` and ``-q/--quiet``.

    Parameters
    ----------
    formats : sequence of str, optional
        The formats that the command can write; ``json`` is added where it is missing.
    default : str, optional
        The format unless another is asked for; the first of `formats` by default.

    Returns
    -------
    callable
        A decorator. The command receives the keywords of :class:`CommonOptions`.

    Raises
    ------
    ValueError
        If `default` is not one of `formats`.
    """
    choices = tuple(formats) if "json" in formats else (*formats, "json")
    chosen = choices[0] if default is None else default
    if chosen not in choices:
        raise ValueError(f"expected one of {', '.join(choices)} as default, got {chosen!r}")
    return _compose(
        [
            click.option(
                "--format",
                "output_format",
                type=click.Choice(choices),
                default=chosen,
                help="What to write.",
            ),
            click.option(
                "-o",
                "--output-file",
                metavar="FILE",
                callback=_check_output_file,
                help="Write to FILE instead of standard output.",
            ),
            click.option(
                "-q",
                "--quiet",
                is_flag=True,
                show_default=False,
                help="No progress and no warnings on standard error.",
            ),
        ]
    )


def _check_output_file(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refuse a file that can't be written before the work starts, not after it."""
    if value is None or value == STANDARD_STREAM:
        return None
    try:
        check_writable(value)
    except UsageError as error:
        raise click.BadParameter(str(error), ctx=ctx, param=param) from None
    return value
