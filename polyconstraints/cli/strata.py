"""``polyconstraints strata``: components of the network-scope variety."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import Integer, Request, common_options, network_options

if TYPE_CHECKING:
    from collections.abc import Iterator

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
def strata(request: Request, **how: Any) -> None:
    """List what a network may be when only the whole must be symmetric.

    Each stratum is given by the representation of the group that every hidden layer carries.
    Its dimensions are those of the weights, of the variety's tangent space, and of the
    functions. Where the first two agree, the stratum is proved to be a component.
    """
    from polyconstraints.variety.strata.variety import Variety

    whole = replace(request, scope="network")
    variety = Variety(*whole.problem(), how["seed"], how["max_weights"])
    if how["hidden"]:
        chosen = variety.parse(how["hidden"])
        _write(variety, iter([variety.measure(chosen, 1)]), 1, request, how)
        return
    choices = variety.count(how["degenerate"])
    _write(variety, _measured(variety, choices, request, how), choices, request, how)


def _measured(
    variety: Variety, choices: int, request: Request, how: dict[str, Any]
) -> Iterator[Stratum]:
    from polyconstraints.cli.console import progress, warn

    limit = min(choices, how["limit"])
    if limit < choices:
        warn(
            f"{limit} of {choices} strata are measured: --limit allows more",
            quiet=request.quiet,
        )
    ends = time.monotonic() + how["time_limit"]
    with progress("measuring strata", limit, quiet=request.quiet) as advance:
        for stratum in variety.strata(how["degenerate"], limit, advance):
            yield stratum
            if stratum.number < limit and time.monotonic() > ends:
                warn(
                    f"{stratum.number} of {choices} strata were measured within "
                    f"{how['time_limit']} s: --time-limit allows more",
                    quiet=request.quiet,
                )
                return


def _write(
    variety: Variety, found: Iterator[Stratum], choices: int, request: Request, how: dict[str, Any]
) -> None:
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.render.strata import (
        answer_lines,
        gauge_lines,
        step_lines,
        strata_document,
        strata_text,
    )
    from polyconstraints.variety.strata.exact import examine

    kind, file = request.output_format, request.output_file
    plain = not (how["gauge"] or how["decompose"])
    if kind == "json" and plain:
        write_json(strata_document(variety, found, choices), file)
        return
    listed = list(found)
    if kind == "graphml":
        write_text(_graphml(listed), file)
        return
    gauges = _gauges(variety, listed) if how["gauge"] else {}
    answer = None
    if how["decompose"]:
        answer = examine(variety, listed, how["decompose"], how["time_limit"])
    if kind == "json":
        write_json(strata_document(variety, listed, choices, gauges, answer), file)
        return
    lines = [strata_text(variety, listed, choices, kind)]
    if kind == "text":
        for number, gauge in gauges.items():
            lines += ["", *gauge_lines(number, gauge)]
        if answer is not None:
            lines += ["", *answer_lines(answer)]
            if how["steps"]:
                lines += ["", *step_lines(answer)]
    write_text("\n".join(lines), file)


def _gauges(variety: Variety, listed: list[Stratum]) -> dict[int, GaugeFixing]:
    """Return a gauge fixing for each stratum whose levels all carry representations."""
    from polyconstraints.variety.strata.gauge import fix_gauge

    return {
        stratum.number: fix_gauge(variety, stratum.hidden)
        for stratum in listed
        if all(level.representation is not None for level in stratum.hidden)
    }


def _graphml(listed: list[Stratum]) -> str:
    """Return the graph of strata as GraphML."""
    import networkx as nx

    from polyconstraints.variety.strata.graph import strata_graph

    graph = strata_graph(listed)
    for attributes in graph.nodes.values():
        # GraphML has no value for what isn't known.
        for key in [key for key, value in attributes.items() if value is None]:
            del attributes[key]
    return "\n".join(nx.generate_graphml(graph))
