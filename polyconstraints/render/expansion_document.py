"""An expansion as a document in parts: what all formats have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from polyconstraints.expansion import Terms
from polyconstraints.jobs.document import Part, Segment
from polyconstraints.render.groups import ExpansionView, Exponents, Group

__all__ = ["PART_TERMS", "ExpansionDocument"]

#: Most terms of one part. A multiple of what the formats put on one line or into one pair of
#: parentheses, so that a line is never divided.
PART_TERMS = 32_000


class ExpansionDocument(ABC):
    """An expansion in some format; a :class:`~polyconstraints.jobs.document.Document`.

    Parts are stretches of one coefficient.

    Parameters
    ----------
    view : ExpansionView
    """

    format: str

    def __init__(self, view: ExpansionView) -> None:
        self.view = view
        self._latest: tuple[int, Exponents, Group] | None = None

    @property
    def steps(self) -> int:
        """Number of terms."""
        return sum(map(self.view.term_count, self.view.outputs))

    def identity(self) -> Mapping[str, Any]:
        """Return what makes this document this one."""
        from polyconstraints import __version__

        return {
            "command": "expand",
            "version": __version__,
            "format": self.format,
            **self.view.identity(),
        }

    @abstractmethod
    def segments(self) -> Iterator[Segment]:
        """Yield the texts that are there, and the parts that are still to be written."""

    @abstractmethod
    def text(self, part: Part) -> str:
        """Write a part."""

    # -- for the formats -------------------------------------------------------------------

    def groups(self, output: int) -> Iterator[Group]:
        """Yield the groups of an output that are not zero."""
        for monomial in self.view.monomials:
            group = self._group(output, monomial)
            if group.size:
                yield group

    def _group(self, output: int, monomial: Exponents) -> Group:
        # Kept, since with values to substitute a group is work, and is asked for by each of
        # its parts.
        if self._latest is None or self._latest[:2] != (output, monomial):
            self._latest = output, monomial, self.view.group(output, monomial)
        return self._latest[2]

    def parts(self, output: int, group: Group, *how: Any) -> Iterator[Part]:
        """Yield the parts of a group, each with what :meth:`how` gives back."""
        for start in range(0, group.size, PART_TERMS):
            stop = min(start + PART_TERMS, group.size)
            yield Part((output, group.monomial, start, stop, *how), stop - start)

    def terms(self, part: Part) -> Terms:
        """Return the terms of a part."""
        output, monomial, start, stop = part.key[:4]
        return self._group(output, monomial).part(start, stop)

    def monomial(self, part: Part) -> Exponents:
        """Return the monomial that a part belongs to."""
        monomial: Exponents = part.key[1]
        return monomial

    def begins(self, part: Part) -> bool:
        """Tell whether a part is the first of its group."""
        return bool(part.key[2] == 0)

    def how(self, part: Part) -> tuple[Any, ...]:
        """Return what the format has noted about a part."""
        return part.key[4:]
