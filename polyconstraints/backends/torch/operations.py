"""The operations of a recipe in PyTorch."""

# ruff: noqa: D102 - what each operation does is said in the protocol that they follow

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from polyconstraints.backends.plan.program import Operations

#: Constants by array, dtype and device; the array is kept, so that its address stays its own.
_CONSTANTS: dict[tuple[int, torch.dtype, torch.device], tuple[NDArray[Any], Tensor]] = {}

#: Most constants that are kept.
_MOST = 4096


def _tensor(array: NDArray[Any], dtype: torch.dtype, like: Tensor) -> Tensor:
    """Return an array as a tensor beside another one."""
    if torch.compiler.is_dynamo_compiling():
        return torch.as_tensor(array).to(device=like.device, dtype=dtype)
    # A mode's stand-ins for tensors don't go together with tensors, and mean nothing later.
    plain = type(like) in (Tensor, torch.nn.Parameter)
    key = (id(array), dtype, like.device)
    if plain and key in _CONSTANTS:
        return _CONSTANTS[key][1]
    made = torch.tensor(np.ascontiguousarray(array), dtype=dtype, device=like.device)
    if plain and type(made) is Tensor and len(_CONSTANTS) < _MOST:
        _CONSTANTS[key] = (array, made)
    return made


class TorchOperations(Operations):
    """See :class:`polyconstraints.backends.plan.program.Operations`."""

    library = torch

    def constant(self, array: NDArray[Any], like: Tensor) -> Tensor:
        return _tensor(array, like.dtype, like)

    def cast(self, x: Tensor, like: Tensor) -> Tensor:
        return x.to(like.dtype)

    def accepts(self, x: Tensor, parameter: Tensor) -> bool:
        return x.dtype == parameter.dtype or torch.is_autocast_enabled(x.device.type)

    def take(self, x: Tensor, index: NDArray[np.int64], axis: int) -> Tensor:
        return x.index_select(axis, _tensor(index, torch.int64, x))

    def permute(self, x: Tensor, order: tuple[int, ...]) -> Tensor:
        return x.permute(order)

    def linear(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.linear(x, weight)


OPERATIONS = TorchOperations()
