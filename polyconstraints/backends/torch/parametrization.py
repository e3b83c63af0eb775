"""Tie the weights of a layer that exists already."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from polyconstraints.backends.plan.gathered import Gathered
from polyconstraints.backends.torch.layers import Marked
from polyconstraints.backends.torch.operations import OPERATIONS
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import InputError

_Module = TypeVar("_Module", bound=nn.Module)


class Tied(Marked):
    """A parametrization for :func:`torch.nn.utils.parametrize.register_parametrization`.

    The tensor that it replaces becomes a function of a vector of free parameters, in unit
    coordinates. Assigning to the tensor sets them to those of the nearest tied weights.

    Parameters
    ----------
    tying : LayerClasses
    """

    def __init__(self, tying: LayerClasses) -> None:
        super().__init__()
        self.tying = tying
        self.recipe = Gathered(tying)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tied:
        return Tied(self.tying)

    def forward(self, theta: Tensor) -> Tensor:
        """Return the weights, of the layer's shape."""
        weights: Tensor = self.recipe.weights(OPERATIONS, theta)
        return weights

    @torch.no_grad()
    def right_inverse(self, weights: Tensor) -> Tensor:
        """Return the parameters whose weights are nearest to the given ones.

        Computed in double precision on the CPU.
        """
        theta = self.tying.project(weights.detach().cpu().double().numpy()) * self.recipe.members
        return torch.as_tensor(theta, dtype=weights.dtype, device=weights.device)

    def mark(self) -> str:
        """Return a fingerprint of the map, the same in every process."""
        digest = self.recipe.digest
        return f"a layer of a map, {digest}"


def tie(module: _Module, tying: LayerClasses, name: str = "weight") -> _Module:
    """Tie a tensor of a module by a layer of a map.

    The tensor moves to the nearest tied one, and from then on
    ``module.parametrizations.<name>.original`` is the parameter vector.

    Parameters
    ----------
    module : Module
        Such as ``nn.Linear`` for a linear layer, or ``nn.Bilinear`` with equal inputs for a
        quadratic one of redundant indices.
    tying : LayerClasses
    name : str
        The tensor, of the shape of the layer's weight array.

    Returns
    -------
    Module
        The same module.

    Raises
    ------
    InputError
        If the tensor has another shape.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> spec = pc.NetworkSpec(4, layer="linear")
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(4))
    >>> linear = tie(nn.Linear(4, 4, bias=False), pc.derive(spec, symmetry).tying_map().layers[0])
    >>> linear.weight.unique().numel()
    2
    """
    tensor = getattr(module, name)
    if tuple(tensor.shape) != tying.layer.shape:
        raise InputError(f"expected shape {tying.layer.shape}, got {tuple(tensor.shape)}", name)
    parametrize.register_parametrization(module, name, Tied(tying))
    return module
