"""``polyconstraints expand``: print the expanded network."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

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

if TYPE_CHECKING:
    from polyconstraints.jobs.estimate import Estimate
    from polyconstraints.render.expansion_view import ExpansionView
    from polyconstraints.spec.network import NetworkSpec

    Style = Literal["canonical", "paper"]
    Order = Literal["graded", "paper"]


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
    from polyconstraints.errors import UsageError
    from polyconstraints.render.expansion import WRITERS

    kind = request.output_format
    if style == "paper" and kind in ("sympy", "json"):
        raise UsageError(f"expected canonical with --format {kind}, got paper", "--style")
    # The symmetry changes nothing but the number of outputs; it is checked all the same.
    network, _ = request.problem()
    selected = bool(monomials or assignments)
    if not count and not goes_on(request, partial(_estimate, network, outputs, selected)):
        return
    order: Order = "paper" if style == "paper" else "graded"
    view = _view(network, request, outputs, monomials, assignments, order)
    if count:
        _write_count(view, request)
    else:
        # Builds the expansion's tables, or refuses to, before anything is written.
        _ = view.monomials
        writer = WRITERS[kind](view, style, grouped=grouped)
        # With values to substitute, counting the terms would take as long as writing them.
        write_result(writer, request, "expanding", fold, counted=not view.assignment)


def _estimate(
    network: NetworkSpec, outputs: tuple[int, ...], selected: bool, **how: Any
) -> Estimate:
    """Return what it takes to write what is asked for, or at most that."""
    from polyconstraints.jobs.estimate import estimate_expansion

    estimate = estimate_expansion(network, outputs=len(set(outputs)) or None, **how)
    return replace(estimate, precision="at most") if selected else estimate


def _view(
    network: NetworkSpec,
    request: Request,
    outputs: tuple[int, ...],
    monomials: tuple[str, ...],
    assignments: tuple[str, ...],
    order: Order,
) -> ExpansionView:
    """Return what is to be shown."""
    from polyconstraints.errors import InputError
    from polyconstraints.expansion import Expansion
    from polyconstraints.render.expansion_view import Assignment, ExpansionView, parse_monomial

    try:
        assignment = Assignment.parse(assignments, network)
    except InputError as error:
        raise InputError(error.message, "--set") from None
    try:
        chosen = [parse_monomial(text, network) for text in monomials]
    except InputError as error:
        raise InputError(error.message, "--monomial") from None
    return ExpansionView(
        Expansion(network, request.memory_limit),
        outputs or None,
        chosen or None,
        assignment,
        order,
    )


def _write_count(view: ExpansionView, request: Request) -> None:
    from polyconstraints.render.expansion import count_document

    document = count_document(view)
    lines = [f"monomials in x   {document['monomials']}"]
    lines += [
        f"terms of y{output}{' ' * (8 - len(str(output)))}{count}"
        for output, count in zip(view.outputs, document["terms"], strict=True)
    ]
    request.write(document, "\n".join(lines))
