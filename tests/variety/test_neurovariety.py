"""Neurovarieties: published dimensions, brute force, and symmetric ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, product
from math import comb
from typing import Any

import jsonschema
import pytest
import sympy

import polyconstraints as pc
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.schemas import load_schema
from polyconstraints.spec.groups import PermutationGroup
from polyconstraints.variety.neurovariety import generic_fibre, neurovariety, threshold
from polyconstraints.variety.strata import Variety
from polyconstraints.variety.strata.signed import signed_actions

RunCommand = Callable[..., Any]


@pytest.mark.parametrize(
    ("widths", "r", "dimension", "expected"),
    [
        ((2, 2, 2), 2, 6, 6),
        ((3, 2, 1), 2, 5, 6),
        ((4, 2, 1), 2, 7, 8),
        ((5, 3, 1), 2, 12, 15),
        ((3, 3, 3, 1), 2, 12, 15),
        ((2, 3, 2, 3, 4), 2, 16, 22),
        ((8, 8, 8, 8, 8), 2, 232, 232),
        ((5, 7, 1), 3, 34, 35),
        ((10, 10, 10, 1), 3, 190, 190),
        ((3, 5, 1), 4, 14, 15),
        ((4, 9, 1), 4, 34, 35),
        ((3, 4, 1), 4, 12, 12),
    ],
)
def test_published_dimensions(
    widths: tuple[int, ...], r: int, dimension: int, expected: int
) -> None:
    """Kileel, Trager, Bruna 2019; Alexander, Hirschowitz 1995."""
    found = neurovariety(widths, f"z^{r}")
    assert (found.dimension, found.expected) == (dimension, expected)
    assert found.status == ("proved" if dimension == expected else "almost surely")
    assert found.defect == expected - dimension


@pytest.mark.parametrize(("n", "rank"), [(3, 1), (3, 3), (4, 3), (5, 2), (6, 4)])
def test_shallow_quadratic_ones_are_determinantal(n: int, rank: int) -> None:
    """Sums of r squares of linear forms are symmetric matrices of rank at most r."""
    assert neurovariety((n, rank, 1)).dimension == rank * n - rank * (rank - 1) // 2


def test_defects_of_one_hidden_layer() -> None:
    """Alexander and Hirschowitz: quadrics between the extremes, and four exceptions."""
    exceptions = {(3, 4, 5), (4, 4, 9), (5, 4, 14), (5, 3, 7)}
    for inputs, r in product(range(2, 7), range(2, 6)):
        for hidden in range(1, -(-comb(inputs + r - 1, r) // inputs) + 2):
            defective = neurovariety((inputs, hidden, 1), f"z^{r}").defect > 0
            quadric = r == 2 and 2 <= hidden < inputs
            assert defective == (quadric or (inputs, r, hidden) in exceptions), (inputs, r, hidden)


def by_expansion(widths: tuple[int, ...], coefficients: list[Fraction]) -> int:
    """Return the rank of the Jacobian of the expanded coefficients, by SymPy."""
    inputs = sympy.symbols(f"x:{widths[0]}")
    units, parameters = list(inputs), []
    for level, (below, above) in enumerate(pairwise(widths)):
        names = sympy.symbols(f"w{level}_:{above * below}")
        parameters += names
        rows = [names[k * below : (k + 1) * below] for k in range(above)]
        units = [sum(w * u for w, u in zip(row, units, strict=True)) for row in rows]
        if level < len(widths) - 2:
            units = [
                sum(
                    sympy.Rational(c.numerator, c.denominator) * u**p
                    for p, c in enumerate(coefficients)
                )
                for u in units
            ]
    entries = [c for unit in units for c in sympy.Poly(sympy.expand(unit), *inputs).coeffs()]
    point = {name: sympy.Integer(3 * at * at + 2 * at + 5) for at, name in enumerate(parameters)}
    jacobian = sympy.Matrix([[sympy.diff(c, w).subs(point) for w in parameters] for c in entries])
    return int(jacobian.rank())


@pytest.mark.parametrize(
    ("widths", "activation"),
    [
        ((2, 2, 1), "z^2"),
        ((2, 3, 2), "z^3"),
        ((3, 2, 2), "z^2"),
        ((2, 2, 2, 1), "z^2"),
        ((2, 2, 1), "z + z^2"),
        ((2, 2, 1), "1 + z^3/6"),
        ((2, 3), "z^2"),
    ],
)
def test_rank_is_that_of_the_expanded_jacobian(widths: tuple[int, ...], activation: str) -> None:
    parsed = pc.NetworkSpec(1, activation=activation).activation
    assert parsed is not None
    assert neurovariety(widths, activation).dimension == by_expansion(
        widths, list(parsed.coefficients)
    )


def test_thresholds() -> None:
    """Finkel, Rodriguez, Wu, Yahl 2025: 1 for equal widths."""
    assert [threshold((n,) * 3) for n in (2, 3, 4)] == [1, 1, 1]
    assert threshold((3, 2, 1)) == 2
    assert threshold((2, 1, 2)) is None
    for r in (2, 3, 4, 5, 6):
        full = neurovariety((2, 3, 1), f"z^{r}").dimension == 6
        assert full == (r > 4) == (r > (threshold((2, 3, 1)) or 0))


def test_wrong_architectures() -> None:
    with pytest.raises(UsageError, match="widths"):
        neurovariety((2,))
    with pytest.raises(TooLargeError):
        neurovariety((5000, 5000, 5000))


# --- fibres -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("widths", "r", "points"),
    [((2, 2, 1), 3, 2), ((2, 3, 1), 5, 6), ((2, 2, 2), 2, 2), ((3, 2, 2), 2, 2)],
)
def test_sums_of_powers_are_unique(widths: tuple[int, ...], r: int, points: int) -> None:
    """Sylvester: a general binary form of degree 2m - 1 is a sum of m powers in one way."""
    fibre = generic_fibre(widths, f"z^{r}")
    assert fibre is not None
    assert (fibre.dimension, fibre.degree, fibre.symmetries) == (0, points, points)
    assert fibre.identifiable


def test_fibres_have_the_dimension_that_is_left() -> None:
    """Parameters less scalings less the dimension of the functions."""
    fibre = generic_fibre((2, 3, 1), "z^4")
    left = 9 - 3 - neurovariety((2, 3, 1), "z^4").dimension
    assert fibre is None or fibre.dimension == left == 1
    with pytest.raises(UsageError, match="activation"):
        generic_fibre((2, 2, 1), "z + z^2")
    with pytest.raises(TooLargeError):
        generic_fibre((8, 8, 8))


# --- symmetric ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hidden", "r", "name", "weights", "tangent", "functions"),
    [
        ((3,), 2, "3", 6, 6, 3),
        ((3,), 3, "3", 6, 6, 3),
        ((3,), 4, "3", 6, 6, 3),
        ((3, 3), 2, "3", 10, 10, 4),
        ((3,), 4, "3-", 5, 5, 2),
        ((3,), 2, "3-", 5, 8, 2),
    ],
)
def test_strata_of_three_inputs(
    hidden: tuple[int, ...], r: int, name: str, weights: int, tangent: int, functions: int
) -> None:
    variety = symmetric(PermutationGroup.symmetric(3), hidden, r)
    found = variety.measure(variety.parse([name]))
    assert (found.weight_dimension, found.tangent_dimension) == (weights, tangent)
    assert found.function_dimension == functions
    assert found.certainty == ("proved" if weights == tangent else None)


def symmetric(group: PermutationGroup, hidden: tuple[int, ...], r: int) -> Variety:
    network = pc.NetworkSpec(
        group.degree, len(hidden) + 1, "linear", widths=hidden, activation=f"z^{r}"
    )
    return Variety(network, pc.Symmetry(group, scope="network"))


def test_free_units_beside_actions() -> None:
    """S_3, z^4: what is listed is not zero, no orbit falls into smaller ones, each once."""
    variety = symmetric(PermutationGroup.symmetric(3), (3,), 4)
    found = {str(one.hidden[0]): one for one in variety.strata()}
    assert next(iter(found)) == "3·1"
    assert not {"2", "1-", "1 + 2"} & set(found)
    for name, dimensions in {
        "3": (6, 6, 3, "proved"),
        "3-": (5, 5, 2, "proved"),
        "2·1 + free": (9, 9, 1, "almost surely"),
        "3·free": (9, 9, 0, "almost surely"),
    }.items():
        one = found[name]
        assert (
            one.weight_dimension,
            one.tangent_dimension,
            one.function_dimension,
            one.certainty,
        ) == dimensions


def test_free_units_of_the_trivial_group_are_bound() -> None:
    variety = symmetric(PermutationGroup.trivial(2), (2,), 3)
    assert [str(one.hidden[0]) for one in variety.strata()] == ["2·1", "1", "0"]


@pytest.mark.parametrize(
    ("generators", "functions"),
    [([(1, 0)], 4), ([(1, 2, 0)], 7), ([(1, 2, 3, 0), (3, 2, 1, 0)], 22)],
)
def test_group_convolutions(generators: list[tuple[int, ...]], functions: int) -> None:
    """Three layers on the group itself: 3 (|G| - 1) + 1 dimensions of functions."""
    elements = [tuple(range(len(generators[0])))]
    for element in elements:
        for generator in generators:
            product_ = tuple(generator[at] for at in element)
            if product_ not in elements:
                elements.append(product_)
    regular = [
        tuple(elements.index(tuple(g[at] for at in element)) for element in elements)
        for g in generators
    ]
    order = len(elements)
    group = PermutationGroup(order, regular)
    variety = symmetric(group, (order, order), 2)
    [action] = [
        one.name
        for one in signed_actions(group, order)
        if one.size == order and all((matrix >= 0).all() for matrix in one.matrices)
    ]
    assert variety.measure(variety.parse([action])).function_dimension == functions


def test_signed_actions_are_actions() -> None:
    """Signed permutation matrices satisfy what the generators do: x^a y^b … = 1."""
    group = PermutationGroup.dihedral(4)
    rotation, reflection = (list(one) for one in group.generators)
    for action in signed_actions(group, 8):
        r, s = map(sympy.Matrix, action.matrices)
        one = sympy.eye(action.size)
        assert r**4 == one
        assert s**2 == one
        assert (r * s) ** 2 == one
    assert len(rotation) == len(reflection) == 4


# --- the command --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--widths", "3,3,3,1"],
        ["--widths", "2,2,1", "--activation", "z^3", "--fibre"],
        ["--widths", "3,1-4,1", "--activation", "z^2", "--activation", "z^3"],
        ["--widths", "3,3,3", "--activation", "z^4", "--group", "S"],
    ],
)
def test_documents_follow_their_schema(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from polyconstraints.cli.main import run

    assert run(["dimension", *arguments, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, load_schema("dimension"))
    assert run(["dimension", *arguments]) == 0
    assert capsys.readouterr().out
