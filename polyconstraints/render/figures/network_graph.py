"""The network as a graph: units, the products that quadratic layers form, weights as edges.

A weight of a quadratic layer leads from a product of two units to a unit of the next level,
so products are nodes too. Levels with many units are drawn in part: the first few and the
last one, as textbooks do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from polyconstraints.render.figures.blocks import BlockPicture, ClassEntry
from polyconstraints.render.words import network_in_words, symmetry_in_words
from polyconstraints.spec.network import LayerSpec, NetworkSpec

__all__ = ["GraphEdge", "LayerGraph", "NetworkGraph", "network_graph", "network_graph_text"]

#: Units of a level that are drawn unless told otherwise, for quadratic and linear layers.
_UNITS = {"quadratic": 3, "linear": 6}


@dataclass(frozen=True)
class GraphEdge:
    """A weight.

    Attributes
    ----------
    source : tuple of int
        The units that it multiplies, one or two, as numbered in weight names: 0 is the
        homogenising unit.
    target : int
        The unit of the next level, from 1.
    weight : str
    number : int
        Its class.
    """

    source: tuple[int, ...]
    target: int
    weight: str
    number: int


@dataclass(frozen=True, eq=False)
class LayerGraph:
    """The edges of one layer between the units that are drawn.

    Attributes
    ----------
    layer : LayerSpec
    edges : tuple of GraphEdge
    classes : tuple of ClassEntry
        All classes of the layer.
    """

    layer: LayerSpec
    edges: tuple[GraphEdge, ...]
    classes: tuple[ClassEntry, ...]

    @cached_property
    def sources(self) -> tuple[tuple[int, ...], ...]:
        """The products (or single units) that edges start from, in order."""
        return tuple(dict.fromkeys(edge.source for edge in self.edges))


@dataclass(frozen=True, eq=False)
class NetworkGraph:
    """The graph of a tying map's network.

    Attributes
    ----------
    picture : BlockPicture
    units : tuple of tuples of int
        For each level the units that are drawn, from 0 for the homogenising unit.
    layers : tuple of LayerGraph
    """

    picture: BlockPicture
    units: tuple[tuple[int, ...], ...]
    layers: tuple[LayerGraph, ...]

    @property
    def network(self) -> NetworkSpec:
        """The network."""
        return self.picture.tying.network

    def hidden_units(self, level: int) -> int:
        """Return how many units of a level are not drawn."""
        return self.network.units[level] - sum(unit > 0 for unit in self.units[level])

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""
        return {
            "schema": "polyconstraints/plot/1",
            "view": "graph",
            "network": self.network.to_json(),
            "symmetry": self.picture.tying.symmetry.to_json(),
            "levels": [
                {"level": level, "units": list(units), "not_drawn": self.hidden_units(level)}
                for level, units in enumerate(self.units)
            ],
            "layers": [
                {
                    "layer": layer.layer.index,
                    "edges": [
                        {
                            "source": list(edge.source),
                            "target": edge.target,
                            "weight": edge.weight,
                            "class": edge.number,
                        }
                        for edge in layer.edges
                    ],
                    "classes": [entry.to_json() for entry in layer.classes],
                }
                for layer in self.layers
            ],
        }


def network_graph(picture: BlockPicture, most: int | None = None) -> NetworkGraph:
    """Return the graph of a tying map's network.

    Parameters
    ----------
    picture : BlockPicture
        With all layers and outputs.
    most : int, optional
        Units of a level that are drawn at most: the first ones and the last.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.render.figures.blocks import block_picture
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(40))
    >>> tying = pc.derive(pc.NetworkSpec(40, bias=True), symmetry).tying_map()
    >>> graph = network_graph(block_picture(tying))
    >>> graph.units, graph.hidden_units(0), len(graph.layers[0].edges)
    (((0, 1, 2, 40), (1, 2, 40)), 37, 30)
    """
    network = picture.tying.network
    limit = _UNITS[network.layer] if most is None else most
    units = []
    for level, count in enumerate(network.units):
        drawn = list(range(1, count + 1))
        if count > limit:
            drawn = [*drawn[: limit - 1], count]
        if network.bias and level < network.depth:
            drawn.insert(0, 0)
        units.append(tuple(drawn))
    layers = tuple(
        LayerGraph(
            layer.layer,
            tuple(_edges(picture, layer.layer, units[layer.layer.index : layer.layer.index + 2])),
            layer.classes,
        )
        for layer in picture.layers
    )
    return NetworkGraph(picture, tuple(units), layers)


def _edges(
    picture: BlockPicture, layer: LayerSpec, levels: list[tuple[int, ...]]
) -> Iterator[GraphEdge]:
    below, above = levels
    classes = picture.tying.layers[layer.index].classes
    sources: list[tuple[int, ...]] = [(i,) for i in below]
    if layer.degree == 2:
        sources = [(i, j) for i in below for j in below if not layer.ordered or i >= j]
    # The homogenising unit of the next level is nobody's output.
    for target in filter(None, above):
        for source in sources:
            place = (target - 1, *(unit - layer.first for unit in source))
            yield GraphEdge(source, target, layer.name(*place), int(classes[place]))


def network_graph_text(graph: NetworkGraph) -> Iterator[str]:
    r"""Yield the graph as lines of text, one for each unit of each layer's output.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.render.figures.blocks import block_picture
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2))
    >>> tying = pc.derive(pc.NetworkSpec(2), symmetry).tying_map()
    >>> print("\n".join(list(network_graph_text(network_graph(block_picture(tying))))[3:]))
    Layer 0
      y1 ← c0·x1x1 + c1·x2x1 + c2·x2x2
      y2 ← c2·x1x1 + c1·x2x1 + c0·x2x2
      c0: k = i = j (2 weights)
      c1: k is one of i ≠ j (2 weights)
      c2: k ≠ i = j (2 weights)
    """
    yield network_in_words(graph.network)
    yield symmetry_in_words(graph.picture.tying.symmetry)
    yield ""
    for layer in graph.layers:
        index = layer.layer.index
        below, above = unit_letter(graph, index), unit_letter(graph, index + 1)
        yield f"Layer {index}"
        for target in filter(None, graph.units[index + 1]):
            terms = [
                f"c{edge.number}·" + "".join(f"{below}{i}" if i else "1" for i in edge.source)
                for edge in layer.edges
                if edge.target == target
            ]
            more = " + …" if graph.hidden_units(index) else ""
            yield f"  {above}{target} ← {' + '.join(terms)}{more}"
        if graph.hidden_units(index + 1):
            yield f"  and {graph.hidden_units(index + 1)} units more"
        for entry in layer.classes:
            yield f"  {entry.label}"


def unit_letter(graph: NetworkGraph, level: int) -> str:
    """Return the letter of a level's units: x for inputs, y for outputs, h between."""
    if level == 0:
        return "x"
    if level == graph.network.depth:
        return "y"
    return "h" if graph.network.depth == 2 else f"h{level}_"
