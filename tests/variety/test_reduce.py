"""Reduction by cases, against counting points over small fields."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy.polys.matrices import DomainMatrix
from sympy.polys.subresultants_qq_zz import sylvester

import polyconstraints as pc
from polyconstraints.algebra import Polynomial, PolynomialRing, ring
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.variety.equations import Reduction, reduce_equations
from polyconstraints.variety.equations.branch import Branch, residue
from polyconstraints.variety.equations.reduce import blocks, constraint_graph

R, a, b, c, d = ring("a, b, c, d")


def holds(branch: Branch, point: dict[str, int], prime: int) -> bool:
    """Return whether a point lies in a branch."""
    if any(residue(p, point, prime) == 0 for p in branch.nonzero):
        return False
    if any(residue(e, point, prime) for e in branch.equations):
        return False
    for one in branch.solved:
        denominator = residue(one.denominator, point, prime)
        if denominator == 0:
            return False
        if (point[one.name] * denominator - residue(one.numerator, point, prime)) % prime:
            return False
    return True


def check(
    equations: list[Polynomial], names: tuple[str, ...], reduction: Reduction, prime: int
) -> None:
    """Check that a point is a solution exactly if one branch of each block holds it."""
    for values in product(range(prime), repeat=len(names)):
        point = dict(zip(names, values, strict=True))
        solution = all(residue(e, point, prime) == 0 for e in equations)
        found = [
            sum(holds(branch, point, prime) for branch in block.branches)
            for block in reduction.blocks
        ]
        found.append(holds(reduction.linear, point, prime))
        assert all(count <= 1 for count in found)
        assert solution == all(count == 1 for count in found)


def monomials() -> st.SearchStrategy[Polynomial]:
    exponents = st.tuples(*[st.integers(0, 2)] * 3)
    coefficients = st.integers(-1, 1).filter(bool)
    small = PolynomialRing(["a", "b", "c"])
    terms = st.dictionaries(exponents, coefficients, min_size=1, max_size=3)
    return terms.map(small.from_terms)


# Coefficients that a reduction makes are small; a prime beyond them changes no branch.
@given(st.lists(monomials(), min_size=1, max_size=3))
def test_branches_partition_the_solutions(equations: list[Polynomial]) -> None:
    small = equations[0].ring
    reduction = reduce_equations(small, equations, max_branches=200)
    check(equations, small.names, reduction, 11)


@pytest.mark.parametrize(
    "equations",
    [
        [a * b],
        [a**2 - b**2, b * c],
        [a - b, a * c - d, b**2 * d],
        [a * d - b * c],
        [a**2 * b + a * b**2, c - 1],
        [a + b, a - b, a * c],
    ],
    ids=str,
)
def test_known_systems(equations: list[Polynomial]) -> None:
    check(equations, R.names, reduce_equations(R, equations), 7)


@pytest.mark.parametrize(
    ("equations", "dimension"),
    [
        ([], 4),
        ([R.one], -1),
        ([a * b], 3),
        ([a * d - b * c], 3),
        ([a**2 - 2 * b**2], 3),
        ([a * b, a * c, a * d], 3),
        ([a * b - 1, a], -1),
        ([a**2 + 1, b], 2),
    ],
    ids=str,
)
def test_dimension(equations: list[Polynomial], dimension: int) -> None:
    assert reduce_equations(R, equations).dimension == dimension


def test_what_is_not_solved_stays_open() -> None:
    equations = [a**2 + b**2 + c**2 - 1, a**3 + b**3 + c**3 - 2]
    reduction = reduce_equations(R, equations)
    assert reduction.dimension is None
    (branch,) = reduction.open_branches
    assert set(branch.equations) == {e.normalised() for e in equations}
    assert branch.bound == 2


def test_time_limit_leaves_branches_open() -> None:
    times = iter(range(100))
    reduction = reduce_equations(
        R, [a * b, b * c, c * d], time_limit=1, clock=lambda: float(next(times))
    )
    assert reduction.dimension is None or reduction.open_branches


def test_blocks_are_solved_apart() -> None:
    reduction = reduce_equations(R, [a * b, c * d])
    assert [block.variables for block in reduction.blocks] == [("a", "b"), ("c", "d")]
    assert [len(block.branches) for block in reduction.blocks] == [2, 2]
    assert len(list(reduction.cases())) == 4
    assert reduction.dimension == 2


def test_constraint_graph() -> None:
    graph = constraint_graph([a * b**2, c - 1])
    assert graph.edges[0, "b"]["degree"] == 2
    assert {node for node, part in graph.nodes(data="bipartite") if part == 1} == {0, 1}
    assert len(blocks([a * b, b * c, d])) == 2


def test_every_step_is_recorded() -> None:
    reduction = reduce_equations(R, [2 * a**2 * b - 2 * a * b**2, a * c])
    for branch in reduction.blocks[0].branches:
        lines = [str(step) for step in branch.steps]
        assert lines
        assert sum(line.startswith("dependent") for line in lines) == len(branch.solved)
    kinds = {step.kind for branch in reduction.blocks[0].branches for step in branch.steps}
    assert kinds >= {"factor", "dependent"}


def test_linear_equations_are_eliminated_first() -> None:
    reduction = reduce_equations(R, [a - b, b - c])
    assert reduction.dimension == 2
    assert reduction.blocks == ()
    assert [str(one) for one in reduction.linear.solved] == ["b = a", "c = a"]
    assert reduction.unbound == ("a", "d")


@given(st.lists(monomials(), min_size=2, max_size=3))
def test_factors_are_sympys(parts: list[Polynomial]) -> None:
    """Whatever the signs and contents; in few of the ring's variables, and in all of them."""
    wide = PolynomialRing(["u", "c", "b", "v", "a"])
    polynomial = wide.one * -6
    for part in parts:
        polynomial = polynomial * (part + 2).to_ring(wide)
    factors = dict(polynomial.factor())
    _, expected = sympy.factor_list(polynomial.to_sympy())
    found = {wide.from_sympy(factor).normalised(): power for factor, power in expected}
    assert factors == found
    for factor in factors:
        assert factor.ring == wide
        assert factor.content() == 1
        assert factor.leading_term()[1] > 0


@given(monomials(), monomials(), monomials())
def test_resultants_are_sylvesters_determinants(
    p: Polynomial, q: Polynomial, f: Polynomial
) -> None:
    for one, other in ((p, q), (p + f, q * f + 1), (q - 1, p + 2)):
        if one.degree("a") > 0 and other.degree("a") > 0:
            # SymPy's own resultant has another sign where it swaps polynomials of odd degree.
            matrix = sylvester(one.to_sympy(), other.to_sympy(), sympy.Symbol("a"))
            assert one.resultant(other, "a") == one.ring.from_sympy(matrix.det(method="berkowitz"))


def test_large_resultants_are_refused() -> None:
    wide, *variables = ring([f"x{at}" for at in range(60)])
    x, rest = variables[0], wide.sum(variables[1:])
    with pytest.raises(TooLargeError, match="the resultant of"):
        (rest * x - rest - 1).resultant(x**30 + 1, "x0")


def test_factors() -> None:
    polynomial = 6 * (a - b) ** 2 * (a + b) * c
    factors = polynomial.factor()
    product_of = R.one
    for factor, power in factors:
        product_of = product_of * factor**power
    assert product_of.normalised() == polynomial.normalised()
    assert dict(factors) == {c: 1, a + b: 1, a - b: 2}
    with pytest.raises(UsageError):
        R.zero.factor()


def network_system(n: int, layer: str = "quadratic") -> tuple[PolynomialRing, list[Polynomial]]:
    network = pc.NetworkSpec(n, 2, layer=layer)  # type: ignore[arg-type]
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(n), scope="network")
    derivation = pc.derive(network, symmetry)
    equations = [e.left - e.right for e in derivation.equalities()]
    return equations[0].ring, equations


def tangent_dimension(
    equations: list[Polynomial], names: tuple[str, ...], point: Mapping[str, int], prime: int
) -> int:
    """Return the dimension of the tangent space of some equations at a point modulo a prime."""
    field = sympy.GF(prime)
    rows = [[field(residue(e.derivative(name), point, prime)) for name in names] for e in equations]
    return len(names) - int(DomainMatrix(rows, (len(rows), len(names)), field).rank())


def test_smallest_network_has_dimension_eight() -> None:
    """Proved without any Gröbner basis, and six components seen from their tangent spaces.

    Where the tangent space at a point of a branch is of the branch's dimension, the closure of
    the branch is a component, and no other branch has the same.
    """
    names, equations = network_system(2)
    reduction = reduce_equations(names, equations)
    assert reduction.dimension == 8
    (block,) = reduction.blocks
    prime, rng = 10007, np.random.default_rng(0)
    components = []
    for branch in block.branches:
        if branch.dimension is not None and branch.dimension >= 7:
            points = (branch.point(prime, rng) for _ in range(40))
            point = next((point for point in points if point is not None), None)
            if point is None:
                continue
            if tangent_dimension(equations, block.variables, point, prime) == branch.dimension:
                components.append(branch.dimension)
    assert sorted(components) == [7, 7, 7, 8, 8]


def test_smallest_linear_network() -> None:
    """Products of two 2 × 2 matrices that commute with the exchange."""
    names, equations = network_system(2, "linear")
    reduction = reduce_equations(names, equations)
    check(equations, names.names, reduction, 3)
    assert reduction.dimension == 6
