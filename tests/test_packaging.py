"""What is said about the package in several places is one thing, and what is run exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from polyconstraints import __version__

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def read(name: str) -> Any:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def test_citation_is_of_this_version() -> None:
    citation = read("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["version"] == __version__
    assert citation["license"] == PROJECT["license"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in PROJECT["authors"]
    ]


def test_workflow_runs_what_there_is() -> None:
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8")
    targets = re.findall(r"run: make ([\w-]+)", workflow)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert {"test", "test-oldest", "dist"} == set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target
    tested = read(".github/workflows/tests.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    claimed = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert tested == claimed


def test_readme_names_extras_that_there_are() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = set(",".join(re.findall(r"polyconstraints\[([\w,]+)\]", readme)).split(","))
    extras = set(PROJECT["optional-dependencies"])
    assert {"torch"} <= named <= extras
    for extra in extras - {"docs", "test", "dev"}:
        assert f"`{extra}`" in readme or extra in named
