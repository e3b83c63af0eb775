"""Layers with the symmetry of S_n as combinations of power sums, at a cost linear in n.

With ``s^a = Σ_i x_i^a`` and ``q^{ab} = Σ_i x_i^a x_i^b`` over the n components, the sum of the
products of each pattern of equal indices is

=============  =====================================================================
``OWN``        x_k^a
``OTHER``      s^a − x_k^a
``OWN_PAIR``   x_k^a x_k^b
``OTHER_PAIR`` q^{ab} − x_k^a x_k^b
``MIXED``      x_k^a (s^b − x_k^b)
``APART``      (s^a − x_k^a)(s^b − x_k^b) − (q^{ab} − x_k^a x_k^b), halved for a = b
=============  =====================================================================

Channels a ≤ b except in ``MIXED``. For outputs that don't move, x_k is 0 in all of these.
Multiplied out and collected, channel c of output component k is::

    Σ_{a≤b} square[c,ab] x_k^a x_k^b + Σ_a x_k^a Σ_f slope[c,a,f] u_f + Σ_f level[c,f] u_f

where the features u are those of the sample as a whole: 1, the s^a, the s^a s^b, the q^{ab}.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.linear_map import Combination, LinearMap
from polyconstraints.backends.plan.patterns import Kind, Pattern, Site
from polyconstraints.spec.network import LayerSpec

__all__ = ["PowerSums"]

_ONE, _HALF = Fraction(1), Fraction(1, 2)


@dataclass(frozen=True, eq=False)
class PowerSums:
    """The collected form of a layer with the symmetry of S_n.

    The collected coefficients are one vector: ``square``, ``slope`` and ``level`` one after
    the other, each in C order and of the shape that the property of its name gives.

    Attributes
    ----------
    site : Site
        How the units are arranged.
    quadratic, bias : bool
        Whether there are products of two factors; whether there is a constant unit.
    fold : LinearMap
        Parameters → collected coefficients.
    """

    site: Site
    quadratic: bool
    bias: bool
    fold: LinearMap

    @classmethod
    def from_patterns(
        cls,
        layer: LayerSpec,
        site: Site,
        coefficients: Mapping[Pattern, Combination],
        parameters: int,
    ) -> PowerSums:
        """Return the collected form of the layer with given pattern coefficients.

        Parameters
        ----------
        layer : LayerSpec
        site : Site
        coefficients : mapping
            The coefficient of each pattern's sum as a combination of parameters.
        parameters : int
            Number of parameters.
        """
        empty = cls(site, layer.degree == 2, layer.bias, LinearMap.from_combinations([], 0))
        rows: list[dict[int, Fraction]] = [{} for _ in range(empty.size)]
        for pattern, combination in coefficients.items():
            for row, factor in empty._collect(pattern).items():
                for at, share in combination.items():
                    rows[row][at] = rows[row].get(at, Fraction(0)) + factor * share
        return cls(site, empty.quadratic, empty.bias, LinearMap.from_combinations(rows, parameters))

    # -- shapes ----------------------------------------------------------------------------

    @cached_property
    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The channels (a, b), a ≤ b, of the products of two channels."""
        first, second = np.triu_indices(self.site.channels)
        return first.astype(np.int64), second.astype(np.int64)

    @property
    def square(self) -> tuple[int, int]:
        """Shape of the coefficients of products within the output's component."""
        return (self.site.outputs, len(self.pairs[0]) if self._local and self.quadratic else 0)

    @property
    def slope(self) -> tuple[int, int, int]:
        """Shape of the coefficients of x_k; its features are 1 and the s^a, if present."""
        # Without a bias a linear layer has nothing but x_k and s: the feature 1 stays.
        features = int(self.has_slope_constant) + self.site.channels * self.quadratic
        return (self.site.outputs, self.site.channels if self._local else 0, features)

    @property
    def has_slope_constant(self) -> bool:
        """Whether x_k occurs alone: among the features of `slope` the first is then 1."""
        return self.bias or not self.quadratic

    @property
    def level(self) -> tuple[int, int]:
        """Shape of the coefficients of what all outputs share: 1, s^a, s^a s^b, q^{ab}."""
        return (self.site.outputs, sum(self.features))

    @property
    def features(self) -> tuple[int, int, int, int]:
        """Numbers of shared features of each sort: 1, s^a, s^a s^b and q^{ab}."""
        pairs = len(self.pairs[0]) if self.quadratic else 0
        sums = self.site.channels if self.bias or not self.quadratic else 0
        return (int(self.bias), sums, pairs, pairs)

    @property
    def sections(self) -> tuple[int, int, int]:
        """Lengths of the three parts of the collected coefficients."""
        square, slope, level = self.square, self.slope, self.level
        return (square[0] * square[1], slope[0] * slope[1] * slope[2], level[0] * level[1])

    @property
    def size(self) -> int:
        """Number of collected coefficients."""
        return sum(self.sections)

    @property
    def _local(self) -> bool:
        return self.site.moves

    # -- collecting ------------------------------------------------------------------------

    def _collect(self, pattern: Pattern) -> dict[int, Fraction]:
        """Return the collected coefficients of one pattern's sum, by place in the vector."""
        kind, c, a, b = pattern
        terms: defaultdict[int, Fraction] = defaultdict(Fraction)

        def square(factor: Fraction) -> None:
            self._add(terms, self._square_at(c, a, b), factor)

        def slope(at: int, feature: int | None, factor: Fraction) -> None:
            self._add(terms, self._slope_at(c, at, feature), factor)

        def level(sort: int, at: int, factor: Fraction) -> None:
            self._add(terms, self._level_at(c, sort, at), factor)

        pair = self._pair(a, b)
        if kind is Kind.CONSTANT:
            level(0, 0, _ONE)
        elif kind is Kind.OWN:
            slope(a, None, _ONE)
        elif kind is Kind.OTHER:
            level(1, a, _ONE)
            slope(a, None, -_ONE)
        elif kind is Kind.OWN_PAIR:
            square(_ONE)
        elif kind is Kind.OTHER_PAIR:
            level(3, pair, _ONE)
            square(-_ONE)
        elif kind is Kind.MIXED:
            slope(a, b, _ONE)
            square(-_ONE)
        else:
            share = _HALF if a == b else _ONE
            level(2, pair, share)
            level(3, pair, -share)
            slope(a, b, -share)
            slope(b, a, -share)
            square(2 * share)
        return terms

    def _add(self, terms: dict[int, Fraction], place: int | None, factor: Fraction) -> None:
        if place is not None:
            terms[place] += factor

    def _pair(self, a: int, b: int) -> int:
        low, high = min(a, b), max(a, b)
        return low * self.site.channels - low * (low - 1) // 2 + high - low

    def _square_at(self, c: int, a: int, b: int) -> int | None:
        return c * self.square[1] + self._pair(a, b) if self._local else None

    def _slope_at(self, c: int, a: int, feature: int | None) -> int | None:
        if not self._local:
            return None
        place = 0 if feature is None else feature + int(self.has_slope_constant)
        _, channels, features = self.slope
        return self.sections[0] + (c * channels + a) * features + place

    def _level_at(self, c: int, sort: int, at: int) -> int:
        place = sum(self.features[:sort]) + at
        return self.sections[0] + self.sections[1] + c * self.level[1] + place
