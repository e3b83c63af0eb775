"""Interrupted or killed at any moment, several processes end: none hangs, none stays behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .pool import KINDS
from .program import ENVIRONMENT, ROOT

#: A few for every run of the tests; ``python -m tests.robustness.pool`` does hundreds.
ROUNDS = 2


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_hangs_and_nobody_stays(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.robustness.pool", "--rounds", str(ROUNDS), kind],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        cwd=ROOT,
        env=dict(ENVIRONMENT),
    )
    assert done.returncode == 0, done.stdout + done.stderr
