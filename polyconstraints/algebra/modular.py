"""Linear algebra on NumPy arrays, exactly: modulo a prime, or over the rationals without one.

Ranks of integer matrices that depend on random choices are found modulo a large prime: a
rank modulo a prime never exceeds the true one, and falls short of it with a probability of
about (degree of the entries) / (the prime) only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Residues = NDArray[np.int64]

#: Residues, or objects: integers and fractions.
Matrix = NDArray[Any]

#: Primes just below 2^31: products of two residues fit a signed 64-bit integer.
PRIMES = (2147483647, 2147483629, 2147483587)

#: Bits of a residue, and of the integers that float64 holds exactly.
_BITS = 31
_EXACT_BITS = 53


def random_residues(rng: np.random.Generator, prime: int, shape: tuple[int, ...]) -> Residues:
    """Return uniformly random residues."""
    return rng.integers(0, prime, size=shape, dtype=np.int64)


def matmul(a: Residues, b: Residues, prime: int) -> Residues:
    """Return the matrix product of residues, exactly; it broadcasts as ``numpy.matmul``.

    The left factor is split into parts of so few bits that float64 sums products without rounding.
    """
    # A sum of 2^s products of a part and a residue fits if part, residue and s bits do.
    spare = _EXACT_BITS - _BITS - max(0, a.shape[-1] - 1).bit_length()
    parts = max(2, -(-_BITS // spare))
    width = -(-_BITS // parts)
    right = b.astype(np.float64)
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    total: Residues = np.zeros((*shape, a.shape[-2], b.shape[-1]), dtype=np.int64)
    for shift in range((parts - 1) * width, -1, -width):
        part = (a >> shift) & ((1 << width) - 1)
        total = (total << width) + (part.astype(np.float64) @ right).astype(np.int64)
        total %= prime
    return total


def from_rationals(values: NDArray[Any], prime: int) -> Residues:
    """Return exact rationals (integers or fractions, any shape) as residues.

    A ValueError if the prime divides a denominator.
    """
    residues = [
        value.numerator * pow(value.denominator, -1, prime) % prime
        for value in values.ravel().tolist()
    ]
    return np.array(residues, dtype=np.int64).reshape(values.shape)


def rank(matrix: Matrix, prime: int | None = None) -> int:
    """Return the rank of a matrix."""
    return 0 if 0 in matrix.shape else int(_to_flint(matrix, prime).rank())


def row_echelon(matrix: Matrix, prime: int | None = None) -> tuple[Matrix, NDArray[np.intp]]:
    """Return the nonzero rows of the reduced row echelon form, and their pivot columns.

    >>> rows, pivots = row_echelon(np.array([[2, 4, 0], [1, 2, 3]]), 7)
    >>> rows.tolist(), pivots.tolist()
    ([[1, 2, 0], [0, 0, 1]], [0, 2])
    """
    matrix = matrix[(matrix != 0).any(axis=1)]
    if not len(matrix):
        return matrix, np.zeros(0, dtype=np.intp)
    reduced, count = _to_flint(matrix, prime).rref()
    result = _from_flint(reduced, count, prime)
    return result, np.argmax(result != 0, axis=1)


def nullspace(matrix: Matrix, prime: int | None = None) -> Matrix:
    """Return a basis of the vectors that a matrix sends to zero, one in each row.

    Each has a 1 where the others have 0, the first ones in earlier columns.

    >>> nullspace(np.array([[1, 2, 0]]), 7).tolist()
    [[5, 1, 0], [0, 0, 1]]
    """
    rows, pivots = row_echelon(matrix, prime)
    columns = matrix.shape[1]
    free = np.delete(np.arange(columns), pivots)
    basis = np.zeros((len(free), columns), dtype=matrix.dtype)
    basis[:, pivots] = -rows[:, free].T
    basis[np.arange(len(free)), free] = 1
    return basis if prime is None else basis % prime


def inverse(matrix: Matrix, prime: int | None = None) -> Matrix:
    """Return the inverse of a square matrix, a ZeroDivisionError if it has none."""
    return _from_flint(_to_flint(matrix, prime).inv(), len(matrix), prime)


def _to_flint(matrix: Matrix, prime: int | None) -> Any:
    from flint import fmpq, fmpq_mat, nmod_mat

    rows, columns = matrix.shape
    entries = matrix.ravel().tolist()
    if prime is not None:
        return nmod_mat(rows, columns, entries, prime)
    exact = [fmpq(int(value.numerator), int(value.denominator)) for value in entries]
    return fmpq_mat(rows, columns, exact)


def _from_flint(matrix: Any, rows: int, prime: int | None) -> Matrix:
    """Return the first rows of a FLINT matrix."""
    values = matrix.entries()[: rows * matrix.ncols()]
    if prime is None:
        values = [Fraction(int(value.p), int(value.q)) for value in values]
    dtype = object if prime is None else np.int64
    return np.array(values, dtype=dtype).reshape(rows, matrix.ncols())
