"""The command ``report``: where its page comes from, and errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from polyconstraints.schemas import load_schema

RunCommand = Callable[..., Any]


def test_page_to_a_file_and_to_standard_output(run_program: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert run_program("report", "-n", "2", "-o", str(path)) == (0, "", "")
    result = run_program("report", "-n", "2")
    assert result.stdout == path.read_text(encoding="utf-8")
    assert result.stdout.startswith("<!doctype html>")
    assert "<title>Equivariant network, n = 2, d = 1</title>" in result.stdout


def test_command_is_shown_as_it_was_typed(run_python: Callable[..., Any]) -> None:
    done = run_python("-m", "polyconstraints", "report", "-n", "2", "--group", "[[1,0]]")
    assert "polyconstraints report -n 2 --group &#x27;[[1,0]]&#x27;</code>" in done.stdout


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_map_from_a_file(run_program: RunCommand, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"map.{ending}"
    assert run_program("export", "-n", "3", "--bias", "-o", str(path)).status == 0
    from_file, from_network = (
        run_program("report", *args).stdout for args in ([str(path)], ["-n", "3", "--bias"])
    )
    data = [page.split('id="data">')[1].split("</script>")[0] for page in (from_file, from_network)]
    assert data[0] == data[1]


def test_json_is_the_derivation(run_program: RunCommand) -> None:
    document = json.loads(run_program("report", "-n", "3", "--format", "json").stdout)
    jsonschema.validate(document, load_schema("derivation"))


def test_strata_of_the_program_are_shown(run_program: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "strata.json"
    network = ["-n", "2", "-d", "2"]
    assert run_program("strata", *network, "--format", "json", "-o", str(path)).status == 0
    page = run_program("report", *network, "--scope", "network", "--strata", str(path)).stdout
    assert '<section id="strata"' in page
    assert "[2] + free" in page


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "-n/--inputs: expected a number of inputs or a file, got neither"),
        (["map.json", "-d", "2"], "-d/--depth: expected no description of a network beside a file"),
        (["no-such-map.json"], "no-such-map.json: "),
        (["-n", "2", "--strata", "no-such.json"], "no-such.json: "),
        (["-n", "2", "-o", "no-such-folder/page.html"], "-o/--output-file: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(run_program: RunCommand, args: list[str], message: str) -> None:
    result = run_program("report", *args)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith(f"polyconstraints: error: {message}")
