"""A loss curve as text and as a picture."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from polyconstraints.errors import extra

__all__ = ["curve_png", "curve_text"]

WIDTH, HEIGHT = 60, 12
"""Columns and rows of the text curve, axes left out."""


def curve_text(losses: Sequence[float], width: int = WIDTH, height: int = HEIGHT) -> str:
    """Return a loss curve as lines of text, with a logarithmic axis.

    Each column shows the geometric mean of the steps that fall into it.

    Examples
    --------
    >>> print(curve_text([10.0**-step for step in range(7)], width=14, height=4))
       1 |****
         |    **
         |      ******
    1e-6 |            **
         +--------------
          1      steps 7
    """
    # Anything smaller is 0 for the eye, and 0 has no logarithm.
    logs = [math.log10(max(loss, 1e-300)) for loss in losses]
    width = max(width, len(f"1 steps {len(logs)}"))
    columns = []
    for column in range(width):
        start = column * len(logs) // width
        part = logs[start : max(start + 1, (column + 1) * len(logs) // width)]
        columns.append(sum(part) / len(part))
    top, bottom = max(columns), min(columns)
    span = (top - bottom) or 1.0
    rows = [round((top - value) / span * (height - 1)) for value in columns]
    labels = {0: f"{10**top:.2g}", height - 1: f"{10**bottom:.2g}"}
    labels = {row: label.replace("e-0", "e-").replace("e+0", "e") for row, label in labels.items()}
    margin = max(map(len, labels.values()))
    lines = [
        f"{labels.get(row, ''):>{margin}} |"
        + "".join("*" if at == row else " " for at in rows).rstrip()
        for row in range(height)
    ]
    last = f"steps {len(logs)}"
    lines.append(" " * margin + " +" + "-" * width)
    lines.append(" " * margin + "  1" + last.rjust(width - 1))
    return "\n".join(line.rstrip() for line in lines)


def curve_png(losses: Sequence[float], title: str) -> bytes:
    """Return a loss curve as a PNG picture.

    Raises
    ------
    MissingExtraError
        If matplotlib isn't installed.
    """
    with extra("plot"):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    # Without pyplot, which would look for a display and keep a global state.
    figure = Figure(figsize=(6, 4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.semilogy(range(1, len(losses) + 1), losses, linewidth=1)
    axes.set_xlabel("step")
    axes.set_ylabel("mean squared error of the batch")
    axes.set_title(title, fontsize="medium")
    axes.grid(visible=True, alpha=0.3)
    buffer = io.BytesIO()
    # No version in the file: the same job gives the same bytes.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
