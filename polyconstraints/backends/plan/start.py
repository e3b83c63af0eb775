"""Where training starts: a formula, whatever the numbers of points.

The parameters of one output channel and one degree, drawn from the normal distribution, are
scaled to a vector of a given length: in unit coordinates every parameter weighs an average, so
that outputs are then of the size of the inputs, and a layer of few parameters can't be large
or small by chance. Constants start at 0; terms of higher degree are small beside linear ones,
near enough to linear for deviations not to grow from layer to layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

__all__ = ["share", "unit_rows"]

#: Variance of the terms of each higher degree, where linear ones have 1.
_HIGHER = 0.25


def share(degree: int, degrees: Sequence[int]) -> float:
    """Return the variance of the terms of one degree, beside those of others."""
    if degree == 0:
        return 0.0
    if 1 not in degrees:
        return 1 / sum(other > 0 for other in degrees)
    return 1.0 if degree == 1 else _HIGHER


def unit_rows(squares: Any, wanted: float) -> Any:
    """Return the factors that give rows, of given sums of squares, another sum of squares."""
    return (squares**-0.5 * sqrt(wanted))[..., None]
