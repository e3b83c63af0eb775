"""Expand the same networks with several engines and compare time and memory.

Each engine runs in a process of its own, one after another, in turns. All of them write out
every term of every output; what differs is what they end with:

* ``here``: every output from nothing, as arrays of packed keys and coefficients, grouped by
  monomials in x and sorted, all outputs held at once;
* ``here-renamed``: the same arrays, the first output expanded and the others made from it
  by renaming weights;
* ``here-streamed``: the same terms monomial by monomial, none of them kept;
* ``here-exponents``: one byte for each exponent of each variable, in lexicographic order:
  what FLINT ends with; block by block, none kept;
* ``flint``: ``fmpz_mpoly`` used as well as can be: products shared by the outputs, sums of
  sums, its fastest order, one output held at a time;
* ``flint-plain``: the layers written with operators, as a user would, all outputs held;
* ``symengine``, ``sympy.ring``, ``sympy.expand``: likewise.

    python benchmarks/expansion.py                       # sizes that take a minute or two
    python benchmarks/expansion.py --cases 4-3-bias      # FLINT takes 11 GB and minutes
    python benchmarks/expansion.py --cases 6-3 5-3-bias --engines here-streamed
    python benchmarks/expansion.py --check 3-3-bias      # term by term against FLINT
    python benchmarks/expansion.py --growth              # how cost grows with n and d
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from polyconstraints.evaluation import evaluate  # noqa: E402
from polyconstraints.expansion import expand  # noqa: E402
from polyconstraints.expansion.counting import (  # noqa: E402
    count_terms,
    monomial_count,
    table_edges,
)
from polyconstraints.memory import many  # noqa: E402
from polyconstraints.spec.network import NetworkSpec  # noqa: E402

#: Seconds after which an engine is given up.
TIMEOUT = 900


class Case(NamedTuple):
    """A network to expand."""

    inputs: int
    degrees: tuple[int, ...]
    bias: bool

    @classmethod
    def parse(cls, text: str) -> Case:
        """Return the case that a text such as ``3-3-bias`` names, or with degrees ``4-2,3``."""
        inputs, layers, *rest = text.split("-")
        degrees = tuple(map(int, layers.split(","))) if "," in layers else (2,) * int(layers)
        return cls(int(inputs), degrees, rest == ["bias"])

    def __str__(self) -> str:
        quadratic = set(self.degrees) == {2}
        layers = str(len(self.degrees)) if quadratic else ",".join(map(str, self.degrees))
        return f"{self.inputs}-{layers}{'-bias' if self.bias else ''}"

    @property
    def network(self) -> NetworkSpec:
        """The network."""
        return NetworkSpec(self.inputs, len(self.degrees), self.degrees, bias=self.bias)

    @property
    def terms(self) -> int:
        """Number of terms of all outputs."""
        return self.inputs * expand(self.network).term_count()


# --- This package -------------------------------------------------------------------------


def here(network: NetworkSpec) -> int:
    """Expand every output from nothing and keep them all."""
    expansion = expand(network)
    outputs = [expansion.packed(output) for output in range(1, network.units[-1] + 1)]
    return sum(map(len, outputs))


def here_renamed(network: NetworkSpec) -> int:
    """Expand one output and rename its weights for the others."""
    expansion = expand(network)
    first = expansion.packed(1)
    outputs = [first]
    outputs += [expansion.renamed(first, output) for output in range(2, network.units[-1] + 1)]
    return sum(map(len, outputs))


def here_streamed(network: NetworkSpec) -> int:
    """Expand monomial by monomial; the coefficients' sum is checked."""
    expansion = expand(network)
    terms = total = 0
    for output in range(1, network.units[-1] + 1):
        for group in expansion.packed_groups(output):
            terms += len(group)
            total += int(group.coefficients.sum(dtype=np.int64))
    ones = dict.fromkeys(network.weight_names(), 1)
    # Where all weights and inputs are 1, outputs are the sums of their coefficients.
    assert total == sum(evaluate(network, ones, [1] * network.units[0]))
    return terms


def here_exponents(network: NetworkSpec) -> int:
    """Write out exponent vectors in lexicographic order, block by block."""
    expansion = expand(network)
    return sum(
        len(matrix)
        for output in range(1, network.units[-1] + 1)
        for matrix, _ in expansion.exponent_vectors(output)
    )


# --- Others -------------------------------------------------------------------------------


def by_operators(network: NetworkSpec, variables: Callable[[list[str]], Any], one: Any) -> Any:
    """Return the outputs, written with operators alone."""
    names = network.input_names()
    for layer in reversed(network.layers):
        names += layer.names()
    values = dict(zip(names, variables(names), strict=True))
    return evaluate(network, values, [values[name] for name in network.input_names()], one)


def flint_outputs(network: NetworkSpec, order: str) -> Iterator[Any]:
    """Yield FLINT's outputs one at a time, with products shared and sums balanced."""
    import flint

    names = network.input_names()
    for layer in reversed(network.layers):
        names += layer.names()
    context = flint.fmpz_mpoly_ctx.get(names, order)
    values = dict(zip(names, context.gens(), strict=True))
    one = context.from_dict({(0,) * len(names): 1})
    units = [values[name] for name in network.input_names()]
    for layer in network.layers:
        letters = [one, *units] if layer.bias else units
        indices = layer.product_indices().tolist()
        products = [prod((letters[at] for at in index), start=one) for index in indices]
        outputs = (
            balanced_sum(
                [
                    values[layer.name(output, *index)] * product
                    for index, product in zip(indices, products, strict=True)
                ]
            )
            for output in range(layer.outputs)
        )
        if layer.index + 1 < network.depth:
            units = list(outputs)
        else:
            yield from outputs


def balanced_sum(terms: list[Any]) -> Any:
    """Add up neighbours, then the sums, and so on: each term is copied a few times only."""
    while len(terms) > 1:
        pairs = [terms[at] + terms[at + 1] for at in range(0, len(terms) - 1, 2)]
        terms = pairs + terms[2 * len(pairs) :]
    return terms[0]


def flint_well(network: NetworkSpec) -> int:
    """Count the terms of FLINT's outputs, one held at a time."""
    return sum(len(output) for output in flint_outputs(network, "degrevlex"))


def flint_plain(network: NetworkSpec) -> int:
    """Expand with operators on fmpz_mpoly."""
    import flint

    names = [*network.input_names(), *network.weight_names()]
    context = flint.fmpz_mpoly_ctx.get(names, "lex")
    values = dict(zip(names, context.gens(), strict=True))
    one = context.from_dict({(0,) * len(names): 1})
    inputs = [values[name] for name in network.input_names()]
    return sum(map(len, evaluate(network, values, inputs, one)))


def sympy_ring(network: NetworkSpec) -> int:
    """Expand with operators on PolyElement."""
    from sympy import ZZ, ring

    outputs = by_operators(network, lambda names: ring(names, ZZ)[1:], 1)
    return sum(map(len, outputs))


def sympy_expand(network: NetworkSpec) -> int:
    """Expand SymPy's expressions."""
    import sympy

    outputs = by_operators(network, lambda names: sympy.symbols(names), 1)
    return sum(len(sympy.Add.make_args(sympy.expand(output))) for output in outputs)


def symengine_expand(network: NetworkSpec) -> int:
    """Expand SymEngine's expressions."""
    import symengine

    outputs = by_operators(network, lambda names: symengine.symbols(" ".join(names)), 1)
    return sum(len(symengine.expand(output).args) for output in outputs)


class Engine(NamedTuple):
    """A way to expand a network."""

    run: Callable[[NetworkSpec], int]
    module: str
    most: float
    """Terms beyond which it is left out unless asked for."""


ENGINES = {
    "here": Engine(here, "numpy", 1e8),
    "here-renamed": Engine(here_renamed, "numpy", 1e8),
    "here-streamed": Engine(here_streamed, "numpy", 1e11),
    "here-exponents": Engine(here_exponents, "numpy", 1e8),
    "flint": Engine(flint_well, "flint", 1e8),
    "flint-plain": Engine(flint_plain, "flint", 2e7),
    "symengine": Engine(symengine_expand, "symengine", 5e5),
    "sympy.ring": Engine(sympy_ring, "sympy", 3e5),
    "sympy.expand": Engine(sympy_expand, "sympy", 2e3),
}

#: What the ratios are taken of.
YARDSTICK = "flint"


# --- Measuring ----------------------------------------------------------------------------


class Figures(NamedTuple):
    """What one run of one engine took."""

    terms: int
    seconds: float
    user: float
    system: float
    peak: int

    @property
    def processor(self) -> float:
        """Processor seconds, the system's on behalf of the process included."""
        return self.user + self.system


def measure(engine: str, case: Case) -> Figures:
    """Run an engine in this process."""
    run, network = ENGINES[engine].run, case.network
    importlib.import_module(ENGINES[engine].module)
    # Whatever is imported or set up on first use is no part of the expansion.
    run(NetworkSpec(1, min(len(case.degrees), 2), case.degrees[:2], bias=case.bias))
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    terms = run(network)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    return Figures(
        terms,
        seconds,
        after.ru_utime - before.ru_utime,
        after.ru_stime - before.ru_stime,
        peak_bytes(),
    )


def peak_bytes() -> int:
    """Return the most memory that this process has had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


def measured_apart(engine: str, case: Case) -> Figures | str:
    """Run an engine in a process of its own; return a word if it comes to nothing."""
    if importlib.util.find_spec(ENGINES[engine].module) is None:
        return "not installed"
    command = [sys.executable, __file__, "--alone", engine, str(case)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"more than {TIMEOUT} s"
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["killed"])[-1]
        return f"failed: {reason[:60]}"
    return Figures(*json.loads(done.stdout))


def report(case: Case, engines: Sequence[str], repeat: int) -> None:
    """Print the table of one case."""
    runs: dict[str, list[Figures | str]] = {engine: [] for engine in engines}
    for _ in range(repeat):
        for engine in engines:
            runs[engine].append(measured_apart(engine, case))
    terms = case.terms
    print(
        f"\n### n = {case.inputs}, "
        + (
            f"d = {len(case.degrees)}"
            if set(case.degrees) == {2}
            else f"degrees {', '.join(map(str, case.degrees))}"
        )
        + f", {'bias' if case.bias else 'no bias'}: ",
        end="",
    )
    print(f"{terms:,} terms in all".replace(",", " "))
    print("\n| engine | seconds | user + system | peak memory | time | memory |")
    print("|---|---:|---:|---:|---:|---:|")
    best = {}
    for engine, results in runs.items():
        figures = [result for result in results if isinstance(result, Figures)]
        if figures:
            assert {result.terms for result in figures} == {terms}, (engine, figures)
            best[engine] = Figures(
                terms,
                statistics.median(result.seconds for result in figures),
                statistics.median(result.user for result in figures),
                statistics.median(result.system for result in figures),
                max(result.peak for result in figures),
            )
    yardstick = best.get(YARDSTICK)
    for engine, results in runs.items():
        if engine not in best:
            print(f"| {engine} | {results[-1]} | | | | |")
            continue
        found = best[engine]
        time_ratio = memory_ratio = ""
        if yardstick is not None:
            time_ratio = f"{ratio(yardstick.processor, found.processor)}"
            memory_ratio = f"{ratio(yardstick.peak, found.peak)}"
        print(
            f"| {engine} | {found.seconds:.3g} | {found.user:.3g} + {found.system:.3g} | "
            f"{found.peak / 1e6:,.0f} MB | {time_ratio} | {memory_ratio} |".replace(",", " "),
            flush=True,
        )


def ratio(yardstick: float, found: float) -> str:
    """Return how many times less something took than the yardstick."""
    return f"{yardstick / found:.3g}"


def check(case: Case) -> None:
    """Compare every term of every output with FLINT's, in order."""
    network = case.network
    expansion = expand(network)
    for output, polynomial in enumerate(flint_outputs(network, "lex"), start=1):
        expected = zip(polynomial.monoms(), polynomial.coeffs(), strict=True)
        count = 0
        for matrix, coefficients in expansion.exponent_vectors(output):
            for row, coefficient in zip(matrix.tolist(), coefficients.tolist(), strict=True):
                exponents, value = next(expected)
                assert tuple(map(int, exponents)) == tuple(row), (output, count)
                assert int(value) == coefficient, (output, count)
                count += 1
        assert next(expected, None) is None
        print(f"{case}: output {output}: {count} terms are FLINT's, in FLINT's order", flush=True)


def growth(most: float) -> None:
    """Print how size and cost grow, for networks with at most so many terms an output."""
    print(
        "\n| n | d | bias | monomials | edges of the graph | terms of one output | "
        "processor seconds for one output | nanoseconds a term |"
    )
    print("|---:|---:|---|---:|---:|---:|---:|---:|")
    for depth in range(1, 5):
        for bias in (False, True):
            for inputs in range(2, 9):
                network = NetworkSpec(inputs, depth=depth, bias=bias)
                terms = count_terms(network)
                if terms is None or (terms > most and depth > 3):
                    continue
                figures = [inputs, depth, "yes" if bias else "no", monomial_count(network)]
                figures += [table_edges(network), many(terms)]
                if terms <= most:
                    started = time.process_time()
                    counted = sum(map(len, expand(network).packed_groups(1)))
                    seconds = time.process_time() - started
                    assert counted == terms
                    figures += [f"{seconds:.2g}", f"{1e9 * seconds / terms:.2g}"]
                else:
                    figures += ["", ""]
                print("| " + " | ".join(map(str, figures)) + " |", flush=True)


def machine() -> str:
    """Describe the machine without naming it."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (OSError, ValueError):
        return model
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB of memory"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="*", default=["2-2-bias", "3-2-bias", "2-3-bias", "3-3"])
    parser.add_argument("--engines", nargs="*", choices=ENGINES, help="all that fit by default")
    parser.add_argument("--repeat", type=int, default=3, help="runs to take the median of")
    parser.add_argument("--check", nargs="*", metavar="CASE", help="compare terms instead")
    parser.add_argument("--growth", action="store_true", help="show how cost grows instead")
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(measure(options.alone[0], Case.parse(options.alone[1]))))
        return
    if options.check is not None:
        for text in options.check:
            check(Case.parse(text))
        return
    print(f"{machine()}; Python {platform.python_version()}, NumPy {np.__version__}.")
    if options.growth:
        growth(1e9)
        return
    print("Ratios of processor seconds and of peak memory: FLINT's to each engine's.")
    for text in options.cases:
        case = Case.parse(text)
        fitting = [name for name, engine in ENGINES.items() if case.terms <= engine.most]
        report(case, options.engines or fitting, options.repeat)


if __name__ == "__main__":
    main()
