"""What is computed here, compared with what is printed: equations, counts, listings, gradients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from enum import Enum
from fractions import Fraction
from functools import partial
from itertools import permutations, product
from math import comb
from typing import Any

import networkx as nx
import numpy as np

import polyconstraints as pc
from polyconstraints.evaluation import EXACT, exact_array, forward
from polyconstraints.reproduction.printed import (
    Equality,
    Exponents,
    Listing,
    equalities,
    listing,
    monomial_terms,
    paper,
)

_SIZES = (2, 3, 4, 5)

Values = dict[str, Fraction]


class Verdict(Enum):
    """What becomes of a printed value: ours is the same, ours is right, or more is to be said."""

    SAME = "same"
    CORRECTED = "corrected"
    INCOMPLETE = "incomplete"


#: What a comparison finds: a verdict, and what the words of the data are filled in with.
Found = tuple[Verdict, dict[str, Any]]

#: The comparisons by the keys of their items.
CHECKS: dict[str, Callable[[], Found]] = {}


def check(key: str) -> Callable[[Callable[[], Found]], Callable[[], Found]]:
    """Have a function compare the item of a key."""

    def register(compare: Callable[[], Found]) -> Callable[[], Found]:
        CHECKS[key] = compare
        return compare

    return register


def judged(same: object, **found: Any) -> Found:
    """Return what is found where ours either agrees or corrects."""
    return Verdict.SAME if same else Verdict.CORRECTED, found


def derived(n: int, compare: Any = "function", **network: Any) -> set[Equality]:
    """Return the distinct equalities of one layer.

    Examples
    --------
    >>> sorted(sorted(sides) for sides in derived(2, layer="linear"))
    [[('W0_1_1',), ('W0_2_2',)], [('W0_1_2',), ('W0_2_1',)]]
    """
    return {
        frozenset(tuple(sorted(side.variables())) for side in (one.left, one.right))
        for one in pc.derive(n=n, compare=compare, **network).equalities()
    }


def classes(names: Iterable[str], equalities: Iterable[Equality]) -> set[frozenset[str]]:
    """Return the classes of weights under those equalities that equate single weights."""
    graph: Any = nx.Graph()
    graph.add_nodes_from(names)
    for one, other in equalities:
        if len(one) == len(other) == 1:
            graph.add_edge(one[0], other[0])
    return set(map(frozenset, nx.connected_components(graph)))


def expanded_group(
    expansion: pc.Expansion, output: int, monomial: Exponents
) -> Counter[tuple[str, ...]]:
    """Return the terms of one monomial as products of weight names with multiplicities."""
    polynomial = expansion.coefficient_polynomial(output, monomial)
    names = polynomial.ring.names
    return Counter(
        {
            tuple(sorted(Counter(dict(zip(names, exponents, strict=True))).elements())): int(factor)
            for exponents, factor in polynomial.terms()
        }
    )


def transposed(n: int, output: int, h: int, k: int, indices: Any) -> dict[Exponents, Counter[str]]:
    """Return y_output of one layer with x_h and x_k exchanged, as monomials and weights."""
    expansion = pc.expand(n=n, indices=indices)
    result = {}
    for monomial in expansion.monomials:
        moved = list(monomial)
        moved[h - 1], moved[k - 1] = moved[k - 1], moved[h - 1]
        terms = expanded_group(expansion, output, monomial)
        result[tuple(moved)] = Counter({name: count for (name,), count in terms.items()})
    return result


@check("1-2")
def _definitions() -> Found:
    maps = [
        pc.derive(n=3, depth=2, bias=True, symmetry="invariant").tying_map(),
        pc.derive(n=3, depth=2, bias=True, symmetry="equivariant").tying_map(),
    ]
    return judged(all(pc.verify(tying).symmetric for tying in maps))


@check("8")
def _neuron() -> Found:
    size = pc.expand(n=3, indices="redundant").term_count(1)
    return judged(size == 9, size=size)


def _equations(
    number: str, compare: str = "function", **network: Any
) -> tuple[list[set[Equality]], list[set[Equality]], bool]:
    """Return the printed equalities, ours, and whether the classes agree, for some n."""
    layers = [pc.NetworkSpec(n, **network).layers[0] for n in _SIZES]
    printed = [
        set().union(*(equalities(one, layer) for one in number.split("+"))) for layer in layers
    ]
    ours = [derived(n, compare, **network) for n in _SIZES]
    agree = all(
        classes(layer.names(), left) == classes(layer.names(), right)
        for layer, left, right in zip(layers, printed, ours, strict=True)
    )
    return printed, ours, agree


def _missing(number: str, **network: Any) -> Found:
    """Return what is found of equations that leave out the outputs that σ does not move."""
    printed, ours, agree = _equations(number, **network)
    counts = "; ".join(
        f"n = {n}: {len(right)} equalities, {len(right - left)} of them not printed"
        for n, left, right in zip(_SIZES, printed, ours, strict=True)
    )
    if agree and printed != ours and all(map(set.issubset, printed, ours)):
        return Verdict.INCOMPLETE, {"counts": counts}
    return judged(printed == ours, counts=counts)


CHECKS["15"] = partial(_missing, "15", layer="linear")


@check("16")
def _linear_form() -> Found:
    def is_form(n: int) -> bool:
        (layer,) = pc.NetworkSpec(n, layer="linear").layers
        diagonal = frozenset(layer.name(k, k) for k in range(n))
        rest = frozenset(layer.name(k, i) for k, i in permutations(range(n), 2))
        return classes(layer.names(), derived(n, layer="linear")) == {diagonal, rest}

    return judged(all(map(is_form, _SIZES)))


def _identity(number: str, indices: Any) -> Found:
    """Compare both sides of a printed polynomial identity with the expanded layer."""
    (layer,) = pc.NetworkSpec(4, indices=indices).layers

    def agrees(side: str, output: int, h: int, k: int) -> bool:
        printed = monomial_terms(number, side, layer, h, k)
        true = transposed(4, output, h, k if side == "left" else h, indices)
        return all(printed.get(monomial) == terms for monomial, terms in true.items())

    return judged(
        all(
            agrees("left", k, h, k) and agrees("right", h, h, k)
            for h, k in permutations(range(1, 5), 2)
        )
    )


CHECKS["20"] = partial(_identity, "20", "redundant")
CHECKS["25"] = partial(_identity, "25", "ordered")


@check("21")
def _paper_comparison() -> Found:
    printed, ours, _ = _equations("21", "paper", indices="redundant")
    kinds: list[Any] = ["tensor", "paper", "function"]
    dimensions = [
        "/".join(str(pc.derive(n=n, compare=kind, indices="redundant").dimension) for kind in kinds)
        for n in _SIZES
    ]
    return judged(printed == ours, count=len(ours[-1]), dimensions=dimensions)


@check("26-27")
def _halves() -> Found:
    (layer,) = pc.NetworkSpec(4).layers
    first, second = (equalities("27", layer, lines) for lines in (range(1, 8), range(8, 15)))
    verdict, found = _missing("26+27")
    return (verdict if first == second else Verdict.CORRECTED), found


@check("23")
def _entries() -> Found:
    sizes = (2, 3, 4)
    counts = [pc.NetworkSpec(n).weights for n in sizes]
    right = counts == [n * n * (n + 1) // 2 for n in sizes]
    return judged(not right or counts == [n**3 for n in sizes], counts=counts)


@check("ordered-distinct")
def _ordered_counts() -> Found:
    printed = paper()["ordered_distinct"]
    ours = {n: pc.derive(n=n).distinct_weights for n in range(1, 9)}
    same = all(count == printed.get(str(n), printed["otherwise"]) for n, count in ours.items())
    return judged(same, ours=list(ours.values()))


@check("22")
def _table() -> Found:
    rows = paper()["table_22"]
    found = [pc.derive(n=n, compare="paper", indices="redundant") for n, *_ in rows]
    ours = [[one.distinct_weights, one.total_weights] for one in found]
    same = ours == [counts for _, *counts, _ in rows]
    return Verdict.INCOMPLETE if same else Verdict.CORRECTED, {
        "counts": [f"{distinct}/{total}" for distinct, total in ours],
        "dimensions": [one.dimension for one in found],
    }


@check("22-percent")
def _percentages() -> Found:
    rows = paper()["table_22"]
    ours = [f"{round(100 * distinct / total, 1):g}%" for _, distinct, total, _ in rows]
    wrong = [text for (*_, text), own in zip(rows, ours, strict=True) if text != own]
    return judged(not wrong, ours=ours, wrong=wrong)


def _colors(n: int, lines: tuple[int, ...], *, diagonal: bool) -> int:
    """Return how many classes of some lines of (21) have (no) entries on a diagonal."""
    (layer,) = pc.NetworkSpec(n, indices="redundant").layers
    found = classes(layer.names(), equalities("21", layer, lines))
    on = {layer.name(k, i, i) for k in range(n) for i in range(n)}
    return sum(bool(one & on) if diagonal else bool(one - on) for one in found)


_ALL = tuple(range(1, 9))


@check("22-diagonals")
def _diagonals() -> Found:
    ours, named, needed = (
        [_colors(n, lines, diagonal=True) for n in range(1, 6)]
        for lines in (_ALL, (2, 3), (1, 6, 7))
    )
    found = {"ours": ours, "named": named}
    if ours[1:] == [2, 2, 2, 2] and named == ours:
        return Verdict.SAME, found
    return Verdict.CORRECTED if needed == ours else Verdict.INCOMPLETE, found


@check("22-sets")
def _sets() -> Found:
    ours, first = (
        [_colors(n, lines, diagonal=False) for n in sizes]
        for lines, sizes in ((_ALL, (2, 3, 4, 5)), ((1,), (3, 4, 5)))
    )
    return judged(set(ours) == {2}, ours=ours, first=first)


@check("22-symmetry")
def _reflection() -> Found:
    blocks = [
        pc.derive(n=n, compare="paper", indices="redundant").layers[0].classes for n in (3, 4)
    ]
    symmetric = [(cells == cells.transpose(0, 2, 1)).all() for cells in blocks]
    inner = len({int(blocks[0][place]) for place in permutations(range(3))}) == 1
    return judged(any(symmetric) or not inner)


@check("terms")
def _terms() -> Found:
    ours = [pc.NetworkSpec(n).weights for n in range(1, 7)]
    return judged(ours == [n * n * (n + 1) // 2 for n in range(1, 7)], ours=ours)


@check("transpositions")
def _transpositions() -> Found:
    imposed: list[Any] = ["transpositions", "adjacent"]
    every, adjacent = (
        pc.derive(n=4, depth=2, bias=True, scope="network", permutations=which) for which in imposed
    )
    same = len(every.symmetry.imposed()) == 6 and adjacent.rank == every.rank
    return judged(same, every=every.rank, adjacent=adjacent.rank)


@check("30")
def _monomials() -> Found:
    printed = paper()["equation_30"]
    ours = len(pc.expand(n=3, depth=3, bias=True).monomials)
    good = (
        ours == printed["total"] == sum(printed["summands"]) == comb(11, 3)
        and [comb(*pair) for pair in printed["binomials"]] == printed["summands"]
    )
    return judged(good, ours=ours)


def _compared(printed: Listing) -> tuple[bool, dict[str, int]]:
    """Return whether all that is printed is ours, and how many of the complete groups are."""
    expansion = pc.expand(n=3, depth=2, bias=True)
    right, good = 0, True
    for monomial, terms in printed.groups.items():
        true = expanded_group(expansion, printed.output, monomial)
        if monomial in printed.complete:
            right += terms == true
        else:
            good &= terms <= true
    complete = len(printed.complete)
    return good and right == complete, {"right": right, "complete": complete}


@check("listing-ungrouped")
def _ungrouped() -> Found:
    good, found = _compared(listing("ungrouped"))
    _, corrected = _compared(listing("ungrouped", corrected=True))
    return judged(good, **found, read_once=corrected["right"])


@check("listing-grouped")
def _grouped() -> Found:
    good, found = _compared(listing("grouped"))
    return judged(good, **found)


@check("2.7")
def _whole_network() -> Found:
    one = pc.derive(n=3, depth=2, bias=True, scope="network")
    layered = pc.derive(n=3, depth=2, bias=True)
    return Verdict.INCOMPLETE, {
        "total": one.counts.total,
        "distinct": one.counts.distinct,
        "rank": one.rank,
        "weights": layered.distinct_weights,
        "functions": layered.function_dimension,
    }


def _example() -> tuple[pc.NetworkSpec, Values, list[Fraction], list[Fraction]]:
    """Return a network with redundant indices, weights, an input and a target, all exact."""
    network = pc.NetworkSpec(2, depth=2, indices="redundant")
    weights = {
        name: Fraction(at % 5 - 2, at % 3 + 1) for at, name in enumerate(network.weight_names())
    }
    return network, weights, [Fraction(1), Fraction(2)], [Fraction(1, 2), Fraction(3)]


def _true_gradient() -> Values:
    """Return the gradient of E = ½ Σ (o − o*)², from the expanded outputs' derivatives."""
    network, weights, x, target = _example()
    expansion = pc.expand(network)
    values = {**dict(zip(network.input_names(), x, strict=True)), **weights}
    gradient = dict.fromkeys(weights, Fraction(0))
    for output, wanted in enumerate(target, start=1):
        polynomial = expansion.polynomial(output)
        error = Fraction(polynomial.evaluate(values)) - wanted
        for name in weights:
            gradient[name] += error * Fraction(polynomial.derivative(name).evaluate(values))
    return gradient


def _back_propagation(*, both_orders: bool) -> Values:
    """Return the gradient by eq. (48), as printed or with both orders of the product."""
    network, weights, x, target = _example()
    arrays = [
        exact_array([weights[name] for name in layer.names()]).reshape(layer.shape)
        for layer in network.layers
    ]
    flat = [array.reshape(len(array), -1) for array in arrays]
    steps = forward(network, flat, exact_array(x)[None], EXACT)
    units = [np.array(x), *(step.sums[0] for step in steps)]
    delta = units[-1] - target
    gradient: Values = {}
    for layer, own, o in reversed(list(zip(network.layers, arrays, units, strict=False))):
        for k, i, j in product(range(2), repeat=3):
            gradient[layer.name(k, i, j)] = delta[k] * o[i] * o[j]
        factors = own + own.transpose(0, 2, 1) if both_orders else own
        delta = delta @ (factors @ o)
    return {name: gradient[name] for name in weights}


@check("45")
def _last_layer() -> Found:
    true, printed = _true_gradient(), _back_propagation(both_orders=False)
    return judged(all(true[name] == printed[name] for name in true if name.startswith("W1")))


@check("48")
def _delta() -> Found:
    true = _true_gradient()
    printed, both = (_back_propagation(both_orders=way) for way in (False, True))
    wrong = sum(true[name] != printed[name] for name in true if name.startswith("W0"))
    if wrong and both != true:
        return Verdict.INCOMPLETE, {"wrong": wrong}
    return judged(not wrong, wrong=wrong)


@check("49-51")
def _shared() -> Found:
    (layer,) = pc.derive(n=3).layers
    widest = max(
        len(np.unique(np.argwhere(layer.classes == number)[:, 0])) for number in layer.present
    )
    return Verdict.INCOMPLETE if widest > 1 else Verdict.SAME, {"widest": widest}


@check("52-54")
def _additive() -> Found:
    found = [pc.derive(n=n, compare="paper", indices="redundant") for n in range(2, 7)]
    equations = [one.counts.linear for one in found]
    ranks = [one.distinct_weights - one.layers[0].dimension for one in found]
    verdict = Verdict.SAME if equations == ranks else Verdict.INCOMPLETE
    return verdict, {"equations": equations, "ranks": ranks}


@check("A")
def _analytic() -> Found:
    def commutes(n: int) -> bool:
        (tied,) = pc.derive(n=n, layer="linear").tying_map().weights([np.array([7, -3])])
        return all(
            (tied[order][:, order] == tied).all()
            for order in (np.roll(np.arange(n), 1), np.array([1, 0, *range(2, n)]))
        )

    return judged(not all(map(commutes, range(2, 6))))
