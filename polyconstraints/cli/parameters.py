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


def _show(text: str, width: int = 40) -> str:
    """Show a value that was typed, cut to a bounded length."""
    return repr(text) if len(text) <= width else f"{text[:width]!r}…"


def _parse_integer(text: str, minimum: int) -> int | None:
    """Return the plain decimal integer that `text` is, or None if it is none in the range."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if minimum <= value <= MAX_INTEGER else None


class Parsed(ParamType):
    """Text that means something else, or is refused by a UsageError."""

    def parse(self, text: str) -> Any:
        """Return what a text means."""
        raise NotImplementedError

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what a value that was typed, or is a default in words, means."""
        try:
            return self.parse(value) if isinstance(value, str) else value
        except UsageError as error:
            self.fail(error.message, param, ctx)


class Integer(Parsed):
    """A decimal integer of at least `minimum`, or one of some words.

    Examples
    --------
    >>> Integer(1).convert("3", None, None), Integer(1, ["any"]).convert("any", None, None)
    (3, 'any')
    >>> Integer(1).convert("0", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected an integer ≥ 1, got '0'
    """

    name = "integer"

    def __init__(self, minimum: int, words: Sequence[str] = ()) -> None:
        self.minimum = minimum
        self.words = words

    def parse(self, text: str) -> int | str:
        """Return the integer or word that a text is."""
        if text in self.words:
            return text
        number = _parse_integer(text, self.minimum)
        if number is None:
            words = "".join(f" or {word!r}" for word in self.words)
            large = text.isascii() and text.isdigit() and _parse_integer(text, 0) is None
            limit = f" and at most {MAX_INTEGER}" if large else ""
            raise UsageError(
                f"expected an integer ≥ {self.minimum}{limit}{words}, got {_show(text)}"
            )
        return number


class IntegerList(Parsed):
    """Integers of at least `minimum`, separated by commas; with `plain` a single one is itself.

    Examples
    --------
    >>> IntegerList(1).convert("4,4", None, None), IntegerList(1, plain=True).parse("4")
    ((4, 4), 4)
    >>> IntegerList(1).convert("3,x", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected integers ≥ 1 as 4,4, got 'x' as number 2 in '3,x'
    """

    name = "integers"

    def __init__(self, minimum: int, *, plain: bool = False) -> None:
        self.minimum = minimum
        self.plain = plain

    def parse(self, text: str) -> tuple[int, ...] | int:
        """Return the integers that a text lists."""
        parts = [part.strip() for part in text.split(",")]
        numbers = []
        for position, part in enumerate(parts, start=1):
            number = _parse_integer(part, self.minimum)
            if number is None:
                where = f" as number {position} in {_show(text)}" if len(parts) > 1 else ""
                raise UsageError(
                    f"expected integers ≥ {self.minimum} as 4,4, got {_show(part)}{where}"
                )
            numbers.append(number)
        return numbers[0] if self.plain and len(numbers) == 1 else tuple(numbers)


class IntegerRange(Parsed):
    """One or several integers: ``3``, ``1-6``, ``2,4,8`` or a mixture, as a sorted tuple.

    Examples
    --------
    >>> IntegerRange(1).convert("1-3,6", None, None)
    (1, 2, 3, 6)
    """

    name = "range"

    MAX_LENGTH = 1000
    """Most integers that one range may hold."""

    def __init__(self, minimum: int) -> None:
        self.minimum = minimum

    def parse(self, text: str) -> tuple[int, ...]:
        """Return the integers that a text names."""
        numbers: set[int] = set()
        for part in text.split(","):
            span = _SPAN.fullmatch(part.strip())
            ends = span.groups() if span else (part.strip(), part.strip())
            first, last = (_parse_integer(end, self.minimum) for end in ends)
            if first is None or last is None or last < first:
                raise UsageError(
                    f"expected integers ≥ {self.minimum} as 1-6 or 2,4,8, got {_show(part)}"
                )
            if last - first >= self.MAX_LENGTH:
                raise UsageError(f"expected at most {self.MAX_LENGTH} integers, got {_show(part)}")
            numbers.update(range(first, last + 1))
        return tuple(sorted(numbers))


class WidthRanges(Parsed):
    """Widths of levels, each a number or a range: all architectures that they stand for.

    Examples
    --------
    >>> WidthRanges().convert("3,1-2,1", None, None)
    ((3, 1, 1), (3, 2, 1))
    """

    name = "widths"

    MOST = 10_000
    """Most architectures of one argument."""

    def parse(self, text: str) -> tuple[tuple[int, ...], ...]:
        """Return the widths of every architecture."""
        ranges = [IntegerRange(1).parse(part) for part in text.split(",")]
        count = prod(map(len, ranges))
        if count > self.MOST:
            raise UsageError(f"expected at most {self.MOST} architectures, got {count}")
        return tuple(product(*ranges))


class LayerKinds(Parsed):
    """Kinds of layers, by name or degree: one for all layers, or as many separated by commas.

    Examples
    --------
    >>> LayerKinds().convert("linear, 3", None, None)
    'linear,cubic'
    """

    name = "kinds"

    def parse(self, text: str) -> str:
        """Return the kinds by their names."""
        from polyconstraints.spec.network import layer_degree, layer_kind

        return ",".join(layer_kind(layer_degree(part.strip())) for part in text.split(","))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that continue what is typed."""
        before, comma, last = incomplete.rpartition(",")
        names = ("quadratic", "linear", "cubic")
        return [CompletionItem(before + comma + one) for one in names if one.startswith(last)]


class LevelAction(Parsed):
    """A level and how the group acts on it, ``1=pairs(S4)``, as a pair.

    Examples
    --------
    >>> LevelAction().convert("1=S4", None, None)
    (1, 'S4')
    """

    name = "action"

    def parse(self, text: str) -> tuple[int, str]:
        """Return the level and the text after it."""
        before, equals, after = text.partition("=")
        found = _parse_integer(before.strip(), 1)
        if found is None or not equals or not after.strip():
            raise UsageError(f"expected a level and an action as 1=S4, got {_show(text)}")
        return found, after.strip()


class Size(Parsed):
    """A number of bytes, as ``4GiB`` or ``500MB``.

    Examples
    --------
    >>> Size().convert("2KiB", None, None)
    2048
    """

    name = "size"

    def parse(self, text: str) -> int:
        """Return the number of bytes that a text stands for."""
        from polyconstraints.memory import parse_size

        return parse_size(text)


class Number(Parsed):
    """A finite number of at least 0, or above it.

    Examples
    --------
    >>> Number(above=True).convert("0", None, None)
    Traceback (most recent call last):
        ...
    click.exceptions.BadParameter: expected a number above 0, got 0
    """

    name = "float"

    def __init__(self, *, above: bool = False) -> None:
        self.above = above

    def parse(self, text: str) -> float:
        """Return the number that a text is."""
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not (value > 0 if self.above else value >= 0) or value == float("inf"):
            bound = "above 0" if self.above else "of at least 0"
            raise UsageError(f"expected a number {bound}, got {text[:40]}")
        return value
