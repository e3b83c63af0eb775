"""Checked access to JSON documents: every complaint names the place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from polyconstraints.errors import InputError

__all__ = ["field", "integer", "integers", "number_key", "one_of", "shown"]

T = TypeVar("T")

_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def shown(value: Any) -> str:
    """Return a value as an error message shows it: short, on one line.

    Examples
    --------
    >>> shown([1, 2]), shown("x" * 100)
    ('a list', "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'")
    """
    if isinstance(value, dict | list) or value is None:
        return _NAMES[type(value)]
    text = repr(value)
    if len(text) <= 40:
        return text
    return text[:38] + "…" + (text[-1] if isinstance(value, str) else "")


def field(document: Any, key: str, kind: type[T], place: str = "") -> T:
    """Return ``document[key]``, which must be of the given type.

    Raises
    ------
    InputError
        If the document is no object, lacks the key or holds something else there.
    """
    if not isinstance(document, dict):
        raise InputError(f"expected an object, got {shown(document)}", place)
    where = f"{place}.{key}" if place else key
    if key not in document:
        raise InputError(f"expected {_NAMES[kind]}, got nothing", where)
    value = document[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"expected {_NAMES[kind]}, got {shown(value)}", where)
    return value


def integer(value: Any, place: str, low: int, high: int | None = None) -> int:
    """Return ``value``, which must be an integer from ``low`` to ``high``."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and low <= value and (high is None or value <= high):
        return int(value)
    bounds = f"of at least {low}" if high is None else f"from {low} to {high}"
    raise InputError(f"expected an integer {bounds}, got {shown(value)}", place)


def integers(value: Any, place: str, low: int, high: int | None = None) -> list[int]:
    """Return ``value``, which must be a list of integers from ``low`` to ``high``."""
    if not isinstance(value, list):
        raise InputError(f"expected a list, got {shown(value)}", place)
    return [integer(item, f"{place}[{at}]", low, high) for at, item in enumerate(value)]


def one_of(value: Any, allowed: Sequence[T], place: str) -> T:
    """Return the one of the allowed words that ``value`` is."""
    for word in allowed:
        if isinstance(value, str) and word == value:
            return word
    words = ", ".join(map(str, allowed))
    raise InputError(f"expected one of {words}, got {shown(value)}", place)


def number_key(key: str, place: str, low: int, high: int, expected: str) -> int:
    """Return the number that a key of an object is, spelled in the one way that there is.

    Raises
    ------
    InputError
        If it isn't a number from ``low`` to ``high`` in ASCII digits without leading zeros.
    """
    plain = key.isascii() and key.isdecimal() and len(key) <= len(str(high))
    if plain and key == str(int(key)) and low <= int(key) <= high:
        return int(key)
    raise InputError(f"expected {expected}, got {shown(key)}", place)
