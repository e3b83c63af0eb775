"""The main job: a network and a symmetry in; equalities, classes and counts out.

Data walks one way. :func:`derive` compares the coefficients of the network under every
permutation that is imposed (:mod:`~polyconstraints.equalities.comparison`), finds which of them
are tied together (:mod:`~polyconstraints.classes.orbits`), and solves what that says of the
weights (:mod:`~polyconstraints.classes.reduction`). Everything that a :class:`Derivation` can
tell follows from these three, when it is asked for: the counts, the equalities written out,
the tying map.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, reduce
from operator import add
from typing import TYPE_CHECKING, Any, Literal, Unpack

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.orbits import EqualityCounts, Orbits
from polyconstraints.classes.reduction import function_dimension, reduce_layer, untied
from polyconstraints.display import Drawn, document, loaded
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.equalities.comparison import (
    Comparison,
    Equality,
    coefficient_monomial,
    equalities,
    layer_comparison,
    network_comparison,
)
from polyconstraints.errors import UsageError, explained
from polyconstraints.spec.groups import GroupLike
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.problem import Words, problem
from polyconstraints.spec.size import require_room
from polyconstraints.spec.symmetry import Symmetry

if TYPE_CHECKING:
    from polyconstraints.equalities.burnside import OrbitCount
    from polyconstraints.tying import TyingMap
    from polyconstraints.variety.strata.best import BestKnown


@explained
def derive(
    network: NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    memory_limit: int | None = None,
    **words: Unpack[Words],
) -> Derivation:
    """Derive the constraints that a symmetry puts on the weights of a network.

    Parameters
    ----------
    network : NetworkSpec, optional
        Unless keywords describe it.
    symmetry : Symmetry, str, sequence or PermutationGroup, optional
        A symmetry, a kind (``"invariant"``) or a group: its text, generators, ours or SymPy's.
        The equivariance under S_n unless given.
    memory_limit : int, optional
        Bytes that it may take; half of what is free unless given.
    **words
        The options of the command line by name, with their defaults: ``n`` or ``inputs``,
        ``depth``, ``layer``, ``activation``, ``indices``, ``bias``, ``widths``, ``channels``,
        ``scope``, ``compare``, ``permutations``, ``group``, ``actions``; see
        :class:`~polyconstraints.spec.problem.Description`.

    Raises
    ------
    UsageError
        If the symmetry doesn't fit the network.
    TooLargeError
        If it would take more memory than it may.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> result = derive(pc.NetworkSpec(3), "S")
    >>> result.counts.total, result.counts.distinct, result.rank
    (48, 24, 14)
    >>> result.distinct_weights, result.dimension, result.function_dimension
    (4, 4, 4)
    >>> derive(n=3, depth=2, bias=True, symmetry="invariant").distinct_weights
    11
    """
    network, symmetry = problem(network, symmetry, words)
    require_room(network, symmetry, "derivation", memory_limit)
    if symmetry.scope == "network" and network.depth > 1:
        orbits = Orbits(network_comparison(network, symmetry))
        layers = tuple(untied(layer) for layer in network.layers)
        return Derivation(network, symmetry, (orbits,), layers)
    comparisons = [layer_comparison(network, symmetry, layer) for layer in network.layers]
    # Equal layers are one layer: of a thousand hidden ones one is compared and reduced.
    known: dict[tuple[LayerSpec, Comparison], tuple[Orbits, LayerClasses]] = {}
    found = []
    for layer, comparison in zip(network.layers, comparisons, strict=True):
        key = (replace(layer, index=0), comparison)
        if key not in known:
            orbits = Orbits(comparison)
            known[key] = (orbits, reduce_layer(layer, orbits))
        orbits, classes = known[key]
        found.append((orbits, replace(classes, layer=layer)))
    tied = tuple(orbits for orbits, _ in found)
    return Derivation(network, symmetry, tied, tuple(classes for _, classes in found))


@explained
@dataclass(frozen=True, eq=False)
class Derivation(Drawn):
    """The constraints of a network under a symmetry, and what they leave.

    Made by :func:`derive`. Counts are found from the orbits of coefficients, without
    expanding the network in its weights; the equalities are written out only when asked for.

    Attributes
    ----------
    network : NetworkSpec
    symmetry : Symmetry
    orbits : tuple of Orbits
        Which coefficients are tied together: one for each layer in layer scope, one for the
        whole network in network scope.
    layers : tuple of LayerClasses
        The weights of each layer sorted into classes.
    checked : bool
        Whether results show the orbits as predicted besides; see :meth:`with_check`.
    """

    network: NetworkSpec
    symmetry: Symmetry
    orbits: tuple[Orbits, ...] = field(repr=False)
    layers: tuple[LayerClasses, ...] = field(repr=False)
    checked: bool = False

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """What is compared with what: one for each layer, or one for the whole network."""
        return tuple(orbits.comparison for orbits in self.orbits)

    @property
    def solved(self) -> bool:
        """Whether the equations are linear, so that the classes are the whole answer."""
        return all(comparison.single_weights for comparison in self.comparisons)

    # -- counts ----------------------------------------------------------------------------

    @cached_property
    def counts(self) -> EqualityCounts:
        """Numbers of equalities; sums over the layers in layer scope."""
        return reduce(add, (orbits.counts for orbits in self.orbits))

    @cached_property
    def rank(self) -> int:
        """Linear rank of the equations over the monomials in the weights."""
        if self.solved:
            return sum(layer.layer.weights - layer.dimension for layer in self.layers)
        # Different coefficients have no weight monomial in common, so they are linearly
        # independent, and each orbit of m of them gives m - 1 equations.
        [orbits] = self.orbits
        return orbits.comparison.space.size - orbits.count

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
    def function_dimension(self) -> int | None:
        """Dimension of the set of functions that remain, or None where it isn't known.

        In network scope the largest one of any stratum known.
        """
        if self.solved and len(self.orbits) == 1 and self.symmetry.compare != "paper":
            # Of one layer all functions with the symmetry: a dimension for each orbit.
            return self._layer_functions()
        if self.solved:
            return function_dimension(self.network, self.layers)
        return None if self.best_known is None else self.best_known.function_dimension

    def _layer_functions(self) -> int:
        """Return the number of orbits of coefficients, x_i x_j and x_j x_i being one monomial."""
        [orbits] = self.orbits
        if isinstance(orbits.comparison.space, FunctionCoefficients):
            return orbits.count
        layer = self.network.layers[0]
        space = FunctionCoefficients(layer.outputs, layer.letters, layer.degree)
        return Orbits(replace(orbits.comparison, space=space)).count

    @cached_property
    def best_known(self) -> BestKnown | None:
        """The largest strata known of the variety in network scope; None for large networks."""
        from polyconstraints.variety.strata.best import best_known_dimension

        return best_known_dimension(
            self.network,
            self.symmetry,
            equations=lambda: [one.left - one.right for one in self.equalities()],
        )

    def with_check(self) -> Derivation:
        """Return the same with the predicted numbers of orbits in its results."""
        return replace(self, checked=True)

    @cached_property
    def orbit_counts(self) -> list[OrbitCount]:
        """Orbits of the coefficients that are compared, predicted and counted.

        With the comparison of the paper's equation (21), which relates fewer coefficients
        than any group does, nothing is predicted.

        Examples
        --------
        >>> import polyconstraints as pc
        >>> dihedral = pc.Symmetry(pc.PermutationGroup.dihedral(4))
        >>> pc.derive(pc.NetworkSpec(4), dihedral).orbit_counts
        [OrbitCount(predicted=7, counted=7)]
        """
        from polyconstraints.equalities.burnside import OrbitCount, predicted_orbits

        found = []
        for at, orbits in enumerate(self.orbits):
            levels = (at, at + 1) if len(self.orbits) > 1 else (0, self.network.depth)
            space = orbits.comparison.space
            predicted = predicted_orbits(self.network, self.symmetry, space, levels)
            found.append(OrbitCount(predicted, orbits.count))
        return found

    # -- results ---------------------------------------------------------------------------

    def equalities(self) -> Iterator[Equality]:
        """Yield the distinct equalities, one at a time, in a fixed order.

        In network scope this expands the coefficients of the network.
        """
        return equalities(self.network, self.comparisons)

    def pair(self, number: int) -> tuple[int, tuple[int, ...]]:
        """Return the output, from 1, and the input monomial of a coefficient in network scope."""
        return coefficient_monomial(self.network, self.comparisons[0], number)

    def tying_map(self) -> TyingMap:
        """Return the map from free parameters to weights.

        Raises
        ------
        UsageError
            In network scope beyond depth 1, where no one linear map holds all solutions.
        """
        if not self.solved:
            raise UsageError(
                "expected layer scope: in network scope the weights form a variety, not one "
                "linear space",
                "scope",
            )
        from polyconstraints.tying.map import TyingMap
        from polyconstraints.tying.provenance import Origin

        # Of several layers it takes a while, so the map does it when it is asked to.
        functions = self.function_dimension if len(self.orbits) == 1 else ...
        origin = Origin.of(self.network, self.symmetry)
        return TyingMap(self.network, self.symmetry, self.layers, functions, origin)

    # -- documents -------------------------------------------------------------------------

    def to_program(self, system: Literal["sympy", "singular", "macaulay2"]) -> str:
        """Return the equalities as an algebra system reads them: equations, or an ideal.

        Examples
        --------
        >>> print(derive(n=2, layer="linear").to_program("singular"), end="")
        ring R = 0, (W0_1_1,W0_1_2,W0_2_1,W0_2_2), dp;
        short = 0;
        ideal I =
        W0_1_1 - (W0_2_2),
        W0_1_2 - (W0_2_1);
        """
        return document(loaded(self), kind=system)

    def to_sympy(self) -> list[Any]:
        """Return the distinct equalities as SymPy's equations.

        Examples
        --------
        >>> derive(n=2, layer="linear").to_sympy()
        [Eq(W0_1_1, W0_2_2), Eq(W0_1_2, W0_2_1)]
        """
        return [one.to_sympy() for one in self.equalities()]

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``derivation``."""
        counts = self.counts
        check = {"check": list(map(asdict, self.orbit_counts))} if self.checked else {}
        return {
            **check,
            "schema": "polyconstraints/derivation/1",
            "network": self.network.to_json(),
            "symmetry": self.symmetry.to_json(),
            "equalities": {**asdict(counts), "distinct": counts.distinct, "rank": self.rank},
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
