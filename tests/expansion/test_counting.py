"""Sizes that are counted without expanding anything, against expansions and published figures."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyconstraints.expansion import expand
from polyconstraints.expansion.counting import (
    count_terms,
    expanded_layers,
    monomial_count,
    term_bound,
)
from polyconstraints.spec.network import NetworkSpec

#: Inputs, depth, bias: terms of one output, found with a computer algebra system.
TERMS = {
    (3, 1, True): 10,
    (2, 2, True): 91,
    (3, 2, False): 171,
    (3, 2, True): 496,
    (2, 3, True): 9_811,
    (2, 4, False): 103_140,
    (4, 2, True): 1_891,
    (5, 2, True): 5_671,
    (3, 3, False): 81_081,
    (3, 3, True): 666_775,
    (4, 3, False): 3_514_900,
    (4, 3, True): 18_572_135,
}


@pytest.mark.parametrize(("size", "terms"), TERMS.items(), ids=str)
def test_known_term_counts(size: tuple[int, int, bool], terms: int) -> None:
    inputs, depth, bias = size
    network = NetworkSpec(inputs, depth=depth, bias=bias)
    assert count_terms(network) == terms
    assert term_bound(network) >= terms
    assert expand(network).term_count() == terms
    # Counted a second way: by the paths through the graph.
    assert int(expand(network)._finder.totals[-1][0]) == terms


@pytest.mark.parametrize("n", range(1, 6))
@pytest.mark.parametrize("d", range(1, 4))
def test_monomial_counts(n: int, d: int) -> None:
    assert monomial_count(NetworkSpec(n, depth=d, bias=True)) == comb(n + 2**d, n)
    assert monomial_count(NetworkSpec(n, depth=d)) == comb(n + 2**d - 1, n - 1)


networks = st.builds(
    lambda widths, layer, indices, bias: NetworkSpec(
        widths[0],
        depth=len(widths) - 1,
        layer=layer,
        indices=indices,
        bias=bias,
        widths=widths[1:-1],
        outputs=widths[-1],
    ),
    st.lists(st.integers(1, 3), min_size=2, max_size=4),
    st.sampled_from(["quadratic", "linear"]),
    st.sampled_from(["ordered", "redundant"]),
    st.booleans(),
)


@given(networks)
@settings(max_examples=60)
def test_counts_are_those_of_the_graph(network: NetworkSpec) -> None:
    expansion = expand(network)
    graph = expansion.graph
    assert count_terms(network) == int(expansion._finder.totals[-1][0])
    assert term_bound(network) >= expansion.term_count()
    assert expansion.monomial_count == len(expansion.monomials)
    sizes = expanded_layers(network)
    assert [size.edges for size in sizes] == [len(step.child) for step in graph.steps]
    assert [size.states for size in sizes] == [len(level.shape) for level in graph.levels[:-1]]
    assert [size.shapes for size in sizes] == [len(level.shapes) for level in graph.levels[1:]]


def test_counting_gives_up_in_time_and_always_at_the_same_place() -> None:
    network = NetworkSpec(3, depth=6, bias=True)
    assert count_terms(network, steps=10_000) is None
    small = NetworkSpec(4, depth=4, bias=True)
    enough = next(steps for steps in range(0, 10**6, 50) if count_terms(small, steps) is not None)
    assert count_terms(small, enough - 50) is None
    assert count_terms(small, enough) == count_terms(small)
