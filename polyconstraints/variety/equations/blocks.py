"""The constraint graph: which equation binds which weights, and what falls apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from polyconstraints.algebra import Polynomial

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["blocks", "constraint_graph"]


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
