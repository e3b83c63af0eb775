"""How much memory there is, and sizes in bytes as people write them."""

from __future__ import annotations

import os
import re
from math import log10
from pathlib import Path

from polyconstraints.errors import TooLargeError, UsageError

#: Bytes up to which nothing is refused unless a limit is given: no need to ask the system.
_NEVER_REFUSED = 1 << 24

#: Digits of the longest size that is written or read.
_MOST_DIGITS = 40

#: What is taken to be free where the system doesn't say.
_UNKNOWN_FREE = 4 << 30

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

#: What a unit stands for, in lower case: that of memory, its first letter, that of disks.
_FACTORS: dict[str, int] = {"": 1, "b": 1} | {
    unit + ending: base**power
    for power, unit in enumerate("kmgtpe", start=1)
    for ending, base in (("", 1024), ("ib", 1024), ("b", 1000))
}
_SIZE = re.compile(r"([0-9]{1,40}(?:\.[0-9]{1,9})?) ?([A-Za-z]{0,3})")

_MEMINFO = Path("/proc/meminfo")
#: Limit and use of a control group (a container), in either version of the interface.
_GROUP_FILES = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def free_memory() -> int:
    """Return how many bytes of memory can be used without pushing anything out.

    Limits of a container and of the process (``ulimit -v``) count where there are any; where
    the system says nothing, 4 GiB.
    """
    amounts = (_system_free(), _process_free(), *map(_group_free, _GROUP_FILES))
    return min((amount for amount in amounts if amount), default=_UNKNOWN_FREE)


def _system_free() -> int | None:
    try:
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    try:
        return int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    except (AttributeError, OSError, ValueError):
        return None


def _process_free() -> int | None:
    """Return what the limit on this process's address space leaves of it."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return max(1, limit - pages * resource.getpagesize())
    except (ImportError, OSError, ValueError, IndexError):
        return None


def _group_free(files: tuple[Path, Path]) -> int | None:
    try:
        limit, used = (int(file.read_text()) for file in files)
    except (OSError, ValueError):
        # No such group, or one whose limit is "max".
        return None
    return max(1, limit - used)


def default_limit() -> int:
    """Return how much memory a job may take unless told otherwise: half of what is free."""
    return free_memory() // 2


def require_memory(needed: int, limit: int | None, what: str, terms: int | None = None) -> None:
    """Refuse a job that would not fit into a limit, or half of what is free, before it starts.

    ``what`` needs the predicted bytes, and has so many terms or weights. The `TooLargeError` says
    which limit would allow it.
    """
    if limit is None and needed < _NEVER_REFUSED:
        return
    allowed = default_limit() if limit is None else limit
    if needed > allowed:
        enough = allowing(needed)
        raise TooLargeError(
            f"expected a job that fits into {format_size(allowed)}, got one that needs about "
            f"{format_size(needed)} for {what}",
            terms,
            needed,
            None if enough is None else ("memory_limit", enough),
        )


def allowing(needed: int) -> str | None:
    """Return a round size that is large enough, as text; None where no text is short enough.

    >>> allowing(5 * 2**30 + 1), allowing(10**30)
    ('6GiB', '867361737989EiB')
    """
    power = min((needed.bit_length() - 1) // 10, len(_UNITS) - 1) if needed else 0
    count = -((-needed) >> (10 * power)) if power == len(_UNITS) - 1 else (needed >> 10 * power) + 1
    return f"{count}{_UNITS[power]}" if count < 10**_MOST_DIGITS else None


def many(number: int) -> str:
    """Return a number in full where that is readable, otherwise its order of magnitude."""
    if number < 10**12:
        return str(number)
    logarithm = log10(number)
    digits = f"{10 ** (logarithm % 1):.2f}"
    return f"{digits}e{int(logarithm)}" if digits != "10.00" else f"1.00e{int(logarithm) + 1}"


def parse_size(text: str, field: str | None = None) -> int:
    """Return the number of bytes that a text such as ``4GiB`` stands for.

    Units are ``B``, ``KiB`` … ``EiB``, or ``kB`` … ``EB`` for powers of a thousand; ``K``, ``M``,
    ``G`` … mean powers of 1024. ``field`` is the argument that it is the value of.
    """
    match = _SIZE.fullmatch(text.strip())
    factor = None if match is None else _FACTORS.get(match[2].lower())
    if match is None or factor is None:
        raise UsageError(f"expected a size as 4GiB or 500MB, got {text[:40]!r}", field)
    whole, _, part = match[1].partition(".")
    size = int(whole + part) * factor // int(10 ** len(part))
    if size == 0:
        raise UsageError(f"expected a size of at least one byte, got {text[:40]!r}", field)
    return size


def format_size(size: int) -> str:
    """Return a number of bytes as people read it."""
    if size < 1024:
        return f"{size} B"
    power = min((size.bit_length() - 1) // 10, len(_UNITS) - 1)
    tenths = (size * 10) >> (10 * power)
    if tenths >= 10**6:
        return f"10^{int(log10(tenths // 10))} {_UNITS[power]}"
    return f"{tenths // 10}.{tenths % 10} {_UNITS[power]}"
