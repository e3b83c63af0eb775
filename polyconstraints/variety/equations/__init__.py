"""Polynomial equalities → branches, dimensions and irreducible components."""

from polyconstraints.variety.equations.reduce import Reduction, reduce_equations

__all__ = ["Reduction", "reduce_equations"]
