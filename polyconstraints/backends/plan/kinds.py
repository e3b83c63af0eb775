"""Points made of letters: what a tensor's axes are, for products of symmetric groups.

A *sort* is a set of letters that one symmetric group permutes. A *kind* of points is a tuple
of letters: ``S20xS30`` has one kind, of a letter of each sort, and a tensor over it has the
axes 20 and 30; ``pairs(S10)`` has one kind, of two different letters in no order, and one axis
of 45 points, numbered as everywhere in this package. A sum of groups has several kinds, with a
tensor each. Points that aren't made of letters are those of an axis that nothing permutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import count, islice
from math import comb, isqrt, perm, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.any_network import sorts_of
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.groups import parse_expression
from polyconstraints.spec.groups.constructions import NO_POINT, Product, Selection, Sum, Wreath
from polyconstraints.spec.groups.tree import Address, Construction, Fixed, Letters, Preset, Scope


@dataclass(frozen=True)
class Axis:
    """One axis of a tensor over points."""

    #: One letter, several different ones of one sort, or points that don't move.
    points: Construction

    @cached_property
    def count(self) -> int:
        """Number of letters of one of its points."""
        if isinstance(self.points, Selection):
            return self.points.length
        return int(isinstance(self.points, Letters))

    @cached_property
    def sort(self) -> int:
        """The sort of its letters."""
        (leaf,) = self.points.leaves()
        return leaf.sort if isinstance(leaf, Letters) else 0

    @property
    def ordered(self) -> bool:
        """Whether the order of several letters matters."""
        return not isinstance(self.points, Selection) or self.points.ordered

    @property
    def words(self) -> str:
        """What points of several letters are called."""
        return "arrangements" if self.ordered else "subsets"

    def letters_of(self, points: int) -> int:
        """Return the number of letters of which there are so many points."""
        number = perm if self.ordered else comb
        if self.count == 2:
            n = (1 + isqrt(1 + (4 if self.ordered else 8) * points)) // 2
        else:
            n = self.count
            while number(n, self.count) < points:
                n += 1
        if number(n, self.count) != points:
            raise InputError(
                f"expected a number of {self.words} of {self.count} letters, got {points}", "x"
            )
        return n

    def describe(self, names: Sequence[Any]) -> str:
        """Return its points for people, given sizes or names of the sorts."""
        if self.count < 2 or isinstance(names[self.sort], int):
            return f"{self.points.size(names)}"
        return f"{self.words} of {self.count} of {names[self.sort]}"


@dataclass(frozen=True)
class Kind:
    """Points that are tuples of letters, with the axes of a tensor over them.

    Examples
    --------
    >>> (pairs,) = read_levels("pairs(S10)").inputs
    >>> pairs.shape((10,))
    (45,)
    """

    #: Letters, selections of them and points that don't move, in products and wreath products.
    tree: Construction

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The axes; in a wreath product first the blocks, then the points inside them."""
        if isinstance(self.tree, Product | Wreath):
            return tuple(axis for part in self.tree.axes for axis in Kind(part).axes)
        return (Axis(self.tree),)

    @cached_property
    def fixed(self) -> int:
        """Number of points that share their letters; they are treated as channels."""
        return prod(axis.points.size() for axis in self.axes if not axis.count)

    @cached_property
    def moving(self) -> Construction:
        """The points, one for all that share their letters."""
        return self.tree.replaced(lambda leaf: Fixed(1) if isinstance(leaf, Fixed) else leaf)

    def read(self, address: Address) -> list[tuple[Scope, int]]:
        """Return the label of each letter of an address, and where it is counted."""
        found: list[tuple[Scope, int]] = []
        self.moving.renamed(address, lambda *letter: found.append(letter))
        return found

    @cached_property
    def _places(self) -> Address:
        """An address with the places of the letters, 0, 1, …, as labels."""
        address, _ = next(self.moving.choices({}))
        numbers = count()
        places: Address = self.moving.renamed(address, lambda *_: next(numbers))
        return places

    @cached_property
    def letters(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """For each letter its sort and, in a wreath product, the letters that name its block.

        Letters of different blocks have nothing to do with one another.
        """
        scopes = [scope for scope, _ in self.read(self._places)]
        return tuple((sort, _flat(blocks)) for sort, blocks in scopes)

    @cached_property
    def swaps(self) -> tuple[tuple[int, ...], ...]:
        """The permutations of the letters that name the same point."""
        arranged = self.moving.arrangements(self._places)
        return tuple(tuple(place for _, place in self.read(one)) for one in arranged)

    @cached_property
    def owners(self) -> tuple[int, ...]:
        """The axis of each letter; those of one axis are always different."""
        return tuple(at for at, axis in enumerate(self.axes) for _ in range(axis.count))

    def shape(self, sizes: Sequence[Any], counted: bool = True) -> tuple[Any, ...]:
        """Return the points of each axis; without ``counted`` the letters in their place."""
        return tuple(
            axis.points.size(sizes) if counted or not axis.count else sizes[axis.sort]
            for axis in self.axes
        )

    def components(self, letters: Sequence[int], sizes: Sequence[int]) -> NDArray[np.int64]:
        """Return the numbers, among the points of the kind, of the points with given letters.

        One for each of the :attr:`fixed` points that share them.
        """
        numbers, rest = np.zeros(1, dtype=np.int64), iter(letters)
        for axis in self.axes:
            own = tuple(islice(rest, axis.count)) or (np.arange(axis.points.size(sizes)),)
            place = axis.points.number(own if axis.count > 1 else own[0], sizes)
            numbers = (numbers[:, None] * axis.points.size(sizes) + place).ravel()
        return numbers

    def describe(self, names: Sequence[Any]) -> str:
        """Return the axes of a tensor for people, given sizes or names of the sorts."""
        return ", ".join(axis.describe(names) for axis in self.axes)


def _flat(address: Address) -> tuple[int, ...]:
    if isinstance(address, int):
        return (address,)
    return tuple(label for part in address for label in _flat(part))


@cache
def table(axis: Axis, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the point of each tuple of letters, and 1 where there is one."""
    letters = tuple(np.indices((n,) * axis.count).reshape(axis.count, -1))
    numbers = axis.points.number(letters, (n,) * (axis.sort + 1))
    present = numbers < NO_POINT
    return np.where(present, numbers, 0), present.astype(np.float64)


@cache
def places(axis: Axis, n: int) -> NDArray[np.int64]:
    """Return the place of each point among all tuples of letters."""
    numbers, present = table(axis, n)
    found = np.flatnonzero(present)
    return found[np.unique(numbers[found], return_index=True)[1]]


# --- from the name of a group ------------------------------------------------------------


@dataclass(frozen=True)
class Levels:
    """The points below and above a layer."""

    #: The letters of each sort; None where the name of the group leaves it open.
    sizes: tuple[int | None, ...]
    inputs: tuple[Kind, ...]
    outputs: tuple[Kind, ...]
    #: Whether the points are made of letters.
    lettered: bool = True

    @property
    def names(self) -> tuple[Any, ...]:
        """The size of each sort, or a letter in its place."""
        several = len(self.sizes) > 1
        return tuple(
            (f"n{at}" if several else "n") if size is None else size
            for at, size in enumerate(self.sizes, start=1)
        )


@cache
def read_levels(group: str, to: str | None = None, points: str | None = None) -> Levels | None:
    """Return the points of a group made of symmetric groups, or None if it isn't.

    ``to`` names the points of the outputs in terms of the same factors, ``points`` those of the
    inputs where they aren't those of the group's name. Raises UsageError if a text can't be
    read, or has a factor that the group hasn't.
    """
    tree = parse_expression(group).numbered()
    if any(not isinstance(leaf, Preset) or leaf.letter not in _LETTERED for leaf in tree.leaves()):
        return None
    sorts = sorts_of(tree)
    try:
        inputs = _read(group if points is None else points, sorts)
        outputs = inputs if to is None else _read(to, sorts)
    except _Scattered:
        return None
    return Levels(tuple(factor.points for factor in sorts), inputs, outputs)


#: Groups whose points are letters, or don't move.
_LETTERED = ("S", "trivial")


class _Scattered(Exception):
    """The points of a kind aren't in a row, or have no numbers of their own."""


def _read(text: str, sorts: Mapping[Preset, int]) -> tuple[Kind, ...]:
    if text == "trivial":
        return (Kind(Product(())),)
    try:
        tree = parse_expression(text).numbered().lettered(sorts)
    except UsageError as error:
        raise UsageError(error.message, "to") from None
    return tuple(map(Kind, _summands(tree)))


def _summands(tree: Construction) -> tuple[Construction, ...]:
    """Return the trees of the kinds of points."""
    if not tree.parts:
        return (tree,)
    parts = [_summands(part) for part in tree.parts]
    if isinstance(tree, Sum):
        return sum(parts, ())
    # The last factor's points vary fastest: a sum there has no kind's points in a row.
    first, *others = reversed(parts) if isinstance(tree, Wreath) else parts
    if all(len(part) == 1 for part in others):
        rest = sum(others, ())
        if isinstance(tree, Product):
            return tuple(Product((one, *rest)) for one in first)
        axes = [axis for one in first for axis in Kind(one).axes]
        if isinstance(tree, Wreath) and all(axis.count and axis.ordered for axis in axes):
            return tuple(Wreath((*rest, one)) for one in first)
        if isinstance(tree, Selection) and isinstance(first[0], Letters) and len(first) == 1:
            return (replace(tree, parts=first) if tree.length > 1 else first[0],)
    raise _Scattered


@cache
def fixed_levels(group: str, to: str | None = None) -> Levels:
    """Return the points of any group as points that aren't made of letters."""
    texts = (group, group if to is None else to)
    parts = [() if text == "trivial" else factors(text) for text in texts]
    below, above = (Product(tuple(Fixed(factor.size()) for factor in one)) for one in parts)
    return Levels((), (Kind(below),), (Kind(above),), lettered=False)


def factors(group: str | Construction) -> tuple[Construction, ...]:
    """Return the factors of a product, one axis each; any other group is its own."""
    tree = parse_expression(group).numbered() if isinstance(group, str) else group
    if isinstance(tree, Product):
        return tuple(factor for part in tree.parts for factor in factors(part))
    return (tree,)
