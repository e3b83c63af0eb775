"""The command ``table``: the paper's table (22) and its like."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from polyconstraints.schemas import load_schema
from tests import oracles

RunCommand = Callable[..., Any]

PAPER = "table --indices redundant --compare paper -n 2..6"


def test_table_22(run_program: RunCommand) -> None:
    lines = run_program(*PAPER.split()).stdout.splitlines()
    assert lines[0].split() == [
        "n", "weights", "distinct", "distinct/weights", "dimension", "function", "dimension",
    ]  # fmt: skip
    # The paper's print has 17/2 % in the third row, a slip for 17.2 %.
    assert [" ".join(line.split()[:5]) for line in lines[1:]] == [
        "2 8 6 75 %",
        "3 27 9 33.3 %",
        "4 64 11 17.2 %",
        "5 125 13 10.4 %",
        "6 216 15 6.9 %",
    ]


def test_columns_are_aligned(run_program: RunCommand) -> None:
    text = run_program("table", "-n", "1,10,30", "--layer", "linear").stdout
    assert len({len(line) for line in text.splitlines()}) == 1


@pytest.mark.parametrize("spelling", ["1..6", "1-6", "1,2,3,4,5,6", "1-3,4..6", None])
def test_ranges(run_program: RunCommand, spelling: str | None) -> None:
    given = [] if spelling is None else ["-n", spelling]
    document = json.loads(run_program("table", *given, "--format", "json").stdout)
    assert [row["inputs"] for row in document["rows"]] == [1, 2, 3, 4, 5, 6]
    assert [row["distinct"] for row in document["rows"]] == [1, 3, 4, 4, 4, 4]


@pytest.mark.parametrize(
    "args",
    [
        "-n 1-4",
        "-n 2-4 --layer linear --bias",
        "-n 2-4 --symmetry invariant",
        "-n 2-4 --indices redundant --compare tensor",
        "-n 2-3 -d 2 --scope network",
        "-n 2-4 --group C --channels 2",
        "-n 4 -d 2 --widths 4",
        "-n 2-3 -d 2 --widths 5 --scope network",
    ],
)
def test_json(run_program: RunCommand, args: str) -> None:
    document = json.loads(run_program("table", *args.split(), "--format", "json").stdout)
    jsonschema.validate(document, load_schema("table"))
    for row in document["rows"]:
        options = args.replace(args.split()[1], str(row["inputs"]), 1)
        alone = json.loads(run_program("derive", *options.split(), "--format", "json").stdout)
        assert row["weights"] == alone["weights"]["total"]
        assert row["distinct"] == alone["weights"]["distinct"]
        # A table has no room to say that a dimension is a lower bound.
        known = "network" not in args
        assert row["dimension"] == (alone["dimension"] if known else None)
        assert row["function_dimension"] == (alone["function_dimension"] if known else None)


def test_rows_agree_with_brute_force(run_program: RunCommand) -> None:
    args = "table -n 1-4 --indices redundant --format json"
    for row in json.loads(run_program(*args.split()).stdout)["rows"]:
        figures = oracles.layer_figures(row["inputs"], indices="redundant")
        assert (row["distinct"], row["dimension"], row["function_dimension"]) == figures


def test_csv(run_program: RunCommand) -> None:
    text = run_program(*PAPER.split(), "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[1] == {
        "n": "3", "weights": "27", "distinct": "9", "percentage": "33.3",
        "dimension": "7", "function_dimension": "4",
    }  # fmt: skip
    unknown = run_program(
        *["table", "-n", "2", "-d", "2", "--scope", "network", "--format", "csv"]
    ).stdout
    assert unknown.splitlines()[1] == "2,12,12,100.0,,"


def test_markdown_and_latex(run_program: RunCommand) -> None:
    markdown = run_program(*PAPER.split(), "--format", "markdown").stdout.splitlines()
    assert markdown[1].startswith("| -: | ------: |")
    assert len({line.count("|") for line in markdown}) == 1
    latex = run_program(*PAPER.split(), "--format", "latex").stdout
    assert "3 & 27 & 9 & 33.3\\,\\% & 7 & 4 \\\\\n" in latex


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("-n 0-3", "-n/--inputs: expected integers ≥ 1 as 1-6 or 2,4,8, got '0-3'"),
        ("-n 3 -d 0", "-d/--depth: expected an integer ≥ 1, got '0'"),
        ("-n 2-3 -d 2 --widths 2", "--widths: expected hidden width 3"),
    ],
)
def test_refusal_is_one_line(run_program: RunCommand, args: str, line: str) -> None:
    result = run_program("table", *args.split())
    assert result.status == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"polyconstraints: error: {line}")
    assert result.stderr.count("\n") == 1
