"""Polynomials as text and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from polyconstraints.algebra.numerals import Coefficient, decimal_text

if TYPE_CHECKING:
    from polyconstraints.algebra.orders import Order
    from polyconstraints.algebra.polynomial import Polynomial

__all__ = ["latex_name", "polynomial_latex", "polynomial_text"]

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_NAME = re.compile(r"(?P<stem>.*?)(?P<digits>[0-9]*(?:_[0-9]+)*)")
_GREEK = re.compile(
    "alpha|beta|[gG]amma|[dD]elta|epsilon|zeta|eta|[tT]heta|iota|kappa|[lL]ambda|mu|nu|[xX]i|"
    "[pP]i|rho|[sS]igma|tau|[uU]psilon|[pP]hi|chi|[pP]si|[oO]mega"
)


def polynomial_text(
    polynomial: Polynomial,
    order: Order = "lex",
    power: str = "^",
    times: str = "*",
    names: Callable[[str], str] | None = None,
    ascii: bool = True,
) -> str:
    """Return the polynomial as text; see :meth:`Polynomial.to_text`."""
    shown = [names(name) if names else name for name in polynomial.ring.names]
    if not ascii:
        times = "·" if times == "*" else times

    def monomial(exponents: tuple[int, ...]) -> str:
        factors = []
        for name, exponent in zip(shown, exponents, strict=True):
            if exponent == 1:
                factors.append(name)
            elif exponent:
                digits = decimal_text(exponent)
                raised = power + digits if ascii else digits.translate(_SUPERSCRIPTS)
                factors.append(name + raised)
        return times.join(factors)

    def number(value: Coefficient) -> str:
        if value.denominator == 1:
            return decimal_text(value.numerator)
        return f"{decimal_text(value.numerator)}/{decimal_text(value.denominator)}"

    return _joined(polynomial, order, monomial, number, times)


def polynomial_latex(
    polynomial: Polynomial, order: Order = "lex", names: Callable[[str], str] | None = None
) -> str:
    """Return the polynomial as LaTeX; see :meth:`Polynomial.to_latex`."""
    spell = names or latex_name
    shown = [spell(name) for name in polynomial.ring.names]

    def monomial(exponents: tuple[int, ...]) -> str:
        factors = []
        for name, exponent in zip(shown, exponents, strict=True):
            if exponent == 1:
                factors.append(name)
            elif exponent:
                # A name with a superscript of its own can't take a second one.
                base = rf"\left({name}\right)" if "^" in name else name
                factors.append(f"{base}^{{{decimal_text(exponent)}}}")
        return " ".join(factors)

    def number(value: Coefficient) -> str:
        if value.denominator == 1:
            return decimal_text(value.numerator)
        return rf"\frac{{{decimal_text(value.numerator)}}}{{{decimal_text(value.denominator)}}}"

    return _joined(polynomial, order, monomial, number, " ")


def _joined(
    polynomial: Polynomial,
    order: Order,
    monomial: Callable[[tuple[int, ...]], str],
    number: Callable[[Coefficient], str],
    times: str,
) -> str:
    """Return the signed terms joined by plus and minus."""
    pieces: list[str] = []
    for exponents, value in polynomial.terms(order):
        if pieces:
            pieces.append(" - " if value < 0 else " + ")
        elif value < 0:
            pieces.append("-")
        size: Coefficient = -value if value < 0 else value
        product = monomial(exponents)
        if not product:
            pieces.append(number(size))
        elif size == 1:
            pieces.append(product)
        else:
            pieces.append(number(size) + times + product)
    return "".join(pieces) or "0"


def latex_name(name: str) -> str:
    r"""Return a variable's name as LaTeX.

    Trailing numbers become indices. Of several numbers after a letter that one follows
    directly, that first one is the upper index, as weights are written: layer above, position
    below. Greek names become letters.

    Examples
    --------
    >>> latex_name("x1"), latex_name("W0_1_1_0"), latex_name("x_1"), latex_name("beta2")
    ('x_{1}', 'W^{0}_{1,1,0}', 'x_{1}', '\\beta_{2}')
    """
    match = _NAME.fullmatch(name)
    if match is None or not match["stem"].strip("_"):
        return _stem(name)
    stem, upper, lower = match["stem"], *_indices(match["digits"])
    spelled = _stem(stem)
    if upper and lower:
        return f"{spelled}^{{{upper}}}_{{{lower}}}"
    index = upper or lower
    return f"{spelled}_{{{index}}}" if index else spelled


def _indices(digits: str) -> tuple[str, str]:
    first, *rest = digits.split("_")
    return first, ",".join(rest)


def _stem(stem: str) -> str:
    if _GREEK.fullmatch(stem):
        return "\\" + stem
    escaped = stem.replace("_", r"\_")
    return escaped if len(stem) == 1 else rf"\mathrm{{{escaped}}}"
