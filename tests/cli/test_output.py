"""Results reach standard output as they come, and files whole."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from polyconstraints.cli.output import write_bytes
from polyconstraints.cli.request import Request
from polyconstraints.errors import UsageError

RunPython = Callable[..., "subprocess.CompletedProcess[str]"]


def write_text(text: str, file: str | None) -> None:
    Request(output_file=file).write(None, text)


def write_json(document: object, file: str | None = None) -> None:
    Request(output_file=file, output_format="json").write(document, "")


@pytest.mark.parametrize("name", [None, "-"])
def test_text_to_standard_output(capsys: pytest.CaptureFixture[str], name: str | None) -> None:
    write_text("a", name)
    write_text("b\n", name)
    assert capsys.readouterr() == ("a\nb\n", "")


def test_bytes_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_bytes(b"\x00\xff")
    assert capfdbinary.readouterr().out == b"\x00\xff"


def test_bytes_are_kept_from_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(UsageError, match="expected a file or a pipe for binary data"):
        write_bytes(b"\x00")


def test_files(tmp_path: Path) -> None:
    write_text("σ", str(tmp_path / "a.txt"))
    write_bytes(b"\xff", str(tmp_path / "b.bin"))
    write_json({"b": 1, "a": [1, 2]}, str(tmp_path / "c.json"))
    assert (tmp_path / "a.txt").read_bytes() == "σ\n".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\xff"
    assert (tmp_path / "c.json").read_bytes() == b'{"a": [1, 2], "b": 1}\n'


def test_failure_while_streaming_leaves_no_file(tmp_path: Path) -> None:
    def equalities() -> Iterator[int]:
        yield 1
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        write_json({"list": equalities()}, str(tmp_path / "out.json"))
    assert os.listdir(tmp_path) == []


def test_refusal_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^-o/--output-file: cannot write "):
        write_text("", str(tmp_path))


def test_same_bytes_whatever_the_hash_seed(run_python: RunPython) -> None:
    program = (
        "from polyconstraints.cli.request import Request\n"
        "document = {k: 1 for k in {'alpha', 'beta', 'gamma', 'delta'}}\n"
        "Request(output_format='json').write(document, '')"
    )
    outputs = {run_python("-c", program, PYTHONHASHSEED=str(seed)).stdout for seed in range(3)}
    assert len(outputs) == 1
    assert list(json.loads(outputs.pop())) == ["alpha", "beta", "delta", "gamma"]
