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
from polyconstraints.variety.strata.irreps import Rationals, irrep_matrix
from polyconstraints.variety.strata.partitions import (
    irrep_dimension,
    parse_partition,
    partition_name,
    partitions_up_to_dimension,
)

__all__ = [
    "FREE",
    "PERMUTATION",
    "Copy",
    "Level",
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


@dataclass(frozen=True, eq=False)
class Copy:
    """One irreducible summand of a representation.

    Attributes
    ----------
    name : str
    coordinates : object array of shape (dimension, units)
        Functionals on the units that span the summand's dual.
    """

    name: str
    coordinates: Rationals


@dataclass(frozen=True, eq=False)
class Representation:
    """A representation of a group by rational matrices.

    Attributes
    ----------
    multiplicities : tuple of (str, int)
        Names of the summands and how often each occurs, the trivial one first.
    matrices : tuple of object arrays of shape (dimension, dimension)
        How each generator of the group acts on the values of the units.
    copies : tuple of Copy
        The irreducible summands, as far as they are known.
    """

    multiplicities: tuple[tuple[str, int], ...]
    matrices: tuple[Rationals, ...]
    dimension: int
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, eq=False)
class Level:
    """What one level of units carries.

    Attributes
    ----------
    units : int
        Number of units; those beyond the rank are zero.
    rank : int
        Dimension of the representation, or number of functions that nothing binds.
    representation : Representation or None
        None where the level carries any functions at all.
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

    Parameters
    ----------
    images : sequence of permutations
        How each generator moves the units.
    group : PermutationGroup
    channels : int
        Number of units that move together. The summands are named where the group is S_n
        and moves n components of so many channels as it moves its points.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> permutation_representation(group.generators, group).multiplicities
    (('[3]', 1), ('[2,1]', 1))
    """
    width = len(images[0]) if images else group.degree * channels
    matrices = []
    for image in images:
        matrix = np.zeros((width, width), dtype=object)
        matrix[np.arange(width), list(image)] = 1
        matrices.append(matrix)
    names: tuple[tuple[str, int], ...] = ((PERMUTATION, 1),)
    copies: tuple[Copy, ...] = ()
    natural = [
        tuple(point * channels + at for point in generator for at in range(channels))
        for generator in group.generators
    ]
    if _is_symmetric(group) and [tuple(image) for image in images] == natural:
        single = _permutation_copies(group.degree)
        names = tuple((copy.name, channels) for copy in single)
        copies = tuple(
            Copy(copy.name, np.kron(copy.coordinates, unit))
            for unit in np.eye(channels, dtype=int).astype(object)[:, None, :]
            for copy in single
        )
    return Representation(names, tuple(matrices), width, copies)


def _permutation_copies(n: int) -> tuple[Copy, ...]:
    trivial = Copy(partition_name((n,)), np.ones((1, n), dtype=object))
    if n == 1:
        return (trivial,)
    # n·x_i - (x_1 + … + x_n): scaled so as to stay within the integers.
    differences = np.full((n - 1, n), -1, dtype=object)
    differences[np.arange(n - 1), np.arange(n - 1)] += n
    return trivial, Copy(partition_name((n - 1, 1)), differences)


@lru_cache(maxsize=256)
def direct_sum(
    group: PermutationGroup, multiplicities: tuple[tuple[tuple[int, ...], int], ...]
) -> Representation:
    """Return a direct sum of irreducible representations of S_n.

    Parameters
    ----------
    group : PermutationGroup
        S_n on its n points.
    multiplicities : tuple of (partition, int)

    Notes
    -----
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
    blocks: list[tuple[list[Rationals], tuple[Copy, ...]]] = []
    standard = (n - 1, 1) if n > 1 else None
    points = min(count.get((n,), 0), count.get(standard, 0)) if standard else 0
    natural = permutation_representation(group.generators, group)
    blocks += [(list(natural.matrices), _permutation_copies(n))] * points
    for partition, multiplicity in multiplicities:
        left = multiplicity - (points if partition in ((n,), standard) else 0)
        size = irrep_dimension(partition)
        matrices = [irrep_matrix(partition, generator) for generator in group.generators]
        identity = np.zeros((size, size), dtype=object)
        np.fill_diagonal(identity, 1)
        blocks += [(matrices, (Copy(partition_name(partition), identity),))] * left
    dimension = sum(partition_size * times for partition_size, times in _sizes(multiplicities))
    matrices = [np.zeros((dimension, dimension), dtype=object) for _ in group.generators]
    copies = []
    start = 0
    for acting, parts in blocks:
        stop = start + parts[0].coordinates.shape[1]
        for matrix, block in zip(matrices, acting, strict=True):
            matrix[start:stop, start:stop] = block
        for part in parts:
            coordinates = np.zeros((len(part.coordinates), dimension), dtype=object)
            coordinates[:, start:stop] = part.coordinates
            copies.append(Copy(part.name, coordinates))
        start = stop
    names = tuple((partition_name(partition), times) for partition, times in multiplicities)
    return Representation(names, tuple(matrices), dimension, tuple(copies))


def _sizes(multiplicities: tuple[tuple[tuple[int, ...], int], ...]) -> list[tuple[int, int]]:
    return [(irrep_dimension(partition), times) for partition, times in multiplicities]


def _is_symmetric(group: PermutationGroup) -> bool:
    return group.is_symmetric()


def hidden_levels(
    units: int, group: PermutationGroup, points: Representation | None, degenerate: bool = False
) -> list[Level]:
    """Return everything that a hidden level may carry.

    Parameters
    ----------
    units : int
        Number of units of the level.
    group : PermutationGroup
    points : Representation or None
        The permutation representation, if the level has one.
    degenerate : bool
        Whether to list representations of smaller dimension, down to none, and functions
        that the group doesn't bind.

    Returns
    -------
    list of Level
        For S_n all direct sums of irreducibles that fit; for any other group the
        permutation representation. The permutation representation comes first.

    Examples
    --------
    >>> group = PermutationGroup.symmetric(3)
    >>> points = permutation_representation(group.generators, group)
    >>> [str(level) for level in hidden_levels(3, group, points)]
    ['[3] + [2,1]', '3·[3]', '2·[3] + [1,1,1]', '[3] + 2·[1,1,1]', '[2,1] + [1,1,1]', '3·[1,1,1]']
    """
    levels = [Level(units, units, points)] if points is not None else []
    if _is_symmetric(group):
        first = points.multiplicities if points is not None else None
        for chosen in _direct_sums(group.degree, units, degenerate):
            representation = direct_sum(group, chosen)
            if representation.multiplicities != first:
                levels.append(Level(units, representation.dimension, representation))
    if degenerate:
        levels += [Level(units, rank, None) for rank in range(units, 0, -1)]
    return levels


def _direct_sums(
    n: int, units: int, smaller: bool
) -> list[tuple[tuple[tuple[int, ...], int], ...]]:
    """Return the multisets of irreducibles of total dimension ``units`` (or less)."""
    irreps = partitions_up_to_dimension(n, units)
    sizes = [irrep_dimension(partition) for partition in irreps]
    found: list[tuple[int, ...]] = []

    def choose(at: int, left: int, counts: tuple[int, ...]) -> None:
        if at == len(irreps):
            if smaller or left == 0:
                found.append(counts)
            return
        for count in range(left // sizes[at], -1, -1):
            choose(at + 1, left - count * sizes[at], (*counts, count))

    choose(0, units, ())
    total = {counts: sum(map(int.__mul__, counts, sizes)) for counts in found}
    found.sort(key=lambda counts: (-total[counts], tuple(-count for count in counts)))
    return [
        tuple((partition, count) for partition, count in zip(irreps, counts, strict=True) if count)
        for counts in found
    ]


def parse_level(
    text: str, units: int, group: PermutationGroup, points: Representation | None
) -> Level:
    """Return what a hidden level carries, given as text.

    Parameters
    ----------
    text : str
        ``permutation``, ``free``, ``0``, or a sum such as ``[3]+[2,1]`` or ``3*[3]``;
        ``free:2`` for two functions that nothing binds, with the other units zero.
    units, group, points
        As for :func:`hidden_levels`.

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
    if not _is_symmetric(group):
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
