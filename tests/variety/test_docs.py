"""The examples of docs/variety.md, run as they stand."""

from __future__ import annotations

import doctest
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "variety.md"


def test_examples() -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    found = doctest.testfile(str(DOCUMENT), module_relative=False, optionflags=flags)
    assert found.attempted > 20
    assert found.failed == 0
