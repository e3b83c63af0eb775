"""Text to polynomial, without evaluating anything and without recursion.

The parser keeps one frame for each open parenthesis, so nesting is limited by memory only.
Sums of monomials collect in a dictionary, so long texts take linear time. Operations whose
cost isn't bounded by the text's length (powers, products of sums) draw on a budget and are
refused when it is spent: text may come from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import gcd
from typing import TYPE_CHECKING, NamedTuple

from polyconstraints.algebra.element import predicted_power_terms
from polyconstraints.algebra.numerals import Coefficient, decimal_value, quotient
from polyconstraints.errors import InputError

if TYPE_CHECKING:
    from polyconstraints.algebra.polynomial import Polynomial
    from polyconstraints.algebra.ring import PolynomialRing

__all__ = ["NAME", "parse_polynomial"]

# Machine words that products and powers in one text may write altogether: under a second.
_WORK_BUDGET = 500_000
# Bits that powers of numbers in one text may add altogether.
_BITS_BUDGET = 1 << 24
# Exponents beyond this are refused: each makes every monomial of its polynomial as long.
_MAX_EXPONENT_BITS = 512

NAME = re.compile(r"[^\W\d]\w*")
_TOKEN = re.compile(rf"\s*(?:(?P<number>[0-9]+)|(?P<name>{NAME.pattern})|(?P<sign>\*\*|[-+*/^()]))")


class _Token(NamedTuple):
    kind: str  # "number", "name", "end", or the sign itself
    text: str
    position: int


class _Frame:
    """An open sum: the finished terms and the term being read."""

    __slots__ = ("denominator", "dividing", "factor", "monomials", "numerator", "powers", "sums")

    def __init__(self) -> None:
        self.monomials: dict[tuple[int, ...], Coefficient] = {}
        self.sums: list[Polynomial] = []
        self.start_term()

    def start_term(self) -> None:
        self.numerator = 1
        self.denominator = 1
        self.powers: dict[int, int] = {}
        self.factor: Polynomial | None = None
        self.dividing = False

    def finish_term(self, ring: PolynomialRing) -> None:
        """Move the term being read to the finished terms."""
        exponents = [0] * len(ring.names)
        for position, exponent in self.powers.items():
            exponents[position] = exponent
        key = tuple(exponents)
        value = quotient(self.numerator, self.denominator)
        if self.factor is None:
            self.monomials[key] = self.monomials.get(key, 0) + value
        else:
            self.sums.append(self.factor * ring.from_terms([(key, value)]))
        self.start_term()

    def total(self, ring: PolynomialRing) -> Polynomial:
        return ring.sum([ring.from_terms(self.monomials), *self.sums])


class _Parser:
    """One run over one text."""

    def __init__(self, ring: PolynomialRing, text: str) -> None:
        self.ring = ring
        self.tokens = _tokens(text)
        self.token = next(self.tokens)
        self.frames = [_Frame()]
        self.opened: list[int] = []
        self.work = _WORK_BUDGET
        self.bits = _BITS_BUDGET

    def run(self) -> Polynomial:
        """Return the polynomial, alternating between operands and operators."""
        while True:
            self.read_operand()
            if not self.read_operators():
                return self.frames[0].total(self.ring)

    def advance(self) -> _Token:
        token = self.token
        self.token = next(self.tokens)
        return token

    def read_operand(self) -> None:
        """Read signs, opening parentheses and one number or name with its power."""
        while self.token.kind in "+-(":
            token = self.advance()
            if token.kind == "-":
                self.frames[-1].numerator *= -1
            elif token.kind == "(":
                self.frames.append(_Frame())
                self.opened.append(token.position)
        token = self.advance()
        if token.kind == "number":
            self.apply_number(decimal_value(token.text), token.position)
        elif token.kind == "name":
            if token.text not in self.ring:
                raise _error(f"unknown name {token.text!r} in {self.ring}", token.position)
            self.apply_variable(self.ring.index(token.text), token.position)
        else:
            raise _unexpected(token, "a number, a variable or '('")

    def read_operators(self) -> bool:
        """Read closing parentheses and one operator; return False at the end of the text."""
        while True:
            token = self.advance()
            frame = self.frames[-1]
            if token.kind in ("*", "/"):
                frame.dividing = token.kind == "/"
                return True
            if token.kind not in ("+", "-", ")", "end"):
                raise _unexpected(token, "an operator")
            frame.finish_term(self.ring)
            if token.kind in ("+", "-"):
                frame.numerator = -1 if token.kind == "-" else 1
                return True
            if token.kind == "end":
                if self.opened:
                    raise _error("'(' is never closed", self.opened[-1])
                return False
            if not self.opened:
                raise _error("')' closes nothing", token.position)
            self.opened.pop()
            value = self.frames.pop().total(self.ring)
            self.apply_polynomial(value, token.position)

    def read_exponent(self) -> int:
        """Read ``^`` or ``**`` and an integer if they follow, else return 1."""
        if self.token.kind not in ("^", "**"):
            return 1
        self.advance()
        bracketed = self.token.kind == "("
        if bracketed:
            self.advance()
        token = self.advance()
        if token.kind != "number":
            raise _unexpected(token, "a nonnegative integer as exponent")
        exponent = decimal_value(token.text)
        if exponent.bit_length() > _MAX_EXPONENT_BITS:
            raise _error(f"exponent has more than {_MAX_EXPONENT_BITS} bits", token.position)
        if bracketed:
            closing = self.advance()
            if closing.kind != ")":
                raise _unexpected(closing, "')' after the exponent")
        if self.token.kind in ("^", "**"):
            raise _error("a power of a power needs parentheses", self.token.position)
        return exponent

    def apply_number(self, value: int, position: int) -> None:
        exponent = self.read_exponent()
        if exponent != 1 and value > 1:
            self.bits -= value.bit_length() * exponent
            if self.bits < 0:
                raise _error("power of a number is too large", position)
            value **= exponent
        elif not exponent:
            value = 1
        self.multiply_number(value, 1, position)

    def apply_variable(self, variable: int, position: int) -> None:
        exponent = self.read_exponent()
        frame = self.frames[-1]
        if frame.dividing:
            raise _error("division is by constants only", position)
        if exponent:
            frame.powers[variable] = frame.powers.get(variable, 0) + exponent

    def apply_polynomial(self, value: Polynomial, position: int) -> None:
        exponent = self.read_exponent()
        if exponent != 1:
            self.check_power(value, exponent, position)
            value = value**exponent
        frame = self.frames[-1]
        if value.is_constant:
            constant = value.constant_value()
            self.multiply_number(constant.numerator, constant.denominator, position)
            return
        if frame.dividing:
            raise _error("division is by constants only", position)
        if frame.factor is None:
            frame.factor = value
            return
        words = _cost(_bits(frame.factor) + _bits(value))
        self.spend(len(frame.factor) * len(value) * words, position)
        frame.factor = frame.factor * value

    def multiply_number(self, numerator: int, denominator: int, position: int) -> None:
        frame = self.frames[-1]
        if frame.dividing:
            frame.dividing = False
            if not numerator:
                raise _error("division by zero", position)
            numerator, denominator = denominator, numerator
        frame.numerator *= numerator
        if denominator != 1:
            # Division keeps the term's fraction in lowest terms with a positive denominator.
            frame.denominator *= denominator
            common = gcd(frame.numerator, frame.denominator)
            if frame.denominator < 0:
                common = -common
            frame.numerator //= common
            frame.denominator //= common

    def check_power(self, value: Polynomial, exponent: int, position: int) -> None:
        """Refuse a power of a parenthesis that is out of proportion."""
        degrees = [value.degree(name) for name in value.variables()]
        if (max(degrees, default=0) * exponent).bit_length() > _MAX_EXPONENT_BITS:
            raise _error(f"exponent has more than {_MAX_EXPONENT_BITS} bits", position)
        if len(value) <= 1 and _bits(value) <= 1:
            return  # A monomial without a coefficient costs nothing, whatever the power.
        terms = predicted_power_terms(tuple(degrees), len(value), exponent)
        self.spend(terms * _cost(exponent * _bits(value)), position)

    def spend(self, words: int, position: int) -> None:
        self.work -= words
        if self.work < 0:
            raise _error("expanding this text would take too many terms", position)


def _cost(bits: int) -> int:
    """Return what a coefficient costs: its words, and more where multiplying them counts."""
    words = bits // 64 + 1
    return words + words * words // 16


def _bits(value: Polynomial) -> int:
    """Return a bound on the bits of a coefficient of the polynomial."""
    return value.height().bit_length()


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            hint = "; write decimals as fractions" if text[at] == "." else ""
            raise _error(f"unexpected character {text[at]!r}{hint}", at)
        at = match.end()
        kind = str(match.lastgroup)
        word = match[kind]
        yield _Token(word if kind == "sign" else kind, word, match.start(kind))
    yield _Token("end", "", end)
    # The parser looks one token ahead of the end.
    yield _Token("end", "", end)


def _unexpected(token: _Token, expected: str) -> InputError:
    found = f"{token.text!r}" if token.text else "the end of the text"
    return _error(f"expected {expected}, found {found}", token.position)


def _error(message: str, position: int) -> InputError:
    return InputError(message, place=f"position {position + 1}")


def parse_polynomial(ring: PolynomialRing, text: str) -> Polynomial:
    """Return the polynomial of `ring` that `text` denotes.

    Raises
    ------
    InputError
        If the text is no polynomial of the ring or is refused for its expanded size.
    """
    if not isinstance(text, str):
        raise InputError(f"expected a text, got {type(text).__name__}")
    return _Parser(ring, text).run()
