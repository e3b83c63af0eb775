"""Activations: polynomials in one variable that every hidden unit passes through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

from polyconstraints.errors import UsageError
from polyconstraints.spec import cut

#: Highest degree.
MAX_DEGREE = 1000

_NUMBER, _DIVISOR = r"\d{1,40}", r"0*[1-9]\d{0,39}"

#: A constant, or a power of z with a factor before it and a divisor behind it.
_TERM = re.compile(
    rf"(?P<sign>[+-]?)(?:(?P<constant>{_NUMBER}(?:/{_DIVISOR})?)"
    rf"|(?:(?P<factor>{_NUMBER}(?:/{_DIVISOR}(?=\*))?)\*?)?"
    rf"(?P<z>z)(?:(?:\^|\*\*)(?P<power>\d{{1,4}}))?(?:/(?P<divisor>{_DIVISOR}))?)"
)


@dataclass(frozen=True)
class Activation:
    """A polynomial a(z) with rational coefficients."""

    #: Those of 1, z, z², …, without zeros at the end; at least of degree 1.
    coefficients: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        values = [Fraction(value) for value in self.coefficients]
        while values and not values[-1]:
            values.pop()
        if len(values) < 2:
            raise UsageError("expected a polynomial in z that isn't constant", "activation")
        if len(values) - 1 > MAX_DEGREE:
            raise UsageError(
                f"expected a degree of at most {MAX_DEGREE}, got {len(values) - 1}", "activation"
            )
        object.__setattr__(self, "coefficients", tuple(values))

    @classmethod
    def parse(cls, text: str) -> Activation:
        """Return the activation that a text is, as ``z^2`` or ``z + z^3/6``."""
        compact = "".join(text.split())
        terms = re.findall(r"[+-]?[^+-]+", compact)
        refused = UsageError(
            f"expected a polynomial in z as z^2 or z + z^3/6, got {cut(text, 60)!r}", "activation"
        )
        if not terms or "".join(terms) != compact:
            raise refused
        found: dict[int, Fraction] = {}
        for term in terms:
            match = _TERM.fullmatch(term)
            if match is None or int(match["power"] or 0) > MAX_DEGREE:
                raise refused
            power = int(match["power"] or 1) if match["z"] else 0
            value = Fraction(match["constant"] or match["factor"] or 1)
            value /= int(match["sign"] + (match["divisor"] or "1"))
            found[power] = found.get(power, Fraction(0)) + value
        return cls(tuple(found.get(power, Fraction(0)) for power in range(max(found) + 1)))

    @classmethod
    def monomial(cls, exponent: int) -> Activation:
        """Return z^exponent."""
        return cls((Fraction(0),) * exponent + (Fraction(1),))

    @classmethod
    def of(cls, given: Activation | str | None) -> Activation | None:
        """Return an activation, a text that is one, or None, and z itself, for none."""
        found: object = cls.parse(given) if isinstance(given, str) else given
        if not isinstance(found, Activation | None):
            raise UsageError(
                f"expected a polynomial in z as 'z^2', got {found!r:.40}", "activation"
            )
        return None if found is None or str(found) == "z" else found

    @property
    def degree(self) -> int:
        """Degree in z."""
        return len(self.coefficients) - 1

    @property
    def slope(self) -> tuple[Fraction, ...]:
        """Coefficients of the derivative a'(z), the constant first."""
        return tuple(at * value for at, value in enumerate(self.coefficients))[1:]

    @property
    def denominator(self) -> int:
        """The least number that makes all coefficients integers."""
        return lcm(*(value.denominator for value in self.coefficients))

    def power(self, exponent: int) -> dict[int, int]:
        """Return the non-zero coefficients of (denominator · a(z))^exponent by powers of z."""
        return dict(_power(self.coefficients, exponent))

    def __str__(self) -> str:
        return sum_text(
            (value, [power_text("z", power)] if power else [])
            for power, value in enumerate(self.coefficients)
            if value
        )

    def __repr__(self) -> str:
        return f"Activation({str(self)!r})"


def power_text(name: str, exponent: int) -> str:
    """Return a positive power as text, ``z`` or ``z^2``."""
    return name if exponent == 1 else f"{name}^{exponent}"


def sum_text(terms: Iterable[tuple[int | Fraction, Sequence[str]]]) -> str:
    """Return a sum of products as text, denominators last.

    >>> sum_text([(Fraction(-2), ["n^3"]), (Fraction(1, 2), ["m", "n"]), (Fraction(1), [])])
    '-2*n^3 + m*n/2 + 1'
    """
    text = ""
    for value, factors in terms:
        number = str(abs(value.numerator))
        term = "*".join(factors if number == "1" and factors else [number, *factors])
        if value.denominator != 1:
            term += f"/{value.denominator}"
        minus = value < 0
        text += f" {'-' if minus else '+'} {term}" if text else f"-{term}" if minus else term
    return text or "0"


@lru_cache(maxsize=4096)
def _power(coefficients: Sequence[Fraction], exponent: int) -> tuple[tuple[int, int], ...]:
    if not any(coefficients[:-1]):
        # FLINT takes longer to load than many a command without it.
        return ((exponent * (len(coefficients) - 1), coefficients[-1].numerator ** exponent),)
    from flint import fmpz_poly

    scale = lcm(*(value.denominator for value in coefficients))
    whole = fmpz_poly([int(value * scale) for value in coefficients]) ** exponent
    return tuple((at, int(value)) for at, value in enumerate(whole.coeffs()) if value != 0)
