"""The graph of strata, and the best known dimension."""

from __future__ import annotations

import networkx as nx
import pytest

import polyconstraints as pc
from polyconstraints.variety.strata import strata
from polyconstraints.variety.strata.best import best_known_dimension
from polyconstraints.variety.strata.graph import strata_graph


def test_graph_orders_strata_by_their_functions() -> None:
    group = pc.PermutationGroup.symmetric(3)
    found = strata(pc.NetworkSpec(3, 2, bias=True), pc.Symmetry(group))
    graph = strata_graph(found)
    assert nx.is_directed_acyclic_graph(graph)
    assert len(graph) == len(found)
    functions = {one.number: one.function_dimension for one in found}
    for small, large in graph.edges:
        # A function of the smaller one is a function of the larger one.
        assert (functions[small] or 0) <= (functions[large] or 0)
    number = {str(one.hidden[0]): one.number for one in found}
    assert (number["[3]"], number["[3] + free"]) in graph.edges


def test_best_known_dimension_says_what_is_proved() -> None:
    group = pc.PermutationGroup.symmetric(3)
    best = best_known_dimension(pc.NetworkSpec(3, 2, bias=True), pc.Symmetry(group))
    assert best is not None
    assert best.status == "lower bound"
    assert best.dimension == 36
    assert str(best.stratum.hidden[0]) == "2·free"
    assert best.constant
    assert best.richest is not None
    assert str(best.richest.hidden[0]) == "[3] + [2,1]"
    assert best.function_dimension == 11


@pytest.mark.parametrize(("n", "depth"), [(3, 1), (1, 2)])
def test_linear_and_empty_systems_are_proved(n: int, depth: int) -> None:
    best = best_known_dimension(
        pc.NetworkSpec(n, depth), pc.Symmetry(pc.PermutationGroup.symmetric(n))
    )
    assert best is not None
    assert best.status == "proved"


def test_too_large_networks_have_no_best() -> None:
    group = pc.PermutationGroup.symmetric(6)
    assert best_known_dimension(pc.NetworkSpec(6, 3), pc.Symmetry(group)) is None
