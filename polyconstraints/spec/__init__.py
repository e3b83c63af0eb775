"""What is asked: networks, their symmetry, groups and how they act."""

from __future__ import annotations

from operator import index
from typing import Literal

from polyconstraints.errors import UsageError

#: What the outputs do when the inputs are permuted; which part of a network must be symmetric;
#: which coefficients are equated; and for which permutations.
Kind = Literal["equivariant", "invariant"]
Scope = Literal["layer", "network"]
Compare = Literal["function", "paper", "tensor"]
Permutations = Literal["transpositions", "adjacent", "generators"]


def integer(value: object, field: str, least: int = 1) -> int:
    """Return what was given for a field as an ``int``; a UsageError if it is none, or less."""
    number = whole(value)
    if number is None or number < least:
        given = cut(repr(value), 40)
        raise UsageError(f"expected an integer of at least {least}, got {given}", field)
    return number


def cut(text: str, width: int) -> str:
    """Return a text, cut where it is long."""
    return text if len(text) <= width else f"{text[:width]}…"


def shown(text: str, width: int) -> str:
    """Return a text as messages show it, cut to a bounded length."""
    return repr(text) if len(text) <= width else f"{text[:width]!r}…"


def whole(value: object) -> int | None:
    """Return an integer of any library as Python's; None for others, and for truth values."""
    # Those of NumPy count as an index in its old versions.
    if isinstance(value, bool) or getattr(value, "dtype", None) == "bool":
        return None
    try:
        return index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
