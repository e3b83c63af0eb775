"""Values and derivatives of layered networks, once for every kind of number.

:mod:`~polyconstraints.evaluation.rings` says how numbers are added and multiplied;
:mod:`~polyconstraints.evaluation.network` walks through the layers.
"""

from polyconstraints.evaluation.network import (
    Step,
    adjoints,
    forward,
    input_jacobian,
    jacobian,
    layer_products,
    values,
)
from polyconstraints.evaluation.rings import EXACT, FLOATING, Modulo, Plain, Ring, exact_array

__all__ = [
    "EXACT",
    "FLOATING",
    "Modulo",
    "Plain",
    "Ring",
    "Step",
    "adjoints",
    "exact_array",
    "forward",
    "input_jacobian",
    "jacobian",
    "layer_products",
    "values",
]
