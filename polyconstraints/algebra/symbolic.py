"""Exchange with SymPy, which is imported only when it is asked for."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from polyconstraints.errors import InputError

if TYPE_CHECKING:
    from polyconstraints.algebra.polynomial import Polynomial
    from polyconstraints.algebra.ring import PolynomialRing

__all__ = ["polynomial_from_sympy", "polynomial_to_sympy"]


def polynomial_from_sympy(ring: PolynomialRing, expression: object) -> Polynomial:
    """Return the polynomial of `ring` that a SymPy expression denotes.

    Raises
    ------
    InputError
        If the expression is no polynomial in the ring's names over the rationals.
    """
    import sympy

    try:
        expression = sympy.sympify(expression, strict=True)
    except sympy.SympifyError:
        raise InputError(f"expected a SymPy expression, got {expression!r}") from None
    if isinstance(expression, sympy.Poly):
        expression = expression.as_expr()
    if not isinstance(expression, sympy.Expr):
        raise InputError(f"expected a SymPy expression, got {expression}")
    if expression.atoms(sympy.Float):
        raise InputError(f"floating-point coefficients are not exact: {expression}")
    symbols: dict[str, Any] = {}
    for symbol in expression.free_symbols:
        if symbol.name not in ring:
            raise InputError(f"unknown name {symbol.name!r} in {ring}")
        if symbol.name in symbols:
            raise InputError(f"two different symbols are called {symbol.name!r}")
        symbols[symbol.name] = symbol
    used = [name for name in ring.names if name in symbols]
    if not used:
        return _constant(ring, expression)
    try:
        poly = sympy.Poly(expression, *[symbols[name] for name in used], domain="QQ")
    except (sympy.PolynomialError, sympy.CoercionFailed):
        raise InputError(f"not a polynomial over the rationals: {expression}") from None
    positions = [ring.index(name) for name in used]
    terms = []
    for powers, value in poly.terms():
        exponents = [0] * len(ring.names)
        for position, power in zip(positions, powers, strict=True):
            exponents[position] = int(power)
        terms.append((exponents, Fraction(int(value.p), int(value.q))))
    return ring.from_terms(terms)


def _constant(ring: PolynomialRing, expression: Any) -> Polynomial:
    import sympy

    value = sympy.expand(expression)
    if not isinstance(value, sympy.Rational):
        raise InputError(f"not a rational number: {expression}")
    return ring.constant(Fraction(int(value.p), int(value.q)))


def polynomial_to_sympy(polynomial: Polynomial) -> Any:
    """Return the polynomial as an expanded SymPy expression."""
    import sympy

    symbols = [sympy.Symbol(name) for name in polynomial.ring.names]
    summands = []
    for exponents, value in polynomial.terms():
        factors = [s**e for s, e in zip(symbols, exponents, strict=True) if e]
        coefficient = sympy.Rational(value.numerator, value.denominator)
        summands.append(sympy.Mul(coefficient, *factors))
    return sympy.Add(*summands)
