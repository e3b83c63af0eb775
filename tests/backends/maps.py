"""Tying maps of every kind, and what their networks compute, found without the backends."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import polyconstraints as pc
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.tying import TyingMap

Array = NDArray[Any]

GROUPS = pc.PermutationGroup


def derived(n: int, group: str = "S", actions: Any = None, **options: Any) -> TyingMap:
    """Return the map that a derivation finds."""
    symmetry = {key: options.pop(key) for key in ("kind", "compare") if key in options}
    if symmetry.get("kind") == "invariant":
        options.setdefault("outputs", 1)
    network = NetworkSpec(n, **options)
    made = pc.Symmetry(GROUPS.preset(group, n), actions=actions or {}, **symmetry)
    return pc.derive(network, made).tying_map()


def stratum(name: str, n: int, **options: Any) -> TyingMap:
    """Return the map of a stratum whose one hidden level carries a representation."""
    from polyconstraints.variety.strata.gauge import stratum_map
    from polyconstraints.variety.strata.variety import Variety

    network = NetworkSpec(n, depth=2, **options)
    variety = Variety(network, pc.Symmetry(GROUPS.symmetric(n)))
    return stratum_map(variety, variety.parse([name]))


def by_hand() -> TyingMap:
    """Return a map that no derivation gives: thirds, a chain of dependents, a zero weight."""
    network = NetworkSpec(2, bias=True)
    layer = network.layers[0]
    classes = np.full(layer.shape, -1)
    classes[layer.mask] = [7, 0, 3, 0, 3, 9, 7, 0, 4, 0, 5, 9]
    dependent = {
        4: {0: Fraction(1, 3), 3: Fraction(-2, 3)},
        5: {7: Fraction(5)},
        9: {},
    }
    symmetry = pc.Symmetry(GROUPS.trivial(2))
    return TyingMap(network, symmetry, (LayerClasses(layer, classes, dependent),))


def swapped_hidden() -> TyingMap:
    """Return a map whose hidden level has another width and an action of its own."""
    # The two generators of S_3, a transposition and a 3-cycle, on two points by their sign.
    return derived(3, depth=2, widths=[2], bias=True, actions={1: ((1, 0), (0, 1))})


#: Name → the map, and whether every layer is one between letters.
MAPS: dict[str, tuple[Callable[[], TyingMap], bool]] = {
    "ordered n=1": (lambda: derived(1, depth=2), True),
    "ordered n=2": (lambda: derived(2, bias=True), True),
    "ordered n=3": (lambda: derived(3), True),
    "ordered n=5 d=2 bias": (lambda: derived(5, depth=2, bias=True), True),
    "redundant function": (lambda: derived(3, indices="redundant", depth=2), True),
    "redundant function bias": (lambda: derived(4, indices="redundant", bias=True), True),
    "redundant paper bias": (
        lambda: derived(4, indices="redundant", compare="paper", bias=True),
        True,
    ),
    "redundant tensor": (lambda: derived(4, indices="redundant", compare="tensor"), True),
    "channels": (lambda: derived(4, bias=True, channels=(2, 3)), True),
    "channels n=2 d=2": (lambda: derived(2, depth=2, channels=(3, 1, 2)), True),
    "channels redundant": (lambda: derived(3, indices="redundant", channels=(2, 2)), True),
    "invariant d=2 bias": (lambda: derived(4, depth=2, bias=True, kind="invariant"), True),
    "invariant channels": (lambda: derived(4, channels=(3, 2), kind="invariant"), True),
    "invariant two outputs": (lambda: derived(3, outputs=2, kind="invariant"), True),
    "linear": (lambda: derived(4, layer="linear"), True),
    "linear bias channels d=2": (
        lambda: derived(3, layer="linear", bias=True, channels=(2, 1, 3), depth=2),
        True,
    ),
    "linear invariant": (
        lambda: derived(4, layer="linear", bias=True, channels=(2, 2), kind="invariant"),
        True,
    ),
    "alternating": (lambda: derived(4, "A"), True),
    "cyclic d=2": (lambda: derived(4, "C", depth=2), False),
    "cyclic channels redundant": (
        lambda: derived(3, "C", channels=(2, 1), indices="redundant"),
        False,
    ),
    "cyclic invariant": (lambda: derived(4, "C", bias=True, kind="invariant"), False),
    "cyclic linear": (lambda: derived(4, "C", layer="linear", channels=(1, 2)), False),
    "dihedral bias": (lambda: derived(5, "D", bias=True), False),
    "trivial": (lambda: derived(3, "trivial", bias=True), False),
    # Of functions that no permutation changes, but not of all of them.
    "hidden action": (swapped_hidden, False),
    "by hand": (by_hand, False),
    "stratum": (lambda: stratum("2*[2]", 2), False),
    # The permutation representation in its own basis.
    "stratum bias": (lambda: stratum("[3] + [2,1]", 3, bias=True), True),
}


@cache
def named(name: str) -> TyingMap:
    """Return one of the maps."""
    return MAPS[name][0]()


def evaluate(tying: TyingMap, theta: list[Array], x: Array) -> Array:
    """Return the outputs by the definition: every weight, every product, one by one."""
    for layer, weights in zip(tying.layers, tying.weights(theta), strict=True):
        spec = layer.layer
        out = np.zeros((len(x), spec.outputs), dtype=np.result_type(x, weights))
        letters = np.ones((len(x), spec.letters), dtype=x.dtype)
        letters[:, int(spec.bias) :] = x
        for place in zip(*np.nonzero(spec.mask), strict=True):
            term = weights[place]
            for letter in place[1:]:
                term = term * letters[:, letter]
            out[:, place[0]] += term
        x = out
    return x


#: A complex step so small that its square is nothing: derivatives to the last digit.
STEP = 1e-30


def gradients(
    tying: TyingMap, theta: list[Array], x: Array, delta: Array
) -> tuple[list[Array], Array]:
    """Return the gradients of Σ delta · F by complex steps."""

    def moved(parts: list[Array], inputs: Array) -> float:
        return float((evaluate(tying, parts, inputs) * delta).sum().imag / STEP)

    wide = [part.astype(complex) for part in theta]
    by_theta = []
    for at, part in enumerate(wide):
        gradient = np.zeros(len(part))
        for number in range(len(part)):
            step = part.copy()
            step[number] += 1j * STEP
            gradient[number] = moved([*wide[:at], step, *wide[at + 1 :]], x.astype(complex))
        by_theta.append(gradient)
    by_x = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        inputs = x.astype(complex)
        inputs[place] += 1j * STEP
        by_x[place] = moved(wide, inputs)
    return by_theta, by_x
