"""The items that are compared, their verdicts, and the document that holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from polyconstraints.errors import UsageError

__all__ = ["Answer", "Check", "Item", "Verdict", "document", "reproduce"]


class Verdict(Enum):
    """What becomes of a printed value."""

    SAME = "same"
    """Ours is the same."""

    CORRECTED = "corrected"
    """Ours differs, and ours is right."""

    INCOMPLETE = "incomplete"
    """What is printed is right, but it is not all, or leaves the question open."""


@dataclass(frozen=True)
class Answer:
    """What a check finds.

    Attributes
    ----------
    ours : str
    verdict : Verdict
    reason : str
        Why, where the verdict is not *same*; a remark where it is.
    """

    ours: str
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True)
class Check:
    """One thing that the paper prints.

    Attributes
    ----------
    key : str
        A short name.
    place : str
        Where it stands: an equation's number or a section.
    title : str
    paper : str
        What the paper prints.
    run : callable
        Computes ours and compares.
    """

    key: str
    place: str
    title: str
    paper: str
    run: Callable[[], Answer]


@dataclass(frozen=True)
class Item:
    """A check and its answer.

    Examples
    --------
    >>> (item,) = reproduce(["30"])
    >>> item.check.place, item.answer.verdict.value
    ('eq. (30)', 'same')
    """

    check: Check
    answer: Answer

    def to_json(self) -> dict[str, Any]:
        """Return the item's entry in the document of schema ``reproduction``."""
        return {
            "key": self.check.key,
            "place": self.check.place,
            "title": self.check.title,
            "paper": self.check.paper,
            "ours": self.answer.ours,
            "verdict": self.answer.verdict.value,
            "reason": self.answer.reason,
        }


def _checks() -> Iterator[Check]:
    """Yield all checks in the order of the paper."""
    from polyconstraints.reproduction import counting, layers, training

    yield training.CLAIM
    yield from layers.FIRST
    yield from counting.REDUNDANT
    yield from layers.ORDERED
    yield from counting.NETWORKS
    yield from training.CHECKS


def _keys() -> tuple[str, ...]:
    return tuple(check.key for check in _checks())


def reproduce(keys: Sequence[str] = ()) -> Iterator[Item]:
    """Compare what the paper prints with what is computed here.

    Parameters
    ----------
    keys : sequence of str, optional
        Only these items; all of them unless given.

    Yields
    ------
    Item
        In the order of the paper.

    Raises
    ------
    UsageError
        If there is no item of a given name.
    """
    known = _keys()
    for key in keys:
        if key not in known:
            raise UsageError(f"expected one of {', '.join(known)}, got {key!r}", "only")
    for check in _checks():
        if not keys or check.key in keys:
            yield Item(check, check.run())


def document(items: Iterable[Item]) -> dict[str, Any]:
    """Return the document of schema ``reproduction``."""
    from polyconstraints.reproduction.printed import paper

    entries = [item.to_json() for item in items]
    return {
        "schema": "polyconstraints/reproduction/1",
        "paper": paper()["paper"],
        "items": entries,
        "counts": {
            verdict.value: sum(entry["verdict"] == verdict.value for entry in entries)
            for verdict in Verdict
        },
    }
