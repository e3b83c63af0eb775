"""The expanded network: a polynomial in inputs and weights that answers without being written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import PolynomialRing
from polyconstraints.display import Written
from polyconstraints.errors import InputError, UsageError, explained
from polyconstraints.expansion.counting import check_tables, count_terms, monomial_count
from polyconstraints.expansion.graph import ExpansionGraph, exponent_rows
from polyconstraints.expansion.packed import KeyLayout, PackedTerms, Packer, VectorWriter
from polyconstraints.expansion.paths import PathFinder, Paths, stretches
from polyconstraints.spec import whole
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.problem import Words, problem

if TYPE_CHECKING:
    from polyconstraints.algebra import Polynomial
    from polyconstraints.spec.groups import GroupLike
    from polyconstraints.spec.symmetry import Symmetry

Exponents = tuple[int, ...]
Integers = NDArray[Any]

#: Terms that are given at once where a coefficient may be long.
BLOCK = 1 << 16


@dataclass(frozen=True)
class Terms:
    """The terms of the coefficient of one monomial in the inputs.

    Terms are ordered by their weights: those of the last layer first, then those of the
    layer before, and so on. The paper prints its listings in this order.
    """

    #: Of shape (terms,): integers (int64, or Python integers where those could overflow); fractions
    #: where an activation has some.
    coefficients: Integers
    #: Of shape (terms, most weights of one layer): for each layer, from the first to the last, the
    #: numbers of the weights in each term, ascending and with repetition, padded with -1.
    layers: tuple[NDArray[np.int32], ...]

    def __len__(self) -> int:
        return len(self.coefficients)


@explained
class Expansion(Written):
    """The expansion of a network, held as a graph of product skeletons.

    Nothing is multiplied out before it is asked for: term counts, coefficients and
    iteration by monomial work on the graph, whose size is that of the *distinct* products
    of each layer, not of the expanded polynomial.

    Parameters
    ----------
    network : NetworkSpec
    memory_limit : int, optional
        Bytes that the graph may take; half of the free memory unless given.

    Raises
    ------
    TooLargeError
        By every method that needs the graph, if that would not fit. Term counts of whole
        outputs don't need it.

    Notes
    -----
    Outputs are numbered from 1, as everywhere; a monomial is the tuple of the exponents of
    the inputs, and the homogenising unit, being 1, has none.

    Examples
    --------
    >>> expansion = expand(NetworkSpec(3, depth=3, bias=True))
    >>> expansion
    <Expansion of widths 3 → 3 → 3 → 3: 165 monomials, 666775 terms an output>
    >>> expansion.term_count(1, (0, 0, 1)), len(expansion.coefficient(1, (0, 0, 1)))
    (918, 918)
    >>> expansion.coefficient(1, (0, 0, 1), 200, 202).layers[2].tolist()
    [[4], [4]]

    All terms of an output in a few bytes each:

    >>> packed = expansion.packed(1)
    >>> len(packed), packed.keys.dtype, packed.coefficients.dtype
    (666775, dtype('uint32'), dtype('uint8'))
    >>> expansion.terms(packed[0]).layers[2].tolist()[:2]
    [[0], [1]]
    """

    def __init__(self, network: NetworkSpec, memory_limit: int | None = None) -> None:
        self.network = network
        self.memory_limit = memory_limit

    def __repr__(self) -> str:
        count = self._term_count
        widths = " → ".join(map(str, self.network.units))
        return (
            f"<Expansion of widths {widths}: {self.monomial_count} monomials, "
            f"{'very many' if count is None else count} terms an output>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # What was built is quicker to build again than to send to another process.
        return Expansion, (self.network, self.memory_limit)

    @cached_property
    def graph(self) -> ExpansionGraph:
        """The graph of product skeletons, built when it is first needed."""
        check_tables(self.network, self.memory_limit)
        return ExpansionGraph(self.network)

    # -- size ------------------------------------------------------------------------------

    @cached_property
    def _term_count(self) -> int | None:
        return count_terms(self.network)

    def term_count(self, output: int = 1, monomial: Exponents | None = None) -> int:
        """Return the number of terms of an output, or of one monomial's coefficient.

        All outputs have equally many. They are counted without the graph where that is
        quick; those of monomials all at once when first asked for.
        """
        place = self.place_of(output)
        if monomial is None:
            if self._term_count is None:
                return int(self._finder.totals[-1][place])
            return self._term_count
        return int(self._finder.sizes[self._state(monomial)])

    @property
    def monomial_count(self) -> int:
        """Number of monomials in the inputs, which every output has."""
        return monomial_count(self.network)

    @cached_property
    def monomials(self) -> tuple[Exponents, ...]:
        """All monomials in the inputs, in ascending order of degree, then lexicographic."""
        rows = self.graph.levels[0].exponents.tolist()
        return tuple(sorted((tuple(row) for row in rows), key=graded))

    # -- terms -----------------------------------------------------------------------------

    @cached_property
    def _finder(self) -> PathFinder:
        return PathFinder(self.graph, self.coefficient_dtype)

    @cached_property
    def _largest_coefficient(self) -> int:
        """A bound for the absolute values of the coefficients of all terms."""
        return prod(step.largest_coefficient for step in self.graph.steps)

    @cached_property
    def denominator(self) -> int:
        """What packed coefficients are divided by: 1 unless an activation has fractions."""
        return prod(step.denominator for step in self.graph.steps)

    @property
    def coefficient_dtype(self) -> type:
        """Integer type of :class:`Terms` that holds every product of multinomials exactly."""
        return np.int64 if self._largest_coefficient <= np.iinfo(np.int64).max else object

    def coefficient(
        self, output: int, monomial: Exponents, start: int = 0, stop: int | None = None
    ) -> Terms:
        """Return the coefficient of a monomial in an output of the network, or a part of it.

        From the term with number ``start`` up to but not including ``stop``. Memory and time are
        those of the part, wherever it lies.
        """
        place, state = self.place_of(output), self._state(monomial)
        if stop is None:
            stop = self.term_count(output, monomial)
        return self._decode(place, self._finder.between(place, state, start, stop))

    def blocks(self, output: int, monomial: Exponents, most: int = BLOCK) -> Iterator[Terms]:
        """Yield the coefficient of a monomial in parts of ``most`` terms, in order."""
        place, state = self.place_of(output), self._state(monomial)
        for paths in self._finder.in_blocks(place, state, most):
            yield self._decode(place, paths)

    def groups(self, output: int) -> Iterator[tuple[Exponents, Terms]]:
        """Yield each monomial of an output with its coefficient, in ascending order.

        Memory is that of the largest coefficient, not of the output; with :meth:`blocks`
        it is bounded.
        """
        for monomial in self.monomials:
            yield monomial, self.coefficient(output, monomial)

    def _decode(self, place: int, paths: Paths) -> Terms:
        outputs = np.full(len(paths), place, dtype=np.int32)
        return self._terms(paths.edges, outputs, paths.coefficient)

    def _terms(
        self, edges: Iterable[NDArray[np.int64]], outputs: NDArray[np.int32], numerators: Integers
    ) -> Terms:
        """Return the terms that paths are, given their edges from the last layer on."""
        layers = list(self.graph.weights(edges, outputs))
        if self.denominator != 1:
            values = (Fraction(number, self.denominator) for number in numerators.tolist())
            numerators = np.fromiter(values, dtype=object, count=len(numerators))
        return Terms(numerators, tuple(reversed(layers)))

    # -- packed terms ----------------------------------------------------------------------

    @cached_property
    def _packer(self) -> Packer:
        return Packer(self.graph, self._finder, self._largest_coefficient)

    @property
    def key_layout(self) -> KeyLayout:
        """How :meth:`packed` writes terms, known before any is written."""
        return self._packer.layout

    def packed(self, output: int, monomials: Sequence[Exponents] | None = None) -> PackedTerms:
        """Return every term of an output, or of some of its monomials, as packed arrays.

        Grouped by monomials in the order of :attr:`monomials` or as given, and sorted within
        each. A few nanoseconds and bytes a term.
        """
        chosen = self.monomials if monomials is None else tuple(monomials)
        states = [self._state(monomial) for monomial in chosen]
        return self._packer.packed(self.place_of(output), chosen, states)

    def packed_groups(self, output: int) -> Iterator[PackedTerms]:
        """Yield the terms of each monomial of an output as packed arrays, in order."""
        sizes = self._finder.sizes[[self._state(monomial) for monomial in self.monomials]]
        for part in stretches(sizes, BLOCK):
            together = self.packed(output, self.monomials[part])
            yield from map(together.__getitem__, range(len(together.monomials)))

    def renamed(self, packed: PackedTerms, output: int) -> PackedTerms:
        """Return the packed terms of an output, given those of output 1.

        Outputs differ only by the names of the last layer's weights. Coefficients are
        shared between the two.
        """
        return self._packer.renamed(packed, self.place_of(output))

    def terms(self, packed: PackedTerms) -> Terms:
        """Return packed terms as the weights that they stand for."""
        edges = packed.layout.unpack(packed.keys)[::-1]
        output, edges[0] = np.divmod(edges[0], self.network.layers[-1].products)
        coefficients: Integers = packed.coefficients.astype(self.coefficient_dtype)
        return self._terms(edges, output.astype(np.int32), coefficients)

    # -- exponent vectors ------------------------------------------------------------------

    @cached_property
    def _vectors(self) -> VectorWriter:
        return VectorWriter(self.graph, self._finder)

    def exponent_vectors(self, output: int) -> Iterator[tuple[Integers, Integers]]:
        """Yield all terms of an output as exponent vectors, in lexicographic order.

        Yields
        ------
        vectors : array of shape (terms, inputs + weights)
            Exponents of the inputs, and then of the weights of each layer from the last to
            the first: a few megabytes at a time, in descending order.
        coefficients : array of shape (terms,)

        Examples
        --------
        >>> for vectors, coefficients in expand(NetworkSpec(1, bias=True)).exponent_vectors(1):
        ...     print(vectors.tolist(), coefficients.tolist())
        [[2, 0, 0, 1]] [1]
        [[1, 0, 1, 0]] [1]
        [[0, 1, 0, 0]] [1]
        """
        place = self.place_of(output)
        yield from self._vectors.vectors(place)

    # -- polynomials -----------------------------------------------------------------------

    @cached_property
    def weight_ring(self) -> PolynomialRing:
        """The ring of the polynomials in the weights."""
        return PolynomialRing(self.network.weight_names())

    @cached_property
    def ring(self) -> PolynomialRing:
        """The ring of the polynomials in the inputs and the weights."""
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

    def __getitem__(self, name: str) -> Polynomial:
        """Return an output by its name as one polynomial: ``y1`` is the first one.

        Examples
        --------
        >>> print(expand(n=2, layer="linear")["y2"])
        x1*W0_2_1 + x2*W0_2_2
        """
        names = [f"y{number}" for number in range(1, self.network.units[-1] + 1)]
        if name not in names:
            raise UsageError(
                f"expected an output from y1 to {names[-1]}, got {name!r:.40}", "output"
            )
        return self.polynomial(1 + names.index(name))

    def to_sympy(self) -> Any:
        """Return the network as SymPy's expression, or the list of those of several outputs."""
        outputs = range(1, self.network.units[-1] + 1)
        found = [self.polynomial(output).to_sympy() for output in outputs]
        return found[0] if len(found) == 1 else found

    def _exponent_terms(
        self, terms: Terms, monomial: Exponents
    ) -> Iterator[tuple[Exponents, int | Fraction]]:
        powers = np.array(monomial, dtype=np.int64)
        inputs = np.broadcast_to(powers, (len(terms), len(powers)))
        rows = [
            exponent_rows(numbers, layer.weights, np.int64)
            for layer, numbers in zip(self.network.layers, terms.layers, strict=True)
        ]
        exponents = np.concatenate([inputs, *rows], axis=1).tolist()
        yield from zip(map(tuple, exponents), terms.coefficients.tolist(), strict=True)

    # -- checks ----------------------------------------------------------------------------

    def place_of(self, output: int) -> int:
        """Return the place of an output among the last units, which are numbered from 0."""
        number, count = whole(output), self.network.units[-1]
        if number is None or not 1 <= number <= count:
            raise UsageError(f"expected an output from 1 to {count}, got {output!r:.40}", "output")
        return number - 1

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


def graded(exponents: Exponents) -> tuple[int, Exponents]:
    """Return what monomials are sorted by: their degree, then lexicographically."""
    return sum(exponents), tuple(-exponent for exponent in exponents)


@explained
def expand(
    network: NetworkSpec | None = None,
    memory_limit: int | None = None,
    *,
    symmetry: Symmetry | GroupLike | None = None,
    **words: Unpack[Words],
) -> Expansion:
    """Return the expansion of a network.

    Parameters
    ----------
    network : NetworkSpec, optional
        Unless keywords describe it.
    memory_limit : int, optional
        Bytes that its tables may take; half of the free memory unless given.
    symmetry, **words
        As for :func:`~polyconstraints.derive`; a symmetry says how many outputs there are.

    Returns
    -------
    Expansion

    Examples
    --------
    >>> expansion = expand(NetworkSpec(2, depth=2))
    >>> len(expansion.coefficient(1, (4, 0)))
    3
    >>> print(expand(n=2, layer="linear", symmetry="invariant").polynomial(1))
    x1*W0_1_1 + x2*W0_1_2
    """
    if symmetry is not None or words or not isinstance(network, NetworkSpec):
        network, _ = problem(network, symmetry, words)
    return Expansion(network, memory_limit)
