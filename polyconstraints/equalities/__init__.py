"""Polynomials → equalities: coefficients compared under permutations.

:mod:`~polyconstraints.equalities.coefficients` numbers the coefficients of a polynomial map and
says where a permutation moves them, :mod:`~polyconstraints.equalities.comparison` compares them,
:mod:`~polyconstraints.equalities.polynomials` writes the equalities out, and
:mod:`~polyconstraints.equalities.burnside` predicts how many orbits there are.
"""
