"""Exchange with SymPy, which is imported only when it is asked for."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

from polyconstraints.errors import InputError

if TYPE_CHECKING:
    from polyconstraints.algebra.polynomial import Polynomial
    from polyconstraints.algebra.rings import PolynomialRing

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
    names = set()
    for symbol in expression.free_symbols:
        if symbol.name not in ring:
            raise InputError(f"unknown name {symbol.name!r} in {ring}")
        if not symbol.is_commutative:
            raise InputError(f"the symbol {symbol.name!r} does not commute")
        if symbol.name in names:
            raise InputError(f"two different symbols are called {symbol.name!r}")
        names.add(symbol.name)
    try:
        return _convert(ring, expression)
    except _NotPolynomialError:
        pass
    try:
        # Expansion may cancel what is irrational or no polynomial in the parts.
        return _convert(ring, sympy.expand(expression))
    except _NotPolynomialError:
        raise InputError(f"not a polynomial over the rationals: {expression}") from None


class _NotPolynomialError(Exception):
    """Some part of an expression is no polynomial."""


def _convert(ring: PolynomialRing, expression: Any) -> Polynomial:
    """Return the polynomial of an expression tree.

    `sympy.Poly` would do the same, but it is dense: an exponent of 10**9 exhausts memory.
    """
    if expression.is_Symbol:
        return ring.gen(expression.name)
    if expression.is_Rational:
        return ring.constant(Fraction(int(expression.p), int(expression.q)))
    if expression.is_Add:
        return ring.sum([_convert(ring, part) for part in expression.args])
    if expression.is_Mul:
        return prod((_convert(ring, part) for part in expression.args), start=ring.one)
    if expression.is_Pow and expression.exp.is_Integer and expression.exp >= 0:
        return _convert(ring, expression.base) ** int(expression.exp)
    raise _NotPolynomialError


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
