"""Exact elimination of linear equations between weights (the additive constraints).

Equation (52) of the paper is a sum of weights on both sides; section 2.8 solves such an
equation by making one of its weights depend on the others. Done for all of them this is
Gauss-Jordan elimination over the rationals, kept sparse.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction

__all__ = ["Combination", "eliminate"]

#: A linear combination: variable → coefficient, without zeros.
Combination = dict[int, Fraction]


def eliminate(equations: Iterable[Mapping[int, int | Fraction]]) -> dict[int, Combination]:
    """Solve homogeneous linear equations.

    Parameters
    ----------
    equations : iterable of mapping
        Each the coefficients of a combination that must vanish.

    Returns
    -------
    dict
        For each dependent variable its value in terms of free variables. A variable is
        made dependent on smaller ones, never on larger ones, and the result doesn't depend
        on the order of the equations.

    Notes
    -----
    The result is the reduced row echelon form for descending variables, which is unique.
    Its size is the rank; the cost is quadratic in the fill-in, which is none for the
    equations of section 2.4, each of which has a weight of its own.

    Examples
    --------
    >>> eliminate([{0: 1, 1: 1, 2: -1, 3: -1}])
    {3: {0: Fraction(1, 1), 1: Fraction(1, 1), 2: Fraction(-1, 1)}}
    """
    solved: dict[int, Combination] = {}
    users: defaultdict[int, set[int]] = defaultdict(set)
    for equation in equations:
        row = _substituted(equation, solved)
        if not row:
            continue
        pivot = max(row)
        scale = -row.pop(pivot)
        row = {variable: value / scale for variable, value in row.items()}
        for user in users.pop(pivot, ()):
            # `pivot` was free for an earlier row: replace it there, unless it cancelled.
            factor = solved[user].pop(pivot, None)
            if factor is None:
                continue
            _add(solved[user], row, factor)
            for variable in row:
                users[variable].add(user)
        solved[pivot] = row
        for variable in row:
            users[variable].add(pivot)
    return {variable: dict(sorted(solved[variable].items())) for variable in sorted(solved)}


def _substituted(
    equation: Mapping[int, int | Fraction], solved: Mapping[int, Combination]
) -> Combination:
    row: Combination = {}
    for variable, value in equation.items():
        if variable in solved:
            _add(row, solved[variable], Fraction(value))
        else:
            _add(row, {variable: Fraction(1)}, Fraction(value))
    return row


def _add(row: Combination, other: Mapping[int, Fraction], factor: Fraction) -> None:
    """Add a multiple of another combination in place, dropping zeros."""
    for variable, value in other.items():
        total = row.get(variable, 0) + factor * value
        if total:
            row[variable] = Fraction(total)
        else:
            row.pop(variable, None)
