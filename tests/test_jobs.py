"""Long results: divided, written by several processes, interrupted and continued."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import polyconstraints as pc
from polyconstraints.cli.main import run as run_cli
from polyconstraints.errors import InputError, PolyconstraintsError, TooLargeError, UsageError
from polyconstraints.io.strict_json import iter_json
from polyconstraints.jobs import journal as journals
from polyconstraints.jobs.document import Document, Part, Segment, batches, evaluate, written
from polyconstraints.jobs.estimate import estimate_derivation, estimate_expansion
from polyconstraints.jobs.journal import Journal, journal_path, partial_path
from polyconstraints.jobs.running import run
from polyconstraints.memory import format_size, parse_size
from polyconstraints.render import equality_parts, expansion_document
from polyconstraints.render.derivation_document import (
    DerivationJson,
    DerivationLatex,
    DerivationText,
)
from polyconstraints.render.derivation_json import derivation_document
from polyconstraints.render.derivation_text import derivation_latex, derivation_text
from polyconstraints.render.expansion_json import ExpansionJson
from polyconstraints.render.expansion_latex import ExpansionLatex
from polyconstraints.render.expansion_text import ExpansionSympy, ExpansionText
from polyconstraints.render.groups import Assignment, ExpansionView
from polyconstraints.schemas import load_schema


def ignore(steps: float) -> None:
    """Take no notice of progress."""


def expansion_documents(network: pc.NetworkSpec, *values: str) -> list[Document]:
    view = ExpansionView(pc.expand(network), assignment=Assignment.parse(values, network))
    return [
        ExpansionJson(view),
        ExpansionSympy(view),
        *(
            kind(view, style, grouped=grouped)
            for kind in (ExpansionText, ExpansionLatex)
            for style in ("canonical", "paper")
            for grouped in (True, False)
        ),
    ]


def whole(document: Document) -> str:
    return "".join(written(document, ignore))


class Sum:
    """A document without anything heavy in it."""

    steps = 30

    def __init__(self, name: str = "sum") -> None:
        self.name = name
        self.asked: list[int] = []

    def identity(self) -> Mapping[str, Any]:
        return {"name": self.name, "of": {"numbers": [1, 2]}}

    def segments(self) -> Iterator[Segment]:
        yield "begin\n"
        for number in range(30):
            yield Part((number,), 1)
            yield "é\n"
        yield "end\n"

    def text(self, part: Part) -> str:
        self.asked.append(part.key[0])
        return str(part.key[0])


# --- Documents ----------------------------------------------------------------------------


@pytest.mark.parametrize("values", [(), ("x1=0", "W1_1_1_1=1/2"), ("W1_1_2_1=0",)], ids=str)
def test_division_changes_nothing(monkeypatch: pytest.MonkeyPatch, values: tuple[str, ...]) -> None:
    network = pc.NetworkSpec(2, depth=2, bias=True)
    expected = [whole(document) for document in expansion_documents(network, *values)]
    monkeypatch.setattr(expansion_document, "PART_TERMS", 4)
    for document, text in zip(expansion_documents(network, *values), expected, strict=True):
        for most in (1, 7, 10_000):
            parts = list(batches(document.segments(), most))
            assert "".join(evaluate(document, batch) for batch in parts) == text
            if not values:
                assert sum(batch.steps for batch in parts) == document.steps


def test_no_line_is_divided() -> None:
    # LaTeX puts 4 terms on a line, SymPy's format 500 into a pair of parentheses.
    assert expansion_document.PART_TERMS % 4 == 0
    assert expansion_document.PART_TERMS % 500 == 0


def test_a_long_coefficient_in_sympy_format(monkeypatch: pytest.MonkeyPatch) -> None:
    view = ExpansionView(pc.expand(pc.NetworkSpec(2, depth=3, bias=True)))
    expected = whole(ExpansionSympy(view))
    monkeypatch.setattr(expansion_document, "PART_TERMS", 500)
    assert whole(ExpansionSympy(view)) == expected


PROBLEMS = [
    (pc.NetworkSpec(2, depth=2, bias=True), "network"),
    (pc.NetworkSpec(2, depth=2), "layer"),
    (pc.NetworkSpec(3, indices="redundant"), "layer"),
    (pc.NetworkSpec(1), "layer"),
]


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(("network", "scope"), PROBLEMS, ids=str)
def test_equalities_in_parts_are_the_equalities(
    monkeypatch: pytest.MonkeyPatch, network: pc.NetworkSpec, scope: Any, long: bool
) -> None:
    if long:
        monkeypatch.setattr(equality_parts, "_LONG", 5)
        monkeypatch.setattr(equality_parts, "_PART_TERMS", 7)
        monkeypatch.setattr(equality_parts, "_PART_EQUALITIES", 2)
    group = pc.PermutationGroup.symmetric(network.inputs)
    derivation = pc.derive(network, pc.Symmetry(group, scope=scope))
    plain = derivation_text(derivation, classes=True, equalities=True)
    assert whole(DerivationText(derivation, classes=True)) == "".join(plain)
    latex = derivation_latex(derivation, "paper", equalities=True)
    assert whole(DerivationLatex(derivation, "paper")) == "".join(latex)
    steps: list[float] = []
    document = DerivationJson(derivation)
    text = "".join(written(document, steps.append))
    assert text == "".join(iter_json(derivation_document(derivation, equalities=True)))
    assert sum(steps) == document.steps
    assert len(json.loads(text)["list"]) == derivation.counts.distinct


# --- Processes ----------------------------------------------------------------------------


def test_several_processes_write_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equality_parts, "_PART_TERMS", 500)
    network = pc.NetworkSpec(2, depth=3, bias=True)
    group = pc.PermutationGroup.symmetric(2)
    derivation = pc.derive(network, pc.Symmetry(group, scope="network"))
    documents: list[Document] = [
        expansion_documents(network)[0],
        expansion_documents(network)[3],
        DerivationText(derivation),
    ]
    for document in documents:
        results = list(run(document, batches(document.segments(), 500), jobs=2))
        assert len(results) > 10
        assert "".join(text for _, text in results) == whole(document)


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


@needs_proc
def test_a_process_that_is_ended_from_outside() -> None:
    document = expansion_documents(pc.NetworkSpec(2, depth=3, bias=True))[0]
    results = run(document, batches(document.segments(), 100), jobs=2)
    next(results)
    for child in children(os.getpid()):
        if "spawn_main" in command_line(child):
            os.kill(child, signal.SIGKILL)
    with pytest.raises(PolyconstraintsError, match="fewer --jobs need less"):
        list(results)


def children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


# --- Journals -----------------------------------------------------------------------------


class Clock:
    """Lets a second pass whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def write(path: Path, document: Sum, *, resume: bool = False, stop_after: int | None = None) -> int:
    """Write a document, or as many batches of it; return the number of segments skipped."""
    with Journal.opened(str(path), document.identity(), resume=resume, clock=Clock()) as journal:
        skipped = journal.done.segments
        segments = list(document.segments())[skipped:]
        for position, batch in enumerate(batches(iter(segments), 4)):
            if position == stop_after:
                raise KeyboardInterrupt
            journal.write(evaluate(document, batch), len(batch.segments), batch.steps)
    return skipped


@pytest.mark.parametrize("stop_after", range(1, 8))
def test_an_interrupted_job_goes_on(tmp_path: Path, stop_after: int) -> None:
    path = tmp_path / "result.txt"
    with pytest.raises(KeyboardInterrupt):
        write(path, Sum(), stop_after=stop_after)
    assert not path.exists()
    document = Sum()
    assert write(path, document, resume=True) > 0
    assert path.read_text("utf-8") == whole(Sum())
    # What had been written was not written again, and nothing is left lying about.
    assert min(document.asked) == 2 * stop_after
    assert os.listdir(tmp_path) == ["result.txt"]


def test_whatever_comes_after_the_last_line_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    with pytest.raises(KeyboardInterrupt):
        write(path, Sum(), stop_after=3)
    # As if the machine had gone down while both files were being written to.
    with open(partial_path(str(path)), "a") as partial:
        partial.write("half a line")
    with open(journal_path(str(path)), "a") as journal:
        journal.write('{"checksum": 1, "segm')
    with pytest.raises(KeyboardInterrupt):
        write(path, Sum(), resume=True, stop_after=1)
    assert write(path, Sum(), resume=True) > 0
    assert path.read_text("utf-8") == whole(Sum())


def test_without_resume_a_job_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    path.write_text("what was there before")
    path.chmod(0o600)
    with pytest.raises(KeyboardInterrupt):
        write(path, Sum(), stop_after=3)
    assert path.read_text() == "what was there before"
    assert os.stat(partial_path(str(path))).st_mode & 0o777 == 0o600
    assert write(path, Sum()) == 0
    assert path.read_text("utf-8") == whole(Sum())
    assert path.stat().st_mode & 0o777 == 0o600
    assert write(path, Sum(), resume=True) == 0


def test_a_short_job_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    with (
        pytest.raises(KeyboardInterrupt),
        Journal.opened(str(path), Sum().identity(), resume=False) as journal,
    ):
        journal.write("text", 1, 1)
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


def test_the_journal_of_another_job_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    with pytest.raises(KeyboardInterrupt):
        write(path, Sum(), stop_after=3)
    with pytest.raises(InputError, match='name is "sum" there and "product" here') as refused:
        write(path, Sum("product"), resume=True)
    assert "\n" not in str(refused.value)
    assert write(path, Sum(), resume=True) > 0


def test_a_partial_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    with pytest.raises(KeyboardInterrupt):
        write(path, Sum(), stop_after=3)
    partial = Path(partial_path(str(path)))
    partial.write_bytes(partial.read_bytes().replace(b"1", b"7"))
    with pytest.raises(PolyconstraintsError, match="without --resume starts over"):
        write(path, Sum(), resume=True)
    Path(journal_path(str(path))).write_text("something else\n")
    with pytest.raises(InputError, match="expected a journal of schema"):
        write(path, Sum(), resume=True)
    partial.unlink()
    Path(journal_path(str(path))).unlink()
    assert write(path, Sum(), resume=True) == 0


def test_two_writers_of_one_file(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    with open(partial_path(str(path)), "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="another process is writing"):
            write(path, Sum())
    assert write(path, Sum()) == 0


# --- The command line ---------------------------------------------------------------------

COMMAND = "expand -n 2 -d 4 --format json"
EQUALITIES = "derive -n 3 -d 2 --bias --scope network --list --format json"

#: Runs the command line with a journal that is written after every batch, and does
#: something to itself once there are some lines in it.
INTERRUPTED = """
import os, signal, sys
from polyconstraints.jobs import journal
from polyconstraints.cli.main import run
if __name__ == "__main__":
    journal.INTERVAL = 0.0
    write, left = journal.Journal.write, [3]
    def counted(self, *arguments):
        write(self, *arguments)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), int(sys.argv[1]))
    journal.Journal.write = counted
    sys.exit(run(sys.argv[2:]))
"""


@pytest.fixture
def interrupted(tmp_path: Path, child_environment: dict[str, str]) -> Callable[..., Any]:
    """Return a function that runs a command which is sent a signal in the middle."""
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED)

    def run_it(number: int, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(script), str(number), *args],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=child_environment,
        )

    return run_it


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_command_goes_on(
    tmp_path: Path, interrupted: Callable[..., Any], number: signal.Signals, jobs: str
) -> None:
    target = tmp_path / "result.json"
    arguments = [*COMMAND.split(), "--jobs", jobs, "-o", str(target)]
    done = interrupted(number, *arguments)
    assert not target.exists()
    assert Path(journal_path(str(target))).exists()
    if number == signal.SIGINT:
        assert done.returncode == 130
        assert done.stderr.count("\n") == 1
        assert "the same command with --resume continues" in done.stderr
    else:
        assert done.returncode == -signal.SIGKILL
    # Another job can't continue it, nor can this one be taken for another.
    assert run_cli(["expand", "-n", "2", "-d", "4", "--resume", "-o", str(target)]) == 2
    assert run_cli([*arguments, "--resume"]) == 0
    assert sorted(os.listdir(tmp_path)) == ["interrupted.py", "result.json"]
    assert run_cli([*COMMAND.split(), "-o", str(tmp_path / "other.json")]) == 0
    assert target.read_bytes() == (tmp_path / "other.json").read_bytes()


@needs_proc
def test_no_process_outlives_a_killed_command(
    tmp_path: Path, interrupted: Callable[..., Any]
) -> None:
    target = tmp_path / "result.json"
    interrupted(signal.SIGKILL, *COMMAND.split(), "--jobs", "2", "-o", str(target))
    deadline = time.monotonic() + 20
    while left := [p for p in all_processes() if str(tmp_path) in command_line(p)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


@pytest.mark.parametrize("command", [COMMAND, EQUALITIES])
def test_same_bytes_in_a_file_and_a_pipe_for_any_number_of_jobs(
    tmp_path: Path, run_python: Callable[..., Any], command: str
) -> None:
    target = tmp_path / "result.json"
    assert run_cli([*command.split(), "-o", str(target)]) == 0
    piped = run_python("-m", "polyconstraints", *command.split(), "--jobs", "2")
    assert piped.returncode == 0
    assert piped.stderr == ""
    assert piped.stdout == target.read_text()


def test_a_closed_pipe_ends_several_processes_quietly(child_environment: dict[str, str]) -> None:
    arguments = [sys.executable, "-m", "polyconstraints", *COMMAND.split(), "--jobs", "2"]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=child_environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_resuming_needs_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["expand", "-n", "2", "--resume"]) == 2
    error = capsys.readouterr().err
    assert "--resume: expected a file to continue, given by -o FILE, got none" in error
    assert run_cli(["expand", "-n", "2", "--resume", "-o", os.devnull]) == 2


# --- Dask ---------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_of_two_workers_writes_the_same(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    from polyconstraints.jobs.cluster import run_on_cluster

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        for command in (COMMAND, EQUALITIES):
            here, there = tmp_path / "here.json", tmp_path / "there.json"
            address = cluster.scheduler_address
            assert run_cli([*command.split(), "-o", str(here)]) == 0
            assert run_cli([*command.split(), "--dask", address, "-o", str(there)]) == 0
            assert there.read_bytes() == here.read_bytes()
        document = expansion_documents(pc.NetworkSpec(2, depth=3, bias=True))[3]
        with distributed.Client(cluster, set_as_default=False) as client:
            results = list(
                run_on_cluster(document, batches(document.segments(), 300), client=client)
            )
        assert len(results) > 10
        assert "".join(text for _, text in results) == whole(document)


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("polyconstraints.jobs.cluster._CONNECT_SECONDS", 1)
    assert run_cli(["expand", "-n", "2", "--dask", "tcp://127.0.0.1:9"]) == 1
    error = capsys.readouterr().err
    assert "--dask: cannot reach a scheduler at 'tcp://127.0.0.1:9'" in error.splitlines()[-1]


# --- Sizes --------------------------------------------------------------------------------


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
    for kind, document in zip(
        ("json", "sympy", "text"), expansion_documents(network), strict=False
    ):
        size = len(whole(document))
        assert size / 2 < estimate_expansion(network, format=kind).output < size * 2
    derivation = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2), scope="network"))
    about = estimate_derivation(derivation)
    document = DerivationText(derivation)
    assert about.precision == "about"
    assert document.steps / 2 < about.terms < document.steps * 2


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
    assert run_cli([*command.split(), "--dry-run", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(load_schema("estimate")).validate(document)
    assert document["fits"] == (document["memory_bytes"] <= document["memory_limit"])
    assert run_cli([*command.split(), "--dry-run", "--memory-limit", "1MiB"]) == 0
    assert "needs a memory limit of" in capsys.readouterr().out


def test_sizes_that_cannot_be_worked_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["expand", "-n", "2", "-d", "30", "--dry-run"]) == 4
    assert "--depth" in capsys.readouterr().err
    # Too deep to be counted: a bound, and called one.
    assert run_cli(["expand", "-n", "3", "-d", "6", "--bias", "--count"]) == 4
    assert "at most 2.57e53 terms" in capsys.readouterr().err
    assert run_cli(["expand", "-n", "3", "-d", "6", "--bias", "--dry-run"]) == 0
    assert "at most" in capsys.readouterr().out


def test_journals_are_kept_once_a_second() -> None:
    assert journals.INTERVAL == 1.0
