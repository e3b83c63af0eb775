"""Items on section 2.8, back-propagation with constrained weights, and on claim (A)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np

import polyconstraints as pc
from polyconstraints.evaluation import EXACT, exact_array, forward
from polyconstraints.reproduction.items import Answer, Verdict, check, judged
from polyconstraints.reproduction.ours import derivation

Values = dict[str, Fraction]
Gradient = dict[str, Fraction]


def _example() -> tuple[pc.NetworkSpec, Values, list[Fraction], list[Fraction]]:
    """Return a network with redundant indices, weights, an input and a target, all exact."""
    network = pc.NetworkSpec(2, depth=2, indices="redundant")
    weights = {
        name: Fraction(at % 5 - 2, at % 3 + 1) for at, name in enumerate(network.weight_names())
    }
    return network, weights, [Fraction(1), Fraction(2)], [Fraction(1, 2), Fraction(3)]


def _true_gradient() -> Gradient:
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


def _back_propagation(*, both_orders: bool) -> Gradient:
    """Return the gradient by eq. (48), as printed or with both orders of the product."""
    network, weights, x, target = _example()
    arrays = [
        exact_array([weights[name] for name in layer.names()]).reshape(layer.outputs, -1)
        for layer in network.layers
    ]
    steps = forward(network, arrays, exact_array(x)[None], EXACT)
    units = [x, *(step.sums[0].tolist() for step in steps)]
    delta = [o - t for o, t in zip(units[-1], target, strict=True)]
    gradient: Gradient = {}
    for layer in reversed(network.layers):
        o = units[layer.index]
        for k, i, j in product(range(2), repeat=3):
            gradient[layer.name(k, i, j)] = delta[k] * o[i] * o[j]

        def coefficient(c: int, k: int, j: int, name: Callable[..., str] = layer.name) -> Fraction:
            return weights[name(c, k, j)] + (weights[name(c, j, k)] if both_orders else 0)

        delta = [
            sum(
                (delta[c] * coefficient(c, k, j) * o[j] for c, j in product(range(2), repeat=2)),
                Fraction(0),
            )
            for k in range(2)
        ]
    return {name: gradient[name] for name in weights}


@check("45")
def _last_layer() -> Answer:
    true, printed = _true_gradient(), _back_propagation(both_orders=False)
    same = all(true[name] == printed[name] for name in true if name.startswith("W1"))
    return judged(
        "the same: exact derivatives of an expanded network agree in the last layer", same
    )


@check("48")
def _delta() -> Answer:
    true = _true_gradient()
    printed, both = (_back_propagation(both_orders=way) for way in (False, True))
    wrong = sum(true[name] != printed[name] for name in true if name.startswith("W0"))
    if not wrong:
        return Answer("the same", Verdict.SAME)
    return Answer(
        "δ_k = Σ_c δ_c Σ_j (W^c_kj + W^c_jk) o_j"
        if both == true
        else "neither formula gives the exact derivative",
        Verdict.CORRECTED,
        f"o_k is in both factors of o_i o_j; with one of the two terms {wrong} of 8 derivatives "
        "of the first layer are wrong in an exact example, with both none is",
    )


@check("49-51")
def _shared() -> Answer:
    (layer,) = derivation(3).layers
    widest = max(
        len(np.unique(np.argwhere(layer.classes == number)[:, 0])) for number in layer.present
    )
    return Answer(
        "Σ δ_k o_i o_j over the class, each term with the δ of its own output",
        Verdict.INCOMPLETE if widest > 1 else Verdict.SAME,
        f"Σ o_i o_j is right within one output; a class holds weights of up to {widest} outputs "
        "for n = 3",
    )


@check("52-54")
def _additive() -> Answer:
    found = [derivation(n, "paper", indices="redundant") for n in range(2, 7)]
    equations = [one.counts.linear for one in found]
    ranks = [one.distinct_weights - one.dimension for one in found]
    return Answer(
        f"{', '.join(map(str, equations))} equations for n = 2 … 6, of which "
        f"{', '.join(map(str, ranks))} are independent once the other lines have tied weights",
        Verdict.SAME if equations == ranks else Verdict.INCOMPLETE,
        "one dependent variable for each equation would be too many, and could be picked in a "
        "circle: the equations share variables, so they have to be eliminated together",
    )


@check("A")
def _analytic() -> Answer:
    def commutes(n: int) -> bool:
        (tied,) = derivation(n, layer="linear").tying_map().weights([np.array([7, -3])])
        return all(
            (tied[order][:, order] == tied).all()
            for order in (np.roll(np.arange(n), 1), np.array([1, 0, *range(2, n)]))
        )

    good = all(map(commutes, range(2, 6)))
    return judged(
        "(16) followed by any function of one variable, applied to each component, is "
        "equivariant exactly"
        if good
        else "no counterexample",
        not good,
        "W commutes with permutations, and so does the function; what needs polynomials is that "
        "the constraints found are all there are",
    )
