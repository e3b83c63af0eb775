"""How many equalities there are, and of which kind, from orbits instead of a list."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.orbits import Orbits
from polyconstraints.equalities.coefficients import FunctionCoefficients, TensorCoefficients
from polyconstraints.equalities.comparison import Comparison
from polyconstraints.spec.moves import TranspositionMoves

__all__ = ["EqualityCounts", "equality_counts"]


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


def equality_counts(orbits: Orbits) -> EqualityCounts:
    """Return how many equalities of each kind a comparison gives.

    Where all transpositions are imposed, coefficients of one orbit take part in equally many
    equalities, so that one of each orbit is asked; otherwise all are, a chunk at a time.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> result = pc.derive(pc.NetworkSpec(3), pc.Symmetry(pc.PermutationGroup.symmetric(3)))
    >>> equality_counts(result.orbits[0])
    EqualityCounts(total=48, simple=24, linear=0, polynomial=0)
    """
    comparison = orbits.comparison
    if comparison.conjugation_closed:
        representatives, sizes = np.unique(orbits.roots, return_counts=True)
        # Each equality is met from both of its sides.
        by_orbit = _degrees(comparison, representatives).astype(object) * sizes.astype(object)
        simple = int(by_orbit[comparison.is_single(representatives)].sum()) // 2
        distinct = int(by_orbit.sum()) // 2
    else:
        simple = distinct = 0
        for numbers in comparison.chunks():
            by_number = (comparison.later_neighbours(numbers) >= 0).sum(axis=1)
            simple += int(by_number[comparison.is_single(numbers)].sum())
            distinct += int(by_number.sum())
    rest = distinct - simple
    linear, polynomial = (rest, 0) if comparison.single_weights else (0, rest)
    return EqualityCounts(comparison.total, simple, linear, polynomial)


def _degrees(comparison: Comparison, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return with how many others each coefficient is equated."""
    space, moves = comparison.space, comparison.imposed
    if isinstance(moves, TranspositionMoves) and isinstance(
        space, TensorCoefficients | FunctionCoefficients
    ):
        return _transposition_degrees(space, numbers, moves)
    found = np.sort(comparison.neighbours(numbers), axis=1)
    new = found != numbers[:, None]
    new[:, 1:] &= found[:, 1:] != found[:, :-1]
    degrees: NDArray[np.int64] = new.sum(axis=1)
    return degrees


def _transposition_degrees(
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
        inside = {int(space.image(*moves.move(a, b), one)[0]) for a, b in combinations(touched, 2)}
        outside = len(touched) * (moves.components - len(touched))
        degrees.append(outside + len(inside - {int(one[0])}))
    return np.array(degrees, dtype=np.int64)[kind.reshape(-1)]
