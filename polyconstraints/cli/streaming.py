"""Options of commands whose results are long, and the writing of those."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from polyconstraints.cli.options import Integer
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.cli.console import Advance
    from polyconstraints.jobs.document import Batch, Document
    from polyconstraints.jobs.estimate import Estimate
    from polyconstraints.jobs.running import Result

__all__ = [
    "Paint",
    "StreamingOptions",
    "job_count",
    "streaming_options",
    "write_document",
    "write_estimate",
]

ALL = "all"
"""What ``--jobs`` takes for as many processes as there are cores."""

_Function = TypeVar("_Function", bound=Callable[..., Any])

Paint = Callable[[Iterator[str]], Iterator[str]]


class StreamingOptions(TypedDict):
    """What :func:`streaming_options` passes to a command, as keywords."""

    jobs: int | str
    """A number, or ``"all"``."""

    resume: bool
    dask: str | None
    dry_run: bool


def streaming_options() -> Callable[[_Function], _Function]:
    """Add ``--jobs``, ``--resume``, ``--dask`` and ``--dry-run``.

    The command receives the keywords of :class:`StreamingOptions`.
    """

    def decorate(function: _Function) -> _Function:
        for option in reversed(
            [
                click.option(
                    "-j",
                    "--jobs",
                    type=Integer(1, words=[ALL]),
                    default=1,
                    metavar="N|all",
                    help="Processes that write; the result is the same for any number.",
                ),
                click.option(
                    "--resume",
                    is_flag=True,
                    show_default=False,
                    help="Go on where the same command, writing the same file, was interrupted.",
                ),
                click.option(
                    "--dask",
                    metavar="ADDRESS",
                    help="Have the workers of a Dask cluster write; ADDRESS is its scheduler's.",
                ),
                click.option(
                    "--dry-run",
                    is_flag=True,
                    show_default=False,
                    help="Print only how much there is to write and what it takes.",
                ),
            ]
        ):
            function = option(function)
        return function

    return decorate


def job_count(options: dict[str, Any]) -> int:
    """Return the number of processes that were asked for."""
    from polyconstraints.jobs.running import cores

    jobs = options["jobs"]
    return cores() if jobs == ALL else int(jobs)


def write_estimate(estimate: Estimate, options: dict[str, Any]) -> None:
    """Print what a job would take."""
    from polyconstraints.cli.output import write_json, write_text

    if options["output_format"] == "json":
        write_json(estimate.to_json(), options["output_file"])
    else:
        write_text(estimate.to_text(), options["output_file"])


def write_document(
    document: Document,
    options: dict[str, Any],
    description: str,
    *,
    steps: int | None,
    paint: Paint | None = None,
) -> None:
    """Write a long result to a file or standard output.

    Parameters
    ----------
    document : Document
    options : dict
        The keywords of the command, those of :class:`StreamingOptions` and
        :class:`~polyconstraints.cli.options.CommonOptions` among them.
    description : str
        What is being done, for the progress bar.
    steps : int or None
        How many steps there are, as far as that is known.
    paint : callable, optional
        Turns pieces of text into coloured ones, on standard output only.

    Raises
    ------
    UsageError
        If ``--resume`` is given and there is no file to be continued.
    """
    from polyconstraints.jobs.journal import is_resumable

    file = options["output_file"]
    if file is not None and is_resumable(file):
        _write_file(document, options, description, steps)
        return
    if options["resume"]:
        raise UsageError("expected a file to continue, given by -o FILE, got none", "--resume")
    from polyconstraints.cli.output import open_text

    with (
        open_text(file) as handle,
        _running(document, options, description, steps, 0, 0) as results,
    ):
        pieces = (text for _, text in results)
        handle.writelines(pieces if paint is None else paint(pieces))


def _write_file(
    document: Document, options: dict[str, Any], description: str, steps: int | None
) -> None:
    from polyconstraints.jobs.journal import Journal

    file = options["output_file"]
    with Journal.opened(file, document.identity(), resume=options["resume"]) as journal:
        done = journal.done
        try:
            with _running(
                document, options, description, steps, done.segments, done.steps
            ) as results:
                for batch, text in results:
                    journal.write(text, len(batch.segments), batch.steps)
        except KeyboardInterrupt:
            if journal.kept and not options["quiet"]:
                click.echo(
                    f"polyconstraints: interrupted; the same command with --resume continues "
                    f"{file!r}",
                    err=True,
                )
            raise


@contextmanager
def _running(
    document: Document,
    options: dict[str, Any],
    description: str,
    steps: int | None,
    skipped: int,
    done: int,
) -> Iterator[Iterator[Result]]:
    """Start the work, and give its results in order.

    The first ``skipped`` segments are left out, with ``done`` steps.
    """
    from polyconstraints.cli.console import audience, progress
    from polyconstraints.jobs.document import batches
    from polyconstraints.jobs.running import run

    work = batches(islice(document.segments(), skipped, None))
    if options["dask"] is not None:
        from polyconstraints.jobs.cluster import run_on_cluster

        results = run_on_cluster(document, work, options["dask"])
    else:
        results = run(document, work, job_count(options))
    # On a terminal a bar would be torn by the lines that come in between.
    quiet = options["quiet"] or audience(options["output_file"]) == "terminal"
    with progress(description, steps, quiet=quiet) as advance, closing(results):
        advance(done)
        yield _counted(results, advance)


def _counted(results: Iterator[Result], advance: Advance) -> Iterator[Result]:
    batch: Batch
    for batch, text in results:
        yield batch, text
        advance(batch.steps)
