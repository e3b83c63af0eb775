"""Dimensions of neurovarieties of networks with squares as activation: published figures.

Such a network is x ↦ A_h (… (A_2 (A_1 x)²)² …)² with entrywise squares. It is a quadratic
network whose weights are products of the entries of the A_l, so the code that measures strata
measures it too. The figures of [1]_ check that code against something independent.

References
----------
.. [1] J. Kileel, M. Trager, J. Bruna, On the Expressive Power of Deep Polynomial Neural
   Networks, NeurIPS 2019, arXiv:1905.12207.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import comb

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.errors import UsageError
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.variety.strata.evaluation import Residues
from polyconstraints.variety.strata.kernel import function_kernel
from polyconstraints.variety.strata.setting import Setting

__all__ = ["expected_dimension", "neurovariety_dimension"]


def expected_dimension(widths: Sequence[int]) -> int:
    """Return the dimension that a count of parameters predicts.

    Parameters
    ----------
    widths : sequence of int
        The architecture (d_0, …, d_h), of at least three levels.

    Notes
    -----
    Each hidden unit can be scaled by a number that the next layer undoes, which takes one
    parameter a unit; and the functions lie in the space of h-tuples of forms of degree
    2^(h-1).

    Examples
    --------
    >>> expected_dimension((3, 3, 3, 1))
    15
    """
    _check(widths)
    parameters = sum(below * above for below, above in pairwise(widths))
    degree = 2 ** (len(widths) - 2)
    ambient = widths[-1] * comb(widths[0] + degree - 1, degree)
    return min(parameters - sum(widths[1:-1]), ambient)


def neurovariety_dimension(widths: Sequence[int], seed: int = 0) -> int:
    """Return the dimension of the closure of the set of functions of an architecture.

    Parameters
    ----------
    widths : sequence of int
        The architecture (d_0, …, d_h), of at least three levels.
    seed : int
        For the random points.

    Returns
    -------
    int
        The larger one of the ranks modulo two primes, with different random choices.

    Examples
    --------
    >>> neurovariety_dimension((3, 3, 3, 1))
    12
    """
    _check(widths)
    ranks = []
    for prime in modular.PRIMES[:2]:
        levels = (*widths[:-2], widths[-1])
        network = NetworkSpec(levels[0], len(levels) - 1, hidden=levels[1:-1], outputs=levels[-1])
        setting = Setting.make(network, (), prime, seed)
        matrices = [setting.random((above, below)) for below, above in pairwise(widths)]
        weights, directions = _weights(matrices, prime)
        ranks.append(len(directions) - len(function_kernel(setting, weights, directions)))
    return max(ranks)


def _check(widths: Sequence[int]) -> None:
    if len(widths) < 3 or min(widths) < 1:
        raise UsageError(f"expected at least three positive widths, got {tuple(widths)}")


def _weights(matrices: Sequence[Residues], prime: int) -> tuple[list[Residues], Residues]:
    """Return the quadratic network of given matrices, and its derivatives along their entries.

    Returns
    -------
    weights : list of arrays of shape (outputs, products)
    directions : array of shape (entries, weights)
    """
    *inner, last = matrices
    weights: list[Residues] = []
    blocks: list[Residues] = []
    for matrix in inner:
        squares, along = _squares(matrix, prime)
        weights.append(squares)
        blocks.append(along)
    # The last matrix is linear and joins the last layer of squares.
    squares, along = weights[-1], blocks[-1]
    weights[-1] = modular.matmul(last, squares, prime)
    entries = np.zeros((*last.shape, *weights[-1].shape), dtype=np.int64)
    for output in range(len(last)):
        entries[output, :, output] = squares
    blocks[-1] = np.concatenate(
        [modular.matmul(last, along, prime), entries.reshape(-1, *weights[-1].shape)]
    )
    total = sum(array.size for array in weights)
    rows = []
    start = 0
    for block, array in zip(blocks, weights, strict=True):
        row = np.zeros((len(block), total), dtype=np.int64)
        row[:, start : start + array.size] = block.reshape(len(block), -1)
        rows.append(row)
        start += array.size
    return weights, np.concatenate(rows)


def _squares(matrix: Residues, prime: int) -> tuple[Residues, Residues]:
    """Return the layer x ↦ (matrix · x)², and its derivatives along the matrix's entries.

    Returns
    -------
    weights : array of shape (outputs, products)
    directions : array of shape (outputs · inputs, outputs, products)
    """
    outputs, inputs = matrix.shape
    i, j = np.tril_indices(inputs)
    twice = np.where(i == j, 1, 2)
    weights = matrix[:, i] * matrix[:, j] % prime * twice % prime
    directions = np.zeros((outputs, inputs, outputs, len(i)), dtype=np.int64)
    number = np.arange(len(i))
    for output in range(outputs):
        directions[output, i, output, number] += matrix[output, j]
        directions[output, j, output, number] += matrix[output, i]
    directions = directions.reshape(-1, outputs, len(i)) * twice % prime
    return weights, directions
