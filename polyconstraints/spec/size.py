"""What work on a network takes, predicted from its specification before anything is built.

Every command and :func:`~polyconstraints.derivation.derive` ask :func:`require_room` first, so
that what can't be done is refused in a moment and not after an hour. The figures are peaks of
memory that were measured, divided by the number of weights; they are meant to be right
within a factor of two.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import comb, prod
from typing import Literal

from polyconstraints.errors import TooLargeError
from polyconstraints.memory import many, require_memory
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry

Product = Literal["derivation", "map", "picture", "page", "plan"]

#: Largest degree in the inputs that is worked with; the bound for the number of terms of
#: one beyond it has thousands of digits.
MOST_DEGREE = 1 << 12

#: Bytes a weight of what is made of a derivation, beside the derivation's own; its name.
_BYTES_A_WEIGHT: Mapping[Product, tuple[int, str]] = {
    "derivation": (0, "a derivation"),
    "map": (24, "a tying map"),
    "picture": (300, "a picture"),
    "page": (2400, "a page"),
    "plan": (1600, "the layers"),
}

#: Bytes a coefficient of orbits and classes, for one array of them and several in between.
_BYTES_A_COEFFICIENT = 48
#: The same where i and j have a weight each, whose sums are equated.
_BYTES_A_SUM = 100
#: Bytes a weight of dependent weights written out as fractions.
_BYTES_OF_DEPENDENCE = 700
#: Bytes a pair of coefficients that equation (21) equates; all pairs are kept.
_BYTES_A_PAIR = 260
#: Bytes a unit of permutations of the units, and a level.
_BYTES_A_UNIT = 250
_BYTES_A_LEVEL = 6000
#: Bytes a letter of the monomials in network scope.
_BYTES_A_LETTER = 40


def check_degree(network: NetworkSpec) -> None:
    """Raise TooLargeError for a network so deep that its expansion has no size worked out."""
    degree, allowed = 1, 0
    hidden = 1 if network.activation is None else network.activation.degree
    for at, factor in enumerate(network.degrees, start=1):
        degree *= factor * (hidden if at > 1 else 1)
        allowed = at if degree <= MOST_DEGREE else allowed
    if degree > MOST_DEGREE:
        raise TooLargeError(
            f"expected a degree in the inputs of at most {MOST_DEGREE}, got {many(degree)}",
            allow=("depth", allowed) if allowed else None,
        )


def predicted_bytes(
    network: NetworkSpec, symmetry: Symmetry, product: Product = "derivation"
) -> int:
    """Return how much memory it takes to derive the constraints and to make something of them.

    >>> from polyconstraints.spec.groups import PermutationGroup
    >>> network = NetworkSpec(1000)
    >>> predicted_bytes(network, Symmetry(PermutationGroup.symmetric(1000))) > 2**34
    True
    """
    different = {(layer.inputs, layer.outputs, layer.degree): layer for layer in network.layers}
    size = _BYTES_A_LEVEL * network.depth
    size += sum(_BYTES_A_UNIT * (layer.letters + layer.outputs) for layer in different.values())
    if symmetry.scope == "network" and network.depth > 1:
        check_degree(network)
        letters, degree = network.layers[0].letters, network.degree
        monomials = comb(letters + degree - 1, degree)
        size += monomials * degree * _BYTES_A_LETTER
        size += monomials * network.units[-1] * _BYTES_A_COEFFICIENT
    else:
        size += sum(_layer_bytes(layer, symmetry, product) for layer in different.values())
    return size + _BYTES_A_WEIGHT[product][0] * network.weights


def _layer_bytes(layer: LayerSpec, symmetry: Symmetry, product: Product) -> int:
    """Return what orbits and classes of one layer take."""
    if layer.degree == 1 or layer.ordered:
        return _BYTES_A_COEFFICIENT * max(layer.weights, prod(layer.shape) // 2)
    if symmetry.compare == "tensor":
        return _BYTES_A_COEFFICIENT * layer.weights
    if symmetry.compare == "paper":
        return _BYTES_A_PAIR * symmetry.imposed_count * 2 * layer.products
    written = 0 if product == "derivation" else _BYTES_OF_DEPENDENCE
    return (_BYTES_A_SUM + written) * layer.weights


def require_room(
    network: NetworkSpec,
    symmetry: Symmetry,
    product: Product = "derivation",
    limit: int | None = None,
) -> None:
    """Refuse what would not fit into memory, before anything is built.

    The limit is in bytes: half of what is free unless given.
    """
    needed = predicted_bytes(network, symmetry, product)
    what = f"{_BYTES_A_WEIGHT[product][1]} of {many(network.weights)} weights"
    require_memory(needed, limit, what, network.weights)
