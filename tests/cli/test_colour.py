"""Where somebody watches, and where ``FORCE_COLOR`` brings colours into a pipe."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from polyconstraints.cli.main import run
from tests.terminals import Terminal

RunCommand = Callable[..., Any]

COMMANDS = [
    "expand -n 2 -d 2 --bias",
    "expand -n 2 -d 2 --style paper --ungrouped",
    "derive -n 2 --list --classes",
    "derive -n 2 -d 2 --scope network --list --style paper",
    "table -n 1-3",
]


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("command", COMMANDS)
def test_forced_colour_changes_nothing_else(
    run_program: RunCommand, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    expected = run_program(*command.split()).stdout
    assert "\x1b" not in expected
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = run_program(*command.split()).stdout
    assert "\x1b[" in coloured
    assert plain(coloured) == expected
    monkeypatch.setenv("NO_COLOR", "1")
    assert run_program(*command.split()).stdout == expected


@pytest.mark.parametrize("command", COMMANDS)
def test_formats_for_programs_are_never_coloured(
    run_program: RunCommand, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    command = command.replace("--style paper", "")
    for kind in ("json", "latex"):
        assert "\x1b" not in run_program(*command.split(), "--format", kind).stdout


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("no_color", ["", "1"])
def test_terminal(monkeypatch: pytest.MonkeyPatch, command: str, no_color: str) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", no_color)
    assert run(command.split()) == 0
    text = stream.getvalue()
    assert ("\x1b[" in text) is not bool(no_color)
    assert "layer" in text


def test_terminal_gets_json_as_it_is(
    run_program: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = ["derive", "-n", "2", "--format", "json", "--list"]
    expected = run_program(*args).stdout
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    assert run(args) == 0
    assert stream.getvalue() == expected
