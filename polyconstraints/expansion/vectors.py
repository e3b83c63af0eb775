"""All terms of an expansion as exponent vectors, in lexicographic order of monomials.

What general algebra systems hold, at one byte an exponent. A vector is put together from
two rows that are made once and used many times: the upper layers' weights of a path to
level 1, and the first layer's weights of a product of its units.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.expansion.graph import ExpansionGraph
from polyconstraints.expansion.packed import smallest_dtype
from polyconstraints.expansion.paths import PathFinder, Paths, stretches

Integers = NDArray[Any]

#: Bytes of vectors that are given at once.
_BLOCK_BYTES = 1 << 22


class VectorWriter:
    """Writes terms as exponent vectors.

    Columns are the inputs, and then the weights of each layer from the last to the first.
    """

    def __init__(self, graph: ExpansionGraph, finder: PathFinder) -> None:
        self.graph = graph
        self.finder = finder
        network = graph.network
        self.dtype = smallest_dtype(network.degree)
        self._latest: tuple[int, Integers] | None = None
        self._inputs = network.units[0]
        self._upper_width = sum(layer.weights for layer in network.layers[1:])
        self.width = self._inputs + self._upper_width + network.layers[0].weights

    def vectors(self, output: int, monomial: int) -> Iterator[tuple[Integers, Integers]]:
        """Yield the terms of one coefficient, some at a time, with their coefficients."""
        paths = self._upper_paths(output)
        if paths is None:
            yield from self._found(output, monomial)
            return
        exponents = self.graph.levels[0].exponents[monomial]
        levels = self.graph.levels[1]
        _, by_shape = self.finder.bottom(slice(None), monomial)
        by_state = by_shape[levels.shape]
        offset = np.cumsum(by_state) - by_state
        lower, lower_coefficient = self._lower_rows(monomial, by_state)
        count = by_state[paths.end]
        upper = self._upper_rows(output)
        for part in stretches(count, max(1, _BLOCK_BYTES // self.width)):
            counts = count[part]
            size = int(counts.sum())
            place = np.repeat(offset[paths.end[part]] - (np.cumsum(counts) - counts), counts)
            place += np.arange(size)
            block: Integers = np.empty((size, self.width), dtype=self.dtype)
            block[:, : self._inputs] = exponents
            middle = self._inputs + self._upper_width
            block[:, self._inputs : middle] = np.repeat(upper[part], counts, axis=0)
            block[:, middle:] = lower[place]
            yield block, np.repeat(paths.coefficient[part], counts) * lower_coefficient[place]

    def _found(self, output: int, monomial: int) -> Iterator[tuple[Integers, Integers]]:
        """Yield the same by searching for each stretch of paths."""
        most = max(1, _BLOCK_BYTES // self.width)
        start = 0
        while len(paths := self.finder.between(output, monomial, start, start + most)):
            exponents = self.graph.levels[0].exponents[monomial].astype(self.dtype)
            inputs = np.broadcast_to(exponents, (len(paths), self._inputs))
            yield np.concatenate([inputs, self._rows(paths)], axis=1), paths.coefficient
            start += len(paths)

    def _upper_paths(self, output: int) -> Paths | None:
        paths = self.finder.upper
        if paths is None:
            return None
        if not paths.states:
            return self.finder.root(output)
        first = np.full(len(paths), output, dtype=np.int32)
        return Paths(paths.edges, (first, *paths.states[1:]), paths.end, paths.coefficient)

    def _upper_rows(self, output: int) -> Integers:
        """Return the upper layers' exponents of an output's paths; those last used are kept."""
        if self._latest is None or self._latest[0] != output:
            paths = self._upper_paths(output)
            if paths is None:
                raise ValueError("expected paths that are few enough to be kept")
            self._latest = output, self._rows(paths)
        return self._latest[1]

    def _rows(self, paths: Paths) -> Integers:
        """Return the exponents of the layers that paths go through, the last layer's first."""
        blocks: list[Integers] = [np.zeros((len(paths), 0), dtype=self.dtype)]
        for position, (edges, states) in enumerate(zip(paths.edges, paths.states, strict=True)):
            index = len(self.graph.steps) - 1 - position
            blocks.append(self._layer_rows(index, edges, states))
        return np.concatenate(blocks, axis=1)

    def _lower_rows(self, monomial: int, by_state: NDArray[np.int64]) -> tuple[Integers, Integers]:
        """Return the first layer's exponents of every state's edges to a monomial."""
        state = np.repeat(np.arange(len(by_state), dtype=np.int32), by_state)
        first, _ = self.finder.bottom(self.graph.levels[1].shape, monomial)
        place = np.repeat(first - (np.cumsum(by_state) - by_state), by_state)
        edges = self.finder.bottom_order[place + np.arange(len(place))]
        return self._layer_rows(0, edges, state), self.graph.steps[0].coefficient[edges]

    def _layer_rows(
        self, index: int, edges: NDArray[np.int64], states: NDArray[np.int32]
    ) -> Integers:
        """Return one layer's exponents of edges."""
        level, step = self.graph.levels[index + 1], self.graph.steps[index]
        numbers = step.weights(edges, level.shape[states], level.support[states])
        # One column more than there are weights takes the padding.
        rows: Integers = np.zeros((len(edges), step.skeleton.layer.weights + 1), dtype=self.dtype)
        for column in numbers.T:
            rows[np.arange(len(edges)), column] += 1
        return rows[:, :-1]

    @cached_property
    def order(self) -> list[int]:
        """The monomials in descending lexicographic order."""
        ascending = np.lexsort(self.graph.levels[0].exponents.T[::-1])
        return [int(state) for state in ascending[::-1]]
