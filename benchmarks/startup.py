"""Measure how long the commands take from a cold process to their end.

Run it as ``make bench-startup`` or ``.venv/bin/python benchmarks/startup.py``. Each command
runs several times in a process of its own; the rounds are interleaved, so that a machine
that gets busy for a while slows all of them alike.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

INTERPRETER = "python -c pass"

COMMANDS: dict[str, list[str]] = {
    # What no command can undercut: the interpreter itself.
    INTERPRETER: ["-c", "pass"],
    **{
        f"polyconstraints {arguments}": ["-m", "polyconstraints", *arguments.split()]
        for arguments in (
            "--help",
            "derive -n 4",
            "derive -n 3 -d 2 --bias --scope network",
        )
    },
}


def seconds(arguments: Sequence[str]) -> float:
    """Return how long Python takes to run with `arguments`.

    Parameters
    ----------
    arguments : sequence of str
        The arguments of the interpreter.

    Returns
    -------
    float
        Wall time in seconds.

    Raises
    ------
    SystemExit
        If the command fails: its time would mean nothing.
    """
    started = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
    elapsed = time.perf_counter() - started
    if done.returncode:
        message = done.stderr.decode("utf-8", "replace").strip()
        raise SystemExit(f"{' '.join(arguments)} ended with status {done.returncode}: {message}")
    return elapsed


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="Measure cold process times.")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each command (7)")
    rounds = max(1, parser.parse_args().rounds)

    for arguments in COMMANDS.values():
        seconds(arguments)  # fills the disk cache and writes the byte code
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            times[name].append(seconds(arguments))

    width = max(map(len, COMMANDS))
    print(f"{'command':<{width}}  median    best   worst  (ms, {rounds} runs)")
    for name, values in times.items():
        figures = (statistics.median(values), min(values), max(values))
        print(f"{name:<{width}}  " + "  ".join(f"{1000 * value:6.0f}" for value in figures))


if __name__ == "__main__":
    main()
