"""Predicted numbers of orbits against counted ones, and means over S_n against listing it."""

from __future__ import annotations

import json
from itertools import permutations
from math import factorial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.equalities.burnside import OrbitCount, predicted_orbits
from polyconstraints.equalities.coefficients import (
    CoefficientSpace,
    FunctionCoefficients,
    TensorCoefficients,
)
from polyconstraints.spec.groups import read_group

S = pc.PermutationGroup.symmetric
MODES = [
    ("linear", "ordered", "function"),
    ("quadratic", "ordered", "function"),
    ("quadratic", "redundant", "function"),
    ("quadratic", "redundant", "tensor"),
]


@pytest.mark.parametrize("mode", MODES, ids=" ".join)
@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", ["S", "A", "C", "D", "trivial"])
def test_prediction_agrees_for_presets(mode: Any, kind: Any, bias: bool, name: str) -> None:
    layer, indices, compare = mode
    for n in range(1, 6):
        network = pc.NetworkSpec(
            n, 1, layer, indices, bias, outputs=1 if kind == "invariant" else None, channels=(2, 1)
        )
        symmetry = pc.Symmetry(pc.PermutationGroup.preset(name, n), kind, compare=compare)
        [count] = pc.derive(network, symmetry).orbit_counts
        assert count.agrees, (n, count)


@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
@pytest.mark.parametrize("name", ["S", "C", "D"])
@pytest.mark.parametrize(("n", "depth", "bias"), [(2, 3, True), (3, 2, True), (4, 2, False)])
def test_prediction_agrees_in_network_scope(
    kind: Any, name: str, n: int, depth: int, bias: bool
) -> None:
    outputs = 1 if kind == "invariant" else None
    network = pc.NetworkSpec(n, depth, bias=bias, outputs=outputs)
    symmetry = pc.Symmetry(pc.PermutationGroup.preset(name, n), kind, "network")
    derivation = pc.derive(network, symmetry)
    [count] = derivation.orbit_counts
    assert count.agrees
    assert derivation.rank == derivation.comparisons[0].space.size - count.counted


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_prediction_agrees_for_random_groups(n: int, other: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 2))
    images = tuple(tuple(data.draw(st.permutations(range(other)))) for _ in range(count))
    # They act on the inputs as on the outputs, and on n more inputs.
    generators = [
        (*image, *(other + at for at in data.draw(st.permutations(range(n))))) for image in images
    ]
    group = pc.PermutationGroup(n + other, generators, keep_all=True)
    symmetry = pc.Symmetry(group, permutations="generators", actions={1: images})
    [found] = pc.derive(pc.NetworkSpec(n + other, outputs=other), symmetry).orbit_counts
    assert found.agrees


def test_prediction_agrees_for_a_group_without_generators() -> None:
    choice = read_group("trivial2", 2, {1: "trivial3"})
    network = pc.NetworkSpec(2, outputs=3)
    symmetry = pc.Symmetry(choice.group, actions=choice.actions)
    [count] = pc.derive(network, symmetry).orbit_counts
    assert count == OrbitCount(9, 9)


@pytest.mark.parametrize("layer", [1, 2, 3, 4])
@pytest.mark.parametrize("case", [{}, {"bias": True, "channels": (2, 1)}, {"indices": "redundant"}])
def test_means_over_the_symmetric_group(layer: int, case: dict[str, Any]) -> None:
    """Means over few points against those over all elements, for as many points and for more."""
    bias, (width, _) = case.get("bias", False), case.get("channels", (1, 1))
    for n, symmetry in ((1, "equivariant"), (layer + 1, "invariant"), (6, "equivariant")):
        found = pc.derive(n=n, layer=layer, symmetry=symmetry, **case)  # type: ignore[arg-type]
        space = found.comparisons[0].space
        numbers = np.arange(space.size)
        fixed = 0
        for element in permutations(range(n)):
            units = [width * component + at for component in element for at in range(width)]
            letters = [0, *(1 + unit for unit in units)] if bias else units
            outputs = element if symmetry == "equivariant" else (0,)
            fixed += int(np.count_nonzero(space.image(letters, outputs) == numbers))
        mean, rest = divmod(fixed, factorial(n))
        assert (found.orbit_counts, rest) == ([OrbitCount(mean, mean)], 0)


def test_large_groups() -> None:
    def predicted(group: pc.PermutationGroup, space: CoefficientSpace) -> int | None:
        network = pc.NetworkSpec(group.degree, layer=2)
        return predicted_orbits(network, pc.Symmetry(group), space, (0, 1))

    n = 10**6
    assert predicted(S(n), FunctionCoefficients(n, n, 2)) == 4
    assert predicted(S(n), TensorCoefficients(n, n, 2)) == 5
    alternating, dihedral = pc.PermutationGroup.alternating(20), pc.PermutationGroup.dihedral(60)
    assert predicted(alternating, FunctionCoefficients(20, 20, 2)) is None
    assert predicted(dihedral, FunctionCoefficients(60, 60, 1)) == 31


def test_nothing_is_predicted_for_equation_21() -> None:
    network = pc.NetworkSpec(3, indices="redundant")
    [count] = pc.derive(network, pc.Symmetry(S(3), compare="paper")).orbit_counts
    assert count.predicted is None
    assert count.agrees is None


def test_the_command_shows_both(capsys: pytest.CaptureFixture[str]) -> None:
    from polyconstraints.cli.main import run

    assert run(["derive", "-n", "5", "--group", "D", "--check", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["check"] == [{"counted": 9, "predicted": 9}]
    assert run(["derive", "-n", "5", "--group", "D", "--check"]) == 0
    assert "9   of coefficients, as predicted from cycle types: 9" in capsys.readouterr().out
