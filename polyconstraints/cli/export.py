"""``polyconstraints export``: write a tying map."""

from __future__ import annotations

from typing import Any

from polyconstraints.cli.options import (
    command,
    flag,
    network_options,
    stratum_options,
)
from polyconstraints.cli.parameters import ANY
from polyconstraints.cli.request import Request
from polyconstraints.errors import UsageError


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
