"""Orbits, by union-find over arrays: the classes of an equivalence relation given by pairs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["classes_of_pairs", "numbered", "orbits"]


def classes_of_pairs(
    size: int, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return, for each of ``size`` elements, the smallest element of its class.

    Parameters
    ----------
    size : int
    left, right : arrays of shape (pairs,)
        Elements ``left[t]`` and ``right[t]`` belong together.

    Notes
    -----
    All pairs are merged at once: the larger root of each pair is hooked to the smallest
    root that it meets, and pointers are jumped until every element points to its root.
    Some log(size) rounds of O(size + pairs) each. The result depends on the pairs alone,
    not on their order.

    Examples
    --------
    >>> classes_of_pairs(5, np.array([3, 1]), np.array([1, 4])).tolist()
    [0, 1, 2, 1, 1]
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


def orbits(size: int, permutations: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return, for each of ``size`` elements, the smallest one that permutations tie it to.

    Parameters
    ----------
    size : int
    permutations : iterable of arrays of shape (size,)
        Each the images of all elements. They are looked at one after another, so that one at
        a time needs to be in memory.

    Notes
    -----
    For the first one the smallest element of every cycle is found by doubling, in
    log(longest cycle) rounds of two look-ups an element. The others act on the classes found
    so far, which they merge by :func:`classes_of_pairs`.

    Examples
    --------
    >>> orbits(5, [np.array([1, 0, 2, 4, 3])]).tolist()
    [0, 0, 2, 3, 3]
    """
    rest = iter(permutations)
    first = next(rest, None)
    if first is None:
        return np.arange(size, dtype=np.int64)
    classes, representatives = numbered(_smallest_of_cycles(first))
    for images in rest:
        others = classes[images]
        apart = np.flatnonzero(classes != others)
        if not len(apart):
            continue
        merged = classes_of_pairs(len(representatives), classes[apart], others[apart])
        renumbered, kept = numbered(merged)
        representatives = representatives[kept]
        classes = renumbered[classes]
    return representatives[classes]


def _smallest_of_cycles(images: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the smallest element of each element's cycle."""
    smallest = np.minimum(np.arange(len(images), dtype=np.int64), images)
    step = images[images]
    while True:
        following = np.minimum(smallest, smallest[step])
        if np.array_equal(following, smallest):
            return smallest
        smallest, step = following, step[step]


def numbered(root: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return classes numbered from 0 in the order of their smallest elements.

    Returns
    -------
    classes : array of shape (size,)
        Each element's class.
    representatives : array of shape (classes,)
        Each class's smallest element, ascending.

    Examples
    --------
    >>> classes, representatives = numbered(np.array([0, 1, 2, 1, 1]))
    >>> classes.tolist(), representatives.tolist()
    ([0, 1, 2, 1, 1], [0, 1, 2])
    """
    is_root = root == np.arange(len(root))
    number = np.cumsum(is_root) - 1
    return number[root], np.flatnonzero(is_root)
