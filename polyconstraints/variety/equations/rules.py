"""The rules by which a branch is simplified or split into others.

Each rule returns None where it doesn't apply, and otherwise the branches that replace the
branch: none where it has no points. Branches that a rule makes exclude one another, so that
the closed branches in the end are disjoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from polyconstraints.algebra import Polynomial
from polyconstraints.classes.linear import eliminate
from polyconstraints.errors import TooLargeError
from polyconstraints.variety.equations.branch import Branch, Solved, Step

__all__ = ["RULES", "eliminated", "too_long"]

Rule = Callable[[Branch, int], "list[Branch] | None"]


@lru_cache(maxsize=1 << 12)
def _factors(polynomial: Polynomial) -> tuple[Polynomial, ...]:
    """Return the different irreducible factors; branches have most equations in common."""
    return tuple(factor for factor, _ in polynomial.factor())


def eliminated(branch: Branch) -> Branch:
    """Return the branch with its linear equations solved by exact elimination."""
    linear = [e for e in branch.equations if e.degree() == 1 and not _has_constant(e)]
    if not linear:
        return branch
    ring = branch.ring
    rows = [
        {exponents.index(1): value for exponents, value in equation.terms()} for equation in linear
    ]
    solution = eliminate(rows)
    values: dict[str, Polynomial] = {}
    steps = []
    for at, combination in solution.items():
        name = ring.names[at]
        values[name] = ring.sum(
            ring.gen(ring.names[of]) * factor for of, factor in combination.items()
        )
        relation = (ring.gen(name) - values[name]).normalised()
        steps.append(Step("dependent", relation, f"{name} = {values[name]}"))
    solved = tuple(Solved(name, value, ring.one) for name, value in values.items())
    rest = tuple(e.substitute(values) for e in branch.equations if e not in linear)
    return Branch(
        ring,
        branch.variables,
        rest,
        branch.nonzero,
        (*branch.solved, *solved),
        (*branch.steps, *steps),
    )


def _has_constant(equation: Polynomial) -> bool:
    return equation.coefficient([0] * len(equation.ring.names)) != 0


def _cleaned(branch: Branch, _limit: int) -> list[Branch] | None:
    """Divide out contents, repeated factors and factors that don't vanish."""
    kept: dict[Polynomial, None] = {}
    steps: list[Step] = []
    for equation in branch.equations:
        if equation.is_zero:
            continue
        if equation.is_constant:
            return []
        plain = equation.normalised()
        if plain in kept:
            continue
        factors = _factors(plain)
        vanishing = [factor for factor in factors if factor not in branch.nonzero]
        if not vanishing:
            return []
        product = plain.ring.one
        for factor in vanishing:
            product = product * factor
        product = product.normalised()
        if len(vanishing) < len(factors):
            steps.append(Step("nonzero factor", plain, f"{product} = 0"))
        elif product != plain:
            steps.append(Step("repeated factor", plain, f"{product} = 0"))
        kept[product] = None
    equations = tuple(sorted(kept, key=lambda e: (len(e), str(e))))
    if equations == branch.equations:
        return None
    return [
        Branch(
            branch.ring,
            branch.variables,
            equations,
            branch.nonzero,
            branch.solved,
            (*branch.steps, *steps),
        )
    ]


def _split(branch: Branch, _limit: int) -> list[Branch] | None:
    """Split at the shortest equation that has several factors."""
    for equation in branch.equations:
        factors = _factors(equation)
        if len(factors) > 1:
            others = tuple(other for other in branch.equations if other is not equation)
            return list(_cases(branch, equation, factors, others, "factor"))
    return None


def _cases(
    branch: Branch,
    equation: Polynomial,
    factors: Iterable[Polynomial],
    others: tuple[Polynomial, ...],
    kind: str,
) -> Iterable[Branch]:
    """Yield, for each factor, the branch in which it is the first one that vanishes."""
    nonzero = branch.nonzero
    for factor in factors:
        step = Step("factor" if kind == "factor" else "coefficient", equation, f"{factor} = 0")
        yield branch.because(step, equations=(factor, *others), nonzero=nonzero)
        nonzero = nonzero | {factor}


def _solve(branch: Branch, limit: int) -> list[Branch] | None:
    """Solve the simplest equation that is linear in a variable.

    Where the variable's coefficient may vanish, the cases in which it does come first.
    """
    best: tuple[tuple[int, int, int, str], Polynomial, str] | None = None
    for equation in branch.equations:
        for name in equation.variables():
            if equation.degree(name) != 1:
                continue
            coefficient = equation.derivative(name)
            known = all(f in branch.nonzero for f in _factors(coefficient))
            # Cases are worse than long equations, and long coefficients multiply up.
            key = (0 if known else 1, len(coefficient), len(equation), name)
            if best is None or key < best[0]:
                best = (key, equation, name)
    if best is None:
        return None
    _, equation, name = best
    coefficient = equation.derivative(name)
    rest = equation - coefficient * branch.ring.gen(name)
    others = tuple(other for other in branch.equations if other is not equation)
    factors = [f for f in _factors(coefficient) if f not in branch.nonzero]
    branches = list(_cases(branch, equation, factors, (rest, *others), "coefficient"))
    try:
        solved = _substituted(branch, equation, Solved(name, -rest, coefficient), others, factors)
    except TooLargeError:
        return None
    if solved is not None:
        if too_long(solved, limit):
            return None
        branches.append(solved)
    return branches


def _substituted(
    branch: Branch,
    equation: Polynomial,
    solved: Solved,
    others: tuple[Polynomial, ...],
    factors: list[Polynomial],
) -> Branch | None:
    """Return the branch with a variable replaced throughout, or None if it has no points."""
    nonzero: set[Polynomial] = set(factors)
    for polynomial in branch.nonzero:
        moved = _replaced(polynomial, solved)
        if moved.is_zero:
            return None
        nonzero.update(_factors(moved))
    return branch.because(
        Step("dependent", equation, str(solved)),
        equations=tuple(_replaced(other, solved) for other in others),
        nonzero=frozenset(nonzero),
        solved=(*branch.solved, solved),
    )


def _replaced(polynomial: Polynomial, solved: Solved) -> Polynomial:
    """Return a polynomial with a variable replaced by a quotient, the denominator cleared."""
    if polynomial.degree(solved.name) < 1:
        return polynomial
    relation = solved.denominator * polynomial.ring.gen(solved.name) - solved.numerator
    return relation.resultant(polynomial, solved.name)


def too_long(branch: Branch, limit: int) -> bool:
    """Return whether the equations of a branch have more terms than a limit."""
    return sum(map(len, branch.equations)) > limit


#: In the order in which they are tried.
RULES: tuple[Rule, ...] = (_cleaned, _split, _solve)
