"""``polyconstraints export``: write a tying map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click
from click.core import ParameterSource

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import Integer, NetworkOptions, common_options, network_options
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.spec.network import NetworkSpec
    from polyconstraints.spec.symmetry import Symmetry
    from polyconstraints.tying import TyingMap

__all__ = ["export"]

_BINARY = ("npz", "safetensors")


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints export -n 3 -d 2 --bias -o map.json",
        "polyconstraints export -n any --bias --rule",
        "polyconstraints export -n 3 -d 2 --scope network --stratum 2 | polyconstraints verify -",
    ],
)
@network_options(inputs="any")
@click.option(
    "--rule",
    is_flag=True,
    show_default=False,
    help="Write patterns of equal indices, which hold for every n, instead of classes.",
)
@click.option(
    "--stratum",
    type=Integer(1),
    metavar="K",
    help="With --scope network: the K-th stratum of `polyconstraints strata`.",
)
@click.option(
    "--gauge-fixed",
    is_flag=True,
    show_default=False,
    help="With --stratum: set to zero what a gauge fixing sets to zero.",
)
@common_options(formats=("json", *_BINARY))
@click.pass_context
def export(context: click.Context, /, **options: Any) -> None:
    """Write the tying map of a network: which weight is which parameter.

    Unless a format is asked for, the ending of the output file's name chooses it; standard
    output gets JSON. All formats hold the same content.
    """
    from polyconstraints.cli.options import ANY, build_problem
    from polyconstraints.cli.output import write_bytes, write_json

    file = options["output_file"]
    kind = options["output_format"]
    if context.get_parameter_source("output_format") is ParameterSource.DEFAULT:
        ending = (file or "").rpartition(".")[2].lower()
        kind = ending if ending in _BINARY else kind
    if options["rule"]:
        _write_rule(kind, options)
        return
    if options["inputs"] == ANY:
        raise UsageError("expected a number of inputs without --rule, got any", "-n/--inputs")
    problem = build_problem(options["inputs"], cast("NetworkOptions", options))
    tying = _tying_map(*problem, options)
    if kind == "json":
        write_json(tying.to_json(), file)
    else:
        from polyconstraints.tying.archive import to_bytes

        write_bytes(to_bytes(tying, kind), file)


def _write_rule(kind: str, options: dict[str, Any]) -> None:
    from polyconstraints.cli.anyinputs import any_network
    from polyconstraints.cli.options import ANY
    from polyconstraints.cli.output import write_json
    from polyconstraints.tying import TyingRule

    if kind != "json":
        raise UsageError(f"expected json for a rule, got {kind}", "--rule")
    if options["stratum"] is not None:
        raise UsageError("expected a map without --stratum for a rule", "--rule")
    network = any_network(options)
    if options["inputs"] == ANY:
        # The fewest letters for which every pattern exists.
        sizes = network.sizes_of_all_patterns()
    else:
        sizes = network.sizes_for(options["inputs"])
    write_json(TyingRule.of(network).to_json(*sizes), options["output_file"])


def _tying_map(network: NetworkSpec, symmetry: Symmetry, options: dict[str, Any]) -> TyingMap:
    number = options["stratum"]
    if number is None:
        from polyconstraints.derivation import derive

        if options["gauge_fixed"]:
            raise UsageError("expected --stratum with it, got none", "--gauge-fixed")
        return derive(network, symmetry).tying_map()
    if symmetry.scope != "network":
        raise UsageError("expected --scope network with it, got layer", "--stratum")
    from polyconstraints.variety.strata.gauge import numbered_stratum_map

    return numbered_stratum_map(network, symmetry, number, options["gauge_fixed"])
