"""Points of the variety: what is proved of them, and what must never be."""

from __future__ import annotations

from fractions import Fraction

import pytest

import polyconstraints as pc
from polyconstraints.algebra import modular
from polyconstraints.errors import InputError
from polyconstraints.variety.strata import Variety
from polyconstraints.variety.strata.classification import classified, classify

TWO = Variety(pc.NetworkSpec(2, 2), pc.Symmetry(pc.PermutationGroup.symmetric(2)))

Matrix = list[list[int | Fraction]]


def quadratic(*factors: tuple[int, int]) -> list[int]:
    """Coefficients of x1², x1 x2, x2² in a product of two linear forms."""
    (a, b), (c, d) = factors
    return [a * c, a * d + b * c, b * d]


def exceptional() -> tuple[Matrix, Matrix]:
    """Return a symmetric network whose hidden functions span nothing that S_2 preserves.

    Hidden functions q1 = (x1 - x2) m and q2 = (x1 + x2) m', where m = a x1 + b x2 and m' is m
    with the inputs exchanged. Their product is (x1² - x2²) m m', which changes its sign;
    r = (a - b) q1 + (a + b) q2 stays. Outputs r² + q1 q2 and r² - q1 q2.
    """
    a, b = 3, 5
    first: Matrix = [
        list(quadratic((1, -1), (a, b))),
        list(quadratic((1, 1), (b, a))),
    ]
    p, q = a - b, a + b
    # Products of the hidden units in the order h1², h2 h1, h2².
    second: Matrix = [[p * p, 2 * p * q + 1, q * q], [p * p, 2 * p * q - 1, q * q]]
    return first, second


def evaluated(first: Matrix, second: Matrix, x1: int, x2: int) -> list[int | Fraction]:
    h1, h2 = (row[0] * x1 * x1 + row[1] * x2 * x1 + row[2] * x2 * x2 for row in first)
    return [row[0] * h1 * h1 + row[1] * h2 * h1 + row[2] * h2 * h2 for row in second]


def test_exceptional_point_is_symmetric() -> None:
    first, second = exceptional()
    for x1, x2 in [(1, 2), (-3, 4), (7, 11)]:
        here = evaluated(first, second, x1, x2)
        assert evaluated(first, second, x2, x1) == here[::-1]
        assert here[0] != here[1]


# Points whose hidden functions carry what those of a stratum do, but satisfy more relations or give
# the next layer more to compute: each is on another family. The first two were found independently.
OTHERS = [
    # Sym²[2,1]: products of two functions that carry [2,1] carry [3] + [2,1].
    (
        pc.NetworkSpec(3, 2),
        [[1, -2, 1, 0, 0, 0], [0, 1, -1, -1, 1, 0], [0, 0, 1, 0, -2, 1]],
        [[1, 2, 8, -5, 2, 1], [1, 2, -4, 7, 2, 1], [1, 2, 14, -11, 2, 1]],
        "[3] + [2,1]",
    ),
    # A network that no network with equivariant layers computes.
    (
        pc.NetworkSpec(2, 2, bias=True),
        [[1, 2, 2, 2, 0, 2], [-1, 0, 2, -4, -4, -2]],
        [[0, 4, -1, 0, 0, 1], [0, 4, 1, 0, 0, -1]],
        "[2] + free",
    ),
    (pc.NetworkSpec(2, 2), *exceptional(), "[2] + free"),
    # e1 and e1² where two invariants were asked for: one relation more.
    (
        pc.NetworkSpec(3, 2, bias=True),
        [
            [0, 1, 0, 1, 0, 0, 1, 0, 0, 0],
            [0, 0, 1, 0, 2, 1, 0, 2, 2, 1],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ],
        [[0, 1, 2, 0, 0, 0, 0, 0, 0, 0]] * 3,
        "2·[3]",
    ),
]


@pytest.mark.parametrize(("network", "first", "last", "carried"), OTHERS)
def test_points_of_other_families_are_not_on_the_stratum(
    network: pc.NetworkSpec, first: Matrix, last: Matrix, carried: str
) -> None:
    group = pc.PermutationGroup.symmetric(network.inputs)
    found = classify(Variety(network, pc.Symmetry(group)), (first, last))
    assert found.symmetric
    assert found.stratum is not None
    assert str(found.stratum.hidden[0]) == carried
    assert not found.inside
    assert found.certainty is None
    assert found.status == "not proved"


def test_point_with_free_functions() -> None:
    """Hidden functions at random, outputs zero: a combination of the functions is invariant."""
    first: Matrix = [[1, 2, 3], [4, 5, 7]]
    found = classify(TWO, (first, [[0, 0, 0], [0, 0, 0]]))
    assert found.stratum is not None
    assert str(found.stratum.hidden[0]) == "[2] + free"
    assert found.inside


def test_singular_point_of_a_component_is_not_proved() -> None:
    """On the permutation stratum, but where the variety is not smooth."""
    first: Matrix = [[1, 2, 4], [4, 2, 1]]
    found = classify(TWO, (first, [[0, 0, 0], [0, 0, 0]]))
    assert found.stratum is not None
    assert found.stratum.component
    assert found.tangent_dimension is not None
    assert found.tangent_dimension > found.stratum.weight_dimension
    assert found.status == "not proved"


def test_stratum_that_is_no_proved_component_proves_nothing() -> None:
    same: Matrix = [[1, 0, -1], [2, 0, -2]]
    found = classify(TWO, (same, [[1, 2, 3], [1, 2, 3]]))
    assert found.stratum is not None
    assert found.stratum.hidden[0].names == {"[1,1]": 1}
    assert found.status == "not proved"


@pytest.mark.parametrize("bias", [False, True])
def test_points_of_strata_are_found_again(bias: bool) -> None:
    variety = Variety(
        pc.NetworkSpec(3, 2, bias=bias), pc.Symmetry(pc.PermutationGroup.symmetric(3))
    )
    for stratum in variety.strata():
        setting = variety.setting(modular.PRIMES[1])
        point = variety.point(setting, stratum.hidden)
        found = classified(variety, setting, point.general)
        assert found.inside
        assert found.stratum is not None
        assert found.stratum.attained == stratum.attained
        assert found.certainty == stratum.certainty


def test_asymmetric_point() -> None:
    found = classify(TWO, ([[1, 0, 0], [0, 1, 0]], [[1, 0, 0], [0, 0, 1]]))
    assert not found.symmetric
    assert found.tangent_dimension is None
    assert found.status == "not symmetric"


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(InputError, match=r"weights\[0\]: expected shape \(2, 3\)"):
        classify(TWO, ([[1, 2]], [[1, 2]]))
