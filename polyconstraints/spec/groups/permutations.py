"""Permutations of ``0 … n-1``, each the tuple of its images."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from polyconstraints.errors import InputError

__all__ = ["Permutation", "checked", "compose", "cycle_lengths", "inverse", "swap"]

Permutation = tuple[int, ...]


def compose(outer: Permutation, inner: Permutation) -> Permutation:
    """Return the permutation that applies ``inner`` first and ``outer`` second.

    Examples
    --------
    >>> compose((1, 0, 2), (1, 2, 0))
    (0, 2, 1)
    """
    return tuple(outer[point] for point in inner)


def inverse(permutation: Permutation) -> Permutation:
    """Return the inverse permutation.

    Examples
    --------
    >>> inverse((1, 2, 0))
    (2, 0, 1)
    """
    result = [0] * len(permutation)
    for point, image in enumerate(permutation):
        result[image] = point
    return tuple(result)


def swap(degree: int, a: int, b: int) -> Permutation:
    """Return the permutation that exchanges two points.

    Examples
    --------
    >>> swap(4, 1, 3)
    (0, 3, 2, 1)
    """
    images = list(range(degree))
    images[a], images[b] = b, a
    return tuple(images)


def cycle_lengths(permutation: Sequence[int]) -> list[int]:
    """Return the lengths of the cycles of a permutation, fixed points included.

    Examples
    --------
    >>> cycle_lengths((1, 0, 2))
    [2, 1]
    """
    seen = [False] * len(permutation)
    lengths = []
    for start in range(len(permutation)):
        length, point = 0, start
        while not seen[point]:
            seen[point] = True
            point = permutation[point]
            length += 1
        if length:
            lengths.append(length)
    return lengths


def checked(images: Any, place: str) -> Permutation:
    """Return ``images`` as a permutation.

    Parameters
    ----------
    images : object
        What should be a sequence of the images of ``0 … n-1``.
    place : str
        Where it was found, for the message.

    Raises
    ------
    InputError
        If it is none; the message says in one line why.

    Examples
    --------
    >>> checked([1, 1, 0], "generators[0]")
    Traceback (most recent call last):
        ...
    polyconstraints.errors.InputError: generators[0][1]: expected a permutation, got 1 as the \
image of both 0 and 1
    """
    if not isinstance(images, Sequence | np.ndarray) or isinstance(images, str | bytes):
        raise InputError(
            f"expected a list of images of 0 … n-1, got {type(images).__name__}", place
        )
    degree = len(images)
    seen: dict[int, int] = {}
    for point, image in enumerate(images):
        where = f"{place}[{point}]"
        if type(image) is not int:
            # NumPy's integers are integers, booleans and floats are not.
            if isinstance(image, bool) or not hasattr(image, "__index__"):
                shown = repr(image)
                shown = shown if len(shown) <= 40 else f"{shown[:40]}…"
                raise InputError(f"expected an integer, got {shown}", where)
            image = index(image)
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
