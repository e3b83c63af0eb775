"""Initial parameters from PyTorch's generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from polyconstraints.backends.plan import is_homogeneous, reference_inputs, standard_deviations

if TYPE_CHECKING:
    from polyconstraints.backends.torch.layers import TiedLayer

__all__ = ["initialise"]


@torch.no_grad()
def initialise(layers: Sequence[TiedLayer]) -> None:
    """Draw the parameters of consecutive layers; see :mod:`polyconstraints.backends.plan.initial`.

    Low precisions are drawn and scaled in single precision.
    """
    first = layers[0]
    if first.theta.is_meta:
        return
    device = first.theta.device
    dtype = torch.promote_types(first.theta.dtype, torch.float32)
    x = torch.tensor(reference_inputs(first.plan.layer.inputs), device=device, dtype=dtype)
    for layer in layers:
        deviations = torch.tensor(standard_deviations(layer.plan), device=device, dtype=dtype)
        theta = deviations * torch.randn(deviations.shape, device=device, dtype=dtype)
        layer.theta.copy_(theta)
        out = layer(x.to(layer.theta.dtype)).to(dtype)
        scale, x = _unit_size(out, is_homogeneous(layer.plan))
        layer.theta.copy_(theta * scale)


def _unit_size(out: Tensor, homogeneous: bool) -> tuple[Tensor, Tensor]:
    """Return the factor that gives a layer's outputs unit size, and the next layer's inputs."""
    squares = out.square().mean(1)
    if not bool(squares.all() if homogeneous else squares.any()):
        return out.new_ones(()), out
    if not homogeneous:
        scale = squares.mean().rsqrt()
        return scale, out * scale
    # Each sample goes on at unit size: a deviation would be squared in every later layer,
    # and its logarithm, of which the mean is taken, only doubles.
    return (-0.5 * squares.log().mean()).exp(), out / squares.sqrt().unsqueeze(1)
