"""A stratum as a tying map: its plain layers, each weight a combination of free ones.

The map holds the networks whose layers are equivariant between the representations of their
levels, in one basis of each. Any network of the stratum computes the same function as one of
these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import UsageError
from polyconstraints.spec.network import LayerSpec
from polyconstraints.tying import TyingMap
from polyconstraints.tying.provenance import Origin
from polyconstraints.variety.strata.equivariant import equivariant_layers
from polyconstraints.variety.strata.irreducibles import Conjugate
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.representations import Level
from polyconstraints.variety.strata.variety import Variety

__all__ = ["layer_bases", "stratum_map"]

Combination = dict[int, Fraction]


def layer_bases(variety: Variety, hidden: Sequence[Level]) -> list[Rationals]:
    """Return a rational basis of each plain layer of a stratum, for ordered indices.

    Each basis layer has a weight of its own that is 1 in it and 0 in the others.

    Raises
    ------
    UsageError
        If a level is bound by nothing: such a stratum is no union of linear spaces that
        layers can be chosen from one by one.
    """
    first, last = variety.ends
    levels = (first, *hidden, last)
    if variety.network.activation is not None:
        raise UsageError(f"expected none, got {variety.network.activation}", "activation")
    if any(level.free for level in levels):
        raise UsageError("expected a representation on every hidden level, got free", "stratum")
    if any(isinstance(b, Conjugate) for level in levels for b in level.representation.blocks):
        raise UsageError("expected representations over the rationals, got complex ones", "stratum")
    layers = variety.ordered.layers
    return [
        equivariant_layers(layer, below, above)
        for layer, (below, above) in zip(layers, pairwise(levels), strict=True)
    ]


def stratum_map(
    variety: Variety,
    hidden: Sequence[Level],
    function_dimension: int | EllipsisType | None = ...,
    zeros: Sequence[tuple[int, int]] = (),
    origin: Origin | None = None,
) -> TyingMap:
    """Return the tying map of a stratum.

    Weights that are equal throughout share a class. A weight that is always zero belongs to
    a dependent class with an empty combination, and so do all weights from and to units
    that a representation leaves over.

    The function dimension is worked out when asked for unless given. Zeros are parameters, numbered
    as in :func:`layer_bases`, that are set to zero, such as a gauge fixing names; the origin is
    what the document says of where it comes from.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> network = pc.NetworkSpec(2, depth=2)
    >>> variety = Variety(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> tying = stratum_map(variety, variety.parse(["2*[2]"]))
    >>> tying.parameters
    (4, 3)
    >>> tying.layers[0].classes[0].tolist()
    [[0, -1], [1, 0]]
    """
    layers = []
    for layer, basis in zip(variety.network.layers, layer_bases(variety, hidden), strict=True):
        dropped = [number for at, number in zeros if at == layer.index]
        kept = np.delete(basis, dropped, axis=0)
        layers.append(_layer_tying(layer, kept))
    whole = replace(variety.symmetry, scope="network")
    return TyingMap(variety.network, whole, tuple(layers), function_dimension, origin)


@dataclass(frozen=True)
class _Sums:
    """The weights of an ordered layer, sorted into classes."""

    classes: NDArray[np.int64]
    combinations: list[Combination]
    free: dict[int, int]


def _sorted_weights(basis: Rationals) -> _Sums:
    """Return classes of equal weights, each as a combination of the basis' own weights.

    Combinations are in parameters; ``free`` maps a parameter to its class.
    """
    columns = basis.reshape(len(basis), math.prod(basis.shape[1:])).T.tolist()
    classes = np.empty(len(columns), dtype=np.int64)
    known: dict[tuple[Fraction, ...], int] = {}
    combinations: list[Combination] = []
    free: dict[int, int] = {}
    for weight, column in enumerate(columns):
        key = tuple(Fraction(value) for value in column)
        if key not in known:
            known[key] = len(combinations)
            combination = {at: value for at, value in enumerate(key) if value}
            combinations.append(combination)
            if list(combination.values()) == [1]:
                free.setdefault(next(iter(combination)), known[key])
        classes[weight] = known[key]
    return _Sums(classes, combinations, free)


def _layer_tying(layer: LayerSpec, basis: Rationals) -> LayerClasses:
    sums = _sorted_weights(basis)
    ordered = layer.kind == "linear" or layer.indices == "ordered"
    if ordered:
        owner = {number: at for at, number in sums.free.items()}
        dependent = {
            number: {sums.free[at]: value for at, value in combination.items()}
            for number, combination in enumerate(sums.combinations)
            if number not in owner
        }
        return LayerClasses.from_weights(layer, sums.classes, dependent)
    return _redundant_tying(layer, sums)


def _redundant_tying(layer: LayerSpec, sums: _Sums) -> LayerClasses:
    """Return the tying of a layer with a weight for each order of two inputs.

    Only sums W_ij + W_ji are bound. The weights with i < j are free, each for itself, and
    W_ji is the sum less W_ij.
    """
    i, j = np.tril_indices(layer.letters)
    numbers = sums.classes.reshape(layer.outputs, -1)
    places = [
        (output, int(high), int(low), int(numbers[output, at]))
        for output in range(layer.outputs)
        for at, (high, low) in enumerate(zip(i, j, strict=True))
    ]
    # For each class of sums the class or the two classes that stand for it when it is free.
    stand_in: dict[int, list[int]] = {}
    classes = np.full(layer.shape, -1, dtype=np.int64)
    upper: dict[tuple[int, int, int], int] = {}
    diagonal: dict[int, int] = {}
    fresh = 0
    for output, high, low, number in places:
        if high == low:
            if number not in diagonal:
                diagonal[number] = fresh
                fresh += 1
            classes[output, high, low] = diagonal[number]
        else:
            upper[output, high, low] = classes[output, low, high] = fresh
            classes[output, high, low] = fresh + 1
            fresh += 2
    for output, high, low, number in places:
        if number not in stand_in and number in sums.free.values():
            here = int(classes[output, high, low])
            stand_in[number] = [here] if high == low else [upper[output, high, low], here]
    free = {of for pair in stand_in.values() for of in pair}
    dependent: dict[int, Combination] = {}
    for output, high, low, number in places:
        here = int(classes[output, high, low])
        if here in free:
            continue
        combination: Combination = {}
        for at, value in sums.combinations[number].items():
            for of in stand_in[sums.free[at]]:
                combination[of] = combination.get(of, Fraction(0)) + value
        if high != low:
            combination[upper[output, high, low]] = Fraction(-1)
        dependent[here] = combination
    return LayerClasses(layer, classes, dependent)
