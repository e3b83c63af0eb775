"""What the paper prints beside what is computed here, item by item, with a verdict.

"The paper" is YKY, "Permutation-invariant neural networks" (2019). What it prints lies in
``data/``, with the words in which an answer is given. No verdict is written down: each follows
from :mod:`~polyconstraints.reproduction.comparisons` with what
:mod:`~polyconstraints.reproduction.printed` reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from polyconstraints.errors import UsageError
from polyconstraints.reproduction.comparisons import CHECKS, Verdict
from polyconstraints.reproduction.printed import paper

__all__ = ["Item", "Verdict", "document", "reproduce"]


@dataclass(frozen=True)
class Item:
    """One thing that the paper prints, and where (an equation or a section), beside ours.

    The reason says why where the verdict is not *same*; it is a remark where it is.
    """

    key: str
    place: str
    title: str
    paper: str
    ours: str
    verdict: Verdict
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the item's entry in the document of schema ``reproduction``."""
        return {**asdict(self), "verdict": self.verdict.value}


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

    Examples
    --------
    >>> (item,) = reproduce(["30"])
    >>> item.place, item.verdict.value
    ('eq. (30)', 'same')
    """
    entries = paper()["items"]
    known = [entry["key"] for entry in entries]
    for key in keys:
        if key not in known:
            raise UsageError(f"expected one of {', '.join(known)}, got {key!r}", "only")
    for entry in entries:
        if not keys or entry["key"] in keys:
            verdict, values = CHECKS[entry["key"]]()
            words = {key: _words(entry.get(key, ""), verdict, values) for key in ("ours", "reason")}
            yield Item(**{**entry, **words}, verdict=verdict)


def _words(text: str | Mapping[str, str], verdict: Verdict, values: Mapping[str, Any]) -> str:
    """Return a text of the data, or that of a verdict, with what was found."""
    said = text if isinstance(text, str) else text.get(verdict.value, "")
    lists = {key: ", ".join(map(str, one)) for key, one in values.items() if isinstance(one, list)}
    return said.format_map({**values, **lists})


def document(items: Iterable[Item]) -> dict[str, Any]:
    """Return the document of schema ``reproduction``."""
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
