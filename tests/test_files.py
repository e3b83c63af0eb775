"""Files are written whole or not at all, and read within bounds."""

from __future__ import annotations

import io
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from polyconstraints.errors import InputError, PolyconstraintsError, UsageError
from polyconstraints.io import files
from polyconstraints.io.files import (
    atomic_writer,
    check_writable,
    load_json,
    read_bytes,
    read_text,
)

not_as_root = pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere"
)


@pytest.fixture
def umask() -> Iterator[None]:
    """Run with the umask 027."""
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- Writing ------------------------------------------------------------------------------


def test_writes_text_as_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with atomic_writer(path) as handle:
        handle.write("σ\nτ\n")
    assert path.read_bytes() == "σ\nτ\n".encode()
    assert os.listdir(tmp_path) == ["out.txt"]


def test_writes_bytes(tmp_path: Path) -> None:
    path = tmp_path / "out.bin"
    with atomic_writer(path, binary=True) as handle:
        handle.write(b"\x00\r\n\xff")
    assert path.read_bytes() == b"\x00\r\n\xff"


def test_nothing_is_there_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("before")
    with atomic_writer(path) as handle:
        handle.write("after")
        handle.flush()
        assert path.read_text() == "before"
    assert path.read_text() == "after"


@pytest.mark.parametrize("exception", [ValueError, KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize("existed", [False, True])
def test_exception_leaves_everything_as_it_was(
    tmp_path: Path, exception: type[BaseException], existed: bool
) -> None:
    path = tmp_path / "out.txt"
    if existed:
        path.write_text("before")
    with pytest.raises(exception), atomic_writer(path) as handle:
        handle.write("half")
        raise exception
    assert os.listdir(tmp_path) == (["out.txt"] if existed else [])
    if existed:
        assert path.read_text() == "before"


@pytest.mark.parametrize("unnamed", [False, True])
@pytest.mark.parametrize("step", ["fsync", "replace", "chmod", "link", "open"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(5, "Input/output error")])
def test_failure_of_each_step_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: Any, unnamed: bool
) -> None:
    if step == "link" and not (unnamed and hasattr(os, "O_TMPFILE")):
        pytest.skip("nothing is linked where files have names from the start")
    if not unnamed:
        monkeypatch.delattr(files.os, "O_TMPFILE", raising=False)
    path = tmp_path / "out.txt"
    path.write_text("before")

    def fail(*args: object, **kwargs: object) -> None:
        raise failure

    monkeypatch.setattr(files.os, step, fail)
    expected = PolyconstraintsError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected), atomic_writer(path) as handle:
        handle.write("after")
    assert os.listdir(tmp_path) == ["out.txt"]
    assert path.read_text() == "before"


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files have names from the start here")
def test_unfinished_file_has_no_name(tmp_path: Path) -> None:
    with atomic_writer(tmp_path / "out.txt") as handle:
        handle.write("half")
        handle.flush()
        assert os.listdir(tmp_path) == []
    assert os.listdir(tmp_path) == ["out.txt"]


def test_file_system_without_unnamed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.open

    def refuse(path: Any, flags: int, mode: int = 0o777, **options: Any) -> int:
        if flags & getattr(os, "O_TMPFILE", 0) == getattr(os, "O_TMPFILE", None):
            raise OSError(95, "Operation not supported")
        return really(path, flags, mode, **options)

    monkeypatch.setattr(files.os, "open", refuse)
    with atomic_writer(tmp_path / "out.txt") as handle:
        handle.write("whole")
    assert (tmp_path / "out.txt").read_text() == "whole"
    assert os.listdir(tmp_path) == ["out.txt"]


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files have names from the start here")
def test_system_that_gives_no_names_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OSError(1, "Operation not permitted")

    path = tmp_path / "out.txt"
    path.touch(0o640)
    monkeypatch.setattr(files.os, "link", refuse)
    with atomic_writer(path) as handle:
        handle.write("whole")
    assert path.read_text() == "whole"
    assert mode_of(path) == 0o640
    assert os.listdir(tmp_path) == ["out.txt"]


def test_full_disk_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with (
        pytest.raises(PolyconstraintsError, match=r"cannot write .*: no space left on device$"),
        atomic_writer(path),
    ):
        raise OSError(28, "No space left on device")
    assert os.listdir(tmp_path) == []


def test_other_errors_of_the_block_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_writer(tmp_path / "out.txt"):
        (tmp_path / "missing").read_text()


@pytest.mark.usefixtures("umask")
def test_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    with atomic_writer(tmp_path / "out.txt"):
        pass
    assert mode_of(tmp_path / "out.txt") == 0o640


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mode", [0o600, 0o666, 0o755])
def test_replaced_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "out.txt"
    path.touch()
    path.chmod(mode)
    with atomic_writer(path) as handle:
        assert stat.S_IMODE(os.fstat(handle.fileno()).st_mode) == 0o600
        handle.write("after")
    assert mode_of(path) == mode


def test_symbolic_link_is_written_through(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    real = folder / "real.txt"
    real.write_text("before")
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    second = tmp_path / "second.txt"
    second.symlink_to("link.txt")
    with atomic_writer(second) as handle:
        handle.write("after")
    assert link.is_symlink()
    assert second.is_symlink()
    assert real.read_text() == "after"
    assert os.listdir(folder) == ["real.txt"]


def test_dangling_link_creates_its_target(tmp_path: Path) -> None:
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "new.txt")
    with atomic_writer(link) as handle:
        handle.write("new")
    assert link.is_symlink()
    assert (tmp_path / "new.txt").read_text() == "new"


def test_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(UsageError, match="symbolic links"), atomic_writer(tmp_path / "a"):
        pass
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    with atomic_writer(path) as handle:
        handle.write("fits")
    assert path.read_text() == "fits"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "expected the name of a file"),
        ("a\0b", "expected the name of a file"),
        (".", "it is a directory"),
        ("missing/out.txt", "there is no directory"),
        ("new/", "there is no such directory"),
        ("file.txt/out.txt", "not a directory"),
        ("x" * 256, "file name too long"),
    ],
)
def test_what_cannot_be_written_is_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").touch()
    for attempt in (check_writable, lambda *a, **k: atomic_writer(*a, **k).__enter__()):
        with pytest.raises(UsageError) as caught:
            attempt(name, field="output_file")
        assert reason in str(caught.value)
        assert str(caught.value).startswith("output_file: cannot write ")
        assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == ["file.txt"]


def test_missing_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Simulated, since root passes every check.
    path = tmp_path / "out.txt"
    path.write_text("before")
    monkeypatch.setattr(files.os, "access", lambda *a, **k: False)
    with pytest.raises(UsageError, match="permission denied"):
        check_writable(path)
    with pytest.raises(UsageError, match="permission denied in its directory"):
        check_writable(tmp_path / "new.txt")


@not_as_root
def test_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("before")
    path.chmod(0o444)
    with pytest.raises(UsageError, match="permission denied"), atomic_writer(path):
        pass


@pytest.mark.parametrize("step", ["open", "replace"])
def test_what_only_turns_out_while_writing_is_refused_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "out.txt"

    def fail(*args: object, **kwargs: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(files.os, step, fail)
    with (
        pytest.raises(UsageError, match=r"^save: cannot write '.*': operation not permitted$"),
        atomic_writer(path, field="save") as handle,
    ):
        handle.write("after")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc")
def test_directory_that_takes_no_files_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot write '/proc/x': "), atomic_writer("/proc/x"):
        pass


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="there is no /proc")
def test_open_pipe_is_written_to_by_its_number() -> None:
    reader, writer = os.pipe()
    with atomic_writer(f"/proc/self/fd/{writer}") as handle:
        handle.write("through")
    os.close(writer)
    with open(reader) as received:
        assert received.read() == "through"


def test_device_is_written_to_and_not_replaced() -> None:
    with atomic_writer(os.devnull) as handle:
        handle.write("away")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_named_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
    reader.start()
    with atomic_writer(pipe) as handle:
        handle.write("through")
    reader.join(10)
    assert received == ["through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


# --- Reading ------------------------------------------------------------------------------


def test_reads_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("12345")
    assert read_text(path, limit_bytes=5) == "12345"
    with pytest.raises(InputError, match=r"in\.txt: expected at most 4 bytes, got more"):
        read_text(path, limit_bytes=4)


def test_endless_device_is_bounded() -> None:
    with pytest.raises(InputError, match="expected at most 1000 bytes"):
        read_bytes("/dev/zero", limit_bytes=1000)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "missing: cannot be read: no such file or directory"),
        (".", "cannot be read: is a directory"),
        ("a\0b", "expected the name of a file"),
        ("", "cannot be read: no such file or directory"),
    ],
)
def test_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_text(name)
    assert reason in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_bad_utf8_names_the_byte(tmp_path: Path, prefix: bytes) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes(prefix + b"abc\xffdef")
    place = len(prefix) + 3
    with pytest.raises(InputError, match=rf"in\.txt: byte {place}: expected UTF-8.*0xff"):
        read_text(path)


def test_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    path.write_bytes(b"\xef\xbb\xbf[1]")
    assert load_json(path) == [1]


def test_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}')))
    assert load_json("-") == {"a": 1}


def test_errors_name_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"[1, 2")))
    with pytest.raises(InputError, match=r"^standard input: line 1, column 6: .*ends early"):
        load_json("-")


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="standard input: expected input, but it is closed"):
        read_text("-")
