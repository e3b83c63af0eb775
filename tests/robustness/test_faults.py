"""Places that can't be written, disks that fill up, pipes that close, names of all kinds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import polyconstraints as pc

from .inputs import tying
from .program import COMMAND, ENVIRONMENT, limits, one_line, run, start

linux_only = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")

EXPORT = ("export", "-n", "3")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a directory on a file system of 64 KiB; skip where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can't be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def whole(path: Path) -> bool:
    """Tell whether a map's file is one that can be loaded."""
    pc.TyingMap.load(path)
    return True


# --- Disks ------------------------------------------------------------------------------------


@linux_only
@pytest.mark.parametrize("ending", ["json", "npz", "safetensors"])
def test_full_device(ending: str) -> None:
    ending_ = run([*EXPORT, "--format", ending, "-o", "/dev/full"])
    assert "cannot write '/dev/full': no space left on device" in one_line(ending_, 1)


@linux_only
@pytest.mark.parametrize("args", [EXPORT, ("--help",)])
def test_full_device_as_standard_output(args: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        assert "cannot write: No space left on device" in one_line(run(args, stdout=full), 1)


def test_disk_that_fills_up(full_disk: Path) -> None:
    path = full_disk / "map.json"
    assert run([*EXPORT, "-o", str(path)]).status == 0
    before = path.read_bytes()
    message = one_line(run(["export", "-n", "40", "-o", str(path)]), 1)
    assert message == f"cannot write {str(path)!r}: no space left on device"
    assert path.read_bytes() == before
    assert os.listdir(full_disk) == ["map.json"]


@pytest.mark.parametrize("ending", ["json", "npz", "safetensors"])
def test_limit_on_the_size_of_files(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"map.{ending}"
    assert run([*EXPORT, "-o", str(path)]).status == 0
    before = path.read_bytes()
    result = run(["export", "-n", "60", "-o", str(path)], preexec_fn=limits(FSIZE=2000))
    assert "file too large" in one_line(result, 1)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_no_descriptors_left(tmp_path: Path) -> None:
    # Enough to start, hardly any more.
    for most in (4, 6, 9):
        result = run([*EXPORT, "-o", str(tmp_path / "map.json")], preexec_fn=limits(NOFILE=most))
        assert result.status in (0, 1, 2)
        assert not (tmp_path / "map.json").exists() or whole(tmp_path / "map.json")


# --- Targets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (".", "it is a directory"),
        ("folder", "it is a directory"),
        ("to folder", "it is a directory"),
        ("missing/map.json", "there is no directory"),
        ("file/map.json", "not a directory"),
        ("loop", "symbolic links"),
        ("to missing/map.json", "there is no directory"),
        ("x" * 300, "file name too long"),
        ("", "expected the name of a file"),
    ],
)
def test_targets_that_cannot_be_written(target: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("before")
    (tmp_path / "to folder").symlink_to("folder")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "to missing").symlink_to("nowhere")
    before = sorted(os.listdir(tmp_path))
    message = one_line(run([*EXPORT, "-o", target], cwd=tmp_path), 2)
    assert message.startswith("-o/--output-file: cannot write")
    assert reason in message.lower()
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "file").read_text() == "before"


def test_links_are_written_through(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("before")
    (tmp_path / "link.json").symlink_to("real.json")
    (tmp_path / "dangling.json").symlink_to("new.json")
    for name in ("link.json", "dangling.json"):
        assert run([*EXPORT, "-o", name], cwd=tmp_path).status == 0
        assert (tmp_path / name).is_symlink()
        assert whole(tmp_path / name)
    assert whole(tmp_path / "real.json")
    assert whole(tmp_path / "new.json")


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_directories_that_are_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    assert "permission denied" in one_line(run([*EXPORT, "-o", str(tmp_path / "map.json")]), 2)
    tmp_path.chmod(0o755)


NAMES = [
    b"a map with blanks.json",
    b"a map\nwith a line break.json",
    b"-leading-dash.json",
    b"\xff\xfe not UTF-8.json",
    "äöü σ 日本.json".encode(),
    b"quote'\"`$(touch oops).json",
    b"%s %n {0} \\x00.json",
    b"\x1b[31mred.json",
    b"x" * 250 + b".json",
]


@pytest.mark.parametrize(
    ("name", "locale"),
    [*((name, "C.UTF-8") for name in NAMES), *((name, "C") for name in NAMES[3:5])],
    ids=repr,
)
def test_names_of_all_kinds(name: bytes, locale: str, tmp_path: Path) -> None:
    environment = {"LC_ALL": locale, "PYTHONUTF8": "0"}
    place = b"./" + name
    written = run([*EXPORT, "-o", place], cwd=tmp_path, env=environment)
    assert written.status == 0, written
    assert os.listdir(os.fsencode(tmp_path)) == [name]
    assert run(["verify", place], cwd=tmp_path, env=environment).status == 0
    # The name comes back in a message: in one line, whatever it is.
    with open(os.path.join(os.fsencode(tmp_path), name), "wb") as handle:
        handle.write(b"{}")
    message = one_line(run(["verify", place], cwd=tmp_path, env=environment), 2)
    assert "tying-map/1, polyconstraints/tying-map/2, got nothing" in message
    one_line(run([*EXPORT, "-o", place + b"/x"], cwd=tmp_path, env=environment), 2)


# --- Pipes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken", [0, 1, 100])
def test_reader_that_goes_away(taken: int) -> None:
    with start(["export", "-n", "40"]) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(taken)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["export -n 3", "verify -", "verify"])
def test_closed_streams(closed: str, command: str, tmp_path: Path) -> None:
    python, option, code = COMMAND
    line = f"exec {python} {option} '{code}' {command} {closed}"
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        input=json.dumps(tying().to_json()).encode() if "<" not in closed else None,
        capture_output=True,
        env=dict(ENVIRONMENT),
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode in (0, 1, 2)
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr
    assert done.stderr.count(b"\n") <= 1
    assert os.listdir(tmp_path) == []


def heed_interrupts() -> None:
    """Undo what a shell does to processes in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_named_pipe_that_nobody_writes_to_can_be_interrupted(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    process = start(["verify", str(tmp_path / "pipe.json")], preexec_fn=heed_interrupts)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr == b""


# --- Two at once ------------------------------------------------------------------------------


def test_two_processes_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    contents = []
    for n in ("12", "13"):
        assert run(["export", "-n", n, "-o", str(path)]).status == 0
        contents.append(path.read_bytes())
    for _ in range(3):
        writers = [start(["export", "-n", n, "-o", str(path)]) for n in ("12", "13")]
        while any(writer.poll() is None for writer in writers):
            assert path.read_bytes() in contents
        assert [writer.returncode for writer in writers] == [0, 0]
        for writer in writers:
            writer.communicate()
    assert os.listdir(tmp_path) == ["map.json"]


def test_file_that_is_replaced_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    np.savez(path, layer0=np.eye(3))
    process = start(["discover", str(path)])
    for size in (2, 3, 4, 5):
        np.savez(tmp_path / "new.npz", layer0=np.eye(size))
        os.replace(tmp_path / "new.npz", path)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert b"equivariant under S" in stdout
