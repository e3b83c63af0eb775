"""The sorted concatenation (paper, section 6).

Components are put in lexicographic order of their channels, then read by a free network. This
is exactly invariant, and every invariant function can be written so, but not a continuous
one as a continuous one: where two components change places in the order, the input jumps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from examples.approaches.free import FreeNetwork, free_network
from examples.approaches.interface import Approach, Exactness, permuted
from examples.approaches.tasks import Task

__all__ = ["Sorted", "SortedNetwork", "lexicographic_order"]


def lexicographic_order(x: Tensor) -> Tensor:
    """Return the order that sorts components by their first channel, then the second, ….

    Parameters
    ----------
    x : tensor of shape (batch, n, channels)

    Returns
    -------
    integer tensor of shape (batch, n)
    """
    order = torch.arange(x.shape[1]).expand(x.shape[:2])
    # Stable sorts by the last key first, as one sorts cards.
    for channel in reversed(range(x.shape[2])):
        keys = x[..., channel].gather(1, order)
        order = order.gather(1, keys.argsort(dim=1, stable=True))
    return order


class SortedNetwork(nn.Module):
    """A free network that reads components in order, and answers in their own places."""

    def __init__(self, free: FreeNetwork) -> None:
        super().__init__()
        self.free = free

    def forward(self, x: Tensor) -> Tensor:
        """Return the answers."""
        order = lexicographic_order(x)
        out: Tensor = self.free(permuted(x, order))
        return out if self.free.components is None else permuted(out, order.argsort(1))


@dataclass(frozen=True)
class Sorted(Approach):
    """The sorted concatenation.

    Parameters
    ----------
    hidden : int
        Number of hidden layers of the free network.
    """

    hidden: int = 1

    name = "sorted"
    title = "sorted concatenation"
    reference = "section 6"
    exactness: ClassVar[Exactness] = "exact"

    def build(
        self, task: Task, n: int, channels: int, budget_parameters: int, seed: int
    ) -> nn.Module:
        """Return the network; see the class it implements."""
        return SortedNetwork(free_network(task, n, channels, budget_parameters, self.hidden, seed))

    def shapes(self) -> tuple[Sorted, Sorted]:
        """Return one hidden layer and two."""
        return self, replace(self, hidden=2)
