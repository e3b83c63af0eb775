"""Fuzz one reader, guided by coverage, from its corpus.

::

    python -m tests.fuzz json_map --runs 100000
    python -m tests.fuzz all --runs 3000          # every reader, in one process

An input that makes a reader fail is written to a file ``crash-…``. With ``--keep`` inputs
that reach new code are added to the corpus.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

CORPUS = Path(__file__).with_name("corpus")


def main() -> NoReturn:
    """Run the fuzzer; its own exit ends the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=0, help="stop after this time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--artifacts", default=".", help="where inputs that fail are written")
    parser.add_argument("--keep", action="store_true", help="keep new inputs in the corpus")
    options = parser.parse_args()

    import atheris

    with atheris.instrument_imports(include=["polyconstraints"]):
        import polyconstraints

        for module in pkgutil.walk_packages(polyconstraints.__path__, "polyconstraints."):
            if ".backends" not in module.name and ".jobs" not in module.name:
                importlib.import_module(module.name)
    from tests.fuzz.readers import READERS, check

    names = sorted(READERS) if options.reader == "all" else [options.reader]

    def one_input(data: bytes) -> None:
        if len(names) == 1:
            check(READERS[names[0]], data)
        elif data:
            check(READERS[names[data[0] % len(names)]], data[1:])

    work = Path(tempfile.mkdtemp(prefix="fuzz-corpus-"))
    for number, name in enumerate(names):
        for seed in sorted((CORPUS / name).iterdir()):
            prefix = bytes([number]) if len(names) > 1 else b""
            (work / f"{name}-{seed.name}").write_bytes(prefix + seed.read_bytes())
    arguments = [
        sys.argv[0],
        f"-runs={options.runs}",
        f"-max_total_time={options.seconds}",
        f"-seed={options.seed}",
        "-max_len=4096",
        # Of the wall clock, on a machine that may be busy; `check` measures processor time.
        "-timeout=30",
        "-rss_limit_mb=1024",
        f"-artifact_prefix={options.artifacts}/",
        "-print_final_stats=1",
        "-verbosity=0" if options.runs < 10_000 else "-verbosity=1",
        str(CORPUS / options.reader) if options.keep else str(work),
    ]
    if options.keep:
        arguments.append(str(work))
    atheris.Setup(arguments, one_input)
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(0)


if __name__ == "__main__":
    main()
