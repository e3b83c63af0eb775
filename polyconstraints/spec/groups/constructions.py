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
from polyconstraints.spec.groups.action import GroupAction, Key, combined, require_room
from polyconstraints.spec.groups.orbits import orbits
from polyconstraints.spec.groups.permutations import Permutation
from polyconstraints.spec.groups.tree import (
    Address,
    Blocks,
    Classes,
    Construction,
    Factor,
    Fixed,
    Movers,
    Preset,
    Rename,
    Scope,
    Used,
    View,
)

__all__ = ["Edges", "Product", "Selection", "Sum", "Wreath"]

#: Powers and binomial coefficients are worked out up to this exponent, beyond all that is built.
_MOST = 64


def _operand(part: Construction, least: int) -> str:
    """Return a part as it is written where only what binds at least that tightly may stand."""
    return part.text() if part.binding >= least else f"({part.text()})"


def _together(parts: Iterable[Construction]) -> Movers | None:
    """Return what moves the points of several parts."""
    found: Movers = {}
    for part in parts:
        movers = part.movers()
        if movers is None:
            return None
        for mover, order in movers.items():
            if found.setdefault(mover, order) != order:
                return None
    # Copies of one group in the blocks of two wreath products are moved by the same generators.
    inside = [set(_owners(mover.inner)) for mover in found if isinstance(mover, Wreath)]
    return found if sum(map(len, inside)) == len(set().union(*inside)) else None


def _owners(tree: Construction) -> Iterator[tuple[str, int]]:
    return (leaf.owner for leaf in tree.leaves() if isinstance(leaf, Factor))


@dataclass(frozen=True)
class Sum(Construction):
    """A disjoint union; an address is (part, address in the part)."""

    terms: tuple[Construction, ...]
    binding: ClassVar[int] = 0

    @property
    def parts(self) -> tuple[Construction, ...]:
        """The terms."""
        return self.terms

    def rebuilt(self, parts: tuple[Construction, ...]) -> Construction:
        """Return the union of other parts."""
        return Sum(parts)

    def lettered(self, sorts: Mapping[Preset, int]) -> Construction:
        """Return the union of the parts' letters."""
        return Sum(tuple(part.lettered(sorts) for part in self.terms))

    def size(self, sizes: Sequence[int] = ()) -> int:
        """Return the sum of the sizes."""
        return sum(part.size(sizes) for part in self.terms)

    def text(self) -> str:
        """Return the parts with plus signs between them."""
        first, *rest = self.terms
        return "+".join([_operand(first, 0), *(_operand(part, 1) for part in rest)])

    def action(self) -> GroupAction:
        """Return the action on the parts, one after the other."""
        require_room(self.size(), 1)
        actions = [part.action() for part in self.terms]
        starts = [0, *np.cumsum([action.degree for action in actions]).tolist()]

        def joined(images: Sequence[Permutation]) -> Permutation:
            pairs = zip(starts, images, strict=False)
            return tuple(start + point for start, image in pairs for point in image)

        return combined(actions, starts[-1], joined)

    def movers(self) -> Movers | None:
        """Return those of all parts."""
        return _together(self.terms)

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        """Yield the choices of every part."""
        for at, part in enumerate(self.terms):
            for address, after in part.choices(used, blocks):
                yield (at, address), after

    def renamed(self, address: Any, rename: Rename, blocks: Blocks = ()) -> Any:
        """Return the address with the part's labels renamed."""
        at, inner = address
        return at, self.terms[at].renamed(inner, rename, blocks)

    def arrangements(self, address: Any) -> Iterator[Address]:
        """Yield those of the part."""
        at, inner = address
        for one in self.terms[at].arrangements(inner):
            yield at, one

    def normal(self, address: Any) -> Any:
        """Return the normal address in the part."""
        at, inner = address
        return at, self.terms[at].normal(inner)

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        """Return the point's number in its part, after those of the parts before."""
        at, inner = address
        return self._start(at, sizes) + self.terms[at].number(inner, sizes)

    def _start(self, part: int, sizes: Sequence[int]) -> int:
        return sum(before.size(sizes) for before in self.terms[:part])

    def expanded(self) -> Construction:
        """Return the union of the expanded parts."""
        return Sum(tuple(part.expanded() for part in self.terms))

    def kept(self, sizes: Sequence[int]) -> NDArray[np.intp]:
        """Return the numbers of all parts, one after the other."""
        start, found = 0, []
        for part in self.terms:
            found.append(start + part.kept(sizes))
            start += _width(part, sizes)
        return np.concatenate(found)

    def view(
        self, array: Classes, axis: int, address: Any, sizes: Sequence[int], blocks: Blocks = ()
    ) -> View:
        """Return the view of the part."""
        at, inner = address
        start = sum(_width(part, sizes) for part in self.terms[:at])
        stop = start + _width(self.terms[at], sizes)
        cut: Classes = array[(*(slice(None),) * axis, slice(start, stop))]
        part: Construction = self.terms[at]
        return part.view(cut, axis, inner, sizes, blocks)

    def to_json(self, names: Sequence[str]) -> Any:
        """Return the list of the parts."""
        return {"sum": [part.to_json(names) for part in self.terms]}

    def label(self, address: Any) -> str:
        """Return the address in the part, after the part's number from 0."""
        at, inner = address
        if self.terms[at] == Fixed(1):
            return str(at)
        rest = self.terms[at].label(inner)
        return rest if self.terms[0] == Fixed(1) and len(self.terms) == 2 else f"{at}:{rest}"


class _Tuples(Construction):
    """Points that are tuples of points, the last one varying fastest.

    An address is the tuple of the points' addresses.
    """

    @property
    def axes(self) -> tuple[Construction, ...]:
        """What each place of the tuples runs over."""
        return self.parts

    def _inside(self, at: int, address: Sequence[Any], blocks: Blocks) -> Blocks:
        """Return the blocks that a place is met in, given the addresses before it."""
        return blocks

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        """Yield all combinations of choices."""
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
        """Return the addresses with their labels renamed, in the same order."""
        return tuple(
            points.renamed(part, rename, self._inside(at, address, blocks))
            for at, (points, part) in enumerate(zip(self.axes, address, strict=True))
        )

    def arrangements(self, address: Any) -> Iterator[Address]:
        """Yield all combinations of arrangements."""
        pairs = zip(self.axes, address, strict=True)
        yield from product(*(points.arrangements(part) for points, part in pairs))

    def normal(self, address: Any) -> Any:
        """Return the normal addresses."""
        return tuple(points.normal(part) for points, part in zip(self.axes, address, strict=True))

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        """Return the number in lexicographic order."""
        number = 0
        for points, part in zip(self.axes, address, strict=True):
            number = number * points.size(sizes) + points.number(part, sizes)
        return number

    def kept(self, sizes: Sequence[int]) -> NDArray[np.intp]:
        """Return the numbers of the tuples of points that are kept in every place."""
        number = np.zeros(1, dtype=np.intp)
        for points in self.axes:
            number = (number[:, None] * _width(points, sizes) + points.kept(sizes)[None, :]).ravel()
        return number

    def view(
        self, array: Classes, axis: int, address: Any, sizes: Sequence[int], blocks: Blocks = ()
    ) -> View:
        """Return the view with one axis for each label of each place."""
        widths = [_width(points, sizes) for points in self.axes]
        array = array.reshape((*array.shape[:axis], *widths, *array.shape[axis + 1 :]))
        labels: list[tuple[Scope, int]] = []
        # From the last place, so that the axes before it keep their places.
        for at in reversed(range(len(widths))):
            inside = self._inside(at, address, blocks)
            array, found = self.axes[at].view(array, axis + at, address[at], sizes, inside)
            labels = found + labels
        return array, labels


@dataclass(frozen=True)
class Product(_Tuples):
    """Tuples, the last factor varying fastest; an address is the tuple of addresses.

    A point of two factors is row · columns + column.
    """

    factors: tuple[Construction, ...]
    binding: ClassVar[int] = 1

    @property
    def parts(self) -> tuple[Construction, ...]:
        """The factors."""
        return self.factors

    def rebuilt(self, parts: tuple[Construction, ...]) -> Construction:
        """Return the product of other factors."""
        return Product(parts)

    def lettered(self, sorts: Mapping[Preset, int]) -> Construction:
        """Return the product of the factors' letters."""
        return Product(tuple(part.lettered(sorts) for part in self.factors))

    def size(self, sizes: Sequence[int] = ()) -> int:
        """Return the product of the sizes."""
        return prod(part.size(sizes) for part in self.factors)

    def text(self) -> str:
        """Return the factors with x between them."""
        first, *rest = self.factors
        return "x".join([_operand(first, 1), *(_operand(part, 2) for part in rest)])

    def action(self) -> GroupAction:
        """Return the action on tuples."""
        require_room(self.size(), 1)
        actions = [part.action() for part in self.factors]

        def both(rows: Permutation, columns: Permutation) -> Permutation:
            width = len(columns)
            return tuple(row * width + column for row in rows for column in columns)

        return combined(actions, self.size(), lambda images: reduce(both, images))

    def movers(self) -> Movers | None:
        """Return those of all factors."""
        return _together(self.factors)

    def expanded(self) -> Construction:
        """Return the product of the expanded factors."""
        return Product(tuple(factor.expanded() for factor in self.factors))

    def to_json(self, names: Sequence[str]) -> Any:
        """Return the list of the factors."""
        return {"product": [factor.to_json(names) for factor in self.factors]}

    def label(self, address: Any) -> str:
        """Return the addresses in parentheses."""
        pairs = zip(self.factors, address, strict=True)
        return f"({','.join(factor.label(part) for factor, part in pairs)})"


@dataclass(frozen=True)
class Wreath(_Tuples):
    """Blocks of points, sets of sets: one copy of a group in each block, another permutes them.

    Point = block · (points of a block) + place; an address is (address of the block, address
    inside it), and the letters of each block are a sort of their own.

    Examples
    --------
    >>> Wreath(Preset("S", 3), Preset("S", 2)).order()
    72
    """

    inner: Construction
    outer: Construction
    binding: ClassVar[int] = 2

    @property
    def parts(self) -> tuple[Construction, ...]:
        """What is inside a block, and the blocks."""
        return self.inner, self.outer

    @property
    def axes(self) -> tuple[Construction, ...]:
        """The blocks, and what is inside one."""
        return self.outer, self.inner

    def _inside(self, at: int, address: Sequence[Any], blocks: Blocks) -> Blocks:
        return (*blocks, self.outer.normal(address[0])) if at else blocks

    def rebuilt(self, parts: tuple[Construction, ...]) -> Construction:
        """Return the wreath product of others."""
        return Wreath(*parts)

    def lettered(self, sorts: Mapping[Preset, int]) -> Construction:
        """Return the wreath product of the letters."""
        return Wreath(self.inner.lettered(sorts), self.outer.lettered(sorts))

    def size(self, sizes: Sequence[int] = ()) -> int:
        """Return the product of the sizes."""
        return self.outer.size(sizes) * self.inner.size(sizes)

    def text(self) -> str:
        """Return both sides with wr between them."""
        return f"{_operand(self.inner, 2)}wr{_operand(self.outer, 3)}"

    def action(self) -> GroupAction:
        """Return the action of the copies and of the group that permutes the blocks."""
        require_room(self.size(), 1)
        inner, top = self.inner.action(), self.outer.action()
        size, blocks = inner.degree, top.degree
        degree = size * blocks
        # The copies are generated by those in one block of each orbit of the blocks.
        firsts = sorted(set(orbits(blocks, map(np.array, top.images)).tolist()))
        require_room(degree, len(firsts) * len(inner.keys) + len(top.keys))
        keys: list[Key] = []
        images: list[Permutation] = []
        for orbit, first in enumerate(firsts):
            for key, image in zip(inner.keys, inner.images, strict=True):
                moved = list(range(degree))
                moved[first * size : (first + 1) * size] = (first * size + at for at in image)
                # Inside a wreath product a group is not a factor any more.
                inside = f"{key.factor} in a block of orbit {orbit} of {blocks}"
                keys.append(Key(inside, key.occurrence, key.number))
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

    def expanded(self) -> Construction:
        """Return the wreath product of the expanded sides."""
        return Wreath(self.inner.expanded(), self.outer.expanded())

    def to_json(self, names: Sequence[str]) -> Any:
        """Return what is inside a block, and the blocks."""
        return {"wreath": [self.inner.to_json(names), self.outer.to_json(names)]}

    def label(self, address: Any) -> str:
        """Return block and place with a slash between them."""
        block, inside = address
        return f"{self.outer.label(block)}/{self.inner.label(inside)}"


@dataclass(frozen=True)
class Selection(_Tuples):
    """Pairs, subsets and tuples of points, in lexicographic order.

    An address is the tuple of the points' addresses; that of a subset is in ascending order.

    Parameters
    ----------
    of : Construction
    length : int
        How many points are selected.
    distinct : bool
        Whether they differ.
    ordered : bool
        Whether their order counts.
    function : str
        How the construction is written.
    """

    of: Construction
    length: int = 2
    distinct: bool = True
    ordered: bool = False
    function: str = field(default="subsets", compare=False)

    @property
    def parts(self) -> tuple[Construction, ...]:
        """What is selected from."""
        return (self.of,)

    @property
    def axes(self) -> tuple[Construction, ...]:
        """The same points in every place."""
        return (self.of,) * self.length

    def rebuilt(self, parts: tuple[Construction, ...]) -> Construction:
        """Return a selection of the same kind."""
        [of] = parts
        return Selection(of, self.length, self.distinct, self.ordered, self.function)

    def lettered(self, sorts: Mapping[Preset, int]) -> Construction:
        """Return the selection of letters; all tuples are a product."""
        of = self.of.lettered(sorts)
        return self.rebuilt((of,)) if self.distinct else Product((of,) * self.length)

    def size(self, sizes: Sequence[int] = ()) -> int:
        """Return the number of selections."""
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
        """Return the function and its arguments."""
        rest = "" if "pairs" in self.function else f",{self.length}"
        return f"{self.function}({self.of.text()}{rest})"

    def action(self) -> GroupAction:
        """Return the action on the selections."""
        require_room(self.size(), 1)
        action = self.of.action()
        require_room(self.size(), len(action.keys))
        points = self._all(range(action.degree))
        normal = tuple if self.ordered else lambda moved: tuple(sorted(moved))
        return _induced(action, points, normal)

    def _all(self, points: Iterable[int]) -> Iterator[tuple[int, ...]]:
        if not self.distinct:
            return product(points, repeat=self.length)
        if self.ordered:
            return permutations(points, self.length)
        return combinations(points, self.length)

    def movers(self) -> Movers | None:
        """Return those of the points; the set of all points isn't moved."""
        return {} if not self.ordered and self.length == self.of.size() else self.of.movers()

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        """Yield all combinations of choices of different points."""
        for address, after in self._extended((), used, blocks):
            if len(set(address)) == self.length and self.normal(address) == address:
                yield address, after

    def arrangements(self, address: Any) -> Iterator[Address]:
        """Yield the points in every order, where that doesn't count, and their arrangements."""
        for order in (address,) if self.ordered else permutations(address):
            yield from super().arrangements(order)

    def normal(self, address: Any) -> Any:
        """Return the points in ascending order where that doesn't count."""
        parts = super().normal(address)
        return parts if self.ordered else tuple(sorted(parts))

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        """Return the number in lexicographic order."""
        numbers = np.stack(
            np.broadcast_arrays(*(self.of.number(part, sizes) for part in address))
        ).astype(np.int64)
        of, total = self.of.size(sizes), np.zeros_like(numbers[0])
        if not self.ordered:
            # Behind a subset come those that leave its first points for larger ones.
            for at, point in enumerate(np.sort(numbers, axis=0)):
                total = total + _binomial(of - 1 - point, self.length - at)
            return comb(of, self.length) - 1 - total
        for at, point in enumerate(numbers):
            before = np.sum(numbers[:at] < point, axis=0)
            total = total + (point - before) * perm(of - 1 - at, self.length - 1 - at)
        return total

    def expanded(self) -> Construction:
        """Return all tuples."""
        return Product((self.of.expanded(),) * self.length)

    def kept(self, sizes: Sequence[int]) -> NDArray[np.intp]:
        """Return the numbers of the selections among all tuples."""
        points, width = self.of.kept(sizes), _width(self.of, sizes)
        found = np.array(list(self._all(range(len(points)))), dtype=np.intp)
        number = np.zeros(len(found), dtype=np.intp)
        for at in range(self.length):
            number = number * width + points[found[:, at]]
        return number

    def to_json(self, names: Sequence[str]) -> Any:
        """Return what is selected from, and how many."""
        kind = "arrangements" if self.ordered else "subsets"
        return {kind: [self.of.to_json(names), self.length]}

    def label(self, address: Any) -> str:
        """Return the addresses in parentheses, or in braces where their order doesn't count."""
        inside = ",".join(self.of.label(part) for part in address)
        return f"({inside})" if self.ordered else f"{{{inside}}}"


@dataclass(frozen=True)
class Edges(Construction):
    """The edges of a graph whose nodes are the points, numbered as they are given.

    Examples
    --------
    >>> Edges(Preset("D", 4), ((0, 1), (1, 2), (2, 3), (3, 0))).action().images
    ((1, 2, 3, 0), (2, 1, 0, 3))
    """

    of: Construction
    graph: tuple[tuple[int, ...], ...]

    @property
    def parts(self) -> tuple[Construction, ...]:
        """The nodes."""
        return (self.of,)

    def rebuilt(self, parts: tuple[Construction, ...]) -> Construction:
        """Return the same edges between other nodes."""
        [of] = parts
        return Edges(of, self.graph)

    def size(self, sizes: Sequence[int] = ()) -> int:
        """Return the number of edges."""
        return len(self.graph)

    def text(self) -> str:
        """Return the function and its arguments."""
        return f"edges({self.of.text()},{json.dumps(self.graph, separators=(',', ':'))})"

    def action(self) -> GroupAction:
        """Return the action on the edges.

        Raises
        ------
        UsageError
            If an edge is none or given twice, or a generator moves an edge to no edge.
        """
        action = self.of.action()
        require_room(self.size(), len(action.keys))
        listed: dict[tuple[int, ...], None] = {}
        for edge in self.graph:
            ends = tuple(sorted(edge))
            if len(ends) != 2 or ends[0] < 0 or ends[1] >= action.degree:
                raise UsageError(
                    f"expected edges as pairs of nodes from 0 to {action.degree - 1}, "
                    f"got {list(edge)}"
                )
            if ends in listed:
                raise UsageError(f"expected each edge once, got {list(edge)} twice")
            listed[ends] = None
        try:
            return _induced(action, listed, lambda ends: tuple(sorted(ends)))
        except KeyError as missing:
            raise UsageError(
                "expected a group that maps edges to edges, got a generator that maps one to "
                f"{list(missing.args[0])}"
            ) from None


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


def _width(part: Construction, sizes: Sequence[int]) -> int:
    return part.expanded().size(sizes)


def _binomial(top: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    found = np.ones_like(top)
    for at in range(size):
        found = found * (top - at)
    # Of fewer points than are taken there is no subset, also where both signs are negative.
    return np.where(top >= size, found // factorial(size), 0)
