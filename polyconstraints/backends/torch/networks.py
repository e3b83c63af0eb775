"""Networks of layers between the points of a group, and those of tying maps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, Unpack

import torch
from torch import Tensor, nn

from polyconstraints.backends.plan import NetworkPlan
from polyconstraints.backends.plan.layer import map_of
from polyconstraints.backends.plan.network import Planned, horner
from polyconstraints.backends.torch.layers import (
    EquivariantLayer,
    Factory,
    TiedLayer,
    param_groups,
)
from polyconstraints.backends.torch.operations import OPERATIONS
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.network import LayerKind, NetworkSpec
from polyconstraints.tying import TyingMap


class PolynomialActivation(nn.Module):
    """A polynomial of one variable, applied to every unit.

    Parameters
    ----------
    text : str
        A polynomial in z with rational coefficients.

    Examples
    --------
    >>> PolynomialActivation("z + z^3/6")(torch.tensor([0.0, 3.0]))
    tensor([0.0000, 7.5000])
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        polynomial = Activation.parse(text)
        self.text = str(polynomial)
        self.coefficients = [float(value) for value in polynomial.coefficients]

    def forward(self, z: Tensor) -> Tensor:
        """Return the values, by Horner's rule."""
        value: Tensor = horner(self.coefficients, z)
        return value

    def extra_repr(self) -> str:
        """Return the polynomial."""
        return self.text


class TiedNetwork(Planned, nn.Module):
    """Tied layers one after the other, on flat units.

    Parameters
    ----------
    plan : NetworkPlan
    device, dtype
        As for PyTorch's own layers.
    """

    def __init__(self, plan: NetworkPlan, **factory: Unpack[Factory]) -> None:
        nn.Module.__init__(self)
        self.plan = plan
        self.layers = nn.ModuleList(TiedLayer(layer, **factory) for layer in plan.layers)

    def reset_parameters(self) -> None:
        """Draw all parameters anew."""
        for layer in self.tied_layers():
            layer.reset_parameters()

    def tied_layers(self) -> list[TiedLayer]:
        """Return the layers, from input to output."""
        return [layer for layer in self.layers if isinstance(layer, TiedLayer)]

    def to_map_parameters(self) -> list[Tensor]:
        """Return the map's parameters of each layer, such as :meth:`TyingMap.weights` takes."""
        return [layer.to_map_parameters() for layer in self.tied_layers()]

    def set_map_parameters(self, theta: Sequence[Any]) -> None:
        """Set all parameters so that the map's are the given ones, one array a layer.

        Such as a :class:`~polyconstraints.tying.Projection` holds.
        """
        layers = self.tied_layers()
        if len(theta) != len(layers):
            raise InputError(f"expected {len(layers)} arrays, got {len(theta)}", "theta")
        for layer, part in zip(layers, theta, strict=True):
            layer.set_map_parameters(part)

    def weights(self) -> list[Tensor]:
        """Return the weight array of each layer, such as :meth:`TyingMap.project` takes."""
        arrays = []
        for layer, theta in zip(self.tied_layers(), self.to_map_parameters(), strict=True):
            array = layer.plan.weights(theta.cpu().double().numpy())
            arrays.append(torch.as_tensor(array, dtype=theta.dtype, device=theta.device))
        return arrays

    @torch.no_grad()
    def set_theta(self, theta: Sequence[Any]) -> None:
        """Set all parameters, in unit coordinates.

        Parameters
        ----------
        theta : sequence of one array or tensor of shape (parameters,) a layer

        Raises
        ------
        InputError
            If a shape doesn't fit.
        """
        self.plan.check(theta)
        for layer, part in zip(self.tied_layers(), theta, strict=True):
            layer.theta.copy_(torch.as_tensor(part))

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs, (…, outputs), for inputs of shape (…, inputs).

        Units are numbered component by component: unit = component · channels + channel.
        """
        out: Tensor = self.plan.run(OPERATIONS, [layer.theta for layer in self.tied_layers()], x)
        return out


def from_map(tying: TyingMap, path: str = "auto", **factory: Any) -> TiedNetwork:
    """Return the network of a tying map, whatever its group; see :class:`TiedNetwork`."""
    return TiedNetwork.from_map(tying, path, **factory)


class EquivariantNetwork(nn.Module):
    """A network with F(σx) = σF(x), layer by layer.

    Parameters
    ----------
    group : str or int
        The points, as for :class:`~polyconstraints.backends.torch.EquivariantLayer`; a number
        n stands for ``S{n}``.
    depth : int
        Number of layers.
    channels : int or sequence of depth + 1 ints
        Channels of each point, from input to output.
    bias : bool
        Whether layers have terms of all lower degrees too.
    layer : {"linear", "quadratic", "cubic"} or int, or a sequence of these
        The degree of every layer, or of each.
    activation : str or Module, optional
        What is applied between layers; a text is a polynomial in z.
    device, dtype
        As for PyTorch's own layers.

    Examples
    --------
    >>> network = EquivariantNetwork("S", 2, channels=(3, 8, 1), bias=True)
    >>> network(torch.randn(4, 100, 3)).shape
    torch.Size([4, 100, 1])
    """

    kind: Literal["equivariant", "invariant"] = "equivariant"

    def __init__(
        self,
        group: str | int,
        depth: int = 1,
        *,
        channels: int | Sequence[int] = 1,
        bias: bool = False,
        layer: LayerKind | int | Sequence[LayerKind | int] = "quadratic",
        activation: str | nn.Module | None = None,
        **factory: Unpack[Factory],
    ) -> None:
        super().__init__()
        group = f"S{group}" if isinstance(group, int) else group
        # What is said of a network is checked where networks are described.
        spec = NetworkSpec(1, depth, layer, channels=channels)
        ends: list[str | None] = [None] * depth
        if self.kind == "invariant":
            ends[-1] = "trivial"
        self.layers = nn.ModuleList(
            EquivariantLayer(group, *counts, degree, to=to, bias=bias, **factory)
            for counts, degree, to in zip(pairwise(spec.channels), spec.degrees, ends, strict=True)
        )
        made = PolynomialActivation(activation) if isinstance(activation, str) else activation
        self.activation = made

    def reset_parameters(self) -> None:
        """Draw all parameters anew."""
        for layer in self.equivariant_layers():
            layer.reset_parameters()

    def equivariant_layers(self) -> list[EquivariantLayer]:
        """Return the layers, from input to output."""
        return [layer for layer in self.layers if isinstance(layer, EquivariantLayer)]

    def to_map(self, *sizes: int) -> TyingMap:
        """Return the tying map whose network this is, for given numbers of letters.

        Raises
        ------
        UsageError
            If what is applied between layers isn't a polynomial.
        """
        activation = self.activation
        if activation is not None and not isinstance(activation, PolynomialActivation):
            raise UsageError("expected a polynomial for a map, got another module", "activation")
        text = None if activation is None else activation.text
        return map_of([layer.plan for layer in self.equivariant_layers()], *sizes, activation=text)

    def to_map_parameters(self, *sizes: int) -> list[Tensor]:
        """Return the parameters of that map, one tensor a layer."""
        tying = self.to_map(*sizes)
        return [
            layer.to_map_parameters(*sizes, tying=tying, index=at)
            for at, layer in enumerate(self.equivariant_layers())
        ]

    def set_map_parameters(self, theta: Sequence[Any], *sizes: int) -> None:
        """Set all parameters so that the map's are the given ones."""
        tying = self.to_map(*sizes)
        for at, layer in enumerate(self.equivariant_layers()):
            layer.set_map_parameters(theta[at], *sizes, tying=tying, index=at)

    def param_groups(self, weight_decay: float = 0.0) -> list[dict[str, Any]]:
        """Return groups for an optimiser: weight decay for all parameters but constants."""
        return param_groups(self, weight_decay)

    def forward(self, x: Any, mask: Any = None) -> Any:
        """Return the outputs.

        Parameters
        ----------
        x : tensor of shape (…, points…, channels), or a tuple of such
        mask : tensor, optional
            See :meth:`~polyconstraints.backends.torch.EquivariantLayer.forward`.
        """
        for at, layer in enumerate(self.layers):
            if at and self.activation is not None:
                x = tuple(map(self.activation, x)) if isinstance(x, tuple) else self.activation(x)
            x = layer(x, mask)
        return x


class InvariantNetwork(EquivariantNetwork):
    """A network with F(σx) = F(x): equivariant layers and an invariant last one.

    Parameters are those of :class:`EquivariantNetwork`; outputs have the shape (…, channels).

    Examples
    --------
    >>> network = InvariantNetwork("S", 2, channels=(1, 4, 1), bias=True)
    >>> network(torch.randn(4, 100, 1)).shape
    torch.Size([4, 1])
    """

    kind = "invariant"
