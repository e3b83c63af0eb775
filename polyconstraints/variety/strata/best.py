"""The largest dimension that is known of the variety of symmetric networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.variety.equations import reduce_equations
from polyconstraints.variety.strata.representations import Level
from polyconstraints.variety.strata.variety import Stratum, Variety

if TYPE_CHECKING:
    from polyconstraints.algebra import Polynomial

__all__ = ["BestKnown", "best_known_dimension"]

#: Strata that are measured, and weights of the largest network for which any is.
_MAX_STRATA = 40
_MAX_WEIGHTS = 130

#: Weights of the largest network whose equations are reduced, and branches at which that ends.
_MAX_REDUCED = 14
_MAX_BRANCHES = 500


@dataclass(frozen=True, eq=False)
class BestKnown:
    """The largest stratum among those that were measured, the first one of its dimension.

    Whether that is proved to be the dimension of the variety takes more than a component: others
    that no known stratum fills can be larger. The function dimension is the largest of any
    stratum.
    """

    dimension: int
    status: Literal["proved", "lower bound"]
    stratum: Stratum
    function_dimension: int | None


def best_known_dimension(
    network: NetworkSpec,
    symmetry: Symmetry,
    *,
    equations: Callable[[], Sequence[Polynomial]] | None = None,
) -> BestKnown | None:
    """Return the largest dimension that is known of the variety of symmetric networks.

    None for a network that is too large, or has an activation. Strata with the permutation
    representation, with one kind of level throughout, and with one level that carries less
    than the others are measured first. Equations are the equalities of the whole network as
    polynomials that must vanish; they are asked for of tiny networks only.

    The dimension is proved where a stratum fills the space of all weights, where there is no
    hidden level, since the equations are linear then, and where the reduction of the equations
    leaves no branch open that could be larger.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> group = pc.PermutationGroup.symmetric(2)
    >>> best = best_known_dimension(pc.NetworkSpec(2, depth=2), pc.Symmetry(group))
    >>> best.dimension, best.status, str(best.stratum.hidden[0]), best.function_dimension
    (8, 'lower bound', '[2] + [1,1]', 4)
    """
    if network.activation is not None or network.weights > _MAX_WEIGHTS:
        return None
    variety = Variety(network, symmetry)
    found = [
        variety.measure(hidden, number)
        for number, hidden in enumerate(islice(_promising(variety), _MAX_STRATA), start=1)
    ]
    if not found:
        return None
    largest = max(found, key=lambda stratum: stratum.weight_dimension)
    size = largest.weight_dimension
    proved = network.depth == 1 or size == network.weights
    if not proved and equations is not None and network.weights <= _MAX_REDUCED:
        known = equations()
        reduction = reduce_equations(known[0].ring, known, max_branches=_MAX_BRANCHES)
        proved = reduction.dimension == size
    functions = [one.function_dimension for one in found if one.function_dimension is not None]
    return BestKnown(
        size,
        "proved" if proved and largest.dimensions.confirmed else "lower bound",
        largest,
        max(functions, default=None),
    )


def _promising(variety: Variety) -> Iterator[tuple[Level, ...]]:
    """Yield choices, each once, those that are likely to be large first."""
    hidden = range(1, variety.network.depth)
    lists = [variety.levels(level, degenerate=True) for level in hidden]
    if not all(lists):
        return
    # The levels whose functions nothing binds, with all units in use.
    unbound = [
        next((level for level in options if level.representation is None), options[0])
        for options in lists
    ]
    seen: set[tuple[str, ...]] = set()

    def candidates() -> Iterator[tuple[Level, ...]]:
        yield tuple(options[0] for options in lists)
        # Alike on every level.
        for at in range(min(map(len, lists), default=0)):
            yield tuple(options[at] for options in lists)
        # Constant on one level: nothing binds the layers below, little those above.
        for place in range(len(lists)):
            for level in lists[place]:
                yield tuple(
                    level if at == place else unbound[at] if at < place else options[0]
                    for at, options in enumerate(lists)
                )
        yield from variety.choices(degenerate=True)

    for choice in candidates():
        key = tuple(str(level) for level in choice)
        if key not in seen:
            seen.add(key)
            yield choice
