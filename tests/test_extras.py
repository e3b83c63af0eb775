"""A package that isn't installed is named in one line, the same in Python and in the shell."""

from __future__ import annotations

import importlib
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import polyconstraints as pc
from polyconstraints.cli.main import run
from polyconstraints.errors import MissingExtraError

SYMMETRY = pc.Symmetry(pc.PermutationGroup.symmetric(3))

#: What is missing, the extra that brings it, and who asks for it: a module or a command.
CASES = [
    ("torch", "torch", "polyconstraints.backends.torch", "train -n 3 --backend torch"),
    ("jax", "jax", "polyconstraints.backends.jax", "train -n 3 --backend jax"),
    ("flax", "flax", "polyconstraints.backends.jax.nnx", ""),
    ("equinox", "equinox", "polyconstraints.backends.jax.equinox", ""),
    ("matplotlib", "plot", "", "plot -n 3 -o map.png"),
    ("matplotlib", "plot", "", "train -n 3 --steps 1 --plot loss.png"),
    ("safetensors", "safetensors", "", "export -n 3 -o map.safetensors"),
    ("distributed", "dask", "", "derive -n 3 --list --dask tcp://127.0.0.1:1"),
]


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Return what makes a package one that isn't installed, whatever was imported before."""
    monkeypatch.chdir(tmp_path)

    def lack(package: str) -> None:
        for name in [package, *sys.modules]:
            if name == package or name.startswith(f"{package}."):
                monkeypatch.setitem(sys.modules, name, None)
            elif name.startswith("polyconstraints.backends."):
                monkeypatch.delitem(sys.modules, name)

    return lack


@pytest.mark.parametrize(("package", "extra", "module", "command"), CASES)
def test_the_same_line_everywhere(
    lacking: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    package: str,
    extra: str,
    module: str,
    command: str,
) -> None:
    if package in ("flax", "equinox"):
        pytest.importorskip("jax")
    lacking(package)
    line = f"expected the package {package}, which isn't installed: "
    line += f"pip install 'polyconstraints[{extra}]'"
    if module:
        with pytest.raises(MissingExtraError) as caught:
            importlib.import_module(module)
        assert str(caught.value) == line
    if command:
        assert run(shlex.split(command)) == 2
        assert capsys.readouterr().err == f"polyconstraints: error: {line}\n"


def test_python_hears_it_from_a_method_too(lacking: Callable[[str], None]) -> None:
    tying = pc.derive(pc.NetworkSpec(3), SYMMETRY).tying_map()
    lacking("safetensors")
    with pytest.raises(MissingExtraError, match=r"polyconstraints\[safetensors\]"):
        tying.save("map.safetensors")
