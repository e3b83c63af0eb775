"""Dictionary kernels: sums, products and powers of packed terms with integer coefficients.

The kernels know neither rings nor denominators. Callers guarantee that both operands have
fields of one width and that the result fits that width; no kernel modifies its arguments.
"""

from __future__ import annotations

from polyconstraints.algebra.packing import Terms

__all__ = ["add", "multinomial_power", "multiply", "scale", "square", "subtract"]


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
    if len(a) <= 1:
        for row, factor in a.items():
            return {row + key: factor * value for key, value in b.items()}
        return {}
    rows = iter(a.items())
    columns = list(b.items())
    row, factor = next(rows)
    # Monomials of one row are distinct, so the first row needs no look-ups.
    result = {row + key: factor * value for key, value in columns}
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


def multinomial_power(a: Terms, exponent: int) -> Terms:
    """Return a positive power of a few terms by the multinomial theorem.

    Terms join one by one: with all powers of the terms so far, the binomial theorem gives
    the powers that include the next term. If no products coincide, that takes about two
    operations for each term of the result.
    """
    *others, (key, value) = a.items()
    if not others:
        return {key * exponent: value**exponent}
    powers: list[Terms] = [{0: 1}]
    factor = 1
    for index in range(1, exponent + 1):
        factor *= value
        powers.append({key * index: factor})
    last = others.pop()
    for term in others:
        powers = [_binomial_sum(term, powers, index) for index in range(exponent + 1)]
    return _without_zeros(_binomial_sum(last, powers, exponent))


def _binomial_sum(term: tuple[int, int], powers: list[Terms], exponent: int) -> Terms:
    """Return a power of a term plus a sum whose powers are given."""
    step, base = term
    result: Terms = {}
    get = result.get
    shift, factor, binomial = 0, 1, 1
    for index in range(exponent + 1):
        scale = binomial * factor
        for key, value in powers[exponent - index].items():
            key += shift
            result[key] = get(key, 0) + scale * value
        # The running products give each row's next binomial and power from the last.
        binomial = binomial * (exponent - index) // (index + 1)
        factor *= base
        shift += step
    return result


def _without_zeros(terms: Terms) -> Terms:
    # The scan for zeros runs in C; most products have none and need no second dictionary.
    if 0 in terms.values():
        return {key: value for key, value in terms.items() if value}
    return terms
