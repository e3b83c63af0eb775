"""The comparison with the paper: its data, its verdicts, and the command."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import polyconstraints as pc
from polyconstraints.cli.main import run
from polyconstraints.reproduction import Verdict, document, printed, reproduce
from polyconstraints.schemas import load_schema
from tests import paper, paper_equations
from tests.paper_equations import Equality

# As docs/findings.md has it.
VERDICTS = {
    "A": "corrected",
    "1-2": "same",
    "8": "same",
    "15": "incomplete",
    "16": "same",
    "20": "same",
    "21": "same",
    "22": "incomplete",
    "22-percent": "corrected",
    "22-diagonals": "corrected",
    "22-sets": "corrected",
    "22-symmetry": "corrected",
    "23": "corrected",
    "25": "corrected",
    "26-27": "incomplete",
    "ordered-distinct": "same",
    "30": "same",
    "listing-ungrouped": "corrected",
    "listing-grouped": "same",
    "terms": "same",
    "transpositions": "same",
    "2.7": "incomplete",
    "45": "same",
    "48": "corrected",
    "49-51": "incomplete",
    "52-54": "incomplete",
}


def named(equalities: set[Equality]) -> set[printed.Equality]:
    """Return equalities of ``tests.paper_equations`` with the package's names of weights."""

    def name(weight: tuple[int, ...]) -> str:
        return "W0_" + "_".join(map(str, weight))

    return {frozenset(tuple(sorted(map(name, side))) for side in sides) for sides in equalities}


# --- what the paper prints: two transcriptions, made apart, agree ------------------------------


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_equalities_agree_with_the_transcription_of_the_tests(n: int) -> None:
    linear, redundant, ordered = (
        pc.NetworkSpec(n, **network).layers[0]  # type: ignore[arg-type]
        for network in ({"layer": "linear"}, {"indices": "redundant"}, {})
    )
    assert printed.equalities("15", linear) == named(paper_equations.eq15(n))
    assert printed.equalities("52", redundant) == named(paper_equations.eq52(n))
    for line in range(1, 9):
        expected = named(paper_equations.eq21_line(n, line))
        assert printed.equalities("21", redundant, [line]) == expected
    for number, theirs in (("26", paper_equations.eq26(n)), ("27", paper_equations.eq27(n))):
        canonical = {paper_equations.canonical_equality(one) for one in theirs}
        assert printed.equalities(number, ordered) == {
            sides for sides in named(canonical) if len(sides) == 2
        }


def test_identity_25_agrees_with_the_transcription_of_the_tests() -> None:
    n = 4
    layer = pc.NetworkSpec(n).layers[0]
    for h in range(1, n + 1):
        for k in set(range(1, n + 1)) - {h}:
            for side, theirs in zip(("left", "right"), paper_equations.eq25(n, h, k), strict=True):
                ours = printed.monomial_terms("25", side, layer, h, k)
                expected: dict[tuple[int, ...], Counter[str]] = {}
                for monomial, weights in theirs.items():
                    exponents = tuple(monomial.count(i) for i in range(1, n + 1))
                    expected[exponents] = Counter()
                    for weight, count in weights.items():
                        a, i, j = paper_equations.canonical(weight)
                        expected[exponents][f"W0_{a}_{i}_{j}"] += count
                assert ours == expected


def test_table_and_numbers_agree_with_the_transcription_of_the_tests() -> None:
    data = printed.paper()
    assert {n: (*counts, text) for n, *counts, text in data["table_22"]} == paper_equations.TABLE_22
    binomials, summands, total = paper_equations.eq30()
    assert data["equation_30"] == {
        "binomials": [list(pair) for pair in binomials],
        "summands": summands,
        "total": total,
    }


@pytest.mark.parametrize("kind", ["grouped", "ungrouped"])
def test_listings_agree_with_the_transcription_of_the_tests(kind: str) -> None:
    data = Path(printed.__file__).parent / "data" / f"listing_{kind}.txt"
    theirs = paper.DATA / f"listing_{kind}.txt"
    assert data.read_text(encoding="utf-8") == theirs.read_text(encoding="utf-8")
    ours, other = printed.listing(kind), getattr(paper, kind)()
    assert ours.output == other.output
    assert ours.complete == other.complete
    renamed = {
        monomial: Counter(
            {
                tuple(sorted("W" + "_".join(map(str, weight)) for weight in term)): count
                for term, count in terms.items()
            }
        )
        for monomial, terms in other.groups.items()
    }
    assert ours.groups == renamed


# --- verdicts ---------------------------------------------------------------------------------


def test_every_verdict() -> None:
    items = list(reproduce())
    assert {item.key: item.verdict.value for item in items} == VERDICTS
    for item in items:
        if item.verdict is not Verdict.SAME:
            assert item.reason


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda data: data["table_22"][1].__setitem__(1, 8), "22"),
        (lambda data: data["table_22"][3].__setitem__(3, "10.5%"), "22-percent"),
        (lambda data: data["ordered_distinct"].update(otherwise=5), "ordered-distinct"),
        (lambda data: data["equation_30"].update(total=166), "30"),
        (lambda data: data["equations"]["15"]["lines"].pop(), "15"),
        (lambda data: data["equations"]["21"]["lines"].pop(), "21"),
        (lambda data: data["equations"]["26"]["lines"].pop(), "26-27"),
        (lambda data: data["polynomials"]["20"]["left"].pop(), "20"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_print_is_noticed(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], None], key: str
) -> None:
    data = json.loads(json.dumps(printed.paper()))
    change(data)
    for module in ("", ".printed", ".comparisons"):
        monkeypatch.setattr(f"polyconstraints.reproduction{module}.paper", lambda: data)
    (item,) = reproduce([key])
    assert item.verdict is Verdict.CORRECTED


def test_a_wrong_listing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    grouped = printed.listing("grouped")
    changed = dict(grouped.groups)
    monomial = random.Random(0).choice(sorted(grouped.complete))
    changed[monomial] = changed[monomial] + Counter({("W0_1_1_1",): 1})
    monkeypatch.setattr(
        "polyconstraints.reproduction.comparisons.listing",
        lambda *_args, **_options: grouped._replace(groups=changed),
    )
    (item,) = reproduce(["listing-grouped"])
    assert item.verdict is Verdict.CORRECTED


# --- documents and the command ----------------------------------------------------------------


def test_document_fits_its_schema_and_counts() -> None:
    found = document(reproduce())
    jsonschema.validate(found, load_schema("reproduction"))
    assert found["counts"] == dict(Counter(VERDICTS.values()))
    broken = json.loads(json.dumps(found))
    broken["items"][0]["reason"] = ""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, load_schema("reproduction"))


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reproduce", "--only", "22-percent", "--only", "30"]) == 0
    text = capsys.readouterr().out
    assert "  paper    75%, 33.3%, 17/2%, 10.4%, 6.9%\n" in text
    assert "  ours     75%, 33.3%, 17.2%, 10.4%, 6.9%\n" in text
    assert text.endswith("2 items: 1 same, 1 corrected, 0 incomplete in the paper\n")
    assert run(["reproduce", "--only", "30", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["ours"].startswith("165 = C(11, 3)")
    assert run(["reproduce", "--format", "markdown"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 2 + len(VERDICTS)
    assert {row.count(" | ") for row in rows[2:]} == {4}


def test_unknown_item(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reproduce", "--only", "99"]) == 2
    assert capsys.readouterr().err.startswith("polyconstraints: error: --only: expected one of A, ")
