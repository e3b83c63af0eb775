"""The network as a program: layers evaluated on numbers or polynomials of any kind.

Written with ``+`` and ``*`` alone, so it serves exact rationals and, fed with the variables
of a :class:`~polyconstraints.algebra.PolynomialRing`, expands the network by overloaded
operators, as section 2.6 of the paper does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from polyconstraints.errors import InputError
from polyconstraints.spec.network import NetworkSpec

if TYPE_CHECKING:
    from polyconstraints.algebra import Polynomial

__all__ = ["evaluate", "expand_by_operators"]


def evaluate(
    network: NetworkSpec, weights: Mapping[str, Any], inputs: Sequence[Any], one: Any = 1
) -> list[Any]:
    """Return the outputs of a network.

    Parameters
    ----------
    network : NetworkSpec
    weights : mapping from str
        A value for each weight name.
    inputs : sequence
        A value for each input unit.
    one : optional
        The value of the homogenising unit.

    Raises
    ------
    InputError
        If the inputs or weights do not fit the network.

    Examples
    --------
    >>> from fractions import Fraction
    >>> network = NetworkSpec(2, layer="linear")
    >>> names = network.weight_names()
    >>> evaluate(network, dict(zip(names, [1, 2, 3, 4])), [Fraction(1, 2), 1])
    [Fraction(5, 2), Fraction(11, 2)]
    """
    if len(inputs) != network.units[0]:
        raise InputError(f"expected {network.units[0]} inputs, got {len(inputs)}")
    units = list(inputs)
    for layer in network.layers:
        letters = [one, *units] if layer.bias else units
        products = []
        for indices in layer.product_indices().tolist():
            value = letters[indices[0]]
            for index in indices[1:]:
                value = value * letters[index]
            products.append((indices, value))
        units = []
        for output in range(layer.outputs):
            total: Any = 0
            for indices, value in products:
                name = layer.name(output, *indices)
                if name not in weights:
                    raise InputError(f"expected a value for every weight, got none for {name}")
                total = total + weights[name] * value
            units.append(total)
    return units


def expand_by_operators(network: NetworkSpec) -> list[Polynomial]:
    """Expand a network with the overloaded operators of :class:`Polynomial`.

    The plain way, and the yardstick for :func:`polyconstraints.expansion.expand`, which
    gives the same polynomials from the structure of the network.

    Examples
    --------
    >>> expand_by_operators(NetworkSpec(1))[0]
    <Polynomial x1^2*W0_1_1_1 in Q[x1, W0_1_1_1]>
    """
    from polyconstraints.algebra import PolynomialRing

    ring = PolynomialRing([*network.input_names(), *network.weight_names()])
    values = dict(zip(ring.names, ring.gens(), strict=True))
    inputs = [values[name] for name in network.input_names()]
    return evaluate(network, values, inputs, ring.one)
