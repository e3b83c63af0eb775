"""Large networks: quick where much of them is equal, refused beforehand where they don't fit."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import time
from math import comb
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.cli.main import run
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.jobs import written
from polyconstraints.jobs.estimate import estimate_derivation, estimate_expansion
from polyconstraints.memory import format_size, parse_size
from polyconstraints.render.derivation import DerivationText
from polyconstraints.render.expansion import ExpansionJson, ExpansionSympy, ExpansionText
from polyconstraints.render.expansion_view import ExpansionView
from polyconstraints.schemas import load_schema


def test_equal_layers_are_one_layer() -> None:
    started = time.process_time()
    depth = 400
    network = pc.NetworkSpec(2, depth=depth)
    found = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    assert len({id(comparison) for comparison in found.comparisons}) == 1
    assert found.distinct_weights == 3 * depth
    # One layer has 3; each further one has a hidden gauge a·I + b·11^T of 2 (n = 2).
    assert found.function_dimension == 3 * depth - 2 * (depth - 1)
    # Was 40 seconds when derivatives were carried forwards, 3 to 5 now.
    assert time.process_time() - started < 20


@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
def test_many_channels_count_as_quickly_as_few(kind: str) -> None:
    started = time.process_time()
    channels = 40
    network = pc.NetworkSpec(3, outputs=1 if kind == "invariant" else 3, channels=channels)
    found = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(3), kind))
    # Multisets of two channels for each way in which i, j and k are equal.
    same, ordered = comb(channels + 1, 2), channels**2
    of_an_output = 2 * same + same + ordered if kind == "equivariant" else 2 * same
    assert found.distinct_weights == channels * of_an_output
    assert found.counts.distinct > 0
    assert time.process_time() - started < 10


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
def test_counts_of_channels_are_those_of_single_pairs(kind: str, bias: bool) -> None:
    channels = (3, 2)
    network = pc.NetworkSpec(
        3, bias=bias, outputs=1 if kind == "invariant" else 3, channels=channels
    )
    found = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(3), kind))
    comparison = found.comparisons[0]
    assert found.counts.distinct == len(list(comparison.pairs()))


@pytest.mark.parametrize(
    "command",
    [
        "derive -n 1000000000",
        "derive -n 1000",
        "derive -n 1000 --indices redundant",
        "derive -n 100 --indices redundant --compare paper",
        "derive -n 1000 --group tuples(S10,3)",
        "derive -n 2 --channels 1000000",
        "derive -n 8 -d 5 --scope network",
        "derive -n 1000000000 --group C",
        "expand -n 1000",
        "expand -n 3 --channels 1000000",
        "table -n 3,1000 --group C",
        "export -n 1000",
        "plot -n 1000",
        "report -n 1000",
        "train -n 100000",
        "train -n 5 --samples 1000000000",
        "verify -n 1000 --weights {weights}",
        "groups -n 1000000000 S C",
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_built(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "weights.npz", layer0=np.zeros((1, 1, 1)))
    command = command.format(weights=tmp_path / "weights.npz")
    started = time.process_time()
    assert run([*command.split(), "--memory-limit", "2GiB"]) == 4
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "expected a job that fits into 2.0 GiB" in message
    assert ": --memory-limit " in message
    assert message.endswith(" would allow it\n")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "command",
    [
        "derive -n any",
        "table -n 2,3,1000000",
        "export -n 1000000 --rule -o {folder}/rule.json",
        "verify {folder}/rule.json",
        "verify {folder}/rule.json --exact",
    ],
)
def test_rules_need_no_arrays(
    command: str, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    file = folder / "rule.json"
    if command.startswith("verify") and not file.exists():
        assert run(["export", "-n", "1000000", "--rule", "-o", str(file)]) == 0
    started = time.process_time()
    assert run([*command.format(folder=folder).split(), "--memory-limit", "1MB"]) == 0
    assert time.process_time() - started < 10


def test_depths_without_end_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["derive", "-n", "2", "-d", "1000000000"]) == 4
    assert capsys.readouterr().err.endswith(": --depth 100000 would allow it\n")
    assert run(["expand", "-n", "2", "-d", "13"]) == 4
    assert capsys.readouterr().err.endswith("got 8192: --depth 12 would allow it\n")


def test_the_limit_of_python_is_that_of_the_command_line() -> None:
    symmetric = pc.Symmetry(pc.PermutationGroup.symmetric(100))
    with pytest.raises(pc.TooLargeError, match="for a derivation of 505000 weights") as refused:
        pc.derive(pc.NetworkSpec(100), symmetric, memory_limit=1 << 20)
    assert refused.value.terms == 505000
    assert refused.value.allow is not None
    name, value = refused.value.allow
    pc.derive(pc.NetworkSpec(100), symmetric, **{name: parse_size(str(value))})


def test_a_limit_of_the_process_counts() -> None:
    pytest.importorskip("resource")
    script = (
        "import resource as r; from polyconstraints.memory import free_memory;"
        f"r.setrlimit(r.RLIMIT_AS, ({1 << 30}, r.getrlimit(r.RLIMIT_AS)[1])); print(free_memory())"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert 0 < int(found.stdout) < 1 << 30


def test_messages_of_the_core_name_no_options() -> None:
    root = Path(pc.__file__).parent
    # Commands of other systems, and the command line that a map records.
    others = {"cli", "variety/equations/systems.py", "tying/provenance.py", "tying/rule.py"}
    named = []
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root)
        if {place.parts[0], place.as_posix()} & others:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc]
        for node in (inner for one in raised for inner in ast.walk(one)):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.search(r"--[a-z]", text):
                named.append(f"{place}:{node.lineno}")
    assert named == []


def test_wrong_usage_is_found_without_any_generators() -> None:
    started = time.process_time()
    command = "derive -n 1000000000 --group C --permutations adjacent"
    assert run(command.split()) == 2
    assert time.process_time() - started < 2


# --- Estimates ----------------------------------------------------------------------------


def test_sizes_in_bytes() -> None:
    assert parse_size("4GiB") == 4 << 30
    assert parse_size("0.5 kB") == 500
    assert parse_size("1e9".replace("e9", "GB")) == 10**9
    for text in ("", "GiB", "-1GiB", "4 GiBB", "1e9", "0"):
        with pytest.raises(UsageError, match="--memory-limit: expected a size"):
            parse_size(text, "--memory-limit")
    for size in (1, 1023, 1024, 10**9, 10**30, 10**400):
        assert format_size(size)


def test_estimates_are_right_about_the_terms() -> None:
    network = pc.NetworkSpec(2, depth=3, bias=True)
    estimate = estimate_expansion(network)
    assert (estimate.terms, estimate.precision) == (2 * 9811, "exactly")
    # Within a factor of two of what is really written.
    view = ExpansionView(pc.expand(network))
    for writer in (ExpansionJson(view), ExpansionSympy(view), ExpansionText(view)):
        kind, size = writer.format, sum(map(len, written(writer)))
        assert size / 2 < estimate_expansion(network, format=kind).output < size * 2
    derivation = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2), scope="network"))
    about = estimate_derivation(derivation)
    steps = DerivationText(derivation, equalities=True).steps
    assert about.precision == "about"
    assert steps / 2 < about.terms < steps * 2


def test_what_does_not_fit_is_refused_with_the_option_that_allows_it() -> None:
    network = pc.NetworkSpec(4, depth=3, bias=True)
    needed = estimate_expansion(network).memory
    estimate_expansion(network, memory_limit=needed).check()
    with pytest.raises(TooLargeError, match="74288540 terms: memory_limit=") as refused:
        estimate_expansion(network, memory_limit=needed - 1).check()
    assert refused.value.terms == 74_288_540
    assert refused.value.size == needed
    [name, allowed] = refused.value.allow
    assert name == "memory_limit"
    estimate_expansion(network, memory_limit=parse_size(allowed)).check()
    more = estimate_expansion(network, jobs=4)
    assert more.memory > needed


SCHEMA_CASES = [
    "expand -n 3 -d 3 --bias",
    "expand -n 8 -d 4 --bias",
    "expand -n 2 -d 12",
    "expand -n 3 -d 2 --output 1 --monomial x1^4",
    "derive -n 3 -d 3 --bias --scope network --list",
    "derive -n 3",
]


@pytest.mark.parametrize("command", SCHEMA_CASES)
def test_dry_run(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run([*command.split(), "--dry-run", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(load_schema("estimate")).validate(document)
    assert document["fits"] == (document["memory_bytes"] <= document["memory_limit"])
    assert run([*command.split(), "--dry-run", "--memory-limit", "1MiB"]) == 0
    assert "needs a memory limit of" in capsys.readouterr().out


def test_sizes_that_cannot_be_worked_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["expand", "-n", "2", "-d", "30", "--dry-run"]) == 4
    assert "--depth" in capsys.readouterr().err
    # Too deep to be counted: a bound, and called one.
    assert run(["expand", "-n", "3", "-d", "6", "--bias", "--count"]) == 4
    assert "at most 2.57e53 terms" in capsys.readouterr().err
    assert run(["expand", "-n", "3", "-d", "6", "--bias", "--dry-run"]) == 0
    assert "at most" in capsys.readouterr().out
