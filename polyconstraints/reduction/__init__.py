"""Equalities → classes: union-find, linear elimination, dimensions."""
