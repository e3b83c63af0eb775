"""Commands made for the tests, run in this process or in one of their own."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import NamedTuple

import click
import pytest

from polyconstraints.cli.main import CommandEntry, build_cli, run


class Result(NamedTuple):
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


RunCommand = Callable[..., Result]


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Return a function that runs one command as the program would and says how it ended."""

    def run_one(command: click.Command, *args: str) -> Result:
        module = types.ModuleType("commands_of_a_test")
        module.command = command  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        group = build_cli({"try": CommandEntry(f"{module.__name__}:command", "Try it.")})
        status = run(["try", *args], cli=group)
        return Result(status, *capsys.readouterr())

    return run_one


@pytest.fixture
def run_program(capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Return a function that runs the program itself in this process."""

    def run_it(*args: str) -> Result:
        status = run(args)
        return Result(status, *capsys.readouterr())

    return run_it
