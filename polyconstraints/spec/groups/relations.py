"""Whether images of a group's generators define an action of the group.

They do if they satisfy the relations of the generators. For groups that are written by name a
presentation is known, which is checked word by word and so for any number of points: Moore's of
S_n, Carmichael's of A_n [1]_, commuting factors, and the copies of a wreath product that its
blocks carry around. For other groups the order of the group that acts on both sets of points
is compared with that of the group itself.

References
----------
.. [1] H. S. M. Coxeter, W. O. J. Moser, *Generators and Relations for Discrete Groups*, 1980,
   sections 6.2 and 6.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import InputError, PolyconstraintsError, UsageError
from polyconstraints.spec.groups.constructions import Wreath
from polyconstraints.spec.groups.grammar import parse_expression
from polyconstraints.spec.groups.group import Key, PermutationGroup
from polyconstraints.spec.groups.permutations import Permutation, checked_alike, stabilised
from polyconstraints.spec.groups.tree import Construction, Preset, are_independent

#: Points, of both sets, up to which orders of groups without a name are compared.
_CHECKED_POINTS = 200

Array = NDArray[np.intp]


class Images(tuple[Permutation, ...]):
    """Images of a group's generators that are known to define an action of it."""

    #: The generators, and the number of points of the action.
    generators: tuple[Permutation, ...] = ()
    degree: int = 0

    @classmethod
    def of(cls, group: PermutationGroup, images: Sequence[Permutation], degree: int) -> Images:
        """Return images that define an action by the way they were made."""
        found = cls(images)
        found.generators, found.degree = group.generators, degree
        return found


def checked_images(group: PermutationGroup, images: object) -> Images:
    """Return images of a group's generators if they define an action of the group.

    One for each generator, in order, all of the same number of points.
    """
    if isinstance(images, Images) and images.generators == group.generators:
        return images
    if not isinstance(images, Sequence) or isinstance(images, str | bytes):
        raise InputError(f"expected a list of permutations, got {type(images).__name__}")
    if len(images) != len(group.generators):
        raise InputError(
            f"expected one permutation for each of the {len(group.generators)} generators, got "
            f"{len(images)}"
        )
    found = checked_alike(images)
    if found:
        _require_relations(group, found)
    return Images.of(group, found, len(found[0]) if found else 0)


def _named(group: PermutationGroup) -> Construction | None:
    """Return the construction that a group's name is, if that gives the group's generators."""
    if group.letter:
        return Preset(group.letter, group.degree, occurrence=1)
    try:
        tree = parse_expression(group.name).numbered()
        if tree.size() != group.degree:
            return None
        return tree if tree.action().images == group.generators else None
    except PolyconstraintsError:
        return None


def _require_relations(group: PermutationGroup, images: Sequence[Permutation]) -> None:
    degree, width = group.degree, len(images[0])
    tree = _named(group)
    keys = () if tree is None else tree.action().keys
    holds = None
    # A preset has left out generators that are identities or repeats of others.
    if tree is not None and len(keys) == len(images):
        holds = _satisfied(tree, dict(zip(keys, map(np.array, images), strict=True)))
    if holds:
        return
    small = degree + width <= _CHECKED_POINTS
    if holds is None and not small:
        raise UsageError(
            f"expected at most {_CHECKED_POINTS} points in all for images of generators, whose "
            f"relations are checked, got {degree + width}; an action by name has no such limit"
        )
    message = "expected images that satisfy the relations of the generators, got "
    if small:
        both = _joint(group.generators, images).order()
        if both != group.order():
            raise UsageError(
                f"{message}a group of order {both} acting on both levels where the group itself "
                f"has order {group.order()}"
            )
    if holds is not None:
        raise UsageError(f"{message}images that break one")


def _joint(generators: Sequence[Permutation], images: Sequence[Permutation]) -> PermutationGroup:
    """Return the group that acts on the points and on those of the images at once."""
    degree = len(generators[0])
    pairs = zip(generators, images, strict=True)
    joint = [(*one, *(degree + point for point in image)) for one, image in pairs]
    return PermutationGroup(len(joint[0]), joint)


# --- presentations ------------------------------------------------------------------------


def _satisfied(tree: Construction, images: Mapping[Key, Array]) -> bool | None:
    """Return whether images satisfy the relations of a construction; None if not known."""
    atoms = tree.atoms()
    if not are_independent(atoms):
        return None
    for atom, keys in atoms.items():
        own = [images[key] for key in keys]
        holds = (
            _wreath_holds(atom, own, images)
            if isinstance(atom, Wreath)
            else _factor_holds(atom, own)
        )
        if not holds:
            return holds
    # What permutes the blocks doesn't commute with what they hold.
    apart = [
        {atom, mover} for atom in atoms if isinstance(atom, Wreath) for mover in atom.outer.atoms()
    ]
    return all(
        _commute(images[a], images[b])
        for (one, own), (other, others) in combinations(atoms.items(), 2)
        if {one, other} not in apart
        for a in own
        for b in others
    )


def _factor_holds(factor: Construction, images: list[Array]) -> bool | None:
    """Return whether images satisfy the relations of a preset, of generators or of a grid."""
    if not isinstance(factor, Preset):
        own = factor.action().images
        if len(own[0]) + len(images[0]) > _CHECKED_POINTS:
            return None
        both = _joint(own, [tuple(image.tolist()) for image in images])
        return both.order() == PermutationGroup(len(own[0]), own).order()
    n = factor.size()
    if factor.letter == "A":
        return all(_is_one(one, 3) for one in images) and all(
            _is_one(one[other], 2) for one, other in combinations(images, 2)
        )
    if factor.letter == "D":
        turn, flip = images
        if n < 3:
            return bool((turn == flip).all()) and _is_one(turn, n)
        return _is_one(turn, n) and _is_one(flip, 2) and _is_one(turn[flip], 2)
    if not images:
        return True
    *swaps, cycle = images
    if not _is_one(cycle, n):
        return False
    for swap in swaps:
        if not _is_one(swap, 2) or not _is_one(swap[cycle], n - 1):
            return False
        moved = swap
        for distance in range(1, n // 2 + 1):
            moved = cycle[moved][np.argsort(cycle)]
            if not _is_one(swap[moved], 3 if distance == 1 else 2):
                return False
    return True


def _wreath_holds(
    wreath: Wreath, inside: Iterable[Array], images: Mapping[Key, Array]
) -> bool | None:
    """Return whether the copies in the blocks are as the blocks' group carries them around."""
    inner, top = wreath.inner.action(), wreath.outer.action()
    own = iter(inside)
    moves = [(images[key], blocks) for key, blocks in zip(top.keys, top.images, strict=True)]
    # Each block with the generators of the copy in it, which that of another block carries there.
    copies: dict[int, list[Array]] = {}
    firsts = []
    for first in range(top.degree):
        if first in copies:
            continue
        firsts.append(first)
        copy = {key: next(own) for key in inner.keys}
        holds = _satisfied(wreath.inner, copy)
        if not holds and copy:
            return holds
        width = len(next(iter(images.values())))
        ways, loops = stabilised(first, width, moves)
        if not all(_commute(loop, one) for loop in loops for one in copy.values()):
            return False
        for block, back in ways.items():
            copies[block] = [np.argsort(back)[one][back] for one in copy.values()]
    return all(
        _commute(one, other)
        for first in firsts
        for block in copies
        for one in copies[first]
        for other in copies[block]
        if block != first
    )


def _commute(one: Array, other: Array) -> bool:
    return bool((one[other] == other[one]).all())


def _is_one(permutation: Array, exponent: int) -> bool:
    """Return whether a power of a permutation is the identity, by repeated squaring."""
    one = np.arange(len(permutation))
    found = one
    while exponent:
        if exponent & 1:
            found = found[permutation]
        permutation, exponent = permutation[permutation], exponent >> 1
    return bool((found == one).all())
