"""Patterns of equal indices: the orbits of symmetric groups, for every n at once.

Two tuples of indices lie in one orbit of S_n when the same of their indices are equal, so
the orbits on tuples are set partitions of the positions, and a partition into b blocks
exists from n = b on. :mod:`~polyconstraints.spec.groups.points` extends this to products,
unions and wreath products of symmetric groups, to channels and to the homogenising unit;
:mod:`~polyconstraints.classes.patterns` makes the classes of a layer's weights of it, and
:mod:`~polyconstraints.classes.law` the numbers of them as functions of n.
"""
