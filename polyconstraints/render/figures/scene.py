"""What a picture consists of: shapes, texts and colours, and how it is written as SVG and TikZ.

Both are written by hand: the same scene gives the same bytes. The first ten colours are those of
Okabe and Ito and of Tol, which people with any of the common colour deficiencies tell apart, in an
order in which lightness alternates, so that the first classes stay apart in grey as well. Where
there are more classes the colours repeat with another hatching, which gives 80 marks; after that
the marks repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from itertools import cycle
from typing import Literal, NamedTuple

from polyconstraints.render.words import to_latex

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
    #: How far down the lines reach that say what the picture shows; where the paper begins.
    heading: float = 0
    top: float = 0

    def untitled(self) -> Scene:
        """Return the picture without the lines at its top, for a place that has a caption."""
        kept = [
            item for item in self.items if not (isinstance(item, Text) and item.y < self.heading)
        ]
        return replace(self, items=kept, top=self.heading)


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

    def finished(self, title: str, description: str, margin: float, heading: float) -> Scene:
        """Return the picture on white paper."""
        size = (self.right + margin, self.bottom + margin)
        paper = Shape(rectangle(0, 0, *size), fill="#ffffff", role="paper")
        return Scene(*size, title, description, [paper, *self.items], heading)


def rectangle(x: float, y: float, width: float, height: float) -> Path:
    """Return the path around a rectangle."""
    right, bottom = x + width, y + height
    return (*line([(x, y), (right, y), (right, bottom), (x, bottom)]), ("Z", ()))


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


class Hatching(NamedTuple):
    """A kind of hatching: its strokes in a tile of 6 × 6, and what comes nearest to it elsewhere.

    Lines run past the tile's edge where they meet it, so that neighbouring tiles join.
    """

    tile: str
    tikz: str
    matplotlib: str


#: Every kind of hatching, none first.
HATCHINGS = (
    Hatching("", "", ""),
    Hatching("M-1 1 1 -1M-1 7 7 -1M5 7 7 5", "north east lines", "////"),
    Hatching("M-1 5 1 7M-1 -1 7 7M5 -1 7 1", "north west lines", "\\\\\\\\"),
    Hatching("M0 3H6", "horizontal lines", "---"),
    Hatching("M3 0V6", "vertical lines", "|||"),
    Hatching("M0 3H6M3 0V6", "grid", "+++"),
    Hatching("M-1 -1 7 7M-1 7 7 -1", "crosshatch", "xxx"),
    Hatching("M2 3A1 1 0 1 1 4 3A1 1 0 1 1 2 3", "crosshatch dots", "..."),
)
HATCHES = len(HATCHINGS)

#: Big points of TeX in a unit of a scene, which is a pixel of CSS.
_POINTS = 0.75

_FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


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
    """Return the contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(color: str) -> str:
    """Return black or white, whichever is easier to read on a colour."""
    return max("#000000", "#ffffff", key=lambda ink: contrast(ink, color))


def scene_svg(scene: Scene, *, prefix: str = "pc", standalone: bool = True) -> str:
    """Return a scene as an SVG document, or as a part of an HTML page if not `standalone`.

    Every identifier starts with the prefix, for pages that hold several pictures.

    Examples
    --------
    >>> print(scene_svg(Scene(20, 10, "Nothing", "An empty picture"), standalone=False))
    <svg viewBox="0 0 20 10" width="20" height="10" role="img" aria-labelledby="pc-t pc-d">
    <title id="pc-t">Nothing</title>
    <desc id="pc-d">An empty picture</desc>
    </svg>
    """
    return "\n".join(_svg_lines(scene, prefix, standalone)) + ("\n" if standalone else "")


def _svg_lines(scene: Scene, prefix: str, standalone: bool) -> Iterator[str]:
    width, height = _number(scene.width), _number(scene.height - scene.top)
    if standalone:
        yield '<?xml version="1.0" encoding="UTF-8"?>'
    opening = {
        "xmlns": "http://www.w3.org/2000/svg" if standalone else None,
        "viewBox": f"0 {_number(scene.top)} {width} {height}",
        "width": width,
        "height": height,
        "font-family": _FONT if standalone else None,
        "role": "img",
        "aria-labelledby": f"{prefix}-t {prefix}-d",
    }
    yield f"<svg {_attributes(opening)}>"
    yield f'<title id="{prefix}-t">{escape(scene.title)}</title>'
    yield f'<desc id="{prefix}-d">{escape(scene.description)}</desc>'
    shapes = [item for item in scene.items if isinstance(item, Shape)]
    marks = sorted({(item.hatch, item.fill) for item in shapes if item.hatch and item.fill})
    if marks:
        yield "<defs>"
        for hatch, fill in marks:
            yield (
                f'<pattern id="{_hatching(prefix, hatch, fill)}" width="6" height="6" '
                f'patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="{fill}"/>'
                f'<path d="{HATCHINGS[hatch].tile}" fill="none" stroke="{ink_on(fill)}" '
                'stroke-opacity="0.55"/></pattern>'
            )
        yield "</defs>"
    for item in scene.items:
        yield _svg_shape(item, prefix) if isinstance(item, Shape) else _svg_text(item)
    yield "</svg>"


def _svg_shape(shape: Shape, prefix: str) -> str:
    fill = shape.fill or "none"
    if shape.hatch and shape.fill:
        fill = f"url(#{_hatching(prefix, shape.hatch, shape.fill)})"
    attributes = {
        "class": shape.role or None,
        "d": _path_data(shape.path),
        "fill": fill,
        "stroke": shape.stroke,
        "stroke-width": _number(shape.width) if shape.stroke else None,
        "stroke-dasharray": " ".join(map(_number, shape.dash)) or None,
        "opacity": None if shape.opacity == 1 else _number(shape.opacity),
        **{f"data-{name}": value for name, value in shape.data},
    }
    inside = f"><title>{escape(shape.title)}</title></path>" if shape.title else "/>"
    return f"<path {_attributes(attributes)}{inside}"


def _svg_text(text: Text) -> str:
    attributes = {
        "class": text.role or None,
        "x": _number(text.x),
        "y": _number(text.y),
        "fill": text.color,
        "font-size": _number(text.size),
        "text-anchor": None if text.anchor == "start" else text.anchor,
        "font-weight": "600" if text.bold else None,
    }
    return f"<text {_attributes(attributes)}>{escape(text.text)}</text>"


def _attributes(values: Mapping[str, object]) -> str:
    """Return the attributes of an element; those without a value are left out."""
    given = ((name, value) for name, value in values.items() if value is not None)
    return " ".join(f'{name}="{value}"' for name, value in given)


def _hatching(prefix: str, hatch: int, fill: str) -> str:
    """Return the name of a pattern."""
    return f"{prefix}-h{hatch}-{fill.lstrip('#')}"


def _number(value: float) -> str:
    """Return a coordinate, to two decimals and no longer than it has to be.

    Examples
    --------
    >>> _number(3.0), _number(0.125), _number(-0.001)
    ('3', '0.12', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _path_data(path: Path) -> str:
    """Return the ``d`` attribute of a path, steps along an axis in their short form.

    Examples
    --------
    >>> _path_data(rectangle(1, 2, 3, 4))
    'M1 2h3v4h-3z'
    """
    pieces = []
    at = (0.0, 0.0)
    for command, numbers in path:
        if command == "Z":
            pieces.append("z")
            continue
        *_, x, y = numbers
        if command == "L" and y == at[1]:
            pieces.append(f"h{_number(x - at[0])}")
        elif command == "L" and x == at[0]:
            pieces.append(f"v{_number(y - at[1])}")
        else:
            pieces.append(command + " ".join(map(_number, numbers)))
        at = (x, y)
    return "".join(pieces)


def scene_tikz(scene: Scene) -> str:
    r"""Return a scene as a ``tikzpicture``, for a document that loads TikZ and its patterns.

    Colours are defined once, at the top, where they can be changed; the paper is left out.

    Examples
    --------
    >>> scene = Scene(20, 10, "A square", "", [Shape(rectangle(0, 0, 10, 10), fill="#0072b2")])
    >>> print(scene_tikz(scene), end="")
    % A square
    % \usepackage{tikz} \usetikzlibrary{patterns}
    \begin{tikzpicture}[x=0.75bp, y=-0.75bp, every node/.style={inner sep=0pt}]
    \definecolor{pc0072b2}{HTML}{0072B2}
    \useasboundingbox (0,0) rectangle (20,10);
    \path[fill=pc0072b2] (0,0) -- (10,0) -- (10,10) -- (0,10) -- cycle;
    \end{tikzpicture}
    """
    shapes = [item for item in scene.items if isinstance(item, Shape) and item.role != "paper"]
    texts = [item for item in scene.items if isinstance(item, Text)]
    used = [color for shape in shapes for color in (shape.fill, shape.stroke) if color]
    used += [ink_on(shape.fill) for shape in shapes if shape.fill and shape.hatch]
    colors = sorted({*used, *(text.color for text in texts)})
    unit = f"{_POINTS}bp"
    lines = [
        f"% {scene.title}",
        r"% \usepackage{tikz} \usetikzlibrary{patterns}",
        rf"\begin{{tikzpicture}}[x={unit}, y=-{unit}, every node/.style={{inner sep=0pt}}]",
        *(rf"\definecolor{{{_tikz(color)}}}{{HTML}}{{{color[1:].upper()}}}" for color in colors),
        rf"\useasboundingbox {_point(0, scene.top)} rectangle {_point(scene.width, scene.height)};",
    ]
    for item in scene.items:
        if isinstance(item, Text):
            lines.append(_tikz_text(item))
        elif item.role != "paper":
            lines.append(rf"\path[{', '.join(_tikz_options(item))}] {_tikz_path(item.path)};")
    return "\n".join([*lines, r"\end{tikzpicture}", ""])


def _tikz(color: str) -> str:
    """Return the name of a colour."""
    return f"pc{color[1:]}"


def _point(x: float, y: float) -> str:
    return f"({_number(x)},{_number(y)})"


def _points(length: float) -> str:
    return f"{_number(length * _POINTS)}bp"


def _tikz_options(shape: Shape) -> Iterator[str]:
    if shape.fill:
        yield f"fill={_tikz(shape.fill)}"
    if shape.fill and shape.hatch:
        pattern, ink = HATCHINGS[shape.hatch].tikz, _tikz(ink_on(shape.fill))
        yield f"postaction={{pattern={pattern}, pattern color={ink}!55!{_tikz(shape.fill)}}}"
    if shape.stroke:
        yield f"draw={_tikz(shape.stroke)}, line width={_points(shape.width)}"
    if shape.stroke and shape.dash:
        lengths = zip(cycle(("on", "off")), map(_points, shape.dash), strict=False)
        yield f"dash pattern={' '.join(map(' '.join, lengths))}"
    if shape.opacity != 1:
        yield f"opacity={_number(shape.opacity)}"


def _tikz_path(path: Path) -> str:
    steps = {"M": "{}", "L": "-- {}", "C": ".. controls {} and {} .. {}", "Z": "-- cycle"}
    return " ".join(
        steps[command].format(*map(_point, numbers[::2], numbers[1::2]))
        for command, numbers in path
    )


def _tikz_text(text: Text) -> str:
    anchor = {"start": "base west", "middle": "base", "end": "base east"}[text.anchor]
    # In whole points, which TeX's fonts come in.
    size = round(text.size * _POINTS)
    font = rf"\fontsize{{{size}}}{{{size}}}\selectfont" + r"\bfseries" * text.bold
    options = f"anchor={anchor}, text={_tikz(text.color)}, font={font}"
    return rf"\node[{options}] at {_point(text.x, text.y)} {{{to_latex(text.text)}}};"
