"""Files of arrays that lie about themselves are refused before they cost memory."""

from __future__ import annotations

import io
import json
import resource
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polyconstraints.errors import InputError, UsageError
from polyconstraints.io.arrays import MAX_ENTRIES, open_arrays, to_bytes


def npy(shape: str, data: bytes = b"", dtype: str = "<i8", fortran: bool = False) -> bytes:
    """Return a member of an archive that says what it is told to say."""
    header = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}}}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def archive(path: Path, compression: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", compression) as out:
        for name, data in members.items():
            out.writestr(f"{name}.npy", data)
    return path


def tensors(path: Path, header: Any, body: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


def refused(path: Path, name: str = "a") -> str:
    """Return the one line that a file is refused with, having cost no memory to speak of."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as caught:
        open_arrays(path).read(name)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message


# --- npz --------------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", ["i1", "u2", ">i4", "i8", "u8", "f2", "f4", ">f8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_numpy_writes_is_read(save: Any, dtype: str, order: str, tmp_path: Path) -> None:
    array = np.asarray(np.arange(24).reshape(2, 3, 4), dtype=dtype, order=order)  # type: ignore[call-overload]
    save(tmp_path / "x.npz", a=array, b=np.array(3))
    found = open_arrays(tmp_path / "x.npz")
    assert sorted(found) == ["a", "b"]
    assert len(found) == 2
    assert "c" not in found
    assert np.array_equal(found["a"], array)
    assert found["b"] == 3


PROMISES = [
    ("(1000000000000,)", "expected at most"),
    ("(1000000, 1000000)", "expected at most"),
    ("(0, 1000000000000)", "expected 0 bytes, got more"),
    ("(-1, 5)", "sizes of at least 0"),
    ("(-1, -5)", "sizes of at least 0"),
    ("(True,)", "sizes of at least 0"),
    ("(2.0,)", "unreadable"),
    ("(1,)*9", "unreadable"),
    ("(1,1,1,1,1,1,1,1,1)", "at most 8 axes"),
    ("(3,)", "expected 24 bytes, got 16"),
    ("(1,)", "expected 8 bytes, got more"),
    ("()", "expected 8 bytes, got more"),
]


@pytest.mark.parametrize(("shape", "message"), PROMISES)
def test_promised_shapes(shape: str, message: str, tmp_path: Path) -> None:
    assert message in refused(archive(tmp_path / "x.npz", a=npy(shape, bytes(16))))


@pytest.mark.parametrize("dtype", ["|O", "<U9", "|S5", "<c16", "|V8", "<M8[ns]", "<f16"])
def test_other_types(dtype: str, tmp_path: Path) -> None:
    message = refused(archive(tmp_path / "x.npz", a=npy("(1,)", bytes(64), dtype)))
    assert "expected real numbers" in message or "unreadable" in message


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.array([{}], dtype=object))
    assert "expected real numbers, got objects" in refused(tmp_path / "x.npz")


def test_bomb_is_not_unpacked(tmp_path: Path) -> None:
    # 200 MB of zeros behind an array that says it has two entries.
    path = archive(tmp_path / "x.npz", a=npy("(2,)", bytes(200_000_000)))
    assert path.stat().st_size < 250_000
    assert "expected 16 bytes, got more" in refused(path)


def test_bomb_in_the_header_is_not_unpacked(tmp_path: Path) -> None:
    text = b"\x93NUMPY\x02\x00" + struct.pack("<I", 200_000_000) + b" " * 200_000_000
    assert "header of at most" in refused(archive(tmp_path / "x.npz", a=text))


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_choose_their_memory(compression: int, tmp_path: Path) -> None:
    path = archive(tmp_path / "x.npz", compression, a=npy("(1,)", bytes(8)))
    assert "stored or deflated" in refused(path)


def test_directory_of_many_members(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(b"PK\x01\x02" * 20_000)
    assert "expected at most 10000 members" in refused(path)


def test_overlapping_members_are_each_bounded(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.npz", a=npy(f"({MAX_ENTRIES + 1},)", b""))
    assert f"expected at most {MAX_ENTRIES} entries" in refused(path)


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"\x93NUMPY", b"{}", bytes(100)]
)
def test_no_archive(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(data)
    refused(tmp_path / "x.npz")


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x03\x00\x00\x00\x00\x00",
        b"\x93NUMPY\x09\x00",
        b"\x93NUMPY\x01\x00\xff",
        b"\x93NUMPY\x01\x00\x10\x00__import__('os')",
        npy("(" * 3000 + ")" * 3000),
        npy("__import__('os').abort()"),
    ],
)
def test_no_array(member: bytes, tmp_path: Path) -> None:
    refused(archive(tmp_path / "x.npz", a=member))


def test_wrong_checksum(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.npz", zipfile.ZIP_STORED, a=npy("(2,)", b"0123456789abcdef"))
    path.write_bytes(path.read_bytes().replace(b"0123456789", b"9876543210"))
    assert "unreadable" in refused(path)


# --- safetensors ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["i1", "u2", "i4", "i8", "u8", "f2", "f4", "f8", "?"])
def test_what_safetensors_writes_is_read(dtype: str, tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    arrays = {"a": np.arange(24).reshape(2, 3, 4).astype(dtype), "b": np.zeros((), dtype)}
    library.save_file(arrays, tmp_path / "x.safetensors", metadata={"k": "v"})
    found = open_arrays(tmp_path / "x.safetensors")
    assert found.metadata == {"k": "v"}
    for name, array in arrays.items():
        assert np.array_equal(found[name], array)
        assert found[name].dtype == array.dtype


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {},
        {"dtype": "I64", "shape": [1]},
        {"dtype": "I64", "shape": [1], "data_offsets": [0, 16]},
        {"dtype": "I64", "shape": [3], "data_offsets": [0, 24]},
        {"dtype": "I64", "shape": [1], "data_offsets": [-8, 0]},
        {"dtype": "I64", "shape": [1], "data_offsets": [16, 8]},
        {"dtype": "I64", "shape": [1], "data_offsets": [0, 8, 8]},
        {"dtype": "I64", "shape": [1], "data_offsets": [0.0, 8]},
        {"dtype": "I64", "shape": [1], "data_offsets": None},
        {"dtype": "I64", "shape": [True], "data_offsets": [0, 8]},
        {"dtype": "I64", "shape": [-1, -1], "data_offsets": [0, 8]},
        {"dtype": "I64", "shape": 1, "data_offsets": [0, 8]},
        {"dtype": "I64", "shape": [10**12], "data_offsets": [0, 8]},
        {"dtype": "I64", "shape": [10**6, 10**6], "data_offsets": [0, 16]},
        {"dtype": "F8_E4M3", "shape": [16], "data_offsets": [0, 16]},
        {"dtype": ["I64"], "shape": [1], "data_offsets": [0, 8]},
    ],
)
def test_entries_that_do_not_fit(entry: Any, tmp_path: Path) -> None:
    refused(tensors(tmp_path / "x.safetensors", {"a": entry}, bytes(16)))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"a": 1, "a": 2}',
        b'{"__metadata__": 3}',
        b'{"__metadata__": {"a": 3}}',
        b"[" * 5000,
        {"b": {"dtype": "I64", "shape": [0], "data_offsets": [0, 0]}},
    ],
)
def test_headers_that_do_not_fit(header: Any, tmp_path: Path) -> None:
    refused(tensors(tmp_path / "x.safetensors", header))


@pytest.mark.parametrize("length", [0, 1, 10, 2**24 + 1, 2**40, 2**63, 2**64 - 1])
def test_promised_header(length: int, tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", length))
    refused(tmp_path / "x.safetensors")
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", length)[:7])
    refused(tmp_path / "x.safetensors")


def test_stream_of_bytes_is_not_needed_twice(tmp_path: Path) -> None:
    # A file may be opened again after it was read: nothing is kept open.
    buffer = io.BytesIO()
    np.savez(buffer, a=np.eye(2))
    path = tmp_path / "x.npz"
    path.write_bytes(buffer.getvalue())
    found = open_arrays(path)
    path.unlink()
    assert np.array_equal(found["a"], np.eye(2))


# --- hostile headers and sums -----------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (" + b"-" * 16000 + b"5,)}",
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (" + b"9" * 16000 + b",)}",
        b"{'descr': '<i8', 'fortran_order': False, 'shape': " + b"(" * 8000 + b")" * 8000 + b"}",
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (2,)} + {}",
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (2,)",
        b"{'descr': '<i8', 'fortran_order': False}",
        b"-" * 16000,
        b"",
    ],
    ids=lambda header: header[:60],
)
def test_headers_are_matched_and_not_evaluated(header: bytes, tmp_path: Path) -> None:
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(16)
    message = refused(archive(tmp_path / "x.npz", a=data))
    assert len(message) < 1000


def test_arrays_that_share_bytes_are_refused(tmp_path: Path) -> None:
    entry = {"dtype": "I64", "shape": [2]}
    header = {
        "a": {**entry, "data_offsets": [0, 16]},
        "b": {**entry, "data_offsets": [8, 24]},
    }
    with pytest.raises(InputError, match=r"x\.safetensors: b: expected arrays that don't overlap"):
        open_arrays(tensors(tmp_path / "x.safetensors", header, bytes(24)))
    header["b"]["data_offsets"] = [16, 32]
    assert len(open_arrays(tensors(tmp_path / "x.safetensors", header, bytes(32)))) == 2


def test_arrays_together_are_bounded(tmp_path: Path) -> None:
    # Each is allowed, and a byte a weight in the file; together they are not.
    members = {f"layer{at}": npy("(1000,)", bytes(1000), "|b1") for at in range(5)}
    found = open_arrays(archive(tmp_path / "x.npz", **members), most=4000)
    for at in (0, 1, 2, 3, 0, 1):
        found.read(f"layer{at}")
    with pytest.raises(InputError, match="layer4: expected at most 4000 entries in all"):
        found.read("layer4")


# --- out --------------------------------------------------------------------------------------

_BASE = np.arange(24).reshape(2, 3, 4)


def _read_only() -> Any:
    array = _BASE.copy()
    array.flags.writeable = False
    return array


LAYOUTS = {
    "C": _BASE,
    "F": np.asfortranarray(_BASE),
    "transposed": _BASE.T,
    "strided": _BASE[:, ::2, 1:],
    "reversed": _BASE[::-1, :, ::-1],
    "repeated": np.broadcast_to(_BASE[:1], (5, 3, 4)),
    "other byte order": _BASE.astype(">i8"),
    "both": np.asfortranarray(_BASE.astype(">i4")),
    "read-only": _read_only(),
    "no axes": np.array(7),
    "no entries": np.zeros((0, 3)),
    "small": _BASE.astype("i1").T,
    "booleans": (_BASE.T > 5),
    "floats": np.asfortranarray(_BASE / 7),
    "half": np.asfortranarray(_BASE.astype("f2"))[:, 1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_every_layout_is_written_right(layout: str, ending: str, tmp_path: Path) -> None:
    array = LAYOUTS[layout]
    if ending == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"x.{ending}"
    path.write_bytes(to_bytes({"a": array, "b": _BASE}, ending, {"header": "text"}))
    found = open_arrays(path)
    assert found["a"].shape == array.shape
    assert found["a"].tolist() == array.tolist()
    assert found["b"].tolist() == _BASE.tolist()
    if ending == "npz":
        with np.load(path) as theirs:
            assert theirs["a"].tolist() == array.tolist()
            assert theirs["a"].dtype == array.dtype.newbyteorder("<")
    else:
        from safetensors.numpy import load_file

        assert load_file(path)["a"].tolist() == array.tolist()


def test_what_is_no_number_is_not_written() -> None:
    for array in (np.array(["a"]), np.array([{}], dtype=object), np.array([1j])):
        with pytest.raises(UsageError, match="a: expected real numbers"):
            to_bytes({"a": array}, "npz")
