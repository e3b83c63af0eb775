"""Compare polynomial arithmetic with FLINT's own and with SymPy's sparse polynomials.

Prints one row for each operation and size: the shortest time of each engine in several runs,
and FLINT's and SymPy's ratio to this package's time. All engines do the same with the same
operands, in turns, in one process; results of this package and FLINT are compared term by term.

    python benchmarks/algebra.py --repeat 9
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import flint
import sympy

from polyconstraints.algebra import Polynomial, PolynomialRing

#: Products of terms beyond which SymPy is left out.
_SYMPY_WORK = 100_000


class Case(NamedTuple):
    """An operation on the same operands in each engine."""

    title: str
    here: Callable[[], Any]
    flint: Callable[[], Any]
    sympy: Callable[[], Any] | None


class Engines:
    """Polynomials of one ring in three engines."""

    def __init__(self, names: list[str]) -> None:
        self.here = PolynomialRing(names)
        self.flint = flint.fmpq_mpoly_ctx.get(tuple(names), "lex")
        self.sympy = sympy.ring(",".join(names), sympy.QQ)[0]

    def all(self, polynomial: Polynomial) -> tuple[Polynomial, flint.fmpq_mpoly, Any]:
        """Return a polynomial in each engine."""
        terms = polynomial.terms()
        return (
            self.here.from_terms(terms),
            self.flint.from_dict({e: flint.fmpq(c.numerator, c.denominator) for e, c in terms}),
            self.sympy.from_dict({e: sympy.QQ(c.numerator, c.denominator) for e, c in terms}),
        )


def random_polynomial(
    ring: PolynomialRing, terms: int, exponent: int, rational: bool, seed: int
) -> Polynomial:
    """Return a polynomial of so many terms, each in few of the variables."""
    source = random.Random(seed)
    variables = len(ring.names)
    pairs = []
    for _ in range(terms):
        exponents = [0] * variables
        for place in source.sample(range(variables), min(4, variables)):
            exponents[place] = source.randint(0, exponent)
        value = Fraction(source.randint(1, 99), source.choice([1, 2, 3, 6]) if rational else 1)
        pairs.append((exponents, source.choice([-1, 1]) * value))
    return ring.from_terms(pairs)


def fateman(power: int) -> Case:
    """Return Fateman's dense product ``f * (f + 1)`` for a power of a sum."""
    engines = Engines(["x", "y", "z", "t"])
    base = engines.here.sum(engines.here.gens()) + 1
    a, b, c = engines.all(base**power)
    d, e, f = a + 1, b + 1, c + 1
    run = (lambda: c * f) if len(a) ** 2 <= _SYMPY_WORK else None
    return Case(f"product, Fateman k = {power} ({len(a)} terms)", lambda: a * d, lambda: b * e, run)


def operations(variables: int, terms: int, rational: bool = False) -> Iterator[Case]:
    """Yield all operations on random polynomials of one size."""
    engines = Engines([f"x{at}" for at in range(variables)])
    a, b, c = engines.all(random_polynomial(engines.here, terms, 5, rational, 1))
    d, e, f = engines.all(random_polynomial(engines.here, terms, 5, rational, 2))
    point = [3 + at for at in range(variables)]
    size = f"{terms} terms, {variables} variables{', rational' if rational else ''}"
    run = (lambda: c * f) if terms**2 <= _SYMPY_WORK else None
    yield Case(f"product, {size}", lambda: a * d, lambda: b * e, run)
    yield Case(f"sum, {size}", lambda: a + d, lambda: b + e, lambda: c + f)
    yield Case(
        f"derivative, {size}",
        lambda: a.derivative("x0"),
        lambda: b.derivative(0),
        lambda: c.diff(0),
    )
    pairs = list(zip(engines.sympy.gens, point, strict=True))
    yield Case(f"value, {size}", lambda: a(*point), lambda: b(*point), lambda: c.evaluate(pairs))


def power(text: str, exponent: int) -> Case:
    """Return the power of a few terms."""
    engines = Engines(["x", "y", "z"])
    a, b, c = engines.all(engines.here.parse(text))
    title = f"power, ({text})^{exponent}"
    return Case(title, lambda: a**exponent, lambda: b**exponent, lambda: c**exponent)


def cases() -> Iterator[Case]:
    """Yield every row of the table."""
    for degree in (4, 8, 12):
        yield fateman(degree)
    for variables, terms in ((3, 3), (20, 10), (20, 100), (20, 1000)):
        yield from operations(variables, terms)
    yield from operations(5, 100, rational=True)
    yield power("x + y + 1", 30)
    yield power("x - y/3 + 2*z", 9)


def shortest(runs: list[Callable[[], Any]], repeat: int) -> list[float]:
    """Return the shortest time of each call, taken in turns, samples of at least 1 ms.

    Whatever else a machine does only adds to a time.
    """
    loops = []
    for run in runs:
        run()
        start = time.perf_counter()
        run()
        loops.append(max(1, int(2e-3 / (time.perf_counter() - start))))
    samples: list[list[float]] = [[] for _ in runs]
    for _ in range(repeat):
        for run, times, found in zip(runs, loops, samples, strict=True):
            run()  # What another engine did has filled the caches.
            start = time.perf_counter()
            for _ in range(times):
                run()
            found.append((time.perf_counter() - start) / times)
    return [min(found) for found in samples]


def check(case: Case) -> None:
    """Compare this package's result with FLINT's."""
    ours, theirs = case.here(), case.flint()
    if isinstance(ours, Polynomial):
        terms = {tuple(map(int, e)): Fraction(int(c.p), int(c.q)) for e, c in theirs.terms()}
        assert dict(ours.terms()) == terms, case.title
    else:
        assert ours == Fraction(int(theirs.p), int(theirs.q)), case.title


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=9, help="runs of each engine")
    options = parser.parse_args()
    print("| operation | here, µs | FLINT, µs | SymPy, µs | FLINT / here | SymPy / here |")
    print("|---|---:|---:|---:|---:|---:|")
    for case in cases():
        check(case)
        runs = [run for run in (case.here, case.flint, case.sympy) if run is not None]
        ours, theirs, *rest = shortest(runs, options.repeat)
        cells = [f"{1e6 * seconds:.3g}" for seconds in (ours, theirs, *rest)]
        cells += [""] * (3 - len(cells)) + [f"{theirs / ours:.2f}"]
        cells += [f"{rest[0] / ours:.3g}" if rest else ""]
        print(f"| {case.title} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
