"""Predicted numbers of classes: the lemma of Burnside (Cauchy, Frobenius) and Molien's series.

The number of orbits of a group is the mean number of fixed points of its elements. A
coefficient (k, μ) is fixed by an element when the output k is, and when the multiset μ is,
which depends on the element's cycles alone: the number of fixed multisets of D letters is the
coefficient of t^D in Π 1/(1 - t^c) over the cycle lengths c (Molien's series of the permutation
representation). This is a second way to the numbers that
:mod:`~polyconstraints.derivation` counts, and shares nothing with union-find.

For the symmetric group on any number of points the mean is taken by moments: the numbers
c_j of cycles of length j have E[Π (c_j)_{r_j}] = Π j^{-r_j} where Σ j r_j ≤ n, and 0 beyond
[1]_, so that only the degree of the layer matters and not n.

References
----------
.. [1] P. Diaconis, M. Shahshahani, "On the eigenvalues of random matrices", 1994, and
   G. A. Watterson, "The sampling theory of selectively neutral alleles", 1974.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.equalities.coefficients import (
    CoefficientSpace,
    FunctionCoefficients,
    TensorCoefficients,
)
from polyconstraints.spec.groups import PermutationGroup, cycle_lengths
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry, imposed_moves

#: Elements of a group that are listed.
MAX_ELEMENTS = 20_000


@dataclass(frozen=True)
class OrbitCount:
    """Orbits of the coefficients of one map.

    Predicted by Burnside's lemma, or None for a group with too many elements to list; counted by
    union-find.
    """

    predicted: int | None
    counted: int

    @property
    def agrees(self) -> bool | None:
        """Whether both are equal; None where nothing is predicted."""
        return None if self.predicted is None else self.predicted == self.counted

    def to_json(self) -> dict[str, Any]:
        """Return both numbers."""
        return {"predicted": self.predicted, "counted": self.counted}


def predicted_orbits(
    network: NetworkSpec, symmetry: Symmetry, space: CoefficientSpace, levels: tuple[int, int]
) -> int | None:
    """Return the number of orbits on the coefficients (k, μ) of the map between two levels.

    None for comparisons that permutations alone don't make, and for a group of more than 20000
    elements, S_n apart.
    """
    if not isinstance(space, FunctionCoefficients | TensorCoefficients):
        return None
    below, above = levels
    degree, commuting = space.degree, isinstance(space, FunctionCoefficients)
    if symmetry.is_plain:
        stays = symmetry.kind == "invariant" and above == network.depth
        outputs = network.widths[above] if stays else None
        channels = (network.channels[below], network.channels[above])
        count = fixed_polynomial(degree, outputs, channels, network.bias, commuting)
        return int(mean_over_symmetric_group(count, symmetry.group.degree))
    if symmetry.group.letter and symmetry.group.order() > MAX_ELEMENTS:
        return None
    # The group that acts on both at once: an element of it may do nothing on one of them.
    letters = space.letters
    moves = imposed_moves(network, symmetry, below, above, generators=True)
    joint = [(*inner, *(letters + point for point in outer)) for inner, outer in moves]
    group = PermutationGroup(letters + space.outputs, joint)
    total = elements = 0
    for element in group.elements(MAX_ELEMENTS):
        elements += 1
        if elements > MAX_ELEMENTS:
            return None
        lengths = cycle_lengths(element[:letters])
        fixed = fixed_multisets(lengths, degree) if commuting else lengths.count(1) ** degree
        kept = sum(point == at for at, point in enumerate(element[letters:], start=letters))
        total += kept * fixed
    orbits, rest = divmod(total, elements)
    if rest:
        raise ArithmeticError(f"expected a whole number of orbits, got {total}/{elements}")
    return orbits


def fixed_multisets(lengths: Iterable[int], degree: int) -> int:
    """Return how many multisets of letters a permutation with given cycle lengths fixes."""
    series = [1] + [0] * degree
    for length in lengths:
        for power in range(length, degree + 1):
            series[power] += series[power - length]
    return series[degree]


# --- the symmetric group, for any number of points ----------------------------------------


def fixed_polynomial(
    degree: int,
    outputs: int | None = None,
    channels: tuple[int, int] = (1, 1),
    bias: bool = False,
    commuting: bool = True,
) -> Polynomial:
    """Return the number of fixed coefficients of a permutation, in its numbers of cycles.

    The parameters are those of :func:`predicted_orbits`.
    """
    below, above = channels
    ring = PolynomialRing([f"c{length}" for length in range(1, max(1, degree) + 1)])
    cycles = ring.gens()
    letters = [below * count for count in cycles]
    letters[0] = letters[0] + bias
    kept = above * (cycles[0] if outputs is None else ring.constant(outputs))
    if not commuting:
        return kept * letters[0] ** degree
    # h_D = Σ over partitions of D: by D h_D = Σ_j p_j h_(D-j) with p_j = Σ_(d | j) d c_d.
    complete = [ring.one]
    for total in range(1, degree + 1):
        parts = [
            complete[total - j] * letters[d - 1] * Fraction(d, total)
            for j in range(1, total + 1)
            for d in range(1, j + 1)
            if j % d == 0
        ]
        complete.append(ring.sum(parts))
    return kept * complete[degree]


def mean_over_symmetric_group(polynomial: Polynomial, n: int) -> Fraction:
    """Return the mean of a polynomial in the numbers c1, c2, … of cycles over S_n."""
    from flint import fmpz

    total = Fraction(0)
    for exponents, value in polynomial.terms():
        # x^e = Σ_r S(e, r) (x)_r, with the Stirling numbers of the second kind.
        for falling in product(*(range(exponent + 1) for exponent in exponents)):
            length = sum(j * r for j, r in enumerate(falling, start=1))
            if length > n:
                continue
            weight = Fraction(value)
            for j, (exponent, r) in enumerate(zip(exponents, falling, strict=True), start=1):
                weight *= Fraction(int(fmpz.stirling_s2(exponent, r)), j**r)
            total += weight
    return total
