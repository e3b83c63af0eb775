"""Items that are equations: those of single layers, and those of back-propagation."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product

import numpy as np

import polyconstraints as pc
from polyconstraints.evaluation import EXACT, exact_array, forward
from polyconstraints.reproduction.ours import (
    Found,
    Verdict,
    check,
    classes,
    derivation,
    derived,
    judged,
    transposed,
)
from polyconstraints.reproduction.printed import Equality, equalities, monomial_terms, paper

_SIZES = (2, 3, 4, 5)

Values = dict[str, Fraction]


@check("1-2")
def _definitions() -> Found:
    maps = [
        derivation(3, kind=kind, depth=2, bias=True, outputs=outputs).tying_map()
        for kind, outputs in (("invariant", 1), ("equivariant", 3))
    ]
    return judged(all(pc.verify(tying).symmetric for tying in maps))


@check("8")
def _neuron() -> Found:
    size = pc.expand(pc.NetworkSpec(3, indices="redundant")).term_count(0)
    return judged(size == 9, size=size)


def _equations(
    number: str, compare: str = "function", **network: str
) -> tuple[list[set[Equality]], list[set[Equality]], bool]:
    """Return the printed equalities, ours, and whether the classes agree, for some n."""
    layers = [pc.NetworkSpec(n, **network).layers[0] for n in _SIZES]  # type: ignore[arg-type]
    printed = [
        set().union(*(equalities(one, layer) for one in number.split("+"))) for layer in layers
    ]
    ours = [derived(n, compare, **network) for n in _SIZES]
    agree = all(
        classes(layer.names(), left) == classes(layer.names(), right)
        for layer, left, right in zip(layers, printed, ours, strict=True)
    )
    return printed, ours, agree


def _missing(number: str, **network: str) -> Found:
    """Return what is found of equations that leave out the outputs that σ does not move."""
    printed, ours, agree = _equations(number, **network)
    counts = "; ".join(
        f"n = {n}: {len(right)} equalities, {len(right - left)} of them not printed"
        for n, left, right in zip(_SIZES, printed, ours, strict=True)
    )
    if agree and printed != ours and all(map(set.issubset, printed, ours)):
        return Verdict.INCOMPLETE, {"counts": counts}
    return judged(printed == ours, counts=counts)


@check("15")
def _linear_equalities() -> Found:
    return _missing("15", layer="linear")


@check("16")
def _linear_form() -> Found:
    def is_form(n: int) -> bool:
        (layer,) = pc.NetworkSpec(n, layer="linear").layers
        diagonal = frozenset(layer.name(k, k) for k in range(n))
        rest = frozenset(layer.name(k, i) for k, i in permutations(range(n), 2))
        return classes(layer.names(), derived(n, layer="linear")) == {diagonal, rest}

    return judged(all(map(is_form, _SIZES)))


def _identity(number: str, indices: str) -> Found:
    """Compare both sides of a printed polynomial identity with the expanded layer."""
    (layer,) = pc.NetworkSpec(4, indices=indices).layers  # type: ignore[arg-type]

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


@check("20")
def _redundant_sides() -> Found:
    return _identity("20", "redundant")


@check("25")
def _ordered_sides() -> Found:
    return _identity("25", "ordered")


@check("21")
def _paper_comparison() -> Found:
    printed, ours, _ = _equations("21", "paper", indices="redundant")
    kinds = ("tensor", "paper", "function")
    dimensions = [
        "/".join(str(derivation(n, kind, indices="redundant").dimension) for kind in kinds)
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
    ours = {n: derivation(n).distinct_weights for n in range(1, 9)}
    same = all(count == printed.get(str(n), printed["otherwise"]) for n, count in ours.items())
    return judged(same, ours=list(ours.values()))


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
    for output in range(2):
        polynomial = expansion.polynomial(output)
        error = Fraction(polynomial.evaluate(values)) - target[output]
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
    (layer,) = derivation(3).layers
    widest = max(
        len(np.unique(np.argwhere(layer.classes == number)[:, 0])) for number in layer.present
    )
    return Verdict.INCOMPLETE if widest > 1 else Verdict.SAME, {"widest": widest}


@check("52-54")
def _additive() -> Found:
    found = [derivation(n, "paper", indices="redundant") for n in range(2, 7)]
    equations = [one.counts.linear for one in found]
    ranks = [one.distinct_weights - one.dimension for one in found]
    verdict = Verdict.SAME if equations == ranks else Verdict.INCOMPLETE
    return verdict, {"equations": equations, "ranks": ranks}


@check("A")
def _analytic() -> Found:
    def commutes(n: int) -> bool:
        (tied,) = derivation(n, layer="linear").tying_map().weights([np.array([7, -3])])
        return all(
            (tied[order][:, order] == tied).all()
            for order in (np.roll(np.arange(n), 1), np.array([1, 0, *range(2, n)]))
        )

    return judged(not all(map(commutes, range(2, 6))))
