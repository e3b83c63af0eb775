"""What a picture consists of: shapes and texts with their places, and nothing about files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = [
    "Drawing",
    "Item",
    "Path",
    "Picture",
    "Scene",
    "Shape",
    "Text",
    "circle",
    "line",
    "rectangle",
    "text_width",
]

#: A step of a path: M, L, C or Z with its coordinates, all absolute.
Step = tuple[str, tuple[float, ...]]
Path = tuple[Step, ...]

#: Average width of a character of a sans-serif font, as part of the font size.
_CHARACTER = 0.56


def text_width(text: str, size: float) -> float:
    """Return about how wide a text will be."""
    return len(text) * size * _CHARACTER


@dataclass(frozen=True)
class Shape:
    """A path, filled or stroked.

    Attributes
    ----------
    path : Path
    fill, stroke : str or None
        Colours as ``#rrggbb``; None for none.
    width : float
        Width of the stroke.
    dash : sequence of float
        Lengths of strokes and gaps; none for a full line.
    hatch : int
        Kind of hatching on the fill; see :mod:`~polyconstraints.render.figures.palette`.
    opacity : float
    title : str
        What a pointer that rests on the shape is told.
    role : str
        What the shape is, for pages that style it: ``paper``, ``frame``, ``class`` or ``edge``.
    data : sequence of (name, value)
        Written as ``data-name`` into SVG.
    """

    path: Path
    fill: str | None = None
    stroke: str | None = None
    width: float = 1
    dash: Sequence[float] = ()
    hatch: int = 0
    opacity: float = 1
    title: str = ""
    role: str = ""
    data: Sequence[tuple[str, str | int]] = ()


@dataclass(frozen=True)
class Text:
    """A line of text.

    Attributes
    ----------
    x, y : float
        Where its baseline starts, is centred or ends, as `anchor` says.
    text : str
    size : float
    anchor : {"start", "middle", "end"}
    color : str
    bold : bool
    role : str
        ``ink`` for text on the page itself, whose colour follows the page.
    """

    x: float
    y: float
    text: str
    size: float = 12
    anchor: Literal["start", "middle", "end"] = "start"
    color: str = "#1a1a1a"
    bold: bool = False
    role: str = "ink"


Item = Shape | Text


@dataclass(frozen=True)
class Scene:
    """A picture.

    Attributes
    ----------
    width, height : float
        Size; the origin is at the top left.
    title, description : str
        What a reader who does not see it is told.
    items : list
        Shapes and texts, from back to front.
    """

    width: float
    height: float
    title: str
    description: str
    items: list[Item] = field(default_factory=list)


class Picture(Protocol):
    """What can be shown: as a document, as text and as a scene."""

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""

    def text(self, width: int) -> Iterator[str]:
        """Yield lines of text, about so wide."""

    def scene(self) -> Scene:
        """Return where every part stands."""


class Drawing:
    """A picture in the making: items, and how far to the right and down they reach."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.right: float = 0
        self.bottom: float = 0

    def text(self, x: float, y: float, text: str, size: float = 12, *, bold: bool = False) -> None:
        """Write a line that the picture is to be wide enough for."""
        self.items.append(Text(x, y, text, size, bold=bold))
        self.right = max(self.right, x + text_width(text, size))

    def add(self, part: Drawing) -> None:
        """Add what was drawn below all that there is."""
        self.items += part.items
        self.right, self.bottom = max(self.right, part.right), part.bottom

    def finished(self, title: str, description: str, margin: float) -> Scene:
        """Return the picture on white paper."""
        size = (self.right + margin, self.bottom + margin)
        paper = Shape(rectangle(0, 0, *size), fill="#ffffff", role="paper")
        return Scene(*size, title, description, [paper, *self.items])


def rectangle(x: float, y: float, width: float, height: float) -> Path:
    """Return the path around a rectangle.

    Examples
    --------
    >>> rectangle(0, 0, 2, 1)[2]
    ('L', (2, 1))
    """
    return (
        ("M", (x, y)),
        ("L", (x + width, y)),
        ("L", (x + width, y + height)),
        ("L", (x, y + height)),
        ("Z", ()),
    )


def line(points: Iterable[tuple[float, float]]) -> Path:
    """Return the path through some points."""
    return tuple(("L" if at else "M", point) for at, point in enumerate(points))


def circle(x: float, y: float, radius: float) -> Path:
    """Return the path around a circle: four cubic curves, off by less than 0.03 %."""
    handle = 0.5522847498 * radius
    return (
        ("M", (x + radius, y)),
        ("C", (x + radius, y + handle, x + handle, y + radius, x, y + radius)),
        ("C", (x - handle, y + radius, x - radius, y + handle, x - radius, y)),
        ("C", (x - radius, y - handle, x - handle, y - radius, x, y - radius)),
        ("C", (x + handle, y - radius, x + radius, y - handle, x + radius, y)),
        ("Z", ()),
    )
