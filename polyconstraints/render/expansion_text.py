"""An expansion as text, one group or one term a line: canonical, the paper's, or SymPy's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from polyconstraints.jobs.document import Part, Segment, written
from polyconstraints.render.expansion_document import ExpansionDocument
from polyconstraints.render.groups import Advance, ExpansionView, Group, ignore, sliced
from polyconstraints.render.notation import Style, notation
from polyconstraints.render.terms import TermWriter, without_plus

__all__ = ["ExpansionSympy", "ExpansionText", "expansion_sympy", "expansion_text"]

#: Terms of one pair of parentheses in SymPy's format. Python's parser, which SymPy uses,
#: gives up on sums of several thousand terms, but not on sums of such sums.
_SYMPY_BLOCK = 500  # divides PART_TERMS


def expansion_text(
    view: ExpansionView,
    style: Style = "canonical",
    *,
    grouped: bool = True,
    advance: Advance = ignore,
) -> Iterator[str]:
    """Yield an expansion as text, piece by piece.

    Parameters
    ----------
    view : ExpansionView
    style : {"canonical", "paper"}
        The paper's style is that of the two listings of its section 2.6.
    grouped : bool
        One monomial in the inputs a line, or one term a line.
    advance : callable, optional
        Told how many more terms have been written.

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> from polyconstraints.spec.network import NetworkSpec
    >>> network = NetworkSpec(2, depth=2, bias=True, hidden=[1], outputs=1)
    >>> view = ExpansionView(expand(network), monomials=[(0, 0), (1, 0)])
    >>> print("".join(expansion_text(view)), end="")
    y1 = (W1_1_0_0 + W0_1_0_0*W1_1_1_0 + W0_1_0_0^2*W1_1_1_1)
      + (W0_1_1_0*W1_1_1_0 + 2*W0_1_0_0*W0_1_1_0*W1_1_1_1)*x1
    >>> print("".join(expansion_text(view, "paper")), end="")
    Z1 = { 11W00 + 01W00 11W10 + 01W00^2 11W11}
      + { 01W10 11W10 + 2 01W00 01W10 11W11} X01
    """
    return written(ExpansionText(view, style, grouped=grouped), advance)


class ExpansionText(ExpansionDocument):
    """The document of :func:`expansion_text`."""

    format = "text"

    def __init__(
        self, view: ExpansionView, style: Style = "canonical", *, grouped: bool = True
    ) -> None:
        super().__init__(view)
        self._style: Style = style
        self._grouped = grouped
        self._names = notation(view.network, "text", style, grouped=grouped)
        self._writer = TermWriter(view.network, self._names)

    def __reduce__(self) -> tuple[Any, ...]:
        return _text_document, (self.view, self._style, self._grouped)

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this document this one."""
        return {**super().identity(), "style": self._style, "grouped": self._grouped}

    def segments(self) -> Iterator[Segment]:
        """Yield the texts that are there, and the parts that are still to be written."""
        for output in self.view.outputs:
            yield f"{self._names.output(output + 1)} ="
            first = True
            for group in self.groups(output):
                if not self._grouped:
                    yield from self.parts(output, group, first)
                else:
                    yield " " if first else "\n  + "
                    yield from (self._braced if self._style == "paper" else self._in_parentheses)(
                        output, group
                    )
                first = False
            yield " 0\n" if first else "\n"

    def _in_parentheses(self, output: int, group: Group) -> Iterator[Segment]:
        """Yield one group of the canonical style, in parentheses where it needs them."""
        yield from _grouped(self, output, group, self._writer)

    def _braced(self, output: int, group: Group) -> Iterator[Segment]:
        """Yield one group of the paper's style.

        The paper prints every term as its coefficient, a space, and its weights, and leaves
        the coefficient 1 out: so a brace is followed by a space or by a number.
        """
        first = self._writer.sum(group.part(0, 1))
        yield "{" if first.partition(" ")[0].isdigit() else "{ "
        yield from self.parts(output, group)
        product = self._names.monomial(group.monomial)
        yield "}" + (f" {product}" if product else "")

    def text(self, part: Part) -> str:
        """Write a part: a sum, or a line for each term."""
        texts: list[str] = self._writer.signed(self.terms(part)).tolist()
        if self._grouped:
            text = "".join(texts)
            return without_plus(text) if self.begins(part) else text
        product = self._names.monomial(self.monomial(part))
        after = self._names.times + product if product else ""
        (first_of_output,) = self.how(part)
        if not (first_of_output and self.begins(part)):
            return "".join(f"\n  {text[1:]}{after}" for text in texts)
        # The first term stands behind the equals sign.
        rest = "".join(f"\n  {text[1:]}{after}" for text in texts[1:])
        return f" {without_plus(texts[0])}{after}{rest}"


def _text_document(view: ExpansionView, style: Style, grouped: bool) -> ExpansionText:
    return ExpansionText(view, style, grouped=grouped)


def _grouped(
    document: ExpansionDocument, output: int, group: Group, writer: TermWriter
) -> Iterator[Segment]:
    """Yield one group, in parentheses where it needs them."""
    times = writer.notation.times
    product = writer.notation.monomial(group.monomial)
    if group.size == 1:
        text = writer.sum(group.part(0, 1))
        if not text.startswith("-"):
            if product and text == "1":
                yield product
            else:
                yield f"{text}{times}{product}" if product else text
            return
    yield "("
    yield from document.parts(output, group)
    yield f"){times}{product}" if product else ")"


def expansion_sympy(view: ExpansionView, *, advance: Advance = ignore) -> Iterator[str]:
    """Yield an expansion as text that SymPy's ``sympify`` reads.

    One output is one expression; several are a list of expressions.

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> from polyconstraints.spec.network import NetworkSpec
    >>> view = ExpansionView(expand(NetworkSpec(2, depth=2)), [0], [(4, 0)])
    >>> print("".join(expansion_sympy(view)), end="")
    (W0_1_1_1**2*W1_1_1_1 + W0_1_1_1*W0_2_1_1*W1_1_2_1 + W0_2_1_1**2*W1_1_2_2)*x1**4
    """
    return written(ExpansionSympy(view), advance)


class ExpansionSympy(ExpansionDocument):
    """The document of :func:`expansion_sympy`."""

    format = "sympy"

    def __init__(self, view: ExpansionView) -> None:
        super().__init__(view)
        self._names = notation(view.network, "sympy")
        self._writer = TermWriter(view.network, self._names)

    def __reduce__(self) -> tuple[Any, ...]:
        return ExpansionSympy, (self.view,)

    def segments(self) -> Iterator[Segment]:
        """Yield the texts that are there, and the parts that are still to be written."""
        several = len(self.view.outputs) > 1
        yield "[" if several else ""
        for position, output in enumerate(self.view.outputs):
            yield ",\n" if position else ""
            lead = ""
            for group in self.groups(output):
                yield lead
                if group.size <= _SYMPY_BLOCK:
                    yield from _grouped(self, output, group, self._writer)
                else:
                    yield "("
                    yield from self.parts(output, group, "nested")
                    product = self._names.monomial(group.monomial)
                    yield f")*{product}" if product else ")"
                lead = " + "
            yield "" if lead else "0"
        yield "]\n" if several else "\n"

    def text(self, part: Part) -> str:
        """Write a part: a sum, or a sum of sums none of which is too long for Python's parser."""
        terms = self.terms(part)
        if self.how(part):
            sums = [
                f"({self._writer.sum(sliced(terms, start, start + _SYMPY_BLOCK))})"
                for start in range(0, len(terms), _SYMPY_BLOCK)
            ]
            return ("" if self.begins(part) else " + ") + " + ".join(sums)
        text = "".join(self._writer.signed(terms).tolist())
        return without_plus(text) if self.begins(part) else text
