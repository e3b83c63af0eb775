"""(B) The free commutative group: a set as its vector of exponents (paper, section 3).

Each element is rounded to one of K generators, and a set becomes the product of its elements'
generators. In the free commutative group only the exponents count: a point of the grid Z^K.

That vector can be read as it is. The paper wants it embedded in few dimensions, and doubts
that this can be done; :mod:`examples.approaches.grid` shows how it fails. Two embeddings are
offered here: ``linear``, a random linear map to R^d (a homomorphism: the sum of the elements'
vectors), and ``interleaved``, the digits of all exponents woven into one number (a
space-filling, fractal curve).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from examples.approaches.interface import Approach, Exactness
from examples.approaches.summary import SummaryNetwork, reader_sizes
from examples.approaches.tasks import Task

__all__ = ["Embedding", "ExponentVectors", "Exponents", "generators", "interleave"]

Embedding = Literal["whole", "linear", "interleaved"]

#: Rounds of Lloyd's algorithm.
LLOYD_ROUNDS = 20


def generators(elements: Tensor, count: int, seed: int) -> Tensor:
    """Return generators: centres of the elements, by Lloyd's algorithm.

    Parameters
    ----------
    elements : tensor of shape (elements, channels)
    count : int
    seed : int
        Of the start.

    Returns
    -------
    tensor of shape (count, channels)
    """
    draw = torch.Generator().manual_seed(seed)
    elements = torch.unique(elements, dim=0)
    centres = elements[torch.randperm(len(elements), generator=draw)[:count]]
    if len(centres) < count:
        raise ValueError(f"expected at least {count} different elements, got {len(centres)}")
    for _ in range(LLOYD_ROUNDS):
        nearest = torch.cdist(elements, centres).argmin(1)
        totals = torch.zeros_like(centres).index_add_(0, nearest, elements)
        sizes = torch.bincount(nearest, minlength=count).unsqueeze(1)
        centres = torch.where(sizes > 0, totals / sizes.clamp(min=1), centres)
    return centres


def interleave(exponents: Tensor, bits: int) -> Tensor:
    """Return one number in [0, 1) whose binary digits are those of all exponents in turn.

    Parameters
    ----------
    exponents : integer tensor of shape (…, K)
        Each from 0 to 2^bits - 1.
    bits : int

    Returns
    -------
    float64 tensor of shape (…, 1)
        Exact for K · bits ≤ 53; beyond, the last digits are lost.

    Examples
    --------
    >>> interleave(torch.tensor([[1, 0], [0, 1], [2, 3]]), bits=2).squeeze(1).tolist()
    [0.125, 0.0625, 0.8125]
    """
    count = exponents.shape[-1]
    places = torch.arange(bits - 1, -1, -1)
    digits = (exponents.unsqueeze(-2) >> places.unsqueeze(-1)) & 1
    weights = 0.5 ** torch.arange(1, bits * count + 1, dtype=torch.float64)
    return (digits.flatten(-2) * weights).sum(-1, keepdim=True)


class ExponentVectors(nn.Module):
    """From sets to exponents of generators.

    Parameters
    ----------
    centres : tensor of shape (K, channels)
        The generators.
    embedding : {"whole", "linear", "interleaved"}
    dimensions : int
        Of the linear embedding.
    sets : tensor of shape (sets, n, channels)
        Training sets. On them an embedding into fewer dimensions has mean 0 and variance 1,
        so that it doesn't fail for its scale; the largest exponent among them says how many
        digits are interleaved.
    """

    centres: Tensor
    matrix: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(
        self, centres: Tensor, embedding: Embedding, dimensions: int, sets: Tensor
    ) -> None:
        super().__init__()
        self.register_buffer("centres", centres)
        self.embedding = embedding
        matrix = torch.empty(0)
        if embedding == "linear":
            matrix = torch.randn(len(centres), dimensions) / dimensions**0.5
        self.register_buffer("matrix", matrix)
        self.features = {"whole": len(centres), "linear": dimensions, "interleaved": 1}[embedding]
        own = self._own(sets)
        self.bits = int(own.sum(1).max()).bit_length()
        embedded = self._embedded(own.sum(1)).double()
        unit = embedding != "whole"
        zero, one = torch.zeros(self.features), torch.ones(self.features)
        self.register_buffer("mean", embedded.mean(0) if unit else zero.double())
        self.register_buffer("deviation", embedded.std(0) if unit else one.double())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return each element's generator, as a unit vector, and the embedded exponents."""
        own = self._own(x)
        embedded = (self._embedded(own.sum(1)).double() - self.mean) / self.deviation
        return own, embedded.to(x.dtype)

    def _own(self, x: Tensor) -> Tensor:
        nearest = torch.cdist(x, self.centres).argmin(-1)
        numbers = torch.arange(len(self.centres))
        return (nearest.unsqueeze(-1) == numbers).to(x.dtype)

    def _embedded(self, exponents: Tensor) -> Tensor:
        if self.embedding == "linear":
            return exponents @ self.matrix
        if self.embedding == "interleaved":
            return interleave(exponents.to(torch.int64), self.bits)
        return exponents


@dataclass(frozen=True)
class Exponents(Approach):
    """A network that reads the exponents.

    Parameters
    ----------
    generators : int
    hidden : int
        Number of hidden layers.
    embedding : {"whole", "linear", "interleaved"}
    dimensions : int
        Of the linear embedding.
    """

    generators: int = 24
    hidden: int = 1
    embedding: Embedding = "whole"
    dimensions: int = 1

    name = "exponents"
    title = "exponents of generators"
    reference = "(B), section 3"
    exactness: ClassVar[Exactness] = "exact"

    def build(
        self, task: Task, n: int, channels: int, budget_parameters: int, seed: int
    ) -> nn.Module:
        """Return the network; see the class it implements."""
        torch.manual_seed(seed)
        centres = generators(task.training.x.flatten(0, 1), self.generators, seed)
        vectors = ExponentVectors(centres, self.embedding, self.dimensions, task.training.x)
        equivariant = task.kind == "equivariant"
        inputs = vectors.features + self.generators * equivariant
        sizes = reader_sizes(inputs, task, budget_parameters, self.hidden)
        return SummaryNetwork(vectors, sizes, equivariant=equivariant)

    def shapes(self) -> tuple[Exponents, Exponents]:
        """Return few generators and many."""
        return self, replace(self, generators=64)
