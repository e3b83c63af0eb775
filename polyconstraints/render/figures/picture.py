"""What can be shown: as a document, as text, and drawn in any of several formats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any, Literal
from zlib import crc32

import numpy as np

from polyconstraints.display import Displayed
from polyconstraints.errors import UsageError, extra
from polyconstraints.io.files import atomic_writer, ending_of
from polyconstraints.io.strict_json import iter_json
from polyconstraints.render.figures.scene import (
    HATCHINGS,
    Path,
    Scene,
    Shape,
    Text,
    ink_on,
    scene_svg,
    scene_tikz,
)

#: Units of a scene are CSS pixels: 96 to the inch.
_PIXELS_PER_INCH = 96

#: A picture larger than this in either direction is scaled down to it.
_MAX_PIXELS = 12_000

#: Formats that a scene is drawn in, given how many pixels a unit of it has.
DRAWN: Mapping[str, Callable[[Scene, float], str | bytes]] = {
    "svg": lambda scene, scale: scene_svg(scene),
    "png": lambda scene, scale: scene_bytes(scene, "png", scale),
    "pdf": lambda scene, scale: scene_bytes(scene, "pdf", scale),
    "tikz": lambda scene, scale: scene_tikz(scene),
}

#: Columns that are filled with blocks where no terminal says how wide it is.
COLUMNS = 100


class Picture(Displayed):
    """What can be shown."""

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""
        raise NotImplementedError

    def text(self, width: int = COLUMNS) -> Iterator[str]:
        """Yield lines of text, about so wide."""
        raise NotImplementedError

    def scene(self) -> Scene:
        """Return where every part stands."""
        raise NotImplementedError

    def drawn(self, kind: str, *, scale: float = 2, titled: bool = True) -> str | bytes:
        """Return the picture in one of the formats of :data:`DRAWN`."""
        scene = self.scene()
        return DRAWN[kind](scene if titled else scene.untitled(), scale)

    def save(self, path: str | os.PathLike[str], *, scale: float = 2, titled: bool = True) -> None:
        """Write the picture as the ending of a file's name says: svg, png, pdf, tex, json or txt.

        Parameters
        ----------
        path : str or path
        scale : float
            Pixels of a PNG for each unit of the SVG.
        titled : bool
            Whether the lines at the top say what is shown.
        """
        ending = ending_of(path)
        kind = "tikz" if ending == "tex" else ending
        if kind == "json":
            content: str | bytes = "".join(iter_json(self.to_json()))
        elif kind == "txt":
            content = "".join(f"{line}\n" for line in self.text())
        elif kind in DRAWN:
            content = self.drawn(kind, scale=scale, titled=titled)
        else:
            raise UsageError(
                f"expected a name that ends in .svg, .png, .pdf, .tex, .json or .txt, got {path!s}",
                "path",
            )
        with atomic_writer(path, binary=True) as handle:
            handle.write(content.encode() if isinstance(content, str) else content)

    def _repr_html_(self) -> str:
        # Patterns are found by their names, which other pictures of a page must not share.
        scene = self.scene()
        prefix = f"pc{crc32(repr(scene).encode()):x}"
        svg = scene_svg(scene, prefix=prefix, standalone=False)
        return f'<div style="overflow-x:auto">{svg}</div>'

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("\n".join(self.text()))


def scene_bytes(scene: Scene, kind: Literal["png", "pdf"] = "png", scale: float = 2) -> bytes:
    """Return a scene as PNG, with so many pixels for each of its units, or as PDF.

    Raises
    ------
    MissingExtraError
        If matplotlib isn't installed.
    """
    with extra("plot"):
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.backends.backend_pdf import FigureCanvasPdf
        from matplotlib.figure import Figure

    height = scene.height - scene.top
    scale = min(scale, _MAX_PIXELS / max(scene.width, height))
    size = (scene.width / _PIXELS_PER_INCH, height / _PIXELS_PER_INCH)
    with rc_context({"hatch.linewidth": 0.6, "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=size, dpi=_PIXELS_PER_INCH * scale, facecolor="#ffffff")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, scene.width)
        axes.set_ylim(scene.height, scene.top)
        axes.axis("off")
        for depth, item in enumerate(scene.items):
            if isinstance(item, Shape):
                axes.add_patch(_patch(item, depth))
            else:
                _add_text(axes, item, depth)
        buffer = BytesIO()
        # No version and no date inside: the same picture, the same bytes.
        if kind == "png":
            FigureCanvasAgg(figure).print_png(  # type: ignore[no-untyped-call,unused-ignore]
                buffer, metadata={"Software": None}
            )
        else:
            nobody = dict.fromkeys(("Creator", "Producer", "CreationDate"))
            FigureCanvasPdf(figure).print_pdf(  # type: ignore[no-untyped-call,unused-ignore]
                buffer, metadata=nobody
            )
    return buffer.getvalue()


def _points(pixels: float) -> float:
    """Return a length in the points that matplotlib measures lines and letters in."""
    return pixels * 72 / _PIXELS_PER_INCH


def _patch(shape: Shape, depth: int) -> Any:
    from matplotlib.patches import PathPatch

    options: dict[str, Any] = {
        "facecolor": shape.fill or "none",
        "edgecolor": shape.stroke or "none",
        "linewidth": _points(shape.width) if shape.stroke else 0,
        "alpha": shape.opacity,
        "zorder": depth,
    }
    if shape.dash and shape.stroke:
        # In units of the line's width.
        options["linestyle"] = (0, [length / shape.width for length in shape.dash])
    if shape.hatch and shape.fill:
        options["hatch"] = HATCHINGS[shape.hatch].matplotlib
        # The hatching takes the edge's colour; without a width no edge is drawn.
        options["edgecolor"] = ink_on(shape.fill) + "8c"
    return PathPatch(_matplotlib_path(shape.path), **options)


def _matplotlib_path(path: Path) -> Any:
    from matplotlib.path import Path as MatplotlibPath

    kinds = {
        "M": [MatplotlibPath.MOVETO],
        "L": [MatplotlibPath.LINETO],
        "C": [MatplotlibPath.CURVE4] * 3,
        "Z": [MatplotlibPath.CLOSEPOLY],
    }
    codes = [code for command, _ in path for code in kinds[command]]
    # Where a path is closed, its point says nothing.
    coordinates = [value for _, numbers in path for value in numbers or (0, 0)]
    return MatplotlibPath(np.reshape(coordinates, (-1, 2)), codes)


def _add_text(axes: Any, text: Text, depth: int) -> None:
    alignment = {"start": "left", "middle": "center", "end": "right"}[text.anchor]
    axes.text(
        text.x,
        text.y,
        # A dollar would start matplotlib's own mathematics.
        text.text.replace("$", r"\$"),
        fontsize=_points(text.size),
        color=text.color,
        horizontalalignment=alignment,
        verticalalignment="baseline",
        fontweight="bold" if text.bold else "normal",
        zorder=depth,
    )
