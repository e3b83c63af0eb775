"""The oracles and the paper's data, against each other and against figures known independently."""

from __future__ import annotations

import doctest
import random
from collections import Counter
from fractions import Fraction
from itertools import count, product
from math import comb
from pathlib import Path
from typing import Any

import pytest
import sympy

from tests import oracles, paper, paper_equations
from tests.oracles import Net

FINDINGS = Path(__file__).parents[1] / "docs" / "findings.md"

#: One equivariant layer, S_n, n = 1 ... 5: distinct weights and dimension.
LAYERS: list[tuple[dict[str, Any], list[int], list[int]]] = [
    ({"layer": "linear"}, [1, 2, 2, 2, 2], [1, 2, 2, 2, 2]),
    ({}, [1, 3, 4, 4, 4], [1, 3, 4, 4, 4]),
    ({"indices": "redundant", "compare": "paper"}, [1, 6, 9, 11, 13], [1, 5, 7, 8, 9]),
    ({"indices": "redundant", "compare": "tensor"}, [1, 4, 5, 5, 5], [1, 4, 5, 5, 5]),
    ({"indices": "redundant", "compare": "function"}, [1, 6, 20, 50, 102], [1, 5, 13, 28, 54]),
    ({"bias": True}, [3, 6, 7, 7, 7], [3, 6, 7, 7, 7]),
    ({"layer": "linear", "bias": True}, [2, 3, 3, 3, 3], [2, 3, 3, 3, 3]),
    ({"kind": "invariant"}, [1, 2, 2, 2, 2], [1, 2, 2, 2, 2]),
    ({"kind": "invariant", "bias": True}, [3, 4, 4, 4, 4], [3, 4, 4, 4, 4]),
]

#: (n, depth, bias): equations of the whole network, equivariant and invariant.
NETWORKS = [
    ((2, 1, False), (6, 3, 3), (2, 1, 1)),
    ((3, 1, False), (48, 24, 14), (12, 6, 4)),
    ((3, 1, True), (78, 39, 23), (18, 9, 6)),
    ((2, 2, False), (10, 5, 5), (4, 2, 2)),
    ((3, 2, False), (126, 63, 36), (36, 18, 11)),
    ((3, 2, True), (288, 144, 83), (78, 39, 24)),
    ((4, 2, True), (1416, 708, 255), (288, 144, 58)),
]

#: (n, depth, bias): terms of one output, expanded and collected.
TERMS = [
    ((3, 1, True), 10),
    ((2, 2, True), 91),
    ((3, 2, False), 171),
    ((3, 2, True), 496),
    ((2, 3, True), 9811),
    ((4, 2, True), 1891),
    ((5, 2, True), 5671),
]


# --- the oracles against known figures ------------------------------------------------------------


@pytest.mark.parametrize(("case", "distinct", "dimension"), LAYERS)
def test_layer_figures(case: dict[str, Any], distinct: list[int], dimension: list[int]) -> None:
    figures = [oracles.layer_figures(n, **case) for n in range(1, 6)]
    assert [f.distinct for f in figures] == distinct
    assert [f.dimension for f in figures] == dimension


@pytest.mark.parametrize("compare", ["paper", "tensor", "function"])
def test_redundant_indices_represent_no_more_functions(compare: str) -> None:
    figures = [oracles.layer_figures(n, indices="redundant", compare=compare) for n in range(1, 6)]
    assert [f.function_dimension for f in figures] == [1, 3, 4, 4, 4]


@pytest.mark.parametrize("case", [{}, {"layer": "linear"}, {"bias": True}])
@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_orbits_are_the_classes(n: int, case: dict[str, Any]) -> None:
    perms = oracles.transpositions(n)
    weights = oracles.layer_weights(n, **case)
    classes = oracles.classes(weights, oracles.layer_equalities(n, perms, **case))
    assert oracles.orbits(n, oracles.adjacent(n), **case) == classes


@pytest.mark.parametrize(
    ("generators", "linear", "quadratic"),
    [
        *((oracles.cyclic(n), n, n * (n + 1) // 2) for n in (2, 3, 4, 5)),
        (oracles.alternating(3), 3, 6),
        (oracles.alternating(4), 2, 4),
        (oracles.alternating(5), 2, 4),
        (oracles.dihedral(4), 3, 7),
        (oracles.dihedral(5), 3, 9),
        (oracles.dihedral(6), 4, 13),
        (oracles.dihedral(7), 4, 16),
    ],
)
def test_orbits_of_other_groups(
    generators: list[oracles.Permutation], linear: int, quadratic: int
) -> None:
    n = len(generators[0])
    assert len(oracles.orbits(n, generators, layer="linear")) == linear
    assert len(oracles.orbits(n, generators)) == quadratic


def network(n: int, depth: int, bias: bool, kind: str = "equivariant") -> Net:
    last = n if kind == "equivariant" else 1
    return Net(n, depth, bias=bias, widths=(n,) * depth + (last,))


@pytest.mark.parametrize(("case", "equivariant", "invariant"), NETWORKS)
def test_network_counts(
    case: tuple[int, int, bool],
    equivariant: tuple[int, int, int],
    invariant: tuple[int, int, int],
) -> None:
    for kind, expected in (("equivariant", equivariant), ("invariant", invariant)):
        net = network(*case, kind)
        assert oracles.network_counts(net, oracles.transpositions(net.n), kind) == expected
        assert oracles.network_counts(net, oracles.adjacent(net.n), kind).rank == expected[2]


@pytest.mark.parametrize(("case", "terms"), TERMS)
def test_expansion_size(case: tuple[int, int, bool], terms: int) -> None:
    n, depth, bias = case
    (output,) = oracles.expand(network(n, depth, bias, "invariant"))
    degree = 2**depth
    assert sum(map(len, output.values())) == terms
    assert len(output) == (comb(n + degree, n) if bias else comb(n + degree - 1, n - 1))


@pytest.mark.parametrize(
    "net",
    [
        Net(2, 2, bias=True),
        Net(3, 1, indices="redundant", bias=True),
        Net(2, 2, layer="linear", bias=True),
        Net(2, 2, indices="redundant", widths=(2, 3, 1)),
    ],
)
def test_expansion_is_sympys(net: Net) -> None:
    for expression, expansion in zip(oracles.expressions(net), oracles.expand(net), strict=True):
        rebuilt = sympy.Add(
            *(
                c
                * sympy.Mul(*(sympy.Symbol(w) ** p for w, p in weights))
                * sympy.Mul(*(sympy.Symbol(f"x{i}") ** p for i, p in enumerate(mu, start=1)))
                for mu, terms in expansion.items()
                for weights, c in terms.items()
            )
        )
        assert rebuilt == sympy.expand(expression)


def test_evaluation_is_the_expansions() -> None:
    net = Net(3, 2, bias=True)
    weights = {name: Fraction(i % 7 - 3, i % 5 + 1) for i, name in enumerate(net.weight_names())}
    x = [Fraction(1, 2), Fraction(-2), Fraction(3, 5)]
    for value, expansion in zip(
        oracles.evaluate(net, weights, x), oracles.expand(net), strict=True
    ):
        total = Fraction(0)
        for mu, terms in expansion.items():
            for factors, coefficient in terms.items():
                term = Fraction(coefficient)
                for name, power in factors:
                    term *= weights[name] ** power
                for component, power in zip(x, mu, strict=True):
                    term *= component**power
                total += term
        assert total == value


def test_closed_orbits_make_an_equivariant_layer() -> None:
    """Not only for involutions: the 3-cycle tells the two readings of the comparison apart."""
    net, (p,) = Net(3), oracles.cyclic(3)
    weights = oracles.layer_scope_point(net, [p], count(1))
    x = [2, 5, 11]
    y = oracles.evaluate(net, weights, x)
    moved = oracles.evaluate(net, weights, [x[p[i]] for i in range(3)])
    assert moved == [y[p[k]] for k in range(3)]


@pytest.mark.parametrize(
    ("case", "kind", "tangent", "functions"),
    [
        ((2, 2, False), "equivariant", 8, 4),
        ((3, 2, True), "equivariant", 23, 11),
        ((3, 2, True), "invariant", 20, 8),
    ],
)
def test_tangent_dimension_at_layer_scope(
    case: tuple[int, int, bool], kind: str, tangent: int, functions: int
) -> None:
    net = network(*case, kind)
    perms = oracles.adjacent(net.n)
    prime = 2**31 - 1
    draw = random.Random(1)
    values = (draw.randrange(1, prime) for _ in count())
    point = oracles.layer_scope_point(net, perms, values, kind)
    assert oracles.tangent_dimension(net, point, perms, prime, kind) == tangent
    assert oracles.function_tangent_dimension(net, point, perms, prime, kind) == functions


def test_moved_outputs_suffice_with_all_transpositions_only() -> None:
    net = Net(3, 2, bias=True)
    ranks = [
        oracles.network_counts(net, perms, unmoved=unmoved).rank
        for perms in (oracles.transpositions(3), oracles.adjacent(3))
        for unmoved in (True, False)
    ]
    assert ranks[:3] == [83, 83, 83]
    assert ranks[3] < 83


def test_tangent_dimension_needs_a_solution() -> None:
    net = Net(2)
    point = {name: i for i, name in enumerate(net.weight_names())}
    with pytest.raises(ValueError, match="does not satisfy"):
        oracles.tangent_dimension(net, point, oracles.transpositions(2), 101)


# --- the paper's listings -------------------------------------------------------------------------


def _key(name: str) -> paper.NetworkWeight:
    layer, k, i, j = map(int, name.removeprefix("W").split("_"))
    return (layer, k, i, j)


def _true_groups(output: int) -> dict[tuple[int, ...], paper.Terms]:
    groups: dict[tuple[int, ...], paper.Terms] = {}
    for mu, terms in oracles.expand(Net(3, 2, bias=True))[output - 1].items():
        for factors, coefficient in terms.items():
            weights = [_key(name) for name, power in factors for _ in range(power)]
            groups.setdefault(mu, Counter())[tuple(sorted(weights))] += coefficient
    return groups


def test_grouped_listing_is_right() -> None:
    listing = paper.grouped()
    truth = _true_groups(listing.output)
    assert listing.output == 2
    assert len(listing.groups) == 10
    assert set(listing.groups) - listing.complete == {paper.CUT_GROUP}
    for mu in listing.complete:
        assert listing.groups[mu] == truth[mu]
    assert listing.groups[paper.CUT_GROUP] <= truth[paper.CUT_GROUP]


def test_ungrouped_listing_is_right_but_for_four_slips() -> None:
    literal, listing = paper.ungrouped(), paper.ungrouped(corrected=True)
    truth = _true_groups(listing.output)
    assert listing.output == 3
    assert set(listing.groups) - listing.complete == {(1, 1, 1), (1, 0, 1)}
    slip = (1, 1, 2)
    for mu in listing.complete - {slip}:
        assert listing.groups[mu] == truth[mu]
    for mu in ((1, 1, 1), (1, 0, 1)):
        assert listing.groups[mu] <= truth[mu]
    # one product misread, three left out
    assert listing.groups[slip] - truth[slip] == {((0, 3, 2, 1), (0, 3, 3, 2), (1, 3, 3, 3)): 1}
    assert truth[slip] - listing.groups[slip] == {
        ((0, 1, 3, 3), (0, 3, 2, 1), (1, 3, 3, 1)): 1,
        ((0, 3, 2, 1), (0, 3, 3, 3), (1, 3, 3, 3)): 2,
    }
    # one exponent printed twice across a line break
    assert literal.groups[1, 3, 0] - listing.groups[1, 3, 0] == {
        ((0, 1, 2, 0), (0, 3, 2, 1), (1, 3, 3, 1)): 1
    }


# --- the paper's equations ------------------------------------------------------------------------


def _true(n: int, **case: Any) -> set[paper_equations.Equality]:
    perms = oracles.transpositions(n)
    return {paper_equations.equality(*e) for e in oracles.layer_equalities(n, perms, **case)}


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_equations_15_and_16(n: int) -> None:
    printed, true = paper_equations.eq15(n), _true(n, layer="linear")
    assert printed <= true
    assert len(true - printed) == n * (n - 1) * (n - 2) // 2
    assert all(len({w[0] for side in e for w in side}) == 1 for e in true - printed)
    weights = oracles.layer_weights(n, layer="linear")
    assert (
        oracles.classes(weights, printed)
        == oracles.classes(weights, true)
        == oracles.classes(weights, paper_equations.eq16(n))
    )


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_equation_21_is_the_paper_comparison(n: int) -> None:
    assert paper_equations.eq21(n) == _true(n, indices="redundant", compare="paper")
    assert paper_equations.eq52(n) == paper_equations.eq21_line(n, 8)


def test_table_22() -> None:
    for n, (distinct, total, _) in paper_equations.TABLE_22.items():
        weights = oracles.layer_weights(n, indices="redundant")
        assert len(weights) == total
        assert len(oracles.classes(weights, paper_equations.eq21(n))) == distinct


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_equations_26_and_27(n: int) -> None:
    printed = paper_equations.eq26(n) | paper_equations.eq27(n)
    assert all(w[1] <= w[2] for e in printed for side in e for w in side)
    ours = {paper_equations.canonical_equality(e) for e in printed}
    true = _true(n)
    assert ours <= true
    assert all(len({w[0] for side in e for w in side}) == 1 for e in true - ours)
    weights = oracles.layer_weights(n)
    assert oracles.classes(weights, ours) == oracles.classes(weights, true)
    assert len(oracles.classes(weights, true)) == paper_equations.ORDERED_DISTINCT[n]
    assert paper_equations.eq27(n, half="h<k") == paper_equations.eq27(n, half="k<h")


@pytest.mark.parametrize(("n", "h", "k"), [(3, 1, 2), (3, 3, 1), (4, 2, 3)])
def test_equation_25(n: int, h: int, k: int) -> None:
    swap = {h: k, k: h}
    left: paper_equations.Quadratic = {}
    right: paper_equations.Quadratic = {}
    for i, j in product(range(1, n + 1), repeat=2):
        if i <= j:
            mu = tuple(sorted((swap.get(i, i), swap.get(j, j))))
            left.setdefault(mu, Counter())[k, i, j] += 1
            right.setdefault((i, j), Counter())[h, i, j] += 1
    assert paper_equations.eq25(n, h, k, literal=False) == (left, right)
    assert paper_equations.eq25(n, h, k) != (left, right)


def test_equation_30() -> None:
    binomials, summands, total = paper_equations.eq30()
    assert [comb(*b) for b in binomials] == summands
    assert sum(summands) == total == paper_equations.monomials_up_to(3, 8)


def test_equation_48() -> None:
    net = Net(2, 2, indices="redundant")
    names = net.weight_names()
    weights = {name: Fraction(i % 5 - 2, i % 3 + 1) for i, name in enumerate(names)}
    keyed = {_key(name): value for name, value in weights.items()}
    x, target = [Fraction(1), Fraction(2)], [Fraction(1, 2), Fraction(3)]
    true = oracles.gradient(net, weights, x, target)
    printed = paper_equations.eq48((2, 2, 2), keyed, x, target)
    repaired = paper_equations.eq48((2, 2, 2), keyed, x, target, both_orders=True)
    assert all(repaired[_key(name)] == true[name] for name in names)
    assert all(printed[_key(name)] == true[name] for name in names if name.startswith("W1"))
    assert any(printed[_key(name)] != true[name] for name in names)


# --- the findings ---------------------------------------------------------------------------------


def test_findings_show_real_output() -> None:
    """Every ``>>>`` of the page runs and prints what the page shows."""
    text = "\n".join(
        "" if line.startswith("```") else line
        for line in FINDINGS.read_text(encoding="utf-8").splitlines()
    )
    examples = doctest.DocTestParser().get_doctest(text, {}, "findings.md", str(FINDINGS), 0)
    assert examples.examples
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    runner.run(examples, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
