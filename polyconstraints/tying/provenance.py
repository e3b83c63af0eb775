"""What produced a tying map, and a checksum by which a changed map is noticed.

A map's document carries the version and command that made it and a SHA-256 checksum of its
content. The checksum is taken over the content and not over the bytes of a file, so that it
is the same in every format and survives re-indenting; there is no time in it, so that the
same input gives the same bytes. A map written by hand has none and is accepted as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from polyconstraints import __version__
from polyconstraints.errors import InputError, TooLargeError, UsageError
from polyconstraints.schemas.maps import Provenance
from polyconstraints.schemas.reading import shown
from polyconstraints.spec.groups import parse_group
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry

KEY = "provenance"
"""The key of a document that holds all this."""

_PROGRAM = "polyconstraints"

_VERSION = re.compile(r"[0-9][0-9A-Za-z.+!-]{0,39}")

#: What is added to the command of a map that isn't simply derived.
_OPTION = re.compile(r"(?: --rule| --stratum [1-9][0-9]{0,5}(?: --gauge-fixed)?)?$")

#: Entries that are hashed at once.
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Origin:
    """What produced a map."""

    #: Version of this package.
    version: str
    #: A command line that produces the map again, where one does.
    command: str | None

    @classmethod
    def of(cls, network: NetworkSpec, symmetry: Symmetry, option: str = "") -> Origin:
        """Return the origin of a map that is derived now, perhaps with an option more."""
        known = not symmetry.actions and _has_name(symmetry)
        return cls(__version__, _command(network, symmetry) + option if known else None)


def _has_name(symmetry: Symmetry) -> bool:
    """Return whether the group's name, given as an option, gives the group."""
    group = symmetry.group
    if group.letter:
        return True
    try:
        return parse_group(group.name, group.degree).generators == group.generators
    except (InputError, TooLargeError, UsageError):
        return False


def _command(network: NetworkSpec, symmetry: Symmetry) -> str:
    words = [_PROGRAM, "export", "-n", str(network.inputs)]
    plain = (network.inputs,) * (network.depth - 1)
    choices = [
        ("-d", network.depth, 1),
        ("--layer", network.layer, "quadratic"),
        ("--activation", network.activation, None),
        ("--indices", network.indices, "ordered"),
        ("--bias", network.bias, False),
        ("--widths", network.hidden, plain),
        ("--channels", network.channels, (1,) * (network.depth + 1)),
        ("--symmetry", symmetry.kind, "equivariant"),
        ("--scope", symmetry.scope, "layer"),
        ("--compare", symmetry.compare, "function"),
        ("--group", symmetry.group.name, "S"),
    ]
    plain_choice = Symmetry(symmetry.group, actions=symmetry.actions).permutations
    choices.append(("--permutations", symmetry.permutations, plain_choice))
    for option, value, default in choices:
        if value == default:
            continue
        words.append(option)
        if isinstance(value, tuple):
            words.append(",".join(map(str, value)))
        elif not isinstance(value, bool):
            words.append(shlex.quote(str(value)))
    return " ".join(words)


def seal(
    document: Mapping[str, Any], classes: Iterable[NDArray[np.int64]], origin: Origin | None
) -> dict[str, Any]:
    """Return the provenance of a document whose class arrays are given; None is for hand-made."""
    entry: dict[str, Any] = {"program": _PROGRAM}
    if origin is not None:
        entry["version"] = origin.version
        if origin.command is not None:
            entry["command"] = origin.command
    return {**entry, "checksum": checksum({**document, KEY: entry}, classes)}


def checksum(document: Mapping[str, Any], classes: Iterable[NDArray[np.int64]]) -> str:
    """Return the checksum of a map's content, as ``sha256:`` and 64 hexadecimal digits.

    Neither class arrays nor a checksum in the document are looked at. The arrays are hashed as
    little-endian 64-bit integers in C order, so that neither their dtype nor the machine matters.
    """
    header = {
        **document,
        "layers": [_without(layer, "classes") for layer in document["layers"]],
        KEY: _without(document[KEY], "checksum"),
    }
    digest = hashlib.sha256(json.dumps(header, sort_keys=True, ensure_ascii=True).encode())
    for array in classes:
        digest.update(repr(array.shape).encode())
        flat = array.reshape(-1)
        for start in range(0, flat.size, _CHUNK):
            digest.update(flat[start : start + _CHUNK].astype("<i8").tobytes())
    return f"sha256:{digest.hexdigest()}"


def _without(entry: Mapping[str, Any], left_out: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != left_out}


def read(entry: Provenance | UnsetType, network: NetworkSpec, symmetry: Symmetry) -> Origin | None:
    """Return the origin that a document states, as far as it can be believed.

    What a document without a checksum says of itself is dropped, and so is a command that
    isn't the one by which this program makes a map of the network and the symmetry: what is
    saved again says nothing that wasn't worked out here.
    """
    if entry is UNSET or entry.checksum is UNSET or entry.version is UNSET:
        return None
    version, command = entry.version, None if entry.command is UNSET else entry.command
    if not _VERSION.fullmatch(version):
        return None
    [option] = _OPTION.findall(command or "")[:1]
    known = [symmetry]
    if option:
        # The map of a stratum has actions on hidden levels, which its command doesn't state.
        known += [Symmetry(symmetry.group, symmetry.kind, symmetry.scope, symmetry.compare)]
    ours = (Origin.of(network, one, option).command for one in known)
    return Origin(version, command if command in ours else None)


def check(
    document: Mapping[str, Any],
    stated: Provenance | UnsetType,
    classes: Iterable[NDArray[np.int64]],
) -> None:
    """Raise InputError unless a document as it was read has the content that was sealed."""
    if stated is UNSET or stated.checksum is UNSET:
        return
    found = checksum(document, classes)
    if stated.checksum != found:
        raise InputError(
            f"expected {found}, the checksum of the content, got {shown(stated.checksum)}: the "
            f"map was changed after it was written (one without {KEY!r} counts as written by hand)",
            f"{KEY}.checksum",
        )
