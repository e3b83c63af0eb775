"""``polyconstraints table``: derive over a range of n."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import Request, common_options, network_options

if TYPE_CHECKING:
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.render.tables import TableRow

__all__ = ["table"]

#: Weights above which several layers are counted by rule, without the functions' dimension.
_MAX_WEIGHTS = 1_000_000


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
def table(request: Request) -> None:
    """Derive over a range of n: how many weights stay distinct, and of which dimension.

    The first example is the paper's table (22). For symmetric groups the counts follow a rule
    in n, so that a row for n = 1000000 takes no longer than one for n = 3.
    """
    from polyconstraints.cli.console import progress

    if not isinstance(request.inputs, tuple):
        raise TypeError("expected several numbers of inputs")
    rule = _rule(request)
    with progress("deriving", len(request.inputs), quiet=request.quiet) as advance:
        rows = []
        for inputs in request.inputs:
            rows.append(_row(request, inputs, rule))
            advance()
    _write(rows, request)


def _rule(request: Request) -> AnyNetwork | None:
    """Return what holds for every n where there is such a thing, and it is not the slower way."""
    from polyconstraints.errors import UsageError

    try:
        network = request.any_network()
    except UsageError:
        return None
    return network if len(network.sorts) == 1 and network.sorts[0].size is None else None


def _row(request: Request, inputs: int, rule: AnyNetwork | None) -> TableRow:
    from polyconstraints.render.tables import TableRow

    network, symmetry = request.problem(inputs)
    if rule is not None and (rule.depth == 1 or network.weights > _MAX_WEIGHTS):
        return TableRow.by_rule(rule, network, symmetry)
    # Of several layers only a derivation knows the dimension of the functions.
    return TableRow.of(request.derive(inputs=inputs))


def _write(rows: list[TableRow], request: Request) -> None:
    import sys

    from polyconstraints.cli.console import audience, stdout_console, unicode_wanted
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.render.tables import HEADER, print_table, table_document, table_text

    kind, file = request.output_format, request.output_file
    reader = audience(file)
    if kind == "json":
        write_json(table_document(rows), file)
    elif kind == "text" and reader == "terminal":
        print_table(rows, stdout_console(), ascii=not unicode_wanted(sys.stdout))
    else:
        text = table_text(rows, kind)
        if kind == "text" and reader == "colour":
            from polyconstraints.render.notation import painted

            text = "".join(painted([text], [(HEADER, "bold")]))
        write_text(text, file)
