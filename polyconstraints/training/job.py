"""One training job from start to end, the same numbers from the same seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Unpack, get_args

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.numpy import SGD, Adam, TiedNetwork, fit, mean_squared_error
from polyconstraints.backends.plan import NetworkPlan
from polyconstraints.derivation import derive
from polyconstraints.display import Displayed
from polyconstraints.errors import PolyconstraintsError, UsageError, explained, extra
from polyconstraints.memory import require_memory
from polyconstraints.schemas.writing import written
from polyconstraints.spec import integer
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.problem import Words, problem
from polyconstraints.spec.size import require_room
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.training.targets import Target, find_target
from polyconstraints.tying import TyingMap

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupLike

Array = NDArray[Any]

#: Parameters, inputs and targets to the mean of the squared errors and its gradients.
Objective = Callable[[Sequence[Array], Array, Array], tuple[float, list[Array]]]

#: Parameters and inputs to outputs.
Evaluate = Callable[[Sequence[Array], Array], Array]

Backend = Literal["numpy", "torch", "jax"]


#: Samples that the loss is measured on at the end; none of them is trained on.
_TEST_SAMPLES = 1024

#: Samples on which the symmetry is checked at the end.
_CHECKED = 64

#: Bytes a sample and unit: the values, their derivatives, and what is made of them on the way.
_BYTES_A_SAMPLE_AND_UNIT = 64

#: Sizes of steps in unit coordinates, where all parameters are of the size of the function.
_LEARNING_RATES = {"adam": 0.05, "sgd": 0.01}

#: Most points of the curve in a document.
_CURVE = 200


@dataclass(frozen=True)
class Job:
    """What is trained, on what, and how."""

    plan: NetworkPlan
    symmetry: Symmetry
    target: Target
    backend: Backend = "numpy"
    #: Where the plan comes from: the structure of the layers, or their weights looked up.
    path: str = "structure"
    dtype: Literal["float64", "float32"] = "float64"
    #: Training samples, drawn from the standard normal distribution, and those of one step.
    samples: int = 512
    steps: int = 1000
    batch: int = 64
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: float = _LEARNING_RATES["adam"]
    #: Decides the samples, the batches and the initial parameters.
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Outcome(Displayed):
    """What came of a job."""

    job: Job
    #: The parameters of each layer, those of the tying map.
    theta: list[Array]
    #: The mean of the squared errors of each step's batch.
    losses: list[float]
    #: The same over samples that weren't trained on.
    test: float
    #: That of the target over those samples: the loss of the best constant.
    variance: float
    #: Largest deviation of F(σx) from σF(x), or from F(x), over the group's generators and
    #: some samples, relative to the largest output.
    symmetry_error: float

    @property
    def relative(self) -> float:
        """The loss on new samples as a part of the target's variance."""
        return self.test / self.variance if self.variance else math.inf

    def curve(self) -> list[tuple[int, float]]:
        """Return steps and losses, thinned out evenly."""
        stride = max(1, math.ceil(len(self.losses) / _CURVE))
        points = [(step, self.losses[step]) for step in range(0, len(self.losses), stride)]
        last = len(self.losses) - 1
        return points if points[-1][0] == last else [*points, (last, self.losses[last])]

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``training``."""
        job, losses = self.job, self.losses
        loss = {
            "first": losses[0],
            "last": losses[-1],
            "test": self.test,
            "target_variance": self.variance,
        }
        return written(
            "maps.Training",
            self,
            job,
            network=job.plan.network,
            parameters=sum(job.plan.parameters),
            loss=loss,
            curve=[list(point) for point in self.curve()],
        )


@explained
def train(
    source: TyingMap | NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    *,
    target: str | None = None,
    backend: Backend = "numpy",
    path: Literal["structure", "auto", "gather"] = "structure",
    dtype: Literal["float64", "float32"] = "float64",
    samples: int = 512,
    steps: int = 1000,
    batch: int = 64,
    optimizer: Literal["adam", "sgd"] = "adam",
    learning_rate: float | None = None,
    seed: int = 0,
    memory_limit: int | None = None,
    watch: Callable[[float], None] | None = None,
    **words: Unpack[Words],
) -> Outcome:
    """Train a tied network on a symmetric function.

    Parameters
    ----------
    source : TyingMap or NetworkSpec, optional
        What is trained, unless keywords describe a network.
    symmetry, memory_limit, **words
        As for :func:`~polyconstraints.derive`.
    target : str, optional
        The function to learn, one of :data:`~polyconstraints.training.TARGETS`.
    backend, path, dtype, samples, steps, batch, optimizer, learning_rate, seed
        As for :class:`Job`; steps are of size 0.05 for Adam and 0.01 for gradient descent unless
        said otherwise.
    watch : callable, optional
        Called with 1 after every step.

    Raises
    ------
    UsageError
        If there is no such target, or the backend isn't installed.
    PolyconstraintsError
        If the loss stops being finite.

    Examples
    --------
    >>> outcome = train(n=3, steps=300)
    >>> outcome.relative < 1e-6
    True
    """
    samples, steps, batch = (
        integer(value, name)
        for value, name in ((samples, "samples"), (steps, "steps"), (batch, "batch"))
    )
    if backend not in get_args(Backend):
        raise UsageError(
            f"expected one of {', '.join(get_args(Backend))}, got {backend!r}", "backend"
        )
    if isinstance(source, TyingMap):
        if symmetry is not None or words:
            raise UsageError("expected no description of a network beside a map", "symmetry")
        plan, imposed = NetworkPlan.from_map(source, path), source.symmetry
    else:
        network, imposed = problem(source, symmetry, words)
        needed = _BYTES_A_SAMPLE_AND_UNIT * (samples + batch) * sum(network.units)
        what = f"{samples + batch} samples of {network.units[0]} units"
        require_memory(needed, memory_limit, what)
        if path != "gather" and _has_rule(network, imposed):
            # Nothing of the size of the weights is made, so that n may be in the thousands.
            plan = NetworkPlan.symmetric(network, imposed.kind)
        else:
            require_room(network, imposed, "plan", memory_limit)
            plan = NetworkPlan.from_map(derive(network, imposed, memory_limit).tying_map(), path)
    found = find_target(target, imposed.kind)
    rate = _LEARNING_RATES[optimizer] if learning_rate is None else learning_rate
    how = (backend, path, dtype, samples, steps, batch, optimizer, rate, seed)
    return run_job(Job(plan, imposed, found, *how), watch)


def _has_rule(network: NetworkSpec, symmetry: Symmetry) -> bool:
    """Return whether the classes are the patterns of equal indices."""
    redundant = network.layer == "quadratic" and network.indices == "redundant"
    same = all(width == network.inputs for width in network.widths[:-1])
    plain = symmetry.group.name == "S" and not symmetry.actions
    return plain and symmetry.scope == "layer" and not redundant and same


def run_job(job: Job, watch: Callable[[float], None] | None = None) -> Outcome:
    """Train and measure; ``watch`` is called with 1 after every step.

    A `PolyconstraintsError` if the loss stops being finite, or the backend isn't installed.
    """
    network = job.plan.network
    rng = np.random.default_rng(job.seed)
    x = rng.standard_normal((job.samples + _TEST_SAMPLES, network.units[0]))
    target = job.target(x, network.channels[0], network.channels[-1])
    if target.shape[1] != network.units[-1]:
        raise UsageError(
            f"expected {target.shape[1]} output units for this target, got {network.units[-1]}",
            "target",
        )
    x, target = x.astype(job.dtype), target.astype(job.dtype)
    train, test = slice(job.samples), slice(job.samples, None)
    # By the reference backend whatever the backend, so that all of them start alike.
    tied = TiedNetwork(job.plan)
    theta = tied.init(rng, job.dtype)
    with extra(job.backend):
        objective, evaluate = _BACKENDS[job.backend](job.plan, job.dtype)

    def watched(step: int, loss: float) -> None:
        if not math.isfinite(loss):
            raise PolyconstraintsError(
                f"the loss is not finite after {step} steps; a smaller learning rate or "
                "depth, or a bias, may keep it finite"
            )
        if watch is not None:
            watch(1)

    with np.errstate(over="ignore", invalid="ignore"):
        theta, losses = fit(
            tied,
            x[train],
            target[train],
            theta=theta,
            optimizer=(Adam if job.optimizer == "adam" else SGD)(job.learning_rate),
            steps=job.steps,
            batch=job.batch,
            seed=rng,
            watch=watched,
            objective=objective,
        )
        error, _ = objective(theta, x[test], target[test])
        symmetry_error = _symmetry_error(job, evaluate, theta, x[test][:_CHECKED])
    return Outcome(
        job, tied.to_map(theta), losses, error, float(target[test].var()), symmetry_error
    )


def _symmetry_error(job: Job, evaluate: Evaluate, theta: Sequence[Array], x: Array) -> float:
    out = evaluate(theta, x)
    worst = 0.0
    for action in job.symmetry.unit_actions(job.plan.network, generators=True):
        below, above = action[0], action[-1]
        if below is None or above is None:
            continue
        moved, expected = np.empty_like(x), np.empty_like(out)
        moved[:, list(below)] = x
        expected[:, list(above)] = out
        worst = max(worst, float(np.abs(evaluate(theta, moved) - expected).max()))
    size = float(np.abs(out).max())
    return worst / size if size else worst


# --- the loss and its gradients, by whichever backend --------------------------------------


def _numpy(plan: NetworkPlan, dtype: str) -> tuple[Objective, Evaluate]:
    network = TiedNetwork(plan)
    return partial(mean_squared_error, network), network


def _torch(plan: NetworkPlan, dtype: str) -> tuple[Objective, Evaluate]:
    import torch

    from polyconstraints.backends.torch import TiedNetwork

    network = TiedNetwork(plan, dtype=getattr(torch, dtype))

    def objective(theta: Sequence[Array], x: Array, target: Array) -> tuple[float, list[Array]]:
        network.set_theta(theta)
        network.zero_grad()
        loss = torch.nn.functional.mse_loss(network(torch.tensor(x)), torch.tensor(target))
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [layer.theta.grad for layer in network.tied_layers()]
        return loss.item(), [np.asarray(gradient) for gradient in gradients]

    @torch.no_grad()
    def evaluate(theta: Sequence[Array], x: Array) -> Array:
        network.set_theta(theta)
        return np.asarray(network(torch.tensor(x)))

    return objective, evaluate


def _jax(plan: NetworkPlan, dtype: str) -> tuple[Objective, Evaluate]:
    import jax

    from polyconstraints.backends.jax import Network

    wide, network = dtype == "float64", Network(plan)

    @jax.jit
    def compiled(theta: Any, x: Any, target: Any) -> Any:
        def loss(theta: Any) -> Any:
            return ((network.apply(theta, x) - target) ** 2).mean()

        return jax.value_and_grad(loss)(theta)

    def objective(theta: Sequence[Array], x: Array, target: Array) -> tuple[float, list[Array]]:
        with jax.enable_x64(wide):
            loss, gradients = compiled(list(theta), x, target)
            return float(loss), [np.asarray(gradient) for gradient in gradients]

    def evaluate(theta: Sequence[Array], x: Array) -> Array:
        with jax.enable_x64(wide):
            return np.asarray(network.apply([*map(jax.numpy.asarray, theta)], jax.numpy.asarray(x)))

    return objective, evaluate


_BACKENDS = {"numpy": _numpy, "torch": _torch, "jax": _jax}
