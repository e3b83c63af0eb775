"""What a group is made of, as a tree: its points, its text, its order, its action, its letters.

A node is a set of points that a group acts on. Leaves are the presets, lists of generators and
grids; the other nodes (:mod:`~polyconstraints.spec.groups.constructions`) make points of the
points of their parts.

Where all leaves are symmetric or trivial groups, a node's points are made of letters for every
number of them at once. :meth:`Construction.lettered` puts :class:`Letters` and :class:`Fixed` in
the place of the leaves: a *sort* is a set of letters that one symmetric group permutes, and a
point's *address* mirrors the tree, with labels where that has letters. What addresses are used
for is said in :mod:`~polyconstraints.classes.patterns`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Any, ClassVar, TypeAlias

import numpy as np

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups.group import (
    GroupAction,
    Key,
    Owner,
    PermutationGroup,
    preset_generators,
    preset_order,
    require_points,
)
from polyconstraints.spec.groups.permutations import Permutation

#: Symmetries that a grid can have, with their orders.
_GRID_ORDERS = {"C2": 2, "D2": 4, "C4": 4, "D4": 8}

Address: TypeAlias = "int | tuple[Address, ...]"

#: The blocks of wreath products that a node is met in.
Blocks = tuple[Address, ...]

#: Where labels are counted: a sort, and the blocks that it is met in.
Scope = tuple[int, Blocks]

#: How many labels are in use in each scope.
Used = Mapping[Scope, int]

Rename = Callable[[Scope, int], Any]

#: What a group is the product of, each with the keys of its generators.
Atoms = dict["Construction", tuple[Key, ...]]


class Construction(ABC):
    """A set of points with a group that acts on them. Immutable.

    ``sizes`` is the number of letters of each sort, which only :class:`Letters` look at;
    ``blocks`` are the blocks of wreath products that a node is met in.
    """

    #: How tightly the node's operator binds its operands when it is written.
    binding: ClassVar[int] = 3

    #: What the points are made of; nothing for a leaf.
    parts: tuple[Construction, ...]

    # -- the tree --------------------------------------------------------------------------

    @abstractmethod
    def replaced(self, leaf: Callable[[Construction], Construction]) -> Construction:
        """Return the tree with every leaf replaced by another one, from left to right."""

    def leaves(self) -> Iterator[Construction]:
        """Yield the leaves from left to right."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def presets(self) -> list[Preset]:
        """Return the presets from left to right."""
        return [leaf for leaf in self.leaves() if isinstance(leaf, Preset)]

    def open_letters(self) -> list[str]:
        """Return the letters of the presets without a size, from left to right."""
        return [preset.letter for preset in self.presets() if preset.points is None]

    def completed(self, sizes: Mapping[str, int]) -> Construction:
        """Return the tree with the presets of some letters given a size if they have none."""

        def complete(leaf: Construction) -> Construction:
            if isinstance(leaf, Preset) and leaf.points is None and leaf.letter in sizes:
                return replace(leaf, points=sizes[leaf.letter])
            return leaf

        return self.replaced(complete)

    def numbered(self) -> Construction:
        """Return the tree with an occurrence for every factor: the first, second … of its name."""
        met: Counter[str] = Counter()

        def number(leaf: Construction) -> Construction:
            if not isinstance(leaf, Factor) or leaf.occurrence is not None:
                return leaf
            met[leaf.name] += 1
            return replace(leaf, occurrence=met[leaf.name])

        return self.replaced(number)

    def lettered(self, sorts: Mapping[Preset, int]) -> Construction:
        """Return the points as letters, given the sort of each symmetric group.

        A tree of the same kind, for every number of letters; other groups have none.
        """
        raise UsageError(
            "expected symmetric and trivial groups combined by +, x, wr, pairs, subsets and "
            "tuples, whose classes are patterns of equal indices for every n, got "
            f"{self.text()}"
        )

    # -- the group -------------------------------------------------------------------------

    @abstractmethod
    def size(self, sizes: Sequence[int] = ()) -> int:
        """Return the number of points, without building anything."""

    @abstractmethod
    def text(self) -> str:
        """Return the construction as it is written, in its shortest form."""

    def action(self) -> GroupAction:
        """Return how the group acts on the points; every factor has its size and occurrence."""
        require_points(self.size())
        return self._action()

    @abstractmethod
    def _action(self) -> GroupAction:
        """Return the action, if there aren't too many points."""

    def atoms(self) -> Atoms:
        """Return the factors and wreath products that the group is the product of."""
        return {atom: keys for part in self.parts for atom, keys in part.atoms().items()}

    def own_order(self) -> int | None:
        """Return the order of a factor, or of what moves points inside blocks, by a formula."""
        return None

    @property
    def faithful(self) -> bool:
        """Whether it is known that an element which moves a part's points moves some point."""
        return all(part.faithful for part in self.parts)

    def order(self) -> int | None:
        """Return the order of the group of permutations of the points; None without a formula."""
        tree = self.numbered()
        if not tree.faithful or not are_independent(atoms := tree.atoms()):
            return None
        orders = [atom.own_order() for atom in atoms]
        known = [order for order in orders if order is not None]
        return prod(known) if len(known) == len(orders) else None

    def group(self, name: str = "", *, keep_all: bool = False) -> PermutationGroup:
        """Return the group of permutations of the points."""
        action = self.numbered().action()
        return PermutationGroup(
            action.degree,
            action.images,
            name or self.text(),
            keep_all=keep_all,
            known_order=self.order,
        )

    # -- the points as letters -------------------------------------------------------------

    def inside(self, address: Any, blocks: Blocks = ()) -> Iterable[Inside]:
        """Return what an address is made of: parts, their addresses and their blocks."""
        return ()

    def made(self, address: Any, parts: Sequence[Address]) -> Any:
        """Return an address that is made of other addresses of its parts."""
        return address

    def renamed(self, address: Any, rename: Rename, blocks: Blocks = ()) -> Any:
        """Return an address with other labels."""
        inside = self.inside(address, blocks)
        return self.made(address, [part.renamed(one, rename, own) for part, one, own in inside])

    def arrangements(self, address: Any) -> Iterator[Address]:
        """Yield the address with the points of its subsets in every order."""
        ways = product(*(part.arrangements(one) for part, one, _ in self.inside(address)))
        return (self.made(address, way) for way in ways)

    def normal(self, address: Any) -> Any:
        """Return the address with the points of its subsets in ascending order."""
        return self.made(address, [part.normal(one) for part, one, _ in self.inside(address)])

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        """Yield the addresses that a next point can have up to relabelling.

        Each with the labels in use afterwards; a new letter gets the smallest free label. Of
        addresses that differ by the order of new letters only, several may be met.
        """
        raise self._without_letters()

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        """Return the number of the point whose letters are the labels themselves.

        Labels may be arrays, and the number then is one: of many points at once.
        """
        raise self._without_letters()

    def to_json(self, names: Sequence[str]) -> Any:
        """Return the points as JSON, given the names of the sorts."""
        raise self._without_letters()

    def label(self, address: Any) -> str:
        """Return an address for people: letters a, b, … of the first sort, p, q, … of the next."""
        raise self._without_letters()

    def _without_letters(self) -> UsageError:
        return UsageError(f"expected points made of letters, got {self.text()}")


#: A part, the address in it, and the blocks that it is met in.
Inside = tuple[Construction, Any, Blocks]


def are_independent(atoms: Atoms) -> bool:
    """Return whether no generator belongs to two of the atoms."""
    return len(set().union(*atoms.values())) == sum(map(len, atoms.values()))


class Leaf(Construction):
    """What has no parts."""

    parts = ()

    def replaced(self, leaf: Callable[[Construction], Construction]) -> Construction:
        return leaf(self)

    def arrangements(self, address: Any) -> Iterator[Address]:
        yield address

    def normal(self, address: Any) -> Any:
        return address


# --- leaves: groups -----------------------------------------------------------------------


@dataclass(frozen=True)
class Factor(Leaf):
    """A leaf with generators: its name and its occurrence say which group it is.

    ``occurrence`` counts the groups of that name from 1; it is None where nothing is said.
    """

    occurrence: int | None = field(default=None, kw_only=True)

    @property
    @abstractmethod
    def name(self) -> str:
        """The group's name, without its occurrence."""

    @property
    def owner(self) -> Owner:
        """Name and occurrence."""
        return self.name, self.occurrence or 1

    def text(self) -> str:
        return self.name + ("" if self.occurrence is None else f"#{self.occurrence}")

    def atoms(self) -> Atoms:
        return {self: self.action().keys}

    def _action(self) -> GroupAction:
        images = self._generators()
        keys = [Key(self.owner, number) for number in range(len(images))]
        return GroupAction.of(self.size(), keys, images)

    @abstractmethod
    def _generators(self) -> Sequence[Permutation]:
        """Return how the generators move the points."""


@dataclass(frozen=True)
class Preset(Factor):
    """A preset acting on its own points: its letter, and its size where one is given."""

    letter: str
    points: int | None = None

    @property
    def name(self) -> str:
        return self.letter + ("" if self.points is None else str(self.points))

    def size(self, sizes: Sequence[int] = ()) -> int:
        if self.points is None:
            raise UsageError(
                f"expected a size of the group {self.letter}, as in {self.letter}3, got none"
            )
        return self.points

    def _generators(self) -> Sequence[Permutation]:
        return preset_generators(self.letter, self.size())

    def own_order(self) -> int:
        return preset_order(self.letter, self.size())

    def lettered(self, sorts: Mapping[Preset, int]) -> Construction:
        if self in sorts:
            return Letters(sorts[self])
        if self.letter == "trivial" and self.points is not None:
            return Fixed(self.points)
        if self.letter == "S":
            raise UsageError(
                f"expected a factor of the group, got {self.name}, its number {self.occurrence}"
            )
        return super().lettered(sorts)


@dataclass(frozen=True)
class Generators(Factor):
    """A list of generators, acting on their own points."""

    images: tuple[Permutation, ...]
    #: Whether they were written as cycles, so that there may be more points, which stay.
    open: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        return json.dumps(self.images, separators=(",", ":"))

    def size(self, sizes: Sequence[int] = ()) -> int:
        return len(self.images[0])

    def on(self, degree: int) -> Generators:
        """Return the same on more points, which stay in place."""
        more = tuple(range(self.size(), degree))
        return replace(self, images=tuple(images + more for images in self.images))

    def _generators(self) -> Sequence[Permutation]:
        return self.images

    def own_order(self) -> int:
        return PermutationGroup(self.size(), self.images).order()


@dataclass(frozen=True)
class Grid(Factor):
    """The cells of a grid, row by row, under rotations and reflections.

    ``symmetry`` is half-turn (C2), half-turn and both reflections (D2), quarter-turns (C4), or
    quarter-turns and reflections (D4). The generators are those of the preset of that name,
    acting on the corners clockwise.

    >>> Grid(2, 2, "C4").action().images
    ((1, 3, 0, 2),)
    """

    rows: int
    columns: int
    symmetry: str

    def __post_init__(self) -> None:
        if self.symmetry not in _GRID_ORDERS:
            raise UsageError(f"expected one of {', '.join(_GRID_ORDERS)}, got {self.symmetry!r}")
        if self.symmetry.endswith("4") and self.rows != self.columns:
            raise UsageError(
                f"expected a square grid for {self.symmetry}, got {self.rows} rows and "
                f"{self.columns} columns"
            )

    @property
    def name(self) -> str:
        return self.symmetry

    def text(self) -> str:
        return f"grid({self.rows},{self.columns},{super().text()})"

    def size(self, sizes: Sequence[int] = ()) -> int:
        return self.rows * self.columns

    def _generators(self) -> Sequence[Permutation]:
        cells = np.arange(self.size()).reshape(self.rows, self.columns)
        # In the place of each cell stands the one that it goes to.
        turn = np.rot90(cells) if self.symmetry.endswith("4") else cells[::-1, ::-1]
        moved = [turn, cells[::-1]] if self.symmetry.startswith("D") else [turn]
        return [tuple(one.ravel().tolist()) for one in moved]

    def own_order(self) -> int | None:
        # A single row or column has too few cells for a formula.
        small = min(self.rows, self.columns) < 2
        return None if small else _GRID_ORDERS[self.symmetry]


# --- leaves: points as letters ------------------------------------------------------------


@dataclass(frozen=True)
class Letters(Leaf):
    """The letters of one sort, permuted by their symmetric group; an address is a label."""

    sort: int

    def size(self, sizes: Sequence[int] = ()) -> int:
        return sizes[self.sort]

    def text(self) -> str:
        return f"S#{self.sort + 1}"

    def _action(self) -> GroupAction:
        raise UsageError(f"expected a size of the group {self.text()}, got none")

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        scope = (self.sort, blocks)
        count = used.get(scope, 0)
        for label in range(count):
            yield label, used
        yield count, {**used, scope: count + 1}

    def renamed(self, address: Any, rename: Rename, blocks: Blocks = ()) -> Any:
        return rename((self.sort, blocks), address)

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        return address

    def to_json(self, names: Sequence[str]) -> Any:
        return names[self.sort]

    def label(self, address: Any) -> str:
        first = "apu"[self.sort] if self.sort < 3 else "a"
        prefix = "" if self.sort < 3 else f"s{self.sort}"
        return f"{prefix}{chr(ord(first) + address)}" if address < 5 else f"{first}{address}"


@dataclass(frozen=True)
class Fixed(Leaf):
    """Points that no permutation moves: channels, the homogenising unit, invariant outputs."""

    count: int

    def size(self, sizes: Sequence[int] = ()) -> int:
        return self.count

    def text(self) -> str:
        return f"trivial{self.count}"

    def _action(self) -> GroupAction:
        return GroupAction(self.count, (), ())

    def choices(self, used: Used, blocks: Blocks = ()) -> Iterator[tuple[Address, Used]]:
        for point in range(self.count):
            yield point, used

    def number(self, address: Any, sizes: Sequence[int]) -> Any:
        return address

    def to_json(self, names: Sequence[str]) -> Any:
        return self.count

    def label(self, address: Any) -> str:
        return str(address + 1)
