"""All backends along all paths give the outputs and gradients of the definition."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from polyconstraints.backends.numpy import EquivariantLayer, TiedNetwork
from polyconstraints.backends.plan import NetworkPlan
from polyconstraints.backends.plan.lettered import Lettered
from tests.backends.adapters import BACKENDS, DTYPES, TRAINERS
from tests.backends.maps import MAPS, derived, evaluate, gradients, named
from tests.backends.test_layers import LAYERS

Array = NDArray[Any]

#: Relative to the size of what is added up.
TOLERANCE = {"float64": 1e-12, "float32": 1e-4, "bfloat16": 0.1}


@cache
def expected(name: str) -> tuple[list[Array], Array, Array, Array, list[Array], Array]:
    """Return parameters, inputs, an output gradient and what the definition makes of them."""
    tying = named(name)
    rng = np.random.default_rng(7)
    theta = [rng.uniform(-1, 1, size) for size in tying.parameters]
    x = rng.uniform(-1, 1, (3, tying.network.units[0]))
    delta = rng.uniform(-1, 1, (3, tying.network.units[-1]))
    return theta, x, delta, evaluate(tying, theta, x), *gradients(tying, theta, x, delta)


def check(got: Array, wanted: Array, dtype: str) -> None:
    assert got.shape == wanted.shape
    assert str(got.dtype) == dtype or dtype == "bfloat16"
    scale = max(1.0, float(np.abs(wanted).max(initial=0)))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=TOLERANCE[dtype] * scale)


CASES = [
    (backend, path, name)
    for name, (_, lettered) in MAPS.items()
    for path in (("auto", "gather") if lettered else ("gather",))
    for backend in BACKENDS
]


@pytest.mark.parametrize(("backend", "path", "name"), CASES)
def test_outputs_and_gradients(backend: str, path: str, name: str) -> None:
    theta, x, delta, outputs, by_theta, by_x = expected(name)
    dtypes = DTYPES[backend]
    if backend == "jax" and path == ("auto" if MAPS[name][1] else "gather"):
        dtypes = (*dtypes, "float32")
    network = TiedNetwork.from_map(named(name), path)
    for dtype in dtypes:
        out, unit_gradients, x_gradient = BACKENDS[backend](
            named(name), path, theta, x, delta, dtype
        )
        check(out, outputs, dtype)
        check(x_gradient, by_x, dtype)
        for layer, got, wanted in zip(network.plan.layers, unit_gradients, by_theta, strict=True):
            # The map's parameters are a linear function of those in unit coordinates.
            change = np.array([layer.to_map(row) for row in np.eye(layer.parameters)])
            check(got, change.reshape(layer.parameters, -1) @ wanted, dtype)


@pytest.mark.parametrize("name", MAPS)
def test_letters_are_recognised_from_the_classes(name: str) -> None:
    plan = NetworkPlan.from_map(named(name))
    assert all(isinstance(layer.recipe, Lettered) for layer in plan.layers) == MAPS[name][1]


@pytest.mark.parametrize("path", ["auto", "gather"])
@pytest.mark.parametrize("name", MAPS)
def test_coordinates_convert_exactly(name: str, path: str) -> None:
    for layer in NetworkPlan.from_map(named(name), path).layers:
        unit = np.array([Fraction(at, 7) - 1 for at in range(layer.parameters)], dtype=object)
        assert (layer.from_map(layer.to_map(unit)) == unit).all()


@pytest.mark.parametrize("backend", TRAINERS)
@pytest.mark.parametrize("group", ["S", "C"])
def test_equivariance_is_kept_through_a_thousand_steps(backend: str, group: str) -> None:
    tying = derived(4, group, depth=2, bias=True)
    rng = np.random.default_rng(3)
    x = rng.standard_normal((32, 4))
    # Not symmetric: training pulls away from the symmetry as hard as it can.
    target = rng.standard_normal((32, 4))
    predict = TRAINERS[backend](tying, x, target, 1000)
    fresh = rng.standard_normal((64, 4))
    outputs = predict(fresh)
    scale = np.abs(outputs).max()
    assert scale > 0.01
    for sigma in tying.symmetry.imposed():
        order = list(sigma)
        error = np.abs(predict(fresh[:, order]) - outputs[:, order]).max()
        assert error <= 1e-12 * scale


@pytest.mark.parametrize(("group", "to"), sorted({(g, to or "") for g, to, _ in LAYERS}))
def test_one_layer_in_three_libraries(group: str, to: str) -> None:
    """The same function of the same map's parameters, to rounding."""
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    from polyconstraints.backends import jax as in_jax
    from polyconstraints.backends import torch as in_torch

    layer = in_torch.EquivariantLinear(group, 2, 2, to=to or None, dtype=torch.float64)
    drawn = np.random.default_rng(0).standard_normal(len(layer.to_map_parameters()))
    layer.set_map_parameters(drawn)
    np.testing.assert_allclose(layer.to_map_parameters(), drawn, rtol=1e-10, atol=1e-12)
    theta = {name: part.detach().numpy() for name, part in layer.named_parameters()}
    plan = layer.plan
    rng = np.random.default_rng(1)
    sizes = plan.levels.sizes
    xs = [rng.standard_normal((3, *kind.shape(sizes), 2)) for kind in plan.levels.inputs]
    with jax.enable_x64(True):
        twin = in_jax.EquivariantLinear(group, 2, 2, to=to or None)
        given = {name: jax.numpy.asarray(part) for name, part in theta.items()}
        inputs = tuple(map(jax.numpy.asarray, xs))
        third = twin.apply(given, inputs if len(inputs) > 1 else inputs[0])
    first = EquivariantLayer(plan)(theta, tuple(xs) if len(xs) > 1 else xs[0])
    second = layer(tuple(map(torch.tensor, xs)) if len(xs) > 1 else torch.tensor(xs[0]))
    parts = [y if isinstance(y, tuple) else (y,) for y in (first, second, third)]
    for mine, theirs, others in zip(*parts, strict=True):
        np.testing.assert_allclose(theirs.detach().numpy(), mine, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(others, mine, rtol=1e-12, atol=1e-12)


def test_low_rank_in_three_libraries() -> None:
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    from polyconstraints.backends import jax as in_jax
    from polyconstraints.backends import torch as in_torch

    layer = in_torch.EquivariantQuadratic("S+S", 2, 3, rank=4, dtype=torch.float64)
    theta = {name: part.detach().numpy() for name, part in layer.named_parameters()}
    rng = np.random.default_rng(0)
    xs = tuple(rng.standard_normal((5, n, 2)) for n in (3, 6))
    first = EquivariantLayer(layer.plan)(theta, xs)
    second = layer(tuple(map(torch.tensor, xs)))
    with jax.enable_x64(True):
        twin = in_jax.EquivariantQuadratic("S+S", 2, 3, rank=4)
        given = {name: jax.numpy.asarray(part) for name, part in theta.items()}
        third = twin.apply(given, tuple(map(jax.numpy.asarray, xs)))
    for mine, theirs, others in zip(first, second, third, strict=True):
        np.testing.assert_allclose(theirs.detach().numpy(), mine, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(others, mine, rtol=1e-12, atol=1e-12)
