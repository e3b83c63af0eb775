"""``polyconstraints train``: try a tying map in one command."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from polyconstraints.cli.options import (
    check_output_file,
    choice,
    command,
    network_options,
    option,
    seed_option,
    stratum_options,
)
from polyconstraints.cli.parameters import integer, number
from polyconstraints.cli.request import Request

if TYPE_CHECKING:
    from polyconstraints.training import Outcome


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
        from polyconstraints.cli.output import write_text
        from polyconstraints.training import TARGETS

        width = max(map(len, TARGETS))
        write_text(
            (f"{one.name:<{width}}  {one.kind:<11}  {one.formula}\n" for one in TARGETS.values()),
            words=True,
        )
        context.exit()


@command(
    "polyconstraints train -n 5",
    "polyconstraints train -n 4 -d 2 --bias --symmetry invariant --target fourth-powers",
    "polyconstraints export -n 6 --group C | polyconstraints train - --target neighbours",
    "polyconstraints train -n 8 --plot loss.png --save trained.npz",
    "polyconstraints train -n 3 -d 2 --bias --symmetry invariant --scope network --stratum 2",
)
@click.argument("map_file", metavar="[MAP]", required=False)
@option("--target", None, "NAME", "The function to learn; --targets lists them.")
@click.option(
    "--targets",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_names,
    show_default=False,
    help="List the functions to learn and exit.",
)
@choice("--backend", ("numpy", "torch", "jax"), "What computes; numpy needs nothing installed.")
@choice(
    "--path",
    ("structure", "auto", "gather"),
    "How layers are computed: by their structure where they have one, by whatever is quicker, or "
    "weight by weight.",
)
@choice("--dtype", ("float64", "float32"), "Precision.")
@option("--samples", integer, "N", "Training samples.", default="512")
@option("--steps", integer, "N", "Training steps.", default="1000")
@option("--batch", integer, "N", "Samples of one step.", default="64")
@choice("--optimizer", ("adam", "sgd"), "What makes steps.")
@option(
    "--learning-rate",
    partial(number, above=True),
    "X",
    "Size of the steps.  [default: 0.05 for adam, 0.01 for sgd]",
)
@seed_option
@option(
    "--plot", None, "FILE", "Write the loss curve to a PNG file, too.", callback=check_output_file
)
@option(
    "--save",
    None,
    "FILE",
    "Write the parameters to a .npz file: theta0, theta1, … and, for up to 2^20 weights "
    "a layer, the weights layer0, layer1, … which `verify --weights` reads.",
    callback=_archive,
)
@network_options()
@stratum_options
def train(
    request: Request,
    map_file: str | None,
    plot: str | None,
    save: str | None,
    **training: Any,
) -> None:
    """Train a tied network on a symmetric function.

    The network is that of MAP, a file that `export` wrote (- reads standard input), or the
    one that the options describe: with --stratum one whose hidden layers carry something else
    than the inputs. Samples are standard normal; the loss is the mean of the squared errors.
    """
    from polyconstraints.cli.output import write_bytes
    from polyconstraints.training.curve import outcome_text
    from polyconstraints.training.job import train as run

    described = request.described_beside(map_file)
    if described and not (request.stratum or request.gauge_fixed):
        source: tuple[Any, ...] = request.problem()
    else:
        source = (request.tying_map(map_file),)
    with request.progress("training", training["steps"]) as advance:
        outcome = run(*source, memory_limit=request.memory_limit, watch=advance, **training)
    if plot is not None:
        write_bytes(_curve(outcome), plot, "plot")
    if save is not None:
        write_bytes(_archived(outcome), save, "save")
    request.write(outcome.to_json, outcome_text(outcome))


def _curve(outcome: Outcome) -> bytes:
    """Return a picture of the losses."""
    from polyconstraints.training.curve import curve_png

    job = outcome.job
    parameters = sum(job.plan.parameters)
    title = f"{job.target.name}, n = {job.plan.network.inputs}, {parameters} parameters"
    return curve_png(outcome.losses, title)


def _archived(outcome: Outcome) -> bytes:
    """Return the parameters, and the weights where they are not too many, as an archive."""
    from polyconstraints.io.arrays import to_bytes

    arrays: dict[str, Any] = {}
    for index, (plan, theta) in enumerate(zip(outcome.job.plan.layers, outcome.theta, strict=True)):
        arrays[f"theta{index}"] = theta
        if plan.layer.weights <= _WRITTEN_OUT:
            arrays[f"layer{index}"] = plan.weights(theta)
    return to_bytes(arrays, "npz", compressed=False)
