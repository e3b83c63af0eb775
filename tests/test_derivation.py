"""Derivations against figures known independently and against brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyconstraints as pc
from tests import oracles

SYMMETRIC = pc.PermutationGroup.symmetric

#: One equivariant layer under S_n, n = 1 … 6: distinct weights and dimension.
ONE_LAYER = {
    "linear": ([1, 2, 2, 2, 2, 2], [1, 2, 2, 2, 2, 2]),
    "ordered": ([1, 3, 4, 4, 4, 4], [1, 3, 4, 4, 4, 4]),
    "paper": ([1, 6, 9, 11, 13, 15], [1, 5, 7, 8, 9, 10]),
    "tensor": ([1, 4, 5, 5, 5, 5], [1, 4, 5, 5, 5, 5]),
    "function": ([1, 6, 20, 50, 102, 182], [1, 5, 13, 28, 54, 94]),
}

#: (n, d, bias): total, distinct and rank of the whole network's equations, equivariant and
#: invariant.
NETWORKS = {
    (2, 1, False): ((6, 3, 3), (2, 1, 1)),
    (3, 1, False): ((48, 24, 14), (12, 6, 4)),
    (3, 1, True): ((78, 39, 23), (18, 9, 6)),
    (2, 2, False): ((10, 5, 5), (4, 2, 2)),
    (3, 2, False): ((126, 63, 36), (36, 18, 11)),
    (3, 2, True): ((288, 144, 83), (78, 39, 24)),
    (4, 2, True): ((1416, 708, 255), (288, 144, 58)),
    (3, 3, True): ((1410, 705, 400), (420, 210, 124)),
}


def options(case: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what NetworkSpec and Symmetry are told for a case of ``ONE_LAYER``."""
    network: dict[str, Any] = {"layer": "linear"} if case == "linear" else {}
    if case in ("paper", "tensor", "function"):
        network["indices"] = "redundant"
        return network, {"compare": case}
    return network, {}


def solve(n: int, kind: str = "equivariant", **network: Any) -> pc.Derivation:
    outputs = 1 if kind == "invariant" else n
    spec = pc.NetworkSpec(n, outputs=outputs, **network)
    return pc.derive(spec, pc.Symmetry(SYMMETRIC(n), kind))


def network_scope(
    n: int, depth: int, bias: bool, kind: str, permutations: str = "auto", **network: Any
) -> pc.Derivation:
    outputs = 1 if kind == "invariant" else n
    spec = pc.NetworkSpec(n, depth, bias=bias, outputs=outputs, **network)
    symmetry = pc.Symmetry(SYMMETRIC(n), kind, scope="network", permutations=permutations)
    return pc.derive(spec, symmetry)


@pytest.mark.parametrize("case", ONE_LAYER)
def test_one_layer(case: str) -> None:
    network, symmetry = options(case)
    results = [
        pc.derive(pc.NetworkSpec(n, **network), pc.Symmetry(SYMMETRIC(n), **symmetry))
        for n in range(1, 7)
    ]
    assert [result.distinct_weights for result in results] == ONE_LAYER[case][0]
    assert [result.dimension for result in results] == ONE_LAYER[case][1]
    expected = [1, 2, 2, 2, 2, 2] if case == "linear" else [1, 3, 4, 4, 4, 4]
    assert [result.function_dimension for result in results] == expected


def test_redundant_laws() -> None:
    network, symmetry = options("function")
    for n in range(2, 9):
        result = pc.derive(pc.NetworkSpec(n, **network), pc.Symmetry(SYMMETRIC(n), **symmetry))
        pairs = n * (n - 1) // 2
        # For n = 2 no output is left over when both inputs take part: one class less.
        assert result.distinct_weights == 2 + n * n * (n - 1)
        assert result.dimension == 2 + (n > 2) + 1 + n * pairs


@pytest.mark.parametrize(
    ("network", "kind", "expected"),
    [
        ({"bias": True}, "equivariant", [3, 6, 7, 7, 7]),
        ({"bias": True, "layer": "linear"}, "equivariant", [2, 3, 3, 3, 3]),
        ({}, "invariant", [1, 2, 2, 2, 2]),
        ({"bias": True}, "invariant", [3, 4, 4, 4, 4]),
    ],
)
def test_bias_and_invariance(network: dict[str, Any], kind: str, expected: list[int]) -> None:
    assert [solve(n, kind, **network).distinct_weights for n in range(1, 6)] == expected


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("n", [3, 4])
def test_layer_scope_function_dimension(n: int, depth: int) -> None:
    for kind, plain, with_bias in (
        ("equivariant", 2 * depth + 2, 4 * depth + 3),
        ("invariant", 2 * depth, 4 * depth),
    ):
        assert solve(n, kind, depth=depth).function_dimension == plain
        assert solve(n, kind, depth=depth, bias=True).function_dimension == with_bias


@pytest.mark.parametrize(("n", "depth", "bias"), NETWORKS)
def test_network_scope_counts(n: int, depth: int, bias: bool) -> None:
    expected = NETWORKS[n, depth, bias]
    for kind, figures in zip(("equivariant", "invariant"), expected, strict=True):
        result = network_scope(n, depth, bias, kind)
        assert (result.counts.total, result.counts.distinct, result.rank) == figures
        assert len(set(result.comparisons[0].pairs())) == result.counts.distinct
        others = [network_scope(n, depth, bias, kind, p) for p in ("adjacent", "generators")]
        for other in others:
            assert other.rank == result.rank
            assert np.array_equal(other.orbits[0].roots, result.orbits[0].roots)


def side(polynomial: pc.Polynomial) -> frozenset[tuple[Any, ...]]:
    """Return a polynomial as the oracles write one: weight powers → coefficient."""
    names = polynomial.ring.names
    return frozenset(
        (
            tuple((name, power) for name, power in zip(names, exponents, strict=True) if power),
            coefficient,
        )
        for exponents, coefficient in polynomial.terms()
    )


def pairs_of_sides(result: pc.Derivation) -> set[frozenset[frozenset[tuple[Any, ...]]]]:
    found = [frozenset({side(e.left), side(e.right)}) for e in result.equalities()]
    assert len(set(found)) == len(found) == result.counts.distinct
    return set(found)


@pytest.mark.parametrize(
    ("n", "depth", "layer", "indices", "bias", "widths"),
    [
        (2, 2, "quadratic", "ordered", False, ()),
        (2, 2, "quadratic", "ordered", True, ()),
        (2, 2, "quadratic", "redundant", False, ()),
        (3, 2, "quadratic", "ordered", False, (2,)),
        (3, 1, "quadratic", "redundant", True, ()),
        (3, 3, "linear", "ordered", True, (2, 2)),
    ],
)
@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
def test_network_equalities_equal_expanded_comparison(
    n: int, depth: int, layer: str, indices: str, bias: bool, widths: tuple[int, ...], kind: str
) -> None:
    hidden = widths or (n,) * (depth - 1)
    outputs = 1 if kind == "invariant" else n
    net = oracles.Net(n, depth, layer, indices, bias, (n, *hidden, outputs))
    spec = pc.NetworkSpec(n, depth, layer, indices, bias, hidden, outputs)  # type: ignore[arg-type]
    result = pc.derive(spec, pc.Symmetry(SYMMETRIC(n), kind, scope="network"))
    equations = oracles.network_equations(net, oracles.transpositions(n), kind)
    expected = {
        frozenset(frozenset(one.items()) for one in sides)
        for sides in (_sides(equation) for equation in equations)
    }
    found = pairs_of_sides(result)
    assert len(found) == len(expected)
    counts = oracles.network_counts(net, oracles.transpositions(n), kind)
    assert (result.counts.total, result.counts.distinct, result.rank) == counts
    for left, right in (tuple(pair) for pair in found):
        assert frozenset({left, right}) in expected


def _sides(equation: Any) -> tuple[dict[Any, int], dict[Any, int]]:
    """Split a difference of two coefficients into its sides, which share no monomial."""
    plus = {monomial: value for monomial, value in equation if value > 0}
    minus = {monomial: -value for monomial, value in equation if value < 0}
    return plus, minus


@given(
    n=st.integers(1, 4),
    layer=st.sampled_from(["linear", "quadratic"]),
    indices=st.sampled_from(["ordered", "redundant"]),
    bias=st.booleans(),
    compare=st.sampled_from(["function", "tensor", "paper"]),
    kind=st.sampled_from(["equivariant", "invariant"]),
    permutations=st.sampled_from(["transpositions", "adjacent"]),
)
def test_one_layer_against_brute_force(
    n: int, layer: str, indices: str, bias: bool, compare: str, kind: str, permutations: str
) -> None:
    if layer == "linear" or indices == "ordered":
        compare = "function"
    if compare == "paper":
        kind = "equivariant"
    outputs = 1 if kind == "invariant" else n
    spec = pc.NetworkSpec(n, 1, layer, indices, bias, outputs=outputs)  # type: ignore[arg-type]
    symmetry = pc.Symmetry(SYMMETRIC(n), kind, "layer", compare, permutations)  # type: ignore[arg-type]
    result = pc.derive(spec, symmetry)
    imposed = oracles.transpositions(n) if permutations == "transpositions" else oracles.adjacent(n)
    expected = oracles.layer_figures(
        n, layer=layer, indices=indices, bias=bias, compare=compare, kind=kind, perms=imposed
    )
    assert (result.distinct_weights, result.dimension, result.function_dimension) == expected


def test_classes_name_their_smallest_weight() -> None:
    layer = solve(3).layers[0]
    names = layer.layer.names()
    by_class = {
        names[first]: [
            name for name, number in zip(names, layer.by_weight, strict=True) if number == at
        ]
        for at, first in enumerate(layer.representatives)
    }
    assert by_class == {
        "W0_1_1_1": ["W0_1_1_1", "W0_2_2_2", "W0_3_3_3"],
        "W0_1_2_1": ["W0_1_2_1", "W0_1_3_1", "W0_2_2_1", "W0_2_3_2", "W0_3_3_1", "W0_3_3_2"],
        "W0_1_2_2": ["W0_1_2_2", "W0_1_3_3", "W0_2_1_1", "W0_2_3_3", "W0_3_1_1", "W0_3_2_2"],
        "W0_1_3_2": ["W0_1_3_2", "W0_2_3_1", "W0_3_2_1"],
    }


def test_network_scope_leaves_the_variety_open() -> None:
    result = network_scope(3, 2, True, "equivariant")
    assert result.distinct_weights == result.total_weights == 60
    assert result.counts.polynomial == result.counts.distinct == 144
    with pytest.raises(pc.UsageError, match="scope"):
        result.tying_map()


@pytest.mark.parametrize(
    ("network", "symmetry", "option"),
    [
        ({"depth": 2, "widths": [2]}, {}, "widths"),
        (
            {"depth": 2, "indices": "redundant"},
            {"compare": "tensor", "scope": "network"},
            "compare",
        ),
        ({"indices": "redundant", "channels": 2}, {"compare": "paper"}, "compare"),
        ({"outputs": 2}, {}, "symmetry"),
    ],
)
def test_contradictions_are_refused(
    network: dict[str, Any], symmetry: dict[str, Any], option: str
) -> None:
    with pytest.raises(pc.UsageError, match=option):
        pc.derive(pc.NetworkSpec(3, **network), pc.Symmetry(SYMMETRIC(3), **symmetry))


def test_paper_comparison_needs_transpositions() -> None:
    cyclic = pc.PermutationGroup.cyclic(3)
    with pytest.raises(pc.UsageError, match="compare"):
        pc.Symmetry(cyclic, compare="paper")
    with pytest.raises(pc.UsageError, match="permutations"):
        pc.Symmetry(cyclic, permutations="transpositions")
