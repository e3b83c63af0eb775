"""The dimensions of a stratum, each the rank of a differential at a random point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.variety.strata.equivariant import change_derivatives
from polyconstraints.variety.strata.evaluation import Residues
from polyconstraints.variety.strata.kernel import function_kernel, tangent_space
from polyconstraints.variety.strata.point import StratumPoint, random_point
from polyconstraints.variety.strata.representations import Level
from polyconstraints.variety.strata.setting import Move, Setting

__all__ = ["Dimensions", "change_directions", "measure"]


@dataclass(frozen=True)
class Dimensions:
    """What was measured for a stratum.

    Attributes
    ----------
    weight : int
        Dimension of the stratum in the space of weights.
    plain : int
        The same without the relations between hidden functions: the rank of the
        differential of (equivariant layers × changes of hidden units) → weights. Where a
        level's functions are bound by nothing, there is no such map: the same as ``weight``.
    tangent : int
        Dimension of the space of directions that keep the symmetry to first order.
    function : int or None
        Dimension of the set of functions; None where it isn't known.
    parameters : int
        Number of parameters of the equivariant layers, the distinct weights.
    attained : tuple of dict
        See :class:`~polyconstraints.variety.strata.point.StratumPoint`.
    confirmed : bool
        Whether two primes with different random choices gave the same figures.
    """

    weight: int
    plain: int
    tangent: int
    function: int | None
    parameters: int
    attained: tuple[dict[str, int], ...]
    confirmed: bool = False

    @property
    def component(self) -> bool:
        """Whether the closure of the stratum is proved to be an irreducible component.

        The tangent space contains that of any component through the point, so a stratum
        that fills it is one.
        """
        return self.confirmed and self.weight == self.tangent


def measure(
    network: NetworkSpec, moves: tuple[Move, ...], levels: Sequence[Level], seed: int = 0
) -> Dimensions:
    """Return the dimensions of a stratum, confirmed with a second prime and other choices.

    Parameters
    ----------
    network : NetworkSpec
    moves : tuple of Move
        How the generators of the group move inputs and outputs.
    levels : sequence of Level
        What each level carries, from the inputs to the outputs.
    seed : int

    Notes
    -----
    A rank modulo a prime at a random point can only fall short of the true one. Where two
    primes disagree the third one decides, and the figures count as confirmed if it agrees
    with one of the others. Time and memory are those of Gaussian elimination on a square
    matrix of the size of the number of weights.
    """
    found: list[Dimensions] = []
    for prime in modular.PRIMES:
        result = _measured(Setting.make(network, moves, prime, seed), levels)
        if result in found:
            return Dimensions(**{**vars(result), "confirmed": True})
        found.append(result)
    return max(found, key=lambda result: (result.weight, -result.tangent))


def _measured(setting: Setting, levels: Sequence[Level]) -> Dimensions:
    prime = setting.prime
    point = random_point(setting, levels)
    directions = point.directions()
    weight = point.dimension(prime)
    tangent = tangent_space(setting, point.general)
    plain = weight
    function: int | None = None
    if all(level.representation is not None for level in levels):
        moved = np.concatenate([directions, change_directions(setting, point)])
        plain = modular.rank(moved, prime)
        # Relations don't change functions, so the plain point has all of them.
        function = len(directions) - len(function_kernel(setting, point.plain, directions))
    elif weight == len(tangent):
        function = weight - len(function_kernel(setting, point.general, tangent))
    return Dimensions(
        weight,
        plain,
        len(tangent),
        function,
        len(directions),
        point.attained,
    )


def change_directions(setting: Setting, point: StratumPoint) -> Residues:
    """Return the derivatives of the plain weights along changes of the hidden units.

    A change of a level's units, matrix and (with a bias) shift, moves the outputs of the
    layer below, and the layer above undoes it.

    Returns
    -------
    array of shape (changes, weights)
    """
    prime, layers = setting.prime, setting.network.layers
    starts = np.cumsum([0, *(layer.weights for layer in layers)])
    blocks = [np.zeros((0, int(starts[-1])), dtype=np.int64)]
    for below, above in pairwise(layers):
        lower, upper = point.plain[below.index], point.plain[above.index]
        units = below.outputs
        made = np.zeros((units * (units + below.bias), units, below.products), dtype=np.int64)
        matrices = made[: units * units].reshape(units, units, units, below.products)
        for unit in range(units):
            matrices[unit, :, unit] = lower
        if below.bias:
            shifts = np.arange(units)
            made[units * units + shifts, shifts, 0] = 1
        undone = modular.matmul(upper, change_derivatives(above, prime), prime)
        block = np.zeros((len(made), int(starts[-1])), dtype=np.int64)
        first, middle, last = starts[below.index : below.index + 3]
        block[:, first:middle] = made.reshape(len(made), -1)
        block[:, middle:last] = -undone.reshape(len(made), -1) % prime
        blocks.append(block)
    return np.concatenate(blocks)
