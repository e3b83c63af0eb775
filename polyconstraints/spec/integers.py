"""Integers at the door: Python's and NumPy's are taken, anything else is refused."""

from __future__ import annotations

from operator import index

from polyconstraints.errors import UsageError

__all__ = ["integer"]


def integer(value: object, field: str, least: int = 1) -> int:
    """Return a value as an ``int``, if it is an integer that is large enough.

    Parameters
    ----------
    value : object
        What was given; NumPy's integers are integers, booleans and floats are not.
    field : str
        What it was given for, for the message.
    least : int
        The smallest value that is accepted.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> integer(3, "inputs")
    3
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
        shown = repr(value)
        shown = shown if len(shown) <= 40 else f"{shown[:40]}…"
        raise UsageError(f"expected an integer of at least {least}, got {shown}", field)
    return number
