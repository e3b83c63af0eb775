"""Groups as tables: their names, points, orders and generators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polyconstraints.errors import UsageError
from polyconstraints.render.tables import Table
from polyconstraints.render.words import plural
from polyconstraints.spec.groups import PRESETS, PermutationGroup, parse_expression

#: An example of every construction, and what it is.
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("S4", "symmetric: all permutations"),
    ("A4", "alternating: the even ones"),
    ("C4", "cyclic: shifts"),
    ("D4", "dihedral: shifts and reflections"),
    ("trivial4", "the identity alone"),
    ("S3+S2", "disjoint union: two kinds of points"),
    ("S3xS2", "rows and columns of a 3 x 2 matrix"),
    ("S3wrS2", "sets of sets: 2 blocks of 3 points"),
    ("S3#1xS3#1", "rows and columns moved by one group"),
    ("pairs(S4)", "unordered pairs of different points"),
    ("ordered_pairs(S4)", "ordered pairs of different points"),
    ("subsets(S5,3)", "subsets of 3 points"),
    ("tuples(S3,2)", "all pairs, equal ones included"),
    ("edges(D4,[[0,1],[1,2],[2,3],[3,0]])", "edges of a graph"),
    ("grid(4,4,C4)", "cells of a grid, turned"),
    ("grid(3,3,D4)", "cells of a grid, turned and reflected"),
    ("grid(2,3,D2)", "the same without quarter-turns: C2, D2"),
    ("[[1,2,0,4,3]]", "generators: images of 0 ... n-1"),
)

#: Digits of the longest order that is written out.
_DIGITS = 30

#: Bits of the longest order that a document holds: Python writes no longer integers.
_BITS = 14_000

#: Points from which on n! has more bits, and isn't worked out.
_FACTORIAL = 2_000

#: Generators and points up to which generators are shown.
_SHOWN = 400


def described_groups(
    names: Sequence[str] = (), inputs: int | None = None
) -> list[tuple[str, PermutationGroup]]:
    """Return groups by name; the examples if there are none."""
    found = []
    for name in names or [example for example, _ in EXAMPLES]:
        text = name.strip()
        if text in PRESETS:
            if inputs is None:
                raise UsageError(f"expected a number of points for {text}, got none", "inputs")
            found.append((text, PermutationGroup.preset(text, inputs)))
        else:
            try:
                found.append((text, parse_expression(text).group(text, keep_all=True)))
            except UsageError as error:
                raise UsageError(error.message, "GROUP") from None
    return found


def _factorial(group: PermutationGroup) -> str:
    """Return the order of a large symmetric or alternating group in words; of others nothing."""
    if group.degree < _FACTORIAL:
        return ""
    return {"S": f"{group.degree}!", "A": f"{group.degree}!/2"}.get(group.letter or "", "")


def _order_text(group: PermutationGroup) -> str:
    if text := _factorial(group):
        return text
    digits = group.order().bit_length() * 3 // 10
    return str(group.order()) if digits <= _DIGITS else f"about 10^{digits}"


def group_documents(groups: Sequence[tuple[str, PermutationGroup]]) -> dict[str, Any]:
    """Return the document of schema ``groups``."""

    def order(group: PermutationGroup) -> str | None:
        known = not _factorial(group) and group.order().bit_length() < _BITS
        return str(group.order()) if known else None

    return {
        "schema": "polyconstraints/groups/1",
        "groups": [
            {
                "group": name,
                "degree": group.degree,
                "order": order(group),
                "orbits": [list(orbit) for orbit in group.orbits()],
                "generators": [list(images) for images in group.generators],
            }
            for name, group in groups
        ],
    }


def syntax_text(groups: Sequence[tuple[str, PermutationGroup]]) -> str:
    """Return the table of constructions, one example each."""
    meanings = dict(EXAMPLES)
    rows = [
        (name, str(group.degree), _order_text(group), meanings.get(name, ""))
        for name, group in groups
    ]
    table = Table(("group", "points", "order", "what it acts on"), rows, left=(0, 3)).text()
    return (
        f"{table}\n\n"
        "S, A, C, D and trivial alone have as many points as the network has inputs. Use\n"
        "parentheses: wr binds most tightly, then x, then +. --action LEVEL=GROUP lets the\n"
        "factors of the group act on another level, as --group 'pairs(S4)' --action 1=S4.\n"
    )


def groups_text(groups: Sequence[tuple[str, PermutationGroup]]) -> str:
    """Return what some groups are.

    Examples
    --------
    >>> print(groups_text(described_groups(["S2xS2"])), end="")
    S2xS2: 4 points, order 4, 1 orbit
      generator 1  [2,3,0,1]
      generator 2  [1,0,3,2]
    """
    lines = []
    for name, group in groups:
        facts = f"order {_order_text(group)}, {plural(len(group.orbits()), 'orbit')}"
        lines.append(f"{name}: {group.degree} points, {facts}")
        if len(group.generators) * group.degree <= _SHOWN:
            for at, images in enumerate(group.generators, start=1):
                lines.append(f"  generator {at}  {str(list(images)).replace(' ', '')}")
        else:
            lines.append(f"  {len(group.generators)} generators")
    return "\n".join(lines) + "\n"
