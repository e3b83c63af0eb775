"""Monomials as integers: the exponents of one monomial in fixed-width bit fields.

The first variable has the most significant field, so comparing two packed monomials as
integers compares them lexicographically, and multiplying two monomials is one integer
addition. The top bit of every field is a *guard*: stored exponents leave it clear, so a
sum of two packed monomials never carries into the neighbouring field, and a set guard bit
in a sum says that a wider field is needed.

Fields are 8, 16, 32, 64, 128, ... bits wide. A polynomial uses the narrowest class that
holds its largest exponent, which makes the packed form canonical: equal polynomials have
equal dictionaries.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from operator import or_

__all__ = [
    "MIN_WIDTH",
    "Terms",
    "field_degrees",
    "guard_bits",
    "narrowest_width",
    "pack",
    "repack",
    "span",
    "unpack",
    "width_for",
]

Terms = dict[int, int]
"""Packed monomial to nonzero integer coefficient."""

MIN_WIDTH = 8

_STRUCT_CODES = {16: "H", 32: "I", 64: "Q"}


def width_for(exponent: int) -> int:
    """Return the narrowest field width that holds `exponent` with its guard bit clear.

    Examples
    --------
    >>> width_for(127), width_for(128), width_for(10**30)
    (8, 16, 128)
    """
    width = MIN_WIDTH
    while exponent >> (width - 1):
        width *= 2
    return width


@lru_cache(maxsize=1024)
def guard_bits(count: int, width: int) -> int:
    """Return the mask of the guard bits of `count` fields of `width` bits."""
    return _repeat(1 << (width - 1), count, width)


@lru_cache(maxsize=1024)
def _bits_beyond(count: int, width: int, narrower: int) -> int:
    """Return the mask of the bits that a field of `narrower` bits could not store."""
    field = ((1 << width) - 1) ^ ((1 << (narrower - 1)) - 1)
    return _repeat(field, count, width)


def _repeat(field: int, count: int, width: int) -> int:
    """Return `field` repeated in `count` fields of `width` bits."""
    return int.from_bytes(field.to_bytes(width // 8, "big") * count, "big")


def pack(exponents: Sequence[int], width: int) -> int:
    """Pack exponents, each smaller than ``2 ** (width - 1)``, into one integer.

    Examples
    --------
    >>> hex(pack((1, 0, 3), 8))
    '0x10003'
    """
    if width == MIN_WIDTH:
        return int.from_bytes(bytes(exponents), "big")
    size = width // 8
    return int.from_bytes(b"".join([e.to_bytes(size, "big") for e in exponents]), "big")


def unpack(key: int, count: int, width: int) -> tuple[int, ...]:
    """Return the `count` exponents in `key`; the inverse of :func:`pack`.

    Examples
    --------
    >>> unpack(0x10003, 3, 8)
    (1, 0, 3)
    """
    size = width // 8
    data = key.to_bytes(count * size, "big")
    if width == MIN_WIDTH:
        return tuple(data)
    code = _STRUCT_CODES.get(width)
    if code is not None:
        return struct.unpack(f">{count}{code}", data)
    return tuple(int.from_bytes(data[at : at + size], "big") for at in range(0, count * size, size))


def repack(terms: Terms, count: int, old: int, new: int) -> Terms:
    """Return `terms` with fields of `new` bits instead of `old` bits."""
    if old == new:
        return terms
    return {pack(unpack(key, count, old), new): value for key, value in terms.items()}


def span(keys: Iterable[int]) -> int:
    """Return the bitwise "or" of packed monomials.

    Each field of the result is at least the largest exponent of its variable and has the
    same bit length, which decides most questions about widths in one pass without unpacking.
    """
    return reduce(or_, keys, 0)


def narrowest_width(bits: int, count: int, width: int) -> int:
    """Return the canonical width of terms stored at `width` whose :func:`span` is `bits`."""
    narrower = MIN_WIDTH
    while narrower < width and bits & _bits_beyond(count, width, narrower):
        narrower *= 2
    return narrower


def field_degrees(keys: Iterable[int], count: int, width: int) -> tuple[int, ...]:
    """Return the largest exponent of each variable (zeros if there are no keys)."""
    rows = [unpack(key, count, width) for key in keys]
    return tuple(map(max, zip(*rows, strict=True))) if rows else (0,) * count
