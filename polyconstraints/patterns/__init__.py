"""Patterns of equal indices: the orbits of symmetric groups, for every n at once.

Two tuples of indices lie in one orbit of S_n when the same of their indices are equal, so
the orbits on tuples are set partitions of the positions, and a partition into b blocks
exists from n = b on. :mod:`~polyconstraints.patterns.points` extends this to products,
unions and wreath products of symmetric groups, to channels and to the homogenising unit;
:mod:`~polyconstraints.patterns.layer` makes the classes of a layer's weights of it, and
:mod:`~polyconstraints.patterns.law` the numbers of them as functions of n.
"""

from polyconstraints.patterns.law import Law
from polyconstraints.patterns.layer import LayerPatterns, PatternClass
from polyconstraints.patterns.network import AnyNetwork
from polyconstraints.patterns.points import Address, Fixed, Letters, Pattern, Points
from polyconstraints.patterns.spaces import LevelSpaces, Sort, level_spaces

__all__ = [
    "Address",
    "AnyNetwork",
    "Fixed",
    "Law",
    "LayerPatterns",
    "Letters",
    "LevelSpaces",
    "Pattern",
    "PatternClass",
    "Points",
    "Sort",
    "level_spaces",
]
