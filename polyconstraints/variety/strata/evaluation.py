"""Values and derivatives of layered networks modulo a prime.

Weights are one array of residues a layer, shape (outputs, products). Points are evaluated
together, so that the work is a few matrix products a layer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.spec.network import LayerSpec, NetworkSpec

__all__ = ["Residues", "Weights", "flatten", "jacobian", "layer_products", "outputs", "split"]

Residues = NDArray[np.int64]
Weights = Sequence[Residues]


def layer_products(layer: LayerSpec, values: Residues, prime: int) -> Residues:
    """Return the products of inputs that a layer's weights multiply.

    Parameters
    ----------
    layer : LayerSpec
    values : array of shape (points, inputs)
    prime : int

    Returns
    -------
    array of shape (points, products)
    """
    letters = _letters(layer, values)
    indices = layer.product_indices()
    result: Residues = letters[:, indices[:, 0]]
    for column in indices.T[1:]:
        result = result * letters[:, column] % prime
    return result


def outputs(network: NetworkSpec, weights: Weights, inputs: Residues, prime: int) -> Residues:
    """Return the network's outputs, shape (points, outputs)."""
    values = inputs
    for layer, array in zip(network.layers, weights, strict=False):
        values = modular.matmul(layer_products(layer, values, prime), array.T, prime)
    return values


def jacobian(network: NetworkSpec, weights: Weights, inputs: Residues, prime: int) -> Residues:
    """Return the derivatives of all outputs along all weights, by back-propagation.

    Parameters
    ----------
    network : NetworkSpec
    weights : sequence of arrays of shape (outputs, products)
    inputs : array of shape (points, inputs)
    prime : int

    Returns
    -------
    array of shape (points, outputs, weights)
    """
    levels = [inputs]
    products = []
    for layer, array in zip(network.layers, weights, strict=True):
        products.append(layer_products(layer, levels[-1], prime))
        levels.append(modular.matmul(products[-1], array.T, prime))
    points, width = levels[-1].shape
    # adjoint[p, k, u]: derivative of output k at point p along unit u of the level.
    adjoint: Residues = np.broadcast_to(np.eye(width, dtype=np.int64), (points, width, width))
    blocks: list[Residues] = []
    for layer, array, values, product in reversed(
        list(zip(network.layers, weights, levels[:-1], products, strict=True))
    ):
        own = adjoint[:, :, :, None] * product[:, None, None, :] % prime
        blocks.append(own.reshape(points, width, layer.weights))
        if layer.index:
            along = modular.matmul(adjoint, array, prime)
            adjoint = modular.matmul(along, _product_derivatives(layer, values, prime), prime)
    return np.concatenate(blocks[::-1], axis=2)


def _letters(layer: LayerSpec, values: Residues) -> Residues:
    return np.pad(values, ((0, 0), (1, 0)), constant_values=1) if layer.bias else values


def _product_derivatives(layer: LayerSpec, values: Residues, prime: int) -> Residues:
    """Return the derivatives of each product along each input, (points, products, inputs)."""
    letters = _letters(layer, values)
    indices = layer.product_indices()
    number = np.arange(len(indices))
    result = np.zeros((len(values), len(indices), layer.letters), dtype=np.int64)
    if layer.degree == 1:
        result[:, number, indices[:, 0]] = 1
    else:
        i, j = indices.T
        result[:, number, i] += letters[:, j]
        result[:, number, j] += letters[:, i]
        # A square's derivative 2·o may exceed the residues, which `matmul` relies on.
        result %= prime
    return result[:, :, int(layer.bias) :]


def flatten(weights: Weights) -> Residues:
    """Return the weights of all layers as one vector."""
    return np.concatenate([array.ravel() for array in weights])


def split(network: NetworkSpec, vector: Residues) -> list[Residues]:
    """Return one vector of all weights (or rows of such) as one array a layer."""
    bounds = np.cumsum([layer.weights for layer in network.layers])[:-1]
    return [
        part.reshape(*vector.shape[:-1], layer.outputs, layer.products)
        for layer, part in zip(network.layers, np.split(vector, bounds, axis=-1), strict=True)
    ]
