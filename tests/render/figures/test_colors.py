"""Colours are told apart with every common deficiency of colour vision, and without colour."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from polyconstraints.render.figures.scene import COLORS, HATCHES, class_mark, contrast, ink_on

# Machado, Oliveira and Fernandes (2009), severity 1: linear RGB as a person with the
# deficiency sees it.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(color: str) -> NDArray[np.float64]:
    rgb = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIE L*a*b* under D65, from linear RGB."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    ratio = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (ratio * 24389 / 27 + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colors_are_told_apart(deficiency: str) -> None:
    # A difference of 2.3 is just noticeable between patches side by side.
    matrix = np.array(DEFICIENCIES[deficiency])
    seen = [lab(matrix @ linear(color)) for color in COLORS]
    apart = [np.linalg.norm(a - b) for a, b in combinations(seen, 2)]
    assert min(apart) > 10
    first = [np.linalg.norm(a - b) for a, b in combinations(seen[:4], 2)]
    assert min(first) > 25


def test_first_classes_are_told_apart_in_grey() -> None:
    lightness = [lab(linear(color))[0] for color in COLORS[:4]]
    assert min(abs(a - b) for a, b in combinations(lightness, 2)) > 12


def test_every_number_is_readable_on_its_color() -> None:
    assert min(contrast(ink_on(color), color) for color in COLORS) >= 4.5


def test_few_classes_have_a_hatching_each() -> None:
    marks = [class_mark(number, HATCHES) for number in range(HATCHES)]
    assert len({mark.hatch for mark in marks}) == HATCHES


def test_eighty_classes_have_a_mark_each() -> None:
    count = len(COLORS) * HATCHES
    assert len({class_mark(number, count) for number in range(count)}) == count == 80
