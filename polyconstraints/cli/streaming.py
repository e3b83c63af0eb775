"""Options of commands whose results are long, and the writing of those."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

from polyconstraints.cli.options import compose, flag, option
from polyconstraints.cli.parameters import integer
from polyconstraints.cli.request import Request
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.cli.console import Advance
    from polyconstraints.jobs import Batch, Writer
    from polyconstraints.jobs.engines import Result
    from polyconstraints.jobs.estimate import Estimate
    from polyconstraints.jobs.parts import PartFiles
    from polyconstraints.render.derivation import DerivationWriter
    from polyconstraints.render.expansion import ExpansionWriter

ALL = "all"
"""What ``--jobs`` takes for as many processes as there are cores."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def streaming_options() -> Callable[[_Function], _Function]:
    """Add ``--jobs``, ``--resume``, ``--dask`` and ``--dry-run``."""
    said = "Processes that write; the result is the same for any number."
    return compose(
        option("-j --jobs", partial(integer, words=[ALL]), "N|all", said, default=1),
        flag("--resume", help="Go on where the same command, writing the same file, was stopped."),
        option("--dask", None, "ADDRESS", "Have the workers of the Dask scheduler there write."),
        flag("--dry-run", help="Print only how much there is to write and what it takes."),
    )


def job_count(request: Request) -> int:
    """Return the number of processes that were asked for."""
    if request.jobs != "all":
        return request.jobs
    from polyconstraints.jobs.engines import cores

    return cores()


def goes_on(request: Request, estimated: Callable[..., Estimate]) -> bool:
    """Refuse a job that would not fit; print what it takes if nothing else is asked for."""
    estimate = estimated(
        format=request.output_format, jobs=job_count(request), memory_limit=request.memory_limit
    )
    if request.dry_run:
        request.write(estimate.to_json, estimate.to_text())
        return False
    # Refused, if it has to be, before anything is written.
    estimate.check()
    return True


def write_result(
    writer: DerivationWriter | ExpansionWriter,
    request: Request,
    description: str,
    fold: int,
    *,
    counted: bool = True,
) -> None:
    """Write a result, however long, to a file or standard output, or show it on a terminal."""
    from polyconstraints.cli.console import audience, progress, unicode_wanted
    from polyconstraints.cli.output import write_text
    from polyconstraints.jobs import batches, written
    from polyconstraints.jobs.parts import PartFiles, takes_parts

    file = request.output_file
    watched = audience(file) == "terminal"
    text = request.output_format == "text"
    patterns = writer.patterns if text else ()
    if text and watched:
        shown = writer.on_screen(fold, request.ascii or not unicode_wanted(sys.stdout))
        write_text(written(shown), words=True, patterns=shown.patterns)
        return
    # On a terminal a bar would be torn by the lines that come in between.
    quiet = request.quiet or watched
    with progress(description, writer.steps if counted else None, quiet=quiet) as advance:
        if file is not None and takes_parts(file):
            _write_file(writer, file, request, advance)
        elif request.resume:
            raise UsageError("expected a file to continue, given by -o FILE, got none", "--resume")
        elif request.dask is None and job_count(request) == 1:
            write_text(written(writer, advance), file, patterns=patterns)
        else:
            work = batches(writer.pieces())
            with (
                PartFiles.private() as parts,
                closing(_results(writer, work, parts, request, advance)) as results,
            ):
                pieces = (parts.take(name) for _, name in results)
                write_text(pieces, file, patterns=patterns)


def _write_file(writer: Writer, file: str, request: Request, advance: Advance) -> None:
    """Write a file: at once if it is short, else from part files."""
    from polyconstraints.cli.output import write_text
    from polyconstraints.io.files import atomic_writer
    from polyconstraints.jobs import batches
    from polyconstraints.jobs.parts import PartFiles, parts_folder

    resume = request.resume
    work = batches(writer.pieces())
    begun = list(islice(work, 2))
    if len(begun) < 2 and not (resume and os.path.lexists(parts_folder(file))):
        write_text((batch.written(writer.text) for batch in begun), file)
        return
    with PartFiles.opened(file, writer.identity(), resume=resume) as parts:
        names = {at: name for at, name in parts.found().items() if parts.get(name) is not None}

        def left() -> Iterator[Batch]:
            for batch in chain(begun, work):
                if batch.number in names:
                    advance(batch.steps)
                else:
                    yield batch

        try:
            with closing(_results(writer, left(), parts, request, advance)) as results:
                names.update((batch.number, name) for batch, name in results)
        except KeyboardInterrupt:
            if parts.found() and not request.quiet:
                click.echo(
                    f"polyconstraints: interrupted; the same command with --resume continues "
                    f"{file!r}",
                    err=True,
                )
            raise
        with atomic_writer(file, binary=True, field="output_file") as handle:
            handle.writelines(parts.joined(names, writer))


def _results(
    writer: Writer,
    work: Iterator[Batch],
    parts: PartFiles,
    request: Request,
    advance: Advance,
) -> Generator[Result, None, None]:
    """Have batches written, and yield them with the names of their part files in order."""
    from polyconstraints.jobs.engines import run, run_on_cluster

    if request.dask is not None:
        results = run_on_cluster(writer.text, work, parts, request.dask)
    else:
        results = run(writer.text, work, parts, job_count(request))
    with closing(results):
        for batch, name in results:
            yield batch, name
            advance(batch.steps)
