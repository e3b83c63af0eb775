"""Every name of a network is different, in every notation."""

from __future__ import annotations

from typing import Any

import pytest

from polyconstraints.render.notation import notation
from polyconstraints.spec.network import NetworkSpec

WAYS: list[tuple[Any, Any]] = [
    ("text", "canonical"),
    ("sympy", "canonical"),
    ("latex", "canonical"),
    ("unicode", "canonical"),
    ("text", "paper"),
    ("latex", "paper"),
]

NETWORKS = [
    NetworkSpec(3, depth=2, bias=True),
    NetworkSpec(12, bias=True),
    NetworkSpec(2, depth=12, layer="linear", widths=[1] * 11),
    NetworkSpec(2, depth=2, widths=[11], indices="redundant"),
    NetworkSpec(4, channels=3, layer="linear"),
]


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_names_are_different(network: NetworkSpec, way: tuple[Any, Any]) -> None:
    names = notation(network, *way)
    weights = [name for layer in network.layers for name in names.weight_names(layer)]
    inputs = [names.input(unit) for unit in range(1, network.units[0] + 1)]
    every = [*weights, *inputs]
    assert len(set(every)) == len(every) == network.weights + network.units[0]
    if way[1] == "canonical" and way[0] in ("text", "sympy"):
        assert weights == network.weight_names()
        assert inputs == network.input_names()


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (("text", "canonical"), ("W1_2_3_1", "x2", "y3", "W1_2_3_1^2")),
        (("sympy", "canonical"), ("W1_2_3_1", "x2", "y3", "W1_2_3_1**2")),
        (("text", "paper"), ("12W31", "X02", "Z3", "12W31^2")),
        (("latex", "paper"), ("12W_{31}", "X_{2}", "Z_{3}", "12W_{31}^{2}")),
        (
            ("latex", "canonical"),
            ("W^{1}_{2,3,1}", "x_{2}", "y_{3}", r"\left(W^{1}_{2,3,1}\right)^{2}"),
        ),
        (("unicode", "canonical"), ("W¹₂,₃₁", "x₂", "y₃", "W¹₂,₃₁²")),
    ],
)
def test_spelling(way: tuple[Any, Any], expected: tuple[str, ...]) -> None:
    names = notation(NetworkSpec(3, depth=2), *way)
    weight = names.weight(1, (2, 3, 1))
    assert (weight, names.input(2), names.output(3), names.factor(weight, 2)) == expected


def test_latex_names_are_those_of_polynomials() -> None:
    from polyconstraints.algebra.text import latex_name

    network = NetworkSpec(11, depth=2, bias=True, widths=[2])
    names = notation(network, "latex")
    for layer in network.layers:
        assert names.weight_names(layer) == [latex_name(name) for name in layer.names()]
    assert names.input(11) == latex_name("x11")
