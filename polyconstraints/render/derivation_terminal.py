"""A derivation on a terminal: a summary with the figures in colour, tables, folded lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyconstraints.derivation import Derivation
from polyconstraints.render.classes import linear_sum, weight_classes
from polyconstraints.render.derivation_facts import (
    LAYER_COLUMNS,
    NO_CLASSES,
    WORDY,
    derivation_facts,
    layer_rows,
)
from polyconstraints.render.equalities import Equalities, EqualityForm
from polyconstraints.render.notation import Medium, Notation, Style, notation
from polyconstraints.render.painting import layer_patterns

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_derivation"]


def print_derivation(
    derivation: Derivation,
    console: Console,
    style: Style = "canonical",
    *,
    classes: bool = False,
    equalities: bool = False,
    memory_limit: int | None = None,
    fold: int = 0,
    ascii: bool = False,
) -> None:
    """Print a derivation for somebody who watches.

    Parameters
    ----------
    derivation : Derivation
    console : rich.console.Console
    style : {"canonical", "paper"}
        How weights are named; canonical names are shown with raised and lowered digits
        unless `ascii` is wanted.
    classes, equalities : bool
        Whether to add the classes of weights, and the equalities.
    memory_limit : int, optional
        As for :class:`~polyconstraints.render.equalities.EqualityText`.
    fold : int
        How many members of a class are shown at most; 0 shows all.
    ascii : bool
        No characters outside ASCII.
    """
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column(justify="right", style="bold cyan")
    grid.add_column()
    for fact in derivation_facts(derivation, ascii=ascii):
        if fact.name in WORDY:
            grid.add_row(fact.name, "", fact.value)
        else:
            grid.add_row(fact.name, fact.value, fact.remark)
    console.print(grid)
    if derivation.network.depth > 1:
        from rich import box

        table = Table(box=box.ASCII if ascii else box.SIMPLE_HEAD)
        for column in LAYER_COLUMNS:
            table.add_column(column, justify="right")
        for row in layer_rows(derivation):
            table.add_row(*row)
        console.print(table)
    medium: Medium = "text" if ascii or style == "paper" else "unicode"
    names = notation(derivation.network, medium, style)
    if classes and not derivation.solved:
        console.print(f"\n{NO_CLASSES}")
    elif classes:
        _print_classes(derivation, console, names, fold, ascii)
    if equalities:
        patterns = layer_patterns(derivation.network, names)
        console.print()
        listed = Equalities(derivation, EqualityForm(medium, style), memory_limit)
        for piece in (piece for item in listed.items() for piece in item):
            written = piece if isinstance(piece, str) else listed.text(piece)
            text = Text(written.removesuffix("\n"))
            for pattern, color in patterns:
                text.highlight_regex(pattern, color)
            console.print(text, soft_wrap=True, end="\n" if written.endswith("\n") else "")


def _print_classes(
    derivation: Derivation, console: Console, names: Notation, fold: int, ascii: bool
) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.ASCII if ascii else box.SIMPLE_HEAD)
    table.add_column("layer", justify="right")
    table.add_column("class of", style="bold cyan", no_wrap=True)
    table.add_column("size", justify="right")
    table.add_column("members")
    dependent = []
    for item in weight_classes(derivation, names):
        shown = item.members[:fold] if fold else item.members
        text = "  ".join(shown)
        folded = len(item.members) - len(shown)
        if folded:
            text += f"  {'...' if ascii else '…'} {folded} more"
        table.add_row(str(item.layer), item.representative, str(len(item.members)), text)
        if item.value is not None:
            dependent.append(f"{item.representative} = {linear_sum(item.value, names)}")
    console.print(table)
    if dependent:
        console.print("Dependent weights:", style="bold")
        for line in dependent:
            console.print(f"  {line}", soft_wrap=True)
