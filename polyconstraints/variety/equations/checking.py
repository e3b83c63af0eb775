"""A computer algebra system's answer, checked by substitution of points of our own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from polyconstraints.algebra import Polynomial
from polyconstraints.variety.equations.branch import residue
from polyconstraints.variety.equations.reduce import reduce_equations
from polyconstraints.variety.equations.systems import Component, Decomposition

__all__ = ["Check", "check_decomposition", "component_point", "contains"]

#: Largest numerator and denominator that residues are taken for.
_LARGEST = 100

_ATTEMPTS = 40

#: Branches up to which a component's equations are reduced to find a point of it.
_BRANCHES = 200


@dataclass(frozen=True)
class Check:
    """How an answer fares.

    Attributes
    ----------
    solutions : tuple of bool or None
        For each component, whether a random point of it satisfies the equations; None where
        no point was found.
    covered : int
        How many of the given points lie on some component.
    points : int
        How many points were given.
    """

    solutions: tuple[bool | None, ...]
    covered: int
    points: int

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the answer."""
        return False not in self.solutions and self.covered == self.points


def contains(component: Component, point: Mapping[str, int], prime: int) -> bool:
    """Return whether a point modulo the prime is a zero of a component's ideal."""
    return all(residue(generator, point, prime) == 0 for generator in component.generators)


def check_decomposition(
    decomposition: Decomposition,
    equations: Sequence[Polynomial],
    points: Iterable[Mapping[str, int]],
) -> Check:
    """Check that components hold solutions only, and that given solutions are in components.

    Parameters
    ----------
    decomposition : Decomposition
    equations : sequence of Polynomial
        What was decomposed.
    points : iterable of mapping
        Solutions modulo the decomposition's prime, by variable.
    """
    prime = decomposition.prime
    solutions: list[bool | None] = []
    for component in decomposition.components:
        point = component_point(component, prime)
        solutions.append(
            None if point is None else all(residue(e, point, prime) == 0 for e in equations)
        )
    inside = [
        any(contains(component, point, prime) for component in decomposition.components)
        for point in points
    ]
    return Check(tuple(solutions), sum(inside), len(inside))


def component_point(component: Component, prime: int, seed: int = 0) -> dict[str, int] | None:
    """Return a random point of a component modulo the prime, or None if none is found.

    The generators' residues are taken for small fractions, which is right for components
    that are defined over the rationals; their equations are then reduced to branches, and a
    point of a branch of the component's dimension is a random point.
    """
    ring = component.generators[0].ring if component.generators else None
    rng = np.random.default_rng([seed, prime])
    if ring is None:
        return None
    lifted = [
        generator.map_coefficients(lambda c: _fraction(int(c), prime))
        for generator in component.generators
    ]
    reduction = reduce_equations(ring, lifted, max_branches=_BRANCHES)
    case = reduction.largest()
    if case is None or reduction.case_dimension(case) != component.dimension:
        return None
    for _ in range(_ATTEMPTS):
        point = reduction.point(case, prime, rng)
        if point is not None and contains(component, point, prime):
            return point
    return None


def _fraction(value: int, prime: int) -> Fraction | int:
    """Return the fraction with small numerator and denominator that a residue stands for."""
    for denominator in range(1, _LARGEST):
        numerator = value * denominator % prime
        numerator = numerator - prime if numerator > prime // 2 else numerator
        if abs(numerator) < _LARGEST:
            return Fraction(numerator, denominator)
    return value
