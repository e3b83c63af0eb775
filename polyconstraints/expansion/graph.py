"""The expansion of a whole network as a layered graph of product skeletons.

A *state* of level ``l`` is a product of units of that level, written as its exponents. Each
output of the network is a state of the last level, and expanding the units of a state by
their layer leads to states of the level below; every such step is an *edge*, which stands
for one weight monomial of the layer with its multinomial coefficient. A term of the
expanded network is a path from an output down to a monomial in the inputs, and different
paths give different terms (see :mod:`polyconstraints.expansion.skeleton`): 10⁸ terms are
held by some 10⁵ edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyconstraints.expansion.skeleton import LayerSkeleton, ProductTable, Shape, largest, widened
from polyconstraints.spec.network import NetworkSpec


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
        self.coefficient, self.denominator = self._common(tables)
        self.child, self.below = _numbered(tables)

    def _common(
        self, tables: list[ProductTable]
    ) -> tuple[NDArray[np.int64] | NDArray[np.object_], int]:
        """Return the coefficients of all edges over one denominator, and that."""
        activation = self.skeleton.activation
        scale = 1 if activation is None else activation.denominator
        most = max(sum(table.shape) for table in tables)
        parts = []
        for table in tables:
            factor = scale ** (most - sum(table.shape))
            parts.append(widened(table.coefficient, factor) * factor)
        return np.concatenate(parts), scale**most

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
