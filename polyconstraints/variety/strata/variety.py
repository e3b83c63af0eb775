"""The variety of weights that make the whole network symmetric, and its strata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from heapq import heappop, heappush
from itertools import islice
from math import ceil
from typing import Any, Unpack, overload

import numpy as np

from polyconstraints.display import Drawn
from polyconstraints.errors import TooLargeError, UsageError, explained
from polyconstraints.memory import require_memory
from polyconstraints.schemas.writing import written
from polyconstraints.spec import integer
from polyconstraints.spec.groups import GroupLike, PermutationGroup
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.problem import Words, problem
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.variety.strata.irreducibles import Block, Field, irreducibles, primes
from polyconstraints.variety.strata.kernel import Setting, moves_of, ordered_network
from polyconstraints.variety.strata.point import Stratum, Tower, measure
from polyconstraints.variety.strata.representations import (
    FREE,
    PERMUTATION,
    Level,
    Representation,
    direct_sum,
    level_choices,
    parse_level,
    permutation_representation,
)
from polyconstraints.variety.strata.signed import SignedTower, require_power

#: Weights of the largest network that is measured unless another limit is given: the
#: tangent space needs elimination on a square matrix of this size.
MAX_WEIGHTS = 3000

#: Bytes of one entry of that matrix while it is made and eliminated.
_ENTRY_BYTES = 64

#: Seconds for a stratum, and for the cube of its weights: two eliminations of full rank.
_FIXED_SECONDS = 0.02
_SECONDS = 1e-9


@explained
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
    field : {"rational", "complex"}
        Over which the representations are irreducible.

    Raises
    ------
    UsageError
        If the symmetry does not fit the network.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2), scope="network")
    >>> variety = Variety(pc.NetworkSpec(2, depth=2), symmetry)
    >>> for stratum in variety.strata(3):
    ...     print(str(stratum.hidden[0]), stratum.weight_dimension, stratum.tangent_dimension)
    [2] + [1,1] 8 8
    2·[2] 7 7
    [2] 8 9
    """

    def __init__(
        self,
        network: NetworkSpec,
        symmetry: Symmetry,
        seed: int = 0,
        max_weights: int = MAX_WEIGHTS,
        field: Field = "rational",
    ) -> None:
        if network.activation is not None:
            require_power(network)
        self.network = network
        self.symmetry = symmetry
        self.seed = seed
        self.max_weights = max_weights
        self.field = field
        self.moves = moves_of(network, symmetry)

    # -- what levels can carry -------------------------------------------------------------

    @cached_property
    def ends(self) -> tuple[Level, Level]:
        """What the inputs and the outputs carry."""
        group, network = self.symmetry.group, self.network
        before, after = [[move[end] for move in self.moves] for end in (0, 1)]
        inputs = permutation_representation(before, group, network.channels[0])
        units = network.units[-1]
        if self.symmetry.kind == "invariant":
            outputs = _trivial(group, units)
        else:
            outputs = permutation_representation(after, group, network.channels[-1])
        return Level(network.units[0], inputs), Level(units, outputs)

    def _points(self, level: int) -> Representation | None:
        """Return the permutation representation of a hidden level, if the group has one."""
        if self.network.activation is not None:
            return None
        actions = self.symmetry.unit_actions(self.network, generators=True)
        images = [action[level] for action in actions]
        known = [image for image in images if image is not None]
        if len(known) < len(images) or (
            not images and self.network.widths[level] != self.network.inputs
        ):
            return None
        group = self.symmetry.group
        return permutation_representation(known, group, self.network.channels[level], self.field)

    def levels(self, level: int, below: Tower | None = None) -> Iterator[Level]:
        """Yield what a hidden level may carry above a tower; on the inputs unless given."""
        if not 0 < level < self.network.depth:
            last = self.network.depth - 1
            raise UsageError(f"expected a hidden level from 1 to {last}, got {level}", "level")
        tower = below or self.start()
        units, group = self.network.units[level], self.symmetry.group
        known = tower.known(units)
        return level_choices(units, group, self._points(level), tower.supply, known)

    @property
    def primes(self) -> tuple[int, ...]:
        """Primes modulo which the summands of levels exist."""
        return primes(self.symmetry.group, self.field)

    def setting(self, prime: int | None = None) -> Setting:
        """Return what ranks at random points are computed with, modulo a prime."""
        chosen = prime or self.primes[0]
        return Setting.make(self.network, self.moves, chosen, self.seed)

    def start(self, setting: Setting | None = None) -> Tower:
        """Return the tower of no layers."""
        kind = Tower if self.network.activation is None else SignedTower
        return kind.start(setting or self.setting(), self.symmetry.group, self.ends[0], self.field)

    def point(self, setting: Setting, hidden: Sequence[Level]) -> Tower:
        """Return a random point of the stratum of one choice."""
        return reduce(Tower.extended, (*hidden, self.ends[1]), self.start(setting))

    def carrying(self, contents: Sequence[Mapping[str, int]]) -> tuple[Level, ...]:
        """Return hidden levels that carry so many copies of irreducibles, given by name."""
        levels = []
        for units, names in zip(self.network.units[1:], contents, strict=False):
            known = irreducibles(self.symmetry.group, units, self.field)
            summands = [(block, names.get(block.name, 0)) for block in known]
            bound = direct_sum(self.symmetry.group, summands)
            levels.append(Level(units, bound, names.get(FREE, 0)))
        return tuple(levels)

    def choices(self) -> Iterator[tuple[Level, ...]]:
        """Yield what the hidden levels may carry, one choice at a time.

        The permutation representation on every level comes first, then the choices in the
        order of the sum of the places of their levels among what the levels below leave to
        choose. Of choices with the same closure one is yielded: the one whose functions carry,
        at a random point, just what the choice says.
        """
        self.require_room()
        if self.network.depth == 1:
            yield ()
            return

        def made(tower: Tower) -> Iterator[Tower]:
            for choice in self.levels(len(tower.plain) + 1, tower):
                one = tower.extended(choice)
                # A permutation representation whose summands are unknown can't be compared.
                if one.attained[-1] == choice.names or PERMUTATION in choice.names:
                    yield one

        #: By the sum of places, and places: what is chosen so far, the tower of it, and those that
        #: differ from it in the last level.
        waiting: list[tuple[int, tuple[int, ...], tuple[Level, ...], Tower, Iterator[Tower]]] = []

        def wait(places: tuple[int, ...], chosen: tuple[Level, ...], rest: Iterator[Tower]) -> None:
            for one in islice(rest, 1):
                heappush(waiting, (sum(places), places, (*chosen, one.level), one, rest))

        wait((0,), (), made(self.start()))
        while waiting:
            _, places, chosen, tower, rest = heappop(waiting)
            if len(chosen) == self.network.depth - 1:
                yield chosen
            else:
                wait((*places, 0), chosen, made(tower))
            wait((*places[:-1], places[-1] + 1), chosen[:-1], rest)

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
            parse_level(
                text,
                self.network.units[level],
                self.symmetry.group,
                self._points(level),
                self.start().known(self.network.units[level]),
            )
            for level, text in enumerate(texts, start=1)
        )

    # -- strata ----------------------------------------------------------------------------

    def require_room(self) -> None:
        """Raise TooLargeError if the network has too many weights, or not enough memory is free."""
        weights = self.ordered.weights
        size = _ENTRY_BYTES * weights**2
        what = f"elimination on {weights} × {weights} entries, which the tangent space needs"
        if weights > self.max_weights:
            raise TooLargeError(
                f"expected at most {self.max_weights} weights, got {weights}: {what}",
                weights,
                size,
                ("max_weights", weights),
            )
        require_memory(size, None, what)

    def require_time(self, strata: int, seconds: int) -> None:
        """Raise TooLargeError if measuring so many strata will take longer."""
        each = _FIXED_SECONDS + _SECONDS * self.ordered.weights**3
        needed = ceil(strata * each)
        if needed > seconds:
            raise TooLargeError(
                f"expected strata that are measured within {seconds} s, got {strata} of them that "
                f"take about {needed} s",
                allow=("time_limit", needed),
            )

    @cached_property
    def ordered(self) -> NetworkSpec:
        """The network with one weight for each commuting product."""
        return ordered_network(self.network)

    def measure(self, hidden: Sequence[Level], number: int = 0) -> Stratum:
        """Return the stratum of one choice, with its dimensions, if it is not too large."""
        self.require_room()
        starts = (self.start(self.setting(prime)) for prime in self.primes)
        antisymmetric = self.network.weights - self.ordered.weights
        return measure(starts, hidden, self.ends[1], number, antisymmetric)

    def strata(self, limit: int | None = None) -> Iterator[Stratum]:
        """Yield the strata, measured one at a time; see :func:`strata`."""
        for number, hidden in enumerate(islice(self.choices(), limit), start=1):
            yield self.measure(hidden, number)

    def choice(self, number: int) -> tuple[Level, ...]:
        """Return a choice, given its number from 1."""
        found = list(islice(self.choices(), max(0, number)))
        if not 1 <= number <= len(found):
            raise UsageError(f"expected a stratum from 1 to {len(found)}, got {number}", "stratum")
        return found[-1]


def _trivial(group: PermutationGroup, units: int) -> Representation:
    """Return the representation on units that the group leaves in place."""
    one = Block("trivial", 1, (np.ones((1, 1), dtype=object),) * len(group.generators))
    return Representation(((one.name, units),), (one,) * units)


@explained
@dataclass(frozen=True, eq=False, repr=False)
class Strata(Drawn, Sequence[Stratum]):
    """Strata of a variety that were measured.

    Attributes
    ----------
    variety : Variety
    measured : tuple of Stratum
    complete : bool
        Whether these are all.
    """

    variety: Variety
    measured: tuple[Stratum, ...]
    complete: bool

    def __repr__(self) -> str:
        return f"<Strata: {len(self)}{'' if self.complete else ' of more'}>"

    def __len__(self) -> int:
        return len(self.measured)

    @overload
    def __getitem__(self, at: int) -> Stratum: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Stratum, ...]: ...
    def __getitem__(self, at: int | slice) -> Stratum | tuple[Stratum, ...]:
        return self.measured[at]

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``strata``."""
        weights = self.variety.network.weights
        return written("variety.Strata", self, self.variety, weights=weights, strata=self.measured)


@explained
def strata(
    network: NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    *,
    limit: int | None = None,
    seed: int = 0,
    max_weights: int = MAX_WEIGHTS,
    field: Field = "rational",
    **words: Unpack[Words],
) -> Strata:
    """Return the strata of the variety of symmetric networks.

    Parameters
    ----------
    network, symmetry, **words
        As for :func:`~polyconstraints.derive`; imposed on the whole network, whatever the scope
        says.
    limit : int, optional
        The largest number of choices to measure.
    seed : int
    max_weights : int
    field : {"rational", "complex"}
        Over which the representations are irreducible.

    Raises
    ------
    UsageError
        If the symmetry does not fit the network.
    TooLargeError
        If the network has more weights than that.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> first, second, *_ = strata(n=3, depth=2, bias=True)
    >>> str(first.hidden[0]), first.weight_dimension, first.function_dimension, first.component
    ('[3] + [2,1]', 23, 11, True)
    >>> str(second.hidden[0]), second.plain_weight_dimension, second.weight_dimension
    ('3·[3]', 22, 24)
    """
    network, imposed = problem(network, symmetry, words)
    if imposed.scope != "network":
        imposed = replace(imposed, scope="network")
    variety = Variety(network, imposed, seed, max_weights, field)
    limit = None if limit is None else integer(limit, "limit")
    choices = list(islice(variety.choices(), None if limit is None else limit + 1))
    listed = enumerate(choices[:limit], start=1)
    measured = tuple(variety.measure(hidden, number) for number, hidden in listed)
    return Strata(variety, measured, len(measured) == len(choices))
