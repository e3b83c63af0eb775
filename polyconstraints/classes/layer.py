"""The classes of a layer's weights: which weights are one weight, dependent, or free.

The one type that the derivation makes, that a tying map holds and that everything which uses
a map reads: below it nothing knows a polynomial or an equation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.network import LayerSpec

Array = NDArray[Any]

#: A linear combination: class → coefficient, without zeros.
Combination = dict[int, Fraction]

#: Binary exponent up to which any number of weights can be squared and summed.
_ROOM = 400


def add_multiple(row: Combination, other: Mapping[int, Fraction], factor: Fraction) -> None:
    """Add a multiple of another combination in place, dropping zeros."""
    for number, value in other.items():
        total = row.get(number, 0) + factor * value
        if total:
            row[number] = Fraction(total)
        else:
            row.pop(number, None)


@dataclass(frozen=True, eq=False)
class LayerClasses:
    """The weights of one layer, sorted into classes: a linear map from parameters to weights.

    Parameters
    ----------
    layer : LayerSpec
    classes : integer array of the layer's shape
        The class of each weight; -1 where there is no weight (ordered indices, i < j).
    dependent : mapping, optional
        Each dependent class as a rational combination of free classes; none unless given.
        Its length may be known before it is worked out.
    order : tuple of int, optional
        The free classes in the order of the parameters; ascending unless given.

    Examples
    --------
    >>> layer = LayerSpec(0, 2, "ordered", False, inputs=2, outputs=1)
    >>> tied = LayerClasses(layer, np.array([[[0, -1], [1, 0]]]))
    >>> tied.free, tied.weights(np.array([5, 7])).tolist()
    ((0, 1), [[[5, 0], [7, 5]]])
    """

    layer: LayerSpec
    classes: NDArray[np.int64]
    dependent: Mapping[int, Combination] = field(default_factory=dict)
    order: tuple[int, ...] | None = None

    @classmethod
    def from_weights(
        cls,
        layer: LayerSpec,
        numbers: NDArray[np.int64],
        dependent: Mapping[int, Combination] | None = None,
    ) -> LayerClasses:
        """Return the classes of a layer, given that of each weight in the order of the weights."""
        classes = np.full(layer.shape, -1, dtype=np.int64)
        classes[layer.mask] = numbers
        return cls(layer, classes, dependent or {})

    @property
    def name(self) -> str:
        """The layer's name in documents."""
        return f"layer{self.layer.index}"

    @property
    def by_weight(self) -> NDArray[np.int64]:
        """The class of each weight, in the order of the weights: shape (weights,)."""
        return self.classes[self.layer.mask] if self.layer.ordered else self.classes.reshape(-1)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Number of weights of each class number, from 0 to the largest."""
        return np.bincount(self.by_weight)

    @cached_property
    def present(self) -> tuple[int, ...]:
        """The classes that have weights, ascending."""
        return tuple(np.flatnonzero(self.sizes).tolist())

    @cached_property
    def representatives(self) -> NDArray[np.int64]:
        """The smallest weight of each class number, -1 for one without weights."""
        smallest = np.full(len(self.sizes), -1, dtype=np.int64)
        # Of several values for one place the last is kept, here the smallest.
        smallest[self.by_weight[::-1]] = np.arange(self.layer.weights)[::-1]
        return smallest

    @property
    def distinct(self) -> int:
        """Number of distinct weights: classes under single-weight equalities."""
        return int(np.count_nonzero(self.sizes))

    @property
    def dimension(self) -> int:
        """Number of parameters: the dimension of the solution set of the layer's equations."""
        return self.distinct - len(self.dependent)

    @cached_property
    def free(self) -> tuple[int, ...]:
        """The classes that are parameters, in the order of the parameters."""
        if self.order is not None:
            return self.order
        return tuple(number for number in self.present if number not in self.dependent)

    def class_values(self, theta: Array) -> Array:
        """Return the value of every class number, given those of the free classes.

        The classes are the first axis of both. The dtype stays, but for booleans, which become
        integers, and for integers where a class depends on others by a fraction, or would not
        fit: float64.
        """
        theta = self._promoted(theta)
        values = np.zeros((len(self.sizes), *theta.shape[1:]), dtype=theta.dtype)
        values[list(self.free)] = theta
        rows, columns, factors = self.dependence
        if len(rows):
            exact = theta.dtype == object
            scale = factors if exact else factors.astype(theta.dtype)
            scale = scale.reshape(-1, *(1,) * (theta.ndim - 1))
            np.add.at(values, rows, scale * theta[columns])
        return values

    def _promoted(self, theta: Array) -> Array:
        """Return parameters in a type that holds what depends on them."""
        if theta.dtype.kind == "b":
            theta = theta.astype(np.int64)
        if theta.dtype.kind not in "iu" or not self.dependent or not theta.size:
            return theta
        _, _, factors = self.dependence
        largest = max(int(theta.max()), -int(theta.min()))
        reach = Fraction(1)
        for combination in self.dependent.values():
            reach = max(reach, sum(map(abs, combination.values()), Fraction(0)))
        whole = all(factor.denominator == 1 for factor in factors)
        fits = largest * reach <= np.iinfo(np.int64).max
        return theta.astype(np.int64 if whole and fits else np.float64)

    @cached_property
    def dependence(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        """Dependent classes as triplets: class, place of the free class, factor."""
        place = {number: at for at, number in enumerate(self.free)}
        entries = [
            (number, place[free], factor)
            for number, combination in sorted(self.dependent.items())
            for free, factor in sorted(combination.items())
        ]
        rows = np.array([row for row, _, _ in entries], dtype=np.int64)
        columns = np.array([column for _, column, _ in entries], dtype=np.int64)
        factors = np.array([factor for *_, factor in entries] or [], dtype=object)
        return rows, columns, factors

    def weights(self, theta: Array) -> Array:
        """Return the weight array for given parameters; 0 where there is no weight."""
        values = self.class_values(theta)[self.classes]
        if self.layer.ordered:
            values[..., ~self.layer.mask[0]] = 0
        return values

    def project(self, weights: Array) -> NDArray[np.float64]:
        """Return the parameters whose weights are nearest to the given ones.

        Nearest in the Euclidean norm over the weights. Without dependent classes these are
        the means over the classes; with them, a least-squares problem of the size of the
        number of classes that depend on one another.
        """
        values = np.asarray(weights, dtype=np.float64)[self.layer.mask]
        # Sums of the largest numbers overflow where their means don't.
        excess = max(0, int(np.frexp(np.abs(values).max())[1]) - _ROOM)
        sums = np.bincount(self.by_weight, weights=np.ldexp(values, -excess))
        sizes = self.sizes
        alone = np.sqrt(sizes[list(self.free)])
        theta = sums[list(self.free)] / alone / alone
        place = {number: at for at, number in enumerate(self.free)}
        for free, dependent in self._blocks():
            rows = [
                [float(self.dependent[number].get(one, 0)) for one in free] for number in dependent
            ]
            matrix = np.vstack([np.eye(len(free)), rows])
            members = np.array([*free, *dependent])
            scale = np.sqrt(sizes[members])
            solution = np.linalg.lstsq(matrix * scale[:, None], sums[members] / scale, rcond=None)
            theta[[place[number] for number in free]] = solution[0]
        return np.ldexp(theta, excess)

    def _blocks(self) -> list[tuple[list[int], list[int]]]:
        """Return the dependent classes and the free ones that they depend on, block by block."""
        if not self.dependent:
            return []
        import networkx as nx

        parts = self.dependent.items()
        graph = nx.Graph((number, free) for number, part in parts for free in part)
        known = self.dependent.keys()
        components = nx.connected_components(graph)
        return sorted((sorted(one - known), sorted(one & known)) for one in components)
