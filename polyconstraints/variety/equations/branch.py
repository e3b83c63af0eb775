"""A branch of the case distinction by which equations are solved, and points of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.evaluation import Modulo

StepKind = Literal[
    "content", "repeated factor", "nonzero factor", "factor", "dependent", "coefficient"
]


@dataclass(frozen=True)
class Step:
    """One step of a reduction, so that a report can show why a weight is what it is."""

    #: ``content``, ``repeated factor``, ``nonzero factor``: something was divided out; ``factor``:
    #: one factor was chosen to be zero, the ones before it not to be; ``coefficient``: the same for
    #: the coefficient of a variable that an equation is linear in; ``dependent``: an equation was
    #: solved for a variable.
    kind: StepKind
    #: What was zero before.
    equation: Polynomial
    #: What came of it.
    result: str

    def __str__(self) -> str:
        """Return the step in one line."""
        return f"{self.kind}: {_shortened(self.equation)} = 0, so {self.result}"


def _shortened(polynomial: Polynomial, terms: int = 6) -> str:
    """Return a polynomial's leading terms."""
    if len(polynomial) <= terms:
        return str(polynomial)
    leading = dict(polynomial.terms()[:terms])
    return f"{polynomial.ring.from_terms(leading)} + … ({len(polynomial)} terms)"


@dataclass(frozen=True)
class Solved:
    """A variable as a quotient of polynomials in variables that are solved later or free."""

    name: str
    numerator: Polynomial
    denominator: Polynomial

    def __str__(self) -> str:
        """Return the solution as an equation."""
        if self.denominator.is_constant:
            return f"{self.name} = {self.numerator / self.denominator.constant_value()}"
        return f"{self.name} = ({self.numerator})/({self.denominator})"


@dataclass(frozen=True)
class Branch:
    """What is known in one case."""

    #: The variables; those of no interest may be among them.
    ring: PolynomialRing
    #: The variables of the system, solved or not.
    variables: tuple[str, ...]
    #: What still has to vanish.
    equations: tuple[Polynomial, ...]
    #: Irreducible polynomials that don't vanish here.
    nonzero: frozenset[Polynomial] = frozenset()
    #: Each in terms of variables that are solved after it, or free.
    solved: tuple[Solved, ...] = ()
    steps: tuple[Step, ...] = field(default=(), compare=False)

    @property
    def free(self) -> tuple[str, ...]:
        """The variables that no equation has been solved for."""
        settled = {one.name for one in self.solved}
        return tuple(name for name in self.variables if name not in settled)

    @property
    def dimension(self) -> int | None:
        """Dimension of the set of solutions, or None where it isn't known.

        Without equations the set is parametrised by the free variables, off the zeros of
        the nonzero polynomials; with one irreducible equation it is a hypersurface in their
        space. Both are irreducible over the rationals.
        """
        return len(self.free) - len(self.equations) if len(self.equations) <= 1 else None

    @property
    def bound(self) -> int:
        """What the dimension doesn't exceed."""
        return len(self.free) - min(1, len(self.equations))

    def because(self, step: Step, **changes: Any) -> Branch:
        """Return the branch with a step noted and other fields changed."""
        return replace(self, steps=(*self.steps, step), **changes)

    def point(self, prime: int, rng: np.random.Generator) -> Mapping[str, int] | None:
        """Return a random point modulo a prime, or None where the choice leads to none.

        With one equation left, some choices have no solution modulo the prime; with more of them
        left there is a ValueError.
        """
        values = {name: int(rng.integers(prime)) for name in self.free}
        if len(self.equations) > 1:
            raise ValueError(f"expected at most one equation, got {len(self.equations)}")
        for equation in self.equations:
            root = _root(equation, values, prime, rng)
            if root is None:
                return None
            values.update(root)
        for one in reversed(self.solved):
            denominator = residue(one.denominator, values, prime)
            if denominator == 0:
                return None
            numerator = residue(one.numerator, values, prime)
            values[one.name] = numerator * pow(denominator, -1, prime) % prime
        if any(residue(polynomial, values, prime) == 0 for polynomial in self.nonzero):
            return None
        return values


def _root(
    equation: Polynomial, values: Mapping[str, int], prime: int, rng: np.random.Generator
) -> dict[str, int] | None:
    """Return a value of one variable with which an equation holds modulo a prime."""
    from flint import nmod_poly

    name = min(equation.variables(), key=lambda one: (equation.degree(one), one))
    coefficients = [0] * (equation.degree(name) + 1)
    for (power,), part in equation.collect([name]).items():
        coefficients[power] = residue(part, values, prime)
    polynomial = nmod_poly(coefficients, prime)
    if polynomial.degree() < 1:
        return None
    roots = sorted(
        -int(factor[0]) % prime for factor, _ in polynomial.factor()[1] if factor.degree() == 1
    )
    return {name: roots[int(rng.integers(len(roots)))]} if roots else None


def residue(polynomial: Polynomial, values: Mapping[str, int], prime: int) -> int:
    """Return the value of a polynomial modulo a prime."""
    value = polynomial.evaluate({name: values[name] for name in polynomial.variables()})
    return Modulo(prime).number(value)
