"""Networks that read a summary of the set: the common end of (B), (C) and (D).

A summary is a vector that doesn't depend on the order of the components. An answer for the
whole set is a function of the summary; an answer for one component is a function of the
summary and of that component.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from examples.approaches.interface import mlp, mlp_parameters, widest
from examples.approaches.tasks import Task

__all__ = ["SummaryNetwork", "reader_sizes"]


def reader_sizes(inputs: int, task: Task, budget: int, hidden: int) -> list[int]:
    """Return the widths of a network that reads a summary, as wide as the budget allows."""

    def sizes(width: int) -> list[int]:
        return [inputs, *[width] * hidden, task.outputs]

    return sizes(widest(lambda width: mlp_parameters(sizes(width)), budget))


class SummaryNetwork(nn.Module):
    """A network that reads a summary, and each component beside it if the task asks so.

    Parameters
    ----------
    summarise : callable
        From (batch, n, channels) to what the network reads of each component, of shape
        (batch, n, local), and the summary, of shape (batch, features).
    sizes : list of int
        Widths of the reading network; the first is features, or local + features.
    equivariant : bool
    """

    def __init__(
        self,
        summarise: Callable[[Tensor], tuple[Tensor, Tensor]],
        sizes: list[int],
        *,
        equivariant: bool,
    ) -> None:
        super().__init__()
        self.summarise = summarise
        self.read = mlp(sizes)
        self.equivariant = equivariant

    def forward(self, x: Tensor) -> Tensor:
        """Return the answers."""
        local, summary = self.summarise(x)
        if self.equivariant:
            everywhere = summary.unsqueeze(1).expand(-1, local.shape[1], -1)
            summary = torch.cat([local, everywhere], -1)
        out: Tensor = self.read(summary)
        return out
