"""Specification → polynomials: networks expanded exactly."""

from polyconstraints.expansion.expansion import Expansion, Terms, expand
from polyconstraints.expansion.forward import evaluate, expand_by_operators

__all__ = ["Expansion", "Terms", "evaluate", "expand", "expand_by_operators"]
