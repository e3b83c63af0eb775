"""Symmetries of trained weights: all that there are, and their names."""

from __future__ import annotations

import json
import math
import sys
import time
from itertools import permutations
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.cli.main import run
from polyconstraints.evaluation import FLOATING, values
from polyconstraints.render.verdicts import discovery_text
from polyconstraints.schemas import load_schema
from polyconstraints.verification.discovery import group_name
from polyconstraints.verification.trained import random_points, weight_rows

from .maps import S, derived
from .planted import GROUPS, mistakes, plant
from .test_trained import drawn, renamed, save

pytest.importorskip("igraph")


@pytest.mark.parametrize("group", [one for one in GROUPS if one[0] < 11], ids=lambda one: one[3])
def test_planted_symmetries_are_found(group: Any) -> None:
    rng = np.random.default_rng(group[0])
    for _ in range(2):
        network, weights, renaming = plant(rng, group)
        assert mistakes(group, network, weights, renaming) == []


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (S(4), "S4"),
        (pc.PermutationGroup.alternating(5), "A5"),
        (pc.PermutationGroup.dihedral(5), "D5"),
        (pc.PermutationGroup.cyclic(7), "C7"),
        (pc.PermutationGroup.trivial(4), "trivial"),
        (pc.PermutationGroup(4, [[1, 0, 3, 2]]), "C2"),
        (pc.PermutationGroup(4, [[1, 0, 3, 2], [2, 3, 0, 1]]), "C2 × C2"),
        (pc.PermutationGroup(6, [[1, 0, 2, 3, 4, 5], [0, 1, 3, 4, 5, 2]]), "S2 × C4"),
        # D3 on six points is no D6, and two copies of three points are no S3 × S3.
        (pc.PermutationGroup(6, [[1, 2, 0, 4, 5, 3], [3, 5, 4, 0, 2, 1]]), "order 6"),
        (pc.PermutationGroup(6, [[1, 2, 0, 4, 5, 3], [1, 0, 2, 4, 3, 5]]), "S3"),
        (
            pc.PermutationGroup(8, [[1, 0, 3, 2, *range(4, 8)], [*range(4), 5, 6, 7, 4]]),
            "C2 × C4",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_of_groups(group: pc.PermutationGroup, name: str) -> None:
    assert group_name(group) == name


def test_every_permutation_is_judged_rightly() -> None:
    tying = derived(4, pc.PermutationGroup.dihedral(4), bias=True)
    weights = drawn(tying)
    points = random_points(tying.network, 5, 9)
    rows = weight_rows(tying.network, weights)
    plain = values(tying.network, rows, points, FLOATING)
    right = {
        sigma
        for sigma in permutations(range(4))
        if np.allclose(
            values(tying.network, rows, points[:, list(sigma)], FLOATING), plain[:, list(sigma)]
        )
    }
    found = pc.discover(tying.network, weights).groups[0]
    assert right == set(found.group.elements(24))


def test_hidden_units_move_along() -> None:
    tying = derived(3, depth=2)
    weights = renamed(drawn(tying), [1, 2, 0])
    (equivariant, invariant) = pc.discover(tying.network, weights).groups
    assert (equivariant.name, invariant.name) == ("S3", "trivial")
    assert (equivariant.proved, equivariant.complete, equivariant.error) == (True, True, 0)
    for images, hidden in zip(equivariant.group.generators, equivariant.hidden, strict=True):
        first = weights[0][list(hidden[1])]
        moved = first + first.transpose(0, 2, 1)
        moved = moved[:, list(images)][:, :, list(images)]
        assert np.array_equal(moved, weights[0] + weights[0].transpose(0, 2, 1))


def test_units_of_no_use_change_nothing() -> None:
    """Hidden units that are alike can be exchanged while no input moves."""
    rng = np.random.default_rng(0)
    network = pc.NetworkSpec(3, 2, "linear", widths=[5])
    first, second = np.zeros((5, 3)), rng.normal(size=(3, 5))
    first[0] = 1
    found = pc.discover(network, [first, second]).groups
    assert [(group.name, group.order) for group in found] == [("trivial", 1), ("S3", 6)]


def test_a_function_may_have_more() -> None:
    """The network of the theorem that no network with equivariant layers computes."""
    network = pc.NetworkSpec(2, depth=2, bias=True)
    weights = []
    for rows in (
        ([1, 2, 2, 2, 0, 2], [-1, 0, 2, -4, -4, -2]),
        ([0, 4, -1, 0, 0, 1], [0, 4, 1, 0, 0, -1]),
    ):
        array = np.zeros((2, 3, 3))
        array[:, *np.tril_indices(3)] = rows
        weights.append(array)
    result = pc.discover(network, weights)
    assert result.functions is not None
    assert [group.name for group in result.groups] == ["trivial", "trivial"]
    assert [group.name for group in result.functions] == ["S2", "trivial"]
    assert not result.functions[0].proved
    assert "As a function:\nequivariant under S2 (order 2)" in discovery_text(result)


def test_what_is_too_large_to_be_multiplied_out_is_said() -> None:
    tying = derived(6, depth=5)
    result = pc.discover(tying.network, drawn(tying))
    assert (result.groups[0].name, result.functions) == ("S6", None)
    assert "As a function there may be more" in discovery_text(result)


def test_nearly_equal_weights() -> None:
    tying = derived(4, bias=True)
    rng = np.random.default_rng(3)
    weights = [w * (1 + 1e-7 * rng.normal(size=w.shape)) for w in drawn(tying)]
    found = pc.discover(tying.network, weights, tolerance=1e-6).groups[0]
    assert (found.name, found.complete, found.proved) == ("S4", True, False)
    assert 1e-8 < found.error < 1e-6
    found = pc.discover(tying.network, weights).groups[0]
    assert (found.name, found.complete) == ("trivial", True)
    assert found.gap is not None
    assert found.gap > 1e-9


def test_weights_closer_than_the_tolerance_are_not_chained() -> None:
    """Each is within the tolerance of the next, so that all would be equal."""
    weights = np.linspace(0, 1, 64).reshape(8, 8)
    result = pc.discover(pc.NetworkSpec(8, layer="linear"), [weights], tolerance=0.1)
    found = result.groups[0]
    assert (found.name, found.complete) == ("trivial", False)
    assert found.error <= 0.1
    assert "others may be within the tolerance" in discovery_text(result)


def test_sums_of_weights_prove_nothing() -> None:
    tying = derived(3, indices="redundant")
    found = pc.discover(tying.network, drawn(tying)).groups[0]
    assert (found.name, found.proved) == ("S3", False)


def test_all_weights_equal() -> None:
    found = pc.discover(pc.NetworkSpec(5, layer="linear"), [np.zeros((5, 5))]).groups
    assert [group.name for group in found] == ["S5", "S5"]
    assert found[0].gap is None


def test_layers_of_mixed_degrees_with_an_activation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = {"depth": 3, "layer": "linear,cubic,quadratic", "activation": "z^2 - z"}
    tying = derived(3, symmetry={"kind": "invariant"}, bias=True, outputs=1, **kinds)
    file = str(save(tmp_path / "w.npz", drawn(tying)))
    assert run(["discover", file, "--bias", "--activation", "z^2 - z", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, load_schema("discovery"))
    assert document["network"]["layer"] == "linear,cubic,quadratic"
    (group,) = document["groups"]
    assert (group["name"], group["complete"], group["proved"]) == ("S3", True, True)
    assert run(["discover", file, "--bias"]) == 0
    assert "invariant under S3 (order 6)" in capsys.readouterr().out


def test_channels_move_with_their_components() -> None:
    tying = derived(3, depth=2, channels=(2, 1, 2))
    assert pc.discover(tying.network, drawn(tying)).groups[0].name == "S3"


@pytest.mark.parametrize("planted", [[70], [30, 40], [1] * 70, [250, 250]], ids=str)
def test_hundreds_of_components_take_seconds(planted: list[int]) -> None:
    """Blocks of components that can be exchanged, interleaved by a random order."""
    rng = np.random.default_rng(4)
    n = sum(planted)
    block = rng.permutation(np.repeat(np.arange(len(planted)), planted))
    off, on = rng.normal(size=(len(planted),) * 2), rng.normal(size=len(planted))
    array = off[block][:, block]
    array[np.arange(n), np.arange(n)] = on[block]
    started = time.process_time()
    found = pc.discover(pc.NetworkSpec(n, layer="linear"), [array]).groups[0]
    assert time.process_time() - started < 20
    assert found.order == math.prod(math.factorial(size) for size in planted)
    assert all(
        block[at] == block[image]
        for images in found.group.generators
        for at, image in enumerate(images)
    )


@pytest.mark.parametrize("name", ["C", "D"])
def test_components_that_look_alike_are_told_apart(name: str) -> None:
    n = 150
    around = np.subtract.outer(np.arange(n), np.arange(n)) % n
    if name == "D":
        around = np.minimum(around, n - around)
    array = np.random.default_rng(4).normal(size=n)[around]
    found = pc.discover(pc.NetworkSpec(n, layer="linear"), [array]).groups[0]
    assert (found.name, found.complete) == (f"{name}{n}", True)


def test_refusals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    around = np.subtract.outer(np.arange(60), np.arange(60)) % 60
    file = str(save(tmp_path / "w.npz", [np.random.default_rng(0).normal(size=60)[around]]))
    for limit, what in (("100kB", "for 3600 weights"), ("1MB", "for a graph of 3840 nodes")):
        assert run(["discover", file, "--memory-limit", limit]) == 4
        message = capsys.readouterr().err
        assert what in message
        assert "--memory-limit" in message
    monkeypatch.setitem(sys.modules, "igraph", None)
    assert run(["discover", file]) == 2
    assert "pip install 'polyconstraints[discover]'" in capsys.readouterr().err
