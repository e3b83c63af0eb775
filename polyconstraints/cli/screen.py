"""A terminal's screen: text folded between words at its width, and a pager for more than fits.

The pager is the one that ``PAGER`` names, else ``less`` or ``more``; none with ``NO_PAGER``, where
nobody types, and for what fits on the screen.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise, zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, TextIO

from polyconstraints.cli.console import is_dumb, is_terminal, occupied

if TYPE_CHECKING:
    from polyconstraints.render.notation import Pattern

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


def pager() -> list[str] | None:
    """Return the command that shows long texts, if there is one and somebody to use it."""
    import sys

    if os.environ.get("NO_PAGER") or is_dumb() or not is_terminal(sys.stdin):
        return None
    try:
        named = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:
        return None
    if named and shutil.which(named[0]) is None:
        named = ["more"]
    return named if named and shutil.which(named[0]) else None


class Screen(io.TextIOBase):
    """A terminal to be written to: what is longer than it goes through a pager.

    Parameters
    ----------
    terminal : file object
    words : bool, default False
        Whether lines may be folded; else the terminal does with long ones what it does.
    patterns : sequence of Pattern
        What is coloured.
    """

    def __init__(
        self, terminal: TextIO, *, words: bool = False, patterns: Sequence[Pattern] = ()
    ) -> None:
        self._terminal = terminal
        self._words = words
        self._patterns = patterns
        self._width, self._height = shutil.get_terminal_size()
        self._open_paragraph = ""
        self._held: list[str] = []
        self._rows = 0
        self._pager: subprocess.Popen[str] | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The terminal's encoding."""
        return self._terminal.encoding

    def isatty(self) -> bool:
        """Say that this is a terminal."""
        return True

    def writable(self) -> bool:
        """Say that this can be written to."""
        return True

    def write(self, text: str) -> int:
        """Take some text, which may end anywhere."""
        if not self._words:
            self._show(text)
            return len(text)
        held = self._open_paragraph + text
        whole, gap, self._open_paragraph = held.rpartition("\n\n")
        if not gap and len(held) > _LONG:
            whole, gap, self._open_paragraph = held.rpartition("\n")
        if gap:
            self._show(fitted(whole, self._width) + gap)
        elif len(held) > _LONG:
            self._show(held)
            self._open_paragraph = ""
        return len(text)

    def _show(self, text: str) -> None:
        if self._patterns:
            from polyconstraints.render.notation import painted

            text = "".join(painted([text], self._patterns))
        # Blanks that break no line are blanks all the same.
        text = text.replace("\xa0", " ")
        if self._pager is not None and self._pager.stdin is not None:
            self._pager.stdin.write(text)
            return
        self._held.append(text)
        lines = _COLOUR.sub("", text).split("\n")
        self._rows += len(lines) - 1 + sum((len(line) - 1) // self._width for line in lines if line)
        if self._rows >= self._height:
            self._begin()

    def _begin(self) -> None:
        """Start the pager, or write from now on as text comes."""
        command = pager()
        self._rows = 0
        if command is not None:
            try:
                self._pager = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    encoding=self.encoding,
                    errors="backslashreplace",
                    env={**_LESS, **os.environ},
                )
            except OSError:
                self._pager = None
            else:
                occupied.add(id(self))
        held, self._held = self._held, []
        out = self._terminal if self._pager is None else self._pager.stdin
        if out is not None:
            out.writelines(held)

    def end(self) -> None:
        """Show what was held back, and wait until the reader has seen enough."""
        try:
            if self._open_paragraph:
                self._show(fitted(self._open_paragraph, self._width))
            if self._pager is None:
                self._terminal.writelines(self._held)
                self._terminal.flush()
            elif self._pager.stdin is not None:
                self._pager.stdin.close()
        finally:
            while self._pager is not None and self._pager.poll() is None:
                # An interrupt is meant for the pager, which goes on.
                with suppress(KeyboardInterrupt):
                    self._pager.wait()
            occupied.discard(id(self))
