"""Storage, equality and arithmetic operators of ring elements.

An element is ``terms / denominator``: packed integer terms over one positive denominator
in lowest terms, at the narrowest field width. That form is unique, and it lets every
kernel work on integers: rational coefficients cost one gcd per operation, not per term.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb, gcd, lcm, prod
from typing import TYPE_CHECKING, Any, Self

from polyconstraints.algebra import packing, sparse
from polyconstraints.algebra.numerals import decimal_text, quotient, ratio
from polyconstraints.algebra.packing import MIN_WIDTH, Terms
from polyconstraints.algebra.product import SMALL_WORK, multiply
from polyconstraints.errors import RingMismatchError, TooLargeError, UsageError

if TYPE_CHECKING:
    from polyconstraints.algebra.ring import PolynomialRing

__all__ = ["Element", "predicted_power_terms"]

# A power is refused when the predicted size of its result passes this many bytes.
MAX_POWER_BYTES = 1 << 34
# Small powers with no more products of terms than this are not worth the prediction.
_UNCHECKED_POWER_TERMS = 1_000_000
# With more terms than this, repeated squaring needs fewer operations than the expansion.
_MULTINOMIAL_TERMS = 8


class _Storage:
    """The parts of an element while it is being put together.

    Making an element is most of the time of a small product. Plain assignment to the slots
    of this class, then turning the object into an element of the same layout, whose
    ``__setattr__`` refuses, takes half the time of going around that method for each slot.
    """

    __slots__ = ("_denominator", "_hash", "_ring", "_span", "_terms", "_width")

    _ring: PolynomialRing
    _width: int
    _terms: Terms
    _denominator: int
    _span: int | None
    _hash: int | None


class Element(_Storage):
    """An immutable element of a polynomial ring: its storage and its operators."""

    __slots__ = ()

    @classmethod
    def _make(cls, ring: PolynomialRing, width: int, terms: Terms, denominator: int) -> Self:
        """Wrap parts that are already in canonical form; the caller gives up `terms`."""
        self = _Storage()
        self._ring = ring
        self._width = width
        self._terms = terms
        self._denominator = denominator
        self._span = None
        self._hash = None
        self.__class__ = cls
        return self  # type: ignore[return-value]

    @classmethod
    def _reduced(cls, ring: PolynomialRing, width: int, terms: Terms, denominator: int) -> Self:
        """Bring nonzero terms over a positive denominator into canonical form."""
        if denominator != 1:
            common = gcd(denominator, *terms.values())
            if common != 1:
                denominator //= common
                terms = {key: value // common for key, value in terms.items()}
        if width != MIN_WIDTH:
            count = len(ring.names)
            narrow = packing.narrowest_width(packing.span(terms), count, width)
            terms = packing.repack(terms, count, width, narrow)
            width = narrow
        return cls._make(ring, width, terms, denominator)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: elements are immutable."""
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        """Refuse: elements are immutable."""
        raise AttributeError(f"{type(self).__name__} is immutable: cannot delete {name!r}")

    def __copy__(self) -> Self:
        """Return the object itself; it cannot change."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the object itself; it cannot change."""
        return self

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[Any, ...]]:
        """Return how to rebuild the object when it is unpickled."""
        return type(self)._make, (self._ring, self._width, self._terms, self._denominator)

    # -- comparison -------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of terms."""
        return len(self._terms)

    def __bool__(self) -> bool:
        """Return False only for zero."""
        return bool(self._terms)

    def __eq__(self, other: object) -> bool:
        """Compare exactly; a constant equals its number and that constant in any ring."""
        if isinstance(other, Element):
            if self._terms != other._terms or self._denominator != other._denominator:
                return False
            if self._ring == other._ring:
                return self._width == other._width
            # Constants equal their number, so "==" is transitive only if they are equal
            # whatever their rings.
            return self._is_constant() and other._is_constant()
        parts = ratio(other)
        if parts is None:
            return NotImplemented
        return self._is_constant() and (self._terms.get(0, 0), self._denominator) == parts

    def __hash__(self) -> int:
        """Return a hash that agrees with "==": constants hash like their numbers."""
        if self._hash is None:
            if self._is_constant():
                value = hash(quotient(self._terms.get(0, 0), self._denominator))
            else:
                value = hash((self._ring, self._denominator, frozenset(self._terms.items())))
            object.__setattr__(self, "_hash", value)
            return value
        return self._hash

    def _is_constant(self) -> bool:
        return not self._terms or (len(self._terms) == 1 and 0 in self._terms)

    # -- sums -------------------------------------------------------------------------

    def __pos__(self) -> Self:
        """Return the element itself."""
        return self

    def __neg__(self) -> Self:
        """Return the element with every sign changed."""
        terms = {key: -value for key, value in self._terms.items()}
        return self._make(self._ring, self._width, terms, self._denominator)

    def __add__(self, other: object) -> Self:
        """Return the sum with an element of the same ring or an exact number."""
        operand = self._operand(other)
        if operand is None:
            return NotImplemented
        return self._combine(operand, sparse.add)

    __radd__ = __add__

    def __sub__(self, other: object) -> Self:
        """Return the difference to an element of the same ring or an exact number."""
        operand = self._operand(other)
        if operand is None:
            return NotImplemented
        return self._combine(operand, sparse.subtract)

    def __rsub__(self, other: object) -> Self:
        """Return an exact number minus this element."""
        operand = self._operand(other)
        if operand is None:
            return NotImplemented
        return operand._combine(self, sparse.subtract)

    def _combine(self, other: Self, kernel: Callable[[Terms, Terms], Terms]) -> Self:
        """Return the sum or difference that `kernel` computes, at a common form."""
        width, denominator = self._width, self._denominator
        a, b = self._terms, other._terms
        if width != other._width:
            width, a, b = self._widened(other, max(width, other._width))
        if denominator != other._denominator:
            denominator = lcm(denominator, other._denominator)
            a = sparse.scale(a, denominator // self._denominator)
            b = sparse.scale(b, denominator // other._denominator)
        terms = kernel(a, b)
        if width == MIN_WIDTH and denominator == 1:
            return self._make(self._ring, width, terms, 1)
        return self._reduced(self._ring, width, terms, denominator)

    # -- products ---------------------------------------------------------------------

    def __mul__(self, other: object) -> Self:
        """Return the product with an element of the same ring or an exact number."""
        if type(other) is not type(self):
            parts = ratio(other)
            return NotImplemented if parts is None else self._scaled(*parts)
        if other._ring is not self._ring:
            self._require_same_ring(other)
        if not self._terms or not other._terms:
            return self._make(self._ring, MIN_WIDTH, {}, 1)
        width, a, b = self._product_form(other)
        denominator = self._denominator * other._denominator
        if len(a) * len(b) < SMALL_WORK:
            terms = sparse.square(a) if a is b else sparse.multiply(a, b)
        else:
            terms = multiply(a, b, len(self._ring.names), width)
        if denominator == 1:
            return self._make(self._ring, width, terms, 1)
        # Degrees add up exactly over Q, so the width is canonical; the content is not.
        common = gcd(denominator, *terms.values())
        if common != 1:
            denominator //= common
            terms = {key: value // common for key, value in terms.items()}
        return self._make(self._ring, width, terms, denominator)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Self:
        """Return the exact quotient by a nonzero constant."""
        if isinstance(other, Element):
            if not other._is_constant():
                raise UsageError("a polynomial can be divided by a constant only")
            self._require_same_ring(other)
            other = quotient(other._terms.get(0, 0), other._denominator)
        parts = ratio(other)
        if parts is None:
            return NotImplemented
        numerator, denominator = parts
        if not numerator:
            raise ZeroDivisionError("division of a polynomial by zero")
        sign = -1 if numerator < 0 else 1
        return self._scaled(sign * denominator, sign * numerator)

    def __pow__(self, exponent: object) -> Self:
        """Return the power with a nonnegative integer."""
        if not isinstance(exponent, int):
            return NotImplemented
        if exponent < 0:
            raise UsageError(
                f"exponent of a polynomial must not be negative, got {decimal_text(exponent)}"
            )
        if exponent == 0:
            return self._make(self._ring, MIN_WIDTH, {0: 1}, 1)
        if exponent == 1 or not self._terms:
            return self
        if exponent == 2:
            return self * self
        if exponent > 20 or len(self._terms) ** exponent > _UNCHECKED_POWER_TERMS:
            self._check_power(exponent)
        if self._favours_multinomial(exponent):
            return self._multinomial_power(exponent)
        result = self
        for bit in bin(exponent)[3:]:
            result = result * result
            if bit == "1":
                result = result * self
        return result

    def _scaled(self, numerator: int, denominator: int) -> Self:
        """Return this element times a fraction with a positive denominator."""
        if not numerator or not self._terms:
            return self._make(self._ring, MIN_WIDTH, {}, 1)
        if denominator == 1 and self._denominator == 1:
            terms = sparse.scale(self._terms, numerator)
            return self._make(self._ring, self._width, terms, 1)
        common = gcd(numerator, self._denominator)
        numerator //= common
        denominator *= self._denominator // common
        terms = self._terms if numerator == 1 else sparse.scale(self._terms, numerator)
        return self._reduced(self._ring, self._width, terms, denominator)

    def _favours_multinomial(self, exponent: int) -> bool:
        """Return whether few products of terms coincide in the power of a few terms."""
        length = len(self._terms)
        if length <= 2:
            return True
        if length > _MULTINOMIAL_TERMS or exponent > 1000:
            return False
        multisets = comb(exponent + length - 1, length - 1)
        return multisets <= 2 * prod(exponent * degree + 1 for degree in self._degrees())

    def _multinomial_power(self, exponent: int) -> Self:
        """Return a power of a few terms, each coefficient computed directly."""
        width, terms = self._width, self._terms
        count = len(self._ring.names)
        degrees = packing.field_degrees(terms, count, width)
        needed = packing.width_for(exponent * max(degrees, default=0))
        terms = packing.repack(terms, count, width, needed)
        terms = sparse.multinomial_power(terms, exponent)
        # By Gauss's lemma a power of a reduced fraction is reduced.
        return self._make(self._ring, needed, terms, self._denominator**exponent)

    def _check_power(self, exponent: int) -> None:
        """Refuse a power whose result cannot be stored, before any work is done."""
        values = self._terms.values()
        bits = max(sum(map(abs, values)).bit_length() - 1, self._denominator.bit_length() - 1)
        terms = predicted_power_terms(self._degrees(), len(self._terms), exponent)
        size = terms * (exponent * bits // 8)
        if terms > 1:
            size += 100 * terms
        if size > MAX_POWER_BYTES:
            raise TooLargeError(
                f"the power {decimal_text(exponent)} of {len(self._terms)} terms may have "
                f"{decimal_text(terms)} terms, more than {MAX_POWER_BYTES >> 30} GiB of memory",
                terms=terms,
                size=size,
            )

    # -- common forms -----------------------------------------------------------------

    def _operand(self, other: object) -> Self | None:
        """Return the other operand as an element of this ring; None if it is foreign."""
        if type(other) is type(self):
            if other._ring is not self._ring:
                self._require_same_ring(other)
            return other
        parts = ratio(other)
        if parts is None:
            return None
        numerator, denominator = parts
        return self._make(self._ring, MIN_WIDTH, {0: numerator} if numerator else {}, denominator)

    def _require_same_ring(self, other: Element) -> None:
        if self._ring != other._ring:
            raise RingMismatchError(
                f"operands are in different rings: {self._ring} and {other._ring}"
            )

    def _widened(self, other: Self, width: int) -> tuple[int, Terms, Terms]:
        """Return both operands' terms with fields of `width` bits."""
        count = len(self._ring.names)
        a = packing.repack(self._terms, count, self._width, width)
        b = packing.repack(other._terms, count, other._width, width)
        return width, a, b

    def _product_form(self, other: Self) -> tuple[int, Terms, Terms]:
        """Return the width of the product and both operands' terms at that width."""
        width, a, b = self._width, self._terms, other._terms
        if width != other._width:
            width, a, b = self._widened(other, max(width, other._width))
            bits = packing.span(a) + packing.span(b)
        else:
            bits = self._bits() + other._bits()
        if bits & packing.guard_bits(len(self._ring._names), width):
            # The spans only bound the degrees; unpack to know whether fields overflow.
            degrees = map(sum, zip(self._degrees(), other._degrees(), strict=True))
            needed = packing.width_for(max(degrees))
            if needed != width:
                return self._widened(other, needed)
        return width, a, b

    def _bits(self) -> int:
        """Return the span of the terms (see :func:`packing.span`), computed once."""
        bits = self._span
        if bits is None:
            bits = packing.span(self._terms)
            object.__setattr__(self, "_span", bits)
        return bits

    def _degrees(self) -> tuple[int, ...]:
        return packing.field_degrees(self._terms, len(self._ring.names), self._width)


def predicted_power_terms(degrees: tuple[int, ...], length: int, exponent: int) -> int:
    """Return an upper bound on the number of terms of a power.

    Parameters
    ----------
    degrees : tuple of int
        Degrees of the base in each variable.
    length : int
        Number of terms of the base.
    exponent : int
        The power.

    Returns
    -------
    int
        The smaller of the number of multisets of terms and the number of monomials within
        the result's degrees; when the former is astronomical, the latter.

    Examples
    --------
    >>> predicted_power_terms((1, 1), 3, 4)
    15
    """
    box = prod(exponent * degree + 1 for degree in degrees)
    if length <= 1:
        return length
    if length == 2:
        return exponent + 1
    smaller = min(exponent, length - 1)
    # comb(e + n - 1, k) takes k multiplications: beyond some k it can only exceed the box
    # or the limit, so its value does not matter.
    return min(box, comb(exponent + length - 1, smaller)) if smaller <= 1000 else box
