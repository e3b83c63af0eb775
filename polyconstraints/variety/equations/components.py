"""Which branches are proved to be components, from tangent spaces at random points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polyconstraints.algebra import Polynomial, modular
from polyconstraints.variety.equations.branch import Branch, residue

__all__ = ["BranchPoint", "branch_point", "tangent_dimension"]

#: Random choices that are tried before a branch counts as having no point modulo a prime.
_ATTEMPTS = 40


@dataclass(frozen=True)
class BranchPoint:
    """A random point of a branch modulo a prime, and what it shows.

    Attributes
    ----------
    values : mapping from str to int
        The variables' residues.
    tangent_dimension : int
        Dimension of the tangent space that the original equations have there.
    component : bool
        Whether that is the branch's dimension: then the closure of the branch is an
        irreducible component, and no other branch has the same.
    """

    values: Mapping[str, int]
    tangent_dimension: int
    component: bool


def branch_point(
    branch: Branch, equations: Sequence[Polynomial], prime: int = modular.PRIMES[0], seed: int = 0
) -> BranchPoint | None:
    """Return a random point of a branch, or None where none was found.

    Parameters
    ----------
    branch : Branch
        With a known dimension.
    equations : sequence of Polynomial
        Those of the branch's block, before the reduction.
    prime, seed : int

    Examples
    --------
    >>> from polyconstraints.algebra import ring
    >>> from polyconstraints.variety.equations import reduce_equations
    >>> R, x, y = ring("x, y")
    >>> equations = [x * y]
    >>> for branch in reduce_equations(R, equations).blocks[0].branches:
    ...     print(branch.solved[0], branch_point(branch, equations).component)
    x = 0 True
    y = 0 True
    """
    rng = np.random.default_rng([seed, prime])
    for _ in range(_ATTEMPTS):
        values = branch.point(prime, rng)
        if values is not None:
            tangent = tangent_dimension(equations, branch.variables, values, prime)
            return BranchPoint(values, tangent, tangent == branch.dimension)
    return None


def tangent_dimension(
    equations: Sequence[Polynomial],
    variables: Sequence[str],
    values: Mapping[str, int],
    prime: int,
) -> int:
    """Return the dimension of the tangent space of a system at a point modulo a prime."""
    rows = np.zeros((len(equations), len(variables)), dtype=np.int64)
    for row, equation in enumerate(equations):
        occurring = set(equation.variables())
        for column, name in enumerate(variables):
            if name in occurring:
                rows[row, column] = residue(equation.derivative(name), values, prime)
    return len(variables) - modular.rank(rows, prime)
