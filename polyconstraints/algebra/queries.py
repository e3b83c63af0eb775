"""Questions about a polynomial whose answers are numbers, names and terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd
from typing import TYPE_CHECKING

from polyconstraints.algebra import packing
from polyconstraints.algebra.element import Element
from polyconstraints.algebra.numerals import Coefficient, quotient
from polyconstraints.algebra.orders import Order, sort_key
from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.algebra.ring import PolynomialRing

__all__ = ["Queries"]


class Queries(Element):
    """The part of :class:`~polyconstraints.algebra.Polynomial` that only reads terms."""

    __slots__ = ()

    @property
    def ring(self) -> PolynomialRing:
        """The ring that the polynomial belongs to."""
        return self._ring

    @property
    def is_zero(self) -> bool:
        """Whether this is the zero polynomial."""
        return not self._terms

    @property
    def is_constant(self) -> bool:
        """Whether no variable occurs."""
        return self._is_constant()

    def constant_value(self) -> Coefficient:
        """Return a constant polynomial as a number.

        Raises
        ------
        UsageError
            If a variable occurs.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x = ring("x")
        >>> (x - x + 3).constant_value()
        3
        """
        if not self._is_constant():
            raise UsageError(f"not a constant: {self!r}")
        return quotient(self._terms.get(0, 0), self._denominator)

    def variables(self) -> tuple[str, ...]:
        """Return the names that occur, in the ring's order.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y, z = ring("x, y, z")
        >>> (z * x + 1).variables()
        ('x', 'z')
        """
        names = self._ring.names
        occurring = packing.unpack(self._bits(), len(names), self._width)
        return tuple(name for name, bits in zip(names, occurring, strict=True) if bits)

    def degree(self, name: str | None = None) -> int:
        """Return the degree in a variable, or the total degree.

        Parameters
        ----------
        name : str, optional
            The variable; without it, the total degree is meant.

        Returns
        -------
        int
            The degree; -1 for the zero polynomial, in every variable.

        Raises
        ------
        UsageError
            If the ring has no such variable.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> p = x**2 * y + y
        >>> p.degree(), p.degree("x"), R.zero.degree()
        (3, 2, -1)
        """
        if name is None:
            return max(map(sum, self._exponents()), default=-1)
        shift = self._shift(name)
        mask = (1 << self._width) - 1
        return max(((key >> shift) & mask for key in self._terms), default=-1)

    def terms(self, order: Order = "lex") -> list[tuple[tuple[int, ...], Coefficient]]:
        """Return exponents and coefficients in decreasing monomial order.

        Parameters
        ----------
        order : {"lex", "grlex", "grevlex"}
            Lexicographic, graded lexicographic or graded reverse lexicographic.

        Raises
        ------
        UsageError
            If there is no such order.

        Notes
        -----
        Takes ``O(n log n)`` for `n` terms.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> (x + 3 * y**2).terms()
        [((1, 0), 1), ((0, 2), 3)]
        >>> (x + 3 * y**2).terms("grlex")
        [((0, 2), 3), ((1, 0), 1)]
        """
        key = sort_key(order)
        keys = sorted(self._terms, reverse=True)
        count, width, denominator = len(self._ring.names), self._width, self._denominator
        result = [
            (packing.unpack(k, count, width), quotient(self._terms[k], denominator)) for k in keys
        ]
        if order != "lex":
            result.sort(key=lambda term: key(term[0]), reverse=True)
        return result

    def leading_term(self, order: Order = "lex") -> tuple[tuple[int, ...], Coefficient]:
        """Return exponents and coefficient of the largest monomial.

        Raises
        ------
        UsageError
            If the polynomial is zero or there is no such order.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> (x + 3 * y**2).leading_term("grevlex")
        ((0, 2), 3)
        """
        key = sort_key(order)
        if not self._terms:
            raise UsageError("the zero polynomial has no leading term")
        if order == "lex":
            leading = packing.unpack(max(self._terms), len(self._ring.names), self._width)
        else:
            leading = max(self._exponents(), key=key)
        return leading, self.coefficient(leading)

    def coefficient(self, monomial: Sequence[int] | Queries) -> Coefficient:
        """Return the coefficient of one monomial, zero if it does not occur.

        Parameters
        ----------
        monomial : sequence of int or Polynomial
            Exponents, or a polynomial of this ring that is one monomial with coefficient 1.

        Raises
        ------
        UsageError
            If `monomial` is neither.
        RingMismatchError
            If the monomial belongs to another ring.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> p = (x + y) ** 3
        >>> p.coefficient((2, 1)), p.coefficient(x * y**2), p.coefficient(x)
        (3, 3, 0)
        """
        if isinstance(monomial, Queries):
            self._require_same_ring(monomial)
            if len(monomial) != 1 or set(monomial._terms.values()) != {1}:
                raise UsageError(f"expected a monomial with coefficient 1, got {monomial!r}")
        else:
            monomial = self._ring.from_terms([(monomial, 1)])
        if monomial._width > self._width:
            return 0
        (key,) = packing.repack(
            monomial._terms, len(self._ring.names), monomial._width, self._width
        )
        return quotient(self._terms.get(key, 0), self._denominator)

    def height(self) -> int:
        """Return the largest absolute value of a numerator or of the common denominator.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x = ring("x")
        >>> (x / 6 - 3).height()
        18
        """
        largest = max(map(abs, self._terms.values()), default=0)
        return largest if self._denominator == 1 else max(largest, self._denominator)

    def content(self) -> Coefficient:
        """Return the positive rational that leaves coprime integers when divided out.

        Returns
        -------
        int or Fraction
            The content; 0 for the zero polynomial.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x = ring("x")
        >>> (4 * x / 3 - 2).content()
        Fraction(2, 3)
        """
        return quotient(gcd(*self._terms.values()), self._denominator)

    # -- internals --------------------------------------------------------------------

    def _shift(self, name: str) -> int:
        """Return the position of the lowest bit of a variable's field."""
        return self._width * (len(self._ring.names) - 1 - self._ring.index(name))

    def _exponents(self) -> Iterator[tuple[int, ...]]:
        count, width = len(self._ring.names), self._width
        return (packing.unpack(key, count, width) for key in self._terms)
