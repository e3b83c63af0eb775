"""Constructions against their definitions."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations, permutations, product
from math import comb

import pytest

from polyconstraints.spec.groups import (
    parse_expression,
)
from tests.groups.actions import elements, parse_action
from tests.oracles import closure


def test_disjoint_union() -> None:
    found = elements(parse_action("S2+C3"))
    expected = {
        (*a, *(2 + i for i in b)) for a in closure([(1, 0)], 2) for b in closure([(1, 2, 0)], 3)
    }
    assert found == expected


def test_product_acts_on_rows_and_columns() -> None:
    found = elements(parse_action("S3xC2"))
    expected = {
        tuple(a[r] * 2 + b[c] for r in range(3) for c in range(2))
        for a in permutations(range(3))
        for b in [(0, 1), (1, 0)]
    }
    assert found == expected


@pytest.mark.parametrize(
    ("text", "inner", "top", "blocks"),
    [
        ("S3wrS2", 6, 2, 2),
        ("C2wrC3", 2, 3, 3),
        ("C3wr(S2+S1)", 3, 2, 3),
    ],
)
def test_wreath_product(text: str, inner: int, top: int, blocks: int) -> None:
    action = parse_action(text)
    found = elements(action)
    assert len(found) == inner**blocks * top
    size = action.degree // blocks
    for element in found:
        # Blocks are mapped to blocks.
        images = [
            {point // size for point in element[b * size : (b + 1) * size]} for b in range(blocks)
        ]
        assert all(len(image) == 1 for image in images)


def test_wreath_product_binds_first_and_to_the_left() -> None:
    assert parse_action("S2+S3xS2wrS2").degree == 2 + 3 * 4
    assert parse_expression("S2wrS2wrS2").group().order() == (2**2 * 2) ** 2 * 2


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("pairs(S4)", list(combinations(range(4), 2))),
        ("ordered_pairs(S4)", list(permutations(range(4), 2))),
        ("subsets(S4,3)", list(combinations(range(4), 3))),
        ("tuples(S4,2)", list(product(range(4), repeat=2))),
        ("tuples(S4,3)", list(product(range(4), repeat=3))),
    ],
)
def test_points_made_of_points(text: str, points: list[tuple[int, ...]]) -> None:
    unordered = text.startswith(("pairs", "subsets"))
    expected = set()
    for element in permutations(range(4)):
        moved = [tuple(element[i] for i in point) for point in points]
        expected.add(tuple(points.index(tuple(sorted(m)) if unordered else m) for m in moved))
    assert elements(parse_action(text)) == expected


def test_edges_of_a_graph() -> None:
    edges = [[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]]
    action = parse_action(f"edges(D5,{json.dumps(edges)})")
    assert action.degree == 5
    assert len(elements(action)) == 10


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("grid(4,4,C4)", 4),
        ("grid(4,4,D4)", 8),
        ("grid(3,3,C4)", 4),
        ("grid(3,5,C2)", 2),
        ("grid(3,5,D2)", 4),
        ("grid(1,1,D4)", 1),
    ],
)
def test_grids(text: str, order: int) -> None:
    action = parse_action(text)
    rows, columns = (int(number) for number in text[5:-4].split(","))
    found = elements(action)
    assert len(found) == order
    cells = [(r, c) for r in range(rows) for c in range(columns)]
    # Distances between cells stay: these are isometries.
    for element in found:
        for a, b in combinations(range(len(cells)), 2):
            before = [abs(x - y) for x, y in zip(cells[a], cells[b], strict=True)]
            after = [abs(x - y) for x, y in zip(cells[element[a]], cells[element[b]], strict=True)]
            assert sorted(before) == sorted(after)


def test_grid_turns_as_its_corners_do() -> None:
    """D4 acts on a 2 x 2 grid as on the corners, clockwise from the top left."""
    grid, corners = parse_action("grid(2,2,D4)"), parse_action("D4")
    clockwise = [0, 1, 3, 2]
    assert grid.keys == corners.keys
    for cells, image in zip(grid.images, corners.images, strict=True):
        moved = [clockwise[image[corner]] for corner in range(4)]
        assert [cells[cell] for cell in clockwise] == moved


def test_one_group_on_two_sets_of_points() -> None:
    action = parse_action("S4#1+pairs(S4#1)")
    assert action.degree == 4 + 6
    assert len(elements(action)) == 24
    assert parse_expression("S4+pairs(S4)").group().order() == 24**2
    assert elements(parse_action("S3#1xS3#1")) == elements(parse_action("tuples(S3,2)"))


def test_generators_inside_an_expression() -> None:
    assert parse_expression("[[1,2,0]]x[[1,0]]").group().order() == 6


@pytest.mark.parametrize(
    "text",
    [
        "S3",
        "A4",
        "D2",
        "S3+S2",
        "S3xS2xC3",
        "S3#1xS3#1",
        "S3#1+pairs(S3#1)+S2",
        "S2wrS3",
        "C2wr(S2+S1)",
        "S2wrS2wrS2",
        "S2wrS2#1+S2#1",
        "S2#1wrS2+S2#1wrS2",
        "pairs(S2)",
        "pairs(S2)wrS2",
        "subsets(S3,3)xS2",
        "ordered_pairs(S2)",
        "pairs(S2wrS2)",
        "tuples(S2+C3,2)",
        "edges(D4,[[0,1],[1,2],[2,3],[3,0]])",
        "edges(D4,[[0,2],[1,3]])",
        "grid(2,2,D2)",
        "grid(2,2,D4)",
        "grid(1,3,D2)",
        "grid(1,1,D4)",
        "D2#1+grid(2,2,D2#1)",
        "S2#1wrS2#2+S2#1wrS3#3",
        "[[1,0,3,2]]xS2",
    ],
)
def test_orders_of_constructions(text: str) -> None:
    tree = parse_expression(text)
    count = len(elements(parse_action(text)))
    assert tree.group().order() == count
    assert tree.order() in (count, None)
    assert tree.size() == parse_action(text).degree


def test_numbers_of_points() -> None:
    degrees = Counter(parse_action(f"subsets(S6,{k})").degree for k in range(1, 7))
    assert degrees == Counter(comb(6, k) for k in range(1, 7))
