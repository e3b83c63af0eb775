"""Polynomials → equalities: coefficients of like monomials compared under permutations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.orbits import coefficient_orbits
from polyconstraints.classes.union_find import classes_of_pairs
from polyconstraints.equalities.coefficients import (
    CoefficientSpace,
    FunctionCoefficients,
    PaperCoefficients,
    TensorCoefficients,
)
from polyconstraints.errors import UsageError
from polyconstraints.spec.groups import inverse
from polyconstraints.spec.moves import Move, TranspositionMoves, generator_moves, imposed_moves
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry

__all__ = ["Comparison", "EqualityCounts", "Move", "layer_comparison", "network_comparison"]

#: Images of coefficients that are kept at once when pairs are streamed.
_CHUNK = 1 << 22


@dataclass(frozen=True)
class EqualityCounts:
    """How many equalities there are, and of which kind.

    Attributes
    ----------
    total : int
        All comparisons but those that hold by themselves.
    distinct : int
        Without repeats up to the order of the two sides.
    simple, linear, polynomial : int
        The distinct ones by kind: between single weights, linear but not simple, the rest.
    """

    total: int
    simple: int
    linear: int
    polynomial: int

    @property
    def distinct(self) -> int:
        """Number of distinct equalities."""
        return self.simple + self.linear + self.polynomial

    def __add__(self, other: EqualityCounts) -> EqualityCounts:
        return EqualityCounts(
            self.total + other.total,
            self.simple + other.simple,
            self.linear + other.linear,
            self.polynomial + other.polynomial,
        )


@dataclass(frozen=True)
class Comparison:
    """One polynomial map, compared with itself under permutations.

    Parameters
    ----------
    space : CoefficientSpace
        The coefficients that are compared.
    imposed : sequence of Move
        The permutations that are imposed.
    generators : tuple of Move
        Moves with the same orbits as the imposed ones, as few as are known.
    conjugation_closed : bool
        Whether the imposed set consists of involutions and is closed under conjugation by
        the group that it generates, as all transpositions are. All coefficients of one
        orbit, so all that are tied together, then take part in equally many equalities.
    single_weights : bool
        Whether the map is one layer, so that coefficients are sums of single weights.
    """

    space: CoefficientSpace
    imposed: Sequence[Move]
    generators: tuple[Move, ...]
    conjugation_closed: bool
    single_weights: bool

    @cached_property
    def roots(self) -> NDArray[np.int64]:
        """For each coefficient, the smallest one that the equalities tie it to."""
        size = self.space.size
        if isinstance(self.space, TensorCoefficients | FunctionCoefficients):
            return coefficient_orbits(self.space, self.generators)
        numbers = np.arange(size, dtype=np.int64)
        left, right = [numbers[:0]], [numbers[:0]]
        for letters, outputs in self.generators:
            image = self.space.image(letters, outputs)
            moved = np.flatnonzero(image != numbers)
            left.append(moved)
            right.append(image[moved])
        return classes_of_pairs(size, np.concatenate(left), np.concatenate(right))

    @cached_property
    def orbit_count(self) -> int:
        """Number of sets of coefficients that are tied together."""
        return int(np.count_nonzero(self.roots == np.arange(self.space.size)))

    def is_single(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which coefficients are single weights."""
        if not self.single_weights:
            return np.zeros(len(numbers), dtype=bool)
        single: NDArray[np.bool_] = (self.space.weights(numbers) >= 0).sum(axis=1) == 1
        return single

    def neighbours(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what each coefficient is equated with, shape (numbers, moves).

        Moves that leave a coefficient in place give the coefficient itself.
        """
        moves = self._with_inverses
        result = np.empty((len(numbers), len(moves)), dtype=np.int64)
        for column, (letters, outputs) in enumerate(moves):
            result[:, column] = self.space.image(letters, outputs, numbers)
        return result

    @cached_property
    def _with_inverses(self) -> tuple[Move, ...]:
        inverses = [(inverse(letters), inverse(outputs)) for letters, outputs in self.imposed]
        return tuple(dict.fromkeys([*self.imposed, *inverses]))

    def _later_neighbours(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return neighbours sorted in each row, those not larger or repeated as -1."""
        found = np.sort(self.neighbours(numbers), axis=1)
        keep = found > numbers[:, None]
        keep[:, 1:] &= found[:, 1:] != found[:, :-1]
        return np.where(keep, found, -1)

    def pairs(self, start: int = 0) -> Iterator[tuple[int, int]]:
        """Yield the distinct equalities as pairs of coefficients, the smaller one first.

        In ascending order and in bounded memory, from those of coefficient ``start`` on.
        """
        for numbers in self._chunks(start):
            found = self._later_neighbours(numbers)
            rows, columns = np.nonzero(found >= 0)
            yield from zip(numbers[rows].tolist(), found[rows, columns].tolist(), strict=True)

    def _chunks(self, start: int) -> Iterator[NDArray[np.int64]]:
        rows = max(1, _CHUNK // max(1, len(self._with_inverses)))
        for first in range(start, self.space.size, rows):
            yield np.arange(first, min(first + rows, self.space.size), dtype=np.int64)

    @cached_property
    def total(self) -> int:
        """Number of comparisons that don't hold by themselves."""
        size = self.space.size
        if isinstance(self.imposed, TranspositionMoves):
            # One cycle type: each leaves as many coefficients in place as any other.
            count = len(self.imposed)
            return count * (size - self.space.fixed(*self.imposed[0])) if count else 0
        return sum(size - self.space.fixed(*move) for move in self.imposed)

    @staticmethod
    def _degrees(
        space: TensorCoefficients | FunctionCoefficients,
        numbers: NDArray[np.int64],
        moves: TranspositionMoves,
    ) -> NDArray[np.int64]:
        """Return with how many others all transpositions together equate each coefficient.

        Transpositions of components that it doesn't involve leave it in place. One of a
        component that it involves with one that it doesn't always gives something new; those
        of two components that it involves are tried. Which of its channels are equal is all
        that matters of them, so that many coefficients are alike.
        """
        components, channels = moves.places(*space.split(numbers))
        alike = (channels[:, :, None] == channels[:, None, :]).argmax(axis=2)
        patterns = np.hstack([components, alike])
        _, first, kind = np.unique(patterns, axis=0, return_index=True, return_inverse=True)
        degrees = []
        for at in first.tolist():
            touched = sorted({int(one) for one in components[at] if one >= 0})
            one = numbers[at : at + 1]
            inside = {
                int(space.image(*moves.move(a, b), one)[0]) for a, b in combinations(touched, 2)
            }
            outside = len(touched) * (moves.components - len(touched))
            degrees.append(outside + len(inside - {int(one[0])}))
        return np.array(degrees, dtype=np.int64)[kind.reshape(-1)]

    @cached_property
    def counts(self) -> EqualityCounts:
        """How many equalities there are of each kind."""
        total = self.total
        if isinstance(self.imposed, TranspositionMoves) and isinstance(
            self.space, TensorCoefficients | FunctionCoefficients
        ):
            representatives, sizes = np.unique(self.roots, return_counts=True)
            degrees = self._degrees(self.space, representatives, self.imposed)
            # Each equality is met from both of its sides.
            by_orbit = degrees.astype(object) * sizes.astype(object)
            simple = int(by_orbit[self.is_single(representatives)].sum()) // 2
            distinct = int(by_orbit.sum()) // 2
        elif self.conjugation_closed:
            representatives, orbit_sizes = np.unique(self.roots, return_counts=True)
            found = np.sort(self.neighbours(representatives), axis=1)
            new = found != representatives[:, None]
            new[:, 1:] &= found[:, 1:] != found[:, :-1]
            # Each equality is met from both of its sides.
            by_orbit = new.sum(axis=1) * orbit_sizes
            single = self.is_single(representatives)
            simple = int(by_orbit[single].sum()) // 2
            distinct = int(by_orbit.sum()) // 2
        else:
            simple = distinct = 0
            for numbers in self._chunks(0):
                by_number = (self._later_neighbours(numbers) >= 0).sum(axis=1)
                simple += int(by_number[self.is_single(numbers)].sum())
                distinct += int(by_number.sum())
        rest = distinct - simple
        if self.single_weights:
            return EqualityCounts(total, simple, rest, 0)
        return EqualityCounts(total, simple, 0, rest)


def layer_comparison(network: NetworkSpec, symmetry: Symmetry, layer: LayerSpec) -> Comparison:
    """Return the comparison of one layer's coefficients.

    Raises
    ------
    UsageError
        If the symmetry doesn't fit the network.
    """
    redundant = layer.kind == "quadratic" and layer.indices == "redundant"
    space: CoefficientSpace
    if not redundant or symmetry.compare == "function":
        space = FunctionCoefficients(layer.outputs, layer.letters, layer.degree, redundant)
    elif symmetry.compare == "tensor":
        space = TensorCoefficients(layer.outputs, layer.letters, layer.degree)
    else:
        if set(network.channels) != {1}:
            raise UsageError(
                "expected function or tensor, since equation (21) is written for one "
                "channel, got paper",
                "compare",
            )
        if symmetry.kind == "invariant":
            raise UsageError(
                "expected function or tensor, since equation (21) is written for "
                "equivariance, got paper",
                "compare",
            )
        space = PaperCoefficients(layer.outputs, layer.letters)
    imposed = imposed_moves(network, symmetry, layer.index, layer.index + 1)
    # Equation (21) relates fewer coefficients than the group does: no short cut.
    short = not isinstance(space, PaperCoefficients)
    generators = (
        generator_moves(network, symmetry, layer.index, layer.index + 1)
        if short
        else tuple(imposed)
    )
    closed = symmetry.permutations == "transpositions"
    return Comparison(space, imposed, generators, closed, single_weights=True)


def network_comparison(network: NetworkSpec, symmetry: Symmetry) -> Comparison:
    """Return the comparison of the whole network's coefficients.

    Raises
    ------
    UsageError
        If the symmetry doesn't fit the network, or tells apart monomials that the expanded
        network merges.
    """
    if network.depth == 1:
        return layer_comparison(network, symmetry, network.layers[0])
    if symmetry.compare != "function" and network.indices == "redundant":
        raise UsageError(
            f"expected function in network scope, where x_i x_j = x_j x_i has been used, "
            f"got {symmetry.compare}",
            "compare",
        )
    letters = network.layers[0].letters
    space = FunctionCoefficients(network.units[-1], letters, network.degree)
    return Comparison(
        space,
        imposed_moves(network, symmetry, 0, network.depth),
        generator_moves(network, symmetry, 0, network.depth),
        symmetry.permutations == "transpositions",
        single_weights=False,
    )
