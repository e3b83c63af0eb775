"""The example notebook shows what its cells give."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

import nbformat
import notebook


@pytest.fixture(scope="module")
def kept() -> Any:
    return nbformat.read(notebook.PATH, as_version=4)


# What libraries of the kernel's machinery say while they are loaded isn't ours to fail on.
@pytest.mark.filterwarnings("default")
def test_outputs_are_real(kept: Any) -> None:
    assert notebook.shown(notebook.executed()) == notebook.shown(kept)


def test_every_kind_of_result_shows_itself(kept: Any) -> None:
    kinds = [set(output["data"]) for output in notebook.shown(kept)]
    assert sum("text/latex" in kind for kind in kinds) >= 5
    html = [
        output["data"]["text/html"]
        for output in notebook.shown(kept)
        if "text/html" in output["data"]
    ]
    assert sum("<svg" in text for text in html) == 3
    assert sum("<table>" in text for text in html) == 4


def test_notebook_is_sound(kept: Any) -> None:
    nbformat.validate(kept)
    assert all(cell.get("outputs") != [] or "=" in cell.source for cell in kept.cells)
    # No path, name or time of the machine that ran it.
    text = json.dumps(kept)
    assert "/home" not in text
    assert "execution" not in kept.cells[1].metadata
