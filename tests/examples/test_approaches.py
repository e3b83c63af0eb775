"""The ways to permutation invariance: each does what its module says, and all of them run."""

from __future__ import annotations

import doctest
import importlib
import itertools
import json
import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

import polyconstraints as pc
from examples.approaches import __main__ as command
from examples.approaches import exponents, grid, recovery, report, runner, tasks, training
from examples.approaches.catalogue import APPROACHES
from examples.approaches.free import FreeNetwork
from examples.approaches.interface import Approach, parameter_count
from examples.approaches.sorting import lexicographic_order
from examples.approaches.spectrum import Spectrum, lattice
from examples.approaches.symmetrised import SymmetrisedNetwork
from examples.approaches.tied import (
    TiedQuadratics,
    TiedSetNetwork,
    tied_network,
    tied_parameters,
)
from polyconstraints.backends.torch import TiedNetwork

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "approaches.md"

SHAPES = [shape for approach in APPROACHES for shape in approach.shapes()]


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def small(name: str) -> tasks.Task:
    """Return a task small enough for exact symmetrisation."""
    task = {"digits": lambda: tasks.digits(4), "surroundings": lambda: tasks.surroundings(4)}
    return task.get(name, tasks.polynomial)()


def build(approach: Approach, task: tasks.Task) -> torch.nn.Module:
    return approach.build(task, task.n, task.channels, task.budget, 0)


# -- every approach ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["digits", "polynomial", "surroundings"])
@pytest.mark.parametrize("approach", SHAPES, ids=lambda shape: repr(shape))
def test_contract(approach: Approach, name: str):
    task = small(name)
    model = build(approach, task)
    x = task.training.x[:7]
    components = (task.n,) if task.kind == "equivariant" else ()
    assert model(x).shape == (7, *components, task.outputs)
    assert parameter_count(model) <= task.budget

    budget = training.Budget(steps=2)
    fit = training.fit(
        model, task, task.training, 0.01, 0, budget, permute=approach.permutes_batches
    )
    assert math.isfinite(fit.loss)
    assert math.isfinite(training.error(model, task, task.validation))
    asymmetry = training.asymmetry(model, task, task.validation)
    # Up to five components even eq. (4) takes all permutations.
    assert asymmetry > 1e-3 if approach.exactness == "none" else asymmetry < 1e-12


def test_the_same_seed_gives_the_same_network():
    task = small("polynomial")
    for approach in APPROACHES:
        first, second = build(approach, task), build(approach, task)
        for here, there in zip(first.parameters(), second.parameters(), strict=True):
            assert torch.equal(here, there)


def test_two_shapes_each_that_differ():
    for approach in APPROACHES:
        first, second = approach.shapes()
        assert first == approach
        assert second != approach


# -- (A) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("invariant", [True, False])
@pytest.mark.parametrize("channels", [(1, 1), (2, 3), (1, 2, 1), (2, 3, 2, 1)])
def test_free_parameters_are_those_of_the_derivation(channels: tuple[int, ...], invariant: bool):
    n = 4
    spec = pc.NetworkSpec(
        n, len(channels) - 1, bias=True, outputs=1 if invariant else n, channels=channels
    )
    kind = "invariant" if invariant else "equivariant"
    derived = pc.derive(spec, pc.Symmetry(pc.PermutationGroup.symmetric(n), kind=kind))
    assert tied_parameters(channels, invariant=invariant) == derived.dimension

    of_map = TiedNetwork.from_map(derived.tying_map())
    model = TiedSetNetwork(of_map)
    assert parameter_count(model) == derived.dimension
    by_rule = tied_network(n, channels, invariant=invariant)
    by_rule.set_theta([layer.theta.detach() for layer in of_map.tied_layers()])
    x = torch.randn(5, n, channels[0])
    torch.testing.assert_close(model(x).flatten(1), by_rule(x.flatten(1)))


@pytest.mark.parametrize("normalisation", ["none", "running"])
def test_what_was_trained_is_a_tied_polynomial_network(normalisation: str):
    task = small("digits")
    approach = replace(TiedQuadratics(3), normalisation=normalisation)
    model = build(approach, task)
    training.fit(model, task, task.training, 0.03, 0, training.Budget(steps=20))
    model.double().eval()
    levels = model.network.plan.network.channels
    plain = tied_network(task.n, levels, invariant=True, dtype=torch.float64)
    plain.set_theta(model.folded_theta())
    x = task.validation.x.double()
    torch.testing.assert_close(model(x), plain(x.flatten(1)))


def test_what_scales_each_set_is_no_polynomial():
    model = build(TiedQuadratics(2, "set"), small("digits"))
    with pytest.raises(TypeError, match="no polynomial"):
        model.folded_theta()


# -- the other roads ---------------------------------------------------------------------------


@pytest.mark.parametrize("equivariant", [True, False])
def test_symmetrised_is_the_mean_over_all_permutations(equivariant: bool):
    n = 4
    free = FreeNetwork([2 * n, 9, n if equivariant else 3], n if equivariant else None).double()
    network = SymmetrisedNetwork(free, n, equivariant=equivariant, exact=True)
    x = torch.randn(n, 2, dtype=torch.float64)
    total = 0
    for order in itertools.permutations(range(n)):
        out = free(x[list(order)].unsqueeze(0)).squeeze(0)
        if equivariant:
            there = torch.empty_like(out)
            for place, component in enumerate(order):
                there[component] = out[place]
            out = there
        total = total + out
    torch.testing.assert_close(network(x.unsqueeze(0)).squeeze(0), total / math.factorial(n))


def test_symmetrised_beyond_exactness_is_not_symmetric():
    task = tasks.digits(6)
    approach = next(approach for approach in APPROACHES if approach.name == "symmetrised")
    assert training.asymmetry(build(approach, task), task, task.validation) > 1e-3


def test_lexicographic_order():
    x = torch.randint(0, 3, (50, 6, 3))
    order = lexicographic_order(x)
    for points, places in zip(x.tolist(), order.tolist(), strict=True):
        assert [points[at] for at in places] == sorted(points)


def test_the_spectrum_is_the_discrete_transform_of_the_graph():
    size = 16
    draw = np.random.default_rng(0)
    graph = np.zeros((size, size))
    points = draw.integers(0, size, (5, 2))
    truths = draw.random(5)
    np.add.at(graph, tuple(points.T), truths)
    frequencies = lattice(2, 20)
    spectrum = Spectrum(2 * math.pi / size * frequencies, truth=2).double()
    x = torch.from_numpy(np.column_stack([points, truths]))[None]
    _, found = spectrum(x)
    transform = np.fft.fft2(graph)[tuple(frequencies.numpy().astype(int).T)]
    wanted = np.concatenate([transform.real, -transform.imag]) / math.sqrt(5)
    np.testing.assert_allclose(found[0].numpy(), wanted, atol=1e-5)


def test_exponents_count_the_nearest_generators():
    task = small("digits")
    centres = exponents.generators(task.training.x.flatten(0, 1), 9, 0)
    _, found = exponents.ExponentVectors(centres, "whole", 1, task.training.x)(task.training.x[:20])
    for points, counts in zip(task.training.x[:20].numpy(), found.numpy(), strict=True):
        apart = ((points[:, None] - centres.numpy()) ** 2).sum(-1)
        wanted = np.bincount(apart.argmin(1), minlength=9)
        np.testing.assert_array_equal(counts, wanted)


@pytest.mark.parametrize("embedding", ["linear", "interleaved"])
def test_embedded_exponents_run(embedding: exponents.Embedding):
    task = small("digits")
    approach = exponents.Exponents(8, embedding=embedding, dimensions=2)
    model = build(approach, task)
    assert model(task.training.x[:3]).shape == (3, 10)
    _, features = model.summarise(task.training.x)
    torch.testing.assert_close(features.mean(0), torch.zeros(features.shape[1]), atol=1e-4, rtol=0)
    torch.testing.assert_close(features.std(0), torch.ones(features.shape[1]), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("generators", "side"), [(2, 4), (2, 8), (3, 4)])
def test_no_embedding_beats_the_bound(generators: int, side: int):
    points = grid.cube(generators, side)
    for embed in grid.EMBEDDINGS.values():
        found = grid.distortion(points, embed(points))
        assert grid.lower_bound(generators, side, 1) <= found < math.inf
    assert grid.distortion(points, points) == pytest.approx(generators**0.5)


# -- tasks and measures ------------------------------------------------------------------------


def test_the_polynomial_is_the_one_it_says():
    x = torch.randn(5, 6, 1, dtype=torch.float64)
    wanted = [
        sum(
            math.prod(chosen)
            for degree in range(1, 5)
            for chosen in itertools.combinations(row, degree)
        )
        for row in x.squeeze(-1).tolist()
    ]
    variance = sum(math.comb(6, degree) for degree in range(1, 5))
    found = tasks.elementary_sum(x).squeeze(-1) * math.sqrt(variance)
    np.testing.assert_allclose(found.numpy(), wanted)


def test_answers_belong_to_their_components():
    task = small("surroundings")
    x = task.training.x[3].double()
    total = [
        sum(
            float(other[2]) * math.exp(-float(((one - other)[:2] ** 2).sum()) / (2 * 0.75**2))
            for j, other in enumerate(x)
            if j != k
        )
        for k, one in enumerate(x)
    ]
    answers = task.training.y[3].squeeze(-1).double().numpy()
    slope, level = np.polyfit(total, answers, 1)
    np.testing.assert_allclose(np.multiply(slope, total) + level, answers, atol=1e-5)


def test_splits_share_no_image():
    task = small("digits")
    sets = [task.training.x, task.validation.x, task.open_test_set().x]
    assert [len(part) for part in sets] == [1000, 297, 500]
    points, _ = tasks._digit_points(4)
    np.testing.assert_array_equal(torch.cat(sets).numpy(), points)


def test_nothing_is_chosen_by_the_test_set(monkeypatch: pytest.MonkeyPatch):
    def closed(task: tasks.Task) -> tasks.Data:
        raise AssertionError("the test set was opened")

    monkeypatch.setattr(tasks.Task, "open_test_set", closed)
    plan = replace(
        runner.smoke(runner.Plan()), tasks=("polynomial",), looks=("widths",), approaches=APPROACHES
    )
    tuning = [job() for job in runner.tuning_jobs(plan)]
    chosen = runner.choose(plan, tuning)
    for job in itertools.islice(runner.look_jobs(plan, chosen), 3):
        job()
    assert len(chosen) == len(APPROACHES)


# -- recovery ----------------------------------------------------------------------------------


def test_depth_one_is_recovered_from_four_samples():
    assert recovery.depth_one(5, 4, 0) < 1e-10
    assert recovery.depth_one(5, 3, 0) > 1e-3


def test_depth_two_is_recovered_from_few_samples():
    tied = next(row for row in recovery.RECOVERIES if row.name == "tied")
    found = recovery.recover(tied, tasks.polynomial(), 24, 0, 80)
    assert found["unseen"] < 1e-11


def test_levenberg_marquardt_solves_least_squares():
    x = torch.randn(20, 4, 1, dtype=torch.float64)
    y = torch.randn(20, 1, dtype=torch.float64)
    model = torch.nn.Sequential(torch.nn.Flatten(-2), torch.nn.Linear(4, 1)).double()
    recovery.levenberg_marquardt(model, tasks.Data(x, y), 60)
    design = np.column_stack([x.squeeze(-1).numpy(), np.ones(20)])
    wanted = np.linalg.lstsq(design, y.squeeze(-1).numpy(), rcond=None)[0]
    found = torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-6)


# -- the command and its page ------------------------------------------------------------------


def test_smoke_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["--smoke", "--output", str(tmp_path), "--tasks", "polynomial"]
    command.main([*arguments, "--approaches", "tied-2", "symmetrised", "spectrum", "deep-sets"])
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert [row["approach"] for row in summary["table"]["polynomial"]] == [
        "tied-2",
        "symmetrised",
        "spectrum",
        "deep-sets",
    ]
    assert {"recovery", "stability", "widths", "embeddings", "cost", "grid"} <= set(summary)
    assert (tmp_path / "curves.svg").read_text().startswith("<?xml")
    assert "tied quadratic, depth 2" in capsys.readouterr().out
    # Shown again from the summary alone, the same bytes.
    command.main(["--show", str(tmp_path / "summary.json"), "--output", str(tmp_path / "again")])
    for path in tmp_path.glob("*.svg"):
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_the_page_shows_what_was_measured():
    page = PAGE.read_text()
    summary = json.loads((PAGE.with_suffix("") / "summary.json").read_text())
    assert report.fill(page, report.tables(summary)) == page
    images = re.findall(r"\(approaches/(\S+\.svg)\)", page)
    assert images
    paths = [PAGE.with_suffix("") / name for name in images]
    assert sum(path.stat().st_size for path in paths) < 300_000
    assert {path.name for path in PAGE.with_suffix("").glob("*.svg")} == set(images)


@pytest.mark.parametrize("module", ["exponents", "spectrum", "tied"])
def test_docstring_examples(module: str):
    found = doctest.testmod(importlib.import_module(f"examples.approaches.{module}"))
    assert found.attempted > 0
    assert found.failed == 0
