"""Kill every command that writes a file, at random moments, and look at what is left.

Run as a program for many rounds::

    python -m tests.robustness.kill --rounds 200
    python -m tests.robustness.kill --rounds 200 --fork

With ``--fork`` each round is a fork of one process that has imported everything, so that the
moments fall into the work of the command and not into the start of the interpreter.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import numpy as np

from .program import start

#: Command lines by name; ``{map}`` and ``{weights}`` are files to read and ``{out}`` is the one
#: to write, which ``-o`` names unless another option does.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "expand": ("expand", "-n", "3", "-d", "2", "--bias", "--format", "text"),
    "derive": ("derive", "-n", "4", "-d", "2", "--format", "json"),
    "table": ("table", "-n", "1-4", "--format", "csv"),
    "export json": ("export", "-n", "12", "--format", "json"),
    "export npz": ("export", "-n", "12", "--format", "npz"),
    "export safetensors": ("export", "-n", "12", "--format", "safetensors"),
    "export rule": ("export", "-n", "3", "--rule", "--format", "json"),
    "strata": ("strata", "-n", "2", "-d", "2", "--format", "text"),
    "plot": ("plot", "-n", "3", "--format", "svg"),
    "report": ("report", "-n", "3", "--format", "html"),
    "reproduce": ("reproduce", "--format", "json"),
    "verify": ("verify", "{map}", "--format", "json"),
    "verify weights": ("verify", "{map}", "--weights", "{weights}", "--format", "json"),
    "discover": ("discover", "{weights}", "--format", "text"),
    "train": ("train", "-n", "3", "--steps", "20", "--save", "{out}"),
}


@dataclass
class Counts:
    """What was left after each round.

    Attributes
    ----------
    old, new : int
        The file as it was before, and the whole new one.
    broken : int
        Anything else.
    noisy : int
        Rounds with a traceback or more than a line on standard error.
    leftovers : int
        Temporary files beside the target; a killed process can't remove its own.
    """

    old: int = 0
    new: int = 0
    broken: int = 0
    noisy: int = 0
    leftovers: int = 0
    finished: int = 0


def _inputs(folder: Path) -> dict[str, str]:
    import polyconstraints as pc

    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(4))
    tying = pc.derive(pc.NetworkSpec(4), symmetry).tying_map()
    paths = {"map": folder / "in.json", "weights": folder / "in.npz"}
    tying.save(paths["map"])
    np.savez(paths["weights"], layer0=tying.weights(np.arange(1.0, tying.dimension + 1))[0])
    return {name: str(path) for name, path in paths.items()}


def _heed_interrupts() -> None:
    """Undo what a shell does to processes in the background, which ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


#: Says when the program begins: until then an interrupt is not the program's to handle.
_ANNOUNCED = """
import sys
from polyconstraints.cli.main import main
print(flush=True)
sys.exit(main())
"""


class Forked:
    """The program in a fork of this process, as far as a round needs it."""

    def __init__(self, command: Sequence[str], errors: Path) -> None:
        self.errors = errors
        self.returncode: int | None = None
        # An interrupt that comes while Python forks would be the fork's to handle.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self.pid = os.fork()
        if self.pid == 0:
            self._child(list(command))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def _child(self, command: list[str]) -> NoReturn:
        from polyconstraints.cli.main import run

        status = 130
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for descriptor, name in ((1, os.devnull), (2, str(self.errors))):
                opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(opened, descriptor)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            status = run(command)
        finally:
            # Nothing of the parent's may run in the child, whatever happened.
            os._exit(status)

    def poll(self) -> int | None:
        """Return the status if the process has ended."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self, timeout: float = 120) -> tuple[bytes, bytes]:
        """Wait for the end; return what standard error got."""
        if self.returncode is None:
            _, status = os.waitpid(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return b"", self.errors.read_bytes() if self.errors.exists() else b""


def kill_many(
    name: str, with_signal: str, rounds: int, folder: Path, seed: int, *, fork: bool = False
) -> Counts:
    """Run a command, send it a signal at a random moment of its run, and count what is left."""

    def started() -> Any:
        if fork:
            return Forked(command, folder / "errors")
        if with_signal == "KILL":
            return start(command)
        program = [sys.executable, "-c", _ANNOUNCED]
        process = start(command, program=program, preexec_fn=_heed_interrupts)
        process.stdout.readline()
        return process

    places = _inputs(folder)
    target = folder / "out" / "result.npz"
    target.parent.mkdir()
    words = COMMANDS[name]
    if "{out}" not in words:
        words = (*words, "-o", "{out}")
    command = [word.format(**places, out=target) for word in words]
    number = getattr(signal, f"SIG{with_signal}")
    draw = Random(f"{seed} {name} {with_signal}")

    if fork:
        Forked(command, folder / "errors").communicate()
    process = started()
    began = time.monotonic()
    _, stderr = process.communicate(timeout=120)
    if process.returncode:
        raise RuntimeError(f"{command}: {stderr!r}")
    usual = time.monotonic() - began
    new = target.read_bytes()
    old = b"what was there before\n"
    counts = Counts()
    for _ in range(rounds):
        target.write_bytes(old)
        process = started()
        # A good part of the rounds ends near the end, where the file is written.
        latest = 1.1 * usual
        time.sleep(draw.uniform(0.7 * usual if draw.random() < 0.4 else 0.0, latest))
        counts.finished += process.poll() is not None
        process.send_signal(number)
        _, stderr = process.communicate(timeout=120)
        left = target.read_bytes() if target.exists() else b""
        counts.old += left == old
        counts.new += left == new
        counts.broken += left not in (old, new)
        counts.noisy += b"Traceback" in stderr or stderr.count(b"\n") > 1
        rest = [item for item in os.listdir(target.parent) if item != target.name]
        counts.leftovers += len(rest)
        for item in rest:
            (target.parent / item).unlink()
    return counts


def _import_everything() -> None:
    """Import what the commands use, once for all forks."""
    from polyconstraints.cli.main import run

    with tempfile.TemporaryDirectory() as folder:
        places = _inputs(Path(folder))
        for words in COMMANDS.values():
            out = str(Path(folder) / "out.npz")
            words = words if "{out}" in words else (*words, "-o", "{out}")
            run([word.format(**places, out=out) for word in words])


def main() -> None:
    """Kill all commands and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fork", action="store_true")
    parser.add_argument("--signals", nargs="+", default=["KILL", "INT"])
    parser.add_argument("commands", nargs="*", default=list(COMMANDS))
    options = parser.parse_args()
    if options.fork:
        _import_everything()
    bad = 0
    print("| command | signal | rounds | old file | new file | broken | noisy | leftovers |")
    print("|---|---|---|---|---|---|---|---|")
    for name in options.commands:
        for with_signal in options.signals:
            with tempfile.TemporaryDirectory() as folder:
                counts = kill_many(
                    name,
                    with_signal,
                    options.rounds,
                    Path(folder),
                    options.seed,
                    fork=options.fork,
                )
            bad += counts.broken + counts.noisy
            print(
                f"| {name} | {with_signal} | {options.rounds} | {counts.old} | {counts.new} | "
                f"{counts.broken} | {counts.noisy} | {counts.leftovers} |",
                flush=True,
            )
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
