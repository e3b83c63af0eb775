"""Scenes as SVG, written by hand: the same scene gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from polyconstraints.render.figures.scene import Path, Scene, Shape, Text, ink_on

__all__ = ["number", "path_data", "scene_svg"]

_FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"

#: Strokes of each kind of hatching in a tile of 6 × 6. Lines run past the tile's edge where
#: they meet it, so that neighbouring tiles join.
_TILES = (
    "",
    "M-1 1 1 -1M-1 7 7 -1M5 7 7 5",
    "M-1 5 1 7M-1 -1 7 7M5 -1 7 1",
    "M0 3H6",
    "M3 0V6",
    "M0 3H6M3 0V6",
    "M-1 -1 7 7M-1 7 7 -1",
    "M2 3A1 1 0 1 1 4 3A1 1 0 1 1 2 3",
)


def number(value: float) -> str:
    """Return a coordinate, to two decimals and no longer than it has to be.

    Examples
    --------
    >>> number(3.0), number(0.125), number(-0.001)
    ('3', '0.12', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def path_data(path: Path) -> str:
    """Return the ``d`` attribute of a path, steps along an axis in their short form.

    Examples
    --------
    >>> from polyconstraints.render.figures.scene import rectangle
    >>> path_data(rectangle(1, 2, 3, 4))
    'M1 2h3v4h-3z'
    """
    pieces = []
    at = (0.0, 0.0)
    for command, numbers in path:
        if command == "Z":
            pieces.append("z")
            continue
        end = (numbers[-2], numbers[-1])
        if command == "L" and end[1] == at[1]:
            pieces.append(f"h{number(end[0] - at[0])}")
        elif command == "L" and end[0] == at[0]:
            pieces.append(f"v{number(end[1] - at[1])}")
        else:
            pieces.append(command + " ".join(number(value) for value in numbers))
        at = end
    return "".join(pieces)


def scene_svg(scene: Scene, *, prefix: str = "pc", standalone: bool = True) -> str:
    """Return a scene as an SVG document.

    Parameters
    ----------
    scene : Scene
    prefix : str
        Start of every identifier, for pages that hold several pictures.
    standalone : bool
        Whether it is a file of its own, or a part of an HTML page.

    Examples
    --------
    >>> print(scene_svg(Scene(20, 10, "Nothing", "An empty picture"), standalone=False))
    <svg viewBox="0 0 20 10" width="20" height="10" role="img" aria-labelledby="pc-t pc-d">
    <title id="pc-t">Nothing</title>
    <desc id="pc-d">An empty picture</desc>
    </svg>
    """
    return "\n".join(_lines(scene, prefix, standalone)) + ("\n" if standalone else "")


def _lines(scene: Scene, prefix: str, standalone: bool) -> Iterator[str]:
    size = f"{number(scene.width)} {number(scene.height)}"
    namespace = 'xmlns="http://www.w3.org/2000/svg" ' if standalone else ""
    font = f' font-family="{_FONT}"' if standalone else ""
    if standalone:
        yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield (
        f'<svg {namespace}viewBox="0 0 {size}" width="{number(scene.width)}" '
        f'height="{number(scene.height)}"{font} role="img" '
        f'aria-labelledby="{prefix}-t {prefix}-d">'
    )
    yield f'<title id="{prefix}-t">{escape(scene.title)}</title>'
    yield f'<desc id="{prefix}-d">{escape(scene.description)}</desc>'
    shapes = [item for item in scene.items if isinstance(item, Shape)]
    marks = sorted({(item.hatch, item.fill) for item in shapes if item.hatch and item.fill})
    if marks:
        yield "<defs>"
        for hatch, fill in marks:
            yield _pattern(prefix, hatch, fill)
        yield "</defs>"
    for item in scene.items:
        yield _shape(item, prefix) if isinstance(item, Shape) else _text(item)
    yield "</svg>"


def _pattern_name(prefix: str, hatch: int, fill: str) -> str:
    return f"{prefix}-h{hatch}-{fill.lstrip('#')}"


def _pattern(prefix: str, hatch: int, fill: str) -> str:
    return (
        f'<pattern id="{_pattern_name(prefix, hatch, fill)}" width="6" height="6" '
        f'patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="{fill}"/>'
        f'<path d="{_TILES[hatch]}" fill="none" stroke="{ink_on(fill)}" '
        'stroke-opacity="0.55"/></pattern>'
    )


def _shape(shape: Shape, prefix: str) -> str:
    fill = shape.fill or "none"
    if shape.hatch and shape.fill:
        fill = f"url(#{_pattern_name(prefix, shape.hatch, shape.fill)})"
    attributes = [("class", shape.role)] if shape.role else []
    attributes += [("d", path_data(shape.path)), ("fill", fill)]
    if shape.stroke:
        attributes += [("stroke", shape.stroke), ("stroke-width", number(shape.width))]
    if shape.dash:
        attributes.append(("stroke-dasharray", " ".join(number(length) for length in shape.dash)))
    if shape.opacity != 1:
        attributes.append(("opacity", number(shape.opacity)))
    attributes += [(f"data-{name}", str(value)) for name, value in shape.data]
    inside = " ".join(f'{name}="{escape(value)}"' for name, value in attributes)
    if shape.title:
        return f"<path {inside}><title>{escape(shape.title)}</title></path>"
    return f"<path {inside}/>"


def _text(text: Text) -> str:
    attributes = [("class", text.role)] if text.role else []
    attributes += [("x", number(text.x)), ("y", number(text.y)), ("fill", text.color)]
    attributes.append(("font-size", number(text.size)))
    if text.anchor != "start":
        attributes.append(("text-anchor", text.anchor))
    if text.bold:
        attributes.append(("font-weight", "600"))
    inside = " ".join(f'{name}="{value}"' for name, value in attributes)
    return f"<text {inside}>{escape(text.text)}</text>"
