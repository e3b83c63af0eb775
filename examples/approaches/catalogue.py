"""The approaches that are compared, in the order of the paper."""

from __future__ import annotations

from examples.approaches.exponents import Exponents
from examples.approaches.free import Copies, Free
from examples.approaches.interface import Approach
from examples.approaches.pooled import DeepSets, PointNet
from examples.approaches.sorting import Sorted
from examples.approaches.spectrum import Spectra
from examples.approaches.symmetrised import Symmetrised
from examples.approaches.tied import TiedQuadratics

__all__ = ["APPROACHES"]

APPROACHES: tuple[Approach, ...] = (
    TiedQuadratics(1),
    TiedQuadratics(2),
    TiedQuadratics(3),
    Symmetrised(),
    Exponents(),
    Spectra(),
    PointNet(),
    DeepSets(),
    Sorted(),
    Free(),
    Copies(),
)
