"""What users of JAX expect: pure functions, and modules where their library has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

jax = pytest.importorskip("jax")

import polyconstraints as pc  # noqa: E402
from polyconstraints.backends.jax import Network, from_map, from_rule, symmetric  # noqa: E402
from tests.backends.maps import named  # noqa: E402

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


# Each takes JAX long to compile; first derivatives of all paths are checked elsewhere.
@pytest.mark.parametrize("path", ["power_sums"])
def test_gradients_pass_jaxs_own_check(path: str) -> None:
    from jax.test_util import check_grads

    with jax.enable_x64(True):
        network = from_map(named("ordered n=2"), path)
        theta = network.init(jax.random.key(0), "float64")
        x = jnp.asarray(np.random.default_rng(0).standard_normal((2, 2)))
        assert network.paths == (path,)
        check_grads(jax.jit(network.apply), (theta, x), order=2)


def test_large_n() -> None:
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.tying import TyingRule

    network = from_rule(TyingRule.of(AnyNetwork("S", channels=(1, 1))), 4096)
    theta = [jnp.ones(4)]
    out = jax.jit(network.apply)(theta, jnp.ones((2, 4096)) / 64)
    # Every weight is 1, so that each output is Σ_{i≥j} x_i x_j.
    np.testing.assert_allclose(out, 4096 * 4097 / 2 / 64**2, rtol=1e-4)


def test_equinox() -> None:
    equinox = pytest.importorskip("equinox")
    from polyconstraints.backends.jax.equinox import TiedModule

    module = TiedModule(symmetric(pc.NetworkSpec(3)), key=jax.random.key(0))
    x = jnp.arange(6.0).reshape(2, 3)

    @equinox.filter_jit
    @equinox.filter_value_and_grad
    def loss(module: TiedModule) -> Any:
        return (module(x) ** 2).mean()

    value, gradient = loss(module)
    assert gradient.theta[0].shape == (4,)
    moved = equinox.apply_updates(
        module, jax.tree.map(lambda leaf: -1e-4 * leaf, equinox.filter(gradient, equinox.is_array))
    )
    assert loss(moved)[0] < value


def test_nnx() -> None:
    nnx = pytest.importorskip("flax.nnx")
    from polyconstraints.backends.jax.nnx import TiedModule

    module = TiedModule(symmetric(pc.NetworkSpec(3)), rngs=nnx.Rngs(0))
    x = jnp.arange(6.0).reshape(2, 3)

    @nnx.jit
    def loss_and_gradient(module: TiedModule) -> Any:
        return nnx.value_and_grad(lambda module: (module(x) ** 2).mean())(module)

    value, gradient = loss_and_gradient(module)
    assert [leaf.shape for leaf in jax.tree.leaves(gradient)] == [(4,)]
    module.theta[0][...] -= 1e-4 * gradient["theta"][0][...]
    assert loss_and_gradient(module)[0] < value
