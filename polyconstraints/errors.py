"""Errors that users meet, each with the exit status that the command line gives it.

Every message is one line that says what was expected, what was found and where. The
command line prints ``str(error)`` and exits with ``error.exit_status``; library users
catch :class:`PolyconstraintsError` or one of its subclasses.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from numbers import Real
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = [
    "InputError",
    "MissingExtraError",
    "NotSymmetricError",
    "PolyconstraintsError",
    "RingMismatchError",
    "TooLargeError",
    "UsageError",
    "WrongTypeError",
    "explained",
    "extra",
    "naming",
    "printable",
]

#: Most characters of a message, and of the file and the place that it names.
_MESSAGE = 500
_PLACE = 200


def printable(text: str, width: int = _PLACE) -> str:
    r"""Return foreign text so that it can stand in a line: escaped, and cut where it is long.

    Names of files and texts of documents may hold line ends and the control sequences of
    terminals; every message and every output that shows them passes here.

    Examples
    --------
    >>> print(printable("a\x1b[2Jb\n"), printable("abcdefgh", 5))
    a\x1b[2Jb\n ab…gh
    """
    if len(text) > width:
        half = (width - 1) // 2
        text = f"{text[: width - 1 - half]}…{text[-half:]}"
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


class PolyconstraintsError(Exception):
    """Root of all errors that this package raises on purpose."""

    exit_status: int = 1


class UsageError(PolyconstraintsError, ValueError):
    """An argument has a value that makes no sense.

    Parameters
    ----------
    message : str
        What was expected and what was found.
    field : str, optional
        The argument at fault (``widths``). The command line names its own option instead.
    """

    exit_status = 2

    def __init__(self, message: str, field: str | None = None) -> None:
        message = printable(message, _MESSAGE)
        super().__init__(f"{field}: {message}" if field else message)
        self.message = message
        self.field = field


class WrongTypeError(UsageError, TypeError):
    """An argument is of a type that it can't have."""


class InputError(PolyconstraintsError, ValueError):
    """A file or text cannot be read as what it should be.

    Parameters
    ----------
    message : str
        What was expected and what was found.
    place : str, optional
        The place in the input, such as ``layers[0].classes[2][1]``.
    source : str, optional
        The file's name.
    """

    exit_status = 2

    def __init__(self, message: str, place: str = "", source: str = "") -> None:
        message = printable(message, _MESSAGE)
        where = ": ".join(printable(part) for part in (source, place) if part)
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.place = place
        self.source = source


@contextmanager
def naming(field: str = "", source: str = "", place: str = "") -> Iterator[None]:
    """Let what is said of an input name the field that it is given for, or its file and place."""
    try:
        yield
    except InputError as error:
        raise InputError(error.message, error.place or place, source or field) from None
    except UsageError as error:
        if not field:
            raise
        raise UsageError(error.message, field) from None


class MissingExtraError(PolyconstraintsError, ModuleNotFoundError):
    """A package is needed that only comes with an extra, and isn't installed."""

    exit_status = 2


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Say which extra brings a package that is imported within, if it isn't installed.

    Examples
    --------
    >>> with extra("torch"):
    ...     import no_such_package
    Traceback (most recent call last):
        ...
    polyconstraints.errors.MissingExtraError: expected the package no_such_package, which isn't \
    installed: pip install 'polyconstraints[torch]'
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if isinstance(error, MissingExtraError) or error.name is None:
            raise
        package = error.name.partition(".")[0]
        raise MissingExtraError(
            f"expected the package {package}, which isn't installed: "
            f"pip install 'polyconstraints[{name}]'",
            name=package,
        ) from None


_PACKAGE = __name__.partition(".")[0]

#: What Python raises where a value is of another type than those that it can have.
_RAW = (AttributeError, IndexError, KeyError, TypeError, ValueError)

_T = TypeVar("_T", bound=Callable[..., Any])


def explained(public: _T) -> _T:
    """Have a function's wrong arguments refused in a sentence, or those of a class's methods.

    Nothing is looked at beforehand. A call that fails with one of Python's own errors has its
    arguments compared with their annotations, to say what was expected, and what was found.

    Examples
    --------
    >>> @explained
    ... def last(numbers: list[int]) -> int:
    ...     return numbers[-1]
    >>> last(3)
    Traceback (most recent call last):
        ...
    polyconstraints.errors.WrongTypeError: numbers: expected a list of integers, got 3
    """
    if isinstance(public, type):
        for name, value in list(vars(public).items()):
            if name.startswith("_") and name not in ("__init__", "__call__"):
                continue
            if inspect.isfunction(value):
                setattr(public, name, explained(value))
            elif isinstance(value, classmethod):
                setattr(public, name, classmethod(explained(value.__func__)))
        return public

    if inspect.isgeneratorfunction(public):

        @wraps(public)
        def generated(*arguments: Any, **keywords: Any) -> Any:
            try:
                yield from public(*arguments, **keywords)
            except _RAW as error:
                _explain(error, public, arguments, keywords)
                raise

        return generated  # type: ignore[return-value]

    @wraps(public)
    def called(*arguments: Any, **keywords: Any) -> Any:
        try:
            return public(*arguments, **keywords)
        except _RAW as error:
            _explain(error, public, arguments, keywords)
            raise

    return called  # type: ignore[return-value]


def _explain(
    error: Exception,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    keywords: Mapping[str, Any],
) -> None:
    """Refuse the first argument that isn't what its annotation says, unless an error does."""
    if isinstance(error, PolyconstraintsError):
        return
    signature = inspect.signature(function)
    try:
        given = signature.bind(*arguments, **keywords).arguments
    except TypeError:
        return
    for name, value in given.items():
        parameter = signature.parameters[name]
        if parameter.annotation is parameter.empty or parameter.kind is parameter.VAR_KEYWORD:
            continue
        hint = _resolved(function, parameter.annotation)
        for one in value if parameter.kind is parameter.VAR_POSITIONAL else (value,):
            if not _fits(one, hint):
                raise WrongTypeError(f"expected {_said(hint)}, got {one!r:.40}", name) from None


def _resolved(function: Callable[..., Any], annotation: object) -> Any:
    """Return what an annotation says; for names that nothing has imported yet, anything."""
    alone = SimpleNamespace(__annotations__={"it": annotation})
    # Those that type checkers alone import there are somewhere else in the package.
    elsewhere: dict[str, Any] = {}
    while True:
        try:
            return get_type_hints(alone, function.__globals__, elsewhere)["it"]
        except NameError as missing:
            name = str(missing.name)
            package = [vars(one) for key, one in sys.modules.items() if key.startswith(_PACKAGE)]
            elsewhere[name] = next((one[name] for one in package if name in one), Any)


def _fits(value: object, hint: Any) -> bool:
    """Tell whether a value is what an annotation says, as far as a glance can tell."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if kind is Literal:
        return value in inner
    if kind in (int, float):
        number = hasattr(value, "__index__") if kind is int else isinstance(value, Real)
        return number and not isinstance(value, bool)
    if kind in (Any, object) or not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
        return True
    if not _holds_items(kind):
        return isinstance(value, kind)
    if isinstance(value, str):
        return False
    if not isinstance(value, kind):
        # Arrays are sequences to everybody but Python.
        return hasattr(value, "__array__")
    alike = isinstance(value, list | tuple) and inner and inner[1:] in ((), (...,))
    return not alike or all(_fits(item, inner[0]) for item in value)  # type: ignore[attr-defined]


def _holds_items(kind: type[Any]) -> bool:
    return kind is list or issubclass(tuple, kind)


_WORDS = {
    "int": "integer",
    "float": "number",
    "str": "text",
    "Callable": "function",
    "PathLike": "path",
}


def _said(hint: Any, *, several: bool = False) -> str:
    """Return an annotation in words."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        words = (_said(one, several=several) for one in inner if one is not NoneType)
        return " or ".join(dict.fromkeys(words))
    if kind is Literal:
        return f"one of {', '.join(map(str, inner))}"
    name = getattr(kind, "__name__", "value")
    word = _WORDS.get(name, name.lower() if inspect.isabstract(kind) else name)
    if inner and isinstance(kind, type) and _holds_items(kind) and inner[0] is not Any:
        word += f" of {_said(inner[0], several=True)}"
    elif several:
        word += "s"
    article = "" if several else "an " if word[0] in "aeiouAEIOU" else "a "
    return article + word


class RingMismatchError(PolyconstraintsError, TypeError):
    """Two polynomials of different rings meet in one operation."""

    exit_status = 2


class NotSymmetricError(PolyconstraintsError):
    """A network or tying map does not have the symmetry that it was checked for."""

    exit_status = 3


class TooLargeError(PolyconstraintsError):
    """A job was refused before it started because of its predicted size.

    Parameters
    ----------
    message : str
        The limit and the predicted size.
    terms : int, optional
        Predicted number of terms, or of weights where none are multiplied.
    size : int, optional
        Predicted memory in bytes.
    allow : tuple of str and (str or int), optional
        The argument that would allow it, and its value: ``("memory_limit", "13GiB")``. The
        command line words it as its option.

    Examples
    --------
    >>> print(TooLargeError("expected at most 10 weights, got 12", 12, allow=("max_weights", 12)))
    expected at most 10 weights, got 12: max_weights=12 would allow it
    """

    exit_status = 4

    def __init__(
        self,
        message: str,
        terms: int | None = None,
        size: int | None = None,
        allow: tuple[str, str | int] | None = None,
    ) -> None:
        name, value = allow or ("", "")
        super().__init__(f"{message}: {name}={value} would allow it" if allow else message)
        self.message = message
        self.terms = terms
        self.size = size
        self.allow = allow
