"""What several numbers of inputs leave, the paper's table (22) and its like, and laws as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.classes.law import Law
from polyconstraints.derivation import Derivation, derive
from polyconstraints.display import Displayed
from polyconstraints.errors import UsageError, explained
from polyconstraints.render.tables import Table
from polyconstraints.render.words import (
    SCOPES,
    aligned,
    layers_in_words,
    number,
    percent,
    to_latex,
)
from polyconstraints.schemas.writing import written
from polyconstraints.spec import integer
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.problem import Description, Words, described
from polyconstraints.spec.symmetry import Symmetry

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupLike

COLUMNS = ("n", "weights", "distinct", "distinct/weights", "dimension", "function dimension")

#: How the header is found in the plain table.
HEADER = re.compile(r"^ *n .*$", re.MULTILINE)

#: Pieces of a law that stand on one line.
_PIECES = 4


#: Weights above which several layers are counted by rule, without the functions' dimension.
_MAX_WEIGHTS = 1_000_000


def table_sizes(description: Description) -> tuple[int, ...]:
    """Return the numbers of inputs of a table: those given, or of the group, or 1 to 6."""
    given = description.points() if description.inputs is None else description.inputs
    if given is None:
        return tuple(range(1, 7))
    several = given if isinstance(given, Iterable) else [given]
    sizes = tuple(integer(size, "inputs") for size in several)
    if not sizes:
        raise UsageError("expected at least one number of inputs, got none", "inputs")
    return sizes


@dataclass(frozen=True)
class TableRow:
    """What one derivation leaves; dimensions are None where they aren't known."""

    network: NetworkSpec
    symmetry: Symmetry
    distinct: int
    dimension: int | None
    function_dimension: int | None

    @classmethod
    def of(cls, derivation: Derivation) -> TableRow:
        """Return the row of a derivation."""
        found = derivation.network, derivation.symmetry, derivation.distinct_weights
        if not derivation.solved:
            # In network scope a lower bound at best: no figure for a row without remarks.
            return cls(*found, None, None)
        return cls(*found, derivation.dimension, derivation.function_dimension)

    @classmethod
    def by_rule(cls, laws: AnyNetwork, network: NetworkSpec, symmetry: Symmetry) -> TableRow:
        """Return the row that laws for any n give: nothing is derived."""
        sizes = laws.sizes_for(network.inputs)
        law = laws.function_dimension
        functions = None if law is None else law(*sizes)
        return cls(network, symmetry, laws.distinct(*sizes), laws.dimension(*sizes), functions)

    def cells(self) -> tuple[str, ...]:
        """Return the row for people."""
        return (
            str(self.network.inputs),
            number(self.network.weights),
            number(self.distinct),
            percent(self.distinct, self.network.weights),
            number(self.dimension),
            number(self.function_dimension),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the row of the JSON document."""
        weights = self.network.weights
        percentage = (2000 * self.distinct + weights) // (2 * weights) / 10
        return written("results.TableRow", self, self.network, percentage=percentage)


@dataclass(frozen=True, eq=False)
class SizesTable(Displayed):
    """What is left of networks of several sizes: made by :func:`table`."""

    rows: tuple[TableRow, ...]

    @classmethod
    def of(
        cls,
        description: Description,
        memory_limit: int | None = None,
        advance: Callable[[float], object] = lambda steps: None,
    ) -> SizesTable:
        """Derive a row for each number of inputs; take it from a rule in n where there is one."""
        try:
            rule = AnyNetwork.of(description)
            known = len(rule.sorts) == 1 and rule.sorts[0].size is None
        except UsageError:
            known = False
        rows = []
        for inputs in table_sizes(description):
            network, symmetry = description.problem(inputs)
            # Of several layers only a derivation knows the dimension of the functions.
            if known and (rule.depth == 1 or network.weights > _MAX_WEIGHTS):
                rows.append(TableRow.by_rule(rule, network, symmetry))
            else:
                rows.append(TableRow.of(derive(network, symmetry, memory_limit)))
            advance(1)
        return cls(tuple(rows))

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``table``.

        What is the same in every row stands in ``network`` and ``symmetry``; the numbers of
        inputs, widths and imposed permutations are left to the rows.
        """
        first, *_ = self.rows
        network, symmetry = first.network.to_json(), first.symmetry.to_json()
        del network["inputs"], network["widths"], symmetry["permutations"]
        for key in ("generators", "actions"):
            symmetry.pop(key, None)
        if any(set(row.network.hidden) - {row.network.inputs} for row in self.rows):
            network["hidden"] = list(first.network.hidden)
        return {
            "schema": "polyconstraints/table/1",
            "network": network,
            "symmetry": symmetry,
            "rows": [row.to_json() for row in self.rows],
        }

    def text(self, kind: str = "text") -> str:
        """Return the table as ``text``, ``csv``, ``html``, ``latex`` or ``markdown``."""
        if kind == "csv":
            entries = [row.to_json() for row in self.rows]
            return Table(
                ("n", *list(entries[0])[1:]), [list(row.values()) for row in entries]
            ).csv()
        cells = [row.cells() for row in self.rows]
        if kind == "latex":
            # A thin space keeps the thousands apart, and a line break away.
            latex = [[to_latex(cell).replace(" ", r"\,") for cell in row] for row in cells]
            return Table(("$n$", *COLUMNS[1:]), latex).latex()
        return Table(COLUMNS, cells).written(kind)

    def explained(self) -> str:
        """Return the table as text for somebody who watches, with what it is about."""
        network, symmetry = self.rows[0].network, self.rows[0].symmetry
        group = f"{symmetry.group.name}_n" if symmetry.is_plain else symmetry.group.name
        kind = f"{symmetry.kind} under {group}, {SCOPES[symmetry.scope]}"
        lines = [f"{layers_in_words(network)}, {kind}", "", self.text(), ""]
        lines.append("Function dimension: how many of the parameters show in what is computed.")
        if any(row.dimension is None for row in self.rows):
            lines.append("Dimensions are not known in network scope; see `polyconstraints strata`.")
        return "\n".join(lines)

    def to_latex(self) -> str:
        """Return the table as a LaTeX ``tabular``."""
        return self.text("latex")


@explained
def table(
    symmetry: GroupLike | None = None, memory_limit: int | None = None, **words: Unpack[Words]
) -> SizesTable:
    """Derive over a range of n: how many weights stay distinct, and of which dimension.

    Parameters
    ----------
    symmetry, memory_limit, **words
        As for :func:`~polyconstraints.derive`; ``n`` is several numbers, 1 to 6 unless given.

    Examples
    --------
    >>> print(table(n=[2, 10**6]).text())
          n                  weights  distinct  distinct/weights  dimension  function dimension
          2                        6         3              50 %          3                   3
    1000000  500 000 500 000 000 000         4           < 0.1 %          4                   4
    """
    return SizesTable.of(described(symmetry, words), memory_limit)


def law_text(network: AnyNetwork) -> Iterator[str]:
    """Yield the laws of a network, whatever its number of inputs, line by line."""
    for name, value in laws(network):
        pieces = [value] if isinstance(value, str) else value.piece_texts()
        # A law of many pieces takes a line for each.
        parts = pieces if len(pieces) > _PIECES else [", ".join(pieces)]
        for at, part in enumerate(parts):
            yield f"{'' if at else name:<10}  {part}\n"
    if not network.bounded:
        yield "\nThe number of distinct weights grows with n: there is no finite list of them.\n"
        return
    header = ("layer", "class", f"{'weight':16}", f"{'from':>10}", "weights")
    rows = [
        (
            str(layer["layer"]),
            str(pattern["class"]),
            pattern["text"],
            ", ".join(f"{name} = {size}" for name, size in pattern["from"].items()),
            pattern["weights"],
        )
        for layer in network.to_json()["layers"]
        for pattern in layer["patterns"]
    ]
    yield f"\n{Table(header, rows, left=(2, 4)).text()}\n"
    yield "\nDifferent letters stand for different indices.\n"


def laws(network: AnyNetwork) -> Iterator[tuple[str, str | Law]]:
    """Yield what is said of a network for every n: names, with texts or laws."""
    names = [sort.name for sort in network.sorts if sort.size is None]
    inputs = "any number n of inputs" if names == ["n"] else f"any {' and '.join(names)}"
    if set(network.model.channels) != {1}:
        inputs += f", channels {' -> '.join(map(str, network.model.channels))}"
    yield "network", f"{layers_in_words(network)}, {inputs}"
    yield "symmetry", f"{network.kind} under {network.group}, {SCOPES['layer']}"
    if len(network.sorts) > 1:
        sizes = ("any size" if sort.size is None else f"size {sort.size}" for sort in network.sorts)
        named = zip(network.sorts, sizes, strict=True)
        yield "groups", ", ".join(f"{sort.name} of {size}" for sort, size in named)
    yield "weights", network.total
    yield "distinct", network.distinct
    yield "dimension", network.dimension
    functions = network.function_dimension
    yield "functions", "not known for every n" if functions is None else functions
    yield "rank", network.rank


def law_latex(network: AnyNetwork) -> str:
    """Return the laws of a network as LaTeX: an ``align*`` environment (amsmath)."""
    lines = [
        rf"\text{{{name}}} &= {value.to_latex()}"
        for name, value in laws(network)
        if not isinstance(value, str)
    ]
    return f"{aligned(lines, 'align*')}\n"
