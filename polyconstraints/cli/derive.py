"""``polyconstraints derive``: constraints, and what they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import (
    Integer,
    NetworkOptions,
    common_options,
    network_options,
)
from polyconstraints.cli.streaming import job_count, streaming_options, write_estimate

if TYPE_CHECKING:
    from rich.console import Console

    from polyconstraints.derivation import Derivation

__all__ = ["derive"]


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints derive -n 3 --classes",
        "polyconstraints derive -n 3 -d 2 --bias --scope network",
        "polyconstraints derive -n any --bias",
    ],
)
@network_options(inputs="any")
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
@click.option(
    "--check",
    is_flag=True,
    show_default=False,
    help="Count orbits a second time, from cycle types (lemmas of Burnside and Molien).",
)
@click.option("--ascii", is_flag=True, show_default=False, help="No Unicode on a terminal.")
@streaming_options()
@common_options(formats=("text", "latex", "json"))
def derive(**options: Any) -> None:
    """Derive the constraints that a symmetry puts on the weights, and count what they leave.

    Coefficients of like monomials are compared under every imposed permutation. In layer
    scope every layer has the symmetry and the equations are solved; in network scope, beyond
    one layer, they are polynomial equations, which are counted and can be listed. With
    `-n any` the counts are given as functions of n.
    """
    from polyconstraints.cli.options import ANY, build_problem
    from polyconstraints.derivation import derive as derive_constraints
    from polyconstraints.errors import UsageError

    if options["style"] == "paper" and options["output_format"] == "json":
        raise UsageError("expected canonical with --format json, got paper", "--style")
    if options["inputs"] == ANY:
        from polyconstraints.cli.anyinputs import write_law

        write_law(options)
        return
    problem = build_problem(options["inputs"], cast("NetworkOptions", options))
    derivation = derive_constraints(*problem, options["memory_limit"])
    if options["check"]:
        derivation = derivation.with_check()
    if options["dry_run"] or (options["equalities"] and not derivation.solved):
        from polyconstraints.jobs.estimate import estimate_derivation

        estimate = estimate_derivation(
            derivation,
            format=options["output_format"],
            jobs=job_count(options),
            memory_limit=options["memory_limit"],
        )
        if options["dry_run"]:
            write_estimate(estimate, options)
            return
        # Refused, if it has to be, before anything is written.
        estimate.check()
    _write(derivation, options)


def _write(derivation: Derivation, options: dict[str, Any]) -> None:
    from polyconstraints.cli.streaming import write_result
    from polyconstraints.render.derivation import (
        DerivationJson,
        DerivationLatex,
        DerivationText,
        DerivationWriter,
    )
    from polyconstraints.render.derivation_facts import fact_pattern
    from polyconstraints.render.painting import layer_patterns

    def show(console: Console, ascii: bool) -> None:
        from polyconstraints.render.derivation_terminal import print_derivation

        print_derivation(
            derivation, console, options["style"], **what, fold=options["fold"], ascii=ascii
        )

    what = {key: options[key] for key in ("classes", "equalities", "memory_limit")}
    kinds: dict[str, type[DerivationWriter]] = {
        "text": DerivationText,
        "latex": DerivationLatex,
        "json": DerivationJson,
    }
    writer = kinds[options["output_format"]](derivation, options["style"], **what)
    patterns = [fact_pattern(), *layer_patterns(derivation.network, writer.names)]
    write_result(writer, options, "writing equalities", patterns=patterns, show=show)
