"""Sparse linear maps from the parameters of a layer to the numbers that it computes with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DENSE_ENTRIES", "LinearMap"]

Combination = Mapping[int, Fraction]

#: Most entries of a map that is applied as one dense matrix: below this, one small matrix
#: product is quicker than a gather and a sum.
DENSE_ENTRIES = 1 << 12


@dataclass(frozen=True, eq=False)
class LinearMap:
    """A sparse matrix that is applied to a parameter vector.

    Attributes
    ----------
    shape : (int, int)
        Numbers of results and of parameters.
    rows, columns : integer arrays of shape (entries,)
        Where the entries are, sorted by row and then by column.
    factors : float array of shape (entries,)
        The entries.

    Examples
    --------
    >>> from fractions import Fraction
    >>> one, half = Fraction(1), Fraction(1, 2)
    >>> mean = LinearMap.from_combinations([{0: one}, {0: half, 1: one}], 2)
    >>> mean(np.array([2.0, 5.0]))
    array([2., 6.])
    """

    shape: tuple[int, int]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    factors: NDArray[np.float64]

    @classmethod
    def from_combinations(cls, combinations: Iterable[Combination], parameters: int) -> LinearMap:
        """Return the map whose results are the given combinations of parameters."""
        entries = []
        count = 0
        for row, combination in enumerate(combinations):
            count += 1
            entries += [(row, at, factor) for at, factor in sorted(combination.items()) if factor]
        return cls(
            (count, parameters),
            np.array([row for row, _, _ in entries], dtype=np.int64),
            np.array([at for _, at, _ in entries], dtype=np.int64),
            np.array([float(factor) for *_, factor in entries], dtype=np.float64),
        )

    @cached_property
    def selection(self) -> NDArray[np.int64] | None:
        """For each result the parameter that it equals, or None if one is something else."""
        plain = len(self.rows) == self.shape[0] and bool((self.factors == 1).all())
        if plain and np.array_equal(self.rows, np.arange(self.shape[0])):
            return self.columns
        return None

    @property
    def is_identity(self) -> bool:
        """Whether the results are the parameters themselves."""
        square = self.shape[0] == self.shape[1]
        return (
            square
            and self.selection is not None
            and np.array_equal(self.selection, np.arange(self.shape[0]))
        )

    @property
    def is_small(self) -> bool:
        """Whether the map is best applied as a dense matrix."""
        return self.shape[0] * self.shape[1] <= DENSE_ENTRIES

    def matrix(self) -> NDArray[np.float64]:
        """Return the map as a dense matrix."""
        dense = np.zeros(self.shape)
        np.add.at(dense, (self.rows, self.columns), self.factors)
        return dense

    def __call__(self, theta: NDArray[Any]) -> NDArray[Any]:
        """Return the results for parameters of shape (parameters,), in their dtype.

        Integers become float64 where a factor isn't 1, and booleans always.
        """
        if theta.dtype.kind == "b":
            theta = theta.astype(np.float64)
        if self.is_identity:
            return theta
        if self.selection is not None:
            return theta[self.selection]
        if theta.dtype.kind in "iu":
            theta = theta.astype(np.float64)
        terms = self.factors.astype(theta.dtype) * theta[self.columns]
        return _segment_sums(terms, self.rows, self.shape[0])

    def transpose(self, gradient: NDArray[Any]) -> NDArray[Any]:
        """Return the gradient with respect to the parameters, given that of the results.

        This is where shared weights add up and where a dependent weight passes its gradient
        on to the weights that it depends on (section 2.8 of the paper, equations 49 to 54).
        """
        if self.is_identity:
            return gradient
        terms = self.factors.astype(gradient.dtype) * gradient[self.rows]
        return _segment_sums(terms, self.columns, self.shape[1])


def _segment_sums(terms: NDArray[Any], places: NDArray[np.int64], count: int) -> NDArray[Any]:
    # bincount adds in double precision, in the order of the entries: exact and repeatable.
    return np.bincount(places, weights=terms, minlength=count).astype(terms.dtype)
