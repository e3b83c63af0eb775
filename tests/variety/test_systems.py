"""Singular and Macaulay2, where they are installed, and the decomposition they found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import polyconstraints as pc
from polyconstraints.algebra import Polynomial, PolynomialRing, ring
from polyconstraints.errors import PolyconstraintsError, UsageError
from polyconstraints.variety.equations import reduce_equations
from polyconstraints.variety.equations.systems import (
    PRIME,
    Component,
    Decomposition,
    System,
    check_decomposition,
    component_point,
    contains,
    decompose,
    find_systems,
)
from polyconstraints.variety.strata import Variety
from polyconstraints.variety.strata.exact import (
    decomposed,
    examine,
    match_components,
    network_equations,
)

DATA = Path(__file__).parent / "components_n2_d2.json"


@pytest.fixture(params=["macaulay2", "singular"])
def system(request: pytest.FixtureRequest) -> System:
    for found in find_systems():
        if found.name == request.param:
            return found
    pytest.skip(f"{request.param} isn't installed")


def smallest() -> Variety:
    network = pc.NetworkSpec(2, 2)
    return Variety(network, pc.Symmetry(pc.PermutationGroup.symmetric(2), scope="network"))


def stored() -> Decomposition:
    """Return the answer of Macaulay2 1.21, as `strata -n 2 -d 2 --decompose macaulay2` gives it."""
    target = PolynomialRing(smallest().network.weight_names())
    components = tuple(
        Component(
            tuple(target.parse(text) for text in entry["generators"]),
            entry["dimension"],
            entry["degree"],
        )
        for entry in json.loads(DATA.read_text("utf-8"))
    )
    return Decomposition(System("macaulay2", "M2", "1.21"), PRIME, components)


def test_small_ideal(system: System) -> None:
    R, x, y, z, t = ring("x_1, y_1, z_2, t")
    found = decompose(system, [x * y - x * z, x**2 * z / 2], R.names, 60)
    assert found is not None
    summary = [(c.dimension, c.degree, sorted(map(str, c.generators))) for c in found.components]
    assert summary == [(3, 1, ["x_1"]), (2, 1, ["y_1", "z_2"])]
    assert t.ring.names == R.names


def test_version_is_found(system: System) -> None:
    assert system.version[0].isdecimal()
    assert "." in system.version


def test_failure_is_one_line(system: System) -> None:
    broken = System(system.name, "/bin/true", "0")
    _, x = ring("x")
    with pytest.raises(PolyconstraintsError, match="without an answer"):
        decompose(broken, [x], ["x"], 10)


def test_time_limit(system: System) -> None:
    variety = smallest()
    equations = network_equations(variety)
    assert decompose(system, equations, variety.network.weight_names(), 0.05) is None


def test_no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert find_systems() == []
    variety = Variety(pc.NetworkSpec(2, 2, layer="linear"), smallest().symmetry)
    with pytest.raises(UsageError, match="decompose"):
        examine(variety, [], "singular", 10)
    answer = examine(variety, [], "auto", 120)
    assert answer.matching is None
    assert answer.basis is not None
    assert answer.basis.dimension == answer.dimension == 6
    assert "Macaulay2 or Singular" in answer.open_question


def test_linear_network(system: System) -> None:
    """Every component of the two-layer linear network is a stratum."""
    variety = Variety(pc.NetworkSpec(2, 2, layer="linear"), smallest().symmetry)
    strata = list(variety.strata())
    answer = examine(variety, strata, system.name, 120)
    assert answer.matching is not None
    assert answer.matching.check.passed
    assert answer.dimension == answer.matching.dimension == 6
    assert all(match.stratum is not None for match in answer.matching.matches)
    assert answer.open_question == ""


@pytest.mark.slow
def test_seven_components() -> None:
    variety = smallest()
    strata = list(variety.strata())
    equations = network_equations(variety)
    reduction = reduce_equations(equations[0].ring, equations)
    found = match_components(variety, stored(), equations, strata, reduction)
    assert [match.component.dimension for match in found.matches] == [8, 8, 8, 7, 7, 7, 7]
    assert found.check.passed
    assert found.check.solutions.count(True) == 6
    assert found.check.points > len(strata)
    filled = {
        str(match.stratum.hidden[0]): match.component.dimension
        for match in found.matches
        if match.stratum is not None
    }
    assert filled == {
        "[2] + [1,1]": 8,
        "[2]": 8,
        "free": 8,
        "2·[2]": 7,
        "[1,1]": 7,
        "[2] + free": 7,
    }
    (rest,) = [match for match in found.matches if match.stratum is None]
    assert rest.remark == (
        "no stratum fills it: the functions of hidden level 1 carry [2] + free, and what the next "
        "layer can compute of them [2] + [1,1] + free"
    )


def test_exceptional_component_is_the_known_family() -> None:
    """Hidden functions (x1 - x2) m and (x1 + x2) m', as in the tests of classification."""
    (component,) = [component for component in stored().components if component.degree == 42]
    names = smallest().network.weight_names()
    for m, n, s, t in [(3, 5, 1, 1), (2, 7, 4, -3), (1, 6, -2, 9)]:
        p, q = m - n, m + n
        first = [[m, n - m, -n], [n, m + n, m]]
        second = [
            [s * p * p, 2 * s * p * q + t, s * q * q],
            [s * p * p, 2 * s * p * q - t, s * q * q],
        ]
        values = [entry for row in (*first, *second) for entry in row]
        point = dict(zip(names, values, strict=True))
        assert all(generator.evaluate(point) % PRIME == 0 for generator in component.generators)


def test_wrong_answers_are_noticed() -> None:
    R, x, y = ring("x, y")
    right = Component((x,), 1, 1)
    wrong = Component((x - 1,), 1, 1)
    points: list[dict[str, int]] = [{"x": 0, "y": 5}, {"x": 3, "y": 0}]
    system = System("singular", "", "")
    equations: list[Polynomial] = [x * y]
    missing = check_decomposition(Decomposition(system, PRIME, (right,)), equations, points)
    assert (missing.covered, missing.points, missing.passed) == (1, 2, False)
    false = check_decomposition(Decomposition(system, PRIME, (right, wrong)), equations, points)
    assert false.solutions == (True, False)
    assert not false.passed
    assert component_point(right, PRIME) is not None
    assert R.names == ("x", "y")


@pytest.mark.slow
def test_decomposition_again(system: System) -> None:
    """Sums and differences of inputs and outputs make minutes a second."""
    variety = smallest()
    found = decomposed(variety, system, network_equations(variety), 300)
    assert found is not None
    sizes = [(component.dimension, component.degree) for component in found.components]
    assert sizes == [(component.dimension, component.degree) for component in stored().components]
    for known in stored().components:
        point = component_point(known, PRIME)
        assert point is None or any(
            contains(component, point, PRIME)
            for component, size in zip(found.components, sizes, strict=True)
            if size == (known.dimension, known.degree)
        )
