"""Every ending of the program: its status, and one line instead of a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from polyconstraints.cli.main import COMMANDS
from polyconstraints.cli.options import command
from polyconstraints.errors import (
    InputError,
    NotSymmetricError,
    PolyconstraintsError,
    RingMismatchError,
    TooLargeError,
    UsageError,
)

RunCommand = Callable[..., Any]

# A program with one command, for tests that need a process of its own.
SCRIPT = """
import sys, click
from polyconstraints.cli.main import build_cli, run

@click.command()
def command():
    {body}

group = build_cli()
group.add_command(command, "try")
sys.exit(run(["try"], cli=group))
"""


def script(*lines: str) -> str:
    return SCRIPT.format(body="\n    ".join(lines))


def raising(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (PolyconstraintsError("it broke"), 1, "it broke"),
        (UsageError("expected 2 numbers, got 1", "--widths"), 2, "--widths: expected 2 numbers, "),
        (InputError("bad", "layers[0]", "m.json"), 2, "m.json: layers[0]: bad"),
        (RingMismatchError("two rings"), 2, "two rings"),
        (NotSymmetricError("not symmetric"), 3, "not symmetric"),
        (TooLargeError("too\n  many terms"), 4, "too many terms"),
        (MemoryError(), 1, "out of memory"),
        (ValueError("a\nb"), 1, "internal error: ValueError: a b, please report; run with POLYC"),
        (RecursionError("deep"), 1, "internal error: RecursionError: deep"),
        (OSError(28, "No space left on device"), 1, "cannot write: No space left on device"),
        (click.UsageError("strange"), 2, "strange"),
        (click.ClickException("odd"), 1, "odd"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_error_is_one_line(
    run_command: RunCommand, error: Exception, status: int, line: str
) -> None:
    result = run_command(raising(error))
    assert result.status == status
    assert result.stdout == ""
    assert result.stderr.startswith(f"polyconstraints: error: {line}")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith("\n")


@pytest.mark.parametrize("error", [ValueError("here"), UsageError("here")])
def test_debug_variable_shows_the_traceback(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setenv("POLYCONSTRAINTS_DEBUG", "1")
    result = run_command(raising(error))
    assert result.stderr.startswith("Traceback")
    assert result.stderr.splitlines()[-1].startswith("polyconstraints: error: ")
    monkeypatch.setenv("POLYCONSTRAINTS_DEBUG", "0")
    assert "Traceback" not in run_command(raising(error)).stderr


def test_interrupt_and_abort_are_quiet(run_command: RunCommand) -> None:
    for error in (KeyboardInterrupt(), click.Abort()):
        assert run_command(raising(error)) == (130, "", "")


def test_success_and_explicit_status(run_command: RunCommand) -> None:
    @click.command()
    @click.option("--status", type=int, default=0)
    @click.pass_context
    def command(context: click.Context, status: int) -> int:
        click.echo("done")
        if status:
            context.exit(status)
        return 17  # what a command returns is no status

    assert run_command(command) == (0, "done\n", "")
    assert run_command(command, "--status", "3") == (3, "done\n", "")


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["--no-such"], "No such option"),
        (["--size", "1", "extra"], "Got unexpected extra argument (extra)"),
        (["--size"], "Option '--size' requires an argument"),
        (["--size", "x"], "--size: 'x' is not a valid integer."),
        ([], "--size: expected a value, got none"),
    ],
)
def test_wrong_usage_is_one_line(run_command: RunCommand, args: list[str], line: str) -> None:
    @command()
    @click.option("--size", type=int, required=True)
    def sized(request: object, size: int) -> None:
        """Do nothing."""

    result = run_command(sized, *args)
    assert result.status == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"polyconstraints: error: {line}")
    assert result.stderr.count("\n") == 1


# --- The program itself -------------------------------------------------------------------


def test_help_lists_the_commands_in_their_order(run_program: RunCommand) -> None:
    result = run_program("--help")
    assert result.status == 0
    assert result.stderr == ""
    listed = [line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ")]
    assert [name for name in listed if name in COMMANDS] == list(COMMANDS)
    for _, summary in COMMANDS.values():
        assert summary in result.stdout
    assert run_program() == result
    assert run_program("-h") == result


def test_version(run_program: RunCommand) -> None:
    result = run_program("--version")
    assert result.status == 0
    assert result.stdout.startswith("polyconstraints ")


def test_misspelt_command(run_program: RunCommand) -> None:
    result = run_program("dervie")
    assert result.status == 2
    assert result.stderr == (
        "polyconstraints: error: there is no command 'dervie', the nearest is 'derive'; "
        "see 'polyconstraints --help'\n"
    )
    assert "none is spelt like it" in run_program("zzz").stderr


def test_module_runs_as_a_program(run_python: RunCommand) -> None:
    done = run_python("-m", "polyconstraints", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: polyconstraints [OPTIONS] COMMAND")


def test_help_starts_quickly(run_python: RunCommand) -> None:
    # The aim is 0.2 s; the bound leaves room for a machine that is busy with other tests.
    times = []
    for _ in range(3):
        started = time.perf_counter()
        run_python("-m", "polyconstraints", "--help")
        times.append(time.perf_counter() - started)
    assert min(times) < 1.0


# --- In a process of its own --------------------------------------------------------------


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "body",
    [
        ["for i in range(100_000): click.echo(f'line {i}')"],
        ["print('line 0\\n' * 100_000)"],
        ["import time", "print('line 0', flush=True)", "time.sleep(0.5)", "print('late')"],
        [
            "from polyconstraints.cli.console import make_console",
            "console = make_console(sys.stdout)",
            "for i in range(20_000): console.print(f'line {i}')",
        ],
    ],
    ids=["echo", "print", "at exit", "rich"],
)
def test_closed_pipe_ends_quietly(
    child_environment: dict[str, str], tmp_path: Path, body: list[str], unbuffered: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(script(*body))
    command = f"'{sys.executable}' '{program}' | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**child_environment, "PYTHONUNBUFFERED": unbuffered},
    )
    assert done.stdout == "line 0\n0\n"
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_text_that_the_encoding_lacks(run_python: RunCommand, encoding: str) -> None:
    done = run_python("-c", script(r"print('n \u2265 1 \udc80')"), PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert done.stdout.startswith("n ≥ 1" if encoding == "utf-8" else r"n \u2265 1")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize("lines", [1, 100_000])
def test_full_device_is_one_line(
    child_environment: dict[str, str], tmp_path: Path, lines: int
) -> None:
    program = tmp_path / "program.py"
    program.write_text(script(f"print('line\\n' * {lines})"))
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, str(program)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            env=child_environment,
        )
    assert done.returncode == 1
    assert done.stderr == "polyconstraints: error: cannot write: No space left on device\n"


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_closed_streams(child_environment: dict[str, str], tmp_path: Path, closing: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        script("click.echo('out')", "click.echo('err', err=True)", "raise ValueError")
    )
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' '{program}' {closing}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=child_environment,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


#: Half a minute in short naps: Python looks for signals between them. One that comes after its last
#: look and before a nap's system call doesn't end that nap.
WAIT = ["for _ in range(600):", "    time.sleep(0.05)"]


@pytest.mark.parametrize(
    "body",
    [
        ["import time", "print('ready', flush=True)", *WAIT],
        [
            "from polyconstraints.io.files import atomic_writer",
            "import time",
            "with atomic_writer('out.txt') as handle:",
            "    handle.write('half')",
            "    print('ready', flush=True)",
            *(f"    {line}" for line in WAIT),
        ],
    ],
    ids=["waiting", "writing"],
)
def test_interrupt_from_the_keyboard(
    child_environment: dict[str, str], tmp_path: Path, body: list[str]
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", script(*body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=child_environment,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert (stdout, stderr) == ("", "")
    assert os.listdir(tmp_path) == []


def test_interrupt_in_a_destructor_is_not_lost(run_command: RunCommand) -> None:
    class Interrupted:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    @click.command()
    def try_it() -> None:
        one = Interrupted()
        del one
        for _ in range(600):  # the thread's signal may come just before a nap: see WAIT
            time.sleep(0.05)
        raise AssertionError("the interrupt was lost")

    before = sys.unraisablehook
    result = run_command(try_it)
    assert (result.status, result.stdout, result.stderr) == (130, "", "")
    assert sys.unraisablehook is before


@pytest.mark.parametrize(
    "command",
    [
        "strata -n 2 -d 2 --symmetry invariant --decompose sympy --time-limit 5",
        "expand -n 3 -d 2 --bias --jobs 2 -o out.txt",
    ],
)
def test_code_of_the_current_folder_does_not_run(
    command: str, child_environment: dict[str, str], tmp_path: Path
) -> None:
    trap = "import pathlib; pathlib.Path(__file__).with_suffix('.ran').touch(); raise SystemExit"
    for name in ("sympy", "numpy", "flint", "json", "joblib", "pickle", "polyconstraints"):
        (tmp_path / f"{name}.py").write_text(trap, encoding="utf-8")
    program = tmp_path / "bin" / "polyconstraints"
    program.parent.mkdir()
    program.write_text(
        "from polyconstraints.cli.main import main\nif __name__ == '__main__':\n    main()\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(program), *command.split()],
        cwd=tmp_path,
        env=child_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(tmp_path.glob("*.ran")) == []
