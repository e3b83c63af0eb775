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
from itertools import chain, permutations, product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.backends.plan.diagrams import Diagram, channel_orbits, exchanges
from polyconstraints.backends.plan.kinds import Kind
from polyconstraints.backends.plan.terms import Terms
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.spec.network import LayerSpec

Array = NDArray[Any]

#: A diagram, and for each factor which of the different channels it has.
Coloured = tuple[Diagram, tuple[int, ...]]


class _Column(NamedTuple):
    """A diagram's function of some channels: as many choices of them as are served alike."""

    diagram: Diagram
    #: The channels of each factor, of shape (choices, factors).
    channels: Array
    #: The number of the term, and the columns of its parameters.
    term: int
    places: Array


class _Block(NamedTuple):
    """The diagrams of one output kind and some input kinds, with channels of one pattern."""

    columns: list[_Column]
    #: The columns whose labels can all differ: the orbits.
    rows: list[_Column]
    #: The coefficient of each orbit in each diagram, and what leads back from orbits.
    matrix: Array
    inverse: Array


@dataclass(frozen=True, eq=False)
class Conversion:
    """The change of coordinates of one recipe, for given letters of each sort.

    Places are looked up in a map of as many letters, or fewer that are enough for every orbit:
    the ``model``.
    """

    recipe: Terms
    sizes: tuple[int, ...]
    model: tuple[int, ...]

    @cached_property
    def _columns(self) -> dict[Diagram, tuple[int, Array]]:
        """For each diagram its term, and the column of each choice of channels."""
        found = {}
        for number, term in enumerate(self.recipe.terms):
            start = 0
            for diagram, channels in term.columns:
                table = np.full(self.recipe.widths(diagram), -1, dtype=np.int64)
                for at, choice in enumerate(channels):
                    table[choice] = start + at
                found[diagram] = number, table
                start += len(channels)
        return found

    @cached_property
    def _blocks(self) -> list[_Block]:
        groups: dict[Any, list[Diagram]] = {}
        for diagram in self._columns:
            groups.setdefault((diagram.output, diagram.inputs), []).append(diagram)
        found = []
        for (_, inputs), diagrams in groups.items():
            choices: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
            widths = tuple(self.recipe.widths(diagrams[0]))
            for choice in channel_orbits(widths, exchanges(inputs)):
                choices.setdefault(_ranks(inputs, choice), []).append(choice)
            for ranks, served in choices.items():
                channels = np.array(served, dtype=np.int64).reshape(len(served), len(inputs))
                found.append(self._block(diagrams, ranks, channels))
        return found

    def _block(self, diagrams: list[Diagram], ranks: tuple[int, ...], channels: Array) -> _Block:
        columns, named = [], []
        for diagram in diagrams:
            seen = set()
            for order in exchanges(diagram.inputs):
                arranged = tuple(ranks[at] for at in order)
                least = all(arranged <= tuple(arranged[at] for at in o) for o in diagram.orders)
                if arranged not in seen and least:
                    seen.add(arranged)
                    own = channels[:, list(order)]
                    term, table = self._columns[diagram]
                    places = table[tuple(own.T)].reshape(len(own))
                    columns.append(_Column(diagram, own, term, places))
                    named.append((diagram, arranged))
        rows = [at for at, (diagram, _) in enumerate(named) if diagram.exists(self.sizes)]
        matrix = _coefficients([named[row] for row in rows], named, self.sizes)
        orbits = [columns[at] for at in rows]
        return _Block(columns, orbits, matrix, modular.inverse(matrix[:, rows]))

    def _places(self, orbit: _Column, every: bool) -> Iterator[tuple[Array, Array]]:
        """Yield output units, and the input units of each choice of channels.

        At one place of the orbit, or at all of them.
        """
        diagram, channels = orbit.diagram, orbit.channels
        scopes: dict[Any, list[int]] = {}
        for label, scope in diagram.scopes.items():
            scopes.setdefault(scope, []).append(label)
        labels = [label for group in scopes.values() for label in group]
        choices = [
            permutations(range(self.model[sort]), len(group)) if every else [range(len(group))]
            for (sort, _), group in scopes.items()
        ]
        levels, (below, above) = self.recipe.levels, self.recipe.channels
        for choice in product(*choices):
            values = dict(zip(labels, (value for part in choice for value in part), strict=True))

            def units(kinds: Sequence[Kind], number: int, point: int, width: int) -> Array:
                offset = sum(int(np.prod(kind.shape(self.model))) for kind in kinds[:number])
                letters = [values[label] for label in diagram.labels[point]]  # noqa: B023
                components = offset + kinds[number].components(letters, self.model)
                return np.asarray(components[:, None] * width + np.arange(width)).ravel()

            inputs = [
                units(levels.inputs, kind, 1 + at, below)[channels[:, at]]
                for at, kind in enumerate(diagram.inputs)
            ]
            shaped = np.array(inputs, dtype=np.int64).reshape(len(inputs), len(channels))
            yield units(levels.outputs, diagram.output, 0, above), shaped

    def to_map(self, tying: LayerClasses, parts: Sequence[Array]) -> Array:
        """Return the map's parameters, given those of the terms."""
        numbering = np.full(len(tying.sizes), -1, dtype=np.int64)
        numbering[list(tying.free)] = np.arange(len(tying.free))
        result = np.zeros(len(tying.free), dtype=np.result_type(*parts))
        # With redundant indices a class may hold any of the weights of an orbit.
        every = tying.layer.degree > 1 and not tying.layer.ordered
        for block in self._blocks:
            given = [parts[column.term][:, column.places] for column in block.columns]
            for orbit, values in zip(block.rows, _combined(block.matrix, given), strict=True):
                for outputs, inputs in self._places(orbit, every):
                    orders = _orders(tying.layer, inputs)
                    shares = values / _counts(orders, values) if every else values
                    for order in orders:
                        found = numbering[tying.classes[_entries(outputs, order)]]
                        result[found[found >= 0]] = shares[found >= 0]
        return result

    def from_map(self, tying: LayerClasses, theta: Array) -> list[Array]:
        """Return the terms' parameters, given those of the map."""
        classes = tying.class_values(theta)

        def coefficients(orbit: _Column) -> Array:
            outputs, inputs = next(self._places(orbit, False))
            orders = _orders(tying.layer, inputs)
            total = sum(classes[tying.classes[_entries(outputs, order)]] for order in orders)
            if len(orders) == 1:
                return np.asarray(total)
            # Orders that repeat one another have been added as often as they occur.
            return np.asarray(total * _counts(orders, classes) / len(orders))

        result = [np.zeros(shape, dtype=theta.dtype) for shape in self.recipe.shapes]
        for block in self._blocks:
            found = _combined(block.inverse, [coefficients(orbit) for orbit in block.rows])
            for orbit, values in zip(block.rows, found, strict=True):
                result[orbit.term][:, orbit.places] = values
        return result


def _combined(matrix: Array, parts: Sequence[Array]) -> Array:
    """Return linear combinations, exact for arrays of rationals."""
    stacked = np.array(parts)
    exact = stacked.dtype == object
    return np.tensordot(matrix if exact else matrix.astype(np.float64), stacked, 1)


def _orders(layer: LayerSpec, inputs: Array) -> list[Array]:
    """Return the letters of products in the orders in which they have weights."""
    missing = np.zeros((layer.degree - len(inputs), inputs.shape[1]), dtype=np.int64)
    letters = np.concatenate([inputs + int(layer.bias), missing])
    letters = -np.sort(-letters, axis=0)
    if layer.ordered or layer.degree == 1:
        return [letters]
    return [letters[list(order)] for order in permutations(range(layer.degree))]


def _entries(outputs: Array, letters: Array) -> tuple[Array, ...]:
    return (outputs[:, None], *(row[None] for row in letters))


def _counts(orders: Sequence[Array], like: Array) -> Array:
    """Return how many different orders each product has."""
    found = [len({tuple(order[:, at]) for order in orders}) for at in range(orders[0].shape[1])]
    return np.array(found, dtype=object if like.dtype == object else np.float64)


def _ranks(inputs: Sequence[int], choice: Sequence[int]) -> tuple[int, ...]:
    """Return which channels of factors of one kind are equal."""
    numbers: dict[tuple[int, int], int] = {}
    pairs = zip(inputs, choice, strict=True)
    return tuple(numbers.setdefault(pair, len(numbers)) for pair in pairs)


def _coefficients(
    orbits: Sequence[Coloured], columns: Sequence[Coloured], sizes: Sequence[int]
) -> Array:
    """Return the coefficients of orbits' monomials in diagrams' functions; all have equal kinds."""
    labels = [list(chain(*diagram.labels)) for diagram, _ in columns]
    # Where each letter of a diagram stands first: there it says what its label has to be.
    firsts = np.array([[*map(own.index, own)] for own in labels], dtype=np.int64)
    matrix = np.full((len(orbits), len(columns)), Fraction(0), dtype=object)
    for row, (points, colours) in zip(matrix, orbits, strict=True):
        swaps = [kind.swaps for kind in points.kinds]
        ways = []
        for order in exchanges(points.inputs):
            arranged = (points.labels[0], *(points.labels[1 + at] for at in order))
            for choice in product(*swaps):
                chosen = zip(arranged, choice, strict=True)
                letters = tuple(labels[at] for labels, swap in chosen for at in swap)
                ways.append((tuple(colours[at] for at in order), choice[0], letters))
        given = np.array([letters for *_, letters in ways], dtype=np.int64)
        fitting = (given[:, firsts] == given[:, None]).all(axis=2)
        for at in np.flatnonzero(fitting.any(axis=0)).tolist():
            diagram, ranks = columns[at]
            matched = (ways[way] for way in np.flatnonzero(fitting[:, at]))
            found = {(first, letters) for own, first, letters in matched if own == ranks}
            count = max(int(diagram.assignments(sizes)), 1)
            row[at] = Fraction(len(found), count * len(swaps[0]))
    return matrix
