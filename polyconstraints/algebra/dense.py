"""Dense products: Kronecker substitution to one variable, then sums in an array.

The monomials of the product lie in a box. Numbering the box's points in mixed radix turns
a product of polynomials into a product of polynomials in one variable, whose coefficients
are sums in a flat array. For few terms these sums are done term by term ("scatter"), for
many by the fast Fourier transform.

The transform works in floating point, yet its results are exact: digits are made so small
that the error, bounded in advance by the norms of the inputs, cannot reach one half.
"""

from __future__ import annotations

from math import log2, prod

import numpy as np
import numpy.typing as npt

from polyconstraints.algebra.limbs import Split, convolve_digits, join, split
from polyconstraints.algebra.operands import Operands, words_to_keys
from polyconstraints.algebra.packing import Terms

__all__ = [
    "Box",
    "multiply_by_scatter",
    "multiply_by_transform",
    "plan_transform",
    "transform_error",
]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Products of terms that are scattered at a time: their indices and values stay in cache.
_SCATTER_CHUNK = 1 << 17

_UNIT_ROUNDOFF = 2.0**-53

# First-order bound on what one pass (butterflies of radix 2 to 5, with rounded twiddle
# factors) adds to the relative error, in unit roundoffs: an output is a sum of at most five
# inputs times factors of modulus one, in at most ten roundings, each of which may count
# sqrt(2) in the forms that use the symmetry of the factors. Three quarters more are slack.
# By Cauchy and Schwarz the two forward errors reach the sums with at most the product of the
# inputs' Euclidean norms, and so does that of the inverse transform, whose outputs are means
# of the spectrum. A transform of length n has at most log2(n) passes; three more allow for
# the real transform.
_PASS_ERROR = 24.0

# Below one half sums round correctly; one quarter leaves room to notice broken arithmetic.
_MAX_ERROR = 0.25
_MIN_DIGIT, _MAX_DIGIT = 4, 26


class Box:
    """The exponents that can occur in a product, numbered in mixed radix.

    The smallest exponent of each variable and the common divisor of the distances from it
    are taken out first, so that monomial factors and polynomials in ``x**k`` cost nothing.

    Parameters
    ----------
    operands : Operands
        The factors.
    """

    __slots__ = ("length", "lowest", "operands", "origin", "radices", "steps")

    def __init__(self, operands: Operands) -> None:
        self.operands = operands
        first, second = operands.exponents
        low = first.min(axis=0), second.min(axis=0)
        high = first.max(axis=0), second.max(axis=0)
        steps = np.gcd(
            np.gcd.reduce(first - low[0], axis=0), np.gcd.reduce(second - low[1], axis=0)
        )
        self.lowest = low
        # Guard bits are clear, so these sums of exponents fit their words.
        self.origin: list[int] = (low[0] + low[1]).tolist()
        self.steps: list[int] = np.maximum(steps, np.uint64(1)).tolist()
        spans: list[int] = (high[0] - low[0] + high[1] - low[1]).tolist()
        self.radices = [s // step + 1 for s, step in zip(spans, self.steps, strict=True)]
        self.length = prod(self.radices)

    def _field(self, variable: int) -> tuple[int, int]:
        """Return the word that holds a variable's exponents, and its lowest bit there."""
        bit = self.operands.width * (self.operands.count - 1 - variable)
        return self.operands.words[0].shape[1] - 1 - bit // 64, bit % 64

    def numbers(self, factor: int) -> Integers:
        """Return the numbers of a factor's monomials; those of products are sums."""
        strides = [1]
        for radix in reversed(self.radices[1:]):
            strides.append(strides[-1] * radix)
        distances = self.operands.exponents[factor] - self.lowest[factor]
        digits = distances // np.array(self.steps, dtype=np.uint64)
        weights = np.array(strides[: len(self.radices)], dtype=np.uint64)[::-1]
        total: Integers = (digits @ weights).astype(np.int64)
        return total

    def keys(self, numbers: Integers) -> list[int]:
        """Return the packed monomials with the given numbers."""
        words = np.zeros((len(numbers), self.operands.words[0].shape[1]), dtype=np.uint64)
        rest = numbers
        for variable in range(self.operands.count - 1, -1, -1):
            word, shift = self._field(variable)
            radix = self.radices[variable]
            # Exponents and shifts as one multiple: the field's place is a power of two.
            place = 1 << shift
            words[:, word] += np.uint64(self.origin[variable] * place)
            if radix > 1:
                rest, digits = np.divmod(rest, radix)
                words[:, word] += digits.astype(np.uint64) * np.uint64(self.steps[variable] * place)
        return words_to_keys(words)


def _digits(operands: Operands, plan: Split) -> tuple[Integers, Integers]:
    first, second = operands.coefficients
    return (
        split(first, operands.heights[0], plan.bits, plan.first),
        split(second, operands.heights[1], plan.bits, plan.second),
    )


def multiply_by_scatter(box: Box, plan: Split, chunk: int = _SCATTER_CHUNK) -> Terms:
    """Return the product by adding every product of terms to its place in the box.

    Parameters
    ----------
    box : Box
        Places of the monomials; memory is proportional to its length.
    plan : Split
        How to split coefficients so that no sum overflows 62 bits.
    chunk : int
        Number of products of terms to hold at a time.
    """
    operands = box.operands
    numbers = box.numbers(0), box.numbers(1)
    first, second = _digits(operands, plan)
    levels = np.zeros((plan.levels, box.length), dtype=np.int64)
    rows = max(1, chunk // len(numbers[1]))
    for start in range(0, len(numbers[0]), rows):
        places = np.add.outer(numbers[0][start : start + rows], numbers[1]).ravel()
        for level in range(plan.levels):
            values = convolve_digits(first[:, start : start + rows], second, level)
            np.add.at(levels[level], places, values)
    return _to_terms(box, levels, plan)


def plan_transform(operands: Operands, length: int) -> Split | None:
    """Return the split that the transform will probably use, to predict its cost.

    Parameters
    ----------
    operands : Operands
        The factors.
    length : int
        Length of the product in one variable.

    Returns
    -------
    Split or None
        None if even digits of a few bits would not be exact.
    """
    relative = _relative_error(length)
    for bits in range(_MAX_DIGIT, _MIN_DIGIT - 1, -1):
        plan = _split_with(operands, bits)
        # Digits spread evenly have a mean square of a third of the largest square.
        norms = [
            (len(values) / 3) ** 0.5 * 2.0 ** min(bits - 1, height)
            for values, height in zip(operands.coefficients, operands.heights, strict=True)
        ]
        if relative * norms[0] * norms[1] * min(plan.first, plan.second) < _MAX_ERROR:
            return plan
    return None


def _split_with(operands: Operands, bits: int) -> Split:
    first, second = (height // bits + 1 for height in operands.heights)
    return Split(bits, first, second)


def _relative_error(length: int) -> float:
    """Return the error of a convolution sum relative to the product of the norms."""
    passes = log2(max(length, 2)) + 3
    return (3 * passes + 2) * _PASS_ERROR * _UNIT_ROUNDOFF


def transform_error(first: Integers, second: Integers, length: int) -> float:
    """Return a bound on the absolute error of every level of a product by transforms.

    Parameters
    ----------
    first, second : array of shape (digits, terms)
        The factors' digits.
    length : int
        Length of the transforms.
    """
    # Squares and their sums are rounded too; the last factor makes up for that many times.
    norms = [np.sqrt((digits.astype(np.float64) ** 2).sum(axis=1)) for digits in (first, second)]
    largest = float(np.convolve(norms[0], norms[1]).max())
    return _relative_error(length) * largest * 1.001


def multiply_by_transform(box: Box, plan: Split) -> Terms | None:
    """Return the product by fast Fourier transforms of the digits.

    Parameters
    ----------
    box : Box
        Places of the monomials; memory is proportional to its length.
    plan : Split
        The coarsest split to try; digits are made smaller until the error bound holds.

    Returns
    -------
    dict or None
        None if no digits are small enough, or if the computed sums are not as close to
        integers as the bound says, which would mean that the platform's arithmetic does
        not keep its promises.
    """
    numbers = box.numbers(0), box.numbers(1)
    length = int(numbers[0].max() + numbers[1].max()) + 1
    size = smooth_length(length)
    factors = _digits(box.operands, plan)
    while transform_error(*factors, size) >= _MAX_ERROR:
        if plan.bits == _MIN_DIGIT:
            return None
        plan = _split_with(box.operands, plan.bits - 1)
        factors = _digits(box.operands, plan)
    spectra = [
        [_spectrum(places, row, size) for row in digits]
        for places, digits in zip(numbers, factors, strict=True)
    ]
    first, second = spectra
    levels = np.empty((plan.levels, length), dtype=np.int64)
    for level in range(plan.levels):
        low, high = max(0, level - plan.second + 1), min(level, plan.first - 1)
        total = first[low] * second[level - low]
        for index in range(low + 1, high + 1):
            total += first[index] * second[level - index]
        sums = np.fft.irfft(total, size)[:length]
        rounded = np.rint(sums)
        sums -= rounded
        if max(sums.max(), -sums.min()) >= _MAX_ERROR:
            return None
        levels[level] = rounded
    return _to_terms(box, levels, plan)


def _spectrum(places: Integers, digits: Integers, size: int) -> npt.NDArray[np.complex128]:
    values: Floats = np.zeros(size)
    values[places] = digits
    return np.fft.rfft(values)


def smooth_length(length: int) -> int:
    """Return the least even number with prime factors 2, 3 and 5 that is not smaller.

    Examples
    --------
    >>> smooth_length(1), smooth_length(1025), smooth_length(2825761)
    (2, 1080, 2834352)
    """
    best = 2
    while best < length:
        best *= 2
    five = 1
    while five < best:
        three = five
        while three < best:
            candidate = 2 * three
            while candidate < length:
                candidate *= 2
            best = min(best, candidate)
            three *= 3
        five *= 5
    return best


def _to_terms(box: Box, levels: Integers, plan: Split) -> Terms:
    """Return the nonzero sums with packed monomials as a dictionary."""
    numbers = np.flatnonzero(levels.any(axis=0))
    values = join(levels[:, numbers], plan.bits, box.operands.product_height)
    terms = dict(zip(box.keys(numbers), values, strict=True))
    if plan.levels > 1 and 0 in terms.values():
        # Levels of a vanishing sum need not vanish one by one.
        return {key: value for key, value in terms.items() if value}
    return terms
