"""The strata of a network-scope variety as a graph, from the document of ``strata``.

This is a Hasse diagram: a line leads up from a stratum to another that computes all of its
functions and more, with none between. One does if its hidden layers attain at least the same
representations; strata that attain the same share one closure and one box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import networkx as nx
from msgspec import field

from polyconstraints.errors import InputError
from polyconstraints.render.figures.picture import Picture
from polyconstraints.render.figures.scene import (
    Drawing,
    Item,
    Path,
    Scene,
    Shape,
    Text,
    line,
    rectangle,
    text_width,
)
from polyconstraints.schemas.reading import read
from polyconstraints.schemas.types import Count, Document
from polyconstraints.schemas.writing import written
from polyconstraints.variety.strata.graph import covers
from polyconstraints.variety.strata.representations import FREE, in_words

#: Top left corner of a box.
Place = tuple[float, float]

_MARGIN = 24
_TOP = 56  # below the title
_LEFT = 32  # room for lines beside boxes
_HEIGHT = 58
_GAP = 26
_ROW = 116
_PER_ROW = 8

_NOTES = (
    "✓ a component: weight and tangent dimension agree",
    "A line leads up to a stratum that computes the same functions and more.",
)


class Stratum(Document):
    """One stratum, of which a document may tell less than ours do.

    hidden: For each hidden layer the irreducible representations with their multiplicities.
    attained: What the functions of each hidden layer span.
    component: Whether its closure is known to be an irreducible component.
    same_closure: Other strata with the same closure.
    """

    hidden: list[dict[str, Count]]
    weight_dimension: Count
    attained: list[dict[str, Count]] | None = None
    tangent_dimension: Count | None = None
    function_dimension: Count | None = None
    component: bool | None = None
    same_closure: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The representations in words, as ``[3] + [2,1] | 3·[3]``."""
        return " | ".join(map(in_words, self.hidden))

    @property
    def facts(self) -> str:
        """The dimensions, in one line."""
        known = {
            "weights": self.weight_dimension,
            "tangent": self.tangent_dimension,
            "functions": self.function_dimension,
        }
        return ", ".join(f"{name} {size}" for name, size in known.items() if size is not None)

    @property
    def verdict(self) -> str:
        """Whether it is a component, in words."""
        if self.component is None:
            return "not known to be a component"
        return "component" if self.component else "not proved to be a component"


class _Strata(Document):
    """What of a document of schema ``strata`` is drawn."""

    schema: Literal["polyconstraints/strata/1", "polyconstraints/strata/2"]
    network: dict[str, Any]
    symmetry: dict[str, Any]
    weights: Count
    strata: list[Stratum]


@dataclass(frozen=True, eq=False)
class StrataGraph(Picture):
    """The strata, largest dimension first, and which of them are neighbours.

    Network and symmetry are parts of the document. Edges are places in `strata`, the upper one
    first.
    """

    network: Mapping[str, Any]
    symmetry: Mapping[str, Any]
    weights: int
    strata: tuple[Stratum, ...]
    edges: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, document: Any, source: str = "") -> StrataGraph:
        """Return the graph of the strata in a document of schema ``strata``, if it is one."""
        try:
            found = read(document, _Strata)
        except InputError as error:
            raise InputError(error.message, error.place, source) from None
        first: dict[str, Stratum] = {}
        for at, stratum in enumerate(found.strata):
            stratum.hidden = list(map(_in_order, stratum.hidden))
            attained: object = at
            if stratum.attained is not None:
                attained = [sorted(_in_order(level).items()) for level in stratum.attained]
            same = first.setdefault(str(attained), stratum)
            if same is not stratum:
                same.same_closure.append(stratum.name)
        strata = sorted(
            first.values(), key=lambda one: (-(one.function_dimension or 0), -one.weight_dimension)
        )
        attained_by = [one.attained for one in strata if one.attained is not None]
        # Without what they attain nothing says which one computes more.
        edges = covers(attained_by) if len(attained_by) == len(strata) else []
        return cls(found.network, found.symmetry, found.weights, tuple(strata), tuple(edges))

    def rows(self) -> list[list[int]]:
        """Return the strata's places row by row: each just below the lowest one above it."""
        order: nx.DiGraph[int] = nx.DiGraph()
        order.add_nodes_from(range(len(self.strata)))
        order.add_edges_from(self.edges)
        return list(map(sorted, nx.topological_generations(order)))

    @property
    def title(self) -> str:
        """What the picture shows."""
        count = sum(1 + len(stratum.same_closure) for stratum in self.strata)
        return f"{count} strat{'um' if count == 1 else 'a'} of {self.weights} weights"

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""
        edges = [{"upper": upper, "lower": lower} for upper, lower in self.edges]
        found = {"nodes": self.strata, "relation": "functions", "edges": edges}
        return written("variety.StrataPlot", self, **found)

    def text(self, width: int = 0) -> Iterator[str]:
        """Yield the strata as lines of text, each with the numbers of those below it."""
        yield self.title
        for at, stratum in enumerate(self.strata):
            lower = [str(b + 1) for a, b in self.edges if a == at]
            more = f", above {', '.join(lower)}" if lower else ""
            yield f"  {at + 1}. {stratum.name}: {stratum.facts}, {stratum.verdict}{more}"
            if stratum.same_closure:
                yield f"     the same closure: {', '.join(stratum.same_closure)}"

    def scene(self) -> Scene:
        """Return the picture: strata with most functions on top.

        Components have a thick frame and a tick, strata that are known to lie in something
        larger a dashed frame.
        """
        width = max((_box_width(stratum) for stratum in self.strata), default=160)
        rows = [
            group[start : start + _PER_ROW]
            for group in self.rows()
            for start in range(0, len(group), _PER_ROW)
        ]
        widest = max(map(len, rows), default=1)
        boxes: dict[int, Place] = {}
        for row, group in enumerate(rows):
            indent = (widest - len(group)) * (width + _GAP) / 2
            for at, place in enumerate(_ordered(self, group, boxes)):
                boxes[place] = (_LEFT + indent + at * (width + _GAP), _TOP + row * _ROW)
        drawing = Drawing()
        drawing.put(Text(_MARGIN, 28, self.title, 14, bold=True))
        for at, (upper, lower) in enumerate(self.edges):
            # Lines that share a gap stay apart.
            aside = 4 * (at % 5 - 2)
            path = _edge(boxes[upper], boxes[lower], width, list(boxes.values()), aside)
            drawing.put(Shape(path, stroke="#8a8a8a", width=1.5, role="edge"))
        for place, (x, y) in boxes.items():
            drawing.put(*_box(self.strata[place], x, y, width))
        drawing.right = max(2 * _LEFT + widest * (width + _GAP), 560) - _MARGIN
        drawing.bottom = _TOP + len(rows) * _ROW - 18 if rows else 56
        for above, note in zip((6, -11), _NOTES, strict=True):
            drawing.put(Text(_MARGIN, drawing.bottom - above, note, 11, color="#595959"))
        lines = "; ".join(f"{s.name}: {s.facts}, {s.verdict}" for s in self.strata)
        return drawing.finished(self.title, lines, _MARGIN, 40)


def _in_order(layer: Mapping[str, int]) -> dict[str, int]:
    """Return what there is of a layer, the trivial representation first, free functions last."""

    def place(name: str) -> tuple[bool, list[int]]:
        # Of a partition written as [2,1] its parts; other names have none.
        texts = name.strip("[]").split(",")
        parts = [-int(part) for part in texts] if all(map(str.isdecimal, texts)) else []
        return name == FREE, parts

    return {name: layer[name] for name in sorted(layer, key=place) if layer[name]}


def _ordered(graph: StrataGraph, group: list[int], boxes: Mapping[int, Place]) -> list[int]:
    """Return a row's strata from left to right, each about below those that it is joined to."""

    def wanted(place: int) -> float:
        above = [boxes[a][0] for a, b in graph.edges if b == place and a in boxes]
        return sum(above) / len(above) if above else 0

    return sorted(group, key=wanted)


def _edge(upper: Place, lower: Place, width: float, boxes: Sequence[Place], aside: float) -> Path:
    """Return the line between two boxes, `aside` of the middle of the gaps that it goes through."""
    (ax, ay), (bx, by) = upper, lower
    a, b = ax + width / 2, bx + width / 2
    points = [(a, ay + _HEIGHT)]
    for y in sorted({y for _, y in boxes if ay < y < by}):
        row = [x for x, at in boxes if at == y]
        gaps = [min(row) - _GAP / 2, *(x + width + _GAP / 2 for x in row)]
        straight = a + (b - a) * (y - ay) / (by - ay)
        x = aside + min(gaps, key=lambda gap: abs(gap - straight))
        points += [(x, y), (x, y + _HEIGHT)]
    return line([*points, (b, by)])


def _box_width(stratum: Stratum) -> float:
    name = text_width(stratum.name, 13) + 70 * bool(stratum.same_closure)
    return max(name, text_width(stratum.facts, 11)) + 44


def _box(stratum: Stratum, x: float, y: float, width: float) -> list[Item]:
    component = bool(stratum.component)
    frame = Shape(
        rectangle(x, y, width, _HEIGHT),
        fill="#e8f1fa" if component else "#f5f5f5",
        stroke="#0072b2" if component else "#595959",
        width=2.5 if component else 1.5,
        dash=() if component else (5, 4),
        title=" = ".join([stratum.name, *stratum.same_closure])
        + f": {stratum.facts}, {stratum.verdict}",
        role="box",
    )
    more = f"  and {len(stratum.same_closure)} more" if stratum.same_closure else ""
    items: list[Item] = [
        frame,
        Text(x + 12, y + 24, stratum.name + more, 13, bold=True, role="on-box"),
        Text(x + 12, y + 43, stratum.facts, 11, role="on-box"),
    ]
    if component:
        items.append(Text(x + width - 12, y + 23, "✓", 14, "end", "#0072b2", True, "on-box"))
    return items
