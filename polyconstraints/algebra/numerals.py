"""Exact rational numbers: what counts as a coefficient, and decimal text of any length."""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational

from polyconstraints.errors import TooLargeError

__all__ = [
    "Coefficient",
    "decimal_text",
    "decimal_value",
    "power_of_number",
    "quotient",
    "ratio",
]

Coefficient = int | Fraction
"""An exact coefficient: an `int` where the denominator is one, else a `Fraction`."""

# Python limits conversions between int and text to 4300 digits unless told otherwise
# (640 at the least; a process-wide setting that a library must not touch), so longer
# numbers are split.
_CHUNK = 600

_MAX_POWER_BITS = 1 << 33


def ratio(value: object) -> tuple[int, int] | None:
    """Return numerator and denominator of an exact rational number, else None.

    Integers and rationals of other libraries count if they are registered as
    `numbers.Rational` (NumPy's and SymPy's are); floating-point numbers never do.
    """
    if type(value) is int:
        return value, 1
    if isinstance(value, Rational):
        return int(value.numerator), int(value.denominator)
    return None


def quotient(numerator: int, denominator: int) -> Coefficient:
    """Return the exact quotient as an `int` if it is one, else as a `Fraction`."""
    if denominator == 1:
        return numerator
    value = Fraction(numerator, denominator)
    return value.numerator if value.denominator == 1 else value


def power_of_number(base: object, exponent: int) -> object:
    """Return ``base ** exponent``, refusing integers and fractions beyond a gigabyte.

    Raises
    ------
    TooLargeError
        If `base` is exact and the power would have more than 2**33 bits.
    """
    if isinstance(base, int | Fraction):
        bits = max(abs(base.numerator), base.denominator)
        if bits > 1 and bits.bit_length() * exponent > _MAX_POWER_BITS:
            raise TooLargeError(
                f"a {bits.bit_length()}-bit number to the power {decimal_text(exponent)} "
                f"would have more than 2^33 bits"
            )
    return base**exponent  # type: ignore[operator]


def decimal_text(value: int) -> str:
    """Return the decimal digits of an integer of any size.

    Examples
    --------
    >>> len(decimal_text(10**9999))
    10000
    """
    if value < 0:
        return "-" + decimal_text(-value)
    # 2**2000 has 603 digits, so the direct conversion is within the limit.
    if value.bit_length() <= 2000:
        return str(value)
    digits = value.bit_length() * 30103 // 200000
    high, low = divmod(value, 10**digits)
    return decimal_text(high) + decimal_text(low).zfill(digits)


def decimal_value(digits: str) -> int:
    """Return the integer that a string of decimal digits of any length denotes.

    Examples
    --------
    >>> decimal_value("1" + "0" * 9999) == 10**9999
    True
    """
    if len(digits) <= _CHUNK:
        return int(digits)
    low = len(digits) // 2
    power: int = 10**low
    return decimal_value(digits[:-low]) * power + decimal_value(digits[-low:])
