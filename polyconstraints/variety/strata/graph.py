"""The strata as a graph: which functions are among those of which other stratum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any

from polyconstraints.variety.strata.point import Stratum

if TYPE_CHECKING:
    import networkx as nx

#: For each hidden level the multiplicities of what its functions span.
Attained = Sequence[Mapping[str, int]]


def strata_graph(strata: Iterable[Stratum]) -> nx.DiGraph[Any]:
    """Return the graph of strata of one variety, each closure once.

    A node for each, its number, with ``hidden``, the three dimensions and ``component`` as
    attributes. An edge leads from one stratum to another whose hidden levels attain at least the
    same summands, so that every function of the first one is a function of the second one too;
    edges that follow from others are left out.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.variety.strata import strata
    >>> group = pc.PermutationGroup.symmetric(2)
    >>> graph = strata_graph(strata(pc.NetworkSpec(2, depth=2), pc.Symmetry(group)))
    >>> sorted(graph.edges)
    [(3, 1), (3, 2), (3, 6), (4, 1), (5, 3), (5, 4), (5, 7), (7, 6)]
    """
    import networkx as nx

    listed = list(strata)
    graph: nx.DiGraph[Any] = nx.DiGraph()
    for stratum in listed:
        graph.add_node(
            stratum.number,
            hidden=" | ".join(str(level) for level in stratum.hidden),
            weight_dimension=stratum.weight_dimension,
            tangent_dimension=stratum.tangent_dimension,
            function_dimension=stratum.function_dimension,
            component=stratum.component,
        )
    for larger, smaller in covers([list(map(dict, one.attained)) for one in listed]):
        graph.add_edge(listed[smaller].number, listed[larger].number)
    return graph


def covers(attained: Sequence[Attained]) -> list[tuple[int, int]]:
    """Return which strata are just above which others, by their places, sorted.

    Given is what the functions of each stratum's hidden levels span, all different. Every
    function of the second one of a pair is one of the first, with no stratum between them.

    Examples
    --------
    >>> covers([[{"[2]": 1}], [{"[2]": 2}], [{"[2]": 1, "[1,1]": 1}], [{"[2]": 3}]])
    [(1, 0), (2, 0), (3, 1)]
    """
    import networkx as nx

    order: nx.DiGraph[int] = nx.DiGraph()
    order.add_edges_from(
        (large, small)
        for large, small in permutations(range(len(attained)), 2)
        if within(attained[small], attained[large])
    )
    return sorted(nx.transitive_reduction(order).edges)


def within(one: Attained, other: Attained) -> bool:
    """Return whether every hidden level of one stratum attains no more than the other's."""
    return all(
        count <= large.get(name, 0)
        for small, large in zip(one, other, strict=True)
        for name, count in small.items()
    )
