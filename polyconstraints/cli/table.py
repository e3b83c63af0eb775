"""``polyconstraints table``: derive over a range of n."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import NetworkOptions, common_options, network_options

if TYPE_CHECKING:
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.render.table import Problem, TableRow
    from polyconstraints.spec.network import NetworkSpec
    from polyconstraints.spec.symmetry import Symmetry

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
def table(**options: Any) -> None:
    """Derive over a range of n: how many weights stay distinct, and of which dimension.

    The first example is the paper's table (22). For symmetric groups the counts follow a rule
    in n, so that a row for n = 1000000 takes no longer than one for n = 3.
    """
    from polyconstraints.cli.console import progress
    from polyconstraints.cli.options import build_problem

    rule = _rule(options)
    problems: list[Problem] = []
    rows = []
    with progress("deriving", len(options["inputs"]), quiet=options["quiet"]) as advance:
        for inputs in options["inputs"]:
            network, symmetry = build_problem(inputs, cast("NetworkOptions", options))
            problem, row = _row(network, symmetry, rule)
            problems.append(problem)
            rows.append(row)
            advance()
    _write(problems, rows, options)


def _rule(options: dict[str, Any]) -> AnyNetwork | None:
    """Return what holds for every n where there is such a thing, and it is not the slower way."""
    from polyconstraints.cli.anyinputs import any_network
    from polyconstraints.errors import UsageError

    try:
        network = any_network(options)
    except UsageError:
        return None
    return network if len(network.sorts) == 1 and network.sorts[0].size is None else None


def _row(
    network: NetworkSpec, symmetry: Symmetry, rule: AnyNetwork | None
) -> tuple[Problem, TableRow]:
    from polyconstraints.render.table import RuledProblem, TableRow

    if rule is not None and (rule.depth == 1 or network.weights > _MAX_WEIGHTS):
        return RuledProblem(network, symmetry), TableRow.by_rule(rule, network.inputs)
    from polyconstraints.derivation import derive

    # Of several layers only a derivation knows the dimension of the functions.
    derivation = derive(network, symmetry)
    return derivation, TableRow.of(derivation)


def _write(derivations: list[Problem], rows: list[TableRow], options: dict[str, Any]) -> None:
    import sys

    from polyconstraints.cli.console import audience, stdout_console, unicode_wanted
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.render.table import (
        header_pattern,
        print_table,
        table_document,
        table_text,
    )

    kind, file = options["output_format"], options["output_file"]
    reader = audience(file)
    if kind == "json":
        write_json(table_document(derivations, rows), file)
    elif kind == "text" and reader == "terminal":
        print_table(derivations, rows, stdout_console(), ascii=not unicode_wanted(sys.stdout))
    else:
        text = table_text(rows, kind)
        if kind == "text" and reader == "colour":
            from polyconstraints.render.painting import painted

            text = "".join(painted([text], [header_pattern()]))
        write_text(text, file)
