"""What the texts of a group and its actions say, checked against the network's sizes.

A group's *name* in the language of groups (``S``, ``S3xS2``, a list of generators) is a statement,
and is checked against the group that the generators generate. Any other name is a label, which
states nothing, and is shown as what it is beside the generators.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from polyconstraints.errors import InputError, TooLargeError, UsageError, naming, printable
from polyconstraints.spec import cut
from polyconstraints.spec.groups.grammar import parse_expression, shown_group
from polyconstraints.spec.groups.group import (
    MAX_POINTS,
    GroupAction,
    Owner,
    PermutationGroup,
)
from polyconstraints.spec.groups.permutations import checked_alike
from polyconstraints.spec.groups.relations import Images, checked_images
from polyconstraints.spec.groups.tree import Construction, Generators, Preset

if TYPE_CHECKING:
    from sympy.combinatorics import PermutationGroup as SympyGroup

#: What a group may be given as: its text, generators, or a group, ours or SymPy's.
GroupLike: TypeAlias = "str | PermutationGroup | SympyGroup | Sequence[Any]"

#: Points and generators up to which two groups are compared by their elements.
_COMPARED = 30


@dataclass(frozen=True)
class GroupChoice:
    """A group on the input components, and how it acts on other levels."""

    group: PermutationGroup
    #: For levels with an action of their own: the image of each generator of the group.
    actions: Mapping[int, Images] = field(default_factory=dict)

    @property
    def widths(self) -> dict[int, int]:
        """The numbers of components of those levels."""
        known = self.actions.items()
        return {level: images.degree for level, images in known if images.degree}


def parse_group(text: str, degree: int) -> PermutationGroup:
    """Return the group on a number of points that a text describes, as :mod:`.grammar` has it."""
    return read_group(text, degree).group


def read_group(
    described: GroupLike,
    degree: int,
    actions: Mapping[int, str | list[Any]] | None = None,
    name: str = "",
    source: str = "",
) -> GroupChoice:
    """Return a group on a number of points, and its actions on levels of the network.

    The group is described by a text, by a list of generators, which ``name`` names, or is one,
    ours or SymPy's; an action by a construction from the group's own factors, or a list with the
    image of each generator. ``source`` is where the group was read, for messages.
    """
    described = _plain(described)
    if isinstance(described, PermutationGroup):
        if not actions and described.degree == degree:
            return GroupChoice(described)
        name = name or described.name
        by_name = all(isinstance(one, str) for one in (actions or {}).values())
        known = by_name and names_its_group(described)
        described = name if known else list(described.generators)
    with naming("group", source):
        if isinstance(described, str):
            tree = _completed(parse_expression(described), degree)
        elif described:
            tree = Generators(checked_alike(described, "generators", degree))
        else:
            tree = Preset("trivial", degree)
    if isinstance(tree, Preset) and tree.points == degree:
        if not actions:
            # Not built: its generators may never be asked for.
            return GroupChoice(PermutationGroup.preset(tree.letter, degree))
        name = tree.letter
    if not isinstance(tree, Generators):
        name = name or tree.text()
    try:
        action = tree.numbered().action()
    except UsageError as error:
        raise UsageError(f"{error.message}, in {shown_group(tree.text())}", "group") from None
    group = PermutationGroup(
        action.degree, action.images, name, keep_all=bool(actions), known_order=tree.order
    )
    return GroupChoice(
        group,
        {
            level: _level(level, given, group, action, source)
            for level, given in sorted((actions or {}).items())
        },
    )


def group_points(described: GroupLike) -> int | None:
    """Return on how many points a group acts, or None if what describes it doesn't say so.

    Examples
    --------
    >>> group_points("pairs(S4)"), group_points("S"), group_points([[1, 2, 0]])
    (6, None, 3)
    """
    described = _plain(described)
    if isinstance(described, PermutationGroup):
        return described.degree
    if not isinstance(described, str):
        return len(checked_alike(described, "generators")[0]) if described else None
    with naming("group"):
        tree = parse_expression(described)
    return None if tree.open_letters() else tree.size()


def _plain(described: GroupLike) -> str | PermutationGroup | Sequence[Any]:
    """Return a group as a text, a list of generators or a group of ours."""
    if isinstance(described, str | PermutationGroup):
        return described
    if isinstance(described, Sequence) and all(hasattr(one, "array_form") for one in described):
        from sympy.combinatorics import PermutationGroup as SympyGroup

        described = SympyGroup(list(described)) if described else []
    if hasattr(described, "generators"):
        return PermutationGroup.from_sympy(described)
    if isinstance(described, Sequence | np.ndarray):
        return list(described)
    raise UsageError(
        f"expected a group, its text as S3xS2 or a list of generators, got {described!r:.40}",
        "group",
    )


def _completed(tree: Construction, degree: int) -> Construction:
    """Return a construction with the one size for a letter that gives the degree."""
    if isinstance(tree, Generators) and tree.open and tree.size() < degree:
        tree = tree.on(degree)
    letters = tree.open_letters()
    if len(letters) > 1:
        raise UsageError(
            f"expected a size of the group {letters[0]}, as in {letters[0]}3, got none, "
            f"in {shown_group(tree.text())}"
        )
    for letter in letters:
        size = 1 + bisect_left(
            range(1, degree + 1), degree, key=lambda size: tree.completed({letter: size}).size()
        )
        tree = tree.completed({letter: size})
    points = tree.size()
    if isinstance(tree, Generators) and points != degree:
        raise InputError(
            f"expected a permutation of {degree} points, got one of {points}", "generators[0]"
        )
    # What has no points, or too many, is refused for that when it is built.
    if 0 < points <= MAX_POINTS and points != degree:
        raise UsageError(
            f"expected a group on {degree} points, one for each input, got "
            f"{cut(tree.text(), 60)} on {points} points"
        )
    return tree


# --- its action on a level ----------------------------------------------------------------


def _level(
    level: int,
    described: str | list[Any],
    group: PermutationGroup,
    action: GroupAction,
    source: str,
) -> Images:
    """Return the image of each generator on a level's components."""
    try:
        if isinstance(described, str):
            described = described.strip()
            tree = parse_expression(described)
            if not isinstance(tree, Generators) or tree.owner in action.owners:
                return _from_factors(tree, described, group, action)
            described = list(tree.images)
        if not described:
            raise UsageError("expected an action by name, as trivial4, got no images")
        return checked_images(group, described)
    except UsageError as error:
        raise UsageError(f"level {level}: {error.message}", "actions") from None
    except InputError as error:
        place = f"actions.{level}" + (error.place and f": {error.place}")
        raise InputError(error.message, place, source or "actions") from None


def _from_factors(
    tree: Construction, text: str, group: PermutationGroup, action: GroupAction
) -> Images:
    """Return the images under an action that is written in terms of the group's factors."""
    owners = action.owners
    sizes: dict[str, int] = {}
    for letter in sorted(set(tree.open_letters())):
        found = {name for name, _ in owners if re.fullmatch(rf"{letter}\d+", name)}
        if len(found) != 1:
            raise UsageError(
                f"expected a size of the group {letter}, as in {letter}3, got {text!r}"
            )
        sizes[letter] = int(found.pop()[len(letter) :])
    other = tree.completed(sizes).numbered().action()
    known = ", ".join(_spelling(owner, owners) for owner in owners if " " not in owner[0])
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
    return Images.of(group, other.under(action.keys), other.degree)


def _spelling(owner: Owner, owners: Sequence[Owner]) -> str:
    name, occurrence = owner
    several = occurrence > 1 or sum(other == name for other, _ in owners) > 1
    if len(name) > 40:
        return "the list of generators"
    return f"{name}#{occurrence}" if several else name


# --- names --------------------------------------------------------------------------------


def names_its_group(group: PermutationGroup) -> bool | None:
    """Return whether a group is the one that its name names; None if that names none.

    >>> [names_its_group(PermutationGroup(3, [(1, 2, 0)], name)) for name in ("C", "S", "shifts")]
    [True, False, None]
    """
    if group.letter:
        return True
    try:
        parse_expression(group.name)
    except UsageError:
        return None
    except InputError:
        # A list that holds no permutations is a name all the same.
        return False
    try:
        named = parse_group(group.name, group.degree)
    except (InputError, TooLargeError, UsageError):
        return False
    return _are_same(group, named)


def require_true_name(group: PermutationGroup) -> None:
    """Raise UsageError if a group's name is that of another group."""
    if names_its_group(group) is False:
        name = printable(group.name, 40)
        raise UsageError(
            f"expected generators of {name} on {group.degree} points, as the group is named, "
            "got those of another group",
            "group",
        )


def group_label(group: PermutationGroup) -> str:
    """Return a group's name, or a label in quotes and the generators that count.

    >>> group_label(PermutationGroup.symmetric(3))
    'S'
    >>> group_label(PermutationGroup(3, [(1, 2, 0)], "S"))
    'the group generated by [[1,2,0]], labelled "S"'
    """
    try:
        if names_its_group(group):
            return group.name
    except UsageError:
        pass
    generators = json.dumps([list(images) for images in group.generators], separators=(",", ":"))
    return (
        f"the group generated by {printable(generators)}, labelled "
        f'"{printable(group.name.replace(chr(34), chr(39)), 60)}"'
    )


def _are_same(one: PermutationGroup, other: PermutationGroup) -> bool:
    """Return whether two groups on the same points have the same elements."""
    identity = tuple(range(one.degree))
    if set(one.generators) - {identity} == set(other.generators) - {identity}:
        return True
    if one.orbits() != other.orbits():
        return False
    if one.degree > _COMPARED or len(one.generators) > _COMPARED:
        raise UsageError(
            f"expected the generators that {printable(other.name, 40)} has, since no others are "
            f"compared with them on more than {_COMPARED} points, or if there are more than "
            f"{_COMPARED}",
            "group",
        )
    both = PermutationGroup(one.degree, one.generators + other.generators)
    return one.order() == other.order() == both.order()
