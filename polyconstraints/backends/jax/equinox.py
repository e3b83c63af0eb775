"""Layers and tied networks as equinox modules."""

from __future__ import annotations

from typing import Any

from jax import Array

from polyconstraints.backends.jax.network import EquivariantLayer, Network
from polyconstraints.errors import extra

with extra("equinox"):
    import equinox as eqx


class TiedModule(eqx.Module):
    """A layer or a tied network as a pytree of its parameters.

    Parameters
    ----------
    network : EquivariantLayer, EquivariantQuadratic or Network
    dtype : dtype, optional
        Of the parameters; JAX's default unless given.
    key : jax.random key
        What the parameters are drawn from.

    Examples
    --------
    >>> import jax
    >>> from polyconstraints.backends.jax import EquivariantLinear
    >>> module = TiedModule(EquivariantLinear("S", 2, 3), key=jax.random.key(0))
    >>> module(jax.numpy.ones((5, 7, 2))).shape
    (5, 7, 3)
    """

    theta: Any
    network: EquivariantLayer | Network = eqx.field(static=True)

    def __init__(
        self, network: EquivariantLayer | Network, *, dtype: Any = None, key: Array
    ) -> None:
        self.network = network
        self.theta = network.init(key, dtype)

    def __call__(self, x: Any, *mask: Any) -> Any:
        """Return the outputs; see ``apply`` of the layer or the network."""
        return self.network.apply(self.theta, x, *mask)
