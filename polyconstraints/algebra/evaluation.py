"""Values of polynomials: numbers, or whatever else supports ``+``, ``*`` and ``**``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from polyconstraints.algebra.numerals import power_of_number
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.algebra.polynomial import Polynomial

__all__ = ["evaluate", "substitute"]


def evaluate(polynomial: Polynomial, values: Mapping[str, Any] | Sequence[Any]) -> Any:
    """Return the value at a point; see :meth:`Polynomial.evaluate`."""
    point = _point(polynomial, values)
    tables: list[dict[int, Any]] = [{} for _ in point]
    summands = []
    for exponents, coefficient in polynomial.terms():
        product: Any = coefficient
        for position, exponent in enumerate(exponents):
            if exponent:
                table = tables[position]
                power = table.get(exponent)
                if power is None:
                    power = table[exponent] = power_of_number(point[position], exponent)
                product = product * power
        summands.append(product)
    if not summands:
        return 0
    # Pairwise, so that growing summands (polynomials, say) aren't copied once per term.
    while len(summands) > 1:
        summands = [
            summands[at] + summands[at + 1] if at + 1 < len(summands) else summands[at]
            for at in range(0, len(summands), 2)
        ]
    return summands[0]


def _point(polynomial: Polynomial, values: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
    """Return one value for each variable; None stands for those that do not occur."""
    ring = polynomial.ring
    if not isinstance(values, Mapping):
        point = list(values)
        if len(point) != len(ring.names):
            raise UsageError(f"expected {len(ring.names)} values for {ring}, got {len(point)}")
        return point
    for name in values:
        ring.index(name)
    for name in polynomial.variables():
        if name not in values:
            raise UsageError(f"no value for the variable {name!r}")
    return [values.get(name) for name in ring.names]


def substitute(polynomial: Polynomial, values: Mapping[str, Any]) -> Polynomial:
    """Return the polynomial with variables replaced; see :meth:`Polynomial.substitute`."""
    ring = polynomial.ring
    one = ring.one
    images = {name: one * value for name, value in values.items() if ring.index(name) >= 0}
    occurring = set(polynomial.variables())
    names = [name for name in images if name in occurring]
    if not names:
        return polynomial
    tables: list[dict[int, Polynomial]] = [{} for _ in names]
    summands = []
    for exponents, cofactor in polynomial.collect(names).items():
        product = cofactor.to_ring(ring)
        for name, exponent, table in zip(names, exponents, tables, strict=True):
            if exponent:
                power = table.get(exponent)
                if power is None:
                    power = table[exponent] = images[name] ** exponent
                product = product * power
        summands.append(product)
    return ring.sum(summands)
