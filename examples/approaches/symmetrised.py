"""The symmetrised free network, F_sym(x) = 1/n! Σ_σ F(σx) (paper, eq. 4).

Exact for sets of up to :data:`LARGEST_EXACT` components. Beyond, a few permutations are drawn
for every pass: the mean over the draws is F_sym, a single pass is not.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from examples.approaches.free import free_network
from examples.approaches.interface import Approach, Exactness
from examples.approaches.tasks import Task

__all__ = ["LARGEST_EXACT", "Symmetrised", "SymmetrisedNetwork"]

#: Components up to which all n! permutations are taken: 120 passes for each one.
LARGEST_EXACT = 5

#: Permutations drawn for each pass in training and at inference.
TRAINING_DRAWS, INFERENCE_DRAWS = 4, 32


class SymmetrisedNetwork(nn.Module):
    """The mean of a free network over permutations.

    For an equivariant task the mean is that of σ⁻¹F(σx), which eq. (4) becomes with eq. (2).

    Parameters
    ----------
    free : Module
        From (batch, n, channels) to (batch, outputs) or (batch, n, outputs).
    n : int
    equivariant : bool
    exact : bool
        Whether all permutations are taken, and not drawn ones.
    """

    orders: Tensor

    def __init__(self, free: nn.Module, n: int, *, equivariant: bool, exact: bool) -> None:
        super().__init__()
        self.free = free
        self.n = n
        self.equivariant = equivariant
        everything = list(itertools.permutations(range(n))) if exact else []
        self.register_buffer("orders", torch.tensor(everything, dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean of the answers over the permutations."""
        orders = self.orders if len(self.orders) else self._draw()
        # One batch holds every set in every order: (batch, orders, n, channels).
        out: Tensor = self.free(x[:, orders].flatten(0, 1)).unflatten(0, (len(x), -1))
        if self.equivariant:
            back = orders.argsort(1)[None, :, :, None]
            out = out.gather(2, back.expand_as(out))
        return out.mean(1)

    def _draw(self) -> Tensor:
        count = TRAINING_DRAWS if self.training else INFERENCE_DRAWS
        return torch.rand(count, self.n).argsort(1)


@dataclass(frozen=True)
class Symmetrised(Approach):
    """The symmetrised free network.

    Parameters
    ----------
    hidden : int
        Number of hidden layers of the free network.
    """

    hidden: int = 1

    name = "symmetrised"
    title = "symmetrised free"
    reference = "eq. (4)"
    exactness: ClassVar[Exactness] = "sampled"

    def build(
        self, task: Task, n: int, channels: int, budget_parameters: int, seed: int
    ) -> nn.Module:
        """Return the network; see the class it implements."""
        free = free_network(task, n, channels, budget_parameters, self.hidden, seed)
        return SymmetrisedNetwork(
            free, n, equivariant=task.kind == "equivariant", exact=n <= LARGEST_EXACT
        )

    def shapes(self) -> tuple[Symmetrised, Symmetrised]:
        """Return one hidden layer and two."""
        return self, replace(self, hidden=2)
