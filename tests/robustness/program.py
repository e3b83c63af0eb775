"""The program in a process of its own, under limits and faults."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]

GIGABYTE = 1 << 30

#: What is run: the entry point, as the installed script runs it.
COMMAND = (sys.executable, "-c", "from polyconstraints.cli.main import main; main()")

#: One thread each for linear algebra, whose stacks count as memory.
ENVIRONMENT: Mapping[str, str] = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class Ending(NamedTuple):
    """How a run of the program ended."""

    status: int
    stdout: bytes
    stderr: str
    seconds: float
    peak: int
    """Largest resident memory in bytes."""


def limits(**values: int) -> Callable[[], None]:
    """Return a function that sets limits such as ``AS`` in the child."""

    def apply() -> None:
        for name, value in values.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))

    return apply


def start(
    args: Sequence[str | bytes], program: Sequence[str] = COMMAND, **options: Any
) -> subprocess.Popen[bytes]:
    """Start the program; the caller ends it."""
    environment = {**ENVIRONMENT, **options.pop("env", {})}
    defaults = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*program, *args], **{**defaults, **options, "env": environment})


def run(
    args: Sequence[str | bytes], *, stdin: bytes = b"", timeout: float = 60, **options: Any
) -> Ending:
    """Run the program to its end."""
    began = time.monotonic()
    process = start(args, stdin=subprocess.PIPE, **options)
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout)
    except BrokenPipeError:
        stdout, stderr = process.communicate()
    finally:
        if process.poll() is None:
            process.kill()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    return Ending(
        process.returncode,
        stdout or b"",
        (stderr or b"").decode("utf-8", "backslashreplace"),
        time.monotonic() - began,
        peak,
    )


def one_line(ending: Ending, status: int) -> str:
    """Return the one line that a run failed with, and nothing else."""
    assert ending.status == status, ending
    assert "Traceback" not in ending.stderr
    assert "internal error" not in ending.stderr
    assert ending.stderr.count("\n") == 1, ending.stderr
    assert ending.stderr.startswith("polyconstraints: error: "), ending.stderr
    return ending.stderr.removeprefix("polyconstraints: error: ").rstrip("\n")


def kill_after(process: subprocess.Popen[bytes], seconds: float, with_signal: int) -> bool:
    """Send a signal after some time; tell whether the process was still there."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(with_signal)
        return True
    return False


INTERRUPT = signal.SIGINT
KILL = signal.SIGKILL
