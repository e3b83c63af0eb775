"""Tables: numbers for people and for programs, and cells that hold what formats use as marks."""

from __future__ import annotations

import csv

from polyconstraints.render.tables import Table

TABLE = Table(("hidden", "weights", "functions"), [("[2] | free", 12_345, None), ("50 %_a", 7, 1)])


def test_thousands_are_apart_for_people_only() -> None:
    assert "12 345" in TABLE.text()
    assert "12 345" in TABLE.markdown()
    assert "<td>12 345</td><td>-</td>" in TABLE.html()
    assert list(csv.reader(TABLE.csv().splitlines()))[1] == ["[2] | free", "12345", ""]


def test_bars_divide_no_cell() -> None:
    _, _, first, second = TABLE.markdown().splitlines()
    assert first.replace(r"\|", "").count("|") == second.count("|") == 4


def test_latex_gets_no_bare_marks() -> None:
    lines = TABLE.written("latex").splitlines()
    assert r"[2] $|$ free & 12 345 & - \\" in lines
    assert r"50 \%\_a & 7 & 1 \\" in lines
