"""The demo runs to its end and shows whole lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo.py"


def test_demo(
    run_python: Callable[..., CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_python(str(DEMO), COLUMNS="70")
    assert done.returncode == 0, done.stderr
    assert "F(σx) = σF(x) for every transposition, exactly." in done.stdout
    assert "…" not in done.stdout
    # Commands are shown as they are typed.
    assert max(len(line) for line in done.stdout.splitlines() if line[:1] != "$") <= 70
