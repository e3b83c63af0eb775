"""What of an expansion is shown, and what values do to it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyconstraints.errors import InputError, UsageError
from polyconstraints.expansion import expand
from polyconstraints.render.expansion_view import (
    Assignment,
    ExpansionView,
    paper_order,
    parse_monomial,
)
from polyconstraints.spec.network import NetworkSpec
from tests import oracles

NETWORK = NetworkSpec(2, depth=2, bias=True)
NET = oracles.Net(2, 2, bias=True)
EXPANSION = expand(NETWORK)

values = st.fractions(min_value=-3, max_value=3, max_denominator=3)


def as_dict(view: ExpansionView, output: int) -> dict[Any, Any]:
    """Return the view's terms as monomial and weight product to coefficient."""
    names = [layer.names() for layer in NETWORK.layers]
    found = {}
    for group in view.groups(output):
        terms = group.part(0, group.size)
        for at in range(len(terms)):
            weights = [
                names[layer][number]
                for layer, rows in enumerate(terms.layers)
                for number in rows[at].tolist()
                if number >= 0
            ]
            key = group.monomial, tuple(sorted((n, weights.count(n)) for n in set(weights)))
            assert key not in found
            found[key] = terms.coefficients[at]
    return found


@given(st.dictionaries(st.sampled_from([*NET.weight_names(), "x1", "x2"]), values, max_size=9))
def test_substitution(given_values: dict[str, Fraction]) -> None:
    texts = [f"{name}={value}" for name, value in given_values.items()]
    view = ExpansionView(EXPANSION, assignment=Assignment.parse(texts, NETWORK))
    for output, plain in enumerate(oracles.expand(NET), start=1):
        expected: dict[Any, Any] = {}
        for exponents, terms in plain.items():
            for product, coefficient in terms.items():
                value = Fraction(coefficient)
                rest = []
                for name, power in product:
                    if name in given_values:
                        value *= given_values[name] ** power
                    else:
                        rest.append((name, power))
                kept = list(exponents)
                for unit, power in enumerate(exponents):
                    if f"x{unit + 1}" in given_values:
                        value *= given_values[f"x{unit + 1}"] ** power
                        kept[unit] = 0
                key = tuple(kept), tuple(rest)
                expected[key] = expected.get(key, 0) + value
        assert as_dict(view, output) == {key: value for key, value in expected.items() if value}


def test_terms_stay_in_order() -> None:
    plain = EXPANSION.coefficient(1, (1, 1))
    view = ExpansionView(EXPANSION, assignment=Assignment({(0, 99): 1}))
    group = view.group(1, (1, 1))
    terms = group.part(0, group.size)
    assert terms.coefficients.tolist() == plain.coefficients.tolist()
    for rows, expected in zip(terms.layers, plain.layers, strict=True):
        assert np.array_equal(rows, expected)


@pytest.mark.parametrize("assignment", [Assignment(), Assignment({(0, 0): 2})])
def test_parts_are_the_whole(assignment: Assignment) -> None:
    group = ExpansionView(EXPANSION, assignment=assignment).group(1, (1, 1))
    whole = group.part(0, group.size)
    for most, stop in ((3, group.size), (100, 5), (2, 4)):
        parts = [group.part(at, min(at + most, stop)) for at in range(0, stop, most)]
        assert all(len(part) <= most for part in parts)
        found = np.concatenate([part.layers[0] for part in parts])
        assert np.array_equal(found, whole.layers[0][:stop])


def test_paper_order_is_that_of_the_factors() -> None:
    monomials = ExpansionView(EXPANSION, order="paper").monomials
    assert list(monomials) == sorted(EXPANSION.monomials, key=paper_order)
    assert monomials[:4] == ((0, 0), (1, 0), (1, 1), (1, 2))


@pytest.mark.parametrize(
    ("text", "exponents"),
    [
        ("1", (0, 0, 0)),
        ("x1", (1, 0, 0)),
        ("x1*x2^2", (1, 2, 0)),
        (" x2^2 * x1 ", (1, 2, 0)),
        ("x3**4", (0, 0, 4)),
        ("x1 x1", (2, 0, 0)),
    ],
)
def test_monomials(text: str, exponents: tuple[int, ...]) -> None:
    assert parse_monomial(text, NetworkSpec(3)) == exponents


@pytest.mark.parametrize("text", ["", "x", "x0", "x4", "y1", "2*x1", "x1^-1", "x1^", "x1^2^3"])
def test_no_monomials(text: str) -> None:
    with pytest.raises(InputError, match=r"^expected "):
        parse_monomial(text, NetworkSpec(3))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("-2/4", Fraction(-1, 2)),
        ("+0.125", Fraction(1, 8)),
        (".5", Fraction(1, 2)),
        ("4/2", 2),
    ],
)
def test_values(text: str, value: Fraction) -> None:
    assert Assignment.parse([f"x1={text}"], NETWORK).inputs == {0: value}


@pytest.mark.parametrize("text", ["", "1/0", "1e3", "inf", "nan", "1/", "/2", "0x1", "1 2", "--1"])
def test_no_values(text: str) -> None:
    with pytest.raises(InputError, match=r"^expected a number"):
        Assignment.parse([f"x1={text}"], NETWORK)


def test_what_does_not_occur_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^output: expected an output from 1 to 2, got 0$"):
        ExpansionView(EXPANSION, [0])
    with pytest.raises(UsageError, match=r"got x1\^5$"):
        ExpansionView(EXPANSION, monomials=[(5, 0)])
    with pytest.raises(UsageError, match=r"got x1$"):
        ExpansionView(EXPANSION, monomials=[(1, 0)], assignment=Assignment(inputs={0: 2}))


def test_count_of_a_selection() -> None:
    view = ExpansionView(EXPANSION, monomials=[(0, 0), (1, 0)])
    assert view.term_count(1) == sum(group.size for group in view.groups(1))
