"""What the paper prints, as data: its two listings.

"The paper" is YKY, "Permutation-invariant neural networks" (2019).  Nothing here uses the package.
The listings of section 2.6 lie in ``tests/data`` as printed; the equations are in
`tests.paper_equations`.

A weight of a whole network is ``(layer, k, i, j)``: the paper's ``01W10`` (layer 0, output 1,
i = 1, j = 0) is ``(0, 1, 1, 0)``, the package's ``W0_1_1_0``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

NetworkWeight = tuple[int, int, int, int]
Exponents = tuple[int, int, int]
Terms = Counter[tuple[NetworkWeight, ...]]

#: The last group of the grouped listing is cut off before its monomial: X1 X3^2, by its terms.
CUT_GROUP: Exponents = (1, 0, 2)

DATA = Path(__file__).parent / "data"

_FACTOR = re.compile(
    r"(?P<layer>\d)(?P<k>\d)W_?\{?(?P<i>\d)(?P<j>\d)\}?(?:\^(?P<power>\d+))?"
    r"|X_?(?:(?P<xlayer>0)(?=\d))?(?P<x>\d)(?:\^(?P<xpower>\d+))?"
    r"|(?P<coefficient>\d+)(?=\s|$)"
)


# --- the listings of section 2.6 ----------------------------------------------------------------


@dataclass(frozen=True)
class Listing:
    """One printed polynomial, n = 3, depth 2, bias, ordered indices (i >= j).

    ``groups`` maps the exponents of (x1, x2, x3) to the terms printed for them, each a sorted tuple
    of weights with its multiplicity: repeated terms are added up, ``01W00^2`` is the weight twice.
    ``complete`` holds the groups that the ends of the print don't cut off.
    """

    output: int
    groups: dict[Exponents, Terms]
    complete: frozenset[Exponents]


def _text(name: str) -> str:
    """Return the listing without its comment lines, on one line."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return " ".join(line for line in lines if not line.startswith("#"))


def _term(text: str) -> tuple[tuple[NetworkWeight, ...], Exponents, int]:
    """Return a printed product's weights, exponents of x1, x2, x3 and coefficient."""
    weights: list[NetworkWeight] = []
    exponents = [0, 0, 0]
    coefficient = 1
    position = 0
    for match in _FACTOR.finditer(text):
        if text[position : match.start()].strip():
            raise ValueError(f"cannot read {text[position : match.start()]!r} in {text!r}")
        position = match.end()
        if match["coefficient"]:
            coefficient *= int(match["coefficient"])
        elif match["x"]:
            if match["x"] != "0":  # X_0 is the homogenising unit, identically 1
                exponents[int(match["x"]) - 1] += int(match["xpower"] or 1)
        else:
            weight = (int(match["layer"]), int(match["k"]), int(match["i"]), int(match["j"]))
            weights += [weight] * int(match["power"] or 1)
    if text[position:].strip():
        raise ValueError(f"cannot read {text[position:]!r} in {text!r}")
    return tuple(sorted(weights)), (exponents[0], exponents[1], exponents[2]), coefficient


def _output(groups: dict[Exponents, Terms]) -> int:
    """Return the output that every last-layer weight of the listing belongs to."""
    outputs = {w[1] for terms in groups.values() for term in terms for w in term if w[0] == 1}
    if len(outputs) != 1:
        raise ValueError(f"a listing shows one output, found {sorted(outputs)}")
    return outputs.pop()


def ungrouped(*, corrected: bool = False) -> Listing:
    """Return the ungrouped listing of section 2.6.

    It shows output 3, from the end of the monomial X1 X2 X3 to the start of X1 X3.

    Read literally, one term carries ``X_1 X_2 X_2^2``: the ``X_2`` at the end of a line is printed
    again, with its exponent, at the start of the next.  ``corrected`` reads it as ``X_1 X_2^2``.
    """
    text = _text("listing_ungrouped.txt")
    if corrected:
        text = text.replace("X_2 X_2^2", "X_2^2")
    groups: dict[Exponents, Terms] = {}
    products = [part for part in text.split("+") if part.strip()]
    order: list[Exponents] = []
    for product in products:
        weights, exponents, coefficient = _term(product)
        groups.setdefault(exponents, Counter())[weights] += coefficient
        order.append(exponents)
    complete = frozenset(groups) - {order[0], order[-1]}
    return Listing(_output(groups), groups, complete)


def grouped() -> Listing:
    """Return the grouped listing of section 2.6, before eq. (32).

    It shows output 2, from the constant term to the start of X1 X3^2.
    """
    head, _, body = _text("listing_grouped.txt").partition("=")
    groups: dict[Exponents, Terms] = {}
    complete = set()
    for match in re.finditer(r"\{([^{}]*)(\}?)([^{}]*)", body):
        products, closed, monomial = match[1], match[2], match[3].replace("+", " ")
        if closed:
            _, exponents, _ = _term(monomial)
            complete.add(exponents)
        else:
            exponents = CUT_GROUP
        if exponents in groups:
            raise ValueError(f"group {exponents} is printed twice")
        terms = groups[exponents] = Counter()
        for product in products.split("+"):
            weights, inside, coefficient = _term(product)
            if inside != (0, 0, 0):
                raise ValueError(f"an input inside a group: {product!r}")
            terms[weights] += coefficient
    output = _output(groups)
    if head.split() != [f"Z{output}"]:
        raise ValueError(f"the heading {head!r} does not name output {output}")
    return Listing(output, groups, frozenset(complete))
