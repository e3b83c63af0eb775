"""``polyconstraints export``: write a tying map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click
from click.core import ParameterSource

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import Integer, NetworkOptions, common_options, network_options

if TYPE_CHECKING:
    from polyconstraints.network import NetworkSpec
    from polyconstraints.symmetry import Symmetry
    from polyconstraints.tying import TyingMap

__all__ = ["export"]

_BINARY = ("npz", "safetensors")


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints export -n 3 -d 2 --bias -o map.json",
        "polyconstraints export -n 16 --group C -o map.npz",
        "polyconstraints export -n 3 -d 2 --scope network --stratum 2 | polyconstraints verify -",
    ],
)
@network_options()
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
    from polyconstraints.cli.options import build_problem
    from polyconstraints.cli.output import write_bytes, write_json

    file = options["output_file"]
    kind = options["output_format"]
    if context.get_parameter_source("output_format") is ParameterSource.DEFAULT:
        ending = (file or "").rpartition(".")[2].lower()
        kind = ending if ending in _BINARY else kind
    problem = build_problem(options["inputs"], cast("NetworkOptions", options))
    tying = _tying_map(*problem, options)
    if kind == "json":
        write_json(tying.to_json(), file)
    else:
        from polyconstraints.tying.archive import to_bytes

        write_bytes(to_bytes(tying, kind), file)


def _tying_map(network: NetworkSpec, symmetry: Symmetry, options: dict[str, Any]) -> TyingMap:
    number = options["stratum"]
    if number is None:
        from polyconstraints.derivation import derive

        if options["gauge_fixed"]:
            raise click.BadParameter(
                "expected --stratum with it, got none", param_hint="--gauge-fixed"
            )
        return derive(network, symmetry).tying_map()
    if symmetry.scope != "network":
        raise click.BadParameter(
            "expected --scope network with it, got layer", param_hint="--stratum"
        )
    from polyconstraints.stratification.tying import numbered_stratum_map

    return numbered_stratum_map(network, symmetry, number, options["gauge_fixed"])
