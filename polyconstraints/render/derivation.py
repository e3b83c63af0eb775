"""A derivation written as text, as LaTeX, as JSON and for terminals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from polyconstraints import __version__
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.derivation import Derivation
from polyconstraints.jobs import PartText, Piece, Writer, json_pieces
from polyconstraints.render.notation import (
    Notation,
    Pattern,
    Style,
    linear_sum,
    notation,
)
from polyconstraints.render.tables import Table
from polyconstraints.render.terms import Equalities, EqualityForm
from polyconstraints.render.words import (
    FACT,
    NO_CLASSES,
    derivation_facts,
    fact_lines,
    to_latex,
)


class WeightClass(NamedTuple):
    """Weights that are one weight: their names, and what a dependent class is in the free ones."""

    layer: int
    number: int
    members: list[str]
    value: Mapping[str, Fraction] | None

    def equation(self, names: Notation, equals: str = " = ") -> str:
        """Return a dependent class as an equation."""
        terms = (self.value or {}).items()
        return self.members[0] + equals + linear_sum(terms, names.times, number=names.number)

    def to_json(self) -> dict[str, Any]:
        """Return the class's entry in the document."""
        value = self.value
        return {
            "layer": self.layer,
            "representative": self.members[0],
            "size": len(self.members),
            "members": self.members,
            "value": None
            if value is None
            else [[part.numerator, part.denominator, name] for name, part in value.items()],
        }


def weight_classes(layers: Iterable[LayerClasses], names: Notation) -> Iterator[WeightClass]:
    """Yield the classes of layers, in the order of their numbers."""
    for layer in layers:
        spelled = names.weight_names(layer.layer)
        order = np.argsort(layer.by_weight, kind="stable")
        members = np.split(order, np.cumsum(layer.sizes)[:-1])
        for at in layer.present:
            value = None
            if at in layer.dependent:
                terms = layer.dependent[at].items()
                value = {spelled[layer.representatives[one]]: Fraction(part) for one, part in terms}
            own = [spelled[weight] for weight in members[at].tolist()]
            yield WeightClass(layer.layer.index, at, own, value)


def _layer_table(derivation: Derivation) -> Table:
    """Return the table of layers, one row a layer."""
    rows = [
        (
            str(layer.layer.index),
            layer.layer.weights,
            layer.distinct,
            layer.dimension if derivation.solved else None,
        )
        for layer in derivation.layers
    ]
    return Table(("layer", "weights", "distinct", "dimension"), rows)


@dataclass(eq=False)
class DerivationWriter(Writer):
    """What the formats have in common.

    It adds the classes of weights, and the equalities, if they are wanted; the limit is as for
    :class:`Equalities`. Somebody who watches sees at most `fold` members of a class, all for 0,
    and raised and lowered digits unless all is `ascii`.
    """

    format: ClassVar[str]
    form: ClassVar[EqualityForm]

    derivation: Derivation
    style: Style = "canonical"
    _: KW_ONLY
    classes: bool = False
    equalities: bool = False
    memory_limit: int | None = None
    fold: int = 0
    ascii: bool = True

    @cached_property
    def names(self) -> Notation:
        """How names are written."""
        return notation(self.derivation.network, self.text.form.medium, self.style)

    @cached_property
    def text(self) -> Equalities:
        """What writes equalities."""
        plain = self.ascii or self.style == "paper"
        medium = self.form.medium if plain else "unicode"
        form = self.form._replace(style=self.style, medium=medium)
        derivation = self.derivation
        return Equalities(derivation.network, derivation.comparisons, form, self.memory_limit)

    @property
    def patterns(self) -> list[Pattern]:
        """What is coloured: the names of facts, and weights by their layers."""
        return [(FACT, "bold"), *self.names.layer_patterns(self.derivation.network)]

    def on_screen(self, fold: int, ascii: bool) -> DerivationWriter:
        """Return what writes the same for somebody who watches."""
        return replace(self, fold=fold, ascii=ascii)

    @property
    def steps(self) -> int:
        """Number of equalities, or of their terms in network scope."""
        if not self.equalities:
            return 0
        return self.derivation.counts.distinct if self.derivation.solved else self.text.steps()

    def items(self) -> Iterable[tuple[Piece, ...]]:
        """Return the equalities' pieces, if they are wanted."""
        return self.text.items() if self.equalities else ()

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


class DerivationText(DerivationWriter):
    """A derivation as plain text, an equality a line."""

    format = "text"
    form = EqualityForm()

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces."""
        for line in fact_lines(derivation_facts(self.derivation, ascii=self.ascii)):
            yield f"{line}\n"
        yield f"\n{_layer_table(self.derivation).text()}\n"
        if self.classes:
            yield "\n"
            yield from self._class_lines()
        if self.equalities:
            yield "\n"
        for item in self.items():
            yield from item

    def _class_lines(self) -> Iterator[str]:
        if not self.derivation.solved:
            yield f"{NO_CLASSES}\n"
            return
        dependent = []
        for item in weight_classes(self.derivation.layers, self.names):
            members = item.members
            shown = members[: self.fold or None]
            if len(members) > len(shown):
                dots = "..." if self.ascii else "…"
                shown = [*shown, f"{dots} {len(members) - len(shown)} more"]
            yield f"class of {members[0]} ({len(members)}): {', '.join(shown)}\n"
            if item.value is not None:
                dependent.append(f"{item.equation(self.names)}\n")
        if dependent:
            yield "\ndependent weights:\n"
            yield from dependent


class DerivationLatex(DerivationWriter):
    """A derivation as LaTeX: tables, and ``align*`` environments (amsmath)."""

    format = "latex"
    form = EqualityForm("latex", between=" &= ", after="", joint=" \\\\\n")

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces."""
        yield "\\begin{tabular}{lrl}\n"
        for name, value, remark in derivation_facts(self.derivation):
            cells = f"\\multicolumn{{2}}{{l}}{{{to_latex(value)}}}"
            if remark is not None:
                cells = f"{to_latex(value)} & {to_latex(remark)}"
            yield f"{name} & {cells} \\\\\n"
        yield f"\\end{{tabular}}\n\n{_layer_table(self.derivation).latex()}\n"
        if self.classes and self.derivation.solved:
            yield from self._aligned((line,) for line in self._class_lines())
        yield from self._aligned(self.items())

    def _class_lines(self) -> Iterator[str]:
        for item in weight_classes(self.derivation.layers, self.names):
            first, *rest = item.members
            yield f"{first} &= {' = '.join(rest)}" if rest else first
            if item.value is not None:
                yield item.equation(self.names, " &= ")

    def _aligned(self, items: Iterable[tuple[Piece, ...]]) -> Iterator[Piece]:
        opened = False
        for item in items:
            yield self.form.joint if opened else "\n\\begin{align*}\n"
            yield from item
            opened = True
        if opened:
            yield "\n\\end{align*}\n"


class DerivationProgram(DerivationWriter):
    """The equalities in the language of an algebra system, between a beginning and an end."""

    start: ClassVar[str]
    end: ClassVar[str]

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces."""
        layers = self.derivation.network.layers
        names = (name for layer in layers for name in self.names.weight_names(layer))
        yield self.start.format(names=",".join(names) if "{names}" in self.start else "")
        items = iter(self.items())
        first = next(items, ())
        # Without equalities the ideal is that of zero, and the list is empty.
        yield from first or (("0",) if self.format != "sympy" else ())
        for item in items:
            yield self.form.joint
            yield from item
        yield self.end


_DIFFERENCE = EqualityForm(between=" - (", after=")", joint=",\n")


class DerivationSympy(DerivationProgram):
    """The equalities as a list of equations that SymPy's ``sympify`` reads."""

    format = "sympy"
    form = EqualityForm("sympy", before="Eq(", between=", ", after=")", joint=",\n")
    start, end = "[", "]\n"


class DerivationSingular(DerivationProgram):
    """The ideal of the equalities, in the ring of all weights, for Singular."""

    format = "singular"
    form = _DIFFERENCE
    start, end = "ring R = 0, ({names}), dp;\nshort = 0;\nideal I =\n", ";\n"


class DerivationMacaulay2(DerivationProgram):
    """The ideal of the equalities, in the ring of all weights, for Macaulay2."""

    format = "macaulay2"
    form = _DIFFERENCE._replace(medium="macaulay2")
    start, end = "R = QQ[{names}];\nI = ideal(\n", ");\n"


class DerivationJson(DerivationWriter):
    """A derivation as a JSON document of schema ``derivation``."""

    format = "json"
    # Indented as the items of `list` are in the whole document. Names and polynomials hold
    # nothing that JSON would escape.
    form = EqualityForm(before='{"left": "', between='", "right": "', after='"}', joint=",\n    ")

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces."""
        document = self.derivation.to_json()
        if self.classes:
            document["classes"] = (
                item.to_json() for item in weight_classes(self.derivation.layers, self.names)
            )
        if self.equalities:
            document["list"] = (PartText.of(*item) for item in self.items())
        return json_pieces(document)


#: What writes a derivation in each format.
WRITERS: Mapping[str, type[DerivationWriter]] = {
    writer.format: writer
    for writer in (
        DerivationText,
        DerivationLatex,
        DerivationSympy,
        DerivationSingular,
        DerivationMacaulay2,
        DerivationJson,
    )
}

#: Formats that are programs, which always list the equalities.
PROGRAMS = ("sympy", "singular", "macaulay2")
