"""Derivations over a range of n on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from polyconstraints.derivation import Derivation
from polyconstraints.render.table import COLUMNS, TableRow

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_table"]


def print_table(
    derivations: Sequence[Derivation], rows: Sequence[TableRow], console: Console
) -> None:
    """Print the table for somebody who watches.

    Parameters
    ----------
    derivations : sequence of Derivation
        What the rows come from.
    rows : sequence of TableRow
    console : rich.console.Console
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    styles = {"n": "bold", "distinct": "bold cyan", "function dimension": "bold magenta"}
    for column in COLUMNS:
        table.add_column(column, justify="right", style=styles.get(column, ""))
    for row in rows:
        table.add_row(*row.cells())
    console.print(table)
    if any(not derivation.solved for derivation in derivations):
        console.print("Dimensions are not known in network scope; see `polyconstraints strata`.")
