"""Polynomials: what can be asked of them and made from them besides arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from polyconstraints.algebra import evaluation, text
from polyconstraints.algebra.element import (
    MAX_BITS,
    Coefficient,
    Element,
    check_size,
    coefficient_bits,
    decimal_text,
    integer,
    number,
    numerators_over,
    predicted_power_terms,
    rational,
)
from polyconstraints.algebra.text import Order, order_key
from polyconstraints.errors import TooLargeError, UsageError

if TYPE_CHECKING:
    from polyconstraints.algebra.rings import PolynomialRing

_REPR_TERMS = 12


class Polynomial(Element):
    """An immutable polynomial with exact rational coefficients.

    Polynomials come from a :class:`~polyconstraints.algebra.PolynomialRing`: from its
    variables by arithmetic, from text or from terms. They support ``+ - * **`` with each
    other and with exact numbers, ``/`` by constants, ``==`` and hashing.

    Floats are refused with `TypeError`, names of no variable of the ring with `UsageError`,
    polynomials of another ring with `RingMismatchError`, and what may not fit into memory with
    `TooLargeError`. Orders of monomials are lexicographic (``"lex"``), graded lexicographic
    (``"grlex"``) and graded reverse lexicographic (``"grevlex"``).

    Examples
    --------
    >>> from polyconstraints.algebra import ring
    >>> R, x, y = ring("x, y")
    >>> p = (x + 2 * y) ** 2 - x**2
    >>> print(p)
    4*x*y + 4*y^2
    >>> p == 4 * y * (x + y), len(p), p.degree()
    (True, 2, 2)
    """

    __slots__ = ()

    def __new__(cls, *args: object, **kwargs: object) -> Polynomial:
        """Refuse direct construction: a polynomial always belongs to a ring."""
        raise TypeError("make polynomials with a PolynomialRing: gens, parse, from_terms, ...")

    def __reduce__(self) -> tuple[Callable[..., Polynomial], tuple[Any, ...]]:
        """Return how to rebuild the object when it is unpickled."""
        return self._ring._restored, (dict(self.terms()),)

    # -- questions --------------------------------------------------------------------

    @property
    def ring(self) -> PolynomialRing:
        """The ring that the polynomial belongs to."""
        return self._ring

    @property
    def is_zero(self) -> bool:
        """Whether this is the zero polynomial."""
        return not self

    def constant_value(self) -> Coefficient:
        """Return a constant polynomial as a number; one with variables is a `UsageError`."""
        if not self.is_constant:
            raise UsageError(f"not a constant: {self!r}")
        return number(self._flint.leading_coefficient())

    def variables(self) -> tuple[str, ...]:
        """Return the names that occur, in the ring's order."""
        return tuple([self._ring.names[at] for at in self._places()])

    def degree(self, name: str | None = None) -> int:
        """Return the degree in a variable, or the total degree; -1 for zero.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> p = x**2 * y + y
        >>> p.degree(), p.degree("x"), R.zero.degree()
        (3, 2, -1)
        """
        if name is None:
            return int(self._flint.total_degree())
        return self._degrees()[self._ring.index(name)]

    def terms(self, order: Order = "lex") -> list[tuple[tuple[int, ...], Coefficient]]:
        """Return exponents and coefficients in decreasing monomial order.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> (x + 3 * y**2).terms()
        [((1, 0), 1), ((0, 2), 3)]
        >>> (x + 3 * y**2).terms("grlex")
        [((0, 2), 3), ((1, 0), 1)]
        """
        key = order_key(order)
        monomials = [tuple(map(int, exponents)) for exponents in self._flint.monoms()]
        result = list(zip(monomials, map(number, self._flint.coeffs()), strict=True))
        if order != "lex":
            result.sort(key=lambda term: key(term[0]), reverse=True)
        return result

    def leading_term(self, order: Order = "lex") -> tuple[tuple[int, ...], Coefficient]:
        """Return exponents and coefficient of the largest monomial, which zero has none of."""
        key = order_key(order)
        if not self:
            raise UsageError("the zero polynomial has no leading term")
        if order == "lex":
            exponents = tuple(map(int, self._flint.monomial(0)))
            return exponents, number(self._flint.leading_coefficient())
        return max(self.terms(), key=lambda term: key(term[0]))

    def coefficient(self, monomial: Sequence[int] | Polynomial) -> Coefficient:
        """Return the coefficient of one monomial, zero if it does not occur.

        The monomial is given by its exponents, or as a polynomial of this ring that is one
        monomial with coefficient 1.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> p = (x + y) ** 3
        >>> p.coefficient((2, 1)), p.coefficient(x * y**2), p.coefficient(x)
        (3, 3, 0)
        """
        if isinstance(monomial, Polynomial):
            self._require_same_ring(monomial)
            if len(monomial) != 1 or monomial._flint.leading_coefficient() != 1:
                raise UsageError(f"expected a monomial with coefficient 1, got {monomial!r}")
            exponents = monomial._flint.monomial(0)
        else:
            exponents = self._ring._exponents(monomial)
        return number(self._flint[exponents])

    def height(self) -> int:
        """Return the largest absolute value of a numerator or of the common denominator."""
        numerators, denominator = numerators_over(self._flint)
        largest = max(map(abs, numerators), default=0)
        return largest if denominator == 1 else max(largest, denominator)

    def content(self) -> Coefficient:
        """Return the positive rational that leaves coprime integers when divided out, 0 for zero.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x = ring("x")
        >>> p = 4 * x / 3 - 2
        >>> p.content(), str(p.primitive())
        (Fraction(2, 3), '2*x - 3')
        """
        values = self._flint.coeffs()
        return number(reduce(lambda common, value: common.gcd(value), values, rational(0, 1)))

    def primitive(self) -> Polynomial:
        """Return the polynomial divided by its content; zero stays zero."""
        return self / self.content() if self else self

    def normalised(self) -> Polynomial:
        """Return the polynomial with coprime integer coefficients, the leading one positive.

        Polynomials with the same zeros up to a constant factor become equal.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> print((2 * y - 4 * x / 3).normalised())
        2*x - 3*y
        """
        primitive = self.primitive()
        return -primitive if self._flint.leading_coefficient() < 0 else primitive

    def factor(self) -> list[tuple[Polynomial, int]]:
        """Return the irreducible factors over the rationals with their multiplicities.

        Constants are left out, and zero has no factors; factors are normalised and in a fixed
        order, the shortest first.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> [(str(factor), power) for factor, power in (2 * x**3 - 2 * x * y**2).factor()]
        [('x', 1), ('x + y', 1), ('x - y', 1)]
        """
        if not self:
            raise UsageError("expected a polynomial other than zero")
        value, places = evaluation.without_idle_variables(self)
        back, context = dict(enumerate(places)), self._ring._context
        found = [
            (self._make(self._ring, evaluation.moved(factor, back, context)), int(power))
            for factor, power in value.factor()[1]
        ]
        return sorted(found, key=lambda pair: (len(pair[0]), str(pair[0])))

    def resultant(self, other: Polynomial, name: str) -> Polynomial:
        """Return the resultant with another polynomial of the ring in one of the variables.

        Of ``q*x - p`` and a polynomial f in x it is f at p/q, cleared of denominators.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y, z = ring("x, y, z")
        >>> print((y * x - z).resultant(x**2 + 3, "x"))
        3*y^2 + z^2
        """
        self._require_same_ring(other)
        powers = (other.degree(name), self.degree(name))
        terms, bits = 1, 0
        for factor, power in zip((self, other), powers, strict=True):
            terms *= predicted_power_terms(factor._degrees(), len(factor), max(power, 0))
            bits += coefficient_bits(factor._flint) * max(power, 0)
        check_size(f"the resultant of {len(self)} and {len(other)} terms", terms, bits)
        at = self._ring.index(name)
        return self._make(self._ring, self._flint.resultant(other._flint, at))

    # -- values and derivatives -------------------------------------------------------

    def evaluate(self, values: Mapping[str, Any] | Sequence[Any]) -> Any:
        """Return the value at a point.

        Parameters
        ----------
        values : mapping or sequence
            A value for each variable that occurs by name, or one for every variable in
            order: exact numbers, polynomials (of any one ring), or other objects that
            support ``+``, ``*`` and ``**`` with each other and with this polynomial's
            coefficients.

        Returns
        -------
        object
            The value, of the type that the values' arithmetic gives; an exact number for
            a constant polynomial.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> p = x**2 + y / 2
        >>> p.evaluate({"x": 3, "y": 1}), p(3, 2)
        (Fraction(19, 2), 10)
        """
        return evaluation.evaluate(self, values)

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Return the value at a point: ``p(1, 2)``, ``p(x=1, y=2)``, ``p([1, 2])``."""
        if named:
            if values:
                raise UsageError("give values by position or by name, not both")
            return self.evaluate(named)
        if len(values) == 1 and isinstance(values[0], Mapping | list | tuple):
            return self.evaluate(values[0])
        return self.evaluate(values)

    def substitute(self, values: Mapping[str, Any]) -> Polynomial:
        """Return the polynomial with some variables replaced, all at once.

        By exact numbers or polynomials of this ring.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> print((x**2 + y).substitute({"x": y, "y": x + 1}))
        x + y^2 + 1
        """
        return evaluation.substitute(self, values)

    def derivative(self, name: str, order: int = 1) -> Polynomial:
        """Return the derivative with respect to a variable, as often as `order` says.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> print((x**3 * y).derivative("x", 2))
        6*x*y
        """
        at = self._ring.index(name)
        times = integer(order, "order of a derivative")
        if times < 0:
            raise UsageError(f"order of a derivative must not be negative, got {times}")
        if times == 1:
            return self._make(self._ring, self._flint.derivative(at))
        degree = self.degree(name)
        if times > degree:
            return self if not times else self._ring.zero
        if times * degree.bit_length() > MAX_BITS:
            raise TooLargeError(
                f"the coefficients of the derivative of order {decimal_text(times)} "
                f"would have more than 2^33 bits"
            )
        value = self._flint
        for _ in range(times):
            value = value.derivative(at)
        return self._make(self._ring, value)

    def map_coefficients(self, function: Callable[[Coefficient], Coefficient]) -> Polynomial:
        """Return the polynomial with a function applied to each nonzero coefficient."""
        return self._ring.from_terms((e, function(c)) for e, c in self.terms())

    # -- other rings ------------------------------------------------------------------

    def collect(self, names: Sequence[str]) -> dict[tuple[int, ...], Polynomial]:
        """Return the coefficients as a polynomial in some of the variables.

        From exponents of these variables to the nonzero coefficient, a polynomial in the ring of
        the remaining variables.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y, a, b = ring("x, y, a, b")
        >>> p = (a * x + b * y) ** 2
        >>> for exponents, coefficient in p.collect(["x", "y"]).items():
        ...     print(exponents, coefficient)
        (2, 0) a^2
        (1, 1) 2*a*b
        (0, 2) b^2
        """
        return evaluation.collect(self, names)

    def rename(self, names: Mapping[str, str], ring: PolynomialRing | None = None) -> Polynomial:
        """Return the polynomial with variables renamed; those that get one name become one.

        The result is in `ring`, in which every variable that occurs must have a place; by
        default in that of the new names in order of appearance.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, w1, w2 = ring("w1, w2")
        >>> print((w1 + 2 * w2).rename({"w1": "w", "w2": "w"}))
        3*w
        """
        return evaluation.rename(self, names, ring)

    def to_ring(self, ring: PolynomialRing) -> Polynomial:
        """Return the same polynomial in another ring; variables match by name.

        Examples
        --------
        >>> from polyconstraints.algebra import PolynomialRing, ring
        >>> R, x, y = ring("x, y")
        >>> print((2 * y).to_ring(PolynomialRing(["y", "z"])) + 1)
        2*y + 1
        """
        return self.rename({}, ring)

    # -- text -------------------------------------------------------------------------

    def to_sympy(self) -> Any:
        """Return the polynomial as an expanded SymPy expression."""
        return evaluation.polynomial_to_sympy(self)

    def to_text(
        self,
        order: Order = "lex",
        power: str = "^",
        times: str = "*",
        names: Callable[[str], str] | None = None,
        ascii: bool = True,
    ) -> str:
        """Return the polynomial as text that :meth:`PolynomialRing.parse` reads back.

        Parameters
        ----------
        order : {"lex", "grlex", "grevlex"}
        power, times : str
            Signs between base and exponent and between factors.
        names : callable, optional
            Spelling of a variable's name.
        ascii : bool
            If False, use raised digits and a centred dot instead of the signs.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> p = 2 * x**2 * y - 1
        >>> p.to_text(power="**"), p.to_text(ascii=False), p.to_text(times=" ")
        ('2*x**2*y - 1', '2·x²·y - 1', '2 x^2 y - 1')
        """
        return text.polynomial_text(self, order, power, times, names, ascii)

    def to_latex(self, order: Order = "lex", names: Callable[[str], str] | None = None) -> str:
        r"""Return the polynomial as LaTeX.

        Parameters
        ----------
        order : {"lex", "grlex", "grevlex"}
        names : callable, optional
            LaTeX of a variable's name; by default numbers in names become indices.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x1, w = ring("x1, W0_1_1_0")
        >>> print((x1**2 * w / 2).to_latex())
        \frac{1}{2} x_{1}^{2} W^{0}_{1,1,0}
        """
        return text.polynomial_latex(self, order, names)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    def __str__(self) -> str:
        """Return the polynomial as text, terms in lexicographic order."""
        return self.to_text()

    def __repr__(self) -> str:
        """Return the leading terms and the ring, for people to read."""
        if len(self) <= _REPR_TERMS:
            return f"<Polynomial {self} in {self._ring}>"
        value = self._flint
        leading = {value.monomial(at): value.coefficient(at) for at in range(_REPR_TERMS)}
        shown = self._make(self._ring, self._ring._context.from_dict(leading))
        return f"<Polynomial {shown} + ... ({len(self)} terms) in {self._ring}>"
