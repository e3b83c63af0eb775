"""Tying maps: symmetric exactly, and the same in every file."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.schemas import load_schema
from tests.tying.documents import CASES, ENDINGS, S, by_hand, make, permuted


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


@pytest.mark.parametrize("choice", ["transpositions", "adjacent", "generators"])
@pytest.mark.parametrize("generators", [None, [[1, 0, 2, 3], [3, 0, 1, 2]]])
def test_the_choice_of_permutations_is_kept(choice: Any, generators: Any) -> None:
    group = S(4) if generators is None else pc.PermutationGroup(4, generators)
    symmetry = pc.Symmetry(group, permutations=choice)
    tying = pc.derive(pc.NetworkSpec(4), symmetry).tying_map()
    loaded = pc.TyingMap.from_json(tying.to_json())
    assert loaded.symmetry.imposed() == symmetry.imposed()
    assert loaded.to_json() == tying.to_json()
