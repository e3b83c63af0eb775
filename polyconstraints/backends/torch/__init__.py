"""Tied layers and networks as PyTorch modules.

Examples
--------
>>> import torch
>>> from polyconstraints.backends.torch import EquivariantNetwork
>>> _ = torch.manual_seed(0)
>>> network = EquivariantNetwork(5, depth=2, bias=True)
>>> [tuple(parameter.shape) for parameter in network.parameters()]
[(7,), (7,)]
>>> x, order = torch.randn(8, 5, dtype=torch.float64), torch.randperm(5)
>>> network = network.double()
>>> torch.allclose(network(x[:, order]), network(x)[:, order])
True
"""

from polyconstraints.backends.torch.layers import TiedLayer, TiedLinear, TiedQuadratic
from polyconstraints.backends.torch.networks import (
    EquivariantNetwork,
    InvariantNetwork,
    TiedNetwork,
)
from polyconstraints.backends.torch.parametrization import Tied, tie

__all__ = [
    "EquivariantNetwork",
    "InvariantNetwork",
    "Tied",
    "TiedLayer",
    "TiedLinear",
    "TiedNetwork",
    "TiedQuadratic",
    "tie",
]
