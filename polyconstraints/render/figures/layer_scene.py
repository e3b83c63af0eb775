"""Where the parts of a layer's picture stand."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import NamedTuple

from polyconstraints.render.figures.layer_picture import LayerPicture, cut
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

#: A block is about as wide as this; cells take what that leaves, between the two bounds.
_BLOCK = 168
_CELL_MIN, _CELL_MAX = 4, 28

#: Cells from this size on are drawn one by one with a gap, and those from the next on numbered.
_CELL_GAP, _CELL_NUMBERED = 10, 15

#: Rows and columns are numbered if there are no more than this.
_LABELLED = 14

#: The legend lists so many classes at most.
LEGEND = 24

_FAINT = "#595959"

MARGIN = 16
ROW = 20


class BlockLayout(NamedTuple):
    """The side of a layer's cells in its scene, and the top left corner of each block."""

    cell: float
    origins: tuple[tuple[float, float], ...]


def layer_scene(layer: LayerPicture, width: float = 1000) -> tuple[Scene, BlockLayout]:
    """Return one layer's blocks without heading and legend, and where its cells are."""
    drawing = LayerDrawing(layer, width)
    layout = drawing.blocks(4, 4)
    size = (drawing.right + 4, drawing.bottom + 4)
    return Scene(*size, layer.heading, layer.described(LEGEND), drawing.items), layout


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
        self.put(Text(MARGIN, top + 14, heading, 14, bold=True))
        self.blocks(MARGIN, top + 26)
        self.right = max(self.right, MARGIN + text_width(heading, 15))
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
        for at, label in enumerate(self.layer.column_labels):
            self.put(Text(x + at * cell + middle, y - 4, label, 10, "middle", _FAINT))
        for at, label in enumerate(self.layer.row_labels):
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
        entries, more = cut(self.layer.classes, LEGEND)
        labels = [entry.label for entry in entries]
        column_width = max(text_width(label, 12) for label in labels) + 40
        per_row = max(1, int((max(self.right, self.width * 0.6) - MARGIN) // column_width))
        for at, (entry, label) in enumerate(zip(entries, labels, strict=True)):
            line, column = divmod(at, per_row)
            x, y = MARGIN + column * column_width, top + line * ROW
            hatch = entry.mark.hatch if self.hatched else 0
            box = rectangle(x, y, 14, 14)
            self.put(Shape(box, entry.mark.color, "#808080", 0.5, hatch=hatch))
            self.text(x + 20, y + 11.5, label)
            self.bottom = y + 14
        if more:
            self.put(Text(MARGIN, self.bottom + 18, more, 12))
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
