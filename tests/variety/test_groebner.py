"""Dimensions and degrees of ideals, against counting monomials and known varieties."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyconstraints.algebra import Polynomial, ring
from polyconstraints.variety.equations.systems import dimension_and_degree, groebner_basis

R, a, b, c, d = ring("a, b, c, d")


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=5))
def test_hilbert_polynomial_counts_monomials(ideal: list[tuple[int, ...]]) -> None:
    """Beyond every generator's degree the complement grows as degree · t^(dim-1)/(dim-1)!."""
    dimension, degree = dimension_and_degree(ideal, 3)

    def outside(total: int) -> int:
        return sum(
            1
            for monomial in product(range(total + 1), repeat=3)
            if sum(monomial) == total
            and not any(all(x <= y for x, y in zip(m, monomial, strict=True)) for m in ideal)
        )

    counts = [outside(total) for total in range(10, 14)]
    if dimension <= 0:
        assert counts[-1] == 0
    elif dimension == 1:
        assert counts[-1] == degree
    elif dimension == 2:
        assert counts[-1] - counts[-2] == degree
    else:
        assert counts[-1] - 2 * counts[-2] + counts[-3] == degree


def test_whole_ring_and_no_monomials() -> None:
    assert dimension_and_degree([(0, 0)], 2) == (-1, 0)
    assert dimension_and_degree([], 2) == (2, 1)


@pytest.mark.parametrize(
    ("equations", "dimension", "degree"),
    [
        ([a * d - b * c], 3, 2),
        ([a * c - b**2, b * d - c**2, a * d - b * c], 2, 3),
        ([a * b, a * c], 2, 1),
        ([a, a - 1], -1, 0),
        ([a**2 - b, b - 1], 0, 2),
    ],
    ids=str,
)
@pytest.mark.parametrize("prime", [None, 32003])
def test_bases(equations: list[Polynomial], dimension: int, degree: int, prime: int | None) -> None:
    """A quadric, the twisted cubic's cone, a plane with a line, nothing, two points."""
    basis = groebner_basis(equations, 120, prime)
    assert basis is not None
    assert (basis.dimension, basis.degree) == (dimension, degree)


def test_generic_determinants() -> None:
    """2 × 3 matrices of rank 1: dimension 4, degree 3."""
    S, *m = ring("m1, m2, m3, m4, m5, m6")
    minors = [m[i] * m[3 + j] - m[j] * m[3 + i] for i in range(3) for j in range(i)]
    basis = groebner_basis(minors, 120)
    assert basis is not None
    assert (basis.dimension, basis.degree) == (4, comb(3, 2))
    assert len(S.names) == 6


def test_time_limit() -> None:
    equations = [a**7 + b**6 * c - d**5, b**7 - c**6 * d + a, c**7 - d**6 * a - b]
    assert groebner_basis(equations, 0.01) is None


def test_no_equations() -> None:
    basis = groebner_basis([R.zero], 10)
    assert basis is not None
    assert basis.dimension == 0
