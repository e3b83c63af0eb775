"""Terminals get colour and progress; pipes and files get the plain text, all of it."""

from __future__ import annotations

import io
import sys
import time

import pytest
from rich.table import Table
from rich.text import Text

from polyconstraints.cli import console
from polyconstraints.cli.console import (
    color_wanted,
    is_terminal,
    make_console,
    progress,
)
from polyconstraints.cli.request import Request
from tests.terminals import Terminal


def printed(stream: io.StringIO) -> str:
    table = Table("name", "value")
    table.add_row("[2,1]", "x" * 300)
    console = make_console(stream)
    console.print(Text("styled " * 60, style="red"))
    console.print(table)
    return stream.getvalue()


def test_pipe_gets_everything_plain() -> None:
    text = printed(io.StringIO())
    assert "\x1b" not in text
    assert text.splitlines()[0] == "styled " * 60
    assert "x" * 300 in text
    assert "[2,1]" in text


def test_terminal_gets_colour_and_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    text = printed(Terminal())
    assert "\x1b[31m" in text
    assert "x" * 300 not in text


@pytest.mark.parametrize(
    ("variables", "terminal", "pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
    ids=str,
)
def test_colour_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], terminal: bool, pipe: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert color_wanted(Terminal()) is terminal
    assert color_wanted(sys.stdout) is pipe
    assert ("\x1b[31m" in printed(Terminal())) is terminal
    assert isinstance(sys.stdout, io.StringIO)
    assert ("\x1b[31m" in printed(sys.stdout)) is pipe


def test_forced_colour_wraps_nothing_and_spares_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    console = make_console(sys.stdout)
    console.print(Text("y" * 500, style="red"))
    assert "y" * 500 in sys.stdout.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in printed(io.StringIO())


def test_closed_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    make_console(sys.stderr).print("nobody")
    assert not is_terminal(None)
    closed = io.StringIO()
    closed.close()
    assert not is_terminal(closed)


def test_broken_pipe_is_an_error_of_its_own() -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        make_console(Broken()).print("lost")


def test_warning_is_one_line_and_can_be_silenced(capsys: pytest.CaptureFixture[str]) -> None:
    Request().warn("first\n  second")
    Request(quiet=True).warn("third")
    assert capsys.readouterr() == ("", "polyconstraints: warning: first second\n")


# --- Progress -----------------------------------------------------------------------------


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("total", [10, None])
def test_bar_appears_after_a_second(total: int | None) -> None:
    stream, clock = Terminal(), Clock()
    with progress("expanding [2]", total, console=make_console(stream), clock=clock) as advance:
        advance()
        clock.now += 0.9
        advance(2)
        assert stream.getvalue() == ""
        clock.now += 0.2
        advance(0)
        assert "expanding [2]" in stream.getvalue()
        advance()
    # The bar is wiped away: the last thing written moves the cursor or clears a line.
    assert stream.getvalue().rstrip().endswith(("\x1b[2K", "\x1b[1A", "\x1b[?25h"))


def test_no_bar_for_quick_work(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("quick", 2) as advance:
        advance()
        advance()
    assert stream.getvalue() == ""


@pytest.mark.parametrize("why", ["quiet", "pipe", "dumb"])
def test_no_bar_unless_somebody_watches(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    stream = io.StringIO() if why == "pipe" else Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    if why == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    clock = Clock()
    with progress("long", 2, quiet=why == "quiet", clock=clock) as advance:
        clock.now += 100
        advance()
    assert stream.getvalue() == ""


def test_bar_leaves_standard_output_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout, stderr, clock = io.StringIO(), Terminal(), Clock()
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(sys, "stderr", stderr)
    with progress("long", 2, clock=clock) as advance:
        clock.now += 100
        advance()
        print("data")
    assert stdout.getvalue() == "data\n"
    assert "data" not in stderr.getvalue()


def test_bar_goes_away_after_an_exception() -> None:
    stream, clock = Terminal(), Clock()
    with (
        pytest.raises(KeyboardInterrupt),
        progress("long", 2, console=make_console(stream), clock=clock) as advance,
    ):
        clock.now += 100
        advance()
        raise KeyboardInterrupt
    assert "\x1b[?25h" in stream.getvalue()  # the cursor is shown again


def test_a_command_says_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "PATIENCE", 0.05)
    with console.patience("derive", quiet=True):
        time.sleep(0.3)
    assert capsys.readouterr().err == ""
    with console.patience("derive"):
        time.sleep(0.3)
    # Once, where nobody watches.
    assert capsys.readouterr().err == "polyconstraints: derive goes on after 0 seconds\n"
    with console.patience("derive"):
        pass
    time.sleep(0.2)
    assert capsys.readouterr().err == ""
