"""Numbers of weights and classes as functions of n, for every n at once.

A class of weights that needs b letters exists from n = b on and has n (n-1) … (n-b+1)
weights: so numbers of classes are step functions of n, numbers of weights polynomials, and
everything that is counted here a sum of both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.classes.patterns import PatternClass
from polyconstraints.errors import explained
from polyconstraints.spec.activation import power_text, sum_text


@dataclass(frozen=True)
class Sort:
    """One set of letters, with its symmetric group: a variable of laws."""

    #: ``n`` where there is one sort, else ``n1``, ``n2``, ….
    name: str
    #: The number of letters where the group's name has it.
    size: int | None


@dataclass(frozen=True)
class Piece:
    """The value of a law, a number or a polynomial, for some range of sizes."""

    #: For each variable the smallest and the largest size; None for no largest.
    bounds: tuple[tuple[int, int | None], ...]
    value: str


@explained
@dataclass(frozen=True)
class Law:
    """A function of the numbers of letters: a polynomial in the sorts' names, and steps.

    A sort with a size has that value. Each step is a number that is added where every sort has
    as many letters as is needed.

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
        # A constant has no variables that sizes could be put in.
        own = self.polynomial
        return (own if isinstance(own, int) else int(own(*sizes))) + self._step(sizes)

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
        own = self.polynomial
        if isinstance(own, Polynomial):
            own = own.substitute({sort.name: sort.size for sort in self.sorts if sort.size})
        found = []
        for bounds in product(*map(self._ranges, range(len(self.sorts)))):
            least = [low for low, _ in bounds]
            if all(low == high for low, high in bounds):
                value = str(self(*least))
            else:
                total = own + self._step(least)
                value = str(total) if isinstance(total, int) else _polynomial_text(total)
            found.append(Piece(bounds, value))
        return found

    def _ranges(self, at: int) -> list[tuple[int, int | None]]:
        sort = self.sorts[at]
        if sort.size is not None:
            return [(sort.size, sort.size)]
        # Steps at one place can cancel, which is no reason for a piece.
        steps: Counter[tuple[int, ...]] = Counter()
        for needs, count in self.steps:
            steps[needs] += count
        places = sorted({1, *(needs[at] for needs, count in steps.items() if count)})
        ends: list[int | None] = [place - 1 for place in places[1:]]
        return list(zip(places, [*ends, None], strict=True))[::-1]

    def to_json(self) -> list[dict[str, Any]]:
        """Return the pieces as JSON; ``to`` is null where there is no largest size."""
        names = [sort.name for sort in self.sorts]
        found = []
        for piece in self.pieces():
            bounds = dict(zip(names, piece.bounds, strict=True))
            least = {name: low for name, (low, _) in bounds.items()}
            most = {name: high for name, (_, high) in bounds.items()}
            found.append({"from": least, "to": most, "value": piece.value})
        return found

    def __str__(self) -> str:
        return ", ".join(self.piece_texts())

    def to_sympy(self) -> Any:
        """Return the law as SymPy's expression of the sizes, in pieces where it has several.

        Examples
        --------
        >>> steps = (((1,), 1), ((2,), 2))
        >>> Law((Sort("n", None),), 0, steps).to_sympy()
        Piecewise((3, n >= 2), (1, n >= 1))
        """
        from sympy import And, Piecewise, Symbol

        ring = PolynomialRing([sort.name for sort in self.sorts])
        symbols = {sort.name: Symbol(sort.name) for sort in self.sorts}
        pieces = []
        for piece in self.pieces():
            value = ring.parse(piece.value).to_sympy()
            named = zip(self.sorts, piece.bounds, strict=True)
            # From the largest sizes down, so that what is left has no upper end to be said.
            bounds = (symbols[sort.name] >= low for sort, (low, _) in named if sort.size is None)
            pieces.append((value, And(*bounds)))
        whole = len(pieces) == 1 and all(low == 1 for low, _ in piece.bounds)
        return pieces[0][0] if whole else Piecewise(*pieces)

    def to_latex(self) -> str:
        """Return the law as LaTeX, its pieces as ``cases`` (amsmath)."""
        from sympy import latex

        return str(latex(self.to_sympy()))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    def piece_texts(self) -> list[str]:
        """Return the text of each piece, ``4 for n ≥ 3``."""
        return [self._piece_text(piece) for piece in self.pieces()]

    def _piece_text(self, piece: Piece) -> str:
        where = []
        for sort, (low, high) in zip(self.sorts, piece.bounds, strict=True):
            if sort.size is None and high is None:
                where.append(f"{sort.name} ≥ {low}")
            elif sort.size is None:
                where.append(
                    f"{sort.name} = {low}" if low == high else f"{low} ≤ {sort.name} ≤ {high}"
                )
        return f"{piece.value} for {' and '.join(where)}" if where else piece.value


def weights_law(sorts: tuple[Sort, ...], classes: Iterable[PatternClass]) -> Law:
    """Return the number of weights of some classes together."""
    ring = PolynomialRing([sort.name for sort in sorts])
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


def _polynomial_text(polynomial: Polynomial) -> str:
    """Return a polynomial as text, highest degree first."""
    names = polynomial.ring.names
    return sum_text(
        (value, [power_text(name, at) for name, at in zip(names, exponents, strict=True) if at])
        for exponents, value in polynomial.terms("grlex")
    )
