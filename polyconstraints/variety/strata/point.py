"""A random point of a stratum, built layer by layer, and the dimensions that are measured there.

Two points are built at once. The *plain* one has layers that are equivariant between the
representations of the levels. The *general* one adds to each layer random combinations of
the relations between the products that it reads: a relation is zero as a function, so that
nothing that the network computes changes, but the weights do. (Three invariants of degree 2
among e1, e1² and p2, for one, satisfy e1² = (e1)², which a layer that reads them can add to
any of its outputs.) Both points have the same values at every level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.errors import PolyconstraintsError
from polyconstraints.evaluation import layer_products
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Move
from polyconstraints.variety.strata.equivariant import change_derivatives, equivariant_layers
from polyconstraints.variety.strata.kernel import (
    SPARE,
    Setting,
    by_layers,
    function_kernel,
    is_symmetric,
    tangent_space,
)
from polyconstraints.variety.strata.representations import Level

__all__ = ["Dimensions", "StratumPoint", "measure", "random_point"]


@dataclass(frozen=True, eq=False)
class StratumPoint:
    """A random point of a stratum, and the layers that it was chosen from.

    Attributes
    ----------
    plain, general : tuple of arrays of shape (outputs, products)
        Weights of the two points; see the module's description.
    directions : tuple of arrays of shape (dimension, outputs, products)
        A basis of the plain layers at each place.
    dimension : int
        That of the stratum in the space of weights. The stratum is a tower: the layers up to one
        of them make a variety over which the choices of the next layer are a bundle, so that
        their dimensions add up.
    attained : tuple of dict
        For each hidden level, how many linearly independent copies of each summand its
        functions span modulo constants. Less than the level's multiplicities where the
        levels below cannot supply so many.
    """

    plain: tuple[Residues, ...]
    general: tuple[Residues, ...]
    directions: tuple[Residues, ...]
    dimension: int
    attained: tuple[dict[str, int], ...]


def random_point(setting: Setting, levels: Sequence[Level]) -> StratumPoint:
    """Return a random point of a stratum, given what each level from inputs to outputs carries."""
    network, prime = setting.network, setting.prime
    count = 2 * max(layer.products for layer in network.layers) + SPARE
    inputs = setting.inputs(count)
    # The points themselves, then those that each generator moves them to.
    units = np.concatenate([inputs, *setting.moved(inputs)])
    plain, general, bases, attained = [], [], [], []
    dimension = 0
    for layer, (below, above) in zip(network.layers, pairwise(levels), strict=True):
        products = layer_products(layer, units, setting.ring)
        here, *there = np.split(products, 1 + len(setting.moves))
        # The linear relations between the products that the layer reads.
        relations = modular.nullspace(here, prime)
        directions = _directions(layer, below, above, here, there, prime)
        mixture = setting.random((1, len(directions)))
        chosen = modular.matmul(mixture, directions.reshape(len(directions), layer.weights), prime)
        weights = chosen.reshape(layer.outputs, layer.products)
        mixture = setting.random((layer.outputs, len(relations)))
        plain.append(weights)
        general.append((weights + modular.matmul(mixture, relations, prime)) % prime)
        bases.append(directions)
        # What may be added to any output: relations; under a level whose units may be changed by
        # any invertible affine map, the old outputs and the constant too.
        common = [relations]
        units = modular.matmul(products, weights.T, prime)
        if layer.index + 1 < network.depth:
            common.append(general[-1])
            if layer.bias:
                # The product o_0 · o_0 (or o_0 alone) comes first.
                common.append(np.eye(1, layer.products, dtype=np.int64))
            attained.append(_attained(above, units[:count], layer.bias, prime))
        dimension += _layer_dimension(directions, np.concatenate(common), prime)
    return StratumPoint(tuple(plain), tuple(general), tuple(bases), dimension, tuple(attained))


def _layer_dimension(directions: Residues, common: Residues, prime: int) -> int:
    """Return the dimension of what directions, and common rows in any output, span."""
    rows, pivots = modular.row_echelon(common, prime)
    rest = directions - modular.matmul(directions[..., pivots], rows, prime)
    count, outputs, products = directions.shape
    span = modular.rank(rest.reshape(count, outputs * products) % prime, prime)
    return int(outputs * len(rows)) + span


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
    if not any(block.copies for block in level.representation.blocks):
        return level.names
    spans: dict[str, list[Residues]] = {}
    for block, at in zip(level.representation.blocks, level.representation.slices, strict=True):
        for name, functionals in block.copies:
            coordinates = modular.from_rationals(functionals, prime)
            span = modular.matmul(values[:, at], coordinates.T, prime)
            spans.setdefault(name, []).append(span)
    found = {
        name: modular.rank(np.concatenate(parts, axis=1), prime) // parts[0].shape[1]
        for name, parts in spans.items()
    }
    return {name: count for name, count in found.items() if count}


# --- Dimensions ---------------------------------------------------------------------------


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
        What the functions of each hidden level span; see :class:`StratumPoint`.
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

    A rank modulo a prime at a random point can only fall short of the true one. Where two
    primes disagree the third one decides, and the figures count as confirmed if it agrees
    with one of the others. Time and memory are those of Gaussian elimination on a square
    matrix of the size of the number of weights.

    Raises
    ------
    PolyconstraintsError
        If a point that should be symmetric is not: F(σx) ≠ σF(x) at fresh points.
    """
    found: list[Dimensions] = []
    for prime in modular.PRIMES:
        result = _measured(Setting.make(network, moves, prime, seed), levels)
        if result in found:
            return replace(result, confirmed=True)
        found.append(result)
    return max(found, key=lambda result: (result.weight, -result.tangent))


def _measured(setting: Setting, levels: Sequence[Level]) -> Dimensions:
    prime = setting.prime
    point = random_point(setting, levels)
    if not (is_symmetric(setting, point.plain) and is_symmetric(setting, point.general)):
        carried = " | ".join(str(level) for level in levels[1:-1])
        raise PolyconstraintsError(
            f"the point that was chosen for {carried or 'the outputs'} is not symmetric, so that "
            "nothing was measured there: an error of this program"
        )
    directions = by_layers(setting.network, point.directions)
    tangent = tangent_space(setting, point.general)
    weight = plain = point.dimension
    function: int | None = None
    if all(level.representation is not None for level in levels):
        plain = modular.rank(np.concatenate([directions, _changes(setting, point)]), prime)
        # Relations don't change functions, so the plain point has all of them.
        function = len(directions) - len(function_kernel(setting, point.plain, directions))
    elif weight == len(tangent):
        function = weight - len(function_kernel(setting, point.general, tangent))
    return Dimensions(weight, plain, len(tangent), function, len(directions), point.attained)


def _changes(setting: Setting, point: StratumPoint) -> Residues:
    """Return the derivatives of the plain weights along changes of the hidden units, in rows.

    A change of a level's units, matrix and (with a bias) shift, moves the outputs of the
    layer below, and the layer above undoes it.
    """
    network, prime = setting.network, setting.prime
    blocks = [np.zeros((0, network.weights), dtype=np.int64)]
    for below, above in pairwise(network.layers):
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
        blocks.append(np.zeros((len(made), network.weights), dtype=np.int64))
        start = sum(layer.weights for layer in network.layers[: below.index])
        both = np.concatenate(
            [made.reshape(len(made), -1), -undone.reshape(len(made), -1) % prime], axis=1
        )
        blocks[-1][:, start : start + both.shape[1]] = both
    return np.concatenate(blocks)
