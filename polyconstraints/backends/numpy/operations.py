"""The operations of a recipe in NumPy, and their derivatives by a tape.

Arrays go in and out as :class:`Node`; each operation that has a node among its operands notes
how a gradient passes through it, and :func:`backward` walks these notes from the end to the
start. Constants stay plain arrays.
"""

# ruff: noqa: D102 - what each operation does is said in the protocol that they follow

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.program import Operations

__all__ = ["Node", "NumpyOperations", "backward"]

Array = NDArray[Any]
Pull = Callable[[Array], Array]


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
        self.parents = list(parents)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the array."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """Number of axes of the array."""
        return self.value.ndim

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

    def reshape(self, shape: tuple[int, ...]) -> Node:
        """Return the node in another shape."""
        return Node(self.value.reshape(shape), [(self, lambda delta: delta.reshape(self.shape))])


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

    def constant(self, array: Array, like: Node | Array) -> Array:
        return array.astype(like.dtype)

    def cast(self, x: Any, like: Node) -> Array:
        return np.asarray(x, like.dtype)

    def accepts(self, x: Node, parameter: Node) -> bool:
        return True

    def sum(self, x: Any, axes: tuple[int, ...]) -> Any:
        if not isinstance(x, Node):
            return x.sum(axis=axes)
        shape, kept = x.shape, tuple(1 if at in axes else n for at, n in enumerate(x.shape))
        pull = lambda delta: np.broadcast_to(delta.reshape(kept), shape)  # noqa: E731
        return Node(x.value.sum(axis=axes), [(x, pull)])

    def mean(self, x: Node, axes: tuple[int, ...]) -> Node:
        count = np.prod([x.shape[at] for at in axes])
        total: Node = self.sum(x, axes)
        return total * float(1 / count)

    def diagonal(self, x: Node, first: int, second: int) -> Node:
        def pull(delta: Array) -> Array:
            whole = np.zeros(x.shape, delta.dtype)
            np.einsum(_diagonal(x.ndim, first, second), whole)[...] = delta
            return whole

        return Node(np.diagonal(x.value, 0, first, second), [(x, pull)])

    def permute(self, x: Node, order: tuple[int, ...]) -> Node:
        back = np.argsort(order)
        return Node(x.value.transpose(order), [(x, lambda delta: delta.transpose(back))])

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        return x.reshape(shape)

    def broadcast(self, x: Any, shape: tuple[int, ...]) -> Any:
        if x.shape == shape:
            return x
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

    def positive(self, x: Array) -> Array:
        return np.maximum(x, 1)

    def linear(self, x: Node, weight: Node) -> Node:
        def to_weight(delta: Array) -> Array:
            flat = delta.reshape(-1, delta.shape[-1])
            return flat.T @ x.value.reshape(len(flat), -1)

        pulls: list[tuple[Node, Pull]] = [(weight, to_weight)]
        pulls.append((x, lambda delta: delta @ weight.value))
        return Node(x.value @ weight.value.T, pulls)

    def apply(self, matrix: Array, x: Node) -> Node:
        own = matrix.astype(x.dtype)
        return Node(own @ x.value, [(x, lambda delta: own.T @ delta)])

    def einsum(self, formula: str, *operands: Any) -> Node:
        left, result = formula.split("->")
        parts = left.split(",")

        def pull(at: int) -> Pull:
            others = [p for place, p in enumerate(parts) if place != at]
            back = f"{','.join([result, *others])}->{parts[at]}"
            values = [_value(x) for place, x in enumerate(operands) if place != at]
            return lambda delta: np.einsum(back, delta, *values, optimize=True)

        value = np.einsum(formula, *map(_value, operands), optimize=True)
        return Node(value, [(x, pull(at)) for at, x in enumerate(operands) if isinstance(x, Node)])


def _diagonal(ndim: int, first: int, second: int) -> str:
    letters = [chr(ord("a") + at) for at in range(ndim)]
    letters[second] = letters[first]
    rest = [one for at, one in enumerate(letters) if at not in (first, second)]
    return f"{''.join(letters)}->{''.join(rest)}{letters[first]}"


def backward(result: Node, delta: Array, wanted: Sequence[Node]) -> list[Array]:
    """Return the gradients of Σ delta · result with respect to some nodes."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(result, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in node.parents)
    gradients: dict[int, Array] = {id(result): delta}
    for node in reversed(order):
        gradient = gradients.get(id(node))
        if gradient is None:
            continue
        for parent, pull in node.parents:
            part = pull(gradient)
            known = gradients.get(id(parent))
            gradients[id(parent)] = part if known is None else known + part
    return [
        np.asarray(gradients[id(node)]) if id(node) in gradients else np.zeros_like(node.value)
        for node in wanted
    ]
