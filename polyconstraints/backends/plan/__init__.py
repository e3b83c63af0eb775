"""What a layer is and how it is computed, whatever the library.

A layer is a recipe: between points made of letters a list of diagrams
(:mod:`~polyconstraints.backends.plan.lettered`), else an index into its parameters
(:mod:`~polyconstraints.backends.plan.gathered`). One routine computes a recipe with the dozen
operations that NumPy, PyTorch and JAX each offer. Parameters are in *unit coordinates*: each
weighs an average, so that one learning rate suits all, and those of letters mean the same
function whatever their number.
"""

from polyconstraints.backends.plan.flat import FlatLayer
from polyconstraints.backends.plan.layer import LayerPlan
from polyconstraints.backends.plan.network import NetworkPlan

__all__ = ["FlatLayer", "LayerPlan", "NetworkPlan"]
