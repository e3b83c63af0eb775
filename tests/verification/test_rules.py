"""Maps that are rules are verified for every number of inputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import polyconstraints as pc
from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.cli.main import run
from polyconstraints.schemas import load_schema
from polyconstraints.verification import verify_rule

NETWORKS: list[AnyNetwork] = [
    AnyNetwork("S"),
    AnyNetwork("S", 2, bias=True),
    AnyNetwork("S", layer="linear"),
    AnyNetwork("S", indices="redundant", compare="tensor"),
    AnyNetwork("SxS2"),
]


def rule_document(*edits: tuple[int, int]) -> Any:
    """Return a rule by hand, with some patterns put into other classes."""
    document = pc.TyingRule.of(AnyNetwork("S")).to_json(10**6)
    del document["provenance"]
    del document["counts"]
    for pattern, number in edits:
        document["layers"][0]["rule"]["patterns"][pattern]["class"] = number
    return document


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.group)
def test_rules_are_proven_for_all_sizes(network: AnyNetwork) -> None:
    rule = pc.TyingRule.of(network)
    open_sorts = sum(sort.size is None for sort in network.sorts)
    result = verify_rule(rule, *(10**6,) * open_sorts, exact=True)
    assert result.proof == "layerwise"
    assert result.rule is not None
    assert max(result.rule.asked) == 10**6
    assert max(result.rule.checked) < 12


@pytest.mark.parametrize("edit", [(1, 0), (2, 3), (1, 2), (4, 1)])
def test_small_sizes_decide_for_large_ones(edit: tuple[int, int]) -> None:
    # Whatever comes out for 5 letters comes out for 8 as well; the last edit merges classes.
    rule = pc.TyingRule.from_json(rule_document(edit))
    result = verify_rule(rule, 8)
    assert result.rule is not None
    assert result.rule.checked == (5,)
    assert result.symmetric == pc.verify(rule.at(8)).symmetric
    assert result.symmetric == (edit == (4, 1))


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right, wrong = tmp_path / "right.json", tmp_path / "wrong.json"
    right.write_text(json.dumps(rule_document()))
    wrong.write_text(json.dumps(rule_document((2, 2), (1, 2), (2, 1))))
    assert run(["verify", str(right), "--exact", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, load_schema("verification"))
    assert document["rule"] == {"asked": [10**6], "checked": [5]}
    assert run(["verify", str(wrong)]) == 3
    assert "checked for 5 letters" in capsys.readouterr().out


def test_changed_rule_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = pc.TyingRule.of(AnyNetwork("S")).to_json(7)
    document["layers"][0]["rule"]["patterns"][3]["class"] = 3
    (tmp_path / "rule.json").write_text(json.dumps(document))
    assert run(["verify", str(tmp_path / "rule.json")]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "rule" in message or "provenance.checksum" in message
