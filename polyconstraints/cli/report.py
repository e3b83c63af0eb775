"""``polyconstraints report``: one self-contained HTML page about a network."""

from __future__ import annotations

from typing import Any

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import Request, common_options, network_options

__all__ = ["report"]


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints report -n 3 -d 2 --bias -o page.html",
        "polyconstraints report map.json -o page.html",
        "polyconstraints report -n 3 -d 2 --scope network --strata strata.json -o page.html",
    ],
)
@click.argument("source", required=False, metavar="[FILE]")
@network_options(required=False)
@click.option(
    "--strata",
    metavar="FILE",
    help="Show these strata, too: what 'strata --format json' wrote.",
)
@common_options(formats=("html", "json"))
def report(request: Request, source: str | None, strata: str | None) -> None:
    """Write one HTML page about a tying map: FILE, or that of a network.

    The page shows the network, its polynomials and constraints, the picture of its weights
    with the reason why each is tied, and holds the tying map to download. It works from disk
    and fetches nothing. In JSON the counts are written, as 'derive' does.
    """
    from polyconstraints.cli.commands import program_version
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.render.report import Report, report_html

    graph = None
    if strata is not None:
        from polyconstraints.io.files import load_json
        from polyconstraints.render.figures.strata_graph import StrataGraph

        graph = StrataGraph.read(load_json(strata), strata)
    more: dict[str, Any] = {"strata": graph, "command": _command(), "version": program_version()}
    if request.described_beside(source):
        page = Report.of_problem(*request.problem_with_room("page"), **more)
    else:
        page = Report.of_map(request.tying_map(source), **more)
    if request.output_format == "json":
        write_json(page.derivation.to_json(), request.output_file)
    else:
        write_text(report_html(page), request.output_file)


def _command() -> str:
    """Return the command line as it was typed."""
    import shlex
    import sys

    return shlex.join(["polyconstraints", *sys.argv[1:]])
