"""Which distinct weights cannot be learnt apart, and parameters to fix so that the rest can.

The units of a hidden level may be changed by any map that commutes with the group, and
shifted by anything that it leaves in place, as long as the next layer undoes it: nothing that
the network computes changes. Relations between hidden functions have the same effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.schemas.writing import written
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import TyingMap
from polyconstraints.tying.provenance import Origin
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.kernel import (
    Setting,
    by_layers,
    function_dimension,
    split,
)
from polyconstraints.variety.strata.representations import Level
from polyconstraints.variety.strata.tying import layer_bases, stratum_map
from polyconstraints.variety.strata.variety import Variety


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
                layer, number, weight = owners[parameter]
                fixed.append(Fixed(layer, number, weight, value))
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
