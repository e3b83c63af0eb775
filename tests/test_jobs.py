"""Long results: divided, written by several processes, interrupted and continued."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import polyconstraints as pc
from polyconstraints.algebra import PolynomialRing
from polyconstraints.cli.main import run as run_cli
from polyconstraints.errors import InputError, PolyconstraintsError
from polyconstraints.jobs import Part, Piece, Writer, batches, written
from polyconstraints.jobs.engines import run, run_on_cluster
from polyconstraints.jobs.parts import PartFiles, parts_folder
from polyconstraints.render import expansion, terms
from polyconstraints.render.derivation import DerivationJson, DerivationLatex, DerivationText
from polyconstraints.render.expansion import (
    ExpansionJson,
    ExpansionLatex,
    ExpansionSympy,
    ExpansionText,
)
from polyconstraints.render.expansion_view import Assignment, ExpansionView


def expansion_writers(network: pc.NetworkSpec, *values: str) -> list[Writer]:
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


def whole(writer: Writer) -> str:
    return "".join(written(writer))


class Sum:
    """A result without anything heavy in it."""

    steps = 30

    def __init__(self, name: str = "sum") -> None:
        self.name = name
        self.asked: list[int] = []

    def identity(self) -> Mapping[str, Any]:
        return {"name": self.name, "of": {"numbers": [1, 2]}}

    def pieces(self) -> Iterator[Piece]:
        yield "begin\n"
        for number in range(30):
            yield Part((number,), 1)
            yield "é\n"
        yield "end\n"

    def text(self, part: Part) -> str:
        self.asked.append(part.key[0])
        return str(part.key[0])


# --- Pieces -------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [(), ("x1=0", "W1_1_1_1=1/2"), ("W1_1_2_1=0",)], ids=str)
def test_division_changes_nothing(monkeypatch: pytest.MonkeyPatch, values: tuple[str, ...]) -> None:
    network = pc.NetworkSpec(2, depth=2, bias=True)
    expected = [whole(writer) for writer in expansion_writers(network, *values)]
    monkeypatch.setattr(expansion, "PART_TERMS", 4)
    for writer, text in zip(expansion_writers(network, *values), expected, strict=True):
        for most in (1, 7, 10_000):
            parts = list(batches(writer.pieces(), most))
            assert [batch.number for batch in parts] == list(range(len(parts)))
            assert "".join("".join(batch.written(writer.text)) for batch in parts) == text
            if not values:
                assert sum(batch.steps for batch in parts) == writer.steps


def test_no_line_is_divided() -> None:
    # LaTeX puts 4 terms on a line, SymPy's format 500 into a pair of parentheses.
    assert expansion.PART_TERMS % 4 == 0
    assert expansion.PART_TERMS % 500 == 0


def test_a_long_coefficient_in_sympy_format(monkeypatch: pytest.MonkeyPatch) -> None:
    view = ExpansionView(pc.expand(pc.NetworkSpec(2, depth=3, bias=True)))
    expected = whole(ExpansionSympy(view))
    monkeypatch.setattr(expansion, "PART_TERMS", 500)
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
        monkeypatch.setattr(terms, "_LONG", 5)
        monkeypatch.setattr(terms, "_PART_TERMS", 7)
        monkeypatch.setattr(terms, "_PART_EQUALITIES", 2)
    group = pc.PermutationGroup.symmetric(network.inputs)
    derivation = pc.derive(network, pc.Symmetry(group, scope=scope))
    # Polynomials, compared as such.
    expected = {(one.left, one.right) for one in derivation.equalities()}
    ring = PolynomialRing(network.weight_names())

    def read(text: str) -> Any:
        return sum((ring.parse(term) for term in text.split(" + ")), ring.zero)

    steps: list[float] = []
    writer = DerivationJson(derivation, equalities=True)
    listed = json.loads("".join(written(writer, steps.append)))["list"]
    assert sum(steps) == writer.steps
    assert len(listed) == derivation.counts.distinct == len(expected)
    assert {(read(one["left"]), read(one["right"])) for one in listed} == expected
    lines = [f"{one['left']} = {one['right']}" for one in listed]
    text = whole(DerivationText(derivation, classes=True, equalities=True))
    before = whole(DerivationText(derivation, classes=True))
    assert text == "\n".join([before, *lines, ""])
    latex = whole(DerivationLatex(derivation, "paper", equalities=True))
    assert latex.count("&= ") == len(lines)
    assert latex.startswith(whole(DerivationLatex(derivation, "paper")))


# --- Processes ----------------------------------------------------------------------------


def test_several_processes_write_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "_PART_TERMS", 500)
    network = pc.NetworkSpec(2, depth=3, bias=True)
    group = pc.PermutationGroup.symmetric(2)
    derivation = pc.derive(network, pc.Symmetry(group, scope="network"))
    parts = PartFiles(str(tmp_path))
    for writer in (
        expansion_writers(network)[0],
        expansion_writers(network)[3],
        DerivationText(derivation, equalities=True),
    ):
        results = list(run(writer.text, batches(writer.pieces(), 500), parts, jobs=2))
        assert len(results) > 10
        assert "".join(parts.take(name) for _, name in results) == whole(writer)
        assert os.listdir(tmp_path) == []


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


@needs_proc
@pytest.mark.parametrize("moment", [0, 1, 5])
def test_a_process_that_is_ended_from_outside(tmp_path: Path, moment: int) -> None:
    writer = expansion_writers(pc.NetworkSpec(2, depth=3, bias=True))[0]
    results = run(writer.text, batches(writer.pieces(), 100), PartFiles(str(tmp_path)), jobs=2)
    for _ in range(moment + 1):
        next(results)
    for child in workers(os.getpid()):
        os.kill(child, signal.SIGKILL)
    with pytest.raises(PolyconstraintsError, match="fewer jobs need less"):
        list(results)
    assert workers(os.getpid()) == []


@needs_proc
def test_nobody_goes_on_when_nobody_wants_the_rest(tmp_path: Path) -> None:
    writer = expansion_writers(pc.NetworkSpec(2, depth=3, bias=True))[0]
    work = batches(writer.pieces(), 100)
    with closing(run(writer.text, work, PartFiles(str(tmp_path)), jobs=2)) as results:
        next(results)
        assert workers(os.getpid())
    assert workers(os.getpid()) == []


def workers(parent: int) -> list[int]:
    return [child for child in children(parent) if "spawn_main" in command_line(child)]


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


# --- Part files ---------------------------------------------------------------------------


def write(path: Path, writer: Sum, *, resume: bool = False, stop_after: int | None = None) -> int:
    """Write a result, or as many batches of it; return the number of those that were there."""
    with PartFiles.opened(str(path), writer.identity(), resume=resume) as parts:
        names = {n: name for n, name in parts.found().items() if parts.get(name) is not None}
        there = len(names)
        left = [batch for batch in batches(writer.pieces(), 4) if batch.number not in names]
        for batch, name in run(writer.text, iter(left[:stop_after]), parts):
            names[batch.number] = name
        if stop_after is not None:
            raise KeyboardInterrupt
        path.write_bytes(b"".join(parts.joined(names, writer)))
    return there


def interrupt(path: Path, stop_after: int = 3, **options: Any) -> Path:
    with pytest.raises(KeyboardInterrupt):
        write(path, Sum(), stop_after=stop_after, **options)
    return Path(parts_folder(str(path)))


@pytest.mark.parametrize("stop_after", range(1, 8))
def test_an_interrupted_job_goes_on(tmp_path: Path, stop_after: int) -> None:
    path = tmp_path / "result.txt"
    interrupt(path, stop_after)
    assert not path.exists()
    writer = Sum()
    assert write(path, writer, resume=True) == stop_after
    assert path.read_text("utf-8") == whole(Sum())
    # What had been written was not written again, and nothing is left lying about.
    assert len(writer.asked) < 30
    assert os.listdir(tmp_path) == ["result.txt"]


@pytest.mark.parametrize("content", [b"", b"half", None])
def test_a_part_that_is_not_what_its_name_says_is_written_again(
    tmp_path: Path, content: bytes | None
) -> None:
    # As a power cut or a careless hand leaves them.
    path = tmp_path / "result.txt"
    folder = interrupt(path)
    part = next(item for item in sorted(folder.iterdir()) if "-" in item.name)
    if content is None:
        part.unlink()
    else:
        part.write_bytes(content)
    (folder / ".polyconstraints-0123456789abcdef.tmp").write_bytes(b"half a part")
    assert write(path, Sum(), resume=True) == 2
    assert path.read_text("utf-8") == whole(Sum())
    assert os.listdir(tmp_path) == ["result.txt"]


def test_without_resume_a_job_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    path.write_text("what was there before")
    folder = interrupt(path)
    assert path.read_text() == "what was there before"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert write(path, Sum()) == 0
    assert path.read_text("utf-8") == whole(Sum())
    assert write(path, Sum(), resume=True) == 0
    assert os.listdir(tmp_path) == ["result.txt"]


def test_a_job_without_a_part_leaves_nothing(tmp_path: Path) -> None:
    interrupt(tmp_path / "result.txt", 0)
    assert os.listdir(tmp_path) == []


def test_the_parts_of_another_job_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    folder = interrupt(path)
    with pytest.raises(InputError, match='name is "sum" there and "product" here') as refused:
        write(path, Sum("product"), resume=True)
    assert "\n" not in str(refused.value)
    manifest = folder / "manifest.json"
    manifest.write_text('{"schema": "something else"}\n')
    with pytest.raises(InputError, match="expected a manifest of schema"):
        write(path, Sum(), resume=True)
    manifest.unlink()
    assert write(path, Sum(), resume=True) > 0


def foreign(folder: Path, kind: str) -> None:
    """Put something of somebody's where part files go."""
    if kind == "file":
        folder.write_text("precious")
    elif kind == "link":
        other = folder.parent / "elsewhere"
        other.mkdir()
        folder.symlink_to(other)
    elif kind == "pipe":
        os.mkfifo(folder)
    else:
        folder.mkdir()
        inside = folder / (
            "manifest.json" if "manifest" in kind else "0" * 16 + "-00000000-00000000"
        )
        if kind == "somebody's file in it":
            (folder / "precious.txt").write_text("precious")
        elif "link" in kind:
            inside.symlink_to(folder.parent / "kept.txt")
        elif "pipe" in kind:
            os.mkfifo(inside)


FOREIGN = [
    *("file", "link", "pipe", "somebody's file in it"),
    *("manifest that is a link", "manifest that is a pipe", "part: a link", "part: a pipe"),
]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_not_ours_is_neither_followed_nor_consumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, resume: bool
) -> None:
    (tmp_path / "kept.txt").write_text("precious")
    target = tmp_path / "result.json"
    foreign(Path(parts_folder(str(target))), kind)
    before = sorted(str(item) for item in tmp_path.rglob("*"))
    extra = ["--resume"] if resume else []
    assert run_cli([*COMMAND.split(), "-o", str(target), *extra]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--output-file: expected a directory with nothing but part files at" in error
    assert sorted(str(item) for item in tmp_path.rglob("*")) == before
    assert (tmp_path / "kept.txt").read_text() == "precious"


def test_two_writers_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "result.txt"
    # The second one starts while the first is at work, and ends before it.
    with PartFiles.opened(str(path), Sum().identity(), resume=False) as parts:
        writer = Sum()
        first, *rest = batches(writer.pieces(), 4)
        names = {first.number: parts.put(first.number, first.written(writer.text))}
        write(path, Sum("other"))
        assert os.listdir(tmp_path) == ["result.txt"]
        names.update(
            (batch.number, parts.put(batch.number, batch.written(writer.text))) for batch in rest
        )
        # The batches of `joined` are the usual ones, which are larger.
        text = b"".join(filter(None, map(parts.get, [names[batch.number] for batch in rest])))
        assert parts.get(names[0]) is None
    assert whole(Sum()).endswith(text.decode())
    assert os.listdir(tmp_path) == ["result.txt"]


@pytest.mark.parametrize("length", [244, 250, 255])
def test_names_as_long_as_names_can_be(tmp_path: Path, length: int) -> None:
    path = tmp_path / ("x" * length)
    assert run_cli([*COMMAND.split(), "-o", str(path)]) == 0
    assert os.listdir(tmp_path) == [path.name]
    interrupt(path)
    assert write(path, Sum(), resume=True) == 3


# --- The command line ---------------------------------------------------------------------

COMMAND = "expand -n 2 -d 4 --format json"
EQUALITIES = "derive -n 3 -d 2 --bias --scope network --list --format json"

#: Runs the command line, and does something to itself once there are some parts.
INTERRUPTED = """
import os, sys
from polyconstraints.jobs import engines
from polyconstraints.cli.main import run
if __name__ == "__main__":
    run_, left = engines.run, [3]
    def counted(*arguments):
        for result in run_(*arguments):
            yield result
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), int(sys.argv[1]))
    engines.run = counted
    sys.exit(run(sys.argv[2:]))
"""


@pytest.fixture
def interrupted(tmp_path: Path, child_environment: dict[str, str]) -> Callable[..., Any]:
    """Return a function that runs a command which is sent a signal in the middle."""
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED)

    def run_it(number: int, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(script), str(number), *args],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**child_environment, **more},
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
    assert Path(parts_folder(str(target))).is_dir()
    if number == signal.SIGINT:
        assert done.returncode == 130
        assert done.stderr.count("\n") == 1
        assert "the same command with --resume continues" in done.stderr
    else:
        assert done.returncode == -signal.SIGKILL
    # Another job can't continue it, nor can this one be taken for another.
    assert run_cli(["expand", "-n", "3", "-d", "2", "--resume", "-o", str(target)]) == 2
    assert run_cli([*arguments, "--resume"]) == 0
    assert sorted(os.listdir(tmp_path)) == ["interrupted.py", "result.json"]
    assert run_cli([*COMMAND.split(), "-o", str(tmp_path / "other.json")]) == 0
    assert target.read_bytes() == (tmp_path / "other.json").read_bytes()


def test_a_killed_command_leaves_nothing_for_long(
    tmp_path: Path, interrupted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on its way to standard output when a process is killed goes with the next one."""
    place = tmp_path / "temporary"
    place.mkdir()
    (place / "polyconstraints-of-somebody").mkdir()
    (place / "polyconstraints-of-somebody" / "precious.txt").write_text("precious")
    done = interrupted(signal.SIGKILL, *COMMAND.split(), "--jobs", "2", TMPDIR=str(place))
    assert done.returncode == -signal.SIGKILL
    assert len(list(place.iterdir())) == 2
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with PartFiles.private() as alive:
        alive.put(0, "a")
        with PartFiles.private():
            assert len(list(place.iterdir())) == 3
        assert os.listdir(alive.folder)
    assert os.listdir(place) == ["polyconstraints-of-somebody"]
    assert os.listdir(place / "polyconstraints-of-somebody") == ["precious.txt"]


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
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        for command in (COMMAND, EQUALITIES):
            here, there = tmp_path / "here.json", tmp_path / "there.json"
            address = cluster.scheduler_address
            assert run_cli([*command.split(), "-o", str(here)]) == 0
            assert run_cli([*command.split(), "--dask", address, "-o", str(there)]) == 0
            assert there.read_bytes() == here.read_bytes()
        writer = expansion_writers(pc.NetworkSpec(2, depth=3, bias=True))[3]
        parts = PartFiles(str(tmp_path / "parts"))
        work = batches(writer.pieces(), 300)
        results = list(run_on_cluster(writer.text, work, parts, cluster.scheduler_address))
        assert len(results) > 10
        assert "".join(parts.take(name) for _, name in results) == whole(writer)


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("polyconstraints.jobs.engines._CONNECT_SECONDS", 1)
    assert run_cli(["expand", "-n", "2", "--dask", "tcp://127.0.0.1:9"]) == 1
    error = capsys.readouterr().err
    assert "cannot reach a Dask scheduler at 'tcp://127.0.0.1:9'" in error.splitlines()[-1]
