r"""An expansion written as text, canonical or the paper's, as LaTeX, for SymPy, as JSON, shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, fields, replace
from functools import cached_property, partial
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from polyconstraints import __version__
from polyconstraints.expansion import Terms
from polyconstraints.jobs import Part, PartText, Piece, Writer, json_pieces
from polyconstraints.render.expansion_view import ExpansionView, Group, sliced
from polyconstraints.render.notation import (
    Medium,
    Notation,
    Pattern,
    Style,
    layer_style,
    notation,
)
from polyconstraints.render.terms import TermWriter, row_texts, without_plus
from polyconstraints.render.words import network_in_words, plural

SCHEMA = "polyconstraints/expansion/1"

#: Most terms of one part. A multiple of what the formats put on one line or into one pair of
#: parentheses, so that a line is never divided.
PART_TERMS = 32_000

#: Terms of one pair of parentheses in SymPy's format. Python's parser, which SymPy uses,
#: gives up on sums of several thousand terms, but not on sums of such sums.
_SYMPY_BLOCK = 500  # divides PART_TERMS

#: Columns between the monomial and its coefficient on a terminal.
_GAP = 2


@dataclass(eq=False)
class ExpansionWriter(Writer):
    """What the formats have in common.

    There is one bracket for each monomial in the inputs, unless not `grouped`: then each term has
    its own monomial. Parts are stretches of one coefficient, with a key of output, monomial, first
    and last number, and what the format adds. Somebody who watches sees at most `fold` terms of a
    group, all for 0, and raised and lowered digits unless all is `ascii`.
    """

    format: ClassVar[str]
    medium: ClassVar[Medium] = "text"

    view: ExpansionView
    style: Style = "canonical"
    _: KW_ONLY
    grouped: bool = True
    fold: int = 0
    ascii: bool = True

    def __reduce__(self) -> tuple[Any, ...]:
        # Without what has been worked out.
        made_of = {field.name: getattr(self, field.name) for field in fields(self)}
        return partial(type(self), **made_of), ()

    @cached_property
    def names(self) -> Notation:
        """How names are written."""
        plain = self.ascii or self.style == "paper"
        medium = self.medium if plain else "unicode"
        return notation(self.view.network, medium, self.style, grouped=self.grouped)

    @cached_property
    def terms(self) -> TermWriter:
        """What writes terms."""
        return TermWriter(self.view.network, self.names)

    @property
    def patterns(self) -> list[Pattern]:
        """What is coloured: weights, and layers in words, each layer in its own colour."""
        words = (rf"(?m)(?<=[;,] )layer {at}\b" for at in range(self.view.network.depth))
        layers = [(re.compile(word), layer_style(at)) for at, word in enumerate(words)]
        return [*self.names.layer_patterns(self.view.network), *layers]

    def on_screen(self, fold: int, ascii: bool) -> ExpansionScreen:
        """Return what writes the same for somebody who watches."""
        return ExpansionScreen(self.view, self.style, grouped=self.grouped, fold=fold, ascii=ascii)

    @property
    def steps(self) -> int:
        """Number of terms."""
        return sum(map(self.view.term_count, self.view.outputs))

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this text this one."""
        return {
            "command": "expand",
            "version": __version__,
            "format": self.format,
            "style": self.style,
            "grouped": self.grouped,
            **self.view.identity(),
        }

    def parts(self, output: int, group: Group, *how: Any) -> Iterator[Part]:
        """Yield the parts of a group, with what the format adds to their keys."""
        for start in range(0, group.size, PART_TERMS):
            stop = min(start + PART_TERMS, group.size)
            yield Part((output, group.monomial, start, stop, *how), stop - start)

    def terms_of(self, part: Part) -> Terms:
        """Return the terms of a part."""
        output, monomial, start, stop = part.key[:4]
        return self.view.group(output, monomial).part(start, stop)


class _Sums(ExpansionWriter):
    """A format in which each output is a sum of groups, and they are sums of terms."""

    #: What stands before an output's sum, and after it.
    head: str
    tail: str = ""
    #: What leads the first group of an output and the others; None where their terms' signs do.
    first: str = ""
    lead: str | None = " + "
    #: What stands around a group, in the paper's style too.
    brackets: tuple[str, str] = "(", ")"
    braces: tuple[str, str] = "{", "}"
    #: How many terms stand on a line, if they are counted, and what is between two lines.
    line: int | None = None
    line_break: str = ""
    #: Whether a coefficient of 1 is left out before a monomial.
    drops_one: bool = True

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces."""
        for output in self.view.outputs:
            yield self.head.format(self.names.output(output))
            lead: str | None = self.first
            empty = True
            for group in self.view.groups(output):
                yield from self._group(output, group, lead)
                lead, empty = self.lead, False
            yield (self.first + "0" if empty else "") + self.tail

    def _group(self, output: int, group: Group, lead: str | None) -> Iterator[Piece]:
        product = self.names.monomial(group.monomial)
        after = self.names.times + product if product else ""
        if not self.grouped or self._stands_alone(group):
            one = self.grouped and self._is_one(group) and product
            yield (lead or "") + (one or "")
            if not one:
                yield from self.parts(output, group, after, lead is not None)
            return
        opening, closing = self.braces if self.style == "paper" else self.brackets
        yield (lead or "") + opening
        if self.style == "paper" and self.medium == "text":
            # Every term is printed as coefficient, space, weights, and the coefficient 1 is left
            # out: so a brace is followed by a space or by a number.
            yield "" if self._first(group).partition(" ")[0].isdigit() else " "
        yield from self.parts(output, group, "", True)
        gap = " " if self.style == "paper" else self.names.times
        yield closing + (gap + product if product else "")

    def _first(self, group: Group) -> str:
        return self.terms.sum(group.part(0, 1))

    def _stands_alone(self, group: Group) -> bool:
        """Tell whether a group needs no brackets."""
        if group.size > 1 or self.style == "paper":
            return False
        return not self.view.assignment or bool(group.part(0, 1).coefficients[0] > 0)

    def _is_one(self, group: Group) -> bool:
        """Tell whether a group is the number 1, which is left out before a monomial."""
        return self.drops_one and bool(self.view.assignment) and self._first(group) == "1"

    def text(self, part: Part) -> str:
        """Write a part: a sum, in lines, with something after each of its terms."""
        after, leads = part.key[4:]
        texts: list[str] = self.terms.signed(self.terms_of(part)).tolist()
        if after:
            texts = [text + after for text in texts]
        length = self.line or len(texts)
        lines = ["".join(texts[at : at + length]) for at in range(0, len(texts), length)]
        if leads and part.key[2] == 0:
            return self.line_break.join([without_plus(lines[0]), *lines[1:]])
        return self.line_break.join(["", *lines])


@dataclass(eq=False)
class ExpansionText(_Sums):
    """An expansion as text, one group or one term a line.

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> from polyconstraints.jobs import written
    >>> from polyconstraints.spec.network import NetworkSpec
    >>> network = NetworkSpec(2, depth=2, bias=True, widths=[1], outputs=1)
    >>> view = ExpansionView(expand(network), monomials=[(0, 0), (1, 0)])
    >>> print("".join(written(ExpansionText(view))), end="")
    y1 = (W1_1_0_0 + W0_1_0_0*W1_1_1_0 + W0_1_0_0^2*W1_1_1_1)
      + (W0_1_1_0*W1_1_1_0 + 2*W0_1_0_0*W0_1_1_0*W1_1_1_1)*x1
    >>> print("".join(written(ExpansionText(view, "paper"))), end="")
    Z1 = { 11W00 + 01W00 11W10 + 01W00^2 11W11}
      + { 01W10 11W10 + 2 01W00 01W10 11W11} X01
    """

    format = "text"
    head = "{} ="
    tail = "\n"
    first = " "

    def __post_init__(self) -> None:
        self.lead = "\n  + " if self.grouped else None
        self.line, self.line_break = (None, "") if self.grouped else (1, "\n ")


class ExpansionLatex(_Sums):
    r"""An expansion as LaTeX: one ``align*`` environment an output (amsmath).

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> from polyconstraints.jobs import written
    >>> from polyconstraints.spec.network import NetworkSpec
    >>> view = ExpansionView(expand(NetworkSpec(2, depth=2)), [1], [(4, 0), (0, 4)])
    >>> print("".join(written(ExpansionLatex(view, "paper"))), end="")
    \begin{align*}
    Z_{1} ={}& \{ 01W_{11}^{2}\ 11W_{11} + 01W_{11}\ 02W_{11}\ 11W_{21} + 02W_{11}^{2}\ 11W_{22} \} X_{1}^{4} \\
    &{}+ \{ 01W_{22}^{2}\ 11W_{11} + 01W_{22}\ 02W_{22}\ 11W_{21} + 02W_{22}^{2}\ 11W_{22} \} X_{2}^{4}
    \end{align*}
    """  # noqa: E501 - output is shown as it is

    format = "latex"
    medium = "latex"
    head = "\\begin{{align*}}\n{} ={{}}& "
    tail = "\n\\end{align*}\n"
    lead = " \\\\\n&{}+ "
    braces = (r"\{ ", r" \}")
    line = 4  # divides PART_TERMS; nothing in LaTeX's output breaks lines by itself
    line_break = " \\\\\n&\\quad{}"
    drops_one = False


class ExpansionSympy(_Sums):
    """An expansion that SymPy's ``sympify`` reads: an expression, or a list of several.

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> from polyconstraints.jobs import written
    >>> from polyconstraints.spec.network import NetworkSpec
    >>> view = ExpansionView(expand(NetworkSpec(2, depth=2)), [1], [(4, 0)])
    >>> print("".join(written(ExpansionSympy(view))), end="")
    (W0_1_1_1**2*W1_1_1_1 + W0_1_1_1*W0_2_1_1*W1_1_2_1 + W0_2_1_1**2*W1_1_2_2)*x1**4
    """

    format = "sympy"
    medium = "sympy"
    head = ",\n"

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces."""
        several = len(self.view.outputs) > 1
        pieces = super().pieces()
        next(pieces)  # the comma before the first output
        yield "[" if several else ""
        yield from pieces
        yield "]\n" if several else "\n"

    def text(self, part: Part) -> str:
        """Write a part: a sum, or a sum of sums none of which is too long for Python's parser."""
        output, monomial, start = part.key[:3]
        if self.view.group(output, monomial).size <= _SYMPY_BLOCK:
            return super().text(part)
        terms = self.terms_of(part)
        sums = [
            f"({self.terms.sum(sliced(terms, at, at + _SYMPY_BLOCK))})"
            for at in range(0, len(terms), _SYMPY_BLOCK)
        ]
        return (" + " if start else "") + " + ".join(sums)


class ExpansionJson(ExpansionWriter):
    """An expansion as JSON; values that are not whole numbers are written as text: ``"1/2"``."""

    format = "json"

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces."""

        def monomials(output: int) -> Iterator[dict[str, Any]]:
            for group in self.view.groups(output):
                powers = enumerate(group.monomial, start=1)
                terms = map(PartText.of, self.parts(output, group))
                yield {"x": {f"x{at}": power for at, power in powers if power}, "terms": terms}

        outputs = self.view.outputs
        return json_pieces(
            {
                "schema": SCHEMA,
                "network": self.view.network.to_json(),
                "outputs": ({"output": at, "monomials": monomials(at)} for at in outputs),
            }
        )

    @cached_property
    def _sorted(self) -> tuple[list[str], list[NDArray[np.int64]]]:
        """The weights' names as JSON sorts them, and each layer's weights as places in that.

        Keys of an object are sorted as text, which is not the order of the numbers in them where
        one of those has two digits.
        """
        network = self.view.network
        names = sorted(network.weight_names())
        place = {name: at for at, name in enumerate(names)}
        # No weight, -1, is the last entry.
        rows = [[*(place[name] for name in layer.names()), -1] for layer in network.layers]
        return names, [np.array(row, dtype=np.int64) for row in rows]

    def text(self, part: Part) -> str:
        """Write a part: items of an array."""
        names, places = self._sorted

        def product(row: tuple[int, ...]) -> str:
            runs = ((names[at], len(list(run))) for at, run in groupby(row) if at >= 0)
            return ", ".join(f'"{name}": {power}' for name, power in runs)

        def number(value: Any) -> str:
            return str(value) if value.denominator == 1 else f'"{value}"'

        terms = self.terms_of(part)
        rows = [own[weights] for own, weights in zip(places, terms.layers, strict=True)]
        products = row_texts(np.sort(np.concatenate(rows, axis=1), axis=1), len(names), product)
        # Indented as the items of `terms` are in the whole document.
        return (",\n" + " " * 12).join(
            f'{{"coefficient": {number(value)}, "weights": {{{weights}}}}}'
            for value, weights in zip(terms.coefficients.tolist(), products, strict=True)
        )


#: What writes each format.
WRITERS: dict[str, type[ExpansionWriter]] = {
    kind.format: kind for kind in (ExpansionText, ExpansionLatex, ExpansionSympy, ExpansionJson)
}


def count_document(view: ExpansionView) -> dict[str, Any]:
    """Return the document that says only how large an expansion is."""
    return {
        "schema": SCHEMA,
        "network": view.network.to_json(),
        "monomials": view.monomial_count,
        "terms": [view.term_count(output) for output in view.outputs],
    }


#: Blanks within a term.
_INSIDE = re.compile(" (?![+-] )")


class ExpansionScreen(_Sums):
    """An expansion for somebody who watches: its monomials, if grouped, stand before the sums.

    Terms have blanks that break no line.
    """

    format = "text"

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces."""
        view, names = self.view, self.names
        yield f"{network_in_words(view.network, ascii=self.ascii)}\n{self._legend()}\n"
        width = max((len(names.monomial(one) or "1") for one in view.monomials), default=0) + 2
        for output in view.outputs:
            terms = plural(view.term_count(output), "term")
            monomials = plural(view.monomial_count, "monomial")
            yield f"\n{names.output(output)}  {terms} in {monomials}\n"
            empty = True
            for group in view.groups(output):
                product = names.monomial(group.monomial)
                yield f"{(product or '1').rjust(width)}  " if self.grouped else "  "
                # Nothing is gained by folding a single term.
                more = group.size - self.fold if self.fold and group.size > self.fold + 1 else 0
                after = names.times + product if product and not self.grouped else ""
                shown = replace(group, size=group.size - more)
                yield from self.parts(output, shown, after, self.grouped or empty)
                if more:
                    words = f" + {'...' if self.ascii else '…'} {plural(more, 'more term')}"
                    yield _INSIDE.sub("\xa0", words)
                yield "\n"
                empty = False
            if empty:
                yield "  0\n"

    def text(self, part: Part) -> str:
        """Write a part: a sum whose terms are not to be broken."""
        text = super().text(part)
        starts_later = part.key[2] == 0 and not part.key[5]
        return _INSIDE.sub("\xa0", text[1:] if starts_later else text)

    def _legend(self) -> str:
        """Return the line that explains a weight's name and the colours."""
        network = self.view.network
        layer = network.layers[0]
        last = layer.inputs if network.bias else min(2, layer.inputs)
        numbers = (1, last, layer.first)[: 1 + layer.degree]
        below = ("input" if network.depth == 1 else "unit") + ("s" if layer.degree > 1 else "")
        from_units = f"{below} {' and '.join(map(str, numbers[1:]))}"
        constant = ", unit 0 being the constant 1" if network.bias else ""
        layers = ", ".join(f"layer {index}" for index in range(network.depth))
        name = self.names.weight(0, numbers)
        return f"Weights: {name} leads to unit 1 from {from_units}{constant}; {layers}."
