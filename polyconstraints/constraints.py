"""Polynomials → equalities: coefficients of like monomials compared under permutations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyconstraints.coefficients import (
    CoefficientSpace,
    FunctionCoefficients,
    PaperCoefficients,
    TensorCoefficients,
)
from polyconstraints.errors import UsageError
from polyconstraints.groups import Permutation, inverse
from polyconstraints.network import LayerSpec, NetworkSpec
from polyconstraints.reduction.union_find import classes_of_pairs
from polyconstraints.symmetry import Symmetry

__all__ = ["Comparison", "EqualityCounts", "Move", "layer_comparison", "network_comparison"]

#: How a permutation moves the input letters and the outputs of a polynomial map.
Move = tuple[Permutation, Permutation]

#: Coefficients handled at once when pairs are streamed.
_CHUNK = 1 << 16


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
    imposed : tuple of Move
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
    imposed: tuple[Move, ...]
    generators: tuple[Move, ...]
    conjugation_closed: bool
    single_weights: bool

    @cached_property
    def roots(self) -> NDArray[np.int64]:
        """For each coefficient, the smallest one that the equalities tie it to."""
        size = self.space.size
        numbers = np.arange(size, dtype=np.int64)
        left, right = [numbers[:0]], [numbers[:0]]
        for letters, outputs in self.generators:
            image = self.space.image(letters, outputs)
            moved = np.flatnonzero(image != numbers)
            left.append(moved)
            right.append(image[moved])
        return classes_of_pairs(size, np.concatenate(left), np.concatenate(right))

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
        for first in range(start, self.space.size, _CHUNK):
            numbers = np.arange(first, min(first + _CHUNK, self.space.size), dtype=np.int64)
            found = self._later_neighbours(numbers)
            rows, columns = np.nonzero(found >= 0)
            yield from zip(numbers[rows].tolist(), found[rows, columns].tolist(), strict=True)

    @cached_property
    def counts(self) -> EqualityCounts:
        """How many equalities there are of each kind."""
        size = self.space.size
        total = sum(size - self.space.fixed(*move) for move in self.imposed)
        if self.conjugation_closed:
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
            for first in range(0, size, _CHUNK):
                numbers = np.arange(first, min(first + _CHUNK, size), dtype=np.int64)
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
                "--compare",
            )
        if symmetry.kind == "invariant":
            raise UsageError(
                "expected function or tensor, since equation (21) is written for "
                "equivariance, got paper",
                "--compare",
            )
        space = PaperCoefficients(layer.outputs, layer.letters)
    imposed = _moves(network, symmetry, layer.index, layer.index + 1)
    # Equation (21) relates fewer coefficients than the group does: no short cut.
    short = not isinstance(space, PaperCoefficients)
    generators = (
        _moves(network, symmetry, layer.index, layer.index + 1, generators=True)
        if short
        else imposed
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
            "--compare",
        )
    letters = network.layers[0].letters
    space = FunctionCoefficients(network.units[-1], letters, network.degree)
    return Comparison(
        space,
        _moves(network, symmetry, 0, network.depth),
        _moves(network, symmetry, 0, network.depth, generators=True),
        symmetry.permutations == "transpositions",
        single_weights=False,
    )


def _moves(
    network: NetworkSpec,
    symmetry: Symmetry,
    below: int,
    above: int,
    *,
    generators: bool = False,
) -> tuple[Move, ...]:
    """Return how each permutation moves the letters of one level and the units of another."""
    moves = []
    for action in symmetry.unit_actions(network, generators=generators):
        letters, outputs = action[below], action[above]
        if letters is None or outputs is None:
            raise UsageError(
                "expected the group to act on every hidden layer in layer scope", "--widths"
            )
        if network.bias:
            letters = (0, *(unit + 1 for unit in letters))
        moves.append((letters, outputs))
    return tuple(moves)
