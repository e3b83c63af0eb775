"""A training loop for tied networks in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.numpy.network import TiedNetwork
from polyconstraints.backends.numpy.optimizers import Adam, Optimizer
from polyconstraints.errors import InputError

__all__ = ["fit", "mean_squared_error"]

Array = NDArray[Any]


def mean_squared_error(
    network: TiedNetwork, theta: Sequence[Array], x: Array, target: Array
) -> tuple[float, list[Array]]:
    """Return the mean of the squared errors, and its gradients.

    Parameters
    ----------
    network : TiedNetwork
    theta : sequence of arrays
        The parameters.
    x : array of shape (batch, inputs)
    target : array of shape (batch, outputs)
    """
    out, tape = network.forward(theta, x)
    error = out - target
    gradients, _ = network.backward(tape, 2 * error / error.size)
    return float((error**2).mean()), gradients


def fit(
    network: TiedNetwork,
    x: Array,
    target: Array,
    *,
    theta: Sequence[Array] | None = None,
    optimizer: Optimizer | None = None,
    steps: int = 1000,
    batch: int | None = None,
    seed: int = 0,
    watch: Callable[[int, float], None] | None = None,
) -> tuple[list[Array], list[float]]:
    """Fit a network to samples and return its parameters and the loss of every step.

    Parameters
    ----------
    network : TiedNetwork
    x : array of shape (samples, inputs)
    target : array of shape (samples, outputs)
    theta : sequence of arrays, optional
        Where to start; drawn from the seed by default.
    optimizer : Optimizer, optional
        Adam with a learning rate of 0.01 by default.
    steps : int
    batch : int, optional
        Samples of one step, drawn anew for each; all by default.
    seed : int
    watch : callable, optional
        Called with the number and the loss of each step.

    Raises
    ------
    InputError
        If a shape doesn't fit.
    """
    if target.shape != (len(x), network.outputs):
        raise InputError(
            f"expected shape {(len(x), network.outputs)}, got {target.shape}", "target"
        )
    rng = np.random.default_rng(seed)
    current = network.init(rng, x.dtype) if theta is None else list(theta)
    optimizer = Adam(0.01) if optimizer is None else optimizer
    losses = []
    for step in range(steps):
        chosen = slice(None) if batch is None else rng.integers(len(x), size=batch)
        loss, gradients = mean_squared_error(network, current, x[chosen], target[chosen])
        current = optimizer.step(current, gradients)
        losses.append(loss)
        if watch is not None:
            watch(step, loss)
    return current, losses
