"""``polyconstraints expand``: print the expanded network."""

from __future__ import annotations

from functools import partial
from typing import Literal

import click

from polyconstraints.cli.options import (
    ascii_option,
    command,
    flag,
    fold_option,
    network_options,
    option,
    style_option,
)
from polyconstraints.cli.parameters import integer
from polyconstraints.cli.request import Request
from polyconstraints.cli.streaming import goes_on, streaming_options, write_result
from polyconstraints.errors import UsageError, naming

Style = Literal["canonical", "paper"]


@command(
    "polyconstraints expand -n 3 -d 2 --bias",
    "polyconstraints expand -n 3 -d 2 --bias --style paper --output 2",
    "polyconstraints expand -n 4 -d 3 --bias --count",
    formats=("text", "latex", "sympy", "json"),
)
@network_options()
@click.option(
    "--grouped/--ungrouped",
    default=True,
    help="One group for each monomial in x, or one term for each monomial in x and W.",
)
@style_option
@flag("--count", help="Print only how many monomials and terms there are.")
@option(
    "--output outputs",
    integer,
    "K",
    "Only output K, from 1; may be given several times.",
    multiple=True,
)
@option(
    "--monomial monomials",
    None,
    "MONOMIAL",
    "Only the group of this monomial, as x1*x2^2; may be given several times.",
    multiple=True,
)
@option(
    "--set assignments",
    None,
    "NAME=VALUE",
    "Substitute a rational for a weight or input, as W0_1_1_0=1/2; may be given several times.",
    multiple=True,
)
@fold_option("terms of a group")
@ascii_option()
@streaming_options()
def expand(
    request: Request,
    grouped: bool,
    style: Style,
    count: bool,
    outputs: tuple[int, ...],
    monomials: tuple[str, ...],
    assignments: tuple[str, ...],
    fold: int,
) -> None:
    """Print the network, expanded as a polynomial in its inputs and weights.

    The coefficient of each monomial in the inputs is a polynomial in the weights. Terms come
    in the order in which the paper prints them: by the last layer's weights first. On a
    terminal the groups are aligned and coloured by layer; in a pipe they are plain text, one
    group a line. In SymPy's format several outputs are a list of expressions.
    """
    from polyconstraints.expansion import Expansion
    from polyconstraints.jobs.estimate import estimate_expansion
    from polyconstraints.render.expansion import WRITERS, count_document
    from polyconstraints.render.expansion_view import Assignment, ExpansionView, parse_monomial

    kind = request.output_format
    if style == "paper" and kind in ("sympy", "json"):
        raise UsageError(f"expected canonical with --format {kind}, got paper", "--style")
    # The symmetry changes nothing but the number of outputs; it is checked all the same.
    network, _ = request.problem()
    estimated = partial(
        estimate_expansion,
        network,
        outputs=len(set(outputs)) or None,
        selected=bool(monomials or assignments),
    )
    if not count and not goes_on(request, estimated):
        return
    with naming("--set"):
        assignment = Assignment.parse(assignments, network)
    with naming("--monomial"):
        chosen = [parse_monomial(text, network) for text in monomials]
    expansion = Expansion(network, request.memory_limit)
    order = "paper" if style == "paper" else "graded"
    view = ExpansionView(expansion, outputs or None, chosen or None, assignment, order)
    if count:
        document = count_document(view)
        counts = zip(view.outputs, document["terms"], strict=True)
        lines = [f"{f'terms of y{output}':<17}{count}" for output, count in counts]
        request.write(document, "\n".join([f"monomials in x   {document['monomials']}", *lines]))
        return
    # Builds the expansion's tables, or refuses to, before anything is written.
    _ = view.monomials
    writer = WRITERS[kind](view, style, grouped=grouped)
    # With values to substitute, counting the terms would take as long as writing them.
    write_result(writer, request, "expanding", fold, counted=not assignment)
