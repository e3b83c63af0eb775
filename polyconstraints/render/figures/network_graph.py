"""The network as a graph: units, the products that layers form, weights as edges.

A weight of a layer of higher degree leads from a product of units to a unit of the next level,
so products are nodes too. Levels with many units are drawn in part: the first few and the last
one, as textbooks do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement, product
from typing import Any, NamedTuple

from polyconstraints.render.figures.blocks import BlockPicture
from polyconstraints.render.figures.layer_picture import ClassEntry, cut
from polyconstraints.render.figures.picture import Picture
from polyconstraints.render.figures.scene import (
    HATCHES,
    Drawing,
    Mark,
    Path,
    Scene,
    Shape,
    Text,
    circle,
    line,
)
from polyconstraints.render.words import network_in_words, symmetry_in_words
from polyconstraints.schemas.writing import written
from polyconstraints.spec.network import LayerSpec, NetworkSpec

#: Units of a level that are drawn unless told otherwise, of networks with products and without.
_UNITS_OF_PRODUCTS, _UNITS = 3, 6

_MARGIN = 24
_TOP = 76
_RADIUS = 15
_DOT = 4  # radius of a product
_SPACING = 22  # between products
_LEGEND = 16
_ROW = 20

#: Strokes and gaps of each class's edges where classes are few enough to have their own.
_DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (7, 3),
    (2, 2),
    (10, 3, 2, 3),
    (4, 4),
    (12, 3),
    (6, 2, 1, 2, 1, 2),
    (1, 3),
)

Place = tuple[float, float]


class Edge(NamedTuple):
    """A weight: from a product of units, 0 being the homogenising one, to a unit from 1."""

    source: tuple[int, ...]
    target: int
    weight: str
    class_: int


@dataclass(frozen=True, eq=False)
class LayerGraph:
    """The edges of one layer between the units that are drawn, and all of its classes."""

    layer: LayerSpec
    edges: tuple[Edge, ...]
    classes: tuple[ClassEntry, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the layer's entry in the document."""
        return written("variety.PlottedEdges", self, layer=self.layer.index)

    @cached_property
    def sources(self) -> tuple[tuple[int, ...], ...]:
        """The products (or single units) that edges start from, in order."""
        return tuple(dict.fromkeys(edge.source for edge in self.edges))

    def dash(self, mark: Mark) -> tuple[float, ...]:
        """Return the dashes of a class: none where classes are too many to be hatched each."""
        return _DASHES[mark.hatch] if len(self.classes) <= HATCHES else ()


@dataclass(frozen=True, eq=False)
class NetworkGraph(Picture):
    """The graph of a tying map's network, given the picture of its blocks.

    Of each level it has the units that are drawn, from 0 for the homogenising unit.
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

    def name(self, level: int, unit: int) -> str:
        """Return the name of a unit: x for inputs, y for outputs, h between, 1 for unit 0."""
        depth = self.network.depth
        between = "h" if depth == 2 else f"h{level}_"
        letter = {0: "x", depth: "y"}.get(level, between)
        return f"{letter}{unit}" if unit else "1"

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""
        levels = [
            {"level": level, "units": list(units), "not_drawn": self.hidden_units(level)}
            for level, units in enumerate(self.units)
        ]
        return written("variety.GraphPlot", self, self.picture.tying, levels=levels)

    def text(self, width: int = 0) -> Iterator[str]:
        """Yield the graph as lines of text, one for each unit of each layer's output."""
        yield network_in_words(self.network)
        yield symmetry_in_words(self.picture.tying.symmetry)
        yield ""
        for layer in self.layers:
            index = layer.layer.index
            yield f"Layer {index}"
            for target in filter(None, self.units[index + 1]):
                terms = [
                    f"c{edge.class_}·" + "".join(self.name(index, unit) for unit in edge.source)
                    for edge in layer.edges
                    if edge.target == target
                ]
                more = " + …" if self.hidden_units(index) else ""
                yield f"  {self.name(index + 1, target)} ← {' + '.join(terms)}{more}"
            if self.hidden_units(index + 1):
                yield f"  and {self.hidden_units(index + 1)} units more"
            for entry in layer.classes:
                yield f"  {entry.label}"

    def scene(self) -> Scene:
        """Return the picture: levels from left to right, every class with its own strokes."""
        return _Drawing(self).scene()


def network_graph(picture: BlockPicture, most: int | None = None) -> NetworkGraph:
    """Return the graph of a tying map's network, given the picture of all its blocks.

    Of each level at most so many units are drawn: the first ones and the last.
    """
    network = picture.tying.network
    limit = most or (_UNITS_OF_PRODUCTS if max(network.degrees) > 1 else _UNITS)
    units = []
    for level, count in enumerate(network.units):
        first = 0 if network.bias and level < network.depth else 1
        drawn = range(first, count + 1)
        units.append(tuple(drawn) if count <= limit else (*range(first, limit), count))
    layers = []
    for layer in picture.layers:
        below, above = units[layer.layer.index : layer.layer.index + 2]
        edges = tuple(_edges(picture, layer.layer, below, above))
        layers.append(LayerGraph(layer.layer, edges, layer.classes))
    return NetworkGraph(picture, tuple(units), tuple(layers))


def _edges(
    picture: BlockPicture, layer: LayerSpec, below: Sequence[int], above: Sequence[int]
) -> Iterator[Edge]:
    classes = picture.tying.layers[layer.index].classes
    sources: list[tuple[int, ...]] = list(product(below, repeat=layer.degree))
    if layer.ordered:
        sources = sorted(pick[::-1] for pick in combinations_with_replacement(below, layer.degree))
    # The homogenising unit of the next level is nobody's output.
    for target in filter(None, above):
        for source in sources:
            place = (target - 1, *(unit - layer.first for unit in source))
            yield Edge(source, target, layer.name(*place), int(classes[place]))


class _Drawing(Drawing):
    """Draws a graph: where each part stands depends on how much room the levels need."""

    def __init__(self, graph: NetworkGraph) -> None:
        super().__init__()
        self.graph = graph
        most = max(
            max(len(layer.sources) * _SPACING for layer in graph.layers),
            max(len(units) for units in graph.units) * (2 * _RADIUS + 14),
        )
        self.height = float(max(most, 120))
        self.span = 330 if max(graph.network.degrees) > 1 else 240
        self.places = [
            {
                unit: (
                    _MARGIN + 30 + level * self.span,
                    _TOP + (at + 0.5) * self.height / len(units),
                )
                for at, unit in enumerate(units)
            }
            for level, units in enumerate(graph.units)
        ]

    def scene(self) -> Scene:
        graph = self.graph
        words = [network_in_words(graph.network), symmetry_in_words(graph.picture.tying.symmetry)]
        for at, text in enumerate(words):
            self.text(_MARGIN, 24 + at * _ROW, text)
        for layer in graph.layers:
            self._layer(layer)
        for level in range(len(graph.units)):
            self._units(level)
        self._legends(_TOP + self.height + 34)
        self.right = max(self.right, _MARGIN + 60 + self.span * len(graph.layers))
        legend = "; ".join(
            f"layer {layer.layer.index} {entry.label}"
            for layer in graph.layers
            for entry in layer.classes[:_LEGEND]
        )
        return self.finished(
            f"Graph of the network, {words[0]}",
            f"{words[1]}. {legend}",
            margin=_MARGIN,
            heading=24 + 2 * _ROW,
        )

    def _layer(self, layer: LayerGraph) -> None:
        index = layer.layer.index
        if layer.layer.degree > 1:
            start = self._products(layer)
        else:
            start = {(unit,): (x + _RADIUS, y) for unit, (x, y) in self.places[index].items()}
        marks = {entry.number: entry.mark for entry in layer.classes}
        for edge in layer.edges:
            x, y = self.places[index + 1][edge.target]
            mark = marks[edge.class_]
            path = _curve(start[edge.source], (x - _RADIUS, y))
            # A dark casing lets light colours be seen on white.
            self.put(Shape(path, stroke="#404040", width=3.2, opacity=0.35, role="casing"))
            self.put(
                Shape(
                    path,
                    stroke=mark.color,
                    width=2,
                    dash=layer.dash(mark),
                    title=f"{edge.weight}, class {edge.class_}",
                    role="edge",
                    data=(("class", edge.class_), ("layer", index)),
                ),
            )

    def _products(self, layer: LayerGraph) -> dict[tuple[int, ...], Place]:
        """Draw the products that a layer forms, with lines from their factors."""
        index = layer.layer.index
        at_unit = self.places[index]
        x = min(x for x, _ in at_unit.values()) + self.span * 0.42
        step = self.height / len(layer.sources)
        # By the height of their factors, so that few lines cross.
        order = sorted(
            layer.sources, key=lambda source: (sum(at_unit[u][1] for u in source), source)
        )
        start = {}
        for at, source in enumerate(order):
            y = _TOP + (at + 0.5) * step
            start[source] = (x + _DOT, y)
            for unit in dict.fromkeys(source):
                ux, uy = at_unit[unit]
                path = _curve((ux + _RADIUS, uy), (x - _DOT, y))
                self.put(Shape(path, stroke="#c4c4c4", width=1, role="factor"))
            self.put(Shape(circle(x, y, _DOT), fill="#595959", role="ink-fill"))
            name = "·".join(self.graph.name(index, unit) for unit in source)
            self.put(Text(x, y - 6, name, 9, "middle", "#595959"))
        return start

    def _units(self, level: int) -> None:
        places = self.places[level]
        for unit, (x, y) in places.items():
            fill = "#ffffff" if unit else "#e6e6e6"
            self.put(Shape(circle(x, y, _RADIUS), fill, "#1a1a1a", width=1.5, role="unit"))
            name = self.graph.name(level, unit)
            self.put(Text(x, y + 4, name, 11, "middle", role="unit-name"))
        hidden = self.graph.hidden_units(level)
        if hidden:
            # Between the last but one unit and the last stand those that are left out.
            ends = list(places.values())[-2:]
            x, middle = ends[0][0], (ends[0][1] + ends[-1][1]) / 2
            self.put(Text(x, middle + 6, "⋮", 18, "middle"))
            note = f"{hidden} not drawn"
            self.put(Text(x, _TOP + self.height + 14, note, 10, "middle", "#595959"))

    def _legends(self, y: float) -> None:
        """Draw each layer's legend."""
        for layer in self.graph.layers:
            self.text(_MARGIN, y, f"Layer {layer.layer.index}", bold=True)
            shown, more = cut(layer.classes, _LEGEND)
            for entry in shown:
                y += _ROW
                stroke = line([(_MARGIN, y - 4), (_MARGIN + 34, y - 4)])
                self.put(Shape(stroke, stroke="#404040", width=4.2, opacity=0.35))
                self.put(
                    Shape(stroke, stroke=entry.mark.color, width=3, dash=layer.dash(entry.mark))
                )
                self.text(_MARGIN + 42, y, entry.label)
            if more:
                y += _ROW
                self.put(Text(_MARGIN + 42, y, more, 12))
            self.bottom = y + 6
            y += _ROW + 6


def _curve(start: Place, end: Place) -> Path:
    """Return a curve that leaves and arrives horizontally."""
    middle = (start[0] + end[0]) / 2
    return (("M", start), ("C", (middle, start[1], middle, end[1], *end)))
