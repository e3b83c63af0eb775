"""What several numbers of inputs leave, the paper's table (22) and its like, and laws as LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.derivation import derive
from polyconstraints.display import Displayed
from polyconstraints.errors import UsageError, explained
from polyconstraints.render.tables import TableRow, laws, table_document, table_text
from polyconstraints.render.words import aligned
from polyconstraints.spec import integer
from polyconstraints.spec.problem import Description, Words, described

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupLike

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


def derived_rows(
    description: Description,
    memory_limit: int | None = None,
    advance: Callable[[float], object] = lambda steps: None,
) -> list[TableRow]:
    """Return a row for each number of inputs; where the counts follow a rule in n, by that."""
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
    return rows


@dataclass(frozen=True, eq=False)
class SizesTable(Displayed):
    """What is left of networks of several sizes: made by :func:`table`."""

    rows: tuple[TableRow, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``table``."""
        return table_document(self.rows)

    def text(self, kind: str = "text") -> str:
        """Return the table as ``text``, ``csv``, ``latex`` or ``markdown``."""
        return table_text(self.rows, kind)

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
    return SizesTable(tuple(derived_rows(described(symmetry, words), memory_limit)))


def law_latex(network: AnyNetwork) -> str:
    """Return the laws of a network as LaTeX: an ``align*`` environment (amsmath)."""
    lines = [
        rf"\text{{{name}}} &= {value.to_latex()}"
        for name, value in laws(network)
        if not isinstance(value, str)
    ]
    return f"{aligned(lines, 'align*')}\n"
