"""Reports, opened in a browser that may fetch nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import polyconstraints as pc
from polyconstraints.render.figures.strata_graph import StrataGraph
from polyconstraints.render.report import Report


@dataclass
class Tab:
    """A page that is open, and everything that went wrong or out while it was."""

    page: Any
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def write_page(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the report on a network under S_n and says where."""

    def write(
        n: int,
        strata: StrataGraph | None = None,
        symmetry: dict[str, Any] | None = None,
        **network: Any,
    ) -> Path:
        kind = pc.Symmetry(pc.PermutationGroup.symmetric(n), **(symmetry or {}))
        report = Report.of_problem(
            pc.NetworkSpec(n, **network), kind, strata=strata, command="polyconstraints report …"
        )
        path = tmp_path / "page.html"
        path.write_text(report.html(), encoding="utf-8")
        return path

    return write


@pytest.fixture
def open_page(browser: Any) -> Callable[..., Any]:
    """Return a context manager that opens a page and closes it after checking its console."""

    @contextmanager
    def opened(path: Path, **context: Any) -> Iterator[Tab]:
        settings = browser.new_context(offline=True, **context)
        tab = Tab(settings.new_page())
        tab.page.on("console", lambda message: tab.console.append(message.text))
        tab.page.on("pageerror", lambda error: tab.console.append(str(error)))
        tab.page.on("request", lambda request: tab.requests.append(request.url))
        tab.page.goto(path.as_uri())
        tab.page.wait_for_selector("html[data-ready=true]", timeout=20_000)
        yield tab
        assert tab.console == []
        outside = [url for url in tab.requests if not url.startswith(("file:", "blob:", "data:"))]
        assert outside == []
        settings.close()

    return opened
