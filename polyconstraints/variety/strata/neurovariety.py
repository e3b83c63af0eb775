"""Dimensions of neurovarieties of networks with squares as activation: published figures.

Such a network is x ↦ A_h (… (A_2 (A_1 x)²)² …)² with entrywise squares: linear layers with an
activation. The figures of [1]_ check the code that measures strata against something independent.

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
from polyconstraints.variety.strata.kernel import Setting, function_kernel

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
    network = NetworkSpec(
        widths[0], len(widths) - 1, "linear", hidden=widths[1:-1], outputs=widths[-1]
    )
    everywhere = np.eye(network.weights, dtype=np.int64)
    kernels = []
    for prime in modular.PRIMES[:2]:
        setting = Setting.make(network, (), prime, seed)
        matrices = [setting.random((layer.outputs, layer.inputs)) for layer in network.layers]
        kernels.append(function_kernel(setting, matrices, everywhere, activation=(0, 0, 1)))
    return network.weights - min(map(len, kernels))


def _check(widths: Sequence[int]) -> None:
    if len(widths) < 3 or min(widths) < 1:
        raise UsageError(f"expected at least three positive widths, got {tuple(widths)}", "widths")
