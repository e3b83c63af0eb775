"""Equalities → classes: which weights are one weight, dependent, or free.

For one number of inputs: :mod:`~polyconstraints.classes.orbits` finds which coefficients are tied
together, :mod:`~polyconstraints.classes.reduction` solves what that says of the weights, and a
layer's answer is one :class:`~polyconstraints.classes.layer.LayerClasses`, which everything
further on reads.

For every number of inputs at once: two tuples of indices lie in one orbit of S_n when the same
of their indices are equal, so the orbits on tuples are set partitions of the positions, and a
partition into b blocks exists from n = b on. :mod:`~polyconstraints.classes.patterns` makes the
classes of a layer's weights of it, :mod:`~polyconstraints.classes.law` the numbers of them as
functions of n, and :mod:`~polyconstraints.classes.any_network` both of a whole network.
"""
