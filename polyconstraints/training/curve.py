"""A loss curve as text and as a picture."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from polyconstraints.errors import extra

if TYPE_CHECKING:
    from polyconstraints.training.job import Outcome

WIDTH, HEIGHT = 50, 12
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


def outcome_text(outcome: Outcome) -> str:
    """Return what came of a job, in words and with its curve."""
    job, network = outcome.job, outcome.job.plan.network
    layers = "+".join(map(str, job.plan.parameters))
    equivariant = job.symmetry.kind == "equivariant"
    lines = {
        "target": f"{job.target.name}: {job.target.formula}",
        "network": f"n = {network.inputs}, d = {network.depth}, {network.weights} weights, "
        f"{layers} parameters",
        "training": f"{job.steps} steps of {job.batch} from {job.samples} samples, "
        f"{job.optimizer} at {job.learning_rate:g}, seed {job.seed}, {job.backend} {job.dtype}",
        "curve": "",
        "loss": f"{outcome.losses[0]:.3g} at first, {outcome.losses[-1]:.3g} at last",
        "on new samples": f"{outcome.test:.3g}, {outcome.relative:.2g} of the target's variance",
        "F(σx) = σF(x)" if equivariant else "F(σx) = F(x)": (
            f"up to {outcome.symmetry_error:.1g} of the largest output"
        ),
    }
    return "\n".join(
        f"\n{curve_text(outcome.losses)}\n" if label == "curve" else f"{label:<16}{value}"
        for label, value in lines.items()
    )
