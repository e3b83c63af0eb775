"""The plots of docs/approaches.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator

from examples.approaches.catalogue import APPROACHES
from examples.approaches.recovery import RECOVERIES

__all__ = ["figures", "save"]

Summary = dict[str, Any]

#: Colours by the paper's roads: (A) blue, (B) orange, (C) green, (D) red, baselines grey.
STYLES: dict[str, tuple[str, str]] = {
    "tied-1": ("#9ecae1", "-"),
    "tied-2": ("#4292c6", "-"),
    "tied-3": ("#084594", "-"),
    "symmetrised": ("#8e44ad", "-"),
    "exponents": ("#e67e22", "-"),
    "spectrum": ("#229954", "-"),
    "pointnet": ("#e74c3c", "-"),
    "deep-sets": ("#922b21", "-"),
    "sorted": ("#b7950b", "-"),
    "free": ("#555555", ":"),
    "copies": ("#555555", "--"),
}

#: Ratio of errors in a plot up to which an axis shows 1, 2 and 5 of each power of ten.
LARGEST_RANGE = 200

RECOVERY_STYLES: dict[str, tuple[str, str]] = {
    **STYLES,
    "tied": ("#084594", "-"),
    "symmetrised": ("#8e44ad", "--"),
    "free-quadratic": ("#555555", "-"),
    "copies": ("#555555", "--"),
}

TASK_LABELS = {
    "digits": ("digits", "wrong, %", 100.0),
    "polynomial": ("polynomial", "relative error", 1.0),
    "surroundings": ("surroundings", "relative error", 1.0),
}


def figures(summary: Summary) -> dict[str, Figure]:
    """Return the plots that a summary has the numbers for, by name."""
    makers = {
        "curves": _curves,
        "recovery": _recovery,
        "widths": _widths,
        "points": _points,
        "cost": _cost,
    }
    return {name: maker(summary) for name, maker in makers.items() if name in summary}


def save(figure: Figure, path: Path) -> None:
    """Write a plot as SVG, the same bytes for the same numbers."""
    with mpl.rc_context({"svg.hashsalt": "polyconstraints", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})
    # Matplotlib ends some lines in blanks.
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n")


def _axes(count: int, width: float = 3.4, height: float = 3.2) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width * count, height), layout="constrained")
    return figure, [figure.add_subplot(1, count, at + 1) for at in range(count)]


def _errorbars(axes: Axes, points: list[dict[str, Any]], key: str, name: str, unit: float) -> None:
    known = [point for point in points if point["mean"] is not None]
    colour, line = STYLES[name]
    title = next(a.title for a in APPROACHES if a.name == name)
    axes.errorbar(
        [point[key] for point in known],
        [unit * point["mean"] for point in known],
        yerr=[unit * point["spread"] for point in known],
        color=colour,
        linestyle=line,
        marker="o",
        markersize=3,
        linewidth=1.3,
        label=title,
    )


def _scales(axes: Axes, ticks: list[int]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    low, high = axes.get_ylim()
    if high / low < LARGEST_RANGE:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.grid(alpha=0.3, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)


def _curves(summary: Summary) -> Figure:
    curves = summary["curves"]
    figure, panels = _axes(len(curves))
    for axes, (task, rows) in zip(panels, curves.items(), strict=True):
        title, label, unit = TASK_LABELS[task]
        for name, points in rows.items():
            _errorbars(axes, points, "size", name, unit)
        _scales(axes, summary["plan"]["sizes"])
        axes.set(title=title, xlabel="training sets", ylabel=f"test error ({label})")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize=8, frameon=False)
    return figure


def _recovery(summary: Summary) -> Figure:
    figure, (axes,) = _axes(1, 6.4, 3.6)
    rows = summary["recovery"]
    for recovery in RECOVERIES:
        points = [row for row in rows if row["row"] == recovery.name]
        colour, line = RECOVERY_STYLES[recovery.name]
        axes.plot(
            [point["size"] for point in points],
            [point["median"] for point in points],
            color=colour,
            linestyle=line,
            marker="o",
            markersize=3,
            linewidth=1.3,
            label=recovery.title,
        )
    _scales(axes, sorted({row["size"] for row in rows}))
    for samples, what in ((12, "dimension of the\nsymmetric ones"), (126, "of all\npolynomials")):
        axes.axvline(samples, color="black", linewidth=0.6, linestyle=":")
        axes.text(samples * 1.03, 1e-9, what, fontsize=7, clip_on=True)
    axes.set(xlabel="training samples", ylabel="median relative error on unseen sets")
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return figure


def _widths(summary: Summary) -> Figure:
    figure, panels = _axes(2, 3.8, 2.8)
    names = {"frequencies": "spectrum", "generators": "exponents"}
    for axes, task in zip(panels, ("digits", "polynomial"), strict=True):
        title, label, unit = TASK_LABELS[task]
        ticks = set()
        for kind, name in names.items():
            points = [
                row for row in summary["widths"] if (row["kind"], row["task"]) == (kind, task)
            ]
            _errorbars(axes, points, "count", name, unit)
            ticks |= {point["count"] for point in points}
        _scales(axes, sorted(ticks))
        axes.set(title=title, xlabel="frequencies or generators", ylabel=f"error ({label})")
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside right upper",
        fontsize=8,
        frameon=False,
    )
    return figure


def _points(summary: Summary) -> Figure:
    figure, (axes,) = _axes(1, 5.6, 3.2)
    rows = summary["points"]
    for name in dict.fromkeys(row["approach"] for row in rows):
        _errorbars(axes, [row for row in rows if row["approach"] == name], "n", name, 100.0)
    _scales(axes, sorted({row["n"] for row in rows}))
    axes.set(xlabel="points a digit", ylabel="validation error (wrong, %)")
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return figure


def _cost(summary: Summary) -> Figure:
    figure, (axes,) = _axes(1, 4.2, 2.8)
    rows = summary["cost"]
    numbers = [row["n"] for row in rows]
    axes.plot(numbers, [1e3 * row["seconds"] for row in rows], "o-", color="#8e44ad", markersize=4)
    axes.set_yscale("log")
    axes.set_xticks(numbers)
    axes.grid(alpha=0.3, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlabel="components n", ylabel="ms a set, forward and back", title="eq. (4), exact")
    return figure
