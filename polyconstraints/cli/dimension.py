"""``polyconstraints dimension``: neurovarieties of architectures."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING

import click

from polyconstraints.cli.options import choice, command, flag, option, seed_option
from polyconstraints.cli.parameters import integer, width_choices
from polyconstraints.cli.request import Request
from polyconstraints.errors import TooLargeError, UsageError

if TYPE_CHECKING:
    from polyconstraints.spec.activation import Activation
    from polyconstraints.variety.neurovariety import Fibre, Neurovariety
    from polyconstraints.variety.strata.point import Stratum
    from polyconstraints.variety.strata.variety import Variety

    Widths = tuple[int, ...]

#: Most strata that are measured.
_MOST_STRATA = 10_000


@command(
    "polyconstraints dimension --widths 3,3,3,1",
    "polyconstraints dimension --widths 3,1-8,1 --activation z^2 --activation z^4",
    "polyconstraints dimension --widths 3,3,3 --activation z^4 --group S",
    formats=("text", "json", "csv", "markdown"),
)
@option(
    "--widths architectures",
    width_choices,
    "D0,…,DL",
    "Widths from input to output; a range as 2-5 stands for all of them. More than once "
    "for a table.",
    multiple=True,
    required=True,
)
@option(
    "--activation activations",
    None,
    "POLYNOMIAL",
    "A polynomial in z, as z^2 or 'z + z^3/6'. More than once for a table.",
    multiple=True,
    default=("z^2",),
)
@click.option(
    "--threshold/--no-threshold",
    default=None,
    show_default=False,
    help="Also from which r on z^r gives the largest dimension.  [default: for one small "
    "architecture]",
)
@option(
    "--group",
    None,
    "GROUP",
    "List the strata of networks with this symmetry instead; activation z^r only.",
)
@choice(
    "--symmetry", ("equivariant", "invariant"), "With --group: how the outputs follow the inputs."
)
@flag(
    "--fibre",
    help="Also how many parameters give one function, scalings apart (small architectures).",
)
@option(
    "--time-limit",
    integer,
    "SECONDS",
    "With --fibre: how long Singular, Macaulay2 or SymPy may take.",
    default=60,
)
@seed_option
def dimension(
    request: Request,
    architectures: tuple[tuple[Widths, ...], ...],
    activations: tuple[str, ...],
    threshold: bool | None,
    fibre: bool,
    time_limit: int,
    seed: int,
) -> None:
    """Say how large the set of functions of an architecture is: its neurovariety.

    The architecture has linear layers of the given widths and an activation on every hidden
    unit. Its dimension is a rank at random points modulo a prime: never too large, and proved
    where it is the expected one. With --group hidden levels are listed by what they carry: 3 is
    an action on three points, 3- one that also changes signs, free a unit that nothing binds.
    """
    from polyconstraints.render.strata import (
        dimension_document,
        dimension_text,
        signed_document,
        signed_text,
    )
    from polyconstraints.spec.activation import Activation

    sizes = [widths for given in architectures for widths in given]
    parsed = [Activation.parse(text) for text in activations]
    if "group" in request.given:
        if len(sizes) > 1 or len(parsed) > 1:
            raise UsageError("expected one architecture and one activation with it", "group")
        for name, given in (("threshold", threshold), ("fibre", fibre)):
            if given:
                raise UsageError("expected no group with it", name)
        variety, strata = _measured_strata(request, sizes[0], parsed[0], seed)
        document = signed_document(variety, strata)
        text = signed_text(strata, request.output_format)
    else:
        found = _measured(request, list(product(sizes, parsed)), threshold, seed)
        if fibre:
            found = [replace(one, fibre=_fibre(request, one, time_limit, seed)) for one in found]
        document, text = dimension_document(found), dimension_text(found, request.output_format)
    request.write(document, text)


def _fibre(request: Request, found: Neurovariety, time_limit: int, seed: int) -> Fibre | None:
    from polyconstraints.variety.neurovariety import generic_fibre

    fibre = generic_fibre(found.widths, found.activation, time_limit, seed)
    if fibre is None:
        widths = ",".join(map(str, found.widths))
        request.warn(f"no fibre of {widths} within {time_limit} s (--time-limit)")
    return fibre


def _measured(
    request: Request, pairs: list[tuple[Widths, Activation]], wanted: bool | None, seed: int
) -> list[Neurovariety]:
    from polyconstraints.variety.neurovariety import neurovariety

    found = []
    for widths, activation in request.counted("architectures", pairs):
        one = neurovariety(widths, activation, seed)
        if wanted or (wanted is None and len(pairs) == 1):
            one = one.with_threshold(seed, unbounded=bool(wanted))
        found.append(one)
    return found


def _measured_strata(
    request: Request, widths: Widths, activation: Activation, seed: int
) -> tuple[Variety, list[Stratum]]:
    from polyconstraints.spec.network import NetworkSpec
    from polyconstraints.spec.symmetry import Symmetry
    from polyconstraints.variety.strata.variety import Variety

    group = request.choice(widths[0]).group
    if len(widths) < 2:
        raise UsageError(f"expected at least two widths as 3,3,1, got {widths[0]}", "widths")
    if request.symmetry == "equivariant" and widths[-1] != widths[0]:
        raise UsageError(
            f"expected {widths[0]} outputs, which move as the inputs do, got {widths[-1]}", "widths"
        )
    network = NetworkSpec.architecture(widths, activation)
    variety = Variety(network, Symmetry(group, request.symmetry, "network"), seed)
    choices = list(islice(variety.choices(), _MOST_STRATA + 1))
    if len(choices) > _MOST_STRATA:
        raise TooLargeError(f"expected at most {_MOST_STRATA} strata, got more")
    counted = enumerate(request.counted("measuring strata", choices), start=1)
    measured = [variety.measure(choice, place) for place, choice in counted]
    # Those with the largest set of functions first.
    measured.sort(key=lambda one: (-(one.function_dimension or 0), -one.weight_dimension))
    return variety, measured
