"""Modules whose buffers follow from a plan: indices and exact factors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyconstraints.backends.plan import LinearMap

__all__ = ["Combine", "PlanModule"]


class PlanModule(nn.Module, ABC):
    """A module that keeps a plan's arrays as buffers which no state holds.

    The arrays are made anew whenever the module moves to another device or dtype, so that
    a factor such as 1/3 is right to the last digit in each dtype and not as the first one
    rounded it.
    """

    @abstractmethod
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the arrays by name; integers for indices, floats for factors."""

    def register(self, device: Any, dtype: torch.dtype) -> None:
        """Make the buffers; to be called at the end of the constructor."""
        for name, array in self.arrays().items():
            self.register_buffer(name, _tensor(array, device, dtype), persistent=False)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> PlanModule:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name, array in self.arrays().items():
            moved = self.get_buffer(name)
            setattr(self, name, _tensor(array, moved.device, moved.dtype))
        return self


def _tensor(array: NDArray[Any], device: Any, dtype: torch.dtype) -> Tensor:
    if array.dtype.kind == "i":
        return torch.tensor(array, dtype=torch.int64, device=device)
    return torch.tensor(array, dtype=dtype, device=device)


class Combine(PlanModule):
    """A linear map of the parameters.

    Parameters
    ----------
    linear : LinearMap
    padding : bool
        Whether a zero is added at the end, for places without a weight.
    """

    index: Tensor
    matrix: Tensor
    rows: Tensor
    columns: Tensor
    factors: Tensor

    def __init__(
        self, linear: LinearMap, *, padding: bool, device: Any, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.linear = linear
        self.padding = padding
        if linear.is_identity:
            self.mode = "identity"
        elif linear.selection is not None:
            self.mode = "selection"
        else:
            self.mode = "matrix" if linear.is_small else "triplets"
        self.register(device, dtype)

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return what the map's way of being applied needs."""
        if self.mode == "selection" and self.linear.selection is not None:
            return {"index": self.linear.selection}
        if self.mode == "matrix":
            return {"matrix": self.linear.matrix()}
        if self.mode == "triplets":
            linear = self.linear
            return {"rows": linear.rows, "columns": linear.columns, "factors": linear.factors}
        return {}

    def forward(self, theta: Tensor) -> Tensor:
        """Return the combinations of parameters, of shape (results,) or one more."""
        if self.mode == "identity":
            values = theta
        elif self.mode == "selection":
            values = theta.index_select(0, self.index)
        elif self.mode == "matrix":
            values = self.matrix @ theta
        else:
            terms = self.factors * theta.index_select(0, self.columns)
            values = theta.new_zeros(self.linear.shape[0]).index_add(0, self.rows, terms)
        if self.padding:
            values = nn.functional.pad(values, (0, 1))
        return values


def flat(array: NDArray[Any]) -> NDArray[np.int64]:
    """Return an index array as one axis."""
    return np.ascontiguousarray(array, dtype=np.int64).ravel()
