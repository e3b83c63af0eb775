"""The ways of computing one layer, as pure functions of parameters and inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from polyconstraints.backends.plan import LayerPlan, LinearMap, PowerSums

__all__ = ["Apply", "make_path"]

#: Parameters of shape (parameters,) and inputs of shape (…, inputs) to outputs.
Apply = Callable[[Array, Array], Array]


def make_path(plan: LayerPlan, path: str) -> Apply:
    """Return the function that computes a layer along a path.

    It takes parameters of shape (parameters,) and inputs of shape (…, inputs) and returns
    outputs of shape (…, outputs).
    """
    makers: dict[str, Callable[[LayerPlan], Apply]] = {
        "dense": _dense,
        "gather": _gather,
        "classes": _classes,
        "power_sums": _power_sums,
    }
    return makers[path](plan)


def combine(linear: LinearMap, theta: Array) -> Array:
    """Return the combinations of parameters, of shape (results,)."""
    if linear.is_identity:
        return theta
    if linear.selection is not None:
        return theta[linear.selection]
    if linear.is_small:
        return jnp.asarray(linear.matrix(), theta.dtype) @ theta
    terms = jnp.asarray(linear.factors, theta.dtype) * theta[linear.columns]
    return jnp.zeros(linear.shape[0], theta.dtype).at[linear.rows].add(terms)


def _values(plan: LayerPlan, theta: Array) -> Array:
    """Return the values of the classes, and a zero where there is no weight."""
    return jnp.pad(combine(plan.values, theta), (0, 1))


def _letters(plan: LayerPlan, x: Array) -> Array:
    """Return the inputs with the homogenising unit in front, if there is one."""
    if not plan.layer.bias:
        return x
    return _with_one(x)


def _with_one(x: Array) -> Array:
    return jnp.concatenate([jnp.ones((*x.shape[:-1], 1), x.dtype), x], axis=-1)


def _dense(plan: LayerPlan) -> Apply:
    classes = plan.classes.astype(np.int32)

    def apply(theta: Array, x: Array) -> Array:
        weights, o = _values(plan, theta)[classes], _letters(plan, x)
        if plan.layer.degree == 1:
            return o @ weights.T
        return jnp.einsum("kij,...i,...j->...k", weights, o, o)

    return apply


def _products(plan: LayerPlan, x: Array) -> Array:
    """Return each product of inputs once."""
    o = _letters(plan, x)
    if plan.layer.degree == 1:
        return o
    first, second = plan.products.factors
    return o[..., first] * o[..., second]


def _gather(plan: LayerPlan) -> Apply:
    products = plan.products

    def apply(theta: Array, x: Array) -> Array:
        values = _values(plan, theta)
        weights = values[products.first]
        if products.second is not None:
            weights = weights + values[products.second]
        return _products(plan, x) @ weights.T

    return apply


def _classes(plan: LayerPlan) -> Apply:
    form = plan.class_sums

    def apply(theta: Array, x: Array) -> Array:
        sums = _products(plan, x)[..., form.members]
        if not form.is_trivial:
            flat = sums.reshape(-1, sums.shape[-1]).T
            added = jax.ops.segment_sum(
                flat, form.segments, len(form.starts), indices_are_sorted=True
            )
            sums = added.T.reshape(*x.shape[:-1], -1)
        weights = _values(plan, theta)[form.classes]
        return jnp.einsum("...kt,kt->...k", sums[..., form.sums], weights)

    return apply


def _power_sums(plan: LayerPlan) -> Apply:
    if plan.power_sums is None:
        raise TypeError("expected a plan with the symmetry of S_n")
    form: PowerSums = plan.power_sums
    site = form.site
    first, second = form.pairs
    cuts = np.cumsum(form.sections)[:-1].tolist()

    def pairs_of(x: Array) -> Array:
        return x[..., first] * x[..., second]

    def apply(theta: Array, x: Array) -> Array:
        square, slope, level = jnp.split(combine(form.fold, theta), cuts)
        x = x.reshape(*x.shape[:-1], site.components, site.channels)
        s = x.sum(-2)
        features = [s] if form.features[1] else []
        pairs: Any = None
        if form.quadratic:
            pairs = pairs_of(x)
            features += [pairs_of(s), pairs.sum(-2)]
        u = jnp.concatenate(features, -1)
        u = _with_one(u) if form.bias else u
        out = u @ level.reshape(form.level).T
        if not site.moves:
            return out
        if form.quadratic:
            v = _with_one(s) if form.has_slope_constant else s
            inner = jnp.einsum("...f,caf->...ca", v, slope.reshape(form.slope))
            local = jnp.einsum("...na,...ca->...nc", x, inner)
            local = local + pairs @ square.reshape(form.square).T
        else:
            local = x @ slope.reshape(form.slope[:2]).T
        out = out[..., None, :] + local
        return out.reshape(*out.shape[:-2], -1)

    return apply
