"""The three tasks: which digit, a known symmetric polynomial, and the ink around each point."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["TASKS", "Data", "Task", "digits", "elementary_sum", "polynomial", "surroundings"]

#: Splits of the digits: what is left over of 1797 images is the held-out test set.
TRAINING, VALIDATION, TEST = 1000, 297, 500

#: Seed of everything that is the same in all runs: splits, points, orders of points.
SPLIT_SEED = 2019

#: How far the ink around a point reaches, in the units of positions (1.5 pixels).
REACH = 0.75


class Data(NamedTuple):
    """Sets and their answers.

    Attributes
    ----------
    x : tensor of shape (samples, n, channels)
    y : tensor of shape (samples,) of classes, or (samples, …, outputs) of numbers
    """

    x: Tensor
    y: Tensor


@dataclass(frozen=True, eq=False)
class Task:
    """A question about sets.

    Attributes
    ----------
    name, title : str
    kind : {"invariant", "equivariant"}
        Whether the answer belongs to the set or to each component.
    loss : {"classes", "squares"}
        Cross-entropy or mean squares; errors are then the part of wrong classes, or the root
        mean square over the answers' standard deviation.
    n, channels, outputs : int
    truth : int or None
        Which channel says how much a component is there at all, in [0, 1].
    training, validation : Data
    budget : int
        Parameters that an approach may have.
    """

    name: str
    title: str
    kind: Literal["invariant", "equivariant"]
    loss: Literal["classes", "squares"]
    n: int
    channels: int
    outputs: int
    truth: int | None
    training: Data
    validation: Data
    budget: int
    _test: Callable[[], Data]

    def open_test_set(self) -> Data:
        """Return the held-out sets. Made only here: nothing may be chosen after this."""
        return self._test()


@cache
def _digit_points(n: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return scikit-learn's handwritten digits as sets of n points (row, column, ink).

    The points are the n darkest pixels, ties broken at random, in a random order: one that
    means nothing. Rows and columns run from -1.75 to 1.75 (about unit variance), ink from 0
    to 1.
    """
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    draw = np.random.default_rng(SPLIT_SEED)
    darkness = images + 1e-3 * draw.random(images.shape)
    chosen = draw.permuted((-darkness).argsort(axis=1)[:, :n], axis=1)
    ink = np.take_along_axis(images, chosen, axis=1) / 16
    rows, columns = np.divmod(chosen, 8)
    points = np.stack([rows / 2 - 1.75, columns / 2 - 1.75, ink], axis=-1)
    order = draw.permutation(len(labels))
    return points[order].astype(np.float32), labels[order].astype(np.int64)


def _split(x: Tensor, y: Tensor) -> tuple[Data, Data, Callable[[], Data]]:
    last = TRAINING + VALIDATION
    return (
        Data(x[:TRAINING], y[:TRAINING]),
        Data(x[TRAINING:last], y[TRAINING:last]),
        lambda: Data(x[last : last + TEST], y[last : last + TEST]),
    )


def digits(n: int = 16) -> Task:
    """Return the task of which digit a set of n points of ink shows."""
    points, labels = _digit_points(n)
    training, validation, test = _split(torch.from_numpy(points), torch.from_numpy(labels))
    return Task(
        "digits", f"Which digit, from {n} points", "invariant", "classes",
        n, 3, 10, 2, training, validation, 5000, test,
    )  # fmt: skip


def surroundings(n: int = 16) -> Task:
    """Return the task of how much ink there is around each of n points of a digit.

    The answer for point k is Σ_{j≠k} ink_j exp(-|r_k - r_j|² / 2ℓ²), less its mean and over
    its standard deviation on the training sets. It needs all pairs of points.
    """
    points, _ = _digit_points(n)
    x = torch.from_numpy(points)
    place, ink = x[..., :2].double(), x[..., 2].double()
    near = torch.exp(-torch.cdist(place, place).square() / (2 * REACH**2))
    total = (near * (1 - torch.eye(n)) * ink.unsqueeze(1)).sum(-1)
    mean, deviation = total[:TRAINING].mean(), total[:TRAINING].std()
    y = ((total - mean) / deviation).float().unsqueeze(-1)
    training, validation, test = _split(x, y)
    return Task(
        "surroundings", f"Ink around each of {n} points", "equivariant", "squares",
        n, 3, 1, 2, training, validation, 2500, test,
    )  # fmt: skip


def elementary(x: Tensor, degree: int) -> Tensor:
    """Return the elementary symmetric polynomials of degrees 0 … degree.

    Parameters
    ----------
    x : tensor of shape (…, n)

    Returns
    -------
    tensor of shape (…, degree + 1)
    """
    found = [torch.ones_like(x[..., 0])] + [torch.zeros_like(x[..., 0])] * degree
    for at in range(x.shape[-1]):
        for order in range(degree, 0, -1):
            found[order] = found[order] + x[..., at] * found[order - 1]
    return torch.stack(found, -1)


def elementary_sum(x: Tensor) -> Tensor:
    """Return e_1 + e_2 + e_3 + e_4 of inputs of unit variance, scaled to unit variance.

    Parameters
    ----------
    x : tensor of shape (samples, n, 1)

    Returns
    -------
    tensor of shape (samples, 1)
    """
    n = x.shape[1]
    # Products of different inputs are uncorrelated, so the variance counts them.
    variance = sum(math.comb(n, degree) for degree in range(1, 5))
    return elementary(x.squeeze(-1), 4)[..., 1:].sum(-1, keepdim=True) / math.sqrt(variance)


def polynomial_sets(samples: int, n: int, seed: int, dtype: torch.dtype = torch.float64) -> Data:
    """Return sets of n numbers, uniform with mean 0 and variance 1, and their polynomial."""
    draw = torch.Generator().manual_seed(seed)
    x = (torch.rand(samples, n, 1, generator=draw, dtype=torch.float64) * 2 - 1) * math.sqrt(3)
    return Data(x.to(dtype), elementary_sum(x).to(dtype))


def polynomial(n: int = 5) -> Task:
    """Return the task of the value of a known symmetric polynomial of degree 4 in n numbers."""
    first = SPLIT_SEED
    return Task(
        "polynomial", f"e₁ + e₂ + e₃ + e₄ of {n} numbers", "invariant", "squares", n, 1, 1, None,
        polynomial_sets(TRAINING, n, first, torch.float32),
        polynomial_sets(VALIDATION, n, first + 1, torch.float32), 600,
        lambda: polynomial_sets(TEST, n, first + 2, torch.float32),
    )  # fmt: skip


TASKS: dict[str, Callable[[], Task]] = {
    "digits": digits,
    "polynomial": polynomial,
    "surroundings": surroundings,
}
