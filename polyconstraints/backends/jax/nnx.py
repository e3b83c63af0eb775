"""Tied networks as flax.nnx modules."""

from __future__ import annotations

from typing import Any

from flax import nnx
from jax import Array

from polyconstraints.backends.jax.network import Network

__all__ = ["TiedModule"]


class TiedModule(nnx.Module):
    """A tied network as a module whose parameters are ``nnx.Param``.

    Parameters
    ----------
    network : Network
    dtype : dtype, optional
        Of the parameters; JAX's default unless given.
    rngs : nnx.Rngs
        Where the parameters are drawn from; the stream ``params``.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.backends.jax import symmetric
    >>> module = TiedModule(symmetric(pc.NetworkSpec(3)), rngs=nnx.Rngs(0))
    >>> [part.shape for part in module.theta]
    [(4,)]
    """

    def __init__(self, network: Network, *, dtype: Any = None, rngs: nnx.Rngs) -> None:
        self.network = network
        self.theta = nnx.List([nnx.Param(part) for part in network.init(rngs.params(), dtype)])

    def __call__(self, x: Array) -> Array:
        """Return the outputs, of shape (…, outputs), for inputs of shape (…, inputs)."""
        return self.network.apply([part[...] for part in self.theta], x)
