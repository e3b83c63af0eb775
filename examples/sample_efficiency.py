"""How many samples a network needs: tied, free, and free with permuted copies.

Three networks of two quadratic layers learn the same function, which follows every
permutation of its inputs:

    F_k(x) = (x_k - mean(x))^2 * variance(x)

The tied network has the weights of a tying map. The free one has a parameter for each weight;
it learns from the samples alone, or from the samples and permuted copies of them ("data
augmentation"). For each the smallest number of samples is found, among powers of two, with
which the error on new inputs falls below one percent of the function's variance.

    python examples/sample_efficiency.py

Everything is drawn from one seed, so that the numbers are the same on every run.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import polyconstraints as pc
from polyconstraints.backends.numpy import Adam, TiedNetwork, fit

Array = NDArray[np.float64]

#: Error on new inputs that counts as learnt, as a part of the function's variance.
GOAL = 0.01


@dataclass(frozen=True)
class Setting:
    """The sizes of the experiment."""

    n: int
    steps: int
    copies: int
    largest: int
    seeds: int


def function(x: Array) -> Array:
    """Return F(x) for inputs of shape (samples, n)."""
    squares = (x - x.mean(axis=1, keepdims=True)) ** 2
    return np.asarray(squares * squares.mean(axis=1, keepdims=True))


def network(n: int, group: pc.PermutationGroup) -> TiedNetwork:
    """Return the network of two layers, two channels between them, that a group ties."""
    spec = pc.NetworkSpec(n, depth=2, bias=True, channels=(1, 2, 1))
    tying = pc.derive(spec, pc.Symmetry(group)).tying_map()
    # The path is fixed: which one is quickest could differ from run to run.
    return TiedNetwork.from_map(tying, path="structure")


def permuted(x: Array, copies: int, rng: np.random.Generator) -> Array:
    """Return the samples and permuted copies of them, ``copies`` of each in all."""
    moved = [x] + [rng.permuted(x, axis=1) for _ in range(copies - 1)]
    return np.concatenate(moved)


def error(trained: TiedNetwork, x: Array, setting: Setting, seed: int) -> float:
    """Return the error on new inputs after training, relative to the function's variance."""
    theta, _ = fit(
        trained, x, function(x), optimizer=Adam(0.01), steps=setting.steps, batch=64, seed=seed
    )
    fresh = np.random.default_rng(10_000).standard_normal((2000, setting.n))
    wanted = function(fresh)
    return float(((trained(theta, fresh) - wanted) ** 2).mean() / wanted.var())


def errors(name: str, trained: TiedNetwork, samples: int, setting: Setting) -> float:
    """Return the median error over the seeds."""
    found = []
    for seed in range(setting.seeds):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((samples, setting.n))
        if name == "free, copies":
            x = permuted(x, setting.copies, rng)
        found.append(error(trained, x, setting, seed))
    return float(np.median(found))


def run(setting: Setting) -> dict[str, int | None]:
    """Print the table and return the samples that each network needs; None if more."""
    tied = network(setting.n, pc.PermutationGroup.symmetric(setting.n))
    free = network(setting.n, pc.PermutationGroup.trivial(setting.n))
    networks = {"tied": tied, "free": free, "free, copies": free}
    for name, one in networks.items():
        print(f"{name}: {sum(one.plan.parameters)} parameters")
    print(
        f"\nerror on new inputs, as a part of the variance; median of {setting.seeds} seeds, "
        f"{setting.steps} steps, {setting.copies - 1} permuted copies of each sample"
    )
    print(f"{'samples':>8}" + "".join(f"{name:>15}" for name in networks))
    needed: dict[str, int | None] = dict.fromkeys(networks)
    samples = 4
    while samples <= setting.largest and None in needed.values():
        row = f"{samples:>8}"
        for name, one in networks.items():
            if needed[name] is not None:
                row += f"{'':>15}"
                continue
            found = errors(name, one, samples, setting)
            row += f"{found:>15.2g}"
            if found < GOAL:
                needed[name] = samples
        print(row.rstrip(), flush=True)
        samples *= 2
    print()
    for name, count in needed.items():
        shown = f"more than {setting.largest}" if count is None else str(count)
        print(f"{name} reaches {GOAL:g} with {shown} samples")
    return needed


def main() -> None:
    """Run the experiment."""
    parser = argparse.ArgumentParser(description="Compare how many samples networks need.")
    parser.add_argument("-n", type=int, default=5, help="components (5)")
    parser.add_argument("--steps", type=int, default=3000, help="training steps (3000)")
    parser.add_argument("--copies", type=int, default=16, help="copies of each sample (16)")
    parser.add_argument("--largest", type=int, default=1024, help="most samples (1024)")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each (3)")
    options = parser.parse_args()
    run(Setting(options.n, options.steps, options.copies, options.largest, options.seeds))


if __name__ == "__main__":
    main()
