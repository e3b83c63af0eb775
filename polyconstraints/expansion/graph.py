"""The expansion of a whole network as a layered graph of product skeletons.

A *state* of level ``l`` is a product of units of that level, written as its exponents. Expanding
its units by their layer leads to states of the level below; each such step is an *edge*, which
stands for one weight monomial of the layer. A term of the expanded network is a path from an
output down to a monomial in the inputs: 10⁸ terms are held by some 10⁵ edges.

The outputs of a layer differ only by the names of their weights, so a product ``o_1^a · o_2^b ···``
is known once for each *shape* ``(a, b, …)``. Each weight occurs in one output and in one product
of inputs, so that no two choices of weights are alike, and nothing is left to collect in

    o^m = Σ_{multisets M of m products} multinomial(M) · Π_{p in M} W_p · (inputs of p),

nor in a sum of such powers, which have different numbers of weights, after an activation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.activation import Activation
from polyconstraints.spec.network import LayerSpec, NetworkSpec, runs

#: Exponents of the units that take part in a product, in the order of the units.
Shape = tuple[int, ...]

#: Multinomial coefficients, int64 or Python integers.
Coefficients = NDArray[np.int64] | NDArray[np.object_]

#: The largest m for which m! fits a signed 64-bit integer.
_MAX_INT64_FACTORIAL = 20


def multiset_count(kinds: int, size: int) -> int:
    """Return the number of multisets of ``size`` elements of ``kinds`` kinds.

    >>> multiset_count(10, 2)
    55
    """
    return comb(kinds + size - 1, size)


@dataclass(frozen=True)
class PowerTable:
    """The terms of one output unit raised to the power m."""

    #: Of shape (terms, most products in a term): each term's product numbers, ascending, padded
    #: with -1, in descending lexicographic order of their exponents: row by row a smaller number
    #: comes first, none at all last.
    rows: NDArray[np.int32]
    #: Of shape (terms,): multinomial coefficients, int64 or Python integers.
    coefficient: Coefficients
    #: Of shape (terms, inputs): exponents of the layer's inputs; the homogenising unit is left out,
    #: being 1.
    exponents: NDArray[np.int32]


@dataclass(frozen=True)
class ProductTable:
    """The terms of a product of output units with the exponents ``shape``.

    A term's number is the mixed-radix number of its power terms, the last unit's fastest.
    """

    shape: Shape
    #: Numbers of terms of the powers that are multiplied.
    sizes: tuple[int, ...]
    #: Of shape (terms,).
    coefficient: Coefficients
    #: Of shape (terms,): index into ``children`` of each term's product of inputs.
    child: NDArray[np.int32]
    #: Of shape (distinct, inputs): the distinct exponent vectors of the inputs, in lexicographic
    #: order.
    children: NDArray[np.int32]


class LayerSkeleton:
    """Expands products of the outputs of one layer, each shape once.

    >>> layer = LayerSpec(0, 2, "ordered", False, 2, 2)
    >>> table = LayerSkeleton(layer).product((2,))
    >>> table.coefficient.tolist(), len(table.children)
    ([1, 2, 2, 1, 2, 1], 5)
    """

    def __init__(self, layer: LayerSpec, activation: Activation | None = None) -> None:
        self.layer = layer
        self.activation = activation
        self._plain: dict[int, PowerTable] = {}
        self._powers: dict[int, PowerTable] = {}

    @cached_property
    def _product_exponents(self) -> NDArray[np.int32]:
        """Exponents of the inputs in each product, shape (products, inputs)."""
        products = self.layer.product_indices().astype(np.int32)
        return exponent_rows(products, self.layer.letters, np.int32)[:, int(self.layer.bias) :]

    def power(self, exponent: int) -> PowerTable:
        """Return the terms of one output, activated, to the power ``exponent`` ≥ 1."""
        if self.activation is None:
            return self._plain_power(exponent)
        if exponent not in self._powers:
            factors = self.activation.power(exponent)
            self._powers[exponent] = _sum_of(
                [_scaled(self._plain_power(power), factor) for power, factor in factors.items()]
            )
        return self._powers[exponent]

    def _plain_power(self, exponent: int) -> PowerTable:
        """Return the terms of one output to a power, from 0 on."""
        if exponent not in self._plain:
            self._plain[exponent] = self._expand_power(exponent)
        return self._plain[exponent]

    def _expand_power(self, exponent: int) -> PowerTable:
        products = self.layer.products
        if exponent == 0:
            none = np.zeros((1, self.layer.inputs), dtype=np.int32)
            return PowerTable(np.empty((1, 0), np.int32), np.ones(1, dtype=np.int64), none)
        below = self._plain_power(exponent - 1)
        # Append to each row every product that is not smaller than its last one.
        last = below.rows[:, -1] if exponent > 1 else np.zeros(1, dtype=np.int32)
        counts = products - last
        source = np.repeat(np.arange(len(last)), counts)
        added = runs(last, counts).astype(np.int32)
        rows = np.concatenate([below.rows[source], added[:, None]], axis=1)
        run = (rows == added[:, None]).sum(axis=1)
        coefficient = below.coefficient[source]
        if exponent > _MAX_INT64_FACTORIAL:
            coefficient = coefficient.astype(object)
            run = run.astype(object)
        # multinomial(M + p) = multinomial(M) · m / (multiplicity of p), exactly.
        coefficient = coefficient * exponent // run
        exponents = below.exponents[source] + self._product_exponents[added]
        return PowerTable(rows, coefficient, exponents)

    def product(self, shape: Shape) -> ProductTable:
        """Return the terms of the product with the given exponents, in time linear in those."""
        tables = [self.power(exponent) for exponent in shape]
        coefficient, child, children = _distinct_rows(self._plain_power(0))
        for table in tables:
            other_coefficient, other_child, other_children = _distinct_rows(table)
            coefficient = _outer_product(coefficient, other_coefficient)
            # Add the few distinct exponent vectors, and look every pair's sum up.
            sums = (children[:, None] + other_children[None]).reshape(-1, self.layer.inputs)
            children, index = np.unique(sums, axis=0, return_inverse=True)
            lookup = index.reshape(-1, len(other_children)).astype(np.int32)
            child = lookup[child[:, None], other_child[None]].ravel()
        sizes = tuple(len(table.rows) for table in tables)
        return ProductTable(shape, sizes, coefficient, child, children)


def unit_terms(layer: LayerSpec, activation: Activation | None, exponent: int) -> int:
    """Return the number of terms of one output, activated, to some power."""
    powers = [exponent] if activation is None else list(activation.power(exponent))
    return sum(multiset_count(layer.products, power) for power in powers)


def largest(coefficients: Coefficients) -> int:
    """Return the largest absolute value."""
    return max(int(coefficients.max()), -int(coefficients.min()))


def widened(coefficients: Coefficients, factor: int) -> Coefficients:
    """Return the same numbers, as Python integers where their multiples could overflow."""
    if largest(coefficients) * abs(factor) > np.iinfo(np.int64).max:
        return coefficients.astype(object)
    return coefficients


def _scaled(table: PowerTable, factor: int) -> PowerTable:
    coefficient = widened(table.coefficient, factor) * factor
    return PowerTable(table.rows, coefficient, table.exponents)


def _sum_of(tables: Sequence[PowerTable]) -> PowerTable:
    width = max(table.rows.shape[1] for table in tables)
    padded = [
        np.pad(table.rows, ((0, 0), (0, width - table.rows.shape[1])), constant_values=-1)
        for table in tables
    ]
    rows = np.concatenate(padded)
    last = np.iinfo(np.int32).max
    order = np.lexsort(np.where(rows < 0, last, rows).T[::-1]) if width else np.arange(len(rows))
    return PowerTable(
        rows[order],
        np.concatenate([table.coefficient for table in tables])[order],
        np.concatenate([table.exponents for table in tables])[order],
    )


def _outer_product(first: Coefficients, second: Coefficients) -> Coefficients:
    """Return the products of all pairs, widened to Python integers where they could overflow."""
    bound = largest(second)
    first, second = widened(first, bound), widened(second, largest(first))
    return np.multiply.outer(first, second).ravel()


def _distinct_rows(table: PowerTable) -> tuple[Coefficients, NDArray[np.int32], NDArray[np.int32]]:
    children, child = np.unique(table.exponents, axis=0, return_inverse=True)
    return table.coefficient, child.reshape(-1).astype(np.int32), children


# -- levels and edges ------------------------------------------------------------------------


@dataclass(frozen=True)
class Level:
    """The states of one level."""

    #: Of shape (states, units).
    exponents: NDArray[np.int32]
    #: Of shape (states,): index of each state's shape (its exponents without the zeros) in
    #: ``shapes``.
    shape: NDArray[np.int32]
    #: Of shape (states, most units in one state): the units that take part, ascending; -1 beyond.
    support: NDArray[np.int32]
    shapes: tuple[Shape, ...]

    @classmethod
    def of(cls, exponents: NDArray[np.int32]) -> Level:
        """Return the level with the given states."""
        index: dict[Shape, int] = {}
        shape, supports = [], []
        for row in exponents.tolist():
            units = [unit for unit, exponent in enumerate(row) if exponent]
            key = tuple(row[unit] for unit in units)
            shape.append(index.setdefault(key, len(index)))
            supports.append(units)
        width = max((len(units) for units in supports), default=0)
        support = np.full((len(supports), width), -1, dtype=np.int32)
        for state, units in enumerate(supports):
            support[state, : len(units)] = units
        return cls(exponents, np.array(shape, dtype=np.int32), support, tuple(index))


class Steps:
    """The edges of one layer: from the shapes of a level to the states of the one below.

    ``start[s]:start[s+1]`` are the edges of shape ``s``, and ``child`` is the state that each
    leads to.
    """

    def __init__(self, skeleton: LayerSkeleton, above: Level) -> None:
        self.skeleton = skeleton
        self.shapes = above.shapes
        tables = [skeleton.product(shape) for shape in above.shapes]
        self.start = np.cumsum([0, *(len(table.child) for table in tables)])
        self.child, self.below = _numbered(tables)
        # All coefficients are over one denominator.
        scale = 1 if skeleton.activation is None else skeleton.activation.denominator
        most = max(map(sum, above.shapes))
        factors = [scale ** (most - sum(shape)) for shape in above.shapes]
        parts = [widened(t.coefficient, f) * f for t, f in zip(tables, factors, strict=True)]
        self.coefficient: Coefficients = np.concatenate(parts)
        self.denominator: int = scale**most

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of edges of each shape."""
        return np.diff(self.start)

    @cached_property
    def largest_coefficient(self) -> int:
        """The largest absolute value of the layer's coefficients."""
        return largest(self.coefficient)

    def weights(
        self, edges: NDArray[np.int64], shape: NDArray[np.int32], support: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Return the weight numbers of edges, ascending, padded with -1, in rows.

        Given the shapes, and the units in rows, of the states that the edges start from.
        """
        powers = self.skeleton.power
        widths = [[powers(m).rows.shape[1] for m in item] for item in self.shapes]
        degree = max((sum(item) for item in widths), default=0)
        result = np.full((len(edges), degree), -1, dtype=np.int32)
        products = self.skeleton.layer.products
        for index in np.unique(shape):
            chosen = np.flatnonzero(shape == index)
            local = edges[chosen] - self.start[index]
            exponents = self.shapes[index]
            end = sum(widths[index])
            for part in reversed(range(len(exponents))):
                rows = powers(exponents[part]).rows
                local, row = np.divmod(local, len(rows))
                numbers = rows[row] + support[chosen, part, None] * products
                if self.skeleton.activation is not None:
                    numbers[rows[row] < 0] = -1
                result[chosen, end - rows.shape[1] : end] = numbers
                end -= rows.shape[1]
        if self.skeleton.activation is not None:
            # Terms have different numbers of weights: the padding of each unit goes last.
            order = np.argsort(result < 0, axis=1, kind="stable")
            result = np.take_along_axis(result, order, axis=1)
        return result


def _numbered(tables: list[ProductTable]) -> tuple[NDArray[np.int32], Level]:
    """Return the state that every edge leads to, and the level of those states."""
    children = np.concatenate([table.children for table in tables])
    states, index = np.unique(children, axis=0, return_inverse=True)
    index = index.reshape(-1).astype(np.int32)
    offset, numbered = 0, []
    for table in tables:
        numbered.append(index[offset + table.child])
        offset += len(table.children)
    return np.concatenate(numbered), Level.of(states)


class ExpansionGraph:
    """All levels and layers of a network's expansion, from the inputs to the outputs."""

    def __init__(self, network: NetworkSpec) -> None:
        self.network = network
        outputs = np.eye(network.units[-1], dtype=np.int32)
        levels = [Level.of(outputs)]
        steps: list[Steps] = []
        for layer in reversed(network.layers):
            step = Steps(LayerSkeleton(layer, network.activation_of(layer)), levels[0])
            steps.insert(0, step)
            levels.insert(0, step.below)
        self.levels = levels
        self.steps = steps

    def weights(
        self, index: int, edges: NDArray[np.int64], states: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Return the weight numbers of a layer's edges from states, as `Steps.weights` does."""
        above = self.levels[index + 1]
        return self.steps[index].weights(edges, above.shape[states], above.support[states])


def exponent_rows(numbers: NDArray[np.int32], weights: int, dtype: type) -> NDArray[Any]:
    """Return how often each of a layer's weights is among the numbers of a row, all but the -1."""
    # One column more than there are weights takes the padding.
    rows: NDArray[Any] = np.zeros((len(numbers), weights + 1), dtype=dtype)
    for column in numbers.T:
        rows[np.arange(len(numbers)), column] += 1
    return rows[:, :-1]
