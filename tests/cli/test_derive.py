"""The command ``derive``: counts, equalities and classes in every format."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import sympy

from polyconstraints.schemas import load_schema
from tests import oracles

RunCommand = Callable[..., Any]
RunPython = Callable[..., "subprocess.CompletedProcess[str]"]

BY_HAND = """\
network     1 quadratic layer with redundant indices, widths 2 -> 2, 8 weights
symmetry    equivariant under S_2 (order 2), each layer on its own; 1 transposition imposed
equalities  6   3 distinct: 2 simple, 1 linear, 0 polynomial
rank        3   linear rank of the equalities
weights     8   -> 6 distinct (75 %)
dimension   5   free parameters: equal sums make 1 distinct weight dependent
functions   3   dimension of the functions: 2 parameters are gauge: antisymmetric parts that \
cancel in x_i x_j

layer  weights  distinct  dimension
    0        8         6          5

class of 01W11 (2): 01W11, 02W22
class of 01W12 (1): 01W12
class of 01W21 (1): 01W21
class of 01W22 (2): 01W22, 02W11
class of 02W12 (1): 02W12
class of 02W21 (1): 02W21

dependent weights:
02W21 = 01W12 + 01W21 - 02W12

01W11 = 02W22
01W21 + 01W12 = 02W21 + 02W12
01W22 = 02W11
"""


def document_of(run_program: RunCommand, args: str) -> dict[str, Any]:
    result = run_program("derive", *args.split(), "--format", "json")
    assert (result.status, result.stderr) == (0, "")
    document: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(document, load_schema("derivation"))
    return document


def test_redundant_layer_by_hand(run_program: RunCommand) -> None:
    # σ = (1 2) moves a¹_11 to a²_22 and so on; x1 x2 has the coefficient a_12 + a_21.
    args = "derive -n 2 --indices redundant --style paper --classes --list"
    assert run_program(*args.split()) == (0, BY_HAND, "")


def test_ordered_layer_by_hand(run_program: RunCommand) -> None:
    document = document_of(run_program, "-n 2 --list --classes")
    assert document["list"] == [
        {"left": "W0_1_1_1", "right": "W0_2_2_2"},
        {"left": "W0_1_2_1", "right": "W0_2_2_1"},
        {"left": "W0_1_2_2", "right": "W0_2_1_1"},
    ]
    assert [item["members"] for item in document["classes"]] == [
        ["W0_1_1_1", "W0_2_2_2"],
        ["W0_1_2_1", "W0_2_2_1"],
        ["W0_1_2_2", "W0_2_1_1"],
    ]
    assert document["equalities"] == {
        "total": 6, "distinct": 3, "rank": 3, "simple": 3, "linear": 0, "polynomial": 0,
    }  # fmt: skip
    assert (document["dimension"], document["function_dimension"]) == (3, 3)


def test_network_scope_by_hand(run_program: RunCommand) -> None:
    # y_k = V_k1 (a11 x1 + a12 x2) + V_k2 (a21 x1 + a22 x2): two coefficients an output.
    document = document_of(run_program, "-n 2 -d 2 --layer linear --scope network --list")
    assert document["list"] == [
        {
            "left": "W0_1_1*W1_1_1 + W0_2_1*W1_1_2",
            "right": "W0_1_2*W1_2_1 + W0_2_2*W1_2_2",
        },
        {
            "left": "W0_1_2*W1_1_1 + W0_2_2*W1_1_2",
            "right": "W0_1_1*W1_2_1 + W0_2_1*W1_2_2",
        },
    ]
    assert (document["dimension"], document["dimension_status"]) == (6, "proved")
    assert document["function_dimension"] == 2
    text = run_program(
        *["derive", "-n", "2", "-d", "2", "--layer", "linear", "--scope", "network"]
    ).stdout
    # What can be learnt comes first.
    facts = text[text.index("functions ") :].splitlines()
    assert facts[0].split()[:2] == ["functions", "2"]
    assert "hidden units carry [2] + [1,1]; see `polyconstraints strata`" in facts[0]
    assert facts[1].split()[:3] == ["dimension", "6", "proved:"]
    assert facts[1].endswith("hidden units carry [2] + [1,1], functions of dimension 2")


def test_network_scope_says_what_the_largest_functions_are(run_program: RunCommand) -> None:
    text = run_program(*["derive", "-n", "3", "-d", "2", "--bias", "--scope", "network"]).stdout
    carried = "hidden units carry 2·free (free: nothing binds them)"
    assert f"{carried}, constant outputs of dimension 1" in text


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("-n 3", (48, 24, 14, 4, 4, 4)),
        ("-n 3 --bias", (78, 39, 23, 7, 7, 7)),
        ("-n 4 --indices redundant", (192, 96, None, 50, 28, 4)),
        ("-n 4 --indices redundant --compare paper", (None, None, None, 11, 8, 4)),
        ("-n 4 --indices redundant --compare tensor", (None, None, None, 5, 5, 4)),
        ("-n 3 --layer linear --bias", (None, None, None, 3, 3, 3)),
        ("-n 4 --symmetry invariant --bias", (None, None, None, 4, 4, 4)),
        ("-n 3 -d 2 --bias", (156, 78, 46, 14, 14, 11)),
        # 4d + 3 functions for every n ≥ 3, although an output then is a function of x_k and
        # of few invariants, which many outputs at one point tell little about.
        ("-n 30 -d 2 --bias", (None, None, None, 14, 14, 11)),
        ("-n 3 -d 2 --bias --scope network", (288, 144, 83, 60, 36, 11)),
        ("-n 4 -d 2 --bias --scope network", (1416, 708, 255, 120, 73, 11)),
        ("-n 3 -d 3 --bias --scope network --symmetry invariant", (420, 210, 124, 70, 61, 25)),
        ("-n 5 --layer linear --group C", (None, None, None, 5, 5, 5)),
        ("-n 4 --group D", (None, None, None, 7, 7, 7)),
        ("-n 3 --permutations generators", (None, None, 14, 4, 4, 4)),
        ("-n 3 --permutations adjacent", (32, 16, 14, 4, 4, 4)),
    ],
)
def test_figures(run_program: RunCommand, args: str, expected: tuple[int | None, ...]) -> None:
    document = document_of(run_program, args)
    equalities = document["equalities"]
    found = (
        equalities["total"],
        equalities["distinct"],
        equalities["rank"],
        document["weights"]["distinct"],
        document["dimension"],
        document["function_dimension"],
    )
    known = [want is not None or place > 2 for place, want in enumerate(expected)]
    for got, want, is_known in zip(found, expected, known, strict=True):
        assert not is_known or got == want
    assert equalities["distinct"] == sum(
        equalities[kind] for kind in ("simple", "linear", "polynomial")
    )


LISTED = [
    "-n 3",
    "-n 3 --bias --symmetry invariant",
    "-n 3 --indices redundant",
    "-n 3 --indices redundant --compare paper",
    "-n 2 -d 2 --bias",
    "-n 2 -d 2 --bias --scope network",
    "-n 3 -d 2 --scope network --symmetry invariant",
    "-n 4 --group C --layer linear",
    "-n 3 --group [[1,2,0]] --channels 2",
]


@pytest.mark.parametrize("args", LISTED)
def test_list_has_as_many_as_are_counted(run_program: RunCommand, args: str) -> None:
    document = document_of(run_program, f"{args} --list --classes")
    assert len(document["list"]) == document["equalities"]["distinct"]
    pairs = {frozenset((item["left"], item["right"])) for item in document["list"]}
    assert len(pairs) == len(document["list"])
    sizes = [item["size"] for item in document["classes"]]
    assert sum(sizes) == document["weights"]["total"]
    assert len(sizes) == document["weights"]["distinct"]
    free = [item for item in document["classes"] if item["value"] is None]
    if document["symmetry"]["scope"] == "layer":
        assert len(free) == document["dimension"]
    text = run_program("derive", *args.split(), "--list").stdout
    lines = [f"{item['left']} = {item['right']}" for item in document["list"]]
    assert text.splitlines()[-len(lines) :] == lines


def test_network_list_is_what_brute_force_finds(run_program: RunCommand) -> None:
    net = oracles.Net(2, 2, bias=True)
    found = oracles.network_equations(net, oracles.transpositions(2))
    distinct = {min(e, tuple((w, -c) for w, c in e)) for e in found}
    document = document_of(run_program, "-n 2 -d 2 --bias --scope network --list")
    listed = set()
    for item in document["list"]:
        left, right = (sympy.sympify(item[side].replace("^", "**")) for side in ("left", "right"))
        terms = sympy.Poly(left - right).terms()
        names = [str(symbol) for symbol in sympy.Poly(left - right).gens]
        equation = tuple(
            sorted(
                (
                    tuple(sorted((n, p) for n, p in zip(names, powers, strict=True) if p)),
                    int(value),
                )
                for powers, value in terms
            )
        )
        listed.add(min(equation, tuple((w, -c) for w, c in equation)))
    assert listed == distinct


def test_latex(run_program: RunCommand) -> None:
    args = "derive -n 2 --indices redundant --list --classes --format latex"
    text = run_program(*args.split()).stdout
    assert "W^{0}_{1,1,1} &= W^{0}_{2,2,2} \\\\\n" in text
    assert "W^{0}_{1,2,1} + W^{0}_{1,1,2} &= W^{0}_{2,2,1} + W^{0}_{2,1,2} \\\\\n" in text
    assert "W^{0}_{2,2,1} &= W^{0}_{1,1,2} + W^{0}_{1,2,1} - W^{0}_{2,1,2}\n" in text
    assert text.count("\\begin{align*}") == text.count("\\end{align*}") == 2
    assert "S\\_2" in text


@pytest.mark.parametrize("kind", ["text", "json"])
def test_list_that_is_too_large_is_refused(run_program: RunCommand, kind: str) -> None:
    args = "derive -n 3 -d 3 --bias --scope network --memory-limit 1MB --format"
    assert run_program(*args.split(), kind).status == 0
    result = run_program(*args.split(), kind, "--list")
    assert result.status == 4
    assert result.stdout == ""
    assert "terms" in result.stderr
    assert "--memory-limit" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("-n 0", "-n/--inputs: expected an integer ≥ 1 or 'any', got '0'"),
        ("-n 3 -d -2", "-d/--depth: expected an integer ≥ 1, got '-2'"),
        ("-n 3 -d 2 --widths 4", "--widths: expected hidden width 3 (the group must act on every"),
        ("-n 3 -d 3 --widths 4", "--widths: expected 2 hidden widths for depth 3, got 1"),
        ("-n 3 --group C --permutations transpositions", "--permutations: expected generators"),
        ("-n 3 --group Q", "--group: "),
        ("-n 3 --group [[0,0,1]]", "--group"),
        ("-n 3 --style paper --format json", "--style: expected canonical with --format json, got"),
        ("-n 2 -d 2 --scope network --indices redundant --compare paper", "--compare: expected"),
    ],
)
def test_refusal_is_one_line(run_program: RunCommand, args: str, line: str) -> None:
    result = run_program("derive", *args.split())
    assert result.status == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"polyconstraints: error: {line}")
    assert result.stderr.count("\n") == 1


def test_same_bytes_for_any_hash_seed(run_python: RunPython) -> None:
    args = "derive -n 3 --indices redundant --list --classes --format json"
    runs = [
        run_python("-m", "polyconstraints", *args.split(), PYTHONHASHSEED=seed).stdout
        for seed in ("0", "4242")
    ]
    assert runs[0] == runs[1]
    assert runs[0].startswith("{\n")


def test_keys_are_sorted(run_program: RunCommand) -> None:
    args = "derive -n 2 --list --classes --format json"
    text = run_program(*args.split()).stdout

    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
        return dict(pairs)

    json.loads(text, object_pairs_hook=check)


@pytest.mark.parametrize("kind", ["text", "latex", "json"])
def test_counts_go_to_a_file_as_to_the_terminal(
    run_program: RunCommand, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "counts"
    args = ["derive", "-n", "3", "--format", kind]
    done = run_program(*args)
    assert run_program(*args, "-o", str(file)).status == 0
    assert file.read_text(encoding="utf-8") == done.stdout


def test_columns_of_laws_stand_below_one_another(run_program: RunCommand) -> None:
    text = run_program("derive", "-n", "any", "--group", "SxS", "--layer", "linear").stdout
    header, *rows = text.split("\n\n")[1].splitlines()
    end = header.index("from") + len("from")
    assert len(rows) == 4
    assert all(row[end - 1].isdigit() and row[end : end + 2] == "  " for row in rows)
