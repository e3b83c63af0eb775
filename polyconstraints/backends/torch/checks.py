"""Check that a module has the symmetry that it should have."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from polyconstraints.backends.plan import LayerPlan
from polyconstraints.backends.plan.kinds import Kind
from polyconstraints.backends.torch.layers import EquivariantLayer
from polyconstraints.errors import NotSymmetricError, UsageError

#: Letters of a symmetric group whose size is open, where no inputs are given.
_LETTERS = 5

#: Roundings that an output may deviate by, relative to the largest one.
_ROUNDINGS = 1e4


@torch.no_grad()
def check_equivariance(
    module: nn.Module,
    group: str,
    *,
    to: str | None = None,
    x: Any = None,
    tolerance: float | None = None,
) -> float:
    """Check F(σx) = σF(x) on random inputs, for generators σ of a group.

    Parameters
    ----------
    module : Module
        Anything that takes (batch, points…, channels), with layers of this package inside or
        not. Checked in evaluation mode.
    group : str
        How the inputs are points.
    to : str, optional
        How the outputs are points; ``trivial`` where no permutation moves them. As the inputs
        unless given; if the outputs have no points, ``trivial``.
    x : tensor, or tuple of tensors, optional
        The inputs to check with; random ones of the shape that the first layer inside takes
        unless given.
    tolerance : float, optional
        Largest deviation relative to the largest output; ten thousand roundings of the dtype
        unless given.

    Returns
    -------
    float
        The largest deviation.

    Raises
    ------
    NotSymmetricError
        If it is above the tolerance.

    Examples
    --------
    >>> from polyconstraints.backends.torch import EquivariantLinear
    >>> module = nn.Sequential(EquivariantLinear("S", 2, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> check_equivariance(module, "S") < 1e-5
    True
    """
    xs = _inputs(module, group) if x is None else x if isinstance(x, tuple) else (x,)
    training = module.training
    module.eval()
    try:
        plan = LayerPlan(group, (xs[0].shape[-1], 1), to=to)
        sizes = plan.sizes([one.shape for one in xs])
        ys = _called(module, xs)
        if to is None and len(ys) == 1 and ys[0].ndim < xs[0].ndim:
            plan = LayerPlan(group, plan.channels, to="trivial")
        own = zip(sizes, plan.levels.sizes, strict=True)
        choice = plan.group_of(*(size for size, known in own if known is None))
        largest = max(float(y.abs().max()) for y in ys) or 1.0
        worst = 0.0
        for at, below in enumerate(choice.group.generators):
            above = choice.actions[1][at] if choice.actions else below
            moved = _called(module, _moved(xs, below, plan.kinds[0]))
            for one, other in zip(moved, _moved(ys, above, plan.kinds[1]), strict=True):
                worst = max(worst, float((one - other).abs().max()) / largest)
    finally:
        module.train(training)
    limit = _ROUNDINGS * torch.finfo(ys[0].dtype).eps if tolerance is None else tolerance
    if not worst <= limit:
        raise NotSymmetricError(
            f"expected F(σx) = σF(x) up to {limit:.1g} of the largest output, got {worst:.1g}"
        )
    return worst


def _inputs(module: nn.Module, group: str) -> tuple[Tensor, ...]:
    """Return random inputs of the shape that the first layer of a module takes."""
    layer = next((one for one in module.modules() if isinstance(one, EquivariantLayer)), None)
    if layer is None:
        raise UsageError("expected inputs x for a module without layers of this package", "x")
    weight, width = layer.weights()[0], layer.plan.channels[0]
    plan = LayerPlan(group, (width, 1))
    sizes = [_LETTERS if size is None else size for size in plan.levels.sizes]
    shapes = [kind.shape(sizes) for kind in plan.levels.inputs]
    drawn = [torch.randn(2, *shape, width, device=weight.device) for shape in shapes]
    return tuple(x.to(weight.dtype) for x in drawn)


def _called(module: nn.Module, xs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    y = module(xs[0] if len(xs) == 1 else tuple(xs))
    return y if isinstance(y, tuple) else (y,)


def _moved(xs: Sequence[Tensor], image: Sequence[int], kinds: Sequence[Kind]) -> tuple[Tensor, ...]:
    """Return tensors with their points moved: what was at i is at image[i]."""
    flat = []
    for x, kind in zip(xs, kinds, strict=True):
        lead = x.ndim - len(kind.axes) - 1
        flat.append(x.reshape(*x.shape[:lead], prod(x.shape[lead:-1]), x.shape[-1]))
    whole = torch.cat(flat, -2)
    moved = torch.empty_like(whole)
    moved[..., list(image), :] = whole
    parts = torch.split(moved, [part.shape[-2] for part in flat], -2)
    return tuple(part.reshape(x.shape) for part, x in zip(parts, xs, strict=True))
