"""Killed or interrupted at any moment, a command leaves the old file or the whole new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kill import COMMANDS, kill_many

#: A few for every run of the tests; ``python -m tests.robustness.kill`` does hundreds.
ROUNDS = 2


#: Commands that are killed in every run of the tests; the others are slow together.
OFTEN = ("expand", "export json", "export npz", "train")


@pytest.mark.parametrize(
    "name",
    [name if name in OFTEN else pytest.param(name, marks=pytest.mark.slow) for name in COMMANDS],
)
@pytest.mark.parametrize("signal", ["KILL", "INT"])
def test_old_or_whole_new_file(name: str, signal: str, tmp_path: Path) -> None:
    counts = kill_many(name, signal, ROUNDS, tmp_path, seed=1)
    assert counts.broken == 0
    assert counts.noisy == 0
    assert counts.old + counts.new == ROUNDS
