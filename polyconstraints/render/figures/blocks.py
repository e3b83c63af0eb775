"""The block picture: n blocks of n × n weights a layer, each weight with its class.

The paper describes this picture in words after its table (22).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from rich.style import Style
from rich.text import Text

from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.render.figures.layer_picture import LayerPicture, cut, layer_picture
from polyconstraints.render.figures.layer_scene import LEGEND, MARGIN, ROW, LayerDrawing
from polyconstraints.render.figures.picture import Picture
from polyconstraints.render.figures.scene import Drawing, Scene, ink_on
from polyconstraints.render.words import network_in_words, symmetry_in_words
from polyconstraints.tying import TyingMap

#: Weights of the largest network that is drawn: 10 MB of SVG, some 20 seconds.
MAX_WEIGHTS = 5_000_000

#: In text, blocks with more columns than this are drawn one character a cell.
_WIDE = 20

#: On a terminal, the legend lists so many classes at most.
_LEGEND = 40

_GAP = "   "
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, eq=False)
class BlockPicture(Picture):
    """The block picture of a tying map, and of those of its layers that are shown."""

    view = "blocks"

    tying: TyingMap
    layers: tuple[LayerPicture, ...]

    def content(self) -> dict[str, Any]:
        """Return what the document says of the picture."""
        return {
            "network": self.tying.network.to_json(),
            "symmetry": self.tying.symmetry.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
        }

    def text(self, width: int = 100) -> Iterator[str]:
        """Yield the picture as lines without colour, the class of each weight as a number.

        Blocks too wide for numbers have one character a cell: digits, then letters. They stand side
        by side where the width allows.
        """
        for text in self.rich(width, color=False):
            yield text.plain.rstrip()

    def rich(self, width: int = 100, *, color: bool = True) -> Iterator[Text]:
        """Yield the picture as lines for a rich console.

        In colour cells have their class's behind them, and blocks too wide for numbers are drawn
        with half blocks, two rows of cells a line.
        """
        yield Text(network_in_words(self.tying.network))
        yield Text(symmetry_in_words(self.tying.symmetry))
        for layer in self.layers:
            yield Text()
            yield Text(layer.heading, style="bold" if color else "")
            yield from _blocks_text(layer, width, color)
            yield from _legend(layer, color)

    def scene(self, width: float = 1000) -> Scene:
        """Return the picture, about so wide: every layer's blocks, each with its legend."""
        network = network_in_words(self.tying.network)
        symmetry = symmetry_in_words(self.tying.symmetry)
        whole = Drawing()
        whole.text(MARGIN, MARGIN + 12, network)
        whole.text(MARGIN, MARGIN + ROW + 12, symmetry)
        whole.bottom = MARGIN + 2 * ROW
        for layer in self.layers:
            drawing = LayerDrawing(layer, width, titled=True)
            drawing.draw(whole.bottom + 12)
            whole.add(drawing)
        description = ". ".join([symmetry, *(layer.described(LEGEND) for layer in self.layers)])
        heading = MARGIN + 2 * ROW
        return whole.finished(f"Classes of weights, {network}", description, MARGIN, heading)


def block_picture(
    tying: TyingMap, layers: Sequence[int] | None = None, outputs: Sequence[int] | None = None
) -> BlockPicture:
    """Return the block picture of a tying map.

    Parameters
    ----------
    tying : TyingMap
    layers, outputs : sequence of int, optional
        Which layers and which outputs of each are shown, from 0; all unless given.

    Raises
    ------
    UsageError
        If a layer or output does not exist.
    TooLargeError
        If the network has more weights than anybody could look at.
    """
    if tying.network.weights > MAX_WEIGHTS:
        raise TooLargeError(
            f"expected at most {MAX_WEIGHTS} weights to draw, got {tying.network.weights}: fewer "
            "inputs show the same patterns"
        )
    count = len(tying.layers)
    shown = range(count) if layers is None else sorted(set(layers))
    for index in shown:
        if not 0 <= index < count:
            raise UsageError(f"expected a layer from 0 to {count - 1}, got {index}", "layers")
    return BlockPicture(tying, tuple(layer_picture(tying, index, outputs) for index in shown))


def _blocks_text(layer: LayerPicture, width: int, color: bool) -> Iterator[Text]:
    """Yield a layer's blocks, as many side by side as there is room for."""
    blocks = [_block(layer, at, color) for at in range(len(layer.cells))]
    names = layer.block_names
    columns = max(blocks[0][0].cell_len, *map(len, names or [f"k = {layer.outputs[-1] + 1}"]))
    per_row = max(1, (width + len(_GAP)) // (columns + len(_GAP)))
    for start in range(0, len(blocks), per_row):
        if names:
            shown = (name.ljust(columns) for name in names[start : start + per_row])
            yield Text(_GAP.join(shown).rstrip())
        for lines in zip(*blocks[start : start + per_row], strict=True):
            for line in lines:
                line.pad_right(columns - line.cell_len)
            yield Text(_GAP).join(lines)
        if start + per_row < len(blocks):
            yield Text()


def _has_letters(layer: LayerPicture) -> bool:
    """Return whether a block without colour is wide and has a character for each class."""
    return layer.cells.shape[2] > _WIDE and layer.classes[-1].number < len(_DIGITS)


def _block(layer: LayerPicture, block: int, color: bool) -> list[Text]:
    """Return the lines of one block, all equally long."""
    rows = layer.cells[block].tolist()
    if color and len(rows[0]) > _WIDE:
        nothing = [-1] * len(rows[0])
        pairs = zip_longest(rows[::2], rows[1::2], fillvalue=nothing)
        return [_halves(layer, *pair) for pair in pairs]
    lettered = _has_letters(layer) and not color
    digits = 1 if lettered else len(str(layer.classes[-1].number))
    names = {entry.number: str(entry.number).rjust(digits) for entry in layer.classes}
    if lettered:
        names = {number: _DIGITS[number] for number in names}
    names[-1] = "·".rjust(digits)
    if not color:
        between = "" if lettered else " "
        return [Text(between.join([names[number] for number in row])) for row in rows]
    styles = {
        number: Style(color=ink_on(mark.color), bgcolor=mark.color)
        for number, mark in layer.marks.items()
    }
    styles[-1] = Style(dim=True)
    return [Text.assemble(*((f" {names[at]} ", styles[at]) for at in row)) for row in rows]


def _halves(layer: LayerPicture, upper: list[int], lower: list[int]) -> Text:
    """Return two rows as one line of half blocks."""
    text = Text()
    for pair in zip(upper, lower, strict=True):
        top, bottom = (layer.marks[number].color if number >= 0 else None for number in pair)
        if top:
            text.append("▀", Style(color=top, bgcolor=bottom))
        else:
            text.append("▄" if bottom else " ", Style(color=bottom))
    return text


def _legend(layer: LayerPicture, color: bool) -> Iterator[Text]:
    lettered = not color and _has_letters(layer)
    # Only on a terminal: what is written to a file is whole.
    shown, more = cut(layer.classes, _LEGEND) if color else (layer.classes, "")
    for entry in shown:
        text = Text(f"{_DIGITS[entry.number]}  " if lettered else "")
        if color:
            text.append("  ", Style(bgcolor=entry.mark.color))
            text.append(" ")
        text.append(entry.label)
        yield text
    if more:
        yield Text(more)
