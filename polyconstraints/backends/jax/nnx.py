"""Layers and tied networks as flax.nnx modules."""

from __future__ import annotations

from typing import Any

import jax

from polyconstraints.backends.jax.network import EquivariantLayer, Network
from polyconstraints.errors import extra

with extra("flax"):
    from flax import nnx


class TiedModule(nnx.Module):
    """A layer or a tied network as a module whose parameters are ``nnx.Param``.

    Parameters
    ----------
    network : EquivariantLayer, EquivariantQuadratic or Network
    dtype : dtype, optional
        Of the parameters; JAX's default unless given.
    rngs : nnx.Rngs
        Where the parameters are drawn from; the stream ``params``.

    Examples
    --------
    >>> from polyconstraints.backends.jax import EquivariantLinear
    >>> module = TiedModule(EquivariantLinear("S", 2, 3), rngs=nnx.Rngs(0))
    >>> module(jax.numpy.ones((5, 7, 2))).shape
    (5, 7, 3)
    """

    def __init__(
        self, network: EquivariantLayer | Network, *, dtype: Any = None, rngs: nnx.Rngs
    ) -> None:
        self.network = network
        leaves, self.structure = jax.tree.flatten(network.init(rngs.params(), dtype))
        self.theta = nnx.List([nnx.Param(leaf) for leaf in leaves])

    def __call__(self, x: Any, *mask: Any) -> Any:
        """Return the outputs; see ``apply`` of the layer or the network."""
        theta = jax.tree.unflatten(self.structure, [leaf[...] for leaf in self.theta])
        return self.network.apply(theta, x, *mask)
