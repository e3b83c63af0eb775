"""Measure how long classes take: by rule for symmetric groups, by orbits for any group.

Run it as ``python benchmarks/orbits.py``. Each time is the least of some repeats in one
process, after imports.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

import polyconstraints as pc
from polyconstraints.spec.groups.permutations import classes_of_pairs


def least(run: Callable[[], object], repeats: int) -> float:
    """Return the least number of seconds that a call takes."""
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        found.append(time.perf_counter() - started)
    return min(found)


def by_rule(n: int) -> object:
    """Make the rule and the array with the class of every weight."""
    rule = pc.TyingRule.of(pc.AnyNetwork(indices="redundant", compare="tensor"))
    return rule.layers[0].array((n,))


def rule_alone(n: int) -> object:
    """Make the rule with its document and its counts, without an array."""
    rule = pc.TyingRule.of(pc.AnyNetwork(indices="redundant", compare="tensor"))
    return rule.to_json(n), rule.parameters(n), rule.weights(n)


def by_orbits(name: str, n: int) -> object:
    """Derive the classes of a preset group."""
    network = pc.NetworkSpec(n, indices="redundant")
    return pc.derive(network, pc.Symmetry(pc.PermutationGroup.preset(name, n), compare="tensor"))


def union_of_pairs(name: str, n: int, *, scipy: bool) -> Callable[[], object]:
    """Return the plain way: one pair for each coefficient and generator, then components."""
    network = pc.NetworkSpec(n, indices="redundant")
    symmetry = pc.Symmetry(pc.PermutationGroup.preset(name, n), compare="tensor")
    comparison = pc.derive(network, symmetry).comparisons[0]
    space = comparison.space

    def run() -> object:
        numbers = np.arange(space.size)
        left = np.concatenate([numbers] * len(comparison.generators))
        right = np.concatenate([space.image(*move) for move in comparison.generators])
        if not scipy:
            return classes_of_pairs(space.size, left, right)
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        entries = np.ones(len(left), dtype=np.int8)
        graph = coo_matrix((entries, (left, right)), shape=(space.size, space.size))
        return connected_components(graph, directed=False)

    return run


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    print("| what | n | weights | seconds |")
    print("|---|---|---|---|")

    def row(what: str, n: int, run: Callable[[], object]) -> None:
        print(f"| {what} | {n} | {n**3} | {least(run, repeats):.4f} |", flush=True)

    row("S, rule without an array", 10**6, lambda: rule_alone(10**6))
    for n in (100, 200):
        row("S, array by rule", n, lambda n=n: by_rule(n))  # type: ignore[misc]
    for name in ("S", "C", "D"):
        for n in (100, 200):
            row(f"{name}, orbits by stabilisers", n, lambda g=name, n=n: by_orbits(g, n))  # type: ignore[misc]
    for name in ("S", "C", "D"):
        row(f"{name}, union-find over all pairs", 100, union_of_pairs(name, 100, scipy=False))
        row(f"{name}, SciPy's connected_components", 100, union_of_pairs(name, 100, scipy=True))


if __name__ == "__main__":
    main()
