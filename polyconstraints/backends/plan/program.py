"""Recipes written down as programs: a list of steps that any library can run.

A recipe runs once on symbols, which note what is done to them; what is left to do for every
batch is to go through the notes. Sizes stay open, so that one program serves every n.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import permutations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.diagrams import Diagram
from polyconstraints.backends.plan.kinds import Axis, places, table
from polyconstraints.errors import InputError

Tensor = Any

BATCH = -1
"""In a shape: the samples. Smaller numbers are the letters of sorts, see :func:`letters`."""

OPEN = -1000
"""In a shape that a tensor gets: the length that the axis has."""


def letters(sort: int) -> int:
    """Return what stands for the number of letters of a sort in a shape."""
    return -2 - sort


class Operations(ABC):
    """What a recipe needs of a library; ``+`` and ``*`` broadcast besides.

    Most of it has one name in PyTorch and in JAX.
    """

    #: The library's functions.
    library: Any
    #: Steps of programs, as the others are.
    add = staticmethod(operator.add)
    multiply = staticmethod(operator.mul)

    @abstractmethod
    def constant(self, array: NDArray[Any], like: Tensor) -> Tensor:
        """Return an array of floats as a tensor, in the dtype of another one."""

    @abstractmethod
    def cast(self, x: Tensor, like: Tensor) -> Tensor:
        """Return a tensor in the dtype of another one."""

    @abstractmethod
    def take(self, x: Tensor, index: NDArray[np.int64], axis: int) -> Tensor:
        """Return the entries of an axis at the places of a one-dimensional index."""

    @abstractmethod
    def permute(self, x: Tensor, order: tuple[int, ...]) -> Tensor:
        """Return the tensor with its axes in another order."""

    @abstractmethod
    def linear(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return x Wᵀ, on the last axis."""

    def accepts(self, x: Tensor, parameter: Tensor) -> bool:
        """Return whether inputs have the dtype that they must, given a parameter's."""
        return bool(x.dtype == parameter.dtype)

    def mean(self, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Return the mean over axes."""
        return x.mean(axes)

    def sum(self, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Return the sum over axes."""
        return x.sum(axes)

    def diagonal(self, x: Tensor, first: int, second: int) -> Tensor:
        """Return the part where two axes are equal, as the last axis."""
        return x.diagonal(0, first, second)

    def reshape(self, x: Tensor, shape: tuple[Any, ...]) -> Tensor:
        """Return the tensor in another shape."""
        return x.reshape(shape)

    def broadcast(self, x: Tensor, shape: tuple[Any, ...]) -> Tensor:
        """Return the tensor repeated to a shape."""
        return self.library.broadcast_to(x, shape)

    def concatenate(self, *parts: Tensor) -> Tensor:
        """Return tensors one after the other along the last axis."""
        return self.library.concatenate(parts, -1)

    def positive(self, x: Tensor) -> Tensor:
        """Return the larger of each entry and 1."""
        return self.library.clip(x, 1, None)

    def apply(self, matrix: NDArray[Any], x: Tensor) -> Tensor:
        """Return M x, on the last axis but one."""
        return self.library.matmul(self.constant(matrix, x), x)

    def einsum(self, *operands: Any) -> Tensor:
        """Return a contraction, its formula last; each index is in the result or in two."""
        return self.library.einsum(operands[-1], *operands[:-1])

    def pairs(self, x: Tensor) -> Tensor:
        """Return the products of two channels; slices cost less than an index."""
        width = x.shape[-1]
        if width == 1:
            return x * x
        half = width // 2
        wide = self.concatenate(x, x[..., :half])
        parts = [x * wide[..., shift : shift + width] for shift in range((width + 1) // 2)]
        if width % 2 == 0:
            parts.append(x[..., :half] * x[..., half:])
        return self.concatenate(*parts)


def product(sizes: Sequence[Any]) -> Any:
    """Return the product of sizes, which may be open; compilers don't know ``math.prod``."""
    total = 1
    for size in sizes:
        total = total * size
    return total


def check_dtypes(ops: Operations, xs: Sequence[Tensor], parameter: Tensor) -> None:
    """Raise InputError if inputs are of another dtype than the parameters."""
    for x in xs:
        if not ops.accepts(x, parameter):
            raise InputError(
                f"expected inputs of {parameter.dtype}, as the parameters are, got {x.dtype}", "x"
            )


@dataclass(frozen=True, eq=False)
class Symbol:
    """A tensor of a program that is being written."""

    writer: Writer
    slot: int
    shape: tuple[int, ...]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __add__(self, other: Symbol) -> Symbol:
        return self.writer.note("add", (self, other), (), _broadcast(self.shape, other.shape))

    def __mul__(self, other: Symbol) -> Symbol:
        shape = _broadcast(self.shape, other.shape)
        return self.writer.note("multiply", (self, other), (), shape)


def _broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    length = max(len(first), len(second))
    first, second = (1,) * (length - len(first)) + first, (1,) * (length - len(second)) + second
    return tuple(b if a == 1 else a for a, b in zip(first, second, strict=True))


@dataclass(frozen=True, eq=False)
class Program:
    """Steps: name, whether it looks at sizes, slots that it reads, what else it is given.

    Its result goes into the next free slot. The first slots hold the parameters, the next ones
    the inputs, the last ones the masks.
    """

    steps: list[tuple[str, bool, int, tuple[int, ...], tuple[Any, ...]]]
    results: list[int]
    #: The slot of each sort's mask.
    masked: dict[int, int]
    #: Whether any step looks at sizes.
    looks: bool

    def run(
        self, ops: Operations, given: Sequence[Tensor], batch: Any, sizes: Sequence[Any]
    ) -> list[Tensor]:
        """Return the results, given parameters, inputs and masks, and the sorts' letters."""
        slots = list(given)
        # Compilers trace what follows: what is short here is quick to compile.
        sized: Any = None
        if self.looks:
            counts = {sort: ops.sum(given[at], (1,)) for sort, at in self.masked.items()}
            sized = _Sized(ops, batch, sizes, counts)
        for name, looks, first, rest, static in self.steps:
            step = getattr(sized if looks else ops, name)
            if not rest:
                slots.append(step(slots[first], *static))
            elif len(rest) == 1:
                slots.append(step(slots[first], slots[rest[0]], *static))
            else:
                slots.append(step(slots[first], *[slots[at] for at in rest], *static))
        return [slots[at] for at in self.results]


class Writer:
    """Notes what is done to symbols; ``sizes`` are the sorts' letters where they are known."""

    def __init__(self, sizes: tuple[int | None, ...]) -> None:
        self.sizes = sizes
        self.steps: list[tuple[str, bool, int, tuple[int, ...], tuple[Any, ...]]] = []
        self.masked: dict[int, int] = {}
        self.slots = 0

    def program(self, results: Sequence[Symbol]) -> Program:
        """Return what has been noted."""
        looks = any(step[1] for step in self.steps)
        return Program(self.steps, [symbol.slot for symbol in results], self.masked, looks)

    def given(self, shape: tuple[int, ...]) -> Symbol:
        """Return a symbol for a tensor that is given."""
        self.slots += 1
        return Symbol(self, self.slots - 1, shape)

    def note(
        self, name: str, read: Sequence[Symbol], static: tuple[Any, ...], shape: tuple[int, ...]
    ) -> Symbol:
        """Note a step: a method of :class:`Operations`, or of :class:`_Sized`."""
        first, *rest = [symbol.slot for symbol in read]
        self.steps.append((name, hasattr(_Sized, name), first, tuple(rest), static))
        return self.given(shape)

    def mean(self, x: Symbol, axes: Sequence[int], sorts: Sequence[int]) -> Symbol:
        """Note a mean over axes of letters of some sorts, those that a sample has."""
        shape = tuple(n for at, n in enumerate(x.shape) if at not in axes)
        if not any(sort in self.masked for sort in sorts):
            return self.note("mean", (x,), (tuple(axes),), shape)
        return self.divide(self.note("sum", (x,), (tuple(axes),), shape), sorts)

    def divide(self, x: Symbol, sorts: Sequence[int]) -> Symbol:
        """Note the division of a sum by the numbers of letters that it went over."""
        return self.note("divide", (x,), (tuple(sorts),), x.shape) if sorts else x

    def correct(self, x: Symbol, diagram: Diagram) -> Symbol:
        """Note that a mean over all letters shall be one over those that differ."""
        if diagram.plain:
            return x
        known = None if self.masked or None in self.sizes else _correction(diagram, self.sizes)
        return self.note("correct", (x,), (diagram, known), x.shape)

    def permute(self, x: Symbol, order: Sequence[int]) -> Symbol:
        """Note another order of the axes."""
        if tuple(order) == tuple(range(x.ndim)):
            return x
        return self.note("permute", (x,), (tuple(order),), tuple(x.shape[at] for at in order))

    def reshape(self, x: Symbol, shape: tuple[int, ...]) -> Symbol:
        """Note another shape."""
        return x if shape == x.shape else self.reshaped(x, shape, shape)

    def reshaped(self, x: Symbol, given: tuple[int, ...], shape: tuple[int, ...]) -> Symbol:
        """Note another shape; :data:`OPEN` where the tensor's own length is kept."""
        unknown = [n for n in given if n < 0]
        if len(unknown) > 1:
            return self.note("reshaped", (x,), (given,), shape)
        # One length follows from the others.
        return self.note("reshape", (x,), (tuple(max(n, -1) for n in given),), shape)

    def broadcast(self, x: Symbol, shape: tuple[int, ...]) -> Symbol:
        """Note the repetition to a shape."""
        return x if shape == x.shape else self.note("repeated", (x,), (shape,), shape)

    def diagonal(self, x: Symbol, first: int, second: int) -> Symbol:
        """Note that two axes become one, at the place of the first."""
        shape = tuple(n for at, n in enumerate(x.shape) if at not in (first, second))
        y = self.note("diagonal", (x,), (first, second), (*shape, x.shape[first]))
        last = y.ndim - 1
        return self.permute(y, (*range(first), last, *range(first, last)))

    def take(self, x: Symbol, index: NDArray[np.int64]) -> Symbol:
        """Note a choice of channels."""
        return self.note("take", (x,), (index, -1), (*x.shape[:-1], len(index)))

    def pairs(self, x: Symbol) -> Symbol:
        """Note the products of two channels, by the difference of the channels."""
        width = x.shape[-1]
        return self.note("pairs", (x,), (), (*x.shape[:-1], width * (width + 1) // 2))

    def concatenate(self, parts: Sequence[Symbol]) -> Symbol:
        """Note the channels of several tensors, one after the other."""
        if len(parts) == 1:
            return parts[0]
        shape = (*parts[0].shape[:-1], sum(part.shape[-1] for part in parts))
        return self.note("concatenate", parts, (), shape)

    def linear(self, x: Symbol, weight: Symbol) -> Symbol:
        """Note a product of the channels with a matrix."""
        return self.note("linear", (x, weight), (), (*x.shape[:-1], weight.shape[0]))

    def einsum(self, formula: str, *operands: Symbol) -> Symbol:
        """Note a contraction."""
        left, result = formula.split("->")
        sizes = {
            name: size
            for part, symbol in zip(left.split(","), operands, strict=True)
            for name, size in zip(part, symbol.shape, strict=True)
        }
        shape = tuple(sizes[name] for name in result)
        return self.note("einsum", operands, (formula,), shape)

    def mask(self, x: Symbol, axis: int, sort: int) -> Symbol:
        """Note zeros at the letters of an axis that a sample hasn't."""
        if sort not in self.masked:
            return x
        shape = [1] * x.ndim
        shape[0], shape[axis] = BATCH, letters(sort)
        mask = Symbol(self, self.masked[sort], (BATCH, letters(sort)))
        return x * self.reshape(mask, tuple(shape))

    def eye(self, x: Symbol, first: int, second: int, sort: int) -> Symbol:
        """Note zeros where the letters of two axes, the second of length 1, differ."""
        shape = tuple(letters(sort) if at == second else n for at, n in enumerate(x.shape))
        return self.note("eye", (x,), (first, second, sort, self._known(sort, _eye)), shape)

    def _known(self, sort: int, make: Callable[[int], Any]) -> Any:
        """Return a constant where the number of letters is known: compilers want it made."""
        size = self.sizes[sort]
        return None if size is None else make(size)

    def expand(self, x: Symbol, place: int, axis: Axis) -> Symbol:
        """Note that an axis of points shall become one axis for each of their letters."""
        if axis.count == 1:
            return x
        letter = letters(axis.sort)
        shape = (*x.shape[:place], *(letter,) * axis.count, *x.shape[place + 1 :])
        known = self._known(axis.sort, partial(table, axis))
        return self.note("expand", (x,), (place, axis, known), shape)

    def collect(self, x: Symbol, place: int, axis: Axis) -> Symbol:
        """Note that axes of letters shall become one axis of points."""
        if axis.count == 1:
            return x
        # Nothing that follows looks at the number of points.
        shape = (*x.shape[:place], letters(axis.sort), *x.shape[place + axis.count :])
        known = self._known(axis.sort, partial(places, axis))
        return self.note("collect", (x,), (place, axis, known), shape)


class _Sized:
    """The steps that look at the sizes: batch, letters of sorts, those that samples have."""

    def __init__(self, ops: Operations, batch: Any, sizes: Sequence[Any], counts: Any) -> None:
        self.ops, self.batch, self.sizes, self.counts = ops, batch, sizes, counts

    def _shape(self, shape: tuple[int, ...], old: Sequence[Any]) -> tuple[Any, ...]:
        found: list[Any] = []
        for n in shape:
            if n >= 0:
                found.append(n)
            elif n == BATCH:
                found.append(self.batch)
            else:
                found.append(old[len(found)] if n == OPEN else self.sizes[-2 - n])
        return tuple(found)

    def _column(self, values: Tensor, x: Tensor) -> Tensor:
        return self.ops.reshape(values, (self.batch, *(1,) * (len(x.shape) - 1)))

    def reshaped(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return self.ops.reshape(x, self._shape(shape, x.shape))

    def repeated(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return self.ops.broadcast(x, self._shape(shape, x.shape))

    def divide(self, x: Tensor, sorts: tuple[int, ...]) -> Tensor:
        for sort in sorts:
            if sort in self.counts:
                x = x * self._column(self.counts[sort] ** -1.0, x)
            else:
                x = x * (1 / self.sizes[sort])
        return x

    def correct(self, x: Tensor, diagram: Diagram, known: float | None) -> Tensor:
        sorts = diagram.sorts(diagram.averaged)
        if known is None and self.counts.keys().isdisjoint(sorts):
            known = _correction(diagram, tuple(self.sizes))
        if known is not None:
            return x * known
        sizes = [self.counts.get(sort, size) for sort, size in enumerate(self.sizes)]
        ratio = self.ops.positive(diagram.assignments(sizes)) ** -1.0
        for sort in sorts:
            ratio = ratio * sizes[sort]
        return x * self._column(ratio, x)

    def eye(self, x: Tensor, first: int, second: int, sort: int, known: Any) -> Tensor:
        n, axes = self.sizes[sort], [1] * len(x.shape)
        axes[first] = axes[second] = n
        eye = self.ops.constant(_eye(n) if known is None else known, x)
        return x * self.ops.reshape(eye, tuple(axes))

    def expand(self, x: Tensor, place: int, axis: Axis, known: Any) -> Tensor:
        ops, n, shape = self.ops, self.sizes[axis.sort], x.shape
        numbers, present = known or table(axis, n)
        x = ops.take(x, numbers, place)
        ones = [1] * (len(shape) - place - 1)
        x = x * ops.reshape(ops.constant(present, x), (n**axis.count, *ones))
        return ops.reshape(x, (*shape[:place], *[n] * axis.count, *shape[place + 1 :]))

    def collect(self, x: Tensor, place: int, axis: Axis, known: Any) -> Tensor:
        ops, n, shape, end = self.ops, self.sizes[axis.sort], x.shape, place + axis.count
        if not axis.ordered:
            # The mean over the orders of the letters.
            total, orders = x, [*permutations(range(place, end))]
            for order in orders[1:]:
                moved = (*range(place), *order, *range(end, len(shape)))
                total = total + ops.permute(x, moved)
            x = total * (1 / len(orders))
        x = ops.reshape(x, (*shape[:place], n**axis.count, *shape[end:]))
        return ops.take(x, places(axis, n) if known is None else known, place)


@cache
def _correction(diagram: Diagram, sizes: tuple[int, ...]) -> float:
    total = prod(sizes[sort] for sort in diagram.sorts(diagram.averaged))
    return float(total / max(diagram.assignments(sizes), 1))


@cache
def _eye(n: int) -> NDArray[np.float64]:
    return np.eye(n)
