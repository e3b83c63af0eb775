"""``polyconstraints discover``: which permutations leave trained weights' network unchanged."""

from __future__ import annotations

from typing import Any

import click

from polyconstraints.cli.options import (
    INDICES,
    choice,
    command,
    option,
    tolerance_option,
)
from polyconstraints.cli.parameters import one_or_integers
from polyconstraints.cli.request import Request


@command(
    "polyconstraints discover trained.npz --bias",
    "polyconstraints discover trained.safetensors --activation z^2 --format json",
)
@click.argument("weights_file", metavar="FILE")
@click.option(
    "--bias/--no-bias", default=False, help="Whether index 0 of the inputs is the unit o_0 = 1."
)
@choice(
    "--indices",
    INDICES,
    "Weights of layers that multiply: one for each product, or for each order of its units.",
)
@option(
    "--activation",
    None,
    "POLYNOMIAL",
    "A polynomial in z that hidden units pass through, as z^2 or 'z + z^3/6'.",
)
@option(
    "--channels",
    one_or_integers,
    "M,…",
    "Channels of a component: one number, or one for each level.",
    default="1",
)
@tolerance_option
def discover(request: Request, weights_file: str, tolerance: float | None) -> None:
    """Find all permutations of the inputs that leave the network of given weights unchanged.

    FILE holds arrays layer0, layer1, … in .npz or .safetensors; their shapes give the
    network. A network is unchanged layer by layer if hidden units can be permuted along so that
    every weight goes to an equal one; a small network is also looked at as a function, multiplied
    out. Needs the extra 'discover'.
    """
    from polyconstraints.io.arrays import naming
    from polyconstraints.render.verdicts import discovery_text
    from polyconstraints.verification.discovery import discover as find

    asked = {name: getattr(request, name) for name in ("bias", "indices", "channels", "activation")}
    limits: dict[str, Any] = {"tolerance": tolerance, "memory_limit": request.memory_limit}
    with naming(weights_file):
        result = find(None, weights_file, **asked, **limits)
    request.write(result.to_json(), discovery_text(result, request.most))
