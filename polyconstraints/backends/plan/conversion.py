"""From unit coordinates to the parameters of a tying map and back, exactly.

A diagram's function, written out, has a coefficient at every monomial of every output; so has
the map's. Both are constant on orbits, and the orbit of a monomial with its output is again a
diagram, one whose labels all differ. So the change of coordinates is a square matrix over
diagrams: entry (orbit, diagram) counts in how many ways the diagram's labels can be the
orbit's, divided by the number of values that the diagram averages over. A diagram's labels
are at least as many as those of the orbits that it reaches, hence the matrix is triangular.
Where there are fewer letters than labels, the orbit doesn't exist and the diagram depends on
the others: it gets the parameter 0.

Channels enter only by being equal or not, so that one small matrix serves all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement, groupby, permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.diagrams import Diagram
from polyconstraints.backends.plan.lettered import Lettered

__all__ = ["Block", "Conversion"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Block:
    """The diagrams of one output kind and some input kinds, with channels of one pattern.

    Attributes
    ----------
    columns : list of (Diagram, tuple of int)
        Each diagram with the ranks of its factors' channels among the different ones.
    rows : list of int
        The columns whose labels can all differ: the orbits.
    matrix : list of lists of Fraction
        The coefficient of each orbit in each diagram.
    """

    columns: list[tuple[Diagram, tuple[int, ...]]]
    rows: list[int]
    matrix: list[list[Fraction]]

    @cached_property
    def inverse(self) -> list[list[Fraction]]:
        """The inverse of the matrix of the orbits' own diagrams."""
        size = len(self.rows)
        rows = [
            [row[at] for at in self.rows] + [Fraction(int(i == j)) for j in range(size)]
            for i, row in enumerate(self.matrix)
        ]
        for at in range(size):
            pivot = next(row for row in range(at, size) if rows[row][at])
            rows[at], rows[pivot] = rows[pivot], rows[at]
            rows[at] = [value / rows[at][at] for value in rows[at]]
            for other in range(size):
                factor = rows[other][at]
                if other != at and factor:
                    pairs = zip(rows[other], rows[at], strict=True)
                    rows[other] = [value - factor * mine for value, mine in pairs]
        return [row[size:] for row in rows]


@dataclass(frozen=True, eq=False)
class Conversion:
    """The change of coordinates of one recipe.

    Attributes
    ----------
    recipe : Lettered
    sizes : tuple of int
        The letters of each sort.
    model : tuple of int
        The letters of each sort of the map in which places are looked up: the same, or fewer,
        but enough for every orbit.
    """

    recipe: Lettered
    sizes: tuple[int, ...]
    model: tuple[int, ...]

    @cached_property
    def _columns(self) -> dict[Diagram, tuple[int, int, Array]]:
        """For each diagram its term, its first column and a table from channels to columns."""
        found = {}
        for number, term in enumerate(self.recipe.terms):
            start = 0
            for diagram, channels in term.columns:
                table = np.full(self.recipe.widths(diagram), -1, dtype=np.int64)
                for at, choice in enumerate(channels):
                    table[choice] = at
                found[diagram] = (number, start, table)
                start += len(channels)
        return found

    @cached_property
    def blocks(self) -> list[tuple[Block, Array]]:
        """The blocks, each with the channels that it serves: of shape (choices, factors)."""
        groups: dict[Any, list[Diagram]] = {}
        for diagram in self._columns:
            groups.setdefault((diagram.output, diagram.inputs), []).append(diagram)
        found = []
        for (_, inputs), diagrams in groups.items():
            widths = self.recipe.widths(diagrams[0])
            choices: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
            for choice in _multisets(inputs, widths):
                choices.setdefault(_ranks(inputs, choice), []).append(choice)
            for ranks, served in choices.items():
                shape = (len(served), len(inputs))
                array = np.array(served, dtype=np.int64).reshape(shape)
                found.append((self._block(diagrams, ranks), array))
        return found

    def _block(self, diagrams: list[Diagram], ranks: tuple[int, ...]) -> Block:
        columns = []
        for diagram in diagrams:
            seen = set()
            for order in permutations(range(len(ranks))):
                arranged = tuple(ranks[at] for at in order)
                kinds = tuple(diagram.inputs[at] for at in order)
                least = all(arranged <= tuple(arranged[at] for at in o) for o in diagram.orders)
                if kinds == diagram.inputs and arranged not in seen and least:
                    seen.add(arranged)
                    columns.append((diagram, order))
        named = [(d, tuple(ranks[at] for at in order)) for d, order in columns]
        rows = [at for at, (diagram, _) in enumerate(named) if diagram.exists(self.sizes)]
        matrix = [
            [_coefficient(named[row], column, self.sizes) for column in named] for row in rows
        ]
        return Block(columns, rows, matrix)

    def independent(self) -> int:
        """Return how many parameters of one output channel are independent."""
        return sum(len(block.rows) * len(channels) for block, channels in self.blocks)

    def _places(self, diagram: Diagram, channels: Array, every: bool) -> Iterator[Any]:
        """Yield output units, and the input units of each choice of channels.

        At one place of the orbit, or at all of them.
        """
        scopes: dict[Any, list[int]] = {}
        for label, scope in diagram.scopes.items():
            scopes.setdefault(scope, []).append(label)
        choices = [
            permutations(range(self.model[sort]), len(labels)) if every else [range(len(labels))]
            for (sort, _), labels in scopes.items()
        ]
        for choice in product(*choices):
            values = {
                label: value
                for labels, chosen in zip(scopes.values(), choice, strict=True)
                for label, value in zip(labels, chosen, strict=True)
            }
            yield self._units(diagram, channels, values)

    def _units(
        self, diagram: Diagram, channels: Array, values: dict[int, int]
    ) -> tuple[Array, Array]:
        def units(kinds: Sequence[Any], number: int, point: int, width: int) -> Array:
            offset = sum(int(np.prod(kind.shape(self.model))) for kind in kinds[:number])
            letters = [values[label] for label in diagram.labels[point]]
            components = offset + kinds[number].components(letters, self.model)
            return np.asarray(components[:, None] * width + np.arange(width)).ravel()

        below, above = self.recipe.channels
        levels = self.recipe.levels
        outputs = units(levels.outputs, diagram.output, 0, above)
        inputs = [
            units(levels.inputs, kind, 1 + at, below)[channels[:, at]]
            for at, kind in enumerate(diagram.inputs)
        ]
        return outputs, np.array(inputs, dtype=np.int64).reshape(len(inputs), len(channels))

    def coefficients(
        self, weights: Sequence[Array], *, every: bool = False
    ) -> Iterator[tuple[Array, Array, Array]]:
        """Yield coefficients of monomials, given the terms' parameters.

        Parameters
        ----------
        weights : sequence of arrays
        every : bool
            Whether all monomials are gone through, or one of each orbit.

        Yields
        ------
        outputs : integer array of shape (outputs,)
        inputs : integer array of shape (factors, choices)
            The units that are multiplied.
        values : array of shape (outputs, choices)
        """
        for block, channels in self.blocks:
            parts = []
            for diagram, order in block.columns:
                term, start, table = self._columns[diagram]
                arranged = channels[:, list(order)]
                column = start + table[tuple(arranged.T)].reshape(len(channels))
                parts.append(weights[term][:, column])
            for row, entries in zip(block.rows, block.matrix, strict=True):
                diagram, order = block.columns[row]
                exact = parts[0].dtype == object
                values = sum(
                    part * (factor if exact else float(factor))
                    for part, factor in zip(parts, entries, strict=True)
                    if factor
                )
                for place in self._places(diagram, channels[:, list(order)], every):
                    yield *place, np.asarray(values)

    def weights(self, value: Any, dtype: Any) -> list[Array]:
        """Return the terms' parameters, given the coefficients of monomials.

        Parameters
        ----------
        value : callable
            From output and input units, as :meth:`coefficients` yields them, to coefficients.
        dtype : dtype
            ``object`` for exact rationals.
        """
        result = [np.zeros(shape, dtype=dtype) for shape in self.recipe.shapes]
        for block, channels in self.blocks:
            found = []
            for row in block.rows:
                diagram, order = block.columns[row]
                place = next(self._places(diagram, channels[:, list(order)], False))
                found.append(value(*place))
            for row, entries in zip(block.rows, block.inverse, strict=True):
                diagram, order = block.columns[row]
                term, start, table = self._columns[diagram]
                column = start + table[tuple(channels[:, list(order)].T)].reshape(len(channels))
                exact = np.dtype(dtype) == object
                result[term][:, column] = sum(
                    part * (factor if exact else float(factor))
                    for part, factor in zip(found, entries, strict=True)
                    if factor
                )
        return result


def _multisets(inputs: Sequence[int], widths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the channels of factors, those of one kind in ascending order."""
    runs = [list(run) for _, run in groupby(range(len(inputs)), key=lambda at: inputs[at])]
    parts = [combinations_with_replacement(range(widths[run[0]]), len(run)) for run in runs]
    for choice in product(*parts):
        yield sum(choice, ())


def _ranks(inputs: Sequence[int], choice: Sequence[int]) -> tuple[int, ...]:
    """Return which channels of factors of one kind are equal."""
    numbers: dict[tuple[int, int], int] = {}
    pairs = zip(inputs, choice, strict=True)
    return tuple(numbers.setdefault(pair, len(numbers)) for pair in pairs)


def _coefficient(
    orbit: tuple[Diagram, tuple[int, ...]],
    column: tuple[Diagram, tuple[int, ...]],
    sizes: Sequence[int],
) -> Fraction:
    """Return the coefficient of an orbit's monomials in a diagram's function."""
    (points, colours), (diagram, ranks) = orbit, column
    degree = diagram.degree
    total = 0
    for swap in diagram.kinds[0].swaps:
        above = tuple(points.labels[0][at] for at in swap)
        maps = set()
        for order in permutations(range(degree)):
            if any(
                ranks[at] != colours[new] or diagram.inputs[at] != points.inputs[new]
                for at, new in enumerate(order)
            ):
                continue
            for swaps in product(*(diagram.kinds[1 + at].swaps for at in range(degree))):
                below = [
                    tuple(points.labels[1 + new][at] for at in inner)
                    for new, inner in zip(order, swaps, strict=True)
                ]
                found = _matched(diagram, (above, *below))
                if found is not None:
                    maps.add(found)
        total += len(maps)
    count = max(int(diagram.assignments(sizes)), 1)
    return Fraction(total, count * len(diagram.kinds[0].swaps))


def _matched(diagram: Diagram, labels: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    """Return what each label of a diagram has to be, or None if it would be two things."""
    values: dict[int, int] = {}
    for own, wanted in zip(diagram.labels, labels, strict=True):
        for label, value in zip(own, wanted, strict=True):
            if values.setdefault(label, value) != value:
                return None
    return tuple(values[label] for label in sorted(values))
