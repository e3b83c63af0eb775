"""From the name of a group to the points of a network's levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups.constructions import Product, Wreath
from polyconstraints.spec.groups.grammar import parse_expression
from polyconstraints.spec.groups.tree import Construction, Fixed, Letters, Preset

__all__ = ["LevelSpaces", "Sort", "level_spaces", "sized_texts"]


@dataclass(frozen=True)
class Sort:
    """One set of letters, with its symmetric group.

    Attributes
    ----------
    name : str
        ``n`` where there is one sort, else ``n1``, ``n2``, ….
    size : int or None
        The number of letters where the group's name has it.
    """

    name: str
    size: int | None


@dataclass(frozen=True)
class LevelSpaces:
    """The units of every level of a network, as points made of letters.

    Attributes
    ----------
    sorts : tuple of Sort
    components : tuple of Construction
        The components of each level, from input to output.
    channels : tuple of int
    """

    sorts: tuple[Sort, ...]
    components: tuple[Construction, ...]
    channels: tuple[int, ...]

    @property
    def units(self) -> tuple[Construction, ...]:
        """The units of each level: channels included, the homogenising unit left out."""
        pairs = zip(self.components, self.channels, strict=True)
        return tuple(
            points if count == 1 else Product((points, Fixed(count))) for points, count in pairs
        )


def level_spaces(
    group: str,
    channels: Sequence[int],
    outputs: int | None = None,
    actions: Mapping[int, str] | None = None,
) -> LevelSpaces:
    """Return the points that a group made of symmetric groups acts on, level by level.

    Parameters
    ----------
    group : str
        Symmetric and trivial groups, combined by ``+``, ``x``, ``wr``, ``pairs``,
        ``ordered_pairs``, ``subsets`` and ``tuples``.
    channels : sequence of int
        Channels of the components of each level; their number is the depth plus 1.
    outputs : int, optional
        Number of output components that no permutation moves; for an invariant network.
    actions : mapping from int to str, optional
        How the group acts on some levels.

    Raises
    ------
    UsageError
        If the group or an action contains anything else, whose orbits no pattern describes.

    Examples
    --------
    >>> spaces = level_spaces("SxS", (1, 1), actions={1: "S#2"})
    >>> [sort.name for sort in spaces.sorts], spaces.components[1]
    (['n1', 'n2'], Letters(sort=1))
    """
    sorts = _sorts(_parsed(group, "group"))
    own = _lettered(group, sorts, "group")
    depth = len(channels) - 1
    levels: list[Construction] = [own] * (depth + 1)
    if outputs is not None:
        levels[depth] = Fixed(outputs)
    for level, text in (actions or {}).items():
        if not 0 < level <= depth:
            raise UsageError(f"expected a level from 1 to {depth}, got {level}", "actions")
        levels[level] = _lettered(text, sorts, "actions")
        for sort, blocks in _contexts(levels[level]):
            if (sort, blocks) not in set(_contexts(own)):
                raise UsageError(
                    f"level {level}: expected an action of the group {group}, got {text}, where a "
                    "group that acts inside blocks acts elsewhere",
                    "actions",
                )
    names = ["n"] if len(sorts) == 1 else [f"n{at}" for at in range(1, len(sorts) + 1)]
    found = tuple(Sort(name, one.points) for name, one in zip(names, sorts, strict=True))
    return LevelSpaces(found, tuple(levels), tuple(channels))


def _sorts(tree: Construction) -> dict[Preset, int]:
    """Return the number of the sort of each symmetric group in a tree."""
    found = dict.fromkeys(factor for factor in tree.numbered().presets() if factor.letter == "S")
    return {factor: at for at, factor in enumerate(found)}


def sized_texts(
    group: str, actions: Mapping[int, str], sizes: Sequence[int]
) -> tuple[str, dict[int, str]]:
    """Return a group and its actions with a number of letters for every sort.

    Examples
    --------
    >>> sized_texts("SxS", {}, (3, 2))
    ('S3xS2', {})
    >>> sized_texts("SxS", {1: "S#2"}, (3, 3))
    ('S3#1xS3#2', {1: 'S3#2'})
    """
    tree = parse_expression(group)
    sorts = _sorts(tree)
    # Numbered where something refers to them: by size alone they may be alike.
    referred = bool(actions) or any(factor.occurrence for factor in tree.presets())

    def sized(leaf: Construction) -> Construction:
        if not isinstance(leaf, Preset):
            return leaf
        if leaf not in sorts:
            return Preset(leaf.letter, leaf.points)
        at = sorts[leaf]
        number = at + 1 if referred and len(sorts) > 1 else None
        return Preset("S", sizes[at], occurrence=number)

    def text(tree: Construction) -> str:
        return tree.numbered().replaced(sized).text()

    return text(tree), {level: text(parse_expression(one)) for level, one in actions.items()}


def _parsed(text: str, field: str) -> Construction:
    try:
        return parse_expression(text)
    except UsageError as error:
        raise UsageError(error.message, field) from None


def _lettered(text: str, sorts: Mapping[Preset, int], field: str) -> Construction:
    try:
        return _parsed(text, field).numbered().lettered(sorts)
    except UsageError as error:
        raise UsageError(error.message, field) from None


def _contexts(
    points: Construction, blocks: tuple[Construction, ...] = ()
) -> Iterator[tuple[int, object]]:
    """Yield each sort with the blocks, of wreath products, that its letters are met in."""
    if isinstance(points, Letters):
        yield points.sort, blocks
    elif isinstance(points, Wreath):
        yield from _contexts(points.outer, blocks)
        yield from _contexts(points.inner, (*blocks, points.outer))
    else:
        for part in points.parts:
            yield from _contexts(part, blocks)
