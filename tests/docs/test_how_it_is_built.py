"""What the page on how the package is built names is there, and its rooms are the real ones."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.test_rooms import ROOMS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-it-is-built.md").read_text(encoding="utf-8")

#: What stands in backticks: a file, and perhaps what is in it.
NAMED = re.findall(r"`([\w/]+\.py)(?:: ([\w., ]+))?`", PAGE)


@cache
def defined(path: Path) -> set[str]:
    """Return the functions, classes and methods of a file, methods after their classes."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            inner = node.body if isinstance(node, ast.ClassDef) else []
            names |= {f"{node.name}.{one.name}" for one in inner if hasattr(one, "name")}
    return names


@pytest.fixture(scope="module")
def hook() -> Any:
    spec = importlib.util.spec_from_file_location("rooms_hook", ROOT / "docs" / "rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rooms_are_those_of_the_test(hook: Any) -> None:
    assert tuple(hook.rooms(PAGE)) == ROOMS


def test_every_file_and_function_exists() -> None:
    assert len(NAMED) > 30
    missing = []
    for file, names in NAMED:
        path = next(
            (base / file for base in (ROOT / "polyconstraints", ROOT) if (base / file).exists()),
            None,
        )
        if path is None:
            missing.append(file)
            continue
        wanted = {name for name in names.split(", ") if name}
        missing += [f"{file}: {name}" for name in sorted(wanted - defined(path))]
    folders = re.findall(r"`([\w/]+/)`", PAGE)
    missing += [one for one in folders if not (ROOT / "polyconstraints" / one).is_dir()]
    assert missing == []


def test_ten_questions_are_answered() -> None:
    questions = re.findall(r"^\| Where would I change .+ \| (.+) \|$", PAGE, re.M)
    assert len(questions) == 10
    assert all(re.search(r"`[\w/]+(?:\.py|/)`", answer) for answer in questions)


def test_picture_has_no_square_above_the_diagonal(hook: Any) -> None:
    order = hook.rooms(PAGE)
    edges = [(a, b) for a, b in hook.imports() if a != b]
    assert edges
    assert {(a, b) for a, b in edges if order.index(a) < order.index(b)} == set()
    assert "<svg" in hook.on_page_markdown(PAGE)
