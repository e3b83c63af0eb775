"""Where a computation modulo a prime takes place: network, symmetry, prime and random source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.errors import UsageError
from polyconstraints.spec.groups import Permutation
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.variety.strata.evaluation import Residues

__all__ = ["Setting", "antisymmetric_weights", "moves_of", "ordered_network"]

#: How a permutation moves the inputs and the outputs of the network.
Move = tuple[Permutation, Permutation]


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

    def random(self, shape: tuple[int, ...]) -> Residues:
        """Return random residues."""
        return modular.random_residues(self.rng, self.prime, shape)


def ordered_network(network: NetworkSpec) -> NetworkSpec:
    """Return the same network with one weight for each commuting product.

    With redundant indices the function depends on the sums W_ij + W_ji alone, so that the
    variety is that of ordered indices times a space of antisymmetric parts; see
    :func:`antisymmetric_weights`.
    """
    if network.indices == "ordered":
        return network
    return NetworkSpec(
        network.inputs,
        network.depth,
        network.layer,
        "ordered",
        network.bias,
        network.hidden,
        network.outputs,
        network.channels,
    )


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
    moves = []
    for action in symmetry.unit_actions(network, generators=True):
        before, after = action[0], action[-1]
        if before is None or after is None:
            raise UsageError("expected the group to act on inputs and outputs", "symmetry")
        moves.append((before, after))
    return tuple(moves)
