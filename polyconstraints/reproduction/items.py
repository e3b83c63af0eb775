"""What the paper prints, item by item, and the verdict that a comparison gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["CHECKS", "Answer", "Item", "Verdict", "check", "judged"]


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
    """What a comparison finds."""

    ours: str
    verdict: Verdict
    reason: str = ""
    """Why, where the verdict is not *same*; a remark where it is."""


def judged(ours: str, same: object, reason: str = "") -> Answer:
    """Return the answer of a comparison that either agrees or corrects."""
    return Answer(ours, Verdict.SAME if same else Verdict.CORRECTED, reason)


#: The comparisons by the keys of their items.
CHECKS: dict[str, Callable[[], Answer]] = {}


def check(key: str) -> Callable[[Callable[[], Answer]], Callable[[], Answer]]:
    """Have a function compare the item of a key."""

    def register(compare: Callable[[], Answer]) -> Callable[[], Answer]:
        CHECKS[key] = compare
        return compare

    return register


@dataclass(frozen=True)
class Item:
    """One thing that the paper prints, and where (an equation or a section), beside ours."""

    key: str
    place: str
    title: str
    paper: str
    answer: Answer

    def to_json(self) -> dict[str, Any]:
        """Return the item's entry in the document of schema ``reproduction``."""
        return {
            "key": self.key,
            "place": self.place,
            "title": self.title,
            "paper": self.paper,
            "ours": self.answer.ours,
            "verdict": self.answer.verdict.value,
            "reason": self.answer.reason,
        }
