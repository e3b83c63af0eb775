"""The corpus of every reader, and a short hunt for inputs that no reader has seen."""

from __future__ import annotations

import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from .readers import READERS, check, seeds

CORPUS = Path(__file__).with_name("corpus")
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", READERS)
def test_corpus(name: str) -> None:
    files = sorted((CORPUS / name).iterdir())
    assert files
    for file in files:
        check(READERS[name], file.read_bytes())


@pytest.mark.parametrize("name", READERS)
def test_seeds_are_accepted_and_damaged_ones_refused(name: str) -> None:
    # Works without a fuzzer, too: bytes are changed, dropped, repeated and spliced.
    draw = random.Random(name)
    known = seeds()[name]
    for _ in range(150):
        data = bytearray(draw.choice(known))
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(data) + 1)
            kind = draw.randrange(5)
            if kind == 0:
                data[at : at + 1] = bytes([draw.randrange(256)])
            elif kind == 1:
                del data[at : at + draw.randint(1, 20)]
            elif kind == 2:
                data[at:at] = data[at : at + draw.randint(1, 20)]
            elif kind == 3:
                other = draw.choice(known)
                data[at:] = other[draw.randrange(len(other) + 1) :]
            else:
                data[at:at] = draw.choice(
                    [b"-1", b"99999999999999999999", b"null", b"[", b"{", b'"', b"1e9", b"\0"]
                )
        check(READERS[name], bytes(data))


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris isn't installed")
def test_short_hunt() -> None:
    hunt = [sys.executable, "-m", "tests.fuzz", "all", "--runs", "3000", "--seconds", "20"]
    done = subprocess.run(
        # Started by a shell, since the peak memory that Linux says of a child, which the fuzzer
        # limits, begins with that of the process that forked it.
        ["sh", "-c", '"$@"; exit $?', "sh", *hunt],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
