"""Layers and tied networks as pairs of pure functions, ``init`` and ``apply``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import Array

from polyconstraints.backends.jax.operations import OPERATIONS
from polyconstraints.backends.plan import LayerPlan, NetworkPlan
from polyconstraints.errors import InputError
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.tying import TyingMap, TyingRule

__all__ = [
    "EquivariantLayer",
    "EquivariantLinear",
    "EquivariantQuadratic",
    "Network",
    "from_map",
    "from_plan",
    "from_rule",
    "symmetric",
]


def _normals(key: Array, shapes: Sequence[tuple[int, ...]], dtype: Any) -> list[Array]:
    """Return standard normal arrays; low precisions are drawn in single precision."""
    dtype = jnp.zeros(0).dtype if dtype is None else dtype
    wide = jnp.promote_types(dtype, jnp.float32)
    keys = jax.random.split(key, max(len(shapes), 1))
    return [jax.random.normal(own, shape, wide) for own, shape in zip(keys, shapes, strict=False)]


def _check_dtype(x: Any, parameter: Any) -> None:
    for one in x if isinstance(x, tuple) else (x,):
        if one.dtype != parameter.dtype:
            raise InputError(
                f"expected inputs of {parameter.dtype}, as the parameters are, got {one.dtype}", "x"
            )


@dataclass(frozen=True)
class EquivariantLayer:
    """A polynomial layer of any degree between the points of a group.

    It has no state: equal layers are equal, hash alike and can be pickled; parameters are a
    dictionary of arrays, in unit coordinates.

    Parameters
    ----------
    group : str
        How the inputs are points: ``S``, ``S20xS30``, ``pairs(S10)``, ``C64``, …
    in_channels, out_channels : int
    degree : int
        1 for a linear layer, 2 for a quadratic one, and so on.
    to : str, optional
        How the outputs are points, in terms of the same factors; ``trivial`` for one that no
        permutation moves. As the inputs unless given.
    bias : bool
        Whether there are terms of all lower degrees too, constants among them.

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

    @property
    def plan(self) -> LayerPlan:
        """The layer, whatever the library."""
        channels = (self.in_channels, self.out_channels)
        return LayerPlan(self.group, channels, self.degree, self.bias, self.to)

    def init(self, key: Array, dtype: Any = None) -> dict[str, Array]:
        """Return parameters to start from; see :mod:`polyconstraints.backends.plan.start`."""
        plan = self.plan
        drawn = plan.initial(OPERATIONS, _normals(key, plan.shapes, dtype))
        dtype = jnp.zeros(0).dtype if dtype is None else dtype
        return {name: part.astype(dtype) for name, part in zip(plan.names, drawn, strict=True)}

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
        shapes = {name: tuple(part.shape) for name, part in theta.items()}
        wanted = dict(zip(plan.names, plan.shapes, strict=True))
        if shapes != wanted:
            raise InputError(f"expected parameters of shapes {wanted}, got {shapes}", "theta")
        weights = [theta[name] for name in plan.names]
        _check_dtype(x, weights[0])
        masks = plan.masks(mask)
        if masks is not None:
            masks = {sort: part.astype(weights[0].dtype) for sort, part in masks.items()}
        return plan.run(OPERATIONS, weights, x, masks)


def EquivariantLinear(
    group: str, in_channels: int, out_channels: int, *, to: str | None = None, bias: bool = True
) -> EquivariantLayer:
    """Return a linear layer; see :class:`EquivariantLayer`."""
    return EquivariantLayer(group, in_channels, out_channels, 1, to, bias)


@dataclass(frozen=True)
class EquivariantQuadratic:
    """A quadratic layer between the points of a group.

    Parameters
    ----------
    group, in_channels, out_channels, to, bias
        As for :class:`EquivariantLayer`.
    rank : int, optional
        Of full rank unless given. Else the products are those of the ``rank`` channels of two
        linear layers, mixed by a third one, and a fourth one is added if there is a bias.
    """

    group: str
    in_channels: int
    out_channels: int
    rank: int | None = None
    to: str | None = None
    bias: bool = True

    def parts(self) -> dict[str, EquivariantLayer]:
        """Return the layers that it is made of."""
        group, below, above, to = self.group, self.in_channels, self.out_channels, self.to
        if self.rank is None:
            return {"full": EquivariantLayer(group, below, above, 2, to, self.bias)}
        parts = {
            "left": EquivariantLayer(group, below, self.rank, bias=False),
            "right": EquivariantLayer(group, below, self.rank, bias=False),
            "mix": EquivariantLayer(group, self.rank, above, to=to, bias=False),
        }
        if self.bias:
            parts["linear"] = EquivariantLayer(group, below, above, to=to)
        return parts

    def init(self, key: Array, dtype: Any = None) -> dict[str, dict[str, Array]]:
        """Return parameters to start from."""
        parts = self.parts()
        keys = jax.random.split(key, len(parts))
        theta = {
            name: part.init(own, dtype)
            for (name, part), own in zip(parts.items(), keys, strict=True)
        }
        if "linear" in theta:
            theta["mix"] = {name: 0.5 * part for name, part in theta["mix"].items()}
        return theta

    def apply(self, theta: Mapping[str, Mapping[str, Array]], x: Any, mask: Any = None) -> Any:
        """Return the outputs; see :meth:`EquivariantLayer.apply`."""
        parts = self.parts()
        if self.rank is None:
            return parts["full"].apply(theta["full"], x, mask)
        left, right = (parts[name].apply(theta[name], x, mask) for name in ("left", "right"))
        products = jax.tree.map(jnp.multiply, left, right)
        y = parts["mix"].apply(theta["mix"], products, mask)
        if not self.bias:
            return y
        return jax.tree.map(jnp.add, y, parts["linear"].apply(theta["linear"], x, mask))


@dataclass(frozen=True, eq=False)
class Network:
    """A tied network on flat units: a pytree of parameters in, outputs out.

    Both functions can be transformed by ``jit``, ``grad``, ``vmap`` and the rest. Networks of
    equal maps are equal. Made by :func:`from_map`, :func:`from_plan` or :func:`symmetric`.

    Attributes
    ----------
    plan : NetworkPlan
    """

    plan: NetworkPlan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.plan.digest == other.plan.digest

    def __hash__(self) -> int:
        return hash(self.plan.digest)

    def init(self, key: Array, dtype: Any = None) -> list[Array]:
        """Return parameters to start from; see :mod:`polyconstraints.backends.plan.start`.

        Parameters
        ----------
        key : jax.random key
        dtype : dtype, optional
            JAX's default, float32 unless ``jax_enable_x64`` is set.

        Returns
        -------
        list of one array of shape (parameters,) a layer, in unit coordinates
        """
        shapes = [(layer.parameters,) for layer in self.plan.layers]
        dtype = jnp.zeros(0).dtype if dtype is None else dtype
        theta = []
        normals = _normals(key, shapes, dtype)
        for layer, normal in zip(self.plan.layers, normals, strict=True):
            parts = layer.initial(OPERATIONS, normal)
            theta.append(jnp.concatenate([part.ravel() for part in parts]).astype(dtype))
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

        Raises
        ------
        InputError
            If a shape or a dtype doesn't fit.
        """
        shapes = [tuple(part.shape) for part in theta]
        wanted = [(count,) for count in self.plan.parameters]
        if shapes != wanted:
            raise InputError(f"expected parameters of shapes {wanted}, got {shapes}", "theta")
        _check_dtype(x, theta[0])
        out: Array = self.plan.run(OPERATIONS, theta, x)
        return out


def from_plan(plan: NetworkPlan) -> Network:
    """Return the network of a plan."""
    return Network(plan)


def from_map(tying: TyingMap, path: str = "auto") -> Network:
    """Return the network of a tying map; see :meth:`NetworkPlan.from_map`."""
    return Network(NetworkPlan.from_map(tying, path))


def from_rule(rule: TyingRule, *sizes: int) -> Network:
    """Return the network of a rule at given sizes, such as the number of inputs."""
    return Network(NetworkPlan.from_rule(rule, *sizes))


def symmetric(
    network: NetworkSpec, kind: Literal["equivariant", "invariant"] = "equivariant"
) -> Network:
    """Return the network with the symmetry of S_n in every layer, for any n."""
    return Network(NetworkPlan.symmetric(network, kind))
