"""One training loop for all approaches, and what is measured of a network."""

from __future__ import annotations

import copy
import math
import operator
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from examples.approaches.interface import permuted, random_orders
from examples.approaches.tasks import Data, Task

__all__ = ["Budget", "Fit", "asymmetry", "error", "fit", "subset"]

#: Part of the steps in which the learning rate rises; it falls to 0 in the rest.
WARM_UP = 0.1

#: Steps at the end over which the training loss is averaged.
LAST_STEPS = 50

#: Steps that are timed together.
STRETCH = 50


@dataclass(frozen=True)
class Budget:
    """What every network gets: AdamW, one cycle of the learning rate, clipped gradients."""

    steps: int = 600
    batch: int = 64
    weight_decay: float = 1e-2
    largest_gradient: float = 1.0


@dataclass(frozen=True)
class Fit:
    """How a training went.

    Attributes
    ----------
    loss : float
        Mean over the last steps; infinite if any loss was not finite.
    step_seconds : float
        Processor time of one step, in the quickest stretch of :data:`STRETCH` steps: what
        else runs on the machine makes others slower.
    """

    loss: float
    step_seconds: float


def fit(
    model: nn.Module,
    task: Task,
    data: Data,
    rate: float,
    seed: int,
    budget: Budget,
    *,
    permute: bool = False,
) -> Fit:
    """Train a network for a number of steps.

    Parameters
    ----------
    model : Module
    task : Task
    data : Data
        The training sets.
    rate : float
        Largest learning rate.
    seed : int
        Of the batches.
    budget : Budget
    permute : bool
        Whether each set of a batch is put into a new order.
    """
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=rate, weight_decay=budget.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=budget.steps, pct_start=WARM_UP, cycle_momentum=False
    )
    model.train()
    stretch = min(STRETCH, budget.steps)
    losses, times = [], [time.process_time()]
    for step in range(budget.steps):
        chosen = torch.randint(len(data.x), (budget.batch,))
        x, y = data.x[chosen], data.y[chosen]
        if permute:
            orders = random_orders(len(x), task.n)
            x = permuted(x, orders)
            y = permuted(y, orders) if task.kind == "equivariant" else y
        loss = _loss(model(x), y, task)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), budget.largest_gradient)
        optimiser.step()
        schedule.step()
        losses.append(loss.detach())
        if (step + 1) % stretch == 0:
            times.append(time.process_time())
    seconds = min(map(operator.sub, times[1:], times)) / stretch
    values = torch.stack(losses)
    last = float(values[-LAST_STEPS:].mean()) if bool(values.isfinite().all()) else math.inf
    return Fit(last, seconds)


def _loss(out: Tensor, y: Tensor, task: Task) -> Tensor:
    if task.loss == "classes":
        return nn.functional.cross_entropy(out, y)
    return nn.functional.mse_loss(out, y)


@torch.no_grad()
def error(model: nn.Module, task: Task, data: Data) -> float:
    """Return the part of wrong classes, or the root mean square over the deviation.

    A network whose answers are not finite has an infinite error.
    """
    model.eval()
    torch.manual_seed(0)  # Some approaches draw permutations.
    out = model(data.x)
    if not bool(out.isfinite().all()):
        return math.inf
    if task.loss == "classes":
        return float((out.argmax(-1) != data.y).double().mean())
    return float((out - data.y).square().mean().sqrt() / data.y.std())


@torch.no_grad()
def asymmetry(model: nn.Module, task: Task, data: Data, seed: int = 0, sets: int = 200) -> float:
    """Return the largest |F(σx) - F(x)|, or |F(σx) - σF(x)|, over the answers' size.

    Computed in double precision, with one random permutation for each set; the size is the
    root mean square of all answers.
    """
    double = copy.deepcopy(model).double().eval()
    torch.manual_seed(seed)
    x = data.x[:sets].double()
    orders = random_orders(len(x), task.n)
    there, here = double(permuted(x, orders)), double(x)
    if task.kind == "equivariant":
        here = permuted(here, orders)
    return float((there - here).abs().max() / here.square().mean().sqrt())


def subset(data: Data, size: int, seed: int) -> Data:
    """Return a random part of the sets, or all of them."""
    if size >= len(data.x):
        return data
    draw = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(data.x), generator=draw)[:size]
    return Data(data.x[chosen], data.y[chosen])
