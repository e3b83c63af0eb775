"""What a level of units carries: a representation of the group, or functions that it doesn't bind.

Layers that are equivariant between the representations of neighbouring levels make the whole
network equivariant, whatever the hidden representations are. A hidden level can carry less
than it has units: the units left over are then zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups import Permutation, PermutationGroup
from polyconstraints.variety.strata.irreps import (
    Partition,
    Rationals,
    irrep_dimension,
    irrep_matrix,
    parse_partition,
    partition_name,
    partitions_up_to_dimension,
)

__all__ = [
    "FREE",
    "PERMUTATION",
    "Block",
    "Level",
    "Multiplicities",
    "Representation",
    "direct_sum",
    "hidden_levels",
    "parse_level",
    "permutation_representation",
]

#: Name of the permutation representation where the group's irreducibles aren't known.
PERMUTATION = "permutation"

#: Name of functions that no representation binds.
FREE = "free"

#: Irreducible representations of S_n, each with how often it occurs.
Multiplicities = tuple[tuple[Partition, int], ...]


@dataclass(frozen=True, eq=False)
class Block:
    """A summand of a representation that has units of its own.

    A matrix of shape (size, size) says how a generator of the group acts on the values of the
    units. Copies are the irreducible summands, as far as they are known: the name of each, and
    functionals on the units that span its dual, shape (dimension, size).
    """

    size: int
    matrices: tuple[Rationals, ...]
    copies: tuple[tuple[str, Rationals], ...] = ()


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

    @cached_property
    def matrices(self) -> tuple[Rationals, ...]:
        """How each generator of the group acts on the values of all units."""
        generators = len(self.blocks[0].matrices)
        result = np.zeros((generators, self.dimension, self.dimension), dtype=object)
        for block, at in zip(self.blocks, self.slices, strict=True):
            for matrix, part in zip(result, block.matrices, strict=True):
                matrix[at, at] = part
        return tuple(result)


@dataclass(frozen=True, eq=False)
class Level:
    """What one level of units carries: a representation, or None for any functions at all.

    The rank is the dimension of the representation, or the number of functions that nothing
    binds. Units beyond it are zero.
    """

    units: int
    rank: int
    representation: Representation | None

    @property
    def degenerate(self) -> bool:
        """Whether units are left over, or the functions are not bound."""
        return self.representation is None or self.rank < self.units

    @cached_property
    def names(self) -> dict[str, int]:
        """Multiplicities by name, as documents have them."""
        if self.representation is None:
            return {FREE: self.rank}
        return dict(self.representation.multiplicities)

    def __str__(self) -> str:
        """Return the level as ``[3] + [2,1]``; ``0`` where all units are constant."""
        parts = [name if count == 1 else f"{count}·{name}" for name, count in self.names.items()]
        return " + ".join(parts) if self.rank else "0"


def permutation_representation(
    images: Sequence[Permutation], group: PermutationGroup, channels: int = 1
) -> Representation:
    """Return the representation on the values of units that a group permutes.

    Given is how each generator moves the units, of which so many channels move together. The
    summands are named where the group is S_n and moves n components as it moves its points.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> permutation_representation(group.generators, group).multiplicities
    (('[3]', 1), ('[2,1]', 1))
    """
    n = group.degree
    width = len(images[0]) if images else n * channels
    matrices = tuple(np.eye(width, dtype=int)[list(image)].astype(object) for image in images)
    natural = [
        tuple(point * channels + at for point in generator for at in range(channels))
        for generator in group.generators
    ]
    if not group.is_symmetric() or [tuple(image) for image in images] != natural:
        return Representation(((PERMUTATION, 1),), (Block(width, matrices),))
    single = [(partition_name((n,)), np.ones((1, n), dtype=object))]
    if n > 1:
        # n·x_i - (x_1 + … + x_n): scaled so as to stay within the integers.
        differences = (n * np.eye(n - 1, n, dtype=int) - 1).astype(object)
        single.append((partition_name((n - 1, 1)), differences))
    copies = tuple(
        (name, np.kron(coordinates, unit))
        for unit in np.eye(channels, dtype=int).astype(object)[:, None, :]
        for name, coordinates in single
    )
    names = tuple((name, channels) for name, _ in single)
    return Representation(names, (Block(width, matrices, copies),))


@lru_cache(maxsize=256)
def _irreducible(group: PermutationGroup, partition: Partition) -> Block:
    size = irrep_dimension(partition)
    matrices = tuple(irrep_matrix(partition, generator) for generator in group.generators)
    identity = np.eye(size, dtype=int).astype(object)
    return Block(size, matrices, ((partition_name(partition), identity),))


@lru_cache(maxsize=16)
def _natural(group: PermutationGroup) -> Block:
    (block,) = permutation_representation(group.generators, group).blocks
    return block


@lru_cache(maxsize=256)
def direct_sum(group: PermutationGroup, multiplicities: Multiplicities) -> Representation:
    """Return a direct sum of irreducible representations of S_n.

    As many copies of the permutation representation as fit come first, since a basis of
    points gives the sparser layers; the other summands are in Young's seminormal form.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> direct_sum(group, (((3,), 1), ((2, 1), 1))).matrices[0].tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    """
    n = group.degree
    count = dict(multiplicities)
    summands = ((n,), (n - 1, 1)) if n > 1 else ((n,),)
    points = min(count.get(partition, 0) for partition in summands) * (n > 1)
    blocks = [_natural(group)] * points
    for partition, multiplicity in multiplicities:
        left = multiplicity - points * (partition in summands)
        blocks += [_irreducible(group, partition)] * left
    if not blocks:
        nothing = np.zeros((0, 0), dtype=object)
        blocks = [Block(0, (nothing,) * len(group.generators))]
    names = tuple((partition_name(partition), times) for partition, times in multiplicities)
    return Representation(names, tuple(blocks))


def hidden_levels(
    units: int, group: PermutationGroup, points: Representation | None, degenerate: bool = False
) -> list[Level]:
    """Return everything that a hidden level of so many units may carry.

    For S_n all direct sums of irreducibles that fit; for any other group the permutation
    representation. The permutation representation, if the level has one, comes first. Degenerate
    ones are representations of smaller dimension, down to none, and functions that the group
    doesn't bind.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> points = permutation_representation(group.generators, group)
    >>> [str(level) for level in hidden_levels(3, group, points)]
    ['[3] + [2,1]', '3·[3]', '2·[3] + [1,1,1]', '[3] + 2·[1,1,1]', '[2,1] + [1,1,1]', '3·[1,1,1]']
    """
    levels = [Level(units, units, points)] if points is not None else []
    if group.is_symmetric():
        first = points.multiplicities if points is not None else None
        for chosen in _direct_sums(group.degree, units, degenerate):
            representation = direct_sum(group, chosen)
            if representation.multiplicities != first:
                levels.append(Level(units, representation.dimension, representation))
    if degenerate:
        levels += [Level(units, rank, None) for rank in range(units, 0, -1)]
    return levels


def _direct_sums(n: int, units: int, smaller: bool) -> list[Multiplicities]:
    """Return the multisets of irreducibles of total dimension ``units`` (or less).

    The largest first, then those with more copies of earlier irreducibles.
    """
    found: list[tuple[int, Multiplicities]] = [(units, ())]
    for partition in partitions_up_to_dimension(n, units):
        size = irrep_dimension(partition)
        found = [
            (left - count * size, chosen + ((partition, count),) * (count > 0))
            for left, chosen in found
            for count in range(left // size, -1, -1)
        ]
    found.sort(key=lambda pair: pair[0])
    return [chosen for left, chosen in found if smaller or not left]


def parse_level(
    text: str, units: int, group: PermutationGroup, points: Representation | None
) -> Level:
    """Return what a hidden level carries, given as text.

    The text is ``permutation``, ``free``, ``0``, or a sum such as ``[3]+[2,1]`` or ``3*[3]``;
    ``free:2`` for two functions that nothing binds, with the other units zero.

    Raises
    ------
    UsageError
        If the text is none of these or does not fit the level.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> str(parse_level("2*[3]+[1,1,1]", 3, group, None))
    '2·[3] + [1,1,1]'
    """
    field = "hidden"
    text = text.replace(" ", "").replace("·", "*")
    if text == PERMUTATION:
        if points is None:
            raise UsageError(f"expected {group.degree} units to permute, got {units}", field)
        return Level(units, units, points)
    name, _, number = text.partition(":")
    if name == FREE:
        rank = int(number) if number.isdecimal() and len(number) < 10 else units
        if (number and not number.isdecimal()) or not 1 <= rank <= units:
            raise UsageError(f"expected free:1 … free:{units}, got {text!r}", field)
        return Level(units, rank, None)
    if not group.is_symmetric():
        raise UsageError(
            f"expected permutation or free, since irreducible representations are known for "
            f"S_n only, got {text!r}",
            field,
        )
    counts: dict[tuple[int, ...], int] = {}
    for part in [] if text == "0" else text.split("+"):
        times, star, label = part.rpartition("*")
        if star and not (times.isdecimal() and len(times) < 10):
            raise UsageError(f"expected a sum such as 2*[3]+[1,1,1], got {text!r}", field)
        try:
            partition = parse_partition(label, group.degree)
        except UsageError as error:
            raise UsageError(str(error), field) from None
        counts[partition] = counts.get(partition, 0) + (int(times) if star else 1)
    size = sum(irrep_dimension(partition) * times for partition, times in counts.items())
    if size > units:
        raise UsageError(f"expected a dimension of at most {units}, got {size} of {text}", field)
    chosen = tuple(sorted(((key, n) for key, n in counts.items() if n), reverse=True))
    representation = direct_sum(group, chosen)
    if points is not None and representation.multiplicities == points.multiplicities:
        representation = points
    return Level(units, size, representation)
