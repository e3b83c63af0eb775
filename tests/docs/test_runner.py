"""The page runner notices what is wrong, so that its silence means something."""

from __future__ import annotations

from pathlib import Path

import pytest
import runner


def page(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    return path


GOOD = {
    "console": "```console\n$ echo one; echo two >&2\none\ntwo\n$ cat nothing\n...\n```\n",
    "state": "```console\n$ echo 5 > five\n```\n```python\nfrom pathlib import Path\n"
    "x = int(Path('five').read_text())\n```\n"
    "```pycon\n>>> x + 1\n6\n```\n",
    "text": "```python\nprint(3)\n```\n\n```text\n3\n```\n",
    "folded": "```console\n$ seq 9\n1\n...\n9\n```\n",
    "long command": "```console\n$ echo a \\\n    b\na b\n```\n",
    "not run": "<!-- not run: needs a network -->\n```console\n$ false\nyes\n```\n",
    "left to the reader": "```console\n$ make everything\n$ source .venv/bin/activate\n```\n",
    "rounding": "```console\n$ echo loss 7.8e-18, 5e-12 left\nloss 6e-17,  1.2e-10 left\n```\n",
    "program": "```console\n$ polyconstraints --version | cut -d ' ' -f 1\npolyconstraints\n```\n",
}

BAD = {
    "console": "```console\n$ echo one\ntwo\n```\n",
    "missing line": "```console\n$ seq 3\n1\n2\n```\n",
    "folded": "```console\n$ seq 9\n1\n...\n8\n```\n",
    "text": "```python\nprint(3)\n```\n\n```text\n4\n```\n",
    "no rounding": "```console\n$ echo loss 7.8e-8\nloss 7.9e-8\n```\n",
    "pycon": "```pycon\n>>> 1 + 1\n3\n```\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_good_pages_pass(tmp_path: Path, name: str) -> None:
    runner.check(page(tmp_path, GOOD[name]), tmp_path)


@pytest.mark.parametrize("name", BAD)
def test_bad_pages_fail(tmp_path: Path, name: str) -> None:
    with pytest.raises(runner.PageError):
        runner.check(page(tmp_path, BAD[name]), tmp_path)


def test_python_that_fails_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        runner.check(page(tmp_path, "```python\n1 / 0\n```\n"), tmp_path)


def test_real_outputs_are_written(tmp_path: Path) -> None:
    text = "# Page\n\n```console\n$ echo one\nwrong\n$ seq 9\n1\n...\n9\n```\n\nEnd.\n"
    expected = text.replace("wrong", "one")
    assert runner.rewritten(page(tmp_path, text), tmp_path) == expected
