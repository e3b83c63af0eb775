"""Integers of any size as rows of machine integers, for the NumPy kernels.

A coefficient is split into *balanced* digits to the base ``2**bits``, between
``-2**(bits - 1)`` and ``2**(bits - 1)``, least significant first. Products of digits are
summed in machine words whose overflow is excluded beforehand, and the sums for each power
of the base (the levels) are put together into Python integers at the end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["INT64_CAPACITY", "Split", "convolve_digits", "join", "plan_split", "split"]

Integers = npt.NDArray[np.int64]

# Sums stay below 2**62, which leaves a bit for the carries of join().
INT64_CAPACITY = 62


class Split(NamedTuple):
    """How to split two operands: digit size and numbers of digits."""

    bits: int
    first: int
    second: int

    @property
    def levels(self) -> int:
        """Number of powers of the base in the product."""
        return self.first + self.second - 1

    @property
    def pairs(self) -> int:
        """Number of digit products for one product of coefficients."""
        return self.first * self.second


def plan_split(
    first_bits: int, second_bits: int, summands: int, capacity: int = INT64_CAPACITY
) -> Split | None:
    """Return the coarsest split for which no sum of products can overflow.

    Parameters
    ----------
    first_bits, second_bits : int
        Bit lengths of the operands' largest coefficients.
    summands : int
        The largest number of coefficient products in one sum.
    capacity : int
        Sums must stay below ``2**capacity`` in absolute value.

    Returns
    -------
    Split or None
        None if digits of a few bits would not do, for operands beyond any memory.

    Examples
    --------
    >>> plan_split(20, 20, 1000)
    Split(bits=62, first=1, second=1)
    >>> plan_split(40, 40, 1000)
    Split(bits=26, first=2, second=2)
    """
    for bits in range(capacity, 3, -1):
        first, second = first_bits // bits + 1, second_bits // bits + 1
        # Within a level, digit products add up over the pairs that give the same power.
        product = min(bits - 1, first_bits) + min(bits - 1, second_bits)
        if product + (min(first, second) * summands - 1).bit_length() <= capacity:
            return Split(bits, first, second)
    return None


def split(values: list[int], height: int, bits: int, count: int) -> Integers:
    """Return an array of `count` rows of balanced digits.

    Parameters
    ----------
    values : list of int
        The integers.
    height : int
        Their largest bit length.
    bits : int
        Size of a digit, at most 62.
    count : int
        Number of digits, at least ``height // bits + 1``.
    """
    if count == 1:
        return np.array([values], dtype=np.int64)
    size = 8 * ((height + bits) // 64 + 2)
    data = b"".join([value.to_bytes(size, "little", signed=True) for value in values])
    words = np.frombuffer(data, dtype="<u8").reshape(len(values), size // 8)
    digits = np.empty((count, len(values)), dtype=np.int64)
    mask = np.uint64((1 << bits) - 1)
    for index in range(count):
        word, shift = divmod(index * bits, 64)
        row = words[:, word] >> np.uint64(shift)
        if shift + bits > 64:
            row |= words[:, word + 1] << np.uint64(64 - shift)
        digits[index] = (row & mask).view(np.int64)
    # Negative numbers read as two's complement: the highest digit carries the sign.
    top = digits[-1]
    top -= (top >> (bits - 1)) << bits
    half = 1 << (bits - 1)
    for index in range(count - 1):
        carry = digits[index] >= half
        digits[index] -= carry.astype(np.int64) << bits
        digits[index + 1] += carry
    return digits


def convolve_digits(first: Integers, second: Integers, level: int) -> Integers:
    """Return one level of all products: rows of `first` by rows of `second`, flattened.

    Parameters
    ----------
    first, second : array of shape (digits, terms)
        Balanced digits.
    level : int
        The power of the base.

    Returns
    -------
    array
        Sums of digit products, one for each pair of terms.
    """
    low = max(0, level - second.shape[0] + 1)
    high = min(level, first.shape[0] - 1)
    total: Integers = np.multiply.outer(first[low], second[level - low])
    for index in range(low + 1, high + 1):
        total += np.multiply.outer(first[index], second[level - index])
    return total.ravel()


def join(levels: Integers, bits: int, height: int) -> list[int]:
    """Return the integers whose levels are the rows of an array.

    Parameters
    ----------
    levels : array of shape (levels, terms)
        Sums below ``2**62`` in absolute value; overwritten.
    bits : int
        Each level counts ``2**bits`` times the one before.
    height : int
        A bound on the bit length of the results.
    """
    count = levels.shape[0]
    if height < 63:
        # Wrapping sums are right modulo 2**64, so they are right for results that fit.
        total = levels[-1]
        for index in range(count - 2, -1, -1):
            total = (total << bits) + levels[index]
        values: list[int] = total.tolist()
        return values
    for index in range(count - 1):
        carry = levels[index] >> bits
        levels[index] -= carry << bits
        levels[index + 1] += carry
    return _from_digits(levels, bits)


def _from_digits(digits: Integers, bits: int) -> list[int]:
    """Assemble nonnegative digits below a signed top digit into 64-bit words."""
    count, terms = digits.shape
    size = (count - 1) * bits // 64 + 2
    words = np.zeros((terms, size), dtype="<u8")
    for index in range(count):
        word, shift = divmod(index * bits, 64)
        row = digits[index]
        words[:, word] |= row.view(np.uint64) << np.uint64(shift)
        if index == count - 1:
            # The sign of the top digit extends through the words above it.
            words[:, word + 1] |= (row >> 1 >> (63 - shift)).view(np.uint64)
        elif shift + bits > 64:
            words[:, word + 1] |= row.view(np.uint64) >> np.uint64(64 - shift)
    data = words.tobytes()
    step = 8 * size
    return [
        int.from_bytes(data[at : at + step], "little", signed=True)
        for at in range(0, len(data), step)
    ]
