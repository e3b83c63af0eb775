"""Help starts with commands to copy, and those work."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from polyconstraints.cli.main import build_cli
from polyconstraints.cli.options import Command

RunCommand = Callable[..., Any]

COMMANDS = ("expand", "derive", "table", "export")


def examples_of(name: str) -> tuple[str, ...]:
    group = build_cli()
    command = group.get_command(click.Context(group), name)
    assert isinstance(command, Command)
    return command.examples


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_come_first(run_program: RunCommand, name: str) -> None:
    lines = run_program(name, "--help").stdout.splitlines()
    examples = examples_of(name)
    assert 2 <= len(examples) <= 3
    assert lines[:3] == [f"Usage: polyconstraints {name} [OPTIONS]", "", "Examples:"]
    assert lines[3 : 3 + len(examples)] == [f"  {example}" for example in examples]
    for option in ("--inputs", "--group", "--format", "--output-file", "--quiet", "--version"):
        assert any(option in line for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_work(
    run_program: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in examples_of(name):
        # Of a pipeline the first command is run here.
        words = shlex.split(example.partition("|")[0])
        assert words[0] == "polyconstraints"
        result = run_program(*words[1:])
        assert (result.status, result.stderr) == (0, "")
        assert result.stdout or list(tmp_path.iterdir())
