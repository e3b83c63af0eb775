"""Measure layers beside what else one would write: steps, building, compiling, training.

Run it as ``.venv/bin/python benchmarks/layers.py``, or with the names of some tables. On one
thread. What is compared is timed in one run, round by round in turn, and medians of processor
time are compared: a machine that gets busy for a while slows all of them alike. A step is a
forward and a backward pass, with the gradients of parameters and inputs.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from polyconstraints.backends.torch import (
    EquivariantLinear,
    EquivariantQuadratic,
)

Run = Callable[[], object]

CLOCK = time.process_time

#: Steps of a turn.
TURN = 5

#: Sets of the training experiment: elements, sets of a step, steps.
ELEMENTS, BATCH, STEPS = 50, 64, 400


def medians(runs: Mapping[str, Run], rounds: int) -> dict[str, float]:
    """Return the median time of each run in milliseconds, all of them timed in turn.

    A turn is several runs, as training has them, after one that isn't timed.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            run()
            started = CLOCK()
            for _ in range(TURN):
                run()
            times[name].append(1000 * (CLOCK() - started) / TURN)
    return {name: statistics.median(values) for name, values in times.items()}


def step(module: nn.Module, *shape: int) -> Run:
    """Return a step of a module."""
    x = torch.randn(shape, requires_grad=True)
    gradient = torch.randn_like(module(x))

    def run() -> None:
        x.grad = None
        module.zero_grad()
        module(x).backward(gradient)

    return run


class FourMeans(nn.Module):
    """What S_n x S_m leaves of a linear layer, by hand: four linear maps on means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(channels, channels, bias=at == 0) for at in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs."""
        rows, columns = x.mean(2), x.mean(1)
        own, row, column, all_ = self.maps
        return (
            own(x)
            + row(rows)[:, :, None]
            + column(columns)[:, None]
            + all_(rows.mean(1))[:, None, None]
        )


class Indexed(nn.Module):
    """AutoEquiv's way: an index into the parameters, then one matrix product."""

    index: Tensor

    def __init__(self, classes: np.ndarray[Any, Any], channels: int) -> None:
        super().__init__()
        count, size = int(classes.max()) + 1, len(classes)
        self.theta = nn.Parameter(torch.randn(count * channels**2) / (size * channels) ** 0.5)
        block = np.arange(channels**2).reshape(channels, channels)
        index = classes[:, None, :, None] * channels**2 + block[None, :, None, :]
        self.register_buffer("index", torch.tensor(index.reshape(size * channels, -1)))

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs."""
        return functional.linear(x.flatten(1), self.theta[self.index])


class Dense(nn.Module):
    """A quadratic layer by its whole weight array, for a baseline."""

    def __init__(self, units: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, units, units) / units)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs."""
        flat = x.flatten(1)
        half = functional.linear(flat, self.weight.flatten(0, 1)).view(len(flat), -1, len(flat[0]))
        return (half @ flat.unsqueeze(-1)).squeeze(-1)


def table_steps(rounds: int) -> None:
    """Time steps beside layers by hand, AutoEquiv's way and dense ones."""
    size = np.arange(64)
    cyclic = (size[None] - size[:, None]) % 64
    symmetric = np.where(size[:, None] == size[None], 0, 1)
    pairs: list[tuple[str, nn.Module, nn.Module, tuple[int, ...]]] = [
        ("S8xS8 16 to 16, by hand", EquivariantLinear("S8xS8", 16, 16), FourMeans(16),
         (BATCH, 8, 8, 16)),
        ("S20xS30 4 to 4, by hand", EquivariantLinear("S20xS30", 4, 4), FourMeans(4),
         (BATCH, 20, 30, 4)),
        ("C64 16 to 16, AutoEquiv", EquivariantLinear("C64", 16, 16, bias=False),
         Indexed(cyclic, 16), (BATCH, 64, 16)),
        ("S64 16 to 16, AutoEquiv", EquivariantLinear("S64", 16, 16, bias=False),
         Indexed(symmetric, 16), (BATCH, 64, 16)),
        ("C64 16 to 16, AutoEquiv, batch 16", EquivariantLinear("C64", 16, 16, bias=False),
         Indexed(cyclic, 16), (16, 64, 16)),
        ("S64 16 to 16, AutoEquiv, batch 16", EquivariantLinear("S64", 16, 16, bias=False),
         Indexed(symmetric, 16), (16, 64, 16)),
        ("quadratic S12 4 to 8, dense", EquivariantQuadratic("S12", 4, 8, bias=False),
         Dense(48, 96), (BATCH, 12, 4)),
        ("quadratic S50 64 to 64: full, rank 32", EquivariantQuadratic("S50", 64, 64),
         EquivariantQuadratic("S50", 64, 64, rank=32), (BATCH, 50, 64)),
    ]  # fmt: skip
    print("step, milliseconds: ours, theirs, theirs / ours")
    for name, ours, theirs, shape in pairs:
        found = medians({"ours": step(ours, *shape), "theirs": step(theirs, *shape)}, rounds)
        ratio = found["theirs"] / found["ours"]
        print(f"  {name:40} {found['ours']:8.2f} {found['theirs']:8.2f} {ratio:6.2f}")
    quadratic = EquivariantQuadratic("S50", 16, 32, bias=False)
    found = medians({"ours": step(quadratic, BATCH, 50, 16)}, rounds)
    print(f"  {'quadratic S50 16 to 32':40} {found['ours']:8.2f}")


class SixMeans(nn.Module):
    """What S_n leaves of a quadratic layer of one channel, by hand: products and their means."""

    def __init__(self) -> None:
        super().__init__()
        self.near, self.far = nn.Linear(3, 1), nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs."""
        mean, squares = x.mean(1, keepdim=True), x * x
        far = torch.cat([squares.mean(1, keepdim=True), mean * mean, mean], -1)
        return self.near(torch.cat([squares, x * mean, x], -1)) + self.far(far)


def table_growth(rounds: int) -> None:
    """Time steps of quadratic layers as n grows."""
    ours, theirs = EquivariantQuadratic("S", 1, 1), SixMeans()
    print("quadratic S_n, one channel, batch 16, step in milliseconds: ours, by hand")
    for n in (10**3, 10**4, 10**5):
        runs = {"ours": step(ours, 16, n, 1), "theirs": step(theirs, 16, n, 1)}
        found = medians(runs, rounds)
        print(f"  {n:>8} {found['ours']:8.2f} {found['theirs']:8.2f}")


def table_building(rounds: int) -> None:
    """Time building a layer and its first step."""
    cases: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
        "S50 64 to 64, quadratic": (lambda: EquivariantQuadratic("S50", 64, 64), (16, 50, 64)),
        "S20xS30 16 to 32, linear": (lambda: EquivariantLinear("S20xS30", 16, 32), (1, 20, 30, 16)),
        "C64 16 to 16, linear": (lambda: EquivariantLinear("C64", 16, 16), (1, 64, 16)),
        "pairs(S10) 4 to 8, quadratic": (
            lambda: EquivariantQuadratic("pairs(S10)", 4, 8),
            (1, 45, 4),
        ),
    }
    step(EquivariantLinear("S2", 1, 1), 1, 2, 1)()
    print("building, then building and one step, in seconds of processor time")
    for name, (make, shape) in cases.items():
        started = CLOCK()
        module = make()
        built = CLOCK() - started
        step(module, *shape)()
        print(f"  {name:32} {built:8.4f} {CLOCK() - started:8.4f}")


def compiled(module: nn.Module) -> float:
    """Return the processor time of compiling a module and its first step, in seconds.

    The compiler's own processes are counted.
    """

    def spent() -> float:
        usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    torch._dynamo.reset()
    started = spent()
    torch.compile(module, fullgraph=True)(torch.randn(4, 10, 8)).sum().backward()
    return spent() - started


def table_compiling(rounds: int) -> None:
    """Time compiling two mixed layers beside a perceptron of as many."""
    mixed = nn.Sequential(EquivariantQuadratic("S", 8, 16), EquivariantLinear("S", 16, 8))
    plain = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))
    torch._inductor.config.compile_threads = 1  # in processes that are waited for, and counted
    print("compiling and the first step, in seconds: two layers, a perceptron, ratio")
    for cached in (False, True):
        torch._inductor.config.force_disable_caches = not cached
        runs = [(compiled(plain), compiled(mixed)) for _ in range(1 + (rounds if cached else 3))]
        theirs, ours = (statistics.median(times) for times in zip(*runs[1:], strict=True))
        name = "compiled before" if cached else "nothing cached"
        print(f"  {name:16} {ours:6.2f} {theirs:6.2f} {ours / theirs:6.2f}")


class DeepSets(nn.Module):
    """Zaheer et al. 2017, equivariant: an element, the mean of a net over all, a net of both."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Linear(channels, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.outer = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs."""
        h = self.inner(x)
        return self.outer(torch.cat([h, h.mean(1, keepdim=True).expand_as(h)], -1))


def polynomial(x: Tensor) -> Tensor:
    """Return a target of degree two on sets of four channels."""
    mean, spread = x.mean(1, keepdim=True), (x * x).mean(1, keepdim=True)
    own = x[..., :1] * x[..., 1:2] + (x[..., 2:3] - mean[..., 2:3]) * mean[..., 3:4]
    return own + (x[..., :1] - mean[..., :1]) ** 2 + spread[..., 1:2]


def ours() -> nn.Module:
    """Return the network of the experiment: 4 to 8 quadratic, linear, ReLU, 8 to 1 quadratic."""
    return nn.Sequential(
        EquivariantQuadratic("S", 4, 8),
        nn.Linear(8, 8),
        nn.ReLU(),
        EquivariantQuadratic("S", 8, 1),
    )


def trained(make: Callable[[], nn.Module], rate: float, seed: int) -> float:
    """Return the test error after training, as a part of the target's variance."""
    torch.manual_seed(seed)
    network = make()
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(STEPS):
        x = torch.randn(BATCH, ELEMENTS, 4)
        optimizer.zero_grad()
        functional.mse_loss(network(x), polynomial(x)).backward()
        optimizer.step()
    with torch.no_grad():
        x = torch.randn(1024, ELEMENTS, 4)
        return float(functional.mse_loss(network(x), polynomial(x)) / polynomial(x).var())


def table_training(rounds: int) -> None:
    """Test errors of the experiment, beside Deep Sets of width 64."""
    print("test error as a part of the variance, median of 5 seeds: ours, Deep Sets, ratio")
    for rate in (1e-2, 1e-3):
        errors = [
            statistics.median(trained(make, rate, seed) for seed in range(5))
            for make in (ours, lambda: DeepSets(4, 64))
        ]
        print(f"  Adam({rate:g}) {errors[0]:10.2g} {errors[1]:10.2g} {errors[0] / errors[1]:8.2f}")
    torch.manual_seed(0)
    layer = EquivariantQuadratic("S", 4, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    losses = []
    for _ in range(STEPS):
        x = torch.randn(BATCH, ELEMENTS, 4)
        optimizer.zero_grad()
        loss = functional.mse_loss(layer(x), polynomial(x))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"  SGD(0.01) on one layer: loss {losses[0]:.2f} at first, {losses[-1]:.2f} at last")


TABLES = {
    "steps": table_steps,
    "growth": table_growth,
    "building": table_building,
    "compiling": table_compiling,
    "training": table_training,
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", help=f"some of {', '.join(TABLES)}")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, {platform.machine()}, one thread")
    for name in options.tables or TABLES:
        TABLES[name](options.rounds)


if __name__ == "__main__":
    main()
