"""Files that lie: what they promise is not what they hold."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import polyconstraints as pc

Document = dict[str, Any]


def tying(n: int = 3) -> pc.TyingMap:
    """Return a small map."""
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(n))
    return pc.derive(pc.NetworkSpec(n), symmetry).tying_map()


def by_hand() -> Document:
    """Return a small map's document without provenance, so that only its content counts."""
    document = tying().to_json()
    del document["provenance"]
    del document["counts"]
    return document


def edited(*edits: tuple[str, Any]) -> bytes:
    """Return a document's text with values put at places such as ``layers/0/free``."""
    document = by_hand()
    for path, value in edits:
        *parents, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
        target: Any = document
        for part in parents:
            target = target[part]
        target[last] = value
    return json.dumps(document).encode()


def _repeated(key: str) -> bytes:
    text = json.dumps(by_hand())
    return text.replace(f'"{key}":', f'"{key}": 0, "{key}":', 1).encode()


#: JSON texts by what is wrong with them.
JSON: Mapping[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "blank": lambda: b" \n\t ",
    "truncated": lambda: edited()[:-40],
    "trailing text": lambda: edited() + b"x",
    "not UTF-8": lambda: edited().replace(b"layer0", b"layer\xff"),
    "UTF-16": lambda: edited().decode().encode("utf-16"),
    "null bytes": lambda: b"\0" * 1000,
    "duplicate key": lambda: _repeated("layers"),
    "duplicate key inside": lambda: _repeated("bias"),
    "NaN": lambda: edited(("layers/0/classes/0/0/0", float("nan"))),
    "infinity": lambda: edited(("network/inputs", float("inf"))),
    "number beyond doubles": lambda: edited().replace(b'"depth": 1', b'"depth": 1e999'),
    "number of a million digits": lambda: edited().replace(
        b'"depth": 1', b'"depth": 1' + b"0" * 10**6
    ),
    "nested 100 000 deep": lambda: b"[" * 100_000 + b"]" * 100_000,
    "nested objects": lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "13 million empty lists": lambda: b"[" + b"[]," * 13_000_000 + b"[]]",
    "20 million numbers": lambda: b"[" + b"1," * 20_000_000 + b"1]",
    "string of 40 MB": lambda: b'"' + b"x" * 40_000_000 + b'"',
    "300 MB": lambda: b" " * 300_000_000,
    "million keys": lambda: json.dumps({str(at): at for at in range(10**6)}).encode(),
    "half a surrogate": lambda: edited(("symmetry/group", "\ud800")),
    "list for an object": lambda: b"[]",
    "number for an object": lambda: b"3",
    "network missing": lambda: edited(("network", None)),
    "10^12 inputs": lambda: edited(
        ("network/inputs", 10**12), ("network/widths", [10**12, 10**12])
    ),
    "10^9 deep": lambda: edited(("network/depth", 10**9)),
    "depth without layers": lambda: edited(
        ("network/depth", 1000), ("network/widths", [3] * 1001), ("network/channels", [1] * 1001)
    ),
    "10^6 channels": lambda: edited(("network/channels", [10**6, 10**6])),
    "negative class": lambda: edited(("layers/0/classes/0/0/0", -7)),
    "enormous class": lambda: edited(("layers/0/classes/0/0/0", 10**100)),
    "class beyond the weights": lambda: edited(("layers/0/classes/0/0/0", 2**31)),
    "fraction for a class": lambda: edited(("layers/0/classes/0/0/0", 0.5)),
    "true for a class": lambda: edited(("layers/0/classes/0/0/0", True)),
    "text for a class": lambda: edited(("layers/0/classes/0/0/0", "0")),
    "class where no weight is": lambda: edited(("layers/0/classes/0/0/1", 0)),
    "ragged classes": lambda: edited(("layers/0/classes/0/0", [0])),
    "too flat": lambda: edited(("layers/0/classes", [0, 1, 2])),
    "too nested": lambda: edited(("layers/0/classes/0/0/0", [[[[0]]]])),
    "free twice": lambda: edited(("layers/0/free", [0, 0, 1, 2, 3])),
    "free unknown": lambda: edited(("layers/0/free", [9])),
    "depends on itself": lambda: edited(
        ("layers/0/free", [0, 1, 2]), ("layers/0/dependent", {"3": [[1, 1, 3]]})
    ),
    "divides by zero": lambda: edited(
        ("layers/0/free", [0, 1, 2]), ("layers/0/dependent", {"3": [[1, 0, 0]]})
    ),
    "group of another degree": lambda: edited(("symmetry/group", "[[1,0]]")),
    "group that is none": lambda: edited(("symmetry/group", "[[0,0,0]]")),
    "group in a file": lambda: edited(("symmetry/group", "@/etc/hostname")),
    "group nested": lambda: edited(("symmetry/group", "(" * 10_000)),
    "generators of all kinds": lambda: edited(("symmetry/generators", [[0, 1, 2], None])),
    "actions nowhere": lambda: edited(("symmetry/actions", {"99": []})),
    "wrong schema": lambda: edited(("schema", "polyconstraints/tying-map/99")),
    "wrong name": lambda: edited(("layers/0/name", "layer7")),
}


def npy(shape: str, data: bytes = b"", dtype: str = "<i8") -> bytes:
    """Return an array's file that says what it is told to say."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def archive(path: Path, members: Mapping[str, bytes], compression: int = 8) -> None:
    """Write an archive."""
    with zipfile.ZipFile(path, "w", compression) as out:
        for name, data in members.items():
            out.writestr(f"{name}.npy", data)


def header_of(document: Document) -> bytes:
    """Return a document as the member ``header``."""
    text = json.dumps(document).encode()
    return npy(f"({len(text)},)", text, "|u1")


def zeros_deflated(size: int) -> bytes:
    """Return deflated zeros; a thousandth of their size."""
    return zlib.compress(bytes(size), 9)


def bomb(path: Path, size: int = 1 << 30) -> None:
    """Write an archive whose array is zeros of many bytes, and says that it is small."""
    whole = bytes(1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        out.writestr("header.npy", header_of(by_hand()))
        with out.open("layer0.npy", "w") as member:
            member.write(npy("(3, 3, 3)"))
            for _ in range(size >> 20):
                member.write(whole)


def large_layers(path: Path) -> None:
    """Write an archive that holds what it says: a layer of two gigabytes of zeros."""
    document = by_hand()
    document["network"] |= {"inputs": 640, "widths": [640, 640]}
    document["layers"][0] = {"name": "layer0", "free": [0]}
    whole = bytes(1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        out.writestr("header.npy", header_of(document))
        with out.open("layer0.npy", "w") as member:
            member.write(npy("(640, 640, 640)"))
            for _ in range((640**3 * 8 >> 20) + 1):
                member.write(whole)


def _archived(layer: bytes) -> Callable[[Path], None]:
    return lambda path: archive(path, {"header": header_of(by_hand()), "layer0": layer})


def _objects(path: Path) -> None:
    header = np.frombuffer(json.dumps(by_hand()).encode(), dtype=np.uint8)
    np.savez(path, header=header, layer0=np.array([[[{}]]], dtype=object))


def _corrupt(path: Path) -> None:
    data = bytearray(tying().to_bytes("npz"))
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


#: Archives by what is wrong with them.
NPZ: Mapping[str, Callable[[Path], None]] = {
    "empty": lambda path: path.write_bytes(b"") and None,
    "no archive": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(1000)) and None,
    "truncated": lambda path: path.write_bytes(tying().to_bytes("npz")[:-30]) and None,
    "flipped byte": _corrupt,
    "no header": lambda path: archive(path, {"layer0": npy("(3, 3, 3)", bytes(216))}),
    "no layer": lambda path: archive(path, {"header": header_of(by_hand())}),
    "10^12 entries": _archived(npy("(1000000000000,)")),
    "10^12 entries in two axes": _archived(npy("(1000000, 1000000)")),
    "negative shape": _archived(npy("(-1, 5)", bytes(1000))),
    "short array": _archived(npy("(3, 3, 3)", bytes(8))),
    "objects": _objects,
    "complex numbers": _archived(npy("(3, 3, 3)", bytes(432), "<c16")),
    "floating-point numbers": _archived(npy("(3, 3, 3)", bytes(216), "<f8")),
    "code for a shape": _archived(npy("__import__('os').abort()")),
    "zip bomb, 1 GiB": bomb,
    "layer of 2 GiB": large_layers,
    "20 000 members": lambda path: archive(
        path, {f"x{at}": b"" for at in range(20_000)}, zipfile.ZIP_STORED
    ),
    "lzma": lambda path: archive(path, {"header": header_of(by_hand())}, zipfile.ZIP_LZMA),
}


def _tensors(header: Any, body: bytes = b"") -> Callable[[Path], None]:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return lambda path: path.write_bytes(struct.pack("<Q", len(text)) + text + body) and None


def _tensor_map(entry: Any) -> Callable[[Path], None]:
    metadata = {"header": json.dumps(by_hand())}
    return _tensors({"__metadata__": metadata, "layer0": entry}, bytes(216))


#: Safetensors files by what is wrong with them.
SAFETENSORS: Mapping[str, Callable[[Path], None]] = {
    "empty": lambda path: path.write_bytes(b"") and None,
    "header of 2^60 bytes": lambda path: path.write_bytes(struct.pack("<Q", 1 << 60)) and None,
    "header that is no JSON": _tensors(b"{"),
    "header nested": _tensors(b"[" * 100_000),
    "no map": _tensors({}),
    "10^12 entries": _tensor_map({"dtype": "I64", "shape": [10**12], "data_offsets": [0, 216]}),
    "overlapping ends": _tensor_map({"dtype": "I64", "shape": [27], "data_offsets": [216, 0]}),
    "beyond the file": _tensor_map({"dtype": "I64", "shape": [3, 3, 3], "data_offsets": [8, 224]}),
    "negative": _tensor_map({"dtype": "I64", "shape": [-27], "data_offsets": [0, 216]}),
    "wrong shape": _tensor_map({"dtype": "I64", "shape": [27], "data_offsets": [0, 216]}),
    "unknown type": _tensor_map({"dtype": "Q4", "shape": [27], "data_offsets": [0, 216]}),
    "floating-point numbers": _tensor_map(
        {"dtype": "F64", "shape": [3, 3, 3], "data_offsets": [0, 216]}
    ),
}
