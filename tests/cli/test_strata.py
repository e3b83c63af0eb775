"""The command strata, and strata that export writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest

from polyconstraints.schemas import load_schema
from polyconstraints.variety.equations.systems import find_systems

RunCommand = Callable[..., Any]

TABLE = """\
network   2 quadratic layers with ordered indices, widths 2 -> 2 -> 2, 12 weights
symmetry  equivariant under S_2 (order 2), the network as a whole; 1 transposition imposed
strata    7, each closure once

stratum       hidden  weights  tangent  functions  distinct  gauge      component
      1  [2] + [1,1]        8        8          4         6      2         proved
      2        2·[2]        7        7          3         7      4         proved
      3          [2]        8        9          2         3      1     not proved
      4        [1,1]        7        9          1         2      1     not proved
      5            0        6       12          0         0      0     not proved
      6   [2] + free        7        7          2         6      -  almost surely
      7         free        8        8          0         7      -  almost surely

largest: stratum 1 of dimension 8, a lower bound for the dimension of the variety

hidden     how the hidden units move when the inputs do; free ones are bound by nothing
weights    dimension of all such weights; tangent: of the variety's tangent space there
functions  dimension of what they compute; gauge: distinct weights that don't show in it
component  whether they are a piece of the variety that is in no larger one
"""


def document_of(run_program: RunCommand, args: str) -> dict[str, Any]:
    result = run_program("strata", *args.split(), "--format", "json")
    assert (result.status, result.stderr) == (0, "")
    document: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(document, load_schema("strata"))
    return document


def test_table(run_program: RunCommand) -> None:
    assert run_program("strata", "-n", "2", "-d", "2") == (0, TABLE, "")


@pytest.mark.parametrize(
    "args",
    [
        "-n 2 -d 2",
        "-n 3 -d 2 --bias --gauge",
        "-n 3 -d 2 --symmetry invariant --widths 2",
        "-n 3 -d 2 --indices redundant --hidden 3*[3]",
        "-n 4 -d 2 --group C",
        "-n 3 -d 2 --group C --field complex",
        "--group S2xS2 -d 2 --layer linear --limit 200",
        "-n 3 -d 1",
        "-n 2 -d 2 --layer linear --decompose sympy",
    ],
)
def test_documents_fit_the_schema(run_program: RunCommand, args: str) -> None:
    document = document_of(run_program, args)
    assert document["symmetry"]["scope"] == "network"
    for stratum in document["strata"]:
        if stratum["component"]:
            assert stratum["weight_dimension"] == stratum["tangent_dimension"]
        else:
            assert stratum["weight_dimension"] < stratum["tangent_dimension"]
        assert stratum["weight_dimension"] <= document["weights"]
        assert len(stratum["hidden"]) == document["network"]["depth"] - 1


def test_same_bytes_again(run_program: RunCommand) -> None:
    args = ("strata", "-n", "3", "-d", "2", "--format", "json")
    assert run_program(*args) == run_program(*args)


def test_known_entry(run_program: RunCommand) -> None:
    (entry,) = document_of(run_program, "-n 3 -d 2 --bias --hidden [2,1]+[3]")["strata"]
    wanted = {
        "hidden": [{"[3]": 1, "[2,1]": 1}],
        "weight_dimension": 23,
        "tangent_dimension": 23,
        "function_dimension": 11,
        "component": True,
    }
    assert {key: entry[key] for key in wanted} == wanted


def test_limit_is_said(run_program: RunCommand) -> None:
    result = run_program("strata", "-n", "3", "-d", "2", "--limit", "2")
    assert result.stderr == (
        "polyconstraints: warning: 2 strata of more are measured: --limit allows more\n"
    )
    assert "strata    2 of more" in result.stdout


def test_other_formats(run_program: RunCommand) -> None:
    args = ("strata", "-n", "2", "-d", "2", "--format")
    rows = run_program(*args, "csv").stdout.splitlines()
    assert rows[1] == '1,"[2] + [1,1]",8,8,4,6,2,proved'
    assert run_program(*args, "markdown").stdout.startswith("| stratum |")
    graph = ElementTree.fromstring(run_program(*args, "graphml").stdout)
    assert len(graph.findall(".//{*}node")) == 7


def test_gauge_is_explained(run_program: RunCommand) -> None:
    text = run_program("strata", "-n", "3", "-d", "2", "--hidden", "permutation", "--gauge").stdout
    assert "gauge of stratum 1: 2 of 8 distinct weights cannot be learnt apart" in text
    assert "  fix W1_1_3_2 = 0\n  fix W1_1_2_2 = 1\n" in text


def test_decomposition(run_program: RunCommand) -> None:
    systems = find_systems()
    if not systems:
        pytest.skip("neither macaulay2 nor singular is installed")
    args = "-n 2 -d 2 --layer linear --decompose auto"
    document = document_of(run_program, args)
    found = document["decomposition"]
    assert (found["system"], found["version"]) == (systems[0].name, systems[0].version)
    assert found["checked_by_substitution"]
    assert document["reduction"]["dimension"] == 6
    text = run_program("strata", *args.split()).stdout
    assert f"{systems[0].name} {systems[0].version} over GF(32003): " in text
    assert "dimension of the variety: 6, proved" in text
    assert "check by substitution passed" in text


def test_open_question_without_systems(
    run_program: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    args = "strata -n 2 -d 2 --layer linear --decompose auto"
    text = run_program(*args.split()).stdout
    assert "open: which irreducible components there are beside the strata" in text
    result = run_program(*args.replace("auto", "singular").split())
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("polyconstraints: error: --decompose: expected a system on")


@pytest.mark.parametrize(
    ("args", "status", "line"),
    [
        ("-n 3 -d 2 --hidden [4]", 2, "--hidden: expected representations of dimension at most 3"),
        ("-n 3 -d 3 --hidden [3] --hidden [3] --hidden [3]", 2, "--hidden: expected 1 rep"),
        ("-n 4 -d 2 --group C --hidden [4]", 2, "--hidden: expected representations of dimension"),
        (
            "-n 3 -d 2 --widths 2 --hidden permutation",
            2,
            "--hidden: expected one action that permutes 2 units",
        ),
        ("-n 3 -d 2 --max-weights 10", 4, "expected at most 10 weights, got 36: elimination on 36"),
        (
            "-n 12 -d 2",
            4,
            "expected strata that are measured within 60 s, got 39 of them that take",
        ),
        ("-n 100 -d 2", 4, "expected at most 3000 weights, got 1010000: elimination on"),
        ("-n 3 -d 2 --scope layer", 2, "--scope: expected network"),
        ("-n 3 -d 2 --permutations adjacent", 2, "--permutations: expected none: generators"),
        ("-n 3 -d 2 --compare tensor", 2, "--compare: expected redundant"),
        ("-n 3 -d 2 --steps", 2, "--steps: expected --decompose with it"),
        ("-n 3 -d 2 --hidden [3] --limit 3", 2, "--limit: expected no --hidden with it"),
        ("-n 3 -d 2 --gauge --format csv", 2, "--gauge: expected text or json with it, got csv"),
        ("-n 3 -d 2 --indices redundant --decompose auto", 2, "--indices: expected ordered"),
    ],
)
def test_refusals_are_one_line(run_program: RunCommand, args: str, status: int, line: str) -> None:
    result = run_program("strata", *args.split())
    assert (result.status, result.stdout) == (status, "")
    assert result.stderr.startswith(f"polyconstraints: error: {line}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("stratum", ["1", "2", "5"])
@pytest.mark.parametrize("ending", ["json", "npz"])
def test_exported_strata_are_verified(
    run_program: RunCommand, tmp_path: Path, stratum: str, ending: str
) -> None:
    file = str(tmp_path / f"map.{ending}")
    args = f"export -n 3 -d 2 --bias --scope network --stratum {stratum} -o {file}"
    assert run_program(*args.split()).status == 0
    result = run_program("verify", file, "--format", "json")
    assert result.status == 0
    assert json.loads(result.stdout)["symmetric"] is True


def test_export_says_what_it_needs(run_program: RunCommand) -> None:
    for args, line in [
        ("--stratum 1", "--stratum: expected --scope network"),
        ("--scope network --gauge-fixed", "--gauge-fixed: expected --stratum"),
        ("--scope network --stratum 99", "--stratum: expected a stratum from 1 to 12, got 99"),
    ]:
        result = run_program("export", "-n", "3", "-d", "2", *args.split())
        assert (result.status, result.stdout) == (2, "")
        assert result.stderr.startswith(f"polyconstraints: error: {line}")


def test_measuring_ends_with_its_time(
    run_program: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 3))
    watch = SimpleNamespace(monotonic=lambda: next(clock))
    monkeypatch.setattr("polyconstraints.cli.strata.time", watch)
    result = run_program("strata", "-n", "3", "-d", "2", "--time-limit", "5")
    assert "strata    2 of more" in result.stdout
    message = "2 of 12 strata were measured within 5 s: --time-limit allows more"
    assert result.stderr == f"polyconstraints: warning: {message}\n"


def test_the_command_searches_and_checks(run_program: RunCommand, tmp_path: Path) -> None:
    file = str(tmp_path / "found.json")
    options = ("-n", "2", "-d", "2", "--bias", "--search", "--points", "3")
    assert run_program("strata", *options, "-o", file).status == 0
    result = run_program("strata", "--check", file)
    assert (result.status, result.stderr) == (0, "")
    assert "every figure is right" in result.stdout
    for wrong in (("--gauge",), ("--format", "graphml"), ("--check", file)):
        assert run_program("strata", *options, *wrong).status == 2
    assert run_program("strata", "--check", file, "-n", "2").status == 2
    assert run_program("strata", "-n", "2", "--points", "3").status == 2
    assert run_program("strata").status == 2


def test_layers_with_the_same_function(run_program: RunCommand, tmp_path: Path) -> None:
    # Rows of W0 and W1, products 1, x1, x1², x2, x2 x1, x2²; see docs/findings.md.
    places = np.tril_indices(3)
    arrays = {"layer0": np.zeros((2, 3, 3)), "layer1": np.zeros((2, 3, 3))}
    arrays["layer0"][:, *places] = [[1, 2, 2, 2, 0, 2], [-1, 0, 2, -4, -4, -2]]
    arrays["layer1"][:, *places] = [[0, 4, -1, 0, 0, 1], [0, 4, 1, 0, 0, -1]]
    file = tmp_path / "network.npz"
    np.savez(file, **arrays)
    options = ("verify", "--weights", str(file), "-n", "2", "-d", "2", "--bias")
    result = run_program(*options, "--layerwise", "--format", "json")
    document = json.loads(result.stdout)
    jsonschema.validate(document, load_schema("layerwise"))
    assert (result.status, document["layerwise"]) == (3, False)
    assert run_program(*options, "--time-limit", "5").status == 2
    assert run_program("verify", "-", "--layerwise").status == 2
