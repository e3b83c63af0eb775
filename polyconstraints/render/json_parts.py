"""JSON documents some of whose text is still to be written."""

from __future__ import annotations

from collections.abc import Iterator

from polyconstraints.jobs.document import Part, Segment
from polyconstraints.strict_json import JsonText, iter_json

__all__ = ["PartText", "with_parts"]


class PartText(JsonText):
    """Stands in a document for the items of an array that a part writes."""

    part: Part

    @classmethod
    def of(cls, part: Part) -> PartText:
        """Return what stands for a part."""
        text = cls()
        text.part = part
        return text


def with_parts(document: object) -> Iterator[Segment]:
    r"""Yield a document's text, and its parts where they stand.

    Examples
    --------
    >>> list(with_parts({"list": iter([PartText.of(Part((1,), 10))])}))[-6:]
    [Part(key=(1,), steps=10), '\n  ', ']', '\n', '}', '\n']
    """
    for chunk in iter_json(document):
        yield chunk.part if isinstance(chunk, PartText) else chunk
