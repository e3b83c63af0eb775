"""What the texts of a group and its actions say, checked against the network's sizes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.groups.actions import MAX_POINTS, GroupAction
from polyconstraints.spec.groups.expressions import Expression, Factor
from polyconstraints.spec.groups.grammar import parse_action, parse_expression
from polyconstraints.spec.groups.group import PRESETS, PermutationGroup
from polyconstraints.spec.groups.permutations import Permutation, checked

__all__ = ["GroupChoice", "parse_group", "read_group", "require_well_defined"]

GROUP_FIELD = "group"
ACTION_FIELD = "actions"

_PRESET = re.compile(r"(S|A|C|D|trivial)([0-9]*)")

#: Characters of a group's text that messages show.
_SHOWN = 60

#: Points up to which it is checked that images of generators define an action.
_CHECKED_POINTS = 200


@dataclass(frozen=True)
class GroupChoice:
    """A group on the input components, and how it acts on other levels.

    Attributes
    ----------
    group : PermutationGroup
    actions : mapping from int to tuple of permutations
        For levels with an action of their own: the image of each generator of the group.
    widths : mapping from int to int
        The numbers of components of those levels.
    """

    group: PermutationGroup
    actions: Mapping[int, tuple[Permutation, ...]] = field(default_factory=dict)
    widths: Mapping[int, int] = field(default_factory=dict)

    def hidden_widths(
        self, inputs: int, depth: int, given: Sequence[int] | None = None
    ) -> tuple[int, ...]:
        """Return the hidden widths: as given, else as an action has it, else n."""
        if given is not None:
            return tuple(given)
        return tuple(self.widths.get(level, inputs) for level in range(1, depth))


def parse_group(text: str, degree: int) -> PermutationGroup:
    """Return the group that a ``--group`` argument describes.

    Parameters
    ----------
    text : str
        A preset (``S``, ``A``, ``C``, ``D``, ``trivial``), a construction such as ``S3xS2``
        (see :mod:`polyconstraints.spec.groups.grammar`), or a JSON list of generators such as
        ``[[1,0,2],[1,2,0]]``.
    degree : int
        The number of points that the group must act on.

    Raises
    ------
    InputError, UsageError
        If the text is none of these, or doesn't fit the degree.

    Examples
    --------
    >>> parse_group("[[1,2,0]]", 3).order()
    3
    >>> parse_group("S3xS2", 6).order()
    12
    """
    return read_group(text, degree).group


def read_group(
    described: str | Sequence[Any],
    degree: int,
    actions: Mapping[int, str | list[Any]] | None = None,
    name: str = "",
    source: str = "",
) -> GroupChoice:
    """Return a group and its actions on levels of the network.

    Parameters
    ----------
    described : str or sequence
        A text as for :func:`parse_group`, or a list of generators.
    degree : int
        The number of input components.
    actions : mapping from int to str or list, optional
        For some levels, how the group acts on their components: a construction from the
        group's own factors, or a list with the image of each generator.
    name : str, optional
        What a list of generators is called.
    source : str, optional
        Where the group was read, for messages.

    Raises
    ------
    InputError, UsageError
        If a text can't be read, a degree doesn't fit, or an action isn't well defined.

    Examples
    --------
    >>> choice = read_group("pairs(S4)", 6, {1: "S4"})
    >>> choice.group.degree, choice.widths[1]
    (6, 4)
    """
    given = dict(actions or {})
    if isinstance(described, str):
        described = _inline(described.strip())
    if isinstance(described, str) and not given:
        letter = _PRESET.fullmatch("".join(described.split()))
        if letter and letter[2] in ("", str(degree)):
            # Not built: its generators may never be asked for.
            return GroupChoice(PermutationGroup.preset(letter[1], degree))
    if isinstance(described, str):
        action, name = _action(described, degree)
    else:
        action = _generated(described, degree, source or GROUP_FIELD)
    if action.degree != degree:
        raise UsageError(
            f"expected a group on {degree} points, one for each input, got {name or 'one'} "
            f"on {action.degree} points",
            GROUP_FIELD,
        )
    if not given:
        return GroupChoice(action.group(name))
    group = action.group(name, keep_all=True)
    found = {level: _level(level, given[level], action, source) for level in sorted(given)}
    return GroupChoice(
        group,
        {level: images for level, (images, _) in found.items()},
        {level: width for level, (_, width) in found.items()},
    )


# --- the group ----------------------------------------------------------------------------


def _inline(text: str) -> str | list[Any]:
    """Return a list of generators where the text is nothing else, else the text."""
    if not text.startswith("["):
        return text
    nesting = 0
    for at, character in enumerate(text):
        nesting += {"[": 1, "]": -1}.get(character, 0)
        if not nesting and at < len(text) - 1:
            return text
    from polyconstraints.io.strict_json import parse_json

    document: list[Any] = parse_json(text, source=GROUP_FIELD)
    return document


def _action(text: str, degree: int) -> tuple[GroupAction, str]:
    """Return the action that a text describes, and the name of the group."""
    compact = "".join(text.split())
    if compact in PRESETS:
        return GroupAction.preset(compact, degree), compact
    try:
        expression = parse_expression(text)
        letters = [factor.letter for factor in expression.factors() if factor.size is None]
        if len(letters) == 1:
            action, sizes = _sized(expression, letters[0], degree)
        else:
            if not letters:
                _require_degree(expression, {}, degree)
            action, sizes = parse_action(text), {}
    except UsageError as error:
        raise UsageError(error.message, GROUP_FIELD) from None
    except InputError as error:
        raise InputError(error.message, error.place, GROUP_FIELD) from None
    name = expression.spelled(sizes)
    if isinstance(expression, Factor):
        name = expression.letter if action.degree == degree else name
    return action, name


def _sized(expression: Expression, letter: str, degree: int) -> tuple[GroupAction, dict[str, int]]:
    """Return the action with the one size for a letter that gives the degree, or exceeds it."""
    size = 1
    # Such as the pairs of one point: none.
    while size <= degree and expression.points({letter: size}) < degree:
        size += 1
    _require_degree(expression, {letter: size}, degree)
    # Read again, since the letter may turn out to be one of several S3.
    return parse_action(expression.spelled({letter: size})), {letter: size}


def _require_degree(expression: Expression, sizes: Mapping[str, int], degree: int) -> None:
    """Raise UsageError before a group is built that acts on another number of points."""
    points = expression.points(sizes)
    # What has no points, or too many, is refused for that when it is built.
    if 0 < points <= MAX_POINTS and points != degree:
        name = expression.spelled(sizes)
        raise UsageError(
            f"expected a group on {degree} points, one for each input, got "
            f"{name if len(name) <= _SHOWN else name[:_SHOWN] + '…'} on {points} points"
        )


def _generated(document: Sequence[Any], degree: int, source: str) -> GroupAction:
    """Return the action of generators on their own points."""
    generators: list[Permutation] = []
    try:
        for index, images in enumerate(document):
            place = f"generators[{index}]"
            generator = checked(images, place)
            expected = len(generators[0]) if generators else degree
            if len(generator) != expected:
                raise InputError(
                    f"expected a permutation of {expected} points, got one of {len(generator)}",
                    place,
                )
            generators.append(generator)
    except InputError as error:
        raise InputError(error.message, error.place, source) from None
    written = json.dumps(document, separators=(",", ":"))
    return GroupAction.generated(written, generators, degree)


# --- its action on a level ----------------------------------------------------------------


def _level(
    level: int, described: str | list[Any], action: GroupAction, source: str
) -> tuple[tuple[Permutation, ...], int]:
    """Return the image of each generator on a level's components, and their number."""
    where = f"level {level}"
    try:
        if isinstance(described, str):
            inline = _inline(described.strip())
            if isinstance(inline, str):
                return _from_factors(inline, action)
            described = inline
        return _from_images(described, action)
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", ACTION_FIELD) from None
    except InputError as error:
        place = f"actions.{level}" + (error.place and f": {error.place}")
        raise InputError(error.message, place, source or ACTION_FIELD) from None


def _from_factors(text: str, action: GroupAction) -> tuple[tuple[Permutation, ...], int]:
    """Return the images under an action that is written in terms of the group's factors."""
    owners = action.owners
    sizes: dict[str, int] = {}
    for letter in sorted({f.letter for f in parse_expression(text).factors() if f.size is None}):
        found = {name for name, _ in owners if re.fullmatch(rf"{letter}\d+", name)}
        if len(found) != 1:
            raise UsageError(
                f"expected a size of the group {letter}, as in {letter}3, got {text!r}"
            )
        sizes[letter] = int(found.pop()[len(letter) :])
    other = parse_action(text, sizes)
    known = ", ".join(_spelling(owner, owners) for owner in owners if _can_be_written(owner))
    for owner in other.owners:
        if owner not in owners:
            raise UsageError(
                f"expected an action of factors of the group ({known or 'it has none'}), got "
                f"{owner[0]}#{owner[1]}"
            )
        same = {occurrence for name, occurrence in owners if name == owner[0]}
        used = {occurrence for name, occurrence in other.owners if name == owner[0]}
        if len(used) < len(same) and "#" not in text:
            choices = " or ".join(f"{owner[0]}#{occurrence}" for occurrence in sorted(same))
            raise UsageError(f"expected {choices}, got {owner[0]}, which could be any of them")
    return tuple(other.image(key) for key in action.keys), other.degree


def _can_be_written(owner: tuple[str, int]) -> bool:
    return " " not in owner[0]


def _spelling(owner: tuple[str, int], owners: Sequence[tuple[str, int]]) -> str:
    name, occurrence = owner
    several = occurrence > 1 or sum(other == name for other, _ in owners) > 1
    if len(name) > 40:
        return "the list of generators"
    return f"{name}#{occurrence}" if several else name


def _from_images(
    document: Sequence[Any], action: GroupAction
) -> tuple[tuple[Permutation, ...], int]:
    """Return images that are given one by one, in the order of the group's generators."""
    if len(document) != len(action.keys):
        raise InputError(
            f"expected one permutation for each of the {len(action.keys)} generators, got "
            f"{len(document)}"
        )
    if not document:
        raise UsageError(
            "expected an action by name, as trivial4, for a group without generators, got no images"
        )
    images = [checked(image, f"[{at}]") for at, image in enumerate(document)]
    for at, image in enumerate(images):
        if len(image) != len(images[0]):
            raise InputError(
                f"expected a permutation of {len(images[0])} points, got one of {len(image)}",
                f"[{at}]",
            )
    require_well_defined(action.images, images)
    return tuple(images), len(images[0])


def require_well_defined(generators: Sequence[Permutation], images: Sequence[Permutation]) -> None:
    """Check that mapping generators to their images defines an action of their group.

    It does if a product of generators that is the identity has an image that is the identity,
    in other words if the group of the pairs is no larger than the group itself. Skipped for
    more than 200 points in all, where finding the orders takes too long.

    Raises
    ------
    UsageError
        If it doesn't.

    Examples
    --------
    >>> require_well_defined([(1, 2, 0)], [(1, 0)])
    Traceback (most recent call last):
        ...
    polyconstraints.errors.UsageError: expected images that satisfy the relations of the \
generators, got a group of order 6 acting on both levels where the group itself has order 3
    """
    if not generators or len(generators[0]) + len(images[0]) > _CHECKED_POINTS:
        return
    degree = len(generators[0])
    joint = [
        (*generator, *(degree + point for point in image))
        for generator, image in zip(generators, images, strict=True)
    ]
    order = PermutationGroup(degree, generators).order()
    both = PermutationGroup(len(joint[0]), joint).order()
    if both != order:
        raise UsageError(
            "expected images that satisfy the relations of the generators, got a group of "
            f"order {both} acting on both levels where the group itself has order {order}"
        )
