"""Monomial orders as sort keys of exponent tuples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from polyconstraints.errors import UsageError

__all__ = ["Order", "sort_key"]

Order = Literal["lex", "grlex", "grevlex"]


def _lex(exponents: tuple[int, ...]) -> tuple[int, ...]:
    return exponents


def _grlex(exponents: tuple[int, ...]) -> tuple[int, ...]:
    return (sum(exponents), *exponents)


def _grevlex(exponents: tuple[int, ...]) -> tuple[int, ...]:
    return (sum(exponents), *[-e for e in reversed(exponents)])


_KEYS: dict[str, Callable[[tuple[int, ...]], tuple[int, ...]]] = {
    "lex": _lex,
    "grlex": _grlex,
    "grevlex": _grevlex,
}


def sort_key(order: str) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    """Return a function from exponents to a tuple that sorts them in the named order.

    Raises
    ------
    UsageError
        If there is no such order.

    Examples
    --------
    >>> sort_key("grlex")((1, 2))
    (3, 1, 2)
    """
    try:
        return _KEYS[order]
    except (KeyError, TypeError):
        raise UsageError(
            f"unknown monomial order {order!r}: expected one of {', '.join(_KEYS)}"
        ) from None
