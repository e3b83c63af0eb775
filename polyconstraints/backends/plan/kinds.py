"""Points made of letters: what a tensor's axes are, for products of symmetric groups.

A *sort* is a set of letters that one symmetric group permutes. A *kind* of points is a tuple
of letters: ``S20xS30`` has one kind, of a letter of each sort, and a tensor over it has the
axes 20 and 30; ``pairs(S10)`` has one kind, of two different letters in no order, and one axis
of 45 points, numbered as everywhere in this package. A sum of groups has several kinds, with a
tensor each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, permutations, product
from math import comb, isqrt, perm, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.groups import parse_expression
from polyconstraints.spec.groups.constructions import Product, Selection, Sum, Wreath
from polyconstraints.spec.groups.tree import Construction, Fixed, Letters, Preset

__all__ = ["Axis", "Kind", "Letter", "Levels", "letters_of", "read_levels", "subsets"]


@dataclass(frozen=True)
class Letter:
    """One letter of a point."""

    sort: int
    #: Inside a block of a wreath product: the letters of the same point that name the block.
    #: Letters of different blocks have nothing to do with one another.
    block: tuple[int, ...] = ()


@dataclass(frozen=True)
class Axis:
    """One axis of a tensor over points."""

    #: Places of its letters in the kind: one, or several different ones of one sort.
    letters: tuple[int, ...]
    #: Whether the order of several letters matters.
    ordered: bool = True
    #: Without letters: the number of points, none of which moves.
    fixed: int = 0


@dataclass(frozen=True)
class Kind:
    """Points that are tuples of letters, with the axes of a tensor over them.

    Examples
    --------
    >>> (pairs,) = read_levels("pairs(S10)").inputs
    >>> pairs.shape((10,))
    (45,)
    """

    letters: tuple[Letter, ...]
    axes: tuple[Axis, ...]

    @property
    def fixed(self) -> int:
        """Number of points that share their letters; they are treated as channels."""
        return prod(axis.fixed for axis in self.axes if not axis.letters)

    @property
    def swaps(self) -> tuple[tuple[int, ...], ...]:
        """The permutations of the letters that name the same point."""
        orders = [list(range(len(self.letters)))]
        for axis in self.axes:
            if not axis.ordered:
                moved = []
                for order, new in product(orders, permutations(axis.letters)):
                    moved.append(list(order))
                    for place, at in zip(axis.letters, new, strict=True):
                        moved[-1][place] = at
                orders = moved
        return tuple(map(tuple, orders))

    def differ(self, first: int, second: int) -> bool:
        """Return whether two letters of a point are always different."""
        return any(first in axis.letters and second in axis.letters for axis in self.axes)

    def sort(self, axis: Axis) -> int:
        """Return the sort of the letters of an axis."""
        return self.letters[axis.letters[0]].sort

    def shape(self, sizes: Sequence[Any], counted: bool = True) -> tuple[Any, ...]:
        """Return the points of each axis; without ``counted`` the letters in their place."""
        lengths: list[Any] = []
        for axis in self.axes:
            count = len(axis.letters)
            if not count:
                lengths.append(axis.fixed)
                continue
            n = sizes[self.sort(axis)]
            plain = count == 1 or not counted
            lengths.append(n if plain else (perm if axis.ordered else comb)(n, count))
        return tuple(lengths)

    def components(self, letters: Sequence[int], sizes: Sequence[int]) -> NDArray[np.int64]:
        """Return the numbers, among the points of the kind, of the points with given letters.

        One for each of the :attr:`fixed` points that share them.
        """
        numbers = np.zeros(1, dtype=np.int64)
        for axis, length in zip(self.axes, self.shape(sizes), strict=True):
            chosen = [letters[at] for at in axis.letters]
            if not axis.letters:
                place: Any = np.arange(axis.fixed)
            elif len(chosen) == 1:
                place = chosen[0]
            else:
                n = sizes[self.sort(axis)]
                wanted = tuple(chosen if axis.ordered else sorted(chosen))
                place = subsets(n, len(chosen), axis.ordered).index(wanted)
            numbers = (numbers[:, None] * length + place).ravel()
        return numbers

    def describe(self, names: Sequence[Any]) -> str:
        """Return the axes of a tensor for people, given sizes or names of the sorts."""
        parts = []
        for axis in self.axes:
            name = names[self.sort(axis)] if axis.letters else axis.fixed
            if len(axis.letters) < 2:
                parts.append(f"{name}")
            elif isinstance(name, int):
                parts.append(f"{(perm if axis.ordered else comb)(name, len(axis.letters))}")
            else:
                words = "arrangements" if axis.ordered else "subsets"
                parts.append(f"{words} of {len(axis.letters)} of {name}")
        return ", ".join(parts)


@cache
def subsets(n: int, count: int, ordered: bool) -> tuple[tuple[int, ...], ...]:
    """Return the points of an axis of several letters, in order."""
    return tuple((permutations if ordered else combinations)(range(n), count))


def letters_of(points: int, count: int, ordered: bool) -> int:
    """Return the number of letters of which there are so many subsets or arrangements."""
    number = perm if ordered else comb
    if count == 2:
        n = (1 + isqrt(1 + (4 if ordered else 8) * points)) // 2
    else:
        n = count
        while number(n, count) < points:
            n += 1
    if number(n, count) != points:
        words = "arrangements" if ordered else "subsets"
        raise InputError(f"expected a number of {words} of {count} letters, got {points}", "x")
    return n


# --- from the name of a group ------------------------------------------------------------


@dataclass(frozen=True)
class Levels:
    """The points below and above a layer."""

    #: The letters of each sort; None where the name of the group leaves it open.
    sizes: tuple[int | None, ...]
    inputs: tuple[Kind, ...]
    outputs: tuple[Kind, ...]

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
    found = dict.fromkeys(factor for factor in tree.presets() if factor.letter == "S")
    sorts = {factor: at for at, factor in enumerate(found)}
    inputs = _read(group if points is None else points, sorts)
    outputs = inputs if to is None else _read(to, sorts)
    if inputs is None or outputs is None:
        return None
    return Levels(tuple(factor.points for factor in sorts), inputs, outputs)


#: Groups whose points are letters, or don't move.
_LETTERED = ("S", "trivial")


def _read(text: str, sorts: Mapping[Preset, int]) -> tuple[Kind, ...] | None:
    if text == "trivial":
        return (Kind((), ()),)
    try:
        tree = parse_expression(text).numbered().lettered(sorts)
    except UsageError as error:
        raise UsageError(error.message, "to") from None
    return _kinds(tree)


def _kinds(tree: Construction) -> tuple[Kind, ...] | None:
    """Return the kinds of points of a tree of letters; None where a kind's aren't in a row."""
    if isinstance(tree, Letters):
        return (Kind((Letter(tree.sort),), (Axis((0,)),)),)
    if isinstance(tree, Fixed):
        return (Kind((), (Axis((), fixed=tree.count),)),)
    parts = [_kinds(part) for part in tree.parts]
    if any(part is None for part in parts):
        return None
    kinds = [part for part in parts if part is not None]
    if isinstance(tree, Sum):
        return tuple(kind for part in kinds for kind in part)
    # The last factor's points vary fastest: a sum there has no kind's points in a row.
    if isinstance(tree, Product):
        found, *others = kinds
        if any(len(part) > 1 for part in others):
            return None
        for (other,) in others:
            found = tuple(_joined(kind, other) for kind in found)
        return found
    if isinstance(tree, Wreath):
        inner, outer = _kinds(tree.inner), _kinds(tree.outer)
        if inner is None or outer is None or len(inner) > 1:
            return None
        if any(not axis.letters or not axis.ordered for kind in outer for axis in kind.axes):
            return None
        # In the tensor the blocks come first, then the points inside them.
        return tuple(_joined(kind, inner[0], inside=True) for kind in outer)
    if not isinstance(tree, Selection) or len(kinds[0]) > 1:
        return None
    kind = kinds[0][0]
    if not tree.distinct:
        whole = kind
        for _ in range(tree.length - 1):
            whole = _joined(whole, kind)
        return (whole,)
    if len(kind.letters) != 1 or len(kind.axes) != 1:
        return None
    axis = Axis(tuple(range(tree.length)), tree.ordered or tree.length == 1)
    return (Kind(kind.letters * tree.length, (axis,)),)


def _joined(first: Kind, second: Kind, inside: bool = False) -> Kind:
    shift = len(first.letters)
    block = tuple(range(shift)) if inside else ()
    letters = tuple(
        Letter(letter.sort, block + tuple(at + shift for at in letter.block))
        for letter in second.letters
    )
    axes = tuple(
        replace(axis, letters=tuple(at + shift for at in axis.letters)) for axis in second.axes
    )
    return Kind(first.letters + letters, first.axes + axes)
