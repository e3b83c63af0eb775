"""Evaluation plans: what is recognised, what is made for large n, what is chosen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.backends.numpy import TiedNetwork
from polyconstraints.backends.plan import (
    LayerPlan,
    NetworkPlan,
    natural_scales,
    resolve_path,
    standard_deviations,
)
from polyconstraints.backends.plan.patterns import Site, pattern_numbers
from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.tying import TyingMap, TyingRule
from tests.backends.maps import derived

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
    network = tying.network
    made = NetworkPlan.symmetric(network, "invariant" if kind == "invariant" else "equivariant")
    read = NetworkPlan.from_map(tying)
    (mine,), (theirs,) = made.layers, read.layers
    assert mine.parameters == theirs.parameters
    assert np.array_equal(mine.classes, theirs.classes)
    if n > 1:  # one component is invariant and equivariant at once
        assert mine.digest == theirs.digest
    np.testing.assert_allclose(standard_deviations(mine), standard_deviations(theirs))
    np.testing.assert_allclose(natural_scales(mine), natural_scales(theirs))
    theta = np.random.default_rng(0).standard_normal(mine.parameters)
    x = np.random.default_rng(1).standard_normal((3, network.units[0]))
    np.testing.assert_allclose(
        TiedNetwork(made, "power_sums")([theta], x),
        TiedNetwork(read, "dense")([theta], x),
        rtol=1e-11,
        atol=1e-11,
    )


def test_number_of_patterns() -> None:
    for m in range(1, 5):
        for kind, degree, expected in (
            ("quadratic", 2, 3 * m * (m + 1) // 2 + m * m),
            ("linear", 1, 2 * m),
        ):
            layer = pc.NetworkSpec(5, layer=kind, channels=(m, 1)).layers[0]  # type: ignore[arg-type]
            assert layer.degree == degree
            assert LayerPlan.symmetric(layer, Site(5, m, 1, True)).parameters == expected


@pytest.mark.parametrize("place", [(0, 1, 0), (2, 3, 1), (3, 3, 3)])
def test_one_weight_that_differs_is_noticed(place: tuple[int, int, int]) -> None:
    layer = derived(4).layers[0]
    classes = layer.classes.copy()
    classes[place] = classes.max() + 1
    changed = LayerClasses(layer.layer, classes, {})
    site = Site(4, 1, 1, True)
    assert LayerPlan.from_tying(layer, [site]).power_sums is not None
    assert LayerPlan.from_tying(changed, [site]).power_sums is None


def test_name_of_the_group_is_not_trusted() -> None:
    cyclic = derived(4, "C")
    named_s = replace(cyclic, symmetry=pc.Symmetry(pc.PermutationGroup.symmetric(4)))
    assert NetworkPlan.from_map(named_s).layers[0].power_sums is None


def test_patterns_are_orbits() -> None:
    """Two weights have one pattern exactly if a permutation of components moves them."""
    from itertools import permutations

    layer = pc.NetworkSpec(3, bias=True, channels=(2, 1)).layers[0]
    numbers, patterns = pattern_numbers(layer, Site(3, 2, 1, True))
    assert len(set(numbers[layer.mask].tolist())) == len(patterns)

    def moved(letter: int, sigma: tuple[int, ...]) -> int:
        return 0 if letter == 0 else 1 + 2 * sigma[(letter - 1) // 2] + (letter - 1) % 2

    orbits: dict[tuple[int, tuple[int, ...]], int] = {}
    for k, i, j in zip(*np.nonzero(layer.mask), strict=True):
        orbit = min(
            (sigma[k], tuple(sorted((moved(i, sigma), moved(j, sigma)))))
            for sigma in permutations(range(3))
        )
        assert orbits.setdefault(orbit, numbers[k, i, j]) == numbers[k, i, j]
    assert len(set(orbits.values())) == len(orbits)


@pytest.mark.parametrize("options", [{}, {"bias": True, "depth": 2, "channels": (2, 2, 1)}])
def test_rules(options: dict[str, Any]) -> None:
    channels = options.get("channels", (1, 1))
    depth = options.get("depth", 1)
    rule = TyingRule.of(
        AnyNetwork("S", depth=depth, bias=options.get("bias", False), channels=channels)
    )
    small = NetworkPlan.from_rule(rule, 5)
    assert [p.digest for p in small.layers] == [
        p.digest for p in NetworkPlan.from_map(rule.at(5)).layers
    ]
    large = NetworkPlan.from_rule(rule, 4096)
    made = NetworkPlan.symmetric(large.network)
    assert [p.digest for p in large.layers] == [p.digest for p in made.layers]
    assert large.parameters == rule.layer_parameters(4096)


def test_rule_of_redundant_indices() -> None:
    rule = TyingRule.of(AnyNetwork("S", indices="redundant", compare="tensor", bias=True))
    large = NetworkPlan.from_rule(rule, 300)
    assert large.layers[0].power_sums is not None
    theta = np.random.default_rng(0).standard_normal(large.parameters[0])
    x = np.random.default_rng(1).standard_normal((2, 300))
    # Zeros change nothing but the places: the outputs of 5 inputs are among those of 300.
    small, padded = TiedNetwork.from_rule(rule, 5), np.zeros((2, 300))
    padded[:, :5] = x[:, :5]
    np.testing.assert_allclose(
        TiedNetwork(large)([theta], padded)[:, :5], small([theta], x[:, :5]), rtol=1e-11
    )
    with pytest.raises(TooLargeError, match="the path power_sums needs none"):
        TiedNetwork(large, "dense")


def test_size_of_a_plan_does_not_grow() -> None:
    started = time.perf_counter()
    network = TiedNetwork.symmetric(pc.NetworkSpec(10**6, 2, bias=True))
    theta = [np.ones(7)] * 2
    assert network(theta, np.zeros((1, 10**6))).shape == (1, 10**6)
    assert time.perf_counter() - started < 10
    with pytest.raises(TooLargeError):
        _ = network.plan.layers[0].classes


def test_zero_weights_and_layers_without_parameters() -> None:
    layer = derived(2).layers[0]
    nothing = LayerClasses(layer.layer, layer.classes, {number: {} for number in layer.present})
    tying = TyingMap(pc.NetworkSpec(2), pc.Symmetry(pc.PermutationGroup.symmetric(2)), (nothing,))
    for path in ("dense", "gather", "classes", "power_sums"):
        network = TiedNetwork.from_map(tying, path)
        theta = network.init(0)
        out, tape = network.forward(theta, np.ones((3, 2)))
        assert not out.any()
        assert [part.shape for part in network.backward(tape, out)[0]] == [(0,)]


def test_measured_choice() -> None:
    plan = NetworkPlan.from_map(derived(3, "C")).layers[0]
    tried = []

    def run(path: str) -> Callable[[], object]:
        tried.append(path)
        return lambda: time.sleep(0 if path == "classes" else 0.002)

    assert resolve_path(plan, "auto", "a backend of this test", run) == "classes"
    assert set(tried) == {"dense", "gather", "classes"}
    # Kept: nothing is measured again.
    assert resolve_path(plan, "auto", "a backend of this test", run) == "classes"
    assert len(tried) == 3
    assert resolve_path(plan, "structure", "a backend of this test", run) == "gather"


def test_what_needs_a_map() -> None:
    with pytest.raises(UsageError, match="got redundant"):
        NetworkPlan.symmetric(pc.NetworkSpec(3, indices="redundant"))
    with pytest.raises(UsageError, match="expected 3 output components"):
        NetworkPlan.symmetric(pc.NetworkSpec(3, outputs=1))
