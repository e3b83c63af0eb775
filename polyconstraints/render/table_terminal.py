"""Derivations over a range of n on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from polyconstraints.render.table import COLUMNS, Problem, TableRow
from polyconstraints.render.words import layers_in_words

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_table"]


def print_table(
    derivations: Sequence[Problem],
    rows: Sequence[TableRow],
    console: Console,
    *,
    ascii: bool = False,
) -> None:
    """Print the table for somebody who watches.

    Parameters
    ----------
    derivations : sequence of Problem
        What the rows come from.
    rows : sequence of TableRow
    console : rich.console.Console
    ascii : bool
        No characters outside ASCII.
    """
    from rich import box
    from rich.table import Table

    network, symmetry = derivations[0].network, derivations[0].symmetry
    scope = "each layer on its own" if symmetry.scope == "layer" else "the network as a whole"
    group = f"{symmetry.group.name}_n" if symmetry.is_plain else symmetry.group.name
    console.print(f"{layers_in_words(network)}, {symmetry.kind} under {group}, {scope}")
    table = Table(box=box.ASCII if ascii else box.SIMPLE_HEAD)
    styles = {"n": "bold", "distinct": "bold cyan", "function dimension": "bold magenta"}
    for column in COLUMNS:
        table.add_column(column, justify="right", style=styles.get(column, ""))
    for row in rows:
        table.add_row(*row.cells())
    console.print(table)
    if any(not derivation.solved for derivation in derivations):
        console.print("Dimensions are not known in network scope; see `polyconstraints strata`.")
