"""Batches of a result turned into part files: here, in several processes, or on a cluster.

The processes are those of :mod:`concurrent.futures`. What passes through its pipes is small:
what to write goes in, a name comes out, in one write that a killed process has made or not. The
cluster is Dask's, an optional extra that is imported when it is used; it may share no file
system with this machine, so that there the text itself comes back.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from typing import Any

from polyconstraints.errors import PolyconstraintsError, extra
from polyconstraints.jobs import Batch, Part
from polyconstraints.jobs.parts import PartFiles

#: A batch with the name of its part file.
Result = tuple[Batch, str]

Text = Callable[[Part], str]

#: Batches for each process that are under way or wait to be fetched. More would only take
#: room; fewer would leave a process idle while a slow batch holds the others up.
_AHEAD = 3

_CONNECT_SECONDS = 10


def cores() -> int:
    """Return how many processes can really run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    text: Text, batches: Iterator[Batch], parts: PartFiles, jobs: int = 1
) -> Generator[Result, None, None]:
    """Yield batches with the names of their part files, in order.

    With one job it is this process that writes. Memory, and the files that are ahead of their turn,
    are those of a few batches for each process. An error is raised if a process is ended from
    outside, as systems do that run out of memory.
    """
    if jobs == 1:
        for batch in batches:
            yield batch, parts.put(batch.number, batch.written(text))
        return
    # Started afresh everywhere: a fork would copy the locks of whatever threads there are.
    context = multiprocessing.get_context("spawn")
    if hasattr(signal, "pthread_sigmask"):
        # The tracker lets interrupts through once it has started: before they are held back.
        from multiprocessing.resource_tracker import ensure_running

        ensure_running()
    pool = ProcessPoolExecutor(jobs, context, _prepare, (text, parts))

    def submit(batch: Batch) -> Any:
        with _without_interrupts():
            return pool.submit(_put, batch)

    try:
        yield from _in_order(submit, batches, jobs * _AHEAD)
    except BrokenProcessPool:
        raise PolyconstraintsError(
            "a process that was writing has been ended from outside, perhaps for want of "
            "memory; fewer jobs need less"
        ) from None
    finally:
        with _without_interrupts():
            # Done, or nobody wants the rest: neither what waits nor what is being written.
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                process.kill()
            pool.shutdown(wait=True, cancel_futures=True)


def _in_order(
    submit: Callable[[Batch], Any], batches: Iterator[Batch], ahead: int
) -> Iterator[tuple[Batch, Any]]:
    """Yield batches with what comes of them, ``ahead`` of them under way at once."""
    pending: deque[tuple[Batch, Any]] = deque()
    for batch in batches:
        pending.append((batch, submit(batch)))
        if len(pending) > ahead:
            first, future = pending.popleft()
            yield first, future.result()
    for first, future in pending:
        yield first, future.result()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold interrupts back: here until the end, and for good in what is started meanwhile.

    One that came in the middle of the pool's own work would leave its locks held.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    heard: list[Any] = []
    signal.signal(signal.SIGINT, lambda *arguments: heard.append(arguments))
    mask = getattr(signal, "pthread_sigmask", lambda how, signals: signals)
    before = mask(getattr(signal, "SIG_BLOCK", 0), {signal.SIGINT})
    try:
        yield
    finally:
        mask(getattr(signal, "SIG_SETMASK", 0), before)
        signal.signal(signal.SIGINT, handler)
    if heard:
        handler(*heard[0])


# --- In the processes ---------------------------------------------------------------------

_prepared: tuple[Text, PartFiles] | None = None


def _prepare(text: Text, parts: PartFiles) -> None:
    global _prepared
    _prepared = text, parts
    # Ctrl-C reaches every process of the terminal; this one is ended by its parent …
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # … or goes with it, if that is killed and can't end anybody.
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _put(batch: Batch) -> str:
    if _prepared is None:
        raise RuntimeError("expected a process that has been prepared")
    text, parts = _prepared
    return parts.put(batch.number, batch.written(text))


# --- On a cluster -------------------------------------------------------------------------


def run_on_cluster(
    text: Text, batches: Iterator[Batch], parts: PartFiles, address: str
) -> Generator[Result, None, None]:
    """Do as :func:`run` does with the workers of a Dask cluster.

    What writes is sent to every worker once. Workers need this package in the same version. The
    address is the scheduler's, such as ``tcp://10.0.0.1:8786``. An error is raised if Dask isn't
    installed, or the scheduler cannot be reached or goes away.
    """
    with extra("dask"):
        from distributed import Client
    connect: Any = Client
    try:
        client = connect(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise _unreachable(address, error) from None
    with closing(client):
        sent = client.scatter(text, broadcast=True, hash=False)
        workers = client.scheduler_info()["workers"].values()
        ahead = _AHEAD * max(1, sum(worker["nthreads"] for worker in workers))

        def submit(batch: Batch) -> Any:
            return client.submit(Batch.written, batch, sent, pure=False)

        try:
            for batch, written in _in_order(submit, batches, ahead):
                yield batch, parts.put(batch.number, written)
        except (ConnectionError, TimeoutError, CancelledError) as error:
            raise _unreachable(address, error) from None


def _unreachable(address: str, error: BaseException) -> PolyconstraintsError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return PolyconstraintsError(f"cannot reach a Dask scheduler at {address!r}: {reason}")
