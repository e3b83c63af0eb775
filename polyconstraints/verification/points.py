"""Both sides of the symmetry, at random points modulo a random prime or at a generic point.

Whether F(σx) = σF(x) for every network of a tying map is whether finitely many polynomials P in
the parameters θ and the inputs x vanish. Two accidents can hide one at random points:

1. *The prime.* All coefficients of P, integers of at most h bits once cleared of denominators, may
   vanish modulo p. At most h/(b-1) primes of b bits divide them, of more than
   3·2^(b-1) / (5·(b-1)·ln 2) that there are (Rosser and Schoenfeld 1962, corollary 3).
2. *The points.* P ≠ 0 of total degree D vanishes modulo p at a uniformly random point with
   probability at most D/p (Schwartz and Zippel); d quadratic layers have D = 2^(d+1) - 1.

With t independent points the check errs with probability at most (1) + (2)^t; primes have at least
127 bits, and more for deeper networks. All random choices follow from a seed and a digest of the
map, so that no map can be made to deceive the prime that a seed gives. An inequality modulo p is
one over the rationals: a counterexample is certain.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import comb
from typing import Any

from polyconstraints.algebra import PolynomialRing
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import TooLargeError
from polyconstraints.evaluation import EXACT, Array, Modulo, both_sides, exact_array
from polyconstraints.spec.symmetry import Move, end_moves
from polyconstraints.tying import TyingMap
from polyconstraints.verification.proofs import layer_keys
from polyconstraints.verification.result import Counterexample

MIN_BITS = 127
"""Fewest bits of the prime."""

_SPARE_BITS = 80
"""Bits of the prime beyond those of the degree."""

MAX_WEIGHTS = 1 << 24
"""Weights of the largest layer that is evaluated, and about what each takes."""

_WEIGHT_BYTES = 100

#: Largest networks for which small counterexamples are sought, and with what numbers.
_SMALL_WEIGHTS = 3000
_SMALL_DEPTH = 4
_ATTEMPTS = 20
_LARGEST = 3

#: Evaluations that are spent on making a counterexample simpler.
_SIMPLIFICATIONS = 200

MAX_TERMS = 1_000_000
"""Terms of all outputs together beyond which the expansion is refused, and what each takes."""

_TERM_BYTES = 150


# --- Bounds -------------------------------------------------------------------------------


def total_degree(tying: TyingMap) -> int:
    """Return the degree of the outputs in parameters and inputs together."""
    return tying.network.degree + sum(_exponents(tying))


def _exponents(tying: TyingMap) -> list[int]:
    """Return the degree of the outputs in the weights of each layer."""
    through = 1 if tying.network.activation is None else tying.network.activation.degree
    above = (through * tied.layer.degree for tied in reversed(tying.layers[1:]))
    return list(accumulate(above, int.__mul__, initial=1))[::-1]


def height_bits(tying: TyingMap) -> int:
    """Return a bound on the bits of the coefficients, cleared of denominators.

    Let N bound the sum of a unit's absolute coefficients. A layer of degree r with s products,
    weights with absolute sums at most a and common denominator q gives N' ≤ s·a·N^r and the factor
    q, so that bits add up, each as often as the weights occur; likewise an activation, with s = 1.
    One bit more is for the difference of two outputs.
    """
    exponents = _exponents(tying)
    bits = 1
    for exponent, tied in zip(exponents, tying.layers, strict=True):
        sums = [sum(map(abs, combination.values())) for combination in tied.dependent.values()]
        bits += exponent * _bits(tied.layer.products * max([Fraction(1), *sums]))
        bits += exponent * sum(map(int.bit_length, _denominators(tied)))
    activation = tying.network.activation
    if activation is not None:
        scale = _bits(sum(map(abs, activation.coefficients))) + _bits(activation.denominator)
        bits += scale * sum(exponents[:-1]) // activation.degree
    return bits


def _bits(number: Fraction | int) -> int:
    return math.ceil(number).bit_length()


def _denominators(layer: LayerClasses) -> set[int]:
    factors = (factor for sums in layer.dependent.values() for factor in sums.values())
    return {factor.denominator for factor in factors} - {1}


def prime_bits(tying: TyingMap) -> int:
    """Return how many bits the prime for a map has."""
    return max(MIN_BITS, total_degree(tying).bit_length() - 1 + _SPARE_BITS)


def error_bound(tying: TyingMap, trials: int) -> float:
    """Return a bound on the probability that a map that is not symmetric passes."""
    bits = prime_bits(tying)
    least = 1 << (bits - 1)
    # ln 2 < 7/10 keeps the number of primes a lower bound.
    primes = Fraction(3 * least * 10, 5 * (bits - 1) * 7)
    unlucky = Fraction(height_bits(tying) // (bits - 1)) / primes
    bound = unlucky + Fraction(total_degree(tying), least) ** trials
    # What is below the smallest float is small, and not nothing.
    return min(1.0, float(bound)) or math.ulp(0.0)


# --- Random choices -----------------------------------------------------------------------


def seeded(tying: TyingMap, seed: int) -> random.Random:
    """Return the source of all random choices for a map and a seed."""
    digest = hashlib.sha256(str(seed).encode())
    # Two maps of one digest must be one map: the classes, what they depend on, the symmetry.
    digest.update(json.dumps([tying.network.to_json(), tying.symmetry.to_json()]).encode())
    keyed = zip(layer_keys(tying.layers), tying.layers, strict=True)
    digest.update(repr([(key, tied.order) for key, tied in keyed]).encode())
    return random.Random(digest.digest())


def draw_prime(tying: TyingMap, draw: random.Random) -> int:
    """Return a random number, proved to be prime, that divides none of a map's denominators."""
    from flint import fmpz

    bits = prime_bits(tying)
    denominators = set().union(*map(_denominators, tying.layers))
    if tying.network.activation is not None:
        denominators.add(tying.network.activation.denominator)
    denominators.discard(1)
    while True:
        candidate = draw.getrandbits(bits) | 1 << (bits - 1) | 1
        if fmpz(candidate).is_prime() and all(value % candidate for value in denominators):
            return candidate


def draw_residues(draw: random.Random, prime: int, count: int) -> tuple[int, ...]:
    """Return independent uniform residues, by ``getrandbits`` alone, which no Python changes."""
    bits = prime.bit_length()
    found: list[int] = []
    while len(found) < count:
        value = draw.getrandbits(bits)
        if value < prime:
            found.append(value)
    return tuple(found)


# --- The check ----------------------------------------------------------------------------


def layer_weights(layer: LayerClasses, theta: Sequence[Any], prime: int | None = None) -> Array:
    """Return the weights of a layer as exact numbers or residues, (outputs, products)."""
    by_class = layer.class_values(exact_array(theta))
    if prime is not None:
        by_class = exact_array(list(map(Modulo(prime).number, by_class.tolist())))
    weights: Array = by_class[layer.by_weight].reshape(layer.layer.outputs, layer.layer.products)
    return weights


def random_check(
    tying: TyingMap, trials: int, prime: int, draw: random.Random
) -> Counterexample | None:
    """Return a counterexample modulo a prime, or None if all trials agree.

    Each trial evaluates one random network, which must not have too many weights, at x and each σx.
    """
    largest = max(tying.network.layers, key=lambda layer: layer.weights)
    if largest.weights > MAX_WEIGHTS:
        raise TooLargeError(
            f"expected at most {MAX_WEIGHTS:,} weights a layer for the random check, got "
            f"{largest.weights:,} in layer{largest.index}: they would take about "
            f"{largest.weights * _WEIGHT_BYTES:,} bytes",
            largest.weights,
            largest.weights * _WEIGHT_BYTES,
        )
    moves = end_moves(tying.network, tying.symmetry)
    for _ in range(trials):
        theta = tuple(draw_residues(draw, prime, count) for count in tying.parameters)
        point = draw_residues(draw, prime, tying.network.units[0])
        found = _compared(tying, moves, theta, point, prime)
        if found is not None:
            return found
    return None


def _compared(
    tying: TyingMap,
    moves: Sequence[Move],
    theta: Sequence[Any],
    point: Sequence[Any],
    prime: int | None = None,
    one: Any = 1,
) -> Counterexample | None:
    """Return a counterexample if F(σx) and σF(x) differ for some generator σ."""
    weights = [
        layer_weights(layer, part, prime) for layer, part in zip(tying.layers, theta, strict=True)
    ]
    inputs, ring = exact_array(point)[None], EXACT if prime is None else Modulo(prime)
    sides = both_sides(tying.network, moves, weights, inputs, ring, one=one)
    for (before, _), pair in zip(moves, sides, strict=True):
        both = zip(*(side[0].tolist() for side in pair), strict=True)
        for output, (moved, expected) in enumerate(both, 1):
            if moved != expected:
                network = tuple(theta), tuple(point)
                return Counterexample(before, *network, output, moved, expected, prime)
    return None


# --- Small numbers ------------------------------------------------------------------------


def small_counterexample(tying: TyingMap, seed: int) -> Counterexample | None:
    """Return a counterexample in small integers, mostly 0, if one is soon found."""
    network = tying.network
    if network.depth > _SMALL_DEPTH or network.weights > _SMALL_WEIGHTS:
        return None
    draw = random.Random(seed)

    def small(count: int) -> tuple[int, ...]:
        return tuple(draw.randint(-_LARGEST, _LARGEST) for _ in range(count))

    for _ in range(_ATTEMPTS):
        theta = tuple(small(count) for count in tying.parameters)
        point = small(network.units[0])
        for move in end_moves(network, tying.symmetry):
            found = _compared(tying, [move], theta, point)
            if found is not None:
                return _simplified(tying, move, found)
    return None


def _simplified(tying: TyingMap, move: Move, found: Counterexample) -> Counterexample:
    """Return the counterexample with as many values as possible 0, and others 1."""
    budget = _SIMPLIFICATIONS
    for value in (0, 1):
        # The layers' parameters, then the input.
        for part in range(len(found.parameters) + 1):
            for at in range(len((*found.parameters, found.input)[part])):
                parts = [list(numbers) for numbers in (*found.parameters, found.input)]
                if parts[part][at] in (0, value) or not budget:
                    continue
                budget -= 1
                parts[part][at] = value
                *theta, point = map(tuple, parts)
                found = _compared(tying, [move], theta, point) or found
    return found


# --- By expansion -------------------------------------------------------------------------


def predicted_terms(tying: TyingMap) -> int:
    """Return a bound on the terms of all outputs of a tied network, fully expanded."""
    network = tying.network
    letters = network.layers[0].letters
    terms = network.units[-1] * comb(letters + network.degree - 1, network.degree)
    for power, tied in zip(_exponents(tying), tying.layers, strict=True):
        terms *= comb(len(tied.free) + power - 1, power)
    return terms


def is_symmetric_by_expansion(tying: TyingMap) -> bool:
    """Return whether F(σx) = σF(x) as polynomials in the parameters and x, for each generator.

    A TooLargeError if they would have too many terms.
    """
    terms = predicted_terms(tying)
    if terms > MAX_TERMS:
        raise TooLargeError(
            f"the layers are not symmetric one by one, and expanding the tied network takes up "
            f"to {terms:,} terms, about {terms * _TERM_BYTES:,} bytes, of which at most "
            f"{MAX_TERMS:,} are allowed; a random check, not an exact one, needs neither",
            terms,
            terms * _TERM_BYTES,
        )
    network = tying.network
    names = [f"t{tied.layer.index}_{number}" for tied in tying.layers for number in tied.free]
    ring = PolynomialRing([*network.input_names(), *names])
    inputs = ring.gens()[: network.units[0]]
    theta = tying.split(exact_array(ring.gens()[network.units[0] :]))
    moves = end_moves(network, tying.symmetry)
    return _compared(tying, moves, theta, inputs, one=ring.one) is None
