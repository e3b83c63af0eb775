"""``polyconstraints discover``: which permutations leave trained weights' network unchanged."""

from __future__ import annotations

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import INDICES, IntegerList, Request, common_options
from polyconstraints.cli.verify import tolerance_option

__all__ = ["discover"]


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints discover trained.npz --bias",
        "polyconstraints discover trained.safetensors --activation z^2 --format json",
    ],
)
@click.argument("weights_file", metavar="FILE")
@click.option(
    "--bias/--no-bias", default=False, help="Whether index 0 of the inputs is the unit o_0 = 1."
)
@click.option(
    "--indices",
    type=click.Choice(INDICES),
    default=INDICES[0],
    help="Weights of layers that multiply: one for each product, or for each order of its units.",
)
@click.option(
    "--activation",
    metavar="POLYNOMIAL",
    help="A polynomial in z that hidden units pass through, as z^2 or 'z + z^3/6'.",
)
@click.option(
    "--channels",
    type=IntegerList(1),
    default="1",
    metavar="M,…",
    help="Channels of a component: one number, or one for each level.",
)
@tolerance_option
@common_options()
def discover(request: Request, weights_file: str, tolerance: float | None) -> None:
    """Find all permutations of the inputs that leave the network of given weights unchanged.

    FILE holds arrays layer0, layer1, … in .npz or .safetensors; their shapes give the
    network. A network is unchanged layer by layer if hidden units can be permuted along so that
    every weight goes to an equal one; a small network is also looked at as a function, multiplied
    out. Needs the package igraph.
    """
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.errors import InputError
    from polyconstraints.verification.discovery import discover as find
    from polyconstraints.verification.trained import infer_network, read_weights

    weights = read_weights(weights_file)
    try:
        network = infer_network(
            weights,
            bias=request.bias,
            indices=request.indices,
            channels=request.channels,
            activation=request.activation,
        )
        result = find(network, weights, tolerance=tolerance, memory_limit=request.memory_limit)
    except InputError as error:
        raise InputError(error.message, error.place, weights_file) from None
    if request.output_format == "json":
        write_json(result.to_json(), request.output_file)
    else:
        from polyconstraints.render.verdicts import discovery_text

        write_text(discovery_text(result), request.output_file)
