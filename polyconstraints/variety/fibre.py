"""How many parameters of an architecture give one function: its generic fibre.

The scaling of hidden units is fixed by the first entry of every row; what is left is the set
of parameters whose expanded coefficients are those of a random network. It is computed over a
finite field, by a Gröbner basis or a decomposition. Permutations of hidden units always give
the same function; where nothing else does, the architecture is *identifiable*, as far as random
parameters modulo a prime tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial, prod
from typing import Any

import numpy as np

from polyconstraints.algebra import Polynomial
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.expansion import expand
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.variety.equations.systems import (
    PRIME,
    System,
    decompose,
    find_systems,
    groebner_basis,
)

__all__ = ["Fibre", "generic_fibre"]

#: Unknowns beyond which no Gröbner basis is tried.
MAX_UNKNOWNS = 40


@dataclass(frozen=True)
class Fibre:
    """The parameters that give the function of random ones, scalings fixed.

    The degree is their number, over the algebraic closure, where they are finitely many, and the
    dimension 0; symmetries are the permutations of hidden units, and the system what computed it.
    """

    dimension: int
    degree: int
    symmetries: int
    system: str

    @property
    def identifiable(self) -> bool:
        """Whether only the known symmetries give the same function."""
        return self.dimension == 0 and self.degree == self.symmetries

    def to_json(self) -> dict[str, Any]:
        """Return the entry of a document of schema ``dimension``."""
        return {
            "dimension": self.dimension,
            "degree": self.degree,
            "symmetries": self.symmetries,
            "identifiable": self.identifiable,
            "system": self.system,
            "prime": PRIME,
        }


def generic_fibre(
    widths: Sequence[int],
    activation: Activation | str = "z^2",
    time_limit: float = 60,
    seed: int = 0,
    system: System | None = None,
) -> Fibre | None:
    """Return the generic fibre of an architecture, or None when the time is up.

    The activation is z^r, under which hidden units can be scaled; the time limit is in seconds, and
    the seed for the random parameters, modulo 32003. The system is the first one installed, else
    SymPy, unless given.

    Raises
    ------
    UsageError
        If the activation is no z^r.
    TooLargeError
        If there are more than 40 unknowns.

    Examples
    --------
    >>> fibre = generic_fibre((2, 2, 1), "z^3")  # a binary cubic as a sum of two cubes
    >>> fibre.degree, fibre.symmetries, fibre.identifiable
    (2, 2, True)
    """
    if isinstance(activation, str):
        activation = Activation.parse(activation)
    if sum(map(bool, activation.coefficients)) != 1:
        raise UsageError(f"expected z^r for a fibre, got {activation}", "activation")
    sizes = tuple(widths)
    network = NetworkSpec.architecture(sizes, activation)
    unknowns = network.weights - sum(sizes[1:-1])
    if unknowns > MAX_UNKNOWNS:
        raise TooLargeError(f"expected at most {MAX_UNKNOWNS} unknowns, got {unknowns}")
    equations = _equations(network, seed)
    occurring = {name for equation in equations for name in equation.variables()}
    names = [name for name in network.weight_names() if name in occurring]
    symmetries = prod(map(factorial, sizes[1:-1]))
    chosen = system or next(iter(find_systems()), None)
    if chosen is None:
        basis = groebner_basis(equations, time_limit, PRIME)
        if basis is None:
            return None
        return Fibre(basis.dimension, basis.degree, symmetries, "sympy")
    found = decompose(chosen, equations, names, time_limit)
    if found is None:
        return None
    dimension = max(component.dimension for component in found.components)
    degree = sum(c.degree for c in found.components if c.dimension == dimension)
    return Fibre(dimension, degree, symmetries, chosen.name)


def _equations(network: NetworkSpec, seed: int) -> list[Polynomial]:
    """Return the equations of the parameters with the function of random ones, modulo a prime."""
    rng = np.random.default_rng([seed, PRIME])
    expansion = expand(network)
    ring = expansion.weight_ring
    point = {name: int(rng.integers(1, PRIME)) for name in ring.names}
    fixed = {
        layer.name(unit, 0): point[layer.name(unit, 0)]
        for layer in network.layers[:-1]
        for unit in range(layer.outputs)
    }
    equations = []
    for output in range(1, network.units[-1] + 1):
        for monomial in expansion.monomials:
            coefficient = expansion.coefficient_polynomial(output, monomial)
            value = coefficient.evaluate(point) % PRIME
            difference = coefficient.substitute(fixed) - value
            equations.append(difference.map_coefficients(lambda number: int(number) % PRIME))
    return [equation for equation in equations if not equation.is_zero]
