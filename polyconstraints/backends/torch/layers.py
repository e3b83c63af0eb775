"""Tied layers as modules: one parameter vector, and the map as buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, TypedDict, Unpack

import torch
from torch import Tensor, nn

from polyconstraints.backends.plan import LayerPlan, NetworkPlan, resolve_path
from polyconstraints.backends.torch.initial import initialise
from polyconstraints.backends.torch.paths import make_path
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.network import LayerKind, NetworkSpec
from polyconstraints.tying import TyingMap

__all__ = ["Factory", "TiedLayer", "TiedLinear", "TiedQuadratic"]


class Factory(TypedDict, total=False):
    """Where parameters are made, as for PyTorch's own layers."""

    device: torch.device | str | None
    dtype: torch.dtype | None


class TiedLayer(nn.Module):
    """A layer whose weights are tied: the parameters of a map and how to compute with them.

    Parameters
    ----------
    plan : LayerPlan
    path : str
        How to compute it; see :mod:`polyconstraints.backends.plan`. ``auto`` takes power
        sums for a layer with the symmetry of S_n and otherwise what is quickest here.
    device, dtype
        As for PyTorch's own layers.

    Attributes
    ----------
    theta : Parameter of shape (parameters,)
        The free parameters, in the order of the map's free classes.

    Raises
    ------
    UsageError
        If the layer has no such path.

    Notes
    -----
    The state holds ``theta`` and ``map_digest``, a fingerprint of the map: loading the
    parameters of one map into the layer of another fails instead of giving a network that
    means something else. The map's index arrays are buffers that no state holds.
    """

    kind: LayerKind | None = None

    theta: nn.Parameter
    map_digest: Tensor

    def __init__(self, plan: LayerPlan, path: str = "auto", **factory: Unpack[Factory]) -> None:
        super().__init__()
        if self.kind is not None and plan.layer.kind != self.kind:
            raise UsageError(f"expected a {self.kind} layer, got a {plan.layer.kind} one")
        dtype = factory.get("dtype") or torch.get_default_dtype()
        device = factory.get("device")
        self.plan = plan
        self.path = resolve_path(plan, path, "torch", lambda path: _trial(plan, path))
        self.theta = nn.Parameter(torch.empty(plan.parameters, device=device, dtype=dtype))
        digest = torch.tensor(list(bytes.fromhex(plan.digest)), dtype=torch.uint8, device=device)
        self.register_buffer("map_digest", digest)
        self.compute = make_path(plan, self.path, device, dtype)
        self.reset_parameters()

    @classmethod
    def from_map(
        cls, tying: TyingMap, layer: int = 0, path: str = "auto", **factory: Unpack[Factory]
    ) -> Self:
        """Return one layer of a tying map.

        Parameters
        ----------
        tying : TyingMap
        layer : int
            Which layer, from 0.
        path, device, dtype
            As for the class.
        """
        return cls(NetworkPlan.from_map(tying).layers[layer], path, **factory)

    def reset_parameters(self) -> None:
        """Draw the parameters anew from PyTorch's generator.

        See :mod:`polyconstraints.backends.plan.initial`.
        """
        initialise([self])

    def weights(self) -> Tensor:
        """Return the weight array that the parameters give; 0 where there is no weight.

        Returns
        -------
        tensor of the layer's shape, (outputs, letters, letters) or (outputs, letters)

        Raises
        ------
        TooLargeError
            If the array is too large to be written out.
        """
        dense = make_path(self.plan, "dense", self.theta.device, self.theta.dtype)
        weights: Tensor = dense.weights(self.theta)  # type: ignore[operator]
        return weights

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
        out: Tensor = self.compute(self.theta, x)
        return out

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        name = f"{prefix}map_digest"
        given = state_dict.get(name)
        if given is not None and not torch.equal(given.cpu(), self.map_digest.cpu()):
            raise InputError(
                "expected the parameters of this layer's map, got those of another map", name
            )
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    def extra_repr(self) -> str:
        """Return what the module shows of itself."""
        layer = self.plan.layer
        return (
            f"{layer.inputs}, {layer.outputs}, parameters={self.plan.parameters}, "
            f"bias={layer.bias}, path={self.path!r}"
        )


class TiedQuadratic(TiedLayer):
    """A quadratic layer, o'_k = Σ_ij W_kij o_i o_j, whose weights are tied.

    Parameters are those of :class:`TiedLayer`.

    Examples
    --------
    >>> layer = TiedQuadratic.symmetric(4096)
    >>> tuple(layer.theta.shape), layer.path
    ((4,), 'power_sums')
    >>> layer(torch.randn(2, 4096)).shape
    torch.Size([2, 4096])
    """

    kind = "quadratic"

    @classmethod
    def symmetric(
        cls,
        n: int,
        channels: int | Sequence[int] = 1,
        *,
        bias: bool = False,
        invariant: bool = False,
        path: str = "auto",
        **factory: Unpack[Factory],
    ) -> Self:
        """Return the layer with the symmetry of S_n, for any n.

        Parameters
        ----------
        n : int
            Number of components.
        channels : int or two ints
            Channels of each component, of the input and of the output.
        bias : bool
            Whether there are linear and constant terms too.
        invariant : bool
            Whether there is one output component, which stays as it is.
        path, device, dtype
            As for the class.
        """
        return cls(_symmetric("quadratic", n, channels, bias, invariant), path, **factory)


class TiedLinear(TiedLayer):
    """A linear layer, o'_k = Σ_i W_ki o_i, whose weights are tied.

    Parameters are those of :class:`TiedLayer`.
    """

    kind = "linear"

    @classmethod
    def symmetric(
        cls,
        n: int,
        channels: int | Sequence[int] = 1,
        *,
        bias: bool = False,
        invariant: bool = False,
        path: str = "auto",
        **factory: Unpack[Factory],
    ) -> Self:
        """Return the layer with the symmetry of S_n; see :meth:`TiedQuadratic.symmetric`."""
        return cls(_symmetric("linear", n, channels, bias, invariant), path, **factory)


def _symmetric(
    kind: LayerKind, n: int, channels: int | Sequence[int], bias: bool, invariant: bool
) -> LayerPlan:
    network = NetworkSpec(
        n, layer=kind, bias=bias, outputs=1 if invariant else n, channels=channels
    )
    return NetworkPlan.symmetric(network, "invariant" if invariant else "equivariant").layers[0]


def _trial(plan: LayerPlan, path: str) -> Any:
    """Return a forward and backward pass to be timed."""
    compute = make_path(plan, path, None, torch.float32)
    theta = torch.ones(plan.parameters, dtype=torch.float32, requires_grad=True)
    x = torch.ones(32, plan.layer.inputs, dtype=torch.float32, requires_grad=True)

    def run() -> None:
        compute(theta, x).sum().backward()

    return run
