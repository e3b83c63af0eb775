"""Maps carry what made them, and a changed map is noticed when it is loaded."""

from __future__ import annotations

import json
import random
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.cli.main import run

S = pc.PermutationGroup.symmetric

#: Networks and symmetries, and the command that makes each again.
COMMANDS: list[tuple[str, pc.NetworkSpec, pc.Symmetry]] = [
    ("export -n 3", pc.NetworkSpec(3), pc.Symmetry(S(3))),
    (
        "export -n 4 -d 2 --layer linear --bias --group C",
        pc.NetworkSpec(4, 2, "linear", bias=True),
        pc.Symmetry(pc.PermutationGroup.cyclic(4)),
    ),
    (
        "export -n 3 --indices redundant --compare paper --permutations adjacent",
        pc.NetworkSpec(3, indices="redundant"),
        pc.Symmetry(S(3), compare="paper", permutations="adjacent"),
    ),
    (
        "export -n 3 -d 2 --channels 1,2,1 --symmetry invariant",
        pc.NetworkSpec(3, 2, outputs=1, channels=(1, 2, 1)),
        pc.Symmetry(S(3), "invariant"),
    ),
    (
        "export -n 3 --group '[[1,2,0]]'",
        pc.NetworkSpec(3),
        pc.Symmetry(pc.PermutationGroup(3, [[1, 2, 0]])),
    ),
]


@pytest.mark.parametrize(("command", "network", "symmetry"), COMMANDS)
def test_the_command_makes_the_same_map(
    command: str, network: pc.NetworkSpec, symmetry: pc.Symmetry, tmp_path: Path
) -> None:
    tying = pc.derive(network, symmetry).tying_map()
    provenance = tying.to_json()["provenance"]
    assert provenance["command"] == f"polyconstraints {command}"
    assert provenance["version"] == pc.__version__
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", provenance["checksum"])
    made, again = tmp_path / "made.json", tmp_path / "again.json"
    tying.save(made)
    assert run([*shlex.split(command), "-o", str(again)]) == 0
    assert made.read_bytes() == again.read_bytes()


def make() -> pc.TyingMap:
    network = pc.NetworkSpec(3, indices="redundant")
    return pc.derive(network, pc.Symmetry(S(3), compare="paper")).tying_map()


def test_all_formats_have_one_checksum(tmp_path: Path) -> None:
    tying = make()
    found = set()
    for ending in ("json", "npz", "safetensors"):
        tying.save(tmp_path / f"map.{ending}")
        found.add(pc.TyingMap.load(tmp_path / f"map.{ending}").to_json()["provenance"]["checksum"])
    assert len(found) == 1


def test_layout_of_the_file_does_not_matter() -> None:
    document = make().to_json()
    shuffled = json.loads(json.dumps(document, indent=7))
    shuffled = dict(reversed(shuffled.items()))
    assert pc.TyingMap.from_json(shuffled) == make()


def _swap_two_classes(document: Any) -> None:
    rows = document["layers"][0]["classes"]
    rows[0][0][1], rows[0][0][0] = rows[0][0][0], rows[0][0][1]


def _change_a_factor(document: Any) -> None:
    next(iter(document["layers"][0]["dependent"].values()))[0][0] += 1


CHANGES = [
    _swap_two_classes,
    _change_a_factor,
    lambda document: document["symmetry"].update(kind="invariant", compare="function"),
    lambda document: document["symmetry"].update(group="A", compare="function"),
    lambda document: document["counts"].update(function_dimension=3),
    lambda document: document["provenance"].update(version="9.9.9"),
    lambda document: document["provenance"].update(command="rm -rf"),
    lambda document: document["provenance"].update(checksum="sha256:0"),
    lambda document: document["provenance"].update(author="somebody"),
    lambda document: document.pop("counts"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_map_is_noticed(change: Any) -> None:
    document = make().to_json()
    change(document)
    with pytest.raises(pc.InputError) as caught:
        pc.TyingMap.from_json(document)
    message = str(caught.value)
    assert "\n" not in message
    if "expected 3 output components" not in message and "symmetry" not in message:
        assert message.startswith("provenance.checksum: expected sha256:")
        assert "the map was changed after it was written" in message


def test_a_changed_map_is_one_line_to_the_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = make().to_json()
    _swap_two_classes(document)
    path = tmp_path / "map.json"
    path.write_text(json.dumps(document))
    assert run(["verify", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert f"{path}: provenance.checksum: expected sha256:" in captured.err


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_every_changed_class_is_noticed(ending: str, tmp_path: Path) -> None:
    tying = make()
    draw = random.Random(1)
    for _ in range(30):
        classes = tying.layers[0].classes.copy()
        place = tuple(draw.randrange(3) for _ in range(3))
        before = int(classes[place])
        classes[place] = draw.choice([c for c in range(9) if c != before])
        layer = type(tying.layers[0])(tying.layers[0].layer, classes, tying.layers[0].dependent)
        changed = pc.TyingMap(tying.network, tying.symmetry, (layer,), tying.function_dimension)
        # The header of the one with the arrays of the other.
        path = tmp_path / f"map.{ending}"
        _write_mixture(path, tying, changed)
        with pytest.raises(pc.InputError):
            pc.TyingMap.load(path)


def _write_mixture(path: Path, header: pc.TyingMap, arrays: pc.TyingMap) -> None:
    if path.suffix == ".npz":
        path.write_bytes(header.to_bytes("npz"))
        with np.load(path) as found:
            members = dict(found)
        np.savez(path, **{**members, "layer0": arrays.layers[0].classes})
        return
    library = pytest.importorskip("safetensors.numpy")
    from polyconstraints.io.arrays import open_arrays

    path.write_bytes(header.to_bytes("safetensors"))
    metadata = open_arrays(path).metadata
    library.save_file({"layer0": arrays.layers[0].classes}, path, metadata=metadata)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (None, "provenance: expected an object, got null"),
        ([], "provenance: expected an object, got a list"),
        ({"checksum": 3}, "provenance.checksum: expected a string, got 3"),
        ({"version": None}, "provenance.version: expected a string, got null"),
        ({"version": "1", "command": 5}, "provenance.command: expected a string, got 5"),
    ],
)
def test_damaged_provenance_is_named(entry: Any, message: str) -> None:
    document = make().to_json()
    document["provenance"] = entry
    with pytest.raises(pc.InputError, match=f"^{re.escape(message)}"):
        pc.TyingMap.from_json(document)


def test_a_map_by_hand_needs_no_provenance() -> None:
    document = make().to_json()
    del document["provenance"]
    _swap_two_classes(document)
    tying = pc.TyingMap.from_json(document)
    assert tying.origin is None
    written = tying.to_json()["provenance"]
    assert set(written) == {"program", "checksum"}
    assert pc.TyingMap.from_json(tying.to_json()) == tying


def test_maps_are_equal_whatever_made_them() -> None:
    document = make().to_json()
    del document["provenance"]
    assert pc.TyingMap.from_json(document) == make()
    assert pc.TyingMap.from_json(document).origin != make().origin


def _sealed(document: Any) -> Any:
    """Give a document the checksum of its content, as anyone can who reads how it is taken."""
    from polyconstraints.tying.provenance import checksum

    arrays = [np.array(layer["classes"]) for layer in document["layers"]]
    document["provenance"]["checksum"] = checksum(document, arrays)
    return document


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize(
    "command", ["rm -rf /", "polyconstraints export -n 4", "", "polyconstraints export -n 3\x1b[2J"]
)
def test_commands_are_not_believed(sealed: bool, command: str) -> None:
    document = make().to_json()
    document["provenance"]["command"] = command
    if sealed:
        _sealed(document)
    else:
        del document["provenance"]["checksum"]
    loaded = pc.TyingMap.from_json(document)
    assert "command" not in loaded.to_json()["provenance"]


def test_versions_are_not_believed() -> None:
    document = make().to_json()
    document["provenance"]["version"] = "1\x1b[2J"
    assert pc.TyingMap.from_json(_sealed(document)).origin is None


def test_what_is_true_survives() -> None:
    document = make().to_json()
    assert pc.TyingMap.from_json(document).to_json() == document
