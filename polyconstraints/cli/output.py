"""Where results go: standard output, or whole to the file that was asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from polyconstraints.errors import UsageError
from polyconstraints.io.files import STANDARD_STREAM, atomic_writer, dump_json

__all__ = ["OUTPUT_OPTION", "open_binary", "open_text", "write_bytes", "write_json", "write_text"]

OUTPUT_OPTION = "-o/--output-file"
"""The option's name in messages."""


@contextmanager
def open_text(output_file: str | None) -> Iterator[IO[str]]:
    """Give a handle for the text of a result.

    Parameters
    ----------
    output_file : str or None
        The file to write, whole or not at all; None or ``-`` for standard output, which gets
        the text as it comes.

    Yields
    ------
    file object
        The open handle.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    if output_file is None or output_file == STANDARD_STREAM:
        if sys.stdout is None:
            raise UsageError("standard output is closed", OUTPUT_OPTION)
        yield sys.stdout
        sys.stdout.flush()
    else:
        with atomic_writer(output_file, field=OUTPUT_OPTION) as handle:
            yield handle


@contextmanager
def open_binary(output_file: str | None) -> Iterator[IO[bytes]]:
    """Give a handle for the bytes of a result.

    Parameters
    ----------
    output_file : str or None
        The file to write, whole or not at all; None or ``-`` for standard output.

    Yields
    ------
    file object
        The open handle.

    Raises
    ------
    UsageError
        If the file cannot be written, or standard output is a terminal.
    """
    if output_file is None or output_file == STANDARD_STREAM:
        if sys.stdout is None or sys.stdout.isatty():
            raise UsageError(
                "expected a file or a pipe for binary data, got the terminal", OUTPUT_OPTION
            )
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with atomic_writer(output_file, binary=True, field=OUTPUT_OPTION) as handle:
            yield handle


def write_text(text: str, output_file: str | None = None) -> None:
    """Write `text` to a file or standard output, ending its last line.

    Parameters
    ----------
    text : str
        The result.
    output_file : str, optional
        As for :func:`open_text`.

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
    """Write `data` to a file or standard output.

    Parameters
    ----------
    data : bytes
        The result.
    output_file : str, optional
        As for :func:`open_binary`.
    """
    with open_binary(output_file) as handle:
        handle.write(data)


def write_json(document: Any, output_file: str | None = None) -> None:
    """Write a JSON document to a file or standard output.

    Parameters
    ----------
    document : object
        The document, as for :func:`polyconstraints.io.files.dump_json`: iterators in it are
        written item by item.
    output_file : str, optional
        As for :func:`open_text`.

    Examples
    --------
    >>> write_json({"symmetric": True, "counterexample": None})
    {"counterexample": null, "symmetric": true}
    """
    with open_text(output_file) as handle:
        dump_json(document, handle)
