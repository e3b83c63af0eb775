"""Gröbner bases by SymPy, in a process of their own, and the dimensions that they show."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from polyconstraints.algebra import Polynomial
from polyconstraints.variety.equations.child import run

__all__ = ["GroebnerBasis", "dimension_and_degree", "groebner_basis"]

Exponents = tuple[int, ...]

#: What the child process runs: polynomials in, leading monomials and polynomials out.
_CHILD = """
import json, sys
from sympy import Poly, Symbol, grevlex, groebner
job = json.load(sys.stdin)
names = [Symbol(name) for name in job["names"]]
options = {"modulus": job["prime"]} if job["prime"] else {}
polys = [Poly.from_dict({tuple(e): c for e, c in terms}, *names).as_expr()
         for terms in job["polynomials"]]
basis = groebner(polys, *names, order="grevlex", **options)
json.dump([[list(map(int, max(p.monoms(), key=grevlex))), str(p.as_expr())]
           for p in basis.polys], sys.stdout)
"""


@dataclass(frozen=True)
class GroebnerBasis:
    """A Gröbner basis for the graded reverse lexicographic order.

    Attributes
    ----------
    names : tuple of str
    leading : tuple of tuple of int
        The leading monomials.
    polynomials : tuple of str
    dimension, degree : int
        Of the ideal; -1 and 0 if it is the whole ring.
    """

    names: tuple[str, ...]
    leading: tuple[tuple[int, ...], ...]
    polynomials: tuple[str, ...]
    dimension: int
    degree: int


def groebner_basis(
    equations: Sequence[Polynomial], time_limit: float, prime: int | None = None
) -> GroebnerBasis | None:
    """Return the Gröbner basis of some polynomials, or None when the time is up.

    Parameters
    ----------
    equations : sequence of Polynomial
        With rational coefficients; cleared of denominators.
    time_limit : float
        Seconds.
    prime : int, optional
        Compute modulo a prime, which is far faster. The dimension modulo a prime is that
        over the rationals for all but finitely many primes.

    Raises
    ------
    RuntimeError
        If the child process fails for another reason.

    Examples
    --------
    >>> from polyconstraints.algebra import ring
    >>> R, x, y, z = ring("x, y, z")
    >>> basis = groebner_basis([x * y - z**2, x**2 - y**2], time_limit=60)
    >>> basis.dimension, basis.degree
    (1, 4)
    """
    names = tuple(dict.fromkeys(name for e in equations for name in e.variables()))
    if not names:
        inconsistent = any(not equation.is_zero for equation in equations)
        return GroebnerBasis((), (), (), -1 if inconsistent else 0, 0 if inconsistent else 1)
    job = {
        "names": list(names),
        "prime": prime,
        "polynomials": [
            [
                [list(exponents), int(coefficient.constant_value())]
                for exponents, coefficient in equation.primitive().collect(names).items()
            ]
            for equation in equations
            if not equation.is_zero
        ],
    }
    # Without -P a file sympy.py in the current directory would be taken for SymPy.
    done = run([sys.executable, "-P", "-c", _CHILD], json.dumps(job), time_limit)
    if done is None:
        return None
    if done.status:
        last = done.errors.strip().splitlines()[-1:]
        raise RuntimeError(f"SymPy's Gröbner basis failed: {' '.join(last)}")
    found = json.loads(done.output)
    leading = tuple(tuple(exponents) for exponents, _ in found)
    dimension, degree = dimension_and_degree(leading, len(names))
    return GroebnerBasis(names, leading, tuple(text for _, text in found), dimension, degree)


# -- ideals of monomials ----------------------------------------------------------------------


def dimension_and_degree(leading: Sequence[Exponents], variables: int) -> tuple[int, int]:
    """Return the dimension and the degree of the ideal that some monomials generate.

    Parameters
    ----------
    leading : sequence of tuples of int
        Leading monomials of a Gröbner basis for an order by degree; then the figures are
        those of the basis' ideal.
    variables : int

    Returns
    -------
    dimension, degree : int
        -1 and 0 for the whole ring. The degree is that of the top-dimensional part, with
        multiplicities.

    Notes
    -----
    The Hilbert series is K(t)/(1-t)^n with the polynomial K found by deletion: K of
    (m_1, …, m_r) is K of (m_1, …, m_{r-1}) less t^deg(m_r) times K of the quotient by m_r.
    Exponential in the number of monomials at worst; meant for small bases.

    Examples
    --------
    >>> dimension_and_degree([(2, 0, 0), (1, 1, 0)], 3)
    (2, 1)
    """
    minimal = _minimal(leading)
    if any(not any(monomial) for monomial in minimal):
        return -1, 0
    numerator = _numerator(minimal)
    # Divide out (1 - t) as often as possible: t = 1 is a zero of so high an order.
    codimension = 0
    while sum(numerator) == 0:
        partial, quotient = 0, []
        for value in numerator[:-1]:
            partial += value
            quotient.append(partial)
        numerator = quotient
        codimension += 1
    return variables - codimension, sum(numerator)


def _minimal(monomials: Sequence[Exponents]) -> list[Exponents]:
    """Return the monomials that no other one divides."""
    kept: list[Exponents] = []
    for monomial in sorted(set(monomials), key=lambda m: (sum(m), m)):
        if not any(_divides(other, monomial) for other in kept):
            kept.append(monomial)
    return kept


def _divides(one: Exponents, other: Exponents) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


def _numerator(monomials: list[Exponents]) -> list[int]:
    """Return the coefficients of K, the constant one first."""
    if not monomials:
        return [1]
    *rest, last = monomials
    first = _numerator(rest)
    quotient = _minimal(
        [tuple(max(0, a - b) for a, b in zip(other, last, strict=True)) for other in rest]
    )
    # A quotient by a multiple of another monomial is the whole ring.
    second = [] if any(not any(m) for m in quotient) else _numerator(quotient)
    shift = sum(last)
    result = [0] * max(len(first), len(second) + shift)
    for at, value in enumerate(first):
        result[at] += value
    for at, value in enumerate(second):
        result[at + shift] -= value
    return result
