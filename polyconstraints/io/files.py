"""Files in and out: whole or not at all, bounded, and without surprises.

Writing goes through :func:`atomic_writer`, so that a reader never meets half a file and a
failed run leaves the previous file as it was. Reading is bounded in size, and JSON is read by
:mod:`polyconstraints.io.strict_json`. Nothing in this package unpickles or evaluates what it reads.
"""

from __future__ import annotations

import codecs
import errno
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, NamedTuple

from polyconstraints.errors import InputError, PolyconstraintsError, UsageError
from polyconstraints.io.strict_json import parse_json

STANDARD_STREAM = "-"
"""The name that stands for standard input where a file is read, output where one is written."""

DEFAULT_LIMIT_BYTES = 256 * 2**20
"""Largest file that is read unless the caller says otherwise: 256 MiB."""

_CHUNK_BYTES = 2**20

#: Where Linux gives open files names.
_LINKS = "/proc/self/fd/{}"

_StrPath = str | os.PathLike[str]


def ending_of(path: _StrPath) -> str:
    """Return the ending of a file's name, which says its format: ``npz``, in lower case."""
    return os.fspath(path).rpartition(".")[2].lower()


# Failures of the medium, not of the command: no field would have avoided them.
_MEDIUM_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


# --- Writing ------------------------------------------------------------------------------


class _Target(NamedTuple):
    """Where a write really goes, symbolic links resolved."""

    path: str
    mode: int | None  # permission bits of the file that is there, if one is
    special: bool  # a device or pipe: written to, never replaced


def _target(path: _StrPath, field: str | None) -> _Target:
    """Resolve `path` and refuse what cannot be written."""
    shown = os.fspath(path)

    def refuse(reason: str) -> UsageError:
        return UsageError(f"cannot write {shown!r}: {reason}", field)

    if not shown or "\0" in shown:
        raise refuse("expected the name of a file")
    try:
        found = os.stat(shown)
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise refuse(_reason(error)) from None
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise refuse("it is a directory")
    if found is None and shown.endswith(os.sep):
        raise refuse("there is no such directory")
    if found is not None and not os.access(shown, os.W_OK):
        raise refuse("permission denied")
    if found is not None and not stat.S_ISREG(found.st_mode):
        # Under its own name: what /dev/stdout leads to may have none.
        return _Target(shown, None, special=True)
    real = os.path.realpath(shown)
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


def check_writable(path: _StrPath, *, field: str | None = None) -> None:
    """Refuse now what :func:`atomic_writer` would refuse after the work is done.

    ``field`` is the argument that named the file, for the message.
    """
    _target(path, field)


@contextmanager
def atomic_writer(
    path: _StrPath, *, binary: bool = False, field: str | None = None, durable: bool = True
) -> Iterator[IO[Any]]:
    r"""Write a file whole or not at all.

    The content goes to a temporary file in the same directory, is forced to the disk and
    then takes the place of `path` in one step. Whatever ends the block early, Ctrl-C
    included, leaves the previous file as it was and no temporary file behind.

    A new file gets the permissions that the umask leaves; one that is replaced keeps its
    own. A symbolic link stays one: the file it points to is replaced. A device or a named
    pipe cannot be replaced and is written to directly. Text is UTF-8 with ``\n`` line ends.

    A file that isn't ``durable`` is whole for every process, but may be empty after a power
    cut. ``field`` is the argument that named the file, for the message of an error.
    """
    target = _target(path, field)
    blamed = True
    try:
        special = target.special
        opened = _open(target.path, binary) if special else _replacing(target, binary, durable)
        with opened as handle:
            blamed = False
            yield handle
            blamed = True
    except OSError as error:
        if isinstance(error, BrokenPipeError) or (not blamed and error.errno not in _MEDIUM_ERRORS):
            raise  # the reader's going away, or the block's own
        message = f"cannot write {os.fspath(path)!r}: {_reason(error)}"
        if error.errno in _MEDIUM_ERRORS:
            raise PolyconstraintsError(message) from None
        raise UsageError(message, field) from None


@contextmanager
def _replacing(target: _Target, binary: bool, durable: bool) -> Iterator[IO[Any]]:
    """Give a handle to a temporary file that replaces `target` when the block succeeds.

    Nothing is locked: each writer has a name of its own, and whoever is last has written the
    file.
    """
    # A name of its own, not one made from the target's: that may be as long as names can be.
    temporary = os.path.join(
        os.path.dirname(target.path), f".polyconstraints-{secrets.token_hex(8)}.tmp"
    )
    # A replaced file may be private, so its successor starts out private too.
    created_mode = 0o666 if target.mode is None else 0o600
    try:
        descriptor, named = _created(temporary, created_mode)
        with _open(descriptor, binary) as handle:
            yield handle
            handle.flush()
            if target.mode is not None:
                os.chmod(handle.fileno(), target.mode)
            if durable:
                os.fsync(handle.fileno())
            if not named:
                _give_name(handle.fileno(), temporary)
        os.replace(temporary, target.path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _give_name(descriptor: int, path: str) -> None:
    """Give a complete file without a name one, or copy it where the system won't."""
    try:
        # Only with a directory does Python ask for links to be followed; it is not looked at.
        link = _LINKS.format(descriptor)
        os.link(link, path, src_dir_fd=descriptor, follow_symlinks=True)
    except OSError as error:
        if error.errno in _MEDIUM_ERRORS:
            raise
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        with (
            open(_LINKS.format(descriptor), "rb") as whole,
            open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as copy,
        ):
            shutil.copyfileobj(whole, copy)
            os.fsync(copy.fileno())


def _created(path: str, mode: int) -> tuple[int, bool]:
    """Return a new file for writing, and whether it has its name already.

    Where the system can do it the file has no name until it is complete, so that nothing is
    left of it when the process is killed.
    """
    flags = os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)
    unnamed = getattr(os, "O_TMPFILE", None)
    if unnamed is not None and os.path.isdir(os.path.dirname(_LINKS)):
        with suppress(OSError):  # this file system can't
            return os.open(os.path.dirname(path), flags | unnamed, mode), False
    return os.open(path, flags | os.O_CREAT | os.O_EXCL, mode), True


def _open(file: str | int, binary: bool) -> IO[Any]:
    if binary:
        return open(file, "wb")
    return open(file, "w", encoding="utf-8", newline="\n")


# --- Reading ------------------------------------------------------------------------------


def read_bytes(path: _StrPath, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> bytes:
    """Read a whole file, or standard input for ``-``; no more than the limit is ever held."""
    shown = os.fspath(path)
    source = _source_name(shown)
    if "\0" in shown:
        raise InputError(f"expected the name of a file, got {shown!r}")
    try:
        if shown == STANDARD_STREAM:
            if sys.stdin is None:
                raise InputError("expected input, but it is closed", source=source)
            data = _read_bounded(sys.stdin.buffer, limit_bytes + 1)
        else:
            with open(shown, "rb") as handle:
                data = _read_bounded(handle, limit_bytes + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {_reason(error)}", source=source) from None
    if len(data) > limit_bytes:
        raise InputError(f"expected at most {limit_bytes} bytes, got more", source=source)
    return data


def _read_bounded(handle: IO[bytes], limit: int) -> bytes:
    """Read `limit` bytes or to the end, without memory for more than there is."""
    chunks = []
    while limit > 0 and (chunk := handle.read(min(limit, _CHUNK_BYTES))):
        chunks.append(chunk)
        limit -= len(chunk)
    return b"".join(chunks)


def read_text(path: _StrPath, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> str:
    """Read a whole UTF-8 text file, or standard input for ``-``, up to a size.

    A byte order mark at the start is dropped; line ends are left alone.
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


def load_json(path: _StrPath) -> Any:
    """Read a JSON file, or standard input for ``-``, strictly."""
    return parse_json(read_text(path), source=_source_name(os.fspath(path)))
