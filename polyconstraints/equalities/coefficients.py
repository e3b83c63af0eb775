"""Which coefficients of a network are compared, and how permutations move them.

Both sides of F(σx) = σF(x) are polynomials in x. With (σx)_i = x_σ(i), comparing the
coefficients of like monomials gives, for every output k and monomial μ,

    c_σ(k)(σμ) = c_k(μ),

so a permutation moves pairs (k, μ) and the coefficients of one orbit are equal. Pairs are
numbered, so that this module works on integer arrays and knows no polynomial.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Self

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.network import LayerSpec, multisets

Numbers = NDArray[np.int64]
#: The image of each point under a permutation.
Images = Sequence[int] | NDArray[np.intp]


@dataclass(frozen=True)
class MonomialCoefficients(ABC):
    """Coefficients (k, μ) whose monomials are numbered rows of letters."""

    outputs: int
    letters: int

    @property
    @abstractmethod
    def monomials(self) -> int:
        """Number of monomials of one output."""

    @property
    @abstractmethod
    def rows(self) -> NDArray[np.int32]:
        """All monomials in order, each as its letters; -1 fills up those of lower degree."""

    @abstractmethod
    def rank(self, rows: NDArray[np.integer]) -> Numbers:
        """Return the numbers of monomials given as rows of letters."""

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return self.outputs * self.monomials

    def split(self, numbers: Numbers) -> tuple[Numbers, NDArray[np.int32]]:
        """Return the outputs of coefficients and the letters of their monomials, in rows."""
        output, monomial = np.divmod(numbers, self.monomials)
        return output, self.rows[monomial]

    def image(self, letters: Images, outputs: Images, numbers: Numbers | None = None) -> Numbers:
        """Return where the coefficients are moved to.

        All coefficients in order, unless numbers are given. The input letters, the homogenising
        one included, and the outputs move.
        """
        outer = np.asarray(outputs, dtype=np.int64) * self.monomials
        if numbers is None:
            return (outer[:, None] + self._moved(letters, self.rows)).ravel()
        output, rows = self.split(numbers)
        return outer[output] + self._moved(letters, rows)

    def _moved(self, letters: Images, rows: NDArray[np.int32]) -> Numbers:
        # What fills up a degree, -1, is the last one and stays.
        return self.rank(np.append(letters, -1).astype(np.int32)[rows])

    def fixed(self, letters: Images, outputs: Images) -> int:
        """Return how many coefficients a permutation leaves in place."""
        monomials = self._moved(letters, self.rows) == np.arange(self.monomials)
        return int(monomials.sum() * np.sum(np.equal(outputs, np.arange(self.outputs))))

    def exponents(self, number: int) -> tuple[int, tuple[int, ...]]:
        """Return the output of a coefficient and the exponents of its monomial's letters."""
        output, monomial = divmod(number, self.monomials)
        row = self.rows[monomial]
        return output, tuple(np.bincount(row[row >= 0], minlength=self.letters).tolist())

    def weights(self, numbers: Numbers) -> Numbers:
        """Return the weights that each coefficient of a layer is the sum of, padded with -1."""
        return numbers[:, None]


@dataclass(frozen=True)
class TensorCoefficients(MonomialCoefficients):
    """Coefficients with ordered monomials: x_i x_j and x_j x_i are told apart."""

    degree: int

    @property
    def monomials(self) -> int:
        return int(self.letters**self.degree)

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        shape = (self.letters,) * self.degree
        return np.indices(shape, dtype=np.int32).reshape(self.degree, -1).T

    def rank(self, rows: NDArray[np.integer]) -> Numbers:
        number: Numbers = np.zeros(len(rows), dtype=np.int64)
        for column in rows.T:
            number = number * self.letters + column
        return number


@dataclass(frozen=True)
class FunctionCoefficients(MonomialCoefficients):
    """Coefficients with commuting monomials: μ is a multiset of ``degree`` letters.

    Multisets i_1 ≥ i_2 ≥ … are numbered in lexicographic order, so that for degree 2 the
    numbers are those of the weights of a quadratic layer with ordered indices. With redundant
    indices x_i x_j and x_j x_i have a weight each, so that a coefficient of a layer is a sum of
    weights, one for each order of the letters.
    """

    degree: int
    redundant: bool = False

    @classmethod
    def of(cls, layer: LayerSpec, outputs: int) -> Self:
        """Return the coefficients of so many of a layer's outputs."""
        redundant = layer.degree > 1 and not layer.ordered
        return cls(outputs, layer.letters, layer.degree, redundant)

    @property
    def monomials(self) -> int:
        return comb(self.letters + self.degree - 1, self.degree)

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        return multisets(self.letters, self.degree)

    def rank(self, rows: NDArray[np.integer]) -> Numbers:
        """Return the numbers of monomials given as rows of letters in any order.

        The combinatorial number system for multisets: Σ_t C(i_t + D - 1 - t, D - t) over
        the descending letters i_0 ≥ i_1 ≥ ….
        """
        if self.degree == 2:
            # Two letters need no sort.
            first, second = rows[:, 0], rows[:, 1]
            large = np.maximum(first, second).astype(np.int64)
            number: Numbers = large * (large + 1) // 2 + np.minimum(first, second)
            return number
        rows = -np.sort(-rows, axis=1)
        total = np.zeros(len(rows), dtype=np.int64)
        for position in range(self.degree):
            total += self._binomials[position][rows[:, position]]
        return total

    @cached_property
    def _binomials(self) -> Numbers:
        degree = self.degree
        table = [
            [comb(letter + degree - 1 - at, degree - at) for letter in range(self.letters)]
            for at in range(degree)
        ]
        return np.array(table, dtype=np.int64)

    def weights(self, numbers: Numbers) -> Numbers:
        if not self.redundant:
            return numbers[:, None]
        output, monomial = np.divmod(numbers, self.monomials)
        products = self._products[monomial]
        return np.where(products < 0, -1, output[:, None] * self.letters**self.degree + products)

    @cached_property
    def _products(self) -> Numbers:
        """The products of letters in order that each monomial is, the canonical one first."""
        numbers = self.rank(TensorCoefficients(1, self.letters, self.degree).rows[::-1])
        sizes = np.bincount(numbers)
        table = np.full((self.monomials, sizes.max()), -1, dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        table[np.arange(table.shape[1]) < sizes[:, None]] = len(numbers) - 1 - order
        return table


@dataclass(frozen=True)
class MixedCoefficients(MonomialCoefficients):
    """Coefficients with commuting monomials of several degrees in letters that all move.

    What an activation that isn't homogeneous makes without a bias. Monomials are those of
    :class:`FunctionCoefficients` with one letter more, the first, which fills up the degree;
    of these the ones of the given degrees.

    >>> MixedCoefficients(1, 2, frozenset({0, 2})).size
    4
    """

    degrees: frozenset[int]

    @cached_property
    def _all(self) -> FunctionCoefficients:
        return FunctionCoefficients(self.outputs, self.letters + 1, max(self.degrees))

    @cached_property
    def _kept(self) -> Numbers:
        """The monomials of the larger space that are of the degrees."""
        degrees = np.count_nonzero(self._all.rows, axis=1)
        return np.flatnonzero(np.isin(degrees, sorted(self.degrees)))

    @property
    def monomials(self) -> int:
        return sum(comb(self.letters + degree - 1, degree) for degree in self.degrees)

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        return self._all.rows[self._kept] - 1

    def rank(self, rows: NDArray[np.integer]) -> Numbers:
        return np.searchsorted(self._kept, self._all.rank(rows + 1))


@dataclass(frozen=True)
class PaperCoefficients:
    """The coefficients that equation (21) of the paper equates, and how it pairs them.

    For the transposition of h and k only the outputs h and k are compared, and x_i x_j is
    told apart from x_j x_i except for the pair {h, k}, whose two weights are summed. So a
    coefficient is either a single weight (k, i, j), numbered as in
    :class:`TensorCoefficients`, or the sum over both orders of {i, j}, numbered after those
    as in :class:`FunctionCoefficients`. Coefficients that a transposition doesn't equate
    count as left in place.
    """

    outputs: int
    letters: int

    @cached_property
    def single(self) -> TensorCoefficients:
        """The coefficients that are single weights."""
        return TensorCoefficients(self.outputs, self.letters, 2)

    @cached_property
    def summed(self) -> FunctionCoefficients:
        """The coefficients that are sums of two weights."""
        return FunctionCoefficients(self.outputs, self.letters, 2, redundant=True)

    @property
    def size(self) -> int:
        """Number of coefficients of both kinds."""
        return self.single.size + self.summed.size

    def image(self, letters: Images, outputs: Images, numbers: Numbers | None = None) -> Numbers:
        """Return what a transposition equates the coefficients with."""
        if numbers is None:
            numbers = np.arange(self.size, dtype=np.int64)
        moved = np.asarray(letters) != np.arange(self.letters)
        pair_outputs = np.asarray(outputs) != np.arange(self.outputs)
        result = numbers.copy()
        for space, first in ((self.single, 0), (self.summed, self.single.size)):
            chosen = np.flatnonzero((numbers >= first) & (numbers < first + space.size))
            own = numbers[chosen] - first
            output, rows = space.split(own)
            is_pair = moved[rows].all(axis=1) & (rows[:, 0] != rows[:, 1])
            compared = pair_outputs[output] & (is_pair == (space is self.summed))
            result[chosen[compared]] = first + space.image(letters, outputs, own[compared])
        return result

    def fixed(self, letters: Images, outputs: Images) -> int:
        """Return how many coefficients a transposition doesn't equate with another."""
        return int(np.sum(self.image(letters, outputs) == np.arange(self.size)))

    def weights(self, numbers: Numbers) -> Numbers:
        """Return the weights that each coefficient is the sum of."""
        result = np.full((len(numbers), 2), -1, dtype=np.int64)
        is_single = numbers < self.single.size
        result[is_single, 0] = numbers[is_single]
        result[~is_single] = self.summed.weights(numbers[~is_single] - self.single.size)
        return result


#: The numbered coefficients (k, μ) of a polynomial map.
CoefficientSpace = MonomialCoefficients | PaperCoefficients
