"""Function dimensions against ranks over the rationals, found symbolically."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

import polyconstraints as pc
from polyconstraints.algebra import modular
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.reduction import function_dimension


def symbolic_rank(tying: pc.TyingMap) -> int:
    """Return the rank of the Jacobian of parameters → coefficients, at a random point."""
    network = tying.network
    theta = sympy.symbols(f"t0:{tying.dimension}")
    arrays = tying.weights([*map(_array, _split(theta, tying.parameters))])
    weights = {
        layer.name(*index): arrays[layer.index][tuple(index)]
        for layer in network.layers
        for index in [tuple(place) for place in sympy_indices(layer)]
    }
    inputs = sympy.symbols([f"x{i}" for i in range(1, network.units[0] + 1)])
    coefficients = []
    for output in pc.evaluate(network, weights, inputs):
        coefficients += sympy.Poly(sympy.expand(output), *inputs).coeffs()
    jacobian = sympy.Matrix(coefficients).jacobian(theta)
    point = dict(zip(theta, (sympy.prime(i + 5) for i in range(len(theta))), strict=True))
    return int(jacobian.subs(point).rank())


def _array(values: Any) -> Any:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


def _split(values: Any, counts: tuple[int, ...]) -> list[Any]:
    parts, start = [], 0
    for count in counts:
        parts.append(values[start : start + count])
        start += count
    return parts


def sympy_indices(layer: Any) -> Any:
    return np.argwhere(layer.mask).tolist()


@pytest.mark.parametrize(
    ("n", "network", "symmetry"),
    [
        (2, {"depth": 2}, {}),
        (2, {"depth": 2, "bias": True}, {}),
        (3, {"depth": 2}, {}),
        (2, {"depth": 2, "indices": "redundant"}, {}),
        (3, {"depth": 3, "layer": "linear", "bias": True}, {}),
        (3, {"indices": "redundant"}, {"compare": "paper"}),
        (2, {"depth": 2, "channels": (1, 2, 1)}, {}),
        (3, {"depth": 2, "outputs": 1}, {"kind": "invariant"}),
    ],
)
def test_against_symbolic_rank(n: int, network: dict[str, Any], symmetry: dict[str, Any]) -> None:
    group = pc.PermutationGroup.symmetric(n)
    derivation = pc.derive(pc.NetworkSpec(n, **network), pc.Symmetry(group, **symmetry))
    expected = symbolic_rank(derivation.tying_map())
    assert derivation.function_dimension == expected
    for seed in (1, 2):
        assert function_dimension(derivation.network, derivation.layers, seed) == expected


def test_too_large_is_left_open() -> None:
    network = pc.NetworkSpec(40, indices="redundant")
    symmetry = pc.Symmetry(pc.PermutationGroup.trivial(40))
    assert function_dimension(network, pc.derive(network, symmetry).layers) is None


def test_free_network_function_dimension_is_that_of_its_functions() -> None:
    # Without symmetry an ordered layer's weights are its function's coefficients; a redundant
    # one's antisymmetric parts cancel.
    trivial = pc.Symmetry(pc.PermutationGroup.trivial(3))
    assert pc.derive(pc.NetworkSpec(3), trivial).function_dimension == 18
    assert pc.derive(pc.NetworkSpec(3, indices="redundant"), trivial).function_dimension == 18


@pytest.mark.parametrize("prime", modular.PRIMES)
def test_primes_are_prime_and_fit(prime: int) -> None:
    assert sympy.isprime(prime)
    assert (prime - 1) ** 2 < 2**62


def test_more_points_are_taken_where_outputs_repeat_one_another() -> None:
    # All outputs share their weights, so a point tells as much as one output does.
    network = pc.NetworkSpec(3)
    (layer,) = network.layers
    numbers = np.tile(np.arange(layer.products), layer.outputs)
    classes = LayerClasses.from_weights(layer, numbers)
    assert function_dimension(network, [classes]) == layer.products
