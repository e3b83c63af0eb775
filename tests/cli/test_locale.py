"""Every command in the locale C, with a standard output that is ASCII."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [
    "expand -n 2",
    "expand -n 2 --format latex",
    "derive -n 3 --classes",
    "derive -n 2 --list --style paper",
    "derive -n any",
    "derive -n 2 -d 2 --scope network",
    "table -n 2,3",
    "export -n 2",
    "verify {map}",
    "plot -n 3",
    "plot -n 3 --ascii",
    "plot -n 2 --view graph",
    "plot -n 2 --format svg",
    "report -n 2",
    "groups",
    "groups S3xS2",
    "strata -n 2 -d 2",
    "strata -n 2 -d 2 --format graphml",
    "train -n 3 --steps 2",
    "train --targets",
    "reproduce --only 22",
    "--help",
    "derive --help",
    "derive -n ≥",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_fails_for_its_characters(command: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "HOME": str(tmp_path),
    }

    def run(text: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "polyconstraints", *text.split()],
            capture_output=True,
            env=environment,
            check=False,
            timeout=120,
        )

    file = tmp_path / "map.json"
    if "{map}" in command:
        assert run(f"export -n 2 -o {file}").returncode == 0
    done = run(command.format(map=file))
    assert b"internal error" not in done.stderr
    assert done.returncode == (2 if "≥" in command else 0), done.stderr
    if "svg" in command or "report" in command or "graphml" in command:
        # What says that it is UTF-8 is, whatever the locale.
        done.stdout.decode("utf-8")
        assert b"\\u" not in done.stdout.split(b"<script", 1)[0]
    elif command.startswith("export"):
        json.loads(done.stdout)
    elif "--help" not in command:
        # click writes help as UTF-8 where the locale says nothing.
        assert done.stdout.isascii()
