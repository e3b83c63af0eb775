"""(D) Symmetric functions g(h(x_1), …, h(x_n)): PointNet and Deep Sets (paper, section 5).

The paper leaves section 5 empty and says in its introduction that no choice of g seems to
make the family dense. Both choices here do: sums, for functions on sets of bounded size
(Zaheer et al. 2017, theorem 2 and 9), and maxima, for functions that are continuous in the
Hausdorff distance (Qi, Su, et al. 2016, theorem 1), as h grows wide.

An answer for a component is a function of h of that component and of the pooled vector, as in
PointNet's segmentation network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from examples.approaches.interface import Approach, Exactness, mlp, mlp_parameters, widest
from examples.approaches.summary import SummaryNetwork
from examples.approaches.tasks import Task

__all__ = ["DeepSets", "PointNet"]


class _Pool(nn.Module):
    """The network h, and what g makes of its values."""

    def __init__(self, sizes: list[int], pool: Literal["max", "sum"]) -> None:
        super().__init__()
        self.h = mlp(sizes)
        self.pool = pool

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        local: Tensor = self.h(x)
        return local, local.amax(1) if self.pool == "max" else local.sum(1)


@dataclass(frozen=True)
class _Pooled(Approach):
    """A network g(h(x_1), …, h(x_n)).

    Parameters
    ----------
    hidden : int
        Number of hidden layers of h; the network after the pooling has one.
    """

    hidden: int = 1

    pool: ClassVar[Literal["max", "sum"]]

    def build(
        self, task: Task, n: int, channels: int, budget_parameters: int, seed: int
    ) -> nn.Module:
        """Return the network; see the class it implements."""
        torch.manual_seed(seed)
        equivariant = task.kind == "equivariant"

        def sizes(width: int) -> tuple[list[int], list[int]]:
            read = [width * (1 + equivariant), width, task.outputs]
            return [channels, *[width] * (self.hidden + 1)], read

        def count(width: int) -> int:
            return sum(mlp_parameters(part) for part in sizes(width))

        h, read = sizes(widest(count, budget_parameters))
        return SummaryNetwork(_Pool(h, self.pool), read, equivariant=equivariant)

    def shapes(self) -> tuple[_Pooled, _Pooled]:
        """Return one hidden layer in h and two."""
        return self, replace(self, hidden=2)


@dataclass(frozen=True)
class PointNet(_Pooled):
    """The maximum of each feature."""

    name = "pointnet"
    title = "PointNet (max)"
    reference = "(D), section 5"
    exactness: ClassVar[Exactness] = "exact"
    pool: ClassVar[Literal["max", "sum"]] = "max"


@dataclass(frozen=True)
class DeepSets(_Pooled):
    """The sum of each feature."""

    name = "deep-sets"
    title = "Deep Sets (sum)"
    reference = "(D), Zaheer et al."
    exactness: ClassVar[Exactness] = "exact"
    pool: ClassVar[Literal["max", "sum"]] = "sum"
