"""How many parameters of a tied network can be told apart by the functions it computes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.spec.network import LayerSpec, NetworkSpec

__all__ = ["function_dimension"]

#: Entries of the largest array that the computation may make.
_LIMIT = 50_000_000

Residues = NDArray[np.int64]


def function_dimension(
    network: NetworkSpec, layers: Sequence[LayerClasses], seed: int = 0
) -> int | None:
    """Return the dimension of the set of functions that a tied network computes.

    The generic rank of the differential of parameters → F, where F is known by its values
    at random points. It is computed modulo a prime at random parameters, and confirmed with
    a second prime and other random choices.

    Parameters
    ----------
    network : NetworkSpec
    layers : sequence of LayerClasses
    seed : int

    Returns
    -------
    int or None
        None where the computation would be too large to be worth its time.

    Notes
    -----
    Points are added until one more doesn't raise the rank: while directions are left that
    change the function and vanish at the points so far, a random further point tells some
    of them. There is no bound in terms of the outputs, since those of a symmetric network
    may be few functions of many arguments. Time is O(points · parameters · products) a
    layer.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> network = pc.NetworkSpec(3, depth=2, bias=True)
    >>> derivation = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(3)))
    >>> function_dimension(network, derivation.layers)
    11
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
    value: Residues = modular.random_residues(rng, prime, (points, network.units[0]))
    # tangent[p, t, u]: derivative of unit u at point p along parameter t.
    tangent: Residues = np.zeros((points, 0, network.units[0]), dtype=np.int64)
    for classes in layers:
        layer = classes.layer
        spread = _parameters_to_classes(classes, prime)
        theta = modular.random_residues(rng, prime, (classes.dimension, 1))
        values = modular.matmul(spread, theta, prime)[classes.by_weight, 0]
        weights = values.reshape(layer.outputs, layer.products)
        products, moved = _products(layer, value, tangent, prime)
        own = _own_tangents(classes, spread, products, prime)
        value = modular.matmul(products, weights.T, prime)
        carried = modular.matmul(moved, weights.T, prime)
        tangent = np.concatenate([carried, own], axis=1)
    jacobian = tangent.transpose(1, 0, 2).reshape(tangent.shape[1], points * value.shape[1])
    fewer = jacobian[:, : (points - 1) * network.units[-1]]
    return modular.rank(fewer, prime), modular.rank(jacobian, prime)


def _products(
    layer: LayerSpec, value: Residues, tangent: Residues, prime: int
) -> tuple[Residues, Residues]:
    """Return the products of inputs that the weights multiply, and their derivatives."""
    if layer.bias:
        value = np.pad(value, ((0, 0), (1, 0)), constant_values=1)
        tangent = np.pad(tangent, ((0, 0), (0, 0), (1, 0)))
    indices = layer.product_indices()
    if layer.degree == 1:
        return value[:, indices[:, 0]], tangent[:, :, indices[:, 0]]
    i, j = indices.T
    products = value[:, i] * value[:, j] % prime
    moved = tangent[:, :, i] * value[:, None, j] % prime
    moved += value[:, None, i] * tangent[:, :, j] % prime
    return products, moved % prime


def _own_tangents(
    classes: LayerClasses, spread: Residues, products: Residues, prime: int
) -> Residues:
    """Return the derivatives of a layer's outputs along its own parameters."""
    layer = classes.layer
    points, numbers = len(products), len(classes.sizes)
    by_class = np.zeros((layer.outputs * numbers, points), dtype=np.int64)
    output = np.repeat(np.arange(layer.outputs), layer.products)
    target = output * numbers + classes.by_weight
    np.add.at(by_class, target, np.tile(products.T, (layer.outputs, 1)))
    blocks = (by_class % prime).reshape(layer.outputs, numbers, points)
    own = modular.matmul(blocks.transpose(2, 0, 1), spread, prime)
    return own.transpose(0, 2, 1)


def _parameters_to_classes(classes: LayerClasses, prime: int) -> Residues:
    """Return the matrix (classes × parameters) of a layer's dependent weights mod a prime."""
    column = {number: at for at, number in enumerate(classes.free)}
    matrix = np.zeros((len(classes.sizes), classes.dimension), dtype=np.int64)
    for number, at in column.items():
        matrix[number, at] = 1
    for number, combination in classes.dependent.items():
        for free, value in combination.items():
            residue = value.numerator * pow(value.denominator, -1, prime) % prime
            matrix[number, column[free]] = residue
    return matrix
