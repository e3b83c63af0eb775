"""The options that commands share, each checked while the command line is parsed.

A command that takes a network is decorated with :func:`network_options` and receives the
keywords of :class:`NetworkOptions`; every command is decorated with :func:`common_options`
and receives those of :class:`CommonOptions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

import click

from polyconstraints.errors import UsageError
from polyconstraints.files import STANDARD_STREAM, check_writable

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

ANY: Literal["any"] = "any"
"""What ``-n`` takes for a result that holds for every number of inputs."""

MAX_INTEGER = 10**9
"""Largest size that an option takes: far above what can be computed, far below overflow."""

LAYERS = ("quadratic", "linear")
INDICES = ("ordered", "redundant")
SYMMETRIES = ("equivariant", "invariant")
SCOPES = ("layer", "network")
COMPARISONS = ("function", "paper", "tensor")
PERMUTATIONS = ("transpositions", "adjacent", "generators")

_INTEGER = re.compile(r"-?[0-9]{1,20}")
_SPAN = re.compile(r"([0-9]{1,20})(?:-|\.\.|:)([0-9]{1,20})")

if TYPE_CHECKING:
    from polyconstraints.groups import GroupChoice
    from polyconstraints.network import NetworkSpec
    from polyconstraints.symmetry import Symmetry

    _ParamType = click.ParamType[Any]
else:
    # Generic in newer versions of click only.
    _ParamType = click.ParamType

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


def _show(value: object, width: int = 40) -> str:
    """Show a value that was typed, cut to a bounded length."""
    text = str(value)
    return repr(text) if len(text) <= width else f"{text[:width]!r}…"


def _parse_integer(text: str, minimum: int, maximum: int = MAX_INTEGER) -> int | None:
    """Return the plain decimal integer that `text` is, or None if it is none in the range."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if minimum <= value <= maximum else None


class Integer(_ParamType):
    """A decimal integer of at least `minimum`, or one of some words.

    Parameters
    ----------
    minimum : int
        The smallest value.
    words : sequence of str, optional
        Words that are accepted too, and passed on as they are.

    Examples
    --------
    >>> Integer(1).convert("3", None, None)
    3
    >>> Integer(1, words=["any"]).convert("any", None, None)
    'any'
    >>> Integer(1).convert("0", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected an integer ≥ 1, got '0'
    """

    name = "integer"

    def __init__(self, minimum: int, words: Sequence[str] = ()) -> None:
        self.minimum = minimum
        self.words = tuple(words)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """Return the integer or word that `value` stands for."""
        text = str(value)
        if text in self.words:
            return text
        number = _parse_integer(text, self.minimum)
        if number is None:
            words = "".join(f" or {word!r}" for word in self.words)
            limit = f" and at most {MAX_INTEGER}" if _too_large(text) else ""
            self.fail(
                f"expected an integer ≥ {self.minimum}{limit}{words}, got {_show(text)}", param, ctx
            )
        return number


def _too_large(text: str) -> bool:
    return text.isascii() and text.isdigit() and _parse_integer(text, 0) is None


class IntegerList(_ParamType):
    """Integers of at least `minimum`, separated by commas, as a tuple.

    Examples
    --------
    >>> IntegerList(1).convert("4,4", None, None)
    (4, 4)
    >>> IntegerList(1).convert("3,x", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected integers ≥ 1 as 4,4, got 'x' as number 2 in '3,x'
    """

    name = "integers"

    def __init__(self, minimum: int) -> None:
        self.minimum = minimum

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the integers that `value` lists."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        numbers = []
        for position, part in enumerate(parts, start=1):
            number = _parse_integer(part.strip(), self.minimum)
            if number is None:
                where = f" as number {position} in {_show(value)}" if len(parts) > 1 else ""
                self.fail(
                    f"expected integers ≥ {self.minimum} as 4,4, got {_show(part.strip())}{where}",
                    param,
                    ctx,
                )
            numbers.append(number)
        return tuple(numbers)


class IntegerRange(_ParamType):
    """One or several integers: ``3``, ``1-6``, ``2,4,8`` or a mixture, as a sorted tuple.

    Examples
    --------
    >>> IntegerRange(1).convert("1-3,6", None, None)
    (1, 2, 3, 6)
    >>> IntegerRange(1).convert("6-1", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected integers ≥ 1 as 1-6 or 2,4,8, got '6-1'
    """

    name = "range"

    MAX_LENGTH = 1000
    """Most integers that one range may hold."""

    def __init__(self, minimum: int) -> None:
        self.minimum = minimum

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the integers that `value` names."""
        if isinstance(value, tuple):
            return value
        numbers: set[int] = set()
        for part in str(value).split(","):
            span = _SPAN.fullmatch(part.strip())
            ends = span.groups() if span else (part.strip(), part.strip())
            first, last = (_parse_integer(end, self.minimum) for end in ends)
            if first is None or last is None or last < first:
                self.fail(
                    f"expected integers ≥ {self.minimum} as 1-6 or 2,4,8, got {_show(part)}",
                    param,
                    ctx,
                )
            if last - first >= self.MAX_LENGTH:
                self.fail(
                    f"expected at most {self.MAX_LENGTH} integers, got {_show(part)}", param, ctx
                )
            numbers.update(range(first, last + 1))
        return tuple(sorted(numbers))


class LevelAction(_ParamType):
    """A level and how the group acts on it, ``1=pairs(S4)``, as a pair.

    Examples
    --------
    >>> LevelAction().convert("1=S4", None, None)
    (1, 'S4')
    >>> LevelAction().convert("S4", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected a level and an action as 1=S4, got 'S4'
    """

    name = "action"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str]:
        """Return the level and the text after it."""
        if isinstance(value, tuple):
            level, text = value
            return level, text
        before, equals, after = str(value).partition("=")
        found = _parse_integer(before.strip(), 1)
        if found is None or not equals or not after.strip():
            self.fail(f"expected a level and an action as 1=S4, got {_show(value)}", param, ctx)
        return found, after.strip()


class Size(_ParamType):
    """A number of bytes, as ``4GiB`` or ``500MB``.

    Examples
    --------
    >>> Size().convert("2KiB", None, None)
    2048
    >>> Size().convert("much", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected a size as 4GiB or 500MB, got 'much'
    """

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes that `value` stands for."""
        from polyconstraints.memory import parse_size

        if isinstance(value, int):
            return value
        try:
            return parse_size(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)


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
    kinds: dict[str, _ParamType] = {
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
    from polyconstraints.groups import read_group

    levels: dict[int, str | list[Any]] = {}
    for level, text in options["actions"]:
        if level > options["depth"]:
            raise UsageError(
                f"expected a level from 1 to {options['depth']}, got {level}", "--action"
            )
        if level in levels:
            raise UsageError(f"expected each level once, got {level} twice", "--action")
        levels[level] = text
    return read_group(options["group"], inputs, levels)


def _network_of(inputs: int, options: NetworkOptions, choice: GroupChoice) -> NetworkSpec:
    from polyconstraints.network import NetworkSpec

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
    from polyconstraints.symmetry import Symmetry

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
