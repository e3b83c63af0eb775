"""Dependent weights of a layer are right as numbers, not only in number."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.reduction import eliminate

S = pc.PermutationGroup.symmetric


def test_additive_constraint_in_figures() -> None:
    # x_01 + x_10 of output 1 equals that of output 2: the last of the four depends.
    symmetry = pc.Symmetry(S(2), compare="paper")
    (layer,) = pc.derive(pc.NetworkSpec(2, indices="redundant"), symmetry).layers
    ((number, combination),) = layer.dependent.items()
    assert number > max(combination)
    assert sorted(combination.values()) == [Fraction(-1), Fraction(1), Fraction(1)]
    # Its partner in the sum is subtracted: the other weight of the same output.
    weights = dict(zip(layer.layer.names(), layer.by_weight.tolist(), strict=True))
    own = {name: at for name, at in weights.items() if at == number}
    (name,) = own
    _, output, i, j = name.split("_")
    partner = weights[f"W0_{output}_{j}_{i}"]
    assert combination[partner] == -1


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("bias", [False, True])
def test_solutions_satisfy_every_equation(n: int, bias: bool) -> None:
    # Random values for the free classes; each function coefficient compared by brute force.
    network = pc.NetworkSpec(n, indices="redundant", bias=bias)
    (layer,) = pc.derive(network, pc.Symmetry(S(n))).layers
    rng = np.random.default_rng(n)
    values = {number: Fraction(int(rng.integers(-99, 100))) for number in layer.free}
    for number, combination in layer.dependent.items():
        values[number] = sum(
            (factor * values[free] for free, factor in combination.items()), Fraction(0)
        )
    array: Any = np.empty(layer.layer.shape, dtype=object)
    array.reshape(-1)[:] = [values[number] for number in layer.by_weight.tolist()]
    sums = array + array.transpose(0, 2, 1)
    for sigma in permutations(range(n)):
        letters = [0, *(at + 1 for at in sigma)] if bias else list(sigma)
        assert (sums[list(sigma)][:, letters][:, :, letters] == sums).all()


def test_elimination_keeps_signs_and_scales() -> None:
    solved = eliminate([{0: 2, 1: -3, 2: 5}, {1: 7, 3: -2}])
    assert solved == {
        2: {0: Fraction(-2, 5), 1: Fraction(3, 5)},
        3: {1: Fraction(7, 2)},
    }


def test_parameters_come_in_the_order_of_the_free_classes() -> None:
    (layer,) = pc.derive(pc.NetworkSpec(3), pc.Symmetry(S(3))).layers
    turned = LayerClasses(layer.layer, layer.classes, order=(3, 1, 0, 2))
    theta = np.array([13, 11, 10, 12])
    assert turned.free == (3, 1, 0, 2)
    assert np.array_equal(turned.weights(theta), layer.weights(np.array([10, 11, 12, 13])))
    assert np.allclose(turned.project(turned.weights(theta)), theta)


def test_classes_may_have_gaps_in_their_numbers() -> None:
    (layer,) = pc.derive(pc.NetworkSpec(3), pc.Symmetry(S(3))).layers
    spaced = LayerClasses(layer.layer, np.where(layer.layer.mask, 2 * layer.classes + 1, -1))
    assert (spaced.present, spaced.free) == ((1, 3, 5, 7), (1, 3, 5, 7))
    assert spaced.representatives.tolist() == [-1, 0, -1, 1, -1, 2, -1, 4]
    assert (spaced.distinct, spaced.dimension) == (4, 4)
    theta = np.array([10, 11, 12, 13])
    assert np.array_equal(spaced.weights(theta), layer.weights(theta))
