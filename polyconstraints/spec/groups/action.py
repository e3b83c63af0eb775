"""One group acting on some points: its generators, known by keys, and how they move the points.

A group is known by *keys*, one for each of its generators, and an action says for each key
which permutation of its points the generator is; a key that an action doesn't mention leaves
all points in place. Two actions with keys in common are actions of one group, which is how
a map between different spaces (from edges to nodes) gets its symmetry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from polyconstraints.errors import TooLargeError
from polyconstraints.spec.groups.group import PermutationGroup, require_images
from polyconstraints.spec.groups.permutations import Permutation

__all__ = ["MAX_POINTS", "GroupAction", "Key", "combined", "require_room"]

#: Most points that an action is built on.
MAX_POINTS = 1_000_000


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
    """

    degree: int
    keys: tuple[Key, ...]
    images: tuple[Permutation, ...]

    @property
    def owners(self) -> tuple[tuple[str, int], ...]:
        """The factors of the group, each with its occurrence, in order of appearance."""
        return tuple(dict.fromkeys(key.owner for key in self.keys))

    def by_key(self) -> dict[Key, Permutation]:
        """Return how each generator moves the points."""
        return dict(zip(self.keys, self.images, strict=True))

    def image(self, key: Key) -> Permutation:
        """Return how a generator moves the points; the identity for an unknown one."""
        return self.by_key().get(key, tuple(range(self.degree)))

    def group(
        self,
        name: str = "",
        *,
        keep_all: bool = False,
        order: Callable[[], int | None] | None = None,
    ) -> PermutationGroup:
        """Return the group of the permutations of the points; ``order`` gives its order."""
        return PermutationGroup(
            self.degree, self.images, name, keep_all=keep_all, known_order=order
        )


def combined(
    actions: Sequence[GroupAction],
    degree: int,
    joined: Callable[[Sequence[Permutation]], Permutation],
) -> GroupAction:
    """Return one action made of several, in which a generator moves all that it is a key of."""
    keys = tuple(dict.fromkeys(key for action in actions for key in action.keys))
    require_room(degree, len(keys))
    # Looked up in tables that are made once, since there may be many keys.
    tables = [(action.by_key(), tuple(range(action.degree))) for action in actions]
    images = tuple(joined([table.get(key, still) for table, still in tables]) for key in keys)
    return GroupAction(degree, keys, images)


def require_room(degree: int, generators: int) -> None:
    """Raise TooLargeError if an action has too many points to be written out."""
    if degree > MAX_POINTS:
        # A power can be too long to print.
        shown = str(degree) if degree < 10**18 else "more than 10^18"
        raise TooLargeError(
            f"expected an action on at most {MAX_POINTS} points, got {shown}; for groups made of "
            "symmetric ones a rule for any number of inputs needs no list of them"
        )
    require_images(degree, generators)
