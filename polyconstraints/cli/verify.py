"""``polyconstraints verify`` and ``discover``: check a tying map, or a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from polyconstraints.cli.options import (
    INDICES,
    choice,
    command,
    flag,
    network_options,
    option,
    seed_option,
    stratum_options,
    tolerance_option,
)
from polyconstraints.cli.parameters import integer, one_or_integers
from polyconstraints.cli.request import Request
from polyconstraints.errors import InputError, UsageError, naming

if TYPE_CHECKING:
    from polyconstraints.backends.plan import NetworkPlan
    from polyconstraints.io.arrays import ArrayFile
    from polyconstraints.tying import TyingMap, TyingRule
    from polyconstraints.variety.layerwise import Layerwise
    from polyconstraints.verification import Verification
    from polyconstraints.verification.trained import WeightCheck

    #: A rule and the numbers of letters that are asked about.
    Rule = tuple[TyingRule, tuple[int, ...]]


@command(
    "polyconstraints verify map.json --exact",
    "polyconstraints export -n 5 --group D | polyconstraints verify -",
    "polyconstraints verify map.json --weights trained.npz",
    "polyconstraints verify --weights trained.safetensors -n 3 -d 2 --bias",
    "polyconstraints verify --weights network.npz -n 2 -d 2 --bias --layerwise",
)
@click.argument("map_file", metavar="[MAP]", required=False)
@option(
    "--weights weights_file",
    None,
    "FILE",
    "Check what was trained: arrays in a .npz or .safetensors file, the weights layer0, "
    "layer1, …, a map's parameters theta0, … or those of a network's state, layers.0.theta, … The "
    "network is that of MAP, or the one that the options describe.",
)
@option(
    "--trials",
    integer,
    "T",
    "Random networks to look at where the layers prove nothing.",
    default="3",
)
@seed_option
@flag("--exact", help="Where the layers prove nothing, prove the answer by expanding the network.")
@flag(
    "--layerwise",
    help="With --weights of a symmetric network, as exact numbers: find equivariant layers that "
    "compute the same function, or prove that there are none.",
)
@option(
    "--time-limit",
    integer,
    "SECONDS",
    "With --layerwise: how long each proof may take.",
    default=60,
)
@tolerance_option
@network_options()
@stratum_options
@click.pass_context
def verify(
    context: click.Context,
    request: Request,
    map_file: str | None,
    weights_file: str | None,
    trials: int,
    seed: int,
    exact: bool,
    layerwise: bool,
    time_limit: int,
    tolerance: float | None,
) -> None:
    """Check that every network of a tying map has the symmetry that the map states.

    MAP is a file that `export` wrote or that somebody wrote by hand, in JSON, .npz or
    .safetensors; - reads JSON from standard input. If every layer is equivariant for
    permutations of the hidden units that fit together, that is a proof. Otherwise both sides
    of the symmetry are compared at random parameters and inputs modulo a random prime, for each
    generator of the group. Exit status 3: not symmetric; a counterexample is shown in full.

    With --weights a trained network is checked instead: how symmetric its function is, and
    which weights deviate from the map. With --layerwise besides: whether some network of the same
    widths whose layers are equivariant, for whatever action on the hidden units, computes the same
    function. Exit status 3: none does, which is proved.
    """
    for name, needed in (("layerwise", weights_file is not None), ("time_limit", layerwise)):
        if name in request.given and not needed:
            raise UsageError(
                f"expected --{'weights' if name == 'layerwise' else 'layerwise'} with it", name
            )
    given = _given(request, map_file, weights_file)
    result: Verification | WeightCheck | Layerwise
    if weights_file is not None and layerwise:
        result, text = _layers_sought(given, weights_file, time_limit, seed)
    elif weights_file is not None:
        result, text = _weights_checked(request, given, weights_file, tolerance, seed)
    else:
        result, text = _map_verified(given, trials, seed, exact)
    request.write(result.to_json, text)
    if not result:
        context.exit(3)


def _layers_sought(
    given: TyingMap | Rule, file: str, time_limit: int, seed: int
) -> tuple[Layerwise, str]:
    from polyconstraints.render.strata import layerwise_text
    from polyconstraints.variety.layerwise import layerwise
    from polyconstraints.variety.strata import Variety
    from polyconstraints.verification.trained import exact_rows, read_weights

    tying = given[0].at(*given[1]) if isinstance(given, tuple) else given
    weights = read_weights(file)
    with naming(source=file):
        rows = exact_rows(tying.network, weights)
        result = layerwise(Variety(tying.network, tying.symmetry, seed), rows, time_limit)
    return result, layerwise_text(result)


def _weights_checked(
    request: Request, given: TyingMap | Rule, file: str, tolerance: float | None, seed: int
) -> tuple[WeightCheck, str]:
    from polyconstraints.render.verdicts import weight_check_text
    from polyconstraints.verification.trained import check_weights

    tying = given[0].at(*given[1]) if isinstance(given, tuple) else given
    with naming(source=file):
        weights = _weights(tying, file)
        result = check_weights(tying, weights, tolerance=tolerance, seed=seed)
    return result, weight_check_text(result, request.most)


def _weights(tying: TyingMap, file: str) -> list[Any]:
    """Return a file's weights, or those that parameters of a map's network give."""
    from polyconstraints.io.arrays import open_arrays
    from polyconstraints.verification.trained import PARAMETERS, UNITS, WEIGHTS, read_numbered

    name, arrays = read_numbered(file, WEIGHTS, PARAMETERS, UNITS)
    if name == WEIGHTS:
        return arrays
    if name == UNITS:
        plan = _plan_of_state(tying, open_arrays(file))
        plan.check(arrays)
        pairs = zip(plan.layers, arrays, strict=True)
        arrays = [layer.to_map(part.astype(float)) for layer, part in pairs]
    return tying.weights(arrays)


def _plan_of_state(tying: TyingMap, state: ArrayFile) -> NetworkPlan:
    """Return the plan of a map's network that a state is of; it may say what its layers are."""
    from polyconstraints.backends.plan import NetworkPlan

    names = [f"layers.{index}._extra_state" for index in range(tying.network.depth)]
    marks = [bytes(state[name]) if name in state else None for name in names]
    for path in ("auto", "gather"):
        plan = NetworkPlan.from_map(tying, path)
        pairs = zip(marks, plan.layers, strict=True)
        if all(mark is None or mark.endswith(layer.digest.encode()) for mark, layer in pairs):
            return plan
    raise InputError("expected the state of a network of this map, got that of another", names[0])


def _map_verified(
    given: TyingMap | Rule, trials: int, seed: int, exact: bool
) -> tuple[Verification, str]:
    from polyconstraints.render.verdicts import verification_text
    from polyconstraints.verification import verify as verify_map
    from polyconstraints.verification import verify_rule

    if not isinstance(given, tuple):
        result = verify_map(given, trials=trials, seed=seed, exact=exact)
        return result, verification_text(given, result)
    rule, sizes = given
    result = verify_rule(rule, *sizes, trials=trials, seed=seed, exact=exact)
    tying = rule.at(*result.rule.checked if result.rule else sizes)
    return result, verification_text(tying, result)


def _given(request: Request, map_file: str | None, weights_file: str | None) -> TyingMap | Rule:
    """Return the map that was given, or the one of the network that the options describe."""
    if map_file is None and weights_file is None:
        raise UsageError("expected a file, got none", "MAP")
    if map_file is None and not request.has_network:
        raise UsageError("expected MAP or a network's options beside --weights", "-n/--inputs")
    if request.described_beside(map_file):
        return request.tying_map()
    return _loaded(str(map_file))


def _loaded(file: str) -> TyingMap | Rule:
    """Return the map in a file, or the rule and the numbers of letters that it states."""
    from polyconstraints.io.arrays import ARRAY_ENDINGS
    from polyconstraints.io.files import ending_of, load_json
    from polyconstraints.tying import TyingMap, TyingRule
    from polyconstraints.verification.maps import sizes_of

    if ending_of(file) in ARRAY_ENDINGS:
        return TyingMap.load(file)
    document = load_json(file)
    layers = document.get("layers") if isinstance(document, dict) else None
    if isinstance(layers, list) and any("rule" in x for x in layers if isinstance(x, dict)):
        rule = TyingRule.from_json(document, file)
        return rule, sizes_of(rule, document)
    return TyingMap.from_json(document, "standard input" if file == "-" else file)


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
    from polyconstraints.render.verdicts import discovery_text
    from polyconstraints.verification.discovery import discover as find

    asked = {name: getattr(request, name) for name in ("bias", "indices", "channels", "activation")}
    limits: dict[str, Any] = {"tolerance": tolerance, "memory_limit": request.memory_limit}
    with naming(source=weights_file):
        result = find(None, weights_file, **asked, **limits)
    request.write(result.to_json, discovery_text(result, request.most))
