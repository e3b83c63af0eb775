"""Learn to count subgraphs, from a few dozen graphs and for graphs of any size.

The numbers of triangles, of stars with three leaves and of 4-cycles are polynomials in the
entries of an adjacency matrix, of degree three and four, that no renumbering of the vertices
changes. One invariant layer on the pairs of letters has all such polynomials; its parameters
are found by least squares from graphs of up to six vertices and used, as they are, for graphs
of seven vertices and of fifty.

    python examples/counting.py --plot counting.svg

Networks that pass messages along edges tell no more graphs apart than colour refinement does:
the best of them, whatever it learns from, has the error that is printed beside ours.
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.numpy import TiedNetwork
from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.tying import TyingRule

Array = NDArray[np.float64]

#: What is counted, and the edges that it has: the degree of the polynomial.
COUNTS = {"triangles": 3, "stars": 3, "4-cycles": 4}

#: Vertices of the largest graphs to learn from, and of those that are asked about.
LARGEST, NEXT, MANY = 6, 7, 50


def adjacency(edges: Array, n: int) -> Array:
    """Return the adjacency matrices of graphs given by their pairs of vertices."""
    matrices = np.zeros((len(edges), n, n))
    matrices[:, *np.triu_indices(n, 1)] = edges
    return matrices + matrices.transpose(0, 2, 1)


def counted(edges: Array, n: int) -> dict[str, Array]:
    """Return the true counts, by paths of two edges and degrees."""
    matrices = adjacency(edges, n)
    paths, degrees = matrices @ matrices, matrices.sum(axis=2)
    between = np.triu(paths, 1)
    return {
        "triangles": (paths * matrices).sum(axis=(1, 2)) / 6,
        "stars": (degrees * (degrees - 1) * (degrees - 2)).sum(axis=1) / 6,
        "4-cycles": (between * (between - 1)).sum(axis=(1, 2)) / 4,
    }


@cache
def network(degree: int, n: int) -> TiedNetwork:
    """Return the layer from pairs to one number, for graphs of n vertices.

    Its map has a parameter for each graph of up to ``degree`` edges, the same for every n that
    has room for all of them.
    """
    whole = AnyNetwork("pairs(S)", layer=degree, bias=True, kind="invariant")
    return TiedNetwork.from_rule(TyingRule.of(whole), n)


def features(degree: int, edges: Array, n: int) -> Array:
    """Return what each parameter of the map weighs, of shape (graphs, parameters)."""
    layer = network(degree, n)
    rows = np.eye(layer.plan.layers[0].parameters)
    return np.hstack([layer(layer.from_map_parameters([row]), edges) for row in rows])


def atlas(n: int) -> tuple[list[nx.Graph], Array]:
    """Return the graphs of 1 to 7 vertices, their pairs among n vertices.

    Vertices without edges are added: they change none of the counts.
    """
    graphs = nx.graph_atlas_g()[1:]
    edges = np.zeros((len(graphs), n, n))
    for at, graph in enumerate(graphs):
        for i, j in graph.edges():
            edges[at, min(i, j), max(i, j)] = 1
    return graphs, edges[:, *np.triu_indices(n, 1)]


def refined(graphs: list[nx.Graph], wanted: Array) -> float:
    """Return the least root mean square error of what only sees colour refinement."""
    classes = defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for graph, count in zip(graphs, wanted, strict=True):
            colours = nx.weisfeiler_lehman_graph_hash(graph, iterations=len(graph))
            classes[colours].append(count)
    squares = [np.square(np.array(counts) - np.mean(counts)).sum() for counts in classes.values()]
    return float(np.sqrt(sum(squares) / len(graphs)))


def run(names: list[str], samples: list[int], seeds: int) -> dict[str, Any]:
    """Print and return the largest errors, by what is counted and the number of graphs."""
    degree = max(COUNTS[name] for name in names)
    room = max(2 * degree, NEXT)  # so many vertices have all graphs of so many edges
    graphs, edges = atlas(room)
    sizes = np.array([len(graph) for graph in graphs])
    known, asked = np.flatnonzero(sizes <= LARGEST), np.flatnonzero(sizes == NEXT)
    weighed, true = features(degree, edges, room), counted(edges, room)
    rng = np.random.default_rng(0)
    large = (rng.random((20, MANY * (MANY - 1) // 2)) < 0.2) * 1.0
    large_weighed, large_true = features(degree, large, MANY), counted(large, MANY)
    shown = np.linalg.matrix_rank(weighed[known])
    print(f"{weighed.shape[1]} parameters, of which graphs of {LARGEST} vertices show {shown}")
    print(f"largest error on n = {NEXT} and n = {MANY}, median of {seeds} draws of the graphs")
    heads = [f"{name} {n}" for name in names for n in (NEXT, MANY)]
    print("graphs" + "".join(f"{head:>14}" for head in heads))
    found: dict[str, Any] = {head: [] for head in heads}
    for count in samples:
        errors: dict[str, list[float]] = {head: [] for head in heads}
        for seed in range(seeds):
            chosen = np.random.default_rng(seed).choice(known, count, replace=False)
            for name in names:
                theta = np.linalg.lstsq(weighed[chosen], true[name][chosen], rcond=1e-10)[0]
                seven = abs(weighed[asked] @ theta - true[name][asked]).max()
                fifty = abs(large_weighed @ theta - large_true[name]).max()
                errors[f"{name} {NEXT}"].append(float(seven))
                errors[f"{name} {MANY}"].append(float(fifty))
        for head in heads:
            found[head].append(float(np.median(errors[head])))
        print(f"{count:>6}" + "".join(f"{found[head][-1]:>14.2g}" for head in heads))
    seven_graphs = [graphs[at] for at in asked]
    found["refined"] = {name: refined(seven_graphs, true[name][asked]) for name in names}
    limits = ", ".join(f"{name} {error:.2g}" for name, error in found["refined"].items())
    print(f"\nmessage passing at its best on n = {NEXT}, root mean square: {limits}")
    return found


def draw(found: dict[str, Any], names: list[str], samples: list[int], path: Path) -> None:
    """Draw the errors against the number of graphs."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    for axes, n in zip(figure.subplots(1, 2, sharey=True), (NEXT, MANY), strict=True):
        for at, name in enumerate(names):
            axes.semilogy(samples, found[f"{name} {n}"], f"C{at}o-", label=name)
            if n == NEXT and found["refined"][name]:
                axes.axhline(found["refined"][name], color=f"C{at}", linestyle=":")
        axes.set(title=f"graphs of {n} vertices", xlabel="graphs learnt from")
    figure.axes[0].set_ylabel("largest error")
    figure.axes[1].legend()
    with mpl.rc_context({"svg.hashsalt": "polyconstraints", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Run the experiment."""
    parser = argparse.ArgumentParser(description="Learn to count subgraphs.")
    parser.add_argument("--seeds", type=int, default=5, help="draws of each (5)")
    parser.add_argument("--plot", type=Path, help="draw the errors to this file")
    options = parser.parse_args()
    names, samples = list(COUNTS), [8, 12, 14, 16, 17, 18, 20, 24, 32]
    found = run(names, samples, options.seeds)
    if options.plot:
        draw(found, names, samples, options.plot)


if __name__ == "__main__":
    main()
