"""Linear conditions that hold at every point of a space, found from random points.

Ranks are computed modulo a prime, at random inputs, in a :class:`Setting`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.errors import UsageError
from polyconstraints.evaluation import Modulo, jacobian, values
from polyconstraints.spec.moves import Move, end_moves
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry

__all__ = [
    "SPARE",
    "Setting",
    "Weights",
    "annihilated",
    "antisymmetric_weights",
    "by_layers",
    "function_kernel",
    "is_symmetric",
    "moves_of",
    "ordered_network",
    "split",
    "tangent_space",
]

#: One array of residues a layer, shape (outputs, products).
Weights = Sequence[Residues]

#: Points beyond the dimension of a space of functions at which they are compared.
SPARE = 4

#: Points whose conditions must add nothing before a null space is believed.
_FRESH = 3

#: Entries of the largest array of derivatives that is made at once.
_CHUNK = 20_000_000


@dataclass(frozen=True, eq=False)
class Setting:
    """What ranks at random points are computed for, and with what.

    Attributes
    ----------
    network : NetworkSpec
        With ordered indices; see :func:`ordered_network`.
    moves : tuple of Move
        How each generator of the group moves inputs and outputs.
    prime : int
    rng : numpy.random.Generator
    """

    network: NetworkSpec
    moves: tuple[Move, ...]
    prime: int
    rng: np.random.Generator

    @classmethod
    def make(cls, network: NetworkSpec, moves: tuple[Move, ...], prime: int, seed: int) -> Setting:
        """Return a setting whose random choices depend on the seed and the prime alone."""
        return cls(ordered_network(network), moves, prime, np.random.default_rng([seed, prime]))

    @property
    def ring(self) -> Modulo:
        """The numbers that are computed with."""
        return Modulo(self.prime)

    def random(self, shape: tuple[int, ...]) -> Residues:
        """Return random residues."""
        return modular.random_residues(self.rng, self.prime, shape)

    def inputs(self, points: int) -> Residues:
        """Return random inputs, shape (points, inputs)."""
        return self.random((points, self.network.units[0]))

    def moved(self, inputs: Residues) -> list[Residues]:
        """Return where each generator of the group moves inputs to."""
        return [inputs[:, list(before)] for before, _ in self.moves]


def ordered_network(network: NetworkSpec) -> NetworkSpec:
    """Return the same network with one weight for each commuting product.

    With redundant indices the function depends on the sums W_ij + W_ji alone, so that the
    variety is that of ordered indices times a space of antisymmetric parts; see
    :func:`antisymmetric_weights`.
    """
    return replace(network, indices="ordered")


def antisymmetric_weights(network: NetworkSpec) -> int:
    """Return how many dimensions redundant indices add to every stratum."""
    return network.weights - ordered_network(network).weights


def moves_of(network: NetworkSpec, symmetry: Symmetry) -> tuple[Move, ...]:
    """Return how each generator of the group moves the inputs and the outputs.

    Raises
    ------
    UsageError
        If the symmetry does not fit the network, or tells apart what the network's
        function does not.
    """
    if symmetry.compare != "function" and network.indices == "redundant":
        raise UsageError(
            f"expected function in network scope, where x_i x_j = x_j x_i has been used, "
            f"got {symmetry.compare}",
            "compare",
        )
    return end_moves(network, symmetry)


def split(network: NetworkSpec, vector: Residues) -> list[Residues]:
    """Return one vector of all weights (or rows of such) as one array a layer."""
    bounds = np.cumsum([layer.weights for layer in network.layers])[:-1]
    return [
        part.reshape(*vector.shape[:-1], layer.outputs, layer.products)
        for layer, part in zip(network.layers, np.split(vector, bounds, axis=-1), strict=True)
    ]


def by_layers(network: NetworkSpec, directions: Weights) -> Residues:
    """Return directions of single layers as rows of derivatives of all weights.

    Parameters
    ----------
    network : NetworkSpec
    directions : sequence of arrays of shape (directions, outputs, products)
        Those of each layer.

    Returns
    -------
    array of shape (all directions, weights)
    """
    result = np.zeros((sum(map(len, directions)), network.weights), dtype=np.int64)
    row = column = 0
    for layer, part in zip(network.layers, directions, strict=True):
        block = part.reshape(len(part), layer.weights)
        result[row : row + len(part), column : column + layer.weights] = block
        row, column = row + len(part), column + layer.weights
    return result


def is_symmetric(setting: Setting, weights: Weights) -> bool:
    """Return whether F(σx) = σF(x) at a few random inputs, for each generator σ."""
    inputs = setting.inputs(SPARE)
    here = values(setting.network, weights, inputs, setting.ring)
    return all(
        np.array_equal(values(setting.network, weights, moved, setting.ring), here[:, list(after)])
        for moved, (_, after) in zip(setting.moved(inputs), setting.moves, strict=True)
    )


def annihilated(conditions: Callable[[int], Residues], first: int, prime: int) -> Residues:
    """Return a basis of the vectors that all conditions of a random source send to zero.

    Parameters
    ----------
    conditions : callable
        Given a number of points, returns the conditions at as many new random points,
        shape (conditions, unknowns).
    first : int
        Number of points to start with.
    prime : int

    Returns
    -------
    array of shape (dimension, unknowns)

    Notes
    -----
    A point adds to the conditions unless all the conditions are known already, but for a
    set of points of measure about (degree)/(prime). So the answer is believed once some new
    points add nothing; while they add something, twice as many are taken the next time.
    """
    basis = modular.nullspace(conditions(first), prime)
    points = _FRESH
    while len(basis):
        found = modular.matmul(conditions(points), basis.T, prime)
        if not found.any():
            break
        basis = modular.matmul(modular.nullspace(found, prime), basis, prime)
        points *= 2
    return basis


def tangent_space(setting: Setting, weights: Weights) -> Residues:
    """Return the directions in which a symmetric network stays symmetric to first order.

    The null space of δW ↦ dF(σx)[δW] - σ·dF(x)[δW] over all x and generators σ.

    Parameters
    ----------
    setting : Setting
    weights : sequence of arrays of shape (outputs, products)
        A point that satisfies the equations.

    Returns
    -------
    array of shape (dimension, weights)
    """
    network, moves = setting.network, setting.moves
    if not moves:
        return np.eye(network.weights, dtype=np.int64)

    def rows(inputs: Residues) -> Residues:
        here = jacobian(network, weights, inputs, setting.ring)
        blocks = [
            jacobian(network, weights, moved, setting.ring) - here[:, list(after)]
            for moved, (_, after) in zip(setting.moved(inputs), moves, strict=True)
        ]
        return np.concatenate(blocks).reshape(-1, network.weights) % setting.prime

    first = network.weights // (network.units[-1] * len(moves)) + _FRESH
    return annihilated(_in_portions(setting, rows, 1 + len(moves)), first, setting.prime)


def function_kernel(
    setting: Setting, weights: Weights, directions: Residues, activation: Sequence[int] = (0, 1)
) -> Residues:
    """Return the combinations of directions that leave the network's function unchanged.

    Parameters
    ----------
    setting : Setting
    weights : sequence of arrays of shape (outputs, products)
    directions : array of shape (directions, weights)
    activation : sequence of int, optional
        Coefficients of the polynomial that is applied to hidden units, the constant first.

    Returns
    -------
    array of shape (dimension, directions)
        To first order; the rank of the differential is the number of directions less the
        dimension.
    """
    network, prime = setting.network, setting.prime

    def rows(inputs: Residues) -> Residues:
        along = jacobian(network, weights, inputs, setting.ring, activation=activation)
        return modular.matmul(along.reshape(-1, network.weights), directions.T, prime)

    first = len(directions) // network.units[-1] + _FRESH
    return annihilated(_in_portions(setting, rows, 1), first, prime)


def _in_portions(
    setting: Setting, rows: Callable[[Residues], Residues], copies: int
) -> Callable[[int], Residues]:
    """Return conditions at random inputs, of which so many are taken at once as memory holds."""
    network = setting.network
    most = max(1, _CHUNK // (network.units[-1] * network.weights * copies))

    def conditions(points: int) -> Residues:
        portions = np.split(setting.inputs(points), range(most, points, most))
        return np.concatenate([rows(inputs) for inputs in portions])

    return conditions
