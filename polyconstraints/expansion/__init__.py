"""Specification → polynomials: networks expanded exactly."""

from polyconstraints.expansion.expansion import Expansion, Terms, expand
from polyconstraints.expansion.forward import evaluate, expand_by_operators
from polyconstraints.expansion.packed import KeyLayout, PackedTerms

__all__ = [
    "Expansion",
    "KeyLayout",
    "PackedTerms",
    "Terms",
    "evaluate",
    "expand",
    "expand_by_operators",
]
