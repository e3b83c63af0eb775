"""Layers that are equivariant between given representations, as linear spaces.

Acting on the inputs of a layer acts on the products of inputs that its weights multiply: the
*induced* matrix P(M). A layer W is equivariant from R to R' if W P(R(g)) = R'(g) W for every
generator g of the group. Each block of R' has its own rows of W, so that its equations stand
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.evaluation import EXACT, Array, Modulo, Ring
from polyconstraints.spec.network import LayerSpec
from polyconstraints.variety.strata.irreducibles import Block
from polyconstraints.variety.strata.representations import Level, Representation


def induced(layer: LayerSpec, matrix: Array, ring: Ring, shift: Array | None = None) -> Array:
    """Return how an affine change of a layer's inputs acts on its products.

    That is P, of shape (products, products), with products(matrix · o + shift) = P · products(o).
    A shift is for layers with a bias only.
    """
    letters = matrix
    if layer.bias:
        letters = np.pad(matrix, (1, 0))
        letters[0, 0] = 1
        if shift is not None:
            letters[1:, 0] = shift
    return _on_products(layer, [letters] * layer.degree, ring)


def _on_products(layer: LayerSpec, factors: Sequence[Array], ring: Ring) -> Array:
    """Return the products (A z)_i (B z)_j … in terms of the products of z, for factors A, B, …."""
    indices = layer.product_indices()
    rows = factors[0][indices[:, 0]]
    for matrix, column in zip(factors[1:], indices.T[1:], strict=True):
        both = rows[:, :, None] * matrix[column][:, None, :]
        rows = ring.reduce(both.reshape(len(rows), -1))
    if layer.degree == 1:
        return rows
    order, starts = _tuples_by_product(layer)
    return ring.reduce(np.add.reduceat(rows[:, order], starts, axis=1))


@lru_cache(maxsize=64)
def _tuples_by_product(layer: LayerSpec) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the tuples of letters sorted by the product that they are, and where each starts."""
    weights = layer.letters ** np.arange(layer.degree)[::-1]
    tuples = np.indices((layer.letters,) * layer.degree).reshape(layer.degree, -1)
    known = layer.product_indices() @ weights
    products = np.searchsorted(known, weights @ np.sort(tuples, axis=0)[::-1])
    order = np.argsort(products, kind="stable")
    return order, np.searchsorted(products[order], np.arange(layer.products))


def change_derivatives(layer: LayerSpec, prime: int) -> Residues:
    """Return the derivatives of the induced matrix along all changes of the inputs, at none.

    First along the entries of the matrix, row by row, then, with a bias, along the shift.
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
        for factor in range(layer.degree):
            factors = [identity] * layer.degree
            factors[factor] = direction
            result[at] += _on_products(layer, factors, Modulo(prime))
    return result % prime


def equivariant_layers(
    layer: LayerSpec, below: Level, above: Level, prime: int | None = None
) -> Array:
    """Return a basis of the equivariant layers between two levels, (dimension, outputs, products).

    The layer has ordered indices, and nothing is free on either level. Modulo a prime, which
    must be larger than the order of the group's points, so that no denominator vanishes; without
    one over the rationals. Each basis vector has a 1 where the others have 0.

    For each block of the level above, which equal blocks share, the null space of (generators ·
    size · products) equations in size · products unknowns. Weights from and to units that are left
    over are zero: products are numbered by their larger letter first, so those of the first
    letters are the first products.
    """

    def solved(block: Block) -> Array:
        core = replace(layer, index=0, inputs=below.rank, outputs=block.size)
        basis = _basis(core, below.representation, block, prime)
        return basis.reshape(len(basis), core.outputs, core.products)

    return by_blocks(layer, above, solved)


def by_blocks(layer: LayerSpec, above: Level, solved: Callable[[Block], Array]) -> Array:
    """Return a basis of layers to a level, given those to each of its blocks."""
    parts, target = [], above.representation
    for block, units in zip(target.blocks, target.slices, strict=True):
        part = solved(block)
        outputs = (units.start, layer.outputs - units.stop)
        parts.append(np.pad(part, ((0, 0), outputs, (0, layer.products - part.shape[2]))))
    return np.concatenate(parts)


@lru_cache(maxsize=64)
def _basis(core: LayerSpec, source: Representation, block: Block, prime: int | None) -> Array:
    """Return a basis of the flattened W with W P(R) = R' W for all generators.

    Each has a weight of its own, the first one where it isn't zero: weights depend on earlier ones,
    so the matrix is reduced with its columns in reverse.
    """
    ring: Ring = EXACT if prime is None else Modulo(prime)
    parts = [np.zeros((0, core.outputs * core.products), dtype=ring.dtype)]
    pairs = zip(source.over(prime), block.over(prime), strict=True)
    for below, above in pairs if core.weights else ():
        moved = induced(core, below, ring)
        left = np.kron(np.eye(core.outputs, dtype=int).astype(ring.dtype), moved.T)
        right = np.kron(above, np.eye(core.products, dtype=int).astype(ring.dtype))
        parts.append(ring.reduce(left - right))
    return modular.nullspace(np.concatenate(parts)[:, ::-1], prime)[::-1, ::-1]
