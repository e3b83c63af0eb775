"""Points that a search finds, and what single points prove.

The point on a component of dimension 12 is that of a proof by hand
(docs/findings.md); symmetry is checked by SymPy, which the package's own check doesn't use.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jsonschema
import numpy as np
import pytest
import sympy

import polyconstraints as pc
from polyconstraints.errors import InputError, TooLargeError, UsageError
from polyconstraints.schemas import load_schema
from polyconstraints.variety.certificate import certify, read_certificates
from polyconstraints.variety.search import newton, rational_solutions, search
from polyconstraints.variety.strata import Variety

S2, S3 = (pc.Symmetry(pc.PermutationGroup.symmetric(n)) for n in (2, 3))
TWO = Variety(pc.NetworkSpec(2, 2, bias=True), S2)
THREE = Variety(pc.NetworkSpec(3, 2, bias=True), S3)

#: h1 = α² + β², h2 = α² - β² + 2αβ with α = x1 - x2, β = 1 + x1 + x2.
FIRST = [[1, 2, 2, 2, 0, 2], [-1, 0, 2, -4, -4, -2]]
LAST = [[0, 4, -1, 0, 0, 1], [0, 4, 1, 0, 0, -1]]

#: Quadratic forms in x1 - x3 and x2 - x3; products 1, x1, x1², x2, x2 x1, x2², x3, ….
SQUARES = [
    [0, 0, 1, 0, 0, 0, 0, -2, 0, 1],
    [0, 0, 0, 0, 1, 0, 0, -1, -1, 1],
    [0, 0, 0, 0, 0, 1, 0, 0, -2, 1],
]


def symmetric_by_sympy(weights: Any, n: int) -> bool:
    """Whether exchanging neighbouring inputs exchanges the outputs, multiplied out by SymPy."""
    inputs = sympy.symbols(f"x1:{n + 1}")

    def outputs(units: Any) -> list[sympy.Poly]:
        for layer in weights:
            letters = [1, *units]
            products = [a * b for i, a in enumerate(letters) for b in letters[: i + 1]]
            units = [
                sum(sympy.Rational(str(w)) * p for w, p in zip(row, products, strict=True))
                for row in layer
            ]
        return [sympy.Poly(unit, *inputs) for unit in units]

    plain = outputs(inputs)
    for at in range(n - 1):
        order = list(range(n))
        order[at : at + 2] = order[at + 1], order[at]
        if outputs([inputs[i] for i in order]) != [plain[i] for i in order]:
            return False
    return True


def test_a_point_on_no_stratum_proves_its_component() -> None:
    found = certify(TWO, [FIRST, LAST])
    assert (found.family_dimension, found.tangent_dimension, found.function_dimension) == (
        12,
    ) * 2 + (6,)
    assert found.component
    assert symmetric_by_sympy([FIRST, LAST], 2)


def test_related_hidden_functions_prove_their_component() -> None:
    """Hidden e1 and e1², beside another function too, and the squares of one copy of [2,1]."""
    e1 = [[0, 1, 0, 1, 0, 0, 1, 0, 0, 0], [0, 0, 1, 0, 2, 1, 0, 2, 2, 1]]
    for first, expected in (
        ([*e1, [0] * 10], (29, 29, 5)),
        ([*e1, [0, 3, 1, 4, 1, 5, 9, 2, 6, 5]], (26, 26, 5)),
        (SQUARES, (21, 21, 6)),
    ):
        weights = [first, _symmetric_last(first)]
        found = certify(THREE, weights)
        assert (
            found.family_dimension,
            found.tangent_dimension,
            found.function_dimension,
        ) == expected
        assert symmetric_by_sympy(weights, 3)


def _symmetric_last(first: list[list[int]]) -> list[list[sympy.Rational]]:
    """Return a generic last layer that makes the network symmetric, solved by SymPy."""
    inputs = sympy.symbols("x1:4")

    def products(units: Any) -> list[sympy.Expr]:
        letters = [1, *units]
        return [a * b for i, a in enumerate(letters) for b in letters[: i + 1]]

    def read(units: Any) -> list[sympy.Expr]:
        known = products(units)
        hidden = [sum(w * p for w, p in zip(row, known, strict=True)) for row in first]
        return products(hidden)

    unknown = sympy.symbols("w0:30")
    rows = [unknown[:10], unknown[10:20], unknown[20:]]
    equations: list[Any] = []
    for order in ([1, 0, 2], [0, 2, 1]):
        here, there = read(inputs), read([inputs[i] for i in order])
        for k in range(3):
            moved = sum(w * p for w, p in zip(rows[k], there, strict=True))
            plain = sum(w * p for w, p in zip(rows[order[k]], here, strict=True))
            equations += sympy.Poly(moved - plain, *inputs).coeffs()
    solution = sympy.solve(equations, unknown, dict=True)[0]
    free = [w for w in unknown if w not in solution]
    chosen = {w: (7 * at + 3) % 11 - 5 for at, w in enumerate(free)}
    values = [sympy.Rational(solution.get(w, w).subs(chosen)) for w in unknown]
    return [[Fraction(int(v.p), int(v.q)) for v in values[at : at + 10]] for at in (0, 10, 20)]


def test_a_network_that_is_not_symmetric_proves_nothing() -> None:
    with pytest.raises(InputError, match="expected weights of a symmetric network"):
        certify(TWO, [FIRST, [LAST[0], [0, 4, 1, 0, 0, 1]]])


def test_what_is_too_large_or_has_an_activation_is_refused() -> None:
    high = Variety(pc.NetworkSpec(3, 3, "9"), S3)
    with pytest.raises(TooLargeError, match="of degree 729 in 3 inputs"):
        certify(high, [np.zeros((3, layer.products), dtype=int) for layer in high.network.layers])
    with pytest.raises(TooLargeError, match="expected at most 10 weights"):
        search(Variety(pc.NetworkSpec(2, 2), S2, max_weights=10), 1)
    squares = Variety(pc.NetworkSpec(2, 2, "linear", activation="z^2"), S2)
    with pytest.raises(UsageError, match="expected none here"):
        search(squares, 1)


@pytest.fixture(scope="module")
def found() -> Any:
    return search(TWO, 40, seed=1)


def test_points_of_a_search_are_symmetric_and_of_their_kind(found: Any) -> None:
    assert found.points == 40
    assert len({family.kind for family in found.families}) == len(found.families) > 3
    for family in found.families:
        assert symmetric_by_sympy(family.certificate.weights, 2)
        assert family.certificate.tangent_dimension == family.kind.tangent
        assert family.certificate.family_dimension <= family.kind.tangent
        assert family.verdict != "listed" or family.stratum.weight_dimension <= family.kind.tangent


def test_a_search_repeats_and_stops(found: Any) -> None:
    again = search(TWO, 5, seed=1)
    assert again.to_json() == search(TWO, 5, seed=1).to_json()
    assert search(TWO, 10**6, time_limit=0).points == 0


def test_a_document_is_checked_from_its_weights(found: Any) -> None:
    document = json.loads(json.dumps(found.to_json()))
    jsonschema.validate(document, load_schema("search"))
    _, certificates = read_certificates(document)
    assert len(certificates) == len(found.families)
    changes: dict[str, Callable[[Any], Any]] = {
        "families[0].tangent_dimension": lambda one: one.update(tangent_dimension=99),
        "families[0].component": lambda one: one.update(component=not one["component"]),
        "families[0].weights[1]": lambda one: one["weights"][1].pop(),
        "families[0].weights": lambda one: one["weights"].pop(),
        "families[0].weights[0][0][0]": lambda one: one["weights"][0][0].__setitem__(0, "1/0"),
    }
    for place, change in changes.items():
        wrong = json.loads(json.dumps(document))
        change(wrong["families"][0])
        with pytest.raises(InputError) as raised:
            read_certificates(wrong)
        assert raised.value.place == place
    wrong = json.loads(json.dumps(document))
    wrong["families"][0]["weights"][1] = [["0", "1", "2", "3", "4", "5"], ["1"] * 6]
    with pytest.raises(InputError, match="symmetric"):
        read_certificates(wrong)


def test_rational_solutions_lie_on_the_curve() -> None:
    """With x y = 1 and z = x + y rounding one of x and y makes the rest rational."""

    def at(vector: Any) -> tuple[Any, Any]:
        x, y, z = vector
        return np.array([x * y - 1, z - x - y]), np.array([[y, x, 0.0], [-1.0, -1.0, 1.0]])

    free = np.ones(3, dtype=bool)
    start = newton(at, np.array([0.7, 1.1, 0.3]), free)
    assert start is not None
    found = list(rational_solutions(at, start, free, 2))
    assert found
    assert all(x * y == 1 for x, y in found)
    assert (
        newton(lambda v: (np.array([v[0] ** 2 + 1]), np.array([[2 * v[0]]])), start[:1], free[:1])
        is None
    )
