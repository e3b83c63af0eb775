"""The variety of weights that make the whole network symmetric, and its strata."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import prod
from typing import Any

from polyconstraints.display import Displayed
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.spec.groups import PermutationGroup
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.variety.strata.kernel import moves_of, ordered_network
from polyconstraints.variety.strata.point import Dimensions, measure
from polyconstraints.variety.strata.representations import (
    Level,
    Representation,
    direct_sum,
    hidden_levels,
    parse_level,
    permutation_representation,
)

__all__ = ["MAX_WEIGHTS", "Stratum", "Variety", "strata"]

#: Weights of the largest network that is measured unless another limit is given: the
#: tangent space needs elimination on a square matrix of this size.
MAX_WEIGHTS = 3000

#: Bytes of one entry of that matrix while it is eliminated: twice 64 bits.
_ENTRY_BYTES = 16


@dataclass(frozen=True, eq=False)
class Stratum(Displayed):
    """The networks whose hidden levels carry given representations.

    Attributes
    ----------
    number : int
        Its place in the list of choices, from 1.
    hidden : tuple of Level
        What each hidden level carries.
    dimensions : Dimensions
    antisymmetric : int
        Dimensions that redundant indices add to those of weights and tangents.
    """

    number: int
    hidden: tuple[Level, ...]
    dimensions: Dimensions
    antisymmetric: int = 0

    @property
    def weight_dimension(self) -> int:
        """Dimension of the stratum in the space of weights."""
        return self.dimensions.weight + self.antisymmetric

    @property
    def tangent_dimension(self) -> int:
        """Dimension of the variety's tangent space at a random point of the stratum."""
        return self.dimensions.tangent + self.antisymmetric

    @property
    def function_dimension(self) -> int | None:
        """Dimension of the set of functions that the stratum's networks compute."""
        return self.dimensions.function

    @property
    def component(self) -> bool:
        """Whether the stratum's closure is proved to be an irreducible component."""
        return self.dimensions.component

    @property
    def parameters(self) -> int:
        """Number of distinct weights of the equivariant layers."""
        return self.dimensions.parameters

    @property
    def gauge(self) -> int | None:
        """How many of the distinct weights cannot be learnt apart; None if unknown."""
        free = any(level.representation is None for level in self.hidden)
        if self.function_dimension is None or free:
            return None
        return self.parameters - self.function_dimension

    @property
    def attained(self) -> tuple[tuple[tuple[str, int], ...], ...]:
        """What the functions of each hidden level really span, modulo constants.

        Strata that attain the same have the same closure.
        """
        return tuple(tuple(sorted(level.items())) for level in self.dimensions.attained)

    @property
    def degenerate(self) -> bool:
        """Whether some hidden functions depend on one another (or are bound by nothing)."""
        spans = zip(self.hidden, self.dimensions.attained, strict=True)
        return any(level.degenerate or level.names != span for level, span in spans)

    def to_json(self) -> dict[str, Any]:
        """Return the stratum's entry in a document of schema ``strata``."""
        return {
            "number": self.number,
            "hidden": [level.names for level in self.hidden],
            "attained": [dict(level) for level in self.attained],
            "weight_dimension": self.weight_dimension,
            "plain_weight_dimension": self.dimensions.plain + self.antisymmetric,
            "tangent_dimension": self.tangent_dimension,
            "function_dimension": self.function_dimension,
            "parameters": self.parameters,
            "gauge": self.gauge,
            "confirmed": self.dimensions.confirmed,
            "component": self.component,
        }


class Variety:
    """All weights that make the whole network symmetric: an algebraic variety.

    Parameters
    ----------
    network : NetworkSpec
    symmetry : Symmetry
        Its scope is taken to be the network.
    seed : int
        For the random points.
    max_weights : int
        Weights of the largest network that is measured.

    Raises
    ------
    UsageError
        If the symmetry does not fit the network.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2), scope="network")
    >>> variety = Variety(pc.NetworkSpec(2, depth=2), symmetry)
    >>> for stratum in variety.strata():
    ...     print(str(stratum.hidden[0]), stratum.weight_dimension, stratum.tangent_dimension)
    [2] + [1,1] 8 8
    2·[2] 7 7
    2·[1,1] 7 9
    """

    def __init__(
        self,
        network: NetworkSpec,
        symmetry: Symmetry,
        seed: int = 0,
        max_weights: int = MAX_WEIGHTS,
    ) -> None:
        if network.activation is not None:
            raise UsageError(
                "expected none for strata, whose hidden units change by any affine map unnoticed, "
                f"got {network.activation}; the command dimension lists those of z^r",
                "activation",
            )
        self.network = network
        self.symmetry = symmetry
        self.seed = seed
        self.max_weights = max_weights
        self.moves = moves_of(network, symmetry)

    # -- what levels can carry -------------------------------------------------------------

    @cached_property
    def ends(self) -> tuple[Level, Level]:
        """What the inputs and the outputs carry."""
        group, network = self.symmetry.group, self.network
        inputs = permutation_representation(
            [before for before, _ in self.moves], group, network.channels[0]
        )
        units = network.units[-1]
        if self.symmetry.kind == "invariant":
            outputs = _trivial(group, units)
        else:
            images = [after for _, after in self.moves]
            outputs = permutation_representation(images, group, network.channels[-1])
        return (
            Level(network.units[0], network.units[0], inputs),
            Level(units, units, outputs),
        )

    def _points(self, level: int) -> Representation | None:
        """Return the permutation representation of a hidden level, if the group has one."""
        actions = self.symmetry.unit_actions(self.network, generators=True)
        images = [action[level] for action in actions]
        known = [image for image in images if image is not None]
        if len(known) < len(images) or (
            not images and self.network.widths[level] != self.network.inputs
        ):
            return None
        group = self.symmetry.group
        return permutation_representation(known, group, self.network.channels[level])

    def levels(self, level: int, degenerate: bool = False) -> tuple[Level, ...]:
        """Return everything that a hidden level may carry; see :func:`hidden_levels`."""
        return tuple(
            hidden_levels(
                self.network.units[level], self.symmetry.group, self._points(level), degenerate
            )
        )

    def levels_of(self, hidden: Sequence[Level]) -> tuple[Level, ...]:
        """Return what all levels carry in one choice, from the inputs to the outputs."""
        first, last = self.ends
        return (first, *hidden, last)

    def count(self, degenerate: bool = False) -> int:
        """Return the number of choices."""
        return prod(len(self.levels(level, degenerate)) for level in range(1, self.network.depth))

    def choices(self, degenerate: bool = False) -> Iterator[tuple[Level, ...]]:
        """Yield what the hidden levels may carry, one choice at a time.

        The permutation representation on every level comes first, then the choices in the
        order of the sum of the places of their levels' representations.
        """
        lists = [self.levels(level, degenerate) for level in range(1, self.network.depth)]
        if any(not options for options in lists):
            return
        for total in range(sum(len(options) - 1 for options in lists) + 1):
            for places in _with_sum([len(options) for options in lists], total):
                yield tuple(options[at] for options, at in zip(lists, places, strict=True))

    def parse(self, texts: Sequence[str]) -> tuple[Level, ...]:
        """Return the choice that texts describe: one for each hidden level, or one for all."""
        hidden = self.network.depth - 1
        if len(texts) == 1:
            texts = list(texts) * hidden
        if len(texts) != hidden:
            raise UsageError(
                f"expected 1 representation or {hidden} for depth {self.network.depth}, "
                f"got {len(texts)}",
                "hidden",
            )
        return tuple(
            parse_level(text, self.network.units[level], self.symmetry.group, self._points(level))
            for level, text in enumerate(texts, start=1)
        )

    # -- strata ----------------------------------------------------------------------------

    def measure(self, hidden: Sequence[Level], number: int = 0) -> Stratum:
        """Return the stratum of one choice, with its dimensions, if it is not too large."""
        weights = ordered_network(self.network).weights
        if weights > self.max_weights:
            size = _ENTRY_BYTES * weights**2
            raise TooLargeError(
                f"the tangent space needs elimination on {weights} × {weights} entries "
                f"({size} bytes), more than the limit of {self.max_weights} weights",
                weights**2,
                size,
                ("max_weights", weights),
            )
        dimensions = measure(self.network, self.moves, self.levels_of(hidden), self.seed)
        return Stratum(number, tuple(hidden), dimensions, self.network.weights - weights)

    def strata(self, degenerate: bool = False, limit: int | None = None) -> Iterator[Stratum]:
        """Yield the strata of all choices, measured one at a time; see :func:`strata`."""
        for number, hidden in enumerate(islice(self.choices(degenerate), limit), start=1):
            yield self.measure(hidden, number)

    def choice(self, number: int, degenerate: bool = False) -> tuple[Level, ...]:
        """Return a choice, given its number from 1."""
        count = self.count(degenerate)
        if not 1 <= number <= count:
            raise UsageError(f"expected a stratum from 1 to {count}, got {number}", "stratum")
        return next(islice(self.choices(degenerate), number - 1, None))


def _trivial(group: PermutationGroup, units: int) -> Representation:
    """Return the representation on units that the group leaves in place."""
    if group.is_symmetric():
        return direct_sum(group, (((group.degree,), units),))
    still = [tuple(range(units))] * len(group.generators)
    return permutation_representation(still, group)


def _with_sum(sizes: Sequence[int], total: int) -> Iterator[tuple[int, ...]]:
    """Yield all tuples of numbers below ``sizes`` of a given sum, in lexicographic order."""
    if not sizes:
        if total == 0:
            yield ()
        return
    most = sum(size - 1 for size in sizes[1:])
    for first in range(max(0, total - most), min(total, sizes[0] - 1) + 1):
        for rest in _with_sum(sizes[1:], total - first):
            yield (first, *rest)


def strata(
    network: NetworkSpec,
    symmetry: Symmetry,
    *,
    degenerate: bool = False,
    limit: int | None = None,
    seed: int = 0,
) -> tuple[Stratum, ...]:
    """Return the strata of the variety of symmetric networks.

    Parameters
    ----------
    network : NetworkSpec
    symmetry : Symmetry
        Imposed on the whole network, whatever its scope says.
    degenerate : bool
        Whether to include representations of smaller dimension than the levels, and hidden
        functions that nothing binds.
    limit : int, optional
        The largest number of choices to measure.
    seed : int

    Raises
    ------
    UsageError
        If the symmetry does not fit the network.
    TooLargeError
        If the network has more than :data:`MAX_WEIGHTS` weights.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> group = pc.PermutationGroup.symmetric(3)
    >>> first, second, *_ = strata(pc.NetworkSpec(3, depth=2, bias=True), pc.Symmetry(group))
    >>> str(first.hidden[0]), first.weight_dimension, first.function_dimension, first.component
    ('[3] + [2,1]', 23, 11, True)
    >>> str(second.hidden[0]), second.dimensions.plain, second.weight_dimension
    ('3·[3]', 22, 24)
    """
    return tuple(Variety(network, symmetry, seed).strata(degenerate, limit))
