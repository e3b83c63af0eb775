"""JSON documents some of whose text is still to be written."""

from __future__ import annotations

from collections.abc import Iterator

from polyconstraints.io.strict_json import JsonText, iter_json
from polyconstraints.jobs.document import Segment

__all__ = ["PartText", "with_parts"]


class PartText(JsonText):
    """Stands in a document for items of an array that are written by parts."""

    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, *segments: Segment) -> PartText:
        """Return what stands for segments of text."""
        text = cls()
        text.segments = segments
        return text


def with_parts(document: object) -> Iterator[Segment]:
    r"""Yield a document's text, and its parts where they stand.

    Examples
    --------
    >>> from polyconstraints.jobs.document import Part
    >>> list(with_parts({"list": iter([PartText.of(Part((1,), 10))])}))[-6:]
    [Part(key=(1,), steps=10), '\n  ', ']', '\n', '}', '\n']
    """
    for chunk in iter_json(document):
        if isinstance(chunk, PartText):
            yield from chunk.segments
        else:
            yield chunk
