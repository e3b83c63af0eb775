"""Maps that are wrong, each in one of the ways in which tying goes wrong: all are rejected."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.cli.main import run
from polyconstraints.schemas import load_schema
from polyconstraints.verification.points import (
    draw_prime,
    is_symmetric_by_expansion,
    random_check,
    seeded,
)
from polyconstraints.verification.proofs import layerwise

from .maps import WRONG, derived, repeated, with_layers

Make = Callable[[], pc.TyingMap]


def weights_of(tying: pc.TyingMap, parameters: Any, prime: int | None) -> dict[str, Any]:
    """Return the weights by a program that shares nothing with the one that is tested."""
    named: dict[str, Any] = {}
    for layer, part in zip(tying.layers, parameters, strict=True):
        values: dict[int, Any] = dict(zip(layer.free, part, strict=True))
        for number, combination in layer.dependent.items():
            if prime is None:
                values[number] = sum(f * values[free] for free, f in combination.items())
            else:
                values[number] = sum(
                    f.numerator * pow(f.denominator, -1, prime) * values[free]
                    for free, f in combination.items()
                )
        for place in np.argwhere(layer.layer.mask).tolist():
            named[layer.layer.name(*place)] = values[int(layer.classes[tuple(place)])]
    return named


def both_sides(tying: pc.TyingMap, found: Any) -> tuple[Any, Any]:
    """Return the two numbers that a counterexample says are different."""
    weights = weights_of(tying, found.parameters, found.prime)
    sigma = found.generator
    moved = pc.evaluate(tying.network, weights, [found.input[at] for at in sigma])
    plain = pc.evaluate(tying.network, weights, list(found.input))
    image = found.output - 1
    if tying.symmetry.kind == "equivariant":
        image = sigma[image]
    sides = moved[found.output - 1], plain[image]
    return sides if found.prime is None else tuple(side % found.prime for side in sides)


def test_there_are_ten_ways_at_least() -> None:
    assert len(WRONG) >= 10


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_rejected_with_a_counterexample(make: Make) -> None:
    tying = make()
    result = pc.verify(tying)
    assert not result
    assert result.proof == "counterexample"
    assert result.counterexample is not None
    assert both_sides(tying, result.counterexample) == (
        result.counterexample.moved,
        result.counterexample.expected,
    )
    assert result.counterexample.moved != result.counterexample.expected
    assert result.obstacle is not None
    assert not is_symmetric_by_expansion(tying)


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_every_single_trial_rejects_it(make: Make) -> None:
    tying = make()
    for seed in range(5):
        draw = seeded(tying, seed)
        prime = draw_prime(tying, draw)
        found = random_check(tying, 1, prime, draw)
        assert found is not None
        assert both_sides(tying, found) == (found.moved, found.expected)


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
@pytest.mark.parametrize("ending", ["json", "npz", "safetensors"])
def test_command_exits_with_3(
    make: Make, ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if ending == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"map.{ending}"
    make().save(path)
    assert run(["verify", str(path), "--format", "json"]) == 3
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, load_schema("verification"))
    assert document["symmetric"] is False
    assert document["counterexample"]["moved"] != document["counterexample"]["expected"]
    assert run(["verify", str(path)]) == 3
    text = capsys.readouterr().out
    assert "without the symmetry" in text
    assert str(document["counterexample"]["moved"]) in text


def test_one_wrong_weight_in_fifty_layers() -> None:
    # The 23rd of 50 layers has one weight in a class of its own.
    tying = repeated(derived(4), 50)
    layers = list(tying.layers)
    classes = layers[23].classes.copy()
    classes[3, 2, 1] = classes.max() + 1
    layers[23] = type(layers[23])(layers[23].layer, classes, {})
    wrong = with_layers(tying, *layers)
    assert pc.verify(tying)
    result = pc.verify(wrong, trials=1)
    assert not result
    assert result.counterexample is not None
    assert result.counterexample.prime == result.prime
    confirm_layer_by_layer(wrong, result.counterexample)


def confirm_layer_by_layer(tying: pc.TyingMap, found: Any) -> None:
    """Evaluate a deep network with residues all the way, since plain integers would explode."""
    weights = weights_of(tying, found.parameters, found.prime)

    def outputs(units: list[int]) -> list[int]:
        for layer in tying.layers:
            network = pc.NetworkSpec(len(units))
            named = {f"W0_{name.partition('_')[2]}": weights[name] for name in layer.layer.names()}
            units = [value % found.prime for value in pc.evaluate(network, named, units)]
        return units

    moved = outputs([found.input[at] for at in found.generator])[found.output - 1]
    plain = outputs(list(found.input))[found.generator[found.output - 1]]
    assert (moved, plain) == (found.moved, found.expected)


@given(st.data())
@settings(max_examples=200)
def test_nothing_is_proved_that_is_not_so(data: st.DataObject) -> None:
    """Networks with few classes at random: a proof must hold at integers, for the whole group."""
    group = data.draw(
        st.sampled_from([pc.PermutationGroup.symmetric(2), pc.PermutationGroup.cyclic(3)])
    )
    n = group.degree
    depth = data.draw(st.integers(1, 3))
    network = pc.NetworkSpec(
        n,
        depth,
        layer=data.draw(st.sampled_from(["linear", "quadratic"])),
        indices=data.draw(st.sampled_from(["ordered", "redundant"])),
        bias=data.draw(st.booleans()),
        widths=[data.draw(st.integers(1, 3)) for _ in range(depth - 1)],
    )
    layers = []
    for layer in network.layers:
        few = data.draw(st.integers(1, 3))
        numbers = data.draw(
            st.lists(st.integers(0, few - 1), min_size=layer.weights, max_size=layer.weights)
        )
        layers.append(LayerClasses.from_weights(layer, np.array(numbers)))
    tying = pc.TyingMap(network, pc.Symmetry(group), tuple(layers))
    proof = layerwise(tying)
    found = pc.verify(tying, trials=1)
    theta = [[data.draw(st.integers(-9, 9)) for _ in range(count)] for count in tying.parameters]
    weights = weights_of(tying, theta, None)
    x = [data.draw(st.integers(-9, 9)) for _ in range(n)]
    plain = pc.evaluate(network, weights, x)
    agrees = all(
        pc.evaluate(network, weights, [x[at] for at in sigma]) == [plain[at] for at in sigma]
        for sigma in group.elements(10)
    )
    if proof.proved:
        assert agrees
        assert found.symmetric
    if found.symmetric:
        assert agrees


def test_factor_that_vanishes_modulo_well_known_primes_is_seen() -> None:
    # A weight that is off by a multiple of every prime that a program might have built in.
    known = (2**31 - 1) * (2**61 - 1) * (2**89 - 1) * (2**107 - 1) * (2**127 - 1)
    tying = derived(2, layer="linear")
    layer = tying.layers[0]
    classes = layer.classes.copy()
    classes[1, 1] = 2
    wrong = with_layers(tying, type(layer)(layer.layer, classes, {2: {0: Fraction(1 + known)}}))
    assert not pc.verify(wrong)


def test_map_made_for_the_prime_of_its_seed_is_seen() -> None:
    tying = derived(2, layer="linear")
    layer = tying.layers[0]
    classes = layer.classes.copy()
    classes[1, 1] = 2

    def off_by(amount: int) -> pc.TyingMap:
        dependent = {2: {0: Fraction(1 + amount)}}
        return with_layers(tying, type(layer)(layer.layer, classes, dependent))

    wrong = off_by(1)
    for _ in range(3):
        # Whoever knows the seed can learn the prime, but using it changes the map.
        wrong = off_by(draw_prime(wrong, seeded(wrong, 0)))
        assert not pc.verify(wrong)
