"""Gradient descent, Adam and a training loop for tied networks in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.numpy.network import TiedNetwork
from polyconstraints.errors import InputError, UsageError

Array = NDArray[Any]


class Optimizer(Protocol):
    """What turns gradients into steps; it may remember earlier ones."""

    def step(self, theta: Sequence[Array], gradients: Sequence[Array]) -> list[Array]:
        """Return the parameters after one step."""


class SGD:
    """Gradient descent, with momentum if asked for.

    Parameters
    ----------
    learning_rate : float
    momentum : float, default 0
        Share of the last step that is taken again.
    """

    def __init__(self, learning_rate: float, momentum: float = 0.0) -> None:
        self.learning_rate = _positive(learning_rate)
        self.momentum = momentum
        self._velocity: list[Array] = []

    def step(self, theta: Sequence[Array], gradients: Sequence[Array]) -> list[Array]:
        """Return the parameters after one step."""
        velocity = list(gradients)
        if self.momentum and self._velocity:
            pairs = zip(self._velocity, gradients, strict=True)
            velocity = [self.momentum * old + new for old, new in pairs]
        self._velocity = velocity
        return [part - self.learning_rate * v for part, v in zip(theta, velocity, strict=True)]


class Adam:
    """Adam (Kingma and Ba, arXiv:1412.6980).

    Parameters
    ----------
    learning_rate : float
    beta1, beta2 : float
        Decay of the running means of the gradient and of its square.
    epsilon : float
        Added to the root of the latter.

    Examples
    --------
    >>> Adam(0.1).step([np.array([1.0])], [np.array([7.0])])[0].round(6)
    array([0.9])
    """

    def __init__(
        self,
        learning_rate: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        self.learning_rate = _positive(learning_rate)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self._moments: list[tuple[Any, Any]] = []
        self._steps = 0

    def step(self, theta: Sequence[Array], gradients: Sequence[Array]) -> list[Array]:
        """Return the parameters after one step."""
        known = self._moments or [(0.0, 0.0)] * len(theta)
        self._moments = [
            (
                self.beta1 * mean + (1 - self.beta1) * gradient,
                self.beta2 * square + (1 - self.beta2) * gradient**2,
            )
            for (mean, square), gradient in zip(known, gradients, strict=True)
        ]
        self._steps += 1
        unbias1 = 1 - self.beta1**self._steps
        unbias2 = 1 - self.beta2**self._steps
        stepped = []
        for part, (mean, square) in zip(theta, self._moments, strict=True):
            move = mean / unbias1 / (np.sqrt(square / unbias2) + self.epsilon)
            stepped.append(part - self.learning_rate * move)
        return stepped


def _positive(learning_rate: float) -> float:
    if not learning_rate > 0:
        raise UsageError(f"expected a number above 0, got {learning_rate}", "learning_rate")
    return learning_rate


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
