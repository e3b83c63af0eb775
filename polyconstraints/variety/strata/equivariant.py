"""Layers that are equivariant between given representations, as linear spaces.

Acting on the inputs of a layer acts on the products of inputs that its weights multiply: the
*induced* matrix P(M). A layer W is equivariant from R to R' if W P(R(g)) = R'(g) W for every
generator g of the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.spec.network import LayerSpec
from polyconstraints.variety.strata.evaluation import Residues
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.representations import Level, Representation

__all__ = ["change_derivatives", "equivariant_layers", "induced", "rational_layers"]


def induced(
    layer: LayerSpec, matrix: Residues, prime: int, shift: Residues | None = None
) -> Residues:
    """Return how an affine change of a layer's inputs acts on its products.

    Parameters
    ----------
    layer : LayerSpec
    matrix : array of shape (inputs, inputs)
    prime : int
    shift : array of shape (inputs,), optional
        What is added to the inputs; for layers with a bias only.

    Returns
    -------
    array of shape (products, products)
        P with products(matrix · o + shift) = P · products(o).
    """
    letters = _on_letters(layer, matrix, shift)
    result: Residues = _polarised(layer, letters, letters) % prime
    return result


def _on_letters(layer: LayerSpec, matrix: NDArray[Any], shift: NDArray[Any] | None) -> NDArray[Any]:
    if not layer.bias:
        return matrix
    size = len(matrix) + 1
    letters = np.zeros((size, size), dtype=matrix.dtype)
    letters[0, 0] = 1
    letters[1:, 1:] = matrix
    if shift is not None:
        letters[1:, 0] = shift
    return letters


def _polarised(layer: LayerSpec, left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Return the matrix of the products (left · z)_i (right · z)_j in the products of z.

    Entries are sums of two products of entries.
    """
    indices = layer.product_indices()
    if layer.degree == 1:
        return left
    i, j = indices.T
    straight: NDArray[Any] = left[np.ix_(i, i)] * right[np.ix_(j, j)]
    mixed: NDArray[Any] = left[np.ix_(i, j)] * right[np.ix_(j, i)]
    mixed[:, i == j] = 0
    # Products of residues fill 62 bits: a sum of two fits a signed 64-bit integer.
    straight += mixed
    return straight


def change_derivatives(layer: LayerSpec, prime: int) -> Residues:
    """Return the derivatives of the induced matrix along all changes of the inputs.

    Returns
    -------
    array of shape (changes, products, products)
        First along the entries of the matrix, row by row, then, with a bias, along the
        shift; at the identity.
    """
    inputs, first = layer.inputs, int(layer.bias)
    identity = np.eye(layer.letters, dtype=np.int64)
    places = [(row + first, column + first) for row in range(inputs) for column in range(inputs)]
    if layer.bias:
        places += [(row + 1, 0) for row in range(inputs)]
    result = np.zeros((len(places), layer.products, layer.products), dtype=np.int64)
    for at, place in enumerate(places):
        direction = np.zeros_like(identity)
        direction[place] = 1
        if layer.degree == 1:
            result[at] = direction
        else:
            moved = _polarised(layer, direction, identity) + _polarised(layer, identity, direction)
            result[at] = moved % prime
    return result


def equivariant_layers(layer: LayerSpec, below: Level, above: Level, prime: int) -> Residues:
    """Return a basis of the equivariant layers between two levels, modulo a prime.

    Parameters
    ----------
    layer : LayerSpec
        With ordered indices.
    below, above : Level
        Both with a representation.
    prime : int
        Larger than the order of the group's points, so that no denominator vanishes.

    Returns
    -------
    array of shape (dimension, outputs, products)
        Weights from and to the units that are left over are zero.

    Notes
    -----
    The null space of (generators · rank · products) equations in rank · products unknowns.
    """
    source, target = below.representation, above.representation
    if source is None or target is None:
        raise ValueError("both levels need a representation")
    basis = _modular_intertwiners(_core(layer, below, above), source, target, prime)
    return _padded(basis, layer)


def rational_layers(layer: LayerSpec, below: Level, above: Level) -> Rationals:
    """Return the same basis over the rationals, in reduced row echelon form.

    Returns
    -------
    object array of shape (dimension, outputs, products)
        Flattened, each basis vector has a 1 where the others have 0.
    """
    from flint import fmpq, fmpq_mat

    source, target = below.representation, above.representation
    if source is None or target is None:
        raise ValueError("both levels need a representation")
    core = _core(layer, below, above)
    size = core.outputs * core.products
    if not size:
        return np.zeros((0, layer.outputs, layer.products), dtype=object)
    equations = _equations(core, source, target, None)
    rows = np.nonzero(equations.any(axis=1))[0]
    entries = [fmpq(int(v.numerator), int(v.denominator)) for v in equations[rows].ravel()]
    basis = _rational_nullspace(fmpq_mat(len(rows), size, entries))
    array = np.zeros((len(basis), size), dtype=object)
    for at, vector in enumerate(basis):
        array[at] = vector
    return _padded(array.reshape(len(basis), core.outputs, core.products), layer)


def _core(layer: LayerSpec, below: Level, above: Level) -> LayerSpec:
    """Return the layer without the units that are left over; all such layers are alike."""
    return replace(layer, index=0, inputs=below.rank, outputs=above.rank)


def _padded(basis: NDArray[Any], layer: LayerSpec) -> NDArray[Any]:
    """Return layers between fewer units as layers between all: new weights are zero.

    Products are numbered by their larger letter first, so those of the first letters are
    the first products.
    """
    count, rows, columns = basis.shape
    result = np.zeros((count, layer.outputs, layer.products), dtype=basis.dtype)
    result[:, :rows, :columns] = basis
    return result


def _equations(
    core: LayerSpec, source: Representation, target: Representation, prime: int | None
) -> NDArray[Any]:
    """Return the matrix of W P(R) - R' W for all generators, acting on the flattened W."""
    size = core.outputs * core.products
    blocks = [np.zeros((0, size), dtype=object if prime is None else np.int64)]
    for acting, image in zip(source.matrices, target.matrices, strict=True):
        if prime is None:
            moved = _polarised_exact(core, acting)
            turned = image
            dtype: Any = object
        else:
            moved = induced(core, modular.from_rationals(acting, prime), prime)
            turned = modular.from_rationals(image, prime)
            dtype = np.int64
        left = np.kron(np.eye(core.outputs, dtype=np.int64).astype(dtype), moved.T)
        right = np.kron(turned, np.eye(core.products, dtype=np.int64).astype(dtype))
        blocks.append(left - right if prime is None else (left - right) % prime)
    return np.concatenate(blocks)


def _polarised_exact(core: LayerSpec, matrix: Rationals) -> Rationals:
    letters = _on_letters(core, matrix, None)
    return _polarised(core, letters, letters)


@lru_cache(maxsize=64)
def _modular_intertwiners(
    core: LayerSpec, source: Representation, target: Representation, prime: int
) -> Residues:
    if not core.outputs * core.products:
        return np.zeros((0, core.outputs, core.products), dtype=np.int64)
    equations = _equations(core, source, target, prime)
    basis = modular.nullspace(equations, prime)
    return basis.reshape(len(basis), core.outputs, core.products)


def _rational_nullspace(matrix: Any) -> Sequence[list[Any]]:
    """Return a basis of the null space in which each vector has a variable of its own.

    The variable is the first one where the vector isn't zero: weights depend on earlier
    ones, so the matrix is reduced with its columns in reverse.
    """
    from flint import fmpq, fmpq_mat

    rows, columns = matrix.nrows(), matrix.ncols()
    entries = [
        matrix[row, columns - 1 - column] for row in range(rows) for column in range(columns)
    ]
    reduced, rank = fmpq_mat(rows, columns, entries).rref()
    pivots: list[int] = []
    for row in range(rank):
        start = pivots[-1] + 1 if pivots else 0
        pivots.append(next(c for c in range(start, columns) if reduced[row, c] != fmpq(0)))
    basis = []
    taken = set(pivots)
    for free in reversed(range(columns)):
        if free in taken:
            continue
        vector: list[Any] = [0] * columns
        vector[columns - 1 - free] = 1
        for row, pivot in enumerate(pivots):
            value = -reduced[row, free]
            if value != fmpq(0):
                vector[columns - 1 - pivot] = Fraction(int(value.p), int(value.q))
        basis.append(vector)
    return basis
