"""Recipes of layers whose weights are looked up: any map, any group.

:class:`Gathered` takes a map's layer as it stands, in units; :class:`Indexed` a linear layer
between the points of any group, with channels, and computes it by the Fourier transform where
the group is cyclic or a product of cyclic groups and that is predicted to be cheaper.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement, permutations
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.program import Operations
from polyconstraints.backends.plan.terms import degrees_of, share
from polyconstraints.classes.layer import LayerClasses

Array = NDArray[Any]
Tensor = Any

_ONE, _ZERO = np.ones((1, 1)), np.zeros(1)


class _Looked:
    """What recipes whose weights are looked up have in common."""

    def tensors(self, ops: Operations, x: Tensor, sizes: Any) -> list[Tensor]:
        """Return flat inputs as :meth:`compute` takes them."""
        return [x]

    def conversion(self, *_: Any) -> Self:
        """Return the way to a map's parameters and back."""
        return self


@dataclass(frozen=True, eq=False)
class Gathered(_Looked):
    """The recipe of a map's layer: an index into the parameters, then one matrix product.

    Each parameter is that of a class of weights times the number of weights of one output
    that belong to it, so that one unit of it is an average.
    """

    tying: LayerClasses

    names = ("weight",)

    @cached_property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of the parameters."""
        return ((len(self.tying.free),),)

    @cached_property
    def _numbering(self) -> Array:
        """The number of each class among those that have weights."""
        numbering = np.full(len(self.tying.sizes), -1, dtype=np.int64)
        numbering[list(self.tying.present)] = np.arange(self.tying.distinct)
        return numbering

    @cached_property
    def values(self) -> tuple[Array, NDArray[np.float64]]:
        """For each class the parameters that its value combines, and their factors.

        The first are flat, the others of shape (classes, most parameters of one class).
        """
        tying, count = self.tying, len(self.tying.free)
        rows, columns, shares = tying.dependence
        rows = self._numbering[np.concatenate([np.array(tying.free, dtype=np.int64), rows])]
        columns = np.concatenate([np.arange(count), columns])
        order = np.lexsort((columns, rows))
        rows, columns = rows[order], columns[order]
        places = np.arange(len(rows)) - np.searchsorted(rows, rows)
        # Where a class combines fewer of them stands a zero, which follows the parameters.
        width = int(places.max(initial=0)) + 1
        index = np.full((tying.distinct, width), count, dtype=np.int64)
        factors = np.zeros(index.shape)
        index[rows, places] = columns
        factors[rows, places] = np.concatenate([np.ones(count), shares.astype(float)])[order]
        return index.ravel(), factors

    @property
    def _plain(self) -> bool:
        """Whether the classes are the parameters."""
        return self.tying.free == self.tying.present

    @cached_property
    def products(self) -> Array:
        """The letters of each product, of shape (degree, products), in descending order."""
        layer = self.tying.layer
        rows = list(combinations_with_replacement(range(layer.letters), layer.degree))
        return np.array(rows, dtype=np.int64).reshape(-1, layer.degree).T[::-1].copy()

    @cached_property
    def classes(self) -> list[Array]:
        """The class of each product's weight, ``(outputs, products)``, one for each order.

        The number of classes, where a zero is kept, for an order that repeats another one.
        """
        tying, layer = self.tying, self.tying.layer
        zero = tying.distinct
        orders = list(permutations(range(layer.degree)))
        places = [self.products[list(order)] for order in orders[: 1 if layer.ordered else None]]
        found = []
        for at, place in enumerate(places):
            classes = self._numbering[tying.classes[(slice(None), *place)]]
            earlier = [(other == place).all(axis=0) for other in places[:at]]
            found.append(np.where(np.any(earlier, axis=0), zero, classes) if earlier else classes)
        return found

    @cached_property
    def digest(self) -> str:
        """A name for the layer as a function of its parameters, the same in every process."""
        layer = self.tying.layer
        facts = (layer.degree, layer.bias, layer.inputs, layer.outputs, layer.ordered)
        content = hashlib.sha256(repr((*facts, self.shapes)).encode())
        for array in (*self.classes, *(() if self._plain else self.values)):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()

    @cached_property
    def _made(self) -> tuple[list[Array], list[Array], int]:
        """The classes of products in a row, the letters of their factors, their number."""
        flat = [classes.ravel() for classes in self.classes]
        return flat, [letters.copy() for letters in self.products], self.products.shape[1]

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        return 1 / self.members

    def prepare(self) -> None:
        """Make what running needs."""
        _ = self._made, self._shares, self.values

    @cached_property
    def members(self) -> NDArray[np.float64]:
        """For each parameter, the most weights of one output that it sets, factors counted."""
        most = np.zeros(self.tying.distinct + 1)
        for rows in zip(*self.classes, strict=True):
            found = sum(np.bincount(row, minlength=len(most)) for row in rows)
            np.maximum(most, found, out=most)
        index, factors = self.values
        shares, count = np.abs(factors) * most[:-1, None], len(self.tying.free)
        sums = np.bincount(index, shares.ravel(), minlength=count + 1)[:count]
        return np.where(sums > 0, sums, 1.0)

    @cached_property
    def degrees(self) -> NDArray[np.int64]:
        """For each parameter, the largest degree of the products that it weighs."""
        layer = self.tying.layer
        real = (self.products >= int(layer.bias)).sum(axis=0)
        highest = np.zeros(self.tying.distinct + 1, dtype=np.int64)
        for classes in self.classes:
            np.maximum.at(highest, classes, np.broadcast_to(real, classes.shape))
        index, factors = self.values
        found = np.zeros(len(self.tying.free), dtype=np.int64)
        used, index = factors != 0, index.reshape(factors.shape)
        np.maximum.at(found, index[used], np.broadcast_to(highest[:-1, None], used.shape)[used])
        return found

    def to_map(self, _: LayerClasses, parts: Sequence[Array]) -> Array:
        """Return the map's parameters, given those of the recipe."""
        return np.asarray(parts[0] / _whole_numbers(self.members, parts[0]))

    def from_map(self, _: LayerClasses, theta: Array) -> list[Array]:
        """Return the recipe's parameters, given those of the map."""
        return [theta * _whole_numbers(self.members, theta)]

    def initial(self, ops: Operations, normals: Sequence[Tensor]) -> list[Tensor]:
        """Return parameters to start from, given standard normal ones of their shapes."""
        layer = self.tying.layer
        degrees = degrees_of(layer.degree, layer.bias)
        found = np.zeros(len(self.tying.free))
        for degree in degrees:
            here = self.degrees == degree
            if here.any():
                found[here] = share(degree, degrees) / np.sqrt(self._seen(here))
        return [normals[0] * ops.constant(found, normals[0])]

    def _seen(self, parameters: NDArray[np.bool_]) -> int:
        """Return the most of some parameters that one output depends on."""
        index = self.values[0].reshape(self.values[1].shape)
        most = 1
        for rows in zip(*self.classes, strict=True):
            classes = np.unique(np.concatenate(rows))
            read = np.unique(index[classes[classes < len(index)]])
            read = read[read < len(parameters)]
            most = max(most, int(parameters[read].sum()))
        return most

    def weights(self, ops: Operations, theta: Tensor) -> Tensor:
        """Return the layer's weight array; 0 where there is no weight."""
        layer = self.tying.layer
        classes = np.append(self._numbering, self.tying.distinct)[self.tying.classes]
        values = ops.take(self._values(ops, theta), classes.ravel(), 0)
        if not layer.ordered:
            return ops.reshape(values, layer.shape)
        mask = np.broadcast_to(layer.mask, layer.shape).astype(np.float64)
        return ops.reshape(values * ops.constant(mask.ravel(), theta), layer.shape)

    def _values(self, ops: Operations, theta: Tensor) -> Tensor:
        """Return the values of the classes, and a zero."""
        theta = theta * ops.constant(self._shares, theta)
        if not self._plain:
            index, factors = self.values
            theta = ops.concatenate(theta, ops.constant(_ZERO, theta))
            parts = ops.reshape(ops.take(theta, index, 0), factors.shape)
            theta = ops.sum(parts * ops.constant(factors, theta), (1,))
        return ops.concatenate(theta, ops.constant(_ZERO, theta))

    def compute(
        self, ops: Operations, weights: Sequence[Tensor], xs: Sequence[Tensor], *_: Any
    ) -> list[Tensor]:
        """Return the outputs, of shape (batch, outputs), for inputs of as many units."""
        layer, (theta,) = self.tying.layer, weights
        x = ops.reshape(xs[0], (xs[0].shape[0], layer.inputs))
        theta = self._values(ops, theta)
        if layer.bias:
            one = ops.broadcast(ops.constant(_ONE, x), (x.shape[0], 1))
            x = ops.concatenate(one, x)
        flat, factors, count = self._made
        matrix = None
        for classes in flat:
            part = ops.reshape(ops.take(theta, classes, 0), (layer.outputs, count))
            matrix = part if matrix is None else matrix + part
        if layer.degree > 1:
            products = [ops.take(x, letters, -1) for letters in factors]
            x = products[0]
            for other in products[1:]:
                x = x * other
        return [ops.linear(x, matrix)]


def _whole_numbers(array: Array, like: Array) -> Array:
    """Return numbers of members in a dtype that keeps rationals exact."""
    if like.dtype == object:
        return np.array([Fraction(float(value)) for value in array], dtype=object)
    return array.astype(like.dtype)


@dataclass(frozen=True, eq=False)
class Indexed(_Looked):
    """The recipe of a linear layer between the points of any group."""

    #: Which channel matrix leads from an input point to an output point: (outputs, inputs).
    classes: Array
    #: Which bias an output point has.
    constants: Array | None
    channels: tuple[int, int]
    #: For a product of cyclic groups that acts on both sides alike: its factors.
    cycles: tuple[int, ...] = ()

    @cached_property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of the parameters: (classes, outputs, inputs), and those of the bias."""
        below, above = self.channels
        shapes: list[tuple[int, ...]] = [(int(self.classes.max()) + 1, above, below)]
        if self.constants is not None:
            shapes.append((int(self.constants.max()) + 1, above))
        return tuple(shapes)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return ("weight", "bias")[: len(self.shapes)]

    def initial(self, ops: Operations, normals: Sequence[Tensor]) -> list[Tensor]:
        """Return parameters to start from, given standard normal ones of their shapes."""
        seen = max(len(set(row.tolist())) for row in self.classes)
        scales = ((seen * self.channels[0]) ** -0.5, 0.0)
        return [normal * scale for normal, scale in zip(normals, scales, strict=False)]

    @cached_property
    def _flat(self) -> Array:
        return self.classes.ravel()

    @cached_property
    def _shares(self) -> NDArray[np.float64] | None:
        shares = (1 / self.members)[:, None, None]
        return None if (self.members == 1).all() else shares

    def prepare(self) -> None:
        """Make what running needs."""
        _ = self._flat, self._shares, self.fourier

    @cached_property
    def members(self) -> NDArray[np.float64]:
        """For each class the most input points of one output point."""
        count = self.shapes[0][0]
        rows = [np.bincount(row, minlength=count) for row in self.classes]
        return np.asarray(np.max(rows, axis=0), dtype=np.float64)

    @cached_property
    def fourier(self) -> tuple[tuple[Array, ...], Array | None] | None:
        """Cosines and sines of all characters, and those of the inverse; shifts of the weights.

        Of each pair of conjugate characters there is one. None if it wouldn't be cheaper; no
        shifts if those of the weights are in order.
        """
        size, (below, above) = prod(self.cycles), self.channels
        # Points go through a matrix of the size of the group once for each channel, twice;
        # the mixing is four real products for half of the characters.
        if not self.cycles or 2 * size * (below + above) >= size * below * above:
            return None
        points = np.array(list(np.ndindex(*self.cycles)), dtype=np.int64)
        angles = 2 * np.pi * (points / np.array(self.cycles) @ points.T % 1.0)
        opposite = np.ravel_multi_index(tuple((-points % self.cycles).T), self.cycles)
        kept = np.flatnonzero(np.arange(size) <= opposite)
        twice = np.where(opposite[kept] == kept, 1.0, 2.0)[:, None] / size
        cosine, sine = np.cos(angles[kept]), np.sin(angles[kept])
        waves = (cosine, sine, (twice * cosine).T, (twice * sine).T)
        return waves, None if np.array_equal(self.classes[0], np.arange(size)) else self.classes[0]

    def compute(
        self, ops: Operations, weights: Sequence[Tensor], xs: Sequence[Tensor], *_: Any
    ) -> list[Tensor]:
        """Return the outputs, (batch, points, channels), for inputs of as many units."""
        weight, size = weights[0], (self.classes.shape[1], self.channels[0])
        x = ops.reshape(xs[0], (xs[0].shape[0], *size))
        if self._shares is not None:
            weight = weight * ops.constant(self._shares, x)
        found = self.fourier
        y = self._direct(ops, weight, x) if found is None else self._waves(ops, weight, x, *found)
        if self.constants is not None:
            y = y + ops.take(weights[1], self.constants, 0)
        return [y]

    def to_map(self, tying: LayerClasses, parts: Sequence[Array]) -> Array:
        """Return the map's parameters, given those of the recipe."""
        weight = parts[0] / _whole_numbers(self.members, parts[0])[:, None, None]
        blocks = weight[self.classes].transpose(0, 2, 1, 3)
        # The weight array: units flat, the constant unit first.
        array = blocks.reshape(blocks.shape[0] * blocks.shape[1], -1)
        if self.constants is not None:
            array = np.concatenate([parts[1][self.constants].reshape(-1, 1), array], axis=1)
        return np.asarray(array.ravel()[tying.representatives[list(tying.free)]])

    def from_map(self, tying: LayerClasses, theta: Array) -> list[Array]:
        """Return the recipe's parameters, given those of the map."""
        array = tying.weights(theta)
        below, above = self.channels
        bias = int(self.constants is not None)
        points, inputs = self.classes.shape
        blocks = array[:, bias:].reshape(points, above, inputs, below).transpose(0, 2, 1, 3)
        _, first = np.unique(self.classes, return_index=True)
        weight = blocks.reshape(-1, above, below)[first]
        parts = [weight * _whole_numbers(self.members, array)[:, None, None]]
        if self.constants is not None:
            _, first = np.unique(self.constants, return_index=True)
            parts.append(array[:, 0].reshape(points, above)[first])
        return parts

    def _direct(self, ops: Operations, weight: Tensor, x: Tensor) -> Tensor:
        (above, below), (out_of, into) = self.classes.shape, self.channels
        blocks = ops.take(weight, self._flat, 0)
        blocks = ops.permute(ops.reshape(blocks, (above, below, into, out_of)), (0, 2, 1, 3))
        matrix = ops.reshape(blocks, (above * into, below * out_of))
        y = ops.linear(ops.reshape(x, (x.shape[0], below * out_of)), matrix)
        return ops.reshape(y, (x.shape[0], above, into))

    def _waves(
        self, ops: Operations, weight: Tensor, x: Tensor, waves: Sequence[Array], shifts: Any
    ) -> Tensor:
        """Multiply in Fourier space: one matrix of channels for each character."""
        (cosine, sine, *back), half, size = waves, len(waves[0]), len(self.classes)
        batch, (below, above) = x.shape[0], self.channels
        if shifts is not None:
            weight = ops.take(weight, shifts, 0)
        weight = ops.reshape(weight, (size, above * below))
        # One product for all samples: points in front.
        x = ops.reshape(ops.permute(x, (1, 0, 2)), (size, batch * below))
        c, s = (ops.reshape(ops.apply(m, weight), (half, above, below)) for m in (cosine, sine))
        a, b = (ops.reshape(ops.apply(m, x), (half, batch, below)) for m in (cosine, sine))

        def mixed(seen: Tensor, matrix: Tensor) -> Tensor:
            return ops.einsum(seen, matrix, "fbc,foc->fbo")

        # (c + i s) of the weights times (a - i b) of the inputs.
        real, other = mixed(a, c) + mixed(b, s), mixed(b, c) + mixed(a, s) * -1.0
        parts = zip(back, (real, other), strict=True)
        y, z = (ops.apply(m, ops.reshape(part, (half, batch * above))) for m, part in parts)
        return ops.permute(ops.reshape(y + z, (size, batch, above)), (1, 0, 2))
