"""A stratum as a tying map: its plain layers, each weight a combination of free ones.

The map holds the networks whose layers are equivariant between the representations of their
levels, in one basis of each. Any network of the stratum computes the same function as one of
these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, permutations, product
from types import EllipsisType

import numpy as np

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.reduction import eliminate
from polyconstraints.errors import UsageError
from polyconstraints.spec.network import LayerSpec
from polyconstraints.tying import TyingMap
from polyconstraints.tying.provenance import Origin
from polyconstraints.variety.strata.equivariant import equivariant_layers
from polyconstraints.variety.strata.irreducibles import Conjugate
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.representations import Level
from polyconstraints.variety.strata.variety import Variety

#: A sum of weights, in parameters.
Sum = tuple[tuple[int, Fraction], ...]


def layer_bases(variety: Variety, hidden: Sequence[Level]) -> list[Rationals]:
    """Return a rational basis of each plain layer of a stratum, for ordered indices.

    Each basis layer has a weight of its own that is 1 in it and 0 in the others.

    Raises
    ------
    UsageError
        If a level is bound by nothing: such a stratum is no union of linear spaces that
        layers can be chosen from one by one.
    """
    first, last = variety.ends
    levels = (first, *hidden, last)
    if variety.network.activation is not None:
        raise UsageError(f"expected none, got {variety.network.activation}", "activation")
    if any(level.free for level in levels):
        raise UsageError("expected a representation on every hidden level, got free", "stratum")
    if any(isinstance(b, Conjugate) for level in levels for b in level.representation.blocks):
        raise UsageError("expected representations over the rationals, got complex ones", "stratum")
    layers = variety.ordered.layers
    return [
        equivariant_layers(layer, below, above)
        for layer, (below, above) in zip(layers, pairwise(levels), strict=True)
    ]


def stratum_map(
    variety: Variety,
    hidden: Sequence[Level],
    function_dimension: int | EllipsisType | None = ...,
    zeros: Sequence[tuple[int, int]] = (),
    origin: Origin | None = None,
) -> TyingMap:
    """Return the tying map of a stratum.

    Weights that are equal throughout share a class. A weight that is always zero belongs to
    a dependent class with an empty combination, and so do all weights from and to units
    that a representation leaves over.

    The function dimension is worked out when asked for unless given. Zeros are parameters, numbered
    as in :func:`layer_bases`, that are set to zero, such as a gauge fixing names; the origin is
    what the document says of where it comes from.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> network = pc.NetworkSpec(2, depth=2)
    >>> variety = Variety(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> tying = stratum_map(variety, variety.parse(["2*[2]"]))
    >>> tying.parameters
    (4, 3)
    >>> tying.layers[0].classes[0].tolist()
    [[0, -1], [1, 0]]
    """
    layers = []
    for layer, basis in zip(variety.network.layers, layer_bases(variety, hidden), strict=True):
        dropped = [number for at, number in zeros if at == layer.index]
        kept = np.delete(basis, dropped, axis=0)
        layers.append(_layer_tying(layer, kept))
    whole = replace(variety.symmetry, scope="network")
    return TyingMap(variety.network, whole, tuple(layers), function_dimension, origin)


def _layer_tying(layer: LayerSpec, basis: Rationals) -> LayerClasses:
    """Return the tying of a layer, given a basis of its weights with ordered indices.

    With redundant indices only the sums over the orders of a product's inputs are bound; the
    weights in them are free but for that.
    """
    columns = basis.reshape(len(basis), math.prod(basis.shape[1:])).T.tolist()
    letters = replace(layer, indices="ordered").product_indices().tolist()
    classes = np.full(layer.shape, -1, dtype=np.int64)
    #: The class of a weight alone in its sum, and the summands of a sum where it is met first.
    alone: dict[Sum, list[int]] = {}
    first: dict[Sum, list[int]] = {}
    sums = []
    fresh = 0
    for (output, chosen), column in zip(
        product(range(layer.outputs), letters), columns, strict=True
    ):
        combination = tuple((at, Fraction(value)) for at, value in enumerate(column) if value)
        orders = [chosen] if layer.ordered else sorted(set(permutations(chosen)))
        own = list(range(fresh, fresh + len(orders)))
        if len(own) == 1:
            own = alone.setdefault(combination, own)
        fresh = max(fresh, own[-1] + 1)
        classes[output, *np.array(orders).T] = own
        first.setdefault(combination, own)
        sums.append((own, combination))
    equations = []
    for own, combination in sums:
        equation = dict.fromkeys(own, Fraction(1))
        for at, value in combination:
            for other in first[((at, Fraction(1)),)]:
                equation[other] = equation.get(other, Fraction(0)) - value
        equations.append(equation)
    return LayerClasses(layer, classes, eliminate(equations))
