"""Tied networks in JAX: pure functions on pytrees.

Modules for flax.nnx and equinox are in :mod:`polyconstraints.backends.jax.nnx` and
:mod:`polyconstraints.backends.jax.equinox`, which import their library.

Examples
--------
>>> import jax
>>> import polyconstraints as pc
>>> from polyconstraints.backends.jax import symmetric
>>> network = symmetric(pc.NetworkSpec(5, depth=2, bias=True))
>>> theta = network.init(jax.random.key(0))
>>> [part.shape for part in theta]
[(7,), (7,)]
>>> jax.jit(network.apply)(theta, jax.numpy.ones(5)).shape
(5,)
"""

from polyconstraints.backends.jax.network import (
    Network,
    from_map,
    from_plan,
    from_rule,
    symmetric,
)

__all__ = ["Network", "from_map", "from_plan", "from_rule", "symmetric"]
