"""Polynomials with other things in place of their variables, whatever has the operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from polyconstraints.algebra.element import (
    MAX_BITS,
    MAX_BYTES,
    Coefficient,
    Element,
    coefficient_bits,
    decimal_text,
    exact,
    flint,
    number,
    pairwise_sum,
)
from polyconstraints.errors import TooLargeError, UsageError

if TYPE_CHECKING:
    from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

    from polyconstraints.algebra.polynomial import Polynomial
    from polyconstraints.algebra.rings import PolynomialRing

#: What is left to FLINT without or with little checking: values and compositions up to this
#: degree, compositions up to this part of the allowed memory.
_DEGREE = 64
_BYTES = MAX_BYTES >> 6


def evaluate(polynomial: Polynomial, values: Mapping[str, Any] | Sequence[Any]) -> Any:
    """Return the value at a point; see :meth:`Polynomial.evaluate`."""
    point = _point(polynomial, values)
    if set(map(type, point)) <= {int}:
        return _at_numbers(polynomial, point)
    numbers, places = [exact(value) for value in point], polynomial._places()
    if all(numbers[at] is not None for at in places):
        # Values of variables that don't occur play no part, whatever they are.
        return _at_numbers(polynomial, [0 if value is None else value for value in numbers])
    rings = [point[at]._ring for at in places if isinstance(point[at], Element)]
    if rings and all(numbers[at] is not None or isinstance(point[at], Element) for at in places):
        one = rings[0].one
        return _composed(polynomial, places, [one * point[at] for at in places], rings[0])
    return _by_operators(polynomial, places, [point[at] for at in places])


def substitute(polynomial: Polynomial, values: Mapping[str, Any]) -> Polynomial:
    """Return the polynomial with variables replaced; see :meth:`Polynomial.substitute`."""
    ring = polynomial.ring
    images = {ring.index(name): ring.one * value for name, value in values.items()}
    places = polynomial._places()
    if not any(at in images for at in places):
        return polynomial
    chosen = [images[at] if at in images else ring._gen_at(at) for at in places]
    return _composed(polynomial, places, chosen, ring)


def without_idle_variables(polynomial: Polynomial) -> tuple[fmpq_mpoly, list[int]]:
    """Return a polynomial in the variables that occur, which FLINT is faster with; their places."""
    places = polynomial._places()
    if len(places) == len(polynomial.ring.names):
        return polynomial._flint, places
    context = flint().fmpq_mpoly_ctx.get(("x", len(places)), "lex")
    return moved(polynomial._flint, {at: new for new, at in enumerate(places)}, context), places


def moved(value: fmpq_mpoly, places: Mapping[int, int], context: fmpq_mpoly_ctx) -> fmpq_mpoly:
    """Return a value of FLINT's with the variables that occur at other places."""
    if value.context() is context:
        if all(at == new for at, new in places.items()):
            return value
        # Projecting to the same context takes no notice of the mapping.
        return value.compose(*(context.gen(places.get(at, 0)) for at in range(context.nvars())))
    mapping: dict[str | int, str | int] = dict(places)  # type: ignore[arg-type]
    result: fmpq_mpoly = value.project_to_context(context, mapping)
    return result


def _point(polynomial: Polynomial, values: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
    """Return one value for each variable, 0 for those that have none and don't occur."""
    ring = polynomial.ring
    if not isinstance(values, Mapping):
        point = list(values)
        if len(point) != len(ring.names):
            raise UsageError(f"expected {len(ring.names)} values for {ring}, got {len(point)}")
        return point
    for name in values:
        ring.index(name)
    if len(values) < len(ring.names):
        for name in polynomial.variables():
            if name not in values:
                raise UsageError(f"no value for the variable {name!r}")
    return [values.get(name, 0) for name in ring.names]


def _at_numbers(polynomial: Polynomial, point: Sequence[int | fmpq | None]) -> Coefficient:
    degrees = polynomial._degrees()
    # Up to a small degree the powers take little more memory than the numbers themselves.
    if sum(degrees) > _DEGREE:
        for value, degree in zip(point, degrees, strict=True):
            _check_power(value, degree)
    return number(polynomial._flint(*point))  # type: ignore[arg-type]


def _check_power(value: int | fmpq | None, exponent: int) -> None:
    """Refuse a power of a number that has too many digits; 0, 1 and -1 have none."""
    if value is None:
        return
    bits = value.bit_length() if isinstance(value, int) else int(value.height_bits())
    if bits > 1 and bits * exponent > MAX_BITS:
        raise TooLargeError(
            f"a {bits}-bit number to the power {decimal_text(exponent)} "
            f"would have more than 2^33 bits"
        )


def _composed(
    polynomial: Polynomial, places: Sequence[int], images: list[Polynomial], ring: PolynomialRing
) -> Polynomial:
    """Return the polynomial with the variables at `places`, all that occur, replaced."""
    if not _is_small(polynomial._flint, [image._flint for image in images]):
        result: Polynomial = ring.one * _by_operators(polynomial, places, images)
        return result
    value, _ = without_idle_variables(polynomial)
    composed = value.compose(*(image._flint for image in images), ctx=ring._context)
    return polynomial._make(ring, composed)


def _is_small(value: fmpq_mpoly, images: Sequence[fmpq_mpoly]) -> bool:
    """Return whether a composition needs little memory, whatever cancels in it."""
    degree = int(value.total_degree())
    if degree > _DEGREE:
        return False
    terms = len(value) * max(map(len, images)) ** degree
    bits = coefficient_bits(value) + degree * max(map(coefficient_bits, images))
    size: int = terms * (100 + bits // 8)
    return size <= _BYTES


def _by_operators(polynomial: Polynomial, places: Sequence[int], images: Sequence[Any]) -> Any:
    """Return the value by the operators of the images, which refuse what is too large."""
    tables: list[dict[int, Any]] = [{} for _ in places]
    summands = []
    for exponents, coefficient in polynomial.terms():
        product: Any = coefficient
        for at, image, table in zip(places, images, tables, strict=True):
            exponent = exponents[at]
            if exponent:
                if exponent not in table:
                    _check_power(exact(image), exponent)
                    table[exponent] = image**exponent
                product = product * table[exponent]
        summands.append(product)
    return pairwise_sum(summands)
