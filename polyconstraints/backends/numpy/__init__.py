"""Tied networks in NumPy alone: the reference that trains with no framework installed.

Parameters are in unit coordinates; :meth:`TiedNetwork.to_map` gives those of the map. The
gradients are those of back-propagation (section 2.8 of the paper), with both terms of the sum
that its equation (48) writes one of.

Examples
--------
>>> import numpy as np
>>> import polyconstraints as pc
>>> from polyconstraints.backends.numpy import Adam, TiedNetwork, fit
>>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(4))
>>> network = TiedNetwork.from_map(pc.derive(pc.NetworkSpec(4), symmetry).tying_map())
>>> x = np.random.default_rng(0).standard_normal((64, 4))
>>> target = x**2 - x.mean(axis=1, keepdims=True) ** 2
>>> theta, losses = fit(network, x, target, optimizer=Adam(0.1), steps=300, seed=0)
>>> losses[-1] < 1e-6
True
"""

from polyconstraints.backends.numpy.network import (
    SGD,
    Adam,
    EquivariantLayer,
    Optimizer,
    Tape,
    TiedNetwork,
    fit,
    mean_squared_error,
)

__all__ = [
    "SGD",
    "Adam",
    "EquivariantLayer",
    "Optimizer",
    "Tape",
    "TiedNetwork",
    "fit",
    "mean_squared_error",
]
