"""Paths through the graph of an expansion: its terms, in order, from any place on.

The terms of one coefficient are the paths from an output to one monomial. They are counted
from below without being walked, so that the path with a given number is found by going down
once; any stretch of a coefficient, however long that is, costs only itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.expansion.graph import ExpansionGraph, Steps
from polyconstraints.spec.network import runs

Integers = NDArray[Any]

#: Paths that are looked at together, which bounds the memory of a search.
_BLOCK = 1 << 20

#: Paths from an output to level 1 that are kept between searches.
_MOST_KEPT = 1 << 21


@dataclass(frozen=True)
class Paths:
    """Paths from one output down to some level, in the order of their weights."""

    #: Of shape (layers, paths): the edge taken in layer ``depth - 1 - t``, by t.
    edges: NDArray[np.int64]
    #: Of shape (paths,): the state reached.
    end: NDArray[np.int32]
    #: Of shape (paths,): product of the edges' multinomials.
    coefficient: Integers

    def __len__(self) -> int:
        return len(self.end)

    def take(self, index: NDArray[np.intp] | slice) -> Paths:
        """Return some of the paths."""
        return Paths(self.edges[:, index], self.end[index], self.coefficient[index])

    @classmethod
    def joined(cls, parts: Sequence[Paths]) -> Paths:
        """Return all paths of several parts, through as many layers each."""
        return cls(
            np.concatenate([part.edges for part in parts], axis=1),
            np.concatenate([part.end for part in parts]),
            np.concatenate([part.coefficient for part in parts]),
        )

    def followed(
        self,
        step: Steps,
        first: NDArray[np.int64],
        count: NDArray[np.int64],
        order: NDArray[np.int64] | None = None,
    ) -> Paths:
        """Return every path followed by each of ``count`` edges from ``first`` on, as ordered."""
        source = np.repeat(np.arange(len(count)), count)
        edge = runs(first, count)
        if order is not None:
            edge = order[edge]
        taken = self.take(source)
        return Paths(
            np.concatenate([taken.edges, edge[None]]),
            step.child[edge],
            taken.coefficient * step.coefficient[edge],
        )


class FirstLayer(NamedTuple):
    """The first layer's edges, sorted by shape and by the monomial they lead to."""

    #: Of shape (shapes, monomials): where the edges of both begin in ``order``, and how many they
    #: are; they stand together in the order of their weights.
    start: NDArray[np.int64]
    size: NDArray[np.int64]
    order: NDArray[np.int64]


class PathFinder:
    """Finds the paths from an output to a monomial.

    The type of coefficients has to hold the product of the multinomials of any path.
    """

    def __init__(self, graph: ExpansionGraph, coefficient_dtype: type) -> None:
        self.graph = graph
        self._coefficient_dtype = coefficient_dtype

    # -- the first layer -------------------------------------------------------------------

    @cached_property
    def bottom(self) -> FirstLayer:
        """The edges from level 1 to the monomials."""
        step = self.graph.steps[0]
        shape = len(step.shapes), len(self.graph.levels[0].shape)
        key = np.repeat(np.arange(shape[0]), step.sizes) * shape[1] + step.child
        order = np.argsort(key, kind="stable")
        bounds = np.searchsorted(key[order], np.arange(shape[0] * shape[1] + 1))
        return FirstLayer(bounds[:-1].reshape(shape), np.diff(bounds).reshape(shape), order)

    # -- counting --------------------------------------------------------------------------

    def _counted(self, counts: Integers, level: int) -> list[Integers]:
        """Return numbers of paths from the states of each level, given those of one, from it up."""
        found = [counts]
        for index in range(level, len(self.graph.steps)):
            step, shape = self.graph.steps[index], self.graph.levels[index + 1].shape
            by_shape: Integers = np.add.reduceat(found[-1][step.child], step.start[:-1])
            found.append(by_shape[shape])
        return found

    @cached_property
    def totals(self) -> list[Integers]:
        """Number of paths from each state of each level to any monomial."""
        return self._counted(np.ones(len(self.graph.levels[0].shape), dtype=object), 0)

    @cached_property
    def _rank_dtype(self) -> type:
        largest = max(self.totals[-1].tolist())
        return np.int64 if largest < np.iinfo(np.int64).max else object

    def counts(self, monomial: int) -> list[Integers]:
        """Return, from level 1 up, the number of paths from each state to a monomial."""
        by_shape: Integers = self.bottom.size[:, monomial].astype(self._rank_dtype)
        return self._counted(by_shape[self.graph.levels[1].shape], 1)

    @cached_property
    def sizes(self) -> Integers:
        """Number of paths from an output to each monomial, the same for every output."""
        reached: Integers = np.zeros(len(self.graph.levels[-1].shape), dtype=self._rank_dtype)
        reached[0] = 1
        for index in reversed(range(1, len(self.graph.steps))):
            step, level = self.graph.steps[index], self.graph.levels[index + 1]
            by_shape: Integers = np.zeros(len(step.shapes), dtype=self._rank_dtype)
            np.add.at(by_shape, level.shape, reached)
            reached = np.zeros(len(self.graph.levels[index].shape), dtype=self._rank_dtype)
            np.add.at(reached, step.child, np.repeat(by_shape, step.sizes))
        by_shape = np.zeros(len(self.graph.steps[0].shapes), dtype=self._rank_dtype)
        np.add.at(by_shape, self.graph.levels[1].shape, reached)
        result: Integers = by_shape @ self.bottom.size.astype(self._rank_dtype)
        return result

    @cached_property
    def keeps_upper(self) -> bool:
        """Whether the paths from an output to level 1 are few enough to be kept."""
        ones = np.ones(len(self.graph.levels[1].shape), dtype=object)
        return bool(self._counted(ones, 1)[-1][0] <= _MOST_KEPT)

    # -- searching -------------------------------------------------------------------------

    def root(self, state: int) -> Paths:
        """Return the path that has not left its output, or other state, yet."""
        end = np.array([state], dtype=np.int32)
        one: Integers = np.ones(1, dtype=self._coefficient_dtype)
        return Paths(np.empty((0, 1), dtype=np.int64), end, one)

    def _descended(self, paths: Paths, index: int) -> Paths:
        step = self.graph.steps[index]
        shape = self.graph.levels[index + 1].shape[paths.end]
        return paths.followed(step, step.start[shape], step.sizes[shape])

    def below(self, level: int, state: int) -> Paths:
        """Return all paths from a state of some level down to level 1."""
        paths = self.root(state)
        for index in reversed(range(1, level)):
            paths = self._descended(paths, index)
        return paths

    def between(self, output: int, monomial: int, start: int, stop: int) -> Paths:
        """Return the paths with the numbers from ``start`` up to but not including ``stop``.

        Numbers count the paths from the output to the monomial in the order of their
        weights, and those beyond the last one are left out.
        """
        counts = self.counts(monomial)
        stop = min(stop, int(counts[-1][output]))
        paths, passed = self.root(output), 0
        if start >= stop:
            paths = paths.take(slice(0, 0))
        for index in reversed(range(1, len(self.graph.steps))):
            paths, passed = self._narrowed(paths, index, counts[index - 1], passed, start, stop)
        shapes = self.graph.levels[1].shape[paths.end]
        first, count = self.bottom.start[shapes, monomial], self.bottom.size[shapes, monomial]
        number = passed + np.cumsum(count.astype(self._rank_dtype)) - count
        skipped = np.clip(start - number, 0, count).astype(np.int64)
        taken = np.clip(stop - number, 0, count).astype(np.int64)
        step = self.graph.steps[0]
        return paths.followed(step, first + skipped, taken - skipped, self.bottom.order)

    def in_blocks(self, output: int, monomial: int, most: int) -> Iterator[Paths]:
        """Yield the paths from an output to a monomial in order, so many at a time."""
        for start in range(0, int(self.sizes[monomial]), most):
            yield self.between(output, monomial, start, start + most)

    def _narrowed(
        self, paths: Paths, index: int, below: Integers, passed: int, start: int, stop: int
    ) -> tuple[Paths, int]:
        """Follow paths through a layer, and keep those that lead to wanted numbers.

        ``below`` counts the paths from each state reached; the first path given has the number
        ``passed``, and the number of the first one kept is returned, too.
        """
        kept, first = [], None
        for part in self._blocks(paths, index):
            longer = self._descended(part, index)
            count = below[longer.end]
            after = passed + np.cumsum(count)
            wanted = np.flatnonzero((count > 0) & (after > start) & (after - count < stop))
            if len(wanted):
                kept.append(longer.take(wanted))
                first = int(after[wanted[0]] - count[wanted[0]]) if first is None else first
            passed = int(after[-1]) if len(after) else passed
        if first is None:
            return self._descended(paths.take(slice(0, 0)), index), passed
        return Paths.joined(kept), first

    def _blocks(self, paths: Paths, index: int) -> Iterator[Paths]:
        """Yield paths in stretches that are followed by a bounded number of edges."""
        sizes = self.graph.steps[index].sizes[self.graph.levels[index + 1].shape[paths.end]]
        yield from (paths.take(part) for part in stretches(sizes, _BLOCK))


def stretches(sizes: NDArray[np.int64], most: int) -> Iterator[slice]:
    """Yield slices of consecutive items whose sizes add up to ``most`` at most.

    An item that is larger than that stands alone.

    >>> [(part.start, part.stop) for part in stretches(np.array([3, 3, 9, 1, 2]), 6)]
    [(0, 2), (2, 3), (3, 5)]
    """
    ends = np.cumsum(sizes)
    start, done = 0, 0
    while start < len(sizes):
        stop = max(start + 1, int(np.searchsorted(ends, done + most, side="right")))
        yield slice(start, stop)
        start, done = stop, int(ends[stop - 1])
