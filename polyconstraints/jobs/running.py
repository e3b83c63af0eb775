"""Batches of a document written in order, by as many processes as are wanted."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol

from polyconstraints.errors import PolyconstraintsError
from polyconstraints.jobs.document import Batch, Document, evaluate

__all__ = ["Result", "cores", "in_order", "run"]

#: A batch with its text.
Result = tuple[Batch, str]

#: Batches for each process that are under way or wait to be fetched. More would only take
#: memory; fewer would leave a process idle while a slow batch holds the others up.
_AHEAD = 3


def cores() -> int:
    """Return how many processes can really run at once.

    Examples
    --------
    >>> cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    document: Document, batches: Iterator[Batch], jobs: int = 1
) -> Generator[Result, None, None]:
    """Yield batches with their texts, in order.

    Parameters
    ----------
    document : Document
    batches : iterator of Batch
    jobs : int
        Number of processes that write; with 1 it is this one.

    Raises
    ------
    PolyconstraintsError
        If a process is ended from outside, as systems do that run out of memory.

    Notes
    -----
    Memory is bounded by a few batches for each process.
    """
    if jobs == 1:
        for batch in batches:
            yield batch, evaluate(document, batch)
        return
    # Started afresh everywhere: a fork would copy the locks of whatever threads there are.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context, _prepare, (document,))
    try:
        yield from in_order(lambda batch: pool.submit(_evaluate, batch), batches, jobs * _AHEAD)
    except BrokenProcessPool:
        raise PolyconstraintsError(
            "a process that was writing has been ended from outside, perhaps for want of "
            "memory; fewer --jobs need less"
        ) from None
    except BaseException:
        # Nobody wants the rest: neither what waits nor what is being written.
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Pending(Protocol):
    def result(self) -> str: ...


def in_order(
    submit: Callable[[Batch], _Pending], batches: Iterator[Batch], ahead: int
) -> Iterator[Result]:
    """Yield batches with their texts, ``ahead`` of them under way at once."""
    pending: deque[tuple[Batch, _Pending]] = deque()
    for batch in batches:
        pending.append((batch, submit(batch)))
        if len(pending) > ahead:
            first, future = pending.popleft()
            yield first, future.result()
    while pending:
        first, future = pending.popleft()
        yield first, future.result()


# --- In the processes ---------------------------------------------------------------------

_document: Document | None = None


def _prepare(document: Document) -> None:
    global _document
    _document = document
    # Ctrl-C reaches every process of the terminal; this one is ended by its parent …
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # … or goes with it, if that is killed and can't end anybody.
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _evaluate(batch: Batch) -> str:
    if _document is None:
        raise RuntimeError("expected a process that has been prepared")
    return evaluate(_document, batch)
