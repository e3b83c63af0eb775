"""``polyconstraints expand``: print the expanded network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import (
    Integer,
    NetworkOptions,
    common_options,
    memory_option,
    network_options,
)

if TYPE_CHECKING:
    from polyconstraints.cli.console import Advance
    from polyconstraints.network import NetworkSpec
    from polyconstraints.render.groups import ExpansionView

__all__ = ["expand"]


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints expand -n 3 -d 2 --bias",
        "polyconstraints expand -n 3 -d 2 --bias --style paper --output 2",
        "polyconstraints expand -n 4 -d 3 --bias --count",
    ],
)
@network_options()
@click.option(
    "--grouped/--ungrouped",
    default=True,
    help="One group for each monomial in x, or one term for each monomial in x and W.",
)
@click.option(
    "--style",
    type=click.Choice(("canonical", "paper")),
    default="canonical",
    help="Names as W0_1_1_0, or as the paper's 01W10.",
)
@click.option("--count", is_flag=True, show_default=False, help="Print only how large it is.")
@click.option(
    "--output",
    "outputs",
    type=Integer(1),
    multiple=True,
    metavar="K",
    help="Only output K, from 1; may be given several times.",
)
@click.option(
    "--monomial",
    "monomials",
    multiple=True,
    metavar="MONOMIAL",
    help="Only the group of this monomial, as x1*x2^2; may be given several times.",
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Substitute a rational for a weight or input, as W0_1_1_0=1/2; may be given several "
    "times.",
)
@click.option(
    "--fold",
    type=Integer(0),
    default=12,
    metavar="N",
    help="On a terminal show at most N terms of a group; 0 shows all.",
)
@click.option("--ascii", is_flag=True, show_default=False, help="No Unicode on a terminal.")
@memory_option()
@common_options(formats=("text", "latex", "sympy", "json"))
def expand(**options: Any) -> None:
    """Print the network, expanded as a polynomial in its inputs and weights.

    The coefficient of each monomial in the inputs is a polynomial in the weights. Terms come
    in the order in which the paper prints them: by the last layer's weights first. On a
    terminal the groups are aligned and coloured by layer; in a pipe they are plain text, one
    group a line. In SymPy's format several outputs are a list of expressions.
    """
    from polyconstraints.cli.options import build_problem
    from polyconstraints.errors import UsageError

    kind = options["output_format"]
    if options["style"] == "paper" and kind in ("sympy", "json"):
        raise UsageError(f"expected canonical with --format {kind}, got paper", "--style")
    # The symmetry changes nothing but the number of outputs; it is checked all the same.
    network, _ = build_problem(options["inputs"], cast("NetworkOptions", options))
    view = _view(network, options)
    if options["count"]:
        _write_count(view, options)
    else:
        _write(view, options)


def _view(network: NetworkSpec, options: dict[str, Any]) -> ExpansionView:
    """Return what is to be shown."""
    from polyconstraints.errors import InputError
    from polyconstraints.expansion import Expansion
    from polyconstraints.render.groups import Assignment, ExpansionView, parse_monomial

    try:
        assignment = Assignment.parse(options["assignments"], network)
    except InputError as error:
        raise InputError(error.message, "--set") from None
    try:
        monomials = [parse_monomial(text, network) for text in options["monomials"]]
    except InputError as error:
        raise InputError(error.message, "--monomial") from None
    return ExpansionView(
        Expansion(network, options["memory_limit"]),
        [output - 1 for output in options["outputs"]] or None,
        monomials or None,
        assignment,
        "paper" if options["style"] == "paper" else "graded",
    )


def _write_count(view: ExpansionView, options: dict[str, Any]) -> None:
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.render.expansion_json import count_document

    document = count_document(view)
    if options["output_format"] == "json":
        write_json(document, options["output_file"])
        return
    lines = [f"monomials in x   {document['monomials']}"]
    lines += [
        f"terms of y{output + 1}{' ' * (8 - len(str(output + 1)))}{count}"
        for output, count in zip(view.outputs, document["terms"], strict=True)
    ]
    write_text("\n".join(lines), options["output_file"])


def _write(view: ExpansionView, options: dict[str, Any]) -> None:
    from polyconstraints.cli.console import audience, progress
    from polyconstraints.cli.output import open_text, write_json

    kind, file = options["output_format"], options["output_file"]
    # Builds the expansion's tables, or refuses to, before anything is written.
    _ = view.monomials
    watched = audience(file) == "terminal"
    if watched and kind == "text":
        _show(view, options)
        return
    # With values to substitute, counting the terms would take as long as writing them.
    total = None if view.assignment else sum(map(view.term_count, view.outputs))
    # On a terminal a bar would be torn by the lines that come in between.
    with progress("expanding", total, quiet=options["quiet"] or watched) as advance:
        if kind == "json":
            from polyconstraints.render.expansion_json import expansion_document

            write_json(expansion_document(view, advance=advance), file)
        else:
            with open_text(file) as handle:
                handle.writelines(_pieces(view, options, advance))


def _pieces(view: ExpansionView, options: dict[str, Any], advance: Advance) -> Iterator[str]:
    """Return the text of the format that is asked for, piece by piece."""
    from polyconstraints.cli.console import audience
    from polyconstraints.render.expansion_text import expansion_sympy, expansion_text

    if options["output_format"] == "sympy":
        return expansion_sympy(view, advance=advance)
    style, grouped = options["style"], options["grouped"]
    if options["output_format"] == "latex":
        from polyconstraints.render.expansion_latex import expansion_latex

        return expansion_latex(view, style, grouped=grouped, advance=advance)
    text = expansion_text(view, style, grouped=grouped, advance=advance)
    if audience(options["output_file"]) == "plain":
        return text
    from polyconstraints.render.notation import notation
    from polyconstraints.render.painting import layer_patterns, painted

    names = notation(view.network, "text", style, grouped=grouped)
    return painted(text, layer_patterns(view.network, names))


def _show(view: ExpansionView, options: dict[str, Any]) -> None:
    """Print the expansion on the terminal."""
    import sys

    from polyconstraints.cli.console import stdout_console, unicode_wanted
    from polyconstraints.render.expansion_terminal import print_expansion

    print_expansion(
        view,
        stdout_console(),
        options["style"],
        grouped=options["grouped"],
        fold=options["fold"],
        ascii=options["ascii"] or not unicode_wanted(sys.stdout),
    )
