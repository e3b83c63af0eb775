"""Files are written whole or not at all, and read within bounds."""

from __future__ import annotations

import io
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyconstraints import files
from polyconstraints.errors import InputError, PolyconstraintsError, UsageError
from polyconstraints.files import (
    MAX_INTEGER_DIGITS,
    MAX_JSON_DEPTH,
    atomic_writer,
    check_writable,
    dump_json,
    iter_json,
    load_json,
    parse_json,
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


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(5, "Input/output error")])
def test_failure_of_each_step_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: Any
) -> None:
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
        temporary = next(p for p in tmp_path.iterdir() if p != path)
        assert mode_of(temporary) == 0o600
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
            attempt(name, option="--output-file")
        assert reason in str(caught.value)
        assert str(caught.value).startswith("--output-file: cannot write ")
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


# --- JSON in ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "m.json: expected a JSON document, got nothing"),
        (" \n ", "m.json: expected a JSON document, got nothing"),
        ('{"a": [1, 2', "m.json: line 1, column 12: expected valid JSON, but the text ends early"),
        ('{"a": "bc', "m.json: line 1, column 10: expected valid JSON, but the text ends early"),
        ('{"a":\n\n', "m.json: line 3, column 1: expected valid JSON, but the text ends early"),
        ("[1, 2]\n[3]", "m.json: line 2, column 1: expected valid JSON: extra data"),
        ('{"a" 1}', "m.json: line 1, column 6: expected valid JSON: expecting ':' delimiter"),
        ("{'a': 1}", "m.json: line 1, column 2: expected valid JSON: expecting property name"),
        ('["a\nb"]', "m.json: line 1, column 4: expected valid JSON: invalid control character"),
        ('{"a": 1, "a": 2}', "m.json: expected each key once, got 'a' twice"),
        (
            '{"a": [{}, {"b": {"c": 1, "c": 1}}]}',
            "m.json: a[1].b: expected each key once, got 'c' twice",
        ),
        ('{"a": [0, NaN]}', "m.json: a[1]: expected a finite number, got NaN"),
        ("[[-Infinity]]", "m.json: [0][0]: expected a finite number, got -Infinity"),
        ('{"a": 1e999}', "m.json: a: expected a finite number, got '1e999'"),
        (
            f"[1, -{'9' * (MAX_INTEGER_DIGITS + 1)}]",
            "m.json: [1]: expected an integer of at most 1000 digits, got",
        ),
        ('["\\ud800"]', "m.json: [0]: expected text, got half a surrogate pair"),
        ('{"\\udfff": 1}', "m.json: expected text as keys, got half a surrogate pair"),
        ("[" * 100_000, f"m.json: line 1, column {MAX_JSON_DEPTH + 1}: expected at most"),
        ('{"a":' * 100_000, "expected at most 64 levels of nesting"),
        ('{"x": "' + "[" * 100, "the text ends early"),
        ('"' + '\\"' * 200_000 + "[" * 100, "the text ends early"),
        ("undefined", "m.json: line 1, column 1: expected valid JSON: expecting value"),
    ],
)
def test_json_that_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_json(text, source="m.json")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_first_refused_value_in_reading_order_is_reported() -> None:
    with pytest.raises(InputError, match=r"^b\[0\]: "):
        parse_json('{"b": [NaN, 1], "a": [NaN]}')


def test_json_that_is_accepted() -> None:
    deepest = "[" * MAX_JSON_DEPTH + "]" * MAX_JSON_DEPTH
    assert parse_json(deepest) is not None
    assert parse_json('{"s": "' + "[{" * 100 + '"}') == {"s": "[{" * 100}
    assert parse_json('["\\"[", ' + "[], " * 100 + "1]")[-1] == 1
    assert parse_json("9" * MAX_INTEGER_DIGITS) == int("9" * MAX_INTEGER_DIGITS)
    assert parse_json('"\\ud83d\\ude00"') == "\N{GRINNING FACE}"
    assert parse_json("[1, -2, 0.5, true, null]") == [1, -2, 0.5, True, None]


def test_missing_closing_bracket_after_many_values_is_quick() -> None:
    with pytest.raises(InputError, match="ends early"):
        parse_json("[" + "[1, 2, 3], " * 100_000)


# --- JSON out -----------------------------------------------------------------------------

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Surrogates that stand alone are no text and are refused on the way in.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=40,
)


def text_of(obj: object) -> str:
    handle = io.StringIO()
    dump_json(obj, handle)
    return handle.getvalue()


@given(json_values)
def test_what_is_written_reads_back(value: object) -> None:
    text = text_of(value)
    assert json.loads(text) == value
    assert parse_json(text) == value
    assert text.isascii()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@given(st.dictionaries(st.text(), st.integers()))
def test_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert text_of(value) == text_of(dict(reversed(value.items())))


@given(json_values)
def test_same_bytes_after_reading_back(value: object) -> None:
    assert text_of(parse_json(text_of(value))) == text_of(value)


def test_layout() -> None:
    document = {
        "schema": "polyconstraints/example/1",
        "classes": [[i * 40 + j for j in range(40)] for i in range(2)],
        "counts": {"weights": 80, "distinct": 80},
        "empty": [[], {}],
    }
    row0, row1 = (", ".join(str(i * 40 + j) for j in range(40)) for i in range(2))
    assert text_of(document) == (
        "{\n"
        '  "classes": [\n'
        f"    [{row0}],\n"
        f"    [{row1}]\n"
        "  ],\n"
        '  "counts": {"distinct": 80, "weights": 80},\n'
        '  "empty": [[], {}],\n'
        '  "schema": "polyconstraints/example/1"\n'
        "}\n"
    )


def test_iterators_are_written_as_they_come() -> None:
    taken = 0

    def equalities() -> Iterator[dict[str, str]]:
        nonlocal taken
        for index in range(1000):
            taken += 1
            yield {"left": f"W0_1_{index}_0", "right": "W0_1_1_0"}

    pieces = iter_json({"list": equalities()})
    for _ in range(10):
        next(pieces)
    assert taken < 10
    rest = "".join(pieces)
    assert rest.endswith("]\n}\n")
    assert taken == 1000


def test_empty_iterator() -> None:
    assert json.loads(text_of({"list": iter(())})) == {"list": []}


def test_numpy_and_flint_values() -> None:
    numpy = pytest.importorskip("numpy")
    flint = pytest.importorskip("flint")
    document = {
        "array": numpy.arange(4).reshape(2, 2),
        "number": numpy.int64(5),
        "flag": numpy.bool_(True),
        "big": flint.fmpz(10) ** 30,
    }
    assert json.loads(text_of(document)) == {
        "array": [[0, 1], [2, 3]],
        "number": 5,
        "flag": True,
        "big": 10**30,
    }


@pytest.mark.parametrize("value", [{1: 2}, {"a": {None: 1}}, {"a": object()}, {1, 2}, b"bytes"])
def test_what_json_cannot_say(value: object) -> None:
    with pytest.raises(TypeError, match="expected"):
        text_of(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_numbers_that_are_not_finite(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        text_of(value)
