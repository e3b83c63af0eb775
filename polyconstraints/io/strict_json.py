"""JSON in and out: strict about what comes in, the same bytes for what goes out.

The reader refuses what other readers would disagree about (duplicate keys, ``NaN``) and
what could exhaust them (deep nesting, integers without bound), and names the place. The
writer sorts keys, keeps a matrix readable, and streams what is too long for memory.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from sys import getsizeof
from typing import IO, Any

from polyconstraints.errors import InputError

MAX_JSON_DEPTH = 64
"""Deepest nesting of JSON arrays and objects that is read; our own documents need six."""

MAX_INTEGER_DIGITS = 1000
"""Longest integer that is read: parsing one takes time quadratic in its length."""

MAX_JSON_MEMORY = 900 * 2**20
"""Bytes of memory that a text and its document may take together, as predicted."""

# What CPython needs for an empty container or short text and the pointer to it, and for an
# integer or float and the pointer to it.
_BYTES_A_CONTAINER = 72
_BYTES_AN_ITEM = 40

JSON_LINE_WIDTH = 100
"""An array or object is written on one line where it fits into this many columns."""


# --- In -----------------------------------------------------------------------------------

# Strings are matched whole so that brackets inside them don't count; one that never ends is
# matched to the end of the text, which keeps the scan linear.
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
_LONG_INTEGER = re.compile(rf"[0-9]{{{MAX_INTEGER_DIGITS + 1}}}")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class _Refused:
    """Stands in a parsed document for a value that is refused, until its place is known."""

    def __init__(self, message: str) -> None:
        self.message = message


def parse_json(text: str, source: str = "") -> Any:
    """Parse a JSON text strictly; ``source`` is the file that it came from, for messages."""
    _check_memory(text, source)
    _check_depth(text, source)
    refused: list[_Refused] = []

    def refuse(message: str) -> _Refused:
        refused.append(_Refused(message))
        return refused[-1]

    def unique(pairs: list[tuple[str, Any]]) -> Any:
        result = dict(pairs)
        if len(result) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    return refuse(f"expected each key once, got {_shorten(key)} twice")
                seen.add(key)
        return result

    def bounded_integer(digits: str) -> Any:
        if len(digits.lstrip("-")) <= MAX_INTEGER_DIGITS:
            return int(digits)
        return refuse(
            f"expected an integer of at most {MAX_INTEGER_DIGITS} digits, got {len(digits)}"
        )

    def finite(literal: str) -> Any:
        value = float(literal)
        if math.isfinite(value):
            return value
        return refuse(f"expected a finite number, got {_shorten(literal)}")

    decoder = json.JSONDecoder(
        object_pairs_hook=unique,
        # A call for each integer would triple the time of reading a large map.
        parse_int=bounded_integer if _LONG_INTEGER.search(text) else None,
        parse_float=finite,
        parse_constant=lambda name: refuse(f"expected a finite number, got {name}"),
    )
    try:
        document = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise _syntax_error(error, source) from None
    if refused or _SURROGATE_ESCAPE.search(text):
        _raise_refused(document, source)
    return document


def _check_memory(text: str, source: str) -> None:
    """Refuse a text whose document would fill the memory: ``[[],[],…`` takes 25 times as much."""
    if len(text) < MAX_JSON_MEMORY // (2 * _BYTES_A_CONTAINER):
        return
    containers = text.count("[") + text.count("{") + text.count('"') // 2
    items = text.count(",")
    predicted = getsizeof(text) + containers * _BYTES_A_CONTAINER + items * _BYTES_AN_ITEM
    if predicted > MAX_JSON_MEMORY:
        raise InputError(
            f"expected a document that fits into {MAX_JSON_MEMORY} bytes of memory, got one of "
            f"about {predicted}",
            source=source,
        )


def _check_depth(text: str, source: str) -> None:
    # Nesting can't exceed the number of opening brackets, which is quick to count.
    if text.count("[") + text.count("{") <= MAX_JSON_DEPTH:
        return
    depth = 0
    for match in _BRACKET.finditer(text):
        token = match[0][0]
        if token in "[{":
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise InputError(
                    f"expected at most {MAX_JSON_DEPTH} levels of nesting, got more",
                    place=_line_column(text, match.start()),
                    source=source,
                )
        elif token in "]}":
            depth -= 1


def _syntax_error(error: json.JSONDecodeError, source: str) -> InputError:
    text = error.doc
    if not text.strip():
        return InputError("expected a JSON document, got nothing", source=source)
    unterminated = error.msg.startswith("Unterminated string")
    if unterminated or error.pos >= len(text.rstrip()):
        message = "expected valid JSON, but the text ends early"
        place = _line_column(text, len(text))
    else:
        message = f"expected valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        place = _line_column(text, error.pos)
    return InputError(message, place=place, source=source)


def _line_column(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"


def _raise_refused(document: Any, source: str) -> None:
    """Find the first refused value in reading order and raise it with its place."""
    stack: list[tuple[str, Any]] = [("", document)]
    while stack:
        place, value = stack.pop()
        message = None
        if isinstance(value, _Refused):
            message = value.message
        elif isinstance(value, str) and _has_surrogate(value):
            message = "expected text, got half a surrogate pair"
        elif isinstance(value, list):
            stack.extend((f"{place}[{i}]", value[i]) for i in reversed(range(len(value))))
        elif isinstance(value, dict):
            if any(_has_surrogate(key) for key in value):
                message = "expected text as keys, got half a surrogate pair"
            else:
                stack.extend(
                    (f"{place}.{key}" if place else key, item)
                    for key, item in reversed(value.items())
                )
        if message is not None:
            raise InputError(message, place=place, source=source)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _shorten(text: str, width: int = 40) -> str:
    """Show `text` as a literal of bounded length."""
    return ascii(text) if len(text) <= width else f"{ascii(text[:width])[:-1]}…'"


# --- Out ----------------------------------------------------------------------------------


class JsonText(str):
    """A text that is JSON already: written as it is, on a line of its own in an array.

    For what would take too long item by item. It may hold several items of an array,
    separated by commas.

    >>> print("".join(iter_json({"terms": iter([JsonText('{"a": 1}')])})), end="")
    {
      "terms": [
        {"a": 1}
      ]
    }
    """

    __slots__ = ()


def dump_json(obj: object, handle: IO[str]) -> None:
    """Write an object as canonical JSON: the same bytes for the same object.

    Keys are sorted, text is ASCII, and the last line ends. An array or object stands on one
    line where it fits into 100 columns or is a row of integers, and has one item a line
    otherwise. An *iterator* among the values is written as an array, item by item as it yields
    them, so that it may be longer than memory. Whatever has ``tolist`` (NumPy's arrays and
    numbers) or ``__index__`` (FLINT's integers) is written, too.
    """
    for chunk in iter_json(obj):
        handle.write(chunk)


def iter_json(obj: object) -> Iterator[str]:
    r"""Give the text of :func:`dump_json` piece by piece."""
    yield from _pieces(obj, indent=0, used=0)
    yield "\n"


_encode = json.JSONEncoder(sort_keys=True, allow_nan=False).encode


def _pieces(obj: object, indent: int, used: int) -> Iterator[str]:
    """Give the text of `obj`, whose first line starts after `used` columns."""
    if isinstance(obj, JsonText):
        yield obj
        return
    obj = _plain(obj)
    line = _one_line(obj, JSON_LINE_WIDTH - used)
    if line is not None:
        yield line
        return
    if not isinstance(obj, list | dict | Iterator) or _is_row(obj):
        yield _encode(obj)
        return
    opening, closing = "{}" if isinstance(obj, dict) else "[]"
    start = "\n" + " " * (indent + 2)
    yield opening
    separator = ""
    for prefix, item in _items(obj):
        yield f"{separator}{start}{prefix}"
        # One column is kept for the comma that may follow.
        yield from _pieces(item, indent + 2, used=indent + 2 + len(prefix) + 1)
        separator = ","
    if separator:
        yield "\n" + " " * indent
    yield closing


def _items(obj: Iterable[Any] | dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Give what is written before each item of an array or object, and the item."""
    if isinstance(obj, dict):
        for key in sorted(obj):
            yield f"{_encode(key)}: ", obj[key]
    else:
        for item in obj:
            yield "", item


def _is_row(obj: object) -> bool:
    """Tell whether `obj` is an array of numbers: a row of a matrix, which isn't broken."""
    return isinstance(obj, list) and all(type(item) is int for item in obj)


def _plain(obj: object) -> object:
    """Turn `obj`, though not what it contains, into one of the types that JSON knows."""
    if obj is None or isinstance(obj, str | bool | int | float | list | Iterator):
        return obj
    if isinstance(obj, Mapping):
        for key in obj:
            if not isinstance(key, str):
                raise TypeError(f"expected text as keys of a JSON object, got {key!r}")
        return dict(obj)
    if isinstance(obj, tuple):
        return list(obj)
    if hasattr(obj, "tolist"):
        return obj.tolist()
    if hasattr(obj, "__index__"):
        return obj.__index__()
    raise TypeError(f"expected something that JSON can say, got {type(obj).__name__}")


def _one_line(obj: object, width: int) -> str | None:
    """Return `obj` on one line, or None if that is wider than `width` or it is an iterator."""
    obj = _plain(obj)
    if isinstance(obj, Iterator):
        return None
    if not isinstance(obj, list | dict):
        line = _encode(obj)
        return line if len(line) <= width else None
    # Every item takes a character and, but for the last, a comma and a space: so a long
    # array is turned down without a look at all of it.
    if 3 * len(obj) > width:
        return None
    parts = []
    room = width - len("[]")
    for prefix, item in _items(obj):
        part = _one_line(item, room - len(prefix))
        if part is None:
            return None
        parts.append(prefix + part)
        room -= len(parts[-1]) + len(", ")
    opening, closing = "{}" if isinstance(obj, dict) else "[]"
    return f"{opening}{', '.join(parts)}{closing}"
