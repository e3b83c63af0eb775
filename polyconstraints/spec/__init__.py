"""What is asked: networks, their symmetry, groups and how they act."""

from __future__ import annotations

from operator import index

from polyconstraints.errors import UsageError


def integer(value: object, field: str, least: int = 1) -> int:
    """Return what was given for a field as an ``int``.

    NumPy's integers are integers, booleans and floats are not.

    Raises
    ------
    UsageError
        If it is no integer, or less than the least that is accepted.

    Examples
    --------
    >>> integer(3.0, "inputs")
    Traceback (most recent call last):
        ...
    polyconstraints.errors.UsageError: inputs: expected an integer of at least 1, got 3.0
    """
    number = None
    # A truth value of NumPy's counts as an index in its old versions.
    if not isinstance(value, bool) and getattr(value, "dtype", None) != "bool":
        try:
            number = index(value)  # type: ignore[arg-type]
        except TypeError:
            number = None
    if number is None or number < least:
        given = repr(value)
        given = given if len(given) <= 40 else f"{given[:40]}…"
        raise UsageError(f"expected an integer of at least {least}, got {given}", field)
    return number


def shown(text: str, width: int) -> str:
    """Return a text as messages show it, cut to a bounded length."""
    return repr(text) if len(text) <= width else f"{text[:width]!r}…"
