"""Counts from orbits against the coefficients themselves, compared as polynomials."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.algebra import Polynomial
from tests import oracles
from tests.expansion.operators import expand_by_operators

Coefficients = dict[tuple[int, tuple[int, ...]], Polynomial]


def coefficients_of(network: pc.NetworkSpec) -> Coefficients:
    """Return every coefficient of the network, expanded by the operators."""
    inputs = network.units[0]
    ring = pc.PolynomialRing(network.weight_names())
    found: Coefficients = {}
    for output, polynomial in enumerate(expand_by_operators(network)):
        terms: dict[tuple[int, ...], list[tuple[tuple[int, ...], int]]] = {}
        for exponents, coefficient in polynomial.terms():
            terms.setdefault(tuple(exponents[:inputs]), []).append(
                (tuple(exponents[inputs:]), coefficient)
            )
        for monomial, listed in terms.items():
            found[output, monomial] = ring.from_terms(listed)
    return found


def compared(
    network: pc.NetworkSpec, permutations: tuple[tuple[int, ...], ...], kind: str
) -> tuple[int, int, int]:
    """Return how many equalities there are, how many different ones, and their rank."""
    coefficients = coefficients_of(network)
    total = 0
    distinct = {}
    for permutation in permutations:
        for (output, monomial), coefficient in coefficients.items():
            moved = [0] * len(monomial)
            for unit, power in enumerate(monomial):
                moved[permutation[unit]] = power
            image = permutation[output] if kind == "equivariant" else output
            other = coefficients[image, tuple(moved)]
            if coefficient != other:
                total += 1
                distinct[frozenset([coefficient, other])] = dict((coefficient - other).terms())
    rows: list[dict[Any, int]] = [
        {exponents: int(value) for exponents, value in row.items()} for row in distinct.values()
    ]
    return total, len(distinct), oracles.rank(rows)


CASES = [(2, 2, False), (2, 2, True), (3, 2, False), (2, 3, False), (3, 1, True)]


@pytest.mark.parametrize("permutations", ["transpositions", "adjacent", "generators"])
@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
@pytest.mark.parametrize(("n", "d", "bias"), CASES)
def test_counts_are_those_of_the_explicit_coefficients(
    n: int, d: int, bias: bool, kind: Any, permutations: Any
) -> None:
    network = pc.NetworkSpec(n, depth=d, bias=bias, outputs=1 if kind == "invariant" else n)
    group = pc.PermutationGroup.symmetric(n)
    symmetry = pc.Symmetry(group, kind=kind, scope="network", permutations=permutations)
    derivation = pc.derive(network, symmetry)
    assert (
        derivation.counts.total,
        derivation.counts.distinct,
        derivation.rank,
    ) == compared(network, symmetry.imposed(), kind)


@given(
    st.sampled_from(["C", "A", "D"]),
    st.lists(st.integers(1, 3), min_size=1, max_size=1),
    st.booleans(),
    st.sampled_from(["quadratic", "linear"]),
)
@settings(max_examples=20)
def test_counts_of_other_groups_and_widths(
    name: str, hidden: list[int], bias: bool, layer: Any
) -> None:
    network = pc.NetworkSpec(3, depth=2, bias=bias, layer=layer, widths=hidden)
    makers = {
        "C": pc.PermutationGroup.cyclic,
        "A": pc.PermutationGroup.alternating,
        "D": pc.PermutationGroup.dihedral,
    }
    symmetry = pc.Symmetry(makers[name](3), scope="network", permutations="generators")
    derivation = pc.derive(network, symmetry)
    assert (
        derivation.counts.total,
        derivation.counts.distinct,
        derivation.rank,
    ) == compared(network, symmetry.imposed(), "equivariant")
