"""The network as a program on named values: numbers, or the variables of a polynomial ring.

Fed with the variables of a :class:`~polyconstraints.algebra.PolynomialRing` it expands the
network by overloaded operators, as section 2.6 of the paper does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.errors import InputError
from polyconstraints.evaluation import EXACT, exact_array, values
from polyconstraints.spec.network import NetworkSpec


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
    arrays = []
    for layer in network.layers:
        names = layer.names()
        missing = next((name for name in names if name not in weights), None)
        if missing is not None:
            raise InputError(f"expected a value for every weight, got none for {missing}")
        array = exact_array([weights[name] for name in names])
        arrays.append(array.reshape(layer.outputs, layer.products))
    outputs: list[Any] = values(network, arrays, exact_array(inputs)[None], EXACT, one=one)[
        0
    ].tolist()
    return outputs


def expand_by_operators(network: NetworkSpec) -> list[Polynomial]:
    """Expand a network with the overloaded operators of :class:`Polynomial`.

    The plain way, and the yardstick for :func:`polyconstraints.expansion.expand`, which
    gives the same polynomials from the structure of the network.
    """
    ring = PolynomialRing([*network.input_names(), *network.weight_names()])
    variables = dict(zip(ring.names, ring.gens(), strict=True))
    inputs = [variables[name] for name in network.input_names()]
    return evaluate(network, variables, inputs, ring.one)
