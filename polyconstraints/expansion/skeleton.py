"""Products of one layer's outputs, expanded once and renamed ever after.

The outputs of a layer differ only by a renaming of that layer's own weights, so a product
``o_1^a · o_2^b ···`` is known once for each *shape* ``(a, b, …)``: which units take part
changes names only. And since each weight occurs in one output and in one product of inputs,
two different choices of weights never give the same weight monomial. The expansion of a
power is therefore given in closed form by the multinomial theorem,

    o^m = Σ_{multisets M of m products} multinomial(M) · Π_{p in M} W_p · (inputs of p),

and no like terms are left to collect. This holds for every layer kind: linear, ordered and
redundant (where W_ij and W_ji are different weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.network import LayerSpec

__all__ = ["LayerSkeleton", "PowerTable", "ProductTable", "Shape", "multiset_count"]

#: Exponents of the units that take part in a product, in the order of the units.
Shape = tuple[int, ...]

#: Multinomial coefficients, int64 or Python integers.
Coefficients = NDArray[np.int64] | NDArray[np.object_]

#: The largest m for which m! fits a signed 64-bit integer.
_MAX_INT64_FACTORIAL = 20


def multiset_count(kinds: int, size: int) -> int:
    """Return the number of multisets of ``size`` elements of ``kinds`` kinds.

    Examples
    --------
    >>> multiset_count(10, 2)
    55
    """
    return comb(kinds + size - 1, size)


@dataclass(frozen=True)
class PowerTable:
    """The terms of one output unit raised to the power m.

    Attributes
    ----------
    rows : array of shape (terms, m)
        Each term's product numbers, ascending; rows in lexicographic order.
    coefficient : array of shape (terms,)
        Multinomial coefficients, int64 or Python integers.
    exponents : array of shape (terms, inputs)
        Exponents of the layer's inputs; the homogenising unit is left out, being 1.
    """

    rows: NDArray[np.int32]
    coefficient: Coefficients
    exponents: NDArray[np.int32]


@dataclass(frozen=True)
class ProductTable:
    """The terms of a product of output units with the exponents ``shape``.

    A term's number is the mixed-radix number of its power terms, the last unit's fastest.

    Attributes
    ----------
    shape : tuple of int
    sizes : tuple of int
        Numbers of terms of the powers that are multiplied.
    coefficient : array of shape (terms,)
    child : array of shape (terms,)
        Index into ``children`` of each term's product of inputs.
    children : array of shape (distinct, inputs)
        The distinct exponent vectors of the inputs, in lexicographic order.
    """

    shape: Shape
    sizes: tuple[int, ...]
    coefficient: Coefficients
    child: NDArray[np.int32]
    children: NDArray[np.int32]


class LayerSkeleton:
    """Expands products of the outputs of one layer, each shape once.

    Parameters
    ----------
    layer : LayerSpec

    Examples
    --------
    >>> layer = LayerSpec(0, 2, "ordered", False, 2, 2)
    >>> table = LayerSkeleton(layer).product((2,))
    >>> table.coefficient.tolist(), len(table.children)
    ([1, 2, 2, 1, 2, 1], 5)
    """

    def __init__(self, layer: LayerSpec) -> None:
        self.layer = layer
        self._powers: dict[int, PowerTable] = {}

    @cached_property
    def _product_exponents(self) -> NDArray[np.int32]:
        """Exponents of the inputs in each product, shape (products, inputs)."""
        products = self.layer.product_indices()
        counts = np.zeros((len(products), self.layer.letters), dtype=np.int32)
        for column in products.T:
            counts[np.arange(len(products)), column] += 1
        return counts[:, 1:] if self.layer.bias else counts

    def terms(self, shape: Shape) -> int:
        """Return the number of terms of a product, without expanding it."""
        return prod(multiset_count(self.layer.products, exponent) for exponent in shape)

    def power(self, exponent: int) -> PowerTable:
        """Return the terms of one output to the power ``exponent`` ≥ 1."""
        if exponent not in self._powers:
            self._powers[exponent] = self._expand_power(exponent)
        return self._powers[exponent]

    def _expand_power(self, exponent: int) -> PowerTable:
        products = self.layer.products
        if exponent == 1:
            rows = np.arange(products, dtype=np.int32)[:, None]
            ones = np.ones(products, dtype=np.int64)
            return PowerTable(rows, ones, self._product_exponents)
        below = self.power(exponent - 1)
        # Append to each row every product that is not smaller than its last one.
        last = below.rows[:, -1]
        counts = products - last
        source = np.repeat(np.arange(len(last)), counts)
        starts = np.cumsum(counts) - counts
        added = (np.arange(len(source)) - starts[source] + last[source]).astype(np.int32)
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
        """Return the terms of the product with the given exponents.

        The table has :meth:`terms` rows; time and memory are linear in that number.
        """
        if not shape:
            one = np.ones(1, dtype=np.int64)
            none = np.zeros((1, self.layer.inputs), dtype=np.int32)
            return ProductTable((), (), one, np.zeros(1, dtype=np.int32), none)
        tables = [self.power(exponent) for exponent in shape]
        coefficient, child, children = _distinct_rows(tables[0])
        for table in tables[1:]:
            other_coefficient, other_child, other_children = _distinct_rows(table)
            coefficient = _outer_product(coefficient, other_coefficient)
            # Add the few distinct exponent vectors, and look every pair's sum up.
            sums = (children[:, None] + other_children[None]).reshape(-1, self.layer.inputs)
            children, index = np.unique(sums, axis=0, return_inverse=True)
            lookup = index.reshape(-1, len(other_children)).astype(np.int32)
            child = lookup[child[:, None], other_child[None]].ravel()
        sizes = tuple(len(table.rows) for table in tables)
        return ProductTable(shape, sizes, coefficient, child, children)


def _outer_product(first: Coefficients, second: Coefficients) -> Coefficients:
    """Return the products of all pairs, widened to Python integers where they could overflow."""
    if int(first.max()) * int(second.max()) > np.iinfo(np.int64).max:
        first, second = first.astype(object), second.astype(object)
    return np.multiply.outer(first, second).ravel()


def _distinct_rows(
    table: PowerTable,
) -> tuple[Coefficients, NDArray[np.int32], NDArray[np.int32]]:
    children, child = np.unique(table.exponents, axis=0, return_inverse=True)
    return table.coefficient, child.reshape(-1).astype(np.int32), children
