"""What an import may load: a command must not wait for what it doesn't use."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

HEAVY = {
    "dask",
    "distributed",
    "flint",
    "jax",
    "matplotlib",
    "networkx",
    "numpy",
    "rich",
    "scipy",
    "sympy",
    "torch",
}

RunPython = Callable[..., "subprocess.CompletedProcess[str]"]


def modules_after(run_python: RunPython, statements: str) -> set[str]:
    """Return the modules that a fresh process has after `statements`."""
    done = run_python(
        "-c", f"{statements}\nimport json, sys\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def loaded_after(run_python: RunPython, statements: str) -> set[str]:
    """Return the top-level modules that a fresh process has after `statements`."""
    return {name.partition(".")[0] for name in modules_after(run_python, statements)}


def test_package_loads_nothing_heavy(run_python: RunPython) -> None:
    loaded = loaded_after(run_python, "import polyconstraints")
    assert not loaded & HEAVY
    assert "click" not in loaded


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["--version"], []], ids=" ".join)
def test_help_and_version_load_nothing_heavy(run_python: RunPython, args: list[str]) -> None:
    loaded = loaded_after(
        run_python, f"from polyconstraints.cli.main import run\nassert run({args!r}) == 0"
    )
    assert "click" in loaded
    assert not loaded & HEAVY


def test_usage_error_loads_nothing_heavy(run_python: RunPython) -> None:
    loaded = loaded_after(
        run_python, "from polyconstraints.cli.main import run\nassert run(['no-such']) == 2"
    )
    assert not loaded & HEAVY


def test_a_derivation_without_polynomials_loads_no_flint(run_python: RunPython) -> None:
    loaded = loaded_after(
        run_python,
        "from polyconstraints.cli.main import run\n"
        "assert run(['derive', '-n', '4', '--quiet']) == 0\n"
        "import polyconstraints.algebra",
    )
    assert "numpy" in loaded
    assert not loaded & {"flint", "sympy", "networkx"}


def test_a_derivation_loads_no_room_that_it_does_not_use(run_python: RunPython) -> None:
    loaded = modules_after(
        run_python,
        "from polyconstraints.cli.main import run\n"
        "assert run(['derive', '-n', '4', '--quiet']) == 0",
    )
    idle = ("algebra.polynomial", "expansion", "tying", "variety", "classes.patterns")
    assert not loaded & {f"polyconstraints.{name}" for name in idle}
    assert "multiprocessing" not in loaded


def test_entry_point_loads_standard_library_only(run_python: RunPython) -> None:
    loaded = loaded_after(run_python, "import polyconstraints.cli.main")
    assert not loaded & (HEAVY | {"click"})


def test_every_command_in_the_table_is_there() -> None:
    import click

    from polyconstraints.cli.main import COMMANDS, build_cli

    group = build_cli()
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
