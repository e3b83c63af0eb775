"""Whether equivariant layers compute a function, against SymPy and a proof by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import jsonschema
import pytest
import sympy

import polyconstraints as pc
from polyconstraints.errors import InputError, UsageError
from polyconstraints.schemas import load_schema
from polyconstraints.variety.equations.systems import find_systems
from polyconstraints.variety.layerwise import layerwise
from polyconstraints.variety.strata import Variety

S2, S3 = (pc.Symmetry(pc.PermutationGroup.symmetric(n)) for n in (2, 3))
TWO = Variety(pc.NetworkSpec(2, 2, bias=True), S2)
PLAIN = Variety(pc.NetworkSpec(2, 2), S2)
THREE = Variety(pc.NetworkSpec(3, 2, bias=True), S3)

#: Proved by hand in docs/findings.md: no equivariant layers compute this.
NOT_LAYERWISE = (
    [[1, 2, 2, 2, 0, 2], [-1, 0, 2, -4, -4, -2]],
    [[0, 4, -1, 0, 0, 1], [0, 4, 1, 0, 0, -1]],
)

#: A point of the component of degree 42, whose hidden span the exchange does not preserve.
DEGREE_42 = ([[3, 2, -5], [5, 8, 3]], [[4, -31, 64], [4, -33, 64]])


def outputs(weights: Any, inputs: Any, bias: bool) -> list[list[sympy.Poly]]:
    """Return the units of each level after the inputs, multiplied out by SymPy."""
    levels, units = [], inputs
    for layer in weights:
        letters = [1, *units] if bias else list(units)
        products = [a * b for i, a in enumerate(letters) for b in letters[: i + 1]]
        units = [
            sympy.expand(
                sum(sympy.Rational(str(w)) * p for w, p in zip(row, products, strict=True))
            )
            for row in layer
        ]
        levels.append(units)
    return levels


def check_found(variety: Variety, weights: Any) -> None:
    """Check the layers that are found: the same function, and equivariant on their own."""
    n, bias = variety.network.inputs, variety.network.bias
    inputs = sympy.symbols(f"x1:{n + 1}")
    found = layerwise(variety, weights)
    (tried,) = found.actions
    assert found.answer is True
    assert tried.weights is not None
    jsonschema.validate(found.to_json(), load_schema("layerwise"))
    plain = outputs(weights, inputs, bias)[-1]
    hidden, same = outputs(tried.weights, inputs, bias)
    assert same == plain
    # Whatever the basis, the group maps the span of the hidden units and constants to itself.
    span = sympy.Matrix([_coefficients(unit, inputs) for unit in hidden])
    for at in range(n - 1):
        order = list(inputs)
        order[at : at + 2] = order[at + 1], order[at]
        moved = [
            unit.subs(dict(zip(inputs, order, strict=True)), simultaneous=True) for unit in hidden
        ]
        both = span.col_join(sympy.Matrix([_coefficients(unit, inputs) for unit in moved]))
        assert both.rank() == span.rank()


def _coefficients(unit: Any, inputs: Any) -> list[Any]:
    """Coefficients of the monomials of degree 1 and 2."""
    poly = sympy.Poly(unit, *inputs)
    monomials = [a * b for i, a in enumerate((1, *inputs)) for b in (1, *inputs)[: i + 1]][1:]
    return [poly.coeff_monomial(monomial) for monomial in monomials]


def test_the_component_of_degree_42_has_layerwise_functions() -> None:
    check_found(PLAIN, DEGREE_42)


def test_mixed_hidden_units_are_found_out() -> None:
    """Hidden units x_k² + (x1 + x2 + x3) and their mean-field outputs, the units mixed."""
    units = sympy.Matrix(
        [[0, 1, int(k == 1), 1, 0, int(k == 2), 1, 0, 0, int(k == 3)] for k in (1, 2, 3)]
    )
    mix = sympy.Matrix([[1, 2, 0], [0, 1, 1], [1, 0, 1]])
    inputs = sympy.symbols("h1:4")
    back = mix.inv() * sympy.Matrix(inputs)
    letters = (1, *inputs)
    monomials = [a * b for i, a in enumerate(letters) for b in letters[: i + 1]]
    last = []
    for k in range(3):
        poly = sympy.Poly(2 + back[k] ** 2 - 3 * back[k] * sum(back), *inputs)
        last.append([Fraction(str(poly.coeff_monomial(monomial))) for monomial in monomials])
    first = [[int(value) for value in row] for row in (mix * units).tolist()]
    check_found(THREE, (first, last))


def test_no_equivariant_layers_compute_the_function_of_the_theorem() -> None:
    installed = [system.name for system in find_systems()]
    found = layerwise(TWO, NOT_LAYERWISE, method="singular" if "singular" in installed else "sympy")
    assert found.answer is False
    assert [str(tried.hidden[0]) for tried in found.actions] == ["[2] + [1,1]", "2·[2]", "2·[1,1]"]
    assert {tried.outcome for tried in found.actions} == {"impossible"}
    jsonschema.validate(found.to_json(), load_schema("layerwise"))


def test_what_takes_too_long_is_not_known() -> None:
    found = layerwise(TWO, NOT_LAYERWISE, time_limit=0, method="sympy")
    assert found.answer is None
    assert {tried.outcome for tried in found.actions} == {"not known"}


def test_refused() -> None:
    first, last = NOT_LAYERWISE
    with pytest.raises(InputError, match="symmetric network"):
        layerwise(TWO, (first, [last[0], last[0]]))
    with pytest.raises(UsageError, match="expected ordered"):
        layerwise(Variety(pc.NetworkSpec(2, 2, indices="redundant"), S2), DEGREE_42)
    cyclic = Variety(pc.NetworkSpec(3, 2), pc.Symmetry(pc.PermutationGroup.cyclic(3)))
    with pytest.raises(InputError, match="symmetric group"):
        layerwise(cyclic, ([[0] * 6] * 3, [[0] * 6] * 3))
