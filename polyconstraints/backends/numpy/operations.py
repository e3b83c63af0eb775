"""The operations of a recipe in NumPy, and their derivatives by a tape.

Arrays go in and out as :class:`Node`; each operation that has a node among its operands notes
how a gradient passes through it, and :func:`backward` walks these notes from the end to the
start. Constants stay plain arrays.
"""

# ruff: noqa: D102 - what each operation does is said in the protocol that they follow

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.program import Operations

Array = NDArray[Any]
Pull = Callable[[Array], Array]


#: Nodes are numbered as they are made: what one is made of has smaller numbers.
_NUMBERS = count()


class Node:
    """An array on the tape.

    Attributes
    ----------
    value : array
    parents : list of (Node, callable)
        What it was made of, and for each the function from the gradient of this node to
        that of the parent.
    """

    __array_ufunc__ = None  # so that array * node is a node's business

    def __init__(self, value: Array, parents: Sequence[tuple[Node, Pull]] = ()) -> None:
        self.value = value
        self.parents = parents
        self.number = next(_NUMBERS)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the array."""
        return self.value.dtype

    def __add__(self, other: Node | Array | float) -> Node:
        pulls = [(self, _summed_to(self.shape))]
        if isinstance(other, Node):
            pulls.append((other, _summed_to(other.shape)))
        return Node(self.value + _value(other), pulls)

    __radd__ = __add__

    def __mul__(self, other: Node | Array | float) -> Node:
        right = _value(other)
        to_self = _summed_to(self.shape)
        pulls = [(self, lambda delta: to_self(delta * right))]
        if isinstance(other, Node):
            to_other = _summed_to(other.shape)
            pulls.append((other, lambda delta: to_other(delta * self.value)))
        return Node(self.value * right, pulls)

    __rmul__ = __mul__

    def __getitem__(self, at: Any) -> Node:
        def pull(delta: Array) -> Array:
            whole = np.zeros(self.shape, delta.dtype)
            whole[at] = delta
            return whole

        return Node(self.value[at], [(self, pull)])

    # -- what arrays have as methods, too ---------------------------------------------------

    def reshape(self, shape: tuple[int, ...]) -> Node:
        """Return the node in another shape."""
        return Node(self.value.reshape(shape), [(self, lambda delta: delta.reshape(self.shape))])

    def transpose(self, order: tuple[int, ...]) -> Node:
        """Return the node with its axes in another order."""
        back = np.argsort(order)
        return Node(self.value.transpose(order), [(self, lambda delta: delta.transpose(back))])

    def sum(self, axes: tuple[int, ...]) -> Node:
        """Return the sum over axes."""

        def pull(delta: Array) -> Array:
            return np.broadcast_to(np.expand_dims(delta, axes), self.shape)

        return Node(self.value.sum(axes), [(self, pull)])

    def mean(self, axes: tuple[int, ...]) -> Node:
        """Return the mean over axes."""
        return self.sum(axes) * (1 / prod(self.shape[at] for at in axes))

    def diagonal(self, offset: int, first: int, second: int) -> Node:
        """Return the part where two axes are equal, as the last axis."""

        def pull(delta: Array) -> Array:
            whole = np.zeros(self.shape, delta.dtype)
            moved = np.moveaxis(whole, (first, second), (-2, -1))
            places = np.arange(delta.shape[-1])
            moved[..., places, places] = delta
            return whole

        return Node(self.value.diagonal(offset, first, second), [(self, pull)])


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Node) else x


def _summed_to(shape: tuple[int, ...]) -> Pull:
    """Return the transpose of broadcasting from a shape."""

    def pull(delta: Array) -> Array:
        extra = delta.ndim - len(shape)
        axes = tuple(range(extra)) + tuple(
            extra + at
            for at, size in enumerate(shape)
            if size == 1 and delta.shape[extra + at] != 1
        )
        return delta.sum(axis=axes).reshape(shape) if axes else delta

    return pull


class NumpyOperations(Operations):
    """See :class:`polyconstraints.backends.plan.program.Operations`."""

    library = np

    def constant(self, array: Array, like: Node | Array) -> Array:
        return array.astype(like.dtype)

    def cast(self, x: Any, like: Node) -> Array:
        return np.asarray(x, like.dtype)

    def accepts(self, x: Node, parameter: Node) -> bool:
        return True

    def permute(self, x: Any, order: tuple[int, ...]) -> Any:
        return x.transpose(order)

    def broadcast(self, x: Any, shape: tuple[int, ...]) -> Any:
        if not isinstance(x, Node):
            return np.broadcast_to(x, shape)
        return Node(np.broadcast_to(x.value, shape), [(x, _summed_to(x.shape))])

    def take(self, x: Node, index: NDArray[np.int64], axis: int) -> Node:
        def pull(delta: Array) -> Array:
            whole = np.zeros(x.shape, delta.dtype)
            np.add.at(np.moveaxis(whole, axis, 0), index, np.moveaxis(delta, axis, 0))
            return whole

        return Node(x.value.take(index, axis), [(x, pull)])

    def concatenate(self, *parts: Any) -> Any:
        ends = np.cumsum([part.shape[-1] for part in parts]).tolist()
        starts = [0, *ends[:-1]]

        def cut(start: int, end: int) -> Pull:
            return lambda delta: delta[..., start:end]

        places = zip(parts, starts, ends, strict=True)
        pulls = [(part, cut(*at)) for part, *at in places if isinstance(part, Node)]
        whole = np.concatenate([_value(part) for part in parts], -1)
        return Node(whole, pulls) if pulls else whole

    def linear(self, x: Node, weight: Node) -> Node:
        def to_weight(delta: Array) -> Array:
            flat = delta.reshape(-1, delta.shape[-1])
            return flat.T @ x.value.reshape(len(flat), -1)

        pulls = [(weight, to_weight), (x, lambda delta: delta @ weight.value)]
        return Node(x.value @ weight.value.T, pulls)

    def apply(self, matrix: Array, x: Node) -> Node:
        return self.einsum(self.constant(matrix, x), x, "ij,jk->ik")

    def einsum(self, *given: Any) -> Node:
        *operands, formula = given
        left, result = formula.split("->")
        parts = left.split(",")

        def pull(at: int) -> Pull:
            others = [p for place, p in enumerate(parts) if place != at]
            back = f"{','.join([result, *others])}->{parts[at]}"
            values = [_value(x) for place, x in enumerate(operands) if place != at]
            return lambda delta: np.einsum(back, delta, *values, optimize=True)

        value = np.einsum(formula, *map(_value, operands), optimize=True)
        return Node(value, [(x, pull(at)) for at, x in enumerate(operands) if isinstance(x, Node)])


def backward(result: Node, delta: Array, wanted: Sequence[Node]) -> list[Array]:
    """Return the gradients of Σ delta · result with respect to some nodes."""
    nodes: dict[int, Node] = {}
    stack = [result]
    while stack:
        node = stack.pop()
        if node.number not in nodes:
            nodes[node.number] = node
            stack.extend(parent for parent, _ in node.parents)
    gradients = {result.number: delta}
    for number in sorted(nodes, reverse=True):
        for parent, pull in nodes[number].parents:
            part = pull(gradients[number])
            known = gradients.get(parent.number)
            gradients[parent.number] = part if known is None else known + part
    return [np.asarray(gradients.get(node.number, np.zeros_like(node.value))) for node in wanted]
