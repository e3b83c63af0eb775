"""Where the parts of the network's graph stand: levels from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from polyconstraints.render.figures.network_graph import LayerGraph, NetworkGraph, unit_letter
from polyconstraints.render.figures.palette import HATCHES
from polyconstraints.render.figures.scene import (
    Item,
    Path,
    Scene,
    Shape,
    Text,
    circle,
    line,
    rectangle,
    text_width,
)
from polyconstraints.render.words import network_in_words, symmetry_in_words

__all__ = ["graph_scene"]

_MARGIN = 24
_TOP = 76
_UNIT = 15  # radius
_PRODUCT = 4
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


def graph_scene(graph: NetworkGraph) -> Scene:
    """Return the picture of a network's graph.

    Grey lines lead from units to the products that they are factors of; coloured edges are
    weights, one colour and one kind of dashes a class.
    """
    return _Drawing(graph).scene()


class _Drawing:
    def __init__(self, graph: NetworkGraph) -> None:
        self.graph = graph
        quadratic = graph.network.layer == "quadratic"
        most = max(
            max(len(layer.sources) * _SPACING for layer in graph.layers),
            max(len(units) for units in graph.units) * (2 * _UNIT + 14),
        )
        self.height = float(max(most, 120))
        self.span = 330 if quadratic else 240
        self.items: list[Item] = []

    def scene(self) -> Scene:
        graph = self.graph
        words = [network_in_words(graph.network), symmetry_in_words(graph.picture.tying.symmetry)]
        texts: list[Item] = [
            Text(_MARGIN, 24 + at * _ROW, text, 12) for at, text in enumerate(words)
        ]
        places = [self._level(level) for level in range(len(graph.units))]
        for layer in graph.layers:
            index = layer.layer.index
            self._layer(layer, places[index], places[index + 1])
        for level, units in enumerate(graph.units):
            self._units(level, units, places[level])
        width: float = 2 * _MARGIN + 60 + self.span * len(graph.layers)
        bottom, right = self._legends(_TOP + self.height + 34)
        width = max(width, right, *(_MARGIN * 2 + text_width(text, 12) for text in words))
        size = (width, bottom + _MARGIN)
        paper = Shape(rectangle(0, 0, *size), fill="#ffffff", role="paper")
        title = f"Graph of the network, {words[0]}"
        legend = "; ".join(
            f"layer {layer.layer.index} {entry.label}"
            for layer in graph.layers
            for entry in layer.classes[:_LEGEND]
        )
        return Scene(*size, title, f"{words[1]}. {legend}", [paper, *texts, *self.items])

    def _level(self, level: int) -> list[tuple[float, float]]:
        """Return the places of a level's units."""
        units = self.graph.units[level]
        x = _MARGIN + 30 + level * self.span
        step = self.height / len(units)
        return [(x, _TOP + (at + 0.5) * step) for at in range(len(units))]

    def _layer(
        self,
        layer: LayerGraph,
        below: Sequence[tuple[float, float]],
        above: Sequence[tuple[float, float]],
    ) -> None:
        graph = self.graph
        index = layer.layer.index
        at_unit = dict(zip(graph.units[index], below, strict=True))
        to_unit = dict(zip(graph.units[index + 1], above, strict=True))
        if layer.layer.degree == 2:
            start = self._products(layer, at_unit)
        else:
            start = {(unit,): (x + _UNIT, y) for unit, (x, y) in at_unit.items()}
        marks = {entry.number: entry.mark for entry in layer.classes}
        order = {entry.number: at for at, entry in enumerate(layer.classes)}
        dashed = len(layer.classes) <= HATCHES
        for edge in layer.edges:
            x, y = to_unit[edge.target]
            path = _curve(start[edge.source], (x - _UNIT, y))
            dash = _DASHES[order[edge.number]] if dashed else ()
            # A dark casing lets light colours be seen on white.
            self.items.append(Shape(path, stroke="#404040", width=3.2, opacity=0.35, role="casing"))
            self.items.append(
                Shape(
                    path,
                    stroke=marks[edge.number].color,
                    width=2,
                    dash=dash,
                    title=f"{edge.weight}, class {edge.number}",
                    role="edge",
                    data=(("class", edge.number), ("layer", index)),
                )
            )

    def _products(
        self, layer: LayerGraph, at_unit: dict[int, tuple[float, float]]
    ) -> dict[tuple[int, ...], tuple[float, float]]:
        """Draw the products that a layer forms, with lines from their factors."""
        sources = layer.sources
        x = min(x for x, _ in at_unit.values()) + self.span * 0.42
        step = self.height / len(sources)
        letter = unit_letter(self.graph, layer.layer.index)
        # By the height of their factors, so that few lines cross.
        order = sorted(sources, key=lambda source: (sum(at_unit[u][1] for u in source), source))
        start = {}
        for at, source in enumerate(order):
            y = _TOP + (at + 0.5) * step
            start[source] = (x + _PRODUCT, y)
            for unit in dict.fromkeys(source):
                ux, uy = at_unit[unit]
                path = _curve((ux + _UNIT, uy), (x - _PRODUCT, y))
                self.items.append(Shape(path, stroke="#c4c4c4", width=1, role="factor"))
            self.items.append(Shape(circle(x, y, _PRODUCT), fill="#595959", role="ink-fill"))
            name = "·".join(f"{letter}{unit}" if unit else "1" for unit in source)
            self.items.append(Text(x, y - 6, name, 9, "middle", "#595959"))
        return start

    def _units(
        self, level: int, units: Sequence[int], places: Sequence[tuple[float, float]]
    ) -> None:
        letter = unit_letter(self.graph, level)
        for unit, (x, y) in zip(units, places, strict=True):
            fill = "#ffffff" if unit else "#e6e6e6"
            ring = Shape(circle(x, y, _UNIT), fill=fill, stroke="#1a1a1a", width=1.5, role="unit")
            name = f"{letter}{unit}" if unit else "1"
            self.items += [ring, Text(x, y + 4, name, 11, "middle", role="unit-name")]
        hidden = self.graph.hidden_units(level)
        if hidden:
            # Between the last but one unit and the last stand those that are left out.
            (x, before), (_, after) = places[-2:] if len(places) > 1 else (places[0],) * 2
            self.items.append(Text(x, (before + after) / 2 + 6, "⋮", 18, "middle"))
            note = f"{hidden} not drawn"
            self.items.append(Text(x, _TOP + self.height + 14, note, 10, "middle", "#595959"))

    def _legends(self, top: float) -> tuple[float, float]:
        """Draw each layer's legend; return how far down and to the right they reach."""
        y, right = top, 0.0
        for layer in self.graph.layers:
            dashed = len(layer.classes) <= HATCHES
            self.items.append(Text(_MARGIN, y, f"Layer {layer.layer.index}", 12, bold=True))
            for at, entry in enumerate(layer.classes[:_LEGEND]):
                y += _ROW
                stroke = line([(_MARGIN, y - 4), (_MARGIN + 34, y - 4)])
                self.items.append(Shape(stroke, stroke="#404040", width=4.2, opacity=0.35))
                dash = _DASHES[at] if dashed else ()
                self.items.append(Shape(stroke, stroke=entry.mark.color, width=3, dash=dash))
                self.items.append(Text(_MARGIN + 42, y, entry.label, 12))
                right = max(right, _MARGIN + 42 + text_width(entry.label, 12))
            if len(layer.classes) > _LEGEND:
                y += _ROW
                note = f"and {len(layer.classes) - _LEGEND} more classes"
                self.items.append(Text(_MARGIN + 42, y, note, 12))
            y += _ROW + 6
        return y - _ROW, right + _MARGIN


def _curve(start: tuple[float, float], end: tuple[float, float]) -> Path:
    """Return a curve that leaves and arrives horizontally."""
    middle = (start[0] + end[0]) / 2
    return (("M", start), ("C", (middle, start[1], middle, end[1], *end)))
