"""The site builds without a warning, and its pages fetch nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocstrings")
    pytest.importorskip("material")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_pages_are_built(site: Path) -> None:
    pages = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}
    assert {"index.html", "tutorial/index.html", "api/index.html", "findings/index.html"} <= pages
    api = (site / "api" / "index.html").read_text(encoding="utf-8")
    assert "polyconstraints.derivation.derive" in api


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe)[^>]*\ssrc=\"([^\"]+)\"", text)
        loaded += re.findall(
            r"<link[^>]*\srel=\"(?:stylesheet|preload)\"[^>]*href=\"([^\"]+)\"", text
        )
        assert [url for url in loaded if "//" in url] == [], page


def test_formulas_become_mathml_and_code_stays() -> None:
    pytest.importorskip("latex2mathml")
    path = ROOT / "docs" / "mathml.py"
    spec = importlib.util.spec_from_file_location("mathml_hook", path)
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    page = "Of $x_1$ and `$x_2$`.\n\n```console\n$ echo $HOME $PATH\n```\n\n$$\\frac{a}{b}$$\n"
    text = hook.on_page_markdown(page, page=None, config=None, files=None)
    assert text.count("<math") == 2
    assert "<mfrac>" in text
    assert "`$x_2$`" in text
    assert "$ echo $HOME $PATH" in text
