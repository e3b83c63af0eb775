"""Choice of the multiplication kernel."""

from __future__ import annotations

from polyconstraints.algebra import sparse
from polyconstraints.algebra.packing import Terms

__all__ = ["multiply"]


def multiply(a: Terms, b: Terms, count: int, width: int) -> Terms:
    """Return the product of packed terms whose result fits `count` fields of `width` bits."""
    if a is b:
        return sparse.square(a)
    return sparse.multiply(a, b)
