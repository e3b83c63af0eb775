"""Command lines of every size, each in a child with a limit of time and of memory.

``python -m tests.robustness.sizes`` runs them, with ``--write`` it writes docs/reliability.md: none
may take longer than a minute without saying so, nor more than 4 GiB. ``--from K --to L`` runs
a part; parts are kept in ``--results`` and joined by ``--write``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

SECONDS = 60
MEMORY = 4 << 30

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
START, END = "<!-- sizes: start -->", "<!-- sizes: end -->"

#: Files that later commands read, made first.
PREPARED = {
    "map.json": "export -n 3 -d 2 --bias",
    "large.npz": "export -n 200",
    "free.npz": "export -n 60 --group trivial",
    "deep.json": "export -n 3 -d 200",
    "rule.json": "export -n 1000000 --rule",
    "weights.npz": "train -n 30 --steps 1 --save weights.npz",
    "strata.json": "strata -n 2 -d 2 --format json",
}

COMMANDS = """
expand -n 3 -d 2 --bias
expand -n 3 -d 3 --bias --count
expand -n 4 -d 3 --bias --count
expand -n 5 -d 3 --bias --count
expand -n 3 -d 3 --bias -o out.txt
expand -n 3 -d 3 --bias --format json -o out.json
expand -n 8 -d 4 --bias
expand -n 2 -d 13
expand -n 2 -d 1000000000
expand -n 1000000000
expand -n 1000
expand -n 100 --indices redundant
expand -n 3 --channels 1000000
expand -n 20 -d 3 --bias --dry-run
expand -n 8 -d 4 --bias --dry-run --format json
expand -n 30 -d 2 --monomial x1^4 --output 1
derive -n 3
derive -n 100
derive -n 200
derive -n 300
derive -n 400
derive -n 1000
derive -n 1000000000
derive -n 100 --indices redundant
derive -n 300 --indices redundant
derive -n 200 --indices redundant --compare tensor
derive -n 20 --indices redundant --compare paper
derive -n 60 --indices redundant --compare paper
derive -n 2000 --layer linear
derive -n 10000 --layer linear
derive -n 100000 --layer linear --symmetry invariant
derive -n 10000000 --layer linear --symmetry invariant
derive -n 150 --group C
derive -n 150 --group D
derive -n 40 --group A
derive -n 100 --group trivial
derive -n 1000000000 --group C
derive -n 1000000 --group trivial
derive -n 1000 --group tuples(S10,3)
derive -n 216 --group tuples(S6,3)
derive -n 45 --group pairs(S10)
derive -n 16 --group grid(4,4,D4)
derive --group S5xS10 -n 50
derive -n 2 -d 400
derive -n 2 -d 1000
derive -n 2 -d 10000
derive -n 2 -d 100000
derive -n 2 -d 1000000000
derive -n 3 -d 50 --bias
derive -n 3 --channels 70
derive -n 3 --channels 120
derive -n 3 --channels 1000000
derive -n 3 --channels 1000000000 --layer linear
derive -n 3 -d 3 --bias --scope network
derive -n 4 -d 3 --bias --scope network
derive -n 8 -d 4 --scope network
derive -n 2 -d 400 --scope network
derive -n 3 -d 2 --bias --scope network --list -o out.txt
derive -n 4 -d 3 --scope network --list
derive -n 60 --list -o out.txt
derive -n 8 --check
derive -n any
derive -n any --bias --indices redundant
derive -n any --group SxSxS
derive -n any --group S2wrS
derive -n any --channels 30
derive -n any --channels 1000
table -n 1-6
table -n 2,3,1000000
table -n 1-6 -d 2 --bias
table -n 1-1000
table -n 3,5,10 --layer linear --group C
table -n 1000 --group C
table -n 10,20,40 --indices redundant --compare paper
export -n 3 -d 2 --bias
export -n 100 -o out.json
export -n 200 -o out.npz
export -n 200 -o out.safetensors
export -n 60 --indices redundant -o out.json
export -n 1000
export -n 1000000 --rule
export -n any --rule --bias
export -n 1000000000 --rule
export -n 1000000000
export -n 2 -d 100000
export -n 3 -d 2 --scope network --stratum 2
verify map.json
verify map.json --exact
verify large.npz
verify free.npz
verify deep.json
verify rule.json
verify map.json --trials 1000
verify large.npz --trials 1000000
verify --weights weights.npz -n 30
discover weights.npz
strata -n 3 -d 2 --bias
strata -n 6 -d 2
strata -n 12 -d 2
strata -n 8 -d 4 --bias --hidden permutation --gauge
strata -n 100 -d 2
strata -n 2 -d 1000000000
strata -n 2 -d 2 --decompose sympy --time-limit 20
train -n 5 --steps 200
train -n 1000 --steps 20
train -n 100000 --steps 5
train -n 10000000
train -n 1000 --group C
train -n 60 --group trivial --steps 5
train -n 5 --samples 1000000000
train -n 3 --channels 1000000
plot -n 4
plot -n 30 -o out.svg
plot -n 100 -o out.svg
plot -n 1000
plot map.json --view graph
plot strata.json --view strata
report -n 3 -d 2 --bias -o out.html
report -n 30 -o out.html
report -n 100 -o out.html
report -n 1000 -o out.html
groups
groups S60wrS2
groups -n 1000000000 S C D trivial
groups tuples(S1000,3)
groups S100000
reproduce --only 22
""".strip().splitlines()


class Outcome(NamedTuple):
    """How a command ended."""

    command: str
    outcome: str
    seconds: float
    megabytes: int
    note: str


def run(command: str, folder: Path, seconds: float = SECONDS) -> Outcome:
    """Run one command within the limits."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    errors = folder / "errors"
    started = time.monotonic()
    with errors.open("w+b") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-m", "polyconstraints", *command.split()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            cwd=folder,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            preexec_fn=limit,
            start_new_session=True,
        )
        status, used = None, None
        while status is None and time.monotonic() - started < seconds:
            ended, code, used = os.wait4(child.pid, os.WNOHANG)
            status = os.waitstatus_to_exitcode(code) if ended else None
            time.sleep(0.01)
        if status is None:
            child.kill()
            _, _, used = os.wait4(child.pid, 0)
        # Known to have ended, so that nothing waits for it again.
        child.returncode = -9 if status is None else status
        taken = time.monotonic() - started
    lines = errors.read_text("utf-8", "replace").splitlines()
    said = any("goes on after" in line for line in lines)
    last = lines[-1] if lines else ""
    peak = used.ru_maxrss >> 10 if used is not None else 0
    if status is None:
        outcome = "goes on, says so" if said else "FAILED: silent"
    elif status == 0:
        outcome = "done, said that it goes on" if said else "done"
    elif status == 4:
        outcome = "refused" if "would allow it" in last else "refused, no option"
    elif status == 2:
        outcome = "refused as wrong usage"
    else:
        outcome = f"FAILED: {status}"
    return Outcome(command, outcome, round(taken, 1), peak, "" if status == 0 else last)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the table as Markdown."""
    lines = ["| command | outcome | seconds | MB |", "|---|---|---|---|"]
    lines += [
        f"| `{one.command}` | {one.outcome} | {one.seconds:.1f} | {one.megabytes} |"
        for one in outcomes
    ]
    return "\n".join(lines)


def main() -> int:
    """Run commands, or write the table of what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--to", dest="last", type=int, default=len(COMMANDS))
    parser.add_argument("--only", default="", help="commands that hold this text")
    parser.add_argument("--results", type=Path, default=Path("build/sizes.json"))
    parser.add_argument("--write", action="store_true", help="put the results into the page")
    options = parser.parse_args()
    known: dict[str, list[object]] = {}
    if options.results.exists():
        known = json.loads(options.results.read_text("utf-8"))
    options.results.parent.mkdir(exist_ok=True)
    if not options.write:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            chosen = [one for one in COMMANDS[options.first : options.last] if options.only in one]
            for file, command in PREPARED.items():
                if any(file in one for one in chosen):
                    made = command if "--save" in command else f"{command} -o {file}"
                    found = run(made, folder)
                    if not (folder / file).exists():
                        print(found)
            for command in chosen:
                found = run(command, folder)
                print(*found, sep="\t", flush=True)
                known[command] = list(found)
                options.results.write_text(json.dumps(known, indent=1), "utf-8")
    outcomes = [Outcome(*known[command]) for command in COMMANDS if command in known]  # type: ignore[arg-type]
    if options.write:
        page = PAGE.read_text("utf-8")
        before, _, rest = page.partition(START)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{START}\n{table(outcomes)}\n{END}{after}", "utf-8")
    failed = [one for one in outcomes if one.outcome.startswith("FAILED")]
    for one in failed:
        print(one)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
