"""Expansions of layers of any degree and of activations, against FLINT and published counts."""

from __future__ import annotations

from itertools import combinations_with_replacement, product
from typing import Any

import pytest
from flint import Ordering, fmpq, fmpq_mpoly_ctx
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from polyconstraints.expansion import expand
from polyconstraints.expansion.counting import (
    count_terms,
    expanded_layers,
    monomial_count,
    term_bound,
)
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.network import NetworkSpec

KINDS = {1: "linear", 2: "quadratic", 3: "cubic"}

#: Number of inputs, degrees of the layers, bias, activation → terms of one output.
FIGURES = [
    (2, (3, 3), False, None, 120),
    (2, (3, 3), True, None, 1771),
    (2, (2, 3), False, None, 56),
    (2, (2, 3), True, None, 455),
    (2, (3, 2), False, None, 36),
    (2, (3, 2), True, None, 231),
    (3, (3, 2), False, None, 465),
    (3, (3, 2), True, None, 1891),
    (3, (2, 3), False, None, 1140),
    (2, (2, 2, 3), False, None, 4340),
    (3, (1, 2, 1), False, None, 135),
    (3, (1, 2, 1), True, None, 274),
    (2, (1, 1), False, "z^2", 6),
    (3, (1, 1), False, "z^2", 18),
    (3, (1, 1, 1), False, "z^2", 459),
    (2, (1, 1, 1), False, "z^3", 152),
    (3, (1, 1), False, "1 + z + z^3", 42),
]


def network(inputs: int, degrees: tuple[int, ...], **options: Any) -> NetworkSpec:
    kinds = [KINDS.get(degree, str(degree)) for degree in degrees]
    return NetworkSpec(inputs, len(degrees), layer=kinds, **options)


@pytest.mark.parametrize(("inputs", "degrees", "bias", "activation", "terms"), FIGURES)
def test_published_numbers_of_terms(
    inputs: int, degrees: tuple[int, ...], bias: bool, activation: str | None, terms: int
) -> None:
    spec = network(inputs, degrees, bias=bias, activation=activation)
    assert count_terms(spec) == terms
    assert sum(len(found) for _, found in expand(spec).groups(1)) == terms


def by_flint(spec: NetworkSpec) -> list[dict[tuple[int, ...], tuple[int, int]]]:
    """Return every output, multiplied out by FLINT."""
    names = [*spec.input_names(), *spec.weight_names()]
    ring = fmpq_mpoly_ctx.get(names, Ordering.lex)
    values = dict(zip(names, ring.gens(), strict=True))
    units = [values[name] for name in spec.input_names()]
    for layer in spec.layers:
        letters = ([ring.constant(1)] if layer.bias else []) + units
        numbers = range(len(letters))
        if layer.indices == "ordered":
            rows = [row[::-1] for row in combinations_with_replacement(numbers, layer.degree)]
        else:
            rows = list(product(numbers, repeat=layer.degree))
        units = []
        for output in range(layer.outputs):
            total = ring.constant(0)
            for row in rows:
                term = values[layer.name(output, *row)]
                for letter in row:
                    term *= letters[letter]
                total += term
            units.append(total)
        if spec.activation is not None and layer is not spec.layers[-1]:
            coefficients = [fmpq(c.numerator, c.denominator) for c in spec.activation.coefficients]
            units = [
                sum((c * unit**power for power, c in enumerate(coefficients)), ring.constant(0))
                for unit in units
            ]
    return [
        {tuple(map(int, key)): (int(c.p), int(c.q)) for key, c in unit.to_dict().items()}
        for unit in units
    ]


@st.composite
def networks(draw: st.DrawFn) -> NetworkSpec:
    depth = draw(st.integers(1, 3))
    return network(
        draw(st.integers(1, 2)),
        tuple(draw(st.lists(st.sampled_from([1, 1, 2, 3]), min_size=depth, max_size=depth))),
        bias=draw(st.booleans()),
        indices=draw(st.sampled_from(["ordered", "redundant"])),
        widths=draw(st.lists(st.integers(1, 2), min_size=depth - 1, max_size=depth - 1)),
        outputs=draw(st.integers(1, 2)),
        activation=draw(
            st.sampled_from([None, "z^2", "z + z^3/6", "1 + z + z^2", "1/2 - z", "z - z^2"])
        ),
    )


@settings(max_examples=60, deadline=None)
@given(networks())
def test_expansion_is_that_of_flint(spec: NetworkSpec) -> None:
    terms = count_terms(spec)
    assume(terms is not None and terms < 3000)
    expansion = expand(spec)
    for output, expected in enumerate(by_flint(spec), start=1):
        found = {
            exponents: (value.numerator, value.denominator)
            for exponents, value in expansion.polynomial(output).terms()
        }
        assert found == expected
        assert len(expected) == terms <= term_bound(spec)
        vectors = [
            (tuple(row), coefficient)
            for rows, coefficients in expansion.exponent_vectors(output)
            for row, coefficient in zip(rows.tolist(), coefficients.tolist(), strict=True)
        ]
        assert vectors == sorted(vectors, reverse=True)
        assert len(vectors) == terms


@settings(max_examples=60, deadline=None)
@given(networks())
def test_sizes_are_known_beforehand(spec: NetworkSpec) -> None:
    terms = count_terms(spec)
    assume(terms is not None and terms < 20_000)
    graph = expand(spec).graph
    assert monomial_count(spec) == len(graph.levels[0].exponents)
    for size, step, above, below in zip(
        expanded_layers(spec), graph.steps, graph.levels[1:], graph.levels, strict=False
    ):
        assert size.shapes == len(above.shapes)
        assert size.edges == len(step.child)
        assert size.states == len(below.exponents)


@settings(max_examples=40, deadline=None)
@given(networks(), st.integers(0, 5))
def test_packed_terms_are_the_terms(spec: NetworkSpec, start: int) -> None:
    terms = count_terms(spec)
    assume(terms is not None and terms < 3000)
    expansion = expand(spec)
    unpacked = expansion.terms(expansion.packed(1))
    at = 0
    for monomial, found in expansion.groups(1):
        for mine, theirs in zip(unpacked.layers, found.layers, strict=True):
            assert (mine[at : at + len(found)] == theirs).all()
        assert (unpacked.coefficients[at : at + len(found)] == found.coefficients).all()
        part = expansion.coefficient(1, monomial, start, start + 2)
        assert (part.coefficients == found.coefficients[start : start + 2]).all()
        at += len(found)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("z^2", "z^2"),
        ("z**2", "z^2"),
        ("z+z^3/6", "z + z^3/6"),
        (" 1/2*z - 3 ", "-3 + z/2"),
        ("-z^2+2z", "2*z - z^2"),
        ("3*z/4", "3*z/4"),
    ],
)
def test_activations_are_read_and_written(text: str, shown: str) -> None:
    assert str(Activation.parse(text)) == shown
    assert Activation.parse(shown) == Activation.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "1", "0*z", "x", "z^", "z^-1", "z^1001", "z z", "1/0*z", "z+", "(z)", "z^2^3", "2**z"],
)
def test_what_is_no_activation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="activation"):
        Activation.parse(text)
