"""Symmetries: what is imposed, how levels are acted on, and documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sympy.combinatorics.named_groups import DihedralGroup

import polyconstraints as pc
from polyconstraints.spec.groups import parse_group, read_group
from polyconstraints.spec.symmetry import TranspositionMoves, imposed_moves
from tests.oracles import adjacent, transpositions

S = pc.PermutationGroup.symmetric


@pytest.mark.parametrize("n", range(1, 6))
def test_imposed_permutations(n: int) -> None:
    everything = pc.Symmetry(S(n))
    assert sorted(everything.imposed()) == sorted(transpositions(n))
    neighbours = pc.Symmetry(S(n), permutations="adjacent")
    assert sorted(neighbours.imposed()) == sorted(adjacent(n))
    generators = pc.Symmetry(S(n), permutations="generators")
    assert generators.imposed() == S(n).generators
    for symmetry in (everything, neighbours, generators):
        assert symmetry.imposed_count == len(symmetry.imposed())


def test_counts_of_a_large_group_need_no_permutations() -> None:
    symmetry = pc.Symmetry(S(10**6))
    assert symmetry.imposed_count == 499_999_500_000
    assert symmetry.is_plain


def test_groups_of_sympy_are_accepted() -> None:
    symmetry = pc.Symmetry(DihedralGroup(5))
    assert symmetry.group.order() == 10
    assert pc.derive(pc.NetworkSpec(5), symmetry).distinct_weights == 9
    with pytest.raises(
        pc.UsageError, match="expected a group, its text as S3xS2 or a list of generators, got 5"
    ):
        pc.Symmetry(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("kind", ["equivariant", "invariant"])
@pytest.mark.parametrize("channels", [1, (2, 3)])
def test_transpositions_one_at_a_time(bias: bool, kind: Any, channels: Any) -> None:
    outputs = 1 if kind == "invariant" else None
    network = pc.NetworkSpec(4, bias=bias, outputs=outputs, channels=channels)
    symmetry = pc.Symmetry(S(4), kind)
    moves = imposed_moves(network, symmetry, 0, 1)
    assert isinstance(moves, TranspositionMoves)
    explicit = []
    for letters, units in symmetry.unit_actions(network):
        assert letters is not None
        explicit.append(((0, *(1 + unit for unit in letters)) if bias else letters, units))
    assert list(moves) == explicit
    assert [moves[at] for at in range(len(moves))] == explicit
    assert moves[1:3] == tuple(explicit[1:3])
    assert moves[-1] == explicit[-1]
    with pytest.raises(IndexError):
        moves[len(moves)]


def test_channels_are_carried_along() -> None:
    network = pc.NetworkSpec(2, channels=(3, 1))
    [(letters, units)] = pc.Symmetry(S(2)).unit_actions(network)
    assert letters == (3, 4, 5, 0, 1, 2)
    assert units == (1, 0)


@pytest.mark.parametrize("text", ["S3xS2", "pairs(S4)", "[[1,2,3,4,5,0]]", "D", "S3wrS2"])
def test_documents_round_trip(text: str) -> None:
    network = pc.NetworkSpec(6)
    symmetry = pc.Symmetry(parse_group(text, 6))
    tying = pc.derive(network, symmetry).tying_map()
    document = json.loads(json.dumps(tying.to_json()))
    assert ("generators" in document["symmetry"]) == (text != "D")
    again = pc.TyingMap.from_json(document)
    assert again == tying
    assert again.symmetry == symmetry


def test_documents_with_actions_round_trip() -> None:
    choice = read_group("pairs(S2)+S2", 3, {1: "S2#2", 2: "S2#1"})
    network = pc.NetworkSpec(3, 2, widths=[2], outputs=2)
    symmetry = pc.Symmetry(choice.group, actions=choice.actions)
    tying = pc.derive(network, symmetry).tying_map()
    again = pc.TyingMap.from_json(json.loads(json.dumps(tying.to_json())))
    assert again == tying
    # The first generator does nothing to the inputs, and is kept for what it does elsewhere.
    assert again.symmetry.group.generators == choice.group.generators
    assert len(again.symmetry.group.generators) == 2


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("-n 6 --group S3xS2 --action 2=S3", "--action: expected a level from 1 to 1, got 2"),
        ("-n 6 --group S3xS2 --action 1=S3 --action 1=S2", "--action: expected each level once"),
        (
            "-n 6 --group S3xS2 --action S3",
            "--action: expected a level and an action as 1=S4, got 'S3'",
        ),
        ("-n 6 --group S3xS2 --action 1=C3", "--action: level 1: expected an action of factors of"),
        (
            "-n 6 --group S3xS2 --action 1=S3 --symmetry invariant",
            "--action: expected no action on",
        ),
        (
            "-n 5 --group S3xS2",
            "--group: expected a group on 5 points, one for each input, got S3xS2",
        ),
        (
            "-n 6 --group S3xS2 -d 2 --action 1=S3 --widths 4",
            "--action: expected permutations of 4",
        ),
        ("-n 6 --group S3xS2 --permutations transpositions", "--permutations: expected generators"),
    ],
)
def test_wrong_options_are_named(
    args: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from polyconstraints.cli.main import run

    assert run(["derive", *args.split()]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"polyconstraints: error: {message}")
    assert error.count("\n") == 1


def test_output_widths_follow_the_action(capsys: pytest.CaptureFixture[str]) -> None:
    from polyconstraints.cli.main import run

    arguments = ["derive", "-n", "6", "--group", "pairs(S4)", "-d", "2", "--action", "1=S4"]
    assert run([*arguments, "--action", "2=ordered_pairs(S4)", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["network"]["widths"] == [6, 4, 12]
    assert document["symmetry"]["group"] == "pairs(S4)"
    assert sorted(document["symmetry"]["actions"]) == ["1", "2"]
