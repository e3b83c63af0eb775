"""Polynomial rings over the rational numbers: the names of the variables and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

from polyconstraints.algebra.element import (
    Coefficient,
    Immutable,
    exact,
    flint,
    integer,
    pairwise_sum,
)
from polyconstraints.algebra.polynomial import Polynomial
from polyconstraints.algebra.text import NAME, parse_polynomial
from polyconstraints.errors import (
    InputError,
    RingMismatchError,
    UsageError,
    WrongTypeError,
    explained,
)

if TYPE_CHECKING:
    from flint import fmpq, fmpq_mpoly_ctx

_SHOWN_NAMES = 8


@explained
class PolynomialRing(Immutable):
    """The ring of polynomials in named variables with exact rational coefficients.

    Rings are immutable and equal when their names are equal, in order.

    Parameters
    ----------
    names : sequence of str
        Distinct names of letters, digits and underscores; the most significant variable of
        monomial orders comes first.

    Raises
    ------
    UsageError
        If a name is no identifier, is not in the Unicode normal form NFKC (so that no two
        names print alike), or occurs twice.

    Examples
    --------
    >>> R = PolynomialRing(["x", "y"])
    >>> x, y = R.gens()
    >>> print((x + y) ** 2)
    x^2 + 2*x*y + y^2
    >>> R == PolynomialRing(["x", "y"]), R == PolynomialRing(["y", "x"])
    (True, False)
    >>> R.index("y"), str(R.gen("y") - 1), str(R.sum([x, y, x]))
    (1, 'y - 1', '2*x + y')
    >>> print(R.from_terms({(2, 0): 3, (0, 1): -1}), R.parse("(x + y)^2 / 2"), sep=", ")
    3*x^2 - y, 1/2*x^2 + x*y + 1/2*y^2
    >>> import sympy
    >>> print(R.from_sympy((sympy.Symbol("x") + 1) ** 2))
    x^2 + 2*x + 1
    """

    __slots__ = ("_context", "_hash", "_index", "_names", "_one", "_zero")

    _names: tuple[str, ...]
    _index: dict[str, int]
    _hash: int
    _context: fmpq_mpoly_ctx
    _zero: Polynomial
    _one: Polynomial

    def __init__(self, names: Sequence[str]) -> None:
        if isinstance(names, str):
            raise UsageError("names must be a sequence of str; ring() takes one comma-joined text")
        given: Sequence[object] = names
        positions: dict[str, int] = {}
        for name in given:
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise UsageError(
                    f"variable name must be letters, digits and underscores, got {name!r}"
                )
            # Raised digits read like powers, and other forms of a letter like the letter.
            if name != (normal := unicodedata.normalize("NFKC", name)):
                raise UsageError(
                    f"variable name must be in the normal form NFKC, which for {name!r} is "
                    f"{normal!r}"
                )
            if name in positions:
                raise UsageError(f"variable name {name!r} occurs twice")
            positions[name] = len(positions)
        checked = tuple(positions)
        put = object.__setattr__
        put(self, "_names", checked)
        put(self, "_index", positions)
        put(self, "_hash", hash((PolynomialRing, checked)))
        # FLINT only numbers the variables, so rings of one size share a context.
        put(self, "_context", flint().fmpq_mpoly_ctx.get(("x", len(positions)), "lex"))
        put(self, "_zero", self._constant(0))
        put(self, "_one", self._constant(1))

    def __reduce__(self) -> tuple[Callable[..., PolynomialRing], tuple[Any, ...]]:
        return PolynomialRing, (self._names,)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, PolynomialRing):
            return NotImplemented
        return self._names == other._names

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"PolynomialRing({list(self._names)!r})"

    def __str__(self) -> str:
        names = self._names
        if len(names) > _SHOWN_NAMES:
            names = (*names[: _SHOWN_NAMES - 2], "...", names[-1])
        return f"Q[{', '.join(names)}]"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the variables, the most significant first."""
        return self._names

    @property
    def zero(self) -> Polynomial:
        """The zero polynomial."""
        return self._zero

    @property
    def one(self) -> Polynomial:
        """The constant polynomial 1."""
        return self._one

    def gens(self) -> tuple[Polynomial, ...]:
        """Return the variables as polynomials, in the order of the names."""
        return tuple(self._gen_at(position) for position in range(len(self._names)))

    def gen(self, name: str) -> Polynomial:
        """Return the variable called `name` as a polynomial; a `UsageError` if there is none."""
        return self._gen_at(self.index(name))

    def _gen_at(self, position: int) -> Polynomial:
        return Polynomial._make(self, self._context.gen(position))

    def index(self, name: str) -> int:
        """Return the position of a variable among the names; a `UsageError` if it has none."""
        try:
            return self._index[name]
        except (KeyError, TypeError):
            raise UsageError(f"{self} has no variable {name!r}") from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._index

    def constant(self, value: object) -> Polynomial:
        """Return an exact rational number as a constant polynomial; floats are a `TypeError`."""
        return self._constant(_coefficient(value))

    def _constant(self, value: int | fmpq) -> Polynomial:
        return Polynomial._make(self, self._context.constant(value))

    def from_terms(
        self,
        terms: Mapping[tuple[int, ...], Coefficient] | Iterable[tuple[Sequence[int], Coefficient]],
    ) -> Polynomial:
        """Return the sum of terms given as exponents and coefficients.

        Parameters
        ----------
        terms : mapping or iterable of pairs
            Exponent tuples, one exponent for each variable, with their coefficients.
            Equal exponents may occur several times and zero coefficients are allowed.

        Raises
        ------
        UsageError
            If an exponent tuple has the wrong length or an exponent is negative.
        TypeError
            If an exponent is no integer or a coefficient is not exact.
        """
        pairs = terms.items() if isinstance(terms, Mapping) else terms
        total: dict[tuple[int, ...], int | fmpq] = {}
        for given, value in pairs:
            exponents = self._exponents(given)
            coefficient = _coefficient(value)
            known = total.get(exponents)
            total[exponents] = coefficient if known is None else known + coefficient
        return self._from_flint(total)

    def _from_flint(self, terms: Mapping[tuple[int, ...], int | fmpq]) -> Polynomial:
        """Return the sum of terms whose exponents are known to be nonnegative integers."""
        return Polynomial._make(self, self._context.from_dict(terms))

    def _exponents(self, given: Sequence[int]) -> tuple[int, ...]:
        """Return exponents as Python's integers, one for each variable."""
        exponents = tuple(given)
        if not set(map(type, exponents)) <= {int}:
            exponents = tuple(integer(exponent, "exponent") for exponent in exponents)
        if len(exponents) != len(self._names):
            raise UsageError(
                f"expected {len(self._names)} exponents for {self}, got {len(exponents)}"
            )
        if exponents and min(exponents) < 0:
            raise UsageError(f"exponents must not be negative, got {exponents}")
        return exponents

    def sum(self, polynomials: Iterable[Polynomial]) -> Polynomial:
        """Return the sum of many polynomials of this ring, in O(n log n) for n terms altogether."""
        parts = []
        for part in polynomials:
            if part.ring != self:
                raise RingMismatchError(f"operands are in different rings: {self} and {part.ring}")
            parts.append(part._flint)
        return Polynomial._make(self, pairwise_sum(parts)) if parts else self._zero

    def parse(self, text: str) -> Polynomial:
        """Return the polynomial that a text denotes.

        The text may use ``+ - * / ^ **``, parentheses, integers and the ring's names;
        division is by constants only and exponents are nonnegative integers. It may be of any
        length and nesting depth, and nothing is evaluated as code.

        Raises
        ------
        InputError
            If the text is no polynomial of this ring, or if expanding it would be out of
            proportion to its length. The error's ``place`` is the position.
        """
        return parse_polynomial(self, text)

    def from_sympy(self, expression: object) -> Polynomial:
        """Return the polynomial that a SymPy expression denotes; symbols match by name.

        Raises
        ------
        InputError
            If the expression is no polynomial in this ring's names over the rationals.
        """
        import sympy

        try:
            expression = sympy.sympify(expression, strict=True)
        except sympy.SympifyError:
            raise InputError(f"expected a SymPy expression, got {expression!r}") from None
        if isinstance(expression, sympy.Poly):
            expression = expression.as_expr()
        if not isinstance(expression, sympy.Expr):
            raise InputError(f"expected a SymPy expression, got {expression}")
        if expression.atoms(sympy.Float):
            raise InputError(f"floating-point coefficients are not exact: {expression}")
        names = set()
        for symbol in expression.free_symbols:
            if symbol.name not in self:
                raise InputError(f"unknown name {symbol.name!r} in {self}")
            if not symbol.is_commutative:
                raise InputError(f"the symbol {symbol.name!r} does not commute")
            if symbol.name in names:
                raise InputError(f"two different symbols are called {symbol.name!r}")
            names.add(symbol.name)
        try:
            return _convert(self, expression)
        except _NotPolynomialError:
            pass
        try:
            # Expansion may cancel what is irrational or no polynomial in the parts.
            return _convert(self, sympy.expand(expression))
        except _NotPolynomialError:
            raise InputError(f"not a polynomial over the rationals: {expression}") from None


@explained
def ring(names: str | Sequence[str]) -> tuple[Any, ...]:
    """Return a polynomial ring followed by its variables.

    The names are one text, separated by commas or spaces, or given one by one.

    Examples
    --------
    >>> R, x, y = ring("x, y")
    >>> print((x - y) * (x + y))
    x^2 - y^2
    """
    if isinstance(names, str):
        names = names.replace(",", " ").split()
    made = PolynomialRing(names)
    return (made, *made.gens())


def _coefficient(value: object) -> int | fmpq:
    coefficient = exact(value)
    if coefficient is None:
        raise WrongTypeError(
            f"coefficients must be exact (int or Fraction), got {type(value).__name__} {value!r}"
        )
    return coefficient


class _NotPolynomialError(Exception):
    """Some part of an expression is no polynomial."""


def _convert(ring: PolynomialRing, expression: Any) -> Polynomial:
    """Return the polynomial of a tree; `sympy.Poly`, which is dense, fails at exponents of 10^9."""
    if expression.is_Symbol:
        return ring.gen(expression.name)
    if expression.is_Rational:
        return ring.constant(Fraction(int(expression.p), int(expression.q)))
    if expression.is_Add:
        return ring.sum([_convert(ring, part) for part in expression.args])
    if expression.is_Mul:
        return prod((_convert(ring, part) for part in expression.args), start=ring.one)
    if expression.is_Pow and expression.exp.is_Integer and expression.exp >= 0:
        return _convert(ring, expression.base) ** int(expression.exp)
    raise _NotPolynomialError
