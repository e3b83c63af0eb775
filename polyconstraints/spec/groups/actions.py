"""One group acting on different sets of points: products, wreath products, pairs, grids.

A group is known by *keys*, one for each of its generators, and an action says for each key
which permutation of its points the generator is; a key that an action doesn't mention leaves
all points in place. Two actions with keys in common are actions of one group, which is how
a map between different spaces (from edges to nodes) gets its symmetry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product
from math import comb, perm
from typing import Any

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups.group import PermutationGroup, preset_generators, require_images
from polyconstraints.spec.groups.permutations import Permutation

__all__ = ["GRID_SYMMETRIES", "MAX_POINTS", "GroupAction", "Key"]

#: Most points that an action is built on.
MAX_POINTS = 1_000_000

#: Symmetries that a grid can have.
GRID_SYMMETRIES = ("C2", "D2", "C4", "D4")


@dataclass(frozen=True, order=True)
class Key:
    """Names one generator of an abstract group.

    Attributes
    ----------
    factor : str
        The group that the generator comes from, such as ``S3``.
    occurrence : int
        Which of several such groups, from 1.
    number : int
        Which of its generators, from 0.
    """

    factor: str
    occurrence: int
    number: int

    @property
    def owner(self) -> tuple[str, int]:
        """The factor and its occurrence."""
        return self.factor, self.occurrence


@dataclass(frozen=True)
class GroupAction:
    """A group, by its generators, acting on the points ``0 … degree-1``.

    Attributes
    ----------
    degree : int
        Number of points.
    keys : tuple of Key
        The generators.
    images : tuple of permutations
        How each generator moves the points.

    Examples
    --------
    >>> nodes = GroupAction.preset("S", 4)
    >>> edges = nodes.subsets(2)
    >>> edges.degree, edges.keys == nodes.keys, edges.group().order()
    (6, True, 24)
    """

    degree: int
    keys: tuple[Key, ...]
    images: tuple[Permutation, ...]

    @classmethod
    def preset(cls, letter: str, degree: int, occurrence: int = 1) -> GroupAction:
        """Return a preset group acting on its own points."""
        return cls.generated(
            f"{letter}{degree}", preset_generators(letter, degree), degree, occurrence
        )

    @classmethod
    def generated(
        cls, factor: str, generators: Sequence[Permutation], degree: int, occurrence: int = 1
    ) -> GroupAction:
        """Return the group of some generators acting on its own points."""
        keys = tuple(Key(factor, occurrence, number) for number in range(len(generators)))
        return cls(degree, keys, tuple(generators))

    @classmethod
    def grid(cls, rows: int, columns: int, symmetry: str, occurrence: int = 1) -> GroupAction:
        """Return rotations and reflections of a grid acting on its cells, row by row.

        Parameters
        ----------
        rows, columns : int
        symmetry : {"C2", "D2", "C4", "D4"}
            Half-turn; half-turn and both reflections; quarter-turns; quarter-turns and
            reflections. The last two need a square grid. The generators are those of the
            preset of that name, acting on the corners clockwise.

        Raises
        ------
        UsageError
            If the grid has no such symmetry.

        Examples
        --------
        >>> GroupAction.grid(2, 2, "C4").images
        ((1, 3, 0, 2),)
        """
        if symmetry not in GRID_SYMMETRIES:
            raise UsageError(f"expected one of {', '.join(GRID_SYMMETRIES)}, got {symmetry!r}")
        if symmetry.endswith("4") and rows != columns:
            raise UsageError(
                f"expected a square grid for {symmetry}, got {rows} rows and {columns} columns"
            )
        _require_points(rows * columns)

        def moved(cell: Callable[[int, int], tuple[int, int]]) -> Permutation:
            images = (cell(row, column) for row in range(rows) for column in range(columns))
            return tuple(row * columns + column for row, column in images)

        last_row, last_column = rows - 1, columns - 1
        turn = (
            moved(lambda row, column: (column, last_column - row))
            if symmetry.endswith("4")
            else moved(lambda row, column: (last_row - row, last_column - column))
        )
        reflection = moved(lambda row, column: (last_row - row, column))
        images = (turn, reflection) if symmetry.startswith("D") else (turn,)
        return cls.generated(symmetry, images, rows * columns, occurrence)

    # -- facts -----------------------------------------------------------------------------

    @property
    def owners(self) -> tuple[tuple[str, int], ...]:
        """The factors of the group, each with its occurrence, in order of appearance."""
        return tuple(dict.fromkeys(key.owner for key in self.keys))

    def image(self, key: Key) -> Permutation:
        """Return how a generator moves the points; the identity for an unknown one."""
        return self._by_key().get(key, tuple(range(self.degree)))

    def _by_key(self) -> dict[Key, Permutation]:
        return dict(zip(self.keys, self.images, strict=True))

    def group(self, name: str = "", *, keep_all: bool = False) -> PermutationGroup:
        """Return the group of the permutations of the points."""
        return PermutationGroup(self.degree, self.images, name, keep_all=keep_all)

    # -- two actions in one ----------------------------------------------------------------

    def __add__(self, other: GroupAction) -> GroupAction:
        """Return the action on the disjoint union: the points of ``other`` come second.

        For generators that are not shared this is the direct product of the groups.
        """
        degree = self.degree + other.degree
        self._require_room(other, degree)

        def joined(a: Permutation, b: Permutation) -> Permutation:
            return (*a, *(self.degree + point for point in b))

        return self._combined(other, degree, joined)

    def __mul__(self, other: GroupAction) -> GroupAction:
        """Return the action on pairs (row, column), point = row · columns + column.

        For generators that are not shared this is the direct product of the groups.
        """
        columns = other.degree
        self._require_room(other, self.degree * columns)

        def joined(a: Permutation, b: Permutation) -> Permutation:
            return tuple(row * columns + column for row in a for column in b)

        return self._combined(other, self.degree * columns, joined)

    def _require_room(self, other: GroupAction, degree: int) -> None:
        _require_points(degree)
        require_images(degree, len({*self.keys, *other.keys}))

    def _combined(
        self,
        other: GroupAction,
        degree: int,
        joined: Callable[[Permutation, Permutation], Permutation],
    ) -> GroupAction:
        keys = tuple(dict.fromkeys((*self.keys, *other.keys)))
        # Looked up in tables that are made once, since there may be many keys.
        mine, others = self._by_key(), other._by_key()
        still, other_still = tuple(range(self.degree)), tuple(range(other.degree))
        images = tuple(joined(mine.get(key, still), others.get(key, other_still)) for key in keys)
        return GroupAction(degree, keys, images)

    def wreath(self, top: GroupAction) -> GroupAction:
        """Return the wreath product on blocks: one copy of this action for each point of ``top``.

        Sets of sets: the copies act independently and ``top`` permutes the blocks. Point =
        block · (points of a block) + place.

        Examples
        --------
        >>> GroupAction.preset("S", 3).wreath(GroupAction.preset("S", 2)).group().order()
        72
        """
        size, blocks = self.degree, top.degree
        degree = size * blocks
        _require_points(degree)
        orbits = tuple(_orbit_representatives(top))
        require_images(degree, len(orbits) * len(self.keys) + len(top.keys))
        keys: list[Key] = []
        images: list[Permutation] = []
        # The base group is generated by the copies in one block of each orbit of the top.
        for orbit, first in enumerate(orbits):
            for key, image in zip(self.keys, self.images, strict=True):
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

    # -- derived points --------------------------------------------------------------------

    def subsets(self, size: int) -> GroupAction:
        """Return the action on subsets of ``size`` points, in lexicographic order."""
        self._require_derived(comb(self.degree, size))
        return self._induced(combinations(range(self.degree), size), lambda s: tuple(sorted(s)))

    def arrangements(self, size: int) -> GroupAction:
        """Return the action on tuples of ``size`` different points, in lexicographic order."""
        self._require_derived(perm(self.degree, size))
        return self._induced(permutations(range(self.degree), size), tuple)

    def tuples(self, size: int) -> GroupAction:
        """Return the action on all tuples of ``size`` points, in lexicographic order."""
        self._require_derived(self.degree**size)
        return self._induced(product(range(self.degree), repeat=size), tuple)

    def edges(self, graph: Sequence[Sequence[int]]) -> GroupAction:
        """Return the action on the edges of a graph whose nodes are the points.

        Parameters
        ----------
        graph : sequence of pairs of nodes
            Undirected edges, numbered as they are given.

        Raises
        ------
        UsageError
            If an edge is none or given twice, or a generator moves an edge to no edge.

        Examples
        --------
        >>> cycle = GroupAction.preset("D", 4).edges([(0, 1), (1, 2), (2, 3), (3, 0)])
        >>> cycle.images
        ((1, 2, 3, 0), (2, 1, 0, 3))
        """
        listed: dict[tuple[int, ...], None] = {}
        for edge in graph:
            ends = tuple(sorted(edge))
            if len(ends) != 2 or ends[0] < 0 or ends[1] >= self.degree:
                raise UsageError(
                    f"expected edges as pairs of nodes from 0 to {self.degree - 1}, "
                    f"got {list(edge)}"
                )
            if ends in listed:
                raise UsageError(f"expected each edge once, got {list(edge)} twice")
            listed[ends] = None
        try:
            return self._induced(listed, lambda ends: tuple(sorted(ends)))
        except KeyError as missing:
            raise UsageError(
                "expected a group that maps edges to edges, got a generator that maps one to "
                f"{list(missing.args[0])}"
            ) from None

    def _require_derived(self, degree: int) -> None:
        _require_points(degree)
        require_images(degree, len(self.keys))

    def _induced(
        self,
        points: Iterable[tuple[int, ...]],
        normal: Callable[[Iterable[int]], tuple[int, ...]],
    ) -> GroupAction:
        """Return the action on points that are made of the old ones."""
        listed = list(points)
        if not listed:
            raise UsageError("expected an action on at least 1 point, got none")
        number = {point: at for at, point in enumerate(listed)}
        images = tuple(
            tuple(number[normal(image[at] for at in point)] for point in listed)
            for image in self.images
        )
        return GroupAction(len(listed), self.keys, images)


def _require_points(degree: int) -> None:
    if degree > MAX_POINTS:
        # A power can be too long to print.
        shown = str(degree) if degree < 10**18 else "more than 10^18"
        raise UsageError(f"expected an action on at most {MAX_POINTS} points, got {shown}")


def _orbit_representatives(action: GroupAction) -> Iterator[int]:
    """Yield the smallest point of each orbit."""
    seen: set[int] = set()
    for start in range(action.degree):
        if start in seen:
            continue
        yield start
        seen.add(start)
        queue = [start]
        for point in queue:
            for image in action.images:
                following: Any = image[point]
                if following not in seen:
                    seen.add(following)
                    queue.append(following)
