"""``polyconstraints table``: derive over a range of n."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import NetworkOptions, common_options, network_options

if TYPE_CHECKING:
    from polyconstraints.derivation import Derivation
    from polyconstraints.render.table import TableRow

__all__ = ["table"]


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints table --indices redundant --compare paper -n 2..6",
        "polyconstraints table -n 1-6 -d 2 --bias --format markdown",
        "polyconstraints table -n 3,5,10 --layer linear --group C --format csv",
    ],
)
@network_options(inputs="range", default="1-6")
@common_options(formats=("text", "json", "csv", "latex", "markdown"))
def table(**options: Any) -> None:
    """Derive over a range of n: how many weights stay distinct, and of which dimension.

    The first example is the paper's table (22).
    """
    from polyconstraints.cli.console import progress
    from polyconstraints.cli.options import build_problem
    from polyconstraints.derivation import derive
    from polyconstraints.render.table import TableRow

    derivations, rows = [], []
    with progress("deriving", len(options["inputs"]), quiet=options["quiet"]) as advance:
        for inputs in options["inputs"]:
            problem = build_problem(inputs, cast("NetworkOptions", options))
            derivations.append(derive(*problem))
            rows.append(TableRow.of(derivations[-1]))
            advance()
    _write(derivations, rows, options)


def _write(derivations: list[Derivation], rows: list[TableRow], options: dict[str, Any]) -> None:
    import sys

    from polyconstraints.cli.console import audience, stdout_console, unicode_wanted
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.render.table import header_pattern, table_document, table_text

    kind, file = options["output_format"], options["output_file"]
    reader = audience(file)
    if kind == "json":
        write_json(table_document(derivations, rows), file)
    elif kind == "text" and reader == "terminal":
        from polyconstraints.render.table_terminal import print_table

        print_table(derivations, rows, stdout_console(), ascii=not unicode_wanted(sys.stdout))
    else:
        text = table_text(rows, kind)
        if kind == "text" and reader == "colour":
            from polyconstraints.render.painting import painted

            text = "".join(painted([text], [header_pattern()]))
        write_text(text, file)
