"""Numbers of weights and classes as functions of n, for every n at once.

A class of weights that needs b letters exists from n = b on and has n (n-1) … (n-b+1)
weights: so numbers of classes are step functions of n, numbers of weights polynomials, and
everything that is counted here a sum of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.classes.patterns import PatternClass
from polyconstraints.spec.groups.spaces import Sort

__all__ = ["Law", "Piece", "class_law", "existence_law", "weights_law"]


@dataclass(frozen=True)
class Piece:
    """The value of a law for some range of sizes.

    Attributes
    ----------
    bounds : tuple of (int, int or None)
        For each variable the smallest and the largest size; None for no largest.
    value : str
        A number, or a polynomial in the variables.
    """

    bounds: tuple[tuple[int, int | None], ...]
    value: str


@dataclass(frozen=True)
class Law:
    """A function of the numbers of letters: a polynomial and steps.

    Attributes
    ----------
    sorts : tuple of Sort
        The variables; those with a size have that value.
    polynomial : Polynomial or int
        In the sorts' names, or a constant.
    steps : tuple of (needs, int)
        What is added where every sort has as many letters as ``needs`` says.

    Examples
    --------
    >>> steps = (((1,), 1), ((2,), 2), ((3,), 1))
    >>> print(Law((Sort("n", None),), 0, steps))
    4 for n ≥ 3, 3 for n = 2, 1 for n = 1
    """

    sorts: tuple[Sort, ...]
    polynomial: Polynomial | int = 0
    steps: tuple[tuple[tuple[int, ...], int], ...] = ()

    def __add__(self, other: Law) -> Law:
        return Law(self.sorts, self.polynomial + other.polynomial, self.steps + other.steps)

    def __sub__(self, other: Law) -> Law:
        return self + other.scaled(-1)

    def scaled(self, factor: int) -> Law:
        """Return the law times a number."""
        steps = tuple((needs, factor * count) for needs, count in self.steps)
        return Law(self.sorts, factor * self.polynomial, steps)

    def __call__(self, *sizes: int) -> int:
        """Return the value for given numbers of letters."""
        return int(self._polynomial(*sizes)) + self._step(sizes)

    @property
    def _polynomial(self) -> Polynomial:
        return _ring(self.sorts).one * self.polynomial

    def _step(self, sizes: Sequence[int]) -> int:
        return sum(
            count
            for needs, count in self.steps
            if all(size >= need for size, need in zip(sizes, needs, strict=True))
        )

    def pieces(self) -> list[Piece]:
        """Return the values, for the largest sizes first.

        Ranges of one variable in which all values agree are one piece.
        """
        ranges = [self._ranges(at) for at in range(len(self.sorts))]
        sizes = {sort.name: sort.size for sort in self.sorts if sort.size is not None}
        found = []
        for bounds in product(*ranges):
            least = [low for low, _ in bounds]
            step = self._step(least)
            if all(low == high for low, high in bounds):
                value = str(int(self._polynomial(*least)) + step)
            else:
                value = write_polynomial(self._polynomial.substitute(sizes) + step)
            found.append(Piece(bounds, value))
        return found

    def _ranges(self, at: int) -> list[tuple[int, int | None]]:
        sort = self.sorts[at]
        if sort.size is not None:
            return [(sort.size, sort.size)]
        # Steps at one place can cancel, which is no reason for a piece.
        places = sorted({1, *(needs[at] for needs, count in self.steps if count)})
        kept = [places[0]] + [place for place in places[1:] if self._changes(at, place)]
        ends: list[int | None] = [place - 1 for place in kept[1:]]
        return list(zip(kept, [*ends, None], strict=True))[::-1]

    def _changes(self, at: int, place: int) -> bool:
        others: dict[tuple[int, ...], int] = {}
        for needs, count in self.steps:
            if needs[at] == place:
                rest = needs[:at] + needs[at + 1 :]
                others[rest] = others.get(rest, 0) + count
        return any(others.values())

    def to_json(self) -> list[dict[str, Any]]:
        """Return the pieces as JSON; ``to`` is null where there is no largest size."""
        names = [sort.name for sort in self.sorts]
        return [
            {
                "from": {name: low for name, (low, _) in zip(names, piece.bounds, strict=True)},
                "to": {name: high for name, (_, high) in zip(names, piece.bounds, strict=True)},
                "value": piece.value,
            }
            for piece in self.pieces()
        ]

    def __str__(self) -> str:
        """Return the pieces as text, ``4 for n ≥ 3, 3 for n = 2``."""
        return ", ".join(self.piece_texts())

    def piece_texts(self) -> list[str]:
        """Return the text of each piece."""
        return [self._piece_text(piece) for piece in self.pieces()]

    def _piece_text(self, piece: Piece) -> str:
        where = []
        for sort, (low, high) in zip(self.sorts, piece.bounds, strict=True):
            if sort.size is None:
                if high is None:
                    where.append(f"{sort.name} ≥ {low}")
                else:
                    span = (
                        f"{sort.name} = {low}" if low == high else f"{low} ≤ {sort.name} ≤ {high}"
                    )
                    where.append(span)
        return f"{piece.value} for {' and '.join(where)}" if where else piece.value


def class_law(sorts: tuple[Sort, ...], one: PatternClass) -> Law:
    """Return the number of weights of a class."""
    return weights_law(sorts, [one])


def weights_law(sorts: tuple[Sort, ...], classes: Iterable[PatternClass]) -> Law:
    """Return the number of weights of some classes together."""
    ring = _ring(sorts)
    total = ring.zero
    for one in classes:
        number = ring.constant(Fraction(1, one.divisor))
        for sort, letters in one.labels:
            for taken in range(letters):
                number = number * (ring.gen(sorts[sort].name) - taken)
        total = total + number
    return Law(sorts, total)


def existence_law(sorts: tuple[Sort, ...], classes: Iterable[PatternClass]) -> Law:
    """Return the number of classes that have weights."""
    return Law(sorts, 0, tuple((one.needs(len(sorts)), 1) for one in classes))


def _ring(sorts: Iterable[Sort]) -> PolynomialRing:
    return PolynomialRing([sort.name for sort in sorts])


def write_polynomial(polynomial: Polynomial) -> str:
    """Return a polynomial as text, highest degree first and denominators last.

    Examples
    --------
    >>> write_polynomial(PolynomialRing(["n"]).parse("1/2*n^3 - n^2 + 2"))
    'n^3/2 - n^2 + 2'
    """
    text = ""
    for exponents, value in polynomial.terms("grlex"):
        powers = [
            name if power == 1 else f"{name}^{power}"
            for name, power in zip(polynomial.ring.names, exponents, strict=True)
            if power
        ]
        numerator = abs(value.numerator)
        factors = ([str(numerator)] if numerator != 1 or not powers else []) + powers
        term = "*".join(factors) + (f"/{value.denominator}" if value.denominator != 1 else "")
        sign = "-" if value < 0 else "+"
        text += f" {sign} {term}" if text else (f"-{term}" if value < 0 else term)
    return text or "0"
