"""What the page knows about a network, as data for its scripts.

Names and lists are kept as numbers: the scripts spell them when they are looked at. A weight
is given by its number in its layer, counted on through all layers where several are meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.orbits import Chains, Orbits, shortest_chains
from polyconstraints.derivation import Derivation
from polyconstraints.equalities.comparison import Comparison, layer_comparison
from polyconstraints.errors import PolyconstraintsError
from polyconstraints.expansion import expand
from polyconstraints.render.figures.blocks import BlockLayout
from polyconstraints.render.figures.layer_picture import LayerPicture
from polyconstraints.spec.groups import Permutation, cycles, inverse
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry

#: Equalities that a page holds at most.
MAX_EQUALITIES = 20_000

#: Terms that a page holds at most, of all outputs together.
MAX_TERMS = 20_000

#: Coefficients of a layer, times permutations, up to which chains are looked for.
_MAX_STEPS = 200_000_000


def _in_cycles(permutation: Permutation) -> str:
    """Return a permutation as the product of its cycles, points counted from 1."""
    moved = (cycle for cycle in cycles(permutation) if len(cycle) > 1)
    texts = (" ".join(str(point + 1) for point in cycle) for cycle in moved)
    return "".join(map("({})".format, texts)) or "id"


def move_names(symmetry: Symmetry) -> list[str]:
    """Return the imposed permutations in cycle notation, each followed by its inverse."""
    return [_in_cycles(way) for sigma in symmetry.imposed() for way in (sigma, inverse(sigma))]


@dataclass(frozen=True, eq=False)
class LayerReasons:
    """Why weights of one layer are tied."""

    comparison: Comparison
    chains: Chains

    def weights(self) -> tuple[list[int], list[int]]:
        """Return each weight's next one on the way to its representative, and the permutation.

        Weights that no single-weight equality ties have -1 in both lists.
        """
        space = self.comparison.space
        numbers = np.arange(space.size, dtype=np.int64)
        tied = np.flatnonzero(self.comparison.is_single(numbers) & (self.chains.parent >= 0))
        count = int(space.weights(numbers).max()) + 1
        parents, moves = np.full((2, count), -1, dtype=np.int64)
        own = space.weights(tied)[:, 0]
        parents[own] = space.weights(self.chains.parent[tied])[:, 0]
        moves[own] = self.moves[tied]
        return parents.tolist(), moves.tolist()

    @property
    def moves(self) -> NDArray[np.int64]:
        """The permutation of each coefficient's step, numbered as by :func:`move_names`."""
        numbers: NDArray[np.int64] = 2 * self.chains.move + self.chains.inverted
        return numbers


def layer_reasons(
    network: NetworkSpec, symmetry: Symmetry, layer: LayerSpec
) -> LayerReasons | None:
    """Return why weights of a layer are tied; None where that would take too long."""
    try:
        comparison = layer_comparison(network, symmetry, layer)
    except PolyconstraintsError:
        # A map made by hand may claim a symmetry that no equation of ours is known for.
        return None
    if comparison.space.size * len(comparison.imposed) > _MAX_STEPS:
        return None
    return LayerReasons(comparison, shortest_chains(Orbits(comparison)))


def layer_data(
    picture: LayerPicture, layout: BlockLayout, reasons: LayerReasons | None
) -> dict[str, Any]:
    """Return what the page knows about a layer's weights.

    The classes themselves are in the tying map, which the page holds too.
    """
    parents, moves = reasons.weights() if reasons else ([], [])
    return {
        "cell": layout.cell,
        "origins": [list(origin) for origin in layout.origins],
        "classes": [
            {**entry.to_json(), "formula": entry.formula or None} for entry in picture.classes
        ],
        "parents": parents,
        "moves": moves,
    }


def equality_data(
    derivation: Derivation, reasons: Sequence[LayerReasons | None], limit: int = MAX_EQUALITIES
) -> dict[str, Any]:
    """Return the equalities: all of them, or a part that implies all where they are many.

    Those of single layers are lists ``[layer, move, left weights, right weights]``; those of
    whole networks ``[move, output, powers, output, powers]``, where the coefficient of a
    monomial in one output equals that of another in another, and outputs count from 1. The
    move is the place of a permutation among :func:`move_names`.
    """
    counts = derivation.counts
    document: dict[str, Any] = {
        "total": counts.total,
        "distinct": counts.distinct,
        "rank": derivation.rank,
        "scope": "layer" if derivation.solved else "network",
    }
    complete = counts.distinct <= limit
    listed: list[list[Any]] = []
    if not derivation.solved:
        comparison = derivation.comparisons[0]
        for move, left, right in _pairs(comparison, limit):
            ends = [derivation.pair(left), derivation.pair(right)]
            listed.append([move, *(x for k, mu in ends for x in (k, _powers(mu)))])
        return {**document, "complete": complete, "spanning": False, "list": listed}
    for layer, comparison, reason in zip(
        derivation.network.layers, derivation.comparisons, reasons, strict=True
    ):
        if complete:
            found = _pairs(comparison, limit)
            listed += [[layer.index, at, *_sides(comparison, *ends)] for at, *ends in found]
        elif reason is not None:
            listed += _tree(layer.index, reason)
    spanning = not complete and len(listed) <= limit and None not in reasons
    return {**document, "complete": complete, "spanning": spanning, "list": listed[:limit]}


def _powers(monomial: Sequence[int]) -> list[int]:
    """Return a monomial as input, exponent, input, exponent, …; inputs count from 1."""
    factors = ((unit, power) for unit, power in enumerate(monomial, start=1) if power)
    return list(chain.from_iterable(factors))


def _pairs(comparison: Comparison, limit: int) -> Iterator[tuple[int, int, int]]:
    """Yield equalities as permutation, left and right coefficient."""
    pairs = np.array(list(islice(comparison.pairs(), limit)), dtype=np.int64).reshape(-1, 2)
    left, right = pairs.T
    moves = np.full(len(pairs), -1, dtype=np.int64)
    for at, (letters, outputs) in enumerate(comparison.imposed):
        ways = ((letters, outputs), (inverse(letters), inverse(outputs)))
        for move, way in enumerate(ways, start=2 * at):
            given = comparison.space.image(*way, left) == right
            moves[given & (moves < 0)] = move
    yield from zip(moves.tolist(), left.tolist(), right.tolist(), strict=True)


def _tree(layer: int, reasons: LayerReasons) -> Iterator[list[Any]]:
    """Yield for each coefficient its first step towards the smallest one of its orbit."""
    parents, moves = reasons.chains.parent, reasons.moves
    for number in np.flatnonzero(parents >= 0).tolist():
        sides = _sides(reasons.comparison, number, int(parents[number]))
        yield [layer, int(moves[number]), *sides]


def _sides(comparison: Comparison, left: int, right: int) -> list[list[int]]:
    rows = comparison.space.weights(np.array([left, right], dtype=np.int64)).tolist()
    return [[weight for weight in row if weight >= 0] for row in rows]


def polynomial_data(network: NetworkSpec, limit: int = MAX_TERMS) -> dict[str, Any]:
    """Return the expanded outputs, cut where all of them would be too long for a page.

    A group is ``[[input, exponent, …], [[coefficient, weight, …], …], terms]``, where the
    last number counts all terms of the group, shown or not; weights may repeat.
    """
    expansion = expand(network)
    offsets = np.cumsum([0, *(layer.weights for layer in network.layers)])[:-1].tolist()
    count = network.units[-1]
    outputs = []
    for output in range(1, count + 1):
        left = limit // count
        groups = []
        for monomial in expansion.monomials if left else ():
            size = expansion.term_count(output, monomial)
            if not size:
                continue
            if size > 100 * limit:
                break
            terms = expansion.coefficient(output, monomial)
            layers = zip(offsets, terms.layers, strict=True)
            weights = [np.where(one < 0, -1, one.astype(np.int64) + at) for at, one in layers]
            rows = [
                [int(factor), *(weight for weight in row if weight >= 0)]
                for factor, row in zip(
                    terms.coefficients[:left], np.hstack(weights).tolist(), strict=False
                )
            ]
            left -= len(rows)
            groups.append([_powers(monomial), rows, size])
            if left <= 0:
                break
        outputs.append({"terms": expansion.term_count(output), "groups": groups})
    return {"monomials": len(expansion.monomials), "outputs": outputs}
