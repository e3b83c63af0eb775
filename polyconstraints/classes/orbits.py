"""Equalities → orbits: which coefficients are tied together, by how many equalities, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from itertools import combinations
from operator import add

import numpy as np
from numpy.typing import NDArray

from polyconstraints.equalities.coefficients import (
    FunctionCoefficients,
    MonomialCoefficients,
    TensorCoefficients,
)
from polyconstraints.equalities.comparison import Comparison
from polyconstraints.spec.groups import inverse
from polyconstraints.spec.groups.permutations import orbits, stabilised
from polyconstraints.spec.symmetry import Move, TranspositionMoves

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class EqualityCounts:
    """How many equalities there are: all that don't hold by themselves, and by kind.

    By kind (between single weights, linear but not simple, the rest) without repeats up to the
    order of the two sides.
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
        sums = map(add, astuple(self), astuple(other))
        return EqualityCounts(*sums)


@dataclass(frozen=True, eq=False)
class Orbits:
    """The coefficients of one map, sorted into sets that its equalities tie together.

    Found when first asked for.
    """

    comparison: Comparison

    @cached_property
    def roots(self) -> Numbers:
        """For each coefficient, the smallest one that the equalities tie it to."""
        space, generators = self.comparison.space, self.comparison.generators
        if isinstance(space, MonomialCoefficients):
            return _coefficient_orbits(space, generators)
        return orbits(space.size, (space.image(*move) for move in generators))

    @property
    def count(self) -> int:
        """Number of orbits."""
        return int(np.count_nonzero(self.roots == np.arange(len(self.roots))))

    @cached_property
    def counts(self) -> EqualityCounts:
        """How many equalities there are of each kind, without listing them.

        Where all transpositions are imposed, coefficients of one orbit take part in equally
        many equalities, so that one of each orbit is asked; otherwise all are, a chunk at a
        time.
        """
        comparison = self.comparison
        if comparison.conjugation_closed:
            representatives, sizes = np.unique(self.roots, return_counts=True)
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


def _degrees(comparison: Comparison, numbers: Numbers) -> Numbers:
    """Return with how many others each coefficient is equated."""
    space, moves = comparison.space, comparison.imposed
    quick = TensorCoefficients | FunctionCoefficients
    if isinstance(moves, TranspositionMoves) and isinstance(space, quick):
        return _transposition_degrees(space, numbers, moves)
    pairs = zip(numbers.tolist(), comparison.neighbours(numbers).tolist(), strict=True)
    return np.array([len({*found} - {own}) for own, found in pairs], dtype=np.int64)


def _transposition_degrees(
    space: MonomialCoefficients, numbers: Numbers, moves: TranspositionMoves
) -> Numbers:
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


def _coefficient_orbits(
    space: MonomialCoefficients,
    generators: Sequence[Move],
) -> Numbers:
    """Return, for each coefficient (k, μ), the smallest one of its orbit.

    The orbits on pairs (k, μ) with k in the orbit of an output b correspond to the orbits of
    the stabiliser of b on the monomials μ alone, which Schreier's lemma generates [1]_: union-find
    is needed on the monomials of one output, and the other outputs are copies of it, moved by
    an element that takes b to them. Time O(size) for the copies and O(monomials) for each of
    the Schreier generators, of which there are at most outputs · generators.

    References
    ----------
    .. [1] D. F. Holt, B. Eick, E. A. O'Brien, *Handbook of Computational Group Theory*,
       2005, section 4.1.
    """
    monomials = space.monomials
    one = replace(space, outputs=1)
    moves = [(np.asarray(letters, dtype=np.intp), outputs) for letters, outputs in generators]
    roots = np.empty((space.outputs, monomials), dtype=np.int64)
    done = np.zeros(space.outputs, dtype=bool)
    for base in range(space.outputs):
        if done[base]:
            continue
        inverses, stabiliser = stabilised(base, space.letters, moves)
        smallest = orbits(monomials, (one.image(letters, (0,)) for letters in stabiliser))
        smallest += base * monomials
        for output, letters in inverses.items():
            done[output] = True
            # Element t takes base to output, so (output, μ) comes from (base, t⁻¹μ).
            roots[output] = smallest if output == base else smallest[one.image(letters, (0,))]
    return roots.reshape(-1)


# -- why two weights are one ----------------------------------------------------------------------


@dataclass(frozen=True)
class Link:
    """Two coefficients that are equal, in a chain."""

    left: int
    right: int
    #: Which imposed permutation says so, by its place among them.
    move: int
    #: Whether it is that permutation's inverse which moves `right` to `left`.
    inverted: bool


@dataclass(frozen=True, eq=False)
class Chains:
    """For each coefficient, the next one on a shortest way to the smallest of its orbit."""

    #: Of shape (coefficients,): the next coefficient; -1 for the smallest of each orbit.
    parent: Numbers
    #: Of shape (coefficients,): the place of the imposed permutation that moves the parent to the
    #: coefficient; -1 where there is no parent.
    move: Numbers
    #: Of shape (coefficients,): whether it is that permutation's inverse which does.
    inverted: NDArray[np.bool_]

    def chain(self, number: int) -> list[Link]:
        """Return the equalities that lead from a coefficient to the smallest of its orbit."""
        links = []
        while (above := int(self.parent[number])) >= 0:
            links.append(Link(number, above, int(self.move[number]), bool(self.inverted[number])))
            number = above
        return links


def shortest_chains(orbits: Orbits) -> Chains:
    """Return shortest chains of equalities between all coefficients that are tied.

    Notes
    -----
    Breadth first from the smallest coefficient of each orbit, all orbits at once, with the
    permutations in their order: O(coefficients · permutations).

    Examples
    --------
    >>> import polyconstraints as pc
    >>> result = pc.derive(pc.NetworkSpec(3), pc.Symmetry(pc.PermutationGroup.symmetric(3)))
    >>> chains = shortest_chains(result.orbits[0])
    >>> [(link.left, link.right, link.move) for link in chains.chain(17)]
    [(17, 0, 1)]
    """
    comparison = orbits.comparison
    size = comparison.space.size
    parent = np.full(size, -1, dtype=np.int64)
    move = np.full(size, -1, dtype=np.int64)
    inverted = np.zeros(size, dtype=bool)
    frontier = np.flatnonzero(orbits.roots == np.arange(size))
    reached = np.zeros(size, dtype=bool)
    reached[frontier] = True
    steps = [
        (index, way, backwards)
        for index, (letters, outputs) in enumerate(comparison.imposed)
        for way, backwards in (
            ((letters, outputs), False),
            ((inverse(letters), inverse(outputs)), True),
        )
        if not backwards or way != (letters, outputs)
    ]
    while len(frontier):
        found = []
        for index, (letters, outputs), backwards in steps:
            image = comparison.space.image(letters, outputs, frontier)
            new, first = np.unique(image, return_index=True)
            fresh = ~reached[new]
            new, first = new[fresh], first[fresh]
            reached[new] = True
            parent[new] = frontier[first]
            move[new] = index
            inverted[new] = backwards
            found.append(new)
        frontier = np.concatenate(found) if found else frontier[:0]
    return Chains(parent, move, inverted)
