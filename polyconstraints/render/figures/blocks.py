"""The block picture: n blocks of n × n weights a layer, each weight with its class.

The paper describes this picture in words after its table (22).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Any, NamedTuple

from rich.style import Style
from rich.text import Text as Line

from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.render.figures.layer_picture import LayerPicture, cut, layer_picture
from polyconstraints.render.figures.picture import Picture
from polyconstraints.render.figures.scene import (
    HATCHES,
    Drawing,
    Path,
    Scene,
    Shape,
    Text,
    ink_on,
    rectangle,
    text_width,
)
from polyconstraints.render.words import network_in_words, symmetry_in_words
from polyconstraints.schemas.writing import written
from polyconstraints.tying import TyingMap

#: Weights of the largest network that is drawn: 10 MB of SVG, some 20 seconds.
MAX_WEIGHTS = 5_000_000

#: In text, blocks with more columns than this are drawn one character a cell.
_WIDE = 20

#: On a terminal, the legend lists so many classes at most.
_LISTED = 40

#: A block is about as wide as this; cells take what that leaves, between the two bounds.
_BLOCK = 168
_CELL_MIN, _CELL_MAX = 4, 28

#: Cells from this size on are drawn one by one with a gap, and those from the next on numbered.
_CELL_GAP, _CELL_NUMBERED = 10, 15

#: Rows and columns are numbered if there are no more than this.
_LABELLED = 14

#: The legend lists so many classes at most.
_LEGEND = 24

_FAINT = "#595959"

_MARGIN = 16
_ROW = 20

_GAP = "   "
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, eq=False)
class BlockPicture(Picture):
    """The block picture of a tying map, and of those of its layers that are shown."""

    tying: TyingMap
    layers: tuple[LayerPicture, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""
        return written("variety.BlocksPlot", self, self.tying)

    def text(self, width: int = 100) -> Iterator[str]:
        """Yield the picture as lines without colour, the class of each weight as a number.

        Blocks too wide for numbers have one character a cell: digits, then letters. They stand side
        by side where the width allows.
        """
        for text in self.rich(width, color=False):
            yield text.plain.rstrip()

    def rich(self, width: int = 100, *, color: bool = True) -> Iterator[Line]:
        """Yield the picture as lines for a rich console.

        In colour cells have their class's behind them, and blocks too wide for numbers are drawn
        with half blocks, two rows of cells a line.
        """
        yield Line(network_in_words(self.tying.network))
        yield Line(symmetry_in_words(self.tying.symmetry))
        for layer in self.layers:
            yield Line()
            yield Line(layer.heading, style="bold" if color else "")
            yield from _blocks_text(layer, width, color)
            yield from _legend(layer, color)

    def scene(self, width: float = 1000) -> Scene:
        """Return the picture, about so wide: every layer's blocks, each with its legend."""
        network = network_in_words(self.tying.network)
        symmetry = symmetry_in_words(self.tying.symmetry)
        whole = Drawing()
        whole.text(_MARGIN, _MARGIN + 12, network)
        whole.text(_MARGIN, _MARGIN + _ROW + 12, symmetry)
        whole.bottom = _MARGIN + 2 * _ROW
        for layer in self.layers:
            drawing = LayerDrawing(layer, width, titled=True)
            drawing.draw(whole.bottom + 12)
            whole.add(drawing)
        description = ". ".join([symmetry, *(layer.described(_LEGEND) for layer in self.layers)])
        heading = _MARGIN + 2 * _ROW
        return whole.finished(f"Classes of weights, {network}", description, _MARGIN, heading)


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


def _blocks_text(layer: LayerPicture, width: int, color: bool) -> Iterator[Line]:
    """Yield a layer's blocks, as many side by side as there is room for."""
    blocks = [_block(layer, at, color) for at in range(len(layer.cells))]
    names = layer.block_names
    columns = max(blocks[0][0].cell_len, *map(len, names or [f"k = {layer.outputs[-1] + 1}"]))
    per_row = max(1, (width + len(_GAP)) // (columns + len(_GAP)))
    for start in range(0, len(blocks), per_row):
        if names:
            shown = (name.ljust(columns) for name in names[start : start + per_row])
            yield Line(_GAP.join(shown).rstrip())
        for lines in zip(*blocks[start : start + per_row], strict=True):
            for line in lines:
                line.pad_right(columns - line.cell_len)
            yield Line(_GAP).join(lines)
        if start + per_row < len(blocks):
            yield Line()


def _has_letters(layer: LayerPicture) -> bool:
    """Return whether a block without colour is wide and has a character for each class."""
    return layer.cells.shape[2] > _WIDE and layer.classes[-1].number < len(_DIGITS)


def _block(layer: LayerPicture, block: int, color: bool) -> list[Line]:
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
        return [Line(between.join([names[number] for number in row])) for row in rows]
    styles = {
        number: Style(color=ink_on(mark.color), bgcolor=mark.color)
        for number, mark in layer.marks.items()
    }
    styles[-1] = Style(dim=True)
    return [Line.assemble(*((f" {names[at]} ", styles[at]) for at in row)) for row in rows]


def _halves(layer: LayerPicture, upper: list[int], lower: list[int]) -> Line:
    """Return two rows as one line of half blocks."""
    text = Line()
    for pair in zip(upper, lower, strict=True):
        top, bottom = (layer.marks[number].color if number >= 0 else None for number in pair)
        if top:
            text.append("▀", Style(color=top, bgcolor=bottom))
        else:
            text.append("▄" if bottom else " ", Style(color=bottom))
    return text


def _legend(layer: LayerPicture, color: bool) -> Iterator[Line]:
    lettered = not color and _has_letters(layer)
    # Only on a terminal: what is written to a file is whole.
    shown, more = cut(layer.classes, _LISTED) if color else (layer.classes, "")
    for entry in shown:
        text = Line(f"{_DIGITS[entry.number]}  " if lettered else "")
        if color:
            text.append("  ", Style(bgcolor=entry.mark.color))
            text.append(" ")
        text.append(entry.label)
        yield text
    if more:
        yield Line(more)


class BlockLayout(NamedTuple):
    """The side of a layer's cells in its scene, and the top left corner of each block."""

    cell: float
    origins: tuple[tuple[float, float], ...]


def layer_scene(layer: LayerPicture, width: float = 1000) -> tuple[Scene, BlockLayout]:
    """Return one layer's blocks without heading and legend, and where its cells are."""
    drawing = LayerDrawing(layer, width)
    layout = drawing.blocks(4, 4)
    size = (drawing.right + 4, drawing.bottom + 4)
    return Scene(*size, layer.heading, layer.described(_LEGEND), drawing.items), layout


class LayerDrawing(Drawing):
    """Draws one layer and keeps track of how far it has come."""

    def __init__(self, layer: LayerPicture, width: float, *, titled: bool = False) -> None:
        super().__init__()
        self.layer = layer
        self.width = width
        rows, columns = layer.cells.shape[1:]
        self.cell = float(min(_CELL_MAX, max(_CELL_MIN, _BLOCK // max(rows, columns))))
        self.numbered = self.cell >= _CELL_NUMBERED and layer.classes[-1].number < 100
        # Where colours repeat, the hatching goes with the number.
        self.hatched = not self.numbered or len(layer.classes) > HATCHES
        # What a pointer that rests on a class is told; a page has its own way of saying it.
        self.titles = {entry.number: entry.label for entry in layer.classes} if titled else {}
        self.labelled = max(rows, columns) <= _LABELLED

    def draw(self, top: float) -> None:
        """Draw heading, blocks and legend."""
        heading = self.layer.heading
        self.put(Text(_MARGIN, top + 14, heading, 14, bold=True))
        self.blocks(_MARGIN, top + 26)
        self.right = max(self.right, _MARGIN + text_width(heading, 15))
        self._legend(self.bottom + 14)

    def blocks(self, left: float, top: float) -> BlockLayout:
        """Draw the blocks, in as many rows as they need."""
        count, rows, columns = self.layer.cells.shape
        cell = self.cell
        label = 16 if self.labelled else 0
        # Only layers with products have several blocks, and so a heading on each.
        names = self.layer.block_names
        above = 18 if names else 0
        block_width, block_height = label + columns * cell + 18, above + label + rows * cell + 14
        per_row = max(1, int((self.width - left) // block_width))
        origins = []
        for block in range(count):
            line, column = divmod(block, per_row)
            x = left + column * block_width + label
            y = top + line * block_height + above + label
            origins.append((x, y))
            if above:
                middle = x + columns * cell / 2
                self.put(Text(middle, y - label - 5, names[block], 12, "middle"))
            if self.labelled:
                self._labels(x, y)
            self._block(block, x, y)
            self.right = max(self.right, x + columns * cell)
            self.bottom = max(self.bottom, y + rows * cell)
        return BlockLayout(cell, tuple(origins))

    def _labels(self, x: float, y: float) -> None:
        cell, middle = self.cell, self.cell / 2
        for at, label in enumerate(self.layer.columns):
            self.put(Text(x + at * cell + middle, y - 4, label, 10, "middle", _FAINT))
        for at, label in enumerate(self.layer.rows):
            self.put(Text(x - 4, y + at * cell + middle + 3.5, label, 10, "end", _FAINT))

    def _block(self, block: int, x: float, y: float) -> None:
        cell = self.cell
        cells = self.layer.cells[block]
        rows, columns = cells.shape
        whole = rectangle(x, y, columns * cell, rows * cell)
        self.put(Shape(whole, stroke="#b0b0b0", width=1, role="frame"))
        runs = _runs(cells.tolist())
        for number in sorted(runs):
            mark = self.layer.marks[number]
            path: Path = ()
            for row, first, length in runs[number]:
                path += self._run(x, y + row * cell, first, length)
            hatch = mark.hatch if self.hatched else 0
            title, data = self.titles.get(number, ""), (("class", number),)
            self.put(Shape(path, mark.color, hatch=hatch, title=title, role="class", data=data))
        if self.numbered:
            self._numbers(cells.tolist(), x, y)

    def _run(self, x: float, y: float, first: int, length: int) -> Path:
        """Return the cells of one run: one by one with a gap, or as a whole if tiny."""
        cell = self.cell
        if cell < _CELL_GAP:
            return rectangle(x + first * cell, y, length * cell, cell)
        steps: Path = ()
        for at in range(first, first + length):
            steps += rectangle(x + at * cell + 0.5, y + 0.5, cell - 1, cell - 1)
        return steps

    def _numbers(self, cells: list[list[int]], x: float, y: float) -> None:
        cell = self.cell
        size = min(12.0, cell * 0.55)
        for row, line in enumerate(cells):
            for column, number in enumerate(line):
                if number >= 0:
                    place = (x + (column + 0.5) * cell, y + (row + 0.5) * cell + size * 0.36)
                    ink = ink_on(self.layer.marks[number].color)
                    self.put(Text(*place, str(number), size, "middle", ink, role="number"))

    def _legend(self, top: float) -> None:
        entries, more = cut(self.layer.classes, _LEGEND)
        labels = [entry.label for entry in entries]
        column_width = max(text_width(label, 12) for label in labels) + 40
        per_row = max(1, int((max(self.right, self.width * 0.6) - _MARGIN) // column_width))
        for at, (entry, label) in enumerate(zip(entries, labels, strict=True)):
            line, column = divmod(at, per_row)
            x, y = _MARGIN + column * column_width, top + line * _ROW
            hatch = entry.mark.hatch if self.hatched else 0
            box = rectangle(x, y, 14, 14)
            self.put(Shape(box, entry.mark.color, "#808080", 0.5, hatch=hatch))
            self.text(x + 20, y + 11.5, label)
            self.bottom = y + 14
        if more:
            self.put(Text(_MARGIN, self.bottom + 18, more, 12))
            self.bottom += 22


def _runs(cells: list[list[int]]) -> dict[int, list[tuple[int, int, int]]]:
    """Return the horizontal runs of each class as (row, first column, length).

    Examples
    --------
    >>> _runs([[0, 0, -1], [1, 0, 0]])
    {0: [(0, 0, 2), (1, 1, 2)], 1: [(1, 0, 1)]}
    """
    runs = defaultdict(list)
    for row, line in enumerate(cells):
        first = 0
        for number, same in groupby(line):
            length = len(list(same))
            if number >= 0:
                runs[number].append((row, first, length))
            first += length
    return dict(runs)
