"""Recognise a map's layer as one between points made of letters, from its classes alone.

The name of the group says where to look and isn't trusted: what counts is that the layer, as a
function of its parameters, is unchanged by permutations that generate the symmetric groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.gathered import Gathered
from polyconstraints.backends.plan.kinds import Levels, read_levels
from polyconstraints.errors import PolyconstraintsError
from polyconstraints.spec.groups import Permutation, read_group
from polyconstraints.tying import TyingMap

__all__ = ["lettered_levels"]

Array = NDArray[np.int64]

#: Combinations are compared by their values at two random points modulo this prime; two that
#: differ agree at both with a chance below 2^-60.
_PRIME = (1 << 31) - 1
_POINTS = 2
_SEED = 20190916


def lettered_levels(
    tying: TyingMap, index: int, gathered: Gathered
) -> tuple[Levels, tuple[int, ...]] | None:
    """Return the points of a layer and the letters of each sort, or None if it has others.

    Takes time and memory of the order of the weight array.
    """
    coefficients = _coefficients(gathered)
    if coefficients is None:
        return None
    for text, to in _candidates(tying, index):
        levels = read_levels(text, to)
        if levels is not None and None not in levels.sizes:
            moves = _generators(tying, index, text, to)
            if moves and all(_unchanged(gathered, coefficients, *move) for move in moves):
                return levels, tuple(size or 0 for size in levels.sizes)
    return None


def _candidates(tying: TyingMap, index: int) -> Iterator[tuple[str, str | None]]:
    """Yield names of the points below a layer and above it."""
    below, above = tying.network.widths[index : index + 2]
    name = tying.symmetry.group.name
    # Of the group of one element every layer is one, and no structure helps.
    known = name in ("S", f"S{below}") or name.startswith("trivial")
    texts = [f"S{below}", *([] if known else [name])]
    for text, same in product(texts, (True, False)):
        if not same or above == below:
            yield text, None if same else f"trivial{above}"


def _generators(
    tying: TyingMap, index: int, text: str, to: str | None
) -> list[tuple[Permutation, Permutation]]:
    """Return how generators of the group move the units below and above a layer."""
    below, above = tying.network.widths[index : index + 2]
    try:
        group = read_group(text, below).group
    except PolyconstraintsError:
        # The name of something else, or of a group on other points.
        return []
    inputs, outputs = tying.network.channels[index : index + 2]
    stay = tuple(range(above))
    return [
        (_on_units(image, inputs), _on_units(image if to is None else stay, outputs))
        for image in group.generators or (tuple(range(below)),)
    ]


def _on_units(image: Permutation, channels: int) -> Permutation:
    return tuple(at * channels + channel for at in image for channel in range(channels))


def _coefficients(gathered: Gathered) -> NDArray[np.int64] | None:
    """Return each product's coefficient at random points modulo the prime.

    Of shape (points, outputs, products); None if a denominator is divisible by the prime.
    """
    tying = gathered.tying
    draw = np.random.default_rng(_SEED)
    points = draw.integers(1, _PRIME, size=(_POINTS, len(tying.free)))
    place = {number: at for at, number in enumerate(tying.free)}
    residues = np.zeros((_POINTS, len(tying.present) + 1), dtype=np.int64)
    for number, label in enumerate(tying.present):
        if label in place:
            residues[:, number] = points[:, place[label]]
            continue
        for free, factor in tying.dependent[label].items():
            if factor.denominator % _PRIME == 0:
                return None
            share = factor.numerator * pow(factor.denominator, -1, _PRIME) % _PRIME
            term = points[:, place[free]] * share % _PRIME
            residues[:, number] = (residues[:, number] + term) % _PRIME
    total: Any = 0
    for classes in gathered.classes:
        total = (total + residues[:, classes]) % _PRIME
    return np.asarray(total)


def _unchanged(
    gathered: Gathered, coefficients: Array, below: Permutation, above: Permutation
) -> bool:
    """Return whether moving inputs and outputs leaves every coefficient as it is."""
    layer = gathered.tying.layer
    bias = int(layer.bias)
    letters = np.array([*range(bias), *(at + bias for at in below)], dtype=np.int64)
    moved = -np.sort(-letters[gathered.products], axis=0)
    shape = (layer.letters,) * layer.degree
    order = np.argsort(np.ravel_multi_index(tuple(gathered.products), shape))
    known = np.ravel_multi_index(tuple(gathered.products), shape)[order]
    places = order[np.searchsorted(known, np.ravel_multi_index(tuple(moved), shape))]
    return np.array_equal(coefficients[:, list(above)][:, :, places], coefficients)
