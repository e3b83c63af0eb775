"""The example notebook: its cells as text, and how it is executed.

To execute it anew and keep its outputs: ``python tests/docs/notebook.py``.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

PATH = Path(__file__).resolve().parents[2] / "examples" / "notebook.ipynb"

#: What may differ between two runs of the same cells.
_VOLATILE = ("execution_count", "metadata", "id")


def executed() -> Any:
    """Return the notebook, executed anew from its folder."""
    notebook = nbformat.read(PATH, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        # Files, not ports: nobody else can talk to the kernel.
        pipes = {"transport": "ipc", "ip": str(Path(folder) / "kernel")}
        client = NotebookClient(
            notebook,
            timeout=120,
            resources={"metadata": {"path": PATH.parent}},
            config=Config({"KernelManager": pipes}),
        )
        client.execute()
    for cell in notebook.cells:
        # When it ran says nothing about what it shows.
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("language_info", None)
    return notebook


def shown(notebook: Any) -> list[Any]:
    """Return the outputs of a notebook's cells, without what may differ between runs."""
    return [_plain(output) for cell in notebook.cells for output in cell.get("outputs", [])]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if key not in _VOLATILE}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, str):
        # Addresses of objects without a text of their own.
        return re.sub(r"0x[0-9a-f]+", "0x", value)
    return value


if __name__ == "__main__":
    nbformat.write(executed(), PATH)
