"""Layers between the points of a group, as modules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

import torch
from torch import Tensor, nn

from polyconstraints.backends.plan import FlatLayer, LayerPlan
from polyconstraints.backends.plan.layer import map_of
from polyconstraints.backends.torch.operations import OPERATIONS
from polyconstraints.errors import InputError
from polyconstraints.tying import TyingMap


class Factory(TypedDict, total=False):
    """Where parameters are made, as for PyTorch's own layers."""

    device: torch.device | str | None
    dtype: torch.dtype | None


class Options(Factory, total=False):
    """What layers of any degree take beside group and channels."""

    to: str | None
    bias: bool


class Marked(nn.Module, ABC):
    """A module whose state says which layer it is of, so that no other layer takes it.

    The mark is part of the state and neither a parameter nor a buffer: it is made when the
    state is, and so is right whatever became of the module's tensors.
    """

    @abstractmethod
    def mark(self) -> str:
        """Return what a state must be of."""

    def get_extra_state(self) -> Tensor:
        """Return the mark, as bytes."""
        return torch.tensor(list(self.mark().encode()), dtype=torch.uint8, device="cpu")

    def set_extra_state(self, state: Any) -> None:
        """Compare marks.

        Raises
        ------
        InputError
            If the state is that of another layer.
        """
        if type(state) is not Tensor or state.is_meta:
            return
        found = bytes(state.tolist()).decode(errors="replace")
        if found != self.mark():
            raise InputError(
                f"expected the state of {self.mark()}, got that of {found[:200]}", "state"
            )

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        if f"{prefix}map_digest" in state_dict:
            raise InputError(
                "expected parameters in unit coordinates, got those of a tying map, which earlier "
                "versions saved; set_map_parameters(state[…]) of a layer converts them",
                f"{prefix}map_digest",
            )
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


@torch.no_grad()
def _draw(plan: LayerPlan | FlatLayer, parameters: Sequence[Tensor]) -> None:
    """Draw parameters anew; low precisions in single precision."""
    if any(parameter.is_meta for parameter in parameters):
        return
    wide = [torch.promote_types(parameter.dtype, torch.float32) for parameter in parameters]
    normals = [
        torch.randn_like(parameter, dtype=dtype)
        for parameter, dtype in zip(parameters, wide, strict=True)
    ]
    for parameter, value in zip(parameters, plan.initial(OPERATIONS, normals), strict=True):
        parameter.copy_(value)


def _to_map(plan: FlatLayer, theta: Tensor) -> Tensor:
    array = plan.to_map(theta.detach().cpu().double().numpy())
    return torch.as_tensor(array, dtype=theta.dtype, device=theta.device)


def _from_map(plan: FlatLayer, theta: Any) -> Tensor:
    array = torch.as_tensor(theta, device="cpu").detach().double().numpy()
    count = len(plan.tying.free)
    if array.shape != (count,):
        raise InputError(f"expected an array of shape ({count},), got {array.shape}", "theta")
    return torch.as_tensor(plan.from_map(array))


def param_groups(module: nn.Module, weight_decay: float = 0.0) -> list[dict[str, Any]]:
    """Return groups of a module's parameters for an optimiser.

    Parameters in unit coordinates are all of one size, so that one learning rate suits them;
    only constants, which have ``bias`` in their names, are left out of the weight decay.

    Examples
    --------
    >>> groups = param_groups(EquivariantLinear("S", 2, 3), 0.01)
    >>> [(len(group["params"]), group["weight_decay"]) for group in groups]
    [(2, 0.01), (1, 0.0)]
    """
    found: dict[bool, list[Tensor]] = {False: [], True: []}
    for name, parameter in module.named_parameters():
        found["bias" in name.rpartition(".")[2]].append(parameter)
    return [
        {"params": found[False], "weight_decay": weight_decay},
        {"params": found[True], "weight_decay": 0.0},
    ]


class EquivariantLayer(Marked):
    """A polynomial layer of any degree between the points of a group.

    Parameters
    ----------
    group : str
        How the inputs are points: ``S``, ``S20xS30``, ``pairs(S10)``, ``C64``, …; see
        ``polyconstraints groups``. Sizes of symmetric groups may be left open.
    in_channels, out_channels : int
    degree : int
        1 for a linear layer, 2 for a quadratic one, and so on.
    to : str, optional
        How the outputs are points, in terms of the same factors; ``trivial`` for one that no
        permutation moves. As the inputs unless given.
    bias : bool
        Whether there are terms of all lower degrees too, constants among them.
    rank : int, optional
        For degree two. Of full rank unless given; else the products are those of so many
        channels of two linear layers, mixed by a third one, and with a bias a fourth is added.
    device, dtype
        As for PyTorch's own layers.

    Attributes
    ----------
    plan : LayerPlan

    Notes
    -----
    Parameters are in unit coordinates: each weighs an average of products of inputs, so that
    one learning rate suits all of them and those learnt with one number of letters are the
    same function with another. Inputs have the shape (…, points…, channels); where a group is
    a sum, inputs are a tuple with a tensor for each part.

    Examples
    --------
    >>> layer = EquivariantLayer("pairs(S)", 4, 8, degree=2, to="S")
    >>> layer(torch.randn(3, 45, 4)).shape
    torch.Size([3, 10, 8])
    """

    def __init__(
        self,
        group: str,
        in_channels: int,
        out_channels: int,
        degree: int = 1,
        *,
        to: str | None = None,
        bias: bool = True,
        rank: int | None = None,
        **factory: Unpack[Factory],
    ) -> None:
        super().__init__()
        self.plan = LayerPlan(group, (in_channels, out_channels), degree, bias, to, rank)
        self.plan.prepare()
        for name, shape in self.plan.shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape, **factory)))
        self.reset_parameters()

    def weights(self) -> list[Tensor]:
        """Return the parameters in the order of the recipe."""
        return [getattr(self, name) for name in self.plan.shapes]

    def reset_parameters(self) -> None:
        """Draw the parameters anew; see :meth:`LayerPlan.initial`."""
        _draw(self.plan, self.weights())

    def forward(self, x: Any, mask: Any = None) -> Any:
        """Return the outputs.

        Parameters
        ----------
        x : tensor of shape (…, points…, in_channels), or a tuple of such
        mask : tensor of shape (…, letters), or a tuple of one or None for each group, optional
            True for the letters that a sample has, where samples of several sizes are padded
            to one. What stands in the padding doesn't matter; outputs are 0 there.

        Returns
        -------
        tensor of shape (…, points…, out_channels), or a tuple of such

        Raises
        ------
        InputError
            If a shape or a dtype doesn't fit.
        """
        return self.plan.run(OPERATIONS, self.weights(), x, mask)

    def to_map(self, *sizes: int) -> TyingMap:
        """Return the tying map whose network the layer is.

        Parameters
        ----------
        *sizes : int
            The letters of the symmetric groups whose sizes are open; n for ``S``.
        """
        return map_of([self.plan], *sizes)

    def to_map_parameters(
        self, *sizes: int, tying: TyingMap | None = None, index: int = 0
    ) -> Tensor:
        """Return the parameters of that map; ``tying`` is the map, where it is known."""
        tying = self.to_map(*sizes) if tying is None else tying
        theta = torch.cat([weight.flatten() for weight in self.weights()])
        return _to_map(self.plan.flat(tying, index, *sizes), theta)

    @torch.no_grad()
    def set_map_parameters(
        self, theta: Any, *sizes: int, tying: TyingMap | None = None, index: int = 0
    ) -> None:
        """Set the parameters so that the map's are the given ones.

        Raises
        ------
        InputError
            If their number isn't that of the map's.
        """
        tying = self.to_map(*sizes) if tying is None else tying
        flat = self.plan.flat(tying, index, *sizes)
        parts = flat.split(_from_map(flat, theta))
        for weight, part in zip(self.weights(), parts, strict=True):
            weight.copy_(part)

    def independent(self, *sizes: int) -> int:
        """Return how many of the parameters are independent, for given numbers of letters."""
        return self.plan.independent(*sizes)

    def mark(self) -> str:
        """Return a description of the layer, the same in every process."""
        return f"{self.plan}"

    def extra_repr(self) -> str:
        """Return what the module shows of itself."""
        plan = self.plan
        kind = f", degree={plan.degree}" if type(self) is EquivariantLayer else ""
        rank = "" if plan.rank is None else f", rank={plan.rank}"
        return f"{plan.group!r}{kind}, {plan.describe()}, bias={plan.bias}{rank}"


class EquivariantLinear(EquivariantLayer):
    """A linear layer between the points of a group.

    Parameters are those of :class:`EquivariantLayer`, without the degree.

    Examples
    --------
    >>> EquivariantLinear("S20xS30", 16, 32)(torch.randn(5, 20, 30, 16)).shape
    torch.Size([5, 20, 30, 32])
    """

    def __init__(
        self, group: str, in_channels: int, out_channels: int, **options: Unpack[Options]
    ) -> None:
        super().__init__(group, in_channels, out_channels, 1, **options)


class EquivariantQuadratic(EquivariantLayer):
    """A quadratic layer between the points of a group.

    Parameters are those of :class:`EquivariantLayer`, without the degree.

    Examples
    --------
    >>> layer = EquivariantQuadratic("S", 64, 64, rank=32)
    >>> layer(torch.randn(3, 50, 64)).shape
    torch.Size([3, 50, 64])
    """

    def __init__(
        self,
        group: str,
        in_channels: int,
        out_channels: int,
        *,
        rank: int | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(group, in_channels, out_channels, 2, rank=rank, **options)


class TiedLayer(Marked):
    """A layer of a tying map, on flat units.

    Parameters
    ----------
    plan : FlatLayer
    device, dtype
        As for PyTorch's own layers.

    Attributes
    ----------
    theta : Parameter of shape (parameters,)
        The parameters, in unit coordinates; :meth:`to_map` gives those of the map.
    """

    theta: nn.Parameter

    def __init__(self, plan: FlatLayer, **factory: Unpack[Factory]) -> None:
        super().__init__()
        self.plan = plan
        plan.recipe.prepare()
        self.theta = nn.Parameter(torch.empty(plan.parameters, **factory))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew; see :meth:`LayerPlan.initial`."""
        _draw(self.plan, [self.theta])

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs, (…, outputs), for inputs of shape (…, inputs).

        Units are numbered component by component: unit = component · channels + channel.
        """
        out: Tensor = self.plan.run(OPERATIONS, self.plan.split(self.theta), x)
        return out

    def to_map_parameters(self) -> Tensor:
        """Return the parameters of the map's layer, in the order of its free classes."""
        return _to_map(self.plan, self.theta)

    @torch.no_grad()
    def set_map_parameters(self, theta: Any) -> None:
        """Set the parameters so that the map's are the given ones.

        Raises
        ------
        InputError
            If their number isn't that of the map's.
        """
        self.theta.copy_(_from_map(self.plan, theta))

    def mark(self) -> str:
        """Return a fingerprint of the layer, the same in every process."""
        return f"a layer of a map, {self.plan.digest}"

    def extra_repr(self) -> str:
        """Return what the module shows of itself."""
        layer = self.plan.layer
        kind = type(self.plan.recipe).__name__.lower()
        return (
            f"{layer.inputs}, {layer.outputs}, degree={layer.degree}, bias={layer.bias}, "
            f"parameters={self.plan.parameters}, {kind}"
        )
