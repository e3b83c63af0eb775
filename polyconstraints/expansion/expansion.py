"""The expanded network: a polynomial in inputs and weights that answers without being written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import InputError, UsageError
from polyconstraints.expansion.graph import ExpansionGraph, Steps
from polyconstraints.network import NetworkSpec

if TYPE_CHECKING:
    from polyconstraints.algebra import Polynomial, PolynomialRing

__all__ = ["Expansion", "Terms", "expand"]

Exponents = tuple[int, ...]
Integers = NDArray[Any]


@dataclass(frozen=True)
class _Paths:
    """Paths from one output down to some level, in the order of their weights.

    ``edges[t]`` and ``states[t]`` are the edge taken in layer ``depth-1-t`` and the state
    that it starts from; ``end`` is the state reached and ``coefficient`` the product of
    the edges' multinomials.
    """

    edges: tuple[NDArray[np.int64], ...]
    states: tuple[NDArray[np.int32], ...]
    end: NDArray[np.int32]
    coefficient: Integers

    def take(self, index: NDArray[np.intp]) -> _Paths:
        return _Paths(
            tuple(edge[index] for edge in self.edges),
            tuple(state[index] for state in self.states),
            self.end[index],
            self.coefficient[index],
        )


@dataclass(frozen=True)
class Terms:
    """The terms of the coefficient of one monomial in the inputs.

    Attributes
    ----------
    coefficients : array of shape (terms,)
        Positive integers (int64, or Python integers where those could overflow).
    layers : tuple of arrays of shape (terms, most weights of one layer)
        For each layer, from the first to the last, the numbers of the weights in each
        term, ascending and with repetition, padded with -1.

    Notes
    -----
    Terms are ordered by their weights: those of the last layer first, then those of the
    layer before, and so on. The paper prints its listings in this order.
    """

    coefficients: Integers
    layers: tuple[NDArray[np.int32], ...]

    def __len__(self) -> int:
        return len(self.coefficients)


class Expansion:
    """The expansion of a network, held as a graph of product skeletons.

    Nothing is multiplied out before it is asked for: term counts, coefficients and
    iteration by monomial work on the graph, whose size is that of the *distinct* products
    of each layer, not of the expanded polynomial.

    Parameters
    ----------
    network : NetworkSpec

    Notes
    -----
    Outputs and monomials are numbered from 0; a monomial is the tuple of the exponents of
    the inputs, and the homogenising unit, being 1, has none.

    Examples
    --------
    >>> expansion = expand(NetworkSpec(3, depth=3, bias=True))
    >>> expansion.term_count(0), len(expansion.monomials)
    (666775, 165)
    >>> expansion.term_count(0, (0, 0, 1))
    918
    """

    def __init__(self, network: NetworkSpec) -> None:
        self.network = network
        self.graph = ExpansionGraph(network)
        self._upper: tuple[int, _Paths] | None = None

    # -- size ------------------------------------------------------------------------------

    @cached_property
    def _counts(self) -> list[Integers]:
        """Number of paths from each state of each level to the inputs."""
        counts: list[Integers] = [np.ones(len(self.graph.levels[0].shape), dtype=object)]
        for step, level in zip(self.graph.steps, self.graph.levels[1:], strict=True):
            below = counts[-1][step.child]
            by_shape = np.add.reduceat(below, step.start[:-1])
            counts.append(by_shape[level.shape])
        return counts

    def term_count(self, output: int = 0, monomial: Exponents | None = None) -> int:
        """Return the number of terms of an output, or of one monomial's coefficient.

        Complexity: linear in the number of edges of the graph.
        """
        self._check_output(output)
        if monomial is None:
            return int(self._counts[-1][output])
        state = self._state(monomial)
        reached: Integers = np.zeros(len(self.graph.levels[0].shape), dtype=object)
        reached[state] = 1
        for step, level in zip(self.graph.steps, self.graph.levels[1:], strict=True):
            reached = np.add.reduceat(reached[step.child], step.start[:-1])[level.shape]
        return int(reached[output])

    @cached_property
    def monomials(self) -> tuple[Exponents, ...]:
        """All monomials in the inputs, in ascending order of degree, then lexicographic."""
        rows = self.graph.levels[0].exponents.tolist()
        return tuple(sorted((tuple(row) for row in rows), key=_graded))

    # -- terms -----------------------------------------------------------------------------

    def coefficient(self, output: int, monomial: Exponents) -> Terms:
        """Return the coefficient of a monomial in an output of the network.

        Raises
        ------
        InputError
            If the monomial does not fit the inputs.
        """
        self._check_output(output)
        return self._decode(self._coefficient_paths(output, self._state(monomial)))

    def groups(self, output: int) -> Iterator[tuple[Exponents, Terms]]:
        """Yield each monomial of an output with its coefficient, in ascending order.

        Memory is that of the largest coefficient, not of the output.
        """
        for monomial in self.monomials:
            terms = self.coefficient(output, monomial)
            if len(terms):
                yield monomial, terms

    def _upper_paths(self, output: int) -> _Paths:
        """Return all paths from an output to level 1; those of the last output are kept."""
        if self._upper is None or self._upper[0] != output:
            end = np.array([output], dtype=np.int32)
            paths = _Paths((), (), end, np.ones(1, dtype=self.coefficient_dtype))
            for position in reversed(range(1, self.network.depth)):
                step = self.graph.steps[position]
                shape = self.graph.levels[position + 1].shape[paths.end]
                paths = _extended(paths, step, step.start[shape], step.sizes[shape])
            self._upper = (output, paths)
        return self._upper[1]

    def _coefficient_paths(self, output: int, monomial: int) -> _Paths:
        upper = self._upper_paths(output)
        start, order = self._bottom
        shape = self.graph.levels[1].shape[upper.end]
        first = start[shape, monomial]
        count = start[shape, monomial + 1] - first
        return _extended(upper, self.graph.steps[0], first, count, order)

    @cached_property
    def _bottom(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first layer's edges, sorted by the monomial that they lead to.

        ``order[start[s, m]:start[s, m + 1]]`` are the edges of shape s that lead to the
        monomial m, in the order of their weights.
        """
        step = self.graph.steps[0]
        monomials = len(self.graph.levels[0].shape)
        owner = np.repeat(np.arange(len(step.shapes)), step.sizes)
        key = owner * monomials + step.child
        order = np.argsort(key, kind="stable")
        bounds = np.searchsorted(key[order], np.arange(len(step.shapes) * monomials + 1))
        rows = np.arange(len(step.shapes))[:, None] * monomials
        return bounds[rows + np.arange(monomials + 1)], order

    @cached_property
    def coefficient_dtype(self) -> type:
        """Integer type that holds every product of multinomials exactly."""
        bound = prod(step.largest_coefficient for step in self.graph.steps)
        return np.int64 if bound <= np.iinfo(np.int64).max else object

    def _decode(self, paths: _Paths) -> Terms:
        layers = []
        for position, (edges, states) in enumerate(zip(paths.edges, paths.states, strict=True)):
            index = self.network.depth - 1 - position
            level = self.graph.levels[index + 1]
            layers.append(
                self.graph.steps[index].weights(edges, level.shape[states], level.support[states])
            )
        return Terms(paths.coefficient, tuple(reversed(layers)))

    # -- polynomials -----------------------------------------------------------------------

    @cached_property
    def weight_ring(self) -> PolynomialRing:
        """The ring of the polynomials in the weights."""
        from polyconstraints.algebra import PolynomialRing

        return PolynomialRing(self.network.weight_names())

    @cached_property
    def ring(self) -> PolynomialRing:
        """The ring of the polynomials in the inputs and the weights."""
        from polyconstraints.algebra import PolynomialRing

        return PolynomialRing([*self.network.input_names(), *self.network.weight_names()])

    def coefficient_polynomial(self, output: int, monomial: Exponents) -> Polynomial:
        """Return the coefficient of a monomial as a polynomial in the weights."""
        terms = self.coefficient(output, monomial)
        return self.weight_ring.from_terms(self._exponent_terms(terms, ()))

    def polynomial(self, output: int) -> Polynomial:
        """Return an output as one polynomial in the inputs and the weights."""
        return self.ring.from_terms(
            item
            for monomial, terms in self.groups(output)
            for item in self._exponent_terms(terms, monomial)
        )

    def _exponent_terms(self, terms: Terms, monomial: Exponents) -> Iterator[tuple[Exponents, int]]:
        offsets = np.cumsum([0, *(layer.weights for layer in self.network.layers)])
        columns = [
            np.where(layer >= 0, layer + offset, -1)
            for layer, offset in zip(terms.layers, offsets[:-1], strict=True)
        ]
        rows = np.concatenate(columns, axis=1).tolist()
        blank = [*monomial, *([0] * int(offsets[-1]))]
        for row, coefficient in zip(rows, terms.coefficients.tolist(), strict=True):
            exponents = blank.copy()
            for weight in row:
                if weight >= 0:
                    exponents[len(monomial) + weight] += 1
            yield tuple(exponents), coefficient

    # -- checks ----------------------------------------------------------------------------

    def _check_output(self, output: int) -> None:
        if not 0 <= output < self.network.units[-1]:
            raise UsageError(
                f"expected an output from 1 to {self.network.units[-1]}, got {output + 1}"
            )

    @cached_property
    def _state_numbers(self) -> dict[Exponents, int]:
        rows = self.graph.levels[0].exponents.tolist()
        return {tuple(row): number for number, row in enumerate(rows)}

    def _state(self, monomial: Sequence[int]) -> int:
        key = tuple(monomial)
        if key not in self._state_numbers:
            raise InputError(
                f"expected exponents of {self.network.units[0]} inputs that occur in the "
                f"network (total degree up to {self.network.degree}), got {list(key)}"
            )
        return self._state_numbers[key]


def _graded(exponents: Exponents) -> tuple[int, Exponents]:
    return sum(exponents), tuple(-exponent for exponent in exponents)


def _extended(
    paths: _Paths,
    step: Steps,
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    order: NDArray[np.int64] | None = None,
) -> _Paths:
    """Return every path followed by each of ``count`` edges, from position ``first`` on."""
    source = np.repeat(np.arange(len(count)), count)
    shift = np.cumsum(count) - count
    edge = np.arange(len(source)) + (first - shift)[source]
    if order is not None:
        edge = order[edge]
    taken = paths.take(source)
    return _Paths(
        (*taken.edges, edge),
        (*taken.states, taken.end),
        step.child[edge],
        taken.coefficient * step.coefficient[edge],
    )


def expand(network: NetworkSpec) -> Expansion:
    """Return the expansion of a network.

    Parameters
    ----------
    network : NetworkSpec

    Returns
    -------
    Expansion

    Examples
    --------
    >>> expansion = expand(NetworkSpec(2, depth=2))
    >>> len(expansion.coefficient(0, (4, 0)))
    3
    """
    return Expansion(network)
