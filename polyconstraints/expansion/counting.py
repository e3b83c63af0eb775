"""How large an expansion is, before anything is expanded.

The number of terms of an output is a number of paths (see
:mod:`polyconstraints.expansion.graph`), and depends on the exponents of a state but not on their
order. So what a product of units expands to is kept as a symmetric polynomial of the letters below,
written in their power sums p_k: eight inputs and four layers have some 10²³ terms, and a polynomial
of a few dozen. A unit to the power m is h_m, the complete symmetric polynomial, of its products,
and a product of r letters is h_r of these; that p_k of such products is h_r with p_j turned
into p_kj, and a bias one more in each power sum, is all that has to be known of a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from math import comb, prod
from typing import Any

from polyconstraints.algebra import PolynomialRing
from polyconstraints.expansion.graph import activation_of, multiset_count, unit_terms
from polyconstraints.memory import default_limit, many, require_memory
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.size import check_degree

#: Steps after which counting exactly is given up, a second or two: each product of polynomials
#: is one, and so are so many products of their terms.
_STEPS = 400_000
_TERMS_A_STEP = 10

#: Bytes that the tables take for each edge while they are built and sorted: coefficient,
#: child and sorted place remain (20), the rest are intermediate arrays of one or two words.
_BYTES_PER_EDGE = 56

#: Bytes for each state of a level: its exponents as an array and, for a while, as a list.
_BYTES_PER_STATE = 300

#: What Python and NumPy take before anything is computed.
_BYTES_AT_START = 40 << 20


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

    With T terms in each of n units, a product of r of them is a multiset of r of their n·T terms
    and that of the bias, or with redundant indices at most a sequence of such.
    """
    terms = 1
    for layer in network.layers:
        summands = layer.inputs * terms + layer.bias
        terms = multiset_count(summands, layer.degree) if layer.ordered else summands**layer.degree
        powers = activation_of(network, layer).power(1)
        terms = sum(multiset_count(terms, power) for power in powers)
    return terms


def count_terms(network: NetworkSpec, steps: int = _STEPS) -> int | None:
    """Return the exact number of terms of one output, or None if that takes too long.

    All outputs have equally many. Cost grows with the number of partitions of the degrees of the
    levels, not with the number of terms.
    """
    counter = _Counter(steps)
    # The output, one unit, as a polynomial in power sums: coefficients by exponents.
    form: dict[tuple[int, ...], Any] = {(1,): 1}
    units = 1
    try:
        for layer in reversed(network.layers):
            degree = max(sum(k * e for k, e in enumerate(parts, 1)) for parts in form)
            powers = counter.powers(layer, activation_of(network, layer), degree)
            placed = counter.placement(powers)
            total = sum(placed(parts, units) * factor for parts, factor in form.items())
            if layer.index:
                form, units = dict(total.terms()), layer.inputs
    except _OutOfSteps:
        return None
    return int(total)


class _OutOfSteps(Exception):
    """Counting takes longer than was allowed."""


class _Counter:
    """Computes with symmetric polynomials, for as many steps as are allowed."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def times(self, a: Any, b: Any) -> Any:
        """Return a product of polynomials or numbers."""
        sizes = [1 if isinstance(factor, int | Fraction) else len(factor) for factor in (a, b)]
        self.steps -= 1 + prod(sizes) // _TERMS_A_STEP
        if self.steps < 0:
            raise _OutOfSteps
        return a * b

    def complete(self, sums: Sequence[Any], degree: int) -> list[Any]:
        """Return h_0, h_1, … by Newton's identity D h_D = Σ p_j h_(D-j)."""
        found: list[Any] = [1]
        for size in range(1, degree + 1):
            total = sum(self.times(sums[at], found[-1 - at]) for at in range(size))
            found.append(total * Fraction(1, size))
        return found

    def power_sums(self, letters: int, count: int) -> list[Any]:
        """Return p_1, p_2, … of so many letters, those beyond the letters by the first ones."""
        ring = PolynomialRing([f"p{at}" for at in range(1, min(letters, count) + 1)])
        sums: list[Any] = list(ring.gens())
        signed = self.complete([-power for power in sums], len(sums))
        while len(sums) < count:
            sums.append(-sum(self.times(signed[at], sums[-at]) for at in range(1, letters + 1)))
        return sums

    def powers(self, layer: LayerSpec, activation: Activation, degree: int) -> list[Any]:
        """Return what a layer's outputs, activated, expand to, to the powers from 0 on.

        For the first layer numbers: what that is where each letter is 1.
        """
        chosen = [list(activation.power(exponent)) for exponent in range(degree + 1)]
        most = max(map(max, chosen))
        count = layer.degree * most
        sums = self.power_sums(layer.inputs, count) if layer.index else [layer.inputs] * count
        letters = [power + int(layer.bias) for power in sums]
        products = [
            self.complete(letters[at - 1 :: at], layer.degree)[-1]
            if layer.ordered
            else letters[at - 1] ** layer.degree
            for at in range(1, most + 1)
        ]
        complete = self.complete(products, most)
        return [sum(complete[power] for power in powers) for powers in chosen]

    def placement(self, powers: Sequence[Any]) -> Callable[[tuple[int, ...], int], Any]:
        """Return what products of power sums expand to: each p_k gives k to a unit's exponent."""

        @cache
        def placed(parts: tuple[int, ...], units: int) -> Any:
            first = next((at for at, count in enumerate(parts) if count), None)
            if first is None or not units:
                return int(first is None)
            rest = [count - (at == first) for at, count in enumerate(parts)]
            total: Any = 0
            # Those that come to the same unit as the first one.
            for taken in product(*(range(count + 1) for count in rest)):
                exponent = first + 1 + sum(k * count for k, count in enumerate(taken, 1))
                left = tuple(count - used for count, used in zip(rest, taken, strict=True))
                ways = units * prod(map(comb, rest, taken))
                total = total + self.times(powers[exponent], placed(left, units - 1)) * ways
            return total

        return placed


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
        activation = activation_of(network, layer)
        terms = [unit_terms(layer, activation, size) for size in range(1, max(above) + 1)]
        parts = min(layer.outputs, max(above))
        shapes, edges = _products([1] * len(terms), parts), _products(terms, parts)
        sizes.append(
            LayerSize(
                sum(shapes[degree] for degree in above),
                sum(edges[degree] for degree in above),
                sum(multiset_count(layer.inputs, degree) for degree in below),
            )
        )
    return sizes


def _products(terms: Sequence[int], parts: int) -> list[int]:
    """Return, by degree, the terms of all products of powers of up to so many units.

    Given are those of a unit to the power 1, 2, ….
    """
    total = [1] + [0] * len(terms)
    for _ in range(parts):
        longer = [
            sum(total[size - at] * terms[at - 1] for at in range(1, size + 1))
            for size in range(1, len(total))
        ]
        total = [1, *longer]
    return total


def table_edges(network: NetworkSpec) -> int:
    """Return the number of rows of all tables of an expansion."""
    return sum(layer.edges for layer in expanded_layers(network))


def table_bytes(network: NetworkSpec) -> int:
    """Return how many bytes of memory the tables of an expansion take at most, roughly.

    >>> table_bytes(NetworkSpec(4, depth=3, bias=True)) < 100 * 2**20
    True
    """
    layers = expanded_layers(network)
    edges = sum(layer.edges for layer in layers)
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
