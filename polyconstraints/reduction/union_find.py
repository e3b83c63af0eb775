"""Union-find over arrays: the classes of an equivalence relation given by pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["classes_of_pairs", "numbered"]


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
