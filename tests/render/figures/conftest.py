"""Tying maps to draw, small and large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import polyconstraints as pc
from polyconstraints.render.figures.blocks import BlockPicture, block_picture

Draw = Callable[..., BlockPicture]


@pytest.fixture
def draw() -> Draw:
    """Return a function that makes the block picture of S_n's map for a network."""

    def make(n: int, compare: str = "function", **network: Any) -> BlockPicture:
        symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(n), compare=compare)  # type: ignore[arg-type]
        return block_picture(pc.derive(pc.NetworkSpec(n, **network), symmetry).tying_map())

    return make
