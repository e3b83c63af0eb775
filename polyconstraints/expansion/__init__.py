"""Specification → polynomials: networks expanded exactly."""

from polyconstraints.expansion.expansion import Expansion, Terms, expand

__all__ = ["Expansion", "Terms", "expand"]
