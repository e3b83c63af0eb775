"""Tied networks as modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self, Unpack

import numpy as np
import torch
from torch import Tensor, nn

from polyconstraints.backends.plan import NetworkPlan
from polyconstraints.backends.torch.initial import initialise
from polyconstraints.backends.torch.layers import Factory, TiedLayer, TiedLinear, TiedQuadratic
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.network import LayerKind, NetworkSpec
from polyconstraints.spec.symmetry import Kind
from polyconstraints.tying import TyingMap, TyingRule

__all__ = ["EquivariantNetwork", "InvariantNetwork", "TiedNetwork"]


class TiedNetwork(nn.Module):
    """Tied layers one after the other.

    Parameters
    ----------
    plan : NetworkPlan
    path : str
        How layers are computed; see :class:`~polyconstraints.backends.torch.TiedLayer`.
    device, dtype
        As for PyTorch's own layers.

    Raises
    ------
    UsageError
        If a layer has no such path.
    """

    def __init__(self, plan: NetworkPlan, path: str = "auto", **factory: Unpack[Factory]) -> None:
        super().__init__()
        self.plan = plan
        kinds: dict[str, type[TiedLayer]] = {"quadratic": TiedQuadratic, "linear": TiedLinear}
        self.layers = nn.ModuleList(
            kinds[layer.layer.kind](layer, path, **factory) for layer in plan.layers
        )
        self.reset_parameters()

    @classmethod
    def from_map(cls, tying: TyingMap, path: str = "auto", **factory: Unpack[Factory]) -> Self:
        """Return the network of a tying map.

        Raises
        ------
        UsageError
            If the map is for another kind of symmetry than the class.
        """
        cls._check(tying.symmetry.kind)
        return cls._of(NetworkPlan.from_map(tying), path, **factory)

    @classmethod
    def from_rule(
        cls, rule: TyingRule, *sizes: int, path: str = "auto", **factory: Unpack[Factory]
    ) -> Self:
        """Return the network of a rule at given sizes, such as the number of inputs.

        Raises
        ------
        UsageError
            If the rule is for another kind of symmetry than the class.
        """
        cls._check(rule.network.kind)
        return cls._of(NetworkPlan.from_rule(rule, *sizes), path, **factory)

    @classmethod
    def _of(cls, plan: NetworkPlan, path: str, **factory: Unpack[Factory]) -> Self:
        # Past the constructors of subclasses, which take sizes in place of a plan.
        network = cls.__new__(cls)
        TiedNetwork.__init__(network, plan, path, **factory)
        return network

    @classmethod
    def _check(cls, kind: Kind) -> None:
        """Raise UsageError if the class is for another kind of symmetry."""

    def reset_parameters(self) -> None:
        """Draw all parameters anew, each layer scaled to the outputs of those before it."""
        initialise(self.tied_layers())

    def tied_layers(self) -> list[TiedLayer]:
        """Return the layers, from input to output."""
        return [layer for layer in self.layers if isinstance(layer, TiedLayer)]

    def weights(self) -> list[Tensor]:
        """Return the weight array of each layer, such as :meth:`TyingMap.project` takes."""
        return [layer.weights() for layer in self.tied_layers()]

    @torch.no_grad()
    def set_theta(self, theta: Sequence[Any]) -> None:
        """Set all parameters.

        Parameters
        ----------
        theta : sequence of one array or tensor of shape (parameters,) a layer
            Such as a :class:`~polyconstraints.tying.Projection` holds.

        Raises
        ------
        InputError
            If a shape doesn't fit.
        """
        shapes = [tuple(np.shape(part)) for part in theta]
        wanted = [(count,) for count in self.plan.parameters]
        if shapes != wanted:
            raise InputError(f"expected arrays of shapes {wanted}, got {shapes}", "theta")
        for layer, part in zip(self.tied_layers(), theta, strict=True):
            layer.theta.copy_(torch.as_tensor(part))

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs.

        Parameters
        ----------
        x : tensor of shape (…, inputs)
            Units component by component: unit = component · channels + channel.

        Returns
        -------
        tensor of shape (…, outputs)
        """
        for layer in self.layers:
            x = layer(x)
        return x


class _SymmetricNetwork(TiedNetwork):
    """A network with the symmetry of S_n in every layer, for any n."""

    kind: ClassVar[Kind]

    def __init__(
        self,
        n: int,
        depth: int = 1,
        *,
        channels: int | Sequence[int] = 1,
        bias: bool = False,
        layer: LayerKind = "quadratic",
        path: str = "auto",
        **factory: Unpack[Factory],
    ) -> None:
        outputs = 1 if self.kind == "invariant" else n
        network = NetworkSpec(n, depth, layer=layer, bias=bias, outputs=outputs, channels=channels)
        super().__init__(NetworkPlan.symmetric(network, self.kind), path, **factory)

    @classmethod
    def _check(cls, kind: Kind) -> None:
        if kind != cls.kind:
            raise UsageError(f"expected an {cls.kind} map, got an {kind} one", "symmetry")


class EquivariantNetwork(_SymmetricNetwork):
    """A network with F(σx) = σF(x), in every layer.

    Built for the group S_n, of any size, from the numbers below; :meth:`from_map` takes
    the map of any group.

    Parameters
    ----------
    n : int
        Number of components.
    depth : int
        Number of layers.
    channels : int or sequence of depth + 1 ints
        Channels of each component, from input to output.
    bias : bool
        Whether layers have linear and constant terms too.
    layer : {"quadratic", "linear"}
    path, device, dtype
        As for :class:`TiedNetwork`.
    """

    kind = "equivariant"


class InvariantNetwork(_SymmetricNetwork):
    """A network with F(σx) = F(x): equivariant layers and an invariant last one.

    Built for the group S_n, of any size, from the numbers below; :meth:`from_map` takes
    the map of any group.

    Parameters
    ----------
    n : int
        Number of components.
    depth : int
        Number of layers.
    channels : int or sequence of depth + 1 ints
        Channels of each component, from input to output.
    bias : bool
        Whether layers have linear and constant terms too.
    layer : {"quadratic", "linear"}
    path, device, dtype
        As for :class:`TiedNetwork`.
    """

    kind = "invariant"
