"""An expansion on a terminal: aligned under its monomials, coloured by layer, folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from polyconstraints.render.expansion_view import ExpansionView, Group
from polyconstraints.render.notation import Medium, Notation, Style, notation
from polyconstraints.render.painting import layer_patterns, layer_style
from polyconstraints.render.terms import TermWriter, without_plus
from polyconstraints.render.words import network_in_words, plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["print_expansion"]

#: Columns between the monomial and its coefficient.
_GAP = 2


def print_expansion(
    view: ExpansionView,
    console: Console,
    style: Style = "canonical",
    *,
    grouped: bool = True,
    fold: int = 0,
    ascii: bool = False,
) -> None:
    """Print an expansion for somebody who watches.

    Monomials stand before their coefficients if they are grouped, else after every term. Of a group
    at most `fold` terms are shown, or all if that is 0.
    """
    medium: Medium = "text" if ascii or style == "paper" else "unicode"
    names = notation(view.network, medium, style, grouped=grouped)
    painter = _Painter(view, names, console, fold, "..." if ascii else "…")
    console.print(network_in_words(view.network, ascii=ascii), soft_wrap=True)
    console.print(painter.legend(), soft_wrap=True)
    for output in view.outputs:
        painter.output(output, grouped=grouped)


class _Painter:
    """Prints outputs of one expansion in one notation."""

    def __init__(
        self, view: ExpansionView, names: Notation, console: Console, fold: int, dots: str
    ) -> None:
        self.view = view
        self.names = names
        self.console = console
        self.fold = fold
        self.dots = dots
        self.writer = TermWriter(view.network, names)
        self._patterns = layer_patterns(view.network, names)

    def legend(self) -> Text:
        """Return the line that explains a weight's name and the colours."""
        from rich.text import Text

        network = self.view.network
        layer = network.layers[0]
        last = layer.inputs if network.bias else min(2, layer.inputs)
        numbers = (1, last, layer.first)[: 1 + layer.degree]
        below = ("input" if network.depth == 1 else "unit") + ("s" if layer.degree > 1 else "")
        line = Text("Weights: ")
        line.append(self.names.weight(0, numbers), layer_style(0))
        line.append(f" leads to unit 1 from {below} {' and '.join(map(str, numbers[1:]))}")
        line.append(", unit 0 being the constant 1; " if network.bias else "; ")
        for index in range(network.depth):
            line.append(f"layer {index}", layer_style(index))
            line.append(", " if index + 1 < network.depth else ".")
        return line

    def output(self, output: int, *, grouped: bool) -> None:
        """Print one output."""
        from rich.text import Text

        count = plural(self.view.term_count(output), "term")
        heading = Text("\n")
        heading.append(self.names.output(output + 1), "bold")
        heading.append(f"  {count} in {plural(self.view.monomial_count, 'monomial')}", "dim")
        self.console.print(heading, soft_wrap=True)
        products = [self.names.monomial(m) or "1" for m in self.view.monomials]
        width = max(map(len, products), default=0) + _GAP if grouped else 0
        shown = False
        for group in self.view.groups(output):
            product = self.names.monomial(group.monomial)
            label = ((product or "1") if grouped else "").rjust(width) + " " * _GAP
            words = self._words(group, "" if grouped else product, first=grouped or not shown)
            for line in self._lines(words, label):
                self.console.print(line, soft_wrap=True)
            shown = True
        if not shown:
            self.console.print(" " * _GAP + "0")

    def _words(self, group: Group, product: str, *, first: bool) -> Iterator[str]:
        """Yield each term with its sign as one word, and a count of those left out."""
        after = self.names.times + product if product else ""
        # Nothing is gained by folding a single term.
        stop = self.fold if self.fold and group.size > self.fold + 1 else group.size
        for terms in group.blocks(stop):
            for text in self.writer.signed(terms).tolist():
                yield (without_plus(text) if first else text[1:]) + after
                first = False
        if stop < group.size:
            yield f"+ {self.dots} {plural(group.size - stop, 'more term')}"

    def _lines(self, words: Iterable[str], label: str) -> Iterator[Text]:
        """Yield the words in lines of the console's width, all but the first indented."""
        from rich.text import Text

        room = self.console.width
        line, used = label, len(label)
        fresh = True
        for word in words:
            size = len(word) + (0 if fresh else 1)
            if not fresh and used + size > room:
                yield self._painted(line, len(label))
                line, used, fresh = " " * len(label), len(label), True
                size = len(word)
            line += word if fresh else f" {word}"
            used += size
            fresh = False
        yield self._painted(line, len(label)) if line else Text()

    def _painted(self, line: str, margin: int) -> Text:
        from rich.text import Text

        text = Text(line)
        text.stylize("bold", 0, margin)
        for pattern, style in self._patterns:
            for match in pattern.finditer(line, margin):
                text.stylize(style, *match.span())
        if self.dots in line:
            text.stylize("dim", line.rindex(f"+ {self.dots}"))
        return text
