"""Verification of maps: symmetric ones pass, proofs agree, bounds are what they say."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.evaluation import Modulo, exact_array, values
from polyconstraints.spec.symmetry import end_moves
from polyconstraints.verification import points as points_module
from polyconstraints.verification.maps import completeness
from polyconstraints.verification.points import (
    draw_prime,
    draw_residues,
    error_bound,
    height_bits,
    is_symmetric_by_expansion,
    layer_weights,
    predicted_terms,
    random_check,
    seeded,
    total_degree,
)
from polyconstraints.verification.proofs import layerwise
from polyconstraints.verification.result import Mismatch, Unacted
from tests.tying.documents import CASES, make

from .maps import WRONG, S, derived, edited, layer_from, repeated, with_layers


@pytest.fixture(params=range(len(CASES)), ids=lambda at: str(CASES[at]))
def tying(request: pytest.FixtureRequest) -> pc.TyingMap:
    return make(*CASES[request.param])


def test_derived_maps_are_proven(tying: pc.TyingMap) -> None:
    result = pc.verify(tying)
    assert result
    assert (result.proof, result.error_bound, result.counterexample) == ("layerwise", None, None)
    assert (result.trials, result.prime, result.found_actions) == (0, None, {})
    draw = seeded(tying, 0)
    assert random_check(tying, 2, draw_prime(tying, draw), draw) is None
    assert 0 < error_bound(tying, 3) < 2**-70
    if predicted_terms(tying) < 200_000:
        assert is_symmetric_by_expansion(tying)


def test_same_seed_same_result() -> None:
    tying = WRONG[0]()
    first = json.dumps(pc.verify(tying, seed=7).to_json(), sort_keys=True)
    assert json.dumps(pc.verify(tying, seed=7).to_json(), sort_keys=True) == first
    assert pc.verify(tying, seed=8).prime != pc.verify(tying, seed=7).prime


def test_modular_evaluation_agrees_with_the_plain_one(tying: pc.TyingMap) -> None:
    draw = random.Random(3)
    prime = draw_prime(tying, draw)
    theta = [draw_residues(draw, prime, count) for count in tying.parameters]
    points = [draw_residues(draw, prime, tying.network.units[0]) for _ in range(2)]
    named: dict[str, int] = {}
    arrays = []
    for layer, part in zip(tying.layers, theta, strict=True):
        arrays.append(layer_weights(layer, part, prime))
        named.update(zip(layer.layer.names(), arrays[-1].ravel().tolist(), strict=True))
    inputs = np.array([exact_array(point) for point in points])
    found = values(tying.network, arrays, inputs, Modulo(prime)).tolist()
    for point, value in zip(points, found, strict=True):
        expected = pc.evaluate(tying.network, named, point)
        assert value == [output % prime for output in expected]


# --- Bounds -----------------------------------------------------------------------------------


def test_degree_is_that_of_the_expanded_network() -> None:
    for depth, bias in ((1, True), (2, False), (3, False)):
        network = pc.NetworkSpec(2, depth, bias=bias)
        tying = pc.derive(network, pc.Symmetry(S(2))).tying_map()
        polynomial = pc.expand(network).polynomial(1)
        assert total_degree(tying) == max(sum(exponents) for exponents, _ in polynomial.terms())
    linear = derived(3, layer="linear", depth=4, bias=True)
    assert total_degree(linear) == 5
    cubed = derived(2, layer="linear", depth=3, activation="z^3")
    # 9 in x, and 1 + 3 + 9 in the weights.
    assert total_degree(cubed) == 22


def test_height_counts_activations() -> None:
    plain = derived(2, layer="linear", depth=2)
    bent = derived(2, layer="linear", depth=2, activation="z + z^2/6")
    # The weights of the first layer occur twice; the coefficients 1 and 1/6 add up to less than 2,
    # of 2 bits, and 6 has 3.
    assert height_bits(plain) == 1 + 2 + 2
    assert height_bits(bent) == 1 + 2 * 2 + 2 + 2 + 3
    known = draw_prime(bent, random.Random(4))
    split = derived(2, layer="linear", depth=2, activation=f"z + z^2/{known}")
    assert draw_prime(split, random.Random(4)) != known


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
    drawn = draw_residues(random.Random(1), 5, 5000)
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
    assert layerwise(changed).proved == exact
    assert (layerwise(changed).obstacle is None) == exact
    assert pc.verify(changed).symmetric == exact


def invariant_hidden_units() -> pc.TyingMap:
    """Return a symmetric map whose hidden units are all invariant, which it doesn't say."""
    tying = derived(2, depth=2)
    first = layer_from(tying.layers[0], lambda k, i, j: (k, i == j))
    # Both outputs are the same function of the hidden units.
    last = layer_from(tying.layers[1], lambda _, i, j: (i, j))
    return with_layers(tying, first, last)


def test_actions_that_are_not_stated_are_found() -> None:
    result = pc.verify(invariant_hidden_units())
    assert result.proof == "layerwise"
    assert result.found_actions == {1: ((0, 1),)}
    assert result.completeness is None
    assert isinstance(result.obstacle, Mismatch)
    assert is_symmetric_by_expansion(invariant_hidden_units())


@given(st.data())
@settings(max_examples=60)
def test_hidden_units_in_another_order_are_found(data: st.DataObject) -> None:
    group = data.draw(
        st.sampled_from(
            [S(3), S(4), pc.PermutationGroup.cyclic(4), pc.PermutationGroup.dihedral(5)]
        )
    )
    n = group.degree
    indices = data.draw(st.sampled_from(["ordered", "redundant"]))
    tying = derived(n, group, depth=3, bias=data.draw(st.booleans()), indices=indices)
    orders = [data.draw(st.permutations(range(n))) for _ in range(2)]
    mixed = scrambled(tying, *orders)
    result = pc.verify(mixed)
    assert result.proof == "layerwise"
    assert result.found_actions is not None
    for level, images in result.found_actions.items():
        order = orders[level - 1]
        for generator, image in zip(group.generators, images, strict=True):
            # New unit k is old unit order[k].
            assert all(order[image[k]] == generator[order[k]] for k in range(n))
    draw = seeded(mixed, 1)
    assert random_check(mixed, 1, draw_prime(mixed, draw), draw) is None


def scrambled(tying: pc.TyingMap, *orders: Sequence[int]) -> pc.TyingMap:
    """Return a map whose hidden units stand in another order."""
    layers = []
    for at, layer in enumerate(tying.layers):
        classes = layer.classes
        if layer.layer.ordered:
            classes = np.maximum(classes, classes.transpose(0, 2, 1))
        if at:
            first = int(layer.layer.bias)
            letters = [*range(first), *(unit + first for unit in orders[at - 1])]
            classes = classes[:, letters][:, :, letters]
        if at < len(orders):
            classes = classes[list(orders[at])]
        classes = np.where(layer.layer.mask, classes, -1)
        layers.append(LayerClasses(layer.layer, classes, layer.dependent))
    return with_layers(tying, *layers)


def moved_hidden_unit(output: int, tying: pc.TyingMap) -> pc.TyingMap:
    """Return a map in which one hidden unit reads a product of its own."""
    return with_layers(tying, edited(tying.layers[0], ((output, 1, 0), None)), tying.layers[1])


@pytest.mark.parametrize("output", range(4))
def test_what_is_found_is_never_wrong(output: int) -> None:
    tying = moved_hidden_unit(output, scrambled(derived(4, depth=2), [2, 0, 3, 1]))
    assert not layerwise(tying).proved
    result = pc.verify(tying)
    assert not result
    assert result.proof == "counterexample"


def test_stated_actions_are_not_replaced_by_found_ones() -> None:
    # The hidden units are invariant, and the map says that they are exchanged.
    tying = invariant_hidden_units()
    stated = pc.Symmetry(S(2), permutations="generators", actions={1: ((1, 0),)})
    result = pc.verify(pc.TyingMap(tying.network, stated, tying.layers))
    assert result
    assert result.proof is None
    assert result.error_bound is not None
    assert 0 < result.error_bound < 2**-70
    exact = pc.verify(pc.TyingMap(tying.network, stated, tying.layers), exact=True)
    assert (exact.proof, exact.error_bound) == ("expansion", None)


def test_proofs_are_of_the_group_that_the_generators_generate() -> None:
    # Rotations only, whatever the group is called: the map isn't one for transpositions.
    rotations = pc.PermutationGroup(3, [(1, 2, 0)], "S")
    tying = derived(3, pc.PermutationGroup.cyclic(3))
    assert pc.verify(pc.TyingMap(tying.network, pc.Symmetry(rotations), tying.layers))
    assert not pc.verify(pc.TyingMap(tying.network, pc.Symmetry(S(3)), tying.layers))
    moves = end_moves(tying.network, pc.Symmetry(rotations))
    assert [before for before, _ in moves] == [(1, 2, 0)]


def two_equal_units() -> pc.TyingMap:
    """Return a symmetric map two of whose hidden units are equal for all parameters.

    Which of the two goes where is open, and the next layer tells them apart.
    """
    tying = derived(2, depth=2, widths=(4,), symmetry={"actions": {1: ((1, 0, 3, 2),)}})
    first = layer_from(tying.layers[0], lambda k, i, j: (i == j, k % 2 == i == j))
    return with_layers(tying, first, tying.layers[1])


def test_equal_hidden_units() -> None:
    tying = two_equal_units()
    assert pc.verify(tying).proof == "layerwise"
    bare = pc.TyingMap(tying.network, pc.Symmetry(S(2)), tying.layers)
    assert pc.verify(bare)
    assert is_symmetric_by_expansion(bare)


def test_hidden_level_without_an_action() -> None:
    network = pc.NetworkSpec(3, 2, widths=(2,), outputs=1)
    tying = derived(3, depth=2, outputs=1, symmetry={"kind": "invariant"})
    narrow = pc.TyingMap(
        network,
        tying.symmetry,
        tuple(LayerClasses(layer, np.where(layer.mask, 0, -1), {}) for layer in network.layers),
    )
    found = layerwise(narrow)
    assert found.obstacle == Unacted(1)
    assert str(found.obstacle) == "no action of the group is given on level 1"
    assert found.found == {1: ((0, 1),) * 2}
    assert pc.verify(narrow, exact=True).proof == "layerwise"


def test_actions_on_hidden_levels_are_used() -> None:
    # Two hidden units that S_3 moves by the sign.
    group = S(3)
    signs = tuple(
        (1, 0) if sum(a > b for a, b in combinations(images, 2)) % 2 else (0, 1)
        for images in group.generators
    )
    network = pc.NetworkSpec(3, 2, widths=(2,), outputs=1)
    symmetry = pc.Symmetry(group, "invariant", actions={1: signs})
    tying = pc.derive(network, symmetry).tying_map()
    result = pc.verify(tying, exact=True)
    assert result.proof == "layerwise"
    assert result.completeness is not None
    assert result.completeness.status == "complete"


def test_expansion_is_refused_before_it_is_too_large() -> None:
    assert predicted_terms(derived(3)) == 72
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
    # Hidden units are invariant, and the map says that they are permuted.
    generators = S(4).generators
    stated = pc.Symmetry(S(4), permutations="generators", actions={1: generators, 2: generators})
    with pytest.raises(pc.TooLargeError, match="not an exact one, needs neither") as caught:
        pc.verify(pc.TyingMap(full.network, stated, full.layers), exact=True)
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
    assert asdict(result.completeness) == {
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
    assert result.error_bound is None
    # About a third of a second; the limit only tells linear from exponential.
    assert time.process_time() - started < 20


@pytest.mark.slow
def test_fifty_layers_of_a_hundred_units() -> None:
    tying = repeated(derived(100), 50)
    started = time.process_time()
    assert pc.verify(tying)
    assert time.process_time() - started < 120


def test_random_check_of_large_layers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points_module, "MAX_WEIGHTS", 17)
    with pytest.raises(pc.TooLargeError, match="18 in layer0") as caught:
        pc.verify(WRONG[0]())
    assert caught.value.exit_status == 4
    assert pc.verify(derived(3)).proof == "layerwise"
