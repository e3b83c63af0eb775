"""Layers between points: diagrams against brute force over the group, shapes, masks, any n."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from polyconstraints.backends.numpy import EquivariantLayer
from polyconstraints.backends.plan import LayerPlan
from polyconstraints.backends.plan.diagrams import diagrams
from polyconstraints.backends.plan.layer import map_of
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.groups import parse_expression
from tests.backends.maps import evaluate

Array = NDArray[Any]

#: Group, outputs, channels: every construction, every way from one to another.
LAYERS: list[tuple[str, str | None, tuple[int, int]]] = [
    ("S1", None, (1, 1)),
    ("S2", None, (2, 1)),
    ("S3", None, (2, 2)),
    ("S4", None, (1, 2)),
    ("S3", "trivial", (2, 1)),
    ("S3", "trivial2", (1, 2)),
    ("S2xS3", None, (1, 1)),
    ("S2xS3", "S2", (1, 1)),
    ("S2xS3", "trivial", (1, 1)),
    ("S2xS2xS2", None, (1, 1)),
    ("S3+S2", None, (1, 1)),
    ("S3#1xS2#2+S2#2", None, (1, 1)),
    ("tuples(S3,2)", None, (1, 1)),
    ("tuples(S2,3)", None, (1, 1)),
    ("tuples(S3,2)", "S3", (1, 2)),
    ("pairs(S4)", None, (1, 2)),
    ("pairs(S5)", "S5", (1, 1)),
    ("pairs(S4)", "trivial", (2, 1)),
    ("S4", "pairs(S4)", (1, 1)),
    ("ordered_pairs(S4)", "S4", (1, 1)),
    ("ordered_pairs(S3)", None, (1, 1)),
    ("subsets(S5,3)", "S5", (1, 1)),
    ("S2wrS3", None, (1, 1)),
    ("S3wrS2", "S2", (1, 1)),
    ("S3xtrivial2", None, (1, 1)),
    ("C4", None, (2, 3)),
    ("C6", "trivial", (1, 2)),
    ("C2xC3", None, (5, 5)),
    ("D5", None, (2, 1)),
    ("A4", None, (1, 2)),
    ("A3xC2", None, (1, 1)),
    ("(1 2 3)(4 5)", None, (1, 1)),
]

DEGREES = (1, 2)


def small(group: str, to: str | None, channels: tuple[int, int], degree: int) -> bool:
    """Return whether a derivation of the layer's map takes a moment only."""
    below = (
        parse_expression(group).numbered().action().degree * channels[0] if "(1" not in group else 5
    )
    above = 9 if to is None else 5
    return above * below**degree * channels[1] <= 900 or degree == 1


CASES = [
    (group, to, channels, degree)
    for group, to, channels in LAYERS
    for degree in DEGREES
    if "(1" not in group and small(group, to, channels, degree)
]


def made(group: str, to: str | None, channels: tuple[int, int], degree: int) -> Any:
    plan = LayerPlan(group, channels, degree, True, to)
    layer = EquivariantLayer(plan)
    theta = layer.init(0)
    rng = np.random.default_rng(1)
    # Constants too: they start at 0.
    theta = {name: part + rng.standard_normal(part.shape) for name, part in theta.items()}
    shapes = [kind.shape(plan.levels.sizes) for kind in plan.levels.inputs]
    xs = [rng.standard_normal((3, *shape, channels[0])) for shape in shapes]
    return layer, theta, xs


def flat(parts: Any) -> Array:
    parts = parts if isinstance(parts, tuple | list) else (parts,)
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


@pytest.mark.parametrize(("group", "to", "channels", "degree"), CASES)
def test_a_layer_is_the_one_of_its_map(
    group: str, to: str | None, channels: tuple[int, int], degree: int
) -> None:
    """Against the derivation, and every weight of the map's network by itself."""
    layer, theta, xs = made(group, to, channels, degree)
    out = layer(theta, tuple(xs) if len(xs) > 1 else xs[0])
    plan = layer.plan
    tying = map_of([plan])
    whole = plan.flat(tying, 0)
    vector = np.concatenate([theta[name].ravel() for name in plan.shapes])
    parameters = whole.to_map(vector)
    np.testing.assert_allclose(evaluate(tying, [parameters], flat(xs)), flat(out), atol=1e-10)
    # As many of the parameters are independent as the map has.
    assert plan.independent() == len(parameters)
    assert (whole.to_map(whole.from_map(parameters)) - parameters).max() < 1e-10


@pytest.mark.parametrize(("group", "to", "channels", "degree"), CASES)
def test_a_layer_follows_the_group(
    group: str, to: str | None, channels: tuple[int, int], degree: int
) -> None:
    layer, theta, xs = made(group, to, channels, degree)
    choice = layer.plan.group_of()
    out = flat(layer(theta, tuple(xs) if len(xs) > 1 else xs[0]))
    for at, below in enumerate(choice.group.generators):
        above = choice.actions[1][at] if choice.actions else below
        moved = moved_points(xs, below, channels[0])
        found = flat(layer(theta, tuple(moved) if len(xs) > 1 else moved[0]))
        wanted = np.empty_like(out).reshape(len(out), -1, channels[1])
        wanted[:, list(above)] = out.reshape(len(out), -1, channels[1])
        np.testing.assert_allclose(found, wanted.reshape(len(out), -1), atol=1e-10)


def moved_points(xs: Sequence[Array], image: Sequence[int], channels: int) -> list[Array]:
    whole = np.concatenate([x.reshape(len(x), -1, channels) for x in xs], axis=1)
    moved = np.empty_like(whole)
    moved[:, list(image)] = whole
    cuts = np.cumsum([math.prod(x.shape[1:-1]) for x in xs])[:-1]
    parts = np.split(moved, cuts, axis=1)
    return [part.reshape(x.shape) for part, x in zip(parts, xs, strict=True)]


@pytest.mark.parametrize(
    ("degree", "equivariant", "invariant", "pairs"),
    [(1, 2, 1, 1), (2, 4, 2, 3), (3, 7, 3, 8), (4, 12, 5, 23)],
)
def test_number_of_diagrams(degree: int, equivariant: int, invariant: int, pairs: int) -> None:
    """Partitions with a mark; partitions; multigraphs by their edges."""
    found = []
    for group, to in (("S", None), ("S", "trivial"), ("pairs(S)", "trivial")):
        levels = LayerPlan(group, (1, 1), to=to).levels
        found.append(len(diagrams(levels.inputs, levels.outputs, degree)))
    assert found[:2] == [equivariant, invariant]
    assert degree == 4 or found[2] == pairs


@pytest.mark.parametrize(
    ("degree", "counts"),
    [(3, (1, 4, 6, 7, 7, 7)), (4, (1, 5, 9, 11, 12, 12))],
)
def test_independent_diagrams_of_higher_degree(degree: int, counts: tuple[int, ...]) -> None:
    plan = LayerPlan("S", (1, 1), degree, False)
    assert tuple(plan.independent(n) for n in range(1, 7)) == counts


def test_a_cubic_layer_by_hand() -> None:
    layer = EquivariantLayer(LayerPlan("S", (1, 1), 3, False))
    x = np.random.default_rng(0).standard_normal((2, 6, 1))
    m = [(x**p).mean(axis=1, keepdims=True) for p in range(4)]
    functions = [x**3, x**2 * m[1], x * m[2], x * m[1] ** 2, m[3], m[1] * m[2], m[1] ** 3]
    theta = {name: np.zeros(shape) for name, shape in layer.plan.shapes.items()}
    found = []
    for name, part in theta.items():
        for column in range(part.shape[1]):
            one = {**theta, name: np.eye(part.shape[1])[None, column]}
            found.append(layer(one, x))
    for value in found:
        assert sum(np.allclose(value, function) for function in functions) == 1
    assert len(found) == len(functions)


def test_a_cubic_layer_of_a_group_without_letters() -> None:
    """As many parameters as orbits of products of three, counted one by one."""
    layer = EquivariantLayer(LayerPlan("C4", (1, 1), 3, False))
    theta = layer.init(0)
    places = itertools.product(range(4), itertools.combinations_with_replacement(range(4), 3))
    orbits = {
        min((k + s) % 4 * 1000 + _number(sorted((i + s) % 4 for i in rest)) for s in range(4))
        for k, rest in places
    }
    assert theta["weight"].shape == (len(orbits),)
    x = np.random.default_rng(0).standard_normal((2, 4, 1))
    np.testing.assert_allclose(layer(theta, 2 * x), 8 * layer(theta, x), rtol=1e-12)
    moved = layer(theta, np.roll(x, 1, axis=1))
    np.testing.assert_allclose(moved, np.roll(layer(theta, x), 1, axis=1), rtol=1e-10)


def _number(digits: Sequence[int]) -> int:
    return sum(digit * 4**at for at, digit in enumerate(digits))


# -- any n, masks ------------------------------------------------------------------------------

OPEN = [
    ("S", None, (5,), 2),
    ("S", "trivial", (5,), 3),
    ("pairs(S)", None, (5,), 2),
    ("pairs(S)", "S", (6,), 2),
    ("tuples(S,2)", "S", (4,), 2),
    ("SxS", None, (4, 3), 2),
    ("S+S", None, (4, 3), 2),
]


@pytest.mark.parametrize(("group", "to", "sizes", "degree"), OPEN)
def test_padded_equals_unpadded(
    group: str, to: str | None, sizes: tuple[int, ...], degree: int
) -> None:
    plan = LayerPlan(group, (2, 3), degree, True, to)
    layer, levels = EquivariantLayer(plan), plan.levels
    theta = layer.init(0)
    rng = np.random.default_rng(0)
    larger = tuple(size + 2 for size in sizes)
    xs = [rng.standard_normal((3, *kind.shape(sizes), 2)) for kind in levels.inputs]
    padded = [np.full((3, *kind.shape(larger), 2), 7.0) for kind in levels.inputs]
    for x, wide, kind in zip(xs, padded, levels.inputs, strict=True):
        wide[inside(kind, sizes, larger)] = x
    masks = tuple(
        np.broadcast_to(np.arange(size + 2) < size, (3, size + 2)) * 1.0 for size in sizes
    )
    plain = layer(theta, tuple(xs) if len(xs) > 1 else xs[0])
    found = layer(
        theta, tuple(padded) if len(xs) > 1 else padded[0], masks if len(masks) > 1 else masks[0]
    )
    plain, found = (y if isinstance(y, tuple) else (y,) for y in (plain, found))
    for y, wide, kind in zip(plain, found, levels.outputs, strict=True):
        place = inside(kind, sizes, larger)
        np.testing.assert_allclose(wide[place], y, rtol=1e-11, atol=1e-12)
        assert kind.axes == () or abs(wide).sum() == pytest.approx(abs(wide[place]).sum())


def inside(kind: Any, sizes: Sequence[int], larger: Sequence[int]) -> Any:
    """Return where the points of a small set stand among those of a larger one."""
    index: list[Any] = [slice(None)]
    choices = []
    for axis in kind.axes:
        small, large = (
            list(itertools.combinations(range(s[axis.sort]), axis.count)) for s in (sizes, larger)
        )
        choices.append([large.index(point) for point in small])
    return tuple(index) + tuple(np.ix_(*choices)) if choices else (slice(None),)


def test_parameters_learnt_at_one_n_are_the_same_function_at_another() -> None:
    layer = EquivariantLayer(LayerPlan("S", (1, 1), 2, False))
    theta = {name: np.zeros(shape) for name, shape in layer.plan.shapes.items()}
    x = {n: np.random.default_rng(n).standard_normal((40, n, 1)) for n in (10, 50)}
    columns = []
    for name, part in theta.items():
        for column in range(part.shape[1]):
            columns.append((name, np.eye(part.shape[1])[None, column]))

    def function(x: Array) -> Array:
        return (x - x.mean(axis=1, keepdims=True)) ** 2

    features = [layer({**theta, name: row}, x[10]).ravel() for name, row in columns]
    solution = np.linalg.lstsq(np.array(features).T, function(x[10]).ravel(), rcond=None)[0]
    for (name, row), value in zip(columns, solution, strict=True):
        theta[name] = theta[name] + value * row
    assert abs(layer(theta, x[50]) - function(x[50])).max() < 1e-10


# -- shapes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "shape", "message"),
    [
        ("S20xS30", (3, 30, 20, 4), r"expected shape \(…, 20, 30, 4\) for S20xS30, got \(3, 30"),
        ("S4", (3, 3, 4), r"expected shape \(…, 4, 4\) for S4, got \(3, 3, 4\)"),
        ("S4", (3, 4, 5), r"expected shape \(…, 4, 4\)"),
        ("S", (4,), r"expected shape \(…, n, 4\)"),
        ("C4", (3, 5, 4), r"expected shape \(…, 4, 4\) for C4, got \(3, 5, 4\)"),
        ("pairs(S)", (3, 7, 4), r"expected a number of subsets of 2 letters, got 7"),
        ("pairs(S5)", (3, 9, 4), r"expected a number of subsets"),
        ("S3+S2", (3, 5, 4), r"expected shape \(…, 3, 4\) and \(…, 2, 4\)"),
        ("SxS", (5, 4), r"expected shape \(…, n1, n2, 4\)"),
    ],
)
def test_wrong_shapes_get_one_line(group: str, shape: tuple[int, ...], message: str) -> None:
    layer = EquivariantLayer(LayerPlan(group, (4, 2)))
    with pytest.raises(InputError, match=message):
        layer(layer.init(0), np.zeros(shape))


def test_leading_axes_and_single_samples() -> None:
    for group, shape in (("S2xS3", (2, 3)), ("C4", (4,)), ("D4", (4,))):
        layer = EquivariantLayer(LayerPlan(group, (2, 3), 2))
        theta = layer.init(0)
        x = np.random.default_rng(0).standard_normal((2, 5, *shape, 2))
        out = layer(theta, x)
        assert out.shape == (2, 5, *shape, 3)
        np.testing.assert_allclose(layer(theta, x[1, 2]), out[1, 2], rtol=1e-11, atol=1e-12)


def test_what_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^to: expected a factor of the group, got S5"):
        LayerPlan("S4", (1, 1), to="S5").describe()
    with pytest.raises(UsageError, match=r"^degree: expected an integer of at least 1, got 0"):
        LayerPlan("S4", (1, 1), 0)
    with pytest.raises(UsageError, match=r"^rank: expected an integer of at least 1, got 0"):
        LayerPlan("S4", (1, 1), 2, rank=0)
    with pytest.raises(UsageError, match=r"^mask: expected a group of letters"):
        layer = EquivariantLayer(LayerPlan("C4", (1, 1)))
        layer(layer.init(0), np.zeros((1, 4, 1)), np.ones((1, 4)))
    with pytest.raises(InputError, match=r"^theta: expected parameters of shapes"):
        layer({"weight": np.zeros((3, 1, 1))}, np.zeros((1, 4, 1)))
    with pytest.raises(
        UsageError, match=r"^degree: expected at most 100000 partitions of the letters"
    ):
        LayerPlan("tuples(S,3)", (1, 1), 3).recipe.prepare()
    with pytest.raises(UsageError, match=r"^sizes: expected 1 sizes for S, got 0"):
        map_of([LayerPlan("S", (1, 1))])
