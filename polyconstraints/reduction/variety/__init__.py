"""Polynomial equalities → branches, dimensions and irreducible components."""

from polyconstraints.reduction.variety.reduce import Reduction, reduce_equations

__all__ = ["Reduction", "reduce_equations"]
