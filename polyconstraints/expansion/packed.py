"""All terms of an expansion, written out as machine words or as exponent vectors.

A term is a path through the graph, so it is known by the edge that it takes in each layer: its
*key* is the mixed-radix number of those edges, the last layer's first, which fits a machine word
for any network whose terms can be listed. Keys of one monomial ascend in the lexicographic order of
the weights, so the terms come out grouped and sorted, and nothing is hashed, compared or collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.expansion.graph import ExpansionGraph, exponent_rows
from polyconstraints.expansion.paths import PathFinder, Paths, stretches
from polyconstraints.spec.network import runs

Integers = NDArray[Any]
Exponents = tuple[int, ...]

#: Largest key that NumPy takes apart; there are Python's integers for larger ones.
_WORD = (1 << 63) - 1

#: Terms that are packed together: few enough to stay in a processor's cache.
_BLOCK = 1 << 16

#: Terms of several monomials that are gathered together; stretches of a larger one are copied.
_GATHERED = 1 << 14

#: Bytes of vectors that are given at once.
_BLOCK_BYTES = 1 << 22


_UNSIGNED = (np.uint8, np.uint16, np.uint32, np.uint64)
_SIGNED = (np.int8, np.int16, np.int32, np.int64)


def smallest_dtype(largest: int, signed: bool = False) -> type:
    """Return the smallest integer type that holds a number, and -1 times it if signed.

    >>> smallest_dtype(48), smallest_dtype(1 << 40), smallest_dtype(1 << 64)
    (<class 'numpy.uint8'>, <class 'numpy.uint64'>, <class 'object'>)
    """
    for dtype in _SIGNED if signed else _UNSIGNED:
        if largest <= np.iinfo(dtype).max:
            return dtype
    return object


@dataclass(frozen=True)
class KeyLayout:
    """How terms of a network are packed.

    >>> KeyLayout((177501, 361, 60)).dtype
    <class 'numpy.uint32'>
    >>> layout = KeyLayout((10, 7))
    >>> keys = layout.pack(np.array([[3, 9], [6, 2]]))
    >>> keys.tolist(), [field.tolist() for field in layout.unpack(keys)]
    ([63, 29], [[3, 9], [6, 2]])
    """

    #: Number of edges of each layer, from the first to the last; for the last layer the number of
    #: its weights, so that keys of different outputs differ.
    radices: tuple[int, ...]

    @cached_property
    def dtype(self) -> type:
        """The type of keys, as small as it may be."""
        largest = prod(self.radices) - 1
        return smallest_dtype(largest) if largest <= _WORD else object

    @property
    def _wide(self) -> type:
        return object if self.dtype is object else np.int64

    def pack(self, fields: Sequence[Integers]) -> Integers:
        """Return the keys, given each layer's numbers from the first to the last."""
        keys: Integers = np.zeros(len(fields[0]), dtype=self._wide)
        for field, radix in zip(reversed(fields), reversed(self.radices), strict=True):
            keys = keys * radix + field
        return keys.astype(self.dtype)

    def unpack(self, keys: Integers) -> list[NDArray[np.int64]]:
        """Return each layer's numbers, from the first to the last."""
        rest: Integers = keys.astype(self._wide)
        fields = []
        for radix in self.radices:
            fields.append((rest % radix).astype(np.int64))
            rest = rest // radix
        return fields


@dataclass(frozen=True)
class PackedTerms:
    """Terms of one output as keys and coefficients, grouped by monomials in the inputs.

    Within a group keys ascend, in the order of :class:`~polyconstraints.expansion.Terms`.
    :meth:`Expansion.terms` turns keys back into weights.
    """

    layout: KeyLayout
    #: Of shape (terms,).
    keys: Integers
    #: Of shape (terms,): integers, in the smallest type that holds them all; unsigned where all are
    #: positive.
    coefficients: Integers
    #: Exponents of the inputs of each group.
    monomials: tuple[Exponents, ...]
    #: Of shape (groups + 1,). ``starts[g]:starts[g+1]`` are the terms of group ``g``.
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.coefficients)

    def __getitem__(self, group: int) -> PackedTerms:
        part = slice(int(self.starts[group]), int(self.starts[group + 1]))
        return PackedTerms(
            self.layout,
            self.keys[part],
            self.coefficients[part],
            self.monomials[group : group + 1],
            np.array([0, part.stop - part.start]),
        )


class _Below(NamedTuple):
    """Paths to level 1: their keys, coefficients and last shapes; where each first shape's end."""

    prefix: Integers
    coefficient: Integers
    shape: NDArray[np.int32]
    ends: NDArray[np.int64]


class Packer:
    """Writes out the terms of outputs, given a bound for their coefficients' absolute values."""

    def __init__(self, graph: ExpansionGraph, finder: PathFinder, largest_coefficient: int) -> None:
        self.graph = graph
        self.finder = finder
        signed = any(int(step.coefficient.min()) < 0 for step in graph.steps)
        self.coefficient_dtype = smallest_dtype(largest_coefficient, signed)
        edges = [len(step.child) for step in graph.steps[:-1]]
        self.layout = KeyLayout((*edges, graph.network.layers[-1].weights))

    @cached_property
    def _bottom(self) -> tuple[Integers, Integers]:
        """Key part and coefficient of the first layer's edges, sorted as they are used."""
        order = self.finder.bottom.order
        coefficient = self.graph.steps[0].coefficient[order]
        return order.astype(self.layout.dtype), coefficient.astype(self.coefficient_dtype)

    def fill(self, output: int, states: list[int], keys: Integers, coefficients: Integers) -> None:
        """Write the terms of some monomials' coefficients into arrays of that length."""
        # States of the same shape have the same paths below them, so the last layer's edges
        # share few blocks of terms, which are copied to their places; then each edge adds
        # its part of the key. An edge of the last layer is a single weight: its coefficient is 1.
        *block, starts, sizes = self._block(states)
        if len(states) == 1:
            ends = starts + sizes
            parts = list(map(slice, starts.tolist(), ends.tolist()))
            for target, source in zip((keys, coefficients), block, strict=True):
                np.concatenate([source[part] for part in parts], out=target)
        else:
            place = runs(starts, sizes)
            for target, source in zip((keys, coefficients), block, strict=True):
                np.take(source, place, out=target)
        keys += _tiled(self._offsets[output], len(states)).repeat(sizes)

    @cached_property
    def _offsets(self) -> Integers:
        """What each of the last layer's weights adds to a key, (outputs, products)."""
        last = self.graph.network.layers[-1]
        factor = prod(self.layout.radices[:-1])
        numbers = [number * factor for number in range(last.weights)]
        offsets: Integers = np.array(numbers, dtype=self.layout.dtype)
        return offsets.reshape(last.outputs, last.products)

    @cached_property
    def _top_shapes(self) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
        shapes = self.graph.levels[-2].shape[self.graph.steps[-1].child]
        distinct, blocks = np.unique(shapes, return_inverse=True)
        return distinct, blocks

    @cached_property
    def _below(self) -> _Below:
        """The paths from a state of each shape that the last layer leads to, to level 1."""
        level = len(self.graph.steps) - 1
        shapes = self.graph.levels[level].shape
        states = [int(np.flatnonzero(shapes == shape)[0]) for shape in self._top_shapes[0]]
        parts = [self.finder.below(level, state) for state in states]
        paths = Paths.joined(parts)
        none = np.zeros(len(paths), dtype=np.int64)
        return _Below(
            self.layout.pack([none, *paths.edges[::-1], none]),
            paths.coefficient.astype(self.coefficient_dtype),
            self.graph.levels[1].shape[paths.end],
            np.cumsum([len(p) for p in parts]),
        )

    def _block(self, states: list[int]) -> list[Integers]:
        """Return keys and coefficients of those paths, continued to some monomials.

        For each monomial and edge of the last layer also where its terms start, and their number.
        """
        below = self._below
        field, edge_coefficient = self._bottom
        bottom = self.finder.bottom
        first = bottom.start[:, states][below.shape].T.ravel()
        count = bottom.size[:, states][below.shape].T.ravel()
        ends = np.cumsum(count)
        keys: Integers = np.empty(int(ends[-1]), dtype=self.layout.dtype)
        coefficients: Integers = np.empty(int(ends[-1]), dtype=self.coefficient_dtype)
        prefixes = _tiled(below.prefix, len(states))
        factors = _tiled(below.coefficient, len(states))
        filled = 0
        for part in stretches(count, _BLOCK):
            counts = count[part]
            place = runs(first[part], counts)
            target = slice(filled, filled + len(place))
            np.add(prefixes[part].repeat(counts), field[place], out=keys[target])
            factor = factors[part].repeat(counts)
            np.multiply(factor, edge_coefficient[place], out=coefficients[target])
            filled += len(place)
        ends = ends.reshape(len(states), -1)[:, below.ends - 1]
        starts = np.zeros(ends.shape, dtype=np.int64)
        starts.ravel()[1:] = ends.ravel()[:-1]
        edges = self._top_shapes[1]
        sizes = (ends - starts)[:, edges].ravel()
        return [keys, coefficients, starts[:, edges].ravel(), sizes]

    def renamed(self, packed: PackedTerms, output: int) -> PackedTerms:
        """Return the terms of another output, given those of the first one."""
        return replace(packed, keys=packed.keys + self._offsets[output, 0])

    def packed(self, output: int, monomials: Sequence[Exponents], states: list[int]) -> PackedTerms:
        """Return the terms of some monomials, also given as states of the lowest level."""
        sizes = self.finder.sizes[states].astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        keys: Integers = np.empty(int(starts[-1]), dtype=self.layout.dtype)
        coefficients: Integers = np.empty(int(starts[-1]), dtype=self.coefficient_dtype)
        if len(self.graph.steps) == 1 or not self.finder.keeps_upper:
            filled = 0
            for state in states:
                for paths in self.finder.in_blocks(output, state, _BLOCK):
                    target = slice(filled, filled + len(paths))
                    found = self.layout.pack(list(paths.edges[::-1]))
                    keys[target] = found + self._offsets[output, 0]
                    coefficients[target] = paths.coefficient
                    filled += len(paths)
        else:
            # Small ones together: what each call costs would be more than its terms do.
            for part in stretches(sizes + len(self._below.coefficient), _GATHERED):
                terms = slice(int(starts[part.start]), int(starts[part.stop]))
                self.fill(output, states[part], keys[terms], coefficients[terms])
        return PackedTerms(self.layout, keys, coefficients, tuple(monomials), starts)


def _tiled(items: Integers, times: int) -> Integers:
    """Return items several times, one after the other; `np.tile`, much slower, does no more."""
    return items.reshape(1, -1).repeat(times, axis=0).ravel()


# -- exponent vectors ---------------------------------------------------------------------


class VectorWriter:
    """Writes exponents of the inputs, then of each layer's weights from the last to the first."""

    def __init__(self, graph: ExpansionGraph, finder: PathFinder) -> None:
        self.graph = graph
        self.finder = finder
        self.dtype = smallest_dtype(graph.network.degree)
        width = graph.network.units[0] + graph.network.weights
        self._most = max(1, _BLOCK_BYTES // width)

    def vectors(self, output: int) -> Iterator[tuple[Integers, Integers]]:
        """Yield an output's terms, some at a time in descending order, with their coefficients."""
        monomials = np.lexsort(self.graph.levels[0].exponents.T[::-1])[::-1].tolist()
        if not self.finder.keeps_upper:
            for monomial in monomials:
                yield from self._searched(output, monomial)
            return
        upper = self.finder.below(len(self.graph.steps), output)
        rows = self._rows(output, upper)
        for monomial in monomials:
            yield from self._continued(upper, rows, monomial)

    def _continued(
        self, upper: Paths, rows: Integers, monomial: int
    ) -> Iterator[tuple[Integers, Integers]]:
        """Yield the terms that continue paths to level 1, whose exponents are known."""
        bottom, level = self.finder.bottom, self.graph.levels[1]
        by_state = bottom.size[level.shape, monomial]
        offset = np.cumsum(by_state) - by_state
        states = np.repeat(np.arange(len(by_state), dtype=np.int32), by_state)
        edges = bottom.order[runs(bottom.start[level.shape, monomial], by_state)]
        step = self.graph.steps[0]
        numbers = step.weights(edges, level, states)
        lower = exponent_rows(numbers, step.layer.weights, self.dtype)
        factors = step.coefficient[edges]
        count = by_state[upper.end]
        for part in stretches(count, self._most):
            counts = count[part]
            place = runs(offset[upper.end[part]], counts)
            above = np.repeat(rows[part], counts, axis=0)
            vectors = self._beside_inputs(monomial, above, lower[place])
            yield vectors, np.repeat(upper.coefficient[part], counts) * factors[place]

    def _searched(self, output: int, monomial: int) -> Iterator[tuple[Integers, Integers]]:
        """Yield the same by searching for each stretch of paths."""
        for paths in self.finder.in_blocks(output, monomial, self._most):
            yield self._beside_inputs(monomial, self._rows(output, paths)), paths.coefficient

    def _beside_inputs(self, monomial: int, *blocks: Integers) -> Integers:
        exponents = self.graph.levels[0].exponents[monomial].astype(self.dtype)
        inputs = np.broadcast_to(exponents, (len(blocks[0]), len(exponents)))
        return np.concatenate([inputs, *blocks], axis=1)

    def _rows(self, output: int, paths: Paths) -> Integers:
        """Return the exponents of the layers that paths go through, the last layer's first."""
        outputs = np.full(len(paths), output, dtype=np.int32)
        blocks: list[Integers] = [np.zeros((len(paths), 0), dtype=self.dtype)]
        layers = reversed(self.graph.network.layers)
        for layer, numbers in zip(layers, self.graph.weights(paths.edges, outputs), strict=False):
            blocks.append(exponent_rows(numbers, layer.weights, self.dtype))
        return np.concatenate(blocks, axis=1)
