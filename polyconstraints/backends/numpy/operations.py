"""The operations of a recipe in NumPy, of which autograd knows the derivatives."""

# ruff: noqa: D102 - what each operation does is said in the protocol that they follow

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import autograd.numpy
import numpy as np
from autograd.extend import defvjp, defvjp_argnum, primitive
from numpy.typing import NDArray

from polyconstraints.backends.plan.program import Operations

Array = NDArray[Any]


class NumpyOperations(Operations):
    """See :class:`polyconstraints.backends.plan.program.Operations`."""

    library = autograd.numpy

    def constant(self, array: Array, like: Any) -> Array:
        return array.astype(like.dtype)

    def cast(self, x: Any, like: Any) -> Array:
        return np.asarray(x, like.dtype)

    def accepts(self, x: Any, parameter: Any) -> bool:
        return True

    def take(self, x: Any, index: NDArray[np.int64], axis: int) -> Any:
        return x[(*(slice(None),) * (axis % len(x.shape)), index)]

    def permute(self, x: Any, order: tuple[int, ...]) -> Any:
        return x.transpose(order)

    def mean(self, x: Any, axes: tuple[int, ...]) -> Any:
        # Autograd's own makes gradients of single precision double.
        return x.sum(axes) * (1 / prod(x.shape[at] for at in axes))

    def diagonal(self, x: Any, first: int, second: int) -> Any:
        others = [at for at in range(len(x.shape)) if at not in (first, second)]
        # The only axes that autograd has a derivative for.
        return x.transpose((*others, first, second)).diagonal(0, -1, -2)

    def linear(self, x: Any, weight: Any) -> Any:
        return _linear(x, weight)

    def einsum(self, *operands: Any) -> Any:
        return _einsum(operands[-1], *operands[:-1])


# Autograd's own products of matrices go through more steps, and its contractions without
# looking for a good order.
_linear = primitive(lambda x, weight: x @ weight.T)
_einsum = primitive(partial(np.einsum, optimize=True))


def _einsum_pull(at: int, _: Array, given: Any, __: Any) -> Callable[[Array], Any]:
    """Return what leads from the gradient of a contraction to that of an operand."""
    formula, *operands = given
    left, result = formula.split("->")
    parts = left.split(",")
    own = parts.pop(at - 1)
    del operands[at - 1]
    back = f"{','.join([result, *parts])}->{own}"
    return lambda delta: _einsum(back, delta, *operands)


defvjp_argnum(_einsum, _einsum_pull)
defvjp(
    _linear,
    lambda _, x, weight: lambda delta: delta @ weight,
    lambda _, x, weight: (
        lambda delta: delta.reshape(-1, len(weight)).T @ x.reshape(-1, weight.shape[1])
    ),
)
