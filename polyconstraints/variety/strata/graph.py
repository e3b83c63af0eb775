"""The strata as a graph: which functions are among those of which other stratum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from polyconstraints.variety.strata.representations import FREE
from polyconstraints.variety.strata.variety import Stratum

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["strata_graph"]


def strata_graph(strata: Iterable[Stratum]) -> nx.DiGraph[Any]:
    """Return the graph of strata.

    Parameters
    ----------
    strata : iterable of Stratum
        Strata of one variety.

    Returns
    -------
    networkx.DiGraph
        A node for each stratum, its number, with ``hidden``, the three dimensions,
        ``component`` and ``same_as`` (the first stratum that attains the same, so has the same
        closure) as attributes. An edge leads from one stratum to another whose hidden levels
        attain at least the same summands, so that every function of the first one is a
        function of the second one too; edges that follow from others are left out.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.variety.strata import strata
    >>> group = pc.PermutationGroup.symmetric(2)
    >>> graph = strata_graph(strata(pc.NetworkSpec(2, depth=2), pc.Symmetry(group)))
    >>> sorted(graph.edges), graph.nodes[3]["hidden"]
    ([(3, 1)], '2·[1,1]')
    """
    import networkx as nx

    listed = list(strata)
    graph: nx.DiGraph[Any] = nx.DiGraph()
    first: dict[Any, int] = {}
    for stratum in listed:
        graph.add_node(
            stratum.number,
            hidden=" | ".join(str(level) for level in stratum.hidden),
            weight_dimension=stratum.weight_dimension,
            tangent_dimension=stratum.tangent_dimension,
            function_dimension=stratum.function_dimension,
            component=stratum.component,
            same_as=first.setdefault(stratum.attained, stratum.number),
        )
    distinct = [stratum for stratum in listed if first[stratum.attained] == stratum.number]
    order: nx.DiGraph[Any] = nx.DiGraph()
    order.add_nodes_from(stratum.number for stratum in distinct)
    order.add_edges_from(
        (one.number, other.number)
        for one in distinct
        for other in distinct
        if one is not other and _within(one, other)
    )
    graph.add_edges_from(nx.transitive_reduction(order).edges)
    return graph


def _within(one: Stratum, other: Stratum) -> bool:
    """Return whether every hidden level of one stratum attains no more than the other's."""
    return all(
        FREE not in small
        and FREE not in large
        and all(count <= large.get(name, 0) for name, count in small.items())
        for small, large in zip(one.dimensions.attained, other.dimensions.attained, strict=True)
    )
