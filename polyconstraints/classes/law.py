"""Numbers of weights and classes as functions of n, for every n at once.

A class of weights that needs b letters exists from n = b on and has n (n-1) … (n-b+1)
weights: so numbers of classes are step functions of n, numbers of weights polynomials, and
everything that is counted here a sum of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from polyconstraints.classes.patterns import PatternClass
from polyconstraints.spec.groups.spaces import Sort

__all__ = ["Law", "Piece", "class_law", "existence_law", "weights_law"]

#: Exponents of the variables → coefficient.
Polynomial = Mapping[tuple[int, ...], Fraction]


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
    polynomial : mapping from exponents to Fraction
    steps : tuple of (needs, int)
        What is added where every sort has as many letters as ``needs`` says.

    Examples
    --------
    >>> steps = (((1,), 1), ((2,), 2), ((3,), 1))
    >>> print(Law((Sort("n", None),), {}, steps))
    4 for n ≥ 3, 3 for n = 2, 1 for n = 1
    """

    sorts: tuple[Sort, ...]
    polynomial: Polynomial = field(default_factory=dict, hash=False)
    steps: tuple[tuple[tuple[int, ...], int], ...] = ()

    def __add__(self, other: Law) -> Law:
        return Law(self.sorts, _sum([self.polynomial, other.polynomial]), self.steps + other.steps)

    def __sub__(self, other: Law) -> Law:
        negated = {exponents: -value for exponents, value in other.polynomial.items()}
        steps = tuple((needs, -count) for needs, count in other.steps)
        return self + Law(self.sorts, negated, steps)

    def scaled(self, factor: int) -> Law:
        """Return the law times a number."""
        polynomial = {exponents: factor * value for exponents, value in self.polynomial.items()}
        return Law(self.sorts, polynomial, tuple((needs, factor * c) for needs, c in self.steps))

    def __call__(self, *sizes: int) -> int:
        """Return the value for given numbers of letters."""
        value = _evaluate(self.polynomial, sizes) + self._step(sizes)
        return int(value)

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
        found = []
        for bounds in product(*ranges):
            least = [low for low, _ in bounds]
            step = self._step(least)
            if all(low == high for low, high in bounds):
                value = str(int(_evaluate(self.polynomial, least) + step))
            else:
                constant = {(0,) * len(self.sorts): Fraction(step)}
                value = self._written(_sum([self.polynomial, constant]))
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

    def _written(self, polynomial: Polynomial) -> str:
        free = [at for at, sort in enumerate(self.sorts) if sort.size is None]
        reduced: dict[tuple[int, ...], Fraction] = {}
        for exponents, value in polynomial.items():
            for at, sort in enumerate(self.sorts):
                if sort.size is not None:
                    value *= sort.size ** exponents[at]
            key = tuple(exponents[at] for at in free)
            reduced[key] = reduced.get(key, Fraction(0)) + value
        names = [self.sorts[at].name for at in free]
        return write_polynomial(reduced, names)

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
    total: list[Polynomial] = []
    for one in classes:
        polynomial: Polynomial = {(0,) * len(sorts): Fraction(1, 2 if one.symmetric else 1)}
        for sort, count in one.labels:
            polynomial = _times(polynomial, _falling(sort, count, len(sorts)))
        total.append(polynomial)
    return Law(sorts, _sum(total))


def existence_law(sorts: tuple[Sort, ...], classes: Iterable[PatternClass]) -> Law:
    """Return the number of classes that have weights."""
    return Law(sorts, {}, tuple((one.needs(len(sorts)), 1) for one in classes))


# --- polynomials with rational coefficients -----------------------------------------------


def _falling(variable: int, length: int, variables: int) -> Polynomial:
    """Return x (x-1) … (x-length+1) for one of the variables x."""
    zero = (0,) * variables
    x = tuple(int(at == variable) for at in range(variables))
    result: Polynomial = {zero: Fraction(1)}
    for at in range(length):
        result = _times(result, {x: Fraction(1), zero: Fraction(-at)})
    return result


def _times(a: Polynomial, b: Polynomial) -> Polynomial:
    result: dict[tuple[int, ...], Fraction] = {}
    for (p, u), (q, v) in product(a.items(), b.items()):
        exponents = tuple(i + j for i, j in zip(p, q, strict=True))
        result[exponents] = result.get(exponents, Fraction(0)) + u * v
    return {exponents: value for exponents, value in result.items() if value}


def _sum(polynomials: Iterable[Polynomial]) -> Polynomial:
    result: dict[tuple[int, ...], Fraction] = {}
    for polynomial in polynomials:
        for exponents, value in polynomial.items():
            result[exponents] = result.get(exponents, Fraction(0)) + value
    return {exponents: value for exponents, value in result.items() if value}


def _evaluate(polynomial: Polynomial, sizes: Sequence[int]) -> Fraction:
    return sum(
        (
            value * prod(size**power for size, power in zip(sizes, exponents, strict=True))
            for exponents, value in polynomial.items()
        ),
        Fraction(0),
    )


def write_polynomial(polynomial: Polynomial, names: Sequence[str]) -> str:
    """Return a polynomial as text, highest degree first.

    Examples
    --------
    >>> write_polynomial({(3,): Fraction(1, 2), (2,): Fraction(-1), (0,): Fraction(2)}, ["n"])
    'n^3/2 - n^2 + 2'
    """
    text = ""
    order = sorted(polynomial, key=lambda exponents: (-sum(exponents), [-e for e in exponents]))
    for exponents in order:
        value = polynomial[exponents]
        if not value:
            continue
        powers = [
            name if power == 1 else f"{name}^{power}"
            for name, power in zip(names, exponents, strict=True)
            if power
        ]
        numerator = abs(value.numerator)
        factors = ([str(numerator)] if numerator != 1 or not powers else []) + powers
        term = "*".join(factors) + (f"/{value.denominator}" if value.denominator != 1 else "")
        sign = "-" if value < 0 else "+"
        text += f" {sign} {term}" if text else (f"-{term}" if value < 0 else term)
    return text or "0"
