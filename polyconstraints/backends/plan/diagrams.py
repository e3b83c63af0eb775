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

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations, combinations_with_replacement, islice, permutations, product
from math import prod
from typing import Any

from polyconstraints.backends.plan.kinds import Kind
from polyconstraints.errors import UsageError
from polyconstraints.spec.groups.constructions import Product

Labels = tuple[tuple[int, ...], ...]
#: Most partitions of letters that are gone through.
_MAX_PARTITIONS = 100_000


@dataclass(frozen=True, eq=False)
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
    def shared(self) -> tuple[tuple[int, ...], ...]:
        """The labels of each factor that the output or another factor has."""
        return tuple(
            tuple(
                label
                for label in dict.fromkeys(own)
                if any(label in other for at, other in enumerate(self.labels) if at != place)
            )
            for place, own in enumerate(self.labels[1:], start=1)
        )

    @cached_property
    def scopes(self) -> dict[int, tuple[int, tuple[int, ...]]]:
        """The sort of each label, and the labels of its block."""
        return {
            label: (sort, tuple(labels[at] for at in block))
            for kind, labels in zip(self.kinds, self.labels, strict=True)
            for (sort, block), label in zip(kind.letters, labels, strict=True)
        }

    def sorts(self, labels: Iterable[int]) -> list[int]:
        """Return the sorts of labels."""
        return [self.scopes[label][0] for label in labels]

    @cached_property
    def orders(self) -> tuple[tuple[int, ...], ...]:
        """The orders of the factors that change nothing."""
        return tuple(
            order
            for order in exchanges(self.inputs)
            if canonical(self.kinds, self.labels, [order]) == self.labels
        )

    def exists(self, sizes: Sequence[int | None]) -> bool:
        """Return whether there are enough letters for all labels to differ."""
        counts = Counter(self.scopes.values())
        return all(count <= (sizes[sort] or count) for (sort, _), count in counts.items())

    @cached_property
    def conflicts(self) -> frozenset[frozenset[int]]:
        """Pairs of labels, averaged ones among them, that one point has as different letters."""
        return frozenset(
            frozenset((first, second))
            for kind, labels in zip(self.kinds, self.labels, strict=True)
            for (first, one), (second, other) in combinations(
                zip(labels, kind.owners, strict=True), 2
            )
            if one == other and not {first, second}.isdisjoint(self.averaged)
        )

    @property
    def plain(self) -> bool:
        """Return whether averaged labels may take all values."""
        return not self.conflicts

    @cached_property
    def choices(self) -> list[tuple[int, list[int]]]:
        """How many values the averaged labels have: signs, and sorts whose sizes to multiply."""
        return [
            (sign, self.sorts(labels))
            for sign, labels in _colourings(frozenset(self.averaged), self.conflicts)
        ]

    def assignments(self, sizes: Sequence[Any] | Mapping[int, Any]) -> Any:
        """Return over how many values of the averaged labels the average goes.

        A polynomial in the numbers of letters, which may be arrays. The output's labels count
        as different.
        """
        total: Any = 0
        for sign, sorts in self.choices:
            total = total + prod((sizes[sort] for sort in sorts), start=sign)
        return total


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
    free: frozenset[int], conflicts: frozenset[frozenset[int]]
) -> Iterator[tuple[int, frozenset[int]]]:
    """Yield signs and labels whose numbers of values multiply: ways to choose all free labels.

    Without a conflict there are more ways, by those in which its labels are equal.
    """
    conflict = next((pair for pair in conflicts if pair & free), None)
    if conflict is None:
        yield 1, free
        return
    one = min(conflict & free)
    (other,) = conflict - {one}
    rest = conflicts - {conflict}
    merged = frozenset(pair - {one} | {other} if one in pair else pair for pair in rest)
    yield from _colourings(free, rest)
    for sign, labels in _colourings(free - {one}, merged):
        yield -sign, labels


@cache
def exchanges(inputs: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
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


@cache
def diagrams(below: tuple[Kind, ...], above: tuple[Kind, ...], degree: int) -> list[Diagram]:
    """Return the diagrams of one degree, given the kinds of inputs and outputs.

    Examples
    --------
    >>> from polyconstraints.backends.plan.kinds import read_levels
    >>> kinds = read_levels("S").inputs
    >>> for diagram in diagrams(kinds, kinds, 2):
    ...     print(*diagram.labels)
    (0,) (0,) (0,)
    (0,) (0,) (1,)
    (0,) (1,) (1,)
    (0,) (1,) (2,)
    """
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
                known.setdefault(canonical(kinds, labels, exchanges(inputs)))
            found += [Diagram(output, inputs, labels, kinds) for labels in known]
    return found


def _partitions(kinds: Sequence[Kind]) -> Iterator[Labels]:
    """Yield the partitions of the letters of several points."""
    points: Any
    for points, _ in Product(tuple(kind.moving for kind in kinds)).choices({}):
        numbers: dict[Any, int] = {}
        letters = (kind.read(part) for kind, part in zip(kinds, points, strict=True))
        yield tuple(
            tuple(numbers.setdefault(letter, len(numbers)) for letter in point) for point in letters
        )
