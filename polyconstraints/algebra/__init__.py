"""Exact polynomials in many variables over the rational numbers."""

from polyconstraints.algebra.polynomial import Polynomial
from polyconstraints.algebra.ring import PolynomialRing, ring

__all__ = ["Polynomial", "PolynomialRing", "ring"]
