"""What every approach has in common: one way to be built, and parts that several use."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from examples.approaches.tasks import Task

__all__ = [
    "Approach",
    "Exactness",
    "mlp",
    "mlp_parameters",
    "parameter_count",
    "permuted",
    "random_orders",
    "widest",
]

#: Whether the symmetry holds for every parameter and input ("exact"), only in the mean over
#: sampled permutations ("sampled"), or only as far as it was learnt ("none").
Exactness = Literal["exact", "sampled", "none"]


class Approach(ABC):
    """A way to permutation invariance or equivariance.

    Attributes
    ----------
    name : str
        Short, as in tables and file names.
    title : str
        As in legends.
    reference : str
        Where the paper, or another, says so.
    exactness : {"exact", "sampled", "none"}
    permutes_batches : bool
        Whether training shows each set in a new order every time.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    exactness: ClassVar[Exactness]
    permutes_batches: ClassVar[bool] = False

    @abstractmethod
    def build(
        self, task: Task, n: int, channels: int, budget_parameters: int, seed: int
    ) -> nn.Module:
        """Return a network for a task, with as many parameters as the budget allows.

        Parameters
        ----------
        task : Task
            What is asked: one answer for the set, or one for each component. An approach may
            look at the training inputs, such as to quantise them, and at nothing else.
        n : int
            Number of components.
        channels : int
            Channels of each component.
        budget_parameters : int
            Largest number of parameters.
        seed : int
            Of the initial parameters.

        Returns
        -------
        Module
            From tensors of shape (batch, n, channels) to (batch, outputs) for an invariant
            task and (batch, n, outputs) for an equivariant one.
        """

    @abstractmethod
    def shapes(self) -> tuple[Approach, Approach]:
        """Return the two shapes of the network that are tried on the validation split.

        Every approach has two, so that each gets the same effort.
        """


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """Return a network of linear layers of these sizes, with ReLU between them."""
    layers: list[nn.Module] = []
    for below, above in itertools.pairwise(sizes):
        layers += [nn.Linear(below, above), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def mlp_parameters(sizes: Sequence[int]) -> int:
    """Return the number of parameters of :func:`mlp`."""
    return sum((below + 1) * above for below, above in itertools.pairwise(sizes))


def parameter_count(module: nn.Module) -> int:
    """Return the number of parameters that training changes."""
    return sum(parameter.numel() for parameter in module.parameters())


def widest(count: Callable[[int], int], budget: int) -> int:
    """Return the largest width, at least 1, whose number of parameters is within a budget.

    Parameters
    ----------
    count : callable
        The number of parameters for a width; grows with it.
    budget : int
    """
    width = 1
    while count(width + 1) <= budget:
        width += 1
    return width


def permuted(x: Tensor, orders: Tensor) -> Tensor:
    """Return components in other orders.

    Parameters
    ----------
    x : tensor of shape (batch, n, channels)
    orders : integer tensor of shape (batch, n)
        Which component comes to each place.
    """
    return x.gather(1, orders.unsqueeze(-1).expand_as(x))


def random_orders(batch: int, n: int, generator: torch.Generator | None = None) -> Tensor:
    """Return one random order of n components for each sample."""
    return torch.rand(batch, n, generator=generator).argsort(1)
