"""Initial parameters keep the size of the activations through depth, in every backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import polyconstraints as pc
from polyconstraints.backends.numpy import TiedNetwork
from polyconstraints.backends.plan import NetworkPlan, natural_scales, standard_deviations
from tests.backends.maps import MAPS, derived, named

Array = NDArray[Any]

DEPTH = 6


def by_numpy(plan: NetworkPlan, seed: int) -> list[Array]:
    return TiedNetwork(plan, "structure").init(seed)


def by_torch(plan: NetworkPlan, seed: int) -> list[Array]:
    torch = pytest.importorskip("torch")

    from polyconstraints.backends.torch import TiedNetwork as Torch

    torch.manual_seed(seed)
    network = Torch(plan, "structure", dtype=torch.float64)
    return [layer.theta.detach().numpy() for layer in network.tied_layers()]


def by_jax(plan: NetworkPlan, seed: int) -> list[Array]:
    jax = pytest.importorskip("jax")

    from polyconstraints.backends.jax import from_plan

    with jax.enable_x64(True):
        theta = from_plan(plan, "structure").init(jax.random.key(seed), "float64")
        return [np.asarray(part) for part in theta]


INITS: dict[str, Callable[[NetworkPlan, int], list[Array]]] = {
    "numpy": by_numpy,
    "torch": by_torch,
    "jax": by_jax,
}

PLANS = {
    "S n=3": NetworkPlan.symmetric(pc.NetworkSpec(3, DEPTH, bias=True)),
    "S n=32": NetworkPlan.symmetric(pc.NetworkSpec(32, DEPTH, bias=True)),
    "S channels": NetworkPlan.symmetric(
        pc.NetworkSpec(8, DEPTH, bias=True, channels=(1, 4, 4, 4, 4, 4, 1))
    ),
    "S linear": NetworkPlan.symmetric(pc.NetworkSpec(16, DEPTH, "linear")),
    "C": NetworkPlan.from_map(derived(6, "C", depth=DEPTH, bias=True)),
    "trivial": NetworkPlan.from_map(derived(6, "trivial", depth=DEPTH, bias=True)),
}


def sizes(plan: NetworkPlan, theta: list[Array], x: Array) -> list[Array]:
    """Return the mean square of each sample after each layer."""
    network = TiedNetwork(plan, "structure")
    found = []
    for layer, part in zip(network.layers, theta, strict=True):
        x, _ = layer.forward(part, x)
        found.append((x**2).mean(axis=1))
    return found


# JAX compiles each of them anew: two kinds are enough.
@pytest.mark.parametrize(
    ("name", "backend"),
    [(name, backend) for name in PLANS for backend in ("numpy", "torch")]
    + [("S n=32", "jax"), ("C", "jax")],
)
def test_variance_is_kept_with_linear_terms(name: str, backend: str) -> None:
    """Plain mean squares over standard normal inputs that no layer was scaled on."""
    plan = PLANS[name]
    x = np.random.default_rng(99).standard_normal((2000, plan.network.units[0]))
    for seed in range(1 if backend == "jax" else 4):
        for squares in sizes(plan, INITS[backend](plan, seed), x):
            assert 0.3 < squares.mean() < 6


@pytest.mark.parametrize(
    ("n", "backend"), [(4, "numpy"), (32, "numpy"), (4, "torch"), (32, "torch"), (32, "jax")]
)
def test_typical_size_is_kept_without_linear_terms(n: int, backend: str) -> None:
    """Homogeneous of degree 64: geometric means, over inputs of unit size."""
    plan = NetworkPlan.symmetric(pc.NetworkSpec(n, DEPTH))
    x = np.random.default_rng(99).standard_normal((2000, n))
    x /= np.sqrt((x**2).mean(axis=1, keepdims=True))
    for seed in range(1 if backend == "jax" else 4):
        logs = [np.log(s).mean() for s in sizes(plan, INITS[backend](plan, seed), x)]
        # What is left is how well 256 samples stand for all, doubled by every layer.
        for depth, log in enumerate(logs, start=1):
            assert abs(log) < 0.1 * 2**depth


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("bias", [False, True])
def test_free_weights_get_the_usual_fan_in(n: int, bias: bool) -> None:
    plan = NetworkPlan.from_map(derived(n, "trivial", layer="linear", bias=bias)).layers[0]
    deviations = standard_deviations(plan)
    if n > 1:
        assert sorted(set(deviations.round(12))) == sorted(
            {*([0.0] if bias else []), round(n**-0.5, 12)}
        )


def test_scales_are_those_of_the_members() -> None:
    plan = NetworkPlan.from_map(derived(5)).layers[0]
    np.testing.assert_allclose(1 / natural_scales(plan), [1, 4, 4, 6])


@pytest.mark.parametrize("name", MAPS)
def test_every_map_has_a_start(name: str) -> None:
    theta = TiedNetwork.from_map(named(name), "structure").init(0)
    assert all(np.isfinite(part).all() for part in theta)
    assert tuple(map(len, theta)) == named(name).parameters
