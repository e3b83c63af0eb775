"""What texts of options mean: functions that parse one, or refuse it by a `UsageError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import click

from polyconstraints.errors import UsageError
from polyconstraints.spec import shown
from polyconstraints.spec.network import layer_degree, layer_kind

ANY: Literal["any"] = "any"
"""What ``-n`` takes for a result that holds for every number of inputs."""

MAX_INTEGER = 10**9
"""Largest size that an option takes: far above what can be computed, far below overflow."""

#: Most integers that one range may hold, and most architectures of one argument.
_LONGEST_RANGE = 1000
_MOST_ARCHITECTURES = 10_000

_INTEGER = re.compile(r"-?[0-9]{1,20}")
_SPAN = re.compile(r"([0-9]{1,20})(?:-|\.\.|:)([0-9]{1,20})")

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:
    # Generic in newer versions of click only.
    ParamType = click.ParamType


class Parsed(ParamType):
    """The type of an option whose text a function parses, so that a refusal names the option."""

    name = "value"

    def __init__(self, parse: Callable[[str], Any]) -> None:
        self.parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what a value that was typed, or is a default in words, means."""
        try:
            return self.parse(value) if isinstance(value, str) else value
        except UsageError as error:
            self.fail(error.message, param, ctx)


def _plain_integer(text: str, least: int) -> int | None:
    """Return the plain decimal integer that a text is, if it is one in the range."""
    value = int(text) if _INTEGER.fullmatch(text) else least - 1
    return value if least <= value <= MAX_INTEGER else None


def integer(text: str, least: int = 1, words: Sequence[str] = ()) -> int | str:
    """Return an integer, or one of some words.

    >>> integer("3"), integer("any", words=["any"])
    (3, 'any')
    >>> integer("0")
    Traceback (most recent call last):
        ...
    polyconstraints.errors.UsageError: expected an integer ≥ 1, got '0'
    """
    if text in words:
        return text
    number = _plain_integer(text, least)
    if number is None:
        others = "".join(f" or {word!r}" for word in words)
        large = text.isascii() and text.isdigit() and _plain_integer(text, 0) is None
        limit = f" and at most {MAX_INTEGER}" if large else ""
        raise UsageError(f"expected an integer ≥ {least}{limit}{others}, got {shown(text, 40)}")
    return number


def natural(text: str) -> int | str:
    """Return an integer of at least 0."""
    return integer(text, 0)


def integers(text: str) -> tuple[int, ...]:
    """Return positive integers that are separated by commas.

    >>> integers("4,4")
    (4, 4)
    >>> integers("3,x")
    Traceback (most recent call last):
        ...
    polyconstraints.errors.UsageError: expected integers ≥ 1 as 4,4, got 'x' as number 2 in '3,x'
    """
    parts = [part.strip() for part in text.split(",")]
    for place, part in enumerate(parts, start=1):
        if _plain_integer(part, 1) is None:
            where = f" as number {place} in {shown(text, 40)}" if len(parts) > 1 else ""
            raise UsageError(f"expected integers ≥ 1 as 4,4, got {shown(part, 40)}{where}")
    return tuple(map(int, parts))


def one_or_integers(text: str) -> int | tuple[int, ...]:
    """Return positive integers, one of them as itself."""
    numbers = integers(text)
    return numbers[0] if len(numbers) == 1 else numbers


def integer_range(text: str, least: int = 1) -> tuple[int, ...]:
    """Return integers in order: ``3``, ``1-6``, ``2,4,8`` or a mixture.

    >>> integer_range("1-3,6")
    (1, 2, 3, 6)
    """
    numbers: set[int] = set()
    for part in text.split(","):
        span = _SPAN.fullmatch(part.strip())
        ends = span.groups() if span else (part.strip(), part.strip())
        first, last = (_plain_integer(end, least) for end in ends)
        if first is None or last is None or last < first:
            raise UsageError(f"expected integers ≥ {least} as 1-6 or 2,4,8, got {shown(part, 40)}")
        if last - first >= _LONGEST_RANGE:
            raise UsageError(f"expected at most {_LONGEST_RANGE} integers, got {shown(part, 40)}")
        numbers.update(range(first, last + 1))
    return tuple(sorted(numbers))


def width_choices(text: str) -> tuple[tuple[int, ...], ...]:
    """Return the widths of all architectures whose levels have a number or a range.

    >>> width_choices("3,1-2,1")
    ((3, 1, 1), (3, 2, 1))
    """
    ranges = [integer_range(part) for part in text.split(",")]
    count = prod(map(len, ranges))
    if count > _MOST_ARCHITECTURES:
        raise UsageError(f"expected at most {_MOST_ARCHITECTURES} architectures, got {count}")
    return tuple(product(*ranges))


def layer_kinds(text: str) -> str:
    """Return kinds of layers, by name or degree, by their names.

    >>> layer_kinds("linear, 3")
    'linear,cubic'
    """
    return ",".join(layer_kind(layer_degree(part.strip())) for part in text.split(","))


def kinds_that_continue(
    context: click.Context, param: click.Parameter, incomplete: str
) -> Iterable[str]:
    """Return the kinds of layers that a shell may complete a text to."""
    before, comma, last = incomplete.rpartition(",")
    names = ("quadratic", "linear", "cubic")
    return [before + comma + one for one in names if one.startswith(last)]


def level_action(text: str) -> tuple[int, str]:
    """Return a level and how the group acts on it.

    >>> level_action("1=pairs(S4)")
    (1, 'pairs(S4)')
    """
    before, _, after = text.partition("=")
    level = _plain_integer(before.strip(), 1)
    if level is None or not after.strip():
        raise UsageError(f"expected a level and an action as 1=S4, got {shown(text, 40)}")
    return level, after.strip()


def number(text: str, *, above: bool = False) -> float:
    """Return a finite number of at least 0, or above it.

    >>> number("0", above=True)
    Traceback (most recent call last):
        ...
    polyconstraints.errors.UsageError: expected a number above 0, got 0
    """
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not (value > 0 if above else value >= 0) or value == float("inf"):
        bound = "above 0" if above else "of at least 0"
        raise UsageError(f"expected a number {bound}, got {text[:40]}")
    return value
