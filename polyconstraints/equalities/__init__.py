"""Polynomials → equalities: coefficients compared under permutations."""
