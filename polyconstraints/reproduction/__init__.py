"""What the paper prints beside what is computed here, item by item, with a verdict.

"The paper" is YKY, "Permutation-invariant neural networks" (2019). What it prints lies as
data in ``data/``; :mod:`~polyconstraints.reproduction.printed` reads it, and the other
modules compare it with what the package computes. No verdict is written down: each follows
from the comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from polyconstraints.errors import UsageError
from polyconstraints.reproduction import gradients, layer_equations, numbers
from polyconstraints.reproduction.items import CHECKS, Item, Verdict
from polyconstraints.reproduction.printed import paper

__all__ = ["Item", "Verdict", "document", "reproduce"]

#: Where comparisons are, so that all are known here.
_MODULES = (layer_equations, numbers, gradients)


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
    >>> item.place, item.answer.verdict.value
    ('eq. (30)', 'same')
    """
    entries = paper()["items"]
    known = [entry["key"] for entry in entries]
    for key in keys:
        if key not in known:
            raise UsageError(f"expected one of {', '.join(known)}, got {key!r}", "only")
    for entry in entries:
        if not keys or entry["key"] in keys:
            yield Item(**entry, answer=CHECKS[entry["key"]]())


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
