"""``polyconstraints derive``: constraints, and what they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import (
    ANY,
    Request,
    ascii_option,
    common_options,
    fold_option,
    network_options,
    style_option,
)
from polyconstraints.cli.streaming import job_count, streaming_options, write_estimate

if TYPE_CHECKING:
    from rich.console import Console

    from polyconstraints.derivation import Derivation

    Style = Literal["canonical", "paper"]

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
@style_option
@fold_option("members of a class")
@click.option(
    "--check",
    is_flag=True,
    show_default=False,
    help="Count orbits a second time, from cycle types (lemmas of Burnside and Molien).",
)
@ascii_option()
@streaming_options()
@common_options(formats=("text", "latex", "json"))
def derive(
    request: Request, equalities: bool, classes: bool, style: Style, fold: int, check: bool
) -> None:
    """Derive the constraints that a symmetry puts on the weights, and count what they leave.

    Coefficients of like monomials are compared under every imposed permutation. In layer
    scope every layer has the symmetry and the equations are solved; in network scope, beyond
    one layer, they are polynomial equations, which are counted and can be listed. With
    `-n any` the counts are given as functions of n.
    """
    from polyconstraints.errors import UsageError

    if style == "paper" and request.output_format == "json":
        raise UsageError("expected canonical with --format json, got paper", "--style")
    if request.inputs == ANY:
        for given, option in ((equalities, "list"), (request.dry_run, "dry_run"), (check, "check")):
            if given:
                raise UsageError("expected a number of inputs with it, got any", option)
        _write_law(request)
        return
    derivation = request.derive()
    if check:
        derivation = derivation.with_check()
    if request.dry_run or (equalities and not derivation.solved):
        from polyconstraints.jobs.estimate import estimate_derivation

        estimate = estimate_derivation(
            derivation,
            format=request.output_format,
            jobs=job_count(request),
            memory_limit=request.memory_limit,
        )
        if request.dry_run:
            write_estimate(estimate, request)
            return
        # Refused, if it has to be, before anything is written.
        estimate.check()
    _write(derivation, request, style, classes=classes, equalities=equalities, fold=fold)


def _write_law(request: Request) -> None:
    """Write what holds for every number of inputs."""
    from polyconstraints.cli.output import open_text, write_json
    from polyconstraints.errors import UsageError

    if request.output_format == "latex":
        raise UsageError("expected text or json with -n any, got latex", "--format")
    network = request.any_network()
    if request.output_format == "json":
        write_json(network.to_json(), request.output_file)
        return
    from polyconstraints.render.tables import law_text

    with open_text(request.output_file) as handle:
        handle.writelines(law_text(network))


def _write(
    derivation: Derivation,
    request: Request,
    style: Style,
    *,
    classes: bool,
    equalities: bool,
    fold: int,
) -> None:
    from polyconstraints.cli.streaming import write_result
    from polyconstraints.render.derivation import WRITERS, print_derivation
    from polyconstraints.render.words import FACT

    def show(console: Console, ascii: bool) -> None:
        print_derivation(writer, console, fold=fold, ascii=ascii)

    writer = WRITERS[request.output_format](
        derivation,
        style,
        classes=classes,
        equalities=equalities,
        memory_limit=request.memory_limit,
    )
    patterns = [(FACT, "bold"), *writer.names.layer_patterns(derivation.network)]
    write_result(writer, request, "writing equalities", patterns=patterns, show=show)
