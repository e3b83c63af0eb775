"""Types of option values: text is parsed or refused in one line that names the option."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import click
from click.shell_completion import CompletionItem

from polyconstraints.errors import UsageError

__all__ = [
    "ANY",
    "Integer",
    "IntegerList",
    "IntegerRange",
    "LayerKinds",
    "LevelAction",
    "ParamType",
    "Size",
    "WidthRanges",
]

ANY: Literal["any"] = "any"
"""What ``-n`` takes for a result that holds for every number of inputs."""

MAX_INTEGER = 10**9
"""Largest size that an option takes: far above what can be computed, far below overflow."""

_INTEGER = re.compile(r"-?[0-9]{1,20}")
_SPAN = re.compile(r"([0-9]{1,20})(?:-|\.\.|:)([0-9]{1,20})")

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:
    # Generic in newer versions of click only.
    ParamType = click.ParamType


def _show(value: object, width: int = 40) -> str:
    """Show a value that was typed, cut to a bounded length."""
    text = str(value)
    return repr(text) if len(text) <= width else f"{text[:width]!r}…"


def _parse_integer(text: str, minimum: int, maximum: int = MAX_INTEGER) -> int | None:
    """Return the plain decimal integer that `text` is, or None if it is none in the range."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if minimum <= value <= maximum else None


class Integer(ParamType):
    """A decimal integer of at least `minimum`, or one of some words.

    Parameters
    ----------
    minimum : int
        The smallest value.
    words : sequence of str, optional
        Words that are accepted too, and passed on as they are.

    Examples
    --------
    >>> Integer(1).convert("3", None, None)
    3
    >>> Integer(1, words=["any"]).convert("any", None, None)
    'any'
    >>> Integer(1).convert("0", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected an integer ≥ 1, got '0'
    """

    name = "integer"

    def __init__(self, minimum: int, words: Sequence[str] = ()) -> None:
        self.minimum = minimum
        self.words = tuple(words)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """Return the integer or word that `value` stands for."""
        text = str(value)
        if text in self.words:
            return text
        number = _parse_integer(text, self.minimum)
        if number is None:
            words = "".join(f" or {word!r}" for word in self.words)
            limit = f" and at most {MAX_INTEGER}" if _too_large(text) else ""
            self.fail(
                f"expected an integer ≥ {self.minimum}{limit}{words}, got {_show(text)}", param, ctx
            )
        return number


def _too_large(text: str) -> bool:
    return text.isascii() and text.isdigit() and _parse_integer(text, 0) is None


class IntegerList(ParamType):
    """Integers of at least `minimum`, separated by commas, as a tuple.

    Examples
    --------
    >>> IntegerList(1).convert("4,4", None, None)
    (4, 4)
    >>> IntegerList(1).convert("3,x", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected integers ≥ 1 as 4,4, got 'x' as number 2 in '3,x'
    """

    name = "integers"

    def __init__(self, minimum: int) -> None:
        self.minimum = minimum

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the integers that `value` lists."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        numbers = []
        for position, part in enumerate(parts, start=1):
            number = _parse_integer(part.strip(), self.minimum)
            if number is None:
                where = f" as number {position} in {_show(value)}" if len(parts) > 1 else ""
                self.fail(
                    f"expected integers ≥ {self.minimum} as 4,4, got {_show(part.strip())}{where}",
                    param,
                    ctx,
                )
            numbers.append(number)
        return tuple(numbers)


class IntegerRange(ParamType):
    """One or several integers: ``3``, ``1-6``, ``2,4,8`` or a mixture, as a sorted tuple.

    Examples
    --------
    >>> IntegerRange(1).convert("1-3,6", None, None)
    (1, 2, 3, 6)
    >>> IntegerRange(1).convert("6-1", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected integers ≥ 1 as 1-6 or 2,4,8, got '6-1'
    """

    name = "range"

    MAX_LENGTH = 1000
    """Most integers that one range may hold."""

    def __init__(self, minimum: int) -> None:
        self.minimum = minimum

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the integers that `value` names."""
        if isinstance(value, tuple):
            return value
        numbers: set[int] = set()
        for part in str(value).split(","):
            span = _SPAN.fullmatch(part.strip())
            ends = span.groups() if span else (part.strip(), part.strip())
            first, last = (_parse_integer(end, self.minimum) for end in ends)
            if first is None or last is None or last < first:
                self.fail(
                    f"expected integers ≥ {self.minimum} as 1-6 or 2,4,8, got {_show(part)}",
                    param,
                    ctx,
                )
            if last - first >= self.MAX_LENGTH:
                self.fail(
                    f"expected at most {self.MAX_LENGTH} integers, got {_show(part)}", param, ctx
                )
            numbers.update(range(first, last + 1))
        return tuple(sorted(numbers))


class WidthRanges(ParamType):
    """Widths of levels, each a number or a range: all architectures that they stand for.

    Examples
    --------
    >>> WidthRanges().convert("3,1-2,1", None, None)
    ((3, 1, 1), (3, 2, 1))
    """

    name = "widths"

    MOST = 10_000
    """Most architectures of one argument."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[int, ...], ...]:
        """Return the widths of every architecture."""
        if isinstance(value, tuple):
            return value
        ranges = [IntegerRange(1).convert(part, param, ctx) for part in str(value).split(",")]
        count = prod(map(len, ranges))
        if count > self.MOST:
            self.fail(f"expected at most {self.MOST} architectures, got {count}", param, ctx)
        return tuple(product(*ranges))


class LayerKinds(ParamType):
    """Kinds of layers, by name or degree: one for all layers, or as many separated by commas.

    Examples
    --------
    >>> LayerKinds().convert("linear, 3", None, None)
    'linear,cubic'
    """

    name = "kinds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the kinds by their names."""
        from polyconstraints.spec.network import layer_degree, layer_kind

        parts = [part.strip() for part in str(value).split(",")]
        try:
            return ",".join(layer_kind(layer_degree(part)) for part in parts)
        except UsageError as error:
            self.fail(error.message, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that continue what is typed."""
        before, comma, last = incomplete.rpartition(",")
        names = ("quadratic", "linear", "cubic")
        return [CompletionItem(before + comma + one) for one in names if one.startswith(last)]


class LevelAction(ParamType):
    """A level and how the group acts on it, ``1=pairs(S4)``, as a pair.

    Examples
    --------
    >>> LevelAction().convert("1=S4", None, None)
    (1, 'S4')
    >>> LevelAction().convert("S4", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected a level and an action as 1=S4, got 'S4'
    """

    name = "action"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str]:
        """Return the level and the text after it."""
        if isinstance(value, tuple):
            level, text = value
            return level, text
        before, equals, after = str(value).partition("=")
        found = _parse_integer(before.strip(), 1)
        if found is None or not equals or not after.strip():
            self.fail(f"expected a level and an action as 1=S4, got {_show(value)}", param, ctx)
        return found, after.strip()


class Size(ParamType):
    """A number of bytes, as ``4GiB`` or ``500MB``.

    Examples
    --------
    >>> Size().convert("2KiB", None, None)
    2048
    >>> Size().convert("much", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected a size as 4GiB or 500MB, got 'much'
    """

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes that `value` stands for."""
        from polyconstraints.memory import parse_size

        if isinstance(value, int):
            return value
        try:
            return parse_size(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)
