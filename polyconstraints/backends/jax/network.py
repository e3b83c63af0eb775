"""Tied networks as a pair of pure functions, ``init`` and ``apply``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import Array

from polyconstraints.backends.jax.paths import Apply, make_path
from polyconstraints.backends.plan import (
    LayerPlan,
    NetworkPlan,
    is_homogeneous,
    reference_inputs,
    resolve_path,
    standard_deviations,
)
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.tying import TyingMap, TyingRule

__all__ = ["Network", "from_map", "from_plan", "from_rule", "symmetric"]


@dataclass(frozen=True, eq=False)
class Network:
    """A tied network: a pytree of parameters in, outputs out.

    Both functions can be transformed by ``jit``, ``grad``, ``vmap`` and the rest. Made by
    :func:`from_map`, :func:`from_plan` or :func:`symmetric`.

    Attributes
    ----------
    plan : NetworkPlan
    paths : tuple of str
        How each layer is computed.
    """

    plan: NetworkPlan
    paths: tuple[str, ...]
    _layers: tuple[Apply, ...]

    def init(self, key: Array, dtype: Any = None) -> list[Array]:
        """Return parameters to start from; see :mod:`polyconstraints.backends.plan.initial`.

        Parameters
        ----------
        key : jax.random key
        dtype : dtype, optional
            JAX's default, float32 unless ``jax_enable_x64`` is set.

        Returns
        -------
        list of one array of shape (parameters,) a layer
        """
        dtype = jnp.zeros(0).dtype if dtype is None else dtype
        wide = jnp.promote_types(dtype, jnp.float32)
        x = jnp.asarray(reference_inputs(self.plan.network.units[0]), wide)
        theta = []
        keys = jax.random.split(key, len(self._layers))
        for plan, layer, own in zip(self.plan.layers, self._layers, keys, strict=True):
            deviations = jnp.asarray(standard_deviations(plan), wide)
            part = deviations * jax.random.normal(own, deviations.shape, wide)
            scale, x = _unit_size(layer(part, x), is_homogeneous(plan))
            theta.append((part * scale).astype(dtype))
        return theta

    def apply(self, theta: Sequence[Array], x: Array) -> Array:
        """Return the outputs.

        Parameters
        ----------
        theta : sequence of one array of shape (parameters,) a layer
        x : array of shape (…, inputs)
            Units component by component: unit = component · channels + channel.

        Returns
        -------
        array of shape (…, outputs)
        """
        for layer, part in zip(self._layers, theta, strict=True):
            x = layer(part, x)
        return x


def from_plan(plan: NetworkPlan, path: str = "auto") -> Network:
    """Return the network of a plan.

    Parameters
    ----------
    plan : NetworkPlan
    path : str
        How layers are computed; see :mod:`polyconstraints.backends.plan`. ``auto`` takes
        power sums for a layer with the symmetry of S_n and otherwise what is quickest here.

    Raises
    ------
    UsageError
        If a layer has no such path.
    """
    paths = tuple(resolve_path(layer, path, "jax", _trial(layer)) for layer in plan.layers)
    layers = tuple(map(make_path, plan.layers, paths))
    return Network(plan, paths, layers)


def from_map(tying: TyingMap, path: str = "auto") -> Network:
    """Return the network of a tying map; see :func:`from_plan`."""
    return from_plan(NetworkPlan.from_map(tying), path)


def from_rule(rule: TyingRule, *sizes: int, path: str = "auto") -> Network:
    """Return the network of a rule at given sizes, such as the number of inputs."""
    return from_plan(NetworkPlan.from_rule(rule, *sizes), path)


def symmetric(
    network: NetworkSpec, kind: Literal["equivariant", "invariant"] = "equivariant"
) -> Network:
    """Return the network with the symmetry of S_n in every layer, for any n."""
    return from_plan(NetworkPlan.symmetric(network, kind))


def _unit_size(out: Array, homogeneous: bool) -> tuple[Array, Array]:
    """Return the factor that gives a layer's outputs unit size, and the next layer's inputs."""
    squares = jnp.square(out).mean(-1)
    if not homogeneous:
        mean = squares.mean()
        scale = jnp.where(mean > 0, jax.lax.rsqrt(jnp.where(mean > 0, mean, 1.0)), 1.0)
        return scale, out * scale
    # Each sample goes on at unit size: a deviation would be squared in every later layer,
    # and its logarithm, of which the mean is taken, only doubles.
    safe = jnp.where(squares > 0, squares, 1.0)
    return jnp.exp(-0.5 * jnp.log(safe).mean()), out / jnp.sqrt(safe)[:, None]


def _trial(plan: LayerPlan) -> Callable[[str], Callable[[], object]]:
    """Return what prepares a forward and backward pass along a path to be timed."""

    def prepare(path: str) -> Callable[[], object]:
        layer = make_path(plan, path)
        theta = jnp.ones(plan.parameters, jnp.float32)
        x = jnp.ones((32, plan.layer.inputs), jnp.float32)
        both = jax.jit(jax.grad(lambda theta, x: layer(theta, x).sum(), argnums=(0, 1)))

        def run() -> object:
            return [gradient.block_until_ready() for gradient in both(theta, x)]

        return run

    return prepare
