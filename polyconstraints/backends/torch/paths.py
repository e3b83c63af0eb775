"""The ways of computing one layer, each a module that takes parameters and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyconstraints.backends.plan import LayerPlan
from polyconstraints.backends.plan import PowerSums as Form
from polyconstraints.backends.torch.buffers import Combine, PlanModule, flat
from polyconstraints.backends.torch.fused import FusedPowerSums, can_fuse

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
        "power_sums": _power_sums,
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
        # Two products of matrices: an einsum with leading axes can't be exported for every batch.
        half = torch.matmul(o, weights.flatten(0, 1).mT)
        half = half.reshape(*half.shape[:-1], *weights.shape[:2])
        return torch.matmul(half, o.unsqueeze(-1)).squeeze(-1)


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


class PowerSums(PlanModule):
    """Sums and sums of squares in place of n³ products; O(n) for each sample."""

    first: Tensor
    second: Tensor

    def __init__(self, plan: LayerPlan, device: Any, dtype: torch.dtype) -> None:
        super().__init__()
        self.form = form = _form(plan)
        self.fold = Combine(form.fold, padding=False, device=device, dtype=dtype)
        self.sections = list(form.sections)
        self.register(device, dtype)

    def arrays(self) -> Arrays:
        """Return the channels of each product."""
        first, second = self.form.pairs
        return {"first": first, "second": second}

    def forward(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return the outputs."""
        form, site = self.form, self.form.site
        square, slope, level = torch.split(self.fold(theta), self.sections)
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


class ScalarPowerSums(nn.Module):
    """Power sums of one channel, where products of small matrices would only cost.

    What takes time here is the number of operations, so that each of them is chosen: no
    tensor of shape (batch, n) is made that could be avoided, and none is broadcast in more
    than one operand at a time, for which PyTorch has no fast loop.
    """

    def __init__(self, plan: LayerPlan, device: Any, dtype: torch.dtype) -> None:
        super().__init__()
        form = _form(plan)
        self.fold = Combine(form.fold, padding=False, device=device, dtype=dtype)
        self.quadratic, self.bias, self.moves = form.quadratic, form.bias, form.site.moves
        # Every layer of a derived map: seven parameters at most fold by one small matrix.
        self.fused = self.quadratic and self.moves and self.fold.mode == "matrix"

    def forward(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return the outputs."""
        if self.fused and can_fuse(x) and theta.dtype == x.dtype:
            fused: Callable[..., Tensor] = FusedPowerSums.apply
            return fused(x, theta, self.fold.matrix, self.plain)
        return self.plain(theta, x)

    def plain(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return the outputs by ordinary operations, which PyTorch can transform."""
        folded: Tensor = self.fold(theta)
        coefficients: list[Tensor] = list(folded.unbind())
        s = x.sum(-1, keepdim=True)
        # What all outputs share, its coefficients last: 1, s, s² and Σ x².
        if self.quadratic:
            q = (x * x).sum(-1, keepdim=True)
            level = coefficients.pop() * q
            level = level + coefficients.pop() * (s * s)
        if self.bias or not self.quadratic:
            linear = coefficients.pop() * s
            level = level + linear if self.quadratic else linear
        if self.bias:
            level = level + coefficients.pop()
        if not self.moves:
            return level
        if not self.quadratic:
            return torch.add(coefficients.pop() * x, level)
        slope = coefficients.pop() * s
        if self.bias:
            slope = slope + coefficients.pop()
        return torch.addcmul(level, x, coefficients.pop() * x + slope)


def _power_sums(plan: LayerPlan, device: Any, dtype: torch.dtype) -> nn.Module:
    site = _form(plan).site
    single = site.channels == 1 and site.outputs == 1
    return (ScalarPowerSums if single else PowerSums)(plan, device, dtype)


def _form(plan: LayerPlan) -> Form:
    if plan.power_sums is None:
        raise TypeError("expected a plan with the symmetry of S_n")
    return plan.power_sums
