"""How many parameters of a tied network can be told apart by the functions it computes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.evaluation import Modulo, adjoints, forward
from polyconstraints.spec.network import NetworkSpec

#: Entries of the largest array that the computation may make.
_LIMIT = 50_000_000


def function_dimension(
    network: NetworkSpec, layers: Sequence[LayerClasses], seed: int = 0
) -> int | None:
    """Return the dimension of the set of functions that a tied network computes.

    The generic rank of the differential of parameters → F, where F is known by its values
    at random points. It is computed modulo a prime at random parameters, and confirmed with
    a second prime and other random choices.
    None where the computation would be too large to be worth its time.

    Points are added until one more doesn't raise the rank: while directions are left that
    change the function and vanish at the points so far, a random further point tells some
    of them. There is no bound in terms of the outputs, since those of a symmetric network
    may be few functions of many arguments. Derivatives go backwards from the outputs: time
    is O(points · outputs · (units + parameters) · products) a layer of its own parameters,
    and that of the rank.
    """
    parameters = sum(layer.dimension for layer in layers)
    points = -(-parameters // network.units[-1]) + 2
    widest = max(layer.products * max(layer.outputs, parameters) for layer in network.layers)
    while points * widest <= _LIMIT:
        ranks = [
            _jacobian_ranks(network, layers, points, prime, np.random.default_rng([seed, prime]))
            for prime in modular.PRIMES[:2]
        ]
        fewer, rank = max(ranks, key=lambda pair: pair[1])
        if fewer == rank:
            return rank
        points *= 2
    return None


def _jacobian_ranks(
    network: NetworkSpec,
    layers: Sequence[LayerClasses],
    points: int,
    prime: int,
    rng: np.random.Generator,
) -> tuple[int, int]:
    """Return the rank at all points but the last one, and at all of them."""
    ring = Modulo(prime)
    inputs = modular.random_residues(rng, prime, (points, network.units[0]))
    spreads, weights = [], []
    for classes in layers:
        spread = _parameters_to_classes(classes, prime)
        theta = modular.random_residues(rng, prime, (classes.dimension, 1))
        by_weight = modular.matmul(spread, theta, prime)[classes.by_weight, 0]
        spreads.append(spread)
        weights.append(by_weight.reshape(classes.layer.outputs, classes.layer.products))
    # Backwards, since there are fewer outputs than parameters.
    blocks = []
    for step, along in adjoints(network, list(forward(network, weights, inputs, ring)), ring):
        at = step.layer.index
        own = _own_tangents(layers[at], spreads[at], step.products, prime)
        blocks.append(modular.matmul(along, own, prime))
    jacobian = np.concatenate(blocks[::-1], axis=2).reshape(points * network.units[-1], -1)
    fewer = jacobian[: (points - 1) * network.units[-1]]
    return modular.rank(fewer, prime), modular.rank(jacobian, prime)


def _own_tangents(
    classes: LayerClasses, spread: Residues, products: Residues, prime: int
) -> Residues:
    """Return the derivatives of a layer's outputs along its own parameters, at each point."""
    layer = classes.layer
    points, numbers = len(products), len(classes.sizes)
    by_class = np.zeros((layer.outputs * numbers, points), dtype=np.int64)
    output = np.repeat(np.arange(layer.outputs), layer.products)
    target = output * numbers + classes.by_weight
    np.add.at(by_class, target, np.tile(products.T, (layer.outputs, 1)))
    blocks = (by_class % prime).reshape(layer.outputs, numbers, points)
    return modular.matmul(blocks.transpose(2, 0, 1), spread, prime)


def _parameters_to_classes(classes: LayerClasses, prime: int) -> Residues:
    """Return the matrix (classes × parameters) of a layer's dependent weights mod a prime."""
    matrix = np.zeros((len(classes.sizes), classes.dimension), dtype=np.int64)
    matrix[list(classes.free), np.arange(classes.dimension)] = 1
    rows, columns, factors = classes.dependence
    matrix[rows, columns] = modular.from_rationals(factors, prime)
    return matrix
