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
from dataclasses import dataclass, replace
from typing import Any, Literal

from polyconstraints.errors import InputError
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
from polyconstraints.schemas.reading import field, integer, shown
from polyconstraints.variety.strata.graph import covers

__all__ = ["StrataGraph", "Stratum", "strata_graph"]

SCHEMA = "polyconstraints/strata/1"

#: The representation of each hidden layer: irreducible representation → multiplicity.
Hidden = tuple[tuple[tuple[str, int], ...], ...]


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


@dataclass(frozen=True)
class Stratum:
    """One stratum.

    Attributes
    ----------
    hidden : tuple
        For each hidden layer the irreducible representations with their multiplicities.
    weight_dimension, tangent_dimension, function_dimension : int or None
    component : bool or None
        Whether its closure is known to be an irreducible component.
    attained : tuple or None
        What the functions of each hidden layer span, where that is known.
    also : tuple of str
        Other strata with the same closure.
    """

    hidden: Hidden
    weight_dimension: int
    tangent_dimension: int | None
    function_dimension: int | None
    component: bool | None
    attained: Hidden | None = None
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The representations in words.

        Examples
        --------
        >>> Stratum(((("[3]", 1), ("[2,1]", 1)), (("[3]", 3),)), 1, 1, 1, True).name
        '[3] + [2,1] | 3·[3]'
        """
        return _named(self.hidden)

    @property
    def facts(self) -> str:
        """The dimensions, in one line."""
        parts = [f"weights {self.weight_dimension}"]
        if self.tangent_dimension is not None:
            parts.append(f"tangent {self.tangent_dimension}")
        if self.function_dimension is not None:
            parts.append(f"functions {self.function_dimension}")
        return ", ".join(parts)

    @property
    def verdict(self) -> str:
        """Whether it is a component, in words."""
        if self.component is None:
            return "not known to be a component"
        return "component" if self.component else "not proved to be a component"

    def difference(self, other: Stratum) -> Counter[tuple[int, str]]:
        """Return what other hidden layers have more (+) or less (−) of each piece."""
        result: Counter[tuple[int, str]] = Counter()
        for sign, stratum in ((1, other), (-1, self)):
            for level, layer in enumerate(stratum.hidden, start=1):
                for name, count in layer:
                    result[level, name] += sign * count
        return Counter({key: value for key, value in result.items() if value})


@dataclass(frozen=True, eq=False)
class StrataGraph:
    """The strata and which of them are neighbours.

    Attributes
    ----------
    network : mapping
        The ``network`` part of the document.
    weights : int
    strata : tuple of Stratum
        Largest dimension first.
    edges : tuple of (int, int)
        Places in `strata`, the upper one first.
    relation : {"functions", "exchange"}
        What edges stand for.
    """

    network: Mapping[str, Any]
    symmetry: Mapping[str, Any]
    weights: int
    strata: tuple[Stratum, ...]
    edges: tuple[tuple[int, int], ...]
    relation: Literal["functions", "exchange"]

    def rows(self) -> list[list[int]]:
        """Return the places of the strata row by row, from the top.

        A stratum stands just below the lowest one above it; without an order of functions,
        strata of one dimension of weights share a row.
        """
        if self.relation == "exchange":
            dimensions = sorted({one.weight_dimension for one in self.strata}, reverse=True)
            return [
                [at for at, one in enumerate(self.strata) if one.weight_dimension == dimension]
                for dimension in dimensions
            ]
        level = [0] * len(self.strata)
        # As often as a chain can be long; edges have no circle.
        for _ in self.strata:
            for upper, lower in self.edges:
                level[lower] = max(level[lower], level[upper] + 1)
        return [
            [at for at, own in enumerate(level) if own == row]
            for row in range(max(level, default=-1) + 1)
        ]

    @property
    def title(self) -> str:
        """What the picture shows."""
        count = sum(1 + len(stratum.also) for stratum in self.strata)
        return f"{count} strat{'um' if count == 1 else 'a'} of {self.weights} weights"

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""
        return {
            "schema": "polyconstraints/plot/1",
            "view": "strata",
            "network": dict(self.network),
            "symmetry": dict(self.symmetry),
            "weights": self.weights,
            "nodes": [
                {
                    "hidden": [dict(layer) for layer in stratum.hidden],
                    "weight_dimension": stratum.weight_dimension,
                    "tangent_dimension": stratum.tangent_dimension,
                    "function_dimension": stratum.function_dimension,
                    "component": stratum.component,
                    "same_closure": list(stratum.also),
                }
                for stratum in self.strata
            ],
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
        texts: list[Item] = [Text(_MARGIN, 28, self.title, 14, bold=True)]
        size = (max(total, 560.0), y - _ROW + _HEIGHT + 64 if rows else 80.0)
        items: list[Item] = [Shape(rectangle(0, 0, *size), fill="#ffffff", role="paper"), *texts]
        for a, b in self.edges:
            # In rows of equal height the order of the two says nothing.
            upper, lower = sorted((boxes[a], boxes[b]), key=lambda place: place[1])
            path = _edge(upper, lower, width, list(boxes.values()))
            items.append(Shape(path, stroke="#8a8a8a", width=1.5, role="edge"))
        for place, (x, top) in boxes.items():
            items += _box(self.strata[place], x, top, width)
        notes = ("✓ a component: weight and tangent dimension agree", _NOTES[self.relation])
        for at, note in enumerate(notes):
            items.append(Text(_MARGIN, size[1] - 30 + at * 17, note, 11, color="#595959"))
        lines = "; ".join(f"{s.name}: {s.facts}, {s.verdict}" for s in self.strata)
        return Scene(*size, self.title, lines, items)


def strata_graph(document: Any, source: str = "") -> StrataGraph:
    """Return the graph of the strata in a document of schema ``strata``.

    Raises
    ------
    InputError
        If the document is no such document; the message names the place.

    Examples
    --------
    >>> dimensions = {"tangent_dimension": 24, "function_dimension": None, "component": True}
    >>> document = {
    ...     "schema": "polyconstraints/strata/1", "network": {}, "symmetry": {}, "weights": 60,
    ...     "strata": [
    ...         {"hidden": [{"[3]": 1, "[2,1]": 1}], "weight_dimension": 23, **dimensions},
    ...         {"hidden": [{"[3]": 3}], "weight_dimension": 24, **dimensions},
    ...     ],
    ... }
    >>> graph = strata_graph(document)
    >>> [stratum.name for stratum in graph.strata], graph.edges
    (['3·[3]', '[3] + [2,1]'], ((0, 1),))
    """
    try:
        return _read(document)
    except InputError as error:
        raise InputError(error.message, error.place, source) from None


def _read(document: Any) -> StrataGraph:
    schema = field(document, "schema", str)
    if schema != SCHEMA:
        raise InputError(f"expected {SCHEMA!r}, got {shown(schema)}", "schema")
    entries = field(document, "strata", list)
    strata = [_stratum(entry, f"strata[{at}]") for at, entry in enumerate(entries)]
    known = all(stratum.attained is not None for stratum in strata)
    if known:
        strata = _merged(strata)
    graph = StrataGraph(
        field(document, "network", dict),
        field(document, "symmetry", dict),
        integer(document.get("weights"), "weights", 0),
        tuple(strata),
        (),
        "functions" if known else "exchange",
    )
    strata.sort(key=lambda one: (-(one.function_dimension or 0) * known, -one.weight_dimension))
    attained = [[dict(level) for level in one.attained or ()] for one in strata]
    edges = covers(attained) if known else _neighbours(strata)
    return replace(graph, strata=tuple(strata), edges=tuple(edges))


def _merged(strata: Sequence[Stratum]) -> list[Stratum]:
    """Return the strata with those of one closure put together."""
    first: dict[Any, Stratum] = {}
    for stratum in strata:
        same = first.setdefault(stratum.attained, stratum)
        if same is not stratum:
            first[stratum.attained] = replace(same, also=(*same.also, stratum.name))
    return list(first.values())


def _stratum(entry: Any, place: str) -> Stratum:
    component = entry.get("component") if isinstance(entry, dict) else None
    if component is not None and not isinstance(component, bool):
        raise InputError(
            f"expected true, false or null, got {shown(component)}", f"{place}.component"
        )
    return Stratum(
        _representations(entry, "hidden", place),
        integer(entry.get("weight_dimension"), f"{place}.weight_dimension", 0),
        _dimension(entry, "tangent_dimension", place),
        _dimension(entry, "function_dimension", place),
        component,
        _representations(entry, "attained", place) if "attained" in entry else None,
    )


def _named(hidden: Hidden) -> str:
    """Return representations in words, the layers apart."""
    return " | ".join(
        " + ".join(f"{count}·{name}" if count > 1 else name for name, count in layer) or "0"
        for layer in hidden
    )


def _representations(entry: Any, key: str, place: str) -> Hidden:
    hidden = []
    for at, layer in enumerate(field(entry, key, list, place)):
        where = f"{place}.{key}[{at}]"
        if not isinstance(layer, dict):
            raise InputError(f"expected an object, got {shown(layer)}", where)
        pieces = [(name, integer(count, f"{where}.{name}", 0)) for name, count in layer.items()]
        # The trivial representation first, whatever the order of the keys in the file.
        pieces.sort(key=lambda piece: [-part for part in _parts(piece[0])])
        hidden.append(tuple(piece for piece in pieces if piece[1]))
    return tuple(hidden)


def _parts(name: str) -> list[int]:
    """Return the parts of a partition written as [2,1]; none for other names."""
    parts = name.strip("[]").split(",")
    return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else []


def _dimension(entry: Mapping[str, Any], key: str, place: str) -> int | None:
    value = entry.get(key)
    return None if value is None else integer(value, f"{place}.{key}", 0)


def _neighbours(strata: list[Stratum]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of strata with no third one between them."""
    count = len(strata)
    far = [[sum(map(abs, one.difference(other).values())) for other in strata] for one in strata]
    for a in range(count):
        for b in range(a + 1, count):
            between = any(
                c not in (a, b) and far[a][c] and far[c][b] and far[a][c] + far[c][b] == far[a][b]
                for c in range(count)
            )
            if far[a][b] and not between:
                yield a, b


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
