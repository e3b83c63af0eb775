"""``polyconstraints strata``: components of the network-scope variety."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import Integer, Request, common_options, network_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from polyconstraints.variety.strata.exact import Method
    from polyconstraints.variety.strata.gauge import GaugeFixing
    from polyconstraints.variety.strata.variety import Stratum, Variety

__all__ = ["strata"]

#: Strata that are measured unless another limit is given.
_LIMIT = 200

#: Seconds that measuring and a computer algebra system get.
_TIME_LIMIT = 1800


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints strata -n 3 -d 2 --bias",
        "polyconstraints strata -n 8 -d 4 --bias --hidden permutation --gauge",
        "polyconstraints strata -n 2 -d 2 --degenerate --decompose auto",
    ],
)
@network_options()
@click.option(
    "--hidden",
    multiple=True,
    metavar="REP",
    help="Only this stratum: what the hidden layers carry, as permutation or '[3]+[2,1]'; once "
    "for all of them, or once for each.",
)
@click.option(
    "--degenerate",
    is_flag=True,
    show_default=False,
    help="Also representations that fill fewer units, and hidden functions that nothing binds.",
)
@click.option(
    "--limit", type=Integer(1), default=_LIMIT, metavar="N", help="Measure at most N strata."
)
@click.option(
    "--gauge",
    is_flag=True,
    show_default=False,
    help="Say which parameters to fix so that the rest can be learnt apart.",
)
@click.option(
    "--decompose",
    type=click.Choice(("auto", "macaulay2", "singular", "sympy")),
    help="Reduce the equations and have this system decompose them (small networks).",
)
@click.option(
    "--steps",
    is_flag=True,
    show_default=False,
    help="With --decompose: print how the equations were reduced, branch by branch.",
)
@click.option(
    "--time-limit",
    type=Integer(1),
    default=_TIME_LIMIT,
    metavar="SECONDS",
    help="How long measuring may take, and how long the system may.",
)
@click.option("--seed", type=Integer(0), default=0, metavar="N", help="Seed of the random points.")
@click.option(
    "--max-weights",
    type=Integer(1),
    default=3000,
    metavar="N",
    help="Weights of the largest network that is measured.",
)
@common_options(formats=("text", "json", "csv", "markdown", "graphml"))
def strata(
    request: Request,
    hidden: tuple[str, ...],
    degenerate: bool,
    limit: int,
    gauge: bool,
    decompose: Method | None,
    steps: bool,
    time_limit: int,
    seed: int,
    max_weights: int,
) -> None:
    """List what a network may be when only the whole must be symmetric.

    Each stratum is given by the representation of the group that every hidden layer carries.
    Its dimensions are those of the weights, of the variety's tangent space, and of the
    functions. Where the first two agree, the stratum is proved to be a component.
    """
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.render.strata import strata_document, strata_graphml, strata_text
    from polyconstraints.variety.strata.variety import Variety

    variety = Variety(*replace(request, scope="network").problem(), seed, max_weights)
    if hidden:
        choices = 1
        found = iter([variety.measure(variety.parse(hidden), 1)])
    else:
        choices = variety.count(degenerate)
        measured = variety.strata(degenerate, min(choices, limit))
        found = _reported(measured, choices, limit, time_limit, request.quiet)
    kind, file = request.output_format, request.output_file
    if kind == "json" and not (gauge or decompose):
        write_json(strata_document(variety, found, choices), file)
        return
    listed = list(found)
    if kind == "graphml":
        write_text(strata_graphml(listed), file)
        return
    gauges = _gauges(variety, listed) if gauge else {}
    answer = None
    if decompose:
        from polyconstraints.variety.strata.exact import examine

        answer = examine(variety, listed, decompose, time_limit)
    if kind == "json":
        write_json(strata_document(variety, listed, choices, gauges, answer), file)
    else:
        write_text(strata_text(variety, listed, choices, kind, gauges, answer, steps), file)


def _reported(
    strata: Iterator[Stratum], choices: int, limit: int, time_limit: int, quiet: bool
) -> Iterator[Stratum]:
    """Yield strata while there is time, with progress, and warn of those that are left out."""
    from polyconstraints.cli.console import progress, warn

    count = min(choices, limit)
    if count < choices:
        warn(f"{count} of {choices} strata are measured: --limit allows more", quiet=quiet)
    ends = time.monotonic() + time_limit
    with progress("measuring strata", count, quiet=quiet) as advance:
        for stratum in strata:
            yield stratum
            advance()
            if stratum.number < count and time.monotonic() > ends:
                warn(
                    f"{stratum.number} of {choices} strata were measured within "
                    f"{time_limit} s: --time-limit allows more",
                    quiet=quiet,
                )
                return


def _gauges(variety: Variety, listed: list[Stratum]) -> dict[int, GaugeFixing]:
    """Return a gauge fixing for each stratum whose levels all carry representations."""
    from polyconstraints.variety.strata.gauge import fix_gauge

    return {
        stratum.number: fix_gauge(variety, stratum.hidden)
        for stratum in listed
        if all(level.representation is not None for level in stratum.hidden)
    }
