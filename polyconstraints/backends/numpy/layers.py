"""One tied layer in NumPy: forward and backward along each path.

A kernel's ``forward`` returns the outputs and what ``backward`` needs; ``backward`` takes
δ = ∂E/∂o' and returns the gradients with respect to the parameters and the inputs. For a
quadratic layer these are the paper's equation (48) with both terms,

    ∂E/∂W_kij = δ_k o_i o_j,    ∂E/∂o_i = Σ_k δ_k Σ_j (W_kij + W_kji) o_j,

each written for its own way of computing the layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan import LayerPlan, resolve_path

__all__ = ["TiedLayer"]

Array = NDArray[Any]


class Kernel(Protocol):
    """One way of computing a layer."""

    def forward(self, theta: Array, x: Array) -> tuple[Array, Any]:
        """Return the outputs and what `backward` needs."""

    def backward(self, saved: Any, delta: Array) -> tuple[Array, Array]:
        """Return the gradients with respect to the parameters and the inputs."""


class TiedLayer:
    """A layer whose weights are tied.

    Parameters
    ----------
    plan : LayerPlan
    path : str
        How to compute it; see :mod:`polyconstraints.backends.plan`. ``auto`` takes power
        sums for a layer with the symmetry of S_n and otherwise what is quickest here.

    Raises
    ------
    UsageError
        If the layer has no such path.
    """

    def __init__(self, plan: LayerPlan, path: str = "auto") -> None:
        self.plan = plan
        self.path = resolve_path(plan, path, "numpy", lambda path: _trial(plan, path))
        self._kernel = _kernel(plan, self.path)

    def forward(self, theta: Array, x: Array) -> tuple[Array, Any]:
        """Return the outputs and what :meth:`backward` needs.

        Parameters
        ----------
        theta : array of shape (parameters,)
        x : array of shape (batch, inputs)

        Returns
        -------
        outputs : array of shape (batch, outputs)
        saved : object
        """
        return self._kernel.forward(theta, x)

    def backward(self, saved: Any, delta: Array) -> tuple[Array, Array]:
        """Return the gradients of the error, given that of the outputs.

        Parameters
        ----------
        saved : object
            What :meth:`forward` returned.
        delta : array of shape (batch, outputs)
            δ = ∂E/∂o'.

        Returns
        -------
        theta : array of shape (parameters,)
        x : array of shape (batch, inputs)
        """
        return self._kernel.backward(saved, delta)


def _kernel(plan: LayerPlan, path: str) -> Kernel:
    kernels: dict[str, Callable[[LayerPlan], Kernel]] = {
        "dense": _Dense,
        "gather": _Gather,
        "classes": _Classes,
        "power_sums": _PowerSums,
    }
    return kernels[path](plan)


def _trial(plan: LayerPlan, path: str) -> Any:
    """Return a forward and backward pass to be timed."""
    kernel = _kernel(plan, path)
    theta = np.ones(plan.parameters)
    x = np.ones((32, plan.layer.inputs))

    def run() -> None:
        out, saved = kernel.forward(theta, x)
        kernel.backward(saved, out)

    return run


def _letters(plan: LayerPlan, x: Array) -> Array:
    """Return the inputs with the homogenising unit in front, if there is one."""
    if not plan.layer.bias:
        return x
    return np.concatenate([np.ones((len(x), 1), x.dtype), x], axis=1)


class _Expanded:
    """What the paths that use class values have in common."""

    def __init__(self, plan: LayerPlan) -> None:
        self.plan = plan
        self.quadratic = plan.layer.degree == 2

    def values(self, theta: Array) -> Array:
        """Return the values of the classes, and a zero where there is no weight."""
        return np.append(self.plan.values(theta), theta.dtype.type(0))

    def tied(self, places: Array, gradient: Array) -> Array:
        """Sum the gradients of single weights over their classes, then over dependents."""
        count = self.plan.class_count
        sums = np.bincount(places.ravel(), weights=gradient.ravel(), minlength=count)
        return self.plan.values.transpose(sums[:count].astype(gradient.dtype))


class _Dense(_Expanded):
    """Expand the weight array; the paper's back-propagation as it stands."""

    def forward(self, theta: Array, x: Array) -> tuple[Array, Any]:
        weights = self.values(theta)[self.plan.classes]
        o = _letters(self.plan, x)
        if not self.quadratic:
            return o @ weights.T, (weights, o)
        return np.einsum("kij,bi,bj->bk", weights, o, o, optimize=True), (weights, o)

    def backward(self, saved: Any, delta: Array) -> tuple[Array, Array]:
        weights, o = saved
        if self.quadratic:
            by_weight = np.einsum("bk,bi,bj->kij", delta, o, o, optimize=True)
            # Equation (48) with the term that it leaves out: W_kij + W_kji.
            both = weights + weights.swapaxes(1, 2)
            by_input = np.einsum("bk,kij,bj->bi", delta, both, o, optimize=True)
        else:
            by_weight = delta.T @ o
            by_input = delta @ weights
        return self.tied(self.plan.classes, by_weight), by_input[:, int(self.plan.layer.bias) :]


class _ByProduct(_Expanded):
    """What the paths that form each product once have in common."""

    def products(self, x: Array) -> tuple[Array, Array]:
        o = _letters(self.plan, x)
        factors = self.plan.products.factors
        return o, (o[:, factors[0]] * o[:, factors[1]] if self.quadratic else o)

    def input_gradient(self, o: Array, by_product: Array) -> Array:
        """Pass the gradient of each product o_i o_j to o_i and to o_j."""
        bias = int(self.plan.layer.bias)
        if not self.quadratic:
            return by_product[:, bias:]
        first, second = self.plan.products.factors
        # Row major, so that one flat index adds up each sample's entries separately.
        offset = np.arange(len(o))[:, None] * o.shape[1]
        places = np.concatenate([offset + first, offset + second], axis=1)
        terms = np.concatenate([by_product * o[:, second], by_product * o[:, first]], axis=1)
        sums = np.bincount(places.ravel(), weights=terms.ravel(), minlength=o.size)
        return sums.reshape(o.shape).astype(o.dtype)[:, bias:]


class _Gather(_ByProduct):
    """One matrix product of the products with their gathered weights."""

    def forward(self, theta: Array, x: Array) -> tuple[Array, Any]:
        products = self.plan.products
        values = self.values(theta)
        weights = values[products.first]
        if products.second is not None:
            weights = weights + values[products.second]
        o, z = self.products(x)
        return z @ weights.T, (weights, o, z)

    def backward(self, saved: Any, delta: Array) -> tuple[Array, Array]:
        weights, o, z = saved
        products = self.plan.products
        by_weight = delta.T @ z
        theta = self.tied(products.first, by_weight)
        if products.second is not None:
            theta = theta + self.tied(products.second, by_weight)
        return theta, self.input_gradient(o, delta @ weights)


class _Classes(_ByProduct):
    """Sum the products of each class, then weigh the sums."""

    def forward(self, theta: Array, x: Array) -> tuple[Array, Any]:
        form = self.plan.class_sums
        weights = self.values(theta)[form.classes]
        o, z = self.products(x)
        sums = z[:, form.members]
        if not form.is_trivial:
            sums = np.add.reduceat(sums, form.starts, axis=1)
        terms = sums[:, form.sums]
        return np.einsum("bkt,kt->bk", terms, weights), (weights, o, terms)

    def backward(self, saved: Any, delta: Array) -> tuple[Array, Array]:
        weights, o, terms = saved
        form = self.plan.class_sums
        theta = self.tied(form.classes, np.einsum("bk,bkt->kt", delta, terms))
        by_term = delta[:, :, None] * weights
        by_sum = _scatter(by_term.reshape(len(o), -1), form.sums.ravel(), len(form.starts))
        width = len(self.plan.products.factors[0])
        by_product = _scatter(by_sum[:, form.segments], form.members, width)
        return theta, self.input_gradient(o, by_product)


def _scatter(terms: Array, places: Array, count: int) -> Array:
    """Add up the columns of each place: (batch, terms) to (batch, count)."""
    offset = np.arange(len(terms))[:, None] * count
    size = len(terms) * count
    sums = np.bincount((offset + places).ravel(), weights=terms.ravel(), minlength=size)
    return sums.reshape(len(terms), count).astype(terms.dtype)


class _PowerSums:
    """Sums and sums of squares in place of n³ products."""

    def __init__(self, plan: LayerPlan) -> None:
        if plan.power_sums is None:
            raise TypeError("expected a plan with the symmetry of S_n")
        self.form = plan.power_sums

    def coefficients(self, theta: Array) -> tuple[Array, Array, Array]:
        form = self.form
        parts = np.split(form.fold(theta), np.cumsum(form.sections)[:-1])
        square, slope, level = parts
        return square.reshape(form.square), slope.reshape(form.slope), level.reshape(form.level)

    def forward(self, theta: Array, x: Array) -> tuple[Array, Any]:
        form, site = self.form, self.form.site
        square, slope, level = self.coefficients(theta)
        x = x.reshape(len(x), site.components, site.channels)
        s = x.sum(axis=1)
        a, b = form.pairs
        pairs = x[..., a] * x[..., b] if form.quadratic else x[..., :0]
        one = np.ones((len(x), 1), x.dtype)
        shared = [s[:, : form.features[1]]]
        if form.quadratic:
            shared += [s[:, a] * s[:, b], pairs.sum(axis=1)]
        u = np.concatenate([one[:, : form.features[0]], *shared], axis=1)
        out = u @ level.T
        saved = (square, slope, level, x, s, pairs, u)
        if not site.moves:
            return out, saved
        v = np.concatenate(
            [one[:, : int(form.has_slope_constant)], s[:, : form.quadratic * site.channels]], axis=1
        )
        inner = np.einsum("bf,caf->bca", v, slope)
        out = out[:, None, :] + np.einsum("bna,bca->bnc", x, inner) + pairs @ square.T
        return out.reshape(len(x), -1), (*saved, v, inner)

    def backward(self, saved: Any, delta: Array) -> tuple[Array, Array]:
        form, site = self.form, self.form.site
        square, slope, level, x, s, pairs, u = saved[:7]
        a, b = form.pairs
        by_pair = np.zeros_like(pairs)
        by_x = np.zeros_like(x)
        by_s = np.zeros_like(s)
        by_square, by_slope = np.zeros_like(square), np.zeros_like(slope)
        total = delta
        if site.moves:
            v, inner = saved[7:]
            delta = delta.reshape(len(x), site.components, site.outputs)
            total = delta.sum(axis=1)
            by_square = np.tensordot(delta, pairs, axes=((0, 1), (0, 1)))
            by_pair += delta @ square
            by_x += np.einsum("bnc,bca->bna", delta, inner)
            by_inner = np.einsum("bnc,bna->bca", delta, x)
            by_slope = np.einsum("bca,bf->caf", by_inner, v)
            by_v = np.einsum("bca,caf->bf", by_inner, slope)
            if form.quadratic:
                by_s += by_v[:, int(form.has_slope_constant) :]
        by_level = total.T @ u
        by_u = np.split(total @ level, np.cumsum(form.features)[:-1], axis=1)
        if form.features[1]:
            by_s += by_u[1]
        if form.quadratic:
            _pass_pairs(by_s, by_u[2], s, a, b)
            by_pair += by_u[3][:, None, :]
            _pass_pairs(by_x, by_pair, x, a, b)
        by_x += by_s[:, None, :]
        gradient = np.concatenate([by_square.ravel(), by_slope.ravel(), by_level.ravel()])
        return form.fold.transpose(gradient), by_x.reshape(len(x), -1)


def _pass_pairs(into: Array, by_pair: Array, x: Array, a: Array, b: Array) -> None:
    """Add the gradient of the products x_a x_b to that of x, channel by channel."""
    for at, (first, second) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        into[..., first] += by_pair[..., at] * x[..., second]
        into[..., second] += by_pair[..., at] * x[..., first]
