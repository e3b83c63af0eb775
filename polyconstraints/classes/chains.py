"""Why two weights are one: shortest chains of equalities, each with its permutation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.orbits import Orbits
from polyconstraints.spec.groups import inverse

__all__ = ["Chains", "Link", "shortest_chains"]


@dataclass(frozen=True)
class Link:
    """One equality of a chain.

    Attributes
    ----------
    left, right : int
        Coefficients that are equal.
    move : int
        Which imposed permutation says so, by its place among them.
    inverted : bool
        Whether it is that permutation's inverse which moves `right` to `left`.
    """

    left: int
    right: int
    move: int
    inverted: bool


@dataclass(frozen=True, eq=False)
class Chains:
    """For each coefficient, the next one on a shortest way to the smallest of its orbit.

    Attributes
    ----------
    parent : array of shape (coefficients,)
        The next coefficient; -1 for the smallest of each orbit.
    move : array of shape (coefficients,)
        The place of the imposed permutation that moves the parent to the coefficient; -1
        where there is no parent.
    inverted : boolean array of shape (coefficients,)
        Whether it is that permutation's inverse which does.
    """

    parent: NDArray[np.int64]
    move: NDArray[np.int64]
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

    Parameters
    ----------
    orbits : Orbits

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
    numbers = np.arange(size, dtype=np.int64)
    frontier = numbers[orbits.roots == numbers]
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
