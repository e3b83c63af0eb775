"""Given weights: are they symmetric, which stratum are they on, and what is proved there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.errors import InputError
from polyconstraints.evaluation import forward
from polyconstraints.variety.strata.irreps import (
    irrep_dimension,
    irrep_matrix,
    partitions_up_to_dimension,
)
from polyconstraints.variety.strata.kernel import SPARE, Setting, is_symmetric, tangent_space
from polyconstraints.variety.strata.representations import Level, direct_sum
from polyconstraints.variety.strata.variety import Stratum, Variety

__all__ = ["Classification", "classify", "hidden_spans"]


@dataclass(frozen=True, eq=False)
class Classification:
    """What is known of a point of the space of weights.

    Off the variety there is no tangent space. There is no stratum either where the functions of
    some hidden level span no representation of the group, so that no known stratum holds the
    point.
    """

    symmetric: bool
    tangent_dimension: int | None
    stratum: Stratum | None

    @property
    def proved(self) -> bool:
        """Whether the component that the point lies on is proved."""
        return (
            self.stratum is not None
            and self.stratum.component
            and self.stratum.dimensions.weight == self.tangent_dimension
        )

    @property
    def status(self) -> str:
        """The state of knowledge in words.

        ``not symmetric``; ``on a component`` where it is proved that the stratum's closure
        is a component and the point is smooth on the variety; else ``not proved``.
        """
        if not self.symmetric:
            return "not symmetric"
        return "on a component" if self.proved else "not proved"


def classify(variety: Variety, weights: Sequence[Any]) -> Classification:
    """Return what is known of a point, given by exact weights.

    The variety is one of S_n with ordered indices; the weights are integers or fractions, one
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
    if not variety.symmetry.group.is_symmetric():
        raise InputError(f"expected the symmetric group, got {variety.symmetry.group.name}")
    setting = Setting.make(network, variety.moves, modular.PRIMES[0], variety.seed)
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
        return Classification(False, None, None)
    tangent = len(tangent_space(setting, arrays))
    hidden = [level for _, level in hidden_spans(setting, arrays, variety) if level is not None]
    # Not measured unless every level carries a representation.
    stratum = variety.measure(hidden) if len(hidden) == network.depth - 1 else None
    return Classification(True, tangent, stratum)


def hidden_spans(
    setting: Setting, weights: Sequence[Residues], variety: Variety
) -> list[tuple[int, Level | None]]:
    """Return what the functions of each hidden level span: its dimension, and what it carries.

    The latter is None where the group doesn't preserve the span. Functions count modulo constants
    where there is a bias: an affine action of a finite group has a fixed point, so that a shift
    makes it linear.
    """
    network, prime = setting.network, setting.prime
    inputs = setting.inputs(2 * max(network.units) + SPARE)
    points = np.concatenate([inputs, *setting.moved(inputs)])
    found: list[tuple[int, Level | None]] = []
    for step in forward(network, weights[:-1], points, setting.ring):
        layer = step.layer
        # One block for x, and one for σx for each generator: functions are columns.
        blocks = np.split(step.sums, 1 + len(setting.moves))
        if layer.bias:
            blocks = [(block - block[:1]) % prime for block in blocks]
        _, chosen = modular.row_echelon(blocks[0], prime)
        here, *there = (block[:, chosen] for block in blocks)
        matrices = [_expressed(block, here, prime) for block in there]
        rank = len(chosen)
        found.append((rank, _recognised(matrices, rank, layer.outputs, variety, prime)))
    return found


def _expressed(functions: Residues, basis: Residues, prime: int) -> Residues | None:
    """Return the matrix of functions in terms of a basis, or None if they lie outside.

    Both are given by their values, shape (points, functions).
    """
    _, points = modular.row_echelon(basis.T, prime)
    inverse = modular.inverse(basis[points], prime)
    matrix = modular.matmul(inverse, functions[points], prime)
    if not np.array_equal(modular.matmul(basis, matrix, prime), functions):
        return None
    return matrix.T


def _recognised(
    matrices: Sequence[Residues | None], rank: int, units: int, variety: Variety, prime: int
) -> Level | None:
    """Return the level that carries a representation given modulo a prime."""
    group = variety.symmetry.group
    counts = []
    for partition in partitions_up_to_dimension(group.degree, rank):
        size = irrep_dimension(partition)
        blocks = [np.zeros((0, size * rank), dtype=np.int64)]
        for matrix, generator in zip(matrices, group.generators, strict=True):
            if matrix is None:
                return None
            image = modular.from_rationals(irrep_matrix(partition, generator), prime)
            left = np.kron(np.eye(size, dtype=np.int64), matrix.T)
            right = np.kron(image, np.eye(rank, dtype=np.int64))
            blocks.append((left - right) % prime)
        # By Schur's lemma the maps to an irreducible summand count its copies.
        copies = len(modular.nullspace(np.concatenate(blocks), prime))
        if copies:
            counts.append((partition, copies))
    return Level(units, rank, direct_sum(group, tuple(counts)))
