"""Power sums of one channel with a backward pass written by hand.

At batch 256 and n = 128 a forward and backward pass is some thirty operations of a few
microseconds each, and recording them costs as much as running them. Here one node stands for
all of them, with no tensor computed twice. It is for plain training in single and double
precision; wherever PyTorch transforms the program (compiling, exporting, ``torch.func``,
forward mode), and for second derivatives, the layer is computed by ordinary operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

__all__ = ["FusedPowerSums", "can_fuse"]

#: Ordinary operations: parameters and inputs to outputs.
Plain = Callable[[Tensor, Tensor], Tensor]


def can_fuse(x: Tensor) -> bool:
    """Return whether nothing but plain training is going on.

    PyTorch has no public way of asking for two of these; where the private one is gone, the
    answer is no.
    """
    transformed = getattr(torch._C, "_are_functorch_transforms_active", None)
    level = getattr(forward_ad, "_current_level", 0)
    return (
        x.dtype in (torch.float32, torch.float64)
        and not torch.compiler.is_compiling()
        and transformed is not None
        and not transformed()
        and level < 0
    )


class FusedPowerSums(torch.autograd.Function):
    """o_k = A x_k² + x_k (l + B s) + (c + L s + R s² + E q), with s = Σ x_i and q = Σ x_i².

    The coefficients, in this order and without l, c and L if there is no bias, are ``matrix``
    times the parameters.
    """

    @staticmethod
    def forward(  # noqa: D102 - what it computes is said above
        ctx: Any, x: Tensor, theta: Tensor, matrix: Tensor, plain: Plain
    ) -> Tensor:
        folded = torch.mv(matrix, theta)
        parts = folded.unbind()
        s = x.sum(-1, keepdim=True)
        q = (x * x).sum(-1, keepdim=True)
        level = torch.addcmul(parts[-1] * q, parts[-2] * s, s)
        if len(parts) == 7:
            square, constant, linear = parts[0], parts[1], parts[2]
            slope = linear * s + constant
            level = level + (parts[4] * s + parts[3])
        else:
            square, linear = parts[0], parts[1]
            slope = linear * s
        own = square * x
        ctx.save_for_backward(x, theta, matrix, folded, s, q, slope, own)
        ctx.plain = plain
        return torch.addcmul(level, x, own + slope)

    @staticmethod
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor | None, ...]:  # noqa: D102
        x, theta, matrix, folded, s, q, slope, own = ctx.saved_tensors
        if torch.is_grad_enabled():
            return _recorded(ctx, x, theta, delta)
        parts = folded.unbind()
        bias = len(parts) == 7
        products = delta * x
        total = delta.sum(-1, keepdim=True)
        weighted = products.sum(-1, keepdim=True)
        by_theta = by_x = None
        scaled = total * s
        if ctx.needs_input_grad[1]:
            by_part = [_dot(products, x), _dot(weighted, s), _dot(scaled, s), _dot(total, q)]
            if bias:
                by_part[1:2] = [weighted.sum(), by_part[1], total.sum(), scaled.sum()]
            by_theta = torch.mv(matrix.mT, torch.stack(by_part))
        if ctx.needs_input_grad[0]:
            through_s = torch.add(parts[2 if bias else 1] * weighted, parts[-2] * scaled, alpha=2)
            if bias:
                through_s = through_s + parts[4] * total
            by_x = torch.addcmul(through_s, delta, torch.add(slope, own, alpha=2))
            by_x = by_x.addcmul_(x, parts[-1] * total, value=2)
        return by_x, by_theta, None, None


def _dot(left: Tensor, right: Tensor) -> Tensor:
    return torch.dot(left.reshape(-1), right.reshape(-1))


def _recorded(ctx: Any, x: Tensor, theta: Tensor, delta: Tensor) -> tuple[Tensor | None, ...]:
    """Return the gradients as functions that can be differentiated again."""
    wanted = [
        part for part, needed in zip((x, theta), ctx.needs_input_grad, strict=False) if needed
    ]
    found = iter(torch.autograd.grad(ctx.plain(theta, x), wanted, delta, create_graph=True))
    by_x = next(found) if ctx.needs_input_grad[0] else None
    by_theta = next(found) if ctx.needs_input_grad[1] else None
    return by_x, by_theta, None, None
