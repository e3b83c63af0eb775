"""Baselines: the free network, alone and trained on permuted copies.

The free network reads the components one after the other and knows nothing of sets. The
paper starts from it in section 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from examples.approaches.interface import Approach, Exactness, mlp, mlp_parameters, widest
from examples.approaches.tasks import Task

__all__ = ["Copies", "Free", "FreeNetwork", "free_sizes"]


def free_sizes(task: Task, n: int, channels: int, budget: int, hidden: int) -> list[int]:
    """Return the widths of a free network with hidden layers as wide as the budget allows."""
    outputs = task.outputs * (n if task.kind == "equivariant" else 1)

    def sizes(width: int) -> list[int]:
        return [n * channels, *[width] * hidden, outputs]

    return sizes(widest(lambda width: mlp_parameters(sizes(width)), budget))


class FreeNetwork(nn.Module):
    """Linear layers and ReLU on the concatenated components.

    Parameters
    ----------
    sizes : list of int
    components : int or None
        Number of components among the outputs, None for an answer of the whole set.
    """

    def __init__(self, sizes: list[int], components: int | None) -> None:
        super().__init__()
        self.layers = mlp(sizes)
        self.components = components

    def forward(self, x: Tensor) -> Tensor:
        """Return the answers for inputs of shape (…, n, channels)."""
        out: Tensor = self.layers(x.flatten(-2))
        if self.components is None:
            return out
        return out.reshape(*out.shape[:-1], self.components, -1)


def free_network(
    task: Task, n: int, channels: int, budget: int, hidden: int, seed: int
) -> FreeNetwork:
    """Return a free network for a task."""
    torch.manual_seed(seed)
    components = n if task.kind == "equivariant" else None
    return FreeNetwork(free_sizes(task, n, channels, budget, hidden), components)


@dataclass(frozen=True)
class Free(Approach):
    """The free network.

    Parameters
    ----------
    hidden : int
        Number of hidden layers.
    """

    hidden: int = 1

    name = "free"
    title = "free"
    reference = "section 1.1"
    exactness: ClassVar[Exactness] = "none"

    def build(
        self, task: Task, n: int, channels: int, budget_parameters: int, seed: int
    ) -> nn.Module:
        """Return the network; see the class it implements."""
        return free_network(task, n, channels, budget_parameters, self.hidden, seed)

    def shapes(self) -> tuple[Free, Free]:
        """Return one hidden layer and two."""
        return self, replace(self, hidden=2)


@dataclass(frozen=True)
class Copies(Free):
    """The free network, shown each set in a new order every time."""

    name = "copies"
    title = "free, on permuted copies"
    permutes_batches = True
