"""Every input that lies gets one line and status 2, soon, and within one gigabyte."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from .inputs import JSON, NPZ, SAFETENSORS
from .program import GIGABYTE, limits, one_line, run, start

#: Address space, not only memory in use, so that nothing large is even asked for. What an
#: interpreter with NumPy and its shared libraries maps by itself comes on top.
_ROOM = limits(AS=GIGABYTE + (512 << 20))

#: Far more than any of these takes, on a machine that is busy with other things.
SECONDS = 60


def refused(path: Path, *command: str) -> None:
    ending = run([*command, str(path)], preexec_fn=_ROOM)
    message = one_line(ending, 2)
    assert message.startswith(f"{path}: ") or "-" in command
    assert len(message) < 400
    assert ending.stdout == b""
    assert ending.seconds < SECONDS


#: Inputs that take seconds to write.
LARGE = {
    "13 million empty lists",
    "20 million numbers",
    "300 MB",
    "layer of 2 GiB",
    "million keys",
    "string of 40 MB",
    "zip bomb, 1 GiB",
}


def names(*groups: Iterable[str]) -> list[Any]:
    """Return parameters for names, the large ones marked as slow."""
    return [
        pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name
        for group in groups
        for name in group
    ]


@pytest.mark.parametrize("name", names(JSON))
def test_json(name: str, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_bytes(JSON[name]())
    refused(path, "verify")


@pytest.mark.parametrize("name", names(NPZ))
def test_npz(name: str, tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    NPZ[name](path)
    refused(path, "verify")


@pytest.mark.parametrize("name", names(SAFETENSORS))
def test_safetensors(name: str, tmp_path: Path) -> None:
    path = tmp_path / "map.safetensors"
    SAFETENSORS[name](path)
    refused(path, "verify")


@pytest.mark.parametrize("name", ["10^12 entries", "objects", "negative shape"])
def test_weights(name: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    NPZ[name](path)
    refused(path, "discover")


@pytest.mark.parametrize(
    ("args", "stdin", "message"),
    [
        (["verify", "-"], b"", "standard input: expected a JSON document, got nothing"),
        (["verify", "-"], b"[" * 1000, "standard input: line 1, column 65: expected at most 64"),
        (["verify", "/dev/zero"], b"", "/dev/zero: expected at most 268435456 bytes, got more"),
        (["verify", "."], b"", ".: cannot be read: is a directory"),
        (["verify", "/"], b"", "/: cannot be read: is a directory"),
        (["verify", "no such\nfile"], b"", r"no such\nfile: cannot be read: no such file"),
        (["verify", ""], b"", "cannot be read: no such file"),
        (["verify", "x" * 5000], b"", "x" * 90 + ": cannot be read: file name too long"),
        (["discover", "/dev/null"], b"", "/dev/null: expected a NumPy archive"),
        (["derive", "-n", "3", "--group", "@/dev/zero"], b"", "/dev/zero: expected at most"),
        (["derive", "-n", "3", "--group", "@."], b"", ".: cannot be read: is a directory"),
    ],
)
def test_places_that_are_no_files(args: list[str], stdin: bytes, message: str) -> None:
    ending = run(args, stdin=stdin, preexec_fn=_ROOM)
    assert message in one_line(ending, 2)


def test_endless_standard_input() -> None:
    with subprocess.Popen(["yes", "[["], stdout=subprocess.PIPE) as endless:
        process = start(["verify", "-"], stdin=endless.stdout, preexec_fn=_ROOM)
        _, stderr = process.communicate(timeout=60)
        endless.kill()
    assert process.returncode == 2
    assert b"expected at most 268435456 bytes, got more" in stderr
    assert stderr.count(b"\n") == 1


def test_limit_leaves_room_for_honest_work(tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    assert run(["export", "-n", "40", "-o", str(path)], preexec_fn=_ROOM).status == 0
    assert run(["verify", str(path), "--exact"], preexec_fn=_ROOM).status == 0
