"""Layers and tied networks as pairs of pure functions, ``init`` and ``apply``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from polyconstraints.backends.plan import LayerPlan
from polyconstraints.backends.plan.network import Planned
from polyconstraints.backends.plan.program import Operations


class _Operations(Operations):
    """See :class:`polyconstraints.backends.plan.program.Operations`."""

    library = jnp

    def constant(self, array: NDArray[Any], like: Array) -> Array:
        return jnp.asarray(array, like.dtype)

    def cast(self, x: Array, like: Array) -> Array:
        return jnp.asarray(x, like.dtype)

    def take(self, x: Array, index: NDArray[np.int64], axis: int) -> Array:
        return jnp.take(x, index.astype(np.int32), axis)

    def permute(self, x: Array, order: tuple[int, ...]) -> Array:
        return x.transpose(order)

    def linear(self, x: Array, weight: Array) -> Array:
        return x @ weight.T


_OPERATIONS = _Operations()


def _normals(key: Array, shapes: Sequence[tuple[int, ...]], dtype: Any) -> list[Array]:
    """Return standard normal arrays; low precisions are drawn in single precision."""
    wide = jnp.promote_types(_dtype(dtype), jnp.float32)
    keys = jax.random.split(key, max(len(shapes), 1))
    return [jax.random.normal(own, shape, wide) for own, shape in zip(keys, shapes, strict=False)]


def _dtype(dtype: Any) -> Any:
    return jnp.zeros(0).dtype if dtype is None else dtype


class Options(TypedDict, total=False):
    """What layers of any degree take beside group and channels."""

    to: str | None
    bias: bool


@dataclass(frozen=True)
class EquivariantLayer:
    """A polynomial layer of any degree between the points of a group.

    It has no state: equal layers are equal, hash alike and can be pickled; parameters are a
    dictionary of arrays, in unit coordinates. What makes a layer is said in
    :class:`~polyconstraints.backends.plan.LayerPlan`.

    Examples
    --------
    >>> layer = EquivariantLayer("pairs(S)", 4, 8, 2, to="S")
    >>> theta = layer.init(jax.random.key(0))
    >>> jax.jit(layer.apply)(theta, jnp.ones((3, 45, 4))).shape
    (3, 10, 8)
    """

    group: str
    in_channels: int
    out_channels: int
    degree: int = 1
    to: str | None = None
    bias: bool = True
    rank: int | None = None

    @property
    def plan(self) -> LayerPlan:
        """The layer, whatever the library."""
        channels = (self.in_channels, self.out_channels)
        return LayerPlan(self.group, channels, self.degree, self.bias, self.to, self.rank)

    def init(self, key: Array, dtype: Any = None) -> dict[str, Array]:
        """Return parameters to start from; see :meth:`LayerPlan.initial`."""
        shapes = self.plan.shapes
        drawn = self.plan.initial(_OPERATIONS, _normals(key, list(shapes.values()), dtype))
        pairs = zip(shapes, drawn, strict=True)
        return {name: part.astype(_dtype(dtype)) for name, part in pairs}

    def apply(self, theta: Mapping[str, Array], x: Any, mask: Any = None) -> Any:
        """Return the outputs.

        Parameters
        ----------
        theta : mapping from names to arrays
        x : array of shape (…, points…, in_channels), or a tuple of such
        mask : array of shape (…, letters), or a tuple of one or None for each group, optional
            True for the letters that a sample has, where samples are padded to one size.

        Returns
        -------
        array of shape (…, points…, out_channels), or a tuple of such

        Raises
        ------
        InputError
            If a shape or a dtype doesn't fit.
        """
        plan = self.plan
        return plan.run(_OPERATIONS, plan.weights(theta), x, mask)


def EquivariantLinear(
    group: str, in_channels: int, out_channels: int, **options: Unpack[Options]
) -> EquivariantLayer:
    """Return a linear layer; see :class:`EquivariantLayer`."""
    return EquivariantLayer(group, in_channels, out_channels, 1, **options)


def EquivariantQuadratic(
    group: str,
    in_channels: int,
    out_channels: int,
    *,
    rank: int | None = None,
    **options: Unpack[Options],
) -> EquivariantLayer:
    """Return a quadratic layer; see :class:`EquivariantLayer`."""
    return EquivariantLayer(group, in_channels, out_channels, 2, rank=rank, **options)


class Network(Planned):
    """A tied network on flat units: a pytree of parameters in, outputs out.

    Both functions can be transformed by ``jit``, ``grad``, ``vmap`` and the rest. Networks of
    equal maps are equal. Made from a plan, or by ``from_map``, ``from_rule`` or
    ``symmetric``, which the package has as functions too.

    Parameters
    ----------
    plan : NetworkPlan
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.plan.digest == other.plan.digest

    def __hash__(self) -> int:
        return hash(self.plan.digest)

    def init(self, key: Array, dtype: Any = None) -> list[Array]:
        """Return parameters to start from, one vector a layer, in unit coordinates.

        Of JAX's default dtype unless given; see :meth:`LayerPlan.initial`.
        """
        normals = _normals(key, [(count,) for count in self.plan.parameters], dtype)
        pairs = zip(self.plan.layers, normals, strict=True)
        drawn = [layer.initial(_OPERATIONS, [one])[0] for layer, one in pairs]
        return [theta.astype(_dtype(dtype)) for theta in drawn]

    def apply(self, theta: Sequence[Array], x: Array) -> Array:
        """Return the outputs, (…, outputs), for inputs of shape (…, inputs).

        Units are numbered component by component: unit = component · channels + channel.

        Raises
        ------
        InputError
            If a shape or a dtype doesn't fit.
        """
        self.plan.check(theta)
        out: Array = self.plan.run(_OPERATIONS, theta, x)
        return out


from_map, from_rule, symmetric = Network.from_map, Network.from_rule, Network.symmetric
