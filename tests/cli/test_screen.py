"""A terminal of any width shows whole words and whole headers; long texts go to a pager."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from polyconstraints.cli.main import run
from polyconstraints.cli.output import fitted, write_text
from tests.terminals import Terminal

COMMANDS = [
    "strata -n 2 -d 2 --gauge",
    "groups",
    "reproduce --only terms",
    "verify MAP",
    "train MAP --steps 3",
    "table -n 1-6 --indices redundant --compare paper",
    "derive -n any --bias -d 2",
    "derive -n 3 --classes",
    "dimension --widths 3,3,1 --widths 2,3,1 --activation z^2",
    "plot -n 3 -d 2",
    "plot -n 3 -d 2 --view graph",
]


Shown = Callable[..., str]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Return a function that gives what a command shows on a terminal, without colours."""

    def show(command: str, columns: int = 80, rows: int = 1000, **variables: str) -> str:
        terminal = Terminal()
        for name, value in {"NO_COLOR": "1", "TERM": "xterm", **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", str(rows))
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setattr(sys, "stdin", Terminal())
        assert run(command.split()) == 0
        return terminal.getvalue()

    return show


@pytest.fixture(scope="module")
def map_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("map") / "map.json")
    assert run(["export", "-n", "3", "-d", "2", "--bias", "-q", "-o", path]) == 0
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_width_shows_whole_words(shown: Shown, map_file: str, command: str) -> None:
    command = command.replace("MAP", map_file)
    texts = {columns: shown(command, columns) for columns in (60, 80, 120, 500)}
    for columns, text in texts.items():
        assert max(map(len, text.splitlines())) <= columns
        # Nothing is cut and no word is broken: the wide terminal has the same.
        assert "…" not in text.replace(" … ", "")
        assert set(re.findall(r"\w+", text)) == set(re.findall(r"\w+", texts[500]))


def test_a_picture_in_colour_has_whole_words_above_it(shown: Shown) -> None:
    escape = re.compile(r"\x1b\[[0-9;]*m")
    head, blocks = escape.sub("", shown("plot -n 3 -d 2", 60, NO_COLOR="")).split("\n\n")[:2]
    assert [line.rstrip() for line in head.splitlines()] == [
        "2 quadratic layers with ordered indices, widths 3 → 3 → 3,",
        "36 weights",
        "equivariant under S_3 (order 6), each layer on its own; 3",
        "transpositions imposed",
    ]
    assert max(map(len, blocks.splitlines())) <= 60


def test_tables_repeat_their_first_column() -> None:
    table = "n   weights  what it is\n1        10  a weight of one\n20        5  another"
    assert fitted(table, 80) == table
    assert fitted(table, 20).splitlines() == [
        "n   weights",
        "1        10",
        "20        5",
        "",
        "n   what it is",
        "1   a weight of one",
        "20  another",
    ]


def test_what_has_no_blanks_stays_whole() -> None:
    name = "W0_" + "1_" * 60
    assert fitted(f"weight  {name} is one", 40) == f"weight  {name}\n        is one"


@pytest.fixture
def keeping(tmp_path: Path) -> tuple[str, Path]:
    """Return a pager that keeps what it is given, and where."""
    kept = tmp_path / "kept.txt"
    program = f"import sys; open({str(kept)!r}, 'w').write(sys.stdin.read())"
    return f'{sys.executable} -c "{program}"', kept


def test_long_texts_go_through_the_pager(shown: Shown, keeping: tuple[str, Path]) -> None:
    pager, kept = keeping
    for command in ("groups", "derive -n 3 --list", "derive -n 3 --list --format json"):
        whole = shown(command)
        assert shown(command, rows=15, PAGER=pager) == ""
        assert kept.read_text("utf-8") == whole
        kept.unlink()


@pytest.mark.parametrize(
    ("rows", "variables"),
    [(1000, {}), (15, {"NO_PAGER": "1"}), (15, {"TERM": "dumb"}), (15, {"PAGER": ""})],
)
def test_no_pager(
    shown: Shown, keeping: tuple[str, Path], rows: int, variables: dict[str, str]
) -> None:
    pager, kept = keeping
    assert shown("groups", rows=rows, **{"PAGER": pager, **variables}) == shown("groups")
    assert not kept.exists()


@pytest.mark.parametrize("text", ["W0_1_1_1 = W0_2_2_2\n" * 1000, "x" * 20_000])
def test_very_long_paragraphs_are_shown_as_they_come(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("NO_PAGER", "1")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)

    def pieces() -> Iterator[str]:
        for _ in range(200):
            yield text
        assert len(terminal.getvalue()) > 150 * len(text)

    write_text(pieces(), words=True)
    assert terminal.getvalue() == 200 * text


def test_files_are_neither_folded_nor_paged(
    shown: Shown, keeping: tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pager, kept = keeping
    file = tmp_path / "groups.txt"
    assert shown(f"groups -o {file}", 40, 5, PAGER=pager) == ""
    assert not kept.exists()
    assert "what it acts on" in file.read_text("utf-8").splitlines()[0]


def test_leaving_the_pager_early_ends_quietly(
    shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    pager = f'{sys.executable} -c "pass"'
    assert shown("expand -n 3 -d 3 --output 1", rows=10, PAGER=pager) == ""
    assert capsys.readouterr().err == ""
