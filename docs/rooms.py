"""A hook of the site's builder: the picture of the rooms, drawn from the imports that there are.

A page that has the mark gets a matrix in its place: rooms in the order of the page's own table,
a square where the room of the row imports from that of the column. Nothing stands above the
diagonal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyconstraints.render.figures.scene import (
    Drawing,
    Shape,
    Text,
    line,
    rectangle,
    scene_svg,
    text_width,
)

MARK = "<!-- picture of the rooms -->"
PACKAGE = "polyconstraints"
ROOT = Path(__file__).resolve().parents[1] / PACKAGE

_CELL = 22
_MARGIN = 8


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with the picture where it belongs."""
    if MARK not in markdown:
        return markdown
    return markdown.replace(MARK, f"<div>{picture(rooms(markdown))}</div>")


def rooms(page: str) -> list[str]:
    """Return the rooms in the order of the page's table."""
    return re.findall(r"^\| `([\w/]+)` \|", page, re.M)


def imports() -> Iterator[tuple[str, str]]:
    """Yield the rooms of each import between two of them, those for type checkers left out."""
    for path in ROOT.rglob("*.py"):
        first = path.relative_to(ROOT).with_suffix("").parts[0]
        importer = PACKAGE if first == "__init__" else first
        for module in _imported(ast.parse(path.read_text("utf-8"))):
            top, _, rest = module.partition(".")
            room = rest.partition(".")[0]
            if top == PACKAGE:
                yield importer, room or PACKAGE


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.ImportFrom) and child.module == PACKAGE:
            # A room itself, or the version.
            for alias in child.names:
                known = (ROOT / alias.name).exists() or (ROOT / f"{alias.name}.py").exists()
                yield f"{PACKAGE}.{alias.name}" if known else PACKAGE
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
        yield from _imported(child)


def picture(names: list[str]) -> str:
    """Return the matrix of imports between rooms as SVG."""
    edges = set(imports())
    drawing = Drawing()
    left = _MARGIN + max(text_width(name, 12) for name in names) + 10
    for at, importer in enumerate(names):
        y = _MARGIN + at * _CELL
        drawing.items.append(Text(left - 8, y + 15, importer, 12, "end"))
        # A step of the stairs that no import goes beyond.
        x = left + at * _CELL
        stairs = [(x, y), (x + _CELL, y), (x + _CELL, y + _CELL)]
        drawing.items.append(Shape(line(stairs), stroke="#8a8a8a", width=1))
        for column, imported in enumerate(names):
            if importer != imported and (importer, imported) in edges:
                square = rectangle(left + column * _CELL + 3, y + 3, _CELL - 6, _CELL - 6)
                title = f"{importer} imports {imported}"
                drawing.items.append(Shape(square, fill="#0072b2", title=title))
    drawing.right = left + len(names) * _CELL
    drawing.bottom = _MARGIN + len(names) * _CELL
    words = "Rows import columns; every square is below the diagonal, so no import points back."
    return scene_svg(
        drawing.finished("Imports between the rooms", words, _MARGIN, 0),
        prefix="rooms",
        standalone=False,
    )
