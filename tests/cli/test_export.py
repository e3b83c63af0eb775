"""The command ``export``: one map in three formats."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.schemas import load_schema

RunCommand = Callable[..., Any]
RunPython = Callable[..., "subprocess.CompletedProcess[str]"]


def test_ordered_layer_by_hand(run_program: RunCommand) -> None:
    document = json.loads(run_program("export", "-n", "2").stdout)
    # Weights (1;1,1), (1;2,1), (1;2,2) found first; σ = (1 2) leads to (2;2,2), (2;2,1), (2;1,1).
    assert document["layers"] == [
        {
            "name": "layer0",
            "shape": [2, 2, 2],
            "axes": ["output", "i", "j"],
            "classes": [[[0, -1], [1, 2]], [[2, -1], [1, 0]]],
            "free": [0, 1, 2],
            "dependent": {},
        }
    ]
    assert document["counts"] == {
        "weights": 6, "distinct": 3, "dimension": 3, "function_dimension": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    "args",
    [
        "-n 1",
        "-n 3 --bias",
        "-n 3 -d 2 --bias --symmetry invariant",
        "-n 3 --indices redundant",
        "-n 3 --indices redundant --compare paper",
        "-n 3 --indices redundant --compare tensor --permutations adjacent",
        "-n 4 --layer linear --group D",
        "-n 3 --group [[1,2,0]]",
        "-n 2 --channels 2,3",
        "-n 2 --scope network",
    ],
)
def test_document(run_program: RunCommand, tmp_path: Path, args: str) -> None:
    text = run_program("export", *args.split()).stdout
    document = json.loads(text)
    jsonschema.validate(document, load_schema("tying-map"))
    del document["provenance"]
    jsonschema.validate(document, load_schema("tying-map"))
    for ending in ("json", "npz", "safetensors"):
        if ending == "safetensors":
            pytest.importorskip("safetensors")
        path = tmp_path / f"map.{ending}"
        assert run_program("export", *args.split(), "-o", str(path)) == (0, "", "")
        assert pc.TyingMap.load(path) == pc.TyingMap.from_json(json.loads(text))


def test_format_beats_ending(run_program: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    assert run_program("export", "-n", "2", "--format", "json", "-o", str(path)).status == 0
    assert json.loads(path.read_text())["layers"]
    assert run_program("export", "-n", "2", "-o", str(tmp_path / "map.txt")).status == 0
    assert json.loads((tmp_path / "map.txt").read_text())["layers"]


def test_binary_to_a_pipe(child_environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "polyconstraints", "export", "-n", "2", "--format", "npz"]
    done = subprocess.run(command, capture_output=True, env=child_environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    path = tmp_path / "map.npz"
    path.write_bytes(done.stdout)
    assert np.load(path)["layer0"].shape == (2, 2, 2)


def test_network_scope_is_refused(run_program: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    result = run_program("export", *["-n", "2", "-d", "2", "--scope", "network", "-o"], str(path))
    assert result.status == 2
    assert result.stderr == (
        "polyconstraints: error: --scope: expected layer scope: in network scope the weights form "
        "a variety, not one linear space\n"
    )
    assert not path.exists()


def test_unwritable_file_is_refused(run_program: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "no" / "map.json"
    result = run_program("export", "-n", "2", "-o", str(path))
    assert result.status == 2
    assert result.stderr.startswith("polyconstraints: error: -o/--output-file: cannot write ")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_failure_keeps_the_old_file(run_program: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text("precious")
    assert run_program("export", "-n", "2", "--widths", "3", "-o", str(path)).status == 2
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_same_bytes_for_any_hash_seed(run_python: RunPython) -> None:
    text = "export -n 3 --indices redundant"
    args = ["-m", "polyconstraints", *text.split()]
    first, second = (run_python(*args, PYTHONHASHSEED=seed).stdout for seed in ("0", "4242"))
    assert first == second
    assert first.startswith("{\n")
