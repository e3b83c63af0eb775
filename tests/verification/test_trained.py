"""Trained weights: how symmetric they are, which of them break it, and what they are."""

from __future__ import annotations

import json
import math
import time
from itertools import permutations
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.cli.main import run
from polyconstraints.io.strict_json import iter_json
from polyconstraints.schemas import load_schema
from polyconstraints.verification.discovery import group_name
from polyconstraints.verification.trained import (
    check_weights,
    evaluate_points,
    infer_network,
    random_points,
    read_weights,
    weight_rows,
)

from .maps import S, derived

Arrays = list[Any]


def drawn(tying: pc.TyingMap, seed: int = 0) -> Arrays:
    rng = np.random.default_rng(seed)
    return tying.weights(rng.normal(size=tying.dimension))


def save(path: Path, weights: Arrays) -> Path:
    named = {f"layer{at}": np.ascontiguousarray(array) for at, array in enumerate(weights)}
    if path.suffix == ".npz":
        np.savez(path, **named)
    else:
        pytest.importorskip("safetensors.numpy").save_file(named, path)
    return path


KINDS: list[dict[str, Any]] = [
    {},
    {"depth": 2, "bias": True},
    {"layer": "linear", "depth": 3, "bias": True},
    {"indices": "redundant"},
    {"depth": 2, "channels": (1, 2, 1)},
]


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_vectorised_evaluation_agrees_with_the_plain_one(options: dict[str, Any]) -> None:
    tying = derived(3, **options)
    weights = drawn(tying)
    points = random_points(tying.network, 3, 1)
    named = {
        layer.name(*place): float(array[tuple(place)])
        for layer, array in zip(tying.network.layers, weights, strict=True)
        for place in np.argwhere(layer.mask).tolist()
    }
    for point, outputs in zip(
        points,
        evaluate_points(tying.network, weight_rows(tying.network, weights), points),
        strict=True,
    ):
        assert np.allclose(outputs, pc.evaluate(tying.network, named, point.tolist()))


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize("precision", ["f2", "f4", "f8"])
def test_tied_weights_are_symmetric(
    options: dict[str, Any], ending: str, precision: str, tmp_path: Path
) -> None:
    tying = derived(3, **options)
    path = save(tmp_path / f"weights.{ending}", [w.astype(precision) for w in drawn(tying)])
    result = check_weights(tying, read_weights(path))
    assert result
    assert result.deviating == 0
    assert result.function_error is not None
    # Equal weights are rounded alike; the redundant case has sums of weights, which are not.
    exact = tying.network.indices == "ordered"
    assert result.function_error < (1e-12 if exact else result.tolerance)
    assert result.tolerance == max(1e-9, 100 * float(np.finfo(precision).eps))


def test_bfloat16_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    save_file = pytest.importorskip("safetensors.torch").save_file

    tying = derived(3)
    (weights,) = drawn(tying)
    narrow = torch.tensor(weights).to(torch.bfloat16)
    save_file({"layer0": narrow}, tmp_path / "w.safetensors")
    (found,) = read_weights(tmp_path / "w.safetensors")
    assert np.array_equal(found, narrow.to(torch.float32).numpy())
    assert check_weights(tying, [found])


def test_the_weights_that_break_it_are_named() -> None:
    tying = derived(4, depth=2, bias=True)
    weights = drawn(tying)
    weights[0][2, 3, 1] += 0.25
    weights[1][1, 0, 0] -= 0.125
    result = check_weights(tying, weights)
    assert not result
    assert result.deviating == 2
    assert [deviation.weight for deviation in result.deviations] == ["W0_3_3_1", "W1_2_0_0"]
    assert [deviation.difference for deviation in result.deviations] == pytest.approx(
        [0.25, -0.125]
    )
    assert result.function_error is not None
    assert result.function_error > 1e-3


def test_distance_is_that_to_the_nearest_tied_network() -> None:
    tying = derived(3, layer="linear")
    weights = drawn(tying)
    weights[0][0, 0] += 0.3
    # The mean over three weights moves by 0.1.
    expected = math.sqrt(0.2**2 + 2 * 0.1**2)
    assert check_weights(tying, weights).distance == pytest.approx(expected)


def test_small_noise_is_measured() -> None:
    tying = derived(4)
    rng = np.random.default_rng(2)
    for noise in (1e-3, 1e-6):
        weights = [w + noise * rng.normal(size=w.shape) * (w != 0) for w in drawn(tying)]
        result = check_weights(tying, weights)
        assert not result
        assert result.function_error is not None
        assert noise / 30 < result.function_error < 30 * noise
        assert check_weights(tying, weights, tolerance=100 * noise)


def renamed(weights: Arrays, order: list[int]) -> Arrays:
    """Return a two-layer network with its hidden units in another order."""
    first, second = weights
    full = second + second.transpose(0, 2, 1)
    full[:, range(len(order)), range(len(order))] /= 2
    moved = full[:, order][:, :, order]
    return [first[order], np.tril(moved)]


def test_hidden_units_in_another_order() -> None:
    tying = derived(3, depth=2)
    weights = renamed(drawn(tying), [1, 2, 0])
    result = check_weights(tying, weights)
    assert result
    assert result.deviating > 0
    (equivariant, invariant) = pc.discover(tying.network, weights).groups
    assert (equivariant.name, equivariant.order, invariant.name) == ("S3", 6, "trivial")
    assert [found.layerwise for found in equivariant.transpositions] == [False] * 3


@pytest.mark.parametrize("indices", ["ordered", "redundant"])
def test_exact_weights_are_proven_whatever_the_order_of_hidden_units(indices: str) -> None:
    tying = derived(3, depth=2, indices=indices, symmetry={"compare": "tensor"})
    weights = drawn(tying)
    assert check_weights(tying, weights).proof == "layerwise"
    if indices == "ordered":
        result = check_weights(tying, renamed(weights, [1, 2, 0]))
        assert result.proof == "layerwise"
        assert result.found_actions is not None
        assert list(result.found_actions) == [1]
    weights[0][0, 1, 0] = np.nextafter(weights[0][0, 1, 0], 9)
    result = check_weights(tying, weights)
    assert result
    assert result.proof is None


def test_numbers_that_are_nearly_equal_prove_nothing() -> None:
    tying = derived(3, layer="linear")
    weights = [w.astype("f4") for w in drawn(tying)]
    assert check_weights(tying, weights).proof == "layerwise"
    weights[0][0, 1] *= np.float32(1 + 1e-6)
    assert check_weights(tying, weights)
    assert check_weights(tying, weights).proof is None


def test_overflow_leaves_the_weights_to_decide() -> None:
    tying = derived(2, depth=12)
    weights = [1e30 * w for w in drawn(tying)]
    result = check_weights(tying, weights)
    assert result.function_error is None
    assert result
    assert json.dumps(result.to_json(), allow_nan=False)


def test_zero_network_is_symmetric() -> None:
    tying = derived(2)
    result = check_weights(tying, [np.zeros((2, 2, 2))])
    assert result
    assert (result.function_error, result.weight_error) == (0, 0)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([np.zeros((3, 3))], r"^layer0: expected shape \(2, 2, 2\), got \(3, 3\)"),
        ([np.zeros((2, 2, 2))] * 2, "^weights: expected 1 layers, got 2"),
        ([np.ones((2, 2, 2))], r"^layer0\[0\]\[0\]\[1\]: expected 0 where i < j"),
    ],
)
def test_weights_must_fit(weights: Arrays, message: str) -> None:
    with pytest.raises(pc.InputError, match=message):
        check_weights(derived(2), weights)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_numbers_must_be_finite(wrong: float, tmp_path: Path) -> None:
    weights = drawn(derived(2))
    weights[0][1, 1, 0] = wrong
    with pytest.raises(pc.InputError, match=r"layer0\[1\]\[1\]\[0\]: expected a finite number"):
        read_weights(save(tmp_path / "w.npz", weights))


@pytest.mark.parametrize(
    ("shapes", "options"),
    [
        ([()], {}),
        ([(2,)], {}),
        ([(2, 3, 2)], {}),
        ([(2, 2, 2), (2, 2)], {}),
        ([(2, 2, 2), (2, 3, 3)], {}),
        ([(2, 2, 2), (2, 2, 2)], {"bias": True}),
        ([(2, 1)], {"bias": True}),
        ([(0, 2)], {}),
        ([(3, 3)], {"channels": (2,)}),
        ([(2, 2)], {"channels": (1, 1, 1)}),
    ],
)
def test_shapes_that_are_no_network(shapes: list[tuple[int, ...]], options: Any) -> None:
    with pytest.raises(pc.InputError, match=r"^layer[01]: expected"):
        infer_network([np.zeros(shape) for shape in shapes], **options)


# --- Discovery --------------------------------------------------------------------------------


GROUPS: list[tuple[pc.PermutationGroup, str]] = [
    (S(4), "S4"),
    (pc.PermutationGroup.cyclic(4), "C4"),
    (pc.PermutationGroup.dihedral(4), "D4"),
    (pc.PermutationGroup.trivial(4), "trivial"),
    (pc.PermutationGroup(4, [[1, 0, 2, 3]]), "S2"),
    (pc.PermutationGroup(4, [[1, 0, 2, 3], [0, 1, 3, 2]]), "S2 × S2"),
    (pc.PermutationGroup(4, [[1, 2, 0, 3], [1, 0, 2, 3]]), "S3"),
    (pc.PermutationGroup(4, [[1, 0, 3, 2]]), "C2"),
    (pc.PermutationGroup(4, [[1, 0, 3, 2], [2, 3, 0, 1]]), "order 4"),
]


@pytest.mark.parametrize(("group", "name"), GROUPS, ids=[name for _, name in GROUPS])
def test_the_group_is_found_and_named(group: pc.PermutationGroup, name: str) -> None:
    tying = derived(4, group, bias=True)
    found = pc.discover(tying.network, drawn(tying)).groups[0]
    assert (found.kind, found.name, found.order) == ("equivariant", name, group.order())
    assert found.complete
    assert group_name(group) == name


def test_names_of_groups() -> None:
    for group, name in GROUPS:
        assert group_name(group) == name
    assert group_name(pc.PermutationGroup.alternating(5)) == "A5"
    assert group_name(pc.PermutationGroup.dihedral(5)) == "D5"
    assert group_name(pc.PermutationGroup.cyclic(7)) == "C7"
    assert group_name(pc.PermutationGroup(6, [[1, 0, 2, 3, 4, 5], [0, 1, 3, 4, 5, 2]])) == (
        "order 8"
    )


def test_every_permutation_is_judged_rightly() -> None:
    tying = derived(4, pc.PermutationGroup.dihedral(4), bias=True)
    weights = drawn(tying)
    found = pc.discover(tying.network, weights).groups[0]
    points = random_points(tying.network, 5, 9)
    rows = weight_rows(tying.network, weights)
    plain = evaluate_points(tying.network, rows, points)
    right = {
        sigma
        for sigma in permutations(range(4))
        if np.allclose(
            evaluate_points(tying.network, rows, points[:, list(sigma)]), plain[:, list(sigma)]
        )
    }
    group = found.group.to_sympy()
    assert right == {tuple(element.array_form) for element in group.elements}


def test_invariance_is_told_from_equivariance() -> None:
    tying = derived(3, depth=2, outputs=1, bias=True, symmetry={"kind": "invariant"})
    (group,) = pc.discover(tying.network, drawn(tying)).groups
    assert (group.kind, group.name) == ("invariant", "S3")
    assert all(found.layerwise for found in group.transpositions)


def test_many_components() -> None:
    group = pc.PermutationGroup.cyclic(9)
    tying = derived(9, group, layer="linear")
    found = pc.discover(tying.network, drawn(tying)).groups[0]
    assert (found.name, found.order, found.complete) == ("C9", 9, False)
    whole = derived(12)
    found = pc.discover(whole.network, drawn(whole)).groups[0]
    assert (found.name, found.order) == ("S12", math.factorial(12))
    assert len(found.transpositions) == 66
    assert len(found.group.generators) == 11


@pytest.mark.parametrize("planted", [[70], [30, 40], [1] * 70, [69, 1]])
def test_hundreds_of_components_take_seconds(planted: list[int]) -> None:
    """Blocks of components that can be exchanged, interleaved by a random order."""
    rng = np.random.default_rng(4)
    n = sum(planted)
    block = rng.permutation(np.repeat(np.arange(len(planted)), planted))
    off, on = rng.normal(size=(len(planted),) * 2), rng.normal(size=len(planted))
    array = off[block][:, block]
    array[np.arange(n), np.arange(n)] = on[block]
    network = pc.NetworkSpec(n, layer="linear")
    started = time.process_time()
    found = pc.discover(network, [array]).groups[0]
    assert time.process_time() - started < 20
    assert found.order == math.prod(math.factorial(size) for size in planted)
    swapped = {
        tuple(at for at, image in enumerate(one.permutation) if at != image)
        for one in found.transpositions
    }
    assert len(swapped) == n - len(planted)
    assert all(block[a] == block[b] for a, b in swapped)
    assert all(one.layerwise for one in found.transpositions)


@pytest.mark.parametrize("name", ["C", "D"])
def test_components_that_look_alike_are_told_apart(name: str) -> None:
    """No two can be exchanged, though derivatives are the same along all of them."""
    n = 400
    around = np.subtract.outer(np.arange(n), np.arange(n)) % n
    if name == "D":
        around = np.minimum(around, n - around)
    array = np.random.default_rng(4).normal(size=n)[around]
    started = time.process_time()
    found = pc.discover(pc.NetworkSpec(n, layer="linear"), [array]).groups[0]
    assert time.process_time() - started < 20
    assert (found.name, found.transpositions) == (f"{name}{n}", ())


def test_channels_move_with_their_components() -> None:
    tying = derived(3, depth=2, channels=(2, 1, 2))
    found = pc.discover(tying.network, drawn(tying)).groups[0]
    assert found.name == "S3"


# --- Commands ---------------------------------------------------------------------------------


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tying = derived(3, depth=2, bias=True)
    weights = drawn(tying)
    file = str(save(tmp_path / "trained.npz", weights))
    tying.save(tmp_path / "map.json")
    described = ["-n", "3", "-d", "2", "--bias"]
    for where in ([str(tmp_path / "map.json")], described):
        assert run(["verify", *where, "--weights", file, "--format", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, load_schema("weight-check"))
        assert document["symmetric"] is True
    assert run(["verify", *described, "--weights", file]) == 0
    assert capsys.readouterr().out.startswith("symmetric  yes\n")
    assert run(["discover", file, "--bias", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, load_schema("discovery"))
    assert [group["name"] for group in document["groups"]] == ["S3", "trivial"]
    assert run(["discover", file, "--bias"]) == 0
    assert "equivariant under S3 (order 6)" in capsys.readouterr().out

    weights[0][0, 1, 1] += 1
    file = str(save(tmp_path / "broken.safetensors", weights))
    assert run(["verify", *described, "--weights", file, "--format", "json"]) == 3
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, load_schema("weight-check"))
    assert document["deviations"][0]["weight"] == "W0_1_1_1"
    assert run(["verify", *described, "--weights", file]) == 3
    assert "W0_1_1_1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("verify", "MAP: expected a file, got none"),
        ("verify {map} -n 3", "--inputs: expected no options that describe a network"),
        ("verify --weights {file}", "-n/--inputs: expected MAP or a network's options"),
        ("verify --weights {file} -n 2", "{file}: layer0: expected shape (2, 2, 2), got (3, 3, 3)"),
        ("verify {map} --tolerance nan", "--tolerance: expected a number of at least 0, got nan"),
        ("verify {map} --tolerance -1", "--tolerance: expected a number of at least 0, got -1"),
        ("verify {map} --trials 0", "--trials: expected an integer ≥ 1, got '0'"),
        ("discover {file}", "{file}: layer0[0][0][1]: expected 0 where i < j"),
        ("discover {map}", "{map}: expected a NumPy archive, got something else"),
        ("discover {map}.gone", "{map}.gone: cannot be read: no such file or directory"),
    ],
)
def test_wrong_usage(
    args: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"map": tmp_path / "map.json", "file": tmp_path / "weights.npz"}
    derived(3).save(names["map"])
    save(names["file"], [np.ones((3, 3, 3))])
    assert run(args.format(**names).split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"polyconstraints: error: {message.format(**names)}")
    assert captured.err.count("\n") == 1


@pytest.mark.filterwarnings("error")
def test_the_largest_numbers_are_checked_like_others() -> None:
    network = pc.NetworkSpec(2, 2, "linear")
    tying = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2))).tying_map()
    tied = [np.array([[1e308, -1e308], [-1e308, 1e308]])] * 2
    assert check_weights(tying, tied).distance < 1e-15 * 1e308
    broken = [tied[0], np.array([[1e308, 1e308], [-1e308, 1e308]])]
    found = check_weights(tying, broken)
    assert found.distance == pytest.approx(2**0.5 * 1e308)
    document = found.to_json()
    jsonschema.validate(document, load_schema("weight-check"))
    assert json.loads("".join(iter_json(document)))["symmetric"] is False
    far = [np.array([[1.7e308, -1.7e308], [1.7e308, -1.7e308]])] * 2
    document = check_weights(tying, far).to_json()
    assert document["distance"] is None
    jsonschema.validate(json.loads("".join(iter_json(document))), load_schema("weight-check"))
