"""Patterns of equal letters: the orbits of symmetric groups on tuples of points.

The orbit of a tuple of points that are made of letters is its *pattern*: the addresses with the
letters labelled 0, 1, … in the order in which they are met. Inside a block of a wreath product
letters are labelled anew, since the groups of different blocks have nothing to do with one
another. In a subset no order of the points is given, so that the pattern is the least one that
any order gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import factorial, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import TooLargeError
from polyconstraints.spec.groups.constructions import Selection
from polyconstraints.spec.groups.tree import Address, Construction, Scope

__all__ = [
    "Pattern",
    "arranged",
    "canonical",
    "has_subsets",
    "met",
    "patterns",
    "relabelled",
    "relabellings",
    "scopes",
]

#: The addresses of a tuple of points, one for each position.
Pattern = tuple[Address, ...]

#: Most ways to name the letters of one pattern that are compared.
_MAX_RELABELLINGS = 1_000_000


def patterns(positions: Sequence[Construction]) -> Iterator[Pattern]:
    """Yield the orbits of the symmetric groups on tuples of points, each by its pattern.

    Examples
    --------
    >>> from polyconstraints.spec.groups.tree import Letters
    >>> list(patterns([Letters(0), Letters(0)]))
    [(0, 0), (0, 1)]
    """
    if not any(map(has_subsets, positions)):
        yield from _chosen(positions, {})
        return
    seen: set[Pattern] = set()
    for pattern in _chosen(positions, {}):
        least = canonical(positions, pattern)
        if least not in seen:
            seen.add(least)
            yield least


def has_subsets(points: Construction) -> bool:
    """Return whether points are made of subsets, in which no order of the letters is given."""
    own = isinstance(points, Selection) and not points.ordered
    return own or any(map(has_subsets, points.parts))


def _chosen(positions: Sequence[Construction], used: Any) -> Iterator[Pattern]:
    if not positions:
        yield ()
        return
    for address, after in positions[0].choices(used):
        for rest in _chosen(positions[1:], after):
            yield (address, *rest)


def met(positions: Sequence[Construction], addresses: Sequence[Any]) -> Pattern:
    """Return addresses with their labels counted from 0 in the order in which they are met."""
    names: dict[Scope, dict[int, int]] = {}

    def rename(scope: Scope, label: int) -> int:
        known = names.setdefault(scope, {})
        return known.setdefault(label, len(known))

    found: Pattern = relabelled(positions, addresses, rename)
    return found


def relabelled(positions: Sequence[Construction], addresses: Sequence[Any], rename: Any) -> Any:
    """Return addresses with the labels that a function of scope and label gives."""
    pairs = zip(positions, addresses, strict=True)
    return tuple(points.renamed(address, rename) for points, address in pairs)


def arranged(
    positions: Sequence[Construction], addresses: Sequence[Any]
) -> Iterator[tuple[Address, ...]]:
    """Yield addresses with the points of their subsets in every order."""
    pairs = zip(positions, addresses, strict=True)
    yield from product(*(points.arrangements(address) for points, address in pairs))


def canonical(positions: Sequence[Construction], addresses: Sequence[Any]) -> Pattern:
    """Return the pattern of a tuple of points, given by addresses with any labels.

    Examples
    --------
    >>> from polyconstraints.spec.groups.tree import Letters
    >>> canonical([Letters(0)] * 3, (7, 2, 7))
    (0, 1, 0)
    """
    found = (met(positions, one) for one in arranged(positions, addresses))
    return min(
        tuple(map(lambda points, address: points.normal(address), positions, one)) for one in found
    )


def scopes(positions: Sequence[Construction], pattern: Sequence[Any]) -> dict[Scope, int]:
    """Return how many labels a pattern has in each scope."""
    counts: dict[Scope, int] = {}

    def count(scope: Scope, label: int) -> int:
        counts[scope] = max(counts.get(scope, 0), label + 1)
        return label

    relabelled(positions, pattern, count)
    return counts


def relabellings(positions: Sequence[Construction], pattern: Pattern) -> tuple[Any, int]:
    """Return a pattern with its labels permuted in all ways that leave the first point least.

    Replacing letters by smaller ones in the same order never makes a point larger, so the first
    point is least where its letters have the first labels: in the order in which they are met,
    or, where it is made of subsets, in some order.

    Parameters
    ----------
    positions : sequence of Construction
    pattern : Pattern

    Returns
    -------
    addresses : tuple of addresses
        With an array of labels in the place of each label.
    count : int
        Number of ways: the length of the arrays.

    Raises
    ------
    TooLargeError
        If there are too many ways.
    """
    counts, first = scopes(positions, pattern), scopes(positions[:1], pattern[:1])
    moved = has_subsets(positions[0])
    own = {scope: (first.get(scope, 0), count) for scope, count in counts.items()}
    ways = [factorial(at if moved else 0) * factorial(count - at) for at, count in own.values()]
    total = prod(ways)
    if total > _MAX_RELABELLINGS:
        raise TooLargeError(
            f"expected patterns whose letters can be named in at most {_MAX_RELABELLINGS} ways, "
            f"got one with {total}; a number of inputs needs no patterns"
        )
    labels: dict[Scope, NDArray[np.int64]] = {}
    repeats = 1
    for (scope, (at, count)), many in zip(own.items(), ways, strict=True):
        starts = permutations(range(at)) if moved else [tuple(range(at))]
        orders = [(*start, *rest) for start in starts for rest in permutations(range(at, count))]
        table = np.array(orders, dtype=np.int64).reshape(many, count)
        labels[scope] = np.tile(np.repeat(table, repeats, axis=0), (total // many // repeats, 1)).T
        repeats *= many
    found = relabelled(positions, pattern, lambda scope, label: labels[scope][label])
    return found, total
