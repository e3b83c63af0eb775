"""``polyconstraints discover``: which permutations leave trained weights' network unchanged."""

from __future__ import annotations

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import INDICES, IntegerList, Request, common_options, seed_option
from polyconstraints.cli.verify import tolerance_option

__all__ = ["discover"]


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints discover trained.npz --bias",
        "polyconstraints discover trained.safetensors --format json",
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
    help="Weights of a quadratic layer: i ≥ j only, or every pair.",
)
@click.option(
    "--channels",
    type=IntegerList(1),
    default="1",
    metavar="M,…",
    help="Channels of a component: one number, or one for each level.",
)
@tolerance_option
@seed_option
@common_options()
def discover(request: Request, weights_file: str, tolerance: float | None, seed: int) -> None:
    """Find the permutations of the inputs that leave the network of given weights unchanged.

    FILE holds arrays layer0, layer1, … in .npz or .safetensors; their shapes give the
    network. All transpositions are tried, and other permutations too, all of them up to six
    components; the group that they generate is named.
    """
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.errors import InputError
    from polyconstraints.verification.discovery import discover as find
    from polyconstraints.verification.trained import infer_network, read_weights

    weights = read_weights(weights_file)
    try:
        network = infer_network(
            weights, bias=request.bias, indices=request.indices, channels=request.channels
        )
        result = find(network, weights, tolerance=tolerance, seed=seed)
    except InputError as error:
        raise InputError(error.message, error.place, weights_file) from None
    if request.output_format == "json":
        write_json(result.to_json(), request.output_file)
    else:
        from polyconstraints.render.verdicts import discovery_text

        write_text(discovery_text(result), request.output_file)
