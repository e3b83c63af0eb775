"""The grid Z^K in fewer dimensions: what section 3 of the paper worries about, measured.

The Cayley graph of the free commutative group on K generators is the grid Z^K with the
distance Σ_k |u_k - v_k|. An embedding f into R^d has the *distortion*

    max |f(u) - f(v)| / |u - v|  ·  max |u - v| / |f(u) - f(v)|

over pairs of points. N points within a diameter D have at least the distortion
(N^(1/d) - 1) / D: balls around their images, half as wide as the smallest gap, are disjoint
and lie in a ball that is not much wider than the largest gap times D. A cube of side s has
N = s^K and D = K(s - 1), so for d < K this grows like s^(K/d - 1): without bound. A fractal
curve doesn't escape it; it only spends the distortion differently.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor

from examples.approaches.exponents import interleave

__all__ = ["EMBEDDINGS", "cube", "distortion", "lower_bound"]


def cube(generators: int, side: int) -> Tensor:
    """Return the points of Z^K whose exponents are 0 … side - 1, of shape (side^K, K)."""
    return torch.tensor(list(itertools.product(range(side), repeat=generators)))


def distortion(points: Tensor, images: Tensor) -> float:
    """Return the distortion of an embedding, infinite if two points have one image.

    Parameters
    ----------
    points : integer tensor of shape (points, K)
    images : float tensor of shape (points, d)
    """
    apart = torch.pdist(points.double(), p=1)
    ratio = torch.pdist(images.double()) / apart
    return float(ratio.max()) / float(ratio.min())


def lower_bound(generators: int, side: int, dimensions: int) -> float:
    """Return what no embedding of a cube into R^d can do better than."""
    widest: float = side ** (generators / dimensions)
    return (widest - 1) / (generators * (side - 1))


def _linear(points: Tensor) -> Tensor:
    """Return Σ_k u_k √p_k over the first primes: no two points of Z^K have one image."""
    primes = torch.tensor([1.0, 2.0, 3.0, 5.0], dtype=torch.float64)[: points.shape[1]]
    return points.double() @ primes.sqrt().unsqueeze(1)


def _interleaved(points: Tensor) -> Tensor:
    return interleave(points, bits=math.ceil(math.log2(int(points.max()) + 1)))


def _row_by_row(points: Tensor) -> Tensor:
    """Return the place in lexicographic order."""
    side = int(points.max()) + 1
    powers = side ** torch.arange(points.shape[1] - 1, -1, -1)
    return (points * powers).sum(-1, keepdim=True).double()


#: Embeddings of the grid into the line.
EMBEDDINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": _linear,
    "interleaved": _interleaved,
    "row by row": _row_by_row,
}
