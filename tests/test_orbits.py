"""Classes by orbits, against brute force over whole groups and figures from elsewhere."""

from __future__ import annotations

from itertools import combinations_with_replacement, product
from math import gcd
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.classes.orbits import Orbits
from polyconstraints.equalities.coefficients import FunctionCoefficients, TensorCoefficients
from polyconstraints.equalities.comparison import Comparison, layer_comparison
from polyconstraints.spec.groups import compose, inverse, parse_group, read_group
from polyconstraints.spec.groups.permutations import classes_of_pairs, orbits
from polyconstraints.spec.network import LayerSpec
from tests import oracles

S = pc.PermutationGroup.symmetric


@st.composite
def actions(draw: st.DrawFn) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Draw permutations of a few points, and as many of others."""
    degree, other = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    count = draw(st.integers(1, 2))
    generators = [tuple(draw(st.permutations(range(degree)))) for _ in range(count)]
    images = [tuple(draw(st.permutations(range(other)))) for _ in range(count)]
    return generators, images


def named(layer: LayerSpec, classes: Any) -> set[frozenset[str]]:
    """Return the classes of a layer as sets of names."""
    found: dict[int, set[str]] = {}
    for name, number in zip(layer.names(), classes.tolist(), strict=True):
        found.setdefault(number, set()).add(name)
    return {frozenset(names) for names in found.values()}


MODES = [
    {"layer": "linear"},
    {"layer": "quadratic", "indices": "ordered"},
    {"layer": "quadratic", "indices": "redundant"},
]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: " ".join(mode.values()))
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("output", ["same", "other", "invariant"])
@given(drawn=actions())
def test_random_groups_equal_brute_force(
    mode: dict[str, Any], bias: bool, output: str, drawn: Any
) -> None:
    generators, images = drawn
    degree = len(generators[0])
    if output == "other":
        # Acting on both sets of points at once, they act on the second one too.
        pairs = zip(generators, images, strict=True)
        generators = [(*one, *(degree + point for point in image)) for one, image in pairs]
        degree += len(images[0])
    moved = {"same": None, "other": images, "invariant": [(0,)] * len(generators)}[output]
    expected = oracles.orbits(degree, generators, bias=bias, outputs=moved, **mode)
    group = pc.PermutationGroup(degree, generators, keep_all=output == "other")
    outputs = {"same": None, "other": len(images[0]), "invariant": 1}[output]
    network = pc.NetworkSpec(degree, bias=bias, outputs=outputs, **mode)
    symmetry = pc.Symmetry(
        group,
        "invariant" if output == "invariant" else "equivariant",
        compare="tensor",
        permutations="generators",
        actions={1: tuple(images)} if output == "other" else {},
    )
    derivation = pc.derive(network, symmetry)
    found = named(network.layers[0], derivation.layers[0].by_weight)
    assert found == {
        frozenset(oracles.weight_name(0, weight) for weight in orbit) for orbit in expected
    }
    # The representative is the smallest weight, and classes are numbered by it.
    classes = derivation.layers[0].by_weight
    firsts = [int(np.flatnonzero(classes == number)[0]) for number in range(classes.max() + 1)]
    assert derivation.layers[0].representatives.tolist() == firsts == sorted(firsts)


def brute_orbits_with_channels(
    elements: set[tuple[int, ...]], channels: tuple[int, int], bias: bool, quadratic: bool
) -> int:
    """Count orbits of weights by moving each one by every element of the group."""
    degree = len(next(iter(elements)))
    below, above = channels
    inputs = [("x", c, m) for c in range(degree) for m in range(below)] + ["unit"] * bias
    outputs = [(c, m) for c in range(degree) for m in range(above)]
    products = list(combinations_with_replacement(range(len(inputs)), 2 if quadratic else 1))

    def move(element: tuple[int, ...], unit: Any) -> Any:
        return unit if unit == "unit" else (unit[0], element[unit[1]], unit[2])

    seen: set[frozenset[Any]] = set()
    for (c, m), chosen in product(outputs, products):
        orbit = set()
        for element in elements:
            letters = sorted(str(move(element, inputs[at])) for at in chosen)
            orbit.add((element[c], m, tuple(letters)))
        seen.add(frozenset(orbit))
    return len(seen)


@pytest.mark.parametrize("quadratic", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@given(drawn=actions(), channels=st.tuples(st.integers(1, 3), st.integers(1, 2)))
def test_channels_equal_brute_force(
    quadratic: bool, bias: bool, drawn: Any, channels: tuple[int, int]
) -> None:
    generators, _ = drawn
    degree = len(generators[0])
    elements = oracles.closure(generators, degree)
    network = pc.NetworkSpec(
        degree, layer="quadratic" if quadratic else "linear", bias=bias, channels=channels
    )
    symmetry = pc.Symmetry(pc.PermutationGroup(degree, generators), permutations="generators")
    expected = brute_orbits_with_channels(elements, channels, bias, quadratic)
    assert pc.derive(network, symmetry).distinct_weights == expected


# --- union-find ---------------------------------------------------------------------------


@given(st.integers(1, 40), st.data())
def test_orbits_of_arrays_agree_with_scipy(size: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 3))
    drawn = [np.array(data.draw(st.permutations(range(size)))) for _ in range(count)]
    numbers = np.arange(size)
    left = np.concatenate([numbers] * count) if count else numbers[:0]
    right = np.concatenate(drawn) if count else numbers[:0]
    sparse, csgraph = (
        pytest.importorskip(f"scipy.{name}") for name in ("sparse", "sparse.csgraph")
    )
    graph = sparse.coo_matrix((np.ones(len(left)), (left, right)), shape=(size, size))
    _, labels = csgraph.connected_components(graph, directed=False)
    smallest = np.array([int(np.flatnonzero(labels == label)[0]) for label in labels])
    assert orbits(size, drawn).tolist() == smallest.tolist()
    assert classes_of_pairs(size, left, right).tolist() == smallest.tolist()


@pytest.mark.parametrize("name", ["S", "A", "C", "D", "trivial"])
@pytest.mark.parametrize(
    "space",
    [
        TensorCoefficients(5, 6, 2),
        FunctionCoefficients(5, 6, 2),
        FunctionCoefficients(5, 6, 3),
    ],
    ids=str,
)
def test_orbits_by_stabilisers_equal_orbits_of_pairs(name: str, space: Any) -> None:
    group = pc.PermutationGroup.preset(name, 5)
    moves = tuple(((0, *(1 + i for i in g)), g) for g in group.generators)
    comparison = Comparison(space, moves, moves, True)
    numbers = np.arange(space.size)
    left = np.concatenate([numbers[:0], *[numbers] * len(moves)])
    right = np.concatenate([numbers[:0], *(space.image(*move) for move in moves)])
    assert np.array_equal(Orbits(comparison).roots, classes_of_pairs(space.size, left, right))


# --- counts without the permutations ------------------------------------------------------


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: " ".join(mode.values()))
@pytest.mark.parametrize("compare", ["function", "tensor"])
@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
@pytest.mark.parametrize(
    ("n", "bias", "channels"),
    [
        (1, False, 1),
        (2, True, 1),
        (3, False, 1),
        (4, True, 1),
        (5, False, 1),
        (3, True, (2, 2)),
    ],
)
def test_closed_forms_equal_a_count_of_all_pairs(
    mode: dict[str, Any], compare: Any, kind: Any, n: int, bias: bool, channels: Any
) -> None:
    outputs = 1 if kind == "invariant" else None
    network = pc.NetworkSpec(n, bias=bias, channels=channels, outputs=outputs, **mode)
    symmetry = pc.Symmetry(S(n), kind, compare=compare)
    comparison = layer_comparison(network, symmetry, network.layers[0])
    numbers = np.arange(comparison.space.size)
    total, pairs = 0, set()
    for move in comparison.imposed:
        image = comparison.space.image(*move)
        moved = np.flatnonzero(image != numbers)
        total += len(moved)
        pairs |= {
            tuple(sorted(pair)) for pair in zip(moved.tolist(), image[moved].tolist(), strict=True)
        }
    counts = Orbits(comparison).counts
    assert (counts.total, counts.distinct) == (total, len(pairs))
    assert set(comparison.pairs()) == pairs


def test_counts_of_a_hundred_inputs() -> None:
    """All 4950 transpositions of 10^6 coefficients, counted and not made."""
    network = pc.NetworkSpec(100, indices="redundant")
    derivation = pc.derive(network, pc.Symmetry(S(100), compare="tensor"))
    n = 100
    fixed = (n - 2) ** 3
    assert derivation.counts.total == n * (n - 1) // 2 * (n**3 - fixed)
    assert (derivation.distinct_weights, derivation.rank) == (5, 10**6 - 5)
    # k = i = j meets n-1 others, two of three indices equal 2(n-2) + 1, all different 3(n-3) + 3.
    meets = n * (n - 1) + 3 * n * (n - 1) * (2 * (n - 2) + 1)
    meets += n * (n - 1) * (n - 2) * (3 * (n - 3) + 3)
    assert derivation.counts.distinct == meets // 2


# --- published and independent figures ----------------------------------------------------


def distinct(group: pc.PermutationGroup, layer: Any = "quadratic", **more: Any) -> int:
    network = pc.NetworkSpec(group.degree, layer=layer, **more)
    return pc.derive(network, pc.Symmetry(group)).distinct_weights


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 13])
def test_cyclic_groups(n: int) -> None:
    group = pc.PermutationGroup.cyclic(n)
    assert distinct(group, "linear") == n
    assert distinct(group) == n * (n + 1) // 2


@pytest.mark.parametrize(
    ("name", "n", "linear", "quadratic"),
    [
        ("A", 3, 3, 6),
        ("A", 4, 2, 4),
        ("A", 5, 2, 4),
        ("D", 4, 3, 7),
        ("D", 5, 3, 9),
        ("D", 6, 4, 13),
        ("D", 7, 4, 16),
    ],
)
def test_alternating_and_dihedral_groups(name: str, n: int, linear: int, quadratic: int) -> None:
    group = pc.PermutationGroup.preset(name, n)
    assert (distinct(group, "linear"), distinct(group)) == (linear, quadratic)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_one_permutation(lengths: list[int]) -> None:
    images: list[int] = []
    for length in lengths:
        images += [len(images) + (at + 1) % length for at in range(length)]
    group = pc.PermutationGroup(len(images), [images])
    expected = sum(gcd(a, b) for a in lengths for b in lengths)
    assert distinct(group, "linear") == expected


@pytest.mark.parametrize("n", [3, 4, 6])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_channels_of_a_symmetric_layer(n: int, m: int) -> None:
    assert distinct(S(n), channels=(m, 1)) == 3 * m * (m + 1) // 2 + m**2
    assert distinct(S(n), "linear", channels=(m, 1)) == 2 * m
    # The bias adds the constant, and x_i alone.
    assert distinct(S(n), "linear", channels=(m, 1), bias=True) == 2 * m + 1


def set_partitions(things: int, most: int) -> int:
    """Return the number of partitions of a set into at most so many blocks, by listing them."""
    rows = [[0]]
    for _ in range(things - 1):
        rows = [[*row, label] for row in rows for label in range(max(row) + 2)]
    return sum(max(row) + 1 <= most for row in rows)


@pytest.mark.parametrize("n", range(1, 7))
@pytest.mark.parametrize(
    ("ins", "outs"), [(1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3), (3, 2), (2, 3)]
)
def test_maps_between_tensor_powers(n: int, ins: int, outs: int) -> None:
    """Set partitions of all indices with at most n blocks: Bell numbers where n suffices."""
    choice = read_group(f"tuples(S{n},{ins})", n**ins, {1: f"tuples(S{n},{outs})"})
    network = pc.NetworkSpec(n**ins, layer="linear", outputs=n**outs)
    derivation = pc.derive(network, pc.Symmetry(choice.group, actions=choice.actions))
    expected = set_partitions(ins + outs, n)
    assert derivation.distinct_weights == expected
    if n >= ins + outs:
        assert expected == {2: 2, 3: 5, 4: 15, 5: 52}[ins + outs]


def test_known_numbers_of_other_constructions() -> None:
    # Exchangeable matrices (Hartford et al. 2018): 4; with both axes moved at once: 15.
    assert distinct(parse_group("S3xS4", 12), "linear") == 4
    assert distinct(parse_group("S4#1xS4#1", 16), "linear") == 15
    # Sets of sets: same point, same block, another block.
    assert distinct(parse_group("S3wrS3", 9), "linear") == 3
    # Deep Sets on two kinds of points: 2 + 2 + 1 + 1.
    assert distinct(parse_group("S3+S2", 5), "linear") == 6
    # Edges of a complete graph: same edge, one node in common, none (the Johnson scheme).
    assert distinct(parse_group("pairs(S5)", 10), "linear") == 3


def test_edges_to_nodes() -> None:
    """An edge meets a node or it doesn't."""
    choice = read_group("pairs(S5)", 10, {1: "S5"})
    network = pc.NetworkSpec(10, layer="linear", outputs=5)
    derivation = pc.derive(network, pc.Symmetry(choice.group, actions=choice.actions))
    assert derivation.distinct_weights == 2
    [[*row], *_] = derivation.tying_map().layers[0].classes.tolist()
    assert row == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]


@given(actions())
def test_convention_of_the_comparison(drawn: Any) -> None:
    """Weights drawn on the classes give F(σx) = σF(x) for every element, not only involutions."""
    generators, _ = drawn
    degree = len(generators[0])
    network = pc.NetworkSpec(degree, layer="linear")
    symmetry = pc.Symmetry(pc.PermutationGroup(degree, generators), permutations="generators")
    tying = pc.derive(network, symmetry).tying_map()
    [weights] = tying.weights([np.array([7**at for at in range(tying.dimension)], dtype=object)])
    x = np.array([3**at for at in range(degree)], dtype=object)
    for element in oracles.closure(generators, degree):
        permuted = x[list(element)]
        assert np.array_equal(weights @ permuted, (weights @ x)[list(element)])
        assert compose(inverse(element), element) == tuple(range(degree))


@pytest.mark.parametrize("degree", [2, 3, 4])
def test_coefficients_are_sums_over_the_orders_of_their_letters(degree: int) -> None:
    space = FunctionCoefficients(2, 3, degree, redundant=True)
    expected: dict[tuple[int, ...], set[int]] = {}
    for number, (output, *letters) in enumerate(np.ndindex(2, *(3,) * degree)):
        expected.setdefault((output, *sorted(letters, reverse=True)), set()).add(number)
    sums = space.weights(np.arange(space.size))
    outputs, rows = space.split(np.arange(space.size))
    for output, row, weights in zip(outputs, rows, sums, strict=True):
        assert set(weights[weights >= 0].tolist()) == expected[int(output), *map(int, row)]
        assert (weights >= 0).sum() == len(set(weights[weights >= 0].tolist()))
