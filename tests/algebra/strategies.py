"""Random polynomials for the tests of this folder."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from polyconstraints.algebra import Polynomial, PolynomialRing

RING = PolynomialRing(["x", "y", "z"])

# Both sides of the boundaries of fields (guard bits included), bytes and words.
BOUNDARY_EXPONENTS = [
    *(2**k + d for k in (7, 8, 15, 16, 31, 32, 63, 64, 127, 128) for d in (-1, 0)),
    10**30,
]
BOUNDARY_INTEGERS = [
    sign * (2**k + d)
    for k in (25, 26, 30, 31, 32, 52, 53, 61, 62, 63, 64, 126, 127, 128, 500)
    for d in (-1, 0, 1)
    for sign in (1, -1)
]

small_exponents = st.integers(0, 4)
exponents = st.one_of(small_exponents, st.sampled_from(BOUNDARY_EXPONENTS))
integers = st.one_of(st.integers(-5, 5), st.sampled_from(BOUNDARY_INTEGERS))
fractions = st.builds(Fraction, integers, st.integers(1, 12))
coefficients = st.one_of(integers, fractions)


def polynomials(
    ring: PolynomialRing = RING,
    exponents: st.SearchStrategy[int] = exponents,
    coefficients: st.SearchStrategy[int | Fraction] = coefficients,
    max_size: int = 6,
) -> st.SearchStrategy[Polynomial]:
    """Return a strategy of polynomials of a ring."""
    monomials = st.tuples(*[exponents for _ in ring.names])
    return st.lists(st.tuples(monomials, coefficients), max_size=max_size).map(ring.from_terms)


small_polynomials = polynomials(exponents=small_exponents)
