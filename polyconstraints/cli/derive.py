"""``polyconstraints derive``, ``table`` and ``export``: constraints, and what they leave."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from polyconstraints.cli.options import (
    ascii_option,
    command,
    flag,
    fold_option,
    network_options,
    stratum_options,
    style_option,
)
from polyconstraints.cli.parameters import ANY
from polyconstraints.cli.request import Request
from polyconstraints.cli.streaming import goes_on, streaming_options, write_result
from polyconstraints.errors import UsageError

Style = Literal["canonical", "paper"]


@command(
    "polyconstraints derive -n 3 --classes",
    "polyconstraints derive -n 3 -d 2 --bias --scope network",
    "polyconstraints derive -n any --bias",
    formats=("text", "latex", "sympy", "singular", "macaulay2", "json"),
)
@network_options(inputs="any")
@flag("--list", "equalities", help="Print the equalities too.")
@flag("--classes", help="Print the classes of weights, and dependent weights as equations.")
@style_option
@fold_option("members of a class")
@flag("--check", help="Count orbits a second time, from cycle types (Burnside and Molien).")
@ascii_option()
@streaming_options()
def derive(
    request: Request, equalities: bool, classes: bool, style: Style, fold: int, check: bool
) -> None:
    """Derive the constraints that a symmetry puts on the weights, and count what they leave.

    Coefficients of like monomials are compared under every imposed permutation. In layer
    scope every layer has the symmetry and the equations are solved; in network scope, beyond
    one layer, they are polynomial equations, which are counted and can be listed. With
    `-n any` the counts are given as functions of n.
    """
    from polyconstraints.render.derivation import PROGRAMS, WRITERS

    kind = request.output_format
    if style == "paper" and kind not in ("text", "latex"):
        raise UsageError(f"expected canonical with --format {kind}, got paper", "--style")
    if request.inputs == ANY:
        for given, option in ((equalities, "list"), (request.dry_run, "dry_run"), (check, "check")):
            if given:
                raise UsageError("expected a number of inputs with it, got any", option)
        _write_law(request)
        return
    derivation = request.derive()
    if check:
        derivation = derivation.with_check()
    equalities = equalities or kind in PROGRAMS
    if request.dry_run or (equalities and not derivation.solved):
        from polyconstraints.jobs.estimate import estimate_derivation

        if not goes_on(request, partial(estimate_derivation, derivation)):
            return
    writer = WRITERS[kind](
        derivation,
        style,
        classes=classes,
        equalities=equalities,
        memory_limit=request.memory_limit,
    )
    write_result(writer, request, "writing equalities", fold)


def _write_law(request: Request) -> None:
    """Write what holds for every number of inputs."""
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.render.several import law_latex, law_text

    kind = request.output_format
    if kind not in ("text", "latex", "json"):
        raise UsageError(f"expected text, latex or json with -n any, got {kind}", "--format")
    network = AnyNetwork.of(request)
    request.write(network.to_json, law_latex(network) if kind == "latex" else law_text(network))


@command(
    "polyconstraints table --indices redundant --compare paper -n 2..6",
    "polyconstraints table -n 1-6 -d 2 --bias --format markdown",
    "polyconstraints table -n 3,5,10 --layer linear --group C --format csv",
    formats=("text", "json", "csv", "latex", "markdown"),
)
@network_options(inputs="range")
def table(request: Request) -> None:
    """Derive over a range of n: how many weights stay distinct, and of which dimension.

    The first example is the paper's table (22). For symmetric groups the counts follow a rule
    in n, so that a row for n = 1000000 takes no longer than one for n = 3.
    """
    from polyconstraints.cli.console import audience
    from polyconstraints.render.several import HEADER, SizesTable, table_sizes

    with request.progress("deriving", len(table_sizes(request))) as advance:
        found = SizesTable.of(request, request.memory_limit, advance)
    kind = request.output_format
    watched = kind == "text" and audience(request.output_file) == "terminal"
    text = found.explained() if watched else found.text(kind)
    request.write(found.to_json, text, [(HEADER, "bold")])


@command(
    "polyconstraints export -n 3 -d 2 --bias -o map.json",
    "polyconstraints export -n any --bias --rule",
    "polyconstraints export -n 3 -d 2 --scope network --stratum 2 | polyconstraints verify -",
    formats=("json", "npz", "safetensors"),
)
@network_options(inputs="any")
@flag("--rule", help="Write patterns of equal indices, which hold for every n, instead of classes.")
@stratum_options
def export(request: Request, rule: bool) -> None:
    """Write the tying map of a network: which weight is which parameter.

    All formats hold the same content. A stratum of network scope is a map, too, of networks whose
    hidden layers carry something else than the inputs.
    """
    from polyconstraints.cli.output import write_bytes

    kind = request.output_format
    if rule:
        if kind != "json":
            raise UsageError(f"expected json for a rule, got {kind}", "rule")
        if request.stratum is not None:
            raise UsageError("expected a map without --stratum for a rule", "rule")
        request.write(_rule(request), ())
        return
    if request.inputs == ANY:
        raise UsageError("expected a number of inputs without --rule, got any", "-n/--inputs")
    tying = request.tying_map()
    if kind == "json":
        request.write(tying.to_json(), ())
    else:
        write_bytes(tying.to_bytes(kind), request.output_file)


def _rule(request: Request) -> dict[str, Any]:
    """Return the document of the rule."""
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.tying import TyingRule

    network = AnyNetwork.of(request)
    if isinstance(request.inputs, int):
        sizes = network.sizes_for(request.inputs)
    else:
        # The fewest letters for which every pattern exists.
        sizes = network.sizes_of_all_patterns()
    return TyingRule.of(network).to_json(*sizes)
