"""Gradient descent and Adam for lists of NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import UsageError

__all__ = ["SGD", "Adam", "Optimizer"]

Arrays = Sequence[NDArray[Any]]


class Optimizer(Protocol):
    """What turns gradients into steps; it may remember earlier ones."""

    def step(self, theta: Arrays, gradients: Arrays) -> list[NDArray[Any]]:
        """Return the parameters after one step."""


class SGD:
    """Gradient descent, with momentum if asked for.

    Parameters
    ----------
    learning_rate : float
    momentum : float, default 0
        Share of the last step that is taken again.

    Examples
    --------
    >>> SGD(0.5).step([np.array([1.0])], [np.array([0.2])])
    [array([0.9])]
    """

    def __init__(self, learning_rate: float, momentum: float = 0.0) -> None:
        self.learning_rate = _positive(learning_rate)
        self.momentum = momentum
        self._velocity: list[NDArray[Any]] | None = None

    def step(self, theta: Arrays, gradients: Arrays) -> list[NDArray[Any]]:
        """Return the parameters after one step."""
        velocity = list(gradients)
        if self.momentum and self._velocity is not None:
            velocity = [
                self.momentum * old + new
                for old, new in zip(self._velocity, gradients, strict=True)
            ]
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
        self._mean: list[NDArray[Any]] = []
        self._square: list[NDArray[Any]] = []
        self._steps = 0

    def step(self, theta: Arrays, gradients: Arrays) -> list[NDArray[Any]]:
        """Return the parameters after one step."""
        if not self._steps:
            self._mean = [np.zeros_like(part) for part in theta]
            self._square = [np.zeros_like(part) for part in theta]
        self._steps += 1
        unbias1 = 1 - self.beta1**self._steps
        unbias2 = 1 - self.beta2**self._steps
        stepped = []
        for at, (part, gradient) in enumerate(zip(theta, gradients, strict=True)):
            mean = self.beta1 * self._mean[at] + (1 - self.beta1) * gradient
            square = self.beta2 * self._square[at] + (1 - self.beta2) * gradient**2
            self._mean[at], self._square[at] = mean, square
            move = mean / unbias1 / (np.sqrt(square / unbias2) + self.epsilon)
            stepped.append(part - self.learning_rate * move)
        return stepped


def _positive(learning_rate: float) -> float:
    if not learning_rate > 0:
        raise UsageError(f"expected a number above 0, got {learning_rate}", "learning_rate")
    return learning_rate
