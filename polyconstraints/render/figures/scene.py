"""What a picture consists of: shapes, texts and colours, and nothing about files.

The first ten colours are those of Okabe and Ito and of Tol, which people with any of the
common colour deficiencies tell apart, in an order in which lightness alternates, so that the
first classes stay apart in grey as well. Where there are more classes the colours repeat
with another hatching, which gives 80 marks; after that the marks repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = [
    "COLORS",
    "HATCHES",
    "Drawing",
    "Item",
    "Mark",
    "Path",
    "Picture",
    "Scene",
    "Shape",
    "Text",
    "circle",
    "class_mark",
    "contrast",
    "ink_on",
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
    """A path, filled or stroked in colours as ``#rrggbb``.

    Dashes are lengths of strokes and gaps. The title is what a pointer that rests on the shape is
    told, the role how pages that style it know it (``paper``, ``frame``, ``class``, ``edge``),
    and data is written as ``data-name`` into SVG.
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
    """A line of text whose baseline starts, is centred or ends at a point, as `anchor` says.

    Its role is ``ink`` on the page itself, whose colour it follows.
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
    """A picture: shapes and texts from back to front, with the origin at the top left.

    Title and description are what a reader who does not see it is told.
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

    def put(self, *items: Item) -> None:
        """Add what the picture is wide enough for anyway."""
        self.items += items

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


#: Colours of classes.
COLORS = (
    "#332288",  # indigo
    "#f0e442",  # yellow
    "#d55e00",  # vermilion
    "#56b4e9",  # sky blue
    "#009e73",  # green
    "#cc79a7",  # pink
    "#882255",  # wine
    "#e69f00",  # orange
    "#0072b2",  # blue
    "#dddddd",  # light grey
)

#: Kinds of hatching; 0 is none. :mod:`~polyconstraints.render.figures.svg` draws them.
HATCHES = 8


@dataclass(frozen=True)
class Mark:
    """How a class looks: a colour as ``#rrggbb``, and a hatching, from 0 for none."""

    color: str
    hatch: int


def class_mark(number: int, classes: int) -> Mark:
    """Return how a class is drawn in a picture that shows so many classes.

    A few get a hatching each, so that colour is not needed to tell them apart; many are hatched
    only where a colour comes again.

    Examples
    --------
    >>> class_mark(2, 4)
    Mark(color='#d55e00', hatch=2)
    >>> class_mark(2, 20), class_mark(12, 20)
    (Mark(color='#d55e00', hatch=0), Mark(color='#d55e00', hatch=1))
    """
    hatch = number if classes <= HATCHES else number // len(COLORS)
    return Mark(COLORS[number % len(COLORS)], hatch % HATCHES)


def _luminance(color: str) -> float:
    """Return the relative luminance that WCAG 2 defines."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21.

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 6)
    21.0
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(color: str) -> str:
    """Return black or white, whichever is easier to read on a colour.

    Examples
    --------
    >>> ink_on("#332288"), ink_on("#f0e442")
    ('#ffffff', '#000000')
    """
    return max("#000000", "#ffffff", key=lambda ink: contrast(ink, color))
