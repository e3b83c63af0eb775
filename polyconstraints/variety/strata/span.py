"""What the group makes of a space of functions: the part that it preserves, and the rest.

Functions are given by their values at random points and at the points that the generators move
those to, so that all of this is linear algebra modulo a prime.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.variety.strata.irreducibles import Block, copies
from polyconstraints.variety.strata.representations import FREE

__all__ = ["Content", "content"]

#: How many copies of each irreducible representation a space of functions holds, by name, and,
#: as ``free``, how many dimensions beside them.
Content = dict[str, int]


def content(
    values: Sequence[Residues], irreducibles: Sequence[Block], prime: int, bias: bool
) -> Content:
    """Return what the largest space of functions carries that the group preserves.

    Parameters
    ----------
    values : sequence of arrays of shape (points, functions)
        Functions that span a space, at points x, and at σx for each generator σ of the group.
    irreducibles : sequence of Block
        The representations that are looked for.
    prime : int
    bias : bool
        Whether functions count modulo constants. (An affine action of a finite group has a fixed
        point, so that a shift makes it linear.)

    Returns
    -------
    dict
        Copies by name; what is left of the dimension of the space is ``free``: functions that the
        group does not preserve, or irreducibles that were not looked for.
    """
    if bias:
        values = [(block - block[:1]) % prime for block in values]
    _, chosen = modular.row_echelon(values[0], prime)
    actions = _preserved(*(block[:, chosen] for block in values), prime=prime)
    found: Content = {}
    size = left = len(actions[0]) if actions else len(chosen)
    for block in irreducibles:
        times = copies(actions, size, block, prime) if block.size <= left else 0
        if times:
            found[block.name] = times
            left -= times * block.size
    rest = len(chosen) - size + left
    return {**found, FREE: rest} if rest else found


def _preserved(here: Residues, *there: Residues, prime: int) -> list[Residues]:
    """Return how each generator acts on the largest subspace that all of them preserve.

    The functions f of a basis have the values ``here`` and, moved, ``there``, (points,
    functions); the matrices A are those with g(σx) = A g(x) for a basis g of the subspace.
    """
    _, points = modular.row_echelon(here.T, prime)
    inverse = modular.inverse(here[points], prime) if len(points) else here[:0]
    # Coordinates of the moved functions, in columns, and what is outside the space.
    moved = [modular.matmul(inverse, block[points], prime) for block in there]
    outside = [
        (block - modular.matmul(here, matrix, prime)) % prime
        for block, matrix in zip(there, moved, strict=True)
    ]
    basis = modular.nullspace(np.concatenate([here[:0], *outside]), prime)
    while len(basis):
        conditions = modular.nullspace(basis, prime)
        leaving = [
            modular.matmul(conditions, modular.matmul(matrix, basis.T, prime), prime)
            for matrix in moved
        ]
        stay = modular.nullspace(np.concatenate([basis.T[:0], *leaving]), prime)
        if len(stay) == len(basis):
            break
        basis = modular.matmul(stay, basis, prime)
    rows, pivots = modular.row_echelon(basis, prime)
    return [modular.matmul(rows, matrix.T, prime)[:, pivots] for matrix in moved]
