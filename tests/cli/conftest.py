"""Commands made for the tests, run in this process or in one of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import click
import pytest

from polyconstraints.cli.main import build_cli, run


class Result(NamedTuple):
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


RunCommand = Callable[..., Result]


@pytest.fixture
def run_command(capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Return a function that runs one command as the program would and says how it ended."""

    def run_one(command: click.Command, *args: str) -> Result:
        group = build_cli()
        group.add_command(command, "try")
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
