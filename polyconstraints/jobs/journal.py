"""A file that is written for a long time and survives an interruption.

While it is written, ``FILE`` has two companions: ``FILE.partial`` holds the text so far and
``FILE.journal`` says what it is the beginning of and how far it can be trusted. A journal is
lines of JSON: first the job's identity, then one line a second with the number of segments
done, the bytes that they make and a checksum of those. Whatever comes after the last line
that is whole is thrown away and written again, so the finished file has the same bytes as
one written without an interruption. ``FILE`` itself appears when it is whole.
"""

from __future__ import annotations

import json
import os
import stat
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any, NamedTuple

from polyconstraints.errors import InputError, PolyconstraintsError, UsageError

__all__ = ["Journal", "Progress", "is_resumable", "journal_path", "partial_path"]

SCHEMA = "polyconstraints/journal/1"

#: Seconds between two lines of a journal: the most work that a crash costs.
INTERVAL = 1.0

_CHUNK = 1 << 20

try:
    import fcntl
except ImportError:  # not on Windows, where two writers of one file are not told apart
    _lock: Callable[[int], None] | None = None
else:

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Progress(NamedTuple):
    """How far a file has been written.

    Attributes
    ----------
    segments, steps : int
        Segments that are done, and the steps of their parts.
    size, checksum : int
        Bytes that they make, and the CRC-32 of those.
    """

    segments: int = 0
    steps: int = 0
    size: int = 0
    checksum: int = 0


def partial_path(path: str) -> str:
    """Return where the text so far is kept."""
    return f"{os.path.realpath(path)}.partial"


def journal_path(path: str) -> str:
    """Return where a file's journal is kept."""
    return f"{os.path.realpath(path)}.journal"


def is_resumable(path: str) -> bool:
    """Tell whether a file can be continued: not if it is a device or a pipe."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True


class Journal:
    """Writes a file that can be continued.

    Made by :meth:`opened`.

    Attributes
    ----------
    done : Progress
        What has been written, by this process and those before it.
    """

    def __init__(
        self,
        path: str,
        identity: Mapping[str, Any],
        partial: IO[bytes],
        done: Progress,
        clock: Callable[[], float],
    ) -> None:
        self.path = path
        self.done = done
        self._identity = identity
        self._partial = partial
        self._journal: IO[str] | None = None
        self._clock = clock
        self._saved_at = clock()

    @classmethod
    @contextmanager
    def opened(
        cls,
        path: str,
        identity: Mapping[str, Any],
        *,
        resume: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> Iterator[Journal]:
        """Write a file, from its beginning or from where a journal of the same job ends.

        When the block succeeds the file takes its place. When it fails, what has been
        written stays, to be continued, if it took longer than a second.

        Parameters
        ----------
        path : str
            The file; its directory is where the companions are kept too.
        identity : mapping
            What the file is to hold, in JSON's terms.
        resume : bool
            Whether to continue. Without a journal there is nothing to continue, and the
            file is written from its beginning.
        clock : callable, optional
            Gives the time in seconds.

        Raises
        ------
        InputError
            If the journal belongs to another job, or cannot be read.
        UsageError
            If another process is writing the same file.
        """
        identity = json.loads(json.dumps(identity))
        done = _read(path, identity) if resume else Progress()
        if not os.path.exists(partial_path(path)):
            done = Progress()
        with open(partial_path(path), "r+b" if done.size else "a+b") as partial:
            _claim(partial, path)
            # What replaces a private file is private from the beginning.
            with suppress(FileNotFoundError):
                os.chmod(partial_path(path), stat.S_IMODE(os.stat(path).st_mode))
            if done.size:
                _verify(partial, done, path)
            else:
                with suppress(FileNotFoundError):
                    os.unlink(journal_path(path))
            partial.seek(done.size)
            partial.truncate()
            journal = cls(path, identity, partial, done, clock)
            try:
                if done.size:
                    journal._save()
                yield journal
            except BaseException:
                journal._leave()
                raise
            journal._finish()

    def write(self, text: str, segments: int, steps: int) -> None:
        """Add the text of some segments."""
        data = text.encode()
        self._partial.write(data)
        before = self.done
        self.done = Progress(
            before.segments + segments,
            before.steps + steps,
            before.size + len(data),
            zlib.crc32(data, before.checksum),
        )
        if self._clock() - self._saved_at >= INTERVAL:
            self._save()

    def _save(self) -> None:
        """Make sure that what is done is on the disk, and say so in the journal."""
        self._partial.flush()
        os.fsync(self._partial.fileno())
        if self._journal is None:
            self._journal = open(journal_path(self.path), "a", encoding="utf-8")  # noqa: SIM115
            if self._journal.tell():
                # After a line that may have been cut short.
                self._journal.write("\n")
            else:
                self._note({"schema": SCHEMA, "job": self._identity})
        self._note(self.done._asdict())
        self._saved_at = self._clock()

    def _note(self, line: Mapping[str, Any]) -> None:
        if self._journal is not None:
            self._journal.write(json.dumps(line, sort_keys=True) + "\n")
            self._journal.flush()
            os.fsync(self._journal.fileno())

    @property
    def kept(self) -> bool:
        """Whether what has been written would be there to be continued."""
        return self._journal is not None

    def _leave(self) -> None:
        """Keep what is worth it."""
        with suppress(OSError):
            if self.kept:
                self._save()
            else:
                os.unlink(partial_path(self.path))
        self._close()

    def _finish(self) -> None:
        self._partial.flush()
        os.fsync(self._partial.fileno())
        self._partial.close()
        self._close()
        os.replace(partial_path(self.path), os.path.realpath(self.path))
        with suppress(FileNotFoundError):
            os.unlink(journal_path(self.path))

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def _claim(partial: IO[bytes], path: str) -> None:
    if _lock is None:
        return
    try:
        _lock(partial.fileno())
    except OSError:
        raise UsageError(f"another process is writing {path!r}") from None


def _read(path: str, identity: Mapping[str, Any]) -> Progress:
    """Return how far a journal says that a file has been written."""
    name = journal_path(path)
    try:
        with open(name, encoding="utf-8") as handle:
            first = _line(handle.readline())
            lines = [_line(text) for text in handle]
    except FileNotFoundError:
        return Progress()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as a journal: {error}", source=name) from None
    if first is None or first.get("schema") != SCHEMA:
        raise InputError(f"expected a journal of schema {SCHEMA}, got another file", source=name)
    if first.get("job") != identity:
        raise InputError(
            f"expected the journal of this job, got that of another one "
            f"({_difference(first.get('job'), identity)}); the same command continues it, and "
            f"one without --resume starts over",
            source=name,
        )
    # A line that was being written when the process ended is not whole, and is the last.
    for line in reversed(lines):
        if line is not None and set(line) == set(Progress._fields):
            return Progress(**line)
    return Progress()


def _line(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text) if text.endswith("\n") else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _difference(found: object, wanted: Mapping[str, Any]) -> str:
    """Say in a few words what distinguishes two jobs."""
    if not isinstance(found, dict):
        return "unknown"
    for key in sorted({*found, *wanted}):
        ours, theirs = wanted.get(key), found.get(key)
        if ours != theirs:
            if isinstance(ours, dict) and isinstance(theirs, dict):
                return _difference(theirs, ours)
            return f"{key} is {json.dumps(theirs)[:60]} there and {json.dumps(ours)[:60]} here"
    return "unknown"


def _verify(partial: IO[bytes], done: Progress, path: str) -> None:
    """Refuse a partial file whose beginning is not what its journal says."""
    checksum, left = 0, done.size
    partial.seek(0)
    while left and (chunk := partial.read(min(left, _CHUNK))):
        checksum = zlib.crc32(chunk, checksum)
        left -= len(chunk)
    if left or checksum != done.checksum:
        raise PolyconstraintsError(
            f"{partial_path(path)}: expected what its journal describes, got something else; "
            f"the same command without --resume starts over"
        )
