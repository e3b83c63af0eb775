"""Gröbner bases by SymPy, in a process of their own so that a time limit can end them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from polyconstraints.algebra import Polynomial
from polyconstraints.variety.equations.monomial_ideals import dimension_and_degree

__all__ = ["GroebnerBasis", "groebner_basis"]

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
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=time_limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise RuntimeError(f"SymPy's Gröbner basis failed: {' '.join(last)}")
    found = json.loads(done.stdout)
    leading = tuple(tuple(exponents) for exponents, _ in found)
    dimension, degree = dimension_and_degree(leading, len(names))
    return GroebnerBasis(names, leading, tuple(text for _, text in found), dimension, degree)
