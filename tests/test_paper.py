"""The paper's listings and equations, derived and compared.

The paper: YKY, "Permutation-invariant neural networks", 2019.
"""

from __future__ import annotations

from collections import Counter
from math import comb

import pytest

import polyconstraints as pc
from tests import paper, paper_equations
from tests.paper_equations import Equality, Side, canonical_equality


def derived(n: int, network: dict[str, str], compare: str = "function") -> set[Equality]:
    """Return the equalities of one layer in the notation of ``tests.paper_equations``."""
    spec = pc.NetworkSpec(n, **network)  # type: ignore[arg-type]
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(n), compare=compare)  # type: ignore[arg-type]
    return {
        frozenset({_side(equality.left), _side(equality.right)})
        for equality in pc.derive(spec, symmetry).equalities()
    }


def _side(polynomial: pc.Polynomial) -> Side:
    """Return a sum of weights as the sorted tuple of their indices, W0_k_i_j → (k, i, j)."""
    weights: list[tuple[int, ...]] = []
    for exponents, coefficient in polynomial.terms():
        [name] = [
            name for name, power in zip(polynomial.ring.names, exponents, strict=True) if power
        ]
        weights += [tuple(int(part) for part in name.split("_")[1:])] * int(coefficient)
    return tuple(sorted(weights))


def classes(n: int, equalities: set[Equality], length: int) -> set[frozenset[tuple[int, ...]]]:
    """Return the classes of weights that single-weight equalities make, by plain merging."""
    groups: list[set[tuple[int, ...]]] = []
    for sides in equalities:
        (left,), (right,) = sides
        touched = [group for group in groups if left in group or right in group]
        groups = [group for group in groups if group not in touched]
        groups.append({left, right}.union(*touched))
    return {frozenset(group) for group in groups}


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_equation_15_and_16(n: int) -> None:
    ours = derived(n, {"layer": "linear"})
    printed = paper_equations.eq15(n)
    # Equation (15) leaves out what the outputs that σ doesn't move say; they say the same.
    assert printed <= ours
    assert all(_unmoved(equality) for equality in ours - printed)
    assert classes(n, ours, 2) == classes(n, printed, 2)
    assert classes(n, ours, 2) == classes(n, paper_equations.eq16(n), 2)


def _unmoved(equality: Equality) -> bool:
    """Return whether both sides are weights of one output."""
    return len({weight[0] for one in equality for weight in one}) == 1


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_equation_21(n: int) -> None:
    assert derived(n, {"indices": "redundant"}, "paper") == paper_equations.eq21(n)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_equations_26_and_27(n: int) -> None:
    ours = {canonical_equality(equality) for equality in derived(n, {})}
    printed = {
        canonical_equality(equality)
        for equality in paper_equations.eq26(n) | paper_equations.eq27(n)
    }
    assert printed <= ours
    assert all(_unmoved(equality) for equality in ours - printed)
    assert classes(n, ours, 3) == classes(n, printed, 3)


def test_table_22() -> None:
    for n, (distinct, total, _) in paper_equations.TABLE_22.items():
        spec = pc.NetworkSpec(n, indices="redundant")
        symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(n), compare="paper")
        result = pc.derive(spec, symmetry)
        assert (result.distinct_weights, result.total_weights) == (distinct, total)


def test_equation_30() -> None:
    assert len(pc.expand(pc.NetworkSpec(3, 3, bias=True)).monomials) == 165 == comb(11, 3)


def expansion_group(output: int, monomial: tuple[int, ...]) -> Counter[tuple[tuple[int, ...], ...]]:
    """Return one group of the expanded network in the notation of ``tests.paper``."""
    expansion = pc.expand(pc.NetworkSpec(3, 2, bias=True))
    polynomial = expansion.coefficient_polynomial(output, monomial)
    group: Counter[tuple[tuple[int, ...], ...]] = Counter()
    for exponents, coefficient in polynomial.terms():
        weights: list[tuple[int, ...]] = []
        for name, power in zip(polynomial.ring.names, exponents, strict=True):
            weights += [tuple(int(part) for part in name[1:].split("_"))] * power
        group[tuple(sorted(weights))] += int(coefficient)
    return group


#: Where the ungrouped listing, as it came through the conversion to text, differs from the
#: expansion: what is printed too much and what is missing (docs/findings.md, section 15). The
#: misprinted product multiplies X1 X2² X3, not the X1 X2 X3² that stands behind it.
SLIPS = {
    (1, 1, 2): (
        Counter({((0, 3, 2, 1), (0, 3, 3, 2), (1, 3, 3, 3)): 1}),
        Counter(
            {
                ((0, 3, 2, 1), (0, 3, 3, 3), (1, 3, 3, 3)): 2,
                ((0, 1, 3, 3), (0, 3, 2, 1), (1, 3, 3, 1)): 1,
            }
        ),
    )
}


def test_grouped_listing_of_section_2_6() -> None:
    listing = paper.grouped()
    assert len(listing.complete) == 9
    for monomial, printed in listing.groups.items():
        ours = expansion_group(listing.output, monomial)
        if monomial in listing.complete:
            assert printed == ours
        else:
            assert printed <= ours


def test_ungrouped_listing_of_section_2_6() -> None:
    listing = paper.ungrouped(corrected=True)
    assert len(listing.complete) == 4
    for monomial, printed in listing.groups.items():
        ours = expansion_group(listing.output, monomial)
        surplus, missing = SLIPS.get(monomial, (Counter(), Counter()))
        assert printed - ours == surplus
        if monomial in listing.complete:
            assert ours - printed == missing
        for term in surplus:
            assert term in expansion_group(listing.output, (1, 2, 1))
