"""Irreducible representations of S_n over the rationals: Young's seminormal form.

A basis vector for each standard tableau; the transposition of i and i+1 multiplies a tableau
by 1/r, where r is the axial distance from i to i+1, and mixes it with the tableau in which
the two have changed places [1]_.

References
----------
.. [1] G. James, A. Kerber, The Representation Theory of the Symmetric Group,
   Addison-Wesley 1981, chapter 3.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.groups import Permutation
from polyconstraints.variety.strata.partitions import Partition

__all__ = ["Rationals", "adjacent_swaps", "irrep_matrix", "standard_tableaux"]

#: An object array of integers or fractions.
Rationals = NDArray[Any]

#: For each entry, from the first to the last, the row of its box.
Tableau = tuple[int, ...]


def standard_tableaux(partition: Partition) -> list[Tableau]:
    """Return the standard tableaux of a shape, in a fixed order.

    Examples
    --------
    >>> standard_tableaux((2, 1))
    [(0, 0, 1), (0, 1, 0)]
    """
    tableaux: list[tuple[Tableau, Partition]] = [((), (0,) * len(partition))]
    for _ in range(sum(partition)):
        tableaux = [
            ((*rows, row), (*filled[:row], filled[row] + 1, *filled[row + 1 :]))
            for rows, filled in tableaux
            for row in range(len(partition))
            if filled[row] < partition[row] and (row == 0 or filled[row - 1] > filled[row])
        ]
    return [rows for rows, _ in tableaux]


def adjacent_swaps(permutation: Permutation) -> list[int]:
    """Return adjacent transpositions whose product is a permutation.

    Returns
    -------
    list of int
        Positions i, for the exchange of i and i+1: composing ``permutation`` with them
        (each applied before what is there) gives the identity.

    Examples
    --------
    >>> adjacent_swaps((1, 2, 0))
    [1, 0]
    """
    images = list(permutation)
    swaps = []
    moved = True
    while moved:
        moved = False
        for at in range(len(images) - 1):
            if images[at] > images[at + 1]:
                images[at], images[at + 1] = images[at + 1], images[at]
                swaps.append(at)
                moved = True
    return swaps


def irrep_matrix(partition: Partition, permutation: Permutation) -> Rationals:
    """Return how a permutation acts in an irreducible representation.

    Parameters
    ----------
    partition : tuple of int
    permutation : tuple of int
        σ as the images of 0 … n-1.

    Returns
    -------
    object array of shape (dimension, dimension)
        D(σ⁻¹) for the representation D: the matrices follow the convention of
        (σx)_i = x_σ(i), in which applying τ and then σ to x is applying τ∘σ.

    Examples
    --------
    >>> irrep_matrix((1, 1, 1), (1, 0, 2)).tolist()
    [[Fraction(-1, 1)]]
    >>> print(irrep_matrix((2, 1), (1, 2, 0)))
    [[Fraction(-1, 2) Fraction(-3, 4)]
     [Fraction(1, 1) Fraction(-1, 2)]]
    """
    generators = _adjacent_matrices(partition)
    result = np.zeros((len(standard_tableaux(partition)),) * 2, dtype=object)
    np.fill_diagonal(result, 1)
    for swap in adjacent_swaps(permutation):
        result = result @ generators[swap]
    return result


@lru_cache(maxsize=64)
def _adjacent_matrices(partition: Partition) -> tuple[Rationals, ...]:
    """Return the matrices of the transpositions of neighbours."""
    tableaux = standard_tableaux(partition)
    place = {tableau: at for at, tableau in enumerate(tableaux)}
    matrices = []
    for low in range(sum(partition) - 1):
        matrix = np.zeros((len(tableaux),) * 2, dtype=object)
        for column, tableau in enumerate(tableaux):
            distance = _content(tableau, low + 1) - _content(tableau, low)
            matrix[column, column] = Fraction(1, distance)
            swapped = (*tableau[:low], tableau[low + 1], tableau[low], *tableau[low + 2 :])
            if swapped in place:
                # One of the two off-diagonal entries is 1; their product makes s² = 1.
                factor = 1 - Fraction(1, distance**2) if place[swapped] < column else Fraction(1)
                matrix[place[swapped], column] = factor
        matrices.append(matrix)
    return tuple(matrices)


def _content(tableau: Tableau, entry: int) -> int:
    """Return column minus row of an entry's box."""
    row = tableau[entry]
    return tableau[:entry].count(row) - row
