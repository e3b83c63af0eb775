r"""An expansion as LaTeX: one ``align*`` environment an output (amsmath)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from polyconstraints.jobs.document import Part, Segment, written
from polyconstraints.render.expansion_document import ExpansionDocument
from polyconstraints.render.groups import Advance, ExpansionView, ignore
from polyconstraints.render.notation import Style, notation
from polyconstraints.render.terms import TermWriter, without_plus

__all__ = ["ExpansionLatex", "expansion_latex"]

#: Terms on one line of LaTeX's output; nothing there breaks lines by itself.
_TERMS_A_LINE = 4  # divides PART_TERMS

_BREAK = " \\\\\n&\\quad{}"


def expansion_latex(
    view: ExpansionView,
    style: Style = "canonical",
    *,
    grouped: bool = True,
    advance: Advance = ignore,
) -> Iterator[str]:
    r"""Yield an expansion as LaTeX, piece by piece.

    Parameters
    ----------
    view : ExpansionView
    style : {"canonical", "paper"}
    grouped : bool
        Terms in one bracket a monomial, or each with its own monomial.
    advance : callable, optional
        Told how many more terms have been written.

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> from polyconstraints.spec.network import NetworkSpec
    >>> view = ExpansionView(expand(NetworkSpec(2, depth=2)), [0], [(4, 0), (0, 4)])
    >>> print("".join(expansion_latex(view, "paper")), end="")
    \begin{align*}
    Z_{1} ={}& \{ 01W_{11}^{2}\ 11W_{11} + 01W_{11}\ 02W_{11}\ 11W_{21} + 02W_{11}^{2}\ 11W_{22} \} X_{1}^{4} \\
    &{}+ \{ 01W_{22}^{2}\ 11W_{11} + 01W_{22}\ 02W_{22}\ 11W_{21} + 02W_{22}^{2}\ 11W_{22} \} X_{2}^{4}
    \end{align*}
    """  # noqa: E501 - output is shown as it is
    return written(ExpansionLatex(view, style, grouped=grouped), advance)


class ExpansionLatex(ExpansionDocument):
    """The document of :func:`expansion_latex`."""

    format = "latex"

    def __init__(
        self, view: ExpansionView, style: Style = "canonical", *, grouped: bool = True
    ) -> None:
        super().__init__(view)
        self._style: Style = style
        self._grouped = grouped
        self._names = notation(view.network, "latex", style, grouped=grouped)
        self._writer = TermWriter(view.network, self._names)

    def __reduce__(self) -> tuple[Any, ...]:
        return _latex_document, (self.view, self._style, self._grouped)

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this document this one."""
        return {**super().identity(), "style": self._style, "grouped": self._grouped}

    def segments(self) -> Iterator[Segment]:
        """Yield the texts that are there, and the parts that are still to be written."""
        opening, closing = (r"\{ ", r" \}") if self._style == "paper" else ("(", ")")
        for output in self.view.outputs:
            yield f"\\begin{{align*}}\n{self._names.output(output + 1)} ={{}}& "
            first = True
            for group in self.groups(output):
                product = self._names.monomial(group.monomial)
                yield "" if first else " \\\\\n&{}+ "
                bare = group.size == 1 and self._style != "paper"
                if not self._grouped or (bare and group.part(0, 1).coefficients[0] > 0):
                    after = self._names.times + product if product else ""
                    yield from self.parts(output, group, after)
                else:
                    yield opening
                    yield from self.parts(output, group, "")
                    yield closing + (" " + product if product else "")
                first = False
            yield "0\n" if first else "\n"
            yield "\\end{align*}\n"

    def text(self, part: Part) -> str:
        """Write a part: a sum of terms, a few a line, with something after each of them."""
        (after,) = self.how(part)
        texts = self._writer.signed(self.terms(part)).tolist()
        lines = [
            "".join(text + after for text in texts[at : at + _TERMS_A_LINE])
            for at in range(0, len(texts), _TERMS_A_LINE)
        ]
        if self.begins(part):
            return without_plus(lines[0]) + "".join(_BREAK + line for line in lines[1:])
        return "".join(_BREAK + line for line in lines)


def _latex_document(view: ExpansionView, style: Style, grouped: bool) -> ExpansionLatex:
    return ExpansionLatex(view, style, grouped=grouped)
