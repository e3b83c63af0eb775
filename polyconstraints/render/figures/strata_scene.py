"""Where the parts of the graph of strata stand: those with most functions on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
_LEFT = 64  # room for lines around boxes
_HEIGHT = 58
_GAP = 26
_ROW = 116
_PER_ROW = 5

_NOTES = {
    "functions": "A line leads up to a stratum that computes the same functions and more.",
    "exchange": "Lines join strata whose hidden representations differ by one exchange of pieces.",
}


def strata_scene(graph: StrataGraph) -> Scene:
    """Return the picture of a graph of strata.

    Components have a thick frame and a tick, strata that are known to lie in something
    larger a dashed frame.
    """
    width = max((_box_width(stratum) for stratum in graph.strata), default=160)
    rows = [
        group[start : start + _PER_ROW]
        for group in graph.rows()
        for start in range(0, len(group), _PER_ROW)
    ]
    widest = max(map(len, rows), default=1)
    total = _LEFT + widest * (width + _GAP) + _LEFT
    boxes: dict[int, Place] = {}
    y: float = 56
    for group in rows:
        indent = (widest - len(group)) * (width + _GAP) / 2
        for at, place in enumerate(_ordered(graph, group, boxes)):
            boxes[place] = (_LEFT + indent + at * (width + _GAP), y)
        y += _ROW
    texts: list[Item] = [Text(_MARGIN, 28, graph.title, 14, bold=True)]
    size = (max(total, 560.0), y - _ROW + _HEIGHT + 64 if rows else 80.0)
    items: list[Item] = [Shape(rectangle(0, 0, *size), fill="#ffffff", role="paper"), *texts]
    for a, b in graph.edges:
        # In rows of equal height the order of the two says nothing.
        upper, lower = sorted((boxes[a], boxes[b]), key=lambda place: place[1])
        path = _edge(upper, lower, width, list(boxes.values()))
        items.append(Shape(path, stroke="#8a8a8a", width=1.5, role="edge"))
    for place, (x, top) in boxes.items():
        items += _box(graph.strata[place], x, top, width)
    notes = ("✓ a component: weight and tangent dimension agree", _NOTES[graph.relation])
    for at, note in enumerate(notes):
        items.append(Text(_MARGIN, size[1] - 30 + at * 17, note, 11, color="#595959"))
    lines = "; ".join(f"{s.name}: {s.facts}, {s.verdict}" for s in graph.strata)
    return Scene(*size, graph.title, lines, items)


def _ordered(graph: StrataGraph, group: list[int], boxes: Mapping[int, Place]) -> list[int]:
    """Return a row's strata from left to right, each about below those that it is joined to."""

    def wanted(place: int) -> float:
        above = [boxes[a][0] for a, b in graph.edges if b == place and a in boxes]
        return sum(above) / len(above) if above else 0

    return sorted(group, key=wanted)


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
    return (
        max(text_width(stratum.name, 13) + 70 * bool(stratum.also), text_width(stratum.facts, 11))
        + 44
    )


def _box(stratum: Stratum, x: float, y: float, width: float) -> list[Item]:
    component = bool(stratum.component)
    frame = Shape(
        rectangle(x, y, width, _HEIGHT),
        fill="#e8f1fa" if component else "#f5f5f5",
        stroke="#0072b2" if component else "#595959",
        width=2.5 if component else 1.5,
        dash=() if component else (5, 4),
        title=" = ".join([stratum.name, *stratum.also]) + f": {stratum.facts}, {stratum.verdict}",
        role="box",
    )
    more = f"  and {len(stratum.also)} more" if stratum.also else ""
    items: list[Item] = [
        frame,
        Text(x + 12, y + 24, stratum.name + more, 13, bold=True, role="on-box"),
        Text(x + 12, y + 43, stratum.facts, 11, role="on-box"),
    ]
    if component:
        items.append(Text(x + width - 12, y + 23, "✓", 14, "end", "#0072b2", True, "on-box"))
    return items
