"""Measure one tied layer, forward and backward, by path, size and backend.

Run it as ``.venv/bin/python benchmarks/backends.py``. Everything that is compared is timed
in the same run, round by round in turn, and medians are compared: a machine that gets busy
for a while slows all of them alike. The first table is what the O(n) form is held to; the
baseline is ``torch.einsum`` over the expanded weights: alone, with the weights a tensor of
their own, and with the expansion from the parameters, which is what a tied layer without a
compiled form does. Gradients of the parameters and of the inputs are included everywhere.

Processor time is measured, which on one thread is what a free machine takes.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch

import polyconstraints as pc
from polyconstraints.backends.numpy import TiedLayer
from polyconstraints.backends.plan import LayerPlan, NetworkPlan
from polyconstraints.backends.torch import TiedQuadratic
from polyconstraints.backends.torch.paths import make_path

Run = Callable[[], object]

#: Sizes, and by how many times the O(n) form is to be faster than the dense einsum.
GOALS = {16: None, 32: None, 64: 40, 128: 200}

#: Sizes for the time's growth with n; a dense layer of the last would have 2^35 weights.
GROWTH = (1024, 2048, 4096, 8192, 16384)


#: Processor time of this process, all threads: what other work leaves alone.
CLOCK = time.process_time

#: Seconds that one timing takes at least: quick passes are timed several at once.
ENOUGH = 0.01


def interleaved(runs: Mapping[str, Run], rounds: int) -> dict[str, float]:
    """Return the median time of each run in seconds, all of them timed in turn."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    repeats = {}
    for name, run in runs.items():
        run()
        repeats[name] = max(1, min(100, round(ENOUGH / seconds(run, 1))))
    for _ in range(rounds):
        for name, run in runs.items():
            # What ran before has emptied the caches: a pass to fill them isn't timed.
            run()
            times[name].append(seconds(run, repeats[name]))
    return {name: statistics.median(values) for name, values in times.items()}


def seconds(run: Run, repeats: int) -> float:
    """Return the time of one run, measured over several."""
    started = CLOCK()
    for _ in range(repeats):
        run()
    return (CLOCK() - started) / repeats


def dense_einsum(n: int, batch: int) -> Run:
    """Return a pass over expanded weights, the way a layer without structure computes."""
    weights = torch.randn(n, n, n, requires_grad=True)
    x = torch.randn(batch, n, requires_grad=True)
    delta = torch.randn(batch, n)

    def run() -> None:
        weights.grad = x.grad = None
        torch.einsum("kij,bi,bj->bk", weights, x, x).backward(delta)

    return run


def expanded_einsum(plan: LayerPlan, batch: int) -> Run:
    """Return a pass that expands the weights from the parameters and contracts them."""
    dense = make_path(plan, "dense", None, torch.float32)
    theta = torch.randn(plan.parameters, requires_grad=True)
    x = torch.randn(batch, plan.layer.inputs, requires_grad=True)
    delta = torch.randn(batch, plan.layer.outputs)

    def run() -> None:
        theta.grad = x.grad = None
        weights = dense.weights(theta)
        torch.einsum("kij,bi,bj->bk", weights, x, x).backward(delta)

    return run


def torch_layer(plan: LayerPlan, path: str, batch: int, compiled: bool = False) -> Run:
    """Return a forward and backward pass of a PyTorch layer."""
    layer = TiedQuadratic(plan, path)
    apply = torch.compile(layer, fullgraph=True) if compiled else layer
    x = torch.randn(batch, plan.layer.inputs, requires_grad=True)
    delta = torch.randn(batch, plan.layer.outputs)

    def run() -> None:
        layer.theta.grad = x.grad = None
        apply(x).backward(delta)

    return run


def numpy_layer(plan: LayerPlan, path: str, batch: int) -> Run:
    """Return a forward and backward pass of a NumPy layer."""
    layer = TiedLayer(plan, path)
    rng = np.random.default_rng(0)
    theta = rng.standard_normal(plan.parameters).astype(np.float32)
    x = rng.standard_normal((batch, plan.layer.inputs)).astype(np.float32)
    delta = rng.standard_normal((batch, plan.layer.outputs)).astype(np.float32)

    def run() -> None:
        _, saved = layer.forward(theta, x)
        layer.backward(saved, delta)

    return run


def jax_layer(plan: LayerPlan, path: str, batch: int) -> Run:
    """Return a compiled forward and backward pass of a JAX layer."""
    import jax

    from polyconstraints.backends.jax import paths

    apply = paths.make_path(plan, path)
    rng = np.random.default_rng(0)
    theta = jax.numpy.asarray(rng.standard_normal(plan.parameters), "float32")
    x = jax.numpy.asarray(rng.standard_normal((batch, plan.layer.inputs)), "float32")
    delta = jax.numpy.asarray(rng.standard_normal((batch, plan.layer.outputs)), "float32")

    @jax.jit
    def both(theta: jax.Array, x: jax.Array) -> object:
        out, pull = jax.vjp(apply, theta, x)
        return out, pull(delta)

    return lambda: jax.block_until_ready(both(theta, x))


def symmetric(n: int) -> LayerPlan:
    """Return the plan of the S_n-equivariant quadratic layer, ordered, without bias."""
    return NetworkPlan.symmetric(pc.NetworkSpec(n)).layers[0]


def against_dense(batch: int, rounds: int, compiled: bool) -> None:
    """Print the times of the dense einsum and of power sums."""
    print(f"S_n, quadratic, batch {batch}, forward and backward, PyTorch float32 on the CPU")
    print(
        f"{'n':>6}  {'einsum alone':>12}  {'expand, einsum':>14}  {'power sums':>11}  "
        f"{'to einsum':>9}  {'to both':>8}  {'goal':>5}" + ("  compiled" if compiled else "")
    )
    for n, goal in GOALS.items():
        plan = symmetric(n)
        runs = {
            "einsum": dense_einsum(n, batch),
            "dense": expanded_einsum(plan, batch),
            "power": torch_layer(plan, "power_sums", batch),
        }
        if compiled:
            runs["compiled"] = torch_layer(plan, "power_sums", batch, compiled=True)
        found = interleaved(runs, rounds)
        row = (
            f"{n:>6}  {1e3 * found['einsum']:>9.2f} ms  {1e3 * found['dense']:>11.2f} ms  "
            f"{1e3 * found['power']:>8.3f} ms  {found['einsum'] / found['power']:>8.0f}x  "
            f"{found['dense'] / found['power']:>7.0f}x  {f'{goal}x' if goal else '-':>5}"
        )
        print(row + (f"  {1e3 * found['compiled']:.3f} ms" if compiled else ""))


def growth(batch: int, rounds: int) -> None:
    """Print how the time of power sums grows with n."""
    print(f"\nGrowth with n, batch {batch}, forward and backward, float32")
    print(f"{'n':>6}  {'torch':>10}  {'numpy':>10}  {'jax':>10}  torch ns for each input")
    makers = {"torch": torch_layer, "numpy": numpy_layer, "jax": jax_layer}
    runs = {
        f"{name} {n}": make(symmetric(n), "power_sums", batch)
        for n in GROWTH
        for name, make in makers.items()
    }
    found = interleaved(runs, rounds)
    for n in GROWTH:
        row = "  ".join(f"{1e3 * found[f'{name} {n}']:>7.2f} ms" for name in makers)
        print(f"{n:>6}  {row}  {1e9 * found[f'torch {n}'] / (batch * n):.2f}")
    times = [found[f"torch {n}"] for n in GROWTH]
    slope = np.polyfit(np.log(GROWTH), np.log(times), 1)[0]
    print(f"time grows as n^{slope:.2f} between {GROWTH[0]} and {GROWTH[-1]} (torch)")


def other_groups(batch: int, rounds: int) -> None:
    """Print the times of the paths that any map has."""
    print(f"\nOther groups, batch {batch}, forward and backward, PyTorch float32")
    print(f"{'map':<28}  {'dense':>9}  {'gather':>9}  {'classes':>9}  auto takes")
    cases = {
        "C_16": ("C", 16, "equivariant", 1),
        "C_32": ("C", 32, "equivariant", 1),
        "C_32 invariant, 8 channels": ("C", 32, "invariant", (1, 8)),
        "D_24": ("D", 24, "equivariant", 1),
        "trivial, n = 16": ("trivial", 16, "equivariant", 1),
    }
    for label, (group, n, kind, channels) in cases.items():
        network = pc.NetworkSpec(n, outputs=1 if kind == "invariant" else n, channels=channels)
        symmetry = pc.Symmetry(pc.PermutationGroup.preset(group, n), kind=kind)
        plan = NetworkPlan.from_map(pc.derive(network, symmetry).tying_map()).layers[0]
        paths = ("dense", "gather", "classes")
        found = interleaved({path: torch_layer(plan, path, batch) for path in paths}, rounds)
        row = "  ".join(f"{1e3 * found[path]:>6.2f} ms" for path in paths)
        # Chosen at the batch that `auto` measures, not at this one.
        print(f"{label:<28}  {row}  {TiedQuadratic(plan).path}")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description="Time tied layers.")
    parser.add_argument("--batch", type=int, default=256, help="samples of one pass (256)")
    parser.add_argument("--rounds", type=int, default=21, help="timed passes of each (21)")
    parser.add_argument("--threads", type=int, default=1, help="threads of PyTorch (1)")
    parser.add_argument("--wall", action="store_true", help="measure wall time instead")
    parser.add_argument(
        "--compile", action="store_true", help="time torch.compile of the power sums too"
    )
    options = parser.parse_args()
    if options.wall:
        global CLOCK
        CLOCK = time.perf_counter
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    print(
        f"PyTorch {torch.__version__}, {torch.get_num_threads()} thread(s), {platform.machine()}\n"
    )
    against_dense(options.batch, options.rounds, options.compile)
    growth(options.batch, options.rounds)
    other_groups(options.batch, options.rounds)


if __name__ == "__main__":
    main()
