"""Tying maps: symmetric exactly, the same in every file, and never read wrong."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.tying.archive import to_bytes

S = pc.PermutationGroup.symmetric
ENDINGS = ["json", "npz", "safetensors"]

#: n, network, symmetry: one of each kind of map.
CASES: list[tuple[int, dict[str, Any], dict[str, Any]]] = [
    (1, {}, {}),
    (3, {}, {}),
    (3, {"depth": 2, "bias": True}, {}),
    (4, {"layer": "linear", "bias": True, "depth": 2}, {}),
    (3, {"indices": "redundant"}, {}),
    (3, {"indices": "redundant"}, {"compare": "paper"}),
    (4, {"indices": "redundant", "bias": True}, {"compare": "tensor"}),
    (3, {"depth": 2, "channels": (2, 1, 3)}, {}),
    (4, {"depth": 2, "outputs": 1, "bias": True}, {"kind": "invariant"}),
    (4, {}, {"group": pc.PermutationGroup.cyclic(4)}),
    (4, {"bias": True}, {"group": pc.PermutationGroup.dihedral(4)}),
    (4, {}, {"group": pc.PermutationGroup.alternating(4)}),
    (3, {}, {"group": pc.PermutationGroup.trivial(3)}),
    (3, {}, {"group": pc.PermutationGroup(3, [[1, 2, 0]])}),
]


def make(n: int, network: dict[str, Any], symmetry: dict[str, Any]) -> pc.TyingMap:
    options = {"group": S(n), **symmetry}
    return pc.derive(pc.NetworkSpec(n, **network), pc.Symmetry(**options)).tying_map()


@pytest.fixture(params=range(len(CASES)), ids=lambda at: str(CASES[at]))
def tying(request: pytest.FixtureRequest) -> pc.TyingMap:
    return make(*CASES[request.param])


def named(tying: pc.TyingMap, arrays: list[Any]) -> dict[str, Any]:
    return {
        layer.layer.name(*index): array[tuple(index)]
        for layer, array in zip(tying.layers, arrays, strict=True)
        for index in np.argwhere(layer.layer.mask).tolist()
    }


def test_tied_networks_are_symmetric_exactly(tying: pc.TyingMap) -> None:
    draw = random.Random(7)
    for _ in range(3):
        theta = np.empty(tying.dimension, dtype=object)
        theta[:] = [Fraction(draw.randint(-9, 9), draw.randint(1, 5)) for _ in theta]
        weights = named(tying, tying.weights(theta))
        inputs = [Fraction(draw.randint(-9, 9), 3) for _ in range(tying.network.units[0])]
        outputs = pc.evaluate(tying.network, weights, inputs)
        for action in tying.symmetry.unit_actions(tying.network):
            moved = pc.evaluate(tying.network, weights, [inputs[unit] for unit in action[0]])
            assert moved == [outputs[unit] for unit in action[-1]]


def test_free_weights_are_not_symmetric() -> None:
    # The check above can fail: it does for a network that isn't tied.
    tying = make(3, {}, {})
    weights = {name: Fraction(at) for at, name in enumerate(tying.network.weight_names())}
    inputs = [Fraction(1), Fraction(2), Fraction(5)]
    outputs = pc.evaluate(tying.network, weights, inputs)
    assert pc.evaluate(tying.network, weights, [inputs[1], inputs[0], inputs[2]]) != [
        outputs[1],
        outputs[0],
        outputs[2],
    ]


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_give_back_the_map(tying: pc.TyingMap, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"map.{ending}"
    tying.save(path)
    loaded = pc.TyingMap.load(path)
    assert loaded == tying
    assert loaded.symmetry.imposed() == tying.symmetry.imposed()
    assert loaded.function_dimension == tying.function_dimension
    first = path.read_bytes()
    loaded.save(path)
    assert path.read_bytes() == first


def test_projection_inverts_and_minimises(tying: pc.TyingMap) -> None:
    rng = np.random.default_rng(3)
    theta = rng.normal(size=tying.dimension)
    back = tying.project(tying.weights(theta))
    assert np.allclose(np.concatenate(back.theta), theta, atol=1e-9)
    assert back.distance < 1e-9

    free = [rng.normal(size=layer.layer.shape) for layer in tying.layers]
    near = tying.project(free)
    residual = [
        (array - tied)[layer.layer.mask]
        for layer, array, tied in zip(tying.layers, free, near.weights, strict=True)
    ]
    # The nearest point: what is left over is orthogonal to every direction of the map.
    for direction in np.eye(tying.dimension):
        step = tying.weights(direction)
        product = sum(
            float(rest @ along[layer.layer.mask])
            for layer, rest, along in zip(tying.layers, residual, step, strict=True)
        )
        assert abs(product) < 1e-9
    assert near.distance == pytest.approx(sum(float(rest @ rest) for rest in residual) ** 0.5)


def test_counts_in_the_document(tying: pc.TyingMap) -> None:
    document = tying.to_json()
    counts = document["counts"]
    assert counts["weights"] == tying.network.weights
    assert counts["dimension"] == sum(len(layer["free"]) for layer in document["layers"])
    arrays = [np.array(layer["classes"]) for layer in document["layers"]]
    assert counts["distinct"] == sum(len(np.unique(array[array >= 0])) for array in arrays)
    assert sum(int((array >= 0).sum()) for array in arrays) == counts["weights"]


def test_additive_constraint_of_equation_52() -> None:
    # One weight depends on the other three: x + y = u + v for n = 2.
    tying = make(2, {"indices": "redundant"}, {"compare": "paper"})
    [(number, combination)] = tying.layers[0].dependent.items()
    assert sorted(combination.values()) == [-1, 1, 1]
    assert set(tying.layers[0].free) | {number} == set(tying.layers[0].present)
    weights = tying.weights(np.array([Fraction(k) for k in (1, 2, 5, 11, 4)], dtype=object))[0]
    assert weights[0, 0, 1] + weights[0, 1, 0] == weights[1, 0, 1] + weights[1, 1, 0]


def test_parameters_must_fit() -> None:
    tying = make(3, {"depth": 2}, {})
    for wrong in (np.zeros(7), np.zeros((8, 1)), [np.zeros(4)], [np.zeros(4), np.zeros(5)]):
        with pytest.raises(pc.InputError, match=r"^theta: expected"):
            tying.weights(wrong)
    with pytest.raises(pc.InputError, match=r"^weights\[1\]: expected shape"):
        tying.project([np.zeros((3, 3, 3)), np.zeros((3, 3))])
    with pytest.raises(pc.InputError, match=r"^weights: expected 2 arrays"):
        tying.project([np.zeros((3, 3, 3))])


# --- damaged documents ------------------------------------------------------------------------


def document() -> dict[str, Any]:
    return make(3, {"indices": "redundant"}, {"compare": "paper"}).to_json()


def _set(path: str, value: Any) -> Any:
    """Return an edit of a document: ``layers/0/free`` and a value, or the value ``DELETE``."""

    def edit(target: Any) -> None:
        *parents, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
        for part in parents:
            target = target[part] if part != -1 else target[-1]
        if value is DELETE:
            del target[last]
        else:
            target[last] = value

    return edit


DELETE = "(deleted)"

DAMAGE = [
    ("schema", "polyconstraints/tying-map/9", "schema: expected 'polyconstraints/tying-map/1'"),
    ("schema", DELETE, "schema: expected a string, got nothing"),
    ("network", [], "network: expected an object, got a list"),
    ("network/inputs", 0, "network.inputs: expected an integer of at least 1, got 0"),
    ("network/inputs", 2, "network.widths[0]: expected 2"),
    ("network/inputs", True, "network.inputs: expected an integer of at least 1, got True"),
    ("network/depth", 2, "network.widths: expected 3 numbers for depth 2, got 2"),
    ("network/widths/1", "3", "network.widths[1]: expected an integer"),
    ("network/widths/1", 4, "symmetry.kind: expected 3 output components"),
    ("network/widths/1", 10**9, "network: expected at most 134217728 weights"),
    ("network/layer", "cubic", "network.layer: expected one of quadratic, linear, got 'cubic'"),
    ("network/bias", 1, "network.bias: expected true or false, got 1"),
    ("symmetry/kind", None, "symmetry.kind: expected one of equivariant, invariant"),
    ("symmetry/group", "Q", "symmetry.group: "),
    ("symmetry/group", "@/etc/passwd", "symmetry.group: expected a group"),
    ("symmetry/group", "[[0,0,1]]", "symmetry.group: "),
    ("symmetry/group", "[[1,0]]", "symmetry.group: "),
    ("layers", [], "layers: expected 1 layers, got 0"),
    ("layers/0", 3, "layers[0]: expected an object, got 3"),
    ("layers/0/name", "layer1", "layers[0].name: expected 'layer0'"),
    ("layers/0/shape", [3, 3, 4], "layers[0].shape: expected [3, 3, 3]"),
    ("layers/0/classes", DELETE, "layers[0].classes: expected a list, got nothing"),
    ("layers/0/classes/2/1/0", -2, "layers[0].classes[2][1][0]: expected"),
    ("layers/0/classes/2/1/0", -1, "layers[0].classes[2][1][0]: expected a class from 0 to 26"),
    ("layers/0/classes/2/1/0", 27, "layers[0].classes[2][1][0]: expected"),
    ("layers/0/classes/2/1/0", 10**30, "layers[0].classes[2][1][0]: expected"),
    ("layers/0/classes/2/1/0", 1.0, "layers[0].classes[2][1][0]: expected an integer"),
    ("layers/0/classes/2/1/0", True, "layers[0].classes[2][1][0]: expected an integer"),
    ("layers/0/classes/2/1/0", "1", "layers[0].classes[2][1][0]: expected an integer"),
    ("layers/0/classes/2/1", [1, 2], "layers[0].classes[2][1]: expected a list of 3, got one of 2"),
    ("layers/0/classes/2", 5, "layers[0].classes[2]: expected a list of 3, got 5"),
    ("layers/0/free/0", DELETE, "layers[0]: expected every class to be free or dependent"),
    ("layers/0/free/0", 26, "layers[0].free[0]: expected a class that has weights, got 26"),
    ("layers/0/free/0", 1, "layers[0].free[1]: expected each class once, got 1"),
    ("layers/0/dependent", {"0": []}, "layers[0].dependent.0: expected a class that is not free"),
    ("layers/0/dependent", {"x": []}, "layers[0].dependent.x: expected a class"),
    ("layers/0/dependent", [], "layers[0].dependent: expected an object"),
    ("counts/distinct", 8, "counts.distinct: expected 9"),
    ("counts/dimension", None, "counts.dimension: expected 7"),
    ("counts/function_dimension", -1, "counts.function_dimension: expected an integer"),
]


@pytest.mark.parametrize(("path", "value", "message"), DAMAGE, ids=lambda value: str(value)[:40])
def test_damage_is_named(path: str, value: Any, message: str, tmp_path: Path) -> None:
    damaged = document()
    _set(path, value)(damaged)
    with pytest.raises(pc.InputError) as caught:
        pc.TyingMap.from_json(damaged)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    file = tmp_path / "map.json"
    file.write_text(json.dumps(damaged))
    with pytest.raises(pc.InputError) as again:
        pc.TyingMap.load(file)
    assert str(again.value) == f"{file}: {caught.value}"


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ([[1, 1]], "expected [numerator, denominator, free class]"),
        ([[1, 0, 1]], "expected an integer of at least 1, got 0"),
        ([[1, -1, 1]], "expected an integer of at least 1, got -1"),
        ([[1.5, 1, 1]], "expected an integer, got 1.5"),
        ([[1, 1, 26]], "expected a free class, got 26"),
        ([[1, 1, 1], [2, 1, 1]], "expected each free class once, got 1"),
        (7, "expected a list, got 7"),
    ],
)
def test_damaged_combinations_are_named(terms: Any, message: str) -> None:
    damaged = document()
    key = min(damaged["layers"][0]["dependent"])
    damaged["layers"][0]["dependent"][key] = terms
    with pytest.raises(pc.InputError) as caught:
        pc.TyingMap.from_json(damaged)
    assert str(caught.value).startswith(f"layers[0].dependent.{key}")
    assert message in str(caught.value)


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_truncation_is_refused(ending: str, tmp_path: Path) -> None:
    tying = make(2, {}, {})
    path = tmp_path / f"map.{ending}"
    tying.save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        with pytest.raises(pc.InputError) as caught:
            pc.TyingMap.load(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_flipped_bytes_give_an_error_or_a_map(ending: str, tmp_path: Path) -> None:
    tying = make(2, {}, {})
    path = tmp_path / f"map.{ending}"
    whole = to_bytes(tying, ending)
    draw = random.Random(5)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        message = ""
        try:
            pc.TyingMap.load(path)
        except pc.InputError as error:
            message = str(error)
        assert "\n" not in message


def test_object_arrays_are_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    tying = make(2, {}, {})
    header = np.frombuffer(json.dumps(tying.to_json()).encode(), dtype=np.uint8)
    np.savez(path, header=header, layer0=np.array([[[{"code": 1}]]], dtype=object))
    with pytest.raises(pc.InputError, match="layer0"):
        pc.TyingMap.load(path)


def test_a_map_written_by_hand(tmp_path: Path) -> None:
    by_hand = {
        "schema": "polyconstraints/tying-map/1",
        "network": {
            "inputs": 2,
            "depth": 1,
            "layer": "linear",
            "indices": "ordered",
            "bias": False,
            "widths": [2, 2],
            "channels": [1, 1],
        },
        "symmetry": {"kind": "equivariant", "group": "S"},
        "layers": [{"name": "layer0", "classes": [[0, 1], [1, 0]], "free": [0, 1]}],
    }
    path = tmp_path / "by hand.json"
    path.write_text(json.dumps(by_hand))
    tying = pc.TyingMap.load(path)
    assert tying.weights(np.array([2.0, 3.0]))[0].tolist() == [[2.0, 3.0], [3.0, 2.0]]
    before = deepcopy(by_hand)
    pc.TyingMap.from_json(by_hand)
    assert by_hand == before


# --- layouts in memory ------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_maps_in_any_layout_are_written_right(ending: str, tmp_path: Path) -> None:
    tying = make(3, {"bias": True, "indices": "redundant"}, {"compare": "tensor"})
    document = tying.to_json()
    header = {**document, "layers": [dict(entry) for entry in document["layers"]]}
    classes = np.array(header["layers"][0].pop("classes"), dtype=">i2", order="F")
    path = tmp_path / "map.npz"
    text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(path, header=text, layer0=classes)
    loaded = pc.TyingMap.load(path)
    target = tmp_path / f"again.{ending}"
    loaded.save(target)
    assert pc.TyingMap.load(target).to_json() == document
