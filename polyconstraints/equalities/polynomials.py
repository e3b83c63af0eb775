"""The equalities written out, as polynomials in the weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.equalities.comparison import Comparison, coefficient_monomial
from polyconstraints.expansion import expand
from polyconstraints.spec.network import LayerSpec, NetworkSpec


@dataclass(frozen=True)
class Equality:
    """Two coefficients, polynomials in the weights, that must be equal.

    Of kind ``simple`` where two single weights are equated, ``linear`` where sums of them are,
    else ``polynomial``.
    """

    left: Polynomial
    right: Polynomial
    kind: Literal["simple", "linear", "polynomial"]


def equalities(network: NetworkSpec, comparisons: Sequence[Comparison]) -> Iterator[Equality]:
    """Yield the distinct equalities, one at a time, in a fixed order.

    The comparisons are one for each layer; or one for the whole network, which this expands.
    """
    if comparisons[0].single_weights:
        ring = PolynomialRing(network.weight_names())
        for layer, comparison in zip(network.layers, comparisons, strict=True):
            yield from _layer_equalities(ring, layer, comparison)
    else:
        yield from _network_equalities(network, comparisons[0])


def _layer_equalities(
    ring: PolynomialRing, layer: LayerSpec, comparison: Comparison
) -> Iterator[Equality]:
    generators = [ring.gen(name) for name in layer.names()]
    for pair in comparison.pairs():
        sides = comparison.space.weights(np.array(pair, dtype=np.int64)).tolist()
        chosen = [[generators[weight] for weight in side if weight >= 0] for side in sides]
        single = all(len(side) == 1 for side in chosen)
        # A single weight is its generator: in large rings every sum takes time.
        left, right = (side[0] if len(side) == 1 else ring.sum(side) for side in chosen)
        yield Equality(left, right, "simple" if single else "linear")


def _network_equalities(network: NetworkSpec, comparison: Comparison) -> Iterator[Equality]:
    expansion = expand(network)
    for pair in comparison.pairs():
        left, right = (
            expansion.coefficient_polynomial(*coefficient_monomial(network, comparison, at))
            for at in pair
        )
        yield Equality(left, right, "polynomial")
