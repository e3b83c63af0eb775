"""The options that commands share, each checked while the command line is parsed.

Every command is made by :func:`command`, one that takes a network besides by
:func:`network_options`. What the shared options say reaches its function as one
:class:`~polyconstraints.cli.request.Request`, the parameter ``request``.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, TypeVar, get_args

import click
from click.core import ParameterSource

from polyconstraints.cli.commands import CONTEXT_SETTINGS, with_version
from polyconstraints.cli.console import patience
from polyconstraints.cli.parameters import (
    ANY,
    Parsed,
    integer,
    integer_range,
    integers,
    kinds_that_continue,
    layer_kinds,
    level_action,
    natural,
    number,
    one_or_integers,
)
from polyconstraints.cli.request import Request
from polyconstraints.errors import UsageError
from polyconstraints.io.files import STANDARD_STREAM, check_writable, ending_of
from polyconstraints.memory import parse_size
from polyconstraints.spec import Compare, Kind, Permutations, Scope
from polyconstraints.spec.network import IndexKind
from polyconstraints.spec.problem import Description

INDICES = get_args(IndexKind)

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Decorator = Callable[[_Function], _Function]


def compose(*options: _Decorator[Any]) -> _Decorator[Any]:
    """Return one decorator that adds options in the order in which the help lists them."""

    def decorate(function: _Function) -> _Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def flag(*names: str, help: str) -> _Decorator[Any]:
    """Return an option that is given or not."""
    return click.option(*names, is_flag=True, show_default=False, help=help)


def option(
    names: str,
    kind: Callable[[str], Any] | click.ParamType[Any] | None,
    metavar: str,
    help: str,
    **how: Any,
) -> _Decorator[Any]:
    """Return an option with a value; names stand as they are typed, the parameter's may follow."""
    parsed = kind if kind is None or isinstance(kind, click.ParamType) else Parsed(kind)
    return click.option(*names.split(), type=parsed, metavar=metavar, help=help, **how)


def choice(name: str, among: Sequence[str], help: str) -> _Decorator[Any]:
    """Return an option for one of several words, the first by default."""
    return click.option(name, type=click.Choice(among), default=among[0], help=help)


#: What ``-n`` takes: its meaning, how that is written, and what is said of it.
_INPUTS: Mapping[str, tuple[Callable[[str], Any], str, str]] = {
    "one": (
        integer,
        "N",
        "Number of inputs n; may be left out where the group says it, as S3xS2.",
    ),
    "any": (
        partial(integer, words=[ANY]),
        "N|any",
        "Number of inputs n, or 'any' for a rule for every n.",
    ),
    "range": (integer_range, "RANGE", "Numbers of inputs n, as 1-6 or 2,4,8.  [default: 1-6]"),
}


def network_options(*, inputs: Literal["one", "any", "range"] = "one") -> _Decorator[Any]:
    """Add all options that describe a network and its symmetry.

    ``-n`` takes one integer; that or the word ``any``; or one or several integers, which always
    arrive as a tuple. Defaults are those of a
    :class:`~polyconstraints.spec.problem.Description`.
    """

    def described(
        names: str, kind: Callable[[str], Any] | None, metavar: str, help: str, **how: Any
    ) -> _Decorator[Any]:
        default = getattr(Description, names.split("--")[-1], None)
        return option(names, kind, metavar, help, **how | ({"default": default} if default else {}))

    kind, metavar, said = _INPUTS[inputs]
    return compose(
        described("-n --inputs", kind, metavar, said),
        described("-d --depth", integer, "D", "Number of layers d."),
        described(
            "--layer",
            layer_kinds,
            "KIND,…",
            "What a layer does: quadratic, linear, cubic or a degree; one for all layers or d of "
            "them.",
            shell_complete=kinds_that_continue,
        ),
        described(
            "--activation",
            None,
            "POLYNOMIAL",
            "A polynomial in z for every hidden unit, as z^2 or 'z + z^3/6'.",
        ),
        choice("--indices", INDICES, "Weights of products: i ≥ j only, or every pair."),
        click.option(
            "--bias/--no-bias", default=False, help="Give every layer a constant unit o_0 = 1."
        ),
        described(
            "--widths",
            integers,
            "W,…",
            "Hidden widths, d−1 numbers as 4,4; n each unless given.",
        ),
        described(
            "--channels",
            one_or_integers,
            "M,…",
            "Channels of a component: one number, or d+1 as in,hidden,…,out.",
        ),
        choice(
            "--symmetry",
            get_args(Kind),
            "Whether the outputs follow the inputs or stay as they are.",
        ),
        choice(
            "--scope",
            get_args(Scope),
            "Whether every layer has the symmetry, or only the whole network.",
        ),
        choice(
            "--compare",
            get_args(Compare),
            "Which coefficients are equated; matters for redundant indices.",
        ),
        click.option(
            "--permutations",
            type=click.Choice(get_args(Permutations)),
            help="Which permutations are imposed.  [default: transpositions for S, generators "
            "otherwise]",
        ),
        described(
            "--group",
            None,
            "GROUP",
            "S, A, C, D or trivial; made of such, as S3xS2 or pairs(S4) (see `polyconstraints "
            "groups`); generators as [[1,0,2],[1,2,0]]; or @FILE.",
        ),
        option(
            "--action actions",
            level_action,
            "LEVEL=ACTION",
            "How the group acts on hidden level 1, 2, … or, as level d, on the outputs, as 1=S4; "
            "as on the inputs unless given.",
            multiple=True,
            callback=_by_level,
            show_default=False,
        ),
    )


def _by_level(
    context: click.Context, param: click.Parameter, pairs: Sequence[tuple[int, str]]
) -> dict[int, str]:
    """Return the action on each level, of which none may be given twice."""
    levels = [level for level, _ in pairs]
    for level in levels:
        if levels.count(level) > 1:
            raise click.BadParameter(f"expected each level once, got {level} twice", context, param)
    return dict(pairs)


#: Endings of files' names with the formats that they choose; others, as .txt, may hold anything.
ENDINGS: Sequence[tuple[str, str]] = (
    ("csv", "csv"),
    ("g", "gap"),
    ("graphml", "graphml"),
    ("htm", "html"),
    ("html", "html"),
    ("json", "json"),
    ("m2", "macaulay2"),
    ("md", "markdown"),
    ("npz", "npz"),
    ("pdf", "pdf"),
    ("png", "png"),
    ("safetensors", "safetensors"),
    ("sing", "singular"),
    ("svg", "svg"),
    ("tex", "latex"),
    ("tex", "tikz"),
    ("tikz", "tikz"),
)

#: Formats that are UTF-8 by definition, whatever the locale says.
_UTF8_FORMATS = frozenset({"graphml", "html", "json", "svg", "tikz"})


def command(
    *examples: str, formats: Sequence[str] = ("text", "json")
) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command, with commands to copy and the formats that it can write.

    The default comes first; ``json`` is added where it is missing.
    """
    return click.command(cls=Command, examples=examples, formats=formats)


class Command(click.Command):
    """A command with the options that all have, whose help starts with commands to copy."""

    def __init__(
        self, name: str, *, examples: Sequence[str], formats: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(name, context_settings=dict(CONTEXT_SETTINGS), **kwargs)
        self.examples = tuple(examples)
        self.formats = tuple(dict.fromkeys((*formats, "json")))
        for add in (
            option(
                "--memory-limit",
                parse_size,
                "SIZE",
                "Memory that it may take, as 4GiB.  [default: half of what is free]",
            ),
            click.option(
                "--format",
                "output_format",
                type=click.Choice(self.formats),
                default=self.formats[0],
                help="What to write; unless given, as the ending of FILE says.",
            ),
            option(
                "-o --output-file",
                None,
                "FILE",
                "Write to FILE instead of standard output.",
                callback=check_output_file,
            ),
            flag("-q", "--quiet", help="No progress and no warnings on standard error."),
            with_version,
        ):
            add(self)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line and the examples, unwrapped."""
        super().format_usage(ctx, formatter)
        formatter.write_paragraph()
        formatter.write("Examples:\n")
        for example in self.examples:
            formatter.write(f"  {example}\n")

    def invoke(self, ctx: click.Context) -> Any:
        """Call the function with the request and the command's own options."""
        values = ctx.params
        unsaid = (ParameterSource.DEFAULT, None)
        given = frozenset(x for x in values if ctx.get_parameter_source(x) not in unsaid)
        if "output_format" not in given:
            found = _format_of_file(values["output_file"], self.formats)
            values["output_format"] = found or self.formats[0]
        if values["output_format"] in _UTF8_FORMATS:
            _write_utf8()
        request = Request.of({**values, "given": given})
        own = {name: value for name, value in values.items() if name not in vars(request)}
        ctx.params = {"request": request, **own}
        with patience(ctx.info_name or "", quiet=request.quiet):
            return super().invoke(ctx)


def _format_of_file(file: str | None, choices: Sequence[str]) -> str | None:
    """Return the format that a file's name ends as, if it ends as that of any."""
    ending = ending_of(file) if file and "." in file else ""
    found = [kind for end, kind in ENDINGS if end == ending]
    chosen = next((kind for kind in found if kind in choices), None)
    if chosen or not found:
        return chosen
    endings = ", ".join(f".{end}" for end, kind in ENDINGS if kind in choices)
    raise UsageError(
        f"expected a name that ends in {endings}, or --format, got .{ending}",
        "-o/--output-file",
    )


def _write_utf8() -> None:
    """Have standard output encode as UTF-8 whatever the locale says."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() != "utf-8":
        sys.stdout.reconfigure(encoding="utf-8")


def check_output_file(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refuse a file that can't be written before the work starts, not after it."""
    if value is None or value == STANDARD_STREAM:
        return None
    check_writable(value, field="/".join(param.opts))
    return value


# -- options of several commands ------------------------------------------------------------

style_option = choice(
    "--style", ("canonical", "paper"), "Names as W0_1_1_0, or as the paper's 01W10."
)

stratum_options = compose(
    option(
        "--stratum",
        integer,
        "K",
        "With --scope network: the K-th stratum of `polyconstraints strata`.",
    ),
    flag("--gauge-fixed", help="With --stratum: set to zero what a gauge fixing sets to zero."),
)

seed_option = option("--seed", natural, "SEED", "Decides all random choices.", default=0)

tolerance_option = option(
    "--tolerance",
    number,
    "X",
    "Largest relative error that counts as none.  [default: 100 roundings of the weights' "
    "precision, at least 1e-9]",
)


def fold_option(members: str) -> _Decorator[Any]:
    """Add ``--fold``, the number of members that a terminal shows."""
    return option(
        "--fold",
        natural,
        "N",
        f"On a terminal show at most N {members}; 0 shows all.",
        default=12,
    )


def ascii_option(where: str = "on a terminal") -> _Decorator[Any]:
    """Add ``--ascii``."""
    return flag("--ascii", help=f"No Unicode {where}.")
