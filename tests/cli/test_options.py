"""Options are checked while the command line is parsed, and errors name them."""

from __future__ import annotations

import os
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyconstraints.cli.options import command, network_options
from polyconstraints.cli.parameters import (
    MAX_INTEGER,
    Parsed,
    integer,
    integer_range,
    integers,
)
from polyconstraints.cli.request import Request

RunCommand = Callable[..., Any]


def recording(**how: Any) -> tuple[click.Command, list[Request]]:
    """Return a command with all shared options, and where it leaves what it was given."""
    seen: list[Request] = []

    @command(
        "polyconstraints try -n 3",
        "polyconstraints try -n 4 --bias",
        formats=["text", "latex"],
    )
    @network_options(**how)
    def recorded(request: Request) -> None:
        """Record the options."""
        seen.append(request)

    return recorded, seen


def test_defaults(run_command: RunCommand) -> None:
    command, seen = recording()
    assert run_command(command, "-n", "3") == (0, "", "")
    # What the options say by default is what the request does.
    assert seen == [Request(inputs=3, given=frozenset({"inputs"}))]
    others = {"ascii", "jobs", "resume", "dask", "dry_run", "stratum", "gauge_fixed"}
    assert set(vars(seen[0])) - {"given"} - others == {
        parameter.name for parameter in command.params if parameter.name not in ("version", "help")
    }


def test_choices_are_those_of_the_types() -> None:
    hints = typing.get_type_hints(Request, localns={"GroupLike": str})
    command, _ = recording()
    for parameter in command.params:
        hint = hints.get(parameter.name or "")
        # Formats differ from command to command, and layers may be of any degree.
        if isinstance(parameter.type, click.Choice) and hint is not str:
            # One that may be left out is a choice or None.
            choices = next((arg for arg in typing.get_args(hint) if typing.get_args(arg)), hint)
            assert tuple(parameter.type.choices) == typing.get_args(choices)


def test_everything_given(run_command: RunCommand) -> None:
    command, seen = recording()
    args = (
        "-n 4 -d 3 --layer linear --indices redundant --bias --widths 4,5 --channels 2,3,3,1 "
        "--symmetry invariant --scope network --compare paper --permutations adjacent "
        "--group [[1,0,2,3]] --format json -o - -q"
    )
    assert run_command(command, *args.split()).status == 0
    [request] = seen
    assert request.widths == (4, 5)
    assert request.channels == (2, 3, 3, 1)
    assert request.group == "[[1,0,2,3]]"
    assert request.output_file is None
    assert request.bias
    assert request.quiet
    assert run_command(command, *args.split(), "--no-bias").status == 0
    assert not seen[-1].bias


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("-n 0", "-n/--inputs: expected an integer ≥ 1, got '0'"),
        ("-n -3", "-n/--inputs: expected an integer ≥ 1, got '-3'"),
        ("-n 3.0", "-n/--inputs: expected an integer ≥ 1, got '3.0'"),
        ("-n 1_0", "-n/--inputs: expected an integer ≥ 1, got '1_0'"),
        ("-n ٣", "-n/--inputs: expected an integer ≥ 1, got '٣'"),
        ("-n any", "-n/--inputs: expected an integer ≥ 1, got 'any'"),
        ("-n 1000000001", "-n/--inputs: expected an integer ≥ 1 and at most 1000000000, got"),
        (f"-n {'9' * 5000}", "-n/--inputs: expected an integer ≥ 1 and at most 1000000000, got"),
        ("-n 3 -d -1", "-d/--depth: expected an integer ≥ 1, got '-1'"),
        ("-n 3 -d two", "-d/--depth: expected an integer ≥ 1, got 'two'"),
        (
            "-n 3 --widths 3,x",
            "--widths: expected integers ≥ 1 as 4,4, got 'x' as number 2 in '3,x'",
        ),
        ("-n 3 --widths 0", "--widths: expected integers ≥ 1 as 4,4, got '0'"),
        ("-n 3 --widths 3,", "--widths: expected integers ≥ 1 as 4,4, got '' as number 2 in '3,'"),
        ("-n 3 --channels -1", "--channels: expected integers ≥ 1 as 4,4, got '-1'"),
        (
            "-n 3 --layer cube",
            "--layer: expected linear, quadratic, cubic or a degree, got 'cube'",
        ),
        ("-n 3 --scope all", "--scope: 'all' is not one of 'layer', 'network'."),
        ("-n 3 --format xml", "--format: 'xml' is not one of 'text', 'latex', 'json'."),
        ("-n 3 -o .", "-o/--output-file: cannot write '.': it is a directory"),
        ("-n 3 -o no/such", "-o/--output-file: cannot write 'no/such': there is no directory 'no'"),
    ],
)
def test_wrong_value_is_one_line_naming_the_option(
    run_command: RunCommand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    args: str,
    line: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    command, seen = recording()
    result = run_command(command, *args.split())
    assert result.status == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"polyconstraints: error: {line}")
    assert result.stderr.count("\n") == 1
    assert len(result.stderr) < 200
    assert seen == []


@pytest.mark.parametrize("empty", ["--widths", "--channels", "-n", "-o"])
def test_empty_value(run_command: RunCommand, empty: str) -> None:
    command, _ = recording()
    result = run_command(command, "-n", "3", empty, "")
    assert result.status == 2
    assert empty in result.stderr
    assert result.stderr.count("\n") == 1


def test_output_file_is_not_touched_while_parsing(run_command: RunCommand, tmp_path: Path) -> None:
    command, seen = recording()
    path = str(tmp_path / "out.json")
    assert run_command(command, "-n", "3", "-o", path).status == 0
    assert seen[-1].output_format == "json"
    assert seen[-1].output_file == path
    assert os.listdir(tmp_path) == []


def test_any(run_command: RunCommand) -> None:
    command, seen = recording(inputs="any")
    assert run_command(command, "-n", "any").status == 0
    assert seen[-1].inputs == "any"
    assert run_command(command, "-n", "5").status == 0
    assert seen[-1].inputs == 5
    assert "expected an integer ≥ 1 or 'any', got 'all'" in run_command(command, "-n", "all").stderr


def test_range(run_command: RunCommand) -> None:
    command, seen = recording(inputs="range")
    for text, numbers in {
        "3": (3,),
        "1-4": (1, 2, 3, 4),
        "2..3": (2, 3),
        "8,1:2": (1, 2, 8),
    }.items():
        assert run_command(command, "-n", text).status == 0
        assert seen[-1].inputs == numbers
    for text in ("4-1", "0-3", "-2", "1-", "a", "1,,2", f"1-{MAX_INTEGER}", "1-1001"):
        result = run_command(command, "-n", text)
        assert result.status == 2
        assert result.stderr.startswith("polyconstraints: error: -n/--inputs: expected ")


def test_not_required(run_command: RunCommand) -> None:
    command, seen = recording()
    assert run_command(command).status == 0
    assert seen[-1].inputs is None


def test_json_is_always_a_format() -> None:
    @command(formats=["html"])
    def nothing(request: Request) -> None:
        """Do nothing."""

    [kind] = [one.type for one in nothing.params if one.name == "output_format"]
    assert isinstance(kind, click.Choice)
    assert tuple(kind.choices) == ("html", "json")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-o", "a.JSON"], "json"),
        (["-o", "a.tex"], "latex"),
        (["-o", "a.txt"], "text"),
        (["-o", "a.out"], "text"),
        (["-o", "json"], "text"),
        (["-o", "a.json", "--format", "latex"], "latex"),
        (["-o", "a.csv", "--format", "text"], "text"),
    ],
)
def test_the_ending_of_the_file_chooses_the_format(
    run_command: RunCommand,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    args: list[str],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    command, seen = recording()
    assert run_command(command, "-n", "3", *args).status == 0
    assert seen[-1].output_format == expected


def test_an_ending_that_cannot_be_written_is_refused(
    run_command: RunCommand, tmp_path: Path
) -> None:
    command, seen = recording()
    result = run_command(command, "-n", "3", "-o", str(tmp_path / "a.csv"))
    assert (result.status, seen) == (2, [])
    assert (
        "-o/--output-file: expected a name that ends in .json, .tex, or --format" in result.stderr
    )


@given(st.text(max_size=30))
def test_any_text_is_parsed_or_refused_in_one_way(text: str) -> None:
    for kind in map(Parsed, (integer, integers, integer_range)):
        message = "expected "
        value: Any = ()
        try:
            value = kind.convert(text, None, None)
        except click.BadParameter as error:
            message = error.message
        assert message.startswith("expected ")
        numbers = value if isinstance(value, tuple) else (value,)
        assert all(1 <= number <= MAX_INTEGER for number in numbers)


@given(st.lists(st.integers(1, MAX_INTEGER), min_size=1))
def test_lists_read_back(numbers: list[int]) -> None:
    text = ",".join(map(str, numbers))
    assert integers(text) == tuple(numbers)


def test_shells_complete_kinds_of_layers() -> None:
    derive = recording()[0]
    [option] = [one for one in derive.params if one.name == "layer"]
    found = option.shell_complete(click.Context(derive), "linear,q")
    assert [item.value for item in found] == ["linear,quadratic"]


def test_help_starts_with_commands_to_copy(run_command: RunCommand) -> None:
    command, _ = recording()
    result = run_command(command, "--help")
    assert result.status == 0
    assert result.stdout.startswith(
        "Usage: polyconstraints try [OPTIONS]\n"
        "\n"
        "Examples:\n"
        "  polyconstraints try -n 3\n"
        "  polyconstraints try -n 4 --bias\n"
        "\n"
        "  Record the options.\n"
    )
    for option in ("--inputs", "--group", "--format [text|latex|json]", "-q, --quiet", "--version"):
        assert option in result.stdout
    assert "[default: quadratic]" in result.stdout


def test_version_of_a_command(run_command: RunCommand) -> None:
    command, seen = recording()
    result = run_command(command, "--version")
    assert result.status == 0
    assert result.stdout.startswith("polyconstraints ")
    assert seen == []


def test_version_without_options_of_the_command(run_command: RunCommand) -> None:
    command, _ = recording()
    assert run_command(command, "--version").stdout.split()[1].count(".") == 2
