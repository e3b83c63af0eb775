"""Examples that need PyTorch are left out where it isn't installed."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["test_approaches.py"]
