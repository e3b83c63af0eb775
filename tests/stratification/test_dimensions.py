"""Dimensions of strata: figures found elsewhere, and laws that they obey."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Literal

import numpy as np
import pytest
import sympy

import polyconstraints as pc
from polyconstraints.algebra import modular
from polyconstraints.errors import PolyconstraintsError, TooLargeError, UsageError
from polyconstraints.evaluation import EXACT, Modulo, values
from polyconstraints.variety.strata import Stratum, Variety
from polyconstraints.variety.strata import point as point_module
from polyconstraints.variety.strata.equivariant import (
    equivariant_layers,
    induced,
)
from polyconstraints.variety.strata.kernel import Setting, tangent_conditions

Kind = Literal["equivariant", "invariant"]


def variety(
    n: int,
    depth: int,
    bias: bool = False,
    kind: Kind = "equivariant",
    group: pc.PermutationGroup | None = None,
    **network: object,
) -> Variety:
    spec = pc.NetworkSpec(
        n,
        depth,
        bias=bias,
        outputs=1 if kind == "invariant" else None,
        **network,  # type: ignore[arg-type]
    )
    return Variety(spec, pc.Symmetry(group or pc.PermutationGroup.symmetric(n), kind))


def figures(stratum: Stratum) -> tuple[int, int, int | None]:
    return stratum.weight_dimension, stratum.tangent_dimension, stratum.function_dimension


@pytest.mark.parametrize(
    ("n", "depth", "bias", "kind", "hidden", "expected"),
    [
        (2, 2, False, "equivariant", "permutation", (8, 8, 4)),
        (2, 2, False, "equivariant", "2*[2]", (7, 7, 3)),
        (3, 2, True, "equivariant", "[3]+[2,1]", (23, 23, 11)),
        (3, 2, True, "equivariant", "3*[3]", (24, 24, 9)),
        (3, 2, True, "invariant", "permutation", (20, 20, 8)),
        (3, 3, False, "equivariant", "permutation", (26, 26, 8)),
    ],
)
def test_known_figures(
    n: int, depth: int, bias: bool, kind: Kind, hidden: str, expected: tuple[int, int, int]
) -> None:
    space = variety(n, depth, bias, kind)
    stratum = space.measure(space.parse([hidden]))
    assert figures(stratum) == expected
    assert stratum.component


def test_a_relation_between_invariants_is_counted() -> None:
    space = variety(3, 2, bias=True)
    stratum = space.measure(space.parse(["3*[3]"]))
    assert (stratum.plain_weight_dimension, stratum.weight_dimension) == (22, 24)


@pytest.mark.parametrize("n", [3, 4, 5])
@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
def test_permutation_stratum(n: int, depth: int, bias: bool, kind: Kind) -> None:
    stratum = next(variety(n, depth, bias, kind).strata())
    equivariant = kind == "equivariant"
    functions = (
        (4 * depth + 3 if equivariant else 4 * depth) if bias else 2 * depth + 2 * equivariant
    )
    parameters = (7 if bias else 4) * (depth - 1) + (
        (7 if bias else 4) if equivariant else (4 if bias else 2)
    )
    gauge = (3 if bias else 2) * (depth - 1)
    changes = (depth - 1) * n * (n + bias)
    assert stratum.function_dimension == functions
    assert (stratum.parameters, stratum.gauge) == (parameters, gauge)
    assert stratum.weight_dimension == parameters + changes - gauge
    assert stratum.plain_weight_dimension == stratum.weight_dimension
    assert stratum.component


@pytest.mark.parametrize(("n", "bias"), [(2, False), (2, True), (3, False)])
def test_tangent_space_against_expanded_equations(n: int, bias: bool) -> None:
    """The Jacobian of the expanded equalities, differentiated as polynomials."""
    space = variety(n, 2, bias)
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(n), scope="network")
    equations = [e.left - e.right for e in pc.derive(space.network, symmetry).equalities()]
    names = space.network.weight_names()
    prime = modular.PRIMES[0]
    for stratum in space.strata():
        setting = Setting.make(space.network, space.moves, prime, 5)
        point = space.point(setting, stratum.hidden)
        flat = [number for array in point.general for number in array.ravel().tolist()]
        at = dict(zip(names, flat, strict=True))
        assert all(value(equation, at, prime) == 0 for equation in equations)
        rows = [[value(e.derivative(name), at, prime) for name in names] for e in equations]
        rank = modular.rank(np.array(rows, dtype=np.int64), prime)
        assert stratum.tangent_dimension == len(names) - rank


def value(polynomial: pc.Polynomial, values: dict[str, int], prime: int) -> int:
    total = 0
    for exponents, coefficient in polynomial.terms():
        product = int(coefficient)
        for name, exponent in zip(polynomial.ring.names, exponents, strict=True):
            product = product * pow(values[name], exponent, prime) % prime
        total += product
    return total % prime


@pytest.mark.parametrize("bias", [False, True])
def test_changes_of_hidden_units_change_no_figure(bias: bool) -> None:
    """A stratum is measured at the identity; any other change gives the same tangent space."""
    space = variety(3, 2, bias)
    stratum = next(space.strata())
    setting = Setting.make(space.network, space.moves, modular.PRIMES[1], 3)
    prime = setting.prime
    lower, upper = space.point(setting, stratum.hidden).general
    layers = space.network.layers
    matrix = setting.random((3, 3))
    back = modular.inverse(matrix, prime)
    changed = modular.matmul(matrix, lower, prime)
    shift = None
    if bias:
        added = setting.random((3,))
        changed[:, 0] = (changed[:, 0] + added) % prime
        shift = -modular.matmul(back, added[:, None], prime)[:, 0] % prime
    undone = modular.matmul(upper, induced(layers[1], back, Modulo(prime), shift), prime)
    inputs = setting.random((4, 3))
    before = values(space.network, (lower, upper), inputs, Modulo(prime))
    assert np.array_equal(before, values(space.network, (changed, undone), inputs, Modulo(prime)))
    assert not np.array_equal(lower, changed)
    found = tangent_conditions(setting, (changed, undone)).rank
    assert space.network.weights - found == stratum.tangent_dimension


@pytest.mark.parametrize("kind", ["quadratic", "linear"])
@pytest.mark.parametrize("bias", [False, True])
def test_equivariant_layers_are_equivariant(kind: str, bias: bool) -> None:
    space = variety(3, 2, bias, layer=kind)
    layer = space.network.layers[0]
    prime = modular.PRIMES[0]
    for level in space.levels(1):
        if level.free:
            continue
        first, _ = space.ends
        exact = equivariant_layers(layer, first, level)
        basis = equivariant_layers(layer, first, level, prime)
        assert len(exact) == len(basis)
        rows = modular.from_rationals(exact, prime).reshape(len(exact), layer.weights)
        both = np.concatenate([rows, basis.reshape(len(basis), layer.weights)])
        assert modular.rank(both, prime) == len(basis)
        # Exactly, at one rational point: W p(σx) = R(σ) W p(x).
        x = np.array([Fraction(2, 3), Fraction(-1, 5), Fraction(7)], dtype=object)
        for generator, matrix in zip(
            space.symmetry.group.generators, level.representation.over(), strict=True
        ):
            for one in exact:
                here = one @ products(layer, x)
                there = one @ products(layer, x[list(generator)])
                rank = level.rank
                assert (there[:rank] == matrix @ here[:rank]).all()
                assert not there[rank:].any()


def products(layer: object, x: np.ndarray) -> np.ndarray:
    letters = np.concatenate([[1], x]) if layer.bias else x  # type: ignore[attr-defined]
    indices = layer.product_indices()  # type: ignore[attr-defined]
    return np.array([np.prod(letters[list(row)]) for row in indices], dtype=object)


def test_number_of_equivariant_layers_is_burnsides() -> None:
    """Equivariant maps to the trivial representation are invariants: Molien's count."""
    t = sympy.Symbol("t")
    # Invariants of degree 2 of S_3 on three points: e1² and p2.
    molien = sympy.series(1 / ((1 - t) * (1 - t**2) * (1 - t**3)), t, 0, 3).removeO()
    space = variety(3, 2)
    level = space.parse(["[3]"])[0]
    basis = equivariant_layers(space.network.layers[0], space.ends[0], level)
    assert len(basis) == molien.coeff(t, 2)


def test_redundant_indices_add_antisymmetric_parts() -> None:
    ordered = next(variety(3, 2).strata())
    redundant = next(variety(3, 2, indices="redundant").strata())
    added = 2 * 3 * 3
    assert redundant.weight_dimension == ordered.weight_dimension + added
    assert redundant.tangent_dimension == ordered.tangent_dimension + added
    assert redundant.function_dimension == ordered.function_dimension


def test_hidden_widths_differ() -> None:
    space = variety(3, 2, widths=(2,))
    found = {str(one.hidden[0]): figures(one) for one in space.strata()}
    assert list(found) == ["2·[3]", "[2,1]", "[3]", "0", "[3] + free", "2·free", "free"]
    # Two invariants of degree 2 and any quadratic form in them.
    assert found["2·[3]"] == (4 + 3, 7, 3)


def test_depth_one_is_one_linear_stratum() -> None:
    (stratum,) = variety(3, 1).strata()
    assert figures(stratum) == (4, 4, 4)
    assert stratum.hidden == ()


def test_one_input_is_free() -> None:
    stratum = next(variety(1, 2).strata())
    assert stratum.weight_dimension == stratum.tangent_dimension == 2


def test_other_groups_have_the_permutation_stratum() -> None:
    stratum = next(variety(4, 2, group=pc.PermutationGroup.cyclic(4)).strata())
    assert stratum.hidden[0].names == {"1a": 1, "1b": 1, "2a": 1}
    assert stratum.certainty == "proved"
    # 10 weights a layer (figures of cyclic groups), 16 changes, 4 of which commute with C_4.
    assert stratum.weight_dimension == 10 + 10 + 16 - 4


def test_strata_over_the_complex_numbers() -> None:
    """Over C the plane of C_3 falls into two characters, which exchanging numbers exchanges."""
    group = pc.PermutationGroup.cyclic(3)
    symmetry = pc.Symmetry(group)
    rational, fine = (
        {str(one.hidden[0]): one for one in Variety(spec, symmetry, field=field).strata()}
        for spec in [pc.NetworkSpec(3, 2)]
        for field in ("rational", "complex")
    )
    for name, same in {"2a": "1b + 1c", "1a + 2a": "1a + 1b + 1c", "1a": "1a"}.items():
        assert figures(rational[name]) == figures(fine[same])
    assert figures(fine["2·1a + 1b"]) == figures(fine["2·1a + 1c"]) == (16, 16, 7)
    assert "2·1a + 1b" not in rational


def test_channels() -> None:
    space = variety(3, 2, channels=[1, 2, 1])
    stratum = next(space.strata())
    assert stratum.hidden[0].names == {"[3]": 2, "[2,1]": 2}
    assert stratum.weight_dimension <= stratum.tangent_dimension


def test_seed_changes_nothing() -> None:
    spec = pc.NetworkSpec(3, 2, bias=True)
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    for seed in (1, 2):
        seeded = Variety(spec, symmetry, seed)
        assert [figures(one) for one in seeded.strata()] == [
            figures(one) for one in Variety(spec, symmetry).strata()
        ]


def test_choices_are_streamed_in_order() -> None:
    space = variety(3, 3)
    listed = [tuple(map(str, choice)) for choice in space.choices()]
    assert len(listed) == len(set(listed))
    assert listed[0] == ("[3] + [2,1]", "[3] + [2,1]")
    assert tuple(map(str, space.choice(7))) == listed[6]
    with pytest.raises(UsageError, match="stratum"):
        space.choice(len(listed) + 1)


def test_large_networks_are_refused() -> None:
    space = Variety(
        pc.NetworkSpec(3, 2), pc.Symmetry(pc.PermutationGroup.symmetric(3)), max_weights=10
    )
    with pytest.raises(TooLargeError, match="max_weights="):
        next(space.strata())


def test_smallest_case() -> None:
    found = {
        str(one.hidden[0]): (*figures(one)[:2], one.certainty) for one in variety(2, 2).strata()
    }
    assert found == {
        "[2] + [1,1]": (8, 8, "proved"),
        "2·[2]": (7, 7, "proved"),
        "[2]": (8, 9, None),
        "[1,1]": (7, 9, None),
        "0": (6, 12, None),
        # Two functions at random: some combination of them is invariant.
        "[2] + free": (7, 7, "almost surely"),
        "free": (8, 8, "almost surely"),
    }


# Weight dimension = tangent dimension, and functions, of components that no plain representation
# explains; found independently, modulo three primes.
MIXED = [
    (3, True, "equivariant", "[3]+free 33 5, [3]+2·free 29 5, 2·[3]+free 26 8, [2,1]+free 24 6"),
    (3, True, "equivariant", "2·free 36 1, free 36 1"),
    (3, False, "equivariant", "[3]+free 21 2, [3]+2·free 17 2, 2·[3]+free 15 3, [2,1]+free 15 3"),
    (2, True, "equivariant", "[2]+free 14 5, [1,1]+free 13 4"),
    (3, True, "invariant", "[3]+2·free 29 5, 2·[3]+free 26 8, [3]+free 25 5, [2,1]+free 22 4"),
    (3, False, "invariant", "[3]+2·free 17 2, 2·[3]+free 15 3, [3]+free 15 2, [2,1]+free 14 2"),
]


@pytest.mark.parametrize(("n", "bias", "kind", "table"), MIXED)
def test_mixed_levels(n: int, bias: bool, kind: Kind, table: str) -> None:
    found = {str(one.hidden[0]): one for one in variety(n, 2, bias, kind).strata()}
    for row in table.split(", "):
        name, dimension, functions = row.split()
        stratum = found[name.replace("+", " + ")]
        assert figures(stratum) == (int(dimension), int(dimension), int(functions))
        assert stratum.certainty == "almost surely"
        assert stratum.error_bound is not None
        assert 0 < stratum.error_bound < 1e-9


def test_relations_make_a_component_almost_sure() -> None:
    space = variety(3, 2, bias=True)
    certainty = {str(one.hidden[0]): one.certainty for one in space.strata()}
    assert certainty["[3] + [2,1]"] == "proved"
    assert certainty["3·[3]"] == "almost surely"


@pytest.mark.parametrize(
    ("n", "names"),
    [
        (2, {"[2] + [1,1]": 6}),
        (3, {"[3]": 6, "[2,1]": 5, "0": 6, "[3] + free": 6, "2·free": 6, "free": 7}),
    ],
)
def test_linear_networks_of_hidden_width_two(n: int, names: dict[str, int]) -> None:
    """The components that Macaulay2 finds: one, and six."""
    space = variety(n, 2, layer="linear", widths=(2,))
    found = {str(one.hidden[0]): one.weight_dimension for one in space.strata() if one.component}
    assert found == names


@pytest.mark.parametrize(("n", "depth", "bias"), [(3, 2, True), (2, 3, False)])
def test_each_closure_is_listed_once(n: int, depth: int, bias: bool) -> None:
    """What the functions carry at a random point tells closures apart."""
    attained = [one.attained for one in variety(n, depth, bias).strata()]
    assert len(attained) == len(set(attained))


def test_a_level_cannot_carry_more_than_the_layer_supplies() -> None:
    """No quadratic layer makes [1,1,1]: a stratum that asks for it attains less."""
    space = variety(3, 2)
    stratum = space.measure(space.parse(["2*[3]+[1,1,1]"]))
    assert stratum.attained == ((("[3]", 2),),)
    assert "[1,1,1]" not in "".join(str(hidden) for hidden in space.choices())


@pytest.mark.slow
def test_eight_inputs_four_layers() -> None:
    stratum = next(variety(8, 4, bias=True).strata())
    assert figures(stratum) == (235, 235, 19)


def test_symmetric_group_by_other_generators() -> None:
    group = pc.PermutationGroup(3, [(0, 2, 1), (1, 0, 2)])
    same = [figures(one) for one in variety(3, 2, group=group).strata()]
    assert same == [figures(one) for one in variety(3, 2).strata()]


def test_points_that_are_not_symmetric_are_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that are equivariant for another group's matrices: nothing is said of them."""
    right = point_module.equivariant_layers

    def wrong(*args: object) -> np.ndarray:
        basis = right(*args)  # type: ignore[arg-type]
        basis[0, 0, 0] += 1
        return basis

    monkeypatch.setattr(point_module, "equivariant_layers", wrong)
    space = variety(3, 2)
    with pytest.raises(PolyconstraintsError, match=r"chosen for \[3\] \+ \[2,1\] is not symmetric"):
        space.measure(space.parse(["permutation"]))


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_induced_matrices_are_those_of_substitution(degree: int) -> None:
    """P(M) against SymPy's expansion of products of linear forms."""
    letters = sympy.symbols("z0:3")
    matrix = np.array([[1, 2, 0], [-1, 3, 1], [4, 0, 5]], dtype=object)
    multisets = list(combinations_with_replacement(range(3), degree))
    order = sorted(tuple(sorted(m, reverse=True)) for m in multisets)

    class Layer:
        bias = False

        def product_indices(self) -> np.ndarray:
            return np.array(order)

    layer = Layer()
    layer.letters, layer.degree, layer.products = 3, degree, len(order)  # type: ignore[attr-defined]
    moved = [sum(c * z for c, z in zip(row, letters, strict=True)) for row in matrix.tolist()]
    found = induced(layer, matrix, EXACT)  # type: ignore[arg-type]
    for row, factors in zip(found, order, strict=True):
        expected = sympy.Poly(sympy.prod(moved[at] for at in factors), *letters)
        for number, monomial in zip(row, order, strict=True):
            exponents = tuple(monomial.count(at) for at in range(3))
            assert number == expected.coeff_monomial(exponents)
