"""Permutations of ``0 … n-1``, each the tuple of its images, and the orbits that they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import InputError
from polyconstraints.spec import cut, whole

Permutation = tuple[int, ...]

Array = NDArray[np.int64]


def compose(outer: Permutation, inner: Permutation) -> Permutation:
    """Return the permutation that applies ``inner`` first and ``outer`` second."""
    return tuple(outer[point] for point in inner)


def inverse(permutation: Permutation) -> Permutation:
    """Return the inverse permutation."""
    result = [0] * len(permutation)
    for point, image in enumerate(permutation):
        result[image] = point
    return tuple(result)


def swap(degree: int, a: int, b: int) -> Permutation:
    """Return the permutation that exchanges two points."""
    images = list(range(degree))
    images[a], images[b] = b, a
    return tuple(images)


def cycles(permutation: Sequence[int]) -> Iterator[list[int]]:
    """Yield the cycles of a permutation, fixed points included."""
    seen = [False] * len(permutation)
    for start in range(len(permutation)):
        cycle, point = [], start
        while not seen[point]:
            seen[point] = True
            cycle.append(point)
            point = permutation[point]
        if cycle:
            yield cycle


def cycle_lengths(permutation: Sequence[int]) -> list[int]:
    """Return the lengths of the cycles of a permutation, fixed points included."""
    return list(map(len, cycles(permutation)))


def checked(images: Any, place: str) -> Permutation:
    """Return what should be the images of ``0 … n-1`` as a permutation, or say why it is none."""
    if not isinstance(images, Sequence | np.ndarray) or isinstance(images, str | bytes):
        raise InputError(
            f"expected a list of images of 0 … n-1, got {type(images).__name__}", place
        )
    degree = len(images)
    seen: dict[int, int] = {}
    for point, image in enumerate(images):
        where = f"{place}[{point}]"
        number = image if type(image) is int else whole(image)
        if number is None:
            raise InputError(f"expected an integer, got {cut(repr(image), 40)}", where)
        image = number
        if not 0 <= image < degree:
            raise InputError(f"expected an image from 0 to {degree - 1}, got {image}", where)
        if image in seen:
            raise InputError(
                f"expected a permutation, got {image} as the image of both "
                f"{seen[image]} and {point}",
                where,
            )
        seen[image] = point
    return tuple(seen)


def checked_alike(
    lists: Iterable[Any], name: str = "", degree: int | None = None
) -> tuple[Permutation, ...]:
    """Return permutations of a number of points, that of the first one unless it is given.

    The first list that is none is named by its place, as ``name[0]``.
    """
    found: list[Permutation] = []
    for at, images in enumerate(lists):
        place = f"{name}[{at}]"
        found.append(checked(images, place))
        expected = len(found[0]) if degree is None else degree
        if len(found[-1]) != expected:
            raise InputError(
                f"expected a permutation of {expected} points, got one of {len(found[-1])}", place
            )
    return tuple(found)


# --- orbits -------------------------------------------------------------------------------


def classes_of_pairs(size: int, left: Array, right: Array) -> Array:
    """Return, for each of ``size`` elements, the smallest element of its class.

    Elements ``left[t]`` and ``right[t]`` belong together. All pairs are merged at once: the larger
    root of each pair is hooked to the smallest root that it meets, and pointers are jumped until
    every element points to its root. Some log(size) rounds of O(size + pairs) each. The result
    depends on the pairs alone, not on their order.
    """
    root = np.arange(size, dtype=np.int64)
    while len(left):
        a, b = root[left], root[right]
        apart = a != b
        if not apart.any():
            break
        left, right = left[apart], right[apart]
        a, b = a[apart], b[apart]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while True:
            jumped = root[root]
            if np.array_equal(jumped, root):
                break
            root = jumped
    return root


def orbits(size: int, permutations: Iterable[Array]) -> Array:
    """Return, for each of ``size`` elements, the smallest one that permutations tie it to.

    The images of all elements under each permutation are looked at one after another, so that
    one array at a time needs to be in memory; each acts on the classes found so far, which it
    merges by :func:`classes_of_pairs`.
    """
    classes = representatives = np.arange(size, dtype=np.int64)
    for images in permutations:
        others = classes[images]
        apart = np.flatnonzero(classes != others)
        if len(apart):
            merged = classes_of_pairs(len(representatives), classes[apart], others[apart])
            renumbered, kept = numbered(merged)
            representatives = representatives[kept]
            classes = renumbered[classes]
    return representatives[classes]


def numbered(root: Array) -> tuple[Array, Array]:
    """Return classes numbered from 0 in the order of their smallest elements, and these."""
    is_root = root == np.arange(len(root))
    number = np.cumsum(is_root) - 1
    return number[root], np.flatnonzero(is_root)


def stabilised(
    base: int, size: int, moves: Sequence[tuple[NDArray[np.intp], Sequence[int]]]
) -> tuple[dict[int, NDArray[np.intp]], list[NDArray[np.intp]]]:
    """Return what Schreier's lemma says of the stabiliser of a point in a group.

    Each generator moves ``size`` other things (first) and the points (second). For each point in
    the orbit of the base: how those things move under the inverse of an element that takes the
    base there; and how generators of the stabiliser move them, without repeats.
    """
    identity = np.arange(size, dtype=np.intp)
    forward, inverses = {base: identity}, {base: identity}
    queue = [base]
    found: dict[bytes, NDArray[np.intp]] = {}
    for point in queue:
        for move, points in moves:
            image, moved = points[point], move[forward[point]]
            if image not in forward:
                forward[image] = moved
                inverses[image] = np.argsort(moved)
                queue.append(image)
            else:
                loop = inverses[image][moved]
                found[loop.tobytes()] = loop
    found.pop(identity.tobytes(), None)
    return inverses, list(found.values())
