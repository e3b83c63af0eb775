"""Equivariant layers and networks in JAX: pure functions on pytrees.

Modules for flax.nnx and equinox are in :mod:`polyconstraints.backends.jax.nnx` and
:mod:`polyconstraints.backends.jax.equinox`, which import their library.

Examples
--------
>>> import jax
>>> from polyconstraints.backends.jax import EquivariantLinear
>>> layer = EquivariantLinear("S20xS30", 2, 4)
>>> theta = layer.init(jax.random.key(0))
>>> jax.jit(layer.apply)(theta, jax.numpy.ones((5, 20, 30, 2))).shape
(5, 20, 30, 4)
"""

from polyconstraints.errors import extra

with extra("jax"):
    from polyconstraints.backends.jax.network import (
        EquivariantLayer,
        EquivariantLinear,
        EquivariantQuadratic,
        Network,
        from_map,
        from_rule,
        symmetric,
    )

__all__ = [
    "EquivariantLayer",
    "EquivariantLinear",
    "EquivariantQuadratic",
    "Network",
    "from_map",
    "from_rule",
    "symmetric",
]
