"""``polyconstraints derive``: constraints, and what they leave."""

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
    from polyconstraints.derivation import Derivation
    from polyconstraints.render.notation import Style

__all__ = ["derive"]


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints derive -n 3 --classes",
        "polyconstraints derive -n 3 -d 2 --bias --scope network",
        "polyconstraints derive -n 4 --indices redundant --compare paper --list",
    ],
)
@network_options()
@click.option(
    "--list", "equalities", is_flag=True, show_default=False, help="Print the equalities too."
)
@click.option(
    "--classes",
    is_flag=True,
    show_default=False,
    help="Print the classes of weights, and dependent weights as equations.",
)
@click.option(
    "--style",
    type=click.Choice(("canonical", "paper")),
    default="canonical",
    help="Names as W0_1_1_0, or as the paper's 01W10.",
)
@click.option(
    "--fold",
    type=Integer(0),
    default=12,
    metavar="N",
    help="On a terminal show at most N members of a class; 0 shows all.",
)
@click.option("--ascii", is_flag=True, show_default=False, help="No Unicode on a terminal.")
@memory_option()
@common_options(formats=("text", "latex", "json"))
def derive(**options: Any) -> None:
    """Derive the constraints that a symmetry puts on the weights, and count what they leave.

    Coefficients of like monomials are compared under every imposed permutation. In layer
    scope every layer has the symmetry and the equations are solved; in network scope, beyond
    one layer, they are polynomial equations, which are counted and can be listed.
    """
    from polyconstraints.cli.options import build_problem
    from polyconstraints.derivation import derive as derive_constraints
    from polyconstraints.errors import UsageError

    if options["style"] == "paper" and options["output_format"] == "json":
        raise UsageError("expected canonical with --format json, got paper", "--style")
    problem = build_problem(options["inputs"], cast("NetworkOptions", options))
    derivation = derive_constraints(*problem)
    if options["equalities"] and not derivation.solved:
        from polyconstraints.expansion.size import check_tables

        # Refused, if it has to be, before anything is written.
        check_tables(derivation.network, options["memory_limit"])
    _write(derivation, options)


def _write(derivation: Derivation, options: dict[str, Any]) -> None:
    from polyconstraints.cli.console import audience, progress
    from polyconstraints.cli.output import open_text, write_json

    kind, file = options["output_format"], options["output_file"]
    watched = audience(file) == "terminal"
    what = {key: options[key] for key in ("classes", "equalities", "memory_limit")}
    if watched and kind == "text":
        _show(derivation, options, what)
        return
    total = derivation.counts.distinct if options["equalities"] else None
    # On a terminal a bar would be torn by the lines that come in between.
    with progress("writing equalities", total, quiet=options["quiet"] or watched) as advance:
        if kind == "json":
            from polyconstraints.render.derivation_json import derivation_document

            write_json(derivation_document(derivation, **what, advance=advance), file)
            return
        from polyconstraints.render.derivation_text import derivation_latex, derivation_text

        render = derivation_latex if kind == "latex" else derivation_text
        pieces = render(derivation, options["style"], **what, advance=advance)
        if kind == "text" and audience(file) == "colour":
            pieces = _painted(pieces, derivation, options["style"])
        with open_text(file) as handle:
            handle.writelines(pieces)


def _painted(pieces: Iterator[str], derivation: Derivation, style: Style) -> Iterator[str]:
    from polyconstraints.render.derivation_facts import fact_pattern
    from polyconstraints.render.notation import notation
    from polyconstraints.render.painting import layer_patterns, painted

    names = notation(derivation.network, "text", style)
    return painted(pieces, [fact_pattern(), *layer_patterns(derivation.network, names)])


def _show(derivation: Derivation, options: dict[str, Any], what: dict[str, Any]) -> None:
    """Print the derivation on the terminal."""
    import sys

    from polyconstraints.cli.console import stdout_console, unicode_wanted
    from polyconstraints.render.derivation_terminal import print_derivation

    print_derivation(
        derivation,
        stdout_console(),
        options["style"],
        **what,
        fold=options["fold"],
        ascii=options["ascii"] or not unicode_wanted(sys.stdout),
    )
