"""The operations of a recipe in JAX."""

# ruff: noqa: D102 - what each operation does is said in the protocol that they follow

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from polyconstraints.backends.plan.program import Operations

__all__ = ["OPERATIONS", "JaxOperations"]


class JaxOperations(Operations):
    """See :class:`polyconstraints.backends.plan.program.Operations`."""

    def constant(self, array: NDArray[Any], like: Array) -> Array:
        return jnp.asarray(array, like.dtype)

    def cast(self, x: Array, like: Array) -> Array:
        return jnp.asarray(x, like.dtype)

    def accepts(self, x: Array, parameter: Array) -> bool:
        return bool(x.dtype == parameter.dtype)

    def mean(self, x: Array, axes: tuple[int, ...]) -> Array:
        return jnp.mean(x, axes)

    def sum(self, x: Array, axes: tuple[int, ...]) -> Array:
        return jnp.sum(x, axes)

    def diagonal(self, x: Array, first: int, second: int) -> Array:
        part: Array = jnp.diagonal(x, 0, first, second)
        return part

    def permute(self, x: Array, order: tuple[int, ...]) -> Array:
        return x.transpose(order)

    def reshape(self, x: Array, shape: tuple[Any, ...]) -> Array:
        return x.reshape(shape)

    def broadcast(self, x: Array, shape: tuple[Any, ...]) -> Array:
        return jnp.broadcast_to(x, shape)

    def take(self, x: Array, index: NDArray[np.int64], axis: int) -> Array:
        return jnp.take(x, index.astype(np.int32), axis)

    def concatenate(self, *parts: Array) -> Array:
        return jnp.concatenate(parts, -1)

    def positive(self, x: Array) -> Array:
        return jnp.maximum(x, 1)

    def linear(self, x: Array, weight: Array) -> Array:
        return x @ weight.T

    def apply(self, matrix: NDArray[Any], x: Array) -> Array:
        return jnp.matmul(self.constant(matrix, x), x)

    def einsum(self, formula: str, *operands: Array) -> Array:
        return jnp.einsum(formula, *operands)


OPERATIONS = JaxOperations()
