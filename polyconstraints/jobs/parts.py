"""Part files: a long result on its way, each part whole or not there.

While ``FILE`` is written, the directory ``FILE.parts`` beside it holds a file for each batch that
is done, and a manifest that says what they are parts of. A part's name is its job, its number
and a checksum, so that one that a power cut has emptied is not taken for whole. Nothing is
locked: of two processes that write one file, each writes anew what the other has taken away.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import glob
from itertools import islice
from tempfile import TemporaryDirectory
from typing import Any

from polyconstraints.errors import InputError, PolyconstraintsError, UsageError
from polyconstraints.io.files import atomic_writer, load_json
from polyconstraints.io.strict_json import dump_json
from polyconstraints.jobs import BATCH_STEPS, Writer, batches

SCHEMA = "polyconstraints/parts/1"

_MANIFEST = "manifest.json"

_PART = re.compile(r"[0-9a-f]{16}-([0-9]{8,})-([0-9a-f]{8})")
#: What processes leave that are killed while they give a complete file its name.
_UNFINISHED = re.compile(r"\.polyconstraints-[0-9a-f]+\.tmp")

_LONGEST_NAME = 255

#: Begins the names of directories for parts on their way to standard output.
_PRIVATE = "polyconstraints-"

#: How often a part is written before a directory that keeps vanishing is given up.
_TRIES = 3


def parts_folder(path: str) -> str:
    """Return where a file's parts are kept: ``FILE.parts``, where that is no too long name."""
    folder, name = os.path.split(os.path.realpath(path))
    if len(os.fsencode(name)) + len(".parts") > _LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    return os.path.join(folder, f"{name}.parts")


def takes_parts(path: str) -> bool:
    """Tell whether a file can be put together: not if it is a device or a pipe."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True


@dataclass(frozen=True)
class PartFiles:
    """The parts of one result, in a directory; sixteen hexadecimal digits tell it from others."""

    folder: str
    job: str = "0" * 16

    @classmethod
    @contextmanager
    def opened(cls, path: str, identity: Mapping[str, Any], *, resume: bool) -> Iterator[PartFiles]:
        """Keep the parts of a file while a block writes and joins them.

        The identity says what it is to hold, in JSON's terms. Parts that are there are used to
        `resume`; otherwise they go first. They are refused if they are another result's, or
        something else is where they should be. When the block succeeds the parts go; when it
        fails they stay, to be used again.
        """
        identity = json.loads(json.dumps({**identity, "batch": BATCH_STEPS}))
        text = json.dumps(identity, sort_keys=True)
        parts = cls(parts_folder(path), hashlib.sha256(text.encode()).hexdigest()[:16])
        manifest = os.path.join(parts.folder, _MANIFEST)
        if _MANIFEST in parts._check() and resume:
            _compare(load_json(manifest), identity, manifest)
        if not resume:
            parts._clear(everything=True)
        os.makedirs(parts.folder, 0o700, exist_ok=True)
        with atomic_writer(manifest) as handle:
            dump_json({"schema": SCHEMA, "job": identity}, handle)
        try:
            yield parts
        except BaseException:
            if not parts.found():
                parts._clear()
            raise
        parts._clear()

    @classmethod
    @contextmanager
    def private(cls) -> Iterator[PartFiles]:
        """Keep parts that nobody will continue for as long as a block lasts.

        A process that is killed leaves its own behind, but no lock on them: they go first.
        """
        with (
            TemporaryDirectory(prefix=_PRIVATE, ignore_cleanup_errors=True) as folder,
            _locked(folder),
        ):
            for left in map(cls, glob(os.path.join(os.path.dirname(folder), f"{_PRIVATE}*"))):
                with _locked(left.folder) as dead, suppress(UsageError):
                    if dead:
                        left._check()
                        left._clear(everything=True)
            yield cls(folder)

    def put(self, number: int, text: str) -> str:
        """Write a part; return its name."""
        data = text.encode()
        name = f"{self.job}-{number:08d}-{zlib.crc32(data):08x}"
        for left in reversed(range(_TRIES)):
            try:
                os.makedirs(self.folder, 0o700, exist_ok=True)
                path = os.path.join(self.folder, name)
                with atomic_writer(path, binary=True, durable=False) as handle:
                    handle.write(data)
                break
            except (UsageError, FileNotFoundError):
                # Another writer of the same file may have tidied up.
                if not left:
                    raise
        return name

    def get(self, name: str) -> bytes | None:
        """Return what a part holds; None if it isn't there, or isn't what its name says."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        match = _PART.fullmatch(name)
        try:
            with open(os.open(os.path.join(self.folder, name), flags), "rb") as handle:
                data = handle.read()
        except OSError:
            return None
        return data if match and zlib.crc32(data) == int(match[2], 16) else None

    def take(self, name: str) -> str:
        """Return what a part holds, and remove it."""
        data = self.get(name)
        if data is None:
            raise PolyconstraintsError(f"{name}: expected a part that was just written, got none")
        os.unlink(os.path.join(self.folder, name))
        return data.decode()

    def found(self) -> dict[int, str]:
        """Return the names of the parts that are there, by their numbers."""
        matches = filter(None, map(_PART.fullmatch, self._listed()))
        return {int(match[1]): match[0] for match in matches if match[0].startswith(self.job)}

    def joined(self, names: Mapping[int, str], writer: Writer) -> Iterator[bytes]:
        """Yield all parts in order; what has vanished meanwhile is written again."""
        for number in range(len(names)):
            data = self.get(names[number])
            if data is None:
                batch = next(islice(batches(writer.pieces()), number, None))
                data = batch.written(writer.text).encode()
            yield data

    def _listed(self) -> list[str]:
        try:
            return os.listdir(self.folder)
        except FileNotFoundError:
            return []

    def _check(self) -> list[str]:
        """Return the names of what is there; refuse what isn't ours."""

        def refuse(what: str) -> UsageError:
            return UsageError(
                f"expected a directory with nothing but part files at {self.folder!r}, got {what}",
                "output_file",
            )

        try:
            found = os.lstat(self.folder)
        except FileNotFoundError:
            return []
        if not stat.S_ISDIR(found.st_mode):
            raise refuse("a link" if stat.S_ISLNK(found.st_mode) else "another file")
        if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
            raise refuse("somebody else's")
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if not (entry.is_file(follow_symlinks=False) and _is_ours(entry.name)):
                    raise refuse(f"{entry.name!r} in it")
        return self._listed()

    def _clear(self, *, everything: bool = False) -> None:
        """Remove the parts, or those of every job, and the directory if nothing is left."""
        for name in self._listed():
            if _is_ours(name) and (everything or not _PART.match(name) or self.job in name):
                with suppress(FileNotFoundError):
                    os.unlink(os.path.join(self.folder, name))
        with suppress(OSError):
            os.rmdir(self.folder)


@contextmanager
def _locked(folder: str) -> Iterator[bool]:
    """Hold a lock on a directory, unless another process does; say whether it is held."""
    if sys.platform == "win32":
        yield False
        return
    from fcntl import LOCK_EX, LOCK_NB, flock

    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def _is_ours(name: str) -> bool:
    return bool(name == _MANIFEST or _PART.fullmatch(name) or _UNFINISHED.fullmatch(name))


def _compare(found: Any, identity: Mapping[str, Any], manifest: str) -> None:
    """Refuse the parts of another result."""
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise InputError(f"expected a manifest of schema {SCHEMA}, got another", source=manifest)
    if found.get("job") != identity:
        raise InputError(
            f"expected parts of this result, got those of another one "
            f"({_difference(found.get('job'), identity)}); the same command continues it, and "
            f"one that does not resume starts over",
            source=manifest,
        )


def _difference(found: object, wanted: Mapping[str, Any]) -> str:
    """Say in a few words what distinguishes two results."""
    if isinstance(found, dict):
        for key in sorted({*found, *wanted}):
            ours, theirs = wanted.get(key), found.get(key)
            if isinstance(ours, dict) and isinstance(theirs, dict) and ours != theirs:
                return _difference(theirs, ours)
            if ours != theirs:
                return f"{key} is {json.dumps(theirs)[:60]} there and {json.dumps(ours)[:60]} here"
    return "unknown"
