"""The largest dimension that is known of the variety of symmetric networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from polyconstraints.evaluation import values
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.variety.equations import reduce_equations
from polyconstraints.variety.strata.kernel import SPARE
from polyconstraints.variety.strata.point import Stratum
from polyconstraints.variety.strata.representations import Level
from polyconstraints.variety.strata.variety import Variety

if TYPE_CHECKING:
    from polyconstraints.algebra import Polynomial

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
    that no known stratum fills can be larger. The richest stratum is one with the largest set of
    functions: what can be learnt. The largest one can have few of them: its outputs can be
    constant.
    """

    dimension: int
    status: Literal["proved", "lower bound"]
    stratum: Stratum
    richest: Stratum | None
    constant: bool

    @property
    def function_dimension(self) -> int | None:
        """The largest dimension of the functions of any stratum."""
        return None if self.richest is None else self.richest.function_dimension


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
    richest = max(
        (one for one in found if one.function_dimension is not None),
        key=lambda one: one.function_dimension or 0,
        default=None,
    )
    return BestKnown(
        size,
        "proved" if proved and largest.confirmed else "lower bound",
        largest,
        richest,
        _is_constant(variety, largest),
    )


def _is_constant(variety: Variety, stratum: Stratum) -> bool:
    """Return whether a random network of a stratum has the same outputs at all inputs."""
    setting = variety.setting()
    weights = variety.point(setting, stratum.hidden).general
    outputs = values(setting.network, weights, setting.inputs(SPARE), setting.ring)
    return bool((outputs == outputs[:1]).all())


def _promising(variety: Variety) -> Iterator[tuple[Level, ...]]:
    """Yield choices, each once, those that are likely to be large first."""
    # What the first hidden level can carry stands for what any can.
    lists = [list(variety.levels(level)) for level in range(1, variety.network.depth)]
    if not all(lists):
        return
    # Nothing binds the levels' functions, with all units in use.
    unbound = [max(options, key=lambda level: level.free) for options in lists]
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
        yield from variety.choices()

    for choice in candidates():
        key = tuple(str(level) for level in choice)
        if key not in seen:
            seen.add(key)
            yield choice
