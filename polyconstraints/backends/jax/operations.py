"""The operations of a recipe in JAX."""

# ruff: noqa: D102 - what each operation does is said in the protocol that they follow

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from polyconstraints.backends.plan.program import Operations


class JaxOperations(Operations):
    """See :class:`polyconstraints.backends.plan.program.Operations`."""

    library = jnp

    def constant(self, array: NDArray[Any], like: Array) -> Array:
        return jnp.asarray(array, like.dtype)

    def cast(self, x: Array, like: Array) -> Array:
        return jnp.asarray(x, like.dtype)

    def take(self, x: Array, index: NDArray[np.int64], axis: int) -> Array:
        return jnp.take(x, index.astype(np.int32), axis)

    def permute(self, x: Array, order: tuple[int, ...]) -> Array:
        return x.transpose(order)

    def linear(self, x: Array, weight: Array) -> Array:
        return x @ weight.T


OPERATIONS = JaxOperations()
