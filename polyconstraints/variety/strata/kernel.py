"""Linear conditions that hold at every point of a space, found from random points.

Ranks are computed modulo a prime, at random inputs, in a :class:`Setting`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.errors import UsageError
from polyconstraints.evaluation import Array, Modulo, both_sides, jacobian
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Move, Symmetry, end_moves

#: One array of residues a layer, shape (outputs, products).
Weights = Sequence[Residues]

#: Points or conditions beyond the dimension of a space, which confirm it.
SPARE = 4

#: Entries of the largest array of derivatives that is made at once.
_CHUNK = 20_000_000


@dataclass(frozen=True, eq=False)
class Setting:
    """What ranks at random points are computed for, and with what.

    The network has ordered indices; a move says how a generator of the group moves inputs and
    outputs.
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

    With redundant indices the function depends on the sums W_ij + W_ji alone, so that the variety
    is that of ordered indices times a space of antisymmetric parts.
    """
    return network.replaced(indices="ordered")


def moves_of(network: NetworkSpec, symmetry: Symmetry) -> tuple[Move, ...]:
    """Return how each generator of the group moves the inputs and the outputs."""
    if symmetry.compare != "function" and network.indices == "redundant":
        raise UsageError(
            f"expected function in network scope, where x_i x_j = x_j x_i has been used, "
            f"got {symmetry.compare}",
            "compare",
        )
    return end_moves(network, symmetry)


def split(network: NetworkSpec, vector: Array) -> list[Array]:
    """Return one vector of all weights (or rows of such) as one array a layer."""
    parts, start = [], 0
    for layer in network.layers:
        part = vector[..., start : start + layer.weights]
        parts.append(part.reshape(*vector.shape[:-1], layer.outputs, layer.products))
        start += layer.weights
    return parts


def by_layers(network: NetworkSpec, directions: Sequence[Array]) -> Array:
    """Return directions of single layers as rows of derivatives of all weights.

    Those of each layer have shape (directions, outputs, products); the result has shape
    (all directions, weights).
    """
    pairs = zip(network.layers, directions, strict=True)
    return np.concatenate(
        [placed(network, one.index, part.reshape(len(part), one.weights)) for one, part in pairs]
    )


def placed(network: NetworkSpec, layer: int, rows: Array) -> Array:
    """Return derivatives of the weights from a layer on as derivatives of all weights."""
    start = sum(one.weights for one in network.layers[:layer])
    return np.pad(rows, ((0, 0), (start, network.weights - start - rows.shape[1])))


def is_symmetric(setting: Setting, weights: Weights) -> bool:
    """Return whether F(σx) = σF(x) at a few random inputs, for each generator σ."""
    network, inputs = setting.network, setting.inputs(SPARE)
    sides = both_sides(network, setting.moves, weights, inputs, setting.ring)
    return all(np.array_equal(moved, after) for moved, after in sides)


class Conditions(NamedTuple):
    """Linear conditions on directions, in rows, and how many of them are independent."""

    rank: int
    rows: Residues


def tangent_conditions(setting: Setting, weights: Weights, at_least: int = 0) -> Conditions:
    """Return the conditions that a symmetric network stays symmetric to first order.

    The null space is that of δW ↦ dF(σx)[δW] - σ·dF(x)[δW] over all x and generators σ: the tangent
    space, of which at least so many dimensions are known.
    """
    network, ring = setting.network, setting.ring

    def source(number: int) -> Residues:
        """Return a random combination of all equations at each of so many points."""
        inputs = setting.inputs(number)
        total: Residues = np.zeros((number, 1, network.weights), dtype=np.int64)
        here = np.zeros((number, 1, network.units[-1]), dtype=np.int64)
        for moved, (_, after) in zip(setting.moved(inputs), setting.moves, strict=True):
            rows = setting.random((number, 1, network.units[-1]))
            total += jacobian(network, weights, moved, ring, rows=rows)
            # Output k of σF is output σ(k) of F, and no two k have one σ(k).
            here[..., list(after)] += rows
        total -= jacobian(network, weights, inputs, ring, rows=here % setting.prime)
        return total[:, 0] % setting.prime

    return _saturated(source, network.weights - at_least, setting.prime, network.weights)


def function_dimension(
    setting: Setting,
    weights: Weights,
    along: Residues | Conditions | None = None,
    guess: int = 3 * SPARE,
) -> int:
    """Return the rank of the differential of weights → function along directions.

    They are rows of derivatives of all weights, or all that meet conditions, if there are any. The
    guess is what the rank may be: symmetric functions are few.
    """
    network, ring, prime = setting.network, setting.ring, setting.prime

    def source(number: int) -> Residues:
        """Return the derivatives of a random combination of outputs at so many points."""
        inputs, rows = setting.inputs(number), setting.random((number, 1, network.units[-1]))
        found = jacobian(network, weights, inputs, ring, rows=rows)[:, 0]
        return modular.matmul(found, along.T, prime) if isinstance(along, np.ndarray) else found

    if isinstance(along, np.ndarray):
        return _saturated(source, guess, prime, len(along)).rank
    # What the conditions don't say yet of a direction.
    both = _saturated(source, guess, prime, network.weights, along)
    return both.rank - (along.rank if along else 0)


def _saturated(
    source: Callable[[int], Residues],
    guess: int,
    prime: int,
    unknowns: int,
    known: Conditions | None = None,
) -> Conditions:
    """Return all conditions of a random source, beside known ones.

    The source gives as many independent random conditions as it is asked for, in rows. One adds
    to those before unless all are known already, but with a probability of about (degree)/(prime):
    so those that were drawn are all as soon as a few of them add nothing. The guess is how many
    may be needed; so many are drawn at once as memory holds.
    """
    before, rows = known or (0, np.zeros((0, unknowns), dtype=np.int64))
    most = max(1, _CHUNK // max(1, unknowns))
    drawn = 0
    while True:
        missing = guess + SPARE - drawn
        parts = [source(min(most, missing - start)) for start in range(0, missing, most)]
        rows = np.concatenate([rows, *parts])
        drawn += missing
        rank = modular.rank(rows, prime)
        if rank - before + SPARE <= drawn:
            return Conditions(rank, rows)
        guess = 2 * guess + 1
