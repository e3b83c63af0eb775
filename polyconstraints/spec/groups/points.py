"""Sets of points that symmetric groups act on, and how a point is made of letters.

A *sort* is a set of letters that one symmetric group permutes; points are made of letters by
unions, products and wreath products. A point's *address* says how: it mirrors the expression
that the points are, with labels where that has letters. The orbit of a tuple of points is
its *pattern*: the addresses with the letters labelled 0, 1, … in the order in which they are
met. Inside a block of a wreath product letters are labelled anew, since the groups of
different blocks have nothing to do with one another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Address",
    "Fixed",
    "Letters",
    "Pattern",
    "Points",
    "Product",
    "Scope",
    "Sum",
    "Wreath",
    "canonical",
    "patterns",
    "relabellings",
    "scopes",
]

Address: TypeAlias = "int | tuple[Address, ...]"

#: The addresses of a tuple of points, one for each position.
Pattern = tuple[Address, ...]

#: Where labels are counted: a sort, and the blocks of wreath products that it is met in.
Scope = tuple[int, tuple[Address, ...]]

#: How many labels are in use in each scope.
Used = Mapping[Scope, int]

Classes = NDArray[np.int64]
Rename = Callable[[Scope, int], int]


class Points(ABC):
    """An expression for a set of points.

    ``sizes`` is the number of letters of each sort; ``blocks`` the blocks of wreath products
    that the expression is met in.
    """

    @abstractmethod
    def size(self, sizes: Sequence[int]) -> int:
        """Return the number of points."""

    @abstractmethod
    def choices(
        self, used: Used, blocks: tuple[Address, ...] = ()
    ) -> Iterator[tuple[Address, Used]]:
        """Yield the addresses that a next point can have up to relabelling.

        Each with the labels in use afterwards; a new letter gets the smallest free label.
        """

    @abstractmethod
    def renamed(self, address: Address, rename: Rename, blocks: tuple[Address, ...]) -> Address:
        """Return an address with other labels."""

    @abstractmethod
    def number(self, address: Address, sizes: Sequence[int]) -> int:
        """Return the number of the point whose letters are the labels themselves."""

    @abstractmethod
    def view(
        self,
        array: Classes,
        axis: int,
        address: Address,
        sizes: Sequence[int],
        blocks: tuple[Address, ...] = (),
    ) -> tuple[Classes, list[tuple[Scope, int]]]:
        """Return the part of an array whose points along an axis have an address' form.

        The axis is replaced by one axis for each label of the address; those labels are
        returned too. The result shares its memory with the array.
        """

    @abstractmethod
    def to_json(self, names: Sequence[str]) -> Any:
        """Return the expression as JSON, given the names of the sorts."""

    @abstractmethod
    def text(self, address: Address) -> str:
        """Return an address for people: letters a, b, … of the first sort, p, q, … of the next."""


@dataclass(frozen=True)
class Letters(Points):
    """The letters of one sort, permuted by their symmetric group."""

    sort: int

    def size(self, sizes: Sequence[int]) -> int:
        """Return the number of letters."""
        return sizes[self.sort]

    def choices(
        self, used: Used, blocks: tuple[Address, ...] = ()
    ) -> Iterator[tuple[Address, Used]]:
        """Yield the labels in use and one new one."""
        scope = (self.sort, blocks)
        count = used.get(scope, 0)
        for label in range(count):
            yield label, used
        yield count, {**used, scope: count + 1}

    def renamed(self, address: Address, rename: Rename, blocks: tuple[Address, ...]) -> Address:
        """Return the other label."""
        return rename((self.sort, blocks), _label(address))

    def number(self, address: Address, sizes: Sequence[int]) -> int:
        """Return the label."""
        return _label(address)

    def view(
        self,
        array: Classes,
        axis: int,
        address: Address,
        sizes: Sequence[int],
        blocks: tuple[Address, ...] = (),
    ) -> tuple[Classes, list[tuple[Scope, int]]]:
        """Return the array itself: any letter can have the label."""
        return array, [((self.sort, blocks), _label(address))]

    def to_json(self, names: Sequence[str]) -> Any:
        """Return the name of the sort."""
        return names[self.sort]

    def text(self, address: Address) -> str:
        """Return a letter."""
        first = "apu"[self.sort] if self.sort < 3 else "a"
        prefix = "" if self.sort < 3 else f"s{self.sort}"
        label = _label(address)
        return f"{prefix}{chr(ord(first) + label)}" if label < 5 else f"{first}{label}"


@dataclass(frozen=True)
class Fixed(Points):
    """Points that no permutation moves: channels, the homogenising unit, invariant outputs."""

    count: int

    def size(self, sizes: Sequence[int]) -> int:
        """Return the number of points."""
        return self.count

    def choices(
        self, used: Used, blocks: tuple[Address, ...] = ()
    ) -> Iterator[tuple[Address, Used]]:
        """Yield every point."""
        for point in range(self.count):
            yield point, used

    def renamed(self, address: Address, rename: Rename, blocks: tuple[Address, ...]) -> Address:
        """Return the address."""
        return address

    def number(self, address: Address, sizes: Sequence[int]) -> int:
        """Return the point."""
        return _label(address)

    def view(
        self,
        array: Classes,
        axis: int,
        address: Address,
        sizes: Sequence[int],
        blocks: tuple[Address, ...] = (),
    ) -> tuple[Classes, list[tuple[Scope, int]]]:
        """Return the part at the point."""
        # The ellipsis keeps it a view where no axis is left.
        index: tuple[Any, ...] = (*(slice(None),) * axis, _label(address), ...)
        return array[index], []

    def to_json(self, names: Sequence[str]) -> Any:
        """Return the number of points."""
        return self.count

    def text(self, address: Address) -> str:
        """Return the point, from 1."""
        return str(_label(address) + 1)


@dataclass(frozen=True)
class Sum(Points):
    """A disjoint union; an address is (part, address in the part)."""

    parts: tuple[Points, ...]

    def size(self, sizes: Sequence[int]) -> int:
        """Return the sum of the sizes."""
        return sum(part.size(sizes) for part in self.parts)

    def choices(
        self, used: Used, blocks: tuple[Address, ...] = ()
    ) -> Iterator[tuple[Address, Used]]:
        """Yield the choices of every part."""
        for at, part in enumerate(self.parts):
            for address, after in part.choices(used, blocks):
                yield (at, address), after

    def renamed(self, address: Address, rename: Rename, blocks: tuple[Address, ...]) -> Address:
        """Return the address with the part's labels renamed."""
        at, inner = _pair(address)
        return at, self.parts[_label(at)].renamed(inner, rename, blocks)

    def number(self, address: Address, sizes: Sequence[int]) -> int:
        """Return the point's number in its part, after those of the parts before."""
        at, inner = _pair(address)
        part = _label(at)
        return self._start(part, sizes) + self.parts[part].number(inner, sizes)

    def _start(self, part: int, sizes: Sequence[int]) -> int:
        return sum(before.size(sizes) for before in self.parts[:part])

    def view(
        self,
        array: Classes,
        axis: int,
        address: Address,
        sizes: Sequence[int],
        blocks: tuple[Address, ...] = (),
    ) -> tuple[Classes, list[tuple[Scope, int]]]:
        """Return the view of the part."""
        at, inner = _pair(address)
        part = _label(at)
        start = self._start(part, sizes)
        stop = start + self.parts[part].size(sizes)
        cut = array[(slice(None),) * axis + (slice(start, stop),)]
        return self.parts[part].view(cut, axis, inner, sizes, blocks)

    def to_json(self, names: Sequence[str]) -> Any:
        """Return the list of the parts."""
        return {"sum": [part.to_json(names) for part in self.parts]}

    def text(self, address: Address) -> str:
        """Return the address in the part, after the part's number from 0."""
        at, inner = _pair(address)
        part = _label(at)
        if self.parts[part] == Fixed(1):
            return str(part)
        rest = self.parts[part].text(inner)
        return rest if self.parts[0] == Fixed(1) and len(self.parts) == 2 else f"{part}:{rest}"


@dataclass(frozen=True)
class Product(Points):
    """Tuples, the last factor varying fastest; an address is the tuple of addresses."""

    factors: tuple[Points, ...]

    def size(self, sizes: Sequence[int]) -> int:
        """Return the product of the sizes."""
        return prod(factor.size(sizes) for factor in self.factors)

    def choices(
        self, used: Used, blocks: tuple[Address, ...] = ()
    ) -> Iterator[tuple[Address, Used]]:
        """Yield all combinations of the factors' choices."""

        def extend(at: int, used: Used) -> Iterator[tuple[tuple[Address, ...], Used]]:
            if at == len(self.factors):
                yield (), used
                return
            for address, after in self.factors[at].choices(used, blocks):
                for rest, last in extend(at + 1, after):
                    yield (address, *rest), last

        yield from extend(0, used)

    def renamed(self, address: Address, rename: Rename, blocks: tuple[Address, ...]) -> Address:
        """Return the address with the labels of every factor renamed."""
        pairs = zip(self.factors, _parts(address), strict=True)
        return tuple(factor.renamed(part, rename, blocks) for factor, part in pairs)

    def number(self, address: Address, sizes: Sequence[int]) -> int:
        """Return the number in lexicographic order."""
        number = 0
        for factor, part in zip(self.factors, _parts(address), strict=True):
            number = number * factor.size(sizes) + factor.number(part, sizes)
        return number

    def view(
        self,
        array: Classes,
        axis: int,
        address: Address,
        sizes: Sequence[int],
        blocks: tuple[Address, ...] = (),
    ) -> tuple[Classes, list[tuple[Scope, int]]]:
        """Return the view with one axis for each label of the factors."""
        array = _split(array, axis, [factor.size(sizes) for factor in self.factors])
        labels: list[tuple[Scope, int]] = []
        # From the last factor, so that the axes before it keep their places.
        for at in reversed(range(len(self.factors))):
            part = _parts(address)[at]
            array, found = self.factors[at].view(array, axis + at, part, sizes, blocks)
            labels = found + labels
        return array, labels

    def to_json(self, names: Sequence[str]) -> Any:
        """Return the list of the factors."""
        return {"product": [factor.to_json(names) for factor in self.factors]}

    def text(self, address: Address) -> str:
        """Return the addresses in parentheses."""
        pairs = zip(self.factors, _parts(address), strict=True)
        return f"({','.join(factor.text(part) for factor, part in pairs)})"


@dataclass(frozen=True)
class Wreath(Points):
    """Blocks of points; an address is (address of the block, address inside it)."""

    inner: Points
    outer: Points

    def size(self, sizes: Sequence[int]) -> int:
        """Return the product of the sizes."""
        return self.outer.size(sizes) * self.inner.size(sizes)

    def choices(
        self, used: Used, blocks: tuple[Address, ...] = ()
    ) -> Iterator[tuple[Address, Used]]:
        """Yield the choices of a block, and in it those of a point."""
        for block, after in self.outer.choices(used, blocks):
            for address, last in self.inner.choices(after, (*blocks, block)):
                yield (block, address), last

    def renamed(self, address: Address, rename: Rename, blocks: tuple[Address, ...]) -> Address:
        """Return the address with the labels of both renamed."""
        block, inside = _pair(address)
        return (
            self.outer.renamed(block, rename, blocks),
            self.inner.renamed(inside, rename, (*blocks, block)),
        )

    def number(self, address: Address, sizes: Sequence[int]) -> int:
        """Return block · (points of a block) + place."""
        block, inside = _pair(address)
        first = self.outer.number(block, sizes) * self.inner.size(sizes)
        return first + self.inner.number(inside, sizes)

    def view(
        self,
        array: Classes,
        axis: int,
        address: Address,
        sizes: Sequence[int],
        blocks: tuple[Address, ...] = (),
    ) -> tuple[Classes, list[tuple[Scope, int]]]:
        """Return the view with the axes of the block, then those inside it."""
        block, inside = _pair(address)
        array = _split(array, axis, [self.outer.size(sizes), self.inner.size(sizes)])
        array, last = self.inner.view(array, axis + 1, inside, sizes, (*blocks, block))
        array, first = self.outer.view(array, axis, block, sizes, blocks)
        return array, first + last

    def to_json(self, names: Sequence[str]) -> Any:
        """Return what is inside a block, and the blocks."""
        return {"wreath": [self.inner.to_json(names), self.outer.to_json(names)]}

    def text(self, address: Address) -> str:
        """Return block and place with a slash between them."""
        block, inside = _pair(address)
        return f"{self.outer.text(block)}/{self.inner.text(inside)}"


def _label(address: Address) -> int:
    if not isinstance(address, int):
        raise TypeError(f"expected a label, got {address!r}")
    return address


def _parts(address: Address) -> tuple[Address, ...]:
    if not isinstance(address, tuple):
        raise TypeError(f"expected a tuple of addresses, got {address!r}")
    return address


def _pair(address: Address) -> tuple[Address, Address]:
    first, second = _parts(address)
    return first, second


def _split(array: Classes, axis: int, sizes: Sequence[int]) -> Classes:
    """Return a view with one axis split into several."""
    return array.reshape((*array.shape[:axis], *sizes, *array.shape[axis + 1 :]))


# --- patterns of several points -----------------------------------------------------------


def patterns(positions: Sequence[Points]) -> Iterator[Pattern]:
    """Yield the orbits of the symmetric groups on tuples of points, each by its pattern.

    Examples
    --------
    >>> list(patterns([Letters(0), Letters(0)]))
    [(0, 0), (0, 1)]
    """
    yield from (pattern for pattern, _ in _extended(positions, {}))


def _extended(positions: Sequence[Points], used: Used) -> Iterator[tuple[Pattern, Used]]:
    if not positions:
        yield (), used
        return
    for address, after in positions[0].choices(used):
        for rest, last in _extended(positions[1:], after):
            yield (address, *rest), last


def canonical(positions: Sequence[Points], addresses: Sequence[Address]) -> Pattern:
    """Return the pattern of a tuple of points, given by addresses with any labels.

    Examples
    --------
    >>> canonical([Letters(0)] * 3, (7, 2, 7))
    (0, 1, 0)
    """
    names: dict[Scope, dict[int, int]] = {}

    def rename(scope: Scope, label: int) -> int:
        known = names.setdefault(scope, {})
        return known.setdefault(label, len(known))

    pairs = zip(positions, addresses, strict=True)
    return tuple(points.renamed(address, rename, ()) for points, address in pairs)


def scopes(positions: Sequence[Points], pattern: Pattern) -> dict[Scope, int]:
    """Return how many labels a pattern has in each scope."""
    counts: dict[Scope, int] = {}

    def count(scope: Scope, label: int) -> int:
        counts[scope] = max(counts.get(scope, 0), label + 1)
        return label

    for points, address in zip(positions, pattern, strict=True):
        points.renamed(address, count, ())
    return counts


def relabellings(positions: Sequence[Points], pattern: Pattern) -> Iterator[Pattern]:
    """Yield a pattern with its labels permuted in every way.

    The smallest tuple of points of an orbit is among these, whatever the order of points is
    that the labels decide lexicographically: replacing letters by smaller ones in the same
    order never makes a tuple larger.
    """
    counts = scopes(positions, pattern)
    for choice in product(*(permutations(range(count)) for count in counts.values())):
        table = dict(zip(counts, choice, strict=True))
        pairs = zip(positions, pattern, strict=True)
        yield tuple(
            points.renamed(address, lambda scope, label: table[scope][label], ())  # noqa: B023
            for points, address in pairs
        )
