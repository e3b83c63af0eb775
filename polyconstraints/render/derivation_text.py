"""A derivation as plain text and as LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from polyconstraints.derivation import Derivation
from polyconstraints.render.classes import linear_sum, weight_classes
from polyconstraints.render.derivation_facts import (
    LAYER_COLUMNS,
    NO_CLASSES,
    WORDY,
    derivation_facts,
    layer_rows,
)
from polyconstraints.render.notation import Notation, Style, notation
from polyconstraints.render.tables import latex_table, plain_table

__all__ = ["derivation_latex", "derivation_text"]

Advance = Callable[[float], None]


def _ignore(steps: float) -> None:
    """Take no notice of progress."""


def derivation_text(
    derivation: Derivation,
    style: Style = "canonical",
    *,
    classes: bool = False,
    equalities: bool = False,
    memory_limit: int | None = None,
    advance: Advance = _ignore,
) -> Iterator[str]:
    """Yield a derivation as plain text, line by line.

    Parameters
    ----------
    derivation : Derivation
    style : {"canonical", "paper"}
        How weights are named.
    classes, equalities : bool
        Whether to add the classes of weights, and the equalities.
    memory_limit : int, optional
        As for :func:`~polyconstraints.render.equalities.equality_sides`.
    advance : callable, optional
        Told that one more equality has been written.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> network = pc.NetworkSpec(2)
    >>> derivation = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> print("".join(derivation_text(derivation, classes=True, equalities=True)))
    network     1 quadratic layer with ordered indices, widths 2 -> 2, 6 weights
    symmetry    equivariant under S_2 (order 2), each layer on its own; 1 transposition imposed
    equalities  6   3 distinct: 3 simple, 0 linear, 0 polynomial
    rank        3   linear rank of the equalities
    weights     6   -> 3 distinct (50 %)
    dimension   3   free parameters: every distinct weight is one
    functions   3   dimension of the functions: every parameter changes the function
    <BLANKLINE>
    layer  weights  distinct  dimension
        0        6         3          3
    <BLANKLINE>
    class of W0_1_1_1 (2): W0_1_1_1, W0_2_2_2
    class of W0_1_2_1 (2): W0_1_2_1, W0_2_2_1
    class of W0_1_2_2 (2): W0_1_2_2, W0_2_1_1
    <BLANKLINE>
    W0_1_1_1 = W0_2_2_2
    W0_1_2_1 = W0_2_2_1
    W0_1_2_2 = W0_2_1_1
    <BLANKLINE>
    """
    facts = derivation_facts(derivation)
    column = max(len(fact.name) for fact in facts) + 2
    figures = max(len(fact.value) for fact in facts if fact.name not in WORDY)
    for fact in facts:
        value = fact.value if fact.name in WORDY else f"{fact.value:>{figures}}   {fact.remark}"
        yield f"{fact.name:<{column}}{value}\n"
    yield "\n" + plain_table(LAYER_COLUMNS, layer_rows(derivation)) + "\n"
    names = notation(derivation.network, "text", style)
    if classes:
        yield "\n"
        yield from _class_lines(derivation, names)
    if equalities:
        # Only here, since the expansion that it can need is slow to import.
        from polyconstraints.render.equalities import equality_sides

        yield "\n"
        for left, right in equality_sides(
            derivation, names, memory_limit=memory_limit, advance=advance
        ):
            yield f"{left} = {right}\n"


def _class_lines(derivation: Derivation, names: Notation) -> Iterator[str]:
    if not derivation.solved:
        yield f"{NO_CLASSES}\n"
        return
    dependent = []
    for item in weight_classes(derivation, names):
        members = ", ".join(item.members)
        yield f"class of {item.representative} ({len(item.members)}): {members}\n"
        if item.value is not None:
            dependent.append(f"{item.representative} = {linear_sum(item.value, names)}\n")
    if dependent:
        yield "\ndependent weights:\n"
        yield from dependent


def derivation_latex(
    derivation: Derivation,
    style: Style = "canonical",
    *,
    classes: bool = False,
    equalities: bool = False,
    memory_limit: int | None = None,
    advance: Advance = _ignore,
) -> Iterator[str]:
    r"""Yield a derivation as LaTeX: tables, and ``align*`` environments (amsmath).

    Parameters
    ----------
    derivation : Derivation
    style : {"canonical", "paper"}
    classes, equalities : bool
        Whether to add the classes of weights, and the equalities.
    memory_limit : int, optional
        As for :func:`~polyconstraints.render.equalities.equality_sides`.
    advance : callable, optional
        Told that one more equality has been written.
    """
    yield "\\begin{tabular}{lrl}\n"
    for fact in derivation_facts(derivation):
        if fact.name in WORDY:
            text = _escaped(fact.value)
            yield f"{fact.name} & \\multicolumn{{2}}{{l}}{{{text}}} \\\\\n"
        else:
            yield f"{fact.name} & {_escaped(fact.value)} & {_escaped(fact.remark)} \\\\\n"
    yield "\\end{tabular}\n\n"
    rows = [[_escaped(cell) for cell in row] for row in layer_rows(derivation)]
    yield latex_table(LAYER_COLUMNS, rows) + "\n"
    names = notation(derivation.network, "latex", style)
    if classes and derivation.solved:
        lines = []
        for item in weight_classes(derivation, names):
            lines.append(" &= ".join([item.members[0], " = ".join(item.members[1:])]).rstrip("&= "))
            if item.value is not None:
                lines.append(f"{item.representative} &= {linear_sum(item.value, names)}")
        yield from _aligned(iter(lines))
    if equalities:
        from polyconstraints.render.equalities import equality_sides

        sides = equality_sides(derivation, names, memory_limit=memory_limit, advance=advance)
        yield from _aligned(f"{left} &= {right}" for left, right in sides)


def _aligned(lines: Iterator[str]) -> Iterator[str]:
    opened = False
    for line in lines:
        yield (" \\\\\n" if opened else "\n\\begin{align*}\n") + line
        opened = True
    if opened:
        yield "\n\\end{align*}\n"


def _escaped(text: str) -> str:
    r"""Return text for LaTeX.

    Examples
    --------
    >>> print(_escaped("S_3 -> 50 %: see `strata`, x_i x_j"))
    S\_3 $\to$ 50 \%: see \texttt{strata}, $x_i x_j$
    """
    for plain, latex in (
        ("x_i x_j", "\0"),
        ("_", r"\_"),
        ("%", r"\%"),
        ("->", r"$\to$"),
        ("`polyconstraints strata`", r"\texttt{polyconstraints strata}"),
        ("`strata`", r"\texttt{strata}"),
        ("\0", "$x_i x_j$"),
    ):
        text = text.replace(plain, latex)
    return text
