"""Small tables as plain text, Markdown, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

__all__ = ["csv_table", "latex_table", "markdown_table", "plain_table"]

Row = Sequence[str]


def _widths(rows: Sequence[Row]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def plain_table(header: Row, rows: Sequence[Row]) -> str:
    """Return right-aligned columns.

    Examples
    --------
    >>> print(plain_table(["n", "weights"], [["1", "1"], ["10", "550"]]))
     n  weights
     1        1
    10      550
    """
    lines = [header, *rows]
    widths = _widths(lines)
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def markdown_table(header: Row, rows: Sequence[Row]) -> str:
    """Return a table as Markdown.

    Examples
    --------
    >>> print(markdown_table(["n", "weights"], [["1", "1"], ["10", "550"]]))
    |  n | weights |
    | -: | ------: |
    |  1 |       1 |
    | 10 |     550 |
    """
    widths = [max(width, 2) for width in _widths([header, *rows])]
    rule = ["-" * (width - 1) + ":" for width in widths]
    return "\n".join(
        "| " + " | ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in [header, rule, *rows]
    )


def csv_table(header: Row, rows: Sequence[Row]) -> str:
    r"""Return a table as comma-separated values.

    Examples
    --------
    >>> csv_table(["n", "weights"], [["1", "1"]])
    'n,weights\n1,1\n'
    """
    handle = io.StringIO()
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerows([header, *rows])
    return handle.getvalue()


def latex_table(header: Row, rows: Sequence[Row]) -> str:
    r"""Return a table as a LaTeX ``tabular``; cells are LaTeX already.

    Examples
    --------
    >>> print(latex_table(["$n$", "weights"], [["1", "1"]]))
    \begin{tabular}{rr}
    \hline
    $n$ & weights \\
    \hline
    1 & 1 \\
    \hline
    \end{tabular}
    """
    body = [" & ".join(row) + r" \\" for row in rows]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{'r' * len(header)}}}",
            r"\hline",
            " & ".join(header) + r" \\",
            r"\hline",
            *body,
            r"\hline",
            r"\end{tabular}",
        ]
    )
