"""Where results go: standard output, or whole to the file that was asked for.

A file of None or ``-`` stands for standard output, which gets the result as it comes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from polyconstraints.errors import UsageError
from polyconstraints.io.files import STANDARD_STREAM, atomic_writer
from polyconstraints.io.strict_json import dump_json

OUTPUT_OPTION = "-o/--output-file"
"""The option's name in messages."""


@contextmanager
def open_text(output_file: str | None) -> Iterator[IO[str]]:
    """Give a handle for the text of a result."""
    if output_file not in (None, STANDARD_STREAM):
        with atomic_writer(output_file, field=OUTPUT_OPTION) as handle:
            yield handle
        return
    if sys.stdout is None:
        raise UsageError("standard output is closed", OUTPUT_OPTION)
    yield sys.stdout
    sys.stdout.flush()


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


def write_text(text: str, output_file: str | None = None) -> None:
    """Write text, ending its last line.

    Examples
    --------
    >>> write_text("54 weights, 4 distinct")
    54 weights, 4 distinct
    """
    with open_text(output_file) as handle:
        handle.write(text)
        if text and not text.endswith("\n"):
            handle.write("\n")


def write_bytes(data: bytes, output_file: str | None = None) -> None:
    """Write bytes."""
    with open_binary(output_file) as handle:
        handle.write(data)


def write_json(document: Any, output_file: str | None = None) -> None:
    """Write a JSON document; iterators in it are written item by item.

    Examples
    --------
    >>> write_json({"symmetric": True, "counterexample": None})
    {"counterexample": null, "symmetric": true}
    """
    with open_text(output_file) as handle:
        dump_json(document, handle)
