"""Functions to learn, each with the symmetry that its name promises for every n."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import UsageError

Array = NDArray[Any]


@dataclass(frozen=True)
class Target:
    """A function of n components."""

    name: str
    #: Whether there is a value for each component or one for all.
    kind: Literal["equivariant", "invariant"]
    #: What it computes, for people.
    formula: str
    #: From inputs of shape (samples, n) to values of shape (samples, n) or (samples,).
    function: Callable[[Array], Array]

    def __call__(self, x: Array, channels: int, outputs: int) -> Array:
        """Return the values of all units, given inputs of shape (samples, n · channels).

        Of shape (samples, n · outputs), or (samples, outputs) if invariant: channel c is the
        function of the inputs' channel c, counted round.
        """
        parts = x.reshape(len(x), -1, channels)
        values = [self.function(parts[..., channel % channels]) for channel in range(outputs)]
        return np.stack(values, axis=-1).reshape(len(x), -1)


def _mean(x: Array) -> Array:
    return np.asarray(x.mean(axis=1, keepdims=True))


def _pairs(x: Array) -> Array:
    n = x.shape[1]
    total = x.sum(axis=1) ** 2 - (x**2).sum(axis=1)
    return np.asarray(total / max(1, n * (n - 1)))


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target(
            "squared-deviation",
            "equivariant",
            "(x_k - mean)^2",
            lambda x: (x - _mean(x)) ** 2,
        ),
        Target("deviation", "equivariant", "x_k - mean", lambda x: x - _mean(x)),
        Target("squares", "equivariant", "x_k^2", lambda x: x**2),
        Target(
            "times-others",
            "equivariant",
            "x_k times the mean of the others",
            lambda x: x * (x.sum(axis=1, keepdims=True) - x) / max(1, x.shape[1] - 1),
        ),
        Target(
            "neighbours",
            "equivariant",
            "x_k x_(k+1), counted round: for cyclic groups",
            lambda x: x * np.roll(x, -1, axis=1),
        ),
        Target("variance", "invariant", "mean of (x_k - mean)^2", lambda x: x.var(axis=1)),
        Target("sum-of-squares", "invariant", "mean of x_k^2", lambda x: (x**2).mean(axis=1)),
        Target("pairs", "invariant", "mean of x_i x_j over i < j", _pairs),
        Target("fourth-powers", "invariant", "mean of x_k^4", lambda x: (x**4).mean(axis=1)),
        Target(
            "mean-and-variance",
            "invariant",
            "v^2 + 2 m v - m^4, of the mean m and the variance v",
            lambda x: x.var(axis=1) ** 2 + 2 * x.mean(axis=1) * x.var(axis=1) - x.mean(axis=1) ** 4,
        ),
        Target("product", "invariant", "x_1 x_2 ... x_n", lambda x: x.prod(axis=1)),
    )
}


def find_target(name: str | None, kind: str) -> Target:
    """Return a target by name, or the first one of a kind.

    Examples
    --------
    >>> find_target(None, "invariant").formula
    'mean of (x_k - mean)^2'
    """
    fitting = [target.name for target in TARGETS.values() if target.kind == kind]
    if name is None:
        return TARGETS[fitting[0]]
    if name not in fitting:
        raise UsageError(
            f"expected one of {', '.join(fitting)} for an {kind} network, got {name!r}",
            "target",
        )
    return TARGETS[name]
