"""Where results go: whole to the file that was asked for, or as they come to standard output.

A file of None or ``-`` stands for the latter. A terminal gets words folded at its width, and more
than fits through a pager: the one that ``PAGER`` names, else ``less`` or ``more``; none with
``NO_PAGER``, where nobody types, and for what fits on the screen.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, pairwise, zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, TextIO

from polyconstraints.cli.console import color_wanted, is_dumb, is_terminal, occupied
from polyconstraints.errors import UsageError
from polyconstraints.io.files import STANDARD_STREAM, atomic_writer

if TYPE_CHECKING:
    import subprocess

    from polyconstraints.render.notation import Pattern

OUTPUT_OPTION = "-o/--output-file"
"""The option's name in messages."""

#: Columns that words at the end of a table's rows get at least; with fewer they stand below.
_LEAST = 20

#: Characters of the longest paragraph that is held until it is whole, and of the longest line.
_LONG = 1 << 20

_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")
_PARAGRAPHS = re.compile(r"(\n(?: *\n)+|\n\Z)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

#: What ``less`` does unless the user says otherwise: leave at once if all fits, show colours,
#: leave the text on the screen.
_LESS = {"LESS": "FRX", "LESSCHARSET": "utf-8"}


def write_text(
    pieces: Iterable[str],
    output_file: str | None = None,
    *,
    words: bool = False,
    patterns: Sequence[Pattern] = (),
) -> None:
    """Write text as it comes, or whole to a file; a terminal folds `words` and colours patterns."""
    if output_file not in (None, STANDARD_STREAM):
        with atomic_writer(output_file, field=OUTPUT_OPTION) as handle:
            handle.writelines(pieces)
        return
    if sys.stdout is None:
        raise UsageError("standard output is closed", OUTPUT_OPTION)
    watched = is_terminal(sys.stdout)
    if watched:
        pieces = _by_paragraph(pieces, shutil.get_terminal_size().columns) if words else pieces
    if patterns and color_wanted(sys.stdout):
        from polyconstraints.render.notation import painted

        pieces = painted(pieces, patterns)
    if watched:
        _show(pieces, sys.stdout)
    else:
        sys.stdout.writelines(pieces)
        sys.stdout.flush()


def write_bytes(data: bytes, output_file: str | None = None, field: str = OUTPUT_OPTION) -> None:
    """Write bytes, to a terminal none."""
    if output_file not in (None, STANDARD_STREAM):
        with atomic_writer(output_file, binary=True, field=field) as handle:
            handle.write(data)
        return
    if sys.stdout is None or sys.stdout.isatty():
        raise UsageError("expected a file or a pipe for binary data, got the terminal", field)
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def fitted(text: str, width: int) -> str:
    r"""Return text with no line longer than `width`, where words and cells of tables allow it.

    Lines are folded between words, to where their last column begins. Of a table with too many
    columns the others stand below, beside its first column once more.

    Examples
    --------
    >>> print(fitted("proof  every layer is equivariant, for all parameters", 30))
    proof  every layer is
           equivariant, for all
           parameters
    >>> print(fitted("n  weights  distinct\n1        6         3\n2       18         4", 12))
    n  weights
    1        6
    2       18
    <BLANKLINE>
    n  distinct
    1         3
    2         4
    """
    parts = _PARAGRAPHS.split(text)
    parts[::2] = ["\n".join(_paragraph(part.split("\n"), width)) for part in parts[::2]]
    return "".join(parts)


def _paragraph(lines: Sequence[str], width: int) -> Iterable[str]:
    if max(map(len, lines)) <= width:
        return lines
    *starts, end = _columns(lines)
    if len(starts) < 3 or len(lines) < 2:
        return [piece for line in lines for piece in _folded(line, width)]
    return _table(lines, list(pairwise([*starts, end])), width)


def _columns(lines: Sequence[str]) -> list[int]:
    """Return where columns begin, behind two blanks or more in every line, and where all end."""
    rows = zip_longest(*lines, fillvalue=" ")
    profile = "".join(" " if set(column) == {" "} else "x" for column in rows)
    return [0, *(gap.end() for gap in _GAP.finditer(profile)), len(profile)]


def _folded(line: str, width: int) -> list[str]:
    starts = [gap.end() for gap in _GAP.finditer(line) if gap.end() <= width // 2]
    hang = starts[-1] if starts else len(line) - len(line.lstrip())
    first, *rest = _words(line[hang:], width - hang)
    return [line[:hang] + first, *(" " * hang + piece for piece in rest)]


def _words(text: str, width: int) -> list[str]:
    room = max(width, 1)
    return wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


def _table(lines: Sequence[str], spans: Sequence[tuple[int, int]], width: int) -> Iterator[str]:
    """Yield the lines of tables that fit, each with the first column and some of the others."""
    columns = [[line[start:end].rstrip() for line in lines] for start, end in spans]
    widths = [max(map(len, column)) for column in columns]
    left = list(range(1, len(columns)))
    while left:
        room = width - widths[0] - 2
        chosen = [0, left.pop(0)]
        room -= widths[chosen[1]] + 2
        while left and (widths[left[0]] <= room or (len(left) == 1 and room >= _LEAST)):
            chosen.append(left.pop(0))
            room -= widths[chosen[-1]] + 2
        *others, last = chosen
        least = max(widths[last] + min(room + 2, 0), _LEAST)
        for row in range(len(lines)):
            before = "  ".join(columns[at][row].ljust(widths[at]) for at in others) + "  "
            cell = columns[last][row]
            first, *rest = [cell] if len(cell) <= least else _words(cell, least)
            yield (before + first).rstrip()
            yield from (" " * len(before) + piece for piece in rest)
        if left:
            yield ""


def _by_paragraph(pieces: Iterable[str], width: int) -> Iterator[str]:
    """Yield text with its paragraphs fitted, each when it is whole or too long to be held."""
    held = ""
    for piece in pieces:
        held += piece
        whole, gap, rest = held.rpartition("\n\n")
        if not gap and len(held) > _LONG:
            whole, gap, rest = held.rpartition("\n")
        if gap:
            yield fitted(whole, width) + gap
            held = rest
        elif len(held) > _LONG:
            yield held
            held = ""
    if held:
        yield fitted(held, width)


def _show(pieces: Iterable[str], terminal: TextIO) -> None:
    """Write text to a terminal as it comes, from where it gets longer than that to a pager."""
    width, height = shutil.get_terminal_size()
    # Blanks that break no line are blanks all the same.
    left = (piece.replace("\xa0", " ") for piece in pieces)
    held: list[str] = []
    rows = 0
    try:
        while rows < height and (text := next(left, None)) is not None:
            held.append(text)
            lines = _COLOUR.sub("", text).split("\n")
            rows += len(lines) - 1 + sum((len(line) - 1) // width for line in lines if line)
    except BaseException:
        terminal.writelines(held)
        raise
    reader = _pager(terminal.encoding) if rows >= height else None
    if reader is None or reader.stdin is None:
        terminal.writelines(chain(held, left))
        terminal.flush()
        return
    occupied.add(id(reader))
    try:
        with reader.stdin as pipe:
            pipe.writelines(chain(held, left))
    finally:
        while reader.poll() is None:
            # An interrupt is meant for the pager, which goes on.
            with suppress(KeyboardInterrupt):
                reader.wait()
        occupied.discard(id(reader))


def _pager(encoding: str) -> subprocess.Popen[str] | None:
    """Start what shows long texts, if there is such a program and somebody to use it."""
    if os.environ.get("NO_PAGER") or is_dumb() or not is_terminal(sys.stdin):
        return None
    import subprocess

    with suppress(ValueError, OSError):
        command = shlex.split(os.environ.get("PAGER", "less"))
        if command and shutil.which(command[0]) is None:
            command = ["more"]
        if command:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                encoding=encoding,
                errors="backslashreplace",
                env={**_LESS, **os.environ},
            )
    return None
