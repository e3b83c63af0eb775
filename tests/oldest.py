"""Print pip's constraints for the oldest versions that pyproject.toml allows: ``make test-oldest``.

Every dependency of the core, of discover and safetensors, and of the tests that has a lower bound
is held to it.
"""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

_BOUND = re.compile(r"([A-Za-z0-9-]+)>=([0-9.]+)")


def constraints() -> list[str]:
    """Return a line ``name==version`` for each lower bound."""
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    optional = project["optional-dependencies"]
    extras = (optional[name] for name in ("discover", "safetensors", "test"))
    bounds = [*project["dependencies"], *chain.from_iterable(extras)]
    found = filter(None, map(_BOUND.match, bounds))
    return [f"{bound[1]}=={bound[2]}" for bound in found]


if __name__ == "__main__":
    print("\n".join(constraints()))
