"""The options that commands share, each checked while the command line is parsed.

A command that takes a network is decorated with :func:`network_options`, and every command with
:func:`common_options`, which hands what they say as one
:class:`~polyconstraints.cli.request.Request` to a function that has a parameter ``request``.
"""

from __future__ import annotations

import functools
import io
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import click
from click.core import ParameterSource

from polyconstraints.cli.parameters import (
    ANY,
    Integer,
    IntegerList,
    IntegerRange,
    LayerKinds,
    LevelAction,
    ParamType,
    Size,
)
from polyconstraints.cli.request import Request
from polyconstraints.errors import UsageError
from polyconstraints.io.files import STANDARD_STREAM, check_writable

__all__ = [
    "ANY",
    "INDICES",
    "Integer",
    "IntegerList",
    "IntegerRange",
    "LevelAction",
    "Request",
    "Size",
    "ascii_option",
    "check_output_file",
    "common_options",
    "fold_option",
    "network_options",
    "positive",
    "seed_option",
    "style_option",
]

INDICES = ("ordered", "redundant")
SYMMETRIES = ("equivariant", "invariant")
SCOPES = ("layer", "network")
COMPARISONS = ("function", "paper", "tensor")
PERMUTATIONS = ("transpositions", "adjacent", "generators")

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Decorator = Callable[[_Function], _Function]


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
        A decorator.

    Examples
    --------
    >>> @click.command()
    ... @network_options()
    ... @common_options()
    ... def show(request: Request) -> None:
    ...     click.echo(f"{request.inputs} {request.bias} {request.widths}")
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
                "--layer",
                type=LayerKinds(),
                default="quadratic",
                metavar="KIND,…",
                help="What a layer does: quadratic, linear, cubic or a degree; one for all layers "
                "or d of them.",
            ),
            click.option(
                "--activation",
                metavar="POLYNOMIAL",
                help="A polynomial in z for every hidden unit, as z^2 or 'z + z^3/6'.",
            ),
            click.option(
                "--indices",
                type=click.Choice(INDICES),
                default=INDICES[0],
                help="Weights of products: i ≥ j only, or every pair.",
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


#: Formats by the endings of files' names; others, as .txt, may hold anything.
ENDINGS: Mapping[str, str] = {
    "csv": "csv",
    "graphml": "graphml",
    "htm": "html",
    "html": "html",
    "json": "json",
    "md": "markdown",
    "npz": "npz",
    "png": "png",
    "safetensors": "safetensors",
    "svg": "svg",
    "tex": "latex",
}

#: Formats that are UTF-8 by definition, whatever the locale says.
_UTF8_FORMATS = frozenset({"graphml", "html", "json", "svg"})


def common_options(*, formats: Sequence[str] = ("text", "json")) -> _Decorator[Any]:
    """Add ``--memory-limit``, ``--format``, ``-o/--output-file`` and ``-q/--quiet``.

    Parameters
    ----------
    formats : sequence of str, optional
        The formats that the command can write, the default first; ``json`` is added where it
        is missing.

    Returns
    -------
    callable
        A decorator, to be the innermost one. The command gets a :class:`Request` of all shared
        options as ``request``, and its own options as keywords.
    """
    choices = tuple(formats) if "json" in formats else (*formats, "json")
    options = _compose(
        [
            click.option(
                "--memory-limit",
                type=Size(),
                metavar="SIZE",
                show_default=False,
                help="Memory that it may take, as 4GiB.  [default: half of what is free]",
            ),
            click.option(
                "--format",
                "output_format",
                type=click.Choice(choices),
                default=choices[0],
                help="What to write; unless given, as the ending of FILE says.",
            ),
            click.option(
                "-o",
                "--output-file",
                metavar="FILE",
                callback=check_output_file,
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

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def parsed(*args: Any, **keywords: Any) -> Any:
            from polyconstraints.cli.console import patience

            context = click.get_current_context()
            given = frozenset(
                name
                for name in keywords
                if context.get_parameter_source(name) not in (ParameterSource.DEFAULT, None)
            )
            if "output_format" not in given:
                found = _format_of_file(keywords["output_file"], choices)
                keywords["output_format"] = found or choices[0]
            if keywords["output_format"] in _UTF8_FORMATS:
                _write_utf8()
            request = Request.of({**keywords, "given": given})
            own = {name: value for name, value in keywords.items() if name not in vars(request)}
            with patience(context.info_name or "", quiet=request.quiet):
                return function(*args, request=request, **own)

        decorated: Callable[..., Any] = options(parsed)
        return decorated

    return decorate


def _format_of_file(file: str | None, choices: Sequence[str]) -> str | None:
    """Return the format that a file's name ends as, if it ends as that of any."""
    _, dot, ending = (file or "").rpartition(".")
    found = ENDINGS.get(ending.lower()) if dot else None
    if found is None or found in choices:
        return found
    endings = ", ".join(f".{end}" for end, kind in ENDINGS.items() if kind in choices)
    raise UsageError(
        f"expected a name that ends in {endings}, or --format, got .{ending}", "-o/--output-file"
    )


def _write_utf8() -> None:
    """Have standard output encode as UTF-8 whatever the locale says."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(encoding="utf-8")


def check_output_file(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refuse a file that can't be written before the work starts, not after it."""
    if value is None or value == STANDARD_STREAM:
        return None
    try:
        check_writable(value)
    except UsageError as error:
        raise click.BadParameter(str(error), ctx=ctx, param=param) from None
    return value


# -- options of several commands ------------------------------------------------------------


def positive(context: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """Refuse numbers that aren't above 0."""
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise click.BadParameter(f"expected a number above 0, got {value}", context, param)
    return value


style_option = click.option(
    "--style",
    type=click.Choice(("canonical", "paper")),
    default="canonical",
    help="Names as W0_1_1_0, or as the paper's 01W10.",
)


def fold_option(members: str) -> _Decorator[Any]:
    """Add ``--fold``, the number of members that a terminal shows."""
    return click.option(
        "--fold",
        type=Integer(0),
        default=12,
        metavar="N",
        help=f"On a terminal show at most N {members}; 0 shows all.",
    )


def ascii_option(where: str = "on a terminal") -> _Decorator[Any]:
    """Add ``--ascii``."""
    return click.option("--ascii", is_flag=True, show_default=False, help=f"No Unicode {where}.")


seed_option = click.option(
    "--seed", type=Integer(0), default=0, metavar="SEED", help="Decides all random choices."
)
