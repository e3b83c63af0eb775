"""Exact polynomials in many variables over the rational numbers, on FLINT.

Loaded when first used: much that needs residues needs no polynomial.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyconstraints.algebra.polynomial import Polynomial as Polynomial
    from polyconstraints.algebra.rings import PolynomialRing as PolynomialRing
    from polyconstraints.algebra.rings import ring as ring

__all__ = ["Polynomial", "PolynomialRing", "ring"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.rings"), name)
