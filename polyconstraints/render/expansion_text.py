"""An expansion as text, one group or one term a line: canonical, the paper's, or SymPy's."""

from __future__ import annotations

from collections.abc import Iterator

from polyconstraints.render.groups import Advance, ExpansionView, Group, ignore
from polyconstraints.render.notation import Style, notation
from polyconstraints.render.terms import TermWriter, without_plus

__all__ = ["expansion_sympy", "expansion_text"]

#: Terms of one pair of parentheses in SymPy's format. Python's parser, which SymPy uses,
#: gives up on sums of several thousand terms, but not on sums of such sums.
_SYMPY_BLOCK = 500


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
    >>> from polyconstraints.network import NetworkSpec
    >>> network = NetworkSpec(2, depth=2, bias=True, hidden=[1], outputs=1)
    >>> view = ExpansionView(expand(network), monomials=[(0, 0), (1, 0)])
    >>> print("".join(expansion_text(view)), end="")
    y1 = (W1_1_0_0 + W0_1_0_0*W1_1_1_0 + W0_1_0_0^2*W1_1_1_1)
      + (W0_1_1_0*W1_1_1_0 + 2*W0_1_0_0*W0_1_1_0*W1_1_1_1)*x1
    >>> print("".join(expansion_text(view, "paper")), end="")
    Z1 = { 11W00 + 01W00 11W10 + 01W00^2 11W11}
      + { 01W10 11W10 + 2 01W00 01W10 11W11} X01
    """
    names = notation(view.network, "text", style, grouped=grouped)
    writer = TermWriter(view.network, names)
    for output in view.outputs:
        yield f"{names.output(output + 1)} ="
        lead = " "
        for group in view.groups(output, advance):
            product = names.monomial(group.monomial)
            if not grouped:
                for text in _term_lines(writer, group, product):
                    yield lead + (without_plus(text) if lead == " " else text[1:])
                    lead = "\n  "
            else:
                yield lead if lead == " " else "\n  + "
                yield from (_braced if style == "paper" else _grouped)(writer, group, product)
            lead = "\n  "
        yield "\n" if lead != " " else " 0\n"


def _grouped(writer: TermWriter, group: Group, product: str) -> Iterator[str]:
    """Yield one group of the canonical style, in parentheses where it needs them."""
    times = writer.notation.times
    if group.size == 1:
        text = writer.sum(group.part(0, 1))
        if not text.startswith("-"):
            if product and text == "1":
                yield product
            else:
                yield f"{text}{times}{product}" if product else text
            return
    yield "("
    yield from writer.pieces(group.blocks())
    yield f"){times}{product}" if product else ")"


def _braced(writer: TermWriter, group: Group, product: str) -> Iterator[str]:
    """Yield one group of the paper's style.

    The paper prints every term as its coefficient, a space, and its weights, and leaves the
    coefficient 1 out: so a brace is followed by a space or by a number.
    """
    pieces = writer.pieces(group.blocks())
    first = next(pieces)
    counted = first.partition(" ")[0].isdigit()
    yield ("{" if counted else "{ ") + first
    yield from pieces
    yield "}" + (f" {product}" if product else "")


def _term_lines(writer: TermWriter, group: Group, product: str) -> Iterator[str]:
    """Yield the signed terms, each with the inputs' monomial."""
    after = writer.notation.times + product if product else ""
    for terms in group.blocks():
        for text in writer.signed(terms).tolist():
            yield text + after


def expansion_sympy(view: ExpansionView, *, advance: Advance = ignore) -> Iterator[str]:
    """Yield an expansion as text that SymPy's ``sympify`` reads.

    One output is one expression; several are a list of expressions.

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> from polyconstraints.network import NetworkSpec
    >>> view = ExpansionView(expand(NetworkSpec(2, depth=2)), [0], [(4, 0)])
    >>> print("".join(expansion_sympy(view)), end="")
    (W0_1_1_1**2*W1_1_1_1 + W0_1_1_1*W0_2_1_1*W1_1_2_1 + W0_2_1_1**2*W1_1_2_2)*x1**4
    """
    names = notation(view.network, "sympy")
    writer = TermWriter(view.network, names)
    several = len(view.outputs) > 1
    yield "[" if several else ""
    for position, output in enumerate(view.outputs):
        yield ",\n" if position else ""
        lead = ""
        for group in view.groups(output, advance):
            yield lead
            product = names.monomial(group.monomial)
            if group.size <= _SYMPY_BLOCK:
                yield from _grouped(writer, group, product)
            else:
                yield from _nested(writer, group)
                yield f"*{product}" if product else ""
            lead = " + "
        yield "" if lead else "0"
    yield "]\n" if several else "\n"


def _nested(writer: TermWriter, group: Group) -> Iterator[str]:
    """Yield a sum of sums, none of them too long for Python's parser."""
    for at, terms in enumerate(group.blocks(_SYMPY_BLOCK)):
        yield f" + ({writer.sum(terms)})" if at else f"(({writer.sum(terms)})"
    yield ")"
