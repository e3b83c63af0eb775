"""The site builds without a warning, and its pages fetch nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import polyconstraints as pc
from polyconstraints import errors

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


def test_every_public_name_has_an_entry() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    entries = {entry.rpartition(".")[2] for entry in re.findall(r"^::: (\S+)$", page, re.M)}
    # The errors' module has one entry for all.
    assert "errors" in entries
    missing = set(pc.__all__) - entries - set(errors.__all__) - {"__version__"}
    assert missing == set()


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe)[^>]*\ssrc=\"([^\"]+)\"", text)
        loaded += re.findall(
            r"<link[^>]*\srel=\"(?:stylesheet|preload)\"[^>]*href=\"([^\"]+)\"", text
        )
        assert [url for url in loaded if "//" in url] == [], page


def test_no_page_scrolls_sideways(site: Path, browser: Any) -> None:
    # Without scripts, whose start would take longer than all the rest; no page's own has any.
    tab = browser.new_page(java_script_enabled=False, viewport={"width": 390, "height": 800})
    wide = []
    for page in site.rglob("*.html"):
        tab.goto(page.as_uri(), wait_until="commit")
        tab.wait_for_selector("footer", state="attached")
        found = tab.evaluate("document.querySelector('article').scrollWidth")
        if found > 390:
            wide.append(f"{page.relative_to(site)}: {found} of 390 pixels")
    tab.close()
    assert wide == []


def test_formulas_become_text_and_code_stays() -> None:
    path = ROOT / "docs" / "formulas.py"
    spec = importlib.util.spec_from_file_location("formulas_hook", path)
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    page = (
        "Of $x_{\\sigma(1)}^2$ and `$x_2$`.\n\n```console\n$ echo $HOME $PATH\n```\n\n$$a<b-c'$$\n"
    )
    text = hook.on_page_markdown(page, page=None, config=None, files=None)
    assert "Of <i>x</i><sub>σ(1)</sub><sup>2</sup> and" in text
    assert "<i>a</i>&lt;<i>b</i>−<i>c</i>′</div>" in text
    assert "`$x_2$`" in text
    assert "$ echo $HOME $PATH" in text
