"""Polynomials as immutable values: exact numbers, operators, and sizes refused beforehand.

FLINT's ``fmpq_mpoly`` does the arithmetic. It can be changed in place, so it never leaves this
package; it knows neither hashing nor pickling nor `fractions.Fraction`; and it ends the
process where memory does, so that results of unreasonable size are predicted and refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import comb, lcm, prod
from numbers import Rational
from operator import add
from typing import TYPE_CHECKING, Any, Self

from polyconstraints.errors import RingMismatchError, TooLargeError, UsageError, WrongTypeError
from polyconstraints.spec import whole

if TYPE_CHECKING:
    from types import ModuleType

    from flint import fmpq, fmpq_mpoly

    from polyconstraints.algebra.rings import PolynomialRing

Coefficient = int | Fraction
"""An exact coefficient: an `int` where the denominator is one, else a `Fraction`."""

#: Predicted bytes of a result, and bits of a number, beyond which it is refused.
MAX_BYTES = 1 << 34
MAX_BITS = 1 << 33

#: Products of terms up to which a result isn't worth the prediction.
_UNCHECKED_TERMS = 1_000_000

_set = object.__setattr__


@cache
def flint() -> ModuleType:
    """Return python-flint, which takes longer to load than many a command without polynomials."""
    import flint

    return flint


# -- exact numbers ----------------------------------------------------------------------------


def exact(value: object) -> int | fmpq | None:
    """Return an exact number (any `numbers.Rational`) as FLINT takes it; None if it is none."""
    if type(value) is int:
        return value
    if isinstance(value, Rational):
        return rational(int(value.numerator), int(value.denominator))
    return None


def rational(numerator: int, denominator: int) -> fmpq:
    """Return a fraction as a number of FLINT's."""
    value: fmpq = flint().fmpq(numerator, denominator)
    return value


def number(value: fmpq) -> Coefficient:
    """Return a number of FLINT's as Python's."""
    numerator, denominator = int(value.p), int(value.q)
    return numerator if denominator == 1 else Fraction(numerator, denominator)


def integer(value: object, what: str) -> int:
    """Return an integer of any library as Python's; others, and truth values, are a TypeError."""
    found = whole(value)
    if found is not None:
        return found
    raise WrongTypeError(f"{what} must be an integer, got {type(value).__name__} {value!r}")


def decimal_text(value: int) -> str:
    """Return the digits of an integer, also beyond the number that Python's `str` allows."""
    return str(flint().fmpz(value).str())


def decimal_value(digits: str) -> int:
    """Return the integer that digits denote, also more of them than Python's `int` takes."""
    return int(flint().fmpz(digits))


def pairwise_sum(summands: list[Any]) -> Any:
    """Return a sum, added up pairwise so that growing summands aren't copied once for each."""
    while len(summands) > 1:
        summands = [
            summands[at] + summands[at + 1] if at + 1 < len(summands) else summands[at]
            for at in range(0, len(summands), 2)
        ]
    return summands[0]


# -- sizes ------------------------------------------------------------------------------------


def check_size(what: str, terms: int, bits: int) -> None:
    """Refuse a result with up to so many terms and bits a coefficient, beyond 16 GiB of memory."""
    size = terms * (bits // 8 + 100 * (terms > 1))
    if size > MAX_BYTES:
        raise TooLargeError(
            f"{what} may have {decimal_text(terms)} terms, "
            f"more than {MAX_BYTES >> 30} GiB of memory",
            terms=terms,
            size=size,
        )


def coefficient_bits(value: fmpq_mpoly) -> int:
    """Return a bound for the bits that each power of a polynomial adds to coefficients."""
    numerators, denominator = numerators_over(value)
    return max(sum(map(abs, numerators)).bit_length(), denominator.bit_length()) - 1


def numerators_over(value: fmpq_mpoly) -> tuple[list[int], int]:
    """Return the coefficients as integers over their least common denominator."""
    parts = [(int(c.p), int(c.q)) for c in value.coeffs()]
    denominator = lcm(*(q for _, q in parts))
    return [p * (denominator // q) for p, q in parts], denominator


def predicted_power_terms(degrees: Sequence[int], length: int, exponent: int) -> int:
    """Return an upper bound on the number of terms of a power.

    The number of multisets of terms or of monomials within the degrees, whichever is smaller.
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


# -- elements ---------------------------------------------------------------------------------


class Immutable:
    """What can't change: no attribute can be set, and a copy is the object itself."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot delete {name!r}")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class Element(Immutable):
    """An immutable element of a polynomial ring: its storage and its operators."""

    __slots__ = ("_flint", "_found_degrees", "_hash", "_ring")

    _ring: PolynomialRing
    _flint: fmpq_mpoly
    _hash: int
    _found_degrees: tuple[int, ...]

    @classmethod
    def _make(cls, ring: PolynomialRing, value: fmpq_mpoly) -> Self:
        """Wrap a value of FLINT's that nobody else holds."""
        self = object.__new__(cls)
        _set(self, "_ring", ring)
        _set(self, "_flint", value)
        return self

    # -- comparison -------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._flint)

    def __bool__(self) -> bool:
        return bool(self._flint)

    @property
    def is_constant(self) -> bool:
        """Whether no variable occurs."""
        return len(self._flint) <= 1 and self._flint.is_constant()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Element):
            if self._ring == other._ring:
                return self._flint == other._flint
            # Constants equal their number, so "==" is transitive only if they are equal
            # whatever their rings.
            return (
                self.is_constant
                and other.is_constant
                and self._flint.leading_coefficient() == other._flint.leading_coefficient()
            )
        operand = exact(other)
        return NotImplemented if operand is None else self._flint == operand

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            if self.is_constant:
                value = hash(number(self._flint.leading_coefficient()))
            else:
                value = hash((self._ring, self._flint.str()))
            _set(self, "_hash", value)
            return value

    # -- sums -------------------------------------------------------------------------

    def __pos__(self) -> Self:
        return self

    def __neg__(self) -> Self:
        return self._make(self._ring, -self._flint)

    def __add__(self, other: object) -> Self:
        operand = self._operand(other)
        return NotImplemented if operand is None else self._make(self._ring, self._flint + operand)

    __radd__ = __add__

    def __sub__(self, other: object) -> Self:
        operand = self._operand(other)
        return NotImplemented if operand is None else self._make(self._ring, self._flint - operand)

    def __rsub__(self, other: object) -> Self:
        operand = exact(other)
        return NotImplemented if operand is None else self._make(self._ring, operand - self._flint)

    # -- products ---------------------------------------------------------------------

    def __mul__(self, other: object) -> Self:
        operand = self._operand(other)
        if operand is None:
            return NotImplemented
        if isinstance(other, Element) and len(self) * len(other) > _UNCHECKED_TERMS:
            self._check_product(other)
        return self._make(self._ring, self._flint * operand)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Self:
        operand = self._operand(other)
        if operand is None:
            return NotImplemented
        if isinstance(other, Element):
            if not other.is_constant:
                raise UsageError("a polynomial can be divided by a constant only")
            operand = other._flint.leading_coefficient()
        if not operand:
            raise ZeroDivisionError("division of a polynomial by zero")
        return self._make(self._ring, self._flint / operand)

    def __pow__(self, exponent: object) -> Self:
        if not hasattr(exponent, "__index__"):
            return NotImplemented
        power = integer(exponent, "exponent of a polynomial")
        if power < 0:
            raise UsageError(
                f"exponent of a polynomial must not be negative, got {decimal_text(power)}"
            )
        if power > 20 or len(self) ** power > _UNCHECKED_TERMS:
            self._check_power(power)
        return self._make(self._ring, self._flint**power)

    def _check_product(self, other: Element) -> None:
        degrees = map(add, self._degrees(), other._degrees())
        terms = min(prod(degree + 1 for degree in degrees), len(self) * len(other))
        if terms > _UNCHECKED_TERMS:
            bits = coefficient_bits(self._flint) + coefficient_bits(other._flint)
            check_size(f"the product of {len(self)} and {len(other)} terms", terms, bits)

    def _check_power(self, exponent: int) -> None:
        terms = predicted_power_terms(self._degrees(), len(self), exponent)
        bits = exponent * coefficient_bits(self._flint)
        what = f"the power {decimal_text(exponent)} of {len(self)} terms"
        check_size(what, terms, bits)

    # -- operands ---------------------------------------------------------------------

    def _operand(self, other: object) -> fmpq_mpoly | fmpq | int | None:
        """Return what FLINT combines with this element's value; None if it is foreign."""
        if isinstance(other, Element):
            if other._ring is not self._ring:
                self._require_same_ring(other)
            return other._flint
        return exact(other)

    def _require_same_ring(self, other: Element) -> None:
        if self._ring != other._ring:
            raise RingMismatchError(
                f"operands are in different rings: {self._ring} and {other._ring}"
            )

    def _degrees(self) -> tuple[int, ...]:
        """Return the degrees in all variables, -1 each for zero."""
        try:
            return self._found_degrees
        except AttributeError:
            degrees = tuple(map(int, self._flint.degrees()))
            _set(self, "_found_degrees", degrees)
            return degrees

    def _places(self) -> list[int]:
        """Return the places of the variables that occur."""
        return [at for at, degree in enumerate(self._degrees()) if degree > 0]
