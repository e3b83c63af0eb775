"""What a level of units carries: a representation of the group, and functions that it doesn't bind.

Layers that are equivariant between the representations of neighbouring levels make the whole
network equivariant, whatever the hidden representations are. A hidden level can carry less
than it has units: the units left over are then zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups import Permutation, PermutationGroup
from polyconstraints.variety.strata.irreducibles import Block, Field, copies, irreducibles, primes
from polyconstraints.variety.strata.irreps import partition_name

#: Name of the permutation representation where the group's irreducibles aren't known.
PERMUTATION = "permutation"

#: Name of functions that no representation binds.
FREE = "free"

#: How many copies of each irreducible representation a space of functions holds, by name, and how
#: many dimensions beside them are free.
Content = dict[str, int]

_TERM = re.compile(rf"(?:([0-9]{{1,9}})\*)?(?:({FREE}):([0-9]{{1,9}})|([^*+:]+))")


#: Irreducible representations, each with how often it occurs.
Summands = Sequence[tuple[Block, int]]


@dataclass(frozen=True, eq=False)
class Representation:
    """A representation of a group by rational matrices, in blocks on consecutive units.

    Multiplicities are names of the summands and how often each occurs, the trivial one first.
    """

    multiplicities: tuple[tuple[str, int], ...]
    blocks: tuple[Block, ...]

    @cached_property
    def dimension(self) -> int:
        """Number of units."""
        return sum(block.size for block in self.blocks)

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """The units of each block."""
        stops = np.cumsum([block.size for block in self.blocks]).tolist()
        return tuple(map(slice, [0, *stops], stops))

    def over(self, prime: int | None = None) -> NDArray[Any]:
        """Return how each generator of the group acts on the values of all units.

        Modulo a prime if one is given.
        """
        parts = [block.over(prime) for block in self.blocks]
        dtype = object if prime is None else np.int64
        result = np.zeros((len(parts[0]), self.dimension, self.dimension), dtype=dtype)
        for images, at in zip(parts, self.slices, strict=True):
            for matrix, image in zip(result, images, strict=True):
                matrix[at, at] = image
        return result


@dataclass(frozen=True, eq=False)
class Level:
    """What one level of units carries.

    A representation in its first units, then so many functions that nothing binds; the units that
    are left over are zero.
    """

    units: int
    representation: Representation
    free: int = 0

    @property
    def rank(self) -> int:
        """Number of units that aren't zero."""
        return self.representation.dimension + self.free

    @cached_property
    def names(self) -> dict[str, int]:
        """Multiplicities by name, as documents have them."""
        free = {FREE: self.free} if self.free else {}
        return {**dict(self.representation.multiplicities), **free}

    def __str__(self) -> str:
        """Return the level as ``[3] + 2·free``; ``0`` where all units are constant."""
        return in_words(self.names)


def in_words(names: Mapping[str, int]) -> str:
    """Return multiplicities as ``[3] + 2·free``; ``0`` where there are none."""
    return " + ".join(name if n == 1 else f"{n}·{name}" for name, n in names.items()) or "0"


def permutation_representation(
    images: Sequence[Permutation],
    group: PermutationGroup,
    channels: int = 1,
    field: Field = "rational",
) -> Representation:
    """Return the representation on the values of units that a group permutes.

    Given is how each generator moves the units, of which so many channels move together. The
    summands are named where they are known.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> permutation_representation(group.generators, group).multiplicities
    (('[3]', 1), ('[2,1]', 1))
    >>> group = PermutationGroup.cyclic(4)
    >>> permutation_representation(group.generators, group).multiplicities
    (('1a', 1), ('1b', 1), ('2a', 1))
    """
    n = group.degree
    width = len(images[0]) if images else n * channels
    matrices = tuple(np.eye(width, dtype=int)[list(image)].astype(object) for image in images)
    block = Block(PERMUTATION, width, matrices)
    natural = [
        tuple(point * channels + at for point in generator for at in range(channels))
        for generator in group.generators
    ]
    if group.is_symmetric() and [tuple(image) for image in images] == natural:
        names = (partition_name((n,)), partition_name((n - 1, 1)))[:n]
        return Representation(tuple((name, channels) for name in names), (block,))
    prime = primes(group, field)[0]
    known = irreducibles(group, width // channels, field)
    actions = block.modulo(prime)
    counts = [(one, copies(actions, width, one, prime)) for one in known]
    named = tuple((one.name, count) for one, count in counts if count)
    if sum(one.size * count for one, count in counts) < width:
        named = ((PERMUTATION, 1),)
    return Representation(named, (block,))


@lru_cache(maxsize=16)
def _natural(group: PermutationGroup) -> Representation:
    return permutation_representation(group.generators, group)


def direct_sum(group: PermutationGroup, summands: Summands) -> Representation:
    """Return a direct sum of irreducible representations.

    As many copies of the permutation representation as fit come first, since a basis of
    points gives the sparser layers.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> trivial, standard, _ = irreducibles(group, 3)
    >>> direct_sum(group, [(trivial, 1), (standard, 1)]).over()[0].tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    """
    chosen = [(block, times) for block, times in summands if times]
    names = tuple((block.name, times) for block, times in chosen)
    points, rational = _natural(group), irreducibles(group, group.degree)
    parts = dict(points.multiplicities)
    count = {block.name: times for block, times in chosen if block in rational}
    copies = min(count.get(name, 0) // times for name, times in parts.items())
    blocks = list(points.blocks) * copies
    for block, times in chosen:
        blocks += [block] * (times - copies * parts.get(block.name, 0))
    if not blocks:
        nothing = np.zeros((0, 0), dtype=object)
        blocks = [Block("0", 0, (nothing,) * len(group.generators))]
    return Representation(names, tuple(blocks))


def level_choices(
    units: int,
    group: PermutationGroup,
    points: Representation | None,
    supply: Mapping[str, int],
    known: Sequence[Block],
) -> Iterator[Level]:
    """Yield what a level of so many units may carry, sums of known summands, each choice once.

    The supply says how many independent copies of each irreducible representation, by name, there
    are among the functions that the level can compute, and how many more functions. The
    permutation representation, if the level has one, comes first; then the representations that
    fill the level, smaller ones, and those beside free functions.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> known = irreducibles(group, 2)
    >>> [str(one) for one in level_choices(2, group, None, {"[3]": 1, "[2,1]": 1}, known)]
    ['[2,1]', '[3]', '0', '[3] + free', '2·free', 'free']
    """
    functions = supply.get(FREE, 0) + sum(b.size * supply.get(b.name, 0) for b in known)
    bound = [direct_sum(group, chosen) for chosen in _direct_sums(known, units, supply)]
    if points is not None:
        # Its own summands may be unknown, or more than the level can be supplied with.
        same = [one for one in bound if one.multiplicities == points.multiplicities]
        if same or points.multiplicities == ((PERMUTATION, 1),):
            bound = [points, *(one for one in bound if one not in same)]
    most = min(units, functions)
    yield from (Level(units, one) for one in bound)
    for one in bound:
        for free in range(most - one.dimension, 0, -1):
            yield Level(units, one, free)


def _direct_sums(
    known: Sequence[Block], units: int, supply: Mapping[str, int]
) -> list[list[tuple[Block, int]]]:
    """Return the sums of irreducibles that fit and are supplied.

    The largest first, then those with more copies of earlier irreducibles.
    """
    found: list[tuple[int, list[tuple[Block, int]]]] = [(units, [])]
    for block in known:
        found = [
            (left - count * block.size, [*chosen, (block, count)])
            for left, chosen in found
            for count in range(min(left // block.size, supply.get(block.name, 0)), -1, -1)
        ]
    return [chosen for _, chosen in sorted(found, key=lambda pair: pair[0])]


def parse_level(
    text: str,
    units: int,
    group: PermutationGroup,
    points: Representation | None,
    summands: Sequence[Block],
) -> Level:
    """Return what a hidden level carries, given as text.

    The text is ``permutation``, ``0``, or a sum such as ``[3]+[2,1]``, ``3*[3]`` or
    ``[3]+2*free``, with functions that nothing binds.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> str(parse_level("2*[3]+free", 3, group, None, irreducibles(group, 3)))
    '2·[3] + free'
    """
    field = "hidden"
    known = {block.name: block for block in summands}
    counts: dict[str, int] = {}
    # Commas separate numbers of partitions, plus signs separate summands.
    for part in re.sub(r"\s", "", text).replace("·", "*").split("+"):
        term = _TERM.fullmatch(part)
        if term is None:
            raise UsageError(f"expected a sum such as 2*[3]+free, got {text!r}", field)
        times, free_units, number, other = term.groups()
        name = free_units or other
        counts[name] = counts.get(name, 0) + int(times or 1) * int(number or 1)
    counts.pop("0", None)
    free, whole = counts.pop(FREE, 0), counts.pop(PERMUTATION, 0)
    if whole > 1 or (whole and (points is None or counts)):
        raise UsageError(f"expected one action that permutes {units} units, got {text!r}", field)
    unknown = [name for name in counts if name not in known]
    if unknown:
        names = ", ".join(known) or "permutation or free"
        raise UsageError(
            f"expected representations of dimension at most {units} among {names}, "
            f"got {unknown[0]!r}",
            field,
        )
    chosen = [(block, counts.get(name, 0)) for name, block in known.items()]
    representation = direct_sum(group, chosen)
    if points and (whole or representation.multiplicities == points.multiplicities):
        representation = points
    level = Level(units, representation, free)
    if level.rank > units:
        raise UsageError(
            f"expected a dimension of at most {units}, got {level.rank} of {text}", field
        )
    return level
