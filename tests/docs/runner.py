"""Runs what documentation pages show: console sessions, Python and doctests.

A page's blocks share one folder and one Python namespace, from top to bottom, as for a
reader who copies them:

- ``console``: lines with ``$ `` are commands for bash, the lines after each are its output,
  standard error included. A line ``...`` stands for any lines.
- ``python``: run as it is. If a block ``text`` follows at once, that is what it prints.
- ``pycon``: a doctest.

``<!-- not run: why -->`` on the line before a block leaves it out; so do commands that would
change the machine (make, pip, git, source). To write the real output into a page::

    python tests/docs/runner.py docs/tutorial.md
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_FENCE = re.compile(
    r"^(?P<ticks>```+)(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^(?P=ticks)[ ]*$", re.M | re.S
)
_NOT_RUN = re.compile(r"<!-- not run: .+? -->\s*\Z")

#: Figures below 1e-9, with the blanks that line them up: what rounding leaves of a zero, which
#: differs from one processor, or NumPy, to the next.
_ROUNDING = re.compile(r" *\b[0-9](?:\.[0-9]+)?e-[1-9][0-9]\b")

#: First words of commands that a test must not run.
_LEFT_TO_THE_READER = frozenset({"make", "pip", "git", "source", "python3", "sudo"})


class PageError(AssertionError):
    """What a page shows is not what happens."""


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    text: str
    line: int
    start: int
    end: int
    follows: bool
    """Whether nothing but blank lines stands between it and the block before."""


@dataclass
class Step:
    """A command of a console block with the output that is shown for it."""

    command: str
    shown: str


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page that are to be run, and the outputs between them."""
    found: list[Block] = []
    last = 0
    for match in _FENCE.finditer(page):
        before = page[: match.start()]
        follows = bool(found) and not page[last : match.start()].strip()
        last = match.end()
        if _NOT_RUN.search(before):
            continue
        line = before.count("\n") + 2
        start, end = match.span("text")
        found.append(Block(match["language"], match["text"], line, start, end, follows))
    return found


def steps(block: Block) -> list[Step]:
    """Return the commands of a console block."""
    found: list[Step] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:], ""))
        elif found and found[-1].command.endswith("\\"):
            found[-1].command += f"\n{line}"
        elif found:
            found[-1].shown += f"{line}\n"
    return found


def matches(shown: str, real: str) -> bool:
    """Return whether an output is what is shown, up to blanks at ends of lines and rounding."""
    shown, real = (
        "\n".join(_ROUNDING.sub(" 1e-10", line).rstrip() for line in text.strip("\n").splitlines())
        for text in (shown, real)
    )
    parts = re.split(r"^\.\.\.$\n?", shown, flags=re.M)
    pattern = "(?:.*\n)*".join(re.escape(part) for part in parts)
    return (
        re.fullmatch(pattern, real if real.endswith("\n") or not real else f"{real}\n") is not None
        or re.fullmatch(pattern, real) is not None
    )


class Session:
    """One reader who copies a page's blocks, one after the other, into an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        programs = folder / "bin"
        programs.mkdir()
        for name, target in (("polyconstraints", "-m polyconstraints"), ("python", "")):
            script = programs / name
            script.write_text(
                f'#!/bin/sh\nexec "{sys.executable}" {target} "$@"\n', encoding="utf-8"
            )
            script.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if "COLOR" not in name}
        self.environment = {
            **kept,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "100",
        }
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def console(self, command: str) -> str:
        """Run a command and return what it prints."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return done.stdout

    def python(self, code: str, source: str) -> str:
        """Run Python code and return what it prints."""
        printed = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(compile(code, source, "exec"), self.names)  # noqa: S102 - our own pages
        return printed.getvalue()

    def doctest(self, text: str, source: str, line: int) -> str:
        """Run a doctest in the page's namespace and return its complaints."""
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        test = doctest.DocTestParser().get_doctest(text, self.names, source, source, line)
        # The test works on the page's own namespace, so that later blocks see its names.
        test.globs = self.names
        report = io.StringIO()
        runner = doctest.DocTestRunner(optionflags=flags)
        with contextlib.chdir(self.folder):
            runner.run(test, out=report.write, clear_globs=False)
        return report.getvalue()


def outputs(page: str, source: str, folder: Path) -> Iterator[tuple[Block, Step | None, str]]:
    """Run a page; yield each block or command that shows an output, with the real one."""
    session = Session(folder)
    printed = ""
    language = ""
    for block in blocks(page):
        where = f"{source}:{block.line}"
        if block.language == "console":
            for step in steps(block):
                if step.command.split()[0] not in _LEFT_TO_THE_READER:
                    yield block, step, session.console(step.command)
        elif block.language == "python":
            # Blank lines before it, so that a traceback names the line of the page.
            printed = session.python("\n" * (block.line - 1) + block.text, where)
        elif block.language == "pycon":
            complaints = session.doctest(block.text, where, block.line)
            if complaints:
                raise PageError(complaints)
        elif block.language == "text" and language == "python" and block.follows:
            yield block, None, printed
        elif block.language in ("bash", "sh"):
            subprocess.run(["bash", "-n", "-c", block.text], check=True)
        language = block.language


def check(path: Path, folder: Path) -> None:
    """Run a page and raise PageError where it shows something else than what happens."""
    page = path.read_text(encoding="utf-8")
    for block, step, real in outputs(page, path.name, folder):
        shown = block.text if step is None else step.shown
        # A command without output on the page may print what it likes: it isn't about that.
        if shown.strip() and not matches(shown, real):
            what = "the block above" if step is None else step.command
            raise PageError(f"{path}:{block.line}: {what}\nshown:\n{shown}\nreal:\n{real}")


def rewritten(path: Path, folder: Path) -> str:
    """Return a page with the real outputs in place of those that are shown."""
    page = path.read_text(encoding="utf-8")
    changes: list[tuple[int, int, str]] = []
    by_block: dict[int, tuple[Block, dict[str, str]]] = {}
    for block, step, real in outputs(page, path.name, folder):
        if step is None:
            changes.append((block.start, block.end, real))
        else:
            by_block.setdefault(block.start, (block, {}))[1][step.command] = real
    for block, real_of in by_block.values():
        text = ""
        for step in steps(block):
            real = real_of.get(step.command, step.shown)
            keep = matches(step.shown, real) or step.shown == "(quiet)\n"
            text += f"$ {step.command}\n{step.shown if keep else real}"
        changes.append((block.start, block.end, text))
    for start, end, text in sorted(changes, reverse=True):
        page = page[:start] + text + page[end:]
    return page


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as scratch:
            text = rewritten(Path(name), Path(scratch))
        Path(name).write_text(text, encoding="utf-8")
