"""Whether a map ties more than its symmetry needs."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Literal

from polyconstraints.classes.function_dimension import function_dimension
from polyconstraints.classes.orbits import Orbits
from polyconstraints.classes.reduction import reduce_layer
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.equalities.comparison import layer_comparison
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
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

    def to_json(self) -> dict[str, Any]:
        """Return the result as part of a document."""
        return {
            "status": self.status,
            "dimension": self.dimension,
            "true_dimension": self.true_dimension,
            "function_dimension": self.function_dimension,
            "true_function_dimension": self.true_function_dimension,
        }


def completeness(tying: TyingMap) -> Completeness:
    """Compare a map, whose layers are symmetric, with all networks that have its symmetry.

    Parameters
    ----------
    tying : TyingMap
        A map whose layers are each symmetric.

    Notes
    -----
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
    network = tying.network
    exact = replace(tying.symmetry, permutations="generators", scope="layer", compare="function")
    keys = [_key(network, exact, layer) for layer in network.layers]
    distinct = dict(zip(keys, network.layers, strict=True))
    if sum(layer.weights for layer in distinct.values()) > _MAX_WEIGHTS:
        return Completeness("not known", tying.dimension)
    dimensions = {key: _dimension(network, exact, layer) for key, layer in distinct.items()}
    true = sum(dimensions[key] for key in keys)
    mine = tying.dimension
    if network.weights > _MAX_FUNCTION_WEIGHTS:
        status: Status = "complete" if mine == true else "ties more than needed"
        return Completeness(
            status if _weights_are_functions(network) or mine == true else "not known", mine, true
        )
    derived = [
        reduce_layer(layer, Orbits(layer_comparison(network, exact, layer)))
        for layer in network.layers
    ]
    functions = function_dimension(network, tying.layers)
    true_functions = function_dimension(network, derived)
    if mine == true:
        status = "complete"
    elif functions is None or true_functions is None:
        status = "ties more than needed" if _weights_are_functions(network) else "not known"
    elif functions == true_functions:
        status = "complete as functions"
    else:
        status = "ties more than needed"
    return Completeness(status, mine, true, functions, true_functions)


def _weights_are_functions(network: NetworkSpec) -> bool:
    """Return whether different weights always give different functions."""
    return network.depth == 1 and (network.layer == "linear" or network.indices == "ordered")


def _key(network: NetworkSpec, symmetry: Symmetry, layer: LayerSpec) -> Hashable:
    """Return what the dimension of a layer depends on: shape, weights and actions."""
    actions = symmetry.unit_actions(network, generators=True)
    moves = tuple((action[layer.index], action[layer.index + 1]) for action in actions)
    return layer.shape, layer.weights, moves


def _dimension(network: NetworkSpec, symmetry: Symmetry, layer: LayerSpec) -> int:
    """Return the dimension of the symmetric layers: orbits of coefficients, and gauge.

    A coefficient is one weight, or the sum of two in the redundant case; the sums are
    independent, so that each orbit leaves one dimension, and what the sums don't see is free.
    """
    orbits = Orbits(layer_comparison(network, symmetry, layer)).count
    redundant = layer.kind == "quadratic" and layer.indices == "redundant"
    space = FunctionCoefficients(layer.outputs, layer.letters, layer.degree, redundant)
    return orbits + layer.weights - space.size
