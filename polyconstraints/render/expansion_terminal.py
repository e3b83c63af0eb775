"""An expansion on a terminal: aligned under its monomials, coloured by layer, folded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from polyconstraints.render.groups import ExpansionView
from polyconstraints.render.notation import Medium, Notation, Style, notation
from polyconstraints.render.terms import BLOCK, TermWriter, sliced, without_plus
from polyconstraints.render.words import network_in_words, plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["print_expansion"]

#: Colours of the layers, from the first; readable on dark and on light ground.
LAYER_STYLES = ("cyan", "magenta", "green", "yellow", "blue", "red")

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

    Parameters
    ----------
    view : ExpansionView
    console : rich.console.Console
    style : {"canonical", "paper"}
    grouped : bool
        Whether monomials stand before their coefficients or after every term.
    fold : int
        How many terms of a group are shown at most; 0 shows all.
    ascii : bool
        Use canonical names instead of raised and lowered digits.
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
        self._patterns = [
            (re.compile(pattern), LAYER_STYLES[layer % len(LAYER_STYLES)])
            for layer, pattern in enumerate(_patterns(view, names))
        ]

    def legend(self) -> Text:
        """Return the line that explains a weight's name and the colours."""
        from rich.text import Text

        network = self.view.network
        layer = network.layers[0]
        last = layer.inputs if network.bias else min(2, layer.inputs)
        numbers = (1, last, layer.first)[: 1 + layer.degree]
        name = self.names.weight(0, numbers)
        below = "input" if network.depth == 1 else "units"
        products = " and ".join(str(number) for number in numbers[1:])
        line = Text("Weights: ")
        line.append(name, LAYER_STYLES[0])
        line.append(f" leads to unit 1 of layer 0 from {below} {products}")
        line.append(", unit 0 being the constant 1" if network.bias else "")
        line.append(". ")
        for index in range(network.depth):
            line.append("■ " if self.names.times != "*" else "# ", self._style(index))
            line.append(f"layer {index}  ")
        line.rstrip()
        return line

    def _style(self, layer: int) -> str:
        return LAYER_STYLES[layer % len(LAYER_STYLES)]

    def output(self, output: int, *, grouped: bool) -> None:
        """Print one output."""
        from rich.text import Text

        name = self.names.output(output + 1)
        count = self.view.term_count(output)
        heading = Text("\n")
        heading.append(f"{name}", "bold")
        heading.append(
            f"  {plural(count, 'term')} in {plural(len(self.view.monomials), 'monomial')}", "dim"
        )
        self.console.print(heading, soft_wrap=True)
        products = [self.names.monomial(m) or "1" for m in self.view.monomials]
        margin = max(map(len, products), default=0) + 2 * _GAP if grouped else _GAP
        shown = False
        for monomial, terms in self.view.groups(output):
            product = self.names.monomial(monomial)
            kept = terms
            if self.fold and len(terms) > self.fold + 1:
                kept = sliced(terms, 0, self.fold)
            words: Iterable[str] = self._words(kept)
            if not grouped and product:
                words = (f"{word}{self.names.times}{product}" for word in words)
            label = (product or "1").rjust(margin - _GAP) + " " * _GAP if grouped else " " * margin
            folded = len(terms) - len(kept)
            if folded:
                words = [*words, f"+ {self.dots} {plural(folded, 'more term')}"]
            if shown and not grouped:
                words = self._continued(words)
            for line in self._lines(words, label):
                self.console.print(line, soft_wrap=True)
            shown = True
        if not shown:
            self.console.print(" " * _GAP + "0")

    def _words(self, kept: object) -> Iterator[str]:
        """Yield each term with its sign, as one word."""
        from polyconstraints.expansion import Terms

        if not isinstance(kept, Terms):
            raise TypeError(f"expected terms, got {type(kept).__name__}")
        for start in range(0, len(kept), BLOCK):
            for at, text in enumerate(self.writer.signed(sliced(kept, start, start + BLOCK))):
                yield without_plus(text) if start + at == 0 else text[1:]

    @staticmethod
    def _continued(words: Iterable[str]) -> Iterator[str]:
        for at, word in enumerate(words):
            yield word if at or word.startswith("-") else f"+ {word}"

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


def _patterns(view: ExpansionView, names: Notation) -> list[str]:
    """Return, for each layer, what its weights look like in the notation."""
    result = []
    for layer in view.network.layers:
        example = names.weight(layer.index, (1, *(1,) * layer.degree))
        head, letter, _ = example.partition("W")
        if head:  # the paper's: layer and output stand before the letter
            result.append(rf"\b{layer.index},?\d*{letter}[\d,]+(?:\^\d+)?")
        elif "_" in example:
            result.append(rf"W{layer.index}_[\d_]+(?:\^\d+)?")
        else:
            raised = example[1 : 1 + len(str(layer.index))]
            result.append(rf"W{raised}[₀-₉,]+[⁰¹²³⁴-⁹]*")
    return result
