"""The main job: a network and a symmetry in, constraints, classes and counts out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from polyconstraints.classes.function_dimension import function_dimension
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.reduction import reduce_layer, untied
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.equalities.comparison import (
    Comparison,
    EqualityCounts,
    layer_comparison,
    network_comparison,
)
from polyconstraints.errors import UsageError
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry

if TYPE_CHECKING:
    from polyconstraints.algebra import Polynomial, PolynomialRing
    from polyconstraints.equalities.orbit_counts import OrbitCount
    from polyconstraints.tying import TyingMap
    from polyconstraints.variety.strata.best import BestKnown

__all__ = ["Derivation", "Equality", "derive"]


@dataclass(frozen=True)
class Equality:
    """Two coefficients that must be equal.

    Attributes
    ----------
    left, right : Polynomial
        Polynomials in the weights.
    kind : {"simple", "linear", "polynomial"}
        Whether two single weights are equated, or the equation is linear, or neither.
    """

    left: Polynomial
    right: Polynomial
    kind: Literal["simple", "linear", "polynomial"]


@dataclass(frozen=True, eq=False)
class Derivation:
    """The constraints of a network under a symmetry, and what they leave.

    Made by :func:`derive`. Counts are found from the orbits of coefficients, without
    expanding the network in its weights; the equalities are written out only when asked for.

    Attributes
    ----------
    network : NetworkSpec
    symmetry : Symmetry
    comparisons : tuple of Comparison
        One for each layer in layer scope, one for the whole network in network scope.
    layers : tuple of LayerClasses
        The weights of each layer sorted into classes.
    checked : bool
        Whether results show the orbits as predicted besides; see :meth:`with_check`.
    """

    network: NetworkSpec
    symmetry: Symmetry
    comparisons: tuple[Comparison, ...]
    layers: tuple[LayerClasses, ...]
    checked: bool = False

    @property
    def solved(self) -> bool:
        """Whether the equations are linear, so that the classes are the whole answer."""
        return all(comparison.single_weights for comparison in self.comparisons)

    @cached_property
    def counts(self) -> EqualityCounts:
        """Numbers of equalities; sums over the layers in layer scope."""
        return reduce(add, (comparison.counts for comparison in self.comparisons))

    @cached_property
    def rank(self) -> int:
        """Linear rank of the equations over the monomials in the weights."""
        if self.solved:
            return sum(layer.layer.weights - layer.dimension for layer in self.layers)
        # Different coefficients have no weight monomial in common, so they are linearly
        # independent, and each orbit of m of them gives m - 1 equations.
        roots = self.comparisons[0].roots
        return int((roots != np.arange(len(roots))).sum())

    @property
    def total_weights(self) -> int:
        """Number of weights of the free network."""
        return self.network.weights

    @property
    def distinct_weights(self) -> int:
        """Number of classes of weights under single-weight equalities."""
        return sum(layer.distinct for layer in self.layers)

    @property
    def dimension(self) -> int | None:
        """Dimension of the solution set, or None where it isn't known.

        In network scope that of the largest stratum known; see :attr:`dimension_status`.
        """
        if self.solved:
            return sum(layer.dimension for layer in self.layers)
        return None if self.best_known is None else self.best_known.dimension

    @property
    def dimension_status(self) -> Literal["proved", "lower bound"] | None:
        """Whether :attr:`dimension` is proved; None where it isn't known."""
        if self.solved:
            return "proved"
        return None if self.best_known is None else self.best_known.status

    @cached_property
    def best_known(self) -> BestKnown | None:
        """The largest strata known of the variety in network scope; None for large networks."""
        from polyconstraints.variety.strata.best import best_known_dimension

        return best_known_dimension(
            self.network,
            self.symmetry,
            equations=lambda: [one.left - one.right for one in self.equalities()],
        )

    @cached_property
    def function_dimension(self) -> int | None:
        """Dimension of the set of functions that remain, or None where it isn't known.

        In network scope the largest one of any stratum known.
        """
        if self.solved and len(self.comparisons) == 1 and self.symmetry.compare != "paper":
            # Of one layer all functions with the symmetry: a dimension for each orbit.
            return self._layer_functions()
        if self.solved:
            return function_dimension(self.network, self.layers)
        return None if self.best_known is None else self.best_known.function_dimension

    def _layer_functions(self) -> int:
        """Return the number of orbits of coefficients, x_i x_j and x_j x_i being one monomial."""
        [comparison] = self.comparisons
        if isinstance(comparison.space, FunctionCoefficients):
            return comparison.orbit_count
        layer = self.network.layers[0]
        space = FunctionCoefficients(layer.outputs, layer.letters, layer.degree)
        return replace(comparison, space=space).orbit_count

    # -- equalities ------------------------------------------------------------------------

    def equalities(self) -> Iterator[Equality]:
        """Yield the distinct equalities, one at a time, in a fixed order.

        In network scope this expands the coefficients of the network.
        """
        if self.solved:
            for layer, comparison in zip(self.network.layers, self.comparisons, strict=True):
                yield from self._layer_equalities(layer, comparison)
        else:
            yield from self._network_equalities()

    @cached_property
    def weight_ring(self) -> PolynomialRing:
        """The ring of the polynomials in all weights."""
        from polyconstraints.algebra import PolynomialRing

        return PolynomialRing(self.network.weight_names())

    def _layer_equalities(self, layer: LayerSpec, comparison: Comparison) -> Iterator[Equality]:
        generators = [self.weight_ring.gen(name) for name in layer.names()]
        space = comparison.space
        for pair in comparison.pairs():
            sides = space.weights(np.array(pair, dtype=np.int64)).tolist()
            left, right = (
                sum((generators[weight] for weight in side if weight >= 0), self.weight_ring.zero)
                for side in sides
            )
            single = all(sum(weight >= 0 for weight in side) == 1 for side in sides)
            yield Equality(left, right, "simple" if single else "linear")

    def _network_equalities(self) -> Iterator[Equality]:
        from polyconstraints.expansion import expand

        expansion = expand(self.network)
        comparison = self.comparisons[0]
        for pair in comparison.pairs():
            left, right = (expansion.coefficient_polynomial(*self.pair(at)) for at in pair)
            yield Equality(left, right, "polynomial")

    def pair(self, number: int) -> tuple[int, tuple[int, ...]]:
        """Return the output and the input monomial of a coefficient in network scope."""
        space = self.comparisons[0].space
        if not isinstance(space, FunctionCoefficients):
            raise UsageError("expected a derivation in network scope")
        output, exponents = space.exponents(number)
        return output, exponents[1:] if self.network.bias else exponents

    # -- results ---------------------------------------------------------------------------

    def tying_map(self) -> TyingMap:
        """Return the map from free parameters to weights.

        Raises
        ------
        UsageError
            In network scope beyond depth 1, where no one linear map holds all solutions.
        """
        from polyconstraints.tying import TyingMap
        from polyconstraints.tying.provenance import Origin

        if not self.solved:
            raise UsageError(
                "expected layer scope: in network scope the weights form a variety, not one "
                "linear space",
                "scope",
            )
        return TyingMap(
            self.network,
            self.symmetry,
            self.layers,
            self.function_dimension,
            Origin.of(self.network, self.symmetry),
        )

    def with_check(self) -> Derivation:
        """Return the same with the predicted numbers of orbits in its results.

        See :mod:`polyconstraints.equalities.orbit_counts`.
        """
        return replace(self, checked=True)

    @cached_property
    def orbit_counts(self) -> list[OrbitCount]:
        """Orbits of the coefficients that are compared, predicted and counted."""
        from polyconstraints.equalities.orbit_counts import orbit_counts

        return orbit_counts(self)

    # -- in notebooks ----------------------------------------------------------------------

    def _repr_html_(self) -> str:
        from polyconstraints.render.notebook import derivation_html

        return derivation_html(self)

    def _repr_latex_(self) -> str:
        from polyconstraints.render.notebook import derivation_latex

        return derivation_latex(self)

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``derivation``."""
        counts = self.counts
        check = {"check": [count.to_json() for count in self.orbit_counts]} if self.checked else {}
        return {
            **check,
            "schema": "polyconstraints/derivation/1",
            "network": self.network.to_json(),
            "symmetry": self.symmetry.to_json(),
            "equalities": {
                "total": counts.total,
                "distinct": counts.distinct,
                "rank": self.rank,
                "simple": counts.simple,
                "linear": counts.linear,
                "polynomial": counts.polynomial,
            },
            "weights": {"total": self.total_weights, "distinct": self.distinct_weights},
            "dimension": self.dimension,
            "dimension_status": self.dimension_status,
            "function_dimension": self.function_dimension,
            "layers": [
                {
                    "layer": layer.layer.index,
                    "total": layer.layer.weights,
                    "distinct": layer.distinct,
                    "dimension": layer.dimension if self.solved else None,
                }
                for layer in self.layers
            ],
        }


def derive(network: NetworkSpec, symmetry: Symmetry) -> Derivation:
    """Derive the constraints that a symmetry puts on the weights of a network.

    Parameters
    ----------
    network : NetworkSpec
    symmetry : Symmetry

    Raises
    ------
    UsageError
        If the symmetry doesn't fit the network.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> result = derive(pc.NetworkSpec(3), pc.Symmetry(pc.PermutationGroup.symmetric(3)))
    >>> result.counts.total, result.counts.distinct, result.rank
    (48, 24, 14)
    >>> result.distinct_weights, result.dimension, result.function_dimension
    (4, 4, 4)
    """
    if symmetry.scope == "network" and network.depth > 1:
        comparison = network_comparison(network, symmetry)
        layers = tuple(untied(layer) for layer in network.layers)
        return Derivation(network, symmetry, (comparison,), layers)
    symmetry.require_hidden_actions(network)
    # Equal layers are one layer: of a thousand hidden ones one is compared and reduced.
    known: dict[tuple[LayerSpec, Comparison], tuple[Comparison, LayerClasses]] = {}
    found = []
    for layer in network.layers:
        comparison = layer_comparison(network, symmetry, layer)
        key = (replace(layer, index=0), comparison)
        if key not in known:
            known[key] = (comparison, reduce_layer(layer, comparison))
        comparison, classes = known[key]
        found.append((comparison, replace(classes, layer=layer)))
    comparisons, layers = zip(*found, strict=True)
    return Derivation(network, symmetry, comparisons, layers)
