"""The paper's equations, table and listings, read from the package's data."""

from __future__ import annotations

import json
import operator
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple

from polyconstraints.spec.network import LayerSpec

#: A sum of weights by their names, sorted.
Side = tuple[str, ...]
Equality = frozenset[Side]
Exponents = tuple[int, ...]

_OPERATORS = {"!=": operator.ne, "<=": operator.le, "<": operator.lt, ">": operator.gt}
_CONDITION = re.compile(r"(\w)(!=|<=|<|>)(\w)")


@cache
def paper() -> dict[str, Any]:
    """Return everything that the paper prints but for its listings."""
    document: dict[str, Any] = json.loads(_read("paper.json"))
    return document


def _read(name: str) -> str:
    return files("polyconstraints.reproduction").joinpath("data", name).read_text("utf-8")


def _assignments(
    line: Mapping[str, Any], n: int, fixed: Mapping[str, int]
) -> Iterator[dict[str, int]]:
    """Yield the values of a line's letters for which its conditions hold."""
    conditions = [match.groups() for text in line["where"] if (match := _CONDITION.search(text))]
    text = json.dumps([line[key] for key in sorted(line)])
    letters = [name for name in "hkij" if re.search(rf"\b{name}\b", text)]
    free = [name for name in letters if name not in fixed]
    for values in product(range(1, n + 1), repeat=len(free)):
        at = {**fixed, **dict(zip(free, values, strict=True))}
        if all(_OPERATORS[sign](at[left], at[right]) for left, sign, right in conditions):
            yield at


def _weight(letters: Sequence[str], at: Mapping[str, int], layer: LayerSpec) -> str:
    """Return the name of a weight; the paper has i ≤ j where the package has i ≥ j."""
    output, *units = (at[name] for name in letters)
    if layer.ordered:
        units.sort(reverse=True)
    return layer.name(output - 1, *(unit - 1 for unit in units))


def equalities(number: str, layer: LayerSpec, lines: Sequence[int] | None = None) -> set[Equality]:
    """Return the equalities of a numbered equation, or of some lines, from 1, for a layer's n.

    Examples
    --------
    >>> layer = LayerSpec(0, 1, "ordered", False, 2, 2)
    >>> sorted(sorted(sides) for sides in equalities("15", layer))
    [[('W0_1_1',), ('W0_2_2',)], [('W0_1_2',), ('W0_2_1',)]]
    """
    found = set()
    for at_line, line in enumerate(paper()["equations"][number]["lines"], start=1):
        if lines is not None and at_line not in lines:
            continue
        for at in _assignments(line, layer.outputs, {}):
            sides = frozenset(
                tuple(sorted(_weight(one, at, layer) for one in line[key]))
                for key in ("left", "right")
            )
            if len(sides) > 1:
                found.add(sides)
    return found


def monomial_terms(
    number: str, side: str, layer: LayerSpec, h: int, k: int
) -> dict[Exponents, Counter[str]]:
    """Return a side of identity (20) or (25) for a transposition: each monomial's weights."""
    result: dict[Exponents, Counter[str]] = {}
    for term in paper()["polynomials"][number][side]:
        for at in _assignments(term, layer.outputs, {"h": h, "k": k}):
            exponents = [0] * layer.inputs
            for letter in term["monomial"]:
                exponents[at[letter] - 1] += 1
            weight = _weight(term["weight"], at, layer)
            result.setdefault(tuple(exponents), Counter())[weight] += 1
    return result


class Listing(NamedTuple):
    """One of the two listings of section 2.6: n = 3, depth 2, bias, one output from 1.

    For each monomial in the inputs its group has the products of weights that are printed, each as
    often as it is; complete are those that the ends of the print don't cut off.
    """

    output: int
    groups: dict[Exponents, Counter[tuple[str, ...]]]
    complete: frozenset[Exponents]


_FACTOR = re.compile(
    r"(?P<layer>\d)(?P<k>\d)W_?\{?(?P<i>\d)(?P<j>\d)\}?(?:\^(?P<power>\d+))?"
    r"|X_?(?:0(?=\d))?(?P<x>\d)(?:\^(?P<xpower>\d+))?"
    r"|(?P<coefficient>\d+)(?=\s|$)"
)


def _product(text: str) -> tuple[tuple[str, ...], Exponents, int]:
    """Return a printed product's weights, exponents of the inputs and coefficient."""
    weights: list[str] = []
    exponents = [0, 0, 0]
    coefficient = 1
    for match in _FACTOR.finditer(text):
        if match["coefficient"]:
            coefficient *= int(match["coefficient"])
        elif match["x"]:
            # X_0 is the homogenising unit, identically 1.
            if match["x"] != "0":
                exponents[int(match["x"]) - 1] += int(match["xpower"] or 1)
        else:
            name = "W{layer}_{k}_{i}_{j}".format(**match.groupdict())
            weights += [name] * int(match["power"] or 1)
    return tuple(sorted(weights)), tuple(exponents), coefficient


def listing(kind: str, *, corrected: bool = False) -> Listing:
    """Return the grouped or ungrouped listing of section 2.6.

    Corrected, ``X_1 X_2 X_2^2``, where a line's last name is printed again on the next, is read as
    ``X_1 X_2^2``.

    Examples
    --------
    >>> [(one.output, len(one.complete)) for one in map(listing, ("grouped", "ungrouped"))]
    [(2, 9), (3, 4)]
    """
    lines = _read(f"listing_{kind}.txt").splitlines()
    text = " ".join(line for line in lines if not line.startswith("#"))
    if corrected:
        text = text.replace("X_2 X_2^2", "X_2^2")
    groups: dict[Exponents, Counter[tuple[str, ...]]] = {}
    if kind == "ungrouped":
        order = []
        for part in filter(str.strip, text.split("+")):
            weights, exponents, coefficient = _product(part)
            groups.setdefault(exponents, Counter())[weights] += coefficient
            order.append(exponents)
        complete = frozenset(groups) - {order[0], order[-1]}
    else:
        closed = set()
        for match in re.finditer(r"\{([^{}]*)(\}?)([^{}]*)", text.partition("=")[2]):
            # The print ends within the group of X1 X3^2, before its monomial.
            exponents = _product(match[3].replace("+", " "))[1] if match[2] else (1, 0, 2)
            if match[2]:
                closed.add(exponents)
            terms = groups.setdefault(exponents, Counter())
            for part in match[1].split("+"):
                weights, _, coefficient = _product(part)
                terms[weights] += coefficient
        complete = frozenset(closed)
    last = {name for terms in groups.values() for term in terms for name in term if name[1] == "1"}
    (output,) = {int(name.split("_")[1]) for name in last}
    return Listing(output, groups, complete)
