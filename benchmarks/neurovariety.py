"""Dimensions of neurovarieties: ranks at points beside the expanded Jacobian, in one run.

    python benchmarks/neurovariety.py [--large]

The published way expands every output, takes the derivatives of all coefficients in the
parameters as polynomials (here in FLINT), evaluates them at a random point and takes the
rank. Processor seconds, the median of three runs.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
from flint import Ordering, fmpz_mpoly_ctx, nmod_mat

from polyconstraints.variety.neurovariety import neurovariety

PRIME = 2147483647


def published(widths: tuple[int, ...], exponent: int) -> int:
    """Return the rank of the Jacobian of the expanded coefficients."""
    names = [
        f"w{level}_{above}_{below}"
        for level, (lower, upper) in enumerate(pairwise(widths))
        for above in range(upper)
        for below in range(lower)
    ]
    inputs = [f"x{at}" for at in range(widths[0])]
    ring = fmpz_mpoly_ctx.get([*inputs, *names], Ordering.lex)
    values = dict(zip([*inputs, *names], ring.gens(), strict=True))
    units = [values[name] for name in inputs]
    for level, (lower, upper) in enumerate(pairwise(widths)):
        units = [
            sum(
                (values[f"w{level}_{above}_{below}"] * units[below] for below in range(lower)),
                ring.constant(0),
            )
            for above in range(upper)
        ]
        if level < len(widths) - 2:
            units = [unit**exponent for unit in units]
    point = np.random.default_rng(0).integers(1, PRIME, size=len(names)).tolist()
    rows: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    powers = [{1: value} for value in point]
    for output, unit in enumerate(units):
        for key, coefficient in unit.to_dict().items():
            exponents = [int(e) for e in key]
            row = rows.setdefault((output, tuple(exponents[: len(inputs)])), [0] * len(names))
            used = [(at, e) for at, e in enumerate(exponents[len(inputs) :]) if e]
            for at, e in used:
                value = int(coefficient) * e % PRIME
                for other, power in used:
                    taken = power - (other == at)
                    if taken:
                        if taken not in powers[other]:
                            powers[other][taken] = pow(point[other], taken, PRIME)
                        value = value * powers[other][taken] % PRIME
                row[at] = (row[at] + value) % PRIME
    flat = [value for row in rows.values() for value in row]
    return int(nmod_mat(len(rows), len(names), flat, PRIME).rank())


def seconds(run: Callable[[], object], times: int = 3) -> float:
    """Return the median processor time."""
    found = []
    for _ in range(times):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return statistics.median(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="also the largest architectures")
    large = parser.parse_args().large
    print("widths               r  dimension  ours [s]  published [s]   ratio")
    cases = [((3, 3, 3, 1), 2), ((2, 3, 2, 3), 2), ((3, 4, 4), 3), ((4, 5, 5, 3), 3)]
    for widths, exponent in cases:
        ours = neurovariety(widths, f"z^{exponent}")
        mine = seconds(lambda w=widths, r=exponent: neurovariety(w, f"z^{r}"))
        times = 1 if sum(widths) > 15 else 3
        theirs = seconds(lambda w=widths, r=exponent: published(w, r), times)
        if times == 3 and published(widths, exponent) != ours.dimension:
            raise SystemExit(f"different ranks for {widths}, r = {exponent}")
        shown = " ".join(map(str, widths))
        print(
            f"{shown:20} {exponent}  {ours.dimension:9}  {mine:8.4f}  {theirs:13.3f}  "
            f"{theirs / mine:6.0f}"
        )
    table = list(product(range(2, 7), range(1, 9), range(1, 6)))
    small = [w for w in table if w[0] * w[1] + w[1] * w[2] <= 60][:200]
    taken = seconds(lambda: [neurovariety(w, "z^3") for w in small], 1)
    print(f"{len(small)} architectures of at most 60 parameters, r = 3: {taken:.2f} s")
    if large:
        taken = seconds(lambda: neurovariety((32, 32, 32, 32, 1), "z^2"), 1)
        print(f"32 32 32 32 1, r = 2: {taken:.1f} s")


if __name__ == "__main__":
    main()
