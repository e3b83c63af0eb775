"""The example of counting subgraphs, with what has three edges only."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from examples.counting import atlas, counted, draw, run


def test_what_is_learnt_on_six_vertices_holds_on_fifty(
    capsys: pytest.CaptureFixture[str], tmp_path
) -> None:
    names, samples = ["triangles", "stars"], [7, 16]
    found = run(names, samples, seeds=1)
    # One parameter for each multigraph, one function for each graph without lonely vertices.
    assert "13 parameters, of which graphs of 6 vertices show 9" in capsys.readouterr().out
    for name in names:
        for n, most in ((7, 1e-9), (50, 1e-4)):
            few, enough = found[f"{name} {n}"]
            assert enough < most < few
    # Colour refinement sees degrees, and not triangles.
    assert found["refined"]["stars"] < 1e-12 < 0.1 < found["refined"]["triangles"]
    pytest.importorskip("matplotlib")
    draw(found, names, samples, tmp_path / "counting.svg")
    assert "<svg" in (tmp_path / "counting.svg").read_text()


def test_counts_are_those_of_networkx() -> None:
    graphs, edges = atlas(7)
    true = counted(edges, 7)
    for at in range(0, len(graphs), 40):
        graph = graphs[at]
        assert true["triangles"][at] == sum(nx.triangles(graph).values()) / 3
        cycles = nx.simple_cycles(graph, length_bound=4)
        assert true["4-cycles"][at] == sum(len(cycle) == 4 for cycle in cycles)
    star = nx.complete_bipartite_graph(1, 6)
    (at,) = [at for at, graph in enumerate(graphs) if nx.is_isomorphic(graph, star)]
    assert [true[name][at] for name in ("triangles", "stars", "4-cycles")] == [0, 20, 0]
    assert np.array_equal(true["stars"], np.rint(true["stars"]))
