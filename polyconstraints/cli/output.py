"""Where results go: standard output, or whole to the file that was asked for.

A file of None or ``-`` stands for standard output, which gets the result as it comes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from polyconstraints.cli.console import is_terminal
from polyconstraints.errors import UsageError
from polyconstraints.io.files import STANDARD_STREAM, atomic_writer

OUTPUT_OPTION = "-o/--output-file"
"""The option's name in messages."""


@contextmanager
def open_text(output_file: str | None, *, words: bool = False) -> Iterator[IO[str]]:
    """Give a handle for the text of a result; `words` are folded at the width of a terminal."""
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

    screen = Screen(sys.stdout, words=words)
    try:
        yield cast("IO[str]", screen)
    finally:
        screen.end()


@contextmanager
def open_binary(output_file: str | None) -> Iterator[IO[bytes]]:
    """Give a handle for the bytes of a result."""
    if output_file not in (None, STANDARD_STREAM):
        with atomic_writer(output_file, binary=True, field=OUTPUT_OPTION) as handle:
            yield handle
        return
    if sys.stdout is None or sys.stdout.isatty():
        raise UsageError(
            "expected a file or a pipe for binary data, got the terminal", OUTPUT_OPTION
        )
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def write_bytes(data: bytes, output_file: str | None = None) -> None:
    """Write bytes."""
    with open_binary(output_file) as handle:
        handle.write(data)
