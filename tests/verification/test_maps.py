"""Verification of maps: symmetric ones pass, proofs agree, bounds are what they say."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import time
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.verification.completeness import completeness
from polyconstraints.verification.evaluation import class_residues, programs
from polyconstraints.verification.field import (
    Field,
    draw_prime,
    error_bound,
    height_bits,
    total_degree,
)
from polyconstraints.verification.layerwise import Unacted, layerwise_obstacle
from polyconstraints.verification.symbolic import is_symmetric_by_expansion, predicted_terms

from .maps import S, derived, edited, layer_from, repeated, with_layers

CASES: list[tuple[int, dict[str, Any], dict[str, Any]]] = [
    (1, {}, {}),
    (3, {}, {}),
    (3, {"depth": 2, "bias": True}, {}),
    (4, {"layer": "linear", "bias": True, "depth": 3}, {}),
    (3, {"indices": "redundant"}, {}),
    (3, {"indices": "redundant"}, {"compare": "paper"}),
    (3, {"indices": "redundant", "bias": True}, {"compare": "tensor"}),
    (3, {"depth": 2, "channels": (2, 1, 3)}, {}),
    (4, {"depth": 2, "outputs": 1, "bias": True}, {"kind": "invariant"}),
    (4, {}, {"group": pc.PermutationGroup.cyclic(4)}),
    (4, {"bias": True}, {"group": pc.PermutationGroup.dihedral(4)}),
    (4, {}, {"group": pc.PermutationGroup.alternating(4)}),
    (3, {}, {"group": pc.PermutationGroup.trivial(3)}),
]


@pytest.fixture(params=range(len(CASES)), ids=lambda at: str(CASES[at]))
def tying(request: pytest.FixtureRequest) -> pc.TyingMap:
    n, network, symmetry = CASES[request.param]
    return derived(n, symmetry.get("group"), symmetry, **network)


def test_derived_maps_pass_and_are_proven(tying: pc.TyingMap) -> None:
    result = pc.verify(tying)
    assert result
    assert result.counterexample is None
    assert result.proof is None
    assert 0 < result.error_bound < 2**-70
    exact = pc.verify(tying, exact=True)
    assert exact
    assert exact.proof == "layerwise"
    assert exact.error_bound == 0
    if predicted_terms(tying) < 200_000:
        assert is_symmetric_by_expansion(tying)


def test_same_seed_same_result(tying: pc.TyingMap) -> None:
    first = json.dumps(pc.verify(tying, seed=7).to_json(), sort_keys=True)
    assert json.dumps(pc.verify(tying, seed=7).to_json(), sort_keys=True) == first
    assert pc.verify(tying, seed=8).prime != pc.verify(tying, seed=7).prime


def test_modular_program_agrees_with_the_plain_one(tying: pc.TyingMap) -> None:
    draw = random.Random(3)
    field = Field(draw_prime(tying, draw), draw)
    theta = [field.draw(count) for count in tying.parameters]
    points = [field.draw(tying.network.units[0]) for _ in range(2)]
    values = points
    named: dict[str, int] = {}
    for layer, program, part in zip(tying.layers, programs(tying.layers), theta, strict=True):
        residues = class_residues(layer, part, field)
        values = program(residues, values, field)
        for place in np.argwhere(layer.layer.mask).tolist():
            named[layer.layer.name(*place)] = residues[int(layer.classes[tuple(place)])]
    for point, value in zip(points, values, strict=True):
        expected = pc.evaluate(tying.network, named, point)
        assert value == [output % field.prime for output in expected]


def test_program_splits_long_sums() -> None:
    # Exceptions are summed block by block; a block of three shows what 2^21 would.
    from polyconstraints.verification import evaluation

    tying = derived(4, pc.PermutationGroup.trivial(4))
    field = Field((1 << 127) - 1, random.Random(1))
    (part,) = (field.draw(count) for count in tying.parameters)
    points = [field.draw(4)]
    residues = class_residues(tying.layers[0], part, field)
    whole = programs(tying.layers)[0](residues, points, field)
    before = evaluation._BLOCK
    try:
        evaluation._BLOCK = 3
        assert programs(tying.layers)[0](residues, points, field) == whole
    finally:
        evaluation._BLOCK = before


# --- Bounds -----------------------------------------------------------------------------------


def test_degree_is_that_of_the_expanded_network() -> None:
    for depth, bias in ((1, True), (2, False), (3, False)):
        network = pc.NetworkSpec(2, depth, bias=bias)
        tying = pc.derive(network, pc.Symmetry(S(2))).tying_map()
        polynomial = pc.expand(network).polynomial(0)
        assert total_degree(tying) == max(sum(exponents) for exponents, _ in polynomial.terms())
    linear = derived(3, layer="linear", depth=4, bias=True)
    assert total_degree(linear) == 5


def test_height_bounds_the_coefficients() -> None:
    tying = derived(2, depth=2, indices="redundant", symmetry={"compare": "paper"})
    network = tying.network
    draw = random.Random(5)
    # Coefficients at parameters ±1 add up to at most the sum of their absolute values.
    for _ in range(20):
        theta = [[draw.choice((-1, 1)) for _ in range(count)] for count in tying.parameters]
        arrays = tying.weights([np.array(part, dtype=object) for part in theta])
        named = {
            layer.name(*place): array[tuple(place)]
            for layer, array in zip(network.layers, arrays, strict=True)
            for place in np.argwhere(layer.mask).tolist()
        }
        for output in pc.evaluate(network, named, [1, 1]):
            assert abs(output) < 2 ** (height_bits(tying) - 1)


def test_error_bound_in_figures() -> None:
    # One quadratic layer: degree 3; its coefficients are far too small for any prime of 127
    # bits to divide all of them, so that only the points count.
    tying = derived(3)
    assert error_bound(tying, 1) == 3 / 2**126
    assert error_bound(tying, 3) == pytest.approx((3 / 2**126) ** 3)
    deep = repeated(tying, 50)
    assert total_degree(deep) == 2**51 - 1
    assert error_bound(deep, 1) < 2**-70
    assert error_bound(deep, 10) > 2**-100  # no number of points makes up for the prime
    assert 0 < error_bound(repeated(tying, 1000), 100) < 1e-20


def test_primes_have_room_for_the_degree() -> None:
    deep = repeated(derived(2), 200)
    prime = draw_prime(deep, random.Random(0))
    assert prime.bit_length() >= 280
    assert all(pow(base, prime - 1, prime) == 1 for base in (2, 3, 5))


def test_prime_divides_no_denominator() -> None:
    tying = derived(2, layer="linear")
    layer = tying.layers[0]
    known = draw_prime(tying, random.Random(4))
    classes = layer.classes.copy()
    classes[1, 1] = 2
    halved = with_layers(tying, LayerClasses(layer.layer, classes, {2: {0: Fraction(1, known)}}))
    assert draw_prime(halved, random.Random(4)) != known


def test_draws_are_uniform_residues() -> None:
    field = Field(5, random.Random(1))
    drawn = field.draw(5000)
    assert set(drawn) == set(range(5))
    assert all(abs(drawn.count(value) - 1000) < 150 for value in range(5))


def test_trials_and_seed_are_checked() -> None:
    tying = derived(2)
    with pytest.raises(pc.UsageError, match=r"^trials: expected an integer of at least 1, got 0"):
        pc.verify(tying, trials=0)
    with pytest.raises(pc.UsageError, match=r"^seed: expected an integer of at least 0, got -1"):
        pc.verify(tying, seed=-1)


# --- Exact proofs -----------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=150)
def test_layerwise_proof_agrees_with_expansion(data: st.DataObject) -> None:
    # For one layer the layerwise condition is necessary, too.
    n = data.draw(st.integers(2, 3))
    indices = data.draw(st.sampled_from(["ordered", "redundant"]))
    kind = data.draw(st.sampled_from(["linear", "quadratic"]))
    bias = data.draw(st.booleans())
    tying = derived(n, layer=kind, indices=indices, bias=bias)
    layer = tying.layers[0]
    (count,) = layer.classes[layer.layer.mask].shape
    base = layer.classes.copy()
    # A few weights of a symmetric map are moved, so that both answers are frequent.
    for _ in range(data.draw(st.integers(0, 2))):
        places = np.argwhere(layer.layer.mask)
        place = tuple(places[data.draw(st.integers(0, count - 1))].tolist())
        base[place] = data.draw(st.integers(0, int(base.max()) + 1).filter(lambda c: c < count))
    present = sorted(set(base[layer.layer.mask].tolist()))
    free = present[: data.draw(st.integers(1, len(present)))]
    dependent = {
        number: {
            target: Fraction(data.draw(st.integers(-2, 2)), data.draw(st.integers(1, 2)))
            for target in data.draw(st.sets(st.sampled_from(free), max_size=2))
        }
        for number in present
        if number not in free
    }
    dependent = {
        number: {free: factor for free, factor in combination.items() if factor}
        for number, combination in dependent.items()
    }
    changed = with_layers(tying, LayerClasses(layer.layer, base, dependent))
    exact = is_symmetric_by_expansion(changed)
    assert (layerwise_obstacle(changed) is None) == exact
    assert pc.verify(changed).symmetric == exact


def invariant_hidden_units() -> pc.TyingMap:
    """Return a symmetric map whose hidden units are all invariant, which it doesn't say."""
    tying = derived(2, depth=2)
    first = layer_from(tying.layers[0], lambda k, i, j: (k, i == j))
    # Both outputs are the same function of the hidden units.
    last = layer_from(tying.layers[1], lambda _, i, j: (i, j))
    return with_layers(tying, first, last)


def test_network_that_is_symmetric_though_its_layers_are_not() -> None:
    tying = invariant_hidden_units()
    assert layerwise_obstacle(tying) is not None
    result = pc.verify(tying)
    assert result
    assert result.proof is None
    assert result.completeness is None
    exact = pc.verify(tying, exact=True)
    assert exact.proof == "expansion"
    assert exact.error_bound == 0


def test_hidden_level_without_an_action() -> None:
    network = pc.NetworkSpec(3, 2, hidden=(2,), outputs=1)
    tying = derived(3, depth=2, outputs=1, symmetry={"kind": "invariant"})
    narrow = pc.TyingMap(
        network,
        tying.symmetry,
        tuple(LayerClasses(layer, np.where(layer.mask, 0, -1), {}) for layer in network.layers),
    )
    obstacle = layerwise_obstacle(narrow)
    assert obstacle == Unacted(1)
    assert str(obstacle) == "no action of the group is given on level 1"
    assert pc.verify(narrow, exact=True).proof == "expansion"


def test_actions_on_hidden_levels_are_used() -> None:
    # Two hidden units that S_3 moves by the sign.
    group = S(3)
    signs = tuple(
        (1, 0) if sum(a > b for a, b in combinations(images, 2)) % 2 else (0, 1)
        for images in group.generators
    )
    network = pc.NetworkSpec(3, 2, hidden=(2,), outputs=1)
    symmetry = pc.Symmetry(group, "invariant", actions={1: signs})
    tying = pc.derive(network, symmetry).tying_map()
    result = pc.verify(tying, exact=True)
    assert result.proof == "layerwise"
    assert result.completeness is not None
    assert result.completeness.status == "complete"


def test_expansion_is_refused_before_it_is_too_large() -> None:
    tying = derived(4, depth=3)
    layer = tying.layers[0]
    # A first layer that isn't symmetric, and a last one whose weights are all 0.
    last = LayerClasses(tying.layers[2].layer, np.where(tying.layers[2].layer.mask, 0, -1), {0: {}})
    odd = with_layers(tying, edited(layer, ((0, 0, 0), None)), tying.layers[1], last)
    assert pc.verify(odd)  # the zero network is symmetric
    assert predicted_terms(odd) == 0
    assert pc.verify(odd, exact=True).proof == "expansion"
    full = with_layers(
        tying,
        layer_from(tying.layers[0], lambda k, i, j: (k, i == j)),
        layer_from(tying.layers[1], lambda k, i, j: (k, i, j)),
        layer_from(tying.layers[2], lambda _, i, j: (i, j)),
    )
    with pytest.raises(pc.TooLargeError, match="without --exact") as caught:
        pc.verify(full, exact=True)
    assert caught.value.terms is not None
    assert "\n" not in str(caught.value)


# --- Completeness -----------------------------------------------------------------------------


def test_derived_maps_are_complete(tying: pc.TyingMap) -> None:
    result = completeness(tying)
    compare = tying.symmetry.compare
    if tying.network.indices == "redundant" and compare != "function":
        # Fewer weights than the symmetry needs, and yet all functions.
        assert result.status == "complete as functions"
        assert result.true_dimension is not None
        assert result.dimension < result.true_dimension
    else:
        assert result.status == "complete"
        assert result.dimension == result.true_dimension
    assert result.function_dimension == result.true_function_dimension


def merged(layer: LayerClasses, *pairs: tuple[int, int]) -> LayerClasses:
    classes = layer.classes.copy()
    for one, other in pairs:
        classes[classes == one] = other
    return LayerClasses(layer.layer, classes, {})


def test_merged_classes_tie_more_than_needed() -> None:
    tying = derived(4)
    result = pc.verify(with_layers(tying, merged(tying.layers[0], (3, 1))))
    assert result
    assert result.completeness is not None
    assert result.completeness.to_json() == {
        "status": "ties more than needed",
        "dimension": 3,
        "true_dimension": 4,
        "function_dimension": 3,
        "true_function_dimension": 4,
    }


def test_merged_classes_may_cost_no_function() -> None:
    # Two layers have 8 parameters for functions of dimension 6: one tie more is no loss.
    tying = derived(4, depth=2)
    one = pc.verify(with_layers(tying, merged(tying.layers[1], (3, 1)))).completeness
    assert one is not None
    assert one.status == "complete as functions"
    assert (one.dimension, one.true_dimension) == (7, 8)
    three = pc.verify(with_layers(tying, merged(tying.layers[1], (3, 1), (2, 1), (1, 0))))
    assert three.completeness is not None
    assert three.completeness.status == "ties more than needed"


def test_map_of_a_larger_group_ties_more_than_needed() -> None:
    tying = derived(4)
    cyclic = derived(4, pc.PermutationGroup.cyclic(4))
    result = pc.verify(pc.TyingMap(tying.network, cyclic.symmetry, tying.layers))
    assert result
    assert result.completeness is not None
    assert result.completeness.status == "ties more than needed"
    assert (result.completeness.dimension, result.completeness.true_dimension) == (4, 10)


@pytest.mark.parametrize(
    ("n", "network", "dimension"),
    [
        (6, {}, 4),
        (6, {"bias": True}, 7),
        (6, {"layer": "linear"}, 2),
        (6, {"indices": "redundant"}, 4 + 6 * 15),
        (3, {"indices": "redundant"}, 13),
    ],
)
def test_true_dimension_is_the_published_one(
    n: int, network: dict[str, Any], dimension: int
) -> None:
    assert completeness(derived(n, **network)).true_dimension == dimension


# --- Size -------------------------------------------------------------------------------------


def test_fifty_layers_take_little_time() -> None:
    tying = repeated(derived(30), 50)
    started = time.process_time()
    result = pc.verify(tying, exact=True)
    assert result.proof == "layerwise"
    assert result.degree == 2**51 - 1
    assert math.isclose(result.error_bound, 0.0)
    # About a third of a second; the limit only tells linear from exponential.
    assert time.process_time() - started < 20


@pytest.mark.slow
def test_fifty_layers_of_a_hundred_units() -> None:
    tying = repeated(derived(100), 50)
    started = time.process_time()
    assert pc.verify(tying)
    assert time.process_time() - started < 120


def test_class_numbers_are_bounded() -> None:
    from polyconstraints.verification import evaluation

    tying = derived(2)
    before = evaluation.MAX_CLASSES
    try:
        evaluation.MAX_CLASSES = 2
        with pytest.raises(pc.TooLargeError, match="layer0") as caught:
            pc.verify(tying)
    finally:
        evaluation.MAX_CLASSES = before
    assert caught.value.exit_status == 4


def test_layers_share_programs_by_content() -> None:
    tying = repeated(derived(3), 3)
    copied = dataclasses.replace(tying.layers[2], classes=tying.layers[2].classes.copy())
    one, two, three = programs((*tying.layers[:2], copied))
    assert one is two is three
