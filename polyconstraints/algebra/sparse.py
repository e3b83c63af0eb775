"""Dictionary kernels: sums, products and powers of packed terms with integer coefficients.

The kernels know neither rings nor denominators. Callers guarantee that both operands have
fields of one width and that the result fits that width; no kernel modifies its arguments.
"""

from __future__ import annotations

from polyconstraints.algebra.packing import Terms

__all__ = ["add", "binomial_power", "multiply", "scale", "square", "subtract"]


def add(a: Terms, b: Terms) -> Terms:
    """Return the sum, in time linear in the shorter operand after one copy."""
    if len(a) < len(b):
        a, b = b, a
    result = a.copy()
    get = result.get
    for key, value in b.items():
        total = get(key, 0) + value
        if total:
            result[key] = total
        else:
            del result[key]
    return result


def subtract(a: Terms, b: Terms) -> Terms:
    """Return the difference, in time linear in the lengths."""
    result = a.copy()
    get = result.get
    for key, value in b.items():
        total = get(key, 0) - value
        if total:
            result[key] = total
        else:
            del result[key]
    return result


def scale(a: Terms, factor: int) -> Terms:
    """Return the terms times a nonzero integer."""
    return {key: factor * value for key, value in a.items()}


def multiply(a: Terms, b: Terms) -> Terms:
    """Return the product by ``len(a) * len(b)`` dictionary updates."""
    if len(a) > len(b):
        a, b = b, a
    if not a:
        return {}
    rows = iter(a.items())
    columns = list(b.items())
    row, factor = next(rows)
    # Monomials of one row are distinct, so the first row needs no look-ups.
    result = {row + key: factor * value for key, value in columns}
    if len(a) == 1:
        return result
    get = result.get
    for row, factor in rows:
        for key, value in columns:
            key += row
            result[key] = get(key, 0) + factor * value
    return _without_zeros(result)


def square(a: Terms) -> Terms:
    """Return the square by about half the updates that :func:`multiply` would need."""
    result = {key + key: value * value for key, value in a.items()}
    get = result.get
    columns = list(a.items())
    while columns:
        row, factor = columns.pop()
        factor += factor
        for key, value in columns:
            key += row
            result[key] = get(key, 0) + factor * value
    return _without_zeros(result)


def binomial_power(a: Terms, exponent: int) -> Terms:
    """Return a power of two terms by the binomial theorem: one pass, no cancellation.

    Running products give every coefficient from its neighbour, so the cost is
    ``exponent`` multiplications and divisions of integers of the result's size.
    """
    (first, p), (second, q) = a.items()
    p_powers = [1]
    for _ in range(exponent):
        p_powers.append(p_powers[-1] * p)
    result = {}
    binomial, q_power = 1, 1
    for index in range(exponent + 1):
        key = first * (exponent - index) + second * index
        result[key] = binomial * p_powers[exponent - index] * q_power
        binomial = binomial * (exponent - index) // (index + 1)
        q_power *= q
    return result


def _without_zeros(terms: Terms) -> Terms:
    # The scan for zeros runs in C; most products have none and need no second dictionary.
    if 0 in terms.values():
        return {key: value for key, value in terms.items() if value}
    return terms
