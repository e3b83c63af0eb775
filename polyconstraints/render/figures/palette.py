"""Colours and hatchings of classes.

The first ten colours are those of Okabe and Ito and of Tol, which people with any of the
common colour deficiencies tell apart, in an order in which lightness alternates, so that the
first classes stay apart in grey as well. Where there are more classes the colours repeat
with another hatching, which gives 80 marks; after that the marks repeat.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COLORS", "HATCHES", "Mark", "class_mark", "contrast", "ink_on"]

COLORS = (
    "#332288",  # indigo
    "#f0e442",  # yellow
    "#d55e00",  # vermilion
    "#56b4e9",  # sky blue
    "#009e73",  # green
    "#cc79a7",  # pink
    "#882255",  # wine
    "#e69f00",  # orange
    "#0072b2",  # blue
    "#dddddd",  # light grey
)

#: Kinds of hatching; 0 is none. :mod:`~polyconstraints.render.figures.svg` draws them.
HATCHES = 8


@dataclass(frozen=True)
class Mark:
    """How a class looks.

    Attributes
    ----------
    color : str
        As ``#rrggbb``.
    hatch : int
        Kind of hatching, from 0 (none) to ``HATCHES - 1``.
    """

    color: str
    hatch: int


def class_mark(number: int, classes: int) -> Mark:
    """Return how a class is drawn.

    Parameters
    ----------
    number : int
        The class.
    classes : int
        How many classes the picture shows. A few get a hatching each, so that colour is not
        needed to tell them apart; many are hatched only where a colour comes again.

    Examples
    --------
    >>> class_mark(2, 4)
    Mark(color='#d55e00', hatch=2)
    >>> class_mark(2, 20), class_mark(12, 20)
    (Mark(color='#d55e00', hatch=0), Mark(color='#d55e00', hatch=1))
    """
    hatch = number if classes <= HATCHES else number // len(COLORS)
    return Mark(COLORS[number % len(COLORS)], hatch % HATCHES)


def _luminance(color: str) -> float:
    """Return the relative luminance that WCAG 2 defines."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21.

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 6)
    21.0
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(color: str) -> str:
    """Return black or white, whichever is easier to read on a colour.

    Examples
    --------
    >>> ink_on("#332288"), ink_on("#f0e442")
    ('#ffffff', '#000000')
    """
    return max("#000000", "#ffffff", key=lambda ink: contrast(ink, color))
