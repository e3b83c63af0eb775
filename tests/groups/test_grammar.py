"""How groups are written, in texts and files, and what is said of wrong ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import polyconstraints as pc
from polyconstraints.cli.request import Request
from polyconstraints.spec.groups import (
    GroupChoice,
    parse_expression,
    parse_group,
    read_group,
)
from tests.groups.actions import parse_action

S = pc.PermutationGroup.symmetric


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
        ("pairs(A1000)", 499500, "expected at most 2000000 images of points under generators, got"),
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
