"""Interrupt and kill what writes with several processes, at random moments, and count hangs.

Run as a program for many rounds::

    python -m tests.robustness.pool --rounds 200
    python -m tests.robustness.pool --rounds 200 interrupt

Each round is a fork of one process that has imported everything, in a session of its own, so
that whoever is left of it can be found.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NoReturn

#: What is run, to be written to a file; some seconds with two processes.
COMMAND = ("expand", "-n", "2", "-d", "4", "--jobs", "2", "-o")

#: What happens to it: one interrupt, for the program alone or, as a terminal sends it, for all
#: of its processes; the end of one worker; the end of the program itself.
KINDS = ("interrupt", "interrupt all", "kill worker", "kill")

#: Seconds after which a round counts as hanging, and those that the left-over workers have to
#: notice that their parent is gone.
PATIENCE = 120.0
FAREWELL = 20.0


def processes() -> Iterator[tuple[int, list[str]]]:
    """Yield all processes with the fields of their state after the name."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                yield int(entry.name), fields


def workers(parent: int) -> list[int]:
    """Return the processes of a pool, those included that have just been started."""
    found = []
    for number, fields in processes():
        if int(fields[1]) == parent:
            try:
                line = Path(f"/proc/{number}/cmdline").read_text()
            except OSError:
                continue
            if "spawn_main" in line:
                found.append(number)
    return found


def session(leader: int) -> list[int]:
    """Return the processes of a session."""
    return [number for number, fields in processes() if int(fields[3]) == leader]


def start(target: Path, errors: Path) -> int:
    """Run the command in a fork of this process; return its number."""
    sys.stdout.flush()
    number = os.fork()
    if number == 0:
        _child(target, errors)
    return number


def _child(target: Path, errors: Path) -> NoReturn:
    from polyconstraints.cli.main import run

    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for descriptor, name in ((1, os.devnull), (2, str(errors))):
            opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, descriptor)
        status = run([*COMMAND, str(target)])
    finally:
        # As the interpreter ends, which waits for threads and processes that are left.
        import threading
        from multiprocessing.util import _exit_function

        threading._shutdown()
        _exit_function()
        os._exit(status)


def ended(number: int, patience: float) -> int | None:
    """Return the status of a process that ends in time, or None."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        pid, status = os.waitpid(number, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None


def round_of(kind: str, draw: Random, usual: float, folder: Path) -> str:
    """Run the command once, do something to it, and say how it ended."""
    target, errors = folder / "result.txt", folder / "errors"
    number = start(target, errors)
    moment = time.monotonic() + draw.uniform(0, 1.05 * usual)
    victims: list[int] = []
    while (status := ended(number, 0.005)) is None:
        if kind == "kill worker":
            victims = workers(number)
        if time.monotonic() > moment and (victims or kind != "kill worker"):
            break
    if status is None:
        if kind == "interrupt all":
            os.killpg(number, signal.SIGINT)
        elif kind == "kill worker":
            with suppress(ProcessLookupError):  # the last one may just have ended
                os.kill(draw.choice(victims), signal.SIGKILL)
        else:
            os.kill(number, signal.SIGINT if kind == "interrupt" else signal.SIGKILL)
        status = ended(number, PATIENCE)
    if status is None:
        outcome = "hangs"
        os.killpg(number, signal.SIGKILL)
        os.waitpid(number, 0)
    else:
        outcome = _judged(kind, status, errors.read_text() if errors.exists() else "", target)
    deadline = time.monotonic() + FAREWELL
    while left := session(number):
        if time.monotonic() > deadline:
            for one in left:
                os.kill(one, signal.SIGKILL)
            return "orphans"
        time.sleep(0.02)
    return outcome


def _judged(kind: str, status: int, errors: str, target: Path) -> str:
    """Say what an ending is worth."""
    # Of a killed program only Python's own tracker of semaphores has something to say.
    if "Traceback" in errors or (errors.count("\n") > 1 and kind != "kill"):
        return "noisy"
    if status == 0:
        return "finished" if target.exists() and not errors else "wrong"
    wanted = {"kill worker": 1, "kill": -signal.SIGKILL}.get(kind, 130)
    return "ended" if status == wanted else "wrong"


def rounds(kind: str, count: int, seed: int = 0) -> Counter[str]:
    """Run many rounds and count how they end."""
    from polyconstraints.cli.main import run

    endings: Counter[str] = Counter()
    draw = Random(f"{seed} {kind}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Imports everything, for all forks.
        if run(["expand", "-n", "2", "-o", str(folder / "first.txt")]):
            raise RuntimeError("expected an expansion")
        from polyconstraints.jobs import engines, parts  # noqa: F401 - as above

        began = time.monotonic()
        if ended(start(folder / "usual.txt", folder / "errors"), PATIENCE) != 0:
            raise RuntimeError("expected an expansion")
        usual = time.monotonic() - began
        expected = (folder / "usual.txt").read_bytes()
        for _ in range(count):
            target = folder / "result.txt"
            target.unlink(missing_ok=True)
            ending = round_of(kind, draw, usual, folder)
            if target.exists() and target.read_bytes() != expected:
                ending = "broken"
            endings[ending] += 1
            if ending not in ("ended", "finished"):
                shown = (folder / "errors").read_text() if (folder / "errors").exists() else ""
                print(f"{kind}: {ending}: {shown}", file=sys.stderr, flush=True)
    return endings


def main() -> None:
    """Run all kinds of rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("kinds", nargs="*", default=KINDS, metavar="KIND")
    options = parser.parse_args()
    bad = 0
    print("| what happens | rounds | ended as it should | finished before | hangs | else |")
    print("|---|---|---|---|---|---|")
    for kind in options.kinds:
        counts = rounds(kind, options.rounds, options.seed)
        other = options.rounds - counts["ended"] - counts["finished"] - counts["hangs"]
        bad += other + counts["hangs"]
        print(
            f"| {kind} | {options.rounds} | {counts['ended']} | {counts['finished']} | "
            f"{counts['hangs']} | {other} |",
            flush=True,
        )
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
