"""Linear algebra modulo a prime, on NumPy arrays.

Ranks of integer matrices that depend on random choices are found modulo a large prime: a
rank modulo a prime never exceeds the true one, and falls short of it with a probability of
about (degree of the entries) / (the prime) only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["PRIMES", "matmul", "random_residues", "rank"]

Residues = NDArray[np.int64]

#: Primes just below 2^31: products of two residues fit a signed 64-bit integer.
PRIMES = (2147483647, 2147483629, 2147483587)

_HALF_BITS = 16
#: With halves of 16 bits, sums of so many products stay exact in float64.
_BLOCK = 1 << (53 - 31 - _HALF_BITS)


def random_residues(rng: np.random.Generator, prime: int, shape: tuple[int, ...]) -> Residues:
    """Return uniformly random residues."""
    return rng.integers(0, prime, size=shape, dtype=np.int64)


def matmul(a: Residues, b: Residues, prime: int) -> Residues:
    """Return the matrix product of residues, exactly.

    Broadcasts as ``numpy.matmul``. The left factor is split into halves of 16 bits so that
    the products can be summed by floating-point matrix multiplication without rounding.

    Examples
    --------
    >>> a = np.array([[2147483646, 2]]); b = np.array([[2147483646], [3]])
    >>> matmul(a, b, 2147483647).tolist()
    [[7]]
    """
    inner = a.shape[-1]
    high = (a >> _HALF_BITS).astype(np.float64)
    low = (a & ((1 << _HALF_BITS) - 1)).astype(np.float64)
    right = b.astype(np.float64)
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    total = np.zeros((*shape, a.shape[-2], b.shape[-1]), dtype=np.int64)
    for start in range(0, inner, _BLOCK):
        block = slice(start, start + _BLOCK)
        upper = (high[..., block] @ right[..., block, :]).astype(np.int64) % prime
        lower = (low[..., block] @ right[..., block, :]).astype(np.int64) % prime
        total += upper * (1 << _HALF_BITS) + lower
        total %= prime
    return total


def rank(matrix: Residues, prime: int) -> int:
    """Return the rank of a matrix of residues.

    Examples
    --------
    >>> rank(np.array([[1, 2], [2, 4]]), 2147483647)
    1
    """
    if 0 in matrix.shape:
        return 0
    from flint import nmod_mat

    rows, columns = matrix.shape
    return int(nmod_mat(rows, columns, matrix.ravel().tolist(), prime).rank())
