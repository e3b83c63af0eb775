"""Tying maps for the tests: right ones, and ones that are wrong in a known way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

import polyconstraints as pc
from polyconstraints.classes.layer import LayerClasses

S = pc.PermutationGroup.symmetric


def derived(
    n: int, group: pc.PermutationGroup | None = None, symmetry: Any = None, **network: Any
) -> pc.TyingMap:
    """Return the map that is derived for a network."""
    options = {"group": group or S(n), **(symmetry or {})}
    return pc.derive(pc.NetworkSpec(n, **network), pc.Symmetry(**options)).tying_map()


def with_layers(tying: pc.TyingMap, *layers: LayerClasses) -> pc.TyingMap:
    """Return a map with its last layers replaced, as if somebody wrote it by hand."""
    kept = tying.layers[: len(tying.layers) - len(layers)]
    return pc.TyingMap(tying.network, tying.symmetry, (*kept, *layers))


def layer_from(layer: LayerClasses, key: Callable[..., Any], dependent: Any = None) -> LayerClasses:
    """Return a layer whose classes are the different values of ``key(output, i[, j])``."""
    numbers: dict[Any, int] = {}
    classes = np.full(layer.layer.shape, -1, dtype=np.int64)
    for place in np.argwhere(layer.layer.mask).tolist():
        classes[tuple(place)] = numbers.setdefault(key(*place), len(numbers))
    return LayerClasses(layer.layer, classes, dependent or {})


def edited(layer: LayerClasses, *edits: tuple[tuple[int, ...], int | None]) -> LayerClasses:
    """Return a layer with some weights put into other classes; None stands for a new one."""
    classes = layer.classes.copy()
    for place, number in edits:
        classes[place] = classes.max() + 1 if number is None else number
    return replace(layer, classes=classes)


def pattern(output: int, i: int, j: int) -> tuple[bool, ...]:
    """Return which of three indices of components are equal, i and j in any order."""
    return (i == j, output in (i, j), output == i == j)


# --- Ten ways in which tying goes wrong ------------------------------------------------------


def one_weight_alone() -> pc.TyingMap:
    """Leave one weight out of its class, as by an index that runs one short."""
    tying = derived(3)
    return with_layers(tying, edited(tying.layers[0], ((2, 2, 2), None)))


def one_weight_in_another_class() -> pc.TyingMap:
    """Put one weight into the wrong class."""
    tying = derived(3, depth=2)
    layer = tying.layers[0]
    return with_layers(
        tying, edited(layer, ((1, 1, 1), int(layer.classes[0, 1, 0]))), tying.layers[1]
    )


def output_forgotten() -> pc.TyingMap:
    """Let classes depend on the inputs alone: every output computes the same."""
    tying = derived(3)
    return with_layers(tying, layer_from(tying.layers[0], lambda k, i, j: (i == j, 0 in (i, j))))


def inputs_forgotten() -> pc.TyingMap:
    """Let classes depend on one of the two inputs alone: the other one isn't moved."""
    tying = derived(3)
    return with_layers(tying, layer_from(tying.layers[0], lambda k, i, j: (k == i, j)))


def order_forgotten() -> pc.TyingMap:
    """Move indices and forget to put them in order again: (k, i, j) is not (k, j, i).

    That is right for redundant indices, where both have a weight of their own.
    """
    tying = derived(3)
    return with_layers(tying, layer_from(tying.layers[0], lambda k, i, j: (k == i, k == j, i == j)))


def too_large_a_group() -> pc.TyingMap:
    """Say of a map for rotations that it is one for all permutations."""
    tying = derived(4, pc.PermutationGroup.cyclic(4))
    symmetric = derived(4)
    return pc.TyingMap(tying.network, symmetric.symmetry, tying.layers)


def bias_taken_for_a_component() -> pc.TyingMap:
    """Tie the homogenising unit as if it were one more component."""
    tying = derived(3, bias=True)
    return with_layers(tying, layer_from(tying.layers[0], pattern))


def bias_shifts_the_indices() -> pc.TyingMap:
    """Match output k with input index k, which is component k - 1 where there is a bias."""
    tying = derived(3, bias=True)
    return with_layers(
        tying,
        layer_from(tying.layers[0], lambda k, i, j: (*pattern(k, i, j), i == 0, j == 0)),
    )


def wrong_sign() -> pc.TyingMap:
    """Solve the additive constraint x + y = u + v with a sign that is wrong."""
    tying = derived(2, indices="redundant", symmetry={"compare": "paper"})
    layer = tying.layers[0]
    ((number, combination),) = layer.dependent.items()
    first = min(combination)
    changed = {**combination, first: -combination[first]}
    return with_layers(tying, replace(layer, dependent={number: changed}))


def wrong_factor() -> pc.TyingMap:
    """Solve the additive constraint with a factor 1/2 that doesn't belong there."""
    tying = derived(2, indices="redundant", symmetry={"compare": "paper"})
    layer = tying.layers[0]
    ((number, combination),) = layer.dependent.items()
    changed = {free: factor * Fraction(1, 2) for free, factor in combination.items()}
    return with_layers(tying, replace(layer, dependent={number: changed}))


def channels_taken_for_components() -> pc.TyingMap:
    """Count units channel by channel instead of component by component."""
    tying = derived(3, layer="linear", channels=2)

    def key(k: int, i: int) -> tuple[int, ...]:
        (channel, component), (channel_in, component_in) = divmod(k, 3), divmod(i, 3)
        return (component == component_in, channel, channel_in)

    return with_layers(tying, layer_from(tying.layers[0], key))


def last_layer_for_another_order() -> pc.TyingMap:
    """Write the last layer for hidden units in another order than the first one's."""
    tying = derived(3, depth=2)
    last = tying.layers[1]
    order = np.array([1, 2, 0])
    full = np.maximum(last.classes, last.classes.transpose(0, 2, 1))
    moved = full[:, order][:, :, order]
    return with_layers(tying, replace(last, classes=np.where(last.layer.mask, moved, -1)))


def invariance_instead_of_equivariance() -> pc.TyingMap:
    """Tie every output as that of an invariant network, and state equivariance."""
    tying = derived(3)
    return with_layers(tying, layer_from(tying.layers[0], lambda k, i, j: (k, i == j)))


def repeated(tying: pc.TyingMap, depth: int) -> pc.TyingMap:
    """Return a deep map that uses the one layer of a map over and over."""
    network = pc.NetworkSpec(tying.network.inputs, depth, tying.network.layer)
    (first,) = tying.layers
    layers = tuple(replace(first, layer=layer) for layer in network.layers)
    return pc.TyingMap(network, tying.symmetry, layers)


WRONG: Sequence[Callable[[], pc.TyingMap]] = (
    one_weight_alone,
    one_weight_in_another_class,
    output_forgotten,
    inputs_forgotten,
    order_forgotten,
    too_large_a_group,
    bias_taken_for_a_component,
    bias_shifts_the_indices,
    wrong_sign,
    wrong_factor,
    channels_taken_for_components,
    last_layer_for_another_order,
    invariance_instead_of_equivariance,
)
