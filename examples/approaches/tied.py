"""(A) Quadratic networks whose weights are tied (paper, section 2).

Every hidden layer is equivariant and the last one invariant (or equivariant too, where each
component has its own answer): the layer scope of section 2.6. Only the free parameters of
the tying map exist; nothing is projected or penalised.

Three things make such networks trainable at depth 3. None touches the symmetry.

* **The initial size** of every layer is set by the library: degree 2^d turns a first layer
  that is c times too large into an output c^(2^(d-1)) too large.
* **Unit features.** A layer is linear in its parameters, o' = Σ_p θ_p φ_p(o), and the
  feature φ_p of a class of weights is the sum of all their products: up to n² of them. A
  step of Adam moves every parameter by about the learning rate, so that it moves the output
  n² times as much through the largest class as through the smallest. Trained here, as in all
  layers of the library, are the parameters of *means*.
* **A scale between layers**, for steps that are too large: each hidden channel is divided by
  a running root mean square (at inference a constant: the network stays a polynomial), or
  all of a set's hidden units by their own root mean square (no polynomial any more).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from examples.approaches.interface import Approach, Exactness, widest
from examples.approaches.tasks import Task
from polyconstraints.backends.plan import NetworkPlan
from polyconstraints.backends.torch import TiedLayer, TiedNetwork
from polyconstraints.spec.network import NetworkSpec

__all__ = [
    "Normalisation",
    "TiedQuadratics",
    "TiedSetNetwork",
    "tied_network",
    "tied_parameters",
]

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


class _Sums(nn.Module):
    """The parametrization by the tying map's own parameters, those of sums."""

    matrix: Tensor

    def __init__(self, layer: TiedLayer) -> None:
        super().__init__()
        count = len(layer.plan.tying.free)
        columns = [layer.plan.from_map(row) for row in np.eye(count)]
        self.register_buffer("matrix", torch.tensor(np.array(columns).T, dtype=layer.theta.dtype))

    def forward(self, original: Tensor) -> Tensor:
        theta: Tensor = self.matrix @ original
        return theta

    def right_inverse(self, theta: Tensor) -> Tensor:
        original: Tensor = torch.linalg.solve(self.matrix, theta)
        return original


def tied_network(
    n: int, channels: Sequence[int], *, invariant: bool, **factory: Any
) -> TiedNetwork:
    """Return the network of S_n with a bias, on flat units.

    Examples
    --------
    >>> tied_network(5, [1, 3, 1], invariant=True).plan.parameters
    (21, 16)
    """
    spec = NetworkSpec(
        n, len(channels) - 1, bias=True, outputs=1 if invariant else n, channels=channels
    )
    kind = "invariant" if invariant else "equivariant"
    return TiedNetwork(NetworkPlan.symmetric(spec, kind), **factory)


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
        Such as :func:`tied_network` makes, or one made from a derived map by ``from_map``:
        for S_n they are the same.
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
        if not unit_features:
            for layer in network.tied_layers():
                parametrize.register_parametrization(layer, "theta", _Sums(layer))

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
        layer's parameters, of which each output channel has a row in every term.

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
            factor = scale.scale() if isinstance(scale, _RunningScale) else torch.ones(count)
            parts = layer.plan.split(layer.theta)
            folded.append(
                torch.cat([(part * factor.to(part)[:, None]).flatten() for part in parts])
            )
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
        levels = self.channels(task, channels, budget_parameters)
        network = tied_network(n, levels, invariant=task.kind == "invariant")
        return TiedSetNetwork(network, self.normalisation, unit_features=self.unit_features)

    def shapes(self) -> tuple[TiedQuadratics, TiedQuadratics]:
        """Return the network without and with running scales.

        Depth 1 has no hidden layer; its second shape trains the features' sums.
        """
        if self.depth == 1:
            return self, replace(self, unit_features=False)
        return self, replace(self, normalisation="running")
