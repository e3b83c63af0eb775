"""Strata as tying maps: exact evaluation on permuted inputs, and what gauge fixing keeps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.classes.reduction import function_dimension
from polyconstraints.errors import UsageError
from polyconstraints.tying import TyingMap
from polyconstraints.variety.strata import Variety
from polyconstraints.variety.strata.gauge import fix_gauge, numbered_stratum_map, stratum_map
from polyconstraints.verification import verify

GROUP = pc.PermutationGroup.symmetric(3)

CASES = [
    pc.NetworkSpec(3, 2),
    pc.NetworkSpec(3, 2, bias=True),
    pc.NetworkSpec(3, 2, layer="linear", bias=True),
    pc.NetworkSpec(3, 2, indices="redundant"),
    pc.NetworkSpec(3, 2, indices="redundant", bias=True, widths=(2,)),
    pc.NetworkSpec(3, 2, widths=(4,)),
]


def value(tying: TyingMap, theta: np.ndarray, x: list[Fraction]) -> list[Fraction]:
    """Return the network's outputs, by the formula of the layers and nothing else."""
    units: list[Fraction] = x
    for layer, weights in zip(tying.network.layers, tying.weights(theta), strict=True):
        letters = [Fraction(1), *units] if layer.bias else units
        count = range(len(letters))
        if layer.kind == "linear":
            units = [sum(row[i] * letters[i] for i in count) for row in weights]
        else:
            units = [
                sum(row[i, j] * letters[i] * letters[j] for i in count for j in count)
                for row in weights
            ]
    return units


@pytest.mark.parametrize("network", CASES, ids=str)
def test_maps_are_symmetric(network: pc.NetworkSpec) -> None:
    variety = Variety(network, pc.Symmetry(GROUP))
    rng = np.random.default_rng(1)
    for hidden in variety.choices():
        if any(level.free for level in hidden):
            continue
        tying = stratum_map(variety, hidden)
        theta = np.array(
            [Fraction(int(n), 7) for n in rng.integers(-9, 9, tying.dimension)], dtype=object
        )
        x = [Fraction(2, 3), Fraction(-1), Fraction(5, 2)]
        here = value(tying, theta, x)
        for sigma in [(1, 0, 2), (1, 2, 0), (2, 1, 0)]:
            moved = value(tying, theta, [x[at] for at in sigma])
            assert moved == [here[at] for at in sigma]
        assert TyingMap.from_json(tying.to_json()) == tying
        assert verify(tying).symmetric


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
def test_permutation_stratum_is_layer_scope(bias: bool, kind: str) -> None:
    network = pc.NetworkSpec(3, 2, bias=bias, outputs=1 if kind == "invariant" else 3)
    symmetry = pc.Symmetry(GROUP, kind)  # type: ignore[arg-type]
    layerwise = pc.derive(network, symmetry).tying_map()
    tying = numbered_stratum_map(network, symmetry, 1)
    assert tying.function_dimension == layerwise.function_dimension
    for one, other in zip(tying.layers, layerwise.layers, strict=True):
        assert np.array_equal(one.classes, other.classes)
        assert one.dependent == other.dependent


@pytest.mark.parametrize("network", CASES, ids=str)
def test_free_parameters_are_the_directions(network: pc.NetworkSpec) -> None:
    variety = Variety(network, pc.Symmetry(GROUP))
    for stratum in variety.strata():
        if stratum.gauge is None:
            continue
        tying = stratum_map(variety, stratum.hidden)
        pairs = sum(
            layer.outputs * layer.letters * (layer.letters - 1) // 2
            for layer in network.layers
            if layer.kind == "quadratic" and layer.indices == "redundant"
        )
        assert tying.dimension == stratum.parameters + pairs


@pytest.mark.parametrize("network", CASES[:3], ids=str)
def test_gauge_fixing_keeps_the_functions(network: pc.NetworkSpec) -> None:
    variety = Variety(network, pc.Symmetry(GROUP))
    for stratum in variety.strata():
        if stratum.gauge is None:
            continue
        gauge = fix_gauge(variety, stratum.hidden)
        assert gauge.function_dimension == stratum.function_dimension
        assert gauge.remaining == 0
        fixed = stratum_map(variety, stratum.hidden, zeros=gauge.zeros)
        ones = len(gauge.fixed) - len(gauge.zeros)
        assert fixed.dimension == gauge.function_dimension + ones
        # Other code, other random numbers: the functions of the smaller map.
        assert function_dimension(network, fixed.layers, seed=4) == gauge.function_dimension


def test_gauge_of_layer_scope() -> None:
    """Hidden changes αI + β11ᵀ and, with a bias, one shift: 2 or 3 a hidden level."""
    for bias in (False, True):
        variety = Variety(
            pc.NetworkSpec(4, 3, bias=bias), pc.Symmetry(pc.PermutationGroup.symmetric(4))
        )
        gauge = fix_gauge(variety, variety.choice(1))
        assert len(gauge.fixed) == 2 * (3 if bias else 2)


def test_free_levels_have_no_map() -> None:
    variety = Variety(pc.NetworkSpec(3, 2), pc.Symmetry(GROUP))
    with pytest.raises(UsageError, match="free"):
        stratum_map(variety, variety.parse(["free"]))


def test_document_says_how_it_was_made() -> None:
    tying = numbered_stratum_map(pc.NetworkSpec(3, 2), pc.Symmetry(GROUP, scope="network"), 2)
    assert tying.origin is not None
    assert tying.origin.command == ("polyconstraints export -n 3 -d 2 --scope network --stratum 2")
    assert tying.symmetry.scope == "network"
