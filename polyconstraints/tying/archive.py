"""Tying maps in files: JSON, NumPy archives and safetensors, one content."""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import InputError, UsageError
from polyconstraints.files import (
    atomic_writer,
    dump_json,
    load_json,
    parse_json,
    read_bytes,
)
from polyconstraints.network import LayerSpec
from polyconstraints.tying.document import from_document, read_header, to_document, to_header
from polyconstraints.tying.map import TyingMap

__all__ = ["load", "save", "to_bytes"]

#: Largest file that is read.
_LIMIT = 1 << 30

#: The member of an archive that holds the document without the class arrays.
_HEADER = "header"


def save(tying: TyingMap, path: str | os.PathLike[str]) -> None:
    """Write a map; see :meth:`TyingMap.save`."""
    ending = os.fspath(path).rpartition(".")[2].lower()
    if ending in ("npz", "safetensors"):
        data = to_bytes(tying, ending)
        with atomic_writer(path, binary=True) as binary:
            binary.write(data)
    else:
        with atomic_writer(path) as handle:
            dump_json(to_document(tying), handle)


def to_bytes(tying: TyingMap, ending: str) -> bytes:
    """Return a map as a file of the given binary format, ``npz`` or ``safetensors``."""
    header = json.dumps(to_header(tying), sort_keys=True, ensure_ascii=False)
    arrays = {layer.name: layer.classes for layer in tying.layers}
    if ending == "safetensors":
        return bytes(_safetensors().save(arrays, metadata={_HEADER: header}))
    members: dict[str, Any] = {_HEADER: np.frombuffer(header.encode(), dtype=np.uint8), **arrays}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **members)
    return buffer.getvalue()


def load(path: str | os.PathLike[str]) -> TyingMap:
    """Read a map; see :meth:`TyingMap.load`."""
    name = os.fspath(path)
    ending = name.rpartition(".")[2].lower()
    if ending == "npz":
        return _load_npz(name)
    if ending == "safetensors":
        return _load_safetensors(name)
    return from_document(load_json(path, _LIMIT), name)


def _load_npz(name: str) -> TyingMap:
    data = read_bytes(name, _LIMIT)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise InputError("expected a NumPy archive, got something else", source=name) from None
    with archive:
        header = parse_json(_npz_text(archive, name), source=name)

        def classes(entry: Any, layer: LayerSpec, place: str) -> NDArray[np.int64]:
            member = f"layer{layer.index}"
            count = int(np.prod(layer.shape, dtype=object))
            array = _npz_array(archive, member, count, name)
            return _checked(array, layer, member)

        return read_header(header, classes, name)


def _npz_text(archive: zipfile.ZipFile, name: str) -> str:
    array = _npz_array(archive, _HEADER, _LIMIT, name)
    if array.dtype != np.uint8 or array.ndim != 1:
        raise InputError(f"expected bytes, got {array.dtype} of {array.ndim} axes", _HEADER, name)
    try:
        return array.tobytes().decode()
    except UnicodeDecodeError:
        raise InputError("expected UTF-8 text", _HEADER, name) from None


def _npz_array(archive: zipfile.ZipFile, member: str, limit: int, name: str) -> NDArray[Any]:
    """Return one array of at most ``limit`` entries; nothing larger is unpacked."""
    from numpy.lib import format as npy

    try:
        with archive.open(f"{member}.npy") as handle:
            version = npy.read_magic(handle)
            if version not in ((1, 0), (2, 0)):
                raise InputError(f"expected an array of format 1 or 2, got {version}", member, name)
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, fortran, dtype = read(handle)
            if dtype.kind not in "iu" or fortran:
                raise InputError(f"expected integers, got {dtype}", member, name)
            count = int(np.prod(shape, dtype=object))
            if count > limit:
                raise InputError(f"expected at most {limit} entries, got {count}", member, name)
            size = count * dtype.itemsize
            data = handle.read(size)
            if len(data) < size:
                raise InputError(f"expected {size} bytes, got {len(data)}", member, name)
            return np.frombuffer(data, dtype=dtype).reshape(shape)
    except KeyError:
        raise InputError("expected an array of this name, got none", member, name) from None
    except InputError:
        raise
    except Exception:  # noqa: BLE001 - damaged data raises errors of the decompressor's own
        raise InputError("expected an array, got something unreadable", member, name) from None


def _load_safetensors(name: str) -> TyingMap:
    data = read_bytes(name, _LIMIT)
    library = _safetensors()
    try:
        arrays = library.load(data)
    except Exception:  # noqa: BLE001 - the library's own error classes are not public
        raise InputError("expected a safetensors file, got something else", source=name) from None
    length = int.from_bytes(data[:8], "little")
    metadata = parse_json(data[8 : 8 + length].decode(), source=name).get("__metadata__", {})
    if _HEADER not in metadata:
        raise InputError("expected a tying map's header, got none", "__metadata__", name)
    header = parse_json(metadata[_HEADER], source=name)

    def classes(entry: Any, layer: LayerSpec, place: str) -> NDArray[np.int64]:
        member = f"layer{layer.index}"
        if member not in arrays:
            raise InputError("expected an array of this name, got none", member)
        return _checked(arrays[member], layer, member)

    return read_header(header, classes, name)


def _checked(array: NDArray[Any], layer: LayerSpec, member: str) -> NDArray[np.int64]:
    if array.dtype.kind not in "iu":
        raise InputError(f"expected integers, got {array.dtype}", member)
    if array.shape != layer.shape:
        raise InputError(f"expected shape {layer.shape}, got {array.shape}", member)
    return array.astype(np.int64)


def _safetensors() -> Any:
    try:
        from safetensors import numpy as library
    except ImportError:
        raise UsageError(
            "expected the package safetensors for files of this ending, got none; "
            "install polyconstraints[safetensors]"
        ) from None
    return library
