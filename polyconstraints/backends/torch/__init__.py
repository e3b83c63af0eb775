"""Equivariant layers and networks as PyTorch modules.

Examples
--------
>>> import torch
>>> from polyconstraints.backends.torch import EquivariantLinear, EquivariantQuadratic
>>> network = torch.nn.Sequential(
...     EquivariantQuadratic("S", 3, 8), EquivariantLinear("S", 8, 1, to="trivial")
... ).double()
>>> x, order = torch.randn(8, 5, 3, dtype=torch.float64), torch.randperm(5)
>>> torch.allclose(network(x[:, order]), network(x))
True
"""

from polyconstraints.errors import extra

with extra("torch"):
    from polyconstraints.backends.torch.checks import check_equivariance
from polyconstraints.backends.torch.layers import (
    EquivariantLayer,
    EquivariantLinear,
    EquivariantQuadratic,
    TiedLayer,
    param_groups,
)
from polyconstraints.backends.torch.networks import (
    EquivariantNetwork,
    InvariantNetwork,
    PolynomialActivation,
    TiedNetwork,
    from_map,
)
from polyconstraints.backends.torch.parametrization import Tied, tie

__all__ = [
    "EquivariantLayer",
    "EquivariantLinear",
    "EquivariantNetwork",
    "EquivariantQuadratic",
    "InvariantNetwork",
    "PolynomialActivation",
    "Tied",
    "TiedLayer",
    "TiedNetwork",
    "check_equivariance",
    "from_map",
    "param_groups",
    "tie",
]
