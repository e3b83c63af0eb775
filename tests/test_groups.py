"""Groups: presets, constructions, the grammar, files, and what is said of wrong ones."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations, permutations, product
from math import comb, factorial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.cli.request import Request
from polyconstraints.render.tables import described_groups, group_documents, groups_text
from polyconstraints.spec.groups import (
    GroupChoice,
    checked_images,
    parse_expression,
    parse_group,
    read_group,
)
from polyconstraints.spec.groups.group import GroupAction
from tests.oracles import closure

S = pc.PermutationGroup.symmetric


@st.composite
def permutation_lists(draw: st.DrawFn, most: int = 5) -> list[list[int]]:
    degree = draw(st.integers(1, most))
    return draw(st.lists(st.permutations(range(degree)), min_size=1, max_size=3))


def parse_action(text: str) -> GroupAction:
    return parse_expression(text).numbered().action()


def elements(action: GroupAction) -> set[tuple[int, ...]]:
    return closure(action.images, action.degree)


# --- presets and facts --------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 7))
def test_orders_of_presets(n: int) -> None:
    expected = {
        "S": factorial(n),
        "A": max(1, factorial(n) // 2),
        "C": n,
        "D": 2 * n if n > 2 else n,
        "trivial": 1,
    }
    for name, order in expected.items():
        group = pc.PermutationGroup.preset(name, n)
        assert group.order() == order == len(closure(group.generators, n)), name
        assert group.is_preset(name)


@given(permutation_lists())
def test_facts_agree_with_brute_force(generators: list[list[int]]) -> None:
    degree = len(generators[0])
    group = pc.PermutationGroup(degree, generators)
    everything = closure(map(tuple, generators), degree)
    assert group.order() == len(everything)
    listed = list(group.elements(1000))
    assert set(listed) == everything
    assert len(listed) == len(everything)
    orbits = {tuple(sorted({element[point] for element in everything})) for point in range(degree)}
    assert set(group.orbits()) == orbits
    outside = next((p for p in permutations(range(degree)) if p not in everything), None)
    assert all(element in group for element in list(everything)[:5])
    assert outside is None or outside not in group
    assert group.is_symmetric() == (len(everything) == factorial(degree))
    assert pc.PermutationGroup.from_sympy(group.to_sympy()).order() == len(everything)


def test_groups_that_are_symmetric_or_alternating_are_seen_to_be() -> None:
    shift, cycle = (*range(1, 51), 0), (1, 2, 0, *range(3, 51))
    assert pc.PermutationGroup(51, [shift, cycle]).order() == factorial(51) // 2
    swapped = pc.PermutationGroup(51, [shift, (1, 0, *range(2, 51))])
    assert swapped.order() == factorial(51)
    assert swapped.is_symmetric()
    assert not pc.PermutationGroup(4, [(1, 0, 2, 3)], "S").is_preset("S")


def test_presets_are_made_when_they_are_needed() -> None:
    group = S(10**12)
    assert group.degree == 10**12
    assert group == S(10**12)
    assert group.is_symmetric()


def test_elements_stop_at_the_limit() -> None:
    assert len(list(S(6).elements(10))) == 11


# --- constructions against their definitions ----------------------------------------------


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


def test_large_orders_are_not_worked_out() -> None:
    groups = described_groups(["S", "A"], 1000) + described_groups(["S"], 3000)
    lines = [line for line in groups_text(groups).splitlines() if "points, " in line]
    assert [line.split(", ")[1] for line in lines[::2]] == ["order about 10^2559", "order 3000!"]
    assert [entry["order"] is None for entry in group_documents(groups)["groups"]] == [
        False,
        False,
        True,
    ]
    assert "_order" not in vars(groups[-1][1])


# --- orders and relations -----------------------------------------------------------------


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
        "[[1,0,3,2]]xS2",
    ],
)
def test_orders_of_constructions(text: str) -> None:
    tree = parse_expression(text)
    count = len(elements(parse_action(text)))
    assert tree.group().order() == count
    assert tree.order() in (count, None)
    assert tree.size() == parse_action(text).degree


def test_orders_of_large_groups_are_formulas() -> None:
    assert parse_expression("S60wrS2").group().order() == factorial(60) ** 2 * 2
    assert parse_group("pairs(S90)", 4005).order() == factorial(90)
    assert parse_expression("S999xA7").order() == factorial(999) * factorial(7) // 2
    # Given by generators they are recognised: 35 s by a stabiliser chain.
    transpositions = S(150).adjacent_transpositions()
    assert pc.PermutationGroup(150, transpositions).order() == factorial(150)
    assert pc.PermutationGroup(150, transpositions).is_symmetric()
    alternating = pc.PermutationGroup(101, pc.PermutationGroup.alternating(101).generators, "mine")
    assert alternating.order() == factorial(101) // 2
    assert not alternating.is_symmetric()
    cycle = (*range(1, 1000), 0)
    assert pc.PermutationGroup(1000, [cycle]).order() == 1000


@given(
    st.sampled_from(
        [
            "S1",
            "S2",
            "S3",
            "S4",
            "A3",
            "A4",
            "C1",
            "C4",
            "D1",
            "D2",
            "D3",
            "D4",
            "S2xS2",
            "S2+C3",
            "S2wrS2",
            "S2wrC3",
            "S2wr(S1+S2)",
            "C2wrS2xS2",
            "grid(2,2,D4)",
            "tuples(S2,2)",
            "pairs(S4)",
            "[[1,2,0]]+S2",
        ]
    ),
    st.integers(1, 4),
    st.data(),
)
def test_images_are_an_action_if_they_satisfy_the_relations(
    text: str, width: int, data: st.DataObject
) -> None:
    action = parse_action(text)
    group = parse_expression(text).group(text, keep_all=True)
    images = [tuple(data.draw(st.permutations(range(width)))) for _ in action.keys]
    joint = [
        (*one, *(action.degree + at for at in image))
        for one, image in zip(action.images, images, strict=True)
    ]
    # No element of the group may be the identity on its own points and move the others.
    right = len(closure(joint, action.degree + width)) == len(elements(action))
    for one in (group, pc.PermutationGroup(group.degree, group.generators, keep_all=True)):
        if right:
            assert checked_images(one, images) == tuple(images)
        else:
            with pytest.raises(pc.UsageError, match="expected images that satisfy the relations"):
                checked_images(one, images)


def test_relations_of_large_groups() -> None:
    sign = [(1, 0), (1, 0)]
    for n, right in ((300, True), (301, False)):
        # A cycle of even length is odd.
        group = S(n)
        if right:
            assert pc.Symmetry(group, actions={1: sign}).actions == {1: tuple(sign)}
        else:
            with pytest.raises(pc.UsageError, match="actions: level 1: expected images that"):
                pc.Symmetry(group, actions={1: sign})
    choice = read_group("S20wrS20", 400, {1: "S20#2"})
    plain = pc.PermutationGroup(400, choice.group.generators, "S20wrS20", keep_all=True)
    images = [list(image) for image in choice.actions[1]]
    assert pc.Symmetry(plain, actions={1: images}).actions == choice.actions
    images[0] = [1, 0, *range(2, 20)]
    with pytest.raises(pc.UsageError, match="got images that break one"):
        pc.Symmetry(plain, actions={1: images})
    nameless = pc.PermutationGroup(400, choice.group.generators, keep_all=True)
    with pytest.raises(pc.UsageError, match="expected at most 200 points in all for images"):
        pc.Symmetry(nameless, actions={1: choice.actions[1][::-1]})


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (((0, 0),), "level 1, image [0][1]: expected a permutation, got 0 as the image of both"),
        (((-1, 0),), "level 1, image [0][0]: expected an image from 0 to 1, got -1"),
        (((True, False),), "level 1, image [0][0]: expected an integer, got True"),
        (((0.0, 1.0),), "level 1, image [0][0]: expected an integer, got 0.0"),
        (((0, 1), (0, 1)), "level 1: expected one permutation for each of the 1 generators, got 2"),
        ((), "level 1: expected one permutation for each of the 1 generators, got 0"),
        (((1, 0),), "level 1: expected images that satisfy the relations of the generators"),
        ("01", "level 1: expected a list of permutations, got str"),
        ((5,), "level 1, image [0]: expected a list of images of 0 … n-1, got int"),
    ],
)
def test_actions_are_checked_where_they_are_made(images: Any, message: str) -> None:
    with pytest.raises(pc.UsageError) as caught:
        pc.Symmetry(pc.PermutationGroup.cyclic(3), actions={1: images})
    assert str(caught.value).startswith(f"actions: {message}")


def test_integers_of_numpy_are_images() -> None:
    group = pc.PermutationGroup(np.int64(3), np.array([[1, 2, 0]]))
    assert group == pc.PermutationGroup(3, [(1, 2, 0)])
    assert {type(image) for image in group.generators[0]} == {int}
    symmetry = pc.Symmetry(group, actions={np.int64(1): np.array([[2, 0, 1]]).tolist()})
    assert symmetry.actions == {1: ((2, 0, 1),)}
    for level in (0, True, 1.0, "1"):
        with pytest.raises(pc.UsageError, match="actions: expected an integer of at least 1"):
            pc.Symmetry(group, actions={level: ((2, 0, 1),)})


def test_presentations_present_the_groups() -> None:
    """Coset enumeration by SymPy finds as many elements as the presets have."""
    from sympy.combinatorics.fp_groups import FpGroup
    from sympy.combinatorics.free_groups import free_group

    for n in (3, 4, 5):
        free, a, b = free_group("a b")
        words = [a**2, b**n, (a * b) ** (n - 1), (a * b**-1 * a * b) ** 3]
        words += [(a * b**-j * a * b**j) ** 2 for j in range(2, n // 2 + 1)]
        assert FpGroup(free, words).order() == factorial(n)


# --- the grammar --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "S3xS2",
        "S3+S2",
        "(S3+S2)xC4",
        "S3wrS2wrS2",
        "S3wr(S2wrS2)",
        "pairs(S4)",
        "subsets(S5,3)",
        "tuples(S2+S1,2)",
        "edges(C3,[[0,1],[1,2],[2,0]])",
        "grid(4,4,C4)",
        "[[1,0]]xS2",
        "S3#1xS3#1",
        "trivial2+A4",
        "grid(3,3,D4#2)",
    ],
)
def test_spelling_is_read_again(text: str) -> None:
    expression = parse_expression(text)
    assert expression.text() == text
    spaced = text.replace("(", " ( ").replace(",", " , ").replace("+", " + ")
    assert parse_expression(spaced) == expression


@given(st.text(alphabet="SACDtrivialxw+()[],#0123 pairs", max_size=30))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    said = ""
    try:
        degree = parse_action(text).degree
    except (pc.UsageError, pc.InputError, pc.TooLargeError) as error:
        degree, said = 1, str(error)
    assert degree >= 1
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "degree", "message"),
    [
        (
            "[[1,1,2]]",
            3,
            "group: generators[0][1]: expected a permutation, got 1 as the image of",
        ),
        ("[[0,3,1]]", 3, "group: generators[0][1]: expected an image from 0 to 2, got 3"),
        ("[[0,true]]", 2, "group: generators[0][1]: expected an integer, got True"),
        (
            "[[1,0,2],[1,0]]",
            3,
            "group: generators[1]: expected a permutation of 3 points, got one of 2",
        ),
        ("[[1,0]]", 3, "group: generators[0]: expected a permutation of 3 points, got one of 2"),
        ("[1,0]", 2, "group: generators[0]: expected a list of images of 0 … n-1, got int"),
        ("[[1,0]", 2, "group: line 1, column 7: expected valid JSON, but the text ends early"),
        ("S3xS2", 7, "group: expected a group on 7 points, one for each input, got S3xS2 on 6"),
        ("S4", 3, "group: expected a group on 3 points, one for each input, got S4 on 4 points"),
        ("Q", 3, "group: expected a preset (S, A, C, D, trivial), one of pairs, ordered_pairs,"),
        ("", 3, "group: expected a preset"),
        ("S3x", 3, "group: expected a preset"),
        ("S3 S2", 3, "group: expected '+', 'x', 'wr' or the end, got 'S2' at character 4 of"),
        ("pairs(S4", 6, "group: expected ')', got the end of 'pairs(S4'"),
        ("subsets(S4)", 6, "group: expected ',', got ')' at character 11 of"),
        ("tuples(S4,0)", 6, "group: expected an integer of at least 1"),
        ("S0", 1, "group: expected a size of at least 1, got S0 in 'S0'"),
        ("SxS", 9, "group: expected a size of the group S, as in S3, got none, in 'SxS'"),
        ("pairs(S)", 7, "group: expected a group on 7 points, one for each input, got pairs(S5)"),
        (
            "pairs(S1)",
            1,
            "group: expected an action on at least 1 point, got none, in 'pairs(S1)'",
        ),
        ("grid(3,4,C4)", 12, "group: expected a square grid for C4, got 3 rows and 4 columns"),
        ("grid(3,3,S3)", 9, "group: expected one of C2, D2, C4, D4, got 'S3'"),
        (
            "edges(S4,[[0,1]])",
            1,
            "group: expected a group that maps edges to edges, got a generator",
        ),
        (
            "edges(S2,[[0,5]])",
            1,
            "group: expected edges as pairs of nodes from 0 to 1, got [0, 5]",
        ),
        ("+".join(["S2"] * 101), 202, "group: expected at most 100 factors, got more"),
        ("S700xS1400", 6, "group: expected a group on 6 points, one for each input, got S700x"),
        ("edges(S2,[[0,1],[1,0]])", 2, "group: expected each edge once, got [1, 0] twice"),
        ("(" * 60 + "S3" + ")" * 60, 3, "group: expected at most 50 levels of parentheses"),
        (" @/etc/passwd", 3, "group: expected a preset (S, A, C, D, trivial), one of pairs,"),
        ("@", 3, "group: expected a preset (S, A, C, D, trivial), one of pairs, ordered_pairs,"),
    ],
)
def test_wrong_groups_are_named_in_one_line(text: str, degree: int, message: str) -> None:
    with pytest.raises((pc.InputError, pc.UsageError)) as caught:
        parse_group(text, degree)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "degree", "message"),
    [
        ("tuples(S9,9)", 3, "expected an action on at most 1000000 points, got 387420489; for"),
        ("tuples(S9999,99)", 3, "expected an action on at most 1000000 points, got more than"),
        ("subsets(S9999999,5000000)", 3, "expected an action on at most 1000000 points, got more"),
        ("S9999999", 3, "expected an action on at most 1000000 points, got 9999999"),
        ("pairs(S9999999)", 3, "expected an action on at most 1000000 points, got 49999985000001"),
        ("A900xA1100", 990000, "expected at most 2000000 images of points under generators, got"),
        ("S3xS23xS32xS323xS3xS7", 6, "expected an action on at most 1000000 points, got 14976864"),
        ("(1 9999999)", 3, "expected at most 2000000 images of points under generators, got 1"),
    ],
)
def test_large_groups_are_refused_before_they_are_built(
    text: str, degree: int, message: str
) -> None:
    with pytest.raises(pc.TooLargeError) as caught:
        parse_group(text, degree)
    assert str(caught.value).startswith(message)


def test_cycles() -> None:
    assert parse_expression("(1 2 3)(4 5)").text() == "[[1,2,0,4,3]]"
    assert parse_expression("( 1,2 ) (3 4),(1 3)").text() == "[[1,0,3,2],[2,1,0,3]]"
    assert parse_expression("(2)").text() == "[[0,1]]"
    assert parse_group("(1 2 3)(4 5)", 5).order() == 6
    # The others stay.
    assert parse_group("(1 2)", 4).generators == ((1, 0, 2, 3),)
    assert parse_expression("pairs((1 2 3),(1 2))x(1 2)").group().order() == 12
    assert parse_expression("((1 2)+S3)").text() == "[[1,0]]+S3"
    for text, message in [
        ("(1 2)(2 3)", "expected disjoint cycles of points from 1, got 2 twice in '(1 2)(2 3)'"),
        ("(0 1)", "expected disjoint cycles of points from 1, got 0 in '(0 1)'"),
        ("(1 2", "expected a preset"),
        ("(1 5)", "generators[0]: expected a permutation of 3 points, got one of 5"),
    ]:
        with pytest.raises((pc.UsageError, pc.InputError)) as caught:
            parse_group(text, 3)
        assert str(caught.value).startswith(f"group: {message}")


def test_large_problems_are_refused_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    from polyconstraints.cli.main import run

    for args in (
        ["-n", "1000", "--group", "tuples(S10,3)"],
        ["-n", "9", "--group", "tuples(S9,9)"],
    ):
        assert run(["derive", *args]) == 4
        error = capsys.readouterr().err
        assert error.startswith("polyconstraints: error: expected ")
        assert error.count("\n") == 1


def test_a_letter_without_size_takes_the_one_that_fits() -> None:
    assert parse_group("pairs(S)", 10).name == "pairs(S5)"
    assert parse_group("SxS3", 9).order() == 36
    assert parse_group("S", 4) == S(4)
    assert parse_group("S4", 4) == S(4)
    assert parse_group(" [[1, 0]] ", 2).name == "[[1,0]]"


# --- actions on levels --------------------------------------------------------------------


def test_edges_to_nodes() -> None:
    choice = read_group("pairs(S4)", 6, {1: "S4"})
    assert choice.widths == {1: 4}
    assert choice.actions[1] == parse_action("S4").images


def test_factors_act_on_their_own() -> None:
    choice = read_group("S3xS3", 9, {1: "S3#2", 2: "pairs(S3#1)"})
    identity = (0, 1, 2)
    assert choice.actions[1][:2] == (identity, identity)
    assert choice.actions[2][2:] == (identity, identity)
    assert read_group("S3wrS2", 6, {1: "S2"}).actions[1] == ((0, 1), (0, 1), (1, 0))
    assert read_group("C", 4, {1: "pairs(C)"}).widths[1] == 6
    assert read_group("[[1,2,0]]", 3, {1: "pairs([[1,2,0]])"}).widths[1] == 3
    assert read_group("S1", 1, {1: "trivial3"}).widths[1] == 3


def test_generators_are_kept_where_something_else_moves() -> None:
    """The pairs of two points are one point; the two points themselves are swapped."""
    choice = read_group("pairs(S2)", 1, {1: "S2"})
    assert choice.group.generators == ((0,),)
    assert choice.actions[1] == ((1, 0),)


@pytest.mark.parametrize(
    ("group", "degree", "action", "message"),
    [
        ("S", 3, "[[0,1],[1,0]]", "expected images that satisfy the relations of the generators"),
        (
            "C",
            3,
            "[[1,0]]",
            "got a group of order 6 acting on both levels where the group itself has order 3",
        ),
        ("C", 3, "[[1,0],[1,0]]", "expected one permutation for each of the 1 generators, got 2"),
        ("S", 3, "[[1,0],[1,0,2]]", "expected a permutation of 2 points, got one of 3"),
        ("S", 3, "[[1,1],[0,1]]", "expected a permutation, got 1 as the image of both 0 and 1"),
        ("S", 3, "C3", "expected an action of factors of the group (S3), got C3"),
        ("S3xS3", 9, "S3", "expected S3#1 or S3#2, got S3, which could be any of them"),
        ("S3wrS2", 6, "S3", "expected an action of factors of the group (S2), got S3"),
        ("S", 3, "C", "expected a size of the group C"),
    ],
)
def test_wrong_actions_are_named(group: str, degree: int, action: str, message: str) -> None:
    with pytest.raises((pc.InputError, pc.UsageError)) as caught:
        read_group(group, degree, {1: action})
    assert message in str(caught.value)
    assert str(caught.value).startswith("actions")


def test_signs_are_an_action() -> None:
    """S_3 on two points by the sign of its elements."""
    transposition, cycle = S(3).generators
    assert (transposition, cycle) == ((1, 0, 2), (1, 2, 0))
    assert read_group("S", 3, {1: "[[1,0],[0,1]]"}).widths[1] == 2


# --- files --------------------------------------------------------------------------------


def write(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return f"@{path}"


def typed(group: str, degree: int, actions: Any = None) -> GroupChoice:
    """Return the group that ``--group`` means."""
    return Request(group=group, actions=actions or {}).choice(degree)


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "group.json"
    assert typed(write(file, [[1, 2, 0]]), 3).group.order() == 3
    named = typed(write(file, {"generators": [[1, 2, 0]], "name": "shifts"}), 3)
    assert named.group.name == "shifts"
    choice = typed(write(file, {"group": "pairs(S4)", "actions": {"1": "S4"}}), 6)
    assert choice.widths == {1: 4}
    assert typed(f" @{file}", 6).widths == {1: 4}
    # What the caller gives takes precedence.
    assert typed(f"@{file}", 6, {1: "trivial2"}).widths == {1: 2}
    listed = {"generators": [[1, 0, 2]], "actions": {"1": [[1, 0]]}}
    assert typed(write(file, listed), 3).actions == {1: ((1, 0),)}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "group: expected the name of a group, got nothing"),
        ({"generators": "S"}, "generators: expected a list of generators, got str"),
        ({"generators": [[1, 0]], "name": "S"}, "name: expected a name that is no preset's"),
        ({"generators": [[1, 0]], "actions": []}, "actions: expected an object, got list"),
        (
            {"generators": [[1, 0]], "actions": {"x": []}},
            "actions.x: expected levels from 1 as keys",
        ),
        (
            {"generators": [[1, 0]], "actions": {"1": 3}},
            "actions.1: expected a text or a list, got int",
        ),
        (
            {"generators": [[1, 0]], "actions": {"1": [[2, 0]]}},
            "actions.1: [0][0]: expected an image",
        ),
        ([[1, 0], [0]], "generators[1]: expected a permutation of 2 points, got one of 1"),
        (5, "expected a list of generators or an object, got int"),
    ],
)
def test_wrong_files_are_named_by_place(document: Any, message: str, tmp_path: Path) -> None:
    name = write(tmp_path / "group.json", document)
    with pytest.raises((pc.InputError, pc.UsageError)) as caught:
        typed(name, 2)
    assert str(caught.value).startswith(f"{name[1:]}: {message}")


def test_only_the_command_line_reads_files(tmp_path: Path) -> None:
    """The name of a group in a document, or in Python, is never the name of a file."""
    name = write(tmp_path / "group.json", [[1, 0]])
    for text in (name, f" {name}", f"\t{name}"):
        with pytest.raises(pc.UsageError, match=r"^group: expected a preset"):
            read_group(text, 2)
        document = pc.derive(pc.NetworkSpec(2), pc.Symmetry(S(2))).tying_map().to_json()
        document["symmetry"]["group"] = text
        del document["provenance"]
        with pytest.raises(pc.InputError, match=r"^symmetry\.group: expected a"):
            pc.TyingMap.from_json(document)
    with pytest.raises(pc.UsageError, match="expected the name of a file after @, got nothing"):
        typed("@", 2)


def test_numbers_of_points() -> None:
    degrees = Counter(parse_action(f"subsets(S6,{k})").degree for k in range(1, 7))
    assert degrees == Counter(comb(6, k) for k in range(1, 7))
