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

import numpy as np

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups import Permutation, PermutationGroup
from polyconstraints.variety.strata.irreps import (
    Rationals,
    irrep_dimension,
    irrep_matrix,
    partition_name,
    partitions_up_to_dimension,
)

__all__ = [
    "FREE",
    "PERMUTATION",
    "Block",
    "Level",
    "Representation",
    "Summands",
    "direct_sum",
    "in_words",
    "irreducibles",
    "level_choices",
    "parse_level",
    "permutation_representation",
]

#: Name of the permutation representation where the group's irreducibles aren't known.
PERMUTATION = "permutation"

#: Name of functions that no representation binds.
FREE = "free"

_TERM = re.compile(r"(?:([0-9]{1,9})\*)?([^*+:]+)(?::([0-9]{1,9}))?")


@dataclass(frozen=True, eq=False)
class Block:
    """A summand of a representation that has units of its own.

    A matrix of shape (size, size) says how a generator of the group acts on the values of the
    units. Endomorphisms are the dimension of the space of matrices that commute with all of them.
    """

    name: str
    size: int
    matrices: tuple[Rationals, ...]
    endomorphisms: int = 1


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
    names = [PERMUTATION]
    times = 1
    if group.is_symmetric() and [tuple(image) for image in images] == natural:
        names = [partition_name((n,)), partition_name((n - 1, 1))][:n]
        times = channels
    return Representation(
        tuple((name, times) for name in names), (Block(PERMUTATION, width, matrices),)
    )


@lru_cache(maxsize=256)
def _young(group: PermutationGroup, partition: tuple[int, ...]) -> Block:
    matrices = tuple(irrep_matrix(partition, generator) for generator in group.generators)
    return Block(partition_name(partition), irrep_dimension(partition), matrices)


def irreducibles(group: PermutationGroup, most: int) -> tuple[Block, ...]:
    """Return the irreducible representations of S_n of at most a given dimension.

    The trivial one first; none for any other group, whose irreducibles aren't known.

    Examples
    --------
    >>> [block.name for block in irreducibles(PermutationGroup.symmetric(4), 2)]
    ['[4]', '[2,2]', '[1,1,1,1]']
    """
    if not group.is_symmetric():
        return ()
    return tuple(
        _young(group, partition) for partition in partitions_up_to_dimension(group.degree, most)
    )


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
    >>> direct_sum(group, [(trivial, 1), (standard, 1)]).matrices[0].tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    """
    chosen = [(block, times) for block, times in summands if times]
    names = tuple((block.name, times) for block, times in chosen)
    points = _natural(group)
    parts = dict(points.multiplicities)
    copies = min(dict(names).get(name, 0) // times for name, times in parts.items())
    blocks = list(points.blocks) * copies
    for block, times in chosen:
        blocks += [block] * (times - copies * parts.get(block.name, 0))
    if not blocks:
        nothing = np.zeros((0, 0), dtype=object)
        blocks = [Block("0", 0, (nothing,) * len(group.generators))]
    return Representation(names, tuple(blocks))


def level_choices(
    units: int, group: PermutationGroup, points: Representation | None, supply: Mapping[str, int]
) -> Iterator[Level]:
    """Yield what a level of so many units may carry, each choice once.

    The supply says how many independent copies of each irreducible representation, by name, there
    are among the functions that the level can compute, and how many more functions. The
    permutation representation, if the level has one, comes first; then the representations that
    fill the level, smaller ones, and those beside free functions.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> points = permutation_representation(group.generators, group)
    >>> [str(one) for one in level_choices(2, group, None, {"[3]": 1, "[2,1]": 1})]
    ['[2,1]', '[3]', '0', '[3] + free', '2·free', 'free']
    """
    known = irreducibles(group, units)
    functions = supply.get(FREE, 0) + sum(b.size * supply.get(b.name, 0) for b in known)
    bound = [direct_sum(group, chosen) for chosen in _direct_sums(known, units, supply)]
    if points is not None:
        same = [one for one in bound if one.multiplicities == points.multiplicities]
        if same or not known:
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
    text: str, units: int, group: PermutationGroup, points: Representation | None
) -> Level:
    """Return what a hidden level carries, given as text.

    The text is ``permutation``, ``0``, or a sum such as ``[3]+[2,1]``, ``3*[3]`` or
    ``[3]+2*free``, with functions that nothing binds.

    Raises
    ------
    UsageError
        If the text is none of these or does not fit the level.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> str(parse_level("2*[3]+free", 3, group, None))
    '2·[3] + free'
    """
    field = "hidden"
    known = {block.name: block for block in irreducibles(group, units)}
    counts: dict[str, int] = {}
    # Commas separate numbers of partitions, plus signs separate summands.
    for part in re.sub(r"\s", "", text).replace("·", "*").split("+"):
        term = _TERM.fullmatch(part)
        if term is None:
            raise UsageError(f"expected a sum such as 2*[3]+free, got {text!r}", field)
        times, name, number = term.groups()
        if number is not None and name != FREE:
            raise UsageError(f"expected a sum such as 2*[3]+free, got {text!r}", field)
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
    if whole and points is not None:
        representation = points
    else:
        chosen = [(block, counts.get(name, 0)) for name, block in known.items()]
        representation = direct_sum(group, chosen)
        if points is not None and representation.multiplicities == points.multiplicities:
            representation = points
    level = Level(units, representation, free)
    if level.rank > units:
        raise UsageError(
            f"expected a dimension of at most {units}, got {level.rank} of {text}", field
        )
    return level
