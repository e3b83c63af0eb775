"""Partitions of n: the names of the irreducible representations of S_n."""

from __future__ import annotations

import re
from math import factorial

from polyconstraints.errors import UsageError

__all__ = [
    "Partition",
    "conjugate",
    "irrep_dimension",
    "parse_partition",
    "partition_name",
    "partitions_up_to_dimension",
]

#: Parts in descending order.
Partition = tuple[int, ...]

_NAME = re.compile(r"\[\s*[0-9]{1,6}(?:\s*,\s*[0-9]{1,6})*\s*\]")


def partition_name(partition: Partition) -> str:
    """Return how an irreducible representation is written.

    Examples
    --------
    >>> partition_name((2, 1))
    '[2,1]'
    """
    return f"[{','.join(map(str, partition))}]"


def parse_partition(text: str, n: int) -> Partition:
    """Return the partition of ``n`` that a name denotes.

    Raises
    ------
    UsageError
        If the text is no partition of ``n``.

    Examples
    --------
    >>> parse_partition("[2,1]", 3)
    (2, 1)
    """
    parts: Partition = ()
    if _NAME.fullmatch(text):
        parts = tuple(int(part) for part in text[1:-1].split(","))
    if not parts or sum(parts) != n or min(parts) < 1 or list(parts) != sorted(parts)[::-1]:
        raise UsageError(f"expected a partition of {n}, such as {partition_name((n,))}, got {text}")
    return parts


def conjugate(partition: Partition) -> Partition:
    """Return the partition whose diagram is the transposed one.

    Examples
    --------
    >>> conjugate((3, 1))
    (2, 1, 1)
    """
    return tuple(sum(part > row for part in partition) for row in range(partition[0]))


def irrep_dimension(partition: Partition) -> int:
    """Return the dimension of an irreducible representation, by the hook length formula.

    Examples
    --------
    >>> irrep_dimension((3, 2))
    5
    """
    columns = conjugate(partition)
    hooks = 1
    for row, part in enumerate(partition):
        for column in range(part):
            hooks *= part - column + columns[column] - row - 1
    return factorial(sum(partition)) // hooks


def partitions_up_to_dimension(n: int, bound: int) -> list[Partition]:
    """Return the partitions of ``n`` whose representations have at most a given dimension.

    In descending lexicographic order, so that the trivial representation comes first.

    Notes
    -----
    By the branching rule an irreducible representation restricts to those of all diagrams
    with one box less, so that no small one grows from a large one: diagrams are grown box
    by box and dropped as soon as they are too large. For n beyond 6 and a bound below
    n(n-3)/2 no more than a few survive each step.

    Examples
    --------
    >>> partitions_up_to_dimension(5, 4)
    [(5,), (4, 1), (2, 1, 1, 1), (1, 1, 1, 1, 1)]
    """
    if bound < 1:
        return []
    level: set[Partition] = {(1,)}
    for _ in range(n - 1):
        grown = {larger for partition in level for larger in _with_one_box(partition)}
        level = {partition for partition in grown if irrep_dimension(partition) <= bound}
    return sorted(level, reverse=True)


def _with_one_box(partition: Partition) -> list[Partition]:
    larger: list[Partition] = [(*partition, 1)]
    for row, part in enumerate(partition):
        if row == 0 or partition[row - 1] > part:
            larger.append((*partition[:row], part + 1, *partition[row + 1 :]))
    return larger
