"""Evaluation plans: how a tied layer is computed, whatever the framework.

A plan is made from a tying map alone and holds index arrays and small matrices. It offers
up to four ways of computing the same layer, its *paths*:

``dense``
    expand the weight array, then contract it with the inputs twice;
``gather``
    form each product of two inputs once, and gather the weight of each;
``classes``
    sum the products of each class first, then weigh the sums;
``power_sums``
    for layers with the symmetry of S_n: sums and sums of squares, O(n) instead of O(n³).
"""

from polyconstraints.backends.plan.choice import COMPUTED, PATHS, Path, resolve_path
from polyconstraints.backends.plan.initial import (
    is_homogeneous,
    natural_scales,
    reference_inputs,
    standard_deviations,
)
from polyconstraints.backends.plan.layer import ClassSums, LayerPlan, Products
from polyconstraints.backends.plan.linear_map import LinearMap
from polyconstraints.backends.plan.network import NetworkPlan
from polyconstraints.backends.plan.power_sums import PowerSums

__all__ = [
    "COMPUTED",
    "PATHS",
    "ClassSums",
    "LayerPlan",
    "LinearMap",
    "NetworkPlan",
    "Path",
    "PowerSums",
    "Products",
    "is_homogeneous",
    "natural_scales",
    "reference_inputs",
    "resolve_path",
    "standard_deviations",
]
