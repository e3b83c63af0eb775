"""Which way to compute a layer: by its structure where that decides, else by measuring."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import numpy as np

from polyconstraints.backends.plan.layer import LayerPlan
from polyconstraints.errors import UsageError

__all__ = ["COMPUTED", "PATHS", "Path", "available_paths", "resolve_path"]

Path = Literal["auto", "structure", "dense", "gather", "classes", "power_sums"]
Run = Callable[[str], Callable[[], object]]

COMPUTED = ("dense", "gather", "classes", "power_sums")
"""Ways of computing a layer."""

PATHS: tuple[Path, ...] = ("auto", "structure", "dense", "gather", "classes", "power_sums")
"""What a user may ask for."""

#: A path that touches this many times more numbers than the leanest isn't even tried.
_HOPELESS = 16

#: Runs of each path; the quickest counts, since other work can only slow a run down.
_ROUNDS = 3

#: What was found, by backend and plan; a network of equal layers measures once.
_FOUND: dict[tuple[str, str], str] = {}


def available_paths(plan: LayerPlan) -> tuple[str, ...]:
    """Return the ways in which a layer can be computed."""
    return tuple(path for path in COMPUTED if path != "power_sums" or plan.power_sums is not None)


def resolve_path(plan: LayerPlan, path: str, backend: str, run: Run) -> str:
    """Return the path that a layer is to be computed by.

    Parameters
    ----------
    plan : LayerPlan
    path : str
        One of :data:`PATHS`. ``auto`` takes ``power_sums`` where the layer has the symmetry
        of S_n, and otherwise the path that takes the least time here and now; ``structure``
        takes ``gather`` instead, so that the choice doesn't depend on the moment.
    backend : str
        A name under which measurements are kept for the rest of the process.
    run : callable
        Given a path, prepares it and returns what is to be timed.

    Raises
    ------
    UsageError
        If the layer has no such path.
    TooLargeError
        If the path needs a list of the weights' classes and that would be too long.
    """
    allowed = available_paths(plan)
    if path in ("auto", "structure"):
        if plan.power_sums is not None:
            return "power_sums"
        return "gather" if path == "structure" else _measured(plan, backend, run)
    if path not in PATHS:
        raise UsageError(f"expected one of {', '.join(PATHS)} as path, got {path!r}", "path")
    if path not in allowed:
        ways = ", ".join(allowed)
        raise UsageError(
            f"expected auto, structure, {ways} as path, since layer {plan.layer.index} doesn't "
            f"have the symmetry of S_n, got {path!r}",
            "path",
        )
    if path != "power_sums":
        plan.require_classes()
    return path


def _measured(plan: LayerPlan, backend: str, run: Run) -> str:
    key = (backend, plan.digest)
    if key not in _FOUND:
        work = {path: _work(plan, path) for path in available_paths(plan)}
        least = min(work.values())
        times = {
            path: _seconds(run(path)) for path, size in work.items() if size <= _HOPELESS * least
        }
        _FOUND[key] = min(times, key=lambda path: times[path])
    return _FOUND[key]


def _work(plan: LayerPlan, path: str) -> int:
    """Return about how many numbers a path touches for one sample."""
    layer = plan.layer
    if path == "dense":
        return int(np.prod(layer.shape, dtype=object))
    if path == "gather":
        return layer.weights if layer.ordered else layer.outputs * layer.letters
    sums = plan.class_sums
    # Members are gathered one by one, where the other paths multiply matrices.
    return 4 * len(sums.members) + sums.sums.size


def _seconds(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
