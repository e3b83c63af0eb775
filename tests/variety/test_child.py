"""Programs of others end with their time or with this process, and run where no code lies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from polyconstraints.algebra import ring
from polyconstraints.variety.equations.systems import groebner_basis, run

#: A program that says its number, and that of a child of its own, and then doesn't end.
ENDLESS = """
import os, subprocess, sys
child = subprocess.Popen(["/bin/sleep", "600"])
with open(sys.argv[1] + ".new", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".new", sys.argv[1])
child.wait()
"""


def appears(file: Path) -> list[int]:
    """Return the numbers in a file that is about to be written."""
    for _ in range(600):
        if file.exists():
            return [int(word) for word in file.read_text().split()]
        time.sleep(0.05)
    raise AssertionError(f"{file} has not been written")


def alive(number: int) -> bool:
    """Return whether a process runs; one that has ended and isn't waited for does not."""
    try:
        os.kill(number, 0)
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def gone(numbers: list[int]) -> bool:
    """Return whether all of the processes end within seconds."""
    for _ in range(200):
        if not any(alive(number) for number in numbers):
            return True
        time.sleep(0.05)
    return False


def test_what_a_program_says_and_how_it_ends() -> None:
    code = "import sys; print(sys.stdin.read()[::-1]); print('why', file=sys.stderr); sys.exit(3)"
    ended = run([sys.executable, "-c", code], "abc" * 100_000, 60)
    assert ended is not None
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "cba" * 100_000 + "\n", "why\n")
    with pytest.raises(OSError, match="no-such-program"):
        run(["/no-such-program"], "", 60)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
class TestEnds:
    def test_with_its_time(self, tmp_path: Path) -> None:
        file = tmp_path / "numbers"
        start = time.monotonic()
        assert run([sys.executable, "-c", ENDLESS, str(file)], "", 5) is None
        assert time.monotonic() - start < 60
        assert gone(appears(file))

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    def test_with_its_parent(self, tmp_path: Path, how: signal.Signals) -> None:
        file = tmp_path / "numbers"
        code = (
            "import sys; from polyconstraints.variety.equations.systems import run\n"
            f"run([sys.executable, '-c', {ENDLESS!r}, {str(file)!r}], '', 600)"
        )
        parent = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        try:
            numbers = appears(file)
            assert all(map(alive, numbers))
            parent.send_signal(how)
            parent.wait(60)
        finally:
            parent.kill()
            parent.wait()
        assert gone(numbers)


def test_no_code_of_the_current_directory_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "ran"
    for name in ("sympy", "json", "subprocess", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(trace)!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    _, x, y = ring("x, y")
    basis = groebner_basis([x * y - 1, x - y], 120)
    assert basis is not None
    assert (basis.dimension, basis.degree) == (0, 2)
    assert not trace.exists()
