"""The command ``expand``: every format says what the mathematics says."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import sympy

from polyconstraints.render.expansion_view import Assignment, parse_monomial, typed
from polyconstraints.render.notation import Medium, Style, notation
from polyconstraints.schemas import load_schema
from polyconstraints.spec.network import NetworkSpec
from tests import oracles

RunCommand = Callable[..., Any]
RunPython = Callable[..., "subprocess.CompletedProcess[str]"]

# Options of the command, and the same network for the oracle.
NETWORKS = {
    "-n 2": oracles.Net(2),
    "-n 2 --bias": oracles.Net(2, bias=True),
    "-n 2 --indices redundant --bias": oracles.Net(2, indices="redundant", bias=True),
    "-n 3 --layer linear -d 2 --bias": oracles.Net(3, 2, layer="linear", bias=True),
    "-n 2 -d 2 --bias": oracles.Net(2, 2, bias=True),
    "-n 2 -d 2 --widths 3": oracles.Net(2, 2, widths=(2, 3, 2)),
    "-n 2 -d 2 --symmetry invariant": oracles.Net(2, 2, widths=(2, 2, 1)),
    "-n 1 -d 3 --bias --widths 2,1": oracles.Net(1, 3, bias=True, widths=(1, 2, 1, 1)),
}


def expanded(text: str) -> Any:
    return sympy.expand(sympy.sympify(text.replace("^", "**")))


@pytest.fixture(params=NETWORKS, ids=str)
def network(request: pytest.FixtureRequest) -> tuple[list[str], list[Any]]:
    """Return the options of a network and its outputs by SymPy."""
    outputs = [sympy.expand(output) for output in oracles.expressions(NETWORKS[request.param])]
    return request.param.split(), outputs


# --- By hand ------------------------------------------------------------------------------


def test_one_quadratic_layer(run_program: RunCommand) -> None:
    # o_k = Σ_{i≥j} W_{k,i,j} x_i x_j
    result = run_program("expand", "-n", "2")
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout == (
        "y1 = W0_1_1_1*x1^2\n"
        "  + W0_1_2_1*x1*x2\n"
        "  + W0_1_2_2*x2^2\n"
        "y2 = W0_2_1_1*x1^2\n"
        "  + W0_2_2_1*x1*x2\n"
        "  + W0_2_2_2*x2^2\n"
    )


TWO_LINEAR = "expand -n 2 -d 2 --layer linear --bias --output 1"


def test_two_linear_layers(run_program: RunCommand) -> None:
    # y_1 = W1_1_0 + W1_1_1 (W0_1_0 + W0_1_1 x1 + W0_1_2 x2) + W1_1_2 (W0_2_0 + …)
    assert run_program(*TWO_LINEAR.split()).stdout == (
        "y1 = (W1_1_0 + W0_1_0*W1_1_1 + W0_2_0*W1_1_2)\n"
        "  + (W0_1_1*W1_1_1 + W0_2_1*W1_1_2)*x1\n"
        "  + (W0_1_2*W1_1_1 + W0_2_2*W1_1_2)*x2\n"
    )
    assert run_program(*TWO_LINEAR.split(), "--ungrouped").stdout == (
        "y1 = W1_1_0\n"
        "  + W0_1_0*W1_1_1\n"
        "  + W0_2_0*W1_1_2\n"
        "  + W0_1_1*W1_1_1*x1\n"
        "  + W0_2_1*W1_1_2*x1\n"
        "  + W0_1_2*W1_1_1*x2\n"
        "  + W0_2_2*W1_1_2*x2\n"
    )
    assert run_program(*TWO_LINEAR.split(), "--style", "paper").stdout == (
        "Z1 = { 11W0 + 01W0 11W1 + 02W0 11W2}\n"
        "  + { 01W1 11W1 + 02W1 11W2} X01\n"
        "  + { 01W2 11W1 + 02W2 11W2} X02\n"
    )
    assert run_program(*TWO_LINEAR.split(), "--style", "paper", "--ungrouped").stdout == (
        "Z1 = 11W0\n"
        "  + 01W0 11W1\n"
        "  + 02W0 11W2\n"
        "  + 01W1 11W1 X1\n"
        "  + 02W1 11W2 X1\n"
        "  + 01W2 11W1 X2\n"
        "  + 02W2 11W2 X2\n"
    )
    assert run_program(*TWO_LINEAR.split(), "--format", "sympy").stdout == (
        "(W1_1_0 + W0_1_0*W1_1_1 + W0_2_0*W1_1_2) + (W0_1_1*W1_1_1 + W0_2_1*W1_1_2)*x1"
        " + (W0_1_2*W1_1_1 + W0_2_2*W1_1_2)*x2\n"
    )
    assert run_program(*TWO_LINEAR.split(), "--format", "latex").stdout == (
        "\\begin{align*}\n"
        "y_{1} ={}& (W^{1}_{1,0} + W^{0}_{1,0} W^{1}_{1,1} + W^{0}_{2,0} W^{1}_{1,2}) \\\\\n"
        "&{}+ (W^{0}_{1,1} W^{1}_{1,1} + W^{0}_{2,1} W^{1}_{1,2}) x_{1} \\\\\n"
        "&{}+ (W^{0}_{1,2} W^{1}_{1,1} + W^{0}_{2,2} W^{1}_{1,2}) x_{2}\n"
        "\\end{align*}\n"
    )


def test_squares_and_multinomials(run_program: RunCommand) -> None:
    # y = V (a x1² + b x1 x2 + c x2²)²: x1² x2² has the coefficient V (b² + 2 a c).
    args = "expand -n 2 -d 2 --widths 1 --output 1 --monomial x1^2*x2^2"
    assert run_program(*args.split()).stdout == (
        "y1 = (2*W0_1_1_1*W0_1_2_2*W1_1_1_1 + W0_1_2_1^2*W1_1_1_1)*x1^2*x2^2\n"
    )
    assert run_program(*args.split(), "--style=paper").stdout == (
        "Z1 = {2 01W11 01W22 11W11 + 01W21^2 11W11} X01^2 X02^2\n"
    )
    assert "\\left(W^{0}_{1,2,1}\\right)^{2}" in run_program(*args.split(), "--format=latex").stdout


# --- Against SymPy ------------------------------------------------------------------------


@pytest.mark.parametrize("more", ["--grouped", "--ungrouped"])
def test_text(run_program: RunCommand, network: tuple[list[str], list[Any]], more: str) -> None:
    args, outputs = network
    text = run_program("expand", *args, more).stdout
    parts = re.split(r"^y\d+ = ", text, flags=re.MULTILINE)[1:]
    assert [expanded(part) for part in parts] == outputs


def test_sympy(run_program: RunCommand, network: tuple[list[str], list[Any]]) -> None:
    args, outputs = network
    found = sympy.sympify(run_program("expand", *args, "--format", "sympy").stdout)
    found = found if isinstance(found, list) else [found]
    assert [sympy.expand(output) for output in found] == outputs


def test_json(run_program: RunCommand, network: tuple[list[str], list[Any]]) -> None:
    args, outputs = network
    document = json.loads(run_program("expand", *args, "--format", "json").stdout)
    jsonschema.validate(document, load_schema("expansion"))
    assert [entry["output"] for entry in document["outputs"]] == [*range(1, len(outputs) + 1)]
    for entry, expected in zip(document["outputs"], outputs, strict=True):
        total = sympy.Integer(0)
        for group in entry["monomials"]:
            for term in group["terms"]:
                product = sympy.Integer(term["coefficient"])
                for name, power in {**group["x"], **term["weights"]}.items():
                    product *= sympy.Symbol(name) ** power
                total += product
        assert total == expected


def test_json_is_canonical(run_program: RunCommand) -> None:
    # Units beyond 9 put the order of names as text apart from the order of weights.
    args = "expand -n 11 -d 2 --layer linear --output 1 --format json"
    text = run_program(*args.split()).stdout
    assert json.loads(text) == json.loads(text, object_pairs_hook=_sorted_keys)
    args = "expand -n 11 --widths 2 -d 2 --output 1 --format json --monomial x10*x2^3"
    text = run_program(*args.split()).stdout
    assert json.loads(text, object_pairs_hook=_sorted_keys)["outputs"][0]["monomials"]


def _sorted_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
    return dict(pairs)


def test_long_sum_is_read_by_sympy(run_program: RunCommand) -> None:
    # One coefficient of 3276 terms: flat, that many would be too deep for Python's parser.
    args = "expand -n 3 -d 3 --output 1 --format sympy --monomial x1^3*x2^3*x3^2"
    text = run_program(*args.split()).stdout
    assert text.count(" + ") > 3000
    compile(text.strip(), "expansion", "eval")


# --- Counting -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "monomials", "terms"),
    [
        ("-n 3 -d 3 --bias", 165, [666775] * 3),
        ("-n 4 -d 3 --bias", 495, [18572135] * 4),
        ("-n 2 -d 4", 17, [103140] * 2),
        ("-n 8 -d 4 --bias", 735471, [107453578649336647228381] * 8),
        ("-n 3 -d 2 --symmetry invariant", 15, [171]),
        ("-n 3 -d 2 --bias --output 3 --output 1", 35, [496, 496]),
        # W (a x1² + …)²: x1² x2² comes from b² and a c, for two squares and b b', a c', c a'
        ("-n 2 -d 2 --monomial x1^2*x2^2", 1, [7, 7]),
        # y = W1_1_1 (W0_1_1 x1 + W0_1_2 x2) + W1_1_2 (…) with W0_1_1 = 0
        ("-n 2 -d 2 --layer linear --set W0_1_1=0 --output 1", 2, [3]),
    ],
)
def test_count(run_program: RunCommand, args: str, monomials: int, terms: list[int]) -> None:
    document = json.loads(
        run_program("expand", *args.split(), "--count", "--format", "json").stdout
    )
    jsonschema.validate(document, load_schema("expansion"))
    assert document["monomials"] == monomials
    assert document["terms"] == terms
    assert "outputs" not in document
    text = run_program("expand", *args.split(), "--count").stdout
    assert re.findall(r"\d+$", text, re.MULTILINE) == [str(n) for n in [monomials, *terms]]


@pytest.mark.parametrize("args", ["-n 2 -d 2 --bias", "-n 3 -d 2", "-n 2 -d 3"])
def test_count_is_what_is_printed(run_program: RunCommand, args: str) -> None:
    lines = run_program("expand", *args.split(), "--ungrouped").stdout.count("\n")
    document = json.loads(
        run_program("expand", *args.split(), "--count", "--format", "json").stdout
    )
    assert lines == sum(document["terms"])


# --- Substitution -------------------------------------------------------------------------


def test_set_collects_like_terms(run_program: RunCommand) -> None:
    # With o_1 = x1² + x1 x2/2 the coefficient of x1³ x2 in y_1 is W1_1_1_1 + …
    args = "expand -n 2 -d 2 --output 1 --monomial x1^3*x2"
    values = "--set W0_1_1_1=1 --set W0_1_2_1=1/2 --set W0_2_1_1=-2 --set W0_2_2_1=0.25"
    # 2·1·½ W11 + (1·¼ + ½·(-2)) W21 + 2·(-2)·¼ W22
    assert run_program(*args.split(), *values.split()).stdout == (
        "y1 = (W1_1_1_1 - 3/4*W1_1_2_1 - W1_1_2_2)*x1^3*x2\n"
    )


def test_set_inputs_and_everything(run_program: RunCommand) -> None:
    args = "expand -n 2 --output 1"
    assert run_program(*args.split(), "--set", "x2=3").stdout == (
        "y1 = 9*W0_1_2_2\n  + 3*W0_1_2_1*x1\n  + W0_1_1_1*x1^2\n"
    )
    rest = "--set x1=2 --set W0_1_1_1=1/4 --set W0_1_2_1=-1 --set W0_1_2_2=0"
    # ¼·4 - 1·2·3 + 0
    assert run_program(*args.split(), "--set", "x2=3", *rest.split()).stdout == "y1 = -5\n".replace(
        "-5", "(-5)"
    )
    zeros = "--set W0_1_1_1=0 --set W0_1_2_1=0 --set W0_1_2_2=0"
    assert run_program(*args.split(), *zeros.split()).stdout == "y1 = 0\n"
    document = json.loads(
        run_program(*args.split(), "--set", "W0_1_1_1=-1/2", "--format=json").stdout
    )
    jsonschema.validate(document, load_schema("expansion"))
    assert document["outputs"][0]["monomials"][0] == {
        "x": {"x1": 2},
        "terms": [{"coefficient": "-1/2", "weights": {}}],
    }


@pytest.mark.parametrize("name", NETWORKS, ids=str)
def test_set_evaluates_the_network(run_program: RunCommand, name: str) -> None:
    net = NETWORKS[name]
    weights = {w: Fraction(3 * at - 7, at % 4 + 1) for at, w in enumerate(net.weight_names())}
    inputs = [Fraction(2 * at - 3, at + 2) for at in range(net.n)]
    values = {**weights, **{f"x{at}": value for at, value in enumerate(inputs, start=1)}}
    sets = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
    text = run_program("expand", *name.split(), "--format", "sympy", *sets).stdout
    found = sympy.sympify(text)
    found = found if isinstance(found, list) else [found]
    expected = oracles.evaluate(net, weights, inputs)
    assert [Fraction(int(v.p), int(v.q)) for v in found] == expected


# --- Order --------------------------------------------------------------------------------


def test_terms_are_ordered_by_the_last_layer_first(run_program: RunCommand) -> None:
    text = run_program(
        *["expand", "-n", "3", "-d", "2", "--bias", "--output", "2", "--ungrouped"]
    ).stdout
    by_monomial: dict[str, list[Any]] = {}
    for line in text.splitlines():
        term = line.removeprefix("y2 = ").removeprefix("  + ")
        monomial = "*".join(re.findall(r"x\d(?:\^\d)?", term))
        names = [
            [tuple(map(int, numbers.split("_")))] * int(power or 1)
            for numbers, power in re.findall(r"W([\d_]+)(?:\^(\d))?", term)
        ]
        weights = sorted((w for part in names for w in part), key=lambda w: (-w[0], w[1:]))
        by_monomial.setdefault(monomial, []).append([(-w[0], *w[1:]) for w in weights])
    assert len(by_monomial) == 35
    for terms in by_monomial.values():
        assert terms == sorted(terms)


# --- Refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("-n 0", "-n/--inputs: expected an integer ≥ 1, got '0'"),
        ("-n 2 -d -1", "-d/--depth: expected an integer ≥ 1, got '-1'"),
        ("-n 2 -d 2 --widths 3,3", "--widths: expected 1 hidden widths for depth 2, got 2"),
        ("-n 2 --widths 3", "--widths: expected 0 hidden widths for depth 1, got 1"),
        ("-n 2 --channels 1,2,3", "--channels: expected 1 number or 2 for depth 1, got 3"),
        ("-n 2 --set W9=1", "--set: expected a weight of this network, such as W0_1_1_1, got 'W9'"),
        ("-n 2 --set W0_1_1_2=1", "--set: expected a weight of this network, such as W0_1_1_1, "),
        ("-n 2 --set x3=1", "--set: expected a weight of this network, such as W0_1_1_1, got 'x3'"),
        ("-n 2 --set x1", "--set: expected NAME=VALUE, got 'x1'"),
        ("-n 2 --set x1=", "--set: expected a number as 2, -1/3 or 0.25, got ''"),
        ("-n 2 --set x1=1/0", "--set: expected a number, got '1/0'"),
        ("-n 2 --set x1=1e9", "--set: expected a number as 2, -1/3 or 0.25, got '1e9'"),
        ("-n 2 --set x1=nan", "--set: expected a number as 2, -1/3 or 0.25, got 'nan'"),
        ("-n 2 --set x1=1 --set x1=2", "--set: expected one value for each name, got two for x1"),
        ("-n 2 --output 3", "--output: expected an output from 1 to 2, got 3"),
        ("-n 2 --output 0", "--output: expected an integer ≥ 1, got '0'"),
        (
            "-n 2 --monomial x1",
            "--monomial: expected a monomial that occurs in the network, got x1",
        ),
        ("-n 2 --monomial x3", "--monomial: expected factors x1 … x2 as in x1*x2^2, got 'x3'"),
        ("-n 2 --monomial y", "--monomial: expected factors x1 … x2 as in x1*x2^2, got 'y'"),
        ("-n 2 --style paper --format json", "--style: expected canonical with --format json, got"),
        ("-n 2 --fold -1", "--fold: expected an integer ≥ 0, got '-1'"),
        ("-n 2 -o no/such/file", "-o/--output-file: cannot write 'no/such/file': there is no dir"),
    ],
)
def test_refusal_is_one_line(
    run_program: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run_program("expand", *args.split())
    assert result.status == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"polyconstraints: error: {line}")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["text", "json", "sympy", "latex"])
def test_too_large_is_refused_before_anything_is_written(
    run_program: RunCommand, kind: str
) -> None:
    args = "expand -n 8 -d 4 --bias --format"
    result = run_program(*args.split(), kind)
    assert result.status == 4
    assert result.stdout == ""
    # 8 outputs of some 10²³ terms each, with the bytes and the option that would allow it.
    assert re.search(r"[\d.]+ PiB for an expansion of 8\.\d+e23 terms: ", result.stderr)
    assert "--memory-limit" in result.stderr
    assert result.stderr.count("\n") == 1


def test_memory_limit_is_read(run_program: RunCommand) -> None:
    args = "expand -n 2 --memory-limit"
    assert run_program(*args.split(), "1B").status == 4
    assert run_program(*args.split(), "1GiB").status == 0
    assert run_program(*args.split(), "much").stderr == (
        "polyconstraints: error: --memory-limit: expected a size as 4GiB or 500MB, got 'much'\n"
    )


# --- Files and pipes ----------------------------------------------------------------------


def test_output_file_is_plain(
    run_program: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    path = tmp_path / "out.txt"
    assert run_program("expand", "-n", "2", "-o", str(path)) == (0, "", "")
    assert path.read_text().startswith("y1 = W0_1_1_1*x1^2\n")


def test_head_ends_quietly(child_environment: dict[str, str]) -> None:
    import sys

    command = (
        f"'{sys.executable}' -m polyconstraints expand -n 3 -d 3 --bias | head -1 | wc -l; "
        "echo ${PIPESTATUS[0]}"
    )
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=child_environment, check=False
    )
    assert done.stdout.split() == ["1", "0"]
    assert done.stderr == ""


def test_same_bytes_for_any_hash_seed(run_python: RunPython) -> None:
    args = [
        "-m",
        "polyconstraints",
        "expand",
        *["-n", "2", "-d", "2", "--bias", "--format", "json"],
    ]
    first, second = (run_python(*args, PYTHONHASHSEED=seed).stdout for seed in ("0", "4242"))
    assert first == second
    assert first.startswith("{\n")


@pytest.mark.parametrize("inputs", [2, 10])
@pytest.mark.parametrize(("medium", "style"), [("unicode", "canonical"), ("text", "paper")])
def test_names_can_be_pasted_back(inputs: int, medium: Medium, style: Style) -> None:
    network = NetworkSpec(inputs, 2, ["linear", "quadratic"], widths=[2], outputs=1, bias=True)
    shown, canonical = notation(network, medium, style), notation(network)
    for layer in network.layers:
        for name, plain in zip(
            shown.weight_names(layer), canonical.weight_names(layer), strict=True
        ):
            assert typed(name, network) == plain
            assert Assignment.parse([f"{name}=2"], network) == Assignment.parse(
                [f"{plain}=2"], network
            )
    exponents = (3, *(0,) * (inputs - 2), 1)
    assert parse_monomial(shown.monomial(exponents), network) == exponents
