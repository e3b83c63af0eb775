"""Linear conditions that hold at every point of a space, found from random points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from polyconstraints.algebra import modular
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.variety.strata.evaluation import Residues, Weights, jacobian
from polyconstraints.variety.strata.setting import Setting

__all__ = ["annihilated", "function_kernel", "tangent_space"]

#: Points whose conditions must add nothing before a null space is believed.
_FRESH = 3

#: Entries of the largest array of derivatives that is made at once.
_CHUNK = 20_000_000


def annihilated(conditions: Callable[[int], Residues], first: int, prime: int) -> Residues:
    """Return a basis of the vectors that all conditions of a random source send to zero.

    Parameters
    ----------
    conditions : callable
        Given a number of points, returns the conditions at as many new random points,
        shape (conditions, unknowns).
    first : int
        Number of points to start with.
    prime : int

    Returns
    -------
    array of shape (dimension, unknowns)

    Notes
    -----
    A point adds to the conditions unless all the conditions are known already, but for a
    set of points of measure about (degree)/(prime). So the answer is believed once some new
    points add nothing.
    """
    basis = modular.nullspace(conditions(first), prime)
    while len(basis):
        values = modular.matmul(conditions(_FRESH), basis.T, prime)
        if not values.any():
            break
        basis = modular.matmul(modular.nullspace(values, prime), basis, prime)
    return basis


def tangent_space(setting: Setting, weights: Weights) -> Residues:
    """Return the directions in which a symmetric network stays symmetric to first order.

    The null space of δW ↦ dF(σx)[δW] - σ·dF(x)[δW] over all x and generators σ.

    Parameters
    ----------
    setting : Setting
    weights : sequence of arrays of shape (outputs, products)
        A point that satisfies the equations.

    Returns
    -------
    array of shape (dimension, weights)
    """
    network, prime, moves = setting.network, setting.prime, setting.moves
    if not moves:
        return np.eye(network.weights, dtype=np.int64)

    def conditions(points: int) -> Residues:
        blocks = []
        for count in _portions(points, network, 1 + len(moves)):
            inputs = setting.random((count, network.units[0]))
            here = jacobian(network, weights, inputs, prime)
            for before, after in moves:
                there = jacobian(network, weights, inputs[:, list(before)], prime)
                rows = (there - here[:, list(after)]) % prime
                blocks.append(rows.reshape(-1, network.weights))
        return np.concatenate(blocks)

    first = network.weights // (network.units[-1] * len(moves)) + _FRESH
    return annihilated(conditions, first, prime)


def function_kernel(setting: Setting, weights: Weights, directions: Residues) -> Residues:
    """Return the combinations of directions that leave the network's function unchanged.

    Parameters
    ----------
    setting : Setting
    weights : sequence of arrays of shape (outputs, products)
    directions : array of shape (directions, weights)

    Returns
    -------
    array of shape (dimension, directions)
        To first order; the rank of the differential is the number of directions less the
        dimension.
    """
    network, prime = setting.network, setting.prime

    def conditions(points: int) -> Residues:
        blocks = []
        for count in _portions(points, network, 1):
            inputs = setting.random((count, network.units[0]))
            rows = jacobian(network, weights, inputs, prime).reshape(-1, network.weights)
            blocks.append(modular.matmul(rows, directions.T, prime))
        return np.concatenate(blocks)

    return annihilated(conditions, len(directions) // network.units[-1] + _FRESH, prime)


def _portions(points: int, network: NetworkSpec, copies: int) -> list[int]:
    """Return numbers of points whose derivatives fit the memory, in sum ``points``."""
    most = max(1, _CHUNK // (network.units[-1] * network.weights * copies))
    whole, rest = divmod(points, most)
    return [most] * whole + [rest] * (rest > 0)
