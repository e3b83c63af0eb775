"""Recognise a layer with the symmetry of S_n from its map alone.

The group's name is not trusted: what counts is that the weights, both orders of a product
added up, are the same combination of parameters within every pattern of equal indices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.linear_map import Combination
from polyconstraints.backends.plan.patterns import Pattern, Site, pattern_numbers
from polyconstraints.spec.network import LayerSpec

__all__ = ["Symmetric", "recognise"]

#: Combinations are compared by their values at two random points modulo this prime; two that
#: differ agree at both with a chance below 2^-60.
_PRIME = (1 << 31) - 1
_POINTS = 2
_SEED = 20190916


@dataclass(frozen=True, eq=False)
class Symmetric:
    """What a layer with the symmetry of S_n is, for any n.

    Attributes
    ----------
    site : Site
        How the units are arranged.
    coefficients : mapping from Pattern to combination
        The coefficient of the sum of each pattern's products.
    """

    site: Site
    coefficients: Mapping[Pattern, Combination]

    def resized(self, components: int) -> Symmetric:
        """Return the same for another number of components, in which every pattern occurs."""
        return Symmetric(replace(self.site, components=components), self.coefficients)


def recognise(
    layer: LayerSpec,
    sites: Sequence[Site],
    classes: NDArray[np.int64],
    values: Sequence[Combination],
    parameters: int,
) -> Symmetric | None:
    """Return the form of a layer with the symmetry of S_n, or None if it is none.

    Parameters
    ----------
    layer : LayerSpec
    sites : sequence of Site
        The arrangements of the units to try.
    classes : integer array of the layer's shape
        The class of each weight, an index into `values`; anything where there is no weight.
    values : sequence of combinations
        The value of each class as a combination of parameters.
    parameters : int
        Number of parameters.

    Notes
    -----
    Takes time and memory of the order of the weight array.
    """
    points = _residues(values, parameters)
    for site in sites:
        if points is not None and site.fits(layer):
            found = _coefficients(layer, site, classes, values, points)
            if found is not None:
                return Symmetric(site, found)
    return None


def _coefficients(
    layer: LayerSpec,
    site: Site,
    classes: NDArray[np.int64],
    values: Sequence[Combination],
    points: NDArray[np.int64],
) -> dict[Pattern, Combination] | None:
    """Return the coefficient of each pattern, or None if it isn't one throughout."""
    numbers, patterns = pattern_numbers(layer, site)
    residues = points[:, classes]
    both = layer.degree == 2 and not layer.ordered
    if both:
        # The function knows only the sum of the weights of (i, j) and (j, i); on the
        # diagonal there is one weight, which this doubles everywhere alike.
        residues = (residues + residues.swapaxes(-1, -2)) % _PRIME
    mask = layer.mask
    places = numbers[mask]
    first = np.full(len(patterns), -1, dtype=np.int64)
    # Written backwards, so that the first weight of each pattern stays.
    first[places[::-1]] = np.flatnonzero(mask)[::-1]
    kept = residues[:, mask]
    expected = residues.reshape(_POINTS, -1)[:, first[places]]
    if not np.array_equal(kept, expected):
        return None
    found: dict[Pattern, Combination] = {}
    for pattern, place in zip(patterns, first.tolist(), strict=True):
        index = tuple(int(at) for at in np.unravel_index(place, layer.shape))
        combination = values[int(classes[index])]
        if both and index[1] != index[2]:
            mirrored = (index[0], index[2], index[1])
            combination = _sum(combination, values[int(classes[mirrored])])
        found[pattern] = combination
    return found


def _sum(left: Combination, right: Combination) -> dict[int, Fraction]:
    total = dict(left)
    for at, factor in right.items():
        total[at] = total.get(at, Fraction(0)) + factor
    return total


def _residues(values: Sequence[Combination], parameters: int) -> NDArray[np.int64] | None:
    """Return the classes' values at random points modulo the prime, ``(points, classes)``.

    None if a denominator is divisible by the prime.
    """
    points = np.random.default_rng(_SEED).integers(1, _PRIME, size=(_POINTS, parameters))
    result = np.zeros((_POINTS, len(values)), dtype=np.int64)
    for number, combination in enumerate(values):
        for at, factor in combination.items():
            if factor == 1:
                share = points[:, at]
            elif factor.denominator % _PRIME == 0:
                return None
            else:
                inverse = pow(factor.denominator, -1, _PRIME)
                share = points[:, at] * (factor.numerator * inverse % _PRIME) % _PRIME
            result[:, number] = (result[:, number] + share) % _PRIME
    return result
