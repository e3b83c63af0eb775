"""The strata of a network-scope variety as a graph, from the document of ``strata``.

This is a Hasse diagram: a line leads up from a stratum to another that computes all of its
functions and more, with none between. One does if its hidden layers attain at least the same
representations; strata that attain the same share one closure and one box. In a document
that doesn't say what is attained, strata are joined whose hidden representations come from
one another by exchanging pieces, with none between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, zip_longest
from typing import Any, Literal

import networkx as nx
from msgspec import field, to_builtins

from polyconstraints.errors import InputError
from polyconstraints.render.figures.picture import Picture
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
from polyconstraints.schemas.reading import read
from polyconstraints.schemas.types import Count, Document
from polyconstraints.variety.strata.graph import covers
from polyconstraints.variety.strata.representations import FREE, in_words

#: Top left corner of a box.
Place = tuple[float, float]

_MARGIN = 24
_LEFT = 32  # room for lines beside boxes
_HEIGHT = 58
_GAP = 26
_ROW = 116
_PER_ROW = 8

_NOTES = {
    "functions": "A line leads up to a stratum that computes the same functions and more.",
    "exchange": "Lines join strata whose hidden representations differ by one exchange of pieces.",
}


class Stratum(Document):
    """One stratum, of which a document may tell less than ours do.

    hidden: For each hidden layer the irreducible representations with their multiplicities.
    component: Whether its closure is known to be an irreducible component.
    attained: What the functions of each hidden layer span, where that is known.
    also: Other strata with the same closure.
    """

    hidden: list[dict[str, Count]]
    weight_dimension: Count
    tangent_dimension: Count | None = None
    function_dimension: Count | None = None
    component: bool | None = None
    attained: list[dict[str, Count]] | None = None
    also: list[str] = field(name="same_closure", default_factory=list)

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
    first; the relation is what they stand for.
    """

    view = "strata"

    network: Mapping[str, Any]
    symmetry: Mapping[str, Any]
    weights: int
    strata: tuple[Stratum, ...]
    edges: tuple[tuple[int, int], ...]
    relation: Literal["functions", "exchange"]

    @classmethod
    def read(cls, document: Any, source: str = "") -> StrataGraph:
        """Return the graph of the strata in a document of schema ``strata``, if it is one."""
        try:
            found = read(document, _Strata)
        except InputError as error:
            raise InputError(error.message, error.place, source) from None
        strata = found.strata
        for stratum in strata:
            stratum.hidden = list(map(_in_order, stratum.hidden))
            if stratum.attained is not None:
                stratum.attained = list(map(_in_order, stratum.attained))
        known = all(stratum.attained is not None for stratum in strata)
        if known:
            strata = _merged(strata)
        strata.sort(key=lambda one: (-(one.function_dimension or 0) * known, -one.weight_dimension))
        edges = covers([one.attained or () for one in strata]) if known else _neighbours(strata)
        return cls(
            found.network,
            found.symmetry,
            found.weights,
            tuple(strata),
            tuple(edges),
            "functions" if known else "exchange",
        )

    def rows(self) -> list[list[int]]:
        """Return the places of the strata row by row, from the top.

        A stratum stands just below the lowest one above it; without an order of functions,
        strata of one dimension of weights share a row.
        """
        places = range(len(self.strata))
        if self.relation == "functions":
            order: nx.DiGraph[int] = nx.DiGraph()
            order.add_nodes_from(places)
            order.add_edges_from(self.edges)
            return list(map(sorted, nx.topological_generations(order)))
        levels = groupby(places, lambda at: self.strata[at].weight_dimension)
        return [list(level) for _, level in levels]

    @property
    def title(self) -> str:
        """What the picture shows."""
        count = sum(1 + len(stratum.also) for stratum in self.strata)
        return f"{count} strat{'um' if count == 1 else 'a'} of {self.weights} weights"

    def content(self) -> dict[str, Any]:
        """Return what the document says of the picture."""
        nodes = [to_builtins(stratum) for stratum in self.strata]
        for node in nodes:
            del node["attained"]
        return {
            "network": dict(self.network),
            "symmetry": dict(self.symmetry),
            "weights": self.weights,
            "nodes": nodes,
            "relation": self.relation,
            "edges": [{"upper": upper, "lower": lower} for upper, lower in self.edges],
        }

    def text(self, width: int = 0) -> Iterator[str]:
        """Yield the strata as lines of text, each with the numbers of those below it."""
        yield self.title
        for at, stratum in enumerate(self.strata):
            lower = [str(b + 1) for a, b in self.edges if a == at]
            more = f", above {', '.join(lower)}" if lower else ""
            yield f"  {at + 1}. {stratum.name}: {stratum.facts}, {stratum.verdict}{more}"
            if stratum.also:
                yield f"     the same closure: {', '.join(stratum.also)}"

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
        total = _LEFT + widest * (width + _GAP) + _LEFT
        boxes: dict[int, Place] = {}
        y: float = 56
        for group in rows:
            indent = (widest - len(group)) * (width + _GAP) / 2
            for at, place in enumerate(_ordered(self, group, boxes)):
                boxes[place] = (_LEFT + indent + at * (width + _GAP), y)
            y += _ROW
        size = (max(total, 560.0), y - _ROW + _HEIGHT + 64 if rows else 80.0)
        items: list[Item] = [
            Shape(rectangle(0, 0, *size), fill="#ffffff", role="paper"),
            Text(_MARGIN, 28, self.title, 14, bold=True),
        ]
        for at, (a, b) in enumerate(self.edges):
            # In rows of equal height the order of the two says nothing.
            upper, lower = sorted((boxes[a], boxes[b]), key=lambda place: place[1])
            # Lines that share a gap stay apart.
            path = _edge(upper, lower, width, list(boxes.values()), 4 * (at % 5 - 2))
            items.append(Shape(path, stroke="#8a8a8a", width=1.5, role="edge"))
        for place, (x, top) in boxes.items():
            items += _box(self.strata[place], x, top, width)
        notes = ("✓ a component: weight and tangent dimension agree", _NOTES[self.relation])
        for at, note in enumerate(notes):
            items.append(Text(_MARGIN, size[1] - 30 + at * 17, note, 11, color="#595959"))
        lines = "; ".join(f"{s.name}: {s.facts}, {s.verdict}" for s in self.strata)
        return Scene(*size, self.title, lines, items, heading=40)


def _in_order(layer: Mapping[str, int]) -> dict[str, int]:
    """Return what there is of a layer, the trivial representation first, free functions last."""

    def place(name: str) -> tuple[bool, list[int]]:
        # Of a partition written as [2,1] its parts; other names have none.
        texts = name.strip("[]").split(",")
        parts = [-int(part) for part in texts] if all(map(str.isdecimal, texts)) else []
        return name == FREE, parts

    return {name: layer[name] for name in sorted(layer, key=place) if layer[name]}


def _merged(strata: Sequence[Stratum]) -> list[Stratum]:
    """Return the strata with those of one closure put together."""
    first: dict[str, Stratum] = {}
    for stratum in strata:
        attained = [sorted(level.items()) for level in stratum.attained or ()]
        same = first.setdefault(str(attained), stratum)
        if same is not stratum:
            same.also.append(stratum.name)
    return list(first.values())


def _neighbours(strata: Sequence[Stratum]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of strata with no third one between them."""
    far = [[_distance(one.hidden, other.hidden) for other in strata] for one in strata]
    for a, b in combinations(range(len(strata)), 2):
        between = any(
            c not in (a, b) and far[a][c] and far[c][b] and far[a][c] + far[c][b] == far[a][b]
            for c in range(len(strata))
        )
        if far[a][b] and not between:
            yield a, b


def _distance(one: Sequence[Mapping[str, int]], other: Sequence[Mapping[str, int]]) -> int:
    """Return how many pieces of hidden layers have to come or go to make others of them."""
    nothing: Mapping[str, int] = {}
    pairs = (map(Counter, pair) for pair in zip_longest(one, other, fillvalue=nothing))
    return sum(((here - there) + (there - here)).total() for here, there in pairs)


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
    if ay == by:
        low, high = ay + _HEIGHT, ay + _HEIGHT + 30
        return (("M", (a, low)), ("C", (a, high, b, high, b, low)))
    points = [(a, ay + _HEIGHT)]
    for y in sorted({y for _, y in boxes if ay < y < by}):
        row = [x for x, at in boxes if at == y]
        gaps = [min(row) - _GAP / 2, *(x + width + _GAP / 2 for x in row)]
        straight = a + (b - a) * (y - ay) / (by - ay)
        x = aside + min(gaps, key=lambda gap: abs(gap - straight))
        points += [(x, y), (x, y + _HEIGHT)]
    return line([*points, (b, by)])


def _box_width(stratum: Stratum) -> float:
    name = text_width(stratum.name, 13) + 70 * bool(stratum.also)
    return max(name, text_width(stratum.facts, 11)) + 44


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
