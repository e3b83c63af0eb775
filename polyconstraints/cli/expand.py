"""``polyconstraints expand``: print the expanded network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import (
    Integer,
    NetworkOptions,
    common_options,
    network_options,
)
from polyconstraints.cli.streaming import job_count, streaming_options, write_estimate

if TYPE_CHECKING:
    from rich.console import Console

    from polyconstraints.jobs.estimate import Estimate
    from polyconstraints.render.expansion import ExpansionWriter
    from polyconstraints.render.expansion_view import ExpansionView
    from polyconstraints.spec.network import NetworkSpec

__all__ = ["expand"]


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints expand -n 3 -d 2 --bias",
        "polyconstraints expand -n 3 -d 2 --bias --style paper --output 2",
        "polyconstraints expand -n 4 -d 3 --bias --count",
    ],
)
@network_options()
@click.option(
    "--grouped/--ungrouped",
    default=True,
    help="One group for each monomial in x, or one term for each monomial in x and W.",
)
@click.option(
    "--style",
    type=click.Choice(("canonical", "paper")),
    default="canonical",
    help="Names as W0_1_1_0, or as the paper's 01W10.",
)
@click.option("--count", is_flag=True, show_default=False, help="Print only how large it is.")
@click.option(
    "--output",
    "outputs",
    type=Integer(1),
    multiple=True,
    metavar="K",
    help="Only output K, from 1; may be given several times.",
)
@click.option(
    "--monomial",
    "monomials",
    multiple=True,
    metavar="MONOMIAL",
    help="Only the group of this monomial, as x1*x2^2; may be given several times.",
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Substitute a rational for a weight or input, as W0_1_1_0=1/2; may be given several "
    "times.",
)
@click.option(
    "--fold",
    type=Integer(0),
    default=12,
    metavar="N",
    help="On a terminal show at most N terms of a group; 0 shows all.",
)
@click.option("--ascii", is_flag=True, show_default=False, help="No Unicode on a terminal.")
@streaming_options()
@common_options(formats=("text", "latex", "sympy", "json"))
def expand(**options: Any) -> None:
    """Print the network, expanded as a polynomial in its inputs and weights.

    The coefficient of each monomial in the inputs is a polynomial in the weights. Terms come
    in the order in which the paper prints them: by the last layer's weights first. On a
    terminal the groups are aligned and coloured by layer; in a pipe they are plain text, one
    group a line. In SymPy's format several outputs are a list of expressions.
    """
    from polyconstraints.cli.options import build_problem
    from polyconstraints.errors import UsageError

    kind = options["output_format"]
    if options["style"] == "paper" and kind in ("sympy", "json"):
        raise UsageError(f"expected canonical with --format {kind}, got paper", "--style")
    # The symmetry changes nothing but the number of outputs; it is checked all the same.
    network, _ = build_problem(options["inputs"], cast("NetworkOptions", options))
    if options["count"]:
        _write_count(_view(network, options), options)
        return
    estimate = _estimate(network, options)
    if options["dry_run"]:
        write_estimate(estimate, options)
        return
    estimate.check()
    _write(_view(network, options), options)


def _estimate(network: NetworkSpec, options: dict[str, Any]) -> Estimate:
    """Return what it takes to write what is asked for, or at most that."""
    from dataclasses import replace

    from polyconstraints.jobs.estimate import estimate_expansion

    estimate = estimate_expansion(
        network,
        outputs=len(set(options["outputs"])) or None,
        format=options["output_format"],
        jobs=job_count(options),
        memory_limit=options["memory_limit"],
    )
    selected = options["monomials"] or options["assignments"]
    return replace(estimate, precision="at most") if selected else estimate


def _view(network: NetworkSpec, options: dict[str, Any]) -> ExpansionView:
    """Return what is to be shown."""
    from polyconstraints.errors import InputError
    from polyconstraints.expansion import Expansion
    from polyconstraints.render.expansion_view import Assignment, ExpansionView, parse_monomial

    try:
        assignment = Assignment.parse(options["assignments"], network)
    except InputError as error:
        raise InputError(error.message, "--set") from None
    try:
        monomials = [parse_monomial(text, network) for text in options["monomials"]]
    except InputError as error:
        raise InputError(error.message, "--monomial") from None
    return ExpansionView(
        Expansion(network, options["memory_limit"]),
        [output - 1 for output in options["outputs"]] or None,
        monomials or None,
        assignment,
        "paper" if options["style"] == "paper" else "graded",
    )


def _write_count(view: ExpansionView, options: dict[str, Any]) -> None:
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.render.expansion_json import count_document

    document = count_document(view)
    if options["output_format"] == "json":
        write_json(document, options["output_file"])
        return
    lines = [f"monomials in x   {document['monomials']}"]
    lines += [
        f"terms of y{output + 1}{' ' * (8 - len(str(output + 1)))}{count}"
        for output, count in zip(view.outputs, document["terms"], strict=True)
    ]
    write_text("\n".join(lines), options["output_file"])


def _write(view: ExpansionView, options: dict[str, Any]) -> None:
    from polyconstraints.cli.streaming import write_result
    from polyconstraints.render.expansion import ExpansionLatex, ExpansionSympy, ExpansionText
    from polyconstraints.render.expansion_json import ExpansionJson
    from polyconstraints.render.painting import layer_patterns

    def show(console: Console, ascii: bool) -> None:
        from polyconstraints.render.expansion_terminal import print_expansion

        print_expansion(view, console, style, grouped=grouped, fold=options["fold"], ascii=ascii)

    # Builds the expansion's tables, or refuses to, before anything is written.
    _ = view.monomials
    style, grouped = options["style"], options["grouped"]
    kinds: dict[str, type[ExpansionWriter]] = {
        "text": ExpansionText,
        "latex": ExpansionLatex,
        "sympy": ExpansionSympy,
        "json": ExpansionJson,
    }
    writer = kinds[options["output_format"]](view, style, grouped=grouped)
    write_result(
        writer,
        options,
        "expanding",
        patterns=layer_patterns(view.network, writer.names),
        show=show,
        # With values to substitute, counting the terms would take as long as writing them.
        counted=not view.assignment,
    )
