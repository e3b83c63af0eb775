"""Presets, orders, elements and orbits against brute force."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.render.tables import described_groups, group_documents, groups_text
from polyconstraints.spec.groups import (
    parse_expression,
    parse_group,
)
from tests.oracles import closure

S = pc.PermutationGroup.symmetric


@st.composite
def permutation_lists(draw: st.DrawFn, most: int = 5) -> list[list[int]]:
    degree = draw(st.integers(1, most))
    return draw(st.lists(st.permutations(range(degree)), min_size=1, max_size=3))


@pytest.mark.parametrize("n", range(1, 7))
def test_orders_of_presets(n: int) -> None:
    expected = {
        "S": factorial(n),
        "A": max(1, factorial(n) // 2),
        "C": n,
        "D": 2 * n if n > 2 else n,
        "trivial": 1,
    }
    for name, order in expected.items():
        group = pc.PermutationGroup.preset(name, n)
        assert group.order() == order == len(closure(group.generators, n)), name
        assert group.is_preset(name)


@given(permutation_lists())
def test_facts_agree_with_brute_force(generators: list[list[int]]) -> None:
    degree = len(generators[0])
    group = pc.PermutationGroup(degree, generators)
    everything = closure(map(tuple, generators), degree)
    assert group.order() == len(everything)
    listed = list(group.elements(1000))
    assert set(listed) == everything
    assert len(listed) == len(everything)
    orbits = {tuple(sorted({element[point] for element in everything})) for point in range(degree)}
    assert set(group.orbits()) == orbits
    outside = next((p for p in permutations(range(degree)) if p not in everything), None)
    assert all(element in group for element in list(everything)[:5])
    assert outside is None or outside not in group
    assert group.is_symmetric() == (len(everything) == factorial(degree))
    assert pc.PermutationGroup.from_sympy(group.to_sympy()).order() == len(everything)


def test_groups_that_are_symmetric_or_alternating_are_seen_to_be() -> None:
    shift, cycle = (*range(1, 51), 0), (1, 2, 0, *range(3, 51))
    assert pc.PermutationGroup(51, [shift, cycle]).order() == factorial(51) // 2
    swapped = pc.PermutationGroup(51, [shift, (1, 0, *range(2, 51))])
    assert swapped.order() == factorial(51)
    assert swapped.is_symmetric()
    assert not pc.PermutationGroup(4, [(1, 0, 2, 3)], "S").is_preset("S")


def test_presets_are_made_when_they_are_needed() -> None:
    group = S(10**12)
    assert group.degree == 10**12
    assert group == S(10**12)
    assert group.is_symmetric()


def test_elements_stop_at_the_limit() -> None:
    assert len(list(S(6).elements(10))) == 11


def test_large_orders_are_not_worked_out() -> None:
    groups = described_groups(["S", "A"], 1000) + described_groups(["S"], 3000)
    lines = [line for line in groups_text(groups).splitlines() if "points, " in line]
    assert [line.split(", ")[1] for line in lines[::2]] == ["order about 10^2559", "order 3000!"]
    assert [entry["order"] is None for entry in group_documents(groups)["groups"]] == [
        False,
        False,
        True,
    ]
    assert "_order" not in vars(groups[-1][1])


def test_orders_of_large_groups_are_formulas() -> None:
    assert parse_expression("S60wrS2").group().order() == factorial(60) ** 2 * 2
    assert parse_group("pairs(S90)", 4005).order() == factorial(90)
    assert parse_expression("S999xA7").order() == factorial(999) * factorial(7) // 2
    # Given by generators they are recognised: 35 s by a stabiliser chain.
    transpositions = pc.Symmetry(S(150), permutations="adjacent").imposed()
    assert pc.PermutationGroup(150, transpositions).order() == factorial(150)
    assert pc.PermutationGroup(150, transpositions).is_symmetric()
    alternating = pc.PermutationGroup(101, pc.PermutationGroup.alternating(101).generators, "mine")
    assert alternating.order() == factorial(101) // 2
    assert not alternating.is_symmetric()
    cycle = (*range(1, 1000), 0)
    assert pc.PermutationGroup(1000, [cycle]).order() == 1000
