"""What is fuzzed: every reader of the package, as a function of bytes.

A reader either accepts the bytes or raises one of the package's own errors, in one line,
within a second and a gigabyte. Whatever it accepts survives being written and read again.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from polyconstraints.errors import PolyconstraintsError

__all__ = ["READERS", "check", "seeds"]

Reader = Callable[[bytes], None]

SECONDS = 1.0
"""Processor time that one input may take."""


class Hang(Exception):
    """An input took too long."""


class BadMessage(Exception):
    """An error's message is not one line of bounded length."""


def check(reader: Reader, data: bytes) -> None:
    """Feed bytes to a reader; whatever it raises but the package's own errors is a bug."""
    began = time.process_time()
    try:
        reader(data)
    except PolyconstraintsError as error:
        text = str(error)
        # The command line joins lines; the library's users see the message as it is.
        if not text or len(text) > 1000:
            raise BadMessage(f"{len(text)} characters: {text[:200]!r}") from error
    if time.process_time() - began > SECONDS:
        raise Hang(f"{time.process_time() - began:.2f} s")


@cache
def _folder() -> Path:
    """Return a directory for files, in memory where there is such a place."""
    memory = "/dev/shm"
    place = memory if os.access(memory, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=place))


def _load_map(data: bytes, ending: str) -> None:
    from polyconstraints.tying import TyingMap

    path = _folder() / f"map.{ending}"
    path.write_bytes(data)
    tying = TyingMap.load(path)
    if tying.network.weights <= 5000:
        again = TyingMap.from_json(tying.to_json())
        if again != tying:
            raise AssertionError("the map is not the same when written and read again")


# --- Maps -------------------------------------------------------------------------------------


def json_map(data: bytes) -> None:
    """Read a tying map in JSON."""
    _load_map(data, "json")


#: Values that are put into documents.
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, 3, 4, -1, -2, 7, 255, 2**31, 2**63, -(2**63), 10**30,
    0.5, 1e308, "", "S", "C", "trivial", "S2", "layer0", "layer1", "linear", "redundant", "paper",
    "tensor", "invariant", "network", "0", "1", [], {}, [0], [1, 0], [[1, 0]], [2, 2, 2],
    [[1, 1, 0]], [[1, 2, 1], [-1, 1, 0]], {"0": []}, {"1": [[1, 1, 0]]}, {"2": [[-3, 2, 1]]},
    {"1": [[1, 0]]},
)  # fmt: skip


@cache
def _documents() -> tuple[Any, ...]:
    """Return documents of several kinds of maps, without what would refuse every change."""
    import polyconstraints as pc

    found: list[Any] = []
    for network, symmetry in (
        (pc.NetworkSpec(2), {}),
        (pc.NetworkSpec(2, 2, bias=True), {}),
        (pc.NetworkSpec(3, layer="linear"), {"group": pc.PermutationGroup(3, [[1, 2, 0]])}),
        (pc.NetworkSpec(2, indices="redundant"), {"compare": "paper"}),
        (pc.NetworkSpec(2, 2, widths=[1], outputs=1), {"kind": "invariant", "actions": 1}),
    ):
        options = {"group": pc.PermutationGroup.symmetric(network.inputs), **symmetry}
        if "actions" in options:
            options["actions"] = {1: ((0,),) * len(options["group"].generators)}
        document = pc.derive(network, pc.Symmetry(**options)).tying_map().to_json()
        del document["provenance"]
        found += [document, {key: value for key, value in document.items() if key != "counts"}]
    return tuple(found)


def edited_map(data: bytes) -> None:
    """Read a map whose document was changed in a few places that the bytes choose."""
    from polyconstraints.tying import TyingMap

    numbers = iter(data)

    def choose(count: int) -> int:
        return next(numbers, 0) % count

    document = deepcopy(_documents()[choose(len(_documents()))])
    for _ in range(min(8, len(data) // 6)):
        _edit(document, choose)
    tying = TyingMap.from_json(document)
    if tying.network.weights <= 5000 and TyingMap.from_json(tying.to_json()) != tying:
        raise AssertionError("the map is not the same when written and read again")


def _edit(document: Any, choose: Callable[[int], int]) -> None:
    """Change one place of a document."""
    container: Any = document
    while True:
        keys = sorted(container) if isinstance(container, dict) else list(range(len(container)))
        if not keys:
            return
        key = keys[choose(len(keys))]
        inner = container[key]
        if not isinstance(inner, dict | list) or not inner or choose(6) == 0:
            break
        container = inner
    kind = choose(6)
    if kind == 0:
        del container[key]
    elif kind == 1 and isinstance(container, list):
        container.insert(key, deepcopy(inner))
    elif kind == 2:
        other = keys[choose(len(keys))]
        container[key], container[other] = container[other], container[key]
    elif kind == 3 and isinstance(inner, int):
        container[key] = inner + choose(5) - 2
    else:
        container[key] = deepcopy(_VALUES[choose(len(_VALUES))])


def npz_map(data: bytes) -> None:
    """Read a tying map in an archive: raw bytes, or members packed so that they fit."""
    _load_map(_packed(data), "npz")


def _packed(data: bytes) -> bytes:
    """Return the bytes themselves, or an archive whose members they are.

    A fuzzer that had to find checksums of members would see nothing of what is behind them.
    """
    kind, rest = data[:1], data[1:]
    if kind not in (b"H", b"L", b"B"):
        return data
    path = _folder() / "packed.npz"
    header, separator, layer = rest.partition(b"\0\0\0\0")
    if kind == b"H":
        members = {"header": _bytes_array(rest), "layer0": _layer()}
    elif kind == b"L":
        members = {"header": _bytes_array(_header()), "layer0": rest}
    else:
        members = {"header": header, "layer0": layer if separator else b""}
    with zipfile.ZipFile(path, "w") as out:
        for name, member in members.items():
            out.writestr(f"{name}.npy", member)
    return path.read_bytes()


@cache
def _small_map() -> Any:
    import polyconstraints as pc

    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2))
    return pc.derive(pc.NetworkSpec(2), symmetry).tying_map()


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = _small_map().to_json()
    # Without a checksum, which would refuse every change for the same reason.
    del document["provenance"]
    return document


@cache
def _header() -> bytes:
    layers = [
        {key: value for key, value in layer.items() if key != "classes"}
        for layer in _document()["layers"]
    ]
    return json.dumps({**_document(), "layers": layers}).encode()


def _array(data: bytes, shape: str, dtype: str) -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def _bytes_array(data: bytes) -> bytes:
    return _array(data, f"({len(data)},)", "|u1")


def _layer() -> bytes:
    return _array(_small_map().layers[0].classes.tobytes(), "(2, 2, 2)", "<i8")


def safetensors_map(data: bytes) -> None:
    """Read a tying map in safetensors: raw bytes, or a header packed with its length."""
    _load_map(_tensors(data), "safetensors")


def _tensors(data: bytes) -> bytes:
    if data[:1] != b"H":
        return data
    header, _, body = data[1:].partition(b"\0\0\0\0")
    return struct.pack("<Q", len(header)) + header + body


def rule_map(data: bytes) -> None:
    """Read a tying map for every number of inputs."""
    from polyconstraints.tying import TyingRule

    path = _folder() / "rule.json"
    path.write_bytes(data)
    TyingRule.load(path)


# --- Weights ----------------------------------------------------------------------------------


def weights(data: bytes) -> None:
    """Read trained weights and say which network they are of."""
    from polyconstraints.verification.trained import fitted, infer_network, read_weights

    ending = "safetensors" if data[:1] == b"H" else "npz"
    content = _tensors(data)
    if data[:1] == b"L":
        path = _folder() / "packed.npz"
        with zipfile.ZipFile(path, "w") as out:
            out.writestr("layer0.npy", data[1:])
        content = path.read_bytes()
    path = _folder() / f"weights.{ending}"
    path.write_bytes(content)
    arrays = read_weights(path)
    fitted(arrays, infer_network(arrays))


# --- Texts ------------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def strict_json(data: bytes) -> None:
    """Read any JSON; what is accepted is what Python's own reader says, and writable."""
    from polyconstraints.io.strict_json import iter_json, parse_json

    text = _text(data)
    document = parse_json(text)
    if document != json.loads(text) or parse_json("".join(iter_json(document))) != document:
        raise AssertionError("the document is not the same when written and read again")


def group(data: bytes) -> None:
    """Read what ``--group`` takes, for a degree that the first byte chooses."""
    from polyconstraints.cli.request import Request

    degree, text = 1 + data[:1].count(b"\n") + (data[0] % 12 if data else 0), _text(data[1:])
    if text.strip().startswith("@"):
        # Only a file that is there to be read.
        path = _folder() / "group.json"
        path.write_bytes(data[2:])
        text = f"@{path}"
    found = Request(group=text).choice(degree).group
    if found.degree != degree:
        raise AssertionError("the group has another degree")


def polynomial(data: bytes) -> None:
    """Read a polynomial; its own text is read as the same polynomial."""
    from polyconstraints.algebra import PolynomialRing

    ring = PolynomialRing(["x1", "x2", "W0_1_1_0", "y"])
    found = ring.parse(_text(data))
    text = str(found)
    if len(text) < 10_000 and ring.parse(text) != found:
        raise AssertionError("the polynomial is not the same when written and read again")


def monomial(data: bytes) -> None:
    """Read what ``--monomial`` and ``--set`` take."""
    from polyconstraints.render.expansion_view import Assignment, parse_monomial
    from polyconstraints.spec.network import NetworkSpec

    network = NetworkSpec(3, 2, bias=True)
    if data[:1] == b"=":
        Assignment.parse(_text(data[1:]).split("\n"), network)
    else:
        parse_monomial(_text(data), network)


def options(data: bytes) -> None:
    """Read the options that describe a network, one a line, and derive it if it is small."""
    import click

    from polyconstraints.cli.request import Request
    from polyconstraints.derivation import derive

    # No file is named, and none is read by accident.
    args = [line for line in _text(data).split("\n") if "@" not in line]
    try:
        with _command().make_context("derive", args) as context:
            chosen = context.params
    except click.exceptions.Exit:
        return
    except click.ClickException as error:
        from polyconstraints.cli.commands import usage_message

        usage_message(error)
        return
    inputs = chosen["inputs"]
    if not isinstance(inputs, int) or inputs > 1000 or chosen["depth"] > 20:
        return
    network, symmetry = Request.of(chosen).problem()
    if network.weights <= 300 and network.degree <= 4:
        result = derive(network, symmetry)
        if result.solved and result.tying_map().dimension != result.dimension:
            raise AssertionError("the map has another dimension")


@cache
def _command() -> Any:
    import click

    from polyconstraints.cli.options import network_options

    @click.command()
    @network_options()
    def derive(**_: object) -> None: ...

    return derive


READERS: Mapping[str, Reader] = {
    "json_map": json_map,
    "edited_map": edited_map,
    "npz_map": npz_map,
    "safetensors_map": safetensors_map,
    "rule_map": rule_map,
    "weights": weights,
    "strict_json": strict_json,
    "group": group,
    "polynomial": polynomial,
    "monomial": monomial,
    "options": options,
}


# --- Seeds ------------------------------------------------------------------------------------


def seeds() -> dict[str, list[bytes]]:
    """Return inputs to start from, for each reader."""
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.tying import TyingRule

    small = json.dumps(_document()).encode()
    tensors_header = json.dumps(
        {
            "__metadata__": {"header": _header().decode()},
            "layer0": {"dtype": "I64", "shape": [2, 2, 2], "data_offsets": [0, 64]},
        }
    ).encode()
    body = _small_map().layers[0].classes.tobytes()
    rule = json.dumps(TyingRule.of(AnyNetwork("S")).to_json(3)).encode()
    floats = _array(bytes(64), "(2, 2, 2)", "<f8")
    return {
        "json_map": [small, json.dumps(_small_map().to_json(), indent=1).encode(), rule, b"{}"],
        "edited_map": [bytes([at]) + bytes(range(at, at + 24)) for at in range(12)],
        "npz_map": [
            _small_map().to_bytes("npz"),
            b"H" + _header(),
            b"L" + _layer(),
            b"B" + _bytes_array(_header()) + b"\0\0\0\0" + _layer(),
        ],
        "safetensors_map": [
            struct.pack("<Q", len(tensors_header)) + tensors_header + body,
            b"H" + tensors_header + b"\0\0\0\0" + body,
        ],
        "rule_map": [rule, small],
        "weights": [
            b"L" + floats,
            b"L" + _array(bytes(16), "(2, 2)", "<f4"),
            b'H{"layer0":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}\0\0\0\0' + bytes(8),
        ],
        "strict_json": [
            b'{"a": [1, -2.5e3, true, null, "\\u00e9"], "b": {}}',
            b"[[[[]]], 1e999]",
            b'{"a": 1, "a": 2}',
            b'"\\ud83d\\ude00"',
            b"NaN",
        ],
        "group": [
            bytes([5]) + text
            for text in (
                b"S",
                b"S3xS2",
                b"S3wrS2",
                b"pairs(S4)",
                b"ordered_pairs(S3)",
                b"subsets(S4,2)",
                b"tuples(S2,2)+D2",
                b"edges(S3,[[0,1],[1,2]])",
                b"grid(2,3,D2)",
                b"S3#1xS3#1",
                b"[[1,0,2,3,4,5],[1,2,3,4,5,0]]",
                b"[[1,2,0]]#2xS2",
                b'@{"group": "S3xS2", "actions": {"1": "S2"}}',
                b'@{"generators": [[1,0,2,3,4,5]]}',
            )
        ],
        "polynomial": [
            b"x1^2*W0_1_1_0 + 2*x1*x2 - 1/2",
            b"(x1 + x2)^3 - (x1 - x2)**3",
            b"-(-y)*3/4 + 0",
            b"2**10 * x1",
        ],
        "monomial": [b"x1*x2^2", b"1", b"=W0_1_1_0=1/2\nx2=-3", b"=x1=0.125", b"x3**4"],
        "options": [
            b"-n\n3\n-d\n2\n--bias",
            b"-n3\n--group\n[[1,2,0]]\n--symmetry\ninvariant",
            b"--inputs=2\n--indices=redundant\n--compare=paper\n--permutations=adjacent",
            b"-n4\n--layer\nlinear\n--widths\n4\n-d2\n--channels\n1,2,1\n--scope\nnetwork",
            b"-n6\n--group\nS3xS2",
        ],
    }
