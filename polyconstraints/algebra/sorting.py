"""Sparse products by sorting: all products of terms, sorted, and equal monomials added up.

The monomials of all products are outer sums of machine words. If a monomial takes one
word, sorting that word is all. If it takes several, a linear projection to one word is
sorted instead: it maps products to sums just like the words themselves. A projection may
send two monomials to one word, so wherever two neighbours in the sorted order agree their
full monomials are compared, and a projection that fails is replaced. The result is exact
whatever the projection; its choice only decides how often that happens (hardly ever).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from polyconstraints.algebra.limbs import Split, convolve_digits, join, split
from polyconstraints.algebra.operands import Operands, Words
from polyconstraints.algebra.packing import Terms

__all__ = ["DEFAULT_CHUNK", "distinct_fraction", "multiply", "projected_words"]

Integers = npt.NDArray[np.int64]

# Products of terms that are in memory at a time, about 100 bytes each.
DEFAULT_CHUNK = 1 << 20

_ATTEMPTS = 4
# Look-ups with which distinct_fraction() may go beyond its least number of samples.
_SAMPLING_WORK = 1 << 16


class _Merged(NamedTuple):
    """Distinct sorted words, one pair of terms that gives each, and the level sums."""

    words: Words
    pairs: Integers
    sums: Integers


class _ProjectionFailedError(Exception):
    """Two monomials have one projection."""


def multiply(
    operands: Operands, plan: Split, chunk: int = DEFAULT_CHUNK, attempt: int = 0
) -> Terms | None:
    """Return the product, or None if no projection of the monomials was injective.

    Parameters
    ----------
    operands : Operands
        The factors.
    plan : Split
        How to split coefficients so that no sum overflows 62 bits.
    chunk : int
        Number of products of terms to hold at a time; memory is proportional to it and to
        the length of the result.
    attempt : int
        The projection to start with.
    """
    digits = (
        split(operands.coefficients[0], operands.heights[0], plan.bits, plan.first),
        split(operands.coefficients[1], operands.heights[1], plan.bits, plan.second),
    )
    for seed in range(attempt, attempt + _ATTEMPTS):
        try:
            merged = _merge_all(operands, projected_words(operands, seed), digits, chunk)
        except _ProjectionFailedError:
            continue
        return _to_terms(operands, merged, plan)
    return None


def projected_words(operands: Operands, seed: int = 0) -> tuple[Words, Words]:
    """Return a word for each monomial; those of products are sums modulo ``2**64``.

    The word is the packed monomial itself where one word holds it.
    """
    first, second = operands.words
    if first.shape[1] == 1:
        return first[:, 0], second[:, 0]
    # Weights multiply exponents rather than words: high fields of a word would lose most
    # bits of its weight.
    weights = projection_weights(operands.count, seed)
    return operands.exponents[0] @ weights, operands.exponents[1] @ weights


def distinct_fraction(operands: Operands) -> float:
    """Return an estimate of the number of distinct monomials per product of terms.

    Takes the mean, over some products, of one over the number of products with the same
    monomial, which is found by subtracting the monomials of one factor and looking the
    differences up in the other.
    """
    first, second = projected_words(operands)
    # A few per cent of the product's time at most.
    samples = max(8, min(len(second) // 10, _SAMPLING_WORK // len(first)))
    steps = np.arange(samples)
    sums = first[steps * 40503 % len(first)] + second[steps * 30011 % len(second)]
    table = np.sort(second)
    differences = np.subtract.outer(sums, first)
    places = np.searchsorted(table, differences)
    places[places == len(table)] = 0
    return float((1 / (table[places] == differences).sum(axis=1)).mean())


def projection_weights(count: int, seed: int) -> Words:
    """Return odd multipliers for the words, scrambled from the seed and the position.

    Examples
    --------
    >>> [hex(w) for w in projection_weights(1, 0).tolist()]
    ['0xe220a8397b1dcdaf']
    """
    mask = (1 << 64) - 1
    weights = []
    for position in range(count):
        # The finalizer of SplitMix64, a bijection that spreads every bit.
        state = (seed * count + position + 1) * 0x9E3779B97F4A7C15 & mask
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & mask
        state = (state ^ state >> 27) * 0x94D049BB133111EB & mask
        weights.append((state ^ state >> 31) | 1)
    return np.array(weights, dtype=np.uint64)


def _merge_all(
    operands: Operands,
    words: tuple[Words, Words],
    digits: tuple[Integers, Integers],
    chunk: int,
) -> _Merged:
    """Return all products merged, computed in chunks of rows of the first factor."""
    first, second = digits
    length = len(words[1])
    rows = max(1, chunk // length)
    levels = first.shape[0] + second.shape[0] - 1
    pending: list[_Merged] = []
    waiting = 0
    threshold = 2 * chunk
    for start in range(0, len(words[0]), rows):
        stop = min(start + rows, len(words[0]))
        keys = np.add.outer(words[0][start:stop], words[1]).ravel()
        pairs = np.arange(start * length, stop * length)
        sums = np.empty((levels, len(keys)), dtype=np.int64)
        for level in range(levels):
            sums[level] = convolve_digits(first[:, start:stop], second, level)
        pending.append(_merge(_Merged(keys, pairs, sums), operands))
        waiting += len(pending[-1].words)
        if waiting > threshold:
            pending = [_merge(_concatenated(pending), operands)]
            waiting = len(pending[0].words)
            # Doubling the threshold with the result keeps merging linear overall.
            threshold = max(threshold, 2 * waiting)
    if len(pending) == 1:
        return pending[0]
    return _merge(_concatenated(pending), operands)


def _concatenated(parts: list[_Merged]) -> _Merged:
    return _Merged(
        np.concatenate([part.words for part in parts]),
        np.concatenate([part.pairs for part in parts]),
        np.concatenate([part.sums for part in parts], axis=1),
    )


def _merge(part: _Merged, operands: Operands) -> _Merged:
    """Return the part sorted, with equal words added up."""
    order = np.argsort(part.words)
    words = part.words[order]
    pairs = part.pairs[order]
    different = words[1:] != words[:-1]
    if operands.words[0].shape[1] > 1:
        _check_equal(pairs, np.flatnonzero(~different), operands)
    starts = np.concatenate(([0], np.flatnonzero(different) + 1))
    sums = part.sums[:, order]
    if len(starts) != len(words):
        sums = np.add.reduceat(sums, starts, axis=1)
        words, pairs = words[starts], pairs[starts]
    return _Merged(words, pairs, sums)


def _check_equal(pairs: Integers, places: Integers, operands: Operands) -> None:
    """Refuse the projection if neighbours with one projection are different monomials."""
    first, second = operands.words
    left = np.divmod(pairs[places], len(second))
    right = np.divmod(pairs[places + 1], len(second))
    for column in range(first.shape[1]):
        a, b = first[:, column], second[:, column]
        if not np.array_equal(a[left[0]] + b[left[1]], a[right[0]] + b[right[1]]):
            raise _ProjectionFailedError


def _to_terms(operands: Operands, merged: _Merged, plan: Split) -> Terms:
    """Return the nonzero sums with packed monomials as a dictionary."""
    nonzero = np.flatnonzero(merged.sums.any(axis=0))
    words, pairs, sums = merged
    if len(nonzero) != len(words):
        words, pairs, sums = words[nonzero], pairs[nonzero], sums[:, nonzero]
    values = join(sums, plan.bits, operands.product_height)
    if operands.words[0].shape[1] == 1:
        keys = words.tolist()
    else:
        first, second = operands.keys
        rows, places = np.divmod(pairs, len(second))
        keys = [first[i] + second[j] for i, j in zip(rows.tolist(), places.tolist(), strict=True)]
    terms = dict(zip(keys, values, strict=True))
    if plan.levels > 1 and 0 in terms.values():
        # Levels of a vanishing sum need not vanish one by one.
        return {key: value for key, value in terms.items() if value}
    return terms
