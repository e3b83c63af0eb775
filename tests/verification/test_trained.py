"""Trained weights: how symmetric they are, which of them break it, and what they are."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.cli.main import run
from polyconstraints.evaluation import FLOATING, values
from polyconstraints.io.strict_json import iter_json
from polyconstraints.schemas import load_schema
from polyconstraints.verification.trained import (
    check_weights,
    infer_network,
    random_points,
    read_weights,
    weight_rows,
)

from .maps import derived

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
        values(tying.network, weight_rows(tying.network, weights), points, FLOATING),
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
        ("verify {map} -n 3", "-n/--inputs: expected no description of a network beside a file"),
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
