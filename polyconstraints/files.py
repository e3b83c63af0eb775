"""Files in and out: whole or not at all, bounded, and without surprises.

Writing goes through :func:`atomic_writer`, so that a reader never meets half a file and a
failed run leaves the previous file as it was. Reading is bounded in size, and the JSON
reader refuses what other readers would disagree about: duplicate keys, ``NaN``, numbers
without bound. Nothing in this package unpickles or evaluates what it reads.
"""

from __future__ import annotations

import codecs
import errno
import json
import math
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import IO, Any, Literal, NamedTuple, overload

from polyconstraints.errors import InputError, PolyconstraintsError, UsageError

__all__ = [
    "STANDARD_STREAM",
    "atomic_writer",
    "check_writable",
    "dump_json",
    "iter_json",
    "load_json",
    "parse_json",
    "read_bytes",
    "read_text",
]

STANDARD_STREAM = "-"
"""The name that stands for standard input where a file is read, output where one is written."""

DEFAULT_LIMIT_BYTES = 256 * 2**20
"""Largest file that is read unless the caller says otherwise: 256 MiB."""

MAX_JSON_DEPTH = 64
"""Deepest nesting of JSON arrays and objects that is read; our own documents need six."""

MAX_INTEGER_DIGITS = 1000
"""Longest integer that is read: parsing one takes time quadratic in its length."""

JSON_LINE_WIDTH = 100
"""An array or object is written on one line where it fits into this many columns."""

_StrPath = str | os.PathLike[str]

# Failures of the medium, not of the command: no option would have avoided them.
_MEDIUM_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


# --- Writing ------------------------------------------------------------------------------


class _Target(NamedTuple):
    """Where a write really goes, symbolic links resolved."""

    path: str
    mode: int | None  # permission bits of the file that is there, if one is
    special: bool  # a device or pipe: written to, never replaced


def _target(path: _StrPath, option: str | None) -> _Target:
    """Resolve `path` and refuse what cannot be written."""
    shown = os.fspath(path)

    def refuse(reason: str) -> UsageError:
        return UsageError(f"cannot write {shown!r}: {reason}", option)

    if not shown or "\0" in shown:
        raise refuse("expected the name of a file")
    real = os.path.realpath(shown)
    try:
        found = os.stat(real)
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise refuse(_reason(error)) from None
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise refuse("it is a directory")
    if found is None and shown.endswith(os.sep):
        raise refuse("there is no such directory")
    if found is not None and not os.access(real, os.W_OK):
        raise refuse("permission denied")
    if found is not None and not stat.S_ISREG(found.st_mode):
        return _Target(real, None, special=True)
    folder = os.path.dirname(real)
    if not os.path.isdir(folder):
        raise refuse(f"there is no directory {os.path.dirname(shown) or folder!r}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise refuse("permission denied in its directory")
    return _Target(real, None if found is None else stat.S_IMODE(found.st_mode), special=False)


def _reason(error: OSError) -> str:
    """Return what the system says about `error`, in lower case and without the path."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def check_writable(path: _StrPath, *, option: str | None = None) -> None:
    """Refuse now what :func:`atomic_writer` would refuse after the work is done.

    Parameters
    ----------
    path : str or os.PathLike
        The file that will be written.
    option : str, optional
        The command-line option that named it, for the message.

    Raises
    ------
    UsageError
        If the directory is missing, the target is a directory, or permission is lacking.

    Examples
    --------
    >>> check_writable("/no/such/place/map.json", option="--output-file")
    Traceback (most recent call last):
        ...
    polyconstraints.errors.UsageError: --output-file: cannot write '/no/such/place/map.json': \
there is no directory '/no/such/place'
    """
    _target(path, option)


@overload
def atomic_writer(
    path: _StrPath, *, binary: Literal[False] = False, option: str | None = None
) -> AbstractContextManager[IO[str]]: ...


@overload
def atomic_writer(
    path: _StrPath, *, binary: Literal[True], option: str | None = None
) -> AbstractContextManager[IO[bytes]]: ...


def atomic_writer(path: _StrPath, *, binary: bool = False, option: str | None = None) -> Any:
    r"""Write a file whole or not at all.

    The content goes to a temporary file in the same directory, is forced to the disk and
    then takes the place of `path` in one step. Whatever ends the block early, Ctrl-C
    included, leaves the previous file as it was and no temporary file behind.

    A new file gets the permissions that the umask leaves; one that is replaced keeps its
    own. A symbolic link stays one: the file it points to is replaced. A device or a named
    pipe cannot be replaced and is written to directly.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write.
    binary : bool, default False
        Give a handle for bytes instead of one for UTF-8 text with ``\n`` line ends.
    option : str, optional
        The command-line option that named the file, for the message of an error.

    Returns
    -------
    contextlib.AbstractContextManager
        Its ``with`` statement gives the open handle.

    Raises
    ------
    UsageError
        If the directory is missing, the target is a directory, or permission is lacking.
    PolyconstraintsError
        If the disk is full or fails.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "counts.txt")
    ...     with atomic_writer(path) as handle:
    ...         _ = handle.write("1 3 4\n")
    ...     read_text(path)
    '1 3 4\n'
    """
    return _atomic_writer(path, binary, option)


@contextmanager
def _atomic_writer(path: _StrPath, binary: bool, option: str | None) -> Iterator[IO[Any]]:
    target = _target(path, option)
    try:
        if target.special:
            with _open(target.path, binary) as handle:
                yield handle
            return
        with _replacing(target, binary) as handle:
            yield handle
    except OSError as error:
        if error.errno in _MEDIUM_ERRORS:
            raise PolyconstraintsError(
                f"cannot write {os.fspath(path)!r}: {_reason(error)}"
            ) from None
        raise


@contextmanager
def _replacing(target: _Target, binary: bool) -> Iterator[IO[Any]]:
    """Give a handle to a temporary file that replaces `target` when the block succeeds."""
    # A name of its own, not one made from the target's: that may be as long as names can be.
    temporary = os.path.join(
        os.path.dirname(target.path), f".polyconstraints-{secrets.token_hex(8)}.tmp"
    )
    # A replaced file may be private, so its successor starts out private too.
    created_mode = 0o666 if target.mode is None else 0o600
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    try:
        with _open(os.open(temporary, flags, created_mode), binary) as handle:
            yield handle
            handle.flush()
            if target.mode is not None:
                os.chmod(temporary, target.mode)
            os.fsync(handle.fileno())
        os.replace(temporary, target.path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _open(file: str | int, binary: bool) -> IO[Any]:
    if binary:
        return open(file, "wb")
    return open(file, "w", encoding="utf-8", newline="\n")


# --- Reading ------------------------------------------------------------------------------


def read_bytes(path: _StrPath, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> bytes:
    """Read a whole file, or standard input for ``-``, up to a size.

    Parameters
    ----------
    path : str or os.PathLike
        The file; ``-`` stands for standard input.
    limit_bytes : int, optional
        The largest size to accept. No more than this is ever held in memory.

    Returns
    -------
    bytes
        The content.

    Raises
    ------
    InputError
        If the file is missing, is a directory, cannot be read or is larger than the limit.
    """
    shown = os.fspath(path)
    source = _source_name(shown)
    if "\0" in shown:
        raise InputError(f"expected the name of a file, got {_shorten(shown)}")
    try:
        if shown == STANDARD_STREAM:
            if sys.stdin is None:
                raise InputError("expected input, but it is closed", source=source)
            data = sys.stdin.buffer.read(limit_bytes + 1)
        else:
            with open(shown, "rb") as handle:
                data = handle.read(limit_bytes + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {_reason(error)}", source=source) from None
    if len(data) > limit_bytes:
        raise InputError(f"expected at most {limit_bytes} bytes, got more", source=source)
    return data


def read_text(path: _StrPath, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> str:
    """Read a whole UTF-8 text file, or standard input for ``-``, up to a size.

    A byte order mark at the start is dropped; line ends are left alone.

    Parameters
    ----------
    path : str or os.PathLike
        The file; ``-`` stands for standard input.
    limit_bytes : int, optional
        The largest size to accept.

    Returns
    -------
    str
        The content.

    Raises
    ------
    InputError
        If the file cannot be read, is larger than the limit or is not UTF-8.

    Examples
    --------
    >>> read_text("/no/such/file")
    Traceback (most recent call last):
        ...
    polyconstraints.errors.InputError: /no/such/file: cannot be read: no such file or directory
    """
    data = read_bytes(path, limit_bytes)
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        skipped = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
        raise InputError(
            f"expected UTF-8 text, got the byte 0x{error.object[error.start]:02x}",
            place=f"byte {error.start + skipped}",
            source=_source_name(os.fspath(path)),
        ) from None


def _source_name(shown: str) -> str:
    return "standard input" if shown == STANDARD_STREAM else shown


# --- JSON in ------------------------------------------------------------------------------

# Strings are matched whole so that brackets inside them don't count; one that never ends is
# matched to the end of the text, which keeps the scan linear.
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
_LONG_INTEGER = re.compile(rf"[0-9]{{{MAX_INTEGER_DIGITS + 1}}}")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class _Refused:
    """Stands in a parsed document for a value that is refused, until its place is known."""

    def __init__(self, message: str) -> None:
        self.message = message


def load_json(path: _StrPath, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> Any:
    """Read a JSON file, or standard input for ``-``, strictly.

    Parameters
    ----------
    path : str or os.PathLike
        The file; ``-`` stands for standard input.
    limit_bytes : int, optional
        The largest size to accept.

    Returns
    -------
    dict, list, str, int, float, bool or None
        The document.

    Raises
    ------
    InputError
        If the file cannot be read, or for any of the reasons of :func:`parse_json`.
    """
    return parse_json(read_text(path, limit_bytes), source=_source_name(os.fspath(path)))


def parse_json(text: str, source: str = "") -> Any:
    """Parse a JSON text strictly.

    Parameters
    ----------
    text : str
        The text.
    source : str, optional
        The name of the file that it came from, for the message of an error.

    Returns
    -------
    dict, list, str, int, float, bool or None
        The document.

    Raises
    ------
    InputError
        If the text is not JSON, ends early, nests more than 64 deep, gives a key twice in
        one object, or holds ``NaN``, an infinity, an integer of more than 1000 digits or
        half a surrogate pair. The message names the place.

    Examples
    --------
    >>> parse_json('{"classes": [[0, 1], [1, 0]]}')
    {'classes': [[0, 1], [1, 0]]}
    >>> parse_json('{"layers": [{"name": 1, "name": 2}]}', source="map.json")
    Traceback (most recent call last):
        ...
    polyconstraints.errors.InputError: map.json: layers[0]: expected each key once, got 'name' twice
    """
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
    """Show `text` as a literal of bounded length.

    Examples
    --------
    >>> _shorten("widths")
    "'widths'"
    >>> _shorten("9" * 100)
    "'9999999999999999999999999999999999999999…'"
    """
    return ascii(text) if len(text) <= width else f"{ascii(text[:width])[:-1]}…'"


# --- JSON out -----------------------------------------------------------------------------


def dump_json(obj: object, handle: IO[str]) -> None:
    """Write an object as canonical JSON: the same bytes for the same object.

    Keys are sorted, text is ASCII, and the last line ends. An array or object stands on one
    line where it fits into 100 columns or is a row of integers, and has one item a line
    otherwise. An *iterator*
    among the values is written as an array, item by item as it yields them, so that it may
    be longer than memory.

    Parameters
    ----------
    obj : object
        Mappings with text keys, lists, tuples, iterators, text, numbers, booleans and
        None, nested; also whatever has ``tolist`` (NumPy's arrays and numbers) or
        ``__index__`` (FLINT's integers).
    handle : file object
        An open text file.

    Raises
    ------
    TypeError
        If something in the object has no JSON form.
    ValueError
        If a number in it is not finite.

    Examples
    --------
    >>> import sys
    >>> dump_json({"weights": 54, "classes": [[0, 1], [1, 0]]}, sys.stdout)
    {"classes": [[0, 1], [1, 0]], "weights": 54}
    """
    for chunk in iter_json(obj):
        handle.write(chunk)


def iter_json(obj: object) -> Iterator[str]:
    r"""Give the text of :func:`dump_json` piece by piece.

    Examples
    --------
    >>> print("".join(iter_json({"list": iter(range(2)), "schema": "example"})), end="")
    {
      "list": [
        0,
        1
      ],
      "schema": "example"
    }
    """
    yield from _pieces(obj, indent=0, used=0)
    yield "\n"


_encode = json.JSONEncoder(sort_keys=True, allow_nan=False).encode


def _pieces(obj: object, indent: int, used: int) -> Iterator[str]:
    """Give the text of `obj`, whose first line starts after `used` columns."""
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
