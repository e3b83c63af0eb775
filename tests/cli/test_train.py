"""The command ``train``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.schemas import load_schema
from polyconstraints.training import TARGETS

RunCommand = Callable[..., Any]


def trained(run_program: RunCommand, *args: str) -> Any:
    result = run_program("train", *args, "--format", "json")
    assert result.status == 0, result.stderr
    document = json.loads(result.stdout)
    jsonschema.validate(document, load_schema("training"))
    return document


def test_text(run_program: RunCommand) -> None:
    result = run_program("train", "-n", "4", "--steps", "500")
    assert result.status == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "target          squared-deviation: (x_k - mean)^2"
    assert lines[1] == "network         n = 4, d = 1, 40 weights, 4 parameters"
    assert "steps 500" in result.stdout
    assert "*" in result.stdout


@pytest.mark.parametrize("name", [n for n in TARGETS if n not in ("product", "neighbours")])
def test_every_target_is_learnt(run_program: RunCommand, name: str) -> None:
    args = ["-n", "3", "--target", name, "--symmetry", TARGETS[name].kind]
    # The mean of fourth powers takes two layers and the deviation linear terms.
    deep = ["-d", "2", "--bias", "--channels", "1,3,1"]
    args += {"fourth-powers": deep, "mean-and-variance": deep, "deviation": ["--bias"]}.get(
        name, []
    )
    document = trained(run_program, *args, "--steps", "1500", "--learning-rate", "0.02")
    loss = document["loss"]
    assert loss["test"] < 0.01 * loss["target_variance"]
    assert document["symmetry_error"] < 1e-12


def test_targets_have_their_symmetry() -> None:
    x = np.random.default_rng(0).standard_normal((5, 4))
    for name, target in TARGETS.items():
        order = [1, 2, 3, 0] if name == "neighbours" else [2, 0, 3, 1]
        for channels in (1, 2):
            values = target(x, channels, channels)
            moved_x = x.reshape(5, -1, channels)
            order = order if channels == 1 else [1, 0]
            moved = target(moved_x[:, order].reshape(5, -1), channels, channels)
            if target.kind == "equivariant":
                values = values.reshape(5, -1, channels)[:, order].reshape(5, -1)
            np.testing.assert_allclose(moved, values, atol=1e-12)


def test_repeats_byte_for_byte(run_program: RunCommand) -> None:
    args = ("train", "-n", "4", "--group", "C", "--steps", "20", "--format", "json")
    assert run_program(*args).stdout == run_program(*args).stdout


@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_backends_agree(run_program: RunCommand, backend: str, dtype: str) -> None:
    pytest.importorskip(backend)
    args = ("-n", "3", "--bias", "--steps", "30", "--dtype", dtype)
    mine, theirs = (trained(run_program, *args, "--backend", b) for b in ("numpy", backend))
    tolerance = 1e-9 if dtype == "float64" else 1e-3
    assert theirs["loss"]["last"] == pytest.approx(mine["loss"]["last"], rel=tolerance)
    assert theirs["backend"] == backend


def test_paths(run_program: RunCommand) -> None:
    args = ("-n", "3", "--bias", "--steps", "400", "--learning-rate", "0.02")
    mine, theirs = (trained(run_program, *args, "--path", path) for path in ("auto", "gather"))
    assert trained(run_program, *args)["loss"] == mine["loss"]
    assert theirs["loss"]["last"] < 0.1 * theirs["loss"]["first"]


def test_map_from_a_file(run_program: RunCommand, tmp_path: Path) -> None:
    for ending in ("json", "npz"):
        path = str(tmp_path / f"map.{ending}")
        assert run_program("export", "-n", "4", "--group", "C", "-o", path).status == 0
        document = trained(run_program, path, "--target", "neighbours", "--steps", "1500")
        assert document["symmetry"]["group"] == "C"
        assert document["loss"]["test"] < 0.01


def test_rules_and_strata_train(run_program: RunCommand, tmp_path: Path) -> None:
    rule = str(tmp_path / "rule.json")
    assert run_program("export", "-n", "5", "--rule", "-o", rule).status == 0
    assert trained(run_program, rule, "--steps", "10")["network"]["inputs"] == 5
    from tests.backends.maps import named

    stratum = str(tmp_path / "stratum.json")
    named("stratum").save(stratum)
    assert trained(run_program, stratum, "--steps", "10")["symmetry"]["scope"] == "network"


def test_large_n(run_program: RunCommand) -> None:
    document = trained(
        run_program, "-n", "2000", "--steps", "100", "--batch", "16", "--samples", "64"
    )
    assert document["loss"]["test"] < 0.5 * document["loss"]["first"]


def test_saved_parameters_are_what_verify_reads(run_program: RunCommand, tmp_path: Path) -> None:
    path = str(tmp_path / "trained.npz")
    network = ("-n", "3", "-d", "2", "--bias")
    trained(run_program, *network, "--steps", "10", "--save", path)
    with np.load(path) as arrays:
        assert sorted(arrays) == ["layer0", "layer1", "theta0", "theta1"]
        assert arrays["theta0"].shape == (7,)
    assert run_program("verify", "--weights", path, *network).status == 0


@pytest.mark.parametrize("where", ["auto", "gather", "theta"])
def test_parameters_are_verified_whatever_their_coordinates(
    run_program: RunCommand, tmp_path: Path, where: str
) -> None:
    pytest.importorskip("torch")
    save = pytest.importorskip("safetensors.torch").save_file
    from polyconstraints.backends.torch import TiedNetwork
    from polyconstraints.cli.verify import _weights

    tying = pc.derive(n=3, depth=2, bias=True).tying_map()
    network = TiedNetwork.from_map(tying, path="auto" if where == "theta" else where).double()
    path, described = str(tmp_path / "w.safetensors"), ("-n", "3", "-d", "2", "--bias")
    state = network.state_dict()
    if where == "theta":
        theta = network.to_map_parameters()
        state = {f"theta{at}": part.contiguous() for at, part in enumerate(theta)}
    save(state, path)
    for mine, theirs in zip(_weights(tying, path), network.weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-15)
    assert run_program("verify", "--weights", path, *described).status == 0
    state = TiedNetwork.from_map(pc.derive(n=3, depth=2).tying_map()).state_dict()
    save(state, path)
    result = run_program("verify", "--weights", path, *described)
    assert result.status == 2
    assert f"{path}: layers.0._extra_state: expected the state of a network of" in result.stderr


def test_a_stratum_learns_what_layer_scope_lacks(run_program: RunCommand, tmp_path: Path) -> None:
    """Its functions have dimension 9, those of layer scope 8."""
    path = str(tmp_path / "trained.npz")
    network = ("-n", "3", "-d", "2", "--bias", "--symmetry", "invariant")
    stratum = (*network, "--scope", "network", "--stratum", "2")
    target = ("--target", "mean-and-variance", "--steps", "1500")
    layerwise = trained(run_program, *network, *target)
    other = trained(run_program, *stratum, *target, "--save", path)
    assert other["symmetry"]["scope"] == "network"
    assert other["symmetry_error"] < 1e-12
    relative = [one["loss"]["test"] / one["loss"]["target_variance"] for one in (layerwise, other)]
    assert relative[0] > 0.01
    assert relative[1] < 1e-6
    assert run_program("verify", "--weights", path, *stratum).status == 0
    fixed = trained(run_program, *stratum, "--gauge-fixed", "--steps", "1")
    assert fixed["parameters"] < other["parameters"]


def test_small_runs_converge(run_program: RunCommand) -> None:
    document = trained(run_program, "-n", "5", "--steps", "400")
    assert document["loss"]["last"] < 1e-8
    assert trained(run_program, "-n", "3", "--optimizer", "sgd")["learning_rate"] == 0.01


def test_plot(run_program: RunCommand, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    paths = [tmp_path / "one.png", tmp_path / "two.png"]
    for path in paths:
        trained(run_program, "-n", "3", "--steps", "5", "--plot", str(path))
    pictures = [path.read_bytes() for path in paths]
    assert pictures[0].startswith(b"\x89PNG")
    assert pictures[0] == pictures[1]


def test_list_of_targets(run_program: RunCommand) -> None:
    result = run_program("train", "--targets")
    assert result.status == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(TARGETS)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "-n/--inputs: expected a number of inputs or a file, got neither"),
        (("-n", "3", "--target", "variance"), "--target: expected one of squared-deviation,"),
        (("-n", "3", "--learning-rate", "0"), "--learning-rate: expected a number above 0"),
        (("-n", "3", "--learning-rate", "nan"), "--learning-rate: expected a number above 0"),
        (("-n", "3", "--steps", "0"), "--steps: expected an integer ≥ 1"),
        (("-n", "3", "--save", "x.txt"), "--save: expected a name that ends in .npz"),
        (("-n", "3", "--group", "C", "--path", "power_sums"), "--path: 'power_sums' is not one of"),
        (("-n", "3", "-d", "2", "--scope", "network"), "--scope: expected layer scope"),
        (("-n", "3", "-d", "2", "--stratum", "1"), "--stratum: expected --scope network with it"),
        (("-n", "3", "--gauge-fixed"), "--gauge-fixed: expected --stratum with it"),
        (("no-such-file.json",), "no-such-file.json: cannot be read"),
    ],
)
def test_wrong_usage(run_program: RunCommand, args: tuple[str, ...], message: str) -> None:
    result = run_program("train", *args)
    assert result.status == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"polyconstraints: error: {message}")


def test_divergence_is_said_in_one_line(run_program: RunCommand) -> None:
    result = run_program(
        "train", "-n", "3", "-d", "7", "--optimizer", "sgd", "--learning-rate", "100"
    )
    assert result.status == 1
    assert "the loss is not finite after" in result.stderr
    assert result.stderr.count("\n") == 1


def test_curve_of_constant_and_vanishing_losses() -> None:
    from polyconstraints.training.curve import curve_text

    for losses in ([1.0], [0.0, 0.0], [1.0] * 500, [math.exp(-step) for step in range(900)]):
        text = curve_text(losses)
        assert len(text.splitlines()) == 14
        assert f"steps {len(losses)}" in text
