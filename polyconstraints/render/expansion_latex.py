r"""An expansion as LaTeX: one ``align*`` environment an output (amsmath)."""

from __future__ import annotations

from collections.abc import Iterator

from polyconstraints.render.groups import Advance, ExpansionView, Group, ignore
from polyconstraints.render.notation import Style, notation
from polyconstraints.render.terms import TermWriter, without_plus

__all__ = ["expansion_latex"]

#: Terms on one line of LaTeX's output; nothing there breaks lines by itself.
_TERMS_A_LINE = 4

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
    >>> from polyconstraints.network import NetworkSpec
    >>> view = ExpansionView(expand(NetworkSpec(2, depth=2)), [0], [(4, 0), (0, 4)])
    >>> print("".join(expansion_latex(view, "paper")), end="")
    \begin{align*}
    Z_{1} ={}& \{ 01W_{11}^{2}\ 11W_{11} + 01W_{11}\ 02W_{11}\ 11W_{21} + 02W_{11}^{2}\ 11W_{22} \} X_{1}^{4} \\
    &{}+ \{ 01W_{22}^{2}\ 11W_{11} + 01W_{22}\ 02W_{22}\ 11W_{21} + 02W_{22}^{2}\ 11W_{22} \} X_{2}^{4}
    \end{align*}
    """  # noqa: E501 - output is shown as it is
    names = notation(view.network, "latex", style, grouped=grouped)
    writer = TermWriter(view.network, names)
    opening, closing = (r"\{ ", r" \}") if style == "paper" else ("(", ")")
    for output in view.outputs:
        yield f"\\begin{{align*}}\n{names.output(output + 1)} ={{}}& "
        first = True
        for group in view.groups(output, advance):
            product = names.monomial(group.monomial)
            yield "" if first else " \\\\\n&{}+ "
            bare = group.size == 1 and style != "paper" and group.part(0, 1).coefficients[0] > 0
            if bare or not grouped:
                yield from _lines(writer, group, names.times + product if product else "")
            else:
                yield opening
                yield from _lines(writer, group)
                yield closing + (" " + product if product else "")
            first = False
        yield "0\n" if first else "\n"
        yield "\\end{align*}\n"


def _lines(writer: TermWriter, group: Group, after: str = "") -> Iterator[str]:
    """Yield a sum of terms, a few a line, with something after each of them."""
    first = True
    for terms in group.blocks():
        texts = writer.signed(terms).tolist()
        for at in range(0, len(texts), _TERMS_A_LINE):
            line = "".join(text + after for text in texts[at : at + _TERMS_A_LINE])
            yield without_plus(line) if first else _BREAK + line
            first = False
