"""Patterns of equal indices: the classes of a layer that has the symmetry of S_n.

Permuting the components of the input moves a weight ``(k, i, j)`` to any other with the same
channels and the same equalities among the components of ``k``, ``i`` and ``j``; the order of
``i`` and ``j`` doesn't count, since the products commute. That holds for every n, so the
classes of a layer of any size are these patterns.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.network import LayerSpec

__all__ = ["Kind", "Pattern", "Site", "pattern_numbers", "patterns_in_order"]


class Kind(IntEnum):
    """Which components are equal: that of the output, ``k``, and those of the factors."""

    CONSTANT = 0
    """The homogenising unit alone."""
    OWN = 1
    """One factor, i = k."""
    OTHER = 2
    """One factor, i ≠ k."""
    OWN_PAIR = 3
    """Two factors of one component, i = j = k."""
    OTHER_PAIR = 4
    """Two factors of one component, i = j ≠ k."""
    MIXED = 5
    """One factor of the output's component and one of another; the first is k's."""
    APART = 6
    """Two factors of two components, neither of them k."""


class Pattern(NamedTuple):
    """One class: which components are equal, and which channels the units have."""

    kind: Kind
    output: int
    """Channel of the output."""
    first: int
    """Channel of the first factor; 0 where there is none."""
    second: int
    """Channel of the second factor; 0 where there is none."""


@dataclass(frozen=True)
class Site:
    """How the components of one layer's units are arranged.

    Parameters
    ----------
    components : int
        Number n of interchangeable components of the input.
    channels : int
        Channels of each of them.
    outputs : int
        Channels of each output component; all output units if the output doesn't move.
    moves : bool
        Whether the outputs are permuted with the inputs (equivariant) or stay (invariant).
    """

    components: int
    channels: int
    outputs: int
    moves: bool

    def fits(self, layer: LayerSpec) -> bool:
        """Return whether a layer has these numbers of units."""
        above = self.outputs * (self.components if self.moves else 1)
        return layer.inputs == self.components * self.channels and layer.outputs == above

    def layer(self, like: LayerSpec) -> LayerSpec:
        """Return a layer of these numbers of units, otherwise as the given one."""
        above = self.outputs * (self.components if self.moves else 1)
        inputs = self.components * self.channels
        return LayerSpec(like.index, like.degree, like.indices, like.bias, inputs, above)


def pattern_numbers(layer: LayerSpec, site: Site) -> tuple[NDArray[np.int64], list[Pattern]]:
    """Return the pattern of each weight of a layer.

    Parameters
    ----------
    layer : LayerSpec
    site : Site
        How its units are arranged; must fit the layer.

    Returns
    -------
    numbers : integer array of the layer's shape
        The number of the pattern of each weight; with redundant indices ``(i, j)`` and
        ``(j, i)`` share one. Where there is no weight, that of ``(j, i)``.
    patterns : list of Pattern
        The patterns that occur, by number.

    Notes
    -----
    Takes time and memory of the order of the weight array.
    """
    sizes = (len(Kind), site.outputs, site.channels, site.channels)
    codes = _codes(layer, site)
    packed = np.ravel_multi_index(tuple(np.broadcast_arrays(*codes)), sizes)
    present, numbers = np.unique(packed, return_inverse=True)
    patterns = [
        Pattern(Kind(kind), output, first, second)
        for kind, output, first, second in np.transpose(np.unravel_index(present, sizes)).tolist()
    ]
    return numbers.reshape(layer.shape), patterns


def _codes(layer: LayerSpec, site: Site) -> tuple[NDArray[np.int64], ...]:
    """Return kind, output channel and the factors' channels, broadcast against each other."""
    units = np.arange(layer.inputs)
    constant = [-1] * layer.bias
    component = np.array([*constant, *(units // site.channels)], dtype=np.int64)
    channel = np.array([*[0] * layer.bias, *(units % site.channels)], dtype=np.int64)
    above = np.arange(layer.outputs)
    # A component that no input has: an output that stays put is nobody's own.
    owner = above // site.outputs if site.moves else np.full(layer.outputs, -2)
    output = above % site.outputs
    if layer.degree == 1:
        k, i = owner[:, None], component[None, :]
        kind = np.where(i == k, Kind.OWN, Kind.OTHER)
        kind = np.where(i < 0, Kind.CONSTANT, kind)
        return kind, output[:, None], channel[None, :], np.zeros(1, dtype=np.int64)
    k, i, j = owner[:, None, None], component[None, :, None], component[None, None, :]
    a, b = channel[None, :, None], channel[None, None, :]
    # With one constant factor, i + j + 1 is the other one's component, and a + b its channel.
    single = (i < 0) | (j < 0)
    kind = np.select(
        [
            (i < 0) & (j < 0),
            single & (i + j + 1 == k),
            single,
            (i == j) & (i == k),
            i == j,
            (i == k) | (j == k),
        ],
        [
            Kind.CONSTANT,
            Kind.OWN,
            Kind.OTHER,
            Kind.OWN_PAIR,
            Kind.OTHER_PAIR,
            Kind.MIXED,
        ],
        Kind.APART,
    )
    mixed = kind == Kind.MIXED
    first = np.where(mixed, np.where(i == k, a, b), np.minimum(a, b))
    second = np.where(mixed, np.where(i == k, b, a), np.maximum(a, b))
    first, second = np.where(single, a + b, first), np.where(single, 0, second)
    return kind, output[:, None, None], first, second


#: Components among which every pattern occurs first: that of the output and two others.
_ENOUGH = 3


def patterns_in_order(layer: LayerSpec, site: Site) -> list[Pattern]:
    """Return the patterns of a layer in the order of their first weights.

    That is the order of the parameters of a tying map. The first weight of a pattern lies
    within the first three components, and weights there are in the same order for every n,
    so the time doesn't depend on n.

    Examples
    --------
    >>> layer = LayerSpec(0, 2, "ordered", False, 10**6, 10**6)
    >>> [p.kind.name for p in patterns_in_order(layer, Site(10**6, 1, 1, True))]
    ['OWN_PAIR', 'MIXED', 'OTHER_PAIR', 'APART']
    """
    small = Site(min(site.components, _ENOUGH), site.channels, site.outputs, site.moves)
    model = small.layer(layer)
    numbers, patterns = pattern_numbers(model, small)
    flat = numbers[model.mask]
    seen, places = np.unique(flat, return_index=True)
    return [patterns[number] for number in seen[np.argsort(places)].tolist()]
