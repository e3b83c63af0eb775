"""Where the parts of the graph of strata stand: the largest dimension on top."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from polyconstraints.render.figures.scene import (
    Item,
    Path,
    Scene,
    Shape,
    Text,
    line,
    rectangle,
    text_width,
)
from polyconstraints.render.figures.strata_graph import StrataGraph, Stratum

__all__ = ["strata_scene"]

#: Top left corner of a box.
Place = tuple[float, float]

_MARGIN = 24
_LEFT = 124  # where the column with the dimensions ends, and room for lines around boxes
_HEIGHT = 58
_GAP = 26
_ROW = 116
_PER_ROW = 5

_NOTES = (
    "✓ a component: weight and tangent dimension agree",
    "Lines join strata whose hidden representations differ by one exchange of pieces.",
)


def strata_scene(graph: StrataGraph) -> Scene:
    """Return the picture of a graph of strata.

    Components have a thick frame and a tick, strata that are known to lie in something
    larger a dashed frame.
    """
    width = max((_box_width(stratum) for stratum in graph.strata), default=160)
    rows: list[tuple[int, list[int]]] = []
    places = range(len(graph.strata))
    for dimension, group_of in groupby(places, lambda at: graph.strata[at].weight_dimension):
        group = list(group_of)
        for start in range(0, len(group), _PER_ROW):
            rows.append((dimension, group[start : start + _PER_ROW]))
    widest = max((len(members) for _, members in rows), default=1)
    total = _LEFT + widest * (width + _GAP) + _MARGIN + 40
    boxes: dict[int, tuple[float, float]] = {}
    texts: list[Item] = [Text(_MARGIN, 28, graph.title, 14, bold=True)]
    y: float = 56
    shown = None
    for dimension, members in rows:
        if dimension != shown:
            texts.append(Text(_MARGIN, y + _HEIGHT / 2 + 4, f"dim {dimension}", 12, bold=True))
            shown = dimension
        indent = (widest - len(members)) * (width + _GAP) / 2
        for at, place in enumerate(members):
            boxes[place] = (_LEFT + indent + at * (width + _GAP), y)
        y += _ROW
    size = (max(total, 560.0), y - _ROW + _HEIGHT + 64 if rows else 80.0)
    items: list[Item] = [Shape(rectangle(0, 0, *size), fill="#ffffff", role="paper"), *texts]
    for a, b in graph.edges:
        path = _edge(boxes[a], boxes[b], width, list(boxes.values()))
        items.append(Shape(path, stroke="#8a8a8a", width=1.5, role="edge"))
    for place, (x, top) in boxes.items():
        items += _box(graph.strata[place], x, top, width)
    for at, note in enumerate(_NOTES):
        items.append(Text(_MARGIN, size[1] - 30 + at * 17, note, 11, color="#595959"))
    lines = "; ".join(f"{s.name}: {s.facts}, {s.verdict}" for s in graph.strata)
    return Scene(*size, graph.title, lines, items)


def _edge(upper: Place, lower: Place, width: float, boxes: Sequence[Place]) -> Path:
    """Return the line between two boxes, around those that stand between them."""
    (ax, ay), (bx, by) = upper, lower
    half = _HEIGHT / 2
    if ay == by:
        left, right = sorted((ax, bx))
        if right - left < 1.5 * (width + _GAP):
            return line([(left + width, ay + half), (right, ay + half)])
        low, high = ay + _HEIGHT, ay + _HEIGHT + 30
        a, b = left + width / 2, right + width / 2
        return (("M", (a, low)), ("C", (a, high, b, high, b, low)))
    rows = round((by - ay) / _ROW)
    if rows == 1:
        return line([(ax + width / 2, ay + _HEIGHT), (bx + width / 2, by)])
    passed = [x for x, y in boxes if ay <= y <= by]
    reach = 14 + 6 * rows
    left, right = min(passed) - reach, max(passed) + width + reach
    # The control points of a curve are further out than the curve itself.
    if ax + bx - 2 * left <= 2 * right - ax - bx - 2 * width:
        ends, outside = ((ax, ay + half), (bx, by + half)), left
    else:
        ends, outside = ((ax + width, ay + half), (bx + width, by + half)), right
    (x, y), (u, v) = ends
    return (
        ("M", (x, y)),
        ("C", (outside, y, outside, y + half, outside, (y + v) / 2)),
        ("C", (outside, v - half, outside, v, u, v)),
    )


def _box_width(stratum: Stratum) -> float:
    return max(text_width(stratum.name, 13), text_width(stratum.facts, 11)) + 44


def _box(stratum: Stratum, x: float, y: float, width: float) -> list[Item]:
    component = bool(stratum.component)
    frame = Shape(
        rectangle(x, y, width, _HEIGHT),
        fill="#e8f1fa" if component else "#f5f5f5",
        stroke="#0072b2" if component else "#595959",
        width=2.5 if component else 1.5,
        dash=() if component else (5, 4),
        title=f"{stratum.name}: {stratum.facts}, {stratum.verdict}",
        role="box",
    )
    items: list[Item] = [
        frame,
        Text(x + 12, y + 24, stratum.name, 13, bold=True, role="on-box"),
        Text(x + 12, y + 43, stratum.facts, 11, role="on-box"),
    ]
    if component:
        items.append(Text(x + width - 12, y + 23, "✓", 14, "end", "#0072b2", True, "on-box"))
    return items
