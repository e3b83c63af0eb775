"""From the name of a group to the points of a network's levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups.expressions import Combined, Derived, Expression, Factor
from polyconstraints.spec.groups.grammar import parse_expression
from polyconstraints.spec.groups.points import Fixed, Letters, Points, Product, Sum, Wreath

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
    components : tuple of Points
        The components of each level, from input to output.
    channels : tuple of int
    """

    sorts: tuple[Sort, ...]
    components: tuple[Points, ...]
    channels: tuple[int, ...]

    @property
    def units(self) -> tuple[Points, ...]:
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
        Symmetric and trivial groups, combined by ``+``, ``x``, ``wr`` and ``tuples``.
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
    expression = _parsed(group, "group")
    found = _sorts(expression)
    own = _points(expression, found, "group")
    depth = len(channels) - 1
    levels: list[Points] = [own] * (depth + 1)
    if outputs is not None:
        levels[depth] = Fixed(outputs)
    for level, text in (actions or {}).items():
        if not 0 < level <= depth:
            raise UsageError(f"expected a level from 1 to {depth}, got {level}", "actions")
        levels[level] = _points(_parsed(text, "actions"), found, "actions")
        for sort, blocks in _contexts(levels[level]):
            if (sort, blocks) not in set(_contexts(own)):
                raise UsageError(
                    f"level {level}: expected an action of the group {group}, got {text}, where a "
                    "group that acts inside blocks acts elsewhere",
                    "actions",
                )
    names = ["n"] if len(found) == 1 else [f"n{at}" for at in range(1, len(found) + 1)]
    sorts = tuple(Sort(name, size) for name, (_, size, _) in zip(names, found, strict=True))
    return LevelSpaces(sorts, tuple(levels), tuple(channels))


def _sorts(expression: Expression) -> dict[tuple[str, int | None, int], int]:
    """Return the number of the sort of each symmetric group in an expression."""
    found: dict[tuple[str, int | None, int], int] = {}
    for factor in expression.factors():
        if factor.letter == "S":
            found.setdefault((factor.letter, factor.size, factor.occurrence), len(found))
    return found


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
    expression = parse_expression(group)
    sorts = _sorts(expression)

    def sized(factor: Factor) -> Factor:
        key = (factor.letter, factor.size, factor.occurrence)
        if key not in sorts:
            return factor
        at = sorts[key]
        # Numbered where something refers to them: by size alone they may be alike.
        occurrence = at + 1 if actions else factor.occurrence
        return Factor("S", sizes[at], occurrence, bool(actions) and len(sorts) > 1)

    return expression.replaced(sized).spelled({}), {
        level: parse_expression(text).replaced(sized).spelled({}) for level, text in actions.items()
    }


def _parsed(text: str, field: str) -> Expression:
    try:
        return parse_expression(text)
    except UsageError as error:
        raise UsageError(error.message, field) from None


def _points(
    expression: Expression, sorts: Mapping[tuple[str, int | None, int], int], field: str
) -> Points:
    if isinstance(expression, Factor):
        return _factor_points(expression, sorts, field)
    if isinstance(expression, Combined):
        parts = list(_flattened(expression, expression.operator))
        points = tuple(_points(part, sorts, field) for part in parts)
        if expression.operator == "+":
            return Sum(points)
        if expression.operator == "x":
            return Product(points)
        left, right = expression.left, expression.right
        return Wreath(_points(left, sorts, field), _points(right, sorts, field))
    if isinstance(expression, Derived) and expression.function == "tuples":
        return Product((_points(expression.of, sorts, field),) * expression.size)
    raise UsageError(
        "expected symmetric and trivial groups combined by +, x, wr and tuples, whose classes "
        f"are patterns of equal indices for every n, got {expression.spelled({})}",
        field,
    )


def _factor_points(
    factor: Factor, sorts: Mapping[tuple[str, int | None, int], int], field: str
) -> Points:
    if factor.letter == "trivial" and factor.size is not None:
        return Fixed(factor.size)
    if factor.letter == "S":
        sort = sorts.get((factor.letter, factor.size, factor.occurrence))
        if sort is None:
            raise UsageError(
                f"expected a factor of the group, got {factor.spelled({})}, its number "
                f"{factor.occurrence}",
                field,
            )
        return Letters(sort)
    raise UsageError(
        "expected symmetric and trivial groups combined by +, x, wr and tuples, whose classes "
        f"are patterns of equal indices for every n, got {factor.spelled({})}",
        field,
    )


def _contexts(points: Points, blocks: tuple[Points, ...] = ()) -> Iterator[tuple[int, object]]:
    """Yield each sort with the blocks, of wreath products, that its letters are met in."""
    if isinstance(points, Letters):
        yield points.sort, blocks
    elif isinstance(points, Sum | Product):
        for part in points.parts if isinstance(points, Sum) else points.factors:
            yield from _contexts(part, blocks)
    elif isinstance(points, Wreath):
        yield from _contexts(points.outer, blocks)
        yield from _contexts(points.inner, (*blocks, points.outer))


def _flattened(expression: Expression, operator: str) -> Iterator[Expression]:
    """Yield the operands of one operator that is written several times in a row."""
    if isinstance(expression, Combined) and expression.operator == operator:
        yield from _flattened(expression.left, operator)
        yield expression.right
    else:
        yield expression
