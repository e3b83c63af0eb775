"""Documents written by a Dask cluster, with the same bytes as here.

Dask is an optional extra and is imported when it is used.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

from polyconstraints.errors import PolyconstraintsError
from polyconstraints.jobs.document import Batch, Document, evaluate
from polyconstraints.jobs.running import Result, in_order

__all__ = ["run_on_cluster"]

#: Batches for each worker thread that are under way or wait to be fetched.
_AHEAD = 3

_CONNECT_SECONDS = 10


def run_on_cluster(
    document: Document, batches: Iterator[Batch], address: str | None = None, *, client: Any = None
) -> Generator[Result, None, None]:
    """Yield batches with their texts, in order, written by the workers of a Dask cluster.

    The document is sent to every worker once. Workers need this package in the same version.

    Parameters
    ----------
    document : Document
    batches : iterator of Batch
    address : str, optional
        Address of the cluster's scheduler, such as ``tcp://10.0.0.1:8786``.
    client : distributed.Client, optional
        A client that is connected already, instead of an address. It is not closed.

    Raises
    ------
    PolyconstraintsError
        If Dask isn't installed or the scheduler cannot be reached.
    """
    try:
        from distributed import Client
    except ImportError:
        raise PolyconstraintsError(
            "expected Dask, which is not installed: pip install 'polyconstraints[dask]'"
        ) from None
    if client is not None:
        yield from _run(document, batches, client)
        return
    try:
        connect: Any = Client
        connected = connect(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PolyconstraintsError(
            f"--dask: cannot reach a scheduler at {address!r}: {reason}"
        ) from None
    with closing(connected):
        yield from _run(document, batches, connected)


def _run(document: Document, batches: Iterator[Batch], client: Any) -> Iterator[Result]:
    sent = client.scatter(document, broadcast=True, hash=False)
    threads = sum(worker["nthreads"] for worker in client.scheduler_info()["workers"].values())

    def submit(batch: Batch) -> Any:
        return client.submit(_evaluate, sent, batch, pure=False)

    yield from in_order(submit, batches, max(1, threads) * _AHEAD)


def _evaluate(document: Document, batch: Batch) -> str:
    return evaluate(document, batch)
