"""``polyconstraints report``: one self-contained HTML page about a network."""

from __future__ import annotations

from typing import Any

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import common_options, network_options

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
@click.pass_context
def report(context: click.Context, /, **options: Any) -> None:
    """Write one HTML page about a tying map: FILE, or that of a network.

    The page shows the network, its polynomials and constraints, the picture of its weights
    with the reason why each is tied, and holds the tying map to download. It works from disk
    and fetches nothing. In JSON the counts are written, as 'derive' does.
    """
    from polyconstraints.cli.commands import program_version
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.cli.source import file_or_problem
    from polyconstraints.render.report import Report, report_html

    strata = None
    if options["strata"] is not None:
        from polyconstraints.io.files import load_json
        from polyconstraints.render.figures.strata_graph import strata_graph

        strata = strata_graph(load_json(options["strata"]), options["strata"])
    problem = file_or_problem(context, options["source"], options)
    more: dict[str, Any] = {"strata": strata, "command": _command(), "version": program_version()}
    if problem is None:
        from polyconstraints.tying import TyingMap

        page = Report.of_map(TyingMap.load(options["source"]), **more)
    else:
        page = Report.of_problem(*problem, **more)
    if options["output_format"] == "json":
        write_json(page.derivation.to_json(), options["output_file"])
    else:
        write_text(report_html(page), options["output_file"])


def _command() -> str:
    """Return the command line as it was typed."""
    import shlex
    import sys

    return shlex.join(["polyconstraints", *sys.argv[1:]])
