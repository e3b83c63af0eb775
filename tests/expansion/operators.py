"""The plain way to expand a network, and a yardstick: with overloaded operators, section 2.6."""

from __future__ import annotations

import polyconstraints as pc
from polyconstraints.algebra import Polynomial


def expand_by_operators(network: pc.NetworkSpec) -> list[Polynomial]:
    """Return the outputs as polynomials in inputs and weights."""
    ring = pc.PolynomialRing([*network.input_names(), *network.weight_names()])
    variables = dict(zip(ring.names, ring.gens(), strict=True))
    inputs = [variables[name] for name in network.input_names()]
    return pc.evaluate(network, variables, inputs, ring.one)
