"""A layer's picture in a terminal: cells with their class numbers, or half blocks if many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from polyconstraints.render.figures.layer_picture import LayerPicture
from polyconstraints.render.figures.scene import ink_on

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["layer_text"]

#: Blocks with more columns than this are drawn one character a cell.
_WIDE = 20

#: The legend lists so many classes at most.
_LEGEND = 40

_GAP = "   "
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def layer_text(layer: LayerPicture, width: int, color: bool) -> Iterator[Text]:
    """Yield heading, blocks and legend; see :meth:`BlockPicture.rich`."""
    from rich.text import Text

    yield Text(layer.heading, style="bold" if color else "")
    yield from _blocks(layer, width, color)
    yield from _legend(layer, color)


def _blocks(layer: LayerPicture, width: int, color: bool) -> Iterator[Text]:
    from rich.text import Text

    blocks = [_block(layer, at, color) for at in range(len(layer.cells))]
    names = layer.block_names
    columns = max(blocks[0][0].cell_len, *map(len, names or [f"k = {layer.outputs[-1] + 1}"]))
    per_row = max(1, (width + len(_GAP)) // (columns + len(_GAP)))
    for start in range(0, len(blocks), per_row):
        shown = range(start, min(start + per_row, len(blocks)))
        if names:
            yield Text(_GAP.join(names[at].ljust(columns) for at in shown).rstrip())
        for lines in zip(*(blocks[at] for at in shown), strict=True):
            joined = Text()
            for at, line in enumerate(lines):
                joined.append(_GAP if at else "")
                joined.append_text(line)
                joined.append(" " * (columns - line.cell_len))
            yield joined
        if start + per_row < len(blocks):
            yield Text()


def _block(layer: LayerPicture, block: int, color: bool) -> list[Text]:
    """Return the lines of one block, all equally long."""
    rows = layer.cells[block].tolist()
    if len(rows[0]) <= _WIDE:
        return [_numbered(layer, row, color) for row in rows]
    if color:
        if len(rows) % 2:
            rows.append([-1] * len(rows[0]))
        pairs = zip(rows[::2], rows[1::2], strict=True)
        return [_halves(layer, upper, lower) for upper, lower in pairs]
    return [_lettered(layer, row) for row in rows]


def _numbered(layer: LayerPicture, row: list[int], color: bool) -> Text:
    from rich.style import Style
    from rich.text import Text

    digits = len(str(layer.classes[-1].number))
    text = Text()
    for at, number in enumerate(row):
        shown = ("·" if number < 0 else str(number)).rjust(digits)
        if not color:
            text.append(f"{' ' if at else ''}{shown}")
        elif number < 0:
            text.append(f" {shown} ", Style(dim=True))
        else:
            mark = layer.marks[number]
            text.append(f" {shown} ", Style(color=ink_on(mark.color), bgcolor=mark.color))
    return text


def _has_letters(layer: LayerPicture) -> bool:
    """Return whether a wide block without colour has one character for each class."""
    return layer.cells.shape[2] > _WIDE and layer.classes[-1].number < len(_DIGITS)


def _lettered(layer: LayerPicture, row: list[int]) -> Text:
    from rich.text import Text

    if _has_letters(layer):
        return Text("".join("·" if number < 0 else _DIGITS[number] for number in row))
    digits = len(str(layer.classes[-1].number))
    return Text(" ".join(("·" if n < 0 else str(n)).rjust(digits) for n in row))


def _halves(layer: LayerPicture, upper: list[int], lower: list[int]) -> Text:
    from rich.style import Style
    from rich.text import Text

    text = Text()
    for above, below in zip(upper, lower, strict=True):
        top = layer.marks[above].color if above >= 0 else None
        bottom = layer.marks[below].color if below >= 0 else None
        if top and bottom:
            text.append("▀", Style(color=top, bgcolor=bottom))
        elif top:
            text.append("▀", Style(color=top))
        elif bottom:
            text.append("▄", Style(color=bottom))
        else:
            text.append(" ")
    return text


def _legend(layer: LayerPicture, color: bool) -> Iterator[Text]:
    from rich.style import Style
    from rich.text import Text

    lettered = not color and _has_letters(layer)
    for entry in layer.classes[:_LEGEND]:
        text = Text(f"{_DIGITS[entry.number]}  " if lettered else "")
        if color:
            text.append("  ", Style(bgcolor=entry.mark.color))
            text.append(" ")
        text.append(entry.label)
        yield text
    if len(layer.classes) > _LEGEND:
        yield Text(f"and {len(layer.classes) - _LEGEND} more classes")
