"""What a quadratic network of depth 3 needs, taken away one at a time.

The task is the digits, the network that of (A). Its recipe has three parts: parameters of
unit features, the library's initial sizes, and clipped gradients; a scale between the layers
is tried besides. A run counts as *lost* if a loss is not finite, or if at the end it is no
better than guessing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.nn.utils import parametrize

from examples.approaches.interface import Approach
from examples.approaches.tasks import Task
from examples.approaches.tied import Normalisation, TiedQuadratics, TiedSetNetwork
from examples.approaches.training import Budget, error, fit

__all__ = ["RECIPES", "Recipe", "run"]

#: A loss above this part of that of guessing means that nothing was learnt.
LOST = 0.98


@dataclass(frozen=True)
class Recipe:
    """What a training is given.

    Attributes
    ----------
    name : str
    unit_features : bool
        Whether parameters are those of features' means, and not of their sums.
    library_start : bool
        Whether parameters start as the library draws them; else with the standard deviation
        1/√fan-in, as one draws independent weights.
    clip : bool
        Whether gradients are clipped to norm 1.
    normalisation : {"none", "running", "set"}
    """

    name: str
    unit_features: bool = True
    library_start: bool = True
    clip: bool = True
    normalisation: Normalisation = "none"


FULL = Recipe("full recipe")

RECIPES: tuple[Recipe, ...] = (
    Recipe("nothing", unit_features=False, library_start=False, clip=False),
    replace(FULL, name="without unit features", unit_features=False),
    replace(FULL, name="without initial sizes", library_start=False),
    replace(FULL, name="without clipping", clip=False),
    FULL,
    replace(FULL, name="full, running scale", normalisation="running"),
    replace(FULL, name="full, scale of each set", normalisation="set"),
    Recipe("running scale alone", False, False, False, "running"),
    Recipe("scale of each set alone", False, False, False, "set"),
)


@torch.no_grad()
def _independent_start(model: TiedSetNetwork) -> None:
    """Draw the parameters as if each weight were its own: N(0, 1/fan-in)."""
    for layer in model.network.tied_layers():
        spread = layer.plan.layer.products**-0.5
        weights = torch.randn(len(layer.plan.tying.free)) * spread
        theta = torch.tensor(layer.plan.from_map(weights.double().numpy())).to(layer.theta)
        if parametrize.is_parametrized(layer):
            layer.theta = theta  # Through the parametrization.
        else:
            layer.theta.copy_(theta)


def run(task: Task, recipe: Recipe, depth: int, rate: float, seed: int, budget: Budget) -> Result:
    """Train one network by a recipe."""
    approach: Approach = TiedQuadratics(depth, recipe.normalisation, recipe.unit_features)
    model = approach.build(task, task.n, task.channels, task.budget, seed)
    if not isinstance(model, TiedSetNetwork):
        raise TypeError(f"expected a tied network, got {type(model).__name__}")
    if not recipe.library_start:
        _independent_start(model)
    with torch.no_grad():
        first = nn.functional.cross_entropy(model(task.training.x), task.training.y)
    clip = budget.largest_gradient if recipe.clip else math.inf
    outcome = fit(model, task, task.training, rate, seed, replace(budget, largest_gradient=clip))
    wrong = error(model, task, task.validation)
    lost = not outcome.loss < LOST * math.log(task.outputs)
    return Result(float(first), outcome.loss, wrong, lost)


@dataclass(frozen=True)
class Result:
    """How a training by a recipe went.

    Attributes
    ----------
    first_loss, last_loss : float
        Before training, and over its last steps.
    error : float
        On the validation split.
    lost : bool
    """

    first_loss: float
    last_loss: float
    error: float
    lost: bool
