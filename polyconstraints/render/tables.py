"""Tables for every format, and those of groups."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from polyconstraints.errors import UsageError
from polyconstraints.render.words import number, plural, to_latex
from polyconstraints.spec.groups import PRESETS, PermutationGroup, parse_expression

#: A number is written with its thousands apart, or plainly for programs; None where it isn't known.
Cell = str | int | None

#: An example of every construction, and what it is.
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("S4", "symmetric: all permutations"),
    ("A4", "alternating: the even ones"),
    ("C4", "cyclic: shifts"),
    ("D4", "dihedral: shifts and reflections"),
    ("trivial4", "the identity alone"),
    ("S3+S2", "disjoint union: two kinds of points"),
    ("S3xS2", "rows and columns of a 3 x 2 matrix"),
    ("S3wrS2", "sets of sets: 2 blocks of 3 points"),
    ("S3#1xS3#1", "rows and columns moved by one group"),
    ("pairs(S4)", "unordered pairs of different points"),
    ("ordered_pairs(S4)", "ordered pairs of different points"),
    ("subsets(S5,3)", "subsets of 3 points"),
    ("tuples(S3,2)", "all pairs, equal ones included"),
    ("edges(D4,[[0,1],[1,2],[2,3],[3,0]])", "edges of a graph"),
    ("grid(4,4,C4)", "cells of a grid, turned"),
    ("grid(3,3,D4)", "cells of a grid, turned and reflected"),
    ("grid(2,3,D2)", "the same without quarter-turns: C2, D2"),
    ("[[1,2,0,4,3]]", "generators: images of 0 ... n-1"),
)

#: Digits of the longest order that is written out.
_DIGITS = 30

#: Bits of the longest order that a document holds: Python writes no longer integers.
_BITS = 14_000

#: Points from which on n! has more bits, and isn't worked out.
_FACTORIAL = 2_000

#: Generators and points up to which generators are shown.
_SHOWN_IMAGES = 400


@dataclass(frozen=True)
class Table:
    r"""Rows of cells under a header; columns of numbers stand at the right, those in `left` don't.

    Examples
    --------
    >>> table = Table(["n", "weights"], [["1", "1"], ["10", "550"]])
    >>> print(table.text())
     n  weights
     1        1
    10      550
    >>> print(table.markdown())
    |  n | weights |
    | -: | ------: |
    |  1 |       1 |
    | 10 |     550 |
    >>> table.csv()
    'n,weights\n1,1\n10,550\n'
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    left: Collection[int] = ()

    @classmethod
    def of(cls, items: Iterable[Any], columns: Mapping[str, Callable[[Any], Cell]]) -> Table:
        """Return a row for each item, given what each column says of one."""
        return cls(list(columns), [[cell(item) for cell in columns.values()] for item in items])

    def _spelled(self) -> list[list[str]]:
        return [[c if isinstance(c, str) else number(c) for c in row] for row in self.rows]

    def _lines(self, rows: Sequence[Sequence[str]], least: int = 0) -> list[list[str]]:
        """Return header and rows, the cells of each column equally wide."""
        columns = []
        for at, cells in enumerate(zip(self.header, *rows, strict=True)):
            width = max(least, *map(len, cells))
            columns.append([c.ljust(width) if at in self.left else c.rjust(width) for c in cells])
        return [list(line) for line in zip(*columns, strict=True)]

    def text(self) -> str:
        """Return the table as plain text."""
        return "\n".join("  ".join(line).rstrip() for line in self._lines(self._spelled()))

    def markdown(self) -> str:
        """Return the table as Markdown."""
        cells = [[cell.replace("|", r"\|") for cell in row] for row in self._spelled()]
        header, *rows = self._lines(cells, least=2)
        rule = ["-" * (len(cell) - 1) + ":" for cell in header]
        return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *rows))

    def csv(self) -> str:
        """Return the table as comma-separated values."""
        handle = io.StringIO()
        csv.writer(handle, lineterminator="\n").writerows([self.header, *self.rows])
        return handle.getvalue()

    def latex(self) -> str:
        """Return the table as a LaTeX ``tabular``; cells are LaTeX already."""
        header, *rows = (" & ".join(row) + " \\\\\n" for row in (self.header, *self._spelled()))
        rule = "\\hline\n"
        body = f"{rule}{header}{rule}{''.join(rows)}{rule}"
        return f"\\begin{{tabular}}{{{'r' * len(self.header)}}}\n{body}\\end{{tabular}}"

    def html(self) -> str:
        """Return the table as HTML; without a header if that is empty."""

        def row(cells: Sequence[str], tag: str) -> str:
            return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

        head = f"<thead>{row(self.header, 'th')}</thead>" if self.header else ""
        body = "".join(row(cells, "td") for cells in self._spelled())
        return f"<table>{head}<tbody>{body}</tbody></table>"

    def escaped(self) -> Table:
        """Return the table with cells of plain text as LaTeX's."""
        return Table(self.header, [list(map(to_latex, row)) for row in self._spelled()])

    def written(self, kind: str) -> str:
        """Return the table as plain text, Markdown, CSV, HTML or, from plain cells, LaTeX."""
        table = self.escaped() if kind == "latex" else self
        writers = {
            "markdown": table.markdown,
            "csv": table.csv,
            "html": table.html,
            "latex": table.latex,
        }
        return writers.get(kind, table.text)()


def described_groups(
    names: Sequence[str] = (), inputs: int | None = None
) -> list[tuple[str, PermutationGroup]]:
    """Return groups by name; the examples if there are none."""
    found = []
    for name in names or [example for example, _ in EXAMPLES]:
        text = name.strip()
        if text in PRESETS:
            if inputs is None:
                raise UsageError(f"expected a number of points for {text}, got none", "inputs")
            found.append((text, PermutationGroup.preset(text, inputs)))
        else:
            try:
                found.append((text, parse_expression(text).group(text, keep_all=True)))
            except UsageError as error:
                raise UsageError(error.message, "GROUP") from None
    return found


def _factorial(group: PermutationGroup) -> str:
    """Return the order of a large symmetric or alternating group in words; of others nothing."""
    if group.degree < _FACTORIAL:
        return ""
    return {"S": f"{group.degree}!", "A": f"{group.degree}!/2"}.get(group.letter or "", "")


def _order_text(group: PermutationGroup) -> str:
    if text := _factorial(group):
        return text
    digits = group.order().bit_length() * 3 // 10
    return str(group.order()) if digits <= _DIGITS else f"about 10^{digits}"


def group_documents(groups: Sequence[tuple[str, PermutationGroup]]) -> dict[str, Any]:
    """Return the document of schema ``groups``."""

    def order(group: PermutationGroup) -> str | None:
        known = not _factorial(group) and group.order().bit_length() < _BITS
        return str(group.order()) if known else None

    return {
        "schema": "polyconstraints/groups/1",
        "groups": [
            {
                "group": name,
                "degree": group.degree,
                "order": order(group),
                "orbits": [list(orbit) for orbit in group.orbits()],
                "generators": [list(images) for images in group.generators],
            }
            for name, group in groups
        ],
    }


def syntax_text(groups: Sequence[tuple[str, PermutationGroup]]) -> str:
    """Return the table of constructions, one example each."""
    meanings = dict(EXAMPLES)
    rows = [
        (name, str(group.degree), _order_text(group), meanings.get(name, ""))
        for name, group in groups
    ]
    table = Table(("group", "points", "order", "what it acts on"), rows, left=(0, 3)).text()
    return (
        f"{table}\n\n"
        "S, A, C, D and trivial alone have as many points as the network has inputs.\n"
        "Use parentheses: wr binds most tightly, then x, then +.\n"
        "--action LEVEL=GROUP lets the factors of the group act on another level, as\n"
        "--group 'pairs(S4)' --action 1=S4.\n"
    )


def groups_text(groups: Sequence[tuple[str, PermutationGroup]]) -> str:
    """Return what some groups are.

    Examples
    --------
    >>> print(groups_text(described_groups(["S2xS2"])), end="")
    S2xS2: 4 points, order 4, 1 orbit
      generator 1  [2,3,0,1]
      generator 2  [1,0,3,2]
    """
    lines = []
    for name, group in groups:
        facts = f"order {_order_text(group)}, {plural(len(group.orbits()), 'orbit')}"
        lines.append(f"{name}: {group.degree} points, {facts}")
        if len(group.generators) * group.degree <= _SHOWN_IMAGES:
            for at, images in enumerate(group.generators, start=1):
                lines.append(f"  generator {at}  {str(list(images)).replace(' ', '')}")
        else:
            lines.append(f"  {len(group.generators)} generators")
    return "\n".join(lines) + "\n"
