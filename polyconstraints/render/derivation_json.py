"""A derivation as a JSON document of schema ``derivation``, long lists streamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polyconstraints.derivation import Derivation
from polyconstraints.render.classes import class_documents
from polyconstraints.render.notation import notation

__all__ = ["derivation_document"]

Advance = Callable[[float], None]


def _ignore(steps: float) -> None:
    """Take no notice of progress."""


def derivation_document(
    derivation: Derivation,
    *,
    classes: bool = False,
    equalities: bool = False,
    memory_limit: int | None = None,
    advance: Advance = _ignore,
) -> dict[str, Any]:
    """Return the document of a derivation, its lists as iterators.

    To be written by :func:`polyconstraints.io.strict_json.dump_json`.

    Parameters
    ----------
    derivation : Derivation
    classes, equalities : bool
        Whether to add ``classes``, the classes of weights, and ``list``, the equalities.
    memory_limit : int, optional
        As for :func:`~polyconstraints.render.equalities.equality_sides`.
    advance : callable, optional
        Told that one more equality has been written.
    """
    document = derivation.to_json()
    names = notation(derivation.network)
    if classes:
        document["classes"] = class_documents(derivation, names)
    if equalities:
        # Only here, since the expansion that it can need is slow to import.
        from polyconstraints.render.equalities import equality_items

        document["list"] = equality_items(
            derivation, names, memory_limit=memory_limit, advance=advance
        )
    return document
