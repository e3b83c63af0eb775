"""Tying maps in files: JSON, NumPy archives and safetensors, one content."""

from __future__ import annotations

import hashlib
import json
import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import InputError
from polyconstraints.io.arrays import ARRAY_ENDINGS, ArrayFile, open_arrays
from polyconstraints.io.arrays import to_bytes as arrays_to_bytes
from polyconstraints.io.files import atomic_writer, dump_json, load_json, parse_json
from polyconstraints.schemas.maps import MapLayer
from polyconstraints.spec.network import LayerSpec
from polyconstraints.tying.document import Parts, read_map

if TYPE_CHECKING:
    from polyconstraints.tying.map import TyingMap

__all__ = ["load", "save", "to_bytes"]

#: Most entries of class arrays that differ: half a gigabyte.
MAX_ENTRIES = 1 << 26

#: Most entries of all arrays, equal ones included; a bound on time, not on memory.
_MAX_ENTRIES_READ = 1 << 29

#: Most bytes of an archive's header.
_MAX_HEADER = 1 << 26

#: The member of an archive that holds the document without the class arrays.
_HEADER = "header"


def save(tying: TyingMap, path: str | os.PathLike[str]) -> None:
    """Write a map to a file of the format that its ending names."""
    ending = os.fspath(path).rpartition(".")[2].lower()
    if ending in ARRAY_ENDINGS:
        data = to_bytes(tying, ending)
        with atomic_writer(path, binary=True) as binary:
            binary.write(data)
    else:
        with atomic_writer(path) as handle:
            dump_json(tying.to_json(), handle)


def to_bytes(tying: TyingMap, ending: str) -> bytes:
    """Return a map as a file of the given binary format, ``npz`` or ``safetensors``."""
    header = json.dumps(tying.header(), sort_keys=True, ensure_ascii=False)
    arrays = {layer.name: layer.classes for layer in tying.layers}
    return arrays_to_bytes(arrays, ending, {_HEADER: header})


def load(path: str | os.PathLike[str]) -> Parts:
    """Read the parts of a map from a file of the format that its ending names."""
    name = os.fspath(path)
    if name.rpartition(".")[2].lower() in ARRAY_ENDINGS:
        return _load_arrays(open_arrays(path, _MAX_ENTRIES_READ))
    return read_map(load_json(path), name)


def _load_arrays(arrays: ArrayFile) -> Parts:
    name = arrays.source
    # Layers of deep networks are often the same: equal arrays are kept once.
    kept: dict[bytes, NDArray[np.int64]] = {}

    def classes(entry: MapLayer, layer: LayerSpec, place: str) -> NDArray[np.int64]:
        member = f"layer{layer.index}"
        array = _checked(arrays.read(member, math.prod(layer.shape)), layer, member)
        digest = hashlib.blake2b(array.data).digest()
        array = kept.setdefault(digest, array)
        if sum(other.size for other in kept.values()) > MAX_ENTRIES:
            raise InputError(f"expected at most {MAX_ENTRIES} entries in layers that differ")
        return array

    return read_map(parse_json(_header_text(arrays), source=name), name, classes)


def _header_text(arrays: ArrayFile) -> str:
    if _HEADER in arrays.metadata:
        return arrays.metadata[_HEADER]
    array = arrays.read(_HEADER, _MAX_HEADER)
    if array.dtype != np.uint8 or array.ndim != 1:
        raise InputError(
            f"expected bytes, got {array.dtype} of {array.ndim} axes", _HEADER, arrays.source
        )
    try:
        return array.tobytes().decode()
    except UnicodeDecodeError:
        raise InputError("expected UTF-8 text", _HEADER, arrays.source) from None


def _checked(array: NDArray[Any], layer: LayerSpec, member: str) -> NDArray[np.int64]:
    if array.dtype.kind not in "iu":
        raise InputError(f"expected integers, got {array.dtype}", member)
    if array.shape != layer.shape:
        raise InputError(f"expected shape {layer.shape}, got {array.shape}", member)
    return np.ascontiguousarray(array, dtype=np.int64)
