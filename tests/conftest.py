"""What all tests share: a fixed Hypothesis profile, a clean environment, optional tools."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples on every run: a failure here can be repeated there. No deadline, since
# machines that run this may be slow and shared.
settings.register_profile("repeatable", derandomize=True, deadline=None)
# For a longer hunt: pytest --hypothesis-profile=hunt
settings.register_profile("hunt", deadline=None, max_examples=2000)
settings.load_profile("repeatable")

# Variables that change what a program shows; a test sets those that it is about.
DISPLAY_VARIABLES = (
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "FORCE_COLOR",
    "LESS",
    "LINES",
    "NO_COLOR",
    "NO_PAGER",
    "PAGER",
    "POLYCONSTRAINTS_DEBUG",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
)

CHROMIUM_FLAGS = [
    # Tests often run as root in a container, where the sandbox can't.
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]

# A shell makes what it starts in the background ignore Ctrl-C, and children inherit that. Tests
# of interrupts need it heard, however they were started.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

RunPython = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs something that this machine lacks."""
    if item.get_closest_marker("singular") and shutil.which("Singular") is None:
        pytest.skip("Singular isn't installed")
    if item.get_closest_marker("gpu"):
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("there is no accelerator")


@pytest.fixture(autouse=True)
def _plain_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test as if its output went to a pipe, whatever the developer's shell says."""
    for variable in DISPLAY_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def child_environment() -> dict[str, str]:
    """Return the environment of a child process that imports this checkout."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def run_python(child_environment: dict[str, str]) -> RunPython:
    """Return a function that runs Python with some arguments and gives what it printed."""

    def run(
        *args: str, input_text: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *args],
            input=input_text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            env={**child_environment, **environment},
        )

    return run


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start a headless Chromium; what needs one is skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api")
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("Chromium isn't installed")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
