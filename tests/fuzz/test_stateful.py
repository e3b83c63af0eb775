"""Polynomials and maps through long random histories, each beside a plain model of itself."""

from __future__ import annotations

import pickle
import tempfile
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

import polyconstraints as pc
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.verification.points import draw_prime, random_check, seeded
from polyconstraints.verification.proofs import layerwise

# --- Polynomials ------------------------------------------------------------------------------

NAMES = ("x", "y", "W0_1_1_0")

#: A polynomial as the dictionary that anybody would write first.
Model = dict[tuple[int, ...], Fraction]

#: Beyond these sizes an operation is left out: the model is slow.
MOST_TERMS = 60
MOST_BITS = 4000


def cleaned(model: Model) -> Model:
    return {exponents: value for exponents, value in model.items() if value}


def added(left: Model, right: Model, sign: int = 1) -> Model:
    total = dict(left)
    for exponents, value in right.items():
        total[exponents] = total.get(exponents, Fraction(0)) + sign * value
    return cleaned(total)


def multiplied(left: Model, right: Model) -> Model:
    total: Model = {}
    for a, u in left.items():
        for b, v in right.items():
            key = tuple(i + j for i, j in zip(a, b, strict=True))
            total[key] = total.get(key, Fraction(0)) + u * v
    return cleaned(total)


def small(model: Model) -> bool:
    return len(model) <= MOST_TERMS and all(
        max(abs(v.numerator), v.denominator).bit_length() <= MOST_BITS for v in model.values()
    )


@dataclass(frozen=True)
class Pair:
    """A polynomial and its model."""

    ours: Any
    model: Model


coefficients = st.one_of(
    st.integers(-9, 9),
    st.fractions(min_value=-9, max_value=9, max_denominator=9),
    st.integers(-(10**40), 10**40),
)


class PolynomialHistory(RuleBasedStateMachine):
    """Arithmetic in a ring, step by step beside dictionaries of fractions."""

    pairs = Bundle("pairs")

    def __init__(self) -> None:
        super().__init__()
        self.ring = pc.PolynomialRing(NAMES)

    def checked(self, ours: Any, model: Model) -> Pair:
        """Return a pair whose two sides have been compared in every way that there is."""
        assert dict(ours.terms()) == model
        assert len(ours) == len(model)
        assert bool(ours) == bool(model)
        assert ours.is_zero == (not model)
        assert ours.degree() == max((sum(e) for e in model), default=ours.degree())
        rebuilt = self.ring.from_terms(dict(model))
        assert rebuilt == ours
        assert hash(rebuilt) == hash(ours)
        return Pair(ours, model)

    @initialize(target=pairs)
    def generators(self) -> Any:
        return multiple(
            *(
                self.checked(gen, {tuple(int(at == other) for other in range(3)): Fraction(1)})
                for at, gen in enumerate(self.ring.gens())
            )
        )

    @rule(target=pairs, value=coefficients)
    def constant(self, value: Any) -> Pair:
        return self.checked(self.ring.constant(value), cleaned({(0, 0, 0): Fraction(value)}))

    @rule(
        target=pairs,
        terms=st.dictionaries(st.tuples(*[st.integers(0, 70)] * 3), coefficients, max_size=6),
    )
    def written_out(self, terms: dict[tuple[int, ...], Any]) -> Pair:
        model = cleaned({exponents: Fraction(value) for exponents, value in terms.items()})
        return self.checked(self.ring.from_terms(terms), model)

    @rule(target=pairs, a=pairs, b=pairs)
    def add(self, a: Pair, b: Pair) -> Pair:
        return self.checked(a.ours + b.ours, added(a.model, b.model))

    @rule(target=pairs, a=pairs, b=pairs)
    def subtract(self, a: Pair, b: Pair) -> Pair:
        return self.checked(a.ours - b.ours, added(a.model, b.model, -1))

    @rule(target=pairs, a=pairs)
    def negate(self, a: Pair) -> Pair:
        return self.checked(-a.ours, {e: -v for e, v in a.model.items()})

    @rule(target=pairs, a=pairs, b=pairs)
    def multiply(self, a: Pair, b: Pair) -> Pair:
        model = multiplied(a.model, b.model)
        return self.checked(a.ours * b.ours, model) if small(model) else a

    @rule(target=pairs, a=pairs, exponent=st.integers(0, 4))
    def power(self, a: Pair, exponent: int) -> Pair:
        model: Model = {(0, 0, 0): Fraction(1)}
        for _ in range(exponent):
            model = multiplied(model, a.model)
            if not small(model):
                return a
        return self.checked(a.ours**exponent, model)

    @rule(target=pairs, a=pairs, value=coefficients.filter(bool))
    def divide(self, a: Pair, value: Any) -> Pair:
        model = {e: v / Fraction(value) for e, v in a.model.items()}
        return self.checked(a.ours / value, model) if small(model) else a

    @rule(target=pairs, a=pairs, value=coefficients)
    def mixed_operands(self, a: Pair, value: Any) -> Pair:
        constant = cleaned({(0, 0, 0): Fraction(value)})
        assert value + a.ours == a.ours + value
        assert value * a.ours == a.ours * value
        return self.checked(value - a.ours, added(constant, a.model, -1))

    @rule(target=pairs, a=pairs, at=st.integers(0, 2))
    def differentiate(self, a: Pair, at: int) -> Pair:
        model: Model = {}
        for exponents, value in a.model.items():
            if exponents[at]:
                lower = (*exponents[:at], exponents[at] - 1, *exponents[at + 1 :])
                model[lower] = value * exponents[at]
        return self.checked(a.ours.derivative(NAMES[at]), model)

    @rule(target=pairs, a=pairs, b=pairs, at=st.integers(0, 2))
    def substitute(self, a: Pair, b: Pair, at: int) -> Pair:
        if max((e[at] for e in a.model), default=0) > 4:
            return a
        model: Model = {}
        for exponents, value in a.model.items():
            term: Model = {(*exponents[:at], 0, *exponents[at + 1 :]): value}
            for _ in range(exponents[at]):
                term = multiplied(term, b.model)
                if not small(term):
                    return a
            model = added(model, term)
        return self.checked(a.ours.substitute({NAMES[at]: b.ours}), model)

    @rule(a=pairs, point=st.tuples(*[st.fractions(-3, 3, max_denominator=5)] * 3))
    def evaluate(self, a: Pair, point: tuple[Fraction, ...]) -> None:
        if any(max(exponents) > 80 for exponents in a.model):
            return
        expected = Fraction(0)
        for exponents, value in a.model.items():
            for base, exponent in zip(point, exponents, strict=True):
                value *= base**exponent
            expected += value
        assert a.ours.evaluate(point) == expected

    @rule(target=pairs, a=consumes(pairs))
    def through_text(self, a: Pair) -> Pair:
        if not small(a.model):
            return a
        return self.checked(self.ring.parse(str(a.ours)), a.model)

    @rule(target=pairs, a=consumes(pairs))
    def through_pickle(self, a: Pair) -> Pair:
        return self.checked(pickle.loads(pickle.dumps(a.ours)), a.model)  # noqa: S301 - its own

    @rule(a=pairs, b=pairs)
    def equality(self, a: Pair, b: Pair) -> None:
        assert (a.ours == b.ours) == (a.model == b.model)
        if a.model == b.model:
            assert hash(a.ours) == hash(b.ours)


PolynomialHistory.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
test_polynomials = PolynomialHistory.TestCase


# --- Maps -------------------------------------------------------------------------------------

KINDS: list[tuple[int, dict[str, Any]]] = [
    (2, {}),
    (3, {"layer": "linear", "bias": True}),
    (2, {"depth": 2, "bias": True}),
    (2, {"indices": "redundant"}),
]


#: Of the files that maps are saved in; the last one needs a package of its own.
ENDINGS = ["json", "npz", *["safetensors"] * (find_spec("safetensors") is not None)]


class MapHistory(RuleBasedStateMachine):
    """A map that is edited, saved, loaded and used, beside plain arrays of its classes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.tying: Any = None
        self.arrays: list[Any] = []
        self.dependent: list[dict[int, dict[int, Fraction]]] = []

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(kind=st.sampled_from(KINDS))
    def derive(self, kind: tuple[int, dict[str, Any]]) -> None:
        n, options = kind
        symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(n))
        self.tying = pc.derive(pc.NetworkSpec(n, **options), symmetry).tying_map()
        self.arrays = [layer.classes.copy() for layer in self.tying.layers]
        self.dependent = [
            {number: dict(form) for number, form in layer.dependent.items()}
            for layer in self.tying.layers
        ]

    def put(self, index: int, classes: Any, dependent: dict[int, dict[int, Fraction]]) -> None:
        """Replace one layer, of the map and of the model."""
        layer = self.tying.layers[index]
        present = set(classes[layer.layer.mask].tolist())
        kept = {
            number: {free: f for free, f in form.items() if free in present and f}
            for number, form in dependent.items()
            if number in present
        }
        # What depends on a class that is gone, or on a dependent one, has to go as well.
        kept = {
            number: {free: f for free, f in form.items() if free not in kept}
            for number, form in kept.items()
        }
        self.arrays[index], self.dependent[index] = classes, kept
        layers = list(self.tying.layers)
        layers[index] = LayerClasses(layer.layer, classes.copy(), kept)
        self.tying = pc.TyingMap(self.tying.network, self.tying.symmetry, tuple(layers))

    def place(self, data: st.DataObject) -> tuple[int, tuple[int, ...]]:
        index = data.draw(st.integers(0, len(self.arrays) - 1))
        places = np.argwhere(self.tying.layers[index].layer.mask)
        return index, tuple(places[data.draw(st.integers(0, len(places) - 1))].tolist())

    @rule(data=st.data())
    def move_a_weight(self, data: st.DataObject) -> None:
        index, at = self.place(data)
        most = self.tying.network.layers[index].weights - 1
        classes = self.arrays[index].copy()
        classes[at] = data.draw(st.integers(0, most))
        self.put(index, classes, self.dependent[index])

    @rule(data=st.data())
    def merge_two_classes(self, data: st.DataObject) -> None:
        index, at = self.place(data)
        present = self.tying.layers[index].present
        classes = self.arrays[index].copy()
        classes[classes == classes[at]] = data.draw(st.sampled_from(present))
        self.put(index, classes, self.dependent[index])

    @rule(data=st.data(), factor=st.fractions(-3, 3, max_denominator=4))
    def make_a_class_depend(self, data: st.DataObject, factor: Fraction) -> None:
        index, at = self.place(data)
        layer = self.tying.layers[index]
        number = int(self.arrays[index][at])
        others = [free for free in layer.free if free != number]
        if not others or number in self.dependent[index]:
            return
        form = {data.draw(st.sampled_from(others)): factor}
        dependent = {
            key: {free: f for free, f in other.items() if free != number}
            for key, other in self.dependent[index].items()
        }
        self.put(index, self.arrays[index], {**dependent, number: form})

    @rule(ending=st.sampled_from(ENDINGS))
    def save_and_load(self, ending: str) -> None:
        path = Path(self.folder.name) / f"map.{ending}"
        self.tying.save(path)
        loaded = pc.TyingMap.load(path)
        assert loaded == self.tying
        first = path.read_bytes()
        loaded.save(path)
        assert path.read_bytes() == first
        self.tying = loaded

    @rule(data=st.data())
    def change_the_file(self, data: st.DataObject) -> None:
        document = self.tying.to_json()
        index, at = self.place(data)
        row = document["layers"][index]["classes"]
        for part in at[:-1]:
            row = row[part]
        value = data.draw(st.sampled_from(self.tying.layers[index].present))
        same = row[at[-1]] == value
        row[at[-1]] = value
        try:
            assert pc.TyingMap.from_json(document) == self.tying
            assert same
        except pc.InputError:
            assert not same

    @rule(seed=st.integers(0, 99))
    def weights_and_back(self, seed: int) -> None:
        theta = np.random.default_rng(seed).integers(-5, 6, size=self.tying.dimension)
        tied = self.tying.weights(theta.astype(float))
        for layer, array, classes, dependent in zip(
            self.tying.layers, tied, self.arrays, self.dependent, strict=True
        ):
            parts = self.tying.split(theta)[layer.layer.index]
            values = dict(zip(layer.free, map(Fraction, parts.tolist()), strict=True))
            for number, form in dependent.items():
                values[number] = sum((f * values[free] for free, f in form.items()), Fraction(0))
            for at in np.argwhere(layer.layer.mask).tolist():
                assert abs(array[tuple(at)] - float(values[int(classes[tuple(at)])])) < 1e-9
        back = np.concatenate(self.tying.project(tied).theta)
        assert np.allclose(back, theta, atol=1e-8)

    @rule(data=st.data())
    def rename_classes(self, data: st.DataObject) -> None:
        index, _ = self.place(data)
        layer = self.tying.layers[index]
        before = pc.verify(self.tying, trials=1)
        numbers = data.draw(st.permutations(range(layer.layer.weights)))
        names = dict(zip(range(layer.layer.weights), numbers, strict=True))
        classes = np.where(layer.layer.mask, np.array(numbers)[self.arrays[index]], -1)
        dependent = {
            names[number]: {names[free]: f for free, f in form.items()}
            for number, form in self.dependent[index].items()
        }
        self.put(index, classes, dependent)
        # What a class is called is nothing to its symmetry.
        assert pc.verify(self.tying, trials=1).symmetric == before.symmetric

    @invariant()
    def a_layerwise_proof_is_never_contradicted(self) -> None:
        if self.tying is not None and layerwise(self.tying).proved:
            draw = seeded(self.tying, 1)
            assert random_check(self.tying, 1, draw_prime(self.tying, draw), draw) is None

    @invariant()
    def counts_are_those_of_the_arrays(self) -> None:
        for layer, classes, dependent in zip(
            self.tying.layers if self.tying else (), self.arrays, self.dependent, strict=True
        ):
            present = sorted(set(classes[layer.layer.mask].tolist()))
            assert list(layer.present) == present
            assert list(layer.free) == [number for number in present if number not in dependent]


MapHistory.TestCase.settings = settings(max_examples=40, stateful_step_count=15)
test_maps = MapHistory.TestCase


def test_models_can_disagree() -> None:
    # The comparison above is one that can fail.
    machine = PolynomialHistory()
    x = machine.ring.gens()[0]
    pair = Pair(x, {(1, 0, 0): Fraction(1)})
    wrong = replace(pair, model={(1, 0, 0): Fraction(2)})
    try:
        machine.checked(wrong.ours, wrong.model)
    except AssertionError:
        return
    raise AssertionError("a wrong model passed")
