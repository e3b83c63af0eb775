"""From single runs to a summary, and from the summary to tables."""

from __future__ import annotations

import dataclasses
import math
import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from examples.approaches.catalogue import APPROACHES
from examples.approaches.interface import Approach
from examples.approaches.recovery import RECOVERED, RECOVERIES
from examples.approaches.stability import RECIPES
from examples.approaches.sweeps import LONGER

__all__ = ["fill", "summarise", "tables"]

Row = dict[str, Any]
Summary = dict[str, Any]


def summarise(results: Row) -> Summary:
    """Return means, spreads and counts of what :func:`runner.run` returns."""
    summary: Summary = {
        "plan": results["plan"],
        "seconds": round(results["seconds"]),
        "processor_seconds": round(results["processor_seconds"]),
    }
    if "final" in results:
        summary["table"] = _table(results)
        summary["curves"] = _curves(results["final"])
    if "recovery" in results:
        summary["recovery"] = _recovery(results["recovery"])
        summary["conditioning"] = results["conditioning"]
    if "stability" in results:
        summary["stability"] = _stability(results["stability"])
    for kind, keys in (
        ("widths", ("kind", "task", "count")),
        ("embeddings", ("generators", "kind", "count")),
        ("points", ("approach", "n")),
    ):
        if kind in results:
            summary[kind] = [
                dict(zip(keys, key, strict=True)) | _spread(rows, "validation")
                for key, rows in _groups(results[kind], keys)
            ]
    if "longer" in results:
        summary["longer"] = [
            {"approach": name} | {budget: _spread(rows, budget) for budget in ("budget", "longer")}
            for (name,), rows in _groups(results["longer"], ("approach",))
        ]
    for kind in ("cost", "grid"):
        if kind in results:
            summary[kind] = results[kind][0]["rows"]
    rounded: Summary = _rounded(summary)
    return rounded


def _groups(rows: Iterable[Row], keys: Sequence[str]) -> list[tuple[tuple[Any, ...], list[Row]]]:
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return list(found.items())


def _spread(rows: Sequence[Row], key: str) -> Row:
    values = [float(row[key]) for row in rows]
    if not all(map(math.isfinite, values)):
        return {"mean": math.inf, "spread": math.inf}
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": statistics.fmean(values), "spread": spread}


def _table(results: Row) -> Row:
    largest = results["plan"]["sizes"][-1]
    tables: Row = {}
    for (task, name), rows in _groups(results["final"], ("task", "approach")):
        full = [row for row in rows if row["size"] == largest]
        trials = [
            row for row in results["tuning"] if (row["task"], row["approach"]) == (task, name)
        ]
        best = min(trials, key=lambda row: float(row["validation"]))
        tables.setdefault(task, []).append(
            {
                "approach": name,
                "parameters": full[0]["parameters"],
                **_spread(full, "test"),
                "step_milliseconds": 1e3 * statistics.median(r["step_seconds"] for r in full),
                "asymmetry": max(row["asymmetry"] for row in full),
                "rate": best["rate"],
                "shape": _shape_words(_approach(name), best["shape"]),
            }
        )
    return tables


def _approach(name: str) -> Approach:
    return next(approach for approach in APPROACHES if approach.name == name)


def _shape_words(approach: Approach, shape: int) -> str:
    """Return what a shape has that the other one hasn't."""
    chosen, other = (vars(approach.shapes()[at]) for at in (shape, 1 - shape))
    words = []
    for field in dataclasses.fields(approach):  # type: ignore[arg-type]
        if chosen[field.name] != other[field.name]:
            words.append(f"{field.name.replace('_', ' ')}: {chosen[field.name]}")
    return ", ".join(words).replace("True", "yes").replace("False", "no")


def _curves(rows: Sequence[Row]) -> Row:
    curves: Row = {}
    for (task, name, size), group in _groups(rows, ("task", "approach", "size")):
        points = curves.setdefault(task, {}).setdefault(name, [])
        points.append({"size": size, **_spread(group, "test")})
    return curves


def _recovery(rows: Sequence[Row]) -> list[Row]:
    found = []
    for (name, size), group in _groups(rows, ("row", "size")):
        errors = [row["unseen"] for row in group if "unseen" in row]
        if errors:
            recovered = sum(error < RECOVERED for error in errors)
            found.append(
                {
                    "row": name,
                    "size": size,
                    "median": statistics.median(errors),
                    "recovered": recovered,
                    "seeds": len(errors),
                }
            )
    return found


def _stability(rows: Sequence[Row]) -> list[Row]:
    found = []
    for (recipe, depth), group in _groups(rows, ("recipe", "depth")):
        by_rate = [
            (statistics.median(row["error"] for row in runs), rate)
            for (rate,), runs in _groups(group, ("rate",))
        ]
        error, rate = min(by_rate)
        found.append(
            {
                "recipe": recipe,
                "depth": depth,
                "lost": sum(row["lost"] for row in group),
                "runs": len(group),
                "first_loss": statistics.median(row["first_loss"] for row in group),
                "error": error,
                "rate": rate,
            }
        )
    return found


def _rounded(value: Any) -> Any:
    """Return numbers with four digits, and None for infinite ones: what JSON can hold."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.4g}") if math.isfinite(value) else None
    return value


# -- tables ------------------------------------------------------------------------------------


def tables(summary: Summary) -> dict[str, str]:
    """Return the tables, as Markdown, by name."""
    found = {}
    for task, rows in summary.get("table", {}).items():
        found[task] = _main_table(rows, percent=task == "digits")
        found[f"{task}-curves"] = _curve_table(summary["curves"][task], percent=task == "digits")
    makers: dict[str, Callable[[Any], str]] = {
        "recovery": _recovery_table,
        "stability": _stability_table,
        "widths": _width_table,
        "embeddings": _embedding_table,
        "points": _point_table,
        "longer": _longer_table,
        "cost": _cost_table,
        "grid": _grid_table,
    }
    for name, maker in makers.items():
        if name in summary:
            found[name] = maker(summary[name])
    return found


def fill(page: str, found: dict[str, str]) -> str:
    """Return a page with the tables between their marks replaced.

    A mark is a line ``<!-- table: NAME -->``; the table ends at ``<!-- end -->``.
    """

    def replaced(match: re.Match[str]) -> str:
        name = match.group(1)
        return f"<!-- table: {name} -->\n\n{found[name]}\n\n<!-- end -->"

    return re.sub(r"<!-- table: (\S+) -->.*?<!-- end -->", replaced, page, flags=re.DOTALL)


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell[:1] in "∞—"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    # Numbers to the right, the words of the first columns to the left.
    rule = ["---:" if number else "---" for number in map(_is_number, rows[0])]
    lines = [heads, rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _error(row: Row, *, percent: bool) -> str:
    if row["mean"] is None:
        return "∞"
    mean, spread = float(row["mean"]), float(row["spread"])
    if percent:
        return f"{100 * mean:.1f} ± {100 * spread:.1f} %"
    digits = 3 if mean >= 0.01 else 4
    return f"{mean:.{digits}f} ± {spread:.{digits}f}"


def _small(value: float | None) -> str:
    if value is None:
        return "∞"
    return "0" if value == 0 else f"{value:.1g}" if value < 1e-3 else f"{value:.2g}"


def _main_table(rows: Sequence[Row], *, percent: bool) -> str:
    heads = [
        "approach", "in the paper", "test error", "parameters", "ms a step", "asymmetry",
        "rate", "shape",
    ]  # fmt: skip
    return _markdown(
        heads,
        [
            [
                _approach(row["approach"]).title,
                _approach(row["approach"]).reference,
                _error(row, percent=percent),
                str(row["parameters"]),
                f"{row['step_milliseconds']:.2f}",
                _small(row["asymmetry"]),
                f"{row['rate']:g}",
                row["shape"],
            ]
            for row in rows
        ],
    )


def _curve_table(curves: Row, *, percent: bool) -> str:
    sizes = [str(point["size"]) for point in next(iter(curves.values()))]
    return _markdown(
        ["training sets", *sizes],
        [
            [_approach(name).title, *(_error(point, percent=percent) for point in points)]
            for name, points in curves.items()
        ],
    )


def _recovery_table(rows: Sequence[Row]) -> str:
    sizes = sorted({row["size"] for row in rows})
    cells = {(row["row"], row["size"]): row for row in rows}

    def cell(name: str, size: int) -> str:
        row = cells.get((name, size))
        if row is None:
            return "—"
        text = _small(row["median"])
        mark = f" ({row['recovered']}/{row['seeds']})" if row["recovered"] else ""
        return text + mark

    return _markdown(
        ["samples", *map(str, sizes)],
        [
            [recovery.title, *(cell(recovery.name, size) for size in sizes)]
            for recovery in RECOVERIES
        ],
    )


def _stability_table(rows: Sequence[Row]) -> str:
    cells = {(row["recipe"], row["depth"]): row for row in rows}
    depths = sorted({row["depth"] for row in rows})
    heads = ["recipe"]
    for depth in depths:
        heads += [f"depth {depth}: first loss", "lost", "best error"]
    lines = []
    for recipe in RECIPES:
        line = [recipe.name]
        for depth in depths:
            row = cells[recipe.name, depth]
            error = row["error"]
            line += [
                _small(row["first_loss"]),
                f"{row['lost']}/{row['runs']}",
                "∞" if error is None else f"{100 * error:.0f} % at {row['rate']:g}",
            ]
        lines.append(line)
    return _markdown(heads, lines)


def _width_table(rows: Sequence[Row]) -> str:
    lines = []
    counts = sorted({row["count"] for row in rows})
    cells = {(row["kind"], row["task"], row["count"]): row for row in rows}
    for kind, task in dict.fromkeys((row["kind"], row["task"]) for row in rows):
        line = [f"{kind}, {task}"]
        for count in counts:
            row = cells.get((kind, task, count))
            line.append("—" if row is None else _error(row, percent=task == "digits"))
        lines.append(line)
    return _markdown(["number", *map(str, counts)], lines)


def _embedding_table(rows: Sequence[Row]) -> str:
    lines = [
        [str(row["generators"]), row["kind"], str(row["count"]), _error(row, percent=True)]
        for row in rows
    ]
    return _markdown(["generators", "embedding", "dimensions", "validation error"], lines)


def _point_table(rows: Sequence[Row]) -> str:
    numbers = sorted({row["n"] for row in rows})
    cells = {(row["approach"], row["n"]): row for row in rows}
    return _markdown(
        ["points", *map(str, numbers)],
        [
            [_approach(name).title, *(_error(cells[name, n], percent=True) for n in numbers)]
            for name in dict.fromkeys(row["approach"] for row in rows)
        ],
    )


def _longer_table(rows: Sequence[Row]) -> str:
    return _markdown(
        ["approach", "the budget's steps", f"{LONGER} times as many"],
        [
            [
                _approach(row["approach"]).title,
                _error(row["budget"], percent=True),
                _error(row["longer"], percent=True),
            ]
            for row in rows
        ],
    )


def _cost_table(rows: Sequence[Row]) -> str:
    return _markdown(
        ["n", "passes n!", "ms a set", "megabytes a set"],
        [
            [
                str(row["n"]),
                f"{row['passes']:,}".replace(",", " "),
                f"{1e3 * row['seconds']:.3g}",
                f"{row['bytes'] / 1e6:.2g}",
            ]
            for row in rows
        ],
    )


def _grid_table(rows: Sequence[Row]) -> str:
    names = [key for key in rows[0] if key not in ("generators", "side", "bound")]
    return _markdown(
        ["cube", "no embedding is below", *names],
        [
            [
                f"{row['side']}^{row['generators']}",
                f"{row['bound']:.3g}",
                *("∞" if row[name] is None else f"{row[name]:.4g}" for name in names),
            ]
            for row in rows
        ],
    )
