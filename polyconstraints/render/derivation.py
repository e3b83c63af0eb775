"""A derivation written as text, as LaTeX and as JSON, with its classes and equalities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from polyconstraints import __version__
from polyconstraints.derivation import Derivation
from polyconstraints.jobs.pieces import PartText, Piece, json_pieces
from polyconstraints.render.classes import class_documents, linear_sum, weight_classes
from polyconstraints.render.derivation_facts import (
    LAYER_COLUMNS,
    NO_CLASSES,
    WORDY,
    derivation_facts,
    layer_rows,
)
from polyconstraints.render.equalities import Equalities, EqualityForm, EqualityText
from polyconstraints.render.notation import Style, notation
from polyconstraints.render.tables import latex_table, plain_table

__all__ = ["DerivationJson", "DerivationLatex", "DerivationText", "DerivationWriter"]


class DerivationWriter:
    """What the formats have in common; a :class:`~polyconstraints.jobs.pieces.Writer`.

    Parameters
    ----------
    derivation : Derivation
    style : {"canonical", "paper"}
        How weights are named.
    classes, equalities : bool
        Whether to add the classes of weights, and the equalities.
    memory_limit : int, optional
        Bytes that the expansion's tables may take, in network scope.
    """

    format: ClassVar[str]
    form: ClassVar[EqualityForm]

    def __init__(
        self,
        derivation: Derivation,
        style: Style = "canonical",
        *,
        classes: bool = False,
        equalities: bool = False,
        memory_limit: int | None = None,
    ) -> None:
        self.derivation = derivation
        self.style: Style = style
        self.classes = classes
        self.names = notation(derivation.network, self.form.medium, style)
        form = self.form._replace(style=style)
        self.equalities = Equalities(derivation, form, memory_limit)
        self.listed = equalities

    @property
    def steps(self) -> int:
        """Number of equalities, or of their terms in network scope."""
        return self.equalities.steps if self.listed else 0

    @property
    def text(self) -> EqualityText:
        """What writes a part."""
        return self.equalities.text

    def items(self) -> Iterable[tuple[Piece, ...]]:
        """Return the equalities' pieces, if they are wanted."""
        return self.equalities.items() if self.listed else ()

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this text this one."""
        symmetry = self.derivation.symmetry
        return {
            "command": "derive",
            "version": __version__,
            "format": self.format,
            "style": self.style,
            "classes": self.classes,
            "network": self.derivation.network.to_json(),
            "symmetry": symmetry.to_json(),
            "generators": [list(images) for images in symmetry.group.generators],
        }

    def pieces(self) -> Iterator[Piece]:
        """Yield the texts that are there, and the parts that are still to be written."""
        raise NotImplementedError


class DerivationText(DerivationWriter):
    """A derivation as plain text, an equality a line.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.jobs.pieces import written
    >>> network = pc.NetworkSpec(2)
    >>> derivation = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> print("".join(written(DerivationText(derivation, classes=True, equalities=True))))
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

    format = "text"
    form = EqualityForm()

    def pieces(self) -> Iterator[Piece]:
        """Yield the texts that are there, and the parts that are still to be written."""
        facts = derivation_facts(self.derivation)
        column = max(len(fact.name) for fact in facts) + 2
        figures = max(len(fact.value) for fact in facts if fact.name not in WORDY)
        for name, value, remark in facts:
            text = value if name in WORDY else f"{value:>{figures}}   {remark}"
            yield f"{name:<{column}}{text}\n"
        yield "\n" + plain_table(LAYER_COLUMNS, layer_rows(self.derivation)) + "\n"
        if self.classes:
            yield "\n"
            yield from self._class_lines()
        if self.listed:
            yield "\n"
        for item in self.items():
            yield from item

    def _class_lines(self) -> Iterator[str]:
        if not self.derivation.solved:
            yield f"{NO_CLASSES}\n"
            return
        dependent = []
        for item in weight_classes(self.derivation, self.names):
            members = ", ".join(item.members)
            yield f"class of {item.representative} ({len(item.members)}): {members}\n"
            if item.value is not None:
                value = linear_sum(item.value, self.names)
                dependent.append(f"{item.representative} = {value}\n")
        if dependent:
            yield "\ndependent weights:\n"
            yield from dependent


class DerivationLatex(DerivationWriter):
    """A derivation as LaTeX: tables, and ``align*`` environments (amsmath)."""

    format = "latex"
    form = EqualityForm("latex", between=" &= ", after="", joint=" \\\\\n")

    def pieces(self) -> Iterator[Piece]:
        """Yield the texts that are there, and the parts that are still to be written."""
        yield "\\begin{tabular}{lrl}\n"
        for fact in derivation_facts(self.derivation):
            name, value, remark = map(_escaped, fact)
            cells = (
                f"\\multicolumn{{2}}{{l}}{{{value}}}" if name in WORDY else f"{value} & {remark}"
            )
            yield f"{name} & {cells} \\\\\n"
        yield "\\end{tabular}\n\n"
        rows = [[_escaped(cell) for cell in row] for row in layer_rows(self.derivation)]
        yield latex_table(LAYER_COLUMNS, rows) + "\n"
        if self.classes and self.derivation.solved:
            yield from self._aligned((line,) for line in self._class_lines())
        yield from self._aligned(self.items())

    def _class_lines(self) -> Iterator[str]:
        for item in weight_classes(self.derivation, self.names):
            rest = " = ".join(item.members[1:])
            yield f"{item.members[0]} &= {rest}".rstrip("&= ")
            if item.value is not None:
                yield f"{item.representative} &= {linear_sum(item.value, self.names)}"

    def _aligned(self, items: Iterable[tuple[Piece, ...]]) -> Iterator[Piece]:
        opened = False
        for item in items:
            yield self.form.joint if opened else "\n\\begin{align*}\n"
            yield from item
            opened = True
        if opened:
            yield "\n\\end{align*}\n"


class DerivationJson(DerivationWriter):
    """A derivation as a JSON document of schema ``derivation``."""

    format = "json"
    # Indented as the items of `list` are in the whole document. Names and polynomials hold
    # nothing that JSON would escape.
    form = EqualityForm(before='{"left": "', between='", "right": "', after='"}', joint=",\n    ")

    def pieces(self) -> Iterator[Piece]:
        """Yield the texts that are there, and the parts that are still to be written."""
        document = self.derivation.to_json()
        if self.classes:
            document["classes"] = class_documents(self.derivation, self.names)
        if self.listed:
            document["list"] = (PartText.of(*item) for item in self.items())
        return json_pieces(document)


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
