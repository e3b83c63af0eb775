"""A stratum as a tying map, and which of its parameters cannot be learnt apart.

The map holds the networks whose layers are equivariant between the representations of their
levels, in one basis of each. Any network of the stratum computes the same function as one of
these. The units of a hidden level may be changed by any map that commutes with the group, and
shifted by anything that it leaves in place, as long as the next layer undoes it: nothing that
the network computes changes. Relations between hidden functions have the same effect. So some
parameters can be fixed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, permutations, product
from types import EllipsisType
from typing import Any

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.reduction import eliminate
from polyconstraints.errors import UsageError
from polyconstraints.schemas.writing import written
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import TyingMap
from polyconstraints.tying.provenance import Origin
from polyconstraints.variety.strata.equivariant import equivariant_layers
from polyconstraints.variety.strata.irreducibles import Conjugate
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.kernel import Setting, by_layers, function_dimension, split
from polyconstraints.variety.strata.representations import Level
from polyconstraints.variety.strata.variety import Variety

#: A sum of weights, in parameters.
Sum = tuple[tuple[int, Fraction], ...]


def layer_bases(variety: Variety, hidden: Sequence[Level]) -> list[Rationals]:
    """Return a rational basis of each plain layer of a stratum, for ordered indices.

    Each basis layer has a weight of its own that is 1 in it and 0 in the others. Refused where a
    level is bound by nothing: such a stratum is no union of linear spaces that layers can be chosen
    from one by one.
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


# --- Parameters to fix --------------------------------------------------------------------


@dataclass(frozen=True)
class Fixed:
    """A parameter that is fixed to 0 or 1.

    It is given by its layer, its number among the layer's parameters, and the name of the weight
    that is the parameter.
    """

    layer: int
    parameter: int
    weight: str
    value: int


@dataclass(frozen=True)
class GaugeFixing:
    """Parameters to fix without losing functions, zeros first.

    The parameters are those of the stratum's equivariant layers.
    """

    parameters: int
    function_dimension: int
    fixed: tuple[Fixed, ...]

    @property
    def remaining(self) -> int:
        """Number of parameters that still cannot be learnt apart after the fixing."""
        return self.parameters - len(self.fixed) - self.function_dimension

    @property
    def zeros(self) -> tuple[tuple[int, int], ...]:
        """The parameters that are fixed to 0, as (layer, parameter)."""
        return tuple((one.layer, one.parameter) for one in self.fixed if one.value == 0)

    def to_json(self) -> dict[str, Any]:
        """Return the entry in a document of schema ``strata``."""
        return written("variety.GaugeFixing", self)


def fix_gauge(variety: Variety, hidden: Sequence[Level]) -> GaugeFixing:
    """Return parameters that can be fixed to 0 or 1 without losing functions.

    Almost every function of the stratum is that of a network with the fixed values, over
    the complex numbers; finitely many such networks compute it if nothing remains. Over
    the real numbers a value 1 can exclude functions for which it would have to be -1.

    A slice of the space of parameters meets the fibres of almost all functions if the
    differential of parameters → function has, at some point of the slice and along it, the
    rank that it has on the whole space. Parameters are tried one after another, from the
    last one to the first: first with 0, then, for scalings, with 1.

    Raises
    ------
    UsageError
        If a level is bound by nothing.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> network = pc.NetworkSpec(3, depth=2)
    >>> variety = Variety(network, pc.Symmetry(pc.PermutationGroup.symmetric(3)))
    >>> gauge = fix_gauge(variety, variety.choice(1))
    >>> gauge.parameters, gauge.function_dimension, gauge.remaining
    (8, 6, 0)
    >>> [(one.weight, one.value) for one in gauge.fixed]
    [('W1_1_3_2', 0), ('W1_1_2_2', 1)]
    """
    bases = layer_bases(variety, hidden)
    setting = variety.setting()
    directions = by_layers(
        setting.network, [modular.from_rationals(basis, setting.prime) for basis in bases]
    )
    count = len(directions)
    theta = setting.random((count,))
    dimension = _rank(setting, directions, theta, np.arange(count))
    owners = _owners(bases, variety)
    fixed: list[Fixed] = []
    left = np.ones(count, dtype=bool)
    for value in (0, 1):
        for parameter in reversed(range(count)):
            if left.sum() == dimension:
                break
            if not left[parameter]:
                continue
            tried = theta.copy()
            tried[parameter] = value
            rest = left.copy()
            rest[parameter] = False
            if _rank(setting, directions, tried, np.flatnonzero(rest)) == dimension:
                theta, left = tried, rest
                fixed.append(Fixed(*owners[parameter], value))
    return GaugeFixing(count, dimension, tuple(fixed))


def _rank(setting: Setting, directions: Residues, theta: Residues, along: Any) -> int:
    """Return the rank of the differential of parameters → function along some of them."""
    vector = modular.matmul(theta[None], directions, setting.prime)[0]
    weights = split(setting.network, vector)
    return function_dimension(setting, weights, directions[along])


def _owners(bases: Sequence[Rationals], variety: Variety) -> list[tuple[int, int, str]]:
    """Return each parameter's layer, number in it, and the weight that is the parameter."""
    owners = []
    for basis, layer in zip(bases, variety.ordered.layers, strict=True):
        names = layer.names()
        flat = basis.reshape(len(basis), layer.weights)
        alone = (flat == 1) & (np.count_nonzero(flat, axis=0) == 1)
        for number, own in enumerate(np.argmax(alone, axis=1).tolist()):
            owners.append((layer.index, number, names[own]))
    return owners


def numbered_stratum_map(
    network: NetworkSpec, symmetry: Symmetry, number: int, gauge_fixed: bool = False
) -> TyingMap:
    """Return the tying map of a stratum, given its number from 1 in the list of choices.

    Parameters that a gauge fixing sets to zero can be left out. Those that it sets to 1 stay free,
    since a linear map holds no constants.
    """
    variety = Variety(network, symmetry)
    hidden = variety.choice(number)
    gauge = fix_gauge(variety, hidden)
    option = f" --stratum {number}{' --gauge-fixed' if gauge_fixed else ''}"
    return stratum_map(
        variety,
        hidden,
        gauge.function_dimension,
        gauge.zeros if gauge_fixed else (),
        Origin.of(network, symmetry, option),
    )
