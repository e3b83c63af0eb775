"""Counterexamples: one network of a map, one input, and two outputs that should agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from polyconstraints.expansion import evaluate
from polyconstraints.spec.groups import Permutation
from polyconstraints.spec.symmetry import Action
from polyconstraints.tying import TyingMap

__all__ = ["Counterexample", "small_counterexample"]

#: Largest networks for which small numbers are sought.
_MAX_WEIGHTS = 3000
_MAX_DEPTH = 4

_ATTEMPTS = 20
_LARGEST = 3

#: Evaluations that are spent on making a counterexample simpler.
_SIMPLIFICATIONS = 200


@dataclass(frozen=True)
class Counterexample:
    """A network of a map that does not have the symmetry: F(σx) ≠ σF(x).

    Attributes
    ----------
    generator : tuple of int
        The permutation σ of the input units that was applied: (σx)_i = x_σ(i), from 0.
    parameters : tuple of tuples of int
        The values of the free classes of each layer, in ascending order of the classes.
    input : tuple of int
        The values x of the input units.
    output : int
        The output unit k, from 1 as in names, for which the two sides differ.
    moved, expected : int
        F_k(σx), and what it should equal: F_σ(k)(x) for equivariance, F_k(x) for invariance.
    prime : int or None
        The numbers are residues modulo this prime; None where they are plain integers.
    """

    generator: Permutation
    parameters: tuple[tuple[int, ...], ...]
    input: tuple[int, ...]
    output: int
    moved: int | Fraction
    expected: int | Fraction
    prime: int | None

    def to_json(self) -> dict[str, Any]:
        """Return the counterexample as part of a document."""
        return {
            "generator": list(self.generator),
            "parameters": [list(part) for part in self.parameters],
            "input": list(self.input),
            "output": self.output,
            "moved": _number(self.moved),
            "expected": _number(self.expected),
            "prime": self.prime,
        }


def _number(value: int | Fraction) -> int | str:
    """Return a number for a document; a fraction as text, as 1/2."""
    return int(value) if value == int(value) else str(value)


def small_counterexample(tying: TyingMap, seed: int) -> Counterexample | None:
    """Return a counterexample in small integers, if one is soon found.

    Evaluated over the rationals, by the plain program for networks and not by the modular
    one, so that the two confirm each other. Values that are not needed are made 0.

    Parameters
    ----------
    tying : TyingMap
    seed : int

    Returns
    -------
    Counterexample or None
        None where the network is too large for this, or small numbers happen to agree.
    """
    network = tying.network
    if network.depth > _MAX_DEPTH or network.weights > _MAX_WEIGHTS:
        return None
    draw = Random(seed)
    actions = tying.symmetry.unit_actions(network, generators=True)

    def small(count: int) -> tuple[int, ...]:
        return tuple(draw.randint(-_LARGEST, _LARGEST) for _ in range(count))

    for _ in range(_ATTEMPTS):
        parameters = tuple(small(count) for count in tying.parameters)
        point = small(network.units[0])
        for action in actions:
            found = _compare(tying, action, parameters, point)
            if found is not None:
                return _simplified(tying, action, found)
    return None


def _compare(
    tying: TyingMap,
    action: Action,
    parameters: tuple[tuple[int, ...], ...],
    point: tuple[int, ...],
) -> Counterexample | None:
    inputs, outputs = action[0], action[-1]
    # unit_actions gives both levels an action, or has raised.
    if inputs is None or outputs is None:
        return None
    weights = _named_weights(tying, parameters)
    plain = evaluate(tying.network, weights, point)
    moved = evaluate(tying.network, weights, [point[unit] for unit in inputs])
    for output, image in enumerate(outputs):
        if moved[output] != plain[image]:
            return Counterexample(
                inputs, parameters, point, output + 1, moved[output], plain[image], None
            )
    return None


def _named_weights(
    tying: TyingMap, parameters: Sequence[Sequence[int]]
) -> dict[str, int | Fraction]:
    named: dict[str, int | Fraction] = {}
    for layer, part in zip(tying.layers, parameters, strict=True):
        theta = np.empty(len(part), dtype=object)
        theta[:] = list(part)
        array = layer.weights(theta)
        named.update(zip(layer.layer.names(), array[layer.layer.mask].tolist(), strict=True))
    return named


def _simplified(tying: TyingMap, action: Action, found: Counterexample) -> Counterexample:
    """Return the counterexample with as many values as possible 0, and others 1."""
    budget = _SIMPLIFICATIONS
    for value in (0, 1):
        for layer, part in enumerate(found.parameters):
            for at in range(len(part)):
                if found.parameters[layer][at] in (0, value) or not budget:
                    continue
                budget -= 1
                changed = _with(found.parameters[layer], at, value)
                parameters = (
                    *found.parameters[:layer],
                    changed,
                    *found.parameters[layer + 1 :],
                )
                found = _compare(tying, action, parameters, found.input) or found
        for at in range(len(found.input)):
            if found.input[at] in (0, value) or not budget:
                continue
            budget -= 1
            point = _with(found.input, at, value)
            found = _compare(tying, action, found.parameters, point) or found
    return found


def _with(values: tuple[int, ...], at: int, value: int) -> tuple[int, ...]:
    return (*values[:at], value, *values[at + 1 :])
