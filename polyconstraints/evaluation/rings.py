"""The numbers that a network is evaluated with: floating, exact, or modulo a prime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular

Array = NDArray[Any]


class Ring(Protocol):
    """How arrays of numbers are reduced after each operation, and multiplied as matrices."""

    @property
    def dtype(self) -> Any:
        """The dtype of arrays of such numbers."""

    def reduce(self, numbers: Array) -> Array:
        """Return sums or products of two numbers as such numbers again."""

    def matmul(self, a: Array, b: Array) -> Array:
        """Return a matrix product; broadcasts as ``numpy.matmul``."""

    def number(self, value: Fraction) -> Any:
        """Return a rational as such a number."""


@dataclass(frozen=True)
class Plain:
    """Numbers that NumPy's own operators add and multiply."""

    dtype: Any

    def reduce(self, numbers: Array) -> Array:
        """Return the numbers as they are."""
        return numbers

    def matmul(self, a: Array, b: Array) -> Array:
        """Return a matrix product."""
        product: Array = a @ b
        return product

    def number(self, value: Fraction) -> Any:
        """Return the value itself, or the nearest floating one."""
        whole = value.numerator if value.denominator == 1 else value
        return whole if self.dtype is object else float(value)


FLOATING = Plain(np.float64)
EXACT = Plain(object)


@dataclass(frozen=True)
class Modulo:
    """Residues modulo a prime of any size.

    Up to 31 bits they are 64-bit integers, whose products fit; beyond, Python's integers.
    """

    prime: int

    @property
    def dtype(self) -> Any:
        """64-bit integers for small primes, else objects."""
        return np.int64 if self.prime <= modular.PRIMES[0] else object

    def reduce(self, numbers: Array) -> Array:
        """Return the residues of numbers."""
        reduced: Array = numbers % self.prime
        return reduced

    def matmul(self, a: Array, b: Array) -> Array:
        """Return a matrix product of residues."""
        if self.dtype is object:
            return self.reduce(a @ b)
        return modular.matmul(a, b, self.prime)

    def number(self, value: Fraction) -> int:
        """Return the residue of a rational."""
        return value.numerator * pow(value.denominator, -1, self.prime) % self.prime


def exact_array(numbers: Sequence[Any]) -> Array:
    """Return a vector of objects, whatever they are."""
    # Not by np.array, which takes sequences, and polynomials that look like them, apart.
    return np.fromiter(numbers, dtype=object, count=len(numbers))
