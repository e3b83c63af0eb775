"""``polyconstraints strata``: what a network may be when only the whole must be symmetric."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import click

from polyconstraints.cli.options import (
    choice,
    command,
    flag,
    network_options,
    option,
    seed_option,
)
from polyconstraints.cli.parameters import integer
from polyconstraints.cli.request import Request
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.variety.strata.exact import Method
    from polyconstraints.variety.strata.gauge import GaugeFixing
    from polyconstraints.variety.strata.irreducibles import Field
    from polyconstraints.variety.strata.point import Stratum
    from polyconstraints.variety.strata.variety import Variety

#: Strata that are measured unless another limit is given.
_LIMIT = 200

#: Seconds that a computer algebra system gets, and that measuring does.
_TIME_LIMIT = 1800
_MEASURING_TIME = 60

#: Options that only what is measured, and only a search, has a use for.
_MEASURING = ("hidden", "field", "limit", "gauge", "decompose", "steps")
_SEARCHING = ("search", "points", "time_limit", "seed", "max_weights")


@command(
    "polyconstraints strata -n 3 -d 2 --bias",
    "polyconstraints strata -n 8 -d 4 --bias --hidden permutation --gauge",
    "polyconstraints strata -n 3 -d 2 --layer linear --widths 2 --decompose auto",
    "polyconstraints strata -n 2 -d 2 --bias --search -o found.json",
    "polyconstraints strata --check found.json",
    formats=("text", "json", "csv", "latex", "markdown", "graphml"),
)
@network_options()
@option(
    "--hidden",
    None,
    "REP",
    "Only this stratum: what the hidden layers carry, as permutation or '[3]+[2,1]+free'; "
    "once for all of them, or once for each.",
    multiple=True,
)
@choice(
    "--field",
    ("rational", "complex"),
    "Over which the representations are irreducible (the same for S_n).",
)
@option("--limit", integer, "N", "Measure at most N strata.", default=_LIMIT)
@flag("--gauge", help="Say which parameters to fix so that the rest can be learnt apart.")
@click.option(
    "--decompose",
    type=click.Choice(("auto", "macaulay2", "singular", "sympy")),
    help="Reduce the equations and have this system decompose them (small networks).",
)
@flag("--steps", help="With --decompose: print how the equations were reduced, branch by branch.")
@flag(
    "--search",
    help="Find random points of the variety instead, and say what families they belong to.",
)
@option("--points", integer, "N", "With --search: how many to find.", default=100)
@option("--check", None, "FILE", "Check what --search wrote: every point, from its weights alone.")
@option(
    "--time-limit",
    integer,
    "SECONDS",
    "How long measuring may take, and how long a search or the system may.  "
    f"[default: {_MEASURING_TIME}, and {_TIME_LIMIT}]",
)
@seed_option
@option(
    "--max-weights",
    integer,
    "N",
    "Weights of the largest network that is measured.",
    default=3000,
)
def strata(
    request: Request,
    hidden: tuple[str, ...],
    field: Field,
    limit: int,
    gauge: bool,
    decompose: Method | None,
    steps: bool,
    search: bool,
    points: int,
    check: str | None,
    time_limit: int | None,
    seed: int,
    max_weights: int,
) -> None:
    """List what a network may be when only the whole must be symmetric.

    Each stratum is given by what every hidden layer carries: a representation of the group, and
    functions that nothing binds. Its dimensions are those of the weights, of the variety's tangent
    space, and of the functions. Where the first two agree, its closure is a component.
    """
    from polyconstraints.render.strata import strata_document, strata_graphml, strata_text
    from polyconstraints.variety.strata.variety import Strata, Variety

    kind = request.output_format
    _require_use(request, bool(hidden), bool(decompose), search, check is not None)
    if check is not None:
        _check(request, check)
        return
    network, symmetry = replace(request, scope="network").problem()
    if network.activation is not None:
        raise UsageError(
            f"expected none for strata, got {network.activation}: see the command dimension",
            "activation",
        )
    variety = Variety(network, symmetry, seed, max_weights, field)
    if search:
        _search(request, variety, points, seed, time_limit or _TIME_LIMIT)
        return
    if hidden:
        listed, complete = [variety.measure(variety.parse(hidden), 1)], False
    else:
        listed, complete = _measured(variety, limit, time_limit or _MEASURING_TIME, request)
    if kind == "graphml":
        request.write(None, strata_graphml(listed))
        return
    gauges = _gauges(variety, listed) if gauge else {}
    answer = None
    if decompose:
        from polyconstraints.variety.strata.exact import examine

        answer = examine(variety, listed, decompose, time_limit or _TIME_LIMIT)
    found = Strata(variety, tuple(listed), complete)
    text = strata_text(found, kind, gauges, answer, steps)
    request.write(partial(strata_document, found, gauges, answer), text)


def _require_use(
    request: Request, hidden: bool, decompose: bool, search: bool, check: bool
) -> None:
    """Raise UsageError if an option was given that would do nothing, or one is missing."""
    given, kind = request.given, request.output_format
    pictured = kind not in ("text", "json")
    for name, useless, expected in (
        ("scope", request.scope == "layer", "network"),
        ("permutations", True, "none: generators of the group are taken"),
        ("compare", request.indices == "ordered" or request.compare == "function", "redundant"),
        ("field", decompose, "no --decompose with it"),
        ("limit", hidden, "no --hidden with it"),
        ("steps", not decompose, "--decompose with it"),
        ("gauge", pictured, f"text or json with it, got {kind}"),
        ("decompose", pictured, f"text or json with it, got {kind}"),
        ("points", not search, "--search with it"),
        *((name, search, "no --search with it") for name in (*_MEASURING, "check")),
        *((name, check, "no --check with it") for name in (*_MEASURING, *_SEARCHING)),
    ):
        if name in given and useless:
            raise UsageError(f"expected {expected}", name)
    if (search and kind == "graphml") or (check and kind not in ("text", "json")):
        raise UsageError(f"expected text or json, got {kind}", "output_format")
    if not request.has_network and not check:
        raise UsageError("expected a number of inputs, got none", "inputs")


def _search(request: Request, variety: Variety, points: int, seed: int, time_limit: int) -> None:
    """Search for points, with progress, and write what they are."""
    from polyconstraints.render.strata import search_text
    from polyconstraints.variety.search import search

    with request.progress("finding points", points) as advance:
        found = search(variety, points, seed, time_limit, advance)
    if found.points < points:
        request.warn(
            f"{found.points} of {points} points were found within {time_limit} s: --time-limit "
            "allows more"
        )
    request.write(found.to_json, search_text(found, request.output_format))


def _check(request: Request, file: str) -> None:
    """Check a document that a search wrote, and say what its points prove."""
    from polyconstraints.io.files import load_json
    from polyconstraints.render.strata import certificates_text
    from polyconstraints.variety.certificate import read_certificates

    request.described_beside(file)
    document = load_json(file)
    variety, certificates = read_certificates(document, file)
    request.write(document, certificates_text(variety, certificates))


def _measured(
    variety: Variety, limit: int, time_limit: int, request: Request
) -> tuple[list[Stratum], bool]:
    """Return strata, measured while there is time, and whether these are all."""
    choices = list(islice(variety.choices(), limit + 1))
    complete, choices = len(choices) <= limit, choices[:limit]
    variety.require_time(len(choices), time_limit)
    if not complete:
        request.warn(f"{limit} strata of more are measured: --limit allows more")
    ends = time.monotonic() + time_limit
    measured = []
    for number, hidden in enumerate(request.counted("measuring strata", choices), start=1):
        measured.append(variety.measure(hidden, number))
        if number < len(choices) and time.monotonic() > ends:
            request.warn(
                f"{number} of {len(choices)} strata were measured within {time_limit} s: "
                "--time-limit allows more"
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
