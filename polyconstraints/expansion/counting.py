"""How large an expansion is, before anything is expanded.

The number of terms of an output is a number of paths (see
:mod:`polyconstraints.expansion.graph`), and all states whose exponents are the same but for
their order have equally many paths below them. So it is enough to follow *types* of states,
the partitions of numbers up to the degree: a network of eight inputs and four layers has
some 10¹⁶ terms and less than a hundred types. The numbers of edges between types count
multigraphs with given degrees, and come from a recursion of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb, factorial, perm, prod

from polyconstraints.expansion.skeleton import multiset_count
from polyconstraints.spec.network import LayerSpec, NetworkSpec

__all__ = [
    "LayerSize",
    "count_terms",
    "expanded_layers",
    "monomial_count",
    "partitions",
    "term_bound",
]

#: A type of states: the exponents of a product of units in descending order, without zeros.
Partition = tuple[int, ...]

#: Steps of the recursion after which counting exactly is given up: a second or two.
_STEPS = 1_000_000


def partitions(size: int, parts: int, largest: int | None = None) -> Iterator[Partition]:
    """Yield the partitions of a number into at most ``parts`` parts, largest parts first.

    Examples
    --------
    >>> list(partitions(4, 2))
    [(4,), (3, 1), (2, 2)]
    """
    if size == 0:
        yield ()
        return
    if parts == 0:
        return
    top = size if largest is None else min(size, largest)
    for first in range(top, 0, -1):
        if first * parts < size:
            return
        for rest in partitions(size - first, parts - 1, first):
            yield (first, *rest)


def monomial_count(network: NetworkSpec) -> int:
    """Return the number of monomials in the inputs that an output has.

    Examples
    --------
    >>> monomial_count(NetworkSpec(3, depth=3, bias=True))
    165
    """
    return multiset_count(network.layers[0].letters, network.degree)


# --- terms --------------------------------------------------------------------------------


def term_bound(network: NetworkSpec) -> int:
    """Return an upper bound for the number of terms of one output.

    With T terms in each of n units, a product of two different ones has at most T² terms and
    a square at most T(T + 1)/2, so that a layer's output has at most
    ``C(n, 2)·T² + n·T(T + 1)/2`` terms, and ``n·T + 1`` more with a bias.

    Examples
    --------
    >>> term_bound(NetworkSpec(3, depth=2))
    171
    """
    terms = 1
    for layer in network.layers:
        units, below = layer.inputs, terms
        if layer.kind == "linear":
            terms = units * below
        else:
            pairs = comb(units, 2) * (1 if layer.ordered else 2)
            terms = pairs * below**2 + units * below * (below + 1) // 2
        if layer.bias:
            # Linear: one constant. Quadratic: 1·o_i, in a redundant layer o_i·1 too, and 1·1.
            versions = 0 if layer.kind == "linear" else 1 if layer.ordered else 2
            terms += versions * units * below + 1
    return terms


def count_terms(network: NetworkSpec, steps: int = _STEPS) -> int | None:
    """Return the exact number of terms of one output, or None if that takes too long.

    All outputs have equally many. Cost grows with the number of pairs of partitions of the
    degrees of neighbouring levels, not with the number of terms.

    Parameters
    ----------
    network : NetworkSpec
    steps : int, optional
        Steps of the recursion after which to give up; a million take a second or two.

    Examples
    --------
    >>> count_terms(NetworkSpec(4, depth=3, bias=True))
    18572135
    >>> count_terms(NetworkSpec(8, depth=4, bias=True))
    107453578649336647228381
    """
    orders = 1 if network.layers[0].ordered else 2
    counter = _EdgeCounter(network.layers[0].degree, orders, steps)
    try:
        kinds = counter.listed(_types(network, 1))
        below = {kind: _product_terms(network.layers[0], kind) for kind in kinds}
        for level in range(2, network.depth + 1):
            layer = network.layers[level - 1]
            weighted = {kind: _states(kind, layer.inputs) * below[kind] for kind in kinds}
            kinds = counter.listed(_types(network, level))
            below = {
                kind: sum(
                    terms * counter.edges(kind, lower, layer.bias)
                    for lower, terms in weighted.items()
                )
                for kind in kinds
            }
    except _OutOfSteps:
        return None
    return below[(1,)]


def _types(network: NetworkSpec, level: int) -> Iterable[Partition]:
    """Yield the types of the states of a level that a product of outputs leads to."""
    degree = network.layers[0].degree ** (network.depth - level)
    least = 0 if network.bias and level < network.depth else degree
    for size in range(least, degree + 1):
        yield from partitions(size, network.units[level])


def _product_terms(layer: LayerSpec, exponents: Partition) -> int:
    """Return the number of terms of a product of the layer's outputs."""
    return prod(multiset_count(layer.products, exponent) for exponent in exponents)


def _states(kind: Partition, units: int) -> int:
    """Return how many states have a type: arrangements of the exponents on the units."""
    repeats = [kind.count(part) for part in set(kind)]
    return perm(units, len(kind)) // prod(factorial(repeat) for repeat in repeats)


class _OutOfSteps(Exception):
    """Counting takes longer than was allowed."""


class _EdgeCounter:
    """Counts the edges between types of states.

    Parameters
    ----------
    degree : int
        Number of letters in a product of the layers.
    orders : int
        In how many versions a product of two different letters exists.
    steps : int
        Number of steps after which to give up. Steps are counted, not seconds, so that the
        same question always has the same answer.
    """

    def __init__(self, degree: int, orders: int, steps: int) -> None:
        self.degree = degree
        self.orders = orders
        self.steps = steps
        self._assigned: dict[tuple[Partition, Partition], int] = {}
        self._drawn: dict[Partition, int] = {}

    def _step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise _OutOfSteps

    def listed(self, kinds: Iterable[Partition]) -> list[Partition]:
        """Return types as a list, each of them a step."""
        result = []
        for kind in kinds:
            self._step()
            result.append(kind)
        return result

    def edges(self, upper: Partition, lower: Partition, bias: bool) -> int:
        """Return how many edges lead from a state of one type to a given one of another."""
        self._step()
        constant = self.degree * sum(upper) - sum(lower)
        if constant < 0 or (constant and not bias):
            return 0
        letters = tuple(sorted((*lower, constant), reverse=True)) if constant else lower
        return self._assignments(upper, letters)

    def _assignments(self, upper: Partition, letters: Partition) -> int:
        """Count the ways to write a monomial as a product of powers of units.

        ``letters`` are the exponents of the monomial, and the power ``a`` of one unit takes
        ``a`` of the layer's products.
        """
        if not upper:
            return int(not letters)
        key = (upper, letters)
        if key not in self._assigned:
            total = 0
            for part, rest, ways in self._divisions(letters, self.degree * upper[0]):
                total += ways * self._multigraphs(part) * self._assignments(upper[1:], rest)
            self._assigned[key] = total
        return self._assigned[key]

    def _divisions(
        self, letters: Partition, size: int
    ) -> Iterator[tuple[Partition, Partition, int]]:
        """Yield the divisions of exponents into a part of some size and the rest.

        Those that differ only by letters with equal exponents are yielded once, with their
        number.
        """
        values = sorted(set(letters), reverse=True)
        groups = tuple((value, letters.count(value)) for value in values)
        for choice in self._choices(groups, size):
            part: list[int] = []
            rest: list[int] = []
            ways = 1
            for value, taken in zip(values, choice, strict=True):
                repeats = [taken.count(given) for given in set(taken)]
                ways *= factorial(len(taken)) // prod(map(factorial, repeats))
                part += filter(None, taken)
                rest += [value - given for given in taken if given < value]
            yield tuple(sorted(part, reverse=True)), tuple(sorted(rest, reverse=True)), ways

    def _choices(
        self, groups: tuple[tuple[int, int], ...], size: int
    ) -> Iterator[tuple[Partition, ...]]:
        """Yield what the letters of each exponent give to a part, in all different ways."""
        if not groups:
            if size == 0:
                yield ()
            return
        (value, count), others = groups[0], groups[1:]
        room = sum(other * repeat for other, repeat in others)
        for taken in combinations_with_replacement(range(value + 1), count):
            self._step()
            if 0 <= size - sum(taken) <= room:
                for rest in self._choices(others, size - sum(taken)):
                    yield (taken, *rest)

    def _multigraphs(self, letters: Partition) -> int:
        """Count the multisets of products in which each letter occurs a given number of times.

        For products of two letters these are multigraphs with loops and given degrees, in
        which an edge between different vertices comes in so many ``orders``.
        """
        if self.degree == 1 or not letters:
            return 1
        if letters not in self._drawn:
            first, others = letters[0], letters[1:]
            total = 0
            for loops in range(first // 2 + 1):
                for taken in _parts_of(first - 2 * loops, others):
                    self._step()
                    ways = prod(multiset_count(self.orders, count) for count in taken)
                    rest = (other - count for other, count in zip(others, taken, strict=True))
                    kept = tuple(sorted(filter(None, rest), reverse=True))
                    total += ways * self._multigraphs(kept)
            self._drawn[letters] = total
        return self._drawn[letters]


def _parts_of(total: int, bounds: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the ways to write a number as a sum of numbers from 0 up to each bound."""
    if not bounds:
        if total == 0:
            yield ()
        return
    room = sum(bounds[1:])
    for first in range(max(0, total - room), min(total, bounds[0]) + 1):
        for rest in _parts_of(total - first, bounds[1:]):
            yield (first, *rest)


# --- tables -------------------------------------------------------------------------------


@dataclass(frozen=True)
class LayerSize:
    """How large one layer of the graph is.

    Attributes
    ----------
    shapes : int
        Number of shapes of the states above.
    edges : int
        Number of rows of the layer's tables.
    states : int
        Number of states below.
    """

    shapes: int
    edges: int
    states: int


def expanded_layers(network: NetworkSpec) -> list[LayerSize]:
    """Return how large the tables of each layer would be, from the first layer to the last.

    Examples
    --------
    >>> [size.edges for size in expanded_layers(NetworkSpec(4, depth=3, bias=True))]
    [177501, 361, 15]
    """
    sizes = []
    for layer in network.layers:
        above = network.layers[0].degree ** (network.depth - 1 - layer.index)
        least = 0 if layer.bias and layer.index < network.depth - 1 else above
        shapes, edges = _shape_sums(layer.products, min(layer.outputs, above), above)
        sizes.append(
            LayerSize(
                sum(shapes[least : above + 1]),
                sum(edges[least : above + 1]),
                multiset_count(layer.letters, above * layer.degree),
            )
        )
    return sizes


def _shape_sums(products: int, parts: int, degree: int) -> tuple[list[int], list[int]]:
    """Return, by degree, the number of shapes and the sum of their numbers of terms."""
    single_terms = [0, *(multiset_count(products, size) for size in range(1, degree + 1))]
    single_shapes = [0, *([1] * degree)]
    totals = []
    for single in (single_shapes, single_terms):
        power = [1] + [0] * degree
        total = power.copy()
        for _ in range(parts):
            power = [
                sum(power[size - at] * single[at] for at in range(1, size + 1))
                for size in range(degree + 1)
            ]
            total = [a + b for a, b in zip(total, power, strict=True)]
        totals.append(total)
    return totals[0], totals[1]
