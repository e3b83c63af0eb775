"""Paths through the graph of an expansion: its terms, in order, from any place on.

The terms of one coefficient are the paths from an output to one monomial. They are counted
from below without being walked, so that the path with a given number is found by going down
once; any stretch of a coefficient, however long that is, costs only itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

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

    #: The edge taken in layer ``depth - 1 - t``, and the state that it starts from, by t.
    edges: tuple[NDArray[np.int64], ...]
    states: tuple[NDArray[np.int32], ...]
    #: Of shape (paths,): the state reached.
    end: NDArray[np.int32]
    #: Of shape (paths,): product of the edges' multinomials.
    coefficient: Integers

    def __len__(self) -> int:
        return len(self.end)

    def take(self, index: NDArray[np.intp] | slice) -> Paths:
        """Return some of the paths."""
        return Paths(
            tuple(edge[index] for edge in self.edges),
            tuple(state[index] for state in self.states),
            self.end[index],
            self.coefficient[index],
        )

    def followed(
        self,
        step: Steps,
        first: NDArray[np.int64],
        count: NDArray[np.int64],
        order: NDArray[np.int64] | None = None,
    ) -> Paths:
        """Return every path followed by each of ``count`` edges, from ``first`` on.

        Edges are numbered as they come, or by their places in ``order``.
        """
        source = np.repeat(np.arange(len(count)), count)
        edge = runs(first, count)
        if order is not None:
            edge = order[edge]
        taken = self.take(source)
        return Paths(
            (*taken.edges, edge),
            (*taken.states, taken.end),
            step.child[edge],
            taken.coefficient * step.coefficient[edge],
        )


class PathFinder:
    """Finds the paths from an output to a monomial.

    The type of coefficients has to hold the product of the multinomials of any path.
    """

    def __init__(self, graph: ExpansionGraph, coefficient_dtype: type) -> None:
        self.graph = graph
        self._coefficient_dtype = coefficient_dtype

    # -- the first layer -------------------------------------------------------------------

    @cached_property
    def _bottom(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        step = self.graph.steps[0]
        monomials = len(self.graph.levels[0].shape)
        owner = np.repeat(np.arange(len(step.shapes)), step.sizes)
        key = owner * monomials + step.child
        order = np.argsort(key, kind="stable")
        bounds = np.searchsorted(key[order], np.arange(len(step.shapes) * monomials + 1))
        rows = np.arange(len(step.shapes))[:, None] * monomials
        start = bounds[rows + np.arange(monomials)]
        return start, bounds[rows + np.arange(1, monomials + 1)] - start, order

    @property
    def bottom_order(self) -> NDArray[np.int64]:
        """The first layer's edges, sorted by shape and by the monomial they lead to."""
        return self._bottom[2]

    def bottom(
        self, shapes: NDArray[np.int32] | slice, monomial: int | list[int] | slice
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the edges from shapes to a monomial begin, and how many they are.

        Places are those in :attr:`bottom_order`, in which a shape's edges to one monomial
        stand together in the order of their weights.
        """
        start, count = self._bottom[:2]
        return start[shapes, monomial], count[shapes, monomial]

    # -- counting --------------------------------------------------------------------------

    @cached_property
    def totals(self) -> list[Integers]:
        """Number of paths from each state of each level to any monomial."""
        counts: list[Integers] = [np.ones(len(self.graph.levels[0].shape), dtype=object)]
        for index in range(len(self.graph.steps)):
            counts.append(self._counts_above(index, counts[-1]))
        return counts

    @cached_property
    def _rank_dtype(self) -> type:
        largest = max(self.totals[-1].tolist())
        return np.int64 if largest < np.iinfo(np.int64).max else object

    def _counts_above(self, index: int, below: Integers) -> Integers:
        step, level = self.graph.steps[index], self.graph.levels[index + 1]
        by_shape: Integers = np.add.reduceat(below[step.child], step.start[:-1])
        return by_shape[level.shape]

    def counts(self, monomial: int) -> list[Integers]:
        """Return, from level 1 up, the number of paths from each state to a monomial."""
        _, by_shape = self.bottom(slice(None), monomial)
        counts: list[Integers] = [by_shape.astype(self._rank_dtype)[self.graph.levels[1].shape]]
        for index in range(1, len(self.graph.steps)):
            counts.append(self._counts_above(index, counts[-1]))
        return counts

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
        _, counts = self.bottom(slice(None), slice(None))
        result: Integers = by_shape @ counts.astype(self._rank_dtype)
        return result

    @cached_property
    def upper_count(self) -> int:
        """Number of paths from an output to level 1, whatever they lead to."""
        count: Integers = np.ones(len(self.graph.levels[1].shape), dtype=object)
        for index in range(1, len(self.graph.steps)):
            count = self._counts_above(index, count)
        return int(count[0])

    # -- searching -------------------------------------------------------------------------

    def root(self, state: int) -> Paths:
        """Return the path that has not left its output, or other state, yet."""
        end = np.array([state], dtype=np.int32)
        return Paths((), (), end, np.ones(1, dtype=self._coefficient_dtype))

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

    @property
    def keeps_upper(self) -> bool:
        """Whether the paths from an output to level 1 are few enough to be kept."""
        return self.upper_count <= _MOST_KEPT

    @cached_property
    def upper(self) -> Paths | None:
        """The paths from the first output to level 1, unless they are too many to keep.

        Those of another output differ from them by their first state only.
        """
        return self.below(len(self.graph.steps), 0) if self.keeps_upper else None

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
        first, count = self.bottom(self.graph.levels[1].shape[paths.end], monomial)
        number = passed + np.cumsum(count.astype(self._rank_dtype)) - count
        skipped = np.clip(start - number, 0, count).astype(np.int64)
        taken = np.clip(stop - number, 0, count).astype(np.int64)
        step, order = self.graph.steps[0], self.bottom_order
        return paths.followed(step, first + skipped, taken - skipped, order)

    def _narrowed(
        self, paths: Paths, index: int, below: Integers, passed: int, start: int, stop: int
    ) -> tuple[Paths, int]:
        """Follow paths through a layer, and keep those that lead to wanted numbers.

        ``below`` counts the paths from each state reached, and ``passed`` is the number of
        the first path that is given. Returns the paths and the number of the first of them.
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
        return _joined(kept), first

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


def _joined(parts: list[Paths]) -> Paths:
    if len(parts) == 1:
        return parts[0]
    return Paths(
        tuple(np.concatenate(edges) for edges in zip(*(p.edges for p in parts), strict=True)),
        tuple(np.concatenate(states) for states in zip(*(p.states for p in parts), strict=True)),
        np.concatenate([p.end for p in parts]),
        np.concatenate([p.coefficient for p in parts]),
    )
