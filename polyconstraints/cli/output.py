"""Where results go: standard output, or whole to the file that was asked for.

A file of None or ``-`` stands for standard output, which gets the result as it comes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from polyconstraints.cli.console import audience, color_wanted, is_terminal
from polyconstraints.errors import UsageError
from polyconstraints.io.files import STANDARD_STREAM, atomic_writer

if TYPE_CHECKING:
    from polyconstraints.render.notation import Pattern

OUTPUT_OPTION = "-o/--output-file"
"""The option's name in messages."""


@contextmanager
def open_text(
    output_file: str | None, *, words: bool = False, patterns: Sequence[Pattern] = ()
) -> Iterator[IO[str]]:
    """Give a handle for a result's text; a terminal folds `words` and colours patterns."""
    if output_file not in (None, STANDARD_STREAM):
        with atomic_writer(output_file, field=OUTPUT_OPTION) as handle:
            yield handle
        return
    if sys.stdout is None:
        raise UsageError("standard output is closed", OUTPUT_OPTION)
    if not is_terminal(sys.stdout):
        yield sys.stdout
        sys.stdout.flush()
        return
    from polyconstraints.cli.screen import Screen

    screen = Screen(sys.stdout, words=words, patterns=patterns)
    try:
        yield cast("IO[str]", screen)
    finally:
        screen.end()


def write_text(
    pieces: Iterable[str],
    output_file: str | None = None,
    *,
    words: bool = False,
    patterns: Sequence[Pattern] = (),
) -> None:
    """Write text as it comes, with patterns in colour where that is wanted."""
    whom = audience(output_file)
    if patterns and whom == "colour":
        from polyconstraints.render.notation import painted

        pieces = painted(pieces, patterns)
    colored = patterns if whom == "terminal" and color_wanted(sys.stdout) else ()
    with open_text(output_file, words=words, patterns=colored) as handle:
        handle.writelines(pieces)


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
