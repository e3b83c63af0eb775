"""Actions on levels: from factors and from images, checked against the relations."""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.spec.groups import (
    checked_images,
    parse_expression,
    read_group,
)
from tests.groups.actions import elements, parse_action
from tests.oracles import closure

S = pc.PermutationGroup.symmetric


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
