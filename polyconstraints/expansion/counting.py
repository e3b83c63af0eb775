"""How large an expansion is, before anything is expanded.

The number of terms of an output is a number of paths (see
:mod:`polyconstraints.expansion.graph`), and all states whose exponents are the same but for
their order have equally many paths below them. So it is enough to follow *types* of states,
the partitions of numbers up to the degree: a network of eight inputs and four layers has
some 10¹⁶ terms and less than a hundred types. The numbers of edges between types count
multigraphs with given degrees, and come from a recursion of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import comb, factorial, perm, prod

from polyconstraints.expansion.graph import multiset_count, unit_terms
from polyconstraints.memory import default_limit, many, require_memory
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.size import check_degree

#: A type of states: the exponents of a product of units in descending order, without zeros.
Partition = tuple[int, ...]

#: Steps of the recursion after which counting exactly is given up: a second or two.
_STEPS = 1_000_000

#: Bytes that the tables take for each edge while they are built and sorted: coefficient,
#: child and sorted place remain (20), the rest are intermediate arrays of one or two words.
_BYTES_PER_EDGE = 56

#: Bytes for each state of a level: its exponents as an array and, for a while, as a list.
_BYTES_PER_STATE = 300

#: What Python and NumPy take before anything is computed.
_BYTES_AT_START = 40 << 20


def partitions(size: int, parts: int, largest: int | None = None) -> Iterator[Partition]:
    """Yield the partitions of a number into at most ``parts`` parts, largest parts first."""
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


def level_degrees(network: NetworkSpec) -> list[set[int]]:
    """Return the degrees of the products that are states of each level, from the inputs up.

    Without a bias and with homogeneous activations there is one for each level.

    >>> level_degrees(NetworkSpec(2, depth=2)), level_degrees(NetworkSpec(2, bias=True))
    ([{4}, {2}, {1}], [{0, 1, 2}, {1}])
    """
    degrees = [{1}]
    for layer in reversed(network.layers):
        activated = _activated(network, layer, degrees[0])
        found = {layer.degree * degree for degree in activated}
        degrees.insert(0, set(range(max(found) + 1)) if layer.bias else found)
    return degrees


def _activated(network: NetworkSpec, layer: LayerSpec, degrees: set[int]) -> set[int]:
    """Return the degrees in a layer's own outputs of products of its activated ones."""
    activation = network.activation_of(layer)
    if activation is None:
        return degrees
    # Degrees that a product of some units can have, by the degree in the activated units.
    reached: dict[int, set[int]] = {0: {0}}
    most = max(degrees)
    for _ in range(min(layer.outputs, most)):
        grown = {degree: set(found) for degree, found in reached.items()}
        for degree, found in reached.items():
            for more in range(1, most - degree + 1):
                powers = activation.power(more)
                grown.setdefault(degree + more, set()).update(
                    before + power for before in found for power in powers
                )
        reached = grown
    return set().union(*(reached.get(degree, set()) for degree in degrees))


def monomial_count(network: NetworkSpec) -> int:
    """Return the number of monomials in the inputs that an output has."""
    if network.activation is None:
        return multiset_count(network.layers[0].letters, network.degree)
    degrees = level_degrees(network)[0]
    return sum(multiset_count(network.units[0], degree) for degree in degrees)


# --- terms --------------------------------------------------------------------------------


def term_bound(network: NetworkSpec) -> int:
    """Return an upper bound for the number of terms of one output.

    With T terms in each of n units, a product of r of them is a multiset of r of their n·T
    terms, so that a layer with ordered indices has at most C(n·T + r - 1, r) terms in an
    output; a bias is a unit of one term. With redundant indices each order of the factors
    has a weight of its own.
    """
    terms = 1
    for layer in network.layers:
        if layer.ordered or layer.degree == 1:
            terms = multiset_count(layer.inputs * terms + layer.bias, layer.degree)
        else:
            terms = _redundant_bound(layer, terms)
        activation = network.activation_of(layer)
        if activation is not None:
            terms = sum(multiset_count(terms, power) for power in activation.power(1))
    return terms


def _redundant_bound(layer: LayerSpec, terms: int) -> int:
    """Return r! times the coefficient of t^r in (Σ_e C(T + e - 1, e) t^e / e!)^n · exp(t)."""
    degree = layer.degree
    own = [Fraction(multiset_count(terms, size), factorial(size)) for size in range(degree + 1)]
    series = [Fraction(layer.bias or not size, factorial(size)) for size in range(degree + 1)]
    for bit in bin(layer.inputs)[2:][::-1]:
        if bit == "1":
            series = _truncated_product(series, own)
        own = _truncated_product(own, own)
    return int(series[degree] * factorial(degree))


def _truncated_product(a: Sequence[Fraction], b: Sequence[Fraction]) -> list[Fraction]:
    return [
        sum((a[at] * b[size - at] for at in range(size + 1)), Fraction(0)) for size in range(len(a))
    ]


def count_terms(network: NetworkSpec, steps: int = _STEPS) -> int | None:
    """Return the exact number of terms of one output, or None if that takes too long.

    All outputs have equally many. Cost grows with the number of pairs of partitions of the
    degrees of neighbouring levels, not with the number of terms.
    """
    counter = _EdgeCounter(steps)
    degrees = level_degrees(network)
    below: dict[Partition, int] = {}
    try:
        for layer in network.layers:
            weighted = {kind: _states(kind, layer.inputs) * below[kind] for kind in below}
            activation = network.activation_of(layer)
            plain: dict[Partition, int] = {}

            found = {}
            for kind in counter.listed(_types(network, layer.index + 1, degrees)):
                found[kind] = 0
                for powers, ways in counter.activated(kind, activation):
                    if powers not in plain:
                        plain[powers] = counter.terms(layer, powers, weighted)
                    found[kind] += ways * plain[powers]
            below = found
    except _OutOfSteps:
        return None
    return below[(1,)]


def _types(network: NetworkSpec, level: int, degrees: Sequence[set[int]]) -> Iterable[Partition]:
    """Yield the types of the states of a level."""
    for size in sorted(degrees[level]):
        yield from partitions(size, network.units[level])


def _states(kind: Partition, units: int) -> int:
    """Return how many states have a type: arrangements of the exponents on the units."""
    repeats = [kind.count(part) for part in set(kind)]
    return perm(units, len(kind)) // prod(factorial(repeat) for repeat in repeats)


class _OutOfSteps(Exception):
    """Counting takes longer than was allowed."""


class _EdgeCounter:
    """Counts the edges between types of states."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self._assigned: dict[tuple[int, bool, Partition, Partition], int] = {}
        self._drawn: dict[tuple[int, bool, int, Partition], int] = {}

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

    def terms(self, layer: LayerSpec, kind: Partition, below: Mapping[Partition, int]) -> int:
        """Return the number of terms of a product of a layer's outputs.

        ``below`` are the terms of all states together of each type of the level below.
        """
        if layer.index == 0:
            return prod(multiset_count(layer.products, exponent) for exponent in kind)
        return sum(count * self.edges(layer, kind, lower) for lower, count in below.items())

    def activated(
        self, kind: Partition, activation: Activation | None
    ) -> Iterator[tuple[Partition, int]]:
        """Yield the types that a product of activated units expands to, with their numbers.

        Each is a choice of a power of z from every a(z)^m.
        """
        if activation is None:
            yield kind, 1
            return
        choices: list[list[tuple[tuple[int, ...], int]]] = []
        for exponent in sorted(set(kind), reverse=True):
            count = kind.count(exponent)
            powers = sorted(activation.power(exponent))
            choices.append(
                [
                    (chosen, _arrangements(chosen))
                    for chosen in combinations_with_replacement(powers, count)
                ]
            )
        for parts in product(*choices):
            self._step()
            merged = sorted((power for chosen, _ in parts for power in chosen if power))
            yield tuple(reversed(merged)), prod(ways for _, ways in parts)

    def edges(self, layer: LayerSpec, upper: Partition, lower: Partition) -> int:
        """Return how many edges lead from a state of one type to a given one of another."""
        self._step()
        constant = layer.degree * sum(upper) - sum(lower)
        if constant < 0 or (constant and not layer.bias):
            return 0
        letters = tuple(sorted((*lower, constant), reverse=True)) if constant else lower
        return self._assignments(layer.degree, layer.indices == "redundant", upper, letters)

    def _assignments(
        self, degree: int, redundant: bool, upper: Partition, letters: Partition
    ) -> int:
        """Count the ways to write a monomial as a product of powers of units.

        ``letters`` are the exponents of the monomial, and the power ``a`` of one unit takes
        ``a`` of the layer's products.
        """
        if not upper:
            return int(not letters)
        key = (degree, redundant, upper, letters)
        if key not in self._assigned:
            total = 0
            for part, rest, ways in self._divisions(letters, degree * upper[0]):
                ways *= self._multisets(degree, redundant, 1, part)
                total += ways * self._assignments(degree, redundant, upper[1:], rest)
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

    def _multisets(self, degree: int, redundant: bool, colours: int, letters: Partition) -> int:
        """Count the multisets of coloured products in which letters occur given numbers of times.

        Of products of two letters these are multigraphs with loops and given degrees. The
        products with the first letter are those that have it t times, at some of their
        places where indices are redundant, and that leave a product of degree - t others.
        """
        if degree == 1 or not letters:
            return prod(multiset_count(colours, count) for count in letters)
        key = (degree, redundant, colours, letters)
        if key not in self._drawn:
            first, others = letters[0], letters[1:]
            self._drawn[key] = sum(
                ways * self._multisets(degree, redundant, colours, rest)
                for rest, ways in self._without(degree, redundant, colours, degree, first, others)
            )
        return self._drawn[key]

    def _without(
        self, degree: int, redundant: bool, colours: int, times: int, first: int, others: Partition
    ) -> Iterator[tuple[Partition, int]]:
        """Yield what is left of the other letters beside the products with the first one.

        Those that have it at most ``times`` times; each with the number of ways.
        """
        self._step()
        if times == 0:
            if first == 0:
                yield tuple(sorted(filter(None, others), reverse=True)), 1
            return
        places = comb(degree, times) if redundant else 1
        for count in range(first // times + 1):
            if times == degree:
                choices = [((0,) * len(others), multiset_count(colours, count))]
            elif times == 1 and (first - count):
                continue  # Only products with one of them are left: they take them all.
            else:
                size = count * (degree - times)
                choices = [
                    (taken, self._multisets(degree - times, redundant, colours * places, kind))
                    for taken in _parts_of(size, others)
                    for kind in [tuple(sorted(filter(None, taken), reverse=True))]
                ]
            for taken, ways in choices:
                self._step()
                rest = tuple(other - used for other, used in zip(others, taken, strict=True))
                for left, more in self._without(
                    degree, redundant, colours, times - 1, first - times * count, rest
                ):
                    yield left, ways * more


def _arrangements(chosen: tuple[int, ...]) -> int:
    repeats = [chosen.count(value) for value in set(chosen)]
    return factorial(len(chosen)) // prod(map(factorial, repeats))


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
    """How large one layer of the graph is."""

    #: Number of shapes of the states above.
    shapes: int
    #: Number of rows of the layer's tables.
    edges: int
    #: Number of states below.
    states: int


def expanded_layers(network: NetworkSpec) -> list[LayerSize]:
    """Return how large the tables of each layer would be, from the first layer to the last."""
    sizes = []
    degrees = level_degrees(network)
    for layer in network.layers:
        above, below = degrees[layer.index + 1], degrees[layer.index]
        activation = network.activation_of(layer)
        terms = [unit_terms(layer, activation, size) for size in range(1, max(above) + 1)]
        parts = min(layer.outputs, max(above))
        shapes, edges = _shape_sums(terms, parts)
        sizes.append(
            LayerSize(
                sum(shapes[degree] for degree in above),
                sum(edges[degree] for degree in above),
                sum(multiset_count(layer.inputs, degree) for degree in below),
            )
        )
    return sizes


def _shape_sums(terms: Sequence[int], parts: int) -> tuple[list[int], list[int]]:
    """Return, by degree, the number of shapes and the sum of their numbers of terms.

    ``terms`` are those of a unit to the power 1, 2, ….
    """
    degree = len(terms)
    totals = []
    for single in ([0, *([1] * degree)], [0, *terms]):
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


def table_edges(network: NetworkSpec) -> int:
    """Return the number of rows of all tables of an expansion."""
    return sum(layer.edges for layer in expanded_layers(network))


def table_bytes(network: NetworkSpec) -> int:
    """Return how many bytes of memory the tables of an expansion take at most, roughly.

    >>> table_bytes(NetworkSpec(4, depth=3, bias=True)) < 100 * 2**20
    True
    """
    layers: list[LayerSize] = expanded_layers(network)
    edges = table_edges(network)
    states = sum(layer.states for layer in layers)
    # For each shape and monomial of the first layer there is a place in the sorted edges.
    places = (layers[0].shapes + 1) * (layers[0].states + 1)
    return _BYTES_AT_START + _BYTES_PER_EDGE * edges + _BYTES_PER_STATE * states + 2 * 8 * places


def check_tables(network: NetworkSpec, memory_limit: int | None = None) -> None:
    """Refuse an expansion whose tables would not fit into half of the free memory, or a limit."""
    check_degree(network)
    needed = table_bytes(network)
    if needed <= (default_limit() if memory_limit is None else memory_limit):
        return
    terms = count_terms(network)
    outputs = network.units[-1]
    bound = f"at most {many(outputs * term_bound(network))}"
    size = bound if terms is None else many(outputs * terms)
    require_memory(
        needed,
        memory_limit,
        f"tables of an expansion of {size} terms",
        None if terms is None else outputs * terms,
    )
