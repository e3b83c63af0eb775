"""``polyconstraints strata``: what a network may be when only the whole must be symmetric."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import Integer, Request, common_options, network_options
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.variety.strata.exact import Method
    from polyconstraints.variety.strata.gauge import GaugeFixing
    from polyconstraints.variety.strata.variety import Stratum, Variety

__all__ = ["strata"]

#: Strata that are measured unless another limit is given.
_LIMIT = 200

#: Seconds that a computer algebra system gets, and that measuring does.
_TIME_LIMIT = 1800
_MEASURING_TIME = 60


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints strata -n 3 -d 2 --bias",
        "polyconstraints strata -n 8 -d 4 --bias --hidden permutation --gauge",
        "polyconstraints strata -n 3 -d 2 --layer linear --widths 2 --decompose auto",
    ],
)
@network_options()
@click.option(
    "--hidden",
    multiple=True,
    metavar="REP",
    help="Only this stratum: what the hidden layers carry, as permutation or '[3]+[2,1]+free'; "
    "once for all of them, or once for each.",
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
    metavar="SECONDS",
    help="How long measuring may take, and how long the system may.  "
    f"[default: {_MEASURING_TIME}, and {_TIME_LIMIT}]",
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
    limit: int,
    gauge: bool,
    decompose: Method | None,
    steps: bool,
    time_limit: int | None,
    seed: int,
    max_weights: int,
) -> None:
    """List what a network may be when only the whole must be symmetric.

    Each stratum is given by what every hidden layer carries: a representation of the group, and
    functions that nothing binds. Its dimensions are those of the weights, of the variety's tangent
    space, and of the functions. Where the first two agree, its closure is a component.
    """
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.render.strata import strata_document, strata_graphml, strata_text
    from polyconstraints.variety.strata.variety import Variety

    kind, file = request.output_format, request.output_file
    _require_use(request, hidden=bool(hidden), decompose=bool(decompose), kind=kind)
    variety = Variety(*replace(request, scope="network").problem(), seed, max_weights)
    if hidden:
        listed, complete = [variety.measure(variety.parse(hidden), 1)], False
    else:
        listed, complete = _measured(variety, limit, time_limit or _MEASURING_TIME, request.quiet)
    if kind == "graphml":
        write_text(strata_graphml(listed), file)
        return
    gauges = _gauges(variety, listed) if gauge else {}
    answer = None
    if decompose:
        from polyconstraints.variety.strata.exact import examine

        answer = examine(variety, listed, decompose, time_limit or _TIME_LIMIT)
    if kind == "json":
        write_json(strata_document(variety, listed, complete, gauges, answer), file)
    else:
        write_text(strata_text(variety, listed, complete, kind, gauges, answer, steps), file)


def _require_use(request: Request, *, hidden: bool, decompose: bool, kind: str) -> None:
    """Raise UsageError if an option was given that would do nothing."""
    given = request.given
    pictured = kind in ("csv", "markdown", "graphml")
    for name, useless, expected in (
        ("scope", request.scope == "layer", "network"),
        ("permutations", True, "none: generators of the group are taken"),
        ("compare", request.indices == "ordered" or request.compare == "function", "redundant"),
        ("limit", hidden, "no --hidden with it"),
        ("steps", not decompose, "--decompose with it"),
        ("gauge", pictured, f"text or json with it, got {kind}"),
        ("decompose", pictured, f"text or json with it, got {kind}"),
    ):
        if name in given and useless:
            raise UsageError(f"expected {expected}", name)


def _measured(
    variety: Variety, limit: int, time_limit: int, quiet: bool
) -> tuple[list[Stratum], bool]:
    """Return strata, measured while there is time, and whether these are all."""
    from polyconstraints.cli.console import progress, warn

    variety.require_room()
    choices = list(islice(variety.choices(), limit + 1))
    complete, choices = len(choices) <= limit, choices[:limit]
    variety.require_time(len(choices), time_limit)
    if not complete:
        warn(f"{limit} strata of more are measured: --limit allows more", quiet=quiet)
    ends = time.monotonic() + time_limit
    measured = []
    with progress("measuring strata", len(choices), quiet=quiet) as advance:
        for number, hidden in enumerate(choices, start=1):
            measured.append(variety.measure(hidden, number))
            advance()
            if number < len(choices) and time.monotonic() > ends:
                warn(
                    f"{number} of {len(choices)} strata were measured within "
                    f"{time_limit} s: --time-limit allows more",
                    quiet=quiet,
                )
                return measured, False
    return measured, complete


def _gauges(variety: Variety, listed: list[Stratum]) -> dict[int, GaugeFixing]:
    """Return a gauge fixing for each stratum whose levels all carry representations."""
    from polyconstraints.variety.strata.gauge import fix_gauge

    return {
        stratum.number: fix_gauge(variety, stratum.hidden)
        for stratum in listed
        if not any(level.free for level in stratum.hidden)
    }
