"""Text to polynomial and back, without evaluating anything and without recursion.

One frame for each open parenthesis, so nesting is limited by memory only; terms are summed
pairwise, so long texts take little more than linear time; powers and products of sums, whose cost
the text's length doesn't bound, draw on a budget: text may come from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from polyconstraints.algebra.element import decimal_value, predicted_power_terms
from polyconstraints.errors import InputError, UsageError

if TYPE_CHECKING:
    from polyconstraints.algebra.polynomial import Polynomial
    from polyconstraints.algebra.rings import PolynomialRing

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


class _Sum:
    """An open sum: the finished terms and the term being read, a monomial times a factor."""

    __slots__ = ("dividing", "factor", "monomial", "one", "opened", "terms")

    def __init__(self, one: Polynomial, opened: int | None = None) -> None:
        self.one, self.opened = one, opened
        self.terms: list[Polynomial] = []
        self.monomial = self.factor = one
        self.dividing = False

    def finish(self) -> list[Polynomial]:
        """End the term being read, and return all terms."""
        self.terms.append(self.monomial * self.factor)
        self.monomial = self.factor = self.one
        return self.terms


class _Parser:
    """One run over one text."""

    def __init__(self, ring: PolynomialRing, text: str) -> None:
        self.ring = ring
        self.tokens = _tokens(text)
        self.sums = [_Sum(ring.one)]
        self.work = _WORK_BUDGET
        self.bits = _BITS_BUDGET

    def run(self) -> Polynomial:
        """Return the polynomial, alternating between operands and operators."""
        # What was read last, if it is an operand; where it stands; whether it has a power.
        operand, position, raised = None, 0, False
        for token in self.tokens:
            if operand is None:
                operand, position, raised = self.operand(token), token.position, False
                continue
            if token.kind in ("^", "**"):
                if raised:
                    raise _error("a power of a power needs parentheses", token.position)
                operand, raised = self.power(operand, self.exponent(), position), True
                continue
            self.apply(operand, position)
            operand = None
            last = self.sums[-1]
            if token.kind in ("*", "/"):
                last.dividing = token.kind == "/"
            elif token.kind in ("+", "-"):
                last.finish()
                last.monomial = last.one if token.kind == "+" else -last.one
            elif token.kind == ")" and last.opened is not None:
                self.sums.pop()
                operand, position, raised = self.ring.sum(last.finish()), token.position, False
            elif token.kind == ")":
                raise _error("')' closes nothing", token.position)
            elif token.kind != "end":
                raise _unexpected(token, "an operator")
            elif last.opened is not None:
                raise _error("'(' is never closed", last.opened)
        return self.ring.sum(last.finish())

    def operand(self, token: _Token) -> Polynomial | None:
        """Return a number or a variable; None for a sign or an opening parenthesis."""
        if token.kind == "number":
            return self.ring._constant(decimal_value(token.text))
        if token.kind == "name":
            if token.text not in self.ring:
                raise _error(f"unknown name {token.text!r} in {self.ring}", token.position)
            return self.ring.gen(token.text)
        if token.kind == "-":
            self.sums[-1].monomial = -self.sums[-1].monomial
        elif token.kind == "(":
            self.sums.append(_Sum(self.ring.one, token.position))
        elif token.kind != "+":
            raise _unexpected(token, "a number, a variable or '('")
        return None

    def exponent(self) -> int:
        """Read an exponent."""
        token = next(self.tokens)
        bracketed = token.kind == "("
        if bracketed:
            token = next(self.tokens)
        if token.kind != "number":
            raise _unexpected(token, "a nonnegative integer as exponent")
        exponent = decimal_value(token.text)
        if exponent.bit_length() > _MAX_EXPONENT_BITS:
            raise _error(f"exponent has more than {_MAX_EXPONENT_BITS} bits", token.position)
        if bracketed and (closing := next(self.tokens)).kind != ")":
            raise _unexpected(closing, "')' after the exponent")
        return exponent

    def power(self, value: Polynomial, exponent: int, position: int) -> Polynomial:
        """Return a power unless it is out of proportion; the variables themselves cost nothing."""
        if (value.degree() * exponent).bit_length() > _MAX_EXPONENT_BITS:
            raise _error(f"exponent has more than {_MAX_EXPONENT_BITS} bits", position)
        bits = exponent * _bits(value)
        if len(value) > 1:
            terms = predicted_power_terms(value._degrees(), len(value), exponent)
            self.spend(terms * _cost(bits), position)
        elif bits > exponent:
            self.bits -= bits
            if self.bits < 0:
                raise _error("power of a number is too large", position)
        return value**exponent

    def apply(self, value: Polynomial, position: int) -> None:
        """Multiply or divide the term being read by an operand."""
        last = self.sums[-1]
        if last.dividing:
            if not value.is_constant:
                raise _error("division is by constants only", position)
            if not value:
                raise _error("division by zero", position)
            last.monomial = last.monomial / value
            last.dividing = False
        elif len(value) <= 1:
            last.monomial = last.monomial * value
        else:
            words = _cost(_bits(last.factor) + _bits(value))
            self.spend(len(last.factor) * len(value) * words, position)
            last.factor = last.factor * value

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


def _unexpected(token: _Token, expected: str) -> InputError:
    found = f"{token.text!r}" if token.text else "the end of the text"
    return _error(f"expected {expected}, found {found}", token.position)


def _error(message: str, position: int) -> InputError:
    return InputError(message, place=f"position {position + 1}")


def parse_polynomial(ring: PolynomialRing, text: str) -> Polynomial:
    """Return the polynomial of a ring that a text denotes; an `InputError` says where it isn't."""
    if not isinstance(text, str):
        raise InputError(f"expected a text, got {type(text).__name__}")
    return _Parser(ring, text).run()


# -- polynomial to text -----------------------------------------------------------------------

Order = Literal["lex", "grlex", "grevlex"]

_ORDER_KEYS: dict[str, Callable[[tuple[int, ...]], tuple[int, ...]]] = {
    "lex": lambda exponents: exponents,
    "grlex": lambda exponents: (sum(exponents), *exponents),
    "grevlex": lambda exponents: (sum(exponents), *[-e for e in reversed(exponents)]),
}

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# A factor as FLINT writes it: a variable by its number, perhaps with a power, or a fraction.
_FACTOR = re.compile(r"(\*?)(?:x([0-9]+)(?:\^([0-9]+))?|([0-9]+)(?:/([0-9]+))?)")
_NAME_PARTS = re.compile(r"(?P<stem>.*?)(?P<digits>[0-9]*(?:_[0-9]+)*)")
_GREEK = re.compile(
    "alpha|beta|[gG]amma|[dD]elta|epsilon|zeta|eta|[tT]heta|iota|kappa|[lL]ambda|mu|nu|[xX]i|"
    "[pP]i|rho|[sS]igma|tau|[uU]psilon|[pP]hi|chi|[pP]si|[oO]mega"
)


def order_key(order: str) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    """Return a function from exponents to a tuple that sorts them in the named order.

    >>> order_key("grlex")((1, 2))
    (3, 1, 2)
    """
    try:
        return _ORDER_KEYS[order]
    except (KeyError, TypeError):
        raise UsageError(
            f"unknown monomial order {order!r}: expected one of {', '.join(_ORDER_KEYS)}"
        ) from None


def spelled(
    polynomial: Polynomial,
    order: Order,
    times: str,
    names: Callable[[str], str],
    raised: Callable[[str, str], str],
    fraction: str,
) -> str:
    """Return FLINT's text of a polynomial in another spelling, its terms in another order."""
    shown: dict[str, str] = {}

    def factor(match: re.Match[str]) -> str:
        joined, place, exponent, numerator, denominator = match.groups()
        sign = times if joined else ""
        if place is None:
            return sign + (fraction.format(numerator, denominator) if denominator else numerator)
        if place not in shown:
            shown[place] = names(polynomial.ring.names[int(place)])
        return sign + (raised(shown[place], exponent) if exponent else shown[place])

    key = order_key(order)
    text = polynomial._flint.str()
    if order != "lex" and polynomial:
        signed = re.split(r"(?:^| )([+-]) ?", text if text.startswith("-") else f"+ {text}")
        pairs = zip(polynomial._flint.monoms(), signed[1::2], signed[2::2], strict=True)
        ordered = sorted(pairs, key=lambda pair: key(tuple(map(int, pair[0]))), reverse=True)
        text = " ".join(f"{sign} {term}" for _, sign, term in ordered)
        text = text.removeprefix("+ ") if text.startswith("+") else "-" + text[2:]
    return _FACTOR.sub(factor, text)


def latex_name(name: str) -> str:
    """Return a variable's name as LaTeX.

    Trailing numbers become indices; of several after a letter that one follows directly the first
    is the upper one, as weights are written. Greek names become letters.
    """
    match = _NAME_PARTS.fullmatch(name)
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
