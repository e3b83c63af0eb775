"""Dimension and degree of an ideal from the leading monomials of a Gröbner basis."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["dimension_and_degree"]

Exponents = tuple[int, ...]


def dimension_and_degree(leading: Sequence[Exponents], variables: int) -> tuple[int, int]:
    """Return the dimension and the degree of the ideal that some monomials generate.

    Parameters
    ----------
    leading : sequence of tuples of int
        Leading monomials of a Gröbner basis for an order by degree; then the figures are
        those of the basis' ideal.
    variables : int

    Returns
    -------
    dimension, degree : int
        -1 and 0 for the whole ring. The degree is that of the top-dimensional part, with
        multiplicities.

    Notes
    -----
    The Hilbert series is K(t)/(1-t)^n with the polynomial K found by deletion: K of
    (m_1, …, m_r) is K of (m_1, …, m_{r-1}) less t^deg(m_r) times K of the quotient by m_r.
    Exponential in the number of monomials at worst; meant for small bases.

    Examples
    --------
    >>> dimension_and_degree([(2, 0, 0), (1, 1, 0)], 3)
    (2, 1)
    """
    minimal = _minimal(leading)
    if any(not any(monomial) for monomial in minimal):
        return -1, 0
    numerator = _numerator(minimal)
    # Divide out (1 - t) as often as possible: t = 1 is a zero of so high an order.
    codimension = 0
    while sum(numerator) == 0:
        partial, quotient = 0, []
        for value in numerator[:-1]:
            partial += value
            quotient.append(partial)
        numerator = quotient
        codimension += 1
    return variables - codimension, sum(numerator)


def _minimal(monomials: Sequence[Exponents]) -> list[Exponents]:
    """Return the monomials that no other one divides."""
    kept: list[Exponents] = []
    for monomial in sorted(set(monomials), key=lambda m: (sum(m), m)):
        if not any(_divides(other, monomial) for other in kept):
            kept.append(monomial)
    return kept


def _divides(one: Exponents, other: Exponents) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


def _numerator(monomials: list[Exponents]) -> list[int]:
    """Return the coefficients of K, the constant one first."""
    if not monomials:
        return [1]
    *rest, last = monomials
    first = _numerator(rest)
    quotient = _minimal(
        [tuple(max(0, a - b) for a, b in zip(other, last, strict=True)) for other in rest]
    )
    # A quotient by a multiple of another monomial is the whole ring.
    second = [] if any(not any(m) for m in quotient) else _numerator(quotient)
    shift = sum(last)
    result = [0] * max(len(first), len(second) + shift)
    for at, value in enumerate(first):
        result[at] += value
    for at, value in enumerate(second):
        result[at + shift] -= value
    return result
