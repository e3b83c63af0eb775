"""What a terminal sees: rich consoles, and progress where somebody watches.

Colour follows ``NO_COLOR`` (wins), ``FORCE_COLOR``, ``TERM=dumb`` and whether the stream is
a terminal. In a pipe or a file nothing is coloured, wrapped or cut. rich is imported only
when a console is made.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

PIPE_WIDTH = 1_000_000
"""Columns that a pipe is said to have, so that nothing is wrapped for it."""

PROGRESS_DELAY = 1.0
"""Seconds of work before a progress bar appears."""

PATIENCE = 20.0
"""Seconds of work before a command says that it goes on."""

#: Progress bars and pagers that are shown now: nothing else is said meanwhile.
occupied: set[int] = set()

_DUMB_TERMINALS = frozenset({"dumb", "unknown"})


def is_terminal(stream: IO[Any] | None) -> bool:
    """Tell whether somebody watches `stream`; a closed one counts as unwatched."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def is_dumb() -> bool:
    """Tell whether the terminal can do nothing but print."""
    return os.environ.get("TERM", "").lower() in _DUMB_TERMINALS


def color_wanted(stream: IO[Any] | None) -> bool:
    """Tell whether what goes to `stream` is to be coloured.

    ``FORCE_COLOR`` colours the standard ones alone: a file that the user asked for stays plain.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return is_terminal(stream) or stream in (sys.stdout, sys.stderr)
    return is_terminal(stream) and not is_dumb()


def audience(output_file: str | None) -> Literal["terminal", "colour", "plain"]:
    """Return for whom a text is written: somebody who watches, a coloured pipe, or anybody."""
    if output_file is not None:
        return "plain"
    if is_terminal(sys.stdout):
        return "terminal"
    return "colour" if color_wanted(sys.stdout) else "plain"


def unicode_wanted(stream: IO[Any] | None) -> bool:
    """Tell whether `stream` can show raised and lowered digits, arrows and the like.

    Examples
    --------
    >>> import io
    >>> unicode_wanted(io.StringIO())
    True
    >>> unicode_wanted(io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    False
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        "W⁰₁·→…─".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def make_console(stream: IO[str] | None) -> Console:
    """Return a rich console that writes to `stream` as the environment wants it.

    Markup, emoji codes and automatic highlighting are off: names such as ``[2,1]`` are to
    be shown as they are. A closed pipe raises ``BrokenPipeError``, as it does elsewhere.
    """
    from rich.console import Console

    class PipeConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    color = color_wanted(stream)
    watched = is_terminal(stream)
    # rich finds out by itself what a real terminal can do; elsewhere colour was forced, and
    # the eight basic ones are what everything understands.
    detect = watched and not is_dumb()
    return PipeConsole(
        file=io.StringIO() if stream is None else stream,
        force_terminal=watched or color,
        color_system=("auto" if detect else "standard") if color else None,
        no_color=not color,
        width=shutil.get_terminal_size().columns if watched else PIPE_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


@contextmanager
def patience(command: str, *, quiet: bool = False) -> Iterator[None]:
    """Say once on standard error that a command goes on, if it takes its time.

    On a terminal it is said again whenever that time has doubled; where a bar is shown there
    is nothing to say.
    """
    ended = threading.Event()

    def wait() -> None:
        passed = 0.0
        following = PATIENCE
        while not ended.wait(following - passed):
            passed, following = following, 2 * following
            if not occupied:
                _say(f"polyconstraints: {command} goes on after {passed:.0f} seconds")
                if not is_terminal(sys.stderr):
                    return

    if quiet:
        yield
        return
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def _say(line: str) -> None:
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
    except (OSError, ValueError):
        # Nobody listens any more.
        return


class Advance(Protocol):
    """Tells a progress bar that some of the work is done."""

    def __call__(self, steps: float = 1) -> None:
        """Count `steps` more as done; 0 only shows that work goes on."""


@contextmanager
def progress(
    description: str,
    total: float | None = None,
    *,
    quiet: bool = False,
    console: Console | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Advance]:
    """Show progress on standard error, if a terminal watches and the work takes its time.

    The bar appears with the first step after a second of work, and is wiped away at the end.
    It never touches standard output.
    """
    if quiet or not (console.is_terminal if console else is_terminal(sys.stderr) and not is_dumb()):
        yield _ignore
        return

    started = clock()
    done = 0.0
    bar: Progress | None = None

    def advance(steps: float = 1) -> None:
        nonlocal done, bar
        done += steps
        if bar is None and clock() - started >= PROGRESS_DELAY:
            bar = _shown_bar(description, total, console or make_console(sys.stderr))
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()
            occupied.discard(id(bar))


def _ignore(steps: float = 1) -> None:
    """Take no notice of progress."""


def _shown_bar(description: str, total: float | None, console: Console) -> Progress:
    """Return a progress bar that is shown until it is stopped."""
    from rich import progress as rich

    bar = rich.Progress(
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TimeElapsedColumn(),
        rich.TextColumn("left"),
        rich.TimeRemainingColumn(),
        console=console,
        transient=True,
        # Otherwise rich would take standard output over, even where it is a pipe.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task(description, total=total)
    bar.start()
    occupied.add(id(bar))
    return bar
