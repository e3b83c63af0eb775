"""Predicted numbers of classes: the lemma of Burnside (Cauchy, Frobenius) and Molien's series.

The number of orbits of a group is the mean number of fixed points of its elements. A
coefficient (k, μ) is fixed by an element when the output k is, and when the multiset μ is,
which depends on the element's cycles alone: the number of fixed multisets of D letters is the
coefficient of t^D in Π 1/(1 - t^c) over the cycle lengths c (Molien's series of the permutation
representation). This is a second way to the numbers that
:mod:`~polyconstraints.derivation` counts, and shares nothing with union-find.

A coefficient of degree D involves D + 1 components at most, so that the symmetric group has as
many orbits for every larger number of components: cycle types of few points are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import factorial, prod

from polyconstraints.equalities.coefficients import (
    CoefficientSpace,
    FunctionCoefficients,
    TensorCoefficients,
)
from polyconstraints.spec.groups import PermutationGroup, cycle_lengths
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry, imposed_moves

#: Elements of a group that are listed.
MAX_ELEMENTS = 20_000


@dataclass(frozen=True)
class OrbitCount:
    """Orbits of the coefficients of one map.

    Predicted by Burnside's lemma, or None for a group with too many elements to list; counted by
    union-find.
    """

    predicted: int | None
    counted: int

    @property
    def agrees(self) -> bool | None:
        """Whether both are equal; None where nothing is predicted."""
        return None if self.predicted is None else self.predicted == self.counted


def predicted_orbits(
    network: NetworkSpec, symmetry: Symmetry, space: CoefficientSpace, levels: tuple[int, int]
) -> int | None:
    """Return the number of orbits on the coefficients (k, μ) of the map between two levels.

    None for comparisons that permutations alone don't make, and for a group of more than 20000
    elements, S_n apart.
    """
    if not isinstance(space, FunctionCoefficients | TensorCoefficients):
        return None
    degree, commuting = space.degree, isinstance(space, FunctionCoefficients)
    if symmetry.is_plain:
        found = _by_cycle_types(network, symmetry, degree, levels)
    elif symmetry.group.letter and symmetry.group.order() > MAX_ELEMENTS:
        return None
    else:
        found = _by_elements(network, symmetry, space, levels)
    total = elements = 0
    for lengths, kept, count in found:
        fixed = fixed_multisets(lengths, degree) if commuting else lengths.count(1) ** degree
        total += count * kept * fixed
        elements += count
        if elements > MAX_ELEMENTS and not symmetry.is_plain:
            return None
    orbits, rest = divmod(total, elements)
    if rest:
        raise ArithmeticError(f"expected a whole number of orbits, got {total}/{elements}")
    return orbits


#: The lengths of an element's cycles of letters, the outputs that it fixes; of how many elements.
Fixing = tuple[list[int], int, int]


def _by_elements(
    network: NetworkSpec,
    symmetry: Symmetry,
    space: FunctionCoefficients | TensorCoefficients,
    levels: tuple[int, int],
) -> Iterator[Fixing]:
    """Yield what each element of a group fixes, one more than may be listed at most."""
    # The group that acts on both at once: an element of it may do nothing on one of them.
    letters = space.letters
    moves = imposed_moves(network, symmetry, *levels, generators=True)
    joint = [(*inner, *(letters + point for point in outer)) for inner, outer in moves]
    for element in PermutationGroup(letters + space.outputs, joint).elements(MAX_ELEMENTS):
        kept = sum(point == at for at, point in enumerate(element[letters:], start=letters))
        yield cycle_lengths(element[:letters]), kept, 1


def _by_cycle_types(
    network: NetworkSpec, symmetry: Symmetry, degree: int, levels: tuple[int, int]
) -> Iterator[Fixing]:
    """Yield what the elements of each cycle type fix in a symmetric group with as many orbits."""
    below, above = levels
    components = min(symmetry.group.degree, degree + 1)
    stay = symmetry.kind == "invariant" and above == network.depth
    for cycles in _cycle_types(components, components):
        lengths = [1] * network.bias
        for length, count in cycles.items():
            lengths += [length] * (count * network.channels[below])
        kept = network.units[above] if stay else cycles[1] * network.channels[above]
        centraliser = prod(length**count * factorial(count) for length, count in cycles.items())
        yield lengths, kept, factorial(components) // centraliser


def _cycle_types(points: int, longest: int) -> Iterator[dict[int, int]]:
    """Yield how many cycles of each length up to the longest there are, in all ways."""
    if longest == 1:
        yield {1: points}
        return
    for count in range(points // longest + 1):
        for shorter in _cycle_types(points - count * longest, longest - 1):
            yield {longest: count, **shorter}


def fixed_multisets(lengths: Iterable[int], degree: int) -> int:
    """Return how many multisets of letters a permutation with given cycle lengths fixes."""
    series = [1] + [0] * degree
    for length in lengths:
        for power in range(length, degree + 1):
            series[power] += series[power - length]
    return series[degree]
