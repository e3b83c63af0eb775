"""A random point of a stratum, built layer by layer.

Two points are built at once. The *plain* one has layers that are equivariant between the
representations of the levels. The *general* one adds to each layer random combinations of
the relations between the products that it reads: a relation is zero as a function, so that
nothing that the network computes changes, but the weights do. (Three invariants of degree 2
among e1, e1² and p2, for one, satisfy e1² = (e1)², which a layer that reads them can add to
any of its outputs.) Both points have the same values at every level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.spec.network import LayerSpec
from polyconstraints.variety.strata.equivariant import equivariant_layers
from polyconstraints.variety.strata.evaluation import Residues, layer_products
from polyconstraints.variety.strata.representations import Level
from polyconstraints.variety.strata.setting import Setting

__all__ = ["LayerFamily", "StratumPoint", "random_point"]

#: Points beyond the dimension of a space of functions at which they are compared.
_SPARE = 4


@dataclass(frozen=True, eq=False)
class LayerFamily:
    """The layers that may stand at one place of a stratum, given those before.

    Attributes
    ----------
    layer : LayerSpec
    directions : array of shape (dimension, outputs, products)
        A basis of the plain layers.
    relations : array of shape (relations, products)
        A basis of the linear relations between the products that the layer reads.
    changes : bool
        Whether the outputs may be changed by any invertible affine map.
    """

    layer: LayerSpec
    directions: Residues
    relations: Residues
    changes: bool

    def dimension(self, weights: Residues, prime: int) -> int:
        """Return the dimension of all the layers, at a layer of the family.

        Parameters
        ----------
        weights : array of shape (outputs, products)
        prime : int

        Notes
        -----
        The tangent space is spanned by the directions, by any relation in any output and,
        with changes, by any old output or the constant added to any output. The latter two
        make the same space U of each output's weights, so directions count modulo U.
        """
        common = [self.relations]
        if self.changes:
            common.append(weights)
            if self.layer.bias:
                # The product o_0 · o_0 (or o_0 alone) comes first.
                common.append(np.eye(1, self.layer.products, dtype=np.int64))
        rows, pivots = modular.row_echelon(np.concatenate(common), prime)
        rest = self.directions - modular.matmul(self.directions[..., pivots], rows, prime)
        rest = rest.reshape(len(self.directions), self.layer.weights) % prime
        return self.layer.outputs * len(rows) + modular.rank(rest, prime)


@dataclass(frozen=True, eq=False)
class StratumPoint:
    """A random point of a stratum, and the layers that it was chosen from.

    Attributes
    ----------
    plain, general : tuple of arrays of shape (outputs, products)
        Weights of the two points; see the module's description.
    families : tuple of LayerFamily
    attained : tuple of dict
        For each hidden level, how many linearly independent copies of each summand its
        functions span modulo constants. Less than the level's multiplicities where the
        levels below cannot supply so many.
    """

    plain: tuple[Residues, ...]
    general: tuple[Residues, ...]
    families: tuple[LayerFamily, ...]
    attained: tuple[dict[str, int], ...]

    def directions(self) -> Residues:
        """Return the plain directions of all layers as rows of derivatives of all weights."""
        sizes = [family.layer.weights for family in self.families]
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        rows = sum(len(family.directions) for family in self.families)
        result = np.zeros((rows, int(bounds[-1])), dtype=np.int64)
        at = 0
        for family, start, stop in zip(self.families, bounds[:-1], bounds[1:], strict=True):
            count = len(family.directions)
            result[at : at + count, start:stop] = family.directions.reshape(
                count, family.layer.weights
            )
            at += count
        return result

    def dimension(self, prime: int) -> int:
        """Return the dimension of the stratum in the space of weights.

        Notes
        -----
        The stratum is a tower: the layers up to one of them make a variety over which the
        choices of the next layer are a bundle. So its dimension is the sum of those of the
        families.
        """
        return sum(
            family.dimension(weights, prime)
            for family, weights in zip(self.families, self.general, strict=True)
        )


def random_point(setting: Setting, levels: Sequence[Level]) -> StratumPoint:
    """Return a random point of a stratum.

    Parameters
    ----------
    setting : Setting
    levels : sequence of Level
        What each level carries, from the inputs to the outputs.
    """
    network, prime = setting.network, setting.prime
    count = 2 * max(layer.products for layer in network.layers) + _SPARE
    inputs = setting.random((count, network.units[0]))
    # The points themselves, then those that each generator moves them to.
    values = np.concatenate([inputs, *(inputs[:, list(before)] for before, _ in setting.moves)])
    plain, general, families, attained = [], [], [], []
    for layer, below, above in zip(network.layers, levels[:-1], levels[1:], strict=True):
        products = layer_products(layer, values, prime)
        here, *there = np.split(products, 1 + len(setting.moves))
        relations = modular.nullspace(here, prime)
        directions = _directions(layer, below, above, here, there, prime)
        mixture = setting.random((1, len(directions)))
        chosen = modular.matmul(mixture, directions.reshape(len(directions), layer.weights), prime)
        weights = chosen.reshape(layer.outputs, layer.products)
        mixture = setting.random((layer.outputs, len(relations)))
        plain.append(weights)
        general.append((weights + modular.matmul(mixture, relations, prime)) % prime)
        changes = layer.index + 1 < network.depth
        families.append(LayerFamily(layer, directions, relations, changes))
        values = modular.matmul(products, weights.T, prime)
        if changes:
            attained.append(_attained(above, values[:count], layer.bias, prime))
    return StratumPoint(tuple(plain), tuple(general), tuple(families), tuple(attained))


def _directions(
    layer: LayerSpec,
    below: Level,
    above: Level,
    here: Residues,
    there: Sequence[Residues],
    prime: int,
) -> Residues:
    """Return a basis of the plain layers between two levels, (dimension, outputs, products)."""
    products = layer.products
    if above.representation is None:
        size = above.rank * products
        rows = np.eye(size, dtype=np.int64).reshape(size, above.rank, products)
    elif below.representation is not None:
        return equivariant_layers(layer, below, above, prime)
    else:
        rows = _solved(above, here, there, prime)
    return np.pad(rows, ((0, 0), (0, layer.outputs - above.rank), (0, 0)))


def _solved(above: Level, here: Residues, there: Sequence[Residues], prime: int) -> Residues:
    """Return the layers whose outputs carry a representation, where their inputs don't.

    The equations W p(σx) = R(σ) W p(x) are linear in W once the inputs are known.
    """
    rank, products = above.rank, here.shape[1]
    matrices = above.representation.matrices if above.representation else ()
    identity = np.eye(rank, dtype=np.int64)
    blocks = [np.zeros((0, rank * products), dtype=np.int64)]
    for matrix, moved in zip(matrices, there, strict=True):
        turned = modular.from_rationals(matrix, prime)
        # Entries of the Kronecker products are residues times residues.
        blocks.append((np.kron(identity, moved) - np.kron(turned, here) % prime) % prime)
    basis = modular.nullspace(np.concatenate(blocks), prime)
    return basis.reshape(len(basis), rank, products)


def _attained(level: Level, values: Residues, bias: bool, prime: int) -> dict[str, int]:
    """Return how many independent copies of each summand a level's functions span."""
    values = values[:, : level.rank]
    if bias:
        # A constant can be shifted away: differences don't know it.
        values = (values - values[:1]) % prime
    if level.representation is None:
        return {name: modular.rank(values, prime) for name in level.names}
    spans: dict[str, list[Residues]] = {}
    sizes: dict[str, int] = {}
    for copy in level.representation.copies:
        coordinates = modular.from_rationals(copy.coordinates, prime)
        spans.setdefault(copy.name, []).append(modular.matmul(values, coordinates.T, prime))
        sizes[copy.name] = len(coordinates)
    found = {
        name: modular.rank(np.concatenate(parts, axis=1), prime) // sizes[name]
        for name, parts in spans.items()
    }
    if not level.representation.copies:
        return level.names
    return {name: count for name, count in found.items() if count}
