"""The prime field of the random check, and how likely the check is to be deceived.

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
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from polyconstraints.classes.layer import LayerClasses
    from polyconstraints.tying import TyingMap

__all__ = [
    "Field",
    "draw_prime",
    "error_bound",
    "height_bits",
    "seeded",
    "structure_keys",
    "total_degree",
]

MIN_BITS = 127
"""Fewest bits of the prime."""

_SPARE_BITS = 80
"""Bits of the prime beyond those of the degree."""


@dataclass(frozen=True)
class Field:
    """A prime field and the random numbers drawn for one check.

    Attributes
    ----------
    prime : int
    random : random.Random
        Seeded; only ``getrandbits`` is used, whose values no Python version changes.
    """

    prime: int
    random: random.Random

    def draw(self, count: int) -> list[int]:
        """Return independent, uniformly distributed residues."""
        bits = self.prime.bit_length()
        values: list[int] = []
        while len(values) < count:
            value = self.random.getrandbits(bits)
            if value < self.prime:
                values.append(value)
        return values

    def residue(self, value: Fraction) -> int:
        """Return the residue of a rational whose denominator the prime doesn't divide."""
        return value.numerator * pow(value.denominator, -1, self.prime) % self.prime


def total_degree(tying: TyingMap) -> int:
    """Return the degree of the outputs in parameters and inputs together.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2))
    >>> total_degree(pc.derive(pc.NetworkSpec(2, depth=3), symmetry).tying_map())
    15
    """
    network = tying.network
    return network.degree + sum(_exponents(tying))


def _exponents(tying: TyingMap) -> list[int]:
    """Return the degree of the outputs in the weights of each layer."""
    depth = tying.network.depth
    return [layer.layer.degree ** (depth - 1 - at) for at, layer in enumerate(tying.layers)]


def height_bits(tying: TyingMap) -> int:
    """Return a bound on the bits of the coefficients, cleared of denominators.

    Notes
    -----
    Let N be the sum of the absolute values of the coefficients of a unit. A layer with s
    products, whose weights are combinations of parameters with absolute sums at most a and
    common denominator q, gives N' ≤ s·a·N² and needs the factor q, so that the bits add up
    over the layers, each counted as often as its weights occur. One bit more is for the
    difference of two outputs.
    """
    bits = sum(
        exponent * _layer_bits(layer)
        for exponent, layer in zip(_exponents(tying), tying.layers, strict=True)
    )
    return bits + 1


def _layer_bits(layer: LayerClasses) -> int:
    largest = Fraction(1)
    denominators = {1}
    for combination in layer.dependent.values():
        largest = max(largest, sum(map(abs, combination.values()), Fraction(0)))
        denominators.update(factor.denominator for factor in combination.values())
    products = math.ceil(layer.layer.products * largest)
    return products.bit_length() + sum(value.bit_length() for value in denominators - {1})


def prime_bits(tying: TyingMap) -> int:
    """Return how many bits the prime for a map has."""
    return max(MIN_BITS, total_degree(tying).bit_length() - 1 + _SPARE_BITS)


def structure_keys(layers: Sequence[LayerClasses]) -> list[Hashable]:
    """Return a key for each layer; equal keys stand for layers with equal class arrays.

    Deep networks repeat one layer, often in one and the same array, which is hashed once.
    """
    digests: dict[int, bytes] = {}
    keys: list[Hashable] = []
    for tying in layers:
        layer, classes = tying.layer, tying.classes
        if id(classes) not in digests:
            data = np.ascontiguousarray(classes)
            digests[id(classes)] = hashlib.blake2b(data.data).digest()
        shape = (layer.kind, layer.indices, layer.bias, *layer.shape)
        keys.append((shape, digests[id(classes)]))
    return keys


def seeded(tying: TyingMap, seed: int) -> random.Random:
    """Return the source of all random choices for a map and a seed."""
    digest = hashlib.sha256(str(seed).encode())
    # Two maps of one digest must be one map: the classes, what they depend on, the symmetry.
    digest.update(json.dumps([tying.network.to_json(), tying.symmetry.to_json()]).encode())
    for layer, key in zip(tying.layers, structure_keys(tying.layers), strict=True):
        dependent = [
            (number, [(free, str(factor)) for free, factor in sorted(combination.items())])
            for number, combination in sorted(layer.dependent.items())
        ]
        digest.update(repr((key, dependent)).encode())
    return random.Random(digest.digest())


def draw_prime(tying: TyingMap, draw: random.Random) -> int:
    """Return a random prime that divides none of the denominators in a map.

    Primality is proven, not only probable.
    """
    from flint import fmpz

    bits = prime_bits(tying)
    denominators = {
        factor.denominator
        for layer in tying.layers
        for combination in layer.dependent.values()
        for factor in combination.values()
    }
    while True:
        candidate = draw.getrandbits(bits) | 1 << (bits - 1) | 1
        if fmpz(candidate).is_prime() and all(value % candidate for value in denominators):
            return candidate


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
