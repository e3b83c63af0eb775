"""Equalities → classes: union-find over single weights, elimination of sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.linear import Combination, eliminate
from polyconstraints.classes.orbits import Orbits
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.spec.groups.orbits import classes_of_pairs, numbered
from polyconstraints.spec.network import LayerSpec

__all__ = ["reduce_layer", "untied"]


def reduce_layer(layer: LayerSpec, orbits: Orbits) -> LayerClasses:
    """Solve the equations of one layer.

    Parameters
    ----------
    layer : LayerSpec
    orbits : Orbits
        The layer's coefficients that are tied together.

    Notes
    -----
    Single-weight equalities go to a union-find. Of the sums of weights each is set equal to
    the smallest one that it is tied to, which spans the same equations as all pairs do, and
    the system is solved exactly (equations 52 to 54 of the paper).
    """
    comparison, roots = orbits.comparison, orbits.roots
    if comparison.space.size == layer.weights:
        # Every coefficient is one weight, under the same number.
        return LayerClasses.from_weights(layer, numbered(roots)[0])
    numbers = np.arange(comparison.space.size, dtype=np.int64)
    tied = np.flatnonzero(roots != numbers)
    single = comparison.is_single(tied)
    weights, others = (comparison.space.weights(side[single])[:, 0] for side in (tied, roots[tied]))
    classes, _ = numbered(classes_of_pairs(layer.weights, weights, others))
    summed = tied[~single]
    left = comparison.space.weights(summed)
    right = comparison.space.weights(roots[summed])
    if isinstance(comparison.space, FunctionCoefficients):
        # No two sums have a weight in common, so all these equations are independent.
        sums = DependentSums(len(summed), classes, left, right)
        return LayerClasses.from_weights(layer, classes, sums)
    return LayerClasses.from_weights(layer, classes, _solved(classes, left, right))


def untied(layer: LayerSpec) -> LayerClasses:
    """Return the classes of a layer without any equation: every weight its own."""
    return LayerClasses.from_weights(layer, np.arange(layer.weights, dtype=np.int64))


class DependentSums(Mapping[int, Combination]):
    """The dependent classes of independent equations between sums, solved when asked for.

    A layer of 100 inputs has half a million of them, and many questions need their number
    only.

    Parameters
    ----------
    count : int
        Rank of the equations.
    classes : array of shape (weights,)
    left, right : arrays of shape (equations, summands)
        The weights that are summed on both sides, padded with -1.
    """

    def __init__(
        self,
        count: int,
        classes: NDArray[np.int64],
        left: NDArray[np.int64],
        right: NDArray[np.int64],
    ) -> None:
        self._count = count
        self._system = (classes, left, right)

    @cached_property
    def _solutions(self) -> dict[int, Combination]:
        return _solved(*self._system)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return iter(self._solutions)

    def __getitem__(self, number: int) -> Combination:
        return self._solutions[number]


def _solved(
    classes: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]
) -> dict[int, Combination]:
    return eliminate(
        _equation(classes, plus, minus)
        for plus, minus in zip(left.tolist(), right.tolist(), strict=True)
    )


def _equation(classes: NDArray[np.int64], plus: list[int], minus: list[int]) -> dict[int, int]:
    row: dict[int, int] = {}
    for sign, weights in ((1, plus), (-1, minus)):
        for weight in weights:
            if weight >= 0:
                number = int(classes[weight])
                row[number] = row.get(number, 0) + sign
    return {number: value for number, value in row.items() if value}
