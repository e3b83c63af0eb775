"""Exact polynomials in many variables over the rational numbers, on FLINT."""

from polyconstraints.algebra.polynomial import Polynomial
from polyconstraints.algebra.rings import PolynomialRing, ring

__all__ = ["Polynomial", "PolynomialRing", "ring"]
