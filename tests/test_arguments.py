"""Wrong arguments get a sentence of ours: every public function and method, and each argument."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import polyconstraints as pc
from polyconstraints.spec.problem import Words

NETWORK = pc.NetworkSpec(2, depth=2)
RING, X, Y = pc.ring("x, y")
DERIVATION = pc.derive(NETWORK)
STRATA = pc.strata(NETWORK)
EXPANSION = pc.expand(NETWORK)
VARIETY = STRATA.variety

#: An instance of every public class.
INSTANCES: Mapping[str, Any] = {
    "Polynomial": X + Y,
    "PolynomialRing": RING,
    "AnyNetwork": pc.law(),
    "Derivation": DERIVATION,
    "Equality": next(DERIVATION.equalities()),
    "Expansion": EXPANSION,
    "PermutationGroup": DERIVATION.symmetry.group,
    "NetworkSpec": NETWORK,
    "Symmetry": DERIVATION.symmetry,
    "TyingMap": DERIVATION.tying_map(),
    "TyingRule": pc.TyingRule.of(pc.law()),
    "Neurovariety": pc.dimension((2, 2, 1)),
    "Strata": STRATA,
    "Stratum": STRATA[0],
    "Variety": VARIETY,
    "Verification": pc.verify(DERIVATION.tying_map()),
    "Discovery": pc.discover(pc.NetworkSpec(2, layer="linear"), [np.eye(2)]),
}

#: Classes that are made by hand, beside the results that functions make.
MADE = ("PolynomialRing", "Expansion", "PermutationGroup", "NetworkSpec", "Symmetry", "Variety")

#: Right values of arguments that have to be given; where it isn't here, None is tried, too.
RIGHT: Mapping[str, Any] = {
    "activation": "z^2",
    "degree": 2,
    "exponents": (1, 1),
    "expression": X.to_sympy(),
    "function": abs,
    "given": {"n": 2},
    "group": "S3",
    "inputs": [1, 2],
    "layer": NETWORK.layers[0],
    "level": 1,
    "limit": 10,
    "monomial": (2, 2),
    "name": "x",
    "names": {"x": "y"},
    "network": NETWORK,
    "number": 1,
    "order": "lex",
    "other": X,
    "output": 1,
    "packed": EXPANSION.packed(1),
    "seconds": 10,
    "setting": VARIETY.setting(),
    "sizes": [3],
    "source": DERIVATION.tying_map(),
    "strata": 3,
    "symmetry": DERIVATION.symmetry,
    "system": "sympy",
    "target": None,
    "terms": [],
    "theta": [np.zeros(6), np.zeros(6)],
    "tying": DERIVATION.tying_map(),
    "values": {"x": 1, "y": 2},
    "weights": dict.fromkeys(NETWORK.weight_names(), 1),
    "widths": (2, 2, 1),
}

#: The same without their types, which would forbid what is tried here.
ANYHOW: Any = pc
OUTPUTS: Any = EXPANSION

WRONG = ("x", None, ["x"], {}, -1.5, 3)


def calls() -> Iterator[tuple[str, Any]]:
    """Yield everything public that can be called, as a user gets it."""
    for name in pc.__all__:
        thing = getattr(pc, name)
        if not inspect.isclass(thing):
            if callable(thing):
                yield name, thing
            continue
        if name in MADE:
            yield name, thing
        for method in dir(thing):
            found = getattr(INSTANCES.get(name, thing), method, None)
            ours = (getattr(found, "__module__", None) or "").startswith("polyconstraints")
            if not method.startswith("_") and name in INSTANCES and ours and callable(found):
                yield f"{name}.{method}", found


CALLS = dict(calls())


@pytest.mark.parametrize("name", CALLS)
def test_wrong_arguments_get_a_sentence(name: str, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    function = CALLS[name]
    parameters = inspect.signature(function).parameters.values()
    known = [one for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    right = {one.name: RIGHT.get(one.name) for one in known if one.default is one.empty}
    words = [one.name for one in known]
    if any(one.kind is one.VAR_KEYWORD and "Words" in str(one.annotation) for one in parameters):
        words += [word for word in Words.__annotations__ if word not in words]
    several = [one.name for one in parameters if one.kind is one.VAR_POSITIONAL]
    for wrong in WRONG:
        for arguments, keywords in (
            *(((), {**right, word: wrong}) for word in words),
            *(((wrong,), {}) for _ in several),
        ):
            refused = ""
            try:
                result = function(*arguments, **keywords)
                if inspect.isgenerator(result):
                    next(result, None)
            except pc.PolyconstraintsError as error:
                refused = str(error)
            # Any other error fails the test: nobody is to see what Python says inside.
            assert "\n" not in refused
            assert "_empty" not in refused


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: ANYHOW.TyingMap.load(3), "path: expected a text or a path, got 3"),
        (lambda: ANYHOW.ring(3), "names: expected a sequence of texts, got 3"),
        (lambda: ANYHOW.evaluate(3, {}, []), "network: expected a NetworkSpec, got 3"),
        (lambda: ANYHOW.report(n=2, strata=3), "strata: expected a Strata or a StrataGraph, got 3"),
        (lambda: OUTPUTS.term_count("x"), "output: expected an output from 1 to 2, got 'x'"),
        (
            lambda: ANYHOW.derive(n=3, memory_limit="x"),
            "memory_limit: expected an integer, got 'x'",
        ),
        (lambda: X.to_ring("x"), "ring: expected a PolynomialRing, got 'x'"),
        (lambda: next(OUTPUTS.groups(None)), "output: expected an output from 1 to 2"),
        (lambda: X.collect([3]), "Q\\[x, y\\] has no variable 3"),
    ],
)
def test_the_sentence_says_what_was_expected_and_found(wrong: Any, sentence: str) -> None:
    with pytest.raises(pc.UsageError, match=f"^{sentence}"):
        wrong()


def test_errors_that_are_no_argument_fault_stay() -> None:
    """What fails with right arguments is a fault of ours, and is not to be hidden."""

    def fails(value: object) -> Any:
        raise AttributeError("inside")

    with pytest.raises(AttributeError, match="inside"):
        (X + Y).map_coefficients(fails)
