"""Scenes as PNG and PDF, by matplotlib (the extra ``plot``)."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Literal

import numpy as np

from polyconstraints.errors import extra
from polyconstraints.render.figures.scene import Path, Scene, Shape, Text, ink_on

#: matplotlib's hatchings that come nearest to those of the SVG writer.
_HATCHES = (None, "////", "\\\\\\\\", "---", "|||", "+++", "xxx", "...")

#: Units of a scene are CSS pixels: 96 to the inch.
_PIXELS_PER_INCH = 96

#: A picture larger than this in either direction is scaled down to it.
_MAX_PIXELS = 12_000


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
        options["hatch"] = _HATCHES[shape.hatch]
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
