"""(A) Quadratic networks whose weights are tied (paper, section 2).

Every hidden layer is equivariant and the last one invariant (or equivariant too, where each
component has its own answer): the layer scope of section 2.6. Only the free parameters of
the tying map exist; nothing is projected or penalised.

Three things make such networks trainable at depth 3. None touches the symmetry.

* **The initial size** of every layer is set layer by layer, which the library does: degree
  2^d turns a first layer that is c times too large into an output c^(2^(d-1)) too large.
* **Unit features.** A layer is linear in its parameters, o' = Σ_p θ_p φ_p(o), and the
  feature φ_p of a class of weights is the sum of all their products: up to n² of them. A
  step of Adam moves every parameter by about the learning rate, so that it moves the output
  n² times as much through the largest class as through the smallest. Trained here are the
  parameters of the features' *means*.
* **A scale between layers**, for steps that are too large: each hidden channel is divided by
  a running root mean square (at inference a constant: the network stays a polynomial), or
  all of a set's hidden units by their own root mean square (no polynomial any more).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from examples.approaches.interface import Approach, Exactness, widest
from examples.approaches.tasks import Task
from polyconstraints.backends.torch import (
    EquivariantNetwork,
    InvariantNetwork,
    TiedLayer,
    TiedNetwork,
)

__all__ = ["Normalisation", "TiedQuadratics", "TiedSetNetwork", "tied_parameters"]

Normalisation = Literal["none", "running", "set"]

#: Part of the old value that a running mean square keeps at each step.
MOMENTUM = 0.9

#: Below this, a mean square is no scale to divide by.
SMALLEST_SQUARE = 1e-6


def tied_parameters(channels: Sequence[int], *, invariant: bool) -> int:
    """Return the number of free parameters of a network with bias, for n ≥ 3.

    An output of an equivariant layer with m channels reads 3m(m+1)/2 + m² classes of
    products, 2m of single inputs and a constant; of an invariant one m(m+1), m and 1.

    Examples
    --------
    >>> tied_parameters([1, 1, 1], invariant=False)
    14
    """
    *hidden, last = itertools.pairwise(channels)
    total = sum(above * _equivariant_classes(below) for below, above in hidden)
    below, above = last
    classes = below * (below + 2) + 1 if invariant else _equivariant_classes(below)
    return total + above * classes


def _equivariant_classes(m: int) -> int:
    return 3 * m * (m + 1) // 2 + m * m + 2 * m + 1


class _UnitFeatures(nn.Module):
    """The parametrization θ_p = φ_p / members_p: parameters of means instead of sums."""

    members: Tensor

    def __init__(self, layer: TiedLayer, components: int) -> None:
        super().__init__()
        # Where all inputs are 1, so is every product, and the derivative of the outputs by a
        # parameter is the number of products that it weighs.
        ones = torch.ones(layer.plan.layer.inputs)
        (members,) = torch.autograd.grad(layer(ones).sum(), layer.theta)
        self.register_buffer("members", members / components)

    def forward(self, original: Tensor) -> Tensor:
        theta: Tensor = original / self.members
        return theta

    def right_inverse(self, theta: Tensor) -> Tensor:
        original: Tensor = theta * self.members
        return original


class _RunningScale(nn.Module):
    """Division of each channel by its root mean square over sets and components.

    One number for all components of a channel, so it commutes with permutations.
    """

    squares: Tensor
    started: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("squares", torch.ones(channels))
        self.register_buffer("started", torch.zeros((), dtype=torch.bool))

    def scale(self) -> Tensor:
        """Return the factors, of shape (channels,), at inference."""
        return (self.squares + SMALLEST_SQUARE).rsqrt()

    def forward(self, x: Tensor) -> Tensor:
        h = x.reshape(*x.shape[:-1], -1, len(self.squares))
        if not self.training:
            return (h * self.scale()).flatten(-2)
        squares = h.square().mean(dim=tuple(range(h.dim() - 1)))
        with torch.no_grad():
            kept = torch.where(self.started, MOMENTUM, 0.0)
            self.squares.copy_(torch.lerp(squares, self.squares, kept))
            self.started.fill_(True)
        return (h * (squares + SMALLEST_SQUARE).rsqrt()).flatten(-2)


class _SetScale(nn.Module):
    """Division of a set's units by their own root mean square."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (x.square().mean(-1, keepdim=True) + SMALLEST_SQUARE).rsqrt()


def _scale(normalisation: Normalisation, channels: int) -> nn.Module:
    if normalisation == "running":
        return _RunningScale(channels)
    return _SetScale() if normalisation == "set" else nn.Identity()


class TiedSetNetwork(nn.Module):
    """A tied network of this project, over sets, with what makes it trainable.

    Parameters
    ----------
    network : TiedNetwork
        Such as ``InvariantNetwork(n, depth, channels=channels, bias=True)``, or one made
        from a derived map by ``from_map``: for S_n they are the same.
    normalisation : {"none", "running", "set"}
    unit_features : bool
        Whether parameters are those of means.
    """

    def __init__(
        self,
        network: TiedNetwork,
        normalisation: Normalisation = "none",
        *,
        unit_features: bool = True,
    ) -> None:
        super().__init__()
        self.network = network
        spec = network.plan.network
        self.equivariant = spec.outputs == spec.inputs
        hidden = [_scale(normalisation, channels) for channels in spec.channels[1:-1]]
        self.scales = nn.ModuleList([*hidden, nn.Identity()])
        if unit_features:
            for layer, components in zip(network.tied_layers(), spec.widths[1:], strict=True):
                unit = _UnitFeatures(layer, components)
                parametrize.register_parametrization(layer, "theta", unit)

    def forward(self, x: Tensor) -> Tensor:
        """Return the answers; see :meth:`Approach.build` for the shapes."""
        h = x.flatten(-2)
        for layer, scale in zip(self.network.layers, self.scales, strict=True):
            h = scale(layer(h))
        return h.reshape(*x.shape[:-1], -1) if self.equivariant else h

    @torch.no_grad()
    def folded_theta(self) -> list[Tensor]:
        """Return parameters of a plain tied network that is this one at inference.

        A running scale multiplies the outputs of the layer before it, so it goes into that
        layer's parameters, which come channel by channel.

        Raises
        ------
        TypeError
            If each set is scaled by itself, which no polynomial does.
        """
        folded = []
        channels = self.network.plan.network.channels[1:]
        for layer, scale, count in zip(
            self.network.tied_layers(), self.scales, channels, strict=True
        ):
            if isinstance(scale, _SetScale):
                raise TypeError("a network that scales each set by itself is no polynomial")
            theta = layer.theta.reshape(count, -1)
            if isinstance(scale, _RunningScale):
                theta = theta * scale.scale().unsqueeze(-1)
            folded.append(theta.flatten())
        return folded


@dataclass(frozen=True)
class TiedQuadratics(Approach):
    """Equivariant quadratic layers, channels, and an invariant last one.

    Parameters
    ----------
    depth : int
    normalisation : {"none", "running", "set"}
    unit_features : bool
    """

    depth: int
    normalisation: Normalisation = "none"
    unit_features: bool = True

    reference = "(A), section 2"
    exactness: ClassVar[Exactness] = "exact"

    @property
    def name(self) -> str:  # type: ignore[override]
        """Short name."""
        return f"tied-{self.depth}"

    @property
    def title(self) -> str:  # type: ignore[override]
        """Name in legends."""
        return f"tied quadratic, depth {self.depth}"

    def channels(self, task: Task, channels: int, budget: int) -> list[int]:
        """Return the channels of each level: hidden ones as many as the budget allows."""
        invariant = task.kind == "invariant"

        def levels(width: int) -> list[int]:
            return [channels, *[width] * (self.depth - 1), task.outputs]

        if self.depth == 1:
            return levels(1)
        width = widest(lambda w: tied_parameters(levels(w), invariant=invariant), budget)
        return levels(width)

    def build(
        self, task: Task, n: int, channels: int, budget_parameters: int, seed: int
    ) -> TiedSetNetwork:
        """Return the network; see the class it implements."""
        torch.manual_seed(seed)
        kind = InvariantNetwork if task.kind == "invariant" else EquivariantNetwork
        levels = self.channels(task, channels, budget_parameters)
        network = kind(n, self.depth, channels=levels, bias=True)
        return TiedSetNetwork(network, self.normalisation, unit_features=self.unit_features)

    def shapes(self) -> tuple[TiedQuadratics, TiedQuadratics]:
        """Return the network without and with running scales.

        Depth 1 has no hidden layer; its second shape trains the features' sums.
        """
        if self.depth == 1:
            return self, replace(self, unit_features=False)
        return self, replace(self, normalisation="running")
