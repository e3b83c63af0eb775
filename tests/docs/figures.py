"""The pictures of the documentation and the commands that draw them.

To draw them anew: ``python tests/docs/figures.py``.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "figures"

FIGURES = {
    "blocks-redundant-4.svg": "plot -n 4 --indices redundant --compare paper",
    "blocks-ordered-4.svg": "plot -n 4",
    "blocks-40.svg": "plot -n 40",
    "graph-2.svg": "plot -n 2 --view graph",
}

#: Drawn from a document that another command writes.
FROM_DOCUMENTS = {
    "strata-3.svg": ("strata -n 3 -d 2 --bias --format json", "plot --view strata"),
}

#: Drawn by an example from what it has learnt, which takes longer.
FROM_EXAMPLES = {"counting.svg": "examples/counting.py --plot"}


def _run(arguments: str, *more: str) -> str:
    command = [sys.executable, "-m", "polyconstraints", *shlex.split(arguments), *more]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    return done.stdout


def drawn() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each picture."""
    for name, arguments in FIGURES.items():
        yield name, _run(arguments, "--format", "svg")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "document.json"
        for name, (first, then) in FROM_DOCUMENTS.items():
            source.write_text(_run(first), encoding="utf-8")
            yield name, _run(then, str(source), "--format", "svg")


if __name__ == "__main__":
    for name, text in drawn():
        (FOLDER / name).write_text(text, encoding="utf-8")
