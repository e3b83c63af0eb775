"""The evaluation plan of one layer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.linear_map import LinearMap
from polyconstraints.backends.plan.patterns import (
    Site,
    pattern_numbers,
    patterns_in_order,
)
from polyconstraints.backends.plan.power_sums import PowerSums
from polyconstraints.backends.plan.recognition import Symmetric, recognise
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.spec.network import LayerSpec

__all__ = ["ClassSums", "LayerPlan", "Products"]

#: Most weights of a layer whose class array is written out: a gigabyte of indices.
MAX_WEIGHTS = 1 << 27


@dataclass(frozen=True, eq=False)
class Products:
    """Each product of input letters once, and the weights that it has.

    Attributes
    ----------
    factors : tuple of integer arrays of shape (products,)
        The letters of each product's factors: two arrays, or one for a linear layer.
    first : integer array of shape (outputs, products)
        The class of each product's weight.
    second : integer array of shape (outputs, products), or None
        With redundant indices the class of the weight of (j, i); the number of classes,
        where a zero is kept, for squares.
    """

    factors: tuple[NDArray[np.int64], ...]
    first: NDArray[np.int64]
    second: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class ClassSums:
    """The products of each class of each output, summed; equal sums are kept once.

    Attributes
    ----------
    members : integer array of shape (members,)
        The products of the first sum, then those of the second, and so on.
    starts : integer array of shape (sums,)
        Where each sum's members start.
    sums, classes : integer arrays of shape (outputs, terms)
        For each output the sums that it adds and the class whose value weighs each. Rows are
        padded with the class number whose value is zero.
    """

    members: NDArray[np.int64]
    starts: NDArray[np.int64]
    sums: NDArray[np.int64]
    classes: NDArray[np.int64]

    @cached_property
    def segments(self) -> NDArray[np.int64]:
        """The sum that each member belongs to."""
        sizes = np.diff(np.append(self.starts, len(self.members)))
        return np.repeat(np.arange(len(self.starts)), sizes)

    @property
    def is_trivial(self) -> bool:
        """Whether each sum has a single member, so that nothing need be added."""
        return len(self.members) == len(self.starts)


@dataclass(frozen=True, eq=False)
class LayerPlan:
    """How one tied layer is computed.

    Attributes
    ----------
    layer : LayerSpec
    parameters : int
        Number of free parameters.
    symmetric_form : Symmetric or None
        The patterns of equal indices and what their weights are, for layers with the
        symmetry of S_n.

    Notes
    -----
    The index arrays of the other paths are made when they are first asked for: a layer
    built by :meth:`symmetric` for a large n never writes out its n³ classes.
    """

    layer: LayerSpec
    parameters: int
    _classes: NDArray[np.int64] | None = field(repr=False)
    _combinations: Sequence[dict[int, Fraction]] = field(repr=False)
    symmetric_form: Symmetric | None = field(repr=False)

    @classmethod
    def from_tying(cls, tying: LayerClasses, sites: Sequence[Site] = ()) -> LayerPlan:
        """Return the plan of a map's layer.

        Parameters
        ----------
        tying : LayerClasses
        sites : sequence of Site
            Arrangements of the units in which to look for the symmetry of S_n.
        """
        layer = tying.layer
        place = {number: at for at, number in enumerate(tying.free)}
        numbering = np.full(tying.present[-1] + 2, -1, dtype=np.int64)
        numbering[list(tying.present)] = np.arange(len(tying.present))
        # Where there is no weight the class is -1: the last entry, which stands for zero.
        numbering[-1] = len(tying.present)
        classes = numbering[tying.classes]
        classes[~layer.mask] = len(tying.present)
        combinations = [
            {place[number]: Fraction(1)}
            if number in place
            else {place[free]: factor for free, factor in tying.dependent[number].items()}
            for number in tying.present
        ]
        parameters = len(tying.free)
        # Where there is no weight the class is looked up, and not used.
        inside = np.minimum(classes, len(combinations) - 1)
        found = recognise(layer, sites, inside, combinations, parameters)
        return cls(layer, parameters, classes, combinations, found)

    @classmethod
    def symmetric(cls, layer: LayerSpec, site: Site) -> LayerPlan:
        """Return the plan of the layer with the symmetry of S_n, linear or of ordered indices.

        One parameter for each pattern of equal indices, in the order in which a derived
        map has them. Time and memory don't depend on n.

        Raises
        ------
        UsageError
            If the layer's indices are redundant, for which one pattern has several weights.

        Examples
        --------
        >>> layer = LayerSpec(0, 2, "ordered", True, 4096, 4096)
        >>> LayerPlan.symmetric(layer, Site(4096, 1, 1, True)).parameters
        7
        """
        if layer.degree == 2 and not layer.ordered:
            raise UsageError("expected ordered indices for a layer without a map, got redundant")
        patterns = patterns_in_order(layer, site)
        combinations = [{number: Fraction(1)} for number in range(len(patterns))]
        found = Symmetric(site, dict(zip(patterns, combinations, strict=True)))
        return cls(layer, len(patterns), None, combinations, found)

    def resized(self, layer: LayerSpec, components: int) -> LayerPlan:
        """Return the plan for another number of components, under the same rule.

        The layer must have the symmetry of S_n, and every pattern must occur in both sizes.
        """
        if self.symmetric_form is None:
            raise UsageError("expected a layer with the symmetry of S_n, got another")
        form = self.symmetric_form.resized(components)
        return LayerPlan(layer, self.parameters, None, self._combinations, form)

    def __deepcopy__(self, memo: dict[int, Any]) -> LayerPlan:
        # Nothing in it changes: copies of a module share their plan.
        return self

    @cached_property
    def power_sums(self) -> PowerSums | None:
        """The form that costs O(n), for layers with the symmetry of S_n."""
        form = self.symmetric_form
        if form is None:
            return None
        return PowerSums.from_patterns(self.layer, form.site, form.coefficients, self.parameters)

    # -- weights ---------------------------------------------------------------------------

    @property
    def class_count(self) -> int:
        """Number of classes that have weights."""
        return len(self._combinations)

    @cached_property
    def values(self) -> LinearMap:
        """Parameters → value of each class."""
        return LinearMap.from_combinations(self._combinations, self.parameters)

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """The class of each weight, from 0; `class_count` where there is no weight.

        Raises
        ------
        TooLargeError
            If the layer has too many weights for an array of their classes.
        """
        if self._classes is not None:
            return self._classes
        self.require_classes()
        layer, form = self.layer, self.symmetric_form
        if form is None:
            raise TypeError("expected classes or the symmetry of S_n")
        numbers, patterns = pattern_numbers(layer, form.site)
        numbering = [next(iter(form.coefficients[pattern])) for pattern in patterns]
        return np.where(layer.mask, np.array(numbering)[numbers], self.class_count)

    def require_classes(self) -> None:
        """Raise TooLargeError if the classes can't be written out."""
        layer = self.layer
        if not self.writes_out:
            raise TooLargeError(
                f"expected at most {MAX_WEIGHTS} weights to be written out, got "
                f"{layer.weights}; the path power_sums needs none of them",
                terms=layer.weights,
                size=8 * layer.weights,
            )

    @property
    def writes_out(self) -> bool:
        """Whether the classes are there, or can be: one for each pattern."""
        one_each = self.layer.degree == 1 or self.layer.ordered
        return self._classes is not None or (one_each and self.layer.weights <= MAX_WEIGHTS)

    # -- forms -----------------------------------------------------------------------------

    @cached_property
    def products(self) -> Products:
        """The products of inputs, for the paths ``gather`` and ``classes``."""
        layer, classes = self.layer, self.classes
        if layer.degree == 1:
            return Products((np.arange(layer.letters),), classes, None)
        i, j = np.tril_indices(layer.letters)
        first = classes[:, i, j]
        second = None
        if not layer.ordered:
            second = np.where(i == j, self.class_count, classes[:, j, i])
        return Products((i.astype(np.int64), j.astype(np.int64)), first, second)

    @cached_property
    def class_sums(self) -> ClassSums:
        """The sums of products, for the path ``classes``."""
        products = self.products
        both = products.first
        if products.second is not None:
            both = np.concatenate([products.first, products.second], axis=1)
        count = products.first.shape[1]
        known: dict[bytes, int] = {}
        members: list[NDArray[np.int64]] = []
        rows: list[list[tuple[int, int]]] = []
        for output in range(self.layer.outputs):
            order = np.argsort(both[output], kind="stable")
            ordered = both[output][order]
            cuts = np.flatnonzero(np.diff(ordered)) + 1
            row = []
            starts = np.concatenate([[0], cuts])
            for start, part in zip(starts.tolist(), np.split(order, cuts), strict=True):
                number = int(ordered[start])
                if number == self.class_count:
                    continue
                group = np.sort(part % count)
                key = group.tobytes()
                if key not in known:
                    known[key] = len(members)
                    members.append(group)
                row.append((known[key], number))
            rows.append(row)
        width = max(map(len, rows))
        padded = [row + [(0, self.class_count)] * (width - len(row)) for row in rows]
        table = np.array(padded, dtype=np.int64)
        sizes = np.array([len(group) for group in members], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        return ClassSums(
            np.concatenate(members), starts, table[..., 0].copy(), table[..., 1].copy()
        )

    @cached_property
    def digest(self) -> str:
        """A name for the layer as a function of its parameters, the same in every process."""
        layer, form = self.layer, self.power_sums
        sizes = (layer.kind, layer.indices, layer.bias, layer.inputs, layer.outputs)
        content = hashlib.sha256(repr((sizes, self.parameters)).encode())
        linear = self.values if form is None else form.fold
        if form is None:
            content.update(self.classes.tobytes())
        else:
            content.update(repr(form.site).encode())
        for array in (linear.rows, linear.columns, linear.factors):
            content.update(array.tobytes())
        return content.hexdigest()
