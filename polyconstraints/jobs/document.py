"""A long text in parts that can be written independently of one another.

What a document consists of is quick to say and slow to write: it lists short texts, which
are there, and parts, which somebody has to write. Since the list is the same however often
it is made, parts can be written anywhere and in any order, and the number of segments that
are done says where to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["BATCH_STEPS", "Batch", "Document", "Part", "Segment", "batches", "evaluate", "written"]

#: Steps of one batch: some tens of milliseconds of writing, a few megabytes of text.
BATCH_STEPS = 1 << 15


@dataclass(frozen=True)
class Part:
    """A stretch of a document that is still to be written.

    Attributes
    ----------
    key : tuple
        What the document needs to know to write it: numbers and texts, small enough to be
        sent to another process.
    steps : int
        How much there is to write, such as a number of terms.
    """

    key: tuple[Any, ...]
    steps: int


Segment = str | Part


class Document(Protocol):
    """A long text in segments.

    Documents can be pickled; what they have worked out is not sent along.
    """

    @property
    def steps(self) -> int:
        """Steps of all parts together."""

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this document this one, in JSON's terms."""

    def segments(self) -> Iterator[Segment]:
        """Yield the segments, always the same ones."""

    def text(self, part: Part) -> str:
        """Write a part."""


def written(document: Document, advance: Callable[[float], None]) -> Iterator[str]:
    """Yield a document's text, written here and now.

    Parameters
    ----------
    document : Document
    advance : callable
        Told how many steps more are done.
    """
    for segment in document.segments():
        if isinstance(segment, str):
            yield segment
        else:
            yield document.text(segment)
            advance(segment.steps)


@dataclass(frozen=True)
class Batch:
    """Consecutive segments that are written together.

    Attributes
    ----------
    segments : tuple of Segment
    steps : int
        Steps of its parts.
    """

    segments: tuple[Segment, ...]
    steps: int


def batches(segments: Iterator[Segment], most: int = BATCH_STEPS) -> Iterator[Batch]:
    """Yield segments in batches of about ``most`` steps.

    Examples
    --------
    >>> parts = iter(["(", Part((0,), 3), Part((1,), 1), ")", Part((2,), 2)])
    >>> [(len(batch.segments), batch.steps) for batch in batches(parts, 4)]
    [(3, 4), (2, 2)]
    """
    found: list[Segment] = []
    steps = 0
    for segment in segments:
        found.append(segment)
        steps += 0 if isinstance(segment, str) else segment.steps
        if steps >= most or len(found) >= most:
            yield Batch(tuple(found), steps)
            found, steps = [], 0
    if found:
        yield Batch(tuple(found), steps)


def evaluate(document: Document, batch: Batch) -> str:
    """Return the text of a batch."""
    return "".join(
        segment if isinstance(segment, str) else document.text(segment)
        for segment in batch.segments
    )
