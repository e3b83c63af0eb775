"""The command ``plot``: formats, sources and errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from polyconstraints.schemas import load_schema

RunCommand = Callable[..., Any]

STRATA = {
    "schema": "polyconstraints/strata/2",
    "network": {},
    "symmetry": {},
    "weights": 12,
    "strata": [
        {
            "hidden": [{"[2]": 2}],
            "attained": [{"[2]": 2}],
            "weight_dimension": 7,
            "tangent_dimension": 7,
            "function_dimension": None,
            "component": True,
        }
    ],
}


@pytest.fixture
def strata_file(tmp_path: Path) -> str:
    path = tmp_path / "strata.json"
    path.write_text(json.dumps(STRATA), encoding="utf-8")
    return str(path)


def test_text(run_program: RunCommand) -> None:
    result = run_program("plot", "-n", "2")
    assert result.status == 0
    assert result.stdout.splitlines()[3:] == [
        "Layer 0: 6 weights, 3 classes",
        "k = 1   k = 2",
        "0 ·     2 ·",
        "1 2     1 0",
        "c0: k = i = j (2 weights)",
        "c1: k is one of i ≠ j (2 weights)",
        "c2: k ≠ i = j (2 weights)",
    ]


@pytest.mark.parametrize(
    "args",
    [
        ["-n", "3", "--indices", "redundant", "--compare", "paper"],
        ["-n", "2", "-d", "2", "--layer", "linear"],
        ["-n", "5", "--view", "graph", "--bias"],
        ["--view", "strata", "FILE"],
    ],
    ids=" ".join,
)
def test_json_fits_its_schema(run_program: RunCommand, strata_file: str, args: list[str]) -> None:
    args = [strata_file if arg == "FILE" else arg for arg in args]
    result = run_program("plot", *args, "--format", "json")
    assert result.status == 0, result.stderr
    jsonschema.validate(json.loads(result.stdout), load_schema("plot"))


@pytest.mark.parametrize("ending", ["svg", "png", "tex", "tikz", "json", "txt"])
def test_ending_chooses_the_format(run_program: RunCommand, tmp_path: Path, ending: str) -> None:
    if ending == "png":
        pytest.importorskip("matplotlib")
    path = tmp_path / f"map.{ending}"
    assert run_program("plot", "-n", "2", "-o", str(path)) == (0, "", "")
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "json": b"{", "txt": b"1 quadratic"}
    assert path.read_bytes().startswith(starts.get(ending, b"% Classes of weights"))


def test_format_wins_over_ending(run_program: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "map.svg"
    run_program("plot", "-n", "2", "--format", "json", "-o", str(path))
    assert path.read_bytes().startswith(b"{")


def test_map_from_a_file_is_drawn_as_the_network(run_program: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    assert run_program("export", "-n", "3", "--bias", "-o", str(path)).status == 0
    from_file = run_program("plot", str(path), "--format", "svg")
    assert from_file == run_program("plot", "-n", "3", "--bias", "--format", "svg")


def test_strata(run_program: RunCommand, strata_file: str) -> None:
    result = run_program("plot", "--view", "strata", strata_file)
    assert "1. 2·[2]: weights 7, tangent 7, component" in result.stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "-n/--inputs: expected a number of inputs or a file, got neither"),
        (["no.json", "--bias"], "--bias: expected no description of a network beside a file"),
        (["-n", "2", "x.json"], "-n/--inputs: expected no description of a network beside a file"),
        (["-n", "2", "--outputs", "3"], "--outputs: expected an output from 1 to 2"),
        (["-n", "2", "--layers", "1"], "--layers: expected a layer from 0 to 0"),
        (["--view", "strata"], "FILE: expected a document of strata, got none"),
        (["-n", "3", "-d", "2", "--scope", "network"], "--scope: expected layer scope"),
        (
            ["-n", "2", "-o", "x.csv"],
            "-o/--output-file: expected a name that ends in .json, .pdf, .png, .svg, .tex, .tikz",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(run_program: RunCommand, args: list[str], message: str) -> None:
    result = run_program("plot", *args)
    assert result.status == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"polyconstraints: error: {message}")
    assert result.stderr.count("\n") == 1


def test_too_large_a_picture_is_refused(run_program: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    run_program("export", "-n", "300", "--rule", "-o", str(path))
    result = run_program("plot", str(path))
    assert result.status == 4
    assert "expected at most 5000000 weights to draw, got 13545000" in result.stderr


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["--view", "graph", "--layers", "0"], "--layers: expected none for the graph"),
        (["--view", "graph", "--outputs", "1"], "--outputs: expected none for the graph"),
        (["--units", "3"], "--units: expected none for the blocks, got 3"),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    run_program: RunCommand, args: list[str], line: str
) -> None:
    result = run_program("plot", "-n", "2", *args)
    assert result.status == 2
    assert result.stderr.startswith(f"polyconstraints: error: {line}")
