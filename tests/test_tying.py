"""Tying maps: symmetric exactly, the same in every file, and never read wrong."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.schemas import load_schema

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
    ("schema", "polyconstraints/tying-map/9", "schema: expected one of polyconstraints/tying"),
    ("schema", DELETE, "schema: expected one of polyconstraints/tying-map/1, polyconstraints/"),
    ("network/activation", "z^2", "schema: expected 'polyconstraints/tying-map/2' for a network"),
    ("network", [], "network: expected an object, got a list"),
    ("network/inputs", 0, "network.inputs: expected an integer of at least 1, got 0"),
    ("network/inputs", 2, "network.widths[0]: expected 2"),
    ("network/inputs", True, "network.inputs: expected an integer of at least 1, got True"),
    ("network/depth", 2, "network.widths: expected 3 numbers for depth 2, got 2"),
    ("network/widths/1", "3", "network.widths[1]: expected an integer"),
    ("network/widths/1", 4, "symmetry.kind: expected 3 output components"),
    ("network/widths/1", 10**9, "network.widths: expected at most 10000000 components"),
    ("network/layer", "cubik", "network.layer: expected linear, quadratic, cubic or a degree, got"),
    ("network/bias", 1, "network.bias: expected true or false, got 1"),
    ("symmetry/kind", None, "symmetry.kind: expected one of equivariant, invariant"),
    ("symmetry/group", "Q", "symmetry.group: "),
    ("symmetry/group", " @/etc/passwd", "symmetry.group: expected a preset"),
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
    ("layers/0/classes/2/1/0", 1.5, "layers[0].classes[2][1][0]: expected an integer"),
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
    ("counts/dimension", None, "counts.dimension: expected an integer of at least 0, got null"),
    ("counts/function_dimension", -1, "counts.function_dimension: expected an integer"),
]


def test_an_integer_may_be_written_with_a_fraction_of_zero(tmp_path: Path) -> None:
    """JSON Schema counts 2.0 among the integers, and so does the reader."""
    expected = document()
    # Its checksum is that of what is written, and so of other numbers.
    del expected["provenance"]
    with_fractions = json.loads(json.dumps(expected), parse_int=float)
    file = tmp_path / "map.json"
    file.write_text(json.dumps(with_fractions))
    for found in (pc.TyingMap.from_json(with_fractions), pc.TyingMap.load(file)):
        assert {**found.to_json(), "provenance": None} == {**expected, "provenance": None}


def test_weights_are_no_map(tmp_path: Path) -> None:
    file = tmp_path / "trained.npz"
    np.savez(file, layer0=np.ones((3, 3)))
    with pytest.raises(
        pc.InputError, match=r"trained.npz: expected a tying map.* got an archive of"
    ):
        pc.TyingMap.load(file)


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
        ([[1, 1]], "[0]: expected a list of 3, got one of 2"),
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
    whole = tying.to_bytes(ending)
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


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_map_with_an_activation_says_so_in_its_version(ending: str, tmp_path: Path) -> None:
    tying = make(3, {"depth": 2, "layer": "linear", "activation": "z^2"}, {})
    assert tying.to_json()["schema"] == "polyconstraints/tying-map/2"
    path = tmp_path / f"map.{ending}"
    tying.save(path)
    assert pc.TyingMap.load(path) == tying
    schema = load_schema("tying-map")
    jsonschema.validate(tying.to_json(), schema)
    older = {**tying.to_json(), "schema": "polyconstraints/tying-map/1"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(older, schema)
    assert make(3, {}, {}).to_json()["schema"] == "polyconstraints/tying-map/1"


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


# --- what a document says of itself -----------------------------------------------------------

BY_HAND: dict[str, Any] = {
    "schema": "polyconstraints/tying-map/1",
    "network": {
        "inputs": 3,
        "depth": 1,
        "layer": "linear",
        "indices": "ordered",
        "bias": False,
        "widths": [3, 3],
        "channels": [1, 1],
    },
    "symmetry": {"kind": "equivariant", "group": "S"},
    "layers": [
        {"name": "layer0", "classes": [[0, 1, 2], [3, 4, 5], [6, 7, 8]], "free": list(range(9))}
    ],
}


def by_hand(**symmetry: Any) -> dict[str, Any]:
    changed = deepcopy(BY_HAND)
    changed["symmetry"].update(symmetry)
    return changed


FALSE_NAMES = [
    {"generators": []},
    {"generators": [[0, 1, 2]]},
    {"generators": [[1, 2, 0]]},
    {"generators": [[1, 0, 2]]},
    {"generators": [[0, 1, 2]], "actions": {"1": [[0, 1, 2]]}},
    {"group": "A", "generators": [[1, 0, 2], [1, 2, 0]]},
    {"group": "C", "generators": [[1, 0, 2]]},
    {"group": " S3 ", "generators": [[1, 2, 0]]},
    {"group": "S2xS2", "generators": [[1, 2, 0]]},
    {"group": "S4", "generators": [[1, 2, 0]]},
    {"group": "[[1,0,2]]", "generators": [[1, 2, 0]]},
    {"group": "[[0,0,0]]", "generators": [[1, 2, 0]]},
]


@pytest.mark.parametrize("symmetry", FALSE_NAMES, ids=str)
def test_a_name_that_can_be_read_must_be_true(symmetry: dict[str, Any]) -> None:
    with pytest.raises(pc.InputError, match=r"^symmetry\.group: expected generators of ") as caught:
        pc.TyingMap.from_json(by_hand(**symmetry))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "symmetry",
    [
        # Generators other than ours, of the same group.
        {"generators": [[1, 0, 2], [0, 2, 1]]},
        {"group": "C", "generators": [[2, 0, 1]]},
        {"group": "trivial", "generators": [[0, 1, 2]]},
        {"group": "S1+S2", "generators": [[0, 2, 1]]},
        {"group": "[[1,2,0]]", "generators": [[2, 0, 1]]},
        {"group": "shifts", "generators": [[1, 2, 0]]},
    ],
    ids=str,
)
def test_true_names_and_labels_are_read(symmetry: dict[str, Any]) -> None:
    assert pc.TyingMap.from_json(by_hand(**symmetry)).symmetry.group.name == symmetry.get(
        "group", "S"
    )


def test_large_groups_under_other_generators_are_refused_at_once() -> None:
    n = 60
    document = {
        **by_hand(generators=[[*range(1, n), 0], [1, 0, *range(2, n)], [*range(n - 1, -1, -1)]]),
        "network": {**BY_HAND["network"], "inputs": n, "widths": [n, n]},
    }
    with pytest.raises(pc.InputError, match="expected the generators that S has"):
        pc.TyingMap.from_json(document)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C", "equivariant under C\n"),
        ("shifts", 'the group generated by [[1,2,0]], labelled "shifts"\n'),
        ("a\x1b[2J\nsymmetric  yes", 'labelled "a\\x1b[2J\\nsymmetric  yes"\n'),
        (" @/etc/passwd", 'labelled " @/etc/passwd"\n'),
        ("x" * 10**6, "xxx…xxx"),
    ],
)
def test_verify_shows_a_label_beside_what_was_checked(
    name: str, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from polyconstraints.cli.main import run

    document = by_hand(group=name, generators=[[1, 2, 0]])
    document["layers"][0].update(classes=[[0, 1, 2], [2, 0, 1], [1, 2, 0]], free=[0, 1, 2])
    path = tmp_path / "map.json"
    path.write_text(json.dumps(document))
    assert run(["verify", str(path)]) == 0
    printed = capsys.readouterr().out
    assert shown in printed
    assert "\x1b" not in printed
    words = [line.split()[0] for line in printed.splitlines()]
    assert words == ["symmetric", "symmetry", "proof", "complete"]
    assert len(printed) < 1000


def test_false_names_given_in_python_are_shown_as_labels() -> None:
    from polyconstraints.render.verdicts import verification_text
    from polyconstraints.verification import verify

    group = pc.PermutationGroup(3, [[1, 2, 0]], "S")
    tying = pc.derive(pc.NetworkSpec(3), pc.Symmetry(group)).tying_map()
    text = verification_text(tying, verify(tying, exact=True))
    assert 'equivariant under the group generated by [[1,2,0]], labelled "S"' in text


def permuted(order: list[int]) -> dict[str, Any]:
    document = by_hand()
    document["layers"][0].update(
        classes=[[0, 1, 1], [1, 0, 1], [1, 1, 2]], free=order, dependent={"2": [[1, 1, 0]]}
    )
    return document


def test_parameters_are_in_the_order_of_free() -> None:
    theta = np.array([5.0, 7.0])
    plain = pc.TyingMap.from_json(permuted([0, 1]))
    turned = pc.TyingMap.from_json(permuted([1, 0]))
    assert plain.weights(theta)[0].tolist() == [[5, 7, 7], [7, 5, 7], [7, 7, 5]]
    assert turned.weights(theta)[0].tolist() == [[7, 5, 5], [5, 7, 5], [5, 5, 7]]
    back = turned.project(turned.weights(theta))
    assert np.allclose(back.theta[0], theta)
    assert turned != plain
    again = pc.TyingMap.from_json(turned.to_json())
    assert again == turned
    assert again.to_json()["layers"][0]["free"] == [1, 0]


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_keep_the_order_of_free(ending: str, tmp_path: Path) -> None:
    turned = pc.TyingMap.from_json(permuted([1, 0]))
    turned.save(tmp_path / f"map.{ending}")
    assert pc.TyingMap.load(tmp_path / f"map.{ending}") == turned


@pytest.mark.parametrize("path", ["auto", "gather"])
@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
def test_backends_honour_the_order_of_free(backend: str, path: str) -> None:
    turned = pc.TyingMap.from_json(permuted([1, 0]))
    theta, x = np.array([5.0, 7.0]), np.array([[1.0, 10.0, 100.0]])
    expected = x @ turned.weights(theta)[0].T
    if backend == "numpy":
        from polyconstraints.backends.numpy import TiedNetwork

        network = TiedNetwork.from_map(turned, path)
        found = network(network.from_map_parameters([theta]), x)
    elif backend == "torch":
        torch = pytest.importorskip("torch")
        from polyconstraints.backends.torch import TiedNetwork as Network

        module = Network.from_map(turned, path).double()
        module.set_map_parameters([theta])
        with torch.no_grad():
            found = module(torch.tensor(x)).numpy()
    else:
        jax = pytest.importorskip("jax")
        from polyconstraints.backends import jax as ours

        made = ours.from_map(turned, path)
        unit = [jax.numpy.array(part.from_map(theta)) for part in made.plan.layers]
        found = np.asarray(made.apply(unit, jax.numpy.array(x)))
    assert np.allclose(found, expected)


def test_rules_allow_no_other_order_of_free() -> None:
    rule = pc.TyingRule.of(pc.AnyNetwork("S")).to_json(4)
    del rule["provenance"]
    rule["layers"][0]["free"] = [0, 1, 2, 3]
    assert pc.TyingMap.from_json(rule).parameters == (4,)
    for wrong in ([3, 2, 1, 0], [0, 1, 2], [0, 1, 2, 3, 4], [0, 0, 1, 2]):
        rule["layers"][0]["free"] = wrong
        for read in (pc.TyingMap.from_json, pc.TyingRule.from_json):
            with pytest.raises(pc.InputError, match=r"^layers\[0\]\.free: expected the classes"):
                read(deepcopy(rule))


def halves() -> pc.TyingMap:
    document = by_hand(group="trivial")
    document["layers"][0].update(
        classes=[[0, 1, 2], [3, 0, 0], [0, 0, 0]], free=[0, 1, 2], dependent={"3": [[1, 2, 0]]}
    )
    return pc.TyingMap.from_json(document)


@pytest.mark.parametrize(
    "theta",
    [
        [[10, 21, 30]],
        [np.array([10, 21, 30])],
        np.array([10, 21, 30], dtype=np.int8),
        np.array([10, 21, 30], dtype=np.uint64),
        np.array([10, 21, 30], dtype=np.float32),
        np.array([Fraction(10), 21, 30], dtype=object),
    ],
    ids=repr,
)
def test_integers_do_not_truncate(theta: Any) -> None:
    tying = halves()
    assert tying.weights(theta)[0][0].tolist() == [10, 21, 30]
    assert tying.weights(theta)[0][1, 0] == 5
    from polyconstraints.backends.numpy import TiedNetwork

    parts = theta if isinstance(theta, list) else [theta]
    if np.asarray(parts[0]).dtype != object:
        network = TiedNetwork.from_map(tying)
        unit = network.from_map_parameters([np.asarray(part, dtype=float) for part in parts])
        assert network(unit, np.array([[1, 1, 1]]))[0].tolist() == [61, 25, 30]


def test_booleans_are_numbers() -> None:
    assert halves().weights([[True, False, True]])[0][1, 0] == 0.5
    plain = make(3, {"layer": "linear"}, {})
    assert plain.weights([np.array([True, True])])[0].sum() == 9


def test_integers_that_would_not_fit_become_floats() -> None:
    document = by_hand(group="trivial")
    document["layers"][0].update(
        classes=[[0, 1, 2], [3, 0, 0], [0, 0, 0]], free=[0, 1, 2], dependent={"3": [[4, 1, 0]]}
    )
    tying = pc.TyingMap.from_json(document)
    assert tying.weights([[3, 0, 0]])[0].dtype == np.int64
    assert tying.weights([[2**62, 0, 0]])[0][1, 0] == 2.0**64


def test_texts_are_no_parameters() -> None:
    for theta in ([["1", "2", "3"]], np.array(["1", "2", "3"])):
        with pytest.raises(pc.InputError, match=r"^theta: expected numbers"):
            halves().weights(theta)


WRONG_KEYS = ["03", "٣", "３", "+3", " 3", "3 ", "3.0", "³", "-0", "", "9" * 5000, "0x3"]


@pytest.mark.parametrize("key", WRONG_KEYS, ids=lambda key: repr(key)[:12])
def test_keys_have_one_spelling(key: str) -> None:
    document = permuted([0, 1])
    document["layers"][0]["dependent"] = {"2": [[1, 1, 0]], key: [[2, 1, 0]]}
    with pytest.raises(pc.InputError, match=r"expected a class that has weights") as caught:
        pc.TyingMap.from_json(document)
    assert len(str(caught.value)) < 1000
    document = by_hand(generators=[[1, 0, 2], [1, 2, 0]], actions={key: [[1, 0, 2], [1, 2, 0]]})
    with pytest.raises(pc.InputError, match=r"expected a level from 1 to 1") as caught:
        pc.TyingMap.from_json(document)
    assert len(str(caught.value)) < 1000
    rule = pc.TyingRule.of(pc.AnyNetwork("S", 2)).to_json(3)
    rule["layers"][0]["rule"]["actions"] = {key: "S"}
    with pytest.raises(pc.InputError, match=r"expected levels from 1 as keys"):
        pc.TyingRule.from_json(rule)


@pytest.mark.parametrize("count", [0, 1, 4, 77, 10**30])
def test_the_number_of_imposed_permutations_must_be_true(count: int) -> None:
    with pytest.raises(pc.InputError, match=r"^symmetry\.permutations: expected 3, as many"):
        pc.TyingMap.from_json(by_hand(permutations=count))


@pytest.mark.parametrize("choice", ["transpositions", "adjacent", "generators"])
@pytest.mark.parametrize("generators", [None, [[1, 0, 2, 3], [3, 0, 1, 2]]])
def test_the_choice_of_permutations_is_kept(choice: Any, generators: Any) -> None:
    group = S(4) if generators is None else pc.PermutationGroup(4, generators)
    symmetry = pc.Symmetry(group, permutations=choice)
    tying = pc.derive(pc.NetworkSpec(4), symmetry).tying_map()
    loaded = pc.TyingMap.from_json(tying.to_json())
    assert loaded.symmetry.imposed() == symmetry.imposed()
    assert loaded.to_json() == tying.to_json()


def test_what_is_derived_is_worked_out_and_not_believed() -> None:
    tying = make(3, {"depth": 2, "bias": True}, {})
    for stated in (99, 0, None):
        document = tying.to_json()
        del document["provenance"]
        document["counts"]["function_dimension"] = stated
        loaded = pc.TyingMap.from_json(document)
        assert loaded.function_dimension == 11
        assert loaded.to_json()["counts"]["function_dimension"] == 11
        assert loaded == tying


def test_factors_fit_into_floats() -> None:
    for terms, place in (([[10**999, 1, 0]], 0), ([[1, 10**999, 0]], 1), ([[-(10**301), 1, 0]], 0)):
        document = permuted([0, 1])
        document["layers"][0]["dependent"] = {"2": terms}
        with pytest.raises(pc.InputError, match=rf"dependent\.2\[0\]\[{place}\]: expected an int"):
            pc.TyingMap.from_json(document)
    for factor in ([10**300, 1], [1, 10**300], [-(10**300), 10**300]):
        document["layers"][0]["dependent"] = {"2": [[*factor, 0]]}
        tying = pc.TyingMap.from_json(document)
        value = tying.weights(np.array([1.0, 1.0]))[0][2, 2]
        assert np.isfinite(value)
        assert value != 0


# --- cost -------------------------------------------------------------------------------------


def test_many_free_classes_load_in_linear_time(tmp_path: Path) -> None:
    import time

    tying = make(36, {}, {"group": pc.PermutationGroup.trivial(36)})
    assert tying.dimension == 36 * 37 * 18
    tying.save(tmp_path / "map.npz")
    began = time.process_time()
    pc.TyingMap.load(tmp_path / "map.npz")
    assert time.process_time() - began < 2


def _peak(function: Any) -> int:
    """Return the most bytes that Python and NumPy held while a function ran."""
    import tracemalloc

    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_text_among_classes_costs_nothing() -> None:
    n = 20
    document = by_hand(group="trivial")
    document["network"].update(inputs=n, widths=[n, n])
    rows: list[list[Any]] = [[0] * n for _ in range(n)]
    rows[-1][-1] = "x" * 200_000
    document["layers"][0].update(classes=rows, free=[0])

    def load() -> None:
        with pytest.raises(
            pc.InputError, match=r"classes\[19\]\[19\]: expected an integer"
        ) as caught:
            pc.TyingMap.from_json(document)
        assert len(str(caught.value)) < 1000

    assert _peak(load) < 1 << 20


def test_layers_of_one_rule_share_their_classes() -> None:
    document = pc.TyingRule.of(pc.AnyNetwork("S", 60)).to_json(40)
    entries = 40 * 40 * 40

    def load() -> None:
        tying = pc.TyingMap.from_json(document)
        assert tying.layers[0].classes is tying.layers[59].classes

    assert _peak(load) < 20 * 8 * entries


def test_rules_that_differ_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    from polyconstraints.tying import document as reader

    document = pc.TyingRule.of(pc.AnyNetwork("S", 2)).to_json(4)
    del document["provenance"]
    patterns = document["layers"][1]["rule"]["patterns"]
    patterns[0]["class"], patterns[-1]["class"] = patterns[-1]["class"], patterns[0]["class"]
    monkeypatch.setattr(reader, "MAX_WEIGHTS", 100)
    with pytest.raises(pc.InputError, match=r"^layers\[1\]\.rule: expected at most 100 entries"):
        pc.TyingMap.from_json(document)


def test_layers_of_booleans_are_refused_together(tmp_path: Path) -> None:
    network = {**BY_HAND["network"], "depth": 3, "widths": [3] * 4, "channels": [1] * 4}
    entries = [{"name": f"layer{at}", "free": [0]} for at in range(3)]
    header = {**by_hand(group="trivial"), "network": network, "layers": entries}
    members = {f"layer{at}": np.zeros((3, 3), dtype=bool) for at in range(3)}
    text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(tmp_path / "map.npz", header=text, **members)  # type: ignore[arg-type]
    with pytest.raises(pc.InputError, match="layer0: expected integers, got bool"):
        pc.TyingMap.load(tmp_path / "map.npz")


def test_a_rule_states_the_group_of_its_document() -> None:
    document = pc.TyingRule.of(pc.AnyNetwork("S")).to_json(4)
    document["symmetry"]["group"] = "A"
    document["symmetry"]["permutations"] = 2
    del document["provenance"]
    with pytest.raises(pc.InputError, match=r"^symmetry\.group: expected 'S', as the rule has it"):
        pc.TyingRule.from_json(document)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([[1, 0]], "symmetry.actions: level 1: expected images that satisfy the relations"),
        ([[0, 0]], "symmetry.actions: level 1, image [0][1]: expected a permutation, got 0 as the"),
        ([[0, 1], [1, 0]], "symmetry.actions: level 1: expected one permutation for each of the 1"),
        ([[0, "x"]], "symmetry.actions.1[0][1]: expected an integer of at least 0, got 'x'"),
    ],
)
def test_actions_in_documents_are_checked(images: Any, message: str) -> None:
    document = by_hand(group="C", generators=[[1, 2, 0]], actions={"1": images})
    document["network"].update(depth=2, widths=[3, 2, 3], channels=[1, 1, 1])
    document["layers"] = [
        {"name": "layer0", "classes": [[0, 0, 0], [0, 0, 0]], "free": [0]},
        {"name": "layer1", "classes": [[0, 0], [0, 0], [0, 0]], "free": [0]},
    ]
    with pytest.raises(pc.InputError) as caught:
        pc.TyingMap.from_json(document)
    assert str(caught.value).startswith(message)
    document["symmetry"]["actions"] = {"1": [[0, 1]]}
    assert pc.TyingMap.from_json(document).parameters == (1, 1)
