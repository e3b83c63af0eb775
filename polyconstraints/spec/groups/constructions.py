"""Points made of points: unions, products, wreath products, pairs, subsets, tuples, edges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import chain, combinations, permutations, product, repeat
from math import comb, factorial, perm, prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups.group import GroupAction, Key, require_images
from polyconstraints.spec.groups.permutations import Permutation, orbits
from polyconstraints.spec.groups.tree import (
    Address,
    Atoms,
    Blocks,
    Construction,
    Fixed,
    Inside,
    Preset,
    Used,
)

#: Powers and binomial coefficients are worked out up to this exponent, beyond all that is built.
_MOST = 64

#: The number of a subset whose points aren't different; that of what holds it is as large.
NO_POINT = 1 << 34


@dataclass(frozen=True)
class Node(Construction):
    """What has parts."""

    parts: tuple[Construction, ...]

    def replaced(self, leaf: Callable[[Construction], Construction]) -> Construction:
        return replace(self, parts=tuple(part.replaced(leaf) for part in self.parts))


class _Combined(Node):
    """Parts with an operator between them."""

    sign: ClassVar[str]
    #: What the construction is called in documents.
    word: ClassVar[str]

    def text(self) -> str:
        def operand(part: Construction, least: int) -> str:
            return part.text() if part.binding >= least else f"({part.text()})"

        first, *rest = self.parts
        others = (operand(part, self.binding + 1) for part in rest)
        return self.sign.join([operand(first, self.binding), *others])

    def lettered(self, sorts: Mapping[Preset, int]) -> Construction:
        return replace(self, parts=tuple(part.lettered(sorts) for part in self.parts))

    def to_json(self, names: Sequence[str]) -> Any:
        return {self.word: [part.to_json(names) for part in self.parts]}

    def _action(self) -> GroupAction:
        """Return the action in which a generator moves all parts that it is a key of."""
        actions = [part.action() for part in self.parts]
        keys = list(dict.fromkeys(key for action in actions for key in action.keys))
        moved = zip(*(action.under(keys) for action in actions), strict=True)
        return GroupAction.of(self.size(), keys, map(self._joined, moved))

    def _joined(self, images: Sequence[Permutation]) -> Permutation:
        """Return how the points move where the parts' points move."""
        raise NotImplementedError


class Sum(_Combined):
    """A disjoint union; an address is (part, address in the part)."""

    binding = 0
    sign = "+"
    word = "sum"

    def size(self, sizes: Sequence[int] = ()) -> int:
        return sum(part.size(sizes) for part in self.parts)

    def _joined(self, images: Sequence[Permutation]) -> Permutation:
        found: list[int] = []
        for image in images:
            start = len(found)
            found.extend(start + point for point in image)
        return tuple(found)

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        for at, part in enumerate(self.parts):
            for address, after in part.choices(used, blocks):
                yield (at, address), after

    def inside(self, address: Any, blocks: Blocks = ()) -> Iterable[Inside]:
        at, inner = address
        return ((self.parts[at], inner, blocks),)

    def made(self, address: Any, parts: Sequence[Address]) -> Address:
        return address[0], *parts

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        at, inner = address
        start = sum(before.size(sizes) for before in self.parts[:at])
        return start + self.parts[at].number(inner, sizes)

    def label(self, address: Any) -> str:
        at, inner = address
        if self.parts[at] == Fixed(1):
            return str(at)
        rest = self.parts[at].label(inner)
        return rest if self.parts[0] == Fixed(1) and len(self.parts) == 2 else f"{at}:{rest}"


class _Tuples(Node):
    """Points that are tuples of points, the last one varying fastest.

    An address is the tuple of the points' addresses.
    """

    @property
    def axes(self) -> tuple[Construction, ...]:
        """What each place of the tuples runs over."""
        return self.parts

    def size(self, sizes: Sequence[int] = ()) -> int:
        return prod(points.size(sizes) for points in self.axes)

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        yield from self._extended((), used, blocks)

    def _extended(
        self, address: tuple[Address, ...], used: Used, blocks: Blocks
    ) -> Iterator[tuple[tuple[Address, ...], Used]]:
        at = len(address)
        if at == len(self.axes):
            yield address, used
            return
        for one, after in self.axes[at].choices(used, blocks):
            yield from self._extended((*address, one), after, blocks)

    def inside(self, address: Any, blocks: Blocks = ()) -> Iterable[Inside]:
        return zip(self.axes, address, repeat(blocks), strict=False)

    def made(self, address: Any, parts: Sequence[Address]) -> Address:
        return tuple(parts)

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        number = 0
        for points, part in zip(self.axes, address, strict=True):
            number = number * points.size(sizes) + points.number(part, sizes)
        return number


class Product(_Tuples, _Combined):
    """Tuples; a point of two factors is row · columns + column."""

    binding = 1
    sign = "x"
    word = "product"

    def _joined(self, images: Sequence[Permutation]) -> Permutation:
        def both(rows: Permutation, columns: Permutation) -> Permutation:
            width = len(columns)
            return tuple(row * width + column for row in rows for column in columns)

        return reduce(both, images)

    def label(self, address: Any) -> str:
        pairs = zip(self.parts, address, strict=True)
        return f"({','.join(factor.label(part) for factor, part in pairs)})"


class Wreath(_Tuples, _Combined):
    """Blocks of points, sets of sets: one copy of a group in each block, another permutes them.

    Point = block · (points of a block) + place; an address is (address of the block, address
    inside it), and the letters of each block are a sort of their own.

    >>> Wreath((Preset("S", 3), Preset("S", 2))).order()
    72
    """

    binding = 2
    sign = "wr"
    word = "wreath"

    @property
    def inner(self) -> Construction:
        """What is inside a block."""
        return self.parts[0]

    @property
    def outer(self) -> Construction:
        """What the blocks are."""
        return self.parts[1]

    @property
    def axes(self) -> tuple[Construction, ...]:
        return self.outer, self.inner

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        for block, after in self.outer.choices(used, blocks):
            within = (*blocks, self.outer.normal(block))
            for place, last in self.inner.choices(after, within):
                yield (block, place), last

    def inside(self, address: Any, blocks: Blocks = ()) -> Iterable[Inside]:
        block, place = address
        within = (*blocks, self.outer.normal(block))
        return (self.outer, block, blocks), (self.inner, place, within)

    def _action(self) -> GroupAction:
        inner, top = self.inner.action(), self.outer.action()
        size, blocks = inner.degree, top.degree
        # The copies are generated by those in one block of each orbit of the blocks.
        firsts = sorted(set(orbits(blocks, map(np.array, top.images)).tolist()))
        # Inside a wreath product a group is not a factor any more.
        keys = [
            Key((f"{name} in a block of orbit {orbit} of {blocks}", occurrence), number)
            for orbit, _ in enumerate(firsts)
            for (name, occurrence), number in inner.keys
        ]

        def copy(first: int, image: Permutation) -> Permutation:
            moved = list(range(size * blocks))
            moved[first * size : (first + 1) * size] = (first * size + at for at in image)
            return tuple(moved)

        def whole(image: Permutation) -> Permutation:
            return tuple(block * size + place for block in image for place in range(size))

        copies = (copy(first, image) for first in firsts for image in inner.images)
        images = chain(copies, map(whole, top.images))
        return GroupAction.of(size * blocks, [*keys, *top.keys], images)

    def atoms(self) -> Atoms:
        """Return what permutes the blocks, and the copies inside them."""
        moving = self.outer.action().keys
        inside = tuple(key for key in self.action().keys if key not in moving)
        return {**self.outer.atoms(), self: inside}

    def own_order(self) -> int | None:
        inner = self.inner.order()
        return None if inner is None else inner ** self.outer.size()

    def label(self, address: Any) -> str:
        block, inside = address
        return f"{self.outer.label(block)}/{self.inner.label(inside)}"


@dataclass(frozen=True)
class Selection(_Tuples):
    """Pairs, subsets and tuples of points, in lexicographic order.

    An address is the tuple of the points' addresses; that of a subset is in ascending order.
    """

    length: int = 2
    #: Whether the selected points differ, and whether their order counts.
    distinct: bool = True
    ordered: bool = False
    #: How the construction is written.
    function: str = field(default="subsets", compare=False)

    @property
    def of(self) -> Construction:
        """What the points are selected from."""
        return self.parts[0]

    @property
    def axes(self) -> tuple[Construction, ...]:
        return self.parts * self.length

    def lettered(self, sorts: Mapping[Preset, int]) -> Construction:
        parts = (self.of.lettered(sorts),)
        return replace(self, parts=parts) if self.distinct else Product(parts * self.length)

    def size(self, sizes: Sequence[int] = ()) -> int:
        of = self.of.size(sizes)
        if not self.distinct:
            return of ** min(self.length, _MOST) if of > 1 else of
        if self.length > of:
            return 0
        if self.ordered:
            return perm(of, min(self.length, _MOST))
        size = min(self.length, of - self.length)
        # C(n, k) grows with k up to the half, and is beyond all bounds from here on.
        return comb(of, min(size, _MOST))

    def text(self) -> str:
        rest = "" if "pairs" in self.function else f",{self.length}"
        return f"{self.function}({self.of.text()}{rest})"

    def _action(self) -> GroupAction:
        action, points = self.of.action(), range(self.of.size())
        # Before all points are listed.
        require_images(self.size(), len(action.keys))
        if not self.distinct:
            return _induced(action, product(points, repeat=self.length), tuple)
        if self.ordered:
            return _induced(action, permutations(points, self.length), tuple)
        return _induced(action, combinations(points, self.length), _ascending)

    @property
    def faithful(self) -> bool:
        # The set of all points isn't moved.
        return super().faithful and (self.ordered or self.length < self.of.size())

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        for address, after in self._extended((), used, blocks):
            if len(set(address)) == self.length and self.normal(address) == address:
                yield address, after

    def arrangements(self, address: Any) -> Iterator[Address]:
        for order in (address,) if self.ordered else permutations(address):
            yield from super().arrangements(order)

    def normal(self, address: Any) -> Any:
        parts = super().normal(address)
        return parts if self.ordered else tuple(sorted(parts))

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        numbers = np.stack(
            np.broadcast_arrays(*(self.of.number(part, sizes) for part in address))
        ).astype(np.int64)
        of, total = self.of.size(sizes), np.zeros_like(numbers[0])
        ascending = np.sort(numbers, axis=0)
        if self.ordered:
            for at, point in enumerate(numbers):
                before = np.sum(numbers[:at] < point, axis=0)
                total = total + (point - before) * perm(of - 1 - at, self.length - 1 - at)
        else:
            # Behind a subset come those that leave its first points for larger ones.
            for at, point in enumerate(ascending):
                total = total + _binomial(of - 1 - point, self.length - at)
            total = comb(of, self.length) - 1 - total
        different = (np.diff(ascending, axis=0) > 0).all(axis=0) & (ascending[-1] < of)
        return np.where(different, total, NO_POINT)

    def to_json(self, names: Sequence[str]) -> Any:
        kind = "arrangements" if self.ordered else "subsets"
        return {kind: [self.of.to_json(names), self.length]}

    def label(self, address: Any) -> str:
        inside = ",".join(self.of.label(part) for part in address)
        return f"({inside})" if self.ordered else f"{{{inside}}}"


@dataclass(frozen=True)
class Edges(Node):
    """The edges of a graph whose nodes are the points, numbered as they are given."""

    graph: tuple[tuple[int, ...], ...]

    faithful = False

    def size(self, sizes: Sequence[int] = ()) -> int:
        return len(self.graph)

    def text(self) -> str:
        return f"edges({self.parts[0].text()},{json.dumps(self.graph, separators=(',', ':'))})"

    def _action(self) -> GroupAction:
        action = self.parts[0].action()
        listed: dict[tuple[int, ...], None] = {}
        for edge in self.graph:
            ends = _ascending(edge)
            if len(ends) != 2 or ends[0] < 0 or ends[1] >= action.degree:
                raise UsageError(
                    f"expected edges as pairs of nodes from 0 to {action.degree - 1}, "
                    f"got {list(edge)}"
                )
            if ends in listed:
                raise UsageError(f"expected each edge once, got {list(edge)} twice")
            listed[ends] = None
        try:
            return _induced(action, listed, _ascending)
        except KeyError as missing:
            raise UsageError(
                "expected a group that maps edges to edges, got a generator that maps one to "
                f"{list(missing.args[0])}"
            ) from None


def _ascending(points: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(points))


def _induced(
    action: GroupAction,
    points: Iterable[tuple[int, ...]],
    normal: Callable[[Iterable[int]], tuple[int, ...]],
) -> GroupAction:
    """Return the action on points that are made of those of another one."""
    number = {point: at for at, point in enumerate(points)}
    if not number:
        raise UsageError("expected an action on at least 1 point, got none")
    images = (
        tuple(number[normal(image[at] for at in point)] for point in number)
        for image in action.images
    )
    return GroupAction.of(len(number), action.keys, images)


def _binomial(top: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    found = np.ones_like(top)
    for at in range(size):
        found = found * (top - at)
    # Of fewer points than are taken there is no subset, also where both signs are negative.
    return np.where(top >= size, found // factorial(size), 0)
