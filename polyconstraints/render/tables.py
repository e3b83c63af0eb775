"""Tables for every format: of several n as the paper's (22), of laws, of groups."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from polyconstraints.errors import UsageError
from polyconstraints.render.words import SCOPES, layers_in_words, number, percent, plural, to_latex
from polyconstraints.spec.groups import PRESETS, PermutationGroup, parse_expression

if TYPE_CHECKING:
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.classes.law import Law
    from polyconstraints.derivation import Derivation
    from polyconstraints.spec.network import NetworkSpec
    from polyconstraints.spec.symmetry import Symmetry

Row = Sequence[str]

COLUMNS = ("n", "weights", "distinct", "distinct/weights", "dimension", "function dimension")

#: How the header is found in the plain table.
HEADER = re.compile(r"^ *n .*$", re.MULTILINE)

#: Pieces of a law that stand on one line.
_PIECES = 4


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

    def html(self) -> str:
        """Return the table as HTML; without a header if that is empty."""

        def row(cells: Row, tag: str) -> str:
            return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

        head = f"<thead>{row(self.header, 'th')}</thead>" if self.header else ""
        body = "".join(row(cells, "td") for cells in self.rows)
        return f"<table>{head}<tbody>{body}</tbody></table>"

    def escaped(self) -> Table:
        """Return the table with cells of plain text as LaTeX's."""
        return Table(self.header, [list(map(to_latex, row)) for row in self.rows])

    def written(self, kind: str) -> str:
        """Return the table as plain text, Markdown, CSV or, from plain cells, LaTeX."""
        writers = {"markdown": self.markdown, "csv": self.csv, "latex": self.escaped().latex}
        return writers.get(kind, self.text)()


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
        return {
            "inputs": self.network.inputs,
            "weights": weights,
            "distinct": self.distinct,
            "percentage": (2000 * self.distinct + weights) // (2 * weights) / 10,
            "dimension": self.dimension,
            "function_dimension": self.function_dimension,
        }


def table_document(rows: Sequence[TableRow]) -> dict[str, Any]:
    """Return the JSON document of schema ``table``.

    What is the same in every row stands in ``network`` and ``symmetry``; the numbers of
    inputs, widths and imposed permutations are left to the rows.
    """
    network, symmetry = rows[0].network.to_json(), rows[0].symmetry.to_json()
    del network["inputs"], network["widths"], symmetry["permutations"]
    for key in ("generators", "actions"):
        symmetry.pop(key, None)
    if any(set(row.network.hidden) - {row.network.inputs} for row in rows):
        network["hidden"] = list(rows[0].network.hidden)
    return {
        "schema": "polyconstraints/table/1",
        "network": network,
        "symmetry": symmetry,
        "rows": [row.to_json() for row in rows],
    }


def table_text(rows: Sequence[TableRow], kind: str = "text") -> str:
    """Return the table as text, CSV, LaTeX or Markdown."""
    if kind == "csv":
        # Plain numbers for programs, empty where one isn't known.
        entries = [row.to_json() for row in rows]
        plain = [["" if cell is None else str(cell) for cell in row.values()] for row in entries]
        return Table(("n", *list(entries[0])[1:]), plain).csv()
    cells = [row.cells() for row in rows]
    if kind == "latex":
        # A thin space keeps the thousands apart, and a line break away.
        latex = [[to_latex(cell).replace(" ", r"\,") for cell in row] for row in cells]
        return Table(("$n$", *COLUMNS[1:]), latex).latex()
    return Table(COLUMNS, cells).written(kind)


def explained_table(rows: Sequence[TableRow]) -> str:
    """Return the table as text for somebody who watches, with what it is about."""
    network, symmetry = rows[0].network, rows[0].symmetry
    group = f"{symmetry.group.name}_n" if symmetry.is_plain else symmetry.group.name
    kind = f"{symmetry.kind} under {group}, {SCOPES[symmetry.scope]}"
    lines = [f"{layers_in_words(network)}, {kind}", "", table_text(rows), ""]
    lines.append("Function dimension: how many of the parameters show in what is computed.")
    if any(row.dimension is None for row in rows):
        lines.append("Dimensions are not known in network scope; see `polyconstraints strata`.")
    return "\n".join(lines)


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
