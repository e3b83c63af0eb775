"""The random check: both sides of the symmetry at random points modulo a random prime.

Whether F(σx) = σF(x) for every network of a tying map is whether finitely many polynomials
in the parameters θ and the inputs x vanish. They are evaluated at random points modulo a
random prime p. Two accidents can hide a polynomial P ≠ 0 with rational coefficients:

1. *The prime.* All of P's coefficients may vanish modulo p. Cleared of denominators they are
   integers of at most h bits, so at most h/(b-1) of the primes of b bits divide them; and
   there are more than 3·2^(b-1) / (5·(b-1)·ln 2) such primes (Rosser and Schoenfeld 1962,
   corollary 3). For small networks h < b, and this accident is impossible.
2. *The points.* A polynomial of total degree D that is not zero modulo p vanishes at a
   uniformly random point with probability at most D/p (Schwartz and Zippel). A network of d
   quadratic layers has degree 2^d in x and 2^d - 1 in θ, so D = 2^(d+1) - 1; one of d linear
   layers has D = d + 1.

With t independent points under one prime the check errs with probability at most
(1) + (2)^t. At depth 50 the degree is 2^51, which no machine word leaves room for: primes
have at least 127 bits, and more for deeper networks, so that one point already gives about
2^-70.

All random choices follow from a seed and a digest of the map. A bound on the error speaks of
choices that do not depend on the map, and with a known seed alone a map could be made to
deceive the prime that the seed gives; with the digest, changing the map changes the prime.

An inequality modulo p is one over the rationals, so a counterexample is always certain.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

import numpy as np

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import TooLargeError
from polyconstraints.evaluation import EXACT, Modulo, exact_array, values
from polyconstraints.evaluation.rings import Array
from polyconstraints.spec.moves import Move, end_moves
from polyconstraints.tying import TyingMap
from polyconstraints.verification.proofs import layer_keys
from polyconstraints.verification.result import Counterexample

__all__ = [
    "draw_prime",
    "draw_residues",
    "error_bound",
    "height_bits",
    "layer_weights",
    "random_check",
    "seeded",
    "small_counterexample",
    "total_degree",
]

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

Parameters = tuple[tuple[int, ...], ...]


# --- Bounds -------------------------------------------------------------------------------


def total_degree(tying: TyingMap) -> int:
    """Return the degree of the outputs in parameters and inputs together.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2))
    >>> total_degree(pc.derive(pc.NetworkSpec(2, depth=3), symmetry).tying_map())
    15
    """
    return tying.network.degree + sum(_exponents(tying))


def _exponents(tying: TyingMap) -> list[int]:
    """Return the degree of the outputs in the weights of each layer."""
    above = (tied.layer.degree for tied in reversed(tying.layers[1:]))
    return list(accumulate(above, int.__mul__, initial=1))[::-1]


def height_bits(tying: TyingMap) -> int:
    """Return a bound on the bits of the coefficients, cleared of denominators.

    Notes
    -----
    Let N be the sum of the absolute values of the coefficients of a unit. A layer of degree r
    with s products, whose weights are combinations of parameters with absolute sums at most a
    and common denominator q, gives N' ≤ s·a·N^r and needs the factor q, so that the bits add
    up over the layers, each counted as often as its weights occur. One bit more is for the
    difference of two outputs.
    """
    bits = sum(
        exponent * _layer_bits(layer)
        for exponent, layer in zip(_exponents(tying), tying.layers, strict=True)
    )
    return bits + 1


def _layer_bits(layer: LayerClasses) -> int:
    largest = Fraction(1)
    for combination in layer.dependent.values():
        largest = max(largest, sum(map(abs, combination.values()), Fraction(0)))
    products = math.ceil(layer.layer.products * largest)
    return products.bit_length() + sum(map(int.bit_length, _denominators(layer)))


def _denominators(layer: LayerClasses) -> set[int]:
    factors = (factor for sums in layer.dependent.values() for factor in sums.values())
    return {factor.denominator for factor in factors} - {1}


def prime_bits(tying: TyingMap) -> int:
    """Return how many bits the prime for a map has."""
    return max(MIN_BITS, total_degree(tying).bit_length() - 1 + _SPARE_BITS)


def error_bound(tying: TyingMap, trials: int) -> float:
    """Return a bound on the probability that a map that is not symmetric passes.

    Parameters
    ----------
    tying : TyingMap
    trials : int
        Number of random points.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2))
    >>> tying = pc.derive(pc.NetworkSpec(2), symmetry).tying_map()
    >>> error_bound(tying, 1) == 3 / 2**126
    True
    """
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
    digest.update(repr([(key, tied.order) for key, tied in _keyed(tying)]).encode())
    return random.Random(digest.digest())


def _keyed(tying: TyingMap) -> list[tuple[object, LayerClasses]]:
    return list(zip(layer_keys(tying.layers), tying.layers, strict=True))


def draw_prime(tying: TyingMap, draw: random.Random) -> int:
    """Return a random prime that divides none of the denominators in a map.

    Primality is proven, not only probable.
    """
    from flint import fmpz

    bits = prime_bits(tying)
    denominators = set().union(*map(_denominators, tying.layers))
    while True:
        candidate = draw.getrandbits(bits) | 1 << (bits - 1) | 1
        if fmpz(candidate).is_prime() and all(value % candidate for value in denominators):
            return candidate


def draw_residues(draw: random.Random, prime: int, count: int) -> list[int]:
    """Return independent, uniformly distributed residues.

    Only ``getrandbits`` is used, whose values no Python version changes.
    """
    bits = prime.bit_length()
    found: list[int] = []
    while len(found) < count:
        value = draw.getrandbits(bits)
        if value < prime:
            found.append(value)
    return found


# --- The check ----------------------------------------------------------------------------


def layer_weights(layer: LayerClasses, theta: Sequence[int], prime: int | None = None) -> Array:
    """Return the weights of a layer as exact numbers or residues, (outputs, products)."""
    by_class = layer.class_values(exact_array(theta))
    if prime is not None:
        by_class = exact_array(
            [v.numerator * pow(v.denominator, -1, prime) % prime for v in by_class.tolist()]
        )
    weights: Array = by_class[layer.by_weight].reshape(layer.layer.outputs, layer.layer.products)
    return weights


def random_check(
    tying: TyingMap, trials: int, prime: int, draw: random.Random
) -> Counterexample | None:
    """Return a counterexample modulo a prime, or None if all trials agree.

    Parameters
    ----------
    tying : TyingMap
    trials : int
        Number of independent networks, each looked at for one input.
    prime : int
    draw : random.Random
        Gives the parameters and inputs.

    Raises
    ------
    TooLargeError
        If a layer has too many weights.

    Notes
    -----
    Each trial evaluates one network at x and at σx for every generator σ.
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
    for _ in range(trials):
        theta = tuple(tuple(draw_residues(draw, prime, count)) for count in tying.parameters)
        point = tuple(draw_residues(draw, prime, tying.network.units[0]))
        found = _compared(tying, end_moves(tying.network, tying.symmetry), theta, point, prime)
        if found is not None:
            return found
    return None


def _compared(
    tying: TyingMap,
    moves: Sequence[Move],
    theta: Parameters,
    point: tuple[int, ...],
    prime: int | None,
) -> Counterexample | None:
    """Return a counterexample if F(σx) and σF(x) differ for some generator σ."""
    weights = [
        layer_weights(layer, part, prime) for layer, part in zip(tying.layers, theta, strict=True)
    ]
    x = exact_array(point)
    points = np.array([x, *(x[list(before)] for before, _ in moves)])
    ring = EXACT if prime is None else Modulo(prime)
    plain, *others = values(tying.network, weights, points, ring).tolist()
    for (before, after), moved in zip(moves, others, strict=True):
        for output, image in enumerate(after):
            if moved[output] != plain[image]:
                return Counterexample(
                    before, theta, point, output + 1, moved[output], plain[image], prime
                )
    return None


# --- Small numbers ------------------------------------------------------------------------


def small_counterexample(tying: TyingMap, seed: int) -> Counterexample | None:
    """Return a counterexample in small integers, if one is soon found.

    Values that are not needed are made 0.

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
    if network.depth > _SMALL_DEPTH or network.weights > _SMALL_WEIGHTS:
        return None
    draw = random.Random(seed)

    def small(count: int) -> tuple[int, ...]:
        return tuple(draw.randint(-_LARGEST, _LARGEST) for _ in range(count))

    for _ in range(_ATTEMPTS):
        theta = tuple(small(count) for count in tying.parameters)
        point = small(network.units[0])
        for move in end_moves(network, tying.symmetry):
            found = _compared(tying, [move], theta, point, None)
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
                found = _compared(tying, [move], tuple(theta), point, None) or found
    return found
