"""Compare products of polynomials with SymPy's sparse polynomials and FLINT's.

Prints one row for each case: the median time of each engine over several runs and the
ratios to this package's time. All engines compute the same product in the same run, and the
results are compared term by term.

    python benchmarks/polynomial_product.py --fateman 12 20 --repeat 3
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import flint
import sympy

from polyconstraints.algebra import Polynomial, PolynomialRing


class Case(NamedTuple):
    """A product to compute."""

    title: str
    first: Polynomial
    second: Polynomial


def fateman(power: int) -> Case:
    """Return Fateman's dense product ``f * (f + 1)`` for a power of a sum."""
    ring = PolynomialRing(["x", "y", "z", "t"])
    f = (ring.sum(ring.gens()) + 1) ** power
    return Case(f"Fateman k={power}", f, f + 1)


def sparse(
    variables: int, terms: int, exponent: int, bits: int, support: int, seed: int = 1
) -> Case:
    """Return a product of random polynomials with few variables in each term."""
    source = random.Random(seed)
    ring = PolynomialRing([f"x{index}" for index in range(variables)])

    def operand() -> Polynomial:
        pairs = []
        for _ in range(terms):
            exponents = [0] * variables
            for place in source.sample(range(variables), min(support, variables)):
                exponents[place] = source.randint(1, exponent)
            pairs.append((exponents, source.choice([-1, 1]) * source.getrandbits(bits) | 1))
        return ring.from_terms(pairs)

    title = f"sparse n={variables} t={terms} e<={exponent:.0e} {bits}b s={support}"
    return Case(title, operand(), operand())


def forms(variables: int, degree: int) -> Case:
    """Return a product of powers of two overlapping linear forms, as networks give them."""
    ring = PolynomialRing([f"W{index}" for index in range(variables)])
    gens = ring.gens()
    first = ring.sum(gens[: variables // 2]) ** degree
    second = ring.sum(gens[variables // 4 :]) ** degree
    return Case(f"forms n={variables} d={degree}", first, second)


def sparse_cases() -> list[partial[Case]]:
    """Return sparse products from one term to a million, in few and in many variables."""
    cases = [
        partial(sparse, variables, terms, 5, 8, 4)
        for variables in (2, 5, 20, 60)
        for terms in (1, 2, 3, 10, 30, 100, 300, 1000)
    ]
    for terms in (10, 100, 1000):
        cases += [
            partial(sparse, 20, terms, 5, 200, 4),
            partial(sparse, 20, terms, 40_000, 8, 4),
            partial(sparse, 20, terms, 10**30, 8, 4),
            partial(sparse, 20, terms, 5, 8, 20),
            partial(sparse, 60, terms, 1, 60, 2),
        ]
    cases += [partial(forms, *sizes) for sizes in ((20, 2), (20, 3), (40, 2), (12, 4))]
    return cases


def median_time(run: Callable[[], Any], repeat: int) -> float:
    """Return the median time of a call, repeated inside so that each sample takes 1 ms."""
    start = time.perf_counter()
    run()
    once = time.perf_counter() - start
    loops = max(1, int(1e-3 / once))
    if once > 5:
        return once
    samples = []
    for _ in range(repeat):
        start = time.perf_counter()
        for _ in range(loops):
            run()
        samples.append((time.perf_counter() - start) / loops)
    return statistics.median(samples)


def engines(case: Case, slow: bool) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield each engine's name with its way to compute the product."""
    yield "here", lambda: case.first * case.second
    names = case.first.ring.names
    pairs = [{e: int(c) for e, c in p.terms()} for p in (case.first, case.second)]
    if slow:
        ring = sympy.ring(",".join(names), sympy.ZZ)[0]
        # Its own integer type, and "from_dict" rather than arithmetic, to be quick.
        a, b = (ring.from_dict({e: sympy.ZZ(c) for e, c in p.items()}) for p in pairs)
        yield "sympy", lambda: a * b
    context = flint.fmpz_mpoly_ctx.get(names, "lex")
    c, d = (context.from_dict(p) for p in pairs)
    yield "flint", lambda: c * d


def report(case: Case, repeat: int, slow: bool) -> None:
    """Print one row of the table."""
    times: dict[str, float] = {}
    results = {}
    for name, run in engines(case, slow):
        times[name] = median_time(run, repeat)
        results[name] = run() if times[name] < 5 else None
    product = results["here"]
    expected = results["flint"]
    if product is not None and expected is not None:
        assert {e: int(c) for e, c in expected.to_dict().items()} == dict(product.terms())
    sympy_time = times.get("sympy")
    print(
        f"{case.title:38} {len(product) if product is not None else 0:>8} "
        f"{times['here'] * 1e3:>10.3f} "
        + (f"{sympy_time * 1e3:>11.3f} " if sympy_time else f"{'-':>11} ")
        + f"{times['flint'] * 1e3:>10.3f} "
        + (f"{sympy_time / times['here']:>8.1f} " if sympy_time else f"{'-':>8} ")
        + f"{times['flint'] / times['here']:>8.2f}",
        flush=True,
    )


def main() -> None:
    """Run the cases that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fateman", type=int, nargs="*", default=[4, 8, 12], metavar="K")
    parser.add_argument("--repeat", type=int, default=5, help="runs to take the median of")
    parser.add_argument(
        "--max-work",
        type=int,
        default=4_000_000,
        metavar="N",
        help="leave SymPy out beyond this many products of terms",
    )
    parser.add_argument("--no-sparse", action="store_true", help="run Fateman's products only")
    options = parser.parse_args()
    print(
        f"{'case':38} {'terms':>8} {'here/ms':>10} {'sympy/ms':>11} {'flint/ms':>10} "
        f"{'x sympy':>8} {'x flint':>8}"
    )
    cases = [partial(fateman, power) for power in options.fateman]
    if not options.no_sparse:
        cases += sparse_cases()
    for make in cases:
        case = make()
        work = len(case.first) * len(case.second)
        report(case, options.repeat, work <= options.max_work)


if __name__ == "__main__":
    main()
