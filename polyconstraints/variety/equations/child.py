"""Programs that run for so long only: they end with their time, or with this process.

A supervisor of a few lines starts the program in a group of its own and reads a pipe whose
other end this process holds. When the pipe closes, because the time is up or this process has
ended in whatever way, the supervisor kills the group.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SUPERVISOR = """
import os, signal, subprocess, sys, threading
with open(sys.argv[1], "rb") as given:
    program = subprocess.Popen(sys.argv[2:], stdin=given, start_new_session=True)
def end():
    try:
        os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
def watch():
    sys.stdin.buffer.read()
    end()
threading.Thread(target=watch, daemon=True).start()
status = program.wait()
end()
os._exit(status if 0 <= status < 128 else 128)
"""


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit status, and what it wrote."""

    status: int
    output: str
    errors: str


def run(command: Sequence[str], text: str, time_limit: float) -> Ended | None:
    """Run a program in an empty directory and return how it ended, or None if time ran out.

    The command is an executable's absolute path with arguments (an OSError if there is none),
    the text what the program finds on its standard input; the limit is in seconds.
    """
    if not Path(command[0]).is_file():
        raise FileNotFoundError(command[0])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given, output, errors = (folder / part for part in ("input", "output", "errors"))
        given.write_text(text, "utf-8")
        work = folder / "work"
        work.mkdir()
        with output.open("wb") as out, errors.open("wb") as err:
            supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _SUPERVISOR, str(given), *command],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                cwd=work,
                start_new_session=True,
            )
            try:
                status = supervisor.wait(time_limit)
            except subprocess.TimeoutExpired:
                return None
            finally:
                if supervisor.stdin is not None:
                    supervisor.stdin.close()
                supervisor.wait()
        return Ended(status, *(p.read_text("utf-8", "replace") for p in (output, errors)))
