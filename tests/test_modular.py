"""Linear algebra modulo a prime against Python integers and SymPy."""

from __future__ import annotations

import numpy as np
import sympy
from hypothesis import given
from hypothesis import strategies as st

from polyconstraints.algebra import modular

PRIME = modular.PRIMES[0]


@given(
    st.integers(0, 5), st.integers(0, 200), st.integers(0, 5), st.integers(0, 2**32), st.booleans()
)
def test_products_are_exact(rows: int, inner: int, columns: int, seed: int, extreme: bool) -> None:
    rng = np.random.default_rng(seed)
    if extreme:
        a = np.full((rows, inner), PRIME - 1)
        b = np.full((inner, columns), PRIME - 1)
    else:
        a = modular.random_residues(rng, PRIME, (rows, inner))
        b = modular.random_residues(rng, PRIME, (inner, columns))
    exact = (a.astype(object) @ b.astype(object)) % PRIME if inner else np.zeros((rows, columns))
    assert modular.matmul(a, b, PRIME).tolist() == exact.astype(np.int64).tolist()


def test_blocks_of_large_products_are_exact() -> None:
    inner = 3000
    a = np.full((1, inner), PRIME - 1)
    b = np.full((inner, 1), PRIME - 1)
    assert modular.matmul(a, b, PRIME).item() == inner * (PRIME - 1) ** 2 % PRIME


@given(st.lists(st.lists(st.integers(-4, 4), min_size=4, max_size=4), min_size=1, max_size=5))
def test_rank(rows: list[list[int]]) -> None:
    # Minors of such a matrix are far below the prime, so that the ranks agree.
    assert modular.rank(np.array(rows) % PRIME, PRIME) == sympy.Matrix(rows).rank()


def test_rank_of_nothing() -> None:
    assert modular.rank(np.zeros((0, 3), dtype=np.int64), PRIME) == 0


@given(st.lists(st.lists(st.integers(-4, 4), min_size=4, max_size=4), max_size=5))
def test_rationals_are_eliminated_as_sympy_does(rows: list[list[int]]) -> None:
    matrix = np.array(rows, dtype=object).reshape(-1, 4)
    given = sympy.Matrix(len(rows), 4, matrix.ravel().tolist())
    reduced, pivots = modular.row_echelon(matrix)
    expected, places = given.rref()
    assert (reduced.tolist(), tuple(pivots)) == (expected.tolist()[: len(places)], places)
    basis = modular.nullspace(matrix)
    assert (matrix @ basis.T == 0).all()
    assert len(basis) == 4 - modular.rank(matrix) == 4 - given.rank()
    square = matrix[:4] if modular.rank(matrix[:4]) == 4 else np.eye(4, dtype=int).astype(object)
    assert (square @ modular.inverse(square) == np.eye(4, dtype=int)).all()
