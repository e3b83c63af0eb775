"""An expansion as text, one group or one term a line: canonical, the paper's, or SymPy's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from polyconstraints.expansion import Terms
from polyconstraints.render.groups import ExpansionView
from polyconstraints.render.notation import Style, notation
from polyconstraints.render.terms import BLOCK, TermWriter, sliced, without_plus

__all__ = ["expansion_sympy", "expansion_text"]

Advance = Callable[[float], None]

#: Terms of one pair of parentheses in SymPy's format. Python's parser, which SymPy uses,
#: gives up on sums of several thousand terms, but not on sums of such sums.
_SYMPY_BLOCK = 500


def _ignore(steps: float) -> None:
    """Take no notice of progress."""


def expansion_text(
    view: ExpansionView,
    style: Style = "canonical",
    *,
    grouped: bool = True,
    advance: Advance = _ignore,
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
        for monomial, terms in view.groups(output):
            product = names.monomial(monomial)
            if not grouped:
                for text in _term_lines(writer, terms, product):
                    yield lead + (without_plus(text) if lead == " " else text[1:])
                    lead = "\n  "
            elif style == "paper":
                yield from _braced(writer, terms, product, lead if lead == " " else "\n  + ")
            else:
                yield from _grouped(writer, terms, product, lead if lead == " " else "\n  + ")
            lead = "\n  "
            advance(len(terms))
        yield "\n" if lead != " " else " 0\n"


def _grouped(writer: TermWriter, terms: Terms, product: str, lead: str) -> Iterator[str]:
    """Yield one line of the canonical style."""
    yield lead
    if len(terms) == 1:
        text = writer.sum(terms)
        if not text.startswith("-"):
            if product and text == "1":
                yield product
            else:
                yield f"{text}*{product}" if product else text
            return
    yield "("
    yield from writer.blocks(terms)
    yield f")*{product}" if product else ")"


def _braced(writer: TermWriter, terms: Terms, product: str, lead: str) -> Iterator[str]:
    """Yield one line of the paper's style.

    The paper prints every term with its coefficient, a space, and its weights, and leaves
    the coefficient 1 out: so a brace is followed by a space or by a number.
    """
    yield lead
    blocks = writer.blocks(terms)
    first = next(blocks)
    counted = first[:1].isdigit() and first.split(" ", 1)[0].isdigit()
    yield ("{" if counted else "{ ") + first
    yield from blocks
    yield "}" + (f" {product}" if product else "")


def _term_lines(writer: TermWriter, terms: Terms, product: str) -> Iterator[str]:
    """Yield the signed terms, each with the inputs' monomial."""
    after = writer.notation.times + product if product else ""
    for start in range(0, len(terms), BLOCK):
        for text in writer.signed(sliced(terms, start, start + BLOCK)).tolist():
            yield text + after


def expansion_sympy(view: ExpansionView, *, advance: Advance = _ignore) -> Iterator[str]:
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
        for monomial, terms in view.groups(output):
            yield f"{lead}({_nested(writer, terms)})"
            product = names.monomial(monomial)
            yield f"*{product}" if product else ""
            lead = " + "
            advance(len(terms))
        yield "" if lead else "0"
    yield "]\n" if several else "\n"


def _nested(writer: TermWriter, terms: Terms) -> str:
    sums = [
        writer.sum(sliced(terms, start, start + _SYMPY_BLOCK))
        for start in range(0, len(terms), _SYMPY_BLOCK)
    ]
    return sums[0] if len(sums) == 1 else " + ".join(f"({text})" for text in sums)
