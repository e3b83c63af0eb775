"""Points made of points: unions, products, wreath products, pairs, subsets, tuples, edges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations, permutations, product
from math import comb, factorial, perm, prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups.group import GroupAction, Key, require_room
from polyconstraints.spec.groups.permutations import Permutation, orbits
from polyconstraints.spec.groups.tree import (
    Address,
    Blocks,
    Construction,
    Factor,
    Fixed,
    Movers,
    Preset,
    Rename,
    Used,
)

#: Powers and binomial coefficients are worked out up to this exponent, beyond all that is built.
_MOST = 64

#: The number of a subset whose points aren't different; that of what holds it is as large.
NO_POINT = 1 << 34


class _Combined(Construction):
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
        return self.rebuilt(tuple(part.lettered(sorts) for part in self.parts))

    def to_json(self, names: Sequence[str]) -> Any:
        return {self.word: [part.to_json(names) for part in self.parts]}

    def movers(self) -> Movers | None:
        found: Movers = {}
        for part in self.parts:
            movers = part.movers()
            if movers is None:
                return None
            for mover, order in movers.items():
                if found.setdefault(mover, order) != order:
                    return None
        # Copies of one group in the blocks of two wreath products are moved by the same generators.
        inside = [
            {leaf.owner for leaf in mover.inner.leaves() if isinstance(leaf, Factor)}
            for mover in found
            if isinstance(mover, Wreath)
        ]
        return found if sum(map(len, inside)) == len(set().union(*inside)) else None

    def _joined(self, joined: Callable[[Sequence[Permutation]], Permutation]) -> GroupAction:
        """Return the action in which a generator moves all parts that it is a key of."""
        require_room(self.size())
        actions = [part.action() for part in self.parts]
        keys = tuple(dict.fromkeys(key for action in actions for key in action.keys))
        require_room(self.size(), len(keys))
        moved = zip(*(action.of(keys) for action in actions), strict=True)
        return GroupAction(self.size(), keys, tuple(map(joined, moved)))


@dataclass(frozen=True)
class _Several(_Combined):
    """Any number of parts."""

    of: tuple[Construction, ...]

    @property
    def parts(self) -> tuple[Construction, ...]:
        return self.of

    def rebuilt(self, parts: tuple[Construction, ...]) -> Construction:
        return type(self)(parts)


class Sum(_Several):
    """A disjoint union; an address is (part, address in the part)."""

    binding = 0
    sign = "+"
    word = "sum"

    def size(self, sizes: Sequence[int] = ()) -> int:
        return sum(part.size(sizes) for part in self.of)

    def action(self) -> GroupAction:
        def joined(images: Sequence[Permutation]) -> Permutation:
            found: list[int] = []
            for image in images:
                start = len(found)
                found.extend(start + point for point in image)
            return tuple(found)

        return self._joined(joined)

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        for at, part in enumerate(self.of):
            for address, after in part.choices(used, blocks):
                yield (at, address), after

    def renamed(self, address: Any, rename: Rename, blocks: Blocks = ()) -> Any:
        at, inner = address
        return at, self.of[at].renamed(inner, rename, blocks)

    def arrangements(self, address: Any) -> Iterator[Address]:
        at, inner = address
        for one in self.of[at].arrangements(inner):
            yield at, one

    def normal(self, address: Any) -> Any:
        at, inner = address
        return at, self.of[at].normal(inner)

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        at, inner = address
        start = sum(before.size(sizes) for before in self.of[:at])
        return start + self.of[at].number(inner, sizes)

    def label(self, address: Any) -> str:
        at, inner = address
        if self.of[at] == Fixed(1):
            return str(at)
        rest = self.of[at].label(inner)
        return rest if self.of[0] == Fixed(1) and len(self.of) == 2 else f"{at}:{rest}"


class _Tuples(Construction):
    """Points that are tuples of points, the last one varying fastest.

    An address is the tuple of the points' addresses.
    """

    @property
    def axes(self) -> tuple[Construction, ...]:
        """What each place of the tuples runs over."""
        return self.parts

    def size(self, sizes: Sequence[int] = ()) -> int:
        return prod(points.size(sizes) for points in self.axes)

    def _inside(self, at: int, address: Sequence[Any], blocks: Blocks) -> Blocks:
        """Return the blocks that a place is met in, given the addresses before it."""
        return blocks

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        yield from self._extended((), used, blocks)

    def _extended(
        self, address: tuple[Address, ...], used: Used, blocks: Blocks
    ) -> Iterator[tuple[tuple[Address, ...], Used]]:
        at = len(address)
        if at == len(self.axes):
            yield address, used
            return
        for one, after in self.axes[at].choices(used, self._inside(at, address, blocks)):
            yield from self._extended((*address, one), after, blocks)

    def renamed(self, address: Any, rename: Rename, blocks: Blocks = ()) -> Any:
        return tuple(
            points.renamed(part, rename, self._inside(at, address, blocks))
            for at, (points, part) in enumerate(zip(self.axes, address, strict=True))
        )

    def arrangements(self, address: Any) -> Iterator[Address]:
        pairs = zip(self.axes, address, strict=True)
        yield from product(*(points.arrangements(part) for points, part in pairs))

    def normal(self, address: Any) -> Any:
        return tuple(points.normal(part) for points, part in zip(self.axes, address, strict=True))

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        number = 0
        for points, part in zip(self.axes, address, strict=True):
            number = number * points.size(sizes) + points.number(part, sizes)
        return number


class Product(_Tuples, _Several):
    """Tuples; a point of two factors is row · columns + column."""

    binding = 1
    sign = "x"
    word = "product"

    def action(self) -> GroupAction:
        def both(rows: Permutation, columns: Permutation) -> Permutation:
            width = len(columns)
            return tuple(row * width + column for row in rows for column in columns)

        return self._joined(lambda images: reduce(both, images))

    def label(self, address: Any) -> str:
        pairs = zip(self.of, address, strict=True)
        return f"({','.join(factor.label(part) for factor, part in pairs)})"


@dataclass(frozen=True)
class Wreath(_Tuples, _Combined):
    """Blocks of points, sets of sets: one copy of a group in each block, another permutes them.

    Point = block · (points of a block) + place; an address is (address of the block, address
    inside it), and the letters of each block are a sort of their own.

    >>> Wreath(Preset("S", 3), Preset("S", 2)).order()
    72
    """

    inner: Construction
    outer: Construction
    binding = 2
    sign = "wr"
    word = "wreath"

    @property
    def parts(self) -> tuple[Construction, ...]:
        return self.inner, self.outer

    @property
    def axes(self) -> tuple[Construction, ...]:
        return self.outer, self.inner

    def _inside(self, at: int, address: Sequence[Any], blocks: Blocks) -> Blocks:
        return (*blocks, self.outer.normal(address[0])) if at else blocks

    def rebuilt(self, parts: tuple[Construction, ...]) -> Construction:
        return Wreath(*parts)

    def action(self) -> GroupAction:
        require_room(self.size())
        inner, top = self.inner.action(), self.outer.action()
        size, blocks = inner.degree, top.degree
        degree = size * blocks
        # The copies are generated by those in one block of each orbit of the blocks.
        firsts = sorted(set(orbits(blocks, map(np.array, top.images)).tolist()))
        require_room(degree, len(firsts) * len(inner.keys) + len(top.keys))
        keys: list[Key] = []
        images: list[Permutation] = []
        for orbit, first in enumerate(firsts):
            for ((name, occurrence), number), image in zip(inner.keys, inner.images, strict=True):
                moved = list(range(degree))
                moved[first * size : (first + 1) * size] = (first * size + at for at in image)
                # Inside a wreath product a group is not a factor any more.
                inside = f"{name} in a block of orbit {orbit} of {blocks}"
                keys.append(Key((inside, occurrence), number))
                images.append(tuple(moved))
        for key, image in zip(top.keys, top.images, strict=True):
            keys.append(key)
            images.append(tuple(block * size + place for block in image for place in range(size)))
        return GroupAction(degree, tuple(keys), tuple(images))

    def movers(self) -> Movers | None:
        """Return the copies in all blocks, and what permutes these."""
        inner, top = self.inner.order(), self.outer.movers()
        if inner is None or top is None:
            return None
        return {**top, self: inner ** self.outer.size()}

    def label(self, address: Any) -> str:
        block, inside = address
        return f"{self.outer.label(block)}/{self.inner.label(inside)}"


@dataclass(frozen=True)
class Selection(_Tuples):
    """Pairs, subsets and tuples of points, in lexicographic order.

    An address is the tuple of the points' addresses; that of a subset is in ascending order.
    """

    of: Construction
    length: int = 2
    #: Whether the selected points differ, and whether their order counts.
    distinct: bool = True
    ordered: bool = False
    #: How the construction is written.
    function: str = field(default="subsets", compare=False)

    @property
    def parts(self) -> tuple[Construction, ...]:
        return (self.of,)

    @property
    def axes(self) -> tuple[Construction, ...]:
        return (self.of,) * self.length

    def rebuilt(self, parts: tuple[Construction, ...]) -> Construction:
        [of] = parts
        return Selection(of, self.length, self.distinct, self.ordered, self.function)

    def lettered(self, sorts: Mapping[Preset, int]) -> Construction:
        of = self.of.lettered(sorts)
        return self.rebuilt((of,)) if self.distinct else Product((of,) * self.length)

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

    def action(self) -> GroupAction:
        require_room(self.size())
        action = self.of.action()
        require_room(self.size(), len(action.keys))
        points = self._all(range(action.degree))
        return _induced(action, points, tuple if self.ordered else _ascending)

    def _all(self, points: Iterable[int]) -> Iterator[tuple[int, ...]]:
        if not self.distinct:
            return product(points, repeat=self.length)
        if self.ordered:
            return permutations(points, self.length)
        return combinations(points, self.length)

    def movers(self) -> Movers | None:
        # The set of all points isn't moved.
        return {} if not self.ordered and self.length == self.of.size() else self.of.movers()

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
class Edges(Construction):
    """The edges of a graph whose nodes are the points, numbered as they are given."""

    of: Construction
    graph: tuple[tuple[int, ...], ...]

    @property
    def parts(self) -> tuple[Construction, ...]:
        return (self.of,)

    def rebuilt(self, parts: tuple[Construction, ...]) -> Construction:
        [of] = parts
        return Edges(of, self.graph)

    def size(self, sizes: Sequence[int] = ()) -> int:
        return len(self.graph)

    def text(self) -> str:
        return f"edges({self.of.text()},{json.dumps(self.graph, separators=(',', ':'))})"

    def action(self) -> GroupAction:
        action = self.of.action()
        require_room(self.size(), len(action.keys))
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
    images = tuple(
        tuple(number[normal(image[at] for at in point)] for point in number)
        for image in action.images
    )
    return GroupAction(len(number), action.keys, images)


def _binomial(top: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    found = np.ones_like(top)
    for at in range(size):
        found = found * (top - at)
    # Of fewer points than are taken there is no subset, also where both signs are negative.
    return np.where(top >= size, found // factorial(size), 0)
