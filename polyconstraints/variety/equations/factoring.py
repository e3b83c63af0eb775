"""Irreducible factors of polynomials, found by FLINT."""

from __future__ import annotations

from polyconstraints.algebra import Polynomial
from polyconstraints.errors import UsageError

__all__ = ["irreducible_factors", "normalised"]


def normalised(polynomial: Polynomial) -> Polynomial:
    """Return the polynomial with coprime integer coefficients, the leading one positive.

    Polynomials with the same zeros up to a constant factor become equal.

    Examples
    --------
    >>> from polyconstraints.algebra import ring
    >>> R, x, y = ring("x, y")
    >>> print(normalised(2 * y - 4 * x))
    2*x - y
    """
    if polynomial.is_zero:
        return polynomial
    primitive = polynomial.primitive()
    _, leading = primitive.leading_term()
    return -primitive if leading < 0 else primitive


def irreducible_factors(polynomial: Polynomial) -> list[tuple[Polynomial, int]]:
    """Return the irreducible factors over the rationals with their multiplicities.

    Constant factors are left out; factors are normalised and in a fixed order, the shortest
    first.

    Raises
    ------
    UsageError
        If the polynomial is zero.

    Examples
    --------
    >>> from polyconstraints.algebra import ring
    >>> R, x, y = ring("x, y")
    >>> [(str(factor), power) for factor, power in irreducible_factors(2 * x**3 - 2 * x * y**2)]
    [('x', 1), ('x + y', 1), ('x - y', 1)]
    """
    from flint import Ordering, fmpz_mpoly_ctx

    if polynomial.is_zero:
        raise UsageError("expected a polynomial other than zero")
    if polynomial.is_constant:
        return []
    ring = polynomial.ring
    names = polynomial.variables()
    places = [ring.index(name) for name in names]
    context = fmpz_mpoly_ctx.get(list(names), Ordering.lex)
    terms = {
        tuple(exponents[at] for at in places): int(value)
        for exponents, value in normalised(polynomial).terms()
    }
    found = []
    for factor, power in context.from_dict(terms).factor()[1]:
        lifted = []
        for exponents, value in factor.to_dict().items():
            row = [0] * len(ring.names)
            for at, exponent in zip(places, exponents, strict=True):
                row[at] = int(exponent)
            lifted.append((row, int(value)))
        found.append((normalised(ring.from_terms(lifted)), int(power)))
    return sorted(found, key=lambda pair: (len(pair[0]), str(pair[0])))
