"""``polyconstraints train``: try a tying map in one command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from polyconstraints.cli.commands import ExampleCommand
from polyconstraints.cli.options import (
    Integer,
    Request,
    check_output_file,
    common_options,
    network_options,
    positive,
    seed_option,
)

if TYPE_CHECKING:
    from polyconstraints.backends.plan import NetworkPlan
    from polyconstraints.spec.network import NetworkSpec
    from polyconstraints.spec.symmetry import Symmetry
    from polyconstraints.training import Outcome

__all__ = ["train"]

#: Bytes a sample and unit: the values, their derivatives, and what is made of them on the way.
_BYTES_A_SAMPLE_AND_UNIT = 64

#: Weights of a layer up to which --save writes them out beside the parameters.
_WRITTEN_OUT = 1 << 20


def _archive(context: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.endswith(".npz"):
        raise click.BadParameter(
            f"expected a name that ends in .npz, got {value!r}", context, param
        )
    return check_output_file(context, param, value)


def _names(context: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from polyconstraints.training import TARGETS

        width = max(map(len, TARGETS))
        for target in TARGETS.values():
            click.echo(f"{target.name:<{width}}  {target.kind:<11}  {target.formula}")
        context.exit()


@click.command(
    cls=ExampleCommand,
    examples=[
        "polyconstraints train -n 5",
        "polyconstraints train -n 4 -d 2 --bias --symmetry invariant --target fourth-powers",
        "polyconstraints export -n 6 --group C | polyconstraints train - --target neighbours",
        "polyconstraints train -n 8 --plot loss.png --save trained.npz",
    ],
)
@click.argument("map_file", metavar="[MAP]", required=False)
@click.option("--target", metavar="NAME", help="The function to learn; --targets lists them.")
@click.option(
    "--targets",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_names,
    show_default=False,
    help="List the functions to learn and exit.",
)
@click.option(
    "--backend",
    type=click.Choice(["numpy", "torch", "jax"]),
    default="numpy",
    help="What computes; numpy needs nothing installed.",
)
@click.option(
    "--path",
    type=click.Choice(["structure", "auto", "gather"]),
    default="structure",
    help="How layers are computed: by their structure where they have one, or weight by weight.",
)
@click.option(
    "--dtype", type=click.Choice(["float64", "float32"]), default="float64", help="Precision."
)
@click.option("--samples", type=Integer(1), default="512", metavar="N", help="Training samples.")
@click.option("--steps", type=Integer(1), default="1000", metavar="N", help="Training steps.")
@click.option("--batch", type=Integer(1), default="64", metavar="N", help="Samples of one step.")
@click.option(
    "--optimizer", type=click.Choice(["adam", "sgd"]), default="adam", help="What makes steps."
)
@click.option(
    "--learning-rate",
    type=float,
    default=0.01,
    metavar="X",
    callback=positive,
    help="Size of the steps.",
)
@seed_option
@click.option(
    "--plot",
    metavar="FILE",
    callback=check_output_file,
    help="Write the loss curve to a PNG file, too.",
)
@click.option(
    "--save",
    metavar="FILE",
    callback=_archive,
    help="Write the parameters to a .npz file: theta0, theta1, … and, for up to 2^20 weights "
    "a layer, the weights layer0, layer1, … which `verify --weights` reads.",
)
@network_options(required=False)
@common_options()
def train(
    request: Request,
    map_file: str | None,
    target: str | None,
    plot: str | None,
    save: str | None,
    **training: Any,
) -> None:
    """Train a tied network on a symmetric function.

    The network is that of MAP, a file that `export` wrote (- reads standard input), or the
    one that the options describe. Samples are standard normal; the loss is the mean of the
    squared errors.
    """
    from polyconstraints.cli.console import progress
    from polyconstraints.cli.output import write_json, write_text
    from polyconstraints.training import Job, run_job
    from polyconstraints.training.targets import find_target

    samples = training["samples"] + training["batch"]
    plan, symmetry = _plan(request, map_file, training["path"], samples)
    job = Job(plan, symmetry, find_target(target, symmetry.kind), **training)
    with progress("training", total=job.steps, quiet=request.quiet) as advance:
        outcome = run_job(job, advance)
    if plot is not None:
        _plot(outcome, plot)
    if save is not None:
        _save(outcome, save)
    if request.output_format == "json":
        write_json(outcome.to_json(), request.output_file)
    else:
        write_text(_text(outcome), request.output_file)


def _plan(
    request: Request, map_file: str | None, path: str, samples: int
) -> tuple[NetworkPlan, Symmetry]:
    from polyconstraints.backends.plan import NetworkPlan
    from polyconstraints.memory import require_memory
    from polyconstraints.tying import TyingMap

    if not request.described_beside(map_file):
        tying = TyingMap.load(str(map_file))
        return NetworkPlan.from_map(tying, path), tying.symmetry
    network, symmetry = request.problem()
    needed = _BYTES_A_SAMPLE_AND_UNIT * samples * sum(network.units)
    require_memory(needed, request.memory_limit, f"{samples} samples of {network.units[0]} units")
    if _has_rule(network, symmetry) and path != "gather":
        # Nothing of the size of the weights is made, so that n may be in the thousands.
        return NetworkPlan.symmetric(network, symmetry.kind), symmetry
    return NetworkPlan.from_map(request.derive("plan").tying_map(), path), symmetry


def _has_rule(network: NetworkSpec, symmetry: Symmetry) -> bool:
    """Return whether the classes are the patterns of equal indices."""
    redundant = network.layer == "quadratic" and network.indices == "redundant"
    same = all(width == network.inputs for width in network.widths[:-1])
    return (
        symmetry.group.name == "S"
        and symmetry.scope == "layer"
        and not symmetry.actions
        and not redundant
        and same
    )


def _plot(outcome: Outcome, path: str) -> None:
    from polyconstraints.io.files import atomic_writer
    from polyconstraints.training.curve import curve_png

    job = outcome.job
    picture = curve_png(
        outcome.losses,
        f"{job.target.name}, n = {job.plan.network.inputs}, {sum(job.plan.parameters)} parameters",
    )
    with atomic_writer(path, binary=True, field="plot") as handle:
        handle.write(picture)


def _save(outcome: Outcome, path: str) -> None:
    from polyconstraints.io.arrays import to_bytes
    from polyconstraints.io.files import atomic_writer

    arrays: dict[str, Any] = {}
    for index, (plan, theta) in enumerate(zip(outcome.job.plan.layers, outcome.theta, strict=True)):
        arrays[f"theta{index}"] = theta
        if plan.layer.weights <= _WRITTEN_OUT:
            arrays[f"layer{index}"] = plan.weights(theta)
    with atomic_writer(path, binary=True, field="save") as handle:
        handle.write(to_bytes(arrays, "npz", compressed=False))


def _text(outcome: Outcome) -> str:
    from polyconstraints.training.curve import curve_text

    job, network = outcome.job, outcome.job.plan.network
    layers = "+".join(map(str, job.plan.parameters))
    equivariant = job.symmetry.kind == "equivariant"
    lines = {
        "target": f"{job.target.name}: {job.target.formula}",
        "network": f"n = {network.inputs}, d = {network.depth}, {network.weights} weights, "
        f"{layers} parameters",
        "training": f"{job.steps} steps of {job.batch} from {job.samples} samples, "
        f"{job.optimizer} at {job.learning_rate:g}, seed {job.seed}, {job.backend} {job.dtype}",
        "curve": "",
        "loss": f"{outcome.losses[0]:.3g} at first, {outcome.losses[-1]:.3g} at last",
        "on new samples": f"{outcome.test:.3g}, {outcome.relative:.2g} of the target's variance",
        "F(σx) = σF(x)" if equivariant else "F(σx) = F(x)": (
            f"up to {outcome.symmetry_error:.1g} of the largest output"
        ),
    }
    return "\n".join(
        f"\n{curve_text(outcome.losses)}\n" if label == "curve" else f"{label:<16}{value}"
        for label, value in lines.items()
    )
