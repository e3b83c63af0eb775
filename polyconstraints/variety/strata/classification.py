"""Given weights: are they symmetric, which stratum are they on, and what is proved there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any, Literal

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.errors import InputError
from polyconstraints.variety.strata.irreducibles import irreducibles
from polyconstraints.variety.strata.kernel import Setting, is_symmetric, tangent_conditions
from polyconstraints.variety.strata.point import Stratum, Tower
from polyconstraints.variety.strata.representations import Content
from polyconstraints.variety.strata.variety import Variety

#: For each hidden level what its functions carry, and what those carry that the next layer can
#: compute from them.
Kind = tuple[tuple[Content, Content], ...]


@dataclass(frozen=True, eq=False)
class Classification:
    """What is known of a point of the space of weights.

    Off the variety there is no tangent space. The stratum is that whose hidden levels carry the
    same; the point is inside unless its functions satisfy more relations than those of the stratum,
    or the next layer computes more: then it is on another family.
    """

    symmetric: bool
    tangent_dimension: int | None = None
    kind: Kind = ()
    stratum: Stratum | None = None
    inside: bool = False

    @property
    def certainty(self) -> Literal["proved", "almost surely"] | None:
        """How sure the component is on which the point lies, where the variety is smooth."""
        if (
            self.stratum is None
            or not self.inside
            or self.stratum.weight_dimension != self.tangent_dimension
        ):
            return None
        return self.stratum.certainty

    @property
    def status(self) -> str:
        """The state of knowledge in words.

        ``not symmetric``; ``on a component`` where the point is on a stratum whose closure is one,
        and smooth on the variety; else ``not proved``.
        """
        if not self.symmetric:
            return "not symmetric"
        return "on a component" if self.certainty else "not proved"


def kind_at(variety: Variety, setting: Setting, weights: Sequence[Residues]) -> Kind:
    """Return the kind of a point, given modulo a prime.

    The points of a stratum are those of the kind of a random one: as long as there are no more
    relations between the products that a layer reads, and no more among them that the group
    preserves, the layers of a kind over all those points make one irreducible variety.
    """
    return _kind(accumulate(weights[:-1], Tower.given, initial=variety.start(setting)))


def _kind(towers: Iterable[Tower]) -> Kind:
    """Return the kind of a point, given the tower of no layers and those up to hidden levels."""
    return tuple((one.spanned, one.supply) for one in islice(towers, 1, None))


def classify(variety: Variety, weights: Sequence[Any]) -> Classification:
    """Return what is known of a point, given by exact weights.

    Indices are ordered; the weights are integers or fractions, one
    array of shape (outputs, products) a layer. All statements hold up to the probability, of the
    order of (degree) / 2^31, that random points agree by accident.

    Raises
    ------
    InputError
        If the arrays do not fit the network, or the variety is for another group.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> variety = Variety(pc.NetworkSpec(2, depth=2), pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> first = [[1, 2, 4], [4, 2, 1]]
    >>> classify(variety, [first, [[1, 2, 3], [3, 2, 1]]]).status
    'on a component'
    >>> classify(variety, [first, [[1, 2, 3], [4, 2, 1]]]).status
    'not symmetric'
    """
    network = variety.network
    if network.indices != "ordered" and network.layer == "quadratic":
        raise InputError("expected a network with ordered indices, got redundant")
    group = variety.symmetry.group
    if network.activation is not None:
        raise InputError(f"expected no activation, got {network.activation}")
    if not irreducibles(group, 1):
        raise InputError(f"expected a group whose irreducibles are known, got {group.name}")
    setting = variety.setting()
    arrays = []
    for layer, given in zip(network.layers, weights, strict=True):
        array = np.array(given, dtype=object)
        if array.shape != (layer.outputs, layer.products):
            raise InputError(
                f"expected shape {(layer.outputs, layer.products)}, got {array.shape}",
                f"weights[{layer.index}]",
            )
        arrays.append(modular.from_rationals(array, setting.prime))
    if not is_symmetric(setting, arrays):
        return Classification(False)
    return classified(variety, setting, arrays)


def classified(variety: Variety, setting: Setting, weights: Sequence[Residues]) -> Classification:
    """Return what is known of a point of the variety, given modulo a prime."""
    kind = kind_at(variety, setting, weights)
    hidden = variety.carrying([carried for carried, _ in kind])
    towers = accumulate(hidden, Tower.extended, initial=variety.start(setting))
    return Classification(
        True,
        setting.network.weights - tangent_conditions(setting, weights).rank,
        kind,
        variety.measure(hidden),
        _kind(towers) == kind,
    )
