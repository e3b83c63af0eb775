"""Polynomials: what can be asked of them and made from them besides arithmetic."""

from __future__ import annotations

import re
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
from polyconstraints.errors import RingMismatchError, TooLargeError, UsageError, explained

if TYPE_CHECKING:
    from flint import fmpq

    from polyconstraints.algebra.rings import PolynomialRing

_REPR_TERMS = 12


@explained
class Polynomial(Element):
    r"""An immutable polynomial with exact rational coefficients.

    Polynomials come from a :class:`~polyconstraints.algebra.PolynomialRing`: from its
    variables by arithmetic, from text or from terms. They support ``+ - * **`` with each
    other and with exact numbers, ``/`` by constants, ``==`` and hashing.

    Floats are refused with `TypeError`, names of no variable of the ring with `UsageError`,
    polynomials of another ring with `RingMismatchError`, and what may not fit into memory with
    `TooLargeError`. Orders of monomials are lexicographic (``"lex"``), graded lexicographic
    (``"grlex"``) and graded reverse lexicographic (``"grevlex"``).

    Examples
    --------
    >>> from polyconstraints.algebra import PolynomialRing, ring
    >>> R, x, y, z = ring("x, y, z")
    >>> p = (x + 2 * y) ** 2 - x**2
    >>> print(p)
    4*x*y + 4*y^2
    >>> p == 4 * y * (x + y), len(p), p.degree(), p.degree("x")
    (True, 2, 2, 1)
    >>> (x + 3 * y**2).terms("grlex")
    [((0, 2, 0), 3), ((1, 0, 0), 1)]
    >>> p.coefficient((1, 1, 0)), p.coefficient(y**2), p.coefficient(x)
    (4, 4, 0)

    Up to constants, and in factors:

    >>> p.content(), str(p.primitive()), str((2 * y - 4 * x / 3).normalised())
    (4, 'x*y + y^2', '2*x - 3*y')
    >>> [(str(factor), power) for factor, power in (2 * x**3 - 2 * x * y**2).factor()]
    [('x', 1), ('x + y', 1), ('x - y', 1)]

    Values, derivatives, other variables:

    >>> (x**2 + y / 2).evaluate({"x": 3, "y": 1}), p(3, 2, 0)
    (Fraction(19, 2), 40)
    >>> print((x**2 + y).substitute({"x": y, "y": x + 1}), (x**3 * y).derivative("x", 2), sep=", ")
    x + y^2 + 1, 6*x*y
    >>> {exponents: str(part) for exponents, part in p.collect(["x"]).items()}
    {(1,): '4*y', (0,): '4*y^2'}
    >>> print(p.rename({"x": "w", "y": "w"}), p.to_ring(PolynomialRing(["y", "x"])), sep=", ")
    8*w^2, 4*y^2 + 4*y*x

    As text:

    >>> q = x**2 * y / 2 - 1
    >>> q.to_text(power="**"), q.to_text(ascii=False), q.to_text(times=" ")
    ('1/2*x**2*y - 1', '1/2·x²·y - 1', '1/2 x^2 y - 1')
    >>> print(q.to_latex())
    \frac{1}{2} x^{2} y - 1
    """

    __slots__ = ()

    def __new__(cls, *args: object, **kwargs: object) -> Polynomial:
        """Refuse direct construction: a polynomial always belongs to a ring."""
        raise TypeError("make polynomials with a PolynomialRing: gens, parse, from_terms, ...")

    def __reduce__(self) -> tuple[Callable[..., Polynomial], tuple[Any, ...]]:
        return self._ring.from_terms, (self.terms(),)

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
        """Return the degree in a variable, or the total degree; -1 for zero."""
        if name is None:
            return int(self._flint.total_degree())
        return self._degrees()[self._ring.index(name)]

    def terms(self, order: Order = "lex") -> list[tuple[tuple[int, ...], Coefficient]]:
        """Return exponents and coefficients in decreasing monomial order."""
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
        """Return the positive rational that leaves coprime integers when divided out; 0 for 0."""
        values = self._flint.coeffs()
        return number(reduce(lambda common, value: common.gcd(value), values, rational(0, 1)))

    def primitive(self) -> Polynomial:
        """Return the polynomial divided by its content; zero stays zero."""
        return self / self.content() if self else self

    def normalised(self) -> Polynomial:
        """Return the polynomial with coprime integer coefficients, the leading one positive.

        Polynomials with the same zeros up to a constant factor become equal.
        """
        primitive = self.primitive()
        return -primitive if self._flint.leading_coefficient() < 0 else primitive

    def factor(self) -> list[tuple[Polynomial, int]]:
        """Return the irreducible factors over the rationals with their multiplicities.

        Constants are left out, and zero has no factors; factors are normalised and in a fixed
        order, the shortest first.
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
        """
        return evaluation.substitute(self, values)

    def derivative(self, name: str, order: int = 1) -> Polynomial:
        """Return the derivative with respect to a variable, as often as `order` says."""
        at = self._ring.index(name)
        times = integer(order, "order of a derivative")
        if times < 0:
            raise UsageError(f"order of a derivative must not be negative, got {times}")
        if times == 1:
            return self._make(self._ring, self._flint.derivative(at))
        degree = self.degree(name)
        if times > degree:
            return self._ring.zero if times else self
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
        """
        if isinstance(names, str):
            raise UsageError("names must be a sequence of str, not one str")
        ring = self._ring
        chosen = [ring.index(name) for name in names]
        if len(set(chosen)) != len(chosen):
            raise UsageError(f"a variable occurs twice in {list(names)}")
        taken = set(chosen)
        kept = [at for at in range(len(ring.names)) if at not in taken]
        remaining = type(ring)([ring.names[at] for at in kept])
        groups: dict[tuple[int, ...], dict[tuple[int, ...], fmpq]] = {}
        for exponents, value in zip(self._flint.monoms(), self._flint.coeffs(), strict=True):
            group = groups.setdefault(tuple([int(exponents[at]) for at in chosen]), {})
            group[tuple([exponents[at] for at in kept])] = value
        return {exponents: remaining._from_flint(terms) for exponents, terms in groups.items()}

    def rename(self, names: Mapping[str, str], ring: PolynomialRing | None = None) -> Polynomial:
        """Return the polynomial with variables renamed; those that get one name become one.

        The result is in `ring`, in which every variable that occurs must have a place; by
        default in that of the new names in order of appearance.
        """
        own = self._ring
        for name in names:
            own.index(name)
        images = [names.get(name, name) for name in own.names]
        target = type(own)(list(dict.fromkeys(images))) if ring is None else ring
        if target == own and images == list(own.names):
            return self
        places: dict[int, int] = {}
        for at in self._places():
            if images[at] not in target:
                raise RingMismatchError(f"{images[at]!r} of {own} has no place in {target}")
            places[at] = target.index(images[at])
        if len(target.names) == len(images) and all(at == new for at, new in places.items()):
            return self._make(target, self._flint)
        return self._make(target, evaluation.moved(self._flint, places, target._context))

    def to_ring(self, ring: PolynomialRing) -> Polynomial:
        """Return the same polynomial in another ring; variables match by name."""
        return self.rename({}, ring)

    # -- text -------------------------------------------------------------------------

    def _sympy_(self) -> Any:
        return self.to_sympy()

    def to_sympy(self) -> Any:
        """Return the polynomial as an expanded SymPy expression."""
        import sympy

        symbols = [sympy.Symbol(name) for name in self._ring.names]
        summands = []
        for exponents, value in self.terms():
            factors = [s**e for s, e in zip(symbols, exponents, strict=True) if e]
            coefficient = sympy.Rational(value.numerator, value.denominator)
            summands.append(sympy.Mul(coefficient, *factors))
        return sympy.Add(*summands)

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
        """
        if not ascii:
            times = "·" if times == "*" else times

        def raised(name: str, exponent: str) -> str:
            return name + (power + exponent if ascii else exponent.translate(text.SUPERSCRIPTS))

        return text.spelled(self, order, times, names or str, raised, "{}/{}")

    def to_latex(self, order: Order = "lex", names: Callable[[str], str] | None = None) -> str:
        """Return the polynomial as LaTeX.

        Parameters
        ----------
        order : {"lex", "grlex", "grevlex"}
        names : callable, optional
            LaTeX of a variable's name; by default numbers in names become indices.
        """

        def raised(name: str, exponent: str) -> str:
            # A name with a superscript of its own can't take a second one.
            base = rf"\left({name}\right)" if "^" in name else name
            return f"{base}^{{{exponent}}}"

        def apart(name: str) -> str:
            # x_1 beside x1 would look like it.
            twin = re.sub(r"(?<=[^\W\d_])_([0-9]+)$", r"\1", name)
            if twin == name or twin not in self._ring:
                return text.latex_name(name)
            return rf"\mathrm{{{name}}}".replace("_", r"\_")

        return text.spelled(self, order, " ", names or apart, raised, r"\frac{{{}}}{{{}}}")

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        if len(self) <= _REPR_TERMS:
            return f"<Polynomial {self} in {self._ring}>"
        value = self._flint
        leading = {value.monomial(at): value.coefficient(at) for at in range(_REPR_TERMS)}
        shown = self._ring._from_flint(leading)
        return f"<Polynomial {shown} + ... ({len(self)} terms) in {self._ring}>"
