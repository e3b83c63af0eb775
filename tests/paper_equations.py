"""The paper's equations, generated for any n exactly as printed.

"The paper" is YKY, "Permutation-invariant neural networks" (2019).  Nothing here uses the package.

An equality is a frozenset of its two sides; a side is a sorted tuple of weights, one for a single
weight, two for a sum.  Quantifiers run over 1 ... n; instances whose two sides are the same (h = k)
say nothing and are left out.  A linear weight is ``(k, i)``, the paper's ``W_{ik}`` (input i,
output k); a quadratic weight is ``(k, i, j)``, the paper's ``a^k_{ij}`` or ``W^k_{ij}``, with i and
j in the printed order.  Equations (23) to (27) have i <= j where the package has i >= j: see
`canonical`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import comb

Weight = tuple[int, ...]
Side = tuple[Weight, ...]
Equality = frozenset[Side]
Monomial = tuple[int, ...]
#: One side of eq. (25): each monomial x_i x_j (i <= j) with the weights that multiply it.
Quadratic = dict[Monomial, Counter[Weight]]


def equality(left: Weight | Sequence[Weight], right: Weight | Sequence[Weight]) -> Equality:
    """Return the equality of two weights, or of two sums of weights."""

    def side(value: Weight | Sequence[Weight]) -> Side:
        single = isinstance(value[0], int)
        return tuple(sorted([value] if single else value))  # type: ignore[list-item, arg-type]

    return frozenset({side(left), side(right)})


def _proper(equalities: Iterator[Equality]) -> set[Equality]:
    return {e for e in equalities if len(e) == 2}


def canonical(weight: Weight) -> Weight:
    """Return an ordered quadratic weight in the package's order, i >= j; linear ones as is."""
    if len(weight) == 2:
        return weight
    k, i, j = weight
    return (k, max(i, j), min(i, j))


def canonical_equality(e: Equality) -> Equality:
    """Return the equality with every weight in the package's order, i >= j."""
    return frozenset(tuple(sorted(map(canonical, side))) for side in e)


# --- linear layer, section 2.3 --------------------------------------------------------------------


def eq15(n: int) -> set[Equality]:
    """Eq. (15): W_ij = W_ik (i != j, k), W_kj = W_jk, W_jj = W_kk; each for all j, k."""

    def generate() -> Iterator[Equality]:
        one_to_n = range(1, n + 1)
        for j, k in product(one_to_n, repeat=2):
            for i in one_to_n:
                if i not in (j, k):
                    yield equality((j, i), (k, i))
            yield equality((j, k), (k, j))
            yield equality((j, j), (k, k))

    return _proper(generate())


def eq16(n: int) -> set[Equality]:
    """Eq. (16), W = alpha I + beta 1 1^T: all diagonal weights equal, all others equal."""
    pairs = list(product(range(1, n + 1), repeat=2))
    return _proper(
        equality(v, w) for v, w in product(pairs, repeat=2) if (v[0] == v[1]) == (w[0] == w[1])
    )


# --- quadratic layer with redundant indices, section 2.4 ------------------------------------------


def eq21_line(n: int, line: int) -> set[Equality]:
    """One of the eight lines of eq. (21), counted from 1 as printed."""

    def generate() -> Iterator[Equality]:
        one_to_n = range(1, n + 1)
        for h, k in product(one_to_n, repeat=2):
            others = [i for i in one_to_n if i not in (h, k)]
            if line == 1:
                for i, j in product(others, repeat=2):
                    yield equality((h, i, j), (k, i, j))
            elif line == 2:
                for j in others:
                    yield equality((h, k, j), (k, h, j))
            elif line == 3:
                for j in others:
                    yield equality((h, h, j), (k, k, j))
            elif line == 4:
                for i in others:
                    yield equality((h, i, k), (k, i, h))
            elif line == 5:
                for i in others:
                    yield equality((h, i, h), (k, i, k))
            elif line == 6:
                yield equality((h, k, k), (k, h, h))
            elif line == 7:
                yield equality((h, h, h), (k, k, k))
            elif line == 8:
                yield equality([(h, h, k), (h, k, h)], [(k, h, k), (k, k, h)])
            else:
                raise ValueError(f"eq. (21) has lines 1 to 8, got {line}")

    return _proper(generate())


def eq21(n: int) -> set[Equality]:
    """Eq. (21): its eight lines, for all h, k (i, j other than h, k where the line says so)."""
    return set().union(*(eq21_line(n, line) for line in range(1, 9)))


def eq52(n: int) -> set[Equality]:
    """Eq. (52), the additive constraint, for all h, k: the last line of eq. (21) again."""
    return eq21_line(n, 8)


#: Table (22) as printed: N -> (distinct weights, weights, the printed percentage).
TABLE_22: dict[int, tuple[int, int, str]] = {
    2: (6, 8, "75%"),
    3: (9, 27, "33.3%"),
    4: (11, 64, "17/2%"),
    5: (13, 125, "10.4%"),
    6: (15, 216, "6.9%"),
}

#: The sentence after eq. (29): distinct weights with ordered indices, "4 for all N" but N = 1, 2.
ORDERED_DISTINCT: dict[int, int] = {1: 1, 2: 3, 3: 4, 4: 4, 5: 4, 6: 4}


# --- quadratic layer with ordered indices, section 2.5 --------------------------------------------


def eq26(n: int) -> set[Equality]:
    """Eq. (26), the "black" equations: i, j other than h, k and i <= j in the first; all h, k."""

    def generate() -> Iterator[Equality]:
        one_to_n = range(1, n + 1)
        for h, k in product(one_to_n, repeat=2):
            for i, j in product(one_to_n, repeat=2):
                if i not in (h, k) and j not in (h, k) and i <= j:
                    yield equality((h, i, j), (k, i, j))
            yield equality((k, h, h), (h, k, k))
            yield equality((k, k, k), (h, h, h))

    return _proper(generate())


def eq27(n: int, *, half: str | None = None, headings: bool = True) -> set[Equality]:
    """Eq. (27), the "coloured" equations.

    ``half`` picks one of the two printed halves, ``"h<k"`` or ``"k<h"``.  With ``headings=False``
    the headings "cases h < k" and "cases k < h" are ignored and each line has only the condition
    printed on the line itself, as the quantifier "for all i, h, k. i > k" alone would have it.
    """
    if half not in (None, "h<k", "k<h"):
        raise ValueError(f'half is None, "h<k" or "k<h", got {half!r}')

    def generate() -> Iterator[Equality]:
        one_to_n = range(1, n + 1)
        for h, k in product(one_to_n, repeat=2):
            first = half != "k<h" and (h < k or not headings)
            second = half != "h<k" and (k < h or not headings)
            for i in one_to_n:
                if first and i > k:
                    yield equality((k, k, i), (h, h, i))  # cyan = cyan
                    yield equality((k, h, i), (h, k, i))  # olive = olive
                if first and i < h:
                    yield equality((k, i, k), (h, i, h))  # red = red
                    yield equality((k, i, h), (h, i, k))  # blue = blue
                if first and h < i < k:
                    yield equality((k, i, k), (h, h, i))  # red = cyan
                    yield equality((k, h, i), (h, i, k))  # olive = blue
                if second and i > h:
                    yield equality((k, k, i), (h, h, i))  # cyan = cyan
                    yield equality((k, h, i), (h, k, i))  # olive = olive
                if second and i < k:
                    yield equality((k, i, k), (h, i, h))  # red = red
                    yield equality((k, i, h), (h, i, k))  # blue = blue
                if second and k < i < h:
                    yield equality((k, k, i), (h, i, h))  # cyan = red
                    yield equality((k, i, h), (h, k, i))  # blue = olive
            if first and h < k:
                yield equality((h, h, k), (k, h, k))  # violet = violet
            if second and k < h:
                yield equality((h, k, h), (k, k, h))  # green = green

    return _proper(generate())


def eq25(n: int, h: int, k: int, *, literal: bool = True) -> tuple[Quadratic, Quadratic]:
    """Return the last lines of both sides of eq. (25), y_k(sigma x) and y_h(x).

    sigma exchanges x_k and x_h.  As printed (``literal``) the sums "j > h" and "j > k" do not
    repeat the condition j != h, k of the line above them; ``literal=False`` restores it.
    """
    one_to_n = range(1, n + 1)
    left: Quadratic = {}
    right: Quadratic = {}

    def add(side: Quadratic, weight: Weight, a: int, b: int) -> None:
        side.setdefault((min(a, b), max(a, b)), Counter())[weight] += 1

    others = [i for i in one_to_n if i not in (h, k)]
    for j in others:
        for i in others:
            if i <= j:
                add(left, (k, i, j), i, j)
                add(right, (h, i, j), i, j)
    for j in one_to_n if literal else others:
        if j > h:
            add(left, (k, h, j), k, j)
            add(right, (h, h, j), h, j)
        if j > k:
            add(left, (k, k, j), h, j)
            add(right, (h, k, j), k, j)
    for i in one_to_n:
        if i < h and i != k:
            add(left, (k, i, h), i, k)
            add(right, (h, i, h), i, h)
        if i < k and i != h:
            add(left, (k, i, k), i, h)
            add(right, (h, i, k), i, k)
    add(left, (k, h, h), k, k)
    add(left, (k, k, k), h, h)
    add(right, (h, h, h), h, h)
    add(right, (h, k, k), k, k)
    if k <= h:
        add(left, (k, k, h), h, k)
        add(right, (h, k, h), k, h)
    if h <= k:
        add(left, (k, h, k), k, h)
        add(right, (h, h, k), h, k)
    return left, right


def eq30() -> tuple[list[tuple[int, int]], list[int], int]:
    """Eq. (30): the printed binomials (top, bottom), the printed summands and the printed total."""
    binomials = [(10, 8), (9, 7), (8, 6), (7, 5), (6, 4), (5, 3), (4, 2), (3, 1), (3, 0)]
    return binomials, [45, 36, 28, 21, 15, 10, 6, 3, 1], 165


def monomials_up_to(variables: int, degree: int) -> int:
    """Return what eq. (30) counts: the monomials of at most that degree."""
    return comb(variables + degree, degree)


# --- back-propagation, section 2.8 ----------------------------------------------------------------


def eq48(
    widths: Sequence[int],
    weights: Mapping[tuple[int, int, int, int], Fraction],
    x: Sequence[Fraction],
    target: Sequence[Fraction],
    *,
    both_orders: bool = False,
) -> dict[tuple[int, int, int, int], Fraction]:
    """Eq. (48): the gradient of E = 1/2 sum (o* - o)^2, redundant indices, no bias.

    ``weights`` maps (layer, k, i, j) to a number.  As printed, delta_k is the sum over c and j of
    delta_c W^c_kj o_j; with ``both_orders``, of delta_c (W^c_kj + W^c_jk) o_j.
    """
    units = [list(x)]
    for layer in range(len(widths) - 1):
        o = units[-1]
        units.append(
            [
                sum(
                    (
                        weights[layer, k + 1, i + 1, j + 1] * o[i] * o[j]
                        for i, j in product(range(len(o)), repeat=2)
                    ),
                    Fraction(0),
                )
                for k in range(widths[layer + 1])
            ]
        )
    delta = [o - t for o, t in zip(units[-1], target, strict=True)]
    gradient: dict[tuple[int, int, int, int], Fraction] = {}
    for layer in reversed(range(len(widths) - 1)):
        o = units[layer]
        inputs = range(len(o))
        for k, i, j in product(range(widths[layer + 1]), inputs, inputs):
            gradient[layer, k + 1, i + 1, j + 1] = delta[k] * o[i] * o[j]
        delta = [
            sum(
                (
                    delta[c]
                    * o[j]
                    * (
                        weights[layer, c + 1, k + 1, j + 1]
                        + (weights[layer, c + 1, j + 1, k + 1] if both_orders else 0)
                    )
                    for c in range(len(delta))
                    for j in inputs
                ),
                Fraction(0),
            )
            for k in inputs
        ]
    return gradient
