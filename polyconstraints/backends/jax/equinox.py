"""Tied networks as equinox modules."""

from __future__ import annotations

from typing import Any

import equinox as eqx
from jax import Array

from polyconstraints.backends.jax.network import Network

__all__ = ["TiedModule"]


class TiedModule(eqx.Module):
    """A tied network as a pytree of its parameters.

    Parameters
    ----------
    network : Network
    dtype : dtype, optional
        Of the parameters; JAX's default unless given.
    key : jax.random key
        What the parameters are drawn from.

    Examples
    --------
    >>> import jax
    >>> import polyconstraints as pc
    >>> from polyconstraints.backends.jax import symmetric
    >>> module = TiedModule(symmetric(pc.NetworkSpec(3)), key=jax.random.key(0))
    >>> [leaf.shape for leaf in jax.tree.leaves(module)]
    [(4,)]
    """

    theta: list[Array]
    network: Network = eqx.field(static=True)

    def __init__(self, network: Network, *, dtype: Any = None, key: Array) -> None:
        self.network = network
        self.theta = network.init(key, dtype)

    def __call__(self, x: Array) -> Array:
        """Return the outputs, of shape (…, outputs), for inputs of shape (…, inputs)."""
        return self.network.apply(self.theta, x)
