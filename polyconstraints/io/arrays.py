"""Arrays in files, ``.npz`` and ``.safetensors``: written one way, read whatever they hold.

Both formats are read here rather than by the libraries that define them, since what a file
says about itself is not to be believed: sizes are compared with what is there before memory
is asked for, arrays of objects are refused (nothing is ever unpickled), and so are ways of
compression that let a file choose how much memory unpacking takes. Whatever is written
passes :func:`to_bytes`, which alone knows what layout of memory the formats want.
"""

from __future__ import annotations

import io
import math
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from polyconstraints.errors import InputError, UsageError, extra, naming, printable
from polyconstraints.io.files import ending_of, read_bytes
from polyconstraints.io.strict_json import parse_json

ARRAY_ENDINGS = ("npz", "safetensors")
"""Endings of the names of files that hold arrays."""

MAX_FILE_BYTES = {"npz": 1 << 28, "safetensors": 1 << 29}
"""Largest file of each ending that is read. The arrays of the second kind aren't copied."""

MAX_ENTRIES = 1 << 26
"""Most entries of one array that is read; the caller may allow fewer."""

MAX_ENTRIES_OF_ALL = 1 << 27
"""Most entries of all arrays of one file that are read, unless the caller allows others."""

_MAX_MEMBERS = 10_000
_MAX_NPY_HEADER = 1 << 14
_MAX_SAFETENSORS_HEADER = 1 << 24

#: The header of an array as NumPy's own writer gives it, keys in any order. Read by this and
#: not as an expression, whose nesting could exhaust the parser.
_NPY_ENTRY = re.compile(
    r"""\s*['"](?:descr['"]\s*:\s*(?P<descr>'[^']*'|"[^"]*")|fortran_order['"]\s*:\s*(?P<fortran>True|False)
    |shape['"]\s*:\s*\((?P<shape>[-0-9A-Za-z,\ ]*)\))\s*(?:,|(?=\}))""",
    re.VERBOSE,
)

#: More digits than that the size of an axis can't have.
_MAX_SIZE_DIGITS = 18

#: Compressions of a zip member that need little memory whatever the member says.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_DTYPES = {
    "BOOL": "|b1",
    "U8": "|u1",
    "I8": "|i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "BF16": "<u2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}


#: What a file holds by name, how an entry of it is read, and the texts beside.
_Opened = tuple[Mapping[str, Any], Callable[[Any, int], NDArray[Any]], Mapping[str, str]]


class ArrayFile(Mapping[str, NDArray[Any]]):
    """The arrays of one file, each read when it is asked for."""

    def __init__(
        self,
        source: str,
        entries: Mapping[str, Any],
        read: Callable[[Any, int], NDArray[Any]],
        metadata: Mapping[str, str],
        most: int,
    ) -> None:
        self.source = source
        self.metadata = metadata
        self._entries = entries
        self._read = read
        self._most = most
        self._sizes: dict[str, int] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.read(name)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def read(self, name: str, most: int = MAX_ENTRIES) -> NDArray[Any]:
        """Return an array of at most ``most`` entries."""
        with naming(source=self.source, place=name):
            if name not in self._entries:
                raise InputError("expected an array of this name, got none")
            array = self._read(self._entries[name], min(most, MAX_ENTRIES))
            self._sizes[name] = array.size
            if sum(self._sizes.values()) > self._most:
                raise InputError(f"expected at most {self._most} entries in all")
            return array


def open_arrays(path: str | os.PathLike[str], most: int = MAX_ENTRIES_OF_ALL) -> ArrayFile:
    """Return the arrays of a file, at most ``most`` entries in all; its ending says the format.

    The whole file is read, of at most 256 or 512 MiB, and each array when it is asked for, in
    time and memory that are linear in what it really holds.
    """
    name = os.fspath(path)
    ending = ending_of(name)
    data = read_bytes(name, MAX_FILE_BYTES.get(ending, MAX_FILE_BYTES["npz"]))
    with naming(source=name):
        opened = _open_safetensors(data) if ending == "safetensors" else _open_npz(data)
    return ArrayFile(name, *opened, most)


# --- out ----------------------------------------------------------------------------------


def to_bytes(
    arrays: Mapping[str, NDArray[Any]],
    ending: str,
    metadata: Mapping[str, str] | None = None,
    *,
    compressed: bool = True,
) -> bytes:
    """Return arrays as the bytes of a file.

    The arrays are numbers in any layout: strided, in Fortran's order, of the other byte order,
    read-only, without axes. ``metadata`` are texts beside them; in an archive, members that
    hold their bytes.
    """
    plain = {name: _plain(array, name) for name, array in arrays.items()}
    if ending == "safetensors":
        with extra("safetensors"):
            from safetensors import numpy as safetensors
        return bytes(safetensors.save(plain, metadata=dict(metadata or {}) or None))
    texts = {
        name: np.frombuffer(text.encode(), dtype=np.uint8)
        for name, text in (metadata or {}).items()
    }
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez_compressed if compressed else np.savez
    save(buffer, **texts, **plain)
    return buffer.getvalue()


def _plain(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return numbers one after the other, little-endian, whatever their layout was."""
    if array.dtype.kind not in "iufb":
        raise UsageError(f"expected real numbers, got {_named(array.dtype)}", name)
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


# --- npz ----------------------------------------------------------------------------------


def _open_npz(data: bytes) -> _Opened:
    # Each entry of the directory becomes an object of half a kilobyte.
    if data.count(b"PK\x01\x02") > _MAX_MEMBERS:
        raise InputError(f"expected at most {_MAX_MEMBERS} members, got more")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = {
            info.filename.removesuffix(".npy"): info
            for info in archive.infolist()
            if info.filename.endswith(".npy")
        }
    except Exception:  # noqa: BLE001 - damaged archives raise all sorts of errors
        raise InputError("expected a NumPy archive, got something else") from None

    def read(info: zipfile.ZipInfo, most: int) -> NDArray[Any]:
        if info.compress_type not in _COMPRESSIONS:
            raise InputError("expected a member stored or deflated, got another")
        try:
            with archive.open(info) as handle:
                return _read_npy(handle, most)
        except (InputError, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - so does damaged data
            raise InputError("expected an array, got something unreadable") from None

    return members, read, {}


def _read_npy(handle: Any, most: int) -> NDArray[Any]:
    start = handle.read(npy.MAGIC_LEN)
    version = tuple(start[-2:])
    if start[:-2] != npy.MAGIC_PREFIX or version not in ((1, 0), (2, 0)):
        raise InputError("expected an array of format 1 or 2, got something else")
    size = int.from_bytes(handle.read(2 if version == (1, 0) else 4), "little")
    if size > _MAX_NPY_HEADER:
        raise InputError(f"expected a header of at most {_MAX_NPY_HEADER} bytes, got {size}")
    shape, fortran, dtype = _npy_header(handle.read(size).decode("latin1"))
    size = _count(shape, dtype, most) * dtype.itemsize
    data = handle.read(size)
    if len(data) < size:
        raise InputError(f"expected {size} bytes, got {len(data)}")
    # At the end of a member its checksum is looked at.
    if handle.read(1):
        raise InputError(f"expected {size} bytes, got more")
    array = np.frombuffer(data, dtype=dtype)
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)


def _npy_header(text: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return the shape, the order and the type that an array's header states."""
    found: dict[str, str] = {}
    text = text.strip()
    at = 1
    while text[:1] == "{" and (entry := _NPY_ENTRY.match(text, at)):
        found.update((key, value) for key, value in entry.groupdict().items() if value is not None)
        at = entry.end()
    if set(found) != {"descr", "fortran", "shape"} or text[at:].strip() != "}":
        raise InputError("expected an array, got something unreadable")
    sizes = [size.strip() for size in found["shape"].split(",")]
    if sizes[-1] == "":
        sizes.pop()
    if not all(size.isascii() and size.isdecimal() for size in sizes):
        raise InputError("expected sizes of at least 0 as its shape, got others")
    if any(len(size) > _MAX_SIZE_DIGITS for size in sizes):
        raise InputError(f"expected at most {MAX_ENTRIES} entries, got more")
    return tuple(map(int, sizes)), found["fortran"] == "True", np.dtype(found["descr"][1:-1])


def _count(shape: Any, dtype: np.dtype[Any], most: int) -> int:
    """Return the number of entries of an array, unless it is one that isn't read."""
    if dtype.kind not in "iufb" or dtype.itemsize > 8:
        raise InputError(f"expected real numbers, got {_named(dtype)}")
    if not isinstance(shape, tuple) or len(shape) > 8:
        raise InputError("expected a shape of at most 8 axes, got another")
    if any(type(size) is not int or size < 0 for size in shape):
        raise InputError("expected sizes of at least 0 as its shape, got others")
    count = math.prod(shape)
    if count > most:
        raise InputError(f"expected at most {most} entries, got {count}")
    return count


def _named(dtype: np.dtype[Any]) -> str:
    return "objects" if dtype.hasobject else str(dtype)[:40]


# --- safetensors --------------------------------------------------------------------------


def _open_safetensors(data: bytes) -> _Opened:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, _MAX_SAFETENSORS_HEADER):
        raise InputError("expected a safetensors file, got something else")
    try:
        header = parse_json(data[8 : 8 + length].decode())
    except UnicodeDecodeError:
        raise InputError("expected a header of UTF-8 text") from None
    if not isinstance(header, dict):
        raise InputError("expected an object as header")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise InputError("expected an object of strings", "__metadata__")
    body = memoryview(data)[8 + length :]
    _check_apart(header)

    def read(entry: Any, most: int) -> NDArray[Any]:
        if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= set(entry):
            raise InputError("expected dtype, shape and data_offsets")
        kind, shape = entry["dtype"], entry["shape"]
        if not isinstance(kind, str) or kind not in _DTYPES:
            raise InputError("expected real numbers of a known type, got another")
        dtype = np.dtype(_DTYPES[kind])
        shape = tuple(shape) if isinstance(shape, list) else shape
        size = _count(shape, dtype, most) * dtype.itemsize
        if (offsets := _offsets(entry)) is None:
            raise InputError("expected two integers as data_offsets")
        begin, end = offsets
        if not 0 <= begin <= end <= len(body) or end - begin != size:
            raise InputError(
                f"expected {size} bytes within the file's {len(body)}, got another range"
            )
        array = np.frombuffer(body[begin:end], dtype=dtype).reshape(shape)
        return _from_bfloat16(array) if kind == "BF16" else array

    return header, read, metadata


def _offsets(entry: Any) -> tuple[int, int] | None:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if isinstance(offsets, list) and [type(at) for at in offsets] == [int, int]:
        return offsets[0], offsets[1]
    return None


def _check_apart(header: Mapping[str, Any]) -> None:
    """Refuse arrays that share bytes: few bytes could be many large ones."""
    ranges = sorted(
        (*offsets, name) for name, entry in header.items() if (offsets := _offsets(entry))
    )
    for (_, end, one), (begin, last, other) in pairwise(ranges):
        if begin < end and begin < last:
            raise InputError(
                f"expected arrays that don't overlap, got bytes of {printable(one, 40)} in it",
                other,
            )


def _from_bfloat16(array: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers whose upper halves of a 32-bit float were stored."""
    wide = array.astype(np.uint32) << np.uint32(16)
    return wide.view(np.float32)
