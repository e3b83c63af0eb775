"""Derivations over a range of n as one table: the paper's table (22) and its like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.derivation import Derivation
from polyconstraints.render.derivation_facts import number, percent
from polyconstraints.render.painting import Pattern
from polyconstraints.render.tables import csv_table, latex_table, markdown_table, plain_table
from polyconstraints.render.words import layers_in_words
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "Problem",
    "RuledProblem",
    "TableRow",
    "header_pattern",
    "print_table",
    "table_document",
    "table_text",
]

SCHEMA = "polyconstraints/table/1"

COLUMNS = ("n", "weights", "distinct", "distinct/weights", "dimension", "function dimension")


class Problem(Protocol):
    """What a table is about: a derivation, or a network and a symmetry by themselves."""

    @property
    def network(self) -> NetworkSpec:
        """The network."""

    @property
    def symmetry(self) -> Symmetry:
        """The symmetry."""

    @property
    def solved(self) -> bool:
        """Whether dimensions are known."""


@dataclass(frozen=True)
class RuledProblem:
    """A network and a symmetry whose classes follow a rule: nothing was derived."""

    network: NetworkSpec
    symmetry: Symmetry
    solved: bool = True


@dataclass(frozen=True)
class TableRow:
    """What one derivation leaves.

    Examples
    --------
    >>> TableRow(3, 27, 9, 7, 4).cells()
    ('3', '27', '9', '33.3 %', '7', '4')
    """

    inputs: int
    weights: int
    distinct: int
    dimension: int | None
    function_dimension: int | None

    @classmethod
    def of(cls, derivation: Derivation) -> TableRow:
        """Return the row of a derivation."""
        return cls(
            derivation.network.inputs,
            derivation.total_weights,
            derivation.distinct_weights,
            # In network scope a lower bound at best: no figure for a row without remarks.
            derivation.dimension if derivation.solved else None,
            derivation.function_dimension if derivation.solved else None,
        )

    @classmethod
    def by_rule(cls, network: AnyNetwork, inputs: int) -> TableRow:
        """Return the row that the laws of a network give for a number of inputs.

        Examples
        --------
        >>> TableRow.by_rule(AnyNetwork("S"), 10**6).distinct
        4
        """
        sizes = network.sizes_for(inputs)
        law = network.function_dimension
        return cls(
            inputs,
            network.total(*sizes),
            network.distinct(*sizes),
            network.dimension(*sizes),
            None if law is None else law(*sizes),
        )

    def cells(self) -> tuple[str, ...]:
        """Return the row for people."""
        return (
            str(self.inputs),
            number(self.weights),
            number(self.distinct),
            percent(self.distinct, self.weights),
            number(self.dimension),
            number(self.function_dimension),
        )

    def percentage(self) -> float:
        """Return the share of distinct weights in percent, to one place."""
        return (2000 * self.distinct + self.weights) // (2 * self.weights) / 10

    def to_json(self) -> dict[str, Any]:
        """Return the row of the JSON document."""
        return {
            "inputs": self.inputs,
            "weights": self.weights,
            "distinct": self.distinct,
            "percentage": self.percentage(),
            "dimension": self.dimension,
            "function_dimension": self.function_dimension,
        }


def table_document(derivations: Sequence[Problem], rows: Sequence[TableRow]) -> dict[str, Any]:
    """Return the JSON document of schema ``table``.

    What is the same in every row stands in ``network`` and ``symmetry``; the numbers of
    inputs, widths and imposed permutations are left to the rows.
    """
    network = derivations[0].network.to_json()
    symmetry = derivations[0].symmetry.to_json()
    del network["inputs"], network["widths"], symmetry["permutations"]
    for key in ("generators", "actions"):
        symmetry.pop(key, None)
    if not all(_plain_widths(derivation.network) for derivation in derivations):
        network["hidden"] = list(derivations[0].network.hidden)
    return {
        "schema": SCHEMA,
        "network": network,
        "symmetry": symmetry,
        "rows": [row.to_json() for row in rows],
    }


def _plain_widths(network: NetworkSpec) -> bool:
    return set(network.hidden) <= {network.inputs}


def table_text(rows: Sequence[TableRow], kind: str = "text") -> str:
    """Return the table as text, CSV, LaTeX or Markdown.

    Examples
    --------
    >>> print(table_text([TableRow(2, 8, 6, 5, 3), TableRow(3, 27, 9, 7, 4)]))
    n  weights  distinct  distinct/weights  dimension  function dimension
    2        8         6              75 %          5                   3
    3       27         9            33.3 %          7                   4
    """
    if kind == "csv":
        # Plain numbers for programs, empty where one isn't known.
        header = ("n", "weights", "distinct", "percentage", "dimension", "function_dimension")
        plain = [map(str, row.to_json().values()) for row in rows]
        return csv_table(
            header, [["" if cell == "None" else cell for cell in row] for row in plain]
        )
    cells = [row.cells() for row in rows]
    if kind == "latex":
        return latex_table(("$n$", *COLUMNS[1:]), [[_latex(cell) for cell in row] for row in cells])
    writers: dict[str, Callable[..., str]] = {"text": plain_table, "markdown": markdown_table}
    return writers[kind](COLUMNS, cells)


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


def header_pattern() -> Pattern:
    """Return how the header is found in the plain table, with its style."""
    import re

    return re.compile(r"^ *n .*$", re.MULTILINE), "bold"


def _latex(cell: str) -> str:
    # A thin space keeps the thousands apart, and a line break away.
    return cell.replace("%", r"\%").replace(" ", r"\,")
