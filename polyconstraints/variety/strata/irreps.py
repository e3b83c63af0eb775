"""Irreducible representations of S_n over the rationals, named by the partitions of n.

Matrices are in Young's seminormal form: a basis vector for each standard tableau; the
transposition of i and i+1 multiplies a tableau by 1/r, where r is the axial distance from i to
i+1, and mixes it with the tableau in which the two have changed places [1]_.

References
----------
.. [1] G. James, A. Kerber, The Representation Theory of the Symmetric Group,
   Addison-Wesley 1981, chapter 3.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.groups import Permutation

#: Parts in descending order.
Partition = tuple[int, ...]

#: For each entry of a standard tableau, from the first to the last, the row of its box.
Tableau = tuple[int, ...]

#: An object array of integers or fractions.
Rationals = NDArray[Any]


def partition_name(partition: Partition) -> str:
    """Return how an irreducible representation is written, as ``[2,1]``."""
    return f"[{','.join(map(str, partition))}]"


def irrep_dimension(partition: Partition) -> int:
    """Return the dimension of an irreducible representation, by the hook length formula."""
    columns = [sum(part > row for part in partition) for row in range(partition[0])]
    hooks = 1
    for row, part in enumerate(partition):
        for column in range(part):
            hooks *= part - column + columns[column] - row - 1
    return factorial(sum(partition)) // hooks


def partitions_up_to_dimension(n: int, bound: int) -> list[Partition]:
    """Return the partitions of ``n`` whose representations have at most a given dimension.

    In descending lexicographic order, so that the trivial representation comes first.

    By the branching rule an irreducible representation restricts to those of all diagrams
    with one box less, so that no small one grows from a large one: diagrams are grown box
    by box and dropped as soon as they are too large. For n beyond 6 and a bound below
    n(n-3)/2 no more than a few survive each step.

    Examples
    --------
    >>> partitions_up_to_dimension(5, 4)
    [(5,), (4, 1), (2, 1, 1, 1), (1, 1, 1, 1, 1)]
    """
    if bound < 1:
        return []
    level: set[Partition] = {(1,)}
    for _ in range(n - 1):
        grown = {larger for partition in level for larger in _with_one_box(partition)}
        level = {partition for partition in grown if irrep_dimension(partition) <= bound}
    return sorted(level, reverse=True)


def _with_one_box(partition: Partition) -> list[Partition]:
    larger: list[Partition] = [(*partition, 1)]
    for row, part in enumerate(partition):
        if row == 0 or partition[row - 1] > part:
            larger.append((*partition[:row], part + 1, *partition[row + 1 :]))
    return larger


# --- Matrices -----------------------------------------------------------------------------


def standard_tableaux(partition: Partition) -> list[Tableau]:
    """Return the standard tableaux of a shape, in a fixed order."""
    tableaux: list[tuple[Tableau, Partition]] = [((), (0,) * len(partition))]
    for _ in range(sum(partition)):
        tableaux = [
            ((*rows, row), (*filled[:row], filled[row] + 1, *filled[row + 1 :]))
            for rows, filled in tableaux
            for row in range(len(partition))
            if filled[row] < partition[row] and (row == 0 or filled[row - 1] > filled[row])
        ]
    return [rows for rows, _ in tableaux]


def irrep_matrix(partition: Partition, permutation: Permutation) -> Rationals:
    """Return how a permutation σ acts in an irreducible representation D: the matrix D(σ⁻¹).

    The matrices follow the convention of (σx)_i = x_σ(i), in which applying τ and then σ to x is
    applying τ∘σ.

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
    for swap in _adjacent_swaps(permutation):
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


def _adjacent_swaps(permutation: Permutation) -> list[int]:
    """Return positions i, for exchanges of i and i+1 that make the identity of a permutation.

    Each is composed with it, applied before what is there.
    """
    images = list(permutation)
    swaps = []
    for end in range(len(images) - 1, 0, -1):
        for at in range(end):
            if images[at] > images[at + 1]:
                images[at], images[at + 1] = images[at + 1], images[at]
                swaps.append(at)
    return swaps


def _content(tableau: Tableau, entry: int) -> int:
    """Return column minus row of an entry's box."""
    row = tableau[entry]
    return tableau[:entry].count(row) - row
