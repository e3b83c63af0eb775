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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from math import comb
from operator import mul
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


def activation_of(network: NetworkSpec, layer: LayerSpec) -> Activation:
    """Return what the outputs of a layer pass through: z itself where there is nothing."""
    return network.activation_of(layer) or Activation.monomial(1)


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

    def next(self, products: NDArray[np.int32]) -> PowerTable:
        """Return the terms of one power more, given the inputs' exponents in each product."""
        exponent = self.rows.shape[1] + 1
        # Append to each row every product that is not smaller than its last one.
        last = self.rows[:, -1] if exponent > 1 else np.zeros(1, dtype=np.int32)
        counts = len(products) - last
        source = np.repeat(np.arange(len(last)), counts)
        added = runs(last, counts).astype(np.int32)
        rows = np.concatenate([self.rows[source], added[:, None]], axis=1)
        run = (rows == added[:, None]).sum(axis=1)
        coefficient = self.coefficient[source]
        if exponent > _MAX_INT64_FACTORIAL:
            coefficient, run = coefficient.astype(object), run.astype(object)
        # multinomial(M + p) = multinomial(M) · m / (multiplicity of p), exactly.
        coefficient = coefficient * exponent // run
        return PowerTable(rows, coefficient, self.exponents[source] + products[added])


def power_tables(layer: LayerSpec, activation: Activation, most: int) -> list[PowerTable]:
    """Return the terms of one output, activated, to the powers from 0 to the largest."""
    numbers = layer.product_indices().astype(np.int32)
    products = exponent_rows(numbers, layer.letters, np.int32)[:, int(layer.bias) :]
    none = np.zeros((1, layer.inputs), dtype=np.int32)
    plain = [PowerTable(np.empty((1, 0), np.int32), np.ones(1, dtype=np.int64), none)]
    sums = [activation.power(exponent) for exponent in range(most + 1)]
    while len(plain) <= max(map(max, sums)):
        plain.append(plain[-1].next(products))
    return [_sum_of([(plain[at], factor) for at, factor in terms.items()]) for terms in sums]


@dataclass(frozen=True)
class ProductTable:
    """The terms of a product of powers of output units.

    A term's number is the mixed-radix number of its power terms, the last unit's fastest.

    >>> layer = LayerSpec(0, 2, "ordered", False, 2, 2)
    >>> *_, square = power_tables(layer, Activation.monomial(1), 2)
    >>> table = ProductTable.of(square)
    >>> table.coefficient.tolist(), len(table.children)
    ([1, 2, 2, 1, 2, 1], 5)
    """

    #: Of shape (terms,).
    coefficient: Coefficients
    #: Of shape (terms,): index into ``children`` of each term's product of inputs.
    child: NDArray[np.int32]
    #: Of shape (distinct, inputs): the distinct exponent vectors of the inputs, in lexicographic
    #: order.
    children: NDArray[np.int32]

    @classmethod
    def of(cls, table: PowerTable) -> ProductTable:
        """Return the terms of a power alone."""
        children, child = np.unique(table.exponents, axis=0, return_inverse=True)
        return cls(table.coefficient, child.reshape(-1).astype(np.int32), children)

    def __mul__(self, other: ProductTable) -> ProductTable:
        """Return the terms of a product with powers of other units, in time linear in those."""
        # Add the few distinct exponent vectors, and look every pair's sum up.
        sums = self.children[:, None] + other.children[None]
        children, index = np.unique(sums.reshape(-1, sums.shape[2]), axis=0, return_inverse=True)
        lookup = index.reshape(-1, len(other.children)).astype(np.int32)
        child = lookup[self.child[:, None], other.child[None]].ravel()
        return ProductTable(_outer_product(self.coefficient, other.coefficient), child, children)


def unit_terms(layer: LayerSpec, activation: Activation, exponent: int) -> int:
    """Return the number of terms of one output, activated, to some power."""
    return sum(multiset_count(layer.products, power) for power in activation.power(exponent))


def largest(coefficients: Coefficients) -> int:
    """Return the largest absolute value."""
    return max(int(coefficients.max()), -int(coefficients.min()))


def multiplied(coefficients: Coefficients, factor: int) -> Coefficients:
    """Return multiples of numbers, as Python integers where those could overflow."""
    if largest(coefficients) * abs(factor) > np.iinfo(np.int64).max:
        coefficients = coefficients.astype(object)
    return coefficients * factor


def _outer_product(first: Coefficients, second: Coefficients) -> Coefficients:
    """Return the products of all pairs, widened to Python integers where they could overflow."""
    if largest(first) * largest(second) > np.iinfo(np.int64).max:
        first, second = first.astype(object), second.astype(object)
    return np.multiply.outer(first, second).ravel()


def _sum_of(summands: Sequence[tuple[PowerTable, int]]) -> PowerTable:
    """Return the sum of multiples of different powers."""
    tables = [
        replace(table, coefficient=multiplied(table.coefficient, factor))
        for table, factor in summands
    ]
    if len(tables) == 1:
        return tables[0]
    width = max(table.rows.shape[1] for table in tables)
    rows = np.concatenate(
        [
            np.pad(table.rows, ((0, 0), (0, width - table.rows.shape[1])), constant_values=-1)
            for table in tables
        ]
    )
    order = np.lexsort(np.where(rows < 0, np.iinfo(np.int32).max, rows).T[::-1])
    return PowerTable(
        rows[order],
        np.concatenate([table.coefficient for table in tables])[order],
        np.concatenate([table.exponents for table in tables])[order],
    )


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

    def __init__(self, layer: LayerSpec, activation: Activation, above: Level) -> None:
        self.layer = layer
        self.shapes = above.shapes
        most = max(max(shape, default=0) for shape in above.shapes)
        self.powers = power_tables(layer, activation, most)
        factors = [ProductTable.of(table) for table in self.powers]
        tables = [
            reduce(mul, (factors[exponent] for exponent in shape), factors[0])
            for shape in above.shapes
        ]
        self.start = np.cumsum([0, *(len(table.child) for table in tables)])
        self.child, self.below = _numbered(tables)
        # All coefficients are over one denominator.
        scale, degrees = activation.denominator, list(map(sum, above.shapes))
        parts: list[Any] = [
            multiplied(table.coefficient, scale ** (max(degrees) - degree))
            for table, degree in zip(tables, degrees, strict=True)
        ]
        self.coefficient: Coefficients = np.concatenate(parts)
        self.denominator: int = scale ** max(degrees)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of edges of each shape."""
        return np.diff(self.start)

    @cached_property
    def largest_coefficient(self) -> int:
        """The largest absolute value of the layer's coefficients."""
        return largest(self.coefficient)

    def weights(
        self, edges: NDArray[np.int64], above: Level, states: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Return the weight numbers of edges from states, ascending, padded with -1, in rows."""
        shape, support = above.shape[states], above.support[states]
        powers = [table.rows for table in self.powers]
        widths = [[powers[exponent].shape[1] for exponent in item] for item in self.shapes]
        degree = max(map(sum, widths))
        result = np.full((len(edges), degree), -1, dtype=np.int32)
        padded = any((rows < 0).any() for rows in powers)
        for index in np.unique(shape):
            chosen = np.flatnonzero(shape == index)
            local = edges[chosen] - self.start[index]
            end = sum(widths[index])
            for part, exponent in reversed(list(enumerate(self.shapes[index]))):
                rows = powers[exponent]
                local, row = np.divmod(local, len(rows))
                numbers = rows[row] + support[chosen, part, None] * self.layer.products
                if padded:
                    numbers[rows[row] < 0] = -1
                result[chosen, end - rows.shape[1] : end] = numbers
                end -= rows.shape[1]
        if padded:
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
            step = Steps(layer, activation_of(network, layer), levels[0])
            steps.insert(0, step)
            levels.insert(0, step.below)
        self.levels = levels
        self.steps = steps

    def weights(
        self, edges: Iterable[NDArray[np.int64]], states: NDArray[np.int32]
    ) -> Iterator[NDArray[np.int32]]:
        """Yield the weight numbers of paths' edges, layer by layer, as `Steps.weights` does.

        From the last layer on, given the outputs that the paths start from.
        """
        for step, above, taken in zip(self.steps[::-1], self.levels[:0:-1], edges, strict=False):
            yield step.weights(taken, above, states)
            states = step.child[taken]


def exponent_rows(numbers: NDArray[np.int32], weights: int, dtype: type) -> NDArray[Any]:
    """Return how often each of a layer's weights is among the numbers of a row, all but the -1."""
    # One column more than there are weights takes the padding.
    rows: NDArray[Any] = np.zeros((len(numbers), weights + 1), dtype=dtype)
    for column in numbers.T:
        rows[np.arange(len(numbers)), column] += 1
    return rows[:, :-1]
