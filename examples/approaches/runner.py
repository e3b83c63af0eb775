"""Everything that is trained, as jobs for a few processes.

Three stages, one after the other:

1. *tuning*: each approach's two shapes and three learning rates, one seed, judged on the
   validation split;
2. *final*: the best of them for five seeds and several numbers of training sets. Only here is
   a held-out test set opened;
3. *closer looks*: recovery, stability and sweeps.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import torch

from examples.approaches import recovery, stability, sweeps
from examples.approaches.catalogue import APPROACHES
from examples.approaches.exponents import Exponents
from examples.approaches.interface import Approach, parameter_count
from examples.approaches.tasks import TASKS, Data, Task, digits, polynomial
from examples.approaches.training import Budget, asymmetry, error, fit, subset

__all__ = ["Plan", "run", "smoke"]

Row = dict[str, Any]

#: Jobs after which to say how far it is.
REPORT_EVERY = 50

#: Seed of the tuning, apart from those of the final trainings.
TUNING_SEED = 100


@dataclass(frozen=True)
class Plan:
    """How much is trained.

    Attributes
    ----------
    tasks : tuple of str
    approaches : tuple of Approach
    rates : tuple of float
        Learning rates that are tried.
    seeds : int
    sizes : tuple of int
        Numbers of training sets; the last is that of the table.
    budget : Budget
    looks : tuple of str
        Closer looks: of recovery, stability, widths, embeddings, points, longer, cost and grid.
    look_seeds : int
        Seeds of the closer looks, but for recovery, which takes as many as the tables.
    recovery_sizes : tuple of int
        Numbers of samples.
    iterations : int
        Of the recovery's second-order method.
    stability_depths, stability_rates, stability_budget
        Of the trainings from which parts of the recipe are taken away.
    points : tuple of int
        Numbers of points that digits are shown with.
    largest_symmetrised : int
        Up to which n the cost of all n! permutations is measured.
    workers : int
        Processes, of one thread each.
    """

    tasks: tuple[str, ...] = tuple(TASKS)
    approaches: tuple[Approach, ...] = APPROACHES
    rates: tuple[float, ...] = (0.01, 0.03, 0.1)
    seeds: int = 5
    sizes: tuple[int, ...] = (30, 100, 300, 1000)
    budget: Budget = field(default_factory=Budget)
    looks: tuple[str, ...] = (
        "recovery", "stability", "widths", "embeddings", "points", "longer", "cost", "grid",
    )  # fmt: skip
    look_seeds: int = 2
    recovery_sizes: tuple[int, ...] = recovery.SIZES
    iterations: int = 80
    stability_depths: tuple[int, ...] = (2, 3)
    stability_rates: tuple[float, ...] = (0.01, 0.03, 0.1)
    stability_budget: Budget = field(default_factory=lambda: Budget(steps=150))
    points: tuple[int, ...] = sweeps.POINTS
    largest_symmetrised: int = 8
    workers: int = 2


@dataclass(frozen=True)
class Job:
    """A function of this module, and what to call it with."""

    kind: str
    call: Callable[..., Row]
    arguments: tuple[Any, ...]

    def __call__(self) -> Row:
        """Return what the function returns, which must fit into JSON, and its processor time."""
        start = time.process_time()
        row = self.call(*self.arguments)
        return {**row, "processor_seconds": time.process_time() - start}


@cache
def _task(name: str) -> Task:
    return TASKS[name]()


@cache
def _digits(n: int) -> Task:
    return digits(n)


@cache
def _test_set(name: str) -> Data:
    return _task(name).open_test_set()


def _build(approach: Approach, task: Task, seed: int) -> torch.nn.Module:
    return approach.build(task, task.n, task.channels, task.budget, seed)


def _train(
    approach: Approach, task: Task, rate: float, size: int, seed: int, budget: Budget
) -> tuple[torch.nn.Module, Row]:
    model = _build(approach, task, seed)
    data = subset(task.training, size, seed)
    outcome = fit(model, task, data, rate, seed, budget, permute=approach.permutes_batches)
    row = {
        "task": task.name,
        "approach": approach.name,
        "rate": rate,
        "size": size,
        "seed": seed,
        "parameters": parameter_count(model),
        "loss": outcome.loss,
        "step_seconds": outcome.step_seconds,
        "validation": error(model, task, task.validation),
    }
    return model, row


def tune(approach: Approach, shape: int, name: str, rate: float, budget: Budget) -> Row:
    """Train one shape of an approach at one learning rate; look at the validation split."""
    task = _task(name)
    chosen = approach.shapes()[shape]
    _, row = _train(chosen, task, rate, len(task.training.x), TUNING_SEED, budget)
    return {**row, "shape": shape}


def final(approach: Approach, name: str, rate: float, size: int, seed: int, budget: Budget) -> Row:
    """Train what was chosen; look at the test set."""
    task = _task(name)
    model, row = _train(approach, task, rate, size, seed, budget)
    test = _test_set(name)
    return {**row, "test": error(model, task, test), "asymmetry": asymmetry(model, task, test)}


def look_recovery(number: int, size: int, seed: int, iterations: int) -> Row:
    """Fit one network of the recovery."""
    row = recovery.RECOVERIES[number]
    found = recovery.recover(row, polynomial(), size, seed, iterations)
    return {"row": row.name, "size": size, "seed": seed, **(found or {})}


def look_stability(number: int, depth: int, rate: float, seed: int, budget: Budget) -> Row:
    """Train one network by one recipe."""
    recipe = stability.RECIPES[number]
    found = stability.run(_task("digits"), recipe, depth, rate, seed, budget)
    return {"recipe": recipe.name, "depth": depth, "rate": rate, "seed": seed, **vars(found)}


def look_width(
    kind: str, count: int, approach: Approach, name: str, rate: float, seed: int, budget: Budget
) -> Row:
    """Train one network of a sweep; look at the validation split."""
    task = _task(name)
    _, row = _train(approach, task, rate, len(task.training.x), seed, budget)
    generators = approach.generators if isinstance(approach, Exponents) else None
    return {**row, "kind": kind, "count": count, "generators": generators}


def look_longer(approach: Approach, rate: float, seed: int, budget: Budget) -> Row:
    """Train one network on the digits for longer; look at the validation split."""
    task = _task("digits")
    longer = replace(budget, steps=sweeps.LONGER * budget.steps)
    rows = []
    for each in (budget, longer):
        rows.append(_train(approach, task, rate, len(task.training.x), seed, each)[1])
    return {
        "approach": approach.name,
        "budget": rows[0]["validation"],
        "longer": rows[1]["validation"],
    }


def look_points(approach: Approach, n: int, rate: float, seed: int, budget: Budget) -> Row:
    """Train one network on digits of another number of points."""
    task = _digits(n)
    _, row = _train(approach, task, rate, len(task.training.x), seed, budget)
    return {**row, "n": n}


def look_cost(largest: int) -> Row:
    """Measure what all n! permutations cost."""
    return {"rows": sweeps.factorial_cost(largest)}


def look_grid() -> Row:
    """Measure how embeddings of the grid distort it."""
    return {"rows": sweeps.grid_distortion()}


def look_conditioning(size: int, seed: int) -> Row:
    """Return how rounding errors grow in the recovery, and what depth 1 needs."""
    n = polynomial().n
    found: Row = {"size": size, "seed": seed}
    if size >= 12:
        found["condition"] = recovery.conditioning(n, size, seed)
    found["depth_one"] = recovery.depth_one(n, size, seed)
    return found


def tuning_jobs(plan: Plan) -> Iterable[Job]:
    """Yield the jobs of the first stage."""
    for name in plan.tasks:
        for approach in plan.approaches:
            for shape in range(len(approach.shapes())):
                for rate in plan.rates:
                    yield Job("tuning", tune, (approach, shape, name, rate, plan.budget))


def choose(plan: Plan, tuning: Sequence[Row]) -> dict[tuple[str, str], tuple[Approach, Row]]:
    """Return the best shape and learning rate for each task and approach, by validation."""
    chosen = {}
    for name in plan.tasks:
        for approach in plan.approaches:
            trials = [
                row for row in tuning if (row["task"], row["approach"]) == (name, approach.name)
            ]
            best = min(trials, key=lambda row: float(row["validation"]))
            chosen[name, approach.name] = approach.shapes()[best["shape"]], best
    return chosen


def final_jobs(plan: Plan, chosen: dict[tuple[str, str], tuple[Approach, Row]]) -> Iterable[Job]:
    """Yield the jobs of the second stage."""
    for (name, _), (approach, best) in chosen.items():
        for size in plan.sizes:
            for seed in range(plan.seeds):
                arguments = (approach, name, best["rate"], size, seed, plan.budget)
                yield Job("final", final, arguments)


def look_jobs(plan: Plan, chosen: dict[tuple[str, str], tuple[Approach, Row]]) -> Iterable[Job]:
    """Yield the jobs of the third stage."""
    looks, seeds = plan.looks, range(plan.look_seeds)
    if "cost" in looks:
        # First, while little else runs: its times are told.
        yield Job("cost", look_cost, (plan.largest_symmetrised,))
    if "grid" in looks:
        yield Job("grid", look_grid, ())
    if "recovery" in looks:
        for size in (4, *plan.recovery_sizes):
            yield Job("conditioning", look_conditioning, (size, 0))
        for number in range(len(recovery.RECOVERIES)):
            for size in plan.recovery_sizes:
                for seed in range(plan.seeds):
                    arguments = (number, size, seed, plan.iterations)
                    yield Job("recovery", look_recovery, arguments)
    if "stability" in looks:
        for number in range(len(stability.RECIPES)):
            for depth in plan.stability_depths:
                for rate in plan.stability_rates:
                    for seed in seeds:
                        arguments_ = (number, depth, rate, seed, plan.stability_budget)
                        yield Job("stability", look_stability, arguments_)
    yield from _sweep_jobs(plan, chosen)


def _sweep_jobs(plan: Plan, chosen: dict[tuple[str, str], tuple[Approach, Row]]) -> Iterable[Job]:
    seeds = range(plan.look_seeds)

    def rate(name: str, approach: Approach) -> float:
        found = chosen.get((name, approach.name))
        return plan.rates[len(plan.rates) // 2] if found is None else float(found[1]["rate"])

    if "widths" in plan.looks:
        for kind in ("frequencies", "generators"):
            for count, approach in sweeps.widths(kind):
                for name in ("digits", "polynomial"):
                    for seed in seeds:
                        arguments = (kind, count, approach, name, rate(name, approach), seed)
                        yield Job("widths", look_width, (*arguments, plan.budget))
    if "embeddings" in plan.looks:
        for kind, count, approach in sweeps.embeddings():
            for seed in seeds:
                arguments = (kind, count, approach, "digits", rate("digits", approach), seed)
                yield Job("embeddings", look_width, (*arguments, plan.budget))
    for (name, _), (approach, best) in chosen.items():
        for seed in seeds if name == "digits" else ():
            if "points" in plan.looks:
                for n in plan.points:
                    arguments_ = (approach, n, best["rate"], seed, plan.budget)
                    yield Job("points", look_points, arguments_)
            if "longer" in plan.looks:
                yield Job("longer", look_longer, (approach, best["rate"], seed, plan.budget))


def _start_worker() -> None:
    # One thread each: the matrices are small, and the processes share the cores.
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)


def run(plan: Plan, say: Callable[[str], None]) -> Row:
    """Train everything; return what was measured, as a document for JSON.

    Parameters
    ----------
    plan : Plan
    say : callable
        Is told how far it is.
    """
    start = time.perf_counter()
    results: Row = {"plan": _describe(plan), "processor_seconds": 0.0}

    def stage(name: str, jobs: Iterable[Job], pool: ProcessPoolExecutor | None) -> list[Row]:
        listed = list(jobs)
        done = map(Job.__call__, listed) if pool is None else pool.map(Job.__call__, listed)
        found = []
        for at, (job, row) in enumerate(zip(listed, done, strict=True), start=1):
            results["processor_seconds"] += row.pop("processor_seconds")
            results.setdefault(job.kind, []).append(row)
            found.append(row)
            if at % REPORT_EVERY == 0 or at == len(listed):
                elapsed = time.perf_counter() - start
                say(f"{name}: {at} of {len(listed)} jobs, {elapsed:.0f} s since the start")
        return found

    def stages(pool: ProcessPoolExecutor | None) -> None:
        chosen = choose(plan, stage("tuning", tuning_jobs(plan), pool))
        stage("closer looks", look_jobs(plan, chosen), pool)
        stage("final", final_jobs(plan, chosen), pool)

    if plan.workers == 0:
        stages(None)
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(plan.workers, context, _start_worker) as pool:
            stages(pool)
    results["seconds"] = time.perf_counter() - start
    return results


def _describe(plan: Plan) -> Row:
    return {
        "steps": plan.budget.steps,
        "batch": plan.budget.batch,
        "rates": list(plan.rates),
        "seeds": plan.seeds,
        "look_seeds": plan.look_seeds,
        "sizes": list(plan.sizes),
        "stability_steps": plan.stability_budget.steps,
        "workers": plan.workers,
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }


def smoke(plan: Plan) -> Plan:
    """Return a plan of the same jobs, as short as they can be."""
    return replace(
        plan,
        rates=(0.01,),
        seeds=1,
        sizes=(64,),
        budget=replace(plan.budget, steps=2),
        look_seeds=1,
        recovery_sizes=(6,),
        iterations=2,
        stability_depths=(2,),
        stability_rates=(0.03,),
        points=(4,),
        stability_budget=replace(plan.stability_budget, steps=2),
        largest_symmetrised=5,
        workers=0,
    )
