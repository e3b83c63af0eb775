"""Polynomial equations → cases, in each of which some variables depend on the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.variety.equations.branch import Branch, residue
from polyconstraints.variety.equations.rules import RULES, eliminated

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Reduction", "blocks", "constraint_graph", "reduce_equations"]

#: Branches and terms at which the reduction gives up on splitting further.
MAX_BRANCHES = 2000
MAX_TERMS = 4000


@dataclass(frozen=True)
class Block:
    """A block of equations that shares no variable with the others, reduced.

    Attributes
    ----------
    variables : tuple of str
    equations : tuple of Polynomial
        Before the reduction.
    branches : tuple of Branch
        Disjoint; together all solutions.
    """

    variables: tuple[str, ...]
    equations: tuple[Polynomial, ...]
    branches: tuple[Branch, ...]

    @property
    def dimension(self) -> int | None:
        """Dimension of the block's solutions over the complex numbers; None if unknown.

        -1 where there are none. Open branches don't matter if they are too small to.
        """
        known = [b.dimension for b in self.branches if b.dimension is not None]
        largest = max(known, default=-1)
        return largest if all(b.bound <= largest for b in self.branches) else None

    @property
    def lower_bound(self) -> int:
        """The largest dimension of a closed branch; -1 if there is none."""
        known = [b.dimension for b in self.branches if b.dimension is not None]
        return max(known, default=-1)


@dataclass(frozen=True)
class Reduction:
    """What a system of polynomial equations was reduced to.

    Attributes
    ----------
    linear : Branch
        What the elimination of linear equations settled.
    unbound : tuple of str
        Other variables that occur in no equation.
    blocks : tuple of Block
    """

    linear: Branch
    unbound: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def dimension(self) -> int | None:
        """Dimension of the set of complex solutions, proved; None where it isn't.

        -1 where there are none.
        """
        total = len(self.unbound)
        for block in self.blocks:
            if block.dimension is None:
                return None
            if block.dimension < 0:
                return -1
            total += block.dimension
        return total

    @property
    def open_branches(self) -> tuple[Branch, ...]:
        """The branches whose dimension is not known."""
        return tuple(b for block in self.blocks for b in block.branches if b.dimension is None)

    def cases(self) -> Iterable[tuple[Branch, ...]]:
        """Yield every choice of one branch from each block."""
        return combinations(*(block.branches for block in self.blocks))

    def largest(self) -> tuple[Branch, ...] | None:
        """Return the largest solved branch of each block; None if a block has none."""
        chosen = []
        for block in self.blocks:
            known = [branch for branch in block.branches if branch.dimension is not None]
            if not known:
                return None
            chosen.append(max(known, key=lambda branch: branch.dimension or 0))
        return tuple(chosen)

    def case_dimension(self, case: Iterable[Branch]) -> int | None:
        """Return the dimension of the solutions in one case; None if a branch is open."""
        total = len(self.unbound)
        for branch in case:
            if branch.dimension is None:
                return None
            total += branch.dimension
        return total

    def point(
        self, case: Iterable[Branch], prime: int, rng: np.random.Generator
    ) -> dict[str, int] | None:
        """Return a random point of a case modulo a prime; None where the choice leads to none.

        Parameters
        ----------
        case : iterable of Branch
            A solved branch of each block.
        prime : int
        rng : numpy.random.Generator
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

    Parameters
    ----------
    equations : iterable of Polynomial

    Returns
    -------
    networkx.Graph
        Variables are nodes by name with ``bipartite=0``, equations by number from 0 with
        ``bipartite=1``; an edge has the variable's degree in the equation as ``degree``.

    Examples
    --------
    >>> from polyconstraints.algebra import ring
    >>> R, x, y, z = ring("x, y, z")
    >>> graph = constraint_graph([x * y - 1, z**2])
    >>> sorted(graph[0]), graph.edges[1, "z"]["degree"]
    (['x', 'y'], 2)
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

    Examples
    --------
    >>> from polyconstraints.algebra import ring
    >>> R, x, y, z = ring("x, y, z")
    >>> [[str(equation) for equation in block] for block in blocks([x - y, z, y**2])]
    [['x - y', 'y^2'], ['z']]
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
    variables: Sequence[str] | None = None,
    max_branches: int = MAX_BRANCHES,
    max_terms: int = MAX_TERMS,
    time_limit: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Reduction:
    """Solve polynomial equations by case distinction, as far as that goes.

    Linear equations are eliminated; contents, repeated factors and factors that don't vanish
    are divided out; equations that factor are split into branches; equations that are
    linear in a variable are solved for it, once in each case of its coefficient. This is
    repeated until nothing moves. Blocks of equations without a common variable are solved
    apart from one another.

    Parameters
    ----------
    ring : PolynomialRing
    equations : iterable of Polynomial
        Polynomials that must vanish.
    variables : sequence of str, optional
        The variables that count; all of the ring by default.
    max_branches, max_terms : int
        Bounds on a block's branches, and on the terms of the equations of one branch.
    time_limit : float, optional
        Seconds after which branches are left as they are.
    clock : callable, optional
        Gives the time in seconds.

    Examples
    --------
    >>> from polyconstraints.algebra import ring
    >>> R, a, b, c, d = ring("a, b, c, d")
    >>> reduction = reduce_equations(R, [a**2 - b**2, b * c])
    >>> reduction.dimension, reduction.unbound
    (2, ('d',))
    >>> for branch in reduction.blocks[0].branches:
    ...     print("; ".join(str(one) for one in branch.solved))
    b = 0; a = 0
    c = 0; a = -b
    c = 0; a = b
    """
    names = tuple(ring.names if variables is None else variables)
    start = eliminated(Branch(ring, names, tuple(equations)))
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
        branches = _reduced(first, max_branches, max_terms, deadline, clock)
        reduced.append(Block(chosen, part, branches))
    dependent = tuple(name for name in names if name in settled)
    linear = Branch(ring, dependent, (), frozenset(), start.solved, start.steps)
    return Reduction(linear, unbound, tuple(reduced))


def _reduced(
    first: Branch,
    max_branches: int,
    max_terms: int,
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
        for rule in RULES:
            found = rule(branch, max_terms)
            if found is not None:
                # In reverse, so that the first case is taken up first.
                waiting.extend(reversed(found))
                break
        else:
            finished.append(branch)
    return tuple(finished)
