"""Small tables, the same for every format."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table as RichTable

__all__ = ["Table"]

Row = Sequence[str]


@dataclass(frozen=True)
class Table:
    r"""Rows of cells under a header.

    Attributes
    ----------
    header : sequence of str
    rows : sequence of sequences of str
    left : collection of int
        Columns of words; the others are of numbers, which stand at the right.

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

    header: Row
    rows: Sequence[Row]
    left: Collection[int] = ()

    def _lines(self, least: int = 0) -> list[list[str]]:
        """Return header and rows, the cells of each column equally wide."""
        lines = [self.header, *self.rows]
        columns = []
        for at, cells in enumerate(zip(*lines, strict=True)):
            width = max(least, *map(len, cells))
            columns.append([c.ljust(width) if at in self.left else c.rjust(width) for c in cells])
        return [list(line) for line in zip(*columns, strict=True)]

    def text(self) -> str:
        """Return the table as plain text."""
        return "\n".join("  ".join(line).rstrip() for line in self._lines())

    def markdown(self) -> str:
        """Return the table as Markdown."""
        header, *rows = self._lines(least=2)
        rule = ["-" * (len(cell) - 1) + ":" for cell in header]
        return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *rows))

    def csv(self) -> str:
        """Return the table as comma-separated values."""
        handle = io.StringIO()
        csv.writer(handle, lineterminator="\n").writerows([self.header, *self.rows])
        return handle.getvalue()

    def latex(self) -> str:
        """Return the table as a LaTeX ``tabular``; cells are LaTeX already."""
        header, *rows = (" & ".join(row) + " \\\\\n" for row in (self.header, *self.rows))
        rule = "\\hline\n"
        body = f"{rule}{header}{rule}{''.join(rows)}{rule}"
        return f"\\begin{{tabular}}{{{'r' * len(self.header)}}}\n{body}\\end{{tabular}}"

    def written(self, kind: str) -> str:
        """Return the table as plain text, Markdown or CSV."""
        writers = {"markdown": self.markdown, "csv": self.csv}
        return writers.get(kind, self.text)()

    def rich(self, styles: Mapping[str, str], *, ascii: bool = False) -> RichTable:
        """Return the table for a rich console, with the styles of some columns by name."""
        from rich import box
        from rich.table import Table as RichTable

        table = RichTable(box=box.ASCII if ascii else box.SIMPLE_HEAD)
        for at, name in enumerate(self.header):
            side = "left" if at in self.left else "right"
            table.add_column(name, justify=side, style=styles.get(name, ""))  # type: ignore[arg-type]
        for row in self.rows:
            table.add_row(*row)
        return table
