"""Exact polynomials in many variables over the rational numbers, on FLINT.

FLINT is loaded when the first of these names is used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyconstraints.algebra.polynomial import Polynomial as Polynomial
    from polyconstraints.algebra.rings import PolynomialRing as PolynomialRing
    from polyconstraints.algebra.rings import ring as ring

__all__ = ["Polynomial", "PolynomialRing", "ring"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from polyconstraints.algebra.polynomial import Polynomial
    from polyconstraints.algebra.rings import PolynomialRing, ring

    globals().update(Polynomial=Polynomial, PolynomialRing=PolynomialRing, ring=ring)
    return globals()[name]
