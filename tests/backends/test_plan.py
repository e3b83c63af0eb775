"""Plans: what is recognised, what is made for large n, where training starts."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.backends.numpy import TiedNetwork
from polyconstraints.backends.plan import NetworkPlan
from polyconstraints.backends.plan.lettered import Lettered
from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import UsageError
from polyconstraints.tying import TyingMap, TyingRule
from tests.backends.maps import derived, evaluate

CASES: list[tuple[dict[str, Any], str]] = [
    ({}, "equivariant"),
    ({"bias": True}, "equivariant"),
    ({"channels": (2, 3), "bias": True}, "equivariant"),
    ({"channels": (3, 2), "bias": True}, "invariant"),
    ({"layer": "linear", "channels": (2, 1)}, "equivariant"),
    ({"layer": "linear", "bias": True}, "invariant"),
]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
@pytest.mark.parametrize(("options", "kind"), CASES)
def test_plan_without_a_map_is_that_of_the_map(n: int, options: dict[str, Any], kind: str) -> None:
    tying = derived(n, kind=kind, **options)
    made = NetworkPlan.symmetric(tying.network, kind)  # type: ignore[arg-type]
    read = NetworkPlan.from_map(tying)
    assert made.parameters == read.parameters
    if n > 1:  # one component is invariant and equivariant at once
        assert made.digest == read.digest
    network = TiedNetwork(made)
    theta = network.init(0)
    x = np.random.default_rng(1).standard_normal((3, tying.network.units[0]))
    wanted = evaluate(tying, network.to_map(theta), x)
    np.testing.assert_allclose(network(theta, x), wanted, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(
        made.layers[0].weights(network.to_map(theta)[0]), tying.weights(network.to_map(theta))[0]
    )


def test_number_of_diagrams() -> None:
    for m in range(1, 5):
        for kind, expected in (("quadratic", 3 * m * (m + 1) // 2 + m * m), ("linear", 2 * m)):
            network = pc.NetworkSpec(5, layer=kind, channels=(m, 1))  # type: ignore[arg-type]
            assert NetworkPlan.symmetric(network).parameters == (expected,)


@pytest.mark.parametrize("place", [(0, 1, 0), (2, 3, 1), (3, 3, 3)])
def test_one_weight_that_differs_is_noticed(place: tuple[int, int, int]) -> None:
    tying = derived(4)
    layer = tying.layers[0]
    classes = layer.classes.copy()
    classes[place] = classes.max() + 1
    changed = replace(tying, layers=(LayerClasses(layer.layer, classes, {}),))
    assert isinstance(NetworkPlan.from_map(tying).layers[0].recipe, Lettered)
    assert not isinstance(NetworkPlan.from_map(changed).layers[0].recipe, Lettered)


def test_name_of_the_group_is_not_trusted() -> None:
    cyclic = derived(4, "C")
    named_s = replace(cyclic, symmetry=pc.Symmetry(pc.PermutationGroup.symmetric(4)))
    assert not isinstance(NetworkPlan.from_map(named_s).layers[0].recipe, Lettered)


@pytest.mark.parametrize("options", [{}, {"bias": True, "depth": 2, "channels": (2, 2, 1)}])
def test_rules(options: dict[str, Any]) -> None:
    rule = TyingRule.of(AnyNetwork("S", **options))
    small = NetworkPlan.from_rule(rule, 5)
    assert small.digest == NetworkPlan.from_map(rule.at(5)).digest
    large = NetworkPlan.from_rule(rule, 4096)
    assert large.digest == NetworkPlan.symmetric(large.network).digest
    assert large.parameters == rule.layer_parameters(4096)


@pytest.mark.parametrize("group", ["SxS", "S2wrS", "S+S", "tuples(S,2)"])
def test_rules_of_other_groups_run_at_any_size(group: str) -> None:
    rule = TyingRule.of(AnyNetwork(group, bias=True))
    sizes = {"SxS": (3, 2), "S2wrS": (2, 3), "S+S": (3, 2), "tuples(S,2)": (3,)}[group]
    tying = rule.at(*(size for size, sort in zip(sizes, rule.network.sorts, strict=True)))
    network = TiedNetwork.from_rule(rule, *sizes)
    theta = network.init(0)
    x = np.random.default_rng(0).standard_normal((2, network.inputs))
    np.testing.assert_allclose(
        network(theta, x), evaluate(tying, network.to_map(theta), x), atol=1e-12
    )
    large = TiedNetwork.from_rule(rule, *(20 * size for size in sizes))
    assert large(large.init(0), np.zeros((1, large.inputs))).shape == (1, large.outputs)


def test_rule_of_redundant_indices() -> None:
    rule = TyingRule.of(AnyNetwork("S", indices="redundant", compare="tensor", bias=True))
    large, small = TiedNetwork.from_rule(rule, 300), rule.at(5)
    theta = large.init(0)
    x = np.random.default_rng(1).standard_normal((2, 300))
    # Zeros change nothing but the places: the outputs of 5 inputs are among those of 300.
    padded = np.zeros((2, 300))
    padded[:, :5] = x[:, :5]
    np.testing.assert_allclose(
        large(theta, padded)[:, :5], evaluate(small, large.to_map(theta), x[:, :5]), rtol=1e-11
    )


def test_size_of_a_plan_does_not_grow() -> None:
    started = time.process_time()
    network = TiedNetwork.symmetric(pc.NetworkSpec(10**6, 2, bias=True))
    theta = [np.ones(7)] * 2
    assert network(theta, np.zeros((1, 10**6))).shape == (1, 10**6)
    assert time.process_time() - started < 10


def test_zero_weights_and_layers_without_parameters() -> None:
    layer = derived(2).layers[0]
    nothing = LayerClasses(layer.layer, layer.classes, {number: {} for number in layer.present})
    tying = TyingMap(pc.NetworkSpec(2), pc.Symmetry(pc.PermutationGroup.symmetric(2)), (nothing,))
    network = TiedNetwork.from_map(tying)
    theta = network.init(0)
    out, tape = network.forward(theta, np.ones((3, 2)))
    assert not out.any()
    assert [part.shape for part in network.backward(tape, out)[0]] == [(0,)]


def test_what_needs_a_map() -> None:
    with pytest.raises(UsageError, match="expected 3 output components"):
        NetworkPlan.symmetric(pc.NetworkSpec(3, outputs=1))


@pytest.mark.parametrize("layer", ["linear", "quadratic"])
@pytest.mark.parametrize("n", [3, 20])
def test_activations_keep_their_size(layer: Any, n: int) -> None:
    """With a bias the mean square neither vanishes nor explodes through six layers."""
    network = TiedNetwork.symmetric(
        pc.NetworkSpec(n, 6, layer=layer, bias=True, channels=(4, 8, 8, 8, 8, 8, 8))
    )
    sizes = []
    for seed in range(5):
        x = np.random.default_rng(seed).standard_normal((64, network.inputs))
        out = network(network.init(seed), x)
        sizes.append(float((out**2).mean()))
    assert 0.003 < np.median(sizes) < 30


def test_constants_start_at_zero_and_rows_at_one_length() -> None:
    (layer,) = NetworkPlan.symmetric(pc.NetworkSpec(7, bias=True, channels=(3, 5))).layers
    theta = TiedNetwork(NetworkPlan.symmetric(pc.NetworkSpec(7, bias=True, channels=(3, 5)))).init(
        0
    )[0]
    by_degree: dict[int, Any] = {}
    for term, part in zip(layer.recipe.terms, layer.split(theta), strict=True):
        by_degree[term.degree] = by_degree.get(term.degree, 0) + (part**2).sum(axis=1)
    assert not by_degree[0].any()
    np.testing.assert_allclose(by_degree[1], 1)
    np.testing.assert_allclose(by_degree[2], by_degree[2][0])
