"""``polyconstraints export``: write a tying map."""

from __future__ import annotations

from typing import Any, cast

import click
from click.core import ParameterSource

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import NetworkOptions, common_options, network_options

__all__ = ["export"]

_BINARY = ("npz", "safetensors")


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints export -n 3 -d 2 --bias -o map.json",
        "polyconstraints export -n 16 --group C -o map.npz",
        "polyconstraints export -n 3 | polyconstraints verify -",
    ],
)
@network_options()
@common_options(formats=("json", *_BINARY))
@click.pass_context
def export(context: click.Context, /, **options: Any) -> None:
    """Write the tying map of a network: which weight is which parameter.

    Unless a format is asked for, the ending of the output file's name chooses it; standard
    output gets JSON. All formats hold the same content.
    """
    from polyconstraints.cli.options import build_problem
    from polyconstraints.cli.output import write_bytes, write_json
    from polyconstraints.derivation import derive

    file = options["output_file"]
    kind = options["output_format"]
    if context.get_parameter_source("output_format") is ParameterSource.DEFAULT:
        ending = (file or "").rpartition(".")[2].lower()
        kind = ending if ending in _BINARY else kind
    problem = build_problem(options["inputs"], cast("NetworkOptions", options))
    tying = derive(*problem).tying_map()
    if kind == "json":
        write_json(tying.to_json(), file)
    else:
        from polyconstraints.tying.archive import to_bytes

        write_bytes(to_bytes(tying, kind), file)
