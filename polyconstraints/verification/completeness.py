"""Whether a map ties more than its symmetry needs."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Literal

from polyconstraints.classes.function_dimension import function_dimension
from polyconstraints.classes.orbits import Orbits
from polyconstraints.classes.reduction import reduce_layer
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.equalities.comparison import layer_comparison
from polyconstraints.tying import TyingMap

__all__ = ["Completeness", "completeness"]

#: Weights, over layers that differ, up to which the true dimension is derived.
_MAX_WEIGHTS = 1 << 23

#: The same for dimensions of functions, which need the classes of all layers.
_MAX_FUNCTION_WEIGHTS = 20_000

Status = Literal["complete", "complete as functions", "ties more than needed", "not known"]


@dataclass(frozen=True)
class Completeness:
    """A map's dimensions beside those that its symmetry leaves.

    Attributes
    ----------
    status : str
        ``complete``: every network whose layers are symmetric is in the map. ``complete as
        functions``: not all weights are, but all functions. ``ties more than needed``: some
        functions are lost. ``not known``: too large, or the map's layers are not
        symmetric one by one, so that there is nothing to compare with.
    dimension, true_dimension : int or None
        Free parameters of the map, and of all networks whose layers are symmetric.
    function_dimension, true_function_dimension : int or None
        Dimensions of the sets of functions of both.
    """

    status: Status
    dimension: int
    true_dimension: int | None = None
    function_dimension: int | None = None
    true_function_dimension: int | None = None


def completeness(tying: TyingMap) -> Completeness:
    """Compare a map, whose layers are each symmetric, with all networks that have its symmetry.

    The yardstick is layer scope with coefficients of commuting monomials (``function``):
    neither too weak nor too strong. Symmetric networks whose layers are not symmetric for
    the actions that the map states are other strata, and not counted.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.cyclic(3))
    >>> tying = pc.derive(pc.NetworkSpec(3), symmetry).tying_map()
    >>> completeness(tying).status
    'complete'
    """
    network, mine = tying.network, tying.dimension
    exact = replace(tying.symmetry, permutations="generators", scope="layer", compare="function")
    actions = exact.unit_actions(network, generators=True)

    def key(index: int) -> Hashable:
        """Return what the dimension of a layer depends on: shape, weights and actions."""
        layer = network.layers[index]
        moves = tuple(action[index : index + 2] for action in actions)
        return layer.shape, layer.weights, moves

    alike = [key(index) for index in range(network.depth)]
    different = dict(zip(alike, network.layers, strict=True))
    if sum(layer.weights for layer in different.values()) > _MAX_WEIGHTS:
        return Completeness("not known", mine)
    orbits = {
        key: Orbits(layer_comparison(network, exact, layer)) for key, layer in different.items()
    }
    true = 0
    for layer, which in zip(network.layers, alike, strict=True):
        # A coefficient is one weight, or the sum of several in the redundant case; the sums are
        # independent, so that each orbit leaves one dimension, and what they don't see is free.
        space = FunctionCoefficients(layer.outputs, layer.letters, layer.degree)
        true += orbits[which].count + layer.weights - space.size
    functions = true_functions = None
    if network.weights <= _MAX_FUNCTION_WEIGHTS:
        derived = [
            reduce_layer(layer, orbits[which])
            for layer, which in zip(network.layers, alike, strict=True)
        ]
        functions = function_dimension(network, tying.layers)
        true_functions = function_dimension(network, derived)
    known = functions is not None and true_functions is not None
    # Whether different weights always give different functions.
    faithful = network.depth == 1 and (network.layer == "linear" or network.indices == "ordered")
    if mine == true:
        status: Status = "complete"
    elif known and functions == true_functions:
        status = "complete as functions"
    else:
        status = "ties more than needed" if known or faithful else "not known"
    return Completeness(status, mine, true, functions, true_functions)
