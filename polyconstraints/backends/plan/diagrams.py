"""Diagrams: a basis of the equivariant polynomials between points made of letters.

A *diagram* of degree r is a partition of the letters of one output point and of r input
points; letters of the same sort, and of the same block, may be equal. Its function multiplies
r inputs and averages over the letters that the output doesn't have. Letters that it has are
equal or not as the partition says; an output whose letters ought to be equal and aren't gets
nothing. For ``S`` these are, of degree one, x_k and mean(x), of degree two x_k², mean(x²),
x_k·mean(x) and mean(x)².

Diagrams don't ask letters of different blocks to differ, where the orbits of a tying map do:
the change from the one basis to the other is triangular (Möbius inversion over set partitions).
Each function is an average, whatever the numbers of letters are, so a diagram means the same
for all of them.

References
----------
.. [1] H. Maron, H. Ben-Hamu, N. Shamir, Y. Lipman, "Invariant and equivariant graph
   networks", arXiv:1812.09902.
.. [2] E. Pearce-Crump, "Connecting permutation equivariant neural networks and partition
   diagrams", arXiv:2212.08648.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations_with_replacement, islice, permutations, product
from typing import Any

from polyconstraints.backends.plan.kinds import Kind, Levels
from polyconstraints.errors import UsageError

__all__ = ["Diagram", "channel_orbits", "diagrams"]

Labels = tuple[tuple[int, ...], ...]

#: Where labels are counted: a sort, and the labels of the block.
Scope = tuple[int, tuple[int, ...]]

#: Most partitions of letters that are gone through.
_MAX_PARTITIONS = 100_000


@dataclass(frozen=True)
class Diagram:
    """One diagram, up to the order of its factors."""

    #: The number of the output point's kind, and of each factor's.
    output: int
    inputs: tuple[int, ...]
    #: The block of each letter: first those of the output, then those of each factor.
    labels: Labels
    #: The kind of each of these points.
    kinds: tuple[Kind, ...]

    @property
    def degree(self) -> int:
        """Number of factors."""
        return len(self.inputs)

    @cached_property
    def kept(self) -> tuple[int, ...]:
        """The labels that the output and some input have, in the order of the output."""
        inside = {label for labels in self.labels[1:] for label in labels}
        return tuple(label for label in dict.fromkeys(self.labels[0]) if label in inside)

    @cached_property
    def averaged(self) -> tuple[int, ...]:
        """The labels that only inputs have."""
        inside = dict.fromkeys(label for labels in self.labels[1:] for label in labels)
        return tuple(label for label in inside if label not in self.labels[0])

    @cached_property
    def scopes(self) -> dict[int, Scope]:
        """The sort of each label, and the labels of its block."""
        return {
            label: (letter.sort, tuple(labels[at] for at in letter.block))
            for kind, labels in zip(self.kinds, self.labels, strict=True)
            for letter, label in zip(kind.letters, labels, strict=True)
        }

    @cached_property
    def conflicts(self) -> frozenset[tuple[int, int]]:
        """Pairs of labels that differ since one point has both as different letters."""
        found = set()
        for kind, labels in zip(self.kinds, self.labels, strict=True):
            for first, second in product(range(len(labels)), repeat=2):
                if first != second and kind.differ(first, second):
                    found.add((labels[first], labels[second]))
        return frozenset(found)

    @cached_property
    def orders(self) -> tuple[tuple[int, ...], ...]:
        """The orders of the factors that change nothing."""
        return tuple(
            order
            for order in _orders(self.inputs)
            if canonical(self.kinds, self.labels, [order]) == self.labels
        )

    def exists(self, sizes: Sequence[int | None]) -> bool:
        """Return whether there are enough letters for all labels to differ."""
        counts: dict[Scope, int] = {}
        for scope in self.scopes.values():
            counts[scope] = counts.get(scope, 0) + 1
        known = [(sizes[sort], count) for (sort, _), count in counts.items()]
        return all(size is None or count <= size for size, count in known)

    def assignments(self, sizes: Sequence[Any]) -> Any:
        """Return over how many values of the averaged labels the average goes.

        A polynomial in the numbers of letters, which may be arrays. The output's labels count
        as different.
        """
        return _colourings(list(self.averaged), self._neighbours(), self._sorts(), sizes)

    @cached_property
    def plain(self) -> bool:
        """Return whether averaged labels may take all values."""
        return not any(self._neighbours().values())

    def _sorts(self) -> dict[int, int]:
        return {label: sort for label, (sort, _) in self.scopes.items()}

    def _neighbours(self) -> dict[int, set[int]]:
        return {
            label: {other for one, other in self.conflicts if one == label}
            for label in self.averaged
        }


@cache
def channel_orbits(
    counts: tuple[int, ...], orders: tuple[tuple[int, ...], ...]
) -> list[tuple[int, ...]]:
    """Return the smallest of the choices of channels that orders of factors make one."""
    if len(orders) == 1:
        return list(product(*map(range, counts)))
    if len(counts) == 2:
        # By the difference of the channels: a tensor times itself, moved on by so much.
        width = counts[0]
        pairs = ((a, (a + shift) % width) for shift in range(width // 2 + 1) for a in range(width))
        return [(min(pair), max(pair)) for pair in islice(pairs, width * (width + 1) // 2)]
    return [
        choice
        for choice in product(*map(range, counts))
        if all(choice <= tuple(choice[at] for at in order) for order in orders)
    ]


def _colourings(
    free: list[int], neighbours: dict[int, set[int]], sorts: dict[int, int], sizes: Sequence[Any]
) -> Any:
    """Return in how many ways labels can be chosen so that neighbours differ."""
    bound = [{other} for other in set().union(*neighbours.values(), set()) if other not in free]

    def ways(at: int, groups: list[set[int]]) -> Any:
        if at == len(free):
            return 1
        label = free[at]
        alike = [g for g in groups if sorts[next(iter(g))] == sorts[label]]
        if not neighbours[label]:
            # Equal to nothing that matters: any value.
            return sizes[sorts[label]] * ways(at + 1, groups)
        total = (sizes[sorts[label]] - len(alike)) * ways(at + 1, [*groups, {label}])
        for group in alike:
            if not group & neighbours[label]:
                others = [other for other in groups if other is not group]
                total = total + ways(at + 1, [*others, group | {label}])
        return total

    return ways(0, bound)


@cache
def _orders(inputs: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the orders of factors that exchange factors of one kind only."""
    return tuple(
        order
        for order in permutations(range(len(inputs)))
        if all(inputs[at] == inputs[new] for at, new in enumerate(order))
    )


def canonical(kinds: Sequence[Kind], labels: Labels, orders: Sequence[tuple[int, ...]]) -> Labels:
    """Return the smallest of the ways to write a diagram, labels in order of appearance."""
    best: Labels | None = None
    swaps = [kind.swaps for kind in kinds]
    for order in orders:
        arranged = (labels[0], *(labels[1 + at] for at in order))
        for choice in product(*swaps):
            numbers: dict[int, int] = {}
            written = tuple(
                tuple(numbers.setdefault(point[at], len(numbers)) for at in swap)
                for point, swap in zip(arranged, choice, strict=True)
            )
            if best is None or written < best:
                best = written
    return best or labels


def diagrams(levels: Levels, degree: int) -> list[Diagram]:
    """Return the diagrams of one degree.

    Examples
    --------
    >>> from polyconstraints.backends.plan.kinds import read_levels
    >>> for diagram in diagrams(read_levels("S"), 2):
    ...     print(*diagram.labels)
    (0,) (0,) (0,)
    (0,) (0,) (1,)
    (0,) (1,) (1,)
    (0,) (1,) (2,)
    """
    return _diagrams(levels.inputs, levels.outputs, degree)


@cache
def _diagrams(below: tuple[Kind, ...], above: tuple[Kind, ...], degree: int) -> list[Diagram]:
    found = []
    for output, kind in enumerate(above):
        for inputs in combinations_with_replacement(range(len(below)), degree):
            kinds = (kind, *(below[at] for at in inputs))
            known: dict[Labels, None] = {}
            partitions = list(islice(_partitions(kinds), _MAX_PARTITIONS + 1))
            if len(partitions) > _MAX_PARTITIONS:
                raise UsageError(
                    f"expected at most {_MAX_PARTITIONS} partitions of the letters of an output "
                    "and the inputs of a product, got more",
                    "degree",
                )
            for labels in partitions:
                known.setdefault(canonical(kinds, labels, _orders(inputs)))
            found += [Diagram(output, inputs, labels, kinds) for labels in known]
    return found


def _partitions(kinds: Sequence[Kind]) -> Iterator[Labels]:
    """Yield the partitions of the letters of several points."""
    places = [(point, at) for point, kind in enumerate(kinds) for at in range(len(kind.letters))]
    chosen: dict[tuple[int, int], int] = {}
    scopes: list[Scope] = []

    def extend(number: int) -> Iterator[Labels]:
        if number == len(places):
            yield tuple(
                tuple(chosen[point, at] for at in range(len(kind.letters)))
                for point, kind in enumerate(kinds)
            )
            return
        point, at = places[number]
        kind = kinds[point]
        letter = kind.letters[at]
        scope = (letter.sort, tuple(chosen[point, other] for other in letter.block))
        taken = {chosen[point, other] for other in range(at) if kind.differ(at, other)}
        for label in range(len(scopes) + 1):
            if label == len(scopes):
                scopes.append(scope)
                chosen[point, at] = label
                yield from extend(number + 1)
                scopes.pop()
            elif scopes[label] == scope and label not in taken:
                chosen[point, at] = label
                yield from extend(number + 1)

    yield from extend(0)
