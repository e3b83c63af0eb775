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

__all__ = ["DEFAULT_CHUNK", "multiply"]

Integers = npt.NDArray[np.int64]

# Products of terms that are in memory at a time, about 100 bytes each.
DEFAULT_CHUNK = 1 << 20

_ATTEMPTS = 4


class _Merged(NamedTuple):
    """Distinct sorted words, one pair of terms that gives each, and the level sums."""

    words: Words
    pairs: Integers
    sums: Integers


class _ProjectionFailed(Exception):
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
    columns = _occurring_columns(operands)
    digits = tuple(
        split(values, height, plan.bits, count)
        for values, height, count in zip(
            operands.coefficients, operands.heights, plan[1:], strict=True
        )
    )
    if columns[0].shape[1] <= 1:
        merged = _merge_all(columns, (columns[0][:, 0], columns[1][:, 0]), digits, chunk, False)
        return _to_terms(operands, merged, plan)
    for seed in range(attempt, attempt + _ATTEMPTS):
        weights = projection_weights(columns[0].shape[1], seed)
        projected = (columns[0] @ weights, columns[1] @ weights)
        try:
            merged = _merge_all(columns, projected, digits, chunk, True)
        except _ProjectionFailed:
            continue
        return _to_terms(operands, merged, plan)
    return None


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


def _occurring_columns(operands: Operands) -> tuple[Words, Words]:
    """Return the words without those that are zero in every monomial, at least one."""
    first, second = operands.words
    occurring = first.any(axis=0) | second.any(axis=0)
    if not occurring.any():
        occurring[-1] = True
    return first[:, occurring], second[:, occurring]


def _merge_all(
    columns: tuple[Words, Words],
    words: tuple[Words, Words],
    digits: tuple[Integers, ...],
    chunk: int,
    check: bool,
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
        pending.append(_merge(_Merged(keys, pairs, sums), columns, check))
        waiting += len(pending[-1].words)
        if waiting > threshold:
            pending = [_merge(_concatenated(pending), columns, check)]
            waiting = len(pending[0].words)
            # Doubling the threshold with the result keeps merging linear overall.
            threshold = max(threshold, 2 * waiting)
    if len(pending) == 1:
        return pending[0]
    return _merge(_concatenated(pending), columns, check)


def _concatenated(parts: list[_Merged]) -> _Merged:
    return _Merged(
        np.concatenate([part.words for part in parts]),
        np.concatenate([part.pairs for part in parts]),
        np.concatenate([part.sums for part in parts], axis=1),
    )


def _merge(part: _Merged, columns: tuple[Words, Words], check: bool) -> _Merged:
    """Return the part sorted, with equal words added up."""
    order = np.argsort(part.words)
    words = part.words[order]
    pairs = part.pairs[order]
    different = words[1:] != words[:-1]
    if check:
        _check_equal(pairs, np.flatnonzero(~different), columns)
    starts = np.concatenate(([0], np.flatnonzero(different) + 1))
    sums = part.sums[:, order]
    if len(starts) != len(words):
        sums = np.add.reduceat(sums, starts, axis=1)
        words, pairs = words[starts], pairs[starts]
    return _Merged(words, pairs, sums)


def _check_equal(pairs: Integers, places: Integers, columns: tuple[Words, Words]) -> None:
    """Refuse the projection if neighbours with one projection are different monomials."""
    first, second = columns
    left = np.divmod(pairs[places], len(second))
    right = np.divmod(pairs[places + 1], len(second))
    for column in range(first.shape[1]):
        a, b = first[:, column], second[:, column]
        if not np.array_equal(a[left[0]] + b[left[1]], a[right[0]] + b[right[1]]):
            raise _ProjectionFailed


def _to_terms(operands: Operands, merged: _Merged, plan: Split) -> Terms:
    """Return the nonzero sums with packed monomials as a dictionary."""
    nonzero = merged.sums.any(axis=0)
    words, pairs, sums = merged
    if not nonzero.all():
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
