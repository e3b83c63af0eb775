"""Polynomial equations → cases, in each of which some variables depend on the others.

Linear equations are eliminated first. Then rules simplify a branch or split it into others: each
returns None where it doesn't apply, and otherwise the branches that replace the branch, none
where it has no points. Branches that a rule makes exclude one another, so that the closed
branches in the end are disjoint.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product as combinations
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.classes.reduction import eliminate
from polyconstraints.errors import TooLargeError
from polyconstraints.variety.equations.branch import Branch, Solved, Step, residue

if TYPE_CHECKING:
    import networkx as nx

#: Branches and terms at which the reduction gives up on splitting further.
MAX_BRANCHES = 2000
MAX_TERMS = 4000


@dataclass(frozen=True)
class Block:
    """A block of equations that shares no variable with the others, reduced.

    The equations are those before the reduction; the branches are disjoint, together all
    solutions.
    """

    variables: tuple[str, ...]
    equations: tuple[Polynomial, ...]
    branches: tuple[Branch, ...]

    @property
    def dimension(self) -> int | None:
        """Dimension of the block's solutions over the complex numbers; None if unknown.

        -1 where there are none. Open branches don't matter if they are too small to.
        """
        largest = self.lower_bound
        return largest if all(b.bound <= largest for b in self.branches) else None

    @property
    def lower_bound(self) -> int:
        """The largest dimension of a closed branch; -1 if there is none."""
        known = [b.dimension for b in self.branches if b.dimension is not None]
        return max(known, default=-1)


@dataclass(frozen=True)
class Reduction:
    """What a system of polynomial equations was reduced to."""

    #: What the elimination of linear equations settled.
    linear: Branch
    #: Other variables that occur in no equation.
    unbound: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def dimension(self) -> int | None:
        """Dimension of the set of complex solutions, proved; None where it isn't.

        -1 where there are none.
        """
        sizes = [block.dimension for block in self.blocks]
        return -1 if -1 in sizes else self._sum(sizes)

    def _sum(self, sizes: Sequence[int | None]) -> int | None:
        """Return the dimension of a product with the space of unbound variables."""
        known = [size for size in sizes if size is not None]
        return len(self.unbound) + sum(known) if len(known) == len(sizes) else None

    @property
    def open_branches(self) -> tuple[Branch, ...]:
        """The branches whose dimension is not known."""
        return tuple(b for block in self.blocks for b in block.branches if b.dimension is None)

    def cases(self) -> Iterable[tuple[Branch, ...]]:
        """Yield every choice of one branch from each block."""
        return combinations(*(block.branches for block in self.blocks))

    def largest(self) -> tuple[Branch, ...] | None:
        """Return the largest solved branch of each block; None if a block has none."""
        if any(block.lower_bound < 0 for block in self.blocks):
            return None
        return tuple(
            max(block.branches, key=lambda one: -1 if one.dimension is None else one.dimension)
            for block in self.blocks
        )

    def case_dimension(self, case: Iterable[Branch]) -> int | None:
        """Return the dimension of the solutions in one case; None if a branch is open."""
        return self._sum([branch.dimension for branch in case])

    def point(
        self, case: Iterable[Branch], prime: int, rng: np.random.Generator
    ) -> dict[str, int] | None:
        """Return a random point of a case modulo a prime; None where the choice leads to none.

        The case is a solved branch of each block.
        """
        values = {name: int(rng.integers(prime)) for name in self.unbound}
        for branch in case:
            found = branch.point(prime, rng)
            if found is None:
                return None
            values.update(found)
        for one in self.linear.solved:
            values[one.name] = residue(one.numerator, values, prime)
        return values


def constraint_graph(equations: Iterable[Polynomial]) -> nx.Graph[Any]:
    """Return the bipartite graph of equations and the variables that occur in them.

    Variables are nodes by name with ``bipartite=0``, equations by number from 0 with
    ``bipartite=1``; an edge has the variable's degree in the equation as ``degree``.
    """
    import networkx as nx

    graph: nx.Graph[Any] = nx.Graph()
    for number, equation in enumerate(equations):
        graph.add_node(number, bipartite=1, terms=len(equation))
        for name in equation.variables():
            graph.add_node(name, bipartite=0)
            graph.add_edge(number, name, degree=equation.degree(name))
    return graph


def blocks(equations: Iterable[Polynomial]) -> list[tuple[Polynomial, ...]]:
    """Return the equations in blocks that share no variable with one another.

    Equations keep their order; blocks stand in the order of their first equations, and
    equations that hold by themselves are left out.
    """
    import networkx as nx

    listed = [equation for equation in equations if not equation.is_zero]
    graph = constraint_graph(listed)
    parts = [
        sorted(node for node in component if isinstance(node, int))
        for component in nx.connected_components(graph)
    ]
    return [tuple(listed[number] for number in part) for part in sorted(parts)]


def reduce_equations(
    ring: PolynomialRing,
    equations: Iterable[Polynomial],
    *,
    max_branches: int = MAX_BRANCHES,
    time_limit: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Reduction:
    """Solve polynomial equations by case distinction, as far as that goes.

    Linear equations are eliminated; contents, repeated factors and factors that don't vanish
    are divided out; equations that factor are split into branches; equations that are
    linear in a variable are solved for it, once in each case of its coefficient. This is
    repeated until nothing moves. Blocks of equations without a common variable are solved
    apart from one another.

    ``max_branches`` bounds a block's branches, and so many terms the equations of one; after
    ``time_limit`` seconds of the clock branches are left as they are.
    """
    names = tuple(ring.names)
    start = _eliminated(Branch(ring, names, tuple(equations)))
    parts = blocks(start.equations)
    settled = {one.name for one in start.solved}
    bound = {name for part in parts for equation in part for name in equation.variables()}
    unbound = tuple(name for name in names if name not in bound and name not in settled)
    deadline = None if time_limit is None else clock() + time_limit
    reduced = []
    for part in parts:
        inside = {name for equation in part for name in equation.variables()}
        chosen = tuple(name for name in names if name in inside)
        first = Branch(ring, chosen, part)
        branches = _reduced(first, max_branches, deadline, clock)
        reduced.append(Block(chosen, part, branches))
    dependent = tuple(name for name in names if name in settled)
    linear = replace(start, variables=dependent, equations=())
    return Reduction(linear, unbound, tuple(reduced))


def _reduced(
    first: Branch,
    max_branches: int,
    deadline: float | None,
    clock: Callable[[], float],
) -> tuple[Branch, ...]:
    waiting = [first]
    finished: list[Branch] = []
    while waiting:
        branch = waiting.pop()
        late = deadline is not None and clock() > deadline
        if late or len(waiting) + len(finished) >= max_branches:
            finished.append(branch)
            continue
        for rule in _RULES:
            found = rule(branch)
            if found is not None:
                # In reverse, so that the first case is taken up first.
                waiting.extend(reversed(found))
                break
        else:
            finished.append(branch)
    return tuple(finished)


# -- rules ----------------------------------------------------------------------------------------

Rule = Callable[[Branch], "list[Branch] | None"]


@lru_cache(maxsize=1 << 12)
def _factors(polynomial: Polynomial) -> tuple[Polynomial, ...]:
    """Return the different irreducible factors; branches have most equations in common."""
    return tuple(factor for factor, _ in polynomial.factor())


def _eliminated(branch: Branch) -> Branch:
    """Return the branch with its linear equations solved by exact elimination."""
    linear = [e for e in branch.equations if e.degree() == 1 and not _has_constant(e)]
    if not linear:
        return branch
    ring = branch.ring
    rows = ({exponents.index(1): value for exponents, value in e.terms()} for e in linear)
    values: dict[str, Polynomial] = {}
    steps = []
    for at, combination in eliminate(rows).items():
        name = ring.names[at]
        values[name] = ring.sum(
            ring.gen(ring.names[of]) * factor for of, factor in combination.items()
        )
        relation = (ring.gen(name) - values[name]).normalised()
        steps.append(Step("dependent", relation, f"{name} = {values[name]}"))
    solved = tuple(Solved(name, value, ring.one) for name, value in values.items())
    rest = tuple(e.substitute(values) for e in branch.equations if e not in linear)
    return replace(
        branch, equations=rest, solved=(*branch.solved, *solved), steps=(*branch.steps, *steps)
    )


def _has_constant(equation: Polynomial) -> bool:
    return equation.coefficient([0] * len(equation.ring.names)) != 0


def _cleaned(branch: Branch) -> list[Branch] | None:
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
        product = prod(vanishing, start=plain.ring.one).normalised()
        if len(vanishing) < len(factors):
            steps.append(Step("nonzero factor", plain, f"{product} = 0"))
        elif product != plain:
            steps.append(Step("repeated factor", plain, f"{product} = 0"))
        kept[product] = None
    equations = tuple(sorted(kept, key=lambda e: (len(e), str(e))))
    if equations == branch.equations:
        return None
    return [replace(branch, equations=equations, steps=(*branch.steps, *steps))]


def _split(branch: Branch) -> list[Branch] | None:
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
    kind: Literal["factor", "coefficient"],
) -> Iterable[Branch]:
    """Yield, for each factor, the branch in which it is the first one that vanishes."""
    nonzero = branch.nonzero
    for factor in factors:
        step = Step(kind, equation, f"{factor} = 0")
        yield branch.because(step, equations=(factor, *others), nonzero=nonzero)
        nonzero = nonzero | {factor}


def _solve(branch: Branch) -> list[Branch] | None:
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
    if solved is None:
        return branches
    if sum(map(len, solved.equations)) > MAX_TERMS:
        return None
    return [*branches, solved]


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


#: In the order in which they are tried.
_RULES: tuple[Rule, ...] = (_cleaned, _split, _solve)
