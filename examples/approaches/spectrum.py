"""(C) The set in the frequency domain (paper, section 4).

A set is a graph of truth values over space: a sum of deltas ⊤(v) = Σ_j t_j δ(v - v_j), with
t_j = 1, or a fuzzy t_j in [0, 1] where a channel says how much a component is there. Its
Fourier transform is Σ_j t_j exp(-i k·v_j): a vector whose size doesn't depend on the number
of components and whose entries don't depend on their order. The network reads it.

In one dimension the frequencies are 0, 1, 2, … times the base. In more there are as many
lattice vectors as the budget allows, shortest first, one of k and -k each.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from examples.approaches.interface import Approach, Exactness
from examples.approaches.summary import SummaryNetwork, reader_sizes
from examples.approaches.tasks import Task

__all__ = ["Spectra", "Spectrum", "lattice"]

#: How much longer the wave's period is than the training sets are wide, so that the two ends
#: of space are not neighbours.
MARGIN = 1.25


def lattice(dimensions: int, count: int) -> Tensor:
    """Return the shortest integer vectors, one of k and -k each, starting with 0.

    Parameters
    ----------
    dimensions : int
    count : int
        How many.

    Returns
    -------
    tensor of shape (count, dimensions)

    Examples
    --------
    >>> lattice(1, 3).squeeze(1).tolist()
    [0.0, 1.0, 2.0]
    >>> lattice(2, 4).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, -1.0]]
    """
    # A cube of side 2r+1 holds all vectors of length up to r, and half of them are asked for.
    reach = 1
    while True:
        cube = list(itertools.product(range(-reach, reach + 1), repeat=dimensions))
        half = [k for k in cube if k >= (0,) * dimensions and sum(c * c for c in k) <= reach**2]
        if len(half) >= count:
            half.sort(key=lambda k: (sum(c * c for c in k), k))
            return torch.tensor(half[:count], dtype=torch.get_default_dtype())
        reach += 1


class Spectrum(nn.Module):
    """Real and imaginary parts of Σ_j t_j exp(-i k·v_j).

    Parameters
    ----------
    frequencies : tensor of shape (frequencies, dimensions)
    truth : int or None
        Which channel is the truth value; the others are space.
    """

    frequencies: Tensor

    def __init__(self, frequencies: Tensor, truth: int | None) -> None:
        super().__init__()
        self.register_buffer("frequencies", frequencies)
        self.truth = truth

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the components and the spectrum, of shape (batch, 2 · frequencies)."""
        space, truth = x, torch.ones_like(x[..., :1])
        if self.truth is not None:
            keep = [at for at in range(x.shape[-1]) if at != self.truth]
            space, truth = x[..., keep], x[..., self.truth, None]
        phase = space @ self.frequencies.T
        waves = torch.cat([phase.cos(), phase.sin()], -1)
        # Over √n, so that sets of any number of components give features of about unit size.
        return x, (truth * waves).sum(1) / math.sqrt(x.shape[1])


@dataclass(frozen=True)
class Spectra(Approach):
    """A network that reads the spectrum.

    Parameters
    ----------
    frequencies : int
        How many, 0 included.
    hidden : int
        Number of hidden layers.
    """

    frequencies: int = 12
    hidden: int = 2

    name = "spectrum"
    title = "spectrum"
    reference = "(C), section 4"
    exactness: ClassVar[Exactness] = "exact"

    def build(
        self, task: Task, n: int, channels: int, budget_parameters: int, seed: int
    ) -> nn.Module:
        """Return the network; see the class it implements."""
        torch.manual_seed(seed)
        dimensions = channels - (task.truth is not None)
        space = task.training.x[..., [at for at in range(channels) if at != task.truth]]
        width = float(space.amax() - space.amin())
        base = 2 * math.pi / (MARGIN * width)
        waves = Spectrum(base * lattice(dimensions, self.frequencies), task.truth)
        equivariant = task.kind == "equivariant"
        inputs = 2 * self.frequencies + channels * equivariant
        sizes = reader_sizes(inputs, task, budget_parameters, self.hidden)
        return SummaryNetwork(waves, sizes, equivariant=equivariant)

    def shapes(self) -> tuple[Spectra, Spectra]:
        """Return few frequencies and many."""
        return self, replace(self, frequencies=32)
