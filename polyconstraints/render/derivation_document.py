"""A derivation with its equalities, as documents in parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from polyconstraints.derivation import Derivation
from polyconstraints.jobs.document import Part, Segment
from polyconstraints.render.derivation_json import derivation_document
from polyconstraints.render.derivation_text import derivation_latex, derivation_text
from polyconstraints.render.equality_parts import EqualityForm, EqualityParts
from polyconstraints.render.json_parts import PartText, with_parts
from polyconstraints.render.notation import Medium, Style, notation

__all__ = ["DerivationDocument", "DerivationJson", "DerivationLatex", "DerivationText"]


class DerivationDocument(ABC):
    """What the formats have in common; a document of :mod:`polyconstraints.jobs`.

    Parameters
    ----------
    derivation : Derivation
    style : {"canonical", "paper"}
        How weights are named.
    classes : bool
        Whether to add the classes of weights.
    memory_limit : int, optional
        Bytes that the expansion's tables may take, in network scope.
    """

    format: str
    medium: Medium = "text"
    form: EqualityForm

    def __init__(
        self,
        derivation: Derivation,
        style: Style = "canonical",
        *,
        classes: bool = False,
        memory_limit: int | None = None,
    ) -> None:
        self.derivation = derivation
        self.style: Style = style
        self.classes = classes
        self._memory_limit = memory_limit
        names = notation(derivation.network, self.medium, style)
        self.equalities = EqualityParts(derivation, names, self.form, memory_limit)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (type(self), self.derivation, self.style, self.classes, self._memory_limit)

    @property
    def steps(self) -> int:
        """Number of equalities, or of their terms in network scope."""
        return self.equalities.steps

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this document this one."""
        from polyconstraints import __version__

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

    @abstractmethod
    def segments(self) -> Iterator[Segment]:
        """Yield the texts that are there, and the parts that are still to be written."""

    def text(self, part: Part) -> str:
        """Write a part."""
        return self.equalities.text(part)


def _made(
    kind: type[DerivationDocument],
    derivation: Derivation,
    style: Style,
    classes: bool,
    memory_limit: int | None,
) -> DerivationDocument:
    return kind(derivation, style, classes=classes, memory_limit=memory_limit)


class DerivationText(DerivationDocument):
    """A derivation as plain text, an equality a line."""

    format = "text"
    form = EqualityForm(between=" = ", after="\n", joint="")

    def segments(self) -> Iterator[Segment]:
        """Yield the texts that are there, and the parts that are still to be written."""
        yield from derivation_text(self.derivation, self.style, classes=self.classes)
        yield "\n"
        for item in self.equalities.items():
            yield from item


class DerivationLatex(DerivationDocument):
    """A derivation as LaTeX, its equalities aligned."""

    format = "latex"
    medium = "latex"
    form = EqualityForm(between=" &= ", joint=" \\\\\n")

    def segments(self) -> Iterator[Segment]:
        """Yield the texts that are there, and the parts that are still to be written."""
        yield from derivation_latex(self.derivation, self.style, classes=self.classes)
        opened = False
        for item in self.equalities.items():
            yield self.form.joint if opened else "\n\\begin{align*}\n"
            yield from item
            opened = True
        if opened:
            yield "\n\\end{align*}\n"


class DerivationJson(DerivationDocument):
    """A derivation as JSON, its equalities the items of ``list``."""

    format = "json"
    # Indented as the items of `list` are in the whole document. Names and polynomials hold
    # nothing that JSON would escape.
    form = EqualityForm('{"left": "', '", "right": "', '"}', ",\n    ")

    def segments(self) -> Iterator[Segment]:
        """Yield the texts that are there, and the parts that are still to be written."""
        document = derivation_document(self.derivation, classes=self.classes)
        document["list"] = (PartText.of(*item) for item in self.equalities.items())
        return with_parts(document)
