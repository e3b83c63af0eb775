"""What users of JAX expect: pure functions, and modules where their library has them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

jax = pytest.importorskip("jax")

import polyconstraints as pc  # noqa: E402
from polyconstraints.backends.jax import (  # noqa: E402
    EquivariantLayer,
    EquivariantLinear,
    EquivariantQuadratic,
    Network,
    from_map,
    from_rule,
    symmetric,
)
from polyconstraints.errors import InputError  # noqa: E402
from tests.backends.maps import derived, named  # noqa: E402

jnp = jax.numpy


@pytest.fixture(scope="module")
def network() -> Network:
    return from_map(named("ordered n=5 d=2 bias"))


@pytest.fixture(scope="module")
def theta(network: Network) -> Any:
    return network.init(jax.random.key(0))


def test_parameters_are_a_pytree(theta: Any) -> None:
    assert [leaf.shape for leaf in jax.tree.leaves(theta)] == [(7,), (7,)]
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(theta)} == {"float32"}


def test_init_can_be_compiled(network: Network, theta: Any) -> None:
    compiled = jax.jit(network.init)(jax.random.key(0))
    for mine, theirs in zip(compiled, theta, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4)


def test_transforms(network: Network, theta: Any) -> None:
    x = jax.random.normal(jax.random.key(1), (3, 5))
    out = jax.jit(network.apply)(theta, x)
    mapped = jax.jit(jax.vmap(network.apply, in_axes=(None, 0)))(theta, x)
    np.testing.assert_allclose(out, mapped, rtol=1e-4, atol=1e-5)
    many = jax.tree.map(lambda part: jnp.stack([part, part]), theta)
    ensemble = jax.jit(jax.vmap(network.apply, in_axes=(0, None)))(many, x)
    np.testing.assert_allclose(ensemble[1], out, rtol=1e-4, atol=1e-5)
    gradients = jax.jit(jax.grad(lambda theta: network.apply(theta, x).sum()))(theta)
    assert all(bool(jnp.isfinite(part).all()) for part in gradients)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(EquivariantLayer("S", 2, 1, 2), (3, 2)), (EquivariantLinear("C8", 6, 5), (8, 6))],
    ids=str,
)
def test_gradients_pass_jaxs_own_check(layer: Any, shape: tuple[int, ...]) -> None:
    from jax.test_util import check_grads

    with jax.enable_x64(True):
        theta = layer.init(jax.random.key(0), "float64")
        x = jnp.asarray(np.random.default_rng(0).standard_normal((2, *shape)))
        check_grads(jax.jit(layer.apply), (theta, x), order=2)


def test_large_n() -> None:
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.tying import TyingRule

    network = from_rule(TyingRule.of(AnyNetwork("S", channels=(1, 1))), 4096)
    theta = [jnp.asarray(part.from_map(np.ones(4)), "float32") for part in network.plan.layers]
    out = jax.jit(network.apply)(theta, jnp.ones((2, 4096)) / 64)
    # Every weight is 1, so that each output is Σ_{i≥j} x_i x_j.
    np.testing.assert_allclose(out, 4096 * 4097 / 2 / 64**2, rtol=1e-4)


@pytest.mark.parametrize("size", [3, 5])
def test_sizes_are_checked_before_anything_is_gathered(size: int) -> None:
    """JAX clips indices: what doesn't fit would be computed without a word."""
    for tying in (derived(4), derived(4, "C")):
        network = from_map(tying)
        theta = network.init(jax.random.key(0))
        for call in (network.apply, jax.jit(network.apply), jax.vmap(network.apply, (None, 0))):
            with pytest.raises(InputError, match=r"^x: expected shape \(batch, 4\)"):
                call(theta, jnp.ones((2, size)))
        with pytest.raises(InputError, match=r"^theta: expected parameters of shapes"):
            network.apply([theta[0][:3]], jnp.ones((2, 4)))
    layer = EquivariantLinear("C4", 2, 1)
    theta = layer.init(jax.random.key(0))
    for call in (layer.apply, jax.jit(layer.apply), jax.vmap(layer.apply, (None, 0))):
        with pytest.raises(InputError, match=r"^x: expected shape \(…, 4, 2\) for C4"):
            call(theta, jnp.ones((2, size, 2)))
    with pytest.raises(InputError, match=r"^theta: expected parameters of shapes"):
        layer.apply({"weight": theta["weight"]}, jnp.ones((2, 4, 2)))


def test_one_dtype_is_expected() -> None:
    layer = EquivariantLinear("S", 2, 1)
    theta = layer.init(jax.random.key(0))
    with pytest.raises(InputError, match=r"^x: expected inputs of float32, .*got float16"):
        layer.apply(theta, jnp.ones((2, 4, 2), "float16"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: EquivariantLayer("pairs(S)", 2, 3, 2, "S"),
        lambda: EquivariantQuadratic("S", 2, 3, rank=2),
        lambda: from_map(derived(4, "C")),
        lambda: symmetric(pc.NetworkSpec(4, bias=True)),
    ],
)
def test_layers_and_networks_compare_hash_and_pickle(make: Any) -> None:
    one, other = make(), make()
    again = pickle.loads(pickle.dumps(one))  # noqa: S301 - what was just dumped
    assert one == other == again
    assert hash(one) == hash(other) == hash(again)
    assert one != EquivariantLinear("S", 1, 1)


def test_low_rank() -> None:
    layer = EquivariantQuadratic("S", 4, 3, rank=2)
    theta = layer.init(jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (2, 5, 4))
    out = jax.jit(layer.apply)(theta, x)
    assert out.shape == (2, 5, 3)
    order = jnp.array([3, 1, 4, 0, 2])
    np.testing.assert_allclose(layer.apply(theta, x[:, order]), out[:, order], rtol=1e-4, atol=1e-5)


def test_masks() -> None:
    layer = EquivariantLayer("S", 2, 3, 2)
    theta = layer.init(jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (2, 5, 2))
    padded = jnp.concatenate([x, jnp.full((2, 3, 2), 9.0)], 1)
    mask = jnp.broadcast_to(jnp.arange(8) < 5, (2, 8))
    out = jax.jit(layer.apply)(theta, padded, mask)
    np.testing.assert_allclose(out[:, :5], layer.apply(theta, x), rtol=1e-4, atol=1e-5)


MODULES = [
    (EquivariantLinear("S", 2, 3), (4, 2)),
    (EquivariantQuadratic("S", 2, 3, rank=2), (4, 2)),
    (symmetric(pc.NetworkSpec(3)), (3,)),
]


@pytest.mark.parametrize(("network", "shape"), MODULES, ids=lambda value: type(value).__name__)
def test_equinox(network: Any, shape: tuple[int, ...]) -> None:
    equinox = pytest.importorskip("equinox")
    from polyconstraints.backends.jax.equinox import TiedModule

    module = TiedModule(network, key=jax.random.key(0))
    same = TiedModule(network, key=jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (2, *shape))

    @equinox.filter_jit
    @equinox.filter_value_and_grad
    def loss(module: Any) -> Any:
        return (module(x) ** 2).mean()

    value, gradient = loss(module)
    moved = jax.tree.map(lambda leaf, step: leaf - 1e-3 * step, module, gradient)
    assert loss(moved)[0] < value
    assert equinox.tree_equal(module, same)
    assert equinox.tree_equal(module, pickle.loads(pickle.dumps(module)))  # noqa: S301 - what was just dumped
    assert jax.tree.structure(module) == jax.tree.structure(same)


@pytest.mark.parametrize(("network", "shape"), MODULES, ids=lambda value: type(value).__name__)
def test_nnx(network: Any, shape: tuple[int, ...]) -> None:
    nnx = pytest.importorskip("flax.nnx")
    from polyconstraints.backends.jax.nnx import TiedModule

    module = TiedModule(network, rngs=nnx.Rngs(0))
    x = jax.random.normal(jax.random.key(1), (2, *shape))

    @nnx.jit
    def loss_and_gradient(module: Any) -> Any:
        return nnx.value_and_grad(lambda module: (module(x) ** 2).mean())(module)

    value, gradient = loss_and_gradient(module)
    state = jax.tree.map(lambda leaf, step: leaf - 1e-3 * step, nnx.state(module), gradient)
    nnx.update(module, state)
    assert loss_and_gradient(module)[0] < value
    definition, state = nnx.split(module)
    assert definition == nnx.split(TiedModule(network, rngs=nnx.Rngs(1)))[0]
    again = nnx.merge(*pickle.loads(pickle.dumps((definition, state))))  # noqa: S301 - what was just dumped
    np.testing.assert_allclose(again(x), module(x))
