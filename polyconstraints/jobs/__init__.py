"""Long results: written in parts, by several processes, and continued after an interruption.

What a result consists of is quick to say and slow to write: it lists short texts, which are
there, and parts, which somebody has to write. Since the list is the same however often it is
made, parts can be written anywhere and in any order, and the numbers of those that are done say
what is left. :mod:`~polyconstraints.jobs.engines` has them written, here, in several processes or
on a Dask cluster, and :mod:`~polyconstraints.jobs.parts` keeps them as files, which become one
at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from polyconstraints.io.strict_json import JsonText, iter_json

#: Steps of one batch: some tens of milliseconds of writing, a few megabytes of text.
BATCH_STEPS = 1 << 15


class Part(NamedTuple):
    """A stretch of a result that is still to be written, and how many steps that takes.

    The key is what the writer needs to know: numbers and texts, small enough to be sent to another
    process.
    """

    key: tuple[Any, ...]
    steps: int


Piece = str | Part


class Writer(Protocol):
    """Writes one result in one format, for whoever reads it and however many processes help."""

    @property
    def steps(self) -> int:
        """Steps of all parts together."""

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this text this one, in JSON's terms."""

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces, always the same ones."""

    @property
    def text(self) -> Callable[[Part], str]:
        """What writes a part; it can be sent to another process, and is small when it is."""


def written(writer: Writer, advance: Callable[[float], object] | None = None) -> Iterator[str]:
    """Yield a result's text, written here and now; `advance` is told how many steps are done."""
    for piece in writer.pieces():
        if isinstance(piece, str):
            yield piece
        else:
            yield writer.text(piece)
            if advance is not None:
                advance(piece.steps)


@dataclass(frozen=True)
class Batch:
    """Consecutive pieces that are written together: a number from 0, and steps of all parts."""

    number: int
    pieces: tuple[Piece, ...]
    steps: int

    def written(self, text: Callable[[Part], str]) -> str:
        """Return its text, given what writes a part."""
        return "".join(piece if isinstance(piece, str) else text(piece) for piece in self.pieces)


def batches(pieces: Iterator[Piece], most: int = BATCH_STEPS) -> Iterator[Batch]:
    """Yield pieces in batches of about ``most`` steps."""
    number = steps = 0
    found: list[Piece] = []
    for piece in pieces:
        found.append(piece)
        steps += 0 if isinstance(piece, str) else piece.steps
        if steps >= most or len(found) >= most:
            yield Batch(number, tuple(found), steps)
            number, found, steps = number + 1, [], 0
    if found:
        yield Batch(number, tuple(found), steps)


class PartText(JsonText):
    """Stands in a JSON document for items of an array that are written as parts."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, *pieces: Piece) -> PartText:
        """Return what stands for pieces."""
        text = cls()
        text.pieces = pieces
        return text


def json_pieces(document: object) -> Iterator[Piece]:
    r"""Yield a JSON document's text, and its parts where they stand.

    Examples
    --------
    >>> list(json_pieces({"list": iter([PartText.of(Part((1,), 10))])}))[-6:]
    [Part(key=(1,), steps=10), '\n  ', ']', '\n', '}', '\n']
    """
    for chunk in iter_json(document):
        if isinstance(chunk, PartText):
            yield from chunk.pieces
        else:
            yield chunk
