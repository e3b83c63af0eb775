"""The ways of computing one layer, each a module that takes parameters and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyconstraints.backends.plan import LayerPlan, PowerSums
from polyconstraints.backends.torch.buffers import Combine, PlanModule, flat

__all__ = ["make_path"]

Arrays = Mapping[str, NDArray[Any]]


def make_path(plan: LayerPlan, path: str, device: Any, dtype: torch.dtype) -> nn.Module:
    """Return the module that computes a layer along a path.

    Its ``forward`` takes parameters of shape (parameters,) and inputs of shape (…, inputs)
    and returns outputs of shape (…, outputs).
    """
    makers: dict[str, Callable[..., nn.Module]] = {
        "dense": Dense,
        "gather": Gather,
        "classes": Classes,
        "power_sums": PowerSumPath,
    }
    return makers[path](plan, device, dtype)


class _Expanded(PlanModule):
    """What the paths that use class values have in common."""

    def __init__(self, plan: LayerPlan, device: Any, dtype: torch.dtype) -> None:
        super().__init__()
        self.plan = plan
        self.quadratic = plan.layer.degree == 2
        self.values = Combine(plan.values, padding=True, device=device, dtype=dtype)
        self.register(device, dtype)

    def letters(self, x: Tensor) -> Tensor:
        """Return the inputs with the homogenising unit in front, if there is one."""
        return nn.functional.pad(x, (1, 0), value=1.0) if self.plan.layer.bias else x


class Dense(_Expanded):
    """Expand the weight array and contract it."""

    classes: Tensor

    def arrays(self) -> Arrays:
        """Return the class of each weight."""
        return {"classes": flat(self.plan.classes)}

    def weights(self, theta: Tensor) -> Tensor:
        """Return the weight array."""
        values: Tensor = self.values(theta)
        return values.index_select(0, self.classes).reshape(self.plan.layer.shape)

    def forward(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return the outputs."""
        weights, o = self.weights(theta), self.letters(x)
        if not self.quadratic:
            return torch.matmul(o, weights.mT)
        return torch.einsum("kij,...i,...j->...k", weights, o, o)


class _ByProduct(_Expanded):
    first: Tensor
    second: Tensor

    def products(self, x: Tensor) -> Tensor:
        """Return each product of inputs once."""
        o = self.letters(x)
        if not self.quadratic:
            return o
        return o.index_select(-1, self.first) * o.index_select(-1, self.second)

    def factor_arrays(self) -> Arrays:
        """Return the letters of each product's factors."""
        return dict(zip(("first", "second"), self.plan.products.factors, strict=False))


class Gather(_ByProduct):
    """One matrix product of the products with their gathered weights."""

    upper: Tensor
    lower: Tensor

    def arrays(self) -> Arrays:
        """Return the products and the class of each one's weights."""
        products = self.plan.products
        lower = {} if products.second is None else {"lower": flat(products.second)}
        return {**self.factor_arrays(), "upper": flat(products.first), **lower}

    def forward(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return the outputs."""
        values: Tensor = self.values(theta)
        weights = values.index_select(0, self.upper)
        if self.plan.products.second is not None:
            weights = weights + values.index_select(0, self.lower)
        weights = weights.reshape(self.plan.layer.outputs, -1)
        return torch.matmul(self.products(x), weights.mT)


class Classes(_ByProduct):
    """Sum the products of each class, then weigh the sums."""

    members: Tensor
    segments: Tensor
    sums: Tensor
    classes: Tensor

    def arrays(self) -> Arrays:
        """Return the products, the members of each sum and what each output reads."""
        form = self.plan.class_sums
        return {
            **self.factor_arrays(),
            "members": form.members,
            "segments": form.segments,
            "sums": flat(form.sums),
            "classes": flat(form.classes),
        }

    def forward(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return the outputs."""
        form = self.plan.class_sums
        sums = self.products(x).index_select(-1, self.members)
        if not form.is_trivial:
            zeros = sums.new_zeros((*sums.shape[:-1], len(form.starts)))
            sums = zeros.index_add(-1, self.segments, sums)
        values: Tensor = self.values(theta)
        weights = values.index_select(0, self.classes)
        terms = sums.index_select(-1, self.sums) * weights
        return terms.reshape(*terms.shape[:-1], *form.sums.shape).sum(-1)


class PowerSumPath(PlanModule):
    """Sums and sums of squares in place of n³ products; O(n) for each sample."""

    first: Tensor
    second: Tensor

    def __init__(self, plan: LayerPlan, device: Any, dtype: torch.dtype) -> None:
        super().__init__()
        if plan.power_sums is None:
            raise TypeError("expected a plan with the symmetry of S_n")
        self.form: PowerSums = plan.power_sums
        self.fold = Combine(self.form.fold, padding=False, device=device, dtype=dtype)
        site = self.form.site
        self.scalar = site.channels == 1 and site.outputs == 1
        self.register(device, dtype)

    def arrays(self) -> Arrays:
        """Return the channels of each product."""
        first, second = self.form.pairs
        return {"first": first, "second": second}

    def forward(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return the outputs."""
        coefficients: Tensor = self.fold(theta)
        if self.scalar:
            return self._scalar(coefficients, x)
        form, site = self.form, self.form.site
        square, slope, level = torch.split(coefficients, list(form.sections))
        x = x.reshape(*x.shape[:-1], site.components, site.channels)
        s = x.sum(-2)
        features = [s] if form.features[1] else []
        if form.quadratic:
            pairs = self._pairs(x)
            features += [self._pairs(s), pairs.sum(-2)]
        u = torch.cat(features, -1)
        if form.bias:
            u = nn.functional.pad(u, (1, 0), value=1.0)
        out = torch.matmul(u, level.view(form.level).mT)
        if not site.moves:
            return out
        if form.quadratic:
            v = nn.functional.pad(s, (1, 0), value=1.0) if form.has_slope_constant else s
            _, channels, width = form.slope
            inner = torch.matmul(v, slope.view(-1, width).mT)
            inner = inner.reshape(*inner.shape[:-1], site.outputs, channels)
            local = torch.matmul(x, inner.mT) + torch.matmul(pairs, square.view(form.square).mT)
        else:
            local = torch.matmul(x, slope.view(form.slope[:2]).mT)
        return (out.unsqueeze(-2) + local).flatten(-2)

    def _pairs(self, x: Tensor) -> Tensor:
        return x.index_select(-1, self.first) * x.index_select(-1, self.second)

    def _scalar(self, coefficients: Tensor, x: Tensor) -> Tensor:
        """Return the outputs for one channel, where products of matrices would only cost."""
        form = self.form
        parts = list(coefficients.unbind())
        square = parts.pop(0) if form.square[1] else None
        slopes = [parts.pop(0) for _ in range(int(np.prod(form.slope)))]
        s = x.sum(-1, keepdim=True)
        shared: list[Tensor] = []
        if form.features[1]:
            shared.append(s)
        squares = x * x if form.quadratic else None
        if squares is not None:
            shared += [s * s, squares.sum(-1, keepdim=True)]
        constant = parts.pop(0) if form.bias else None
        out = sum_of_products(parts, shared, constant)
        if not form.site.moves:
            return out
        if square is None or squares is None:
            return out + slopes[0] * x
        inner = slopes[-1] * s
        if form.has_slope_constant:
            inner = inner + slopes[0]
        return out + x * inner + squares * square


def sum_of_products(factors: list[Tensor], terms: list[Tensor], constant: Tensor | None) -> Tensor:
    """Return Σ factor · term, and a constant if there is one."""
    total = factors[0] * terms[0]
    for factor, term in zip(factors[1:], terms[1:], strict=True):
        total = total + factor * term
    return total if constant is None else total + constant
