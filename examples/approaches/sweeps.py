"""Closer looks: how many generators, frequencies and points; what n! costs; Z^K in a line."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace

import torch

from examples.approaches.exponents import Exponents
from examples.approaches.free import free_network, free_sizes
from examples.approaches.grid import EMBEDDINGS, cube, distortion, lower_bound
from examples.approaches.interface import Approach
from examples.approaches.spectrum import Spectra
from examples.approaches.symmetrised import SymmetrisedNetwork
from examples.approaches.tasks import polynomial

__all__ = [
    "DIMENSIONS",
    "FREQUENCIES",
    "GENERATORS",
    "LONGER",
    "POINTS",
    "embeddings",
    "factorial_cost",
    "grid_distortion",
    "widths",
]

FREQUENCIES = (1, 2, 4, 8, 16, 32, 64)
GENERATORS = (4, 8, 16, 32, 64, 128)
DIMENSIONS = (1, 2, 4, 8, 16)

#: How many times the steps of the budget the networks get that are trained for longer.
LONGER = 4
POINTS = (8, 16, 32)

#: Generators of the embedded exponents. All digits of 8 exponents fit into one double.
EMBEDDED_GENERATORS = (8, 32)


def widths(kind: str) -> Iterator[tuple[int, Approach]]:
    """Yield the approaches of a sweep over frequencies or generators, with that number."""
    if kind == "frequencies":
        for count in FREQUENCIES:
            yield count, Spectra(frequencies=count)
    else:
        for count in GENERATORS:
            yield count, Exponents(generators=count)


def embeddings() -> Iterator[tuple[str, int, Exponents]]:
    """Yield exponents that are read whole, in few dimensions, and as one fractal number."""
    for generators in EMBEDDED_GENERATORS:
        whole = Exponents(generators=generators)
        yield "whole", generators, whole
        for dimensions in DIMENSIONS:
            if dimensions < generators:
                linear = replace(whole, embedding="linear", dimensions=dimensions)
                yield "linear", dimensions, linear
        yield "interleaved", 1, replace(whole, embedding="interleaved")


def grid_distortion(sides: tuple[int, ...] = (2, 4, 8, 16)) -> list[dict[str, float | str]]:
    """Return the distortion of embeddings of cubes in Z² and Z³ into the line."""
    rows: list[dict[str, float | str]] = []
    for generators in (2, 3):
        for side in sides:
            if side**generators > 4096:
                continue
            points = cube(generators, side)
            found = {name: distortion(points, f(points)) for name, f in EMBEDDINGS.items()}
            bound = lower_bound(generators, side, 1)
            rows.append({"generators": generators, "side": side, "bound": bound, **found})
    return rows


def factorial_cost(largest: int = 8, sets: int = 4, repeats: int = 3) -> list[dict[str, float]]:
    """Return the time of one step of the exact symmetrised network, for each set.

    Forward and backward, processor time, for n up to the largest; beside it n! and the bytes
    that the passes keep for the way back at the least.
    """
    rows = []
    for n in range(2, largest + 1):
        task = polynomial(n)
        free = free_network(task, n, 1, task.budget, 1, 0)
        hidden = free_sizes(task, n, 1, task.budget, 1)[1]
        network = SymmetrisedNetwork(free, n, equivariant=False, exact=True)
        x = task.training.x[:sets]
        times = []
        for _ in range(repeats):
            start = time.process_time()
            network(x).sum().backward()
            times.append(time.process_time() - start)
        passes = len(network.orders)
        kept = passes * (n + 2 * hidden) * torch.get_default_dtype().itemsize
        rows.append(
            {"n": n, "passes": passes, "seconds": statistics.median(times) / sets, "bytes": kept}
        )
    return rows
