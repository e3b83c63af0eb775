"""Errors that users meet, each with the exit status that the command line gives it.

Every message is one line that says what was expected, what was found and where. The
command line prints ``str(error)`` and exits with ``error.exit_status``; library users
catch :class:`PolyconstraintsError` or one of its subclasses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "InputError",
    "MissingExtraError",
    "NotSymmetricError",
    "PolyconstraintsError",
    "RingMismatchError",
    "TooLargeError",
    "UsageError",
    "extra",
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
