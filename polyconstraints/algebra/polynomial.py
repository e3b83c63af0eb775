"""Polynomials: what can be asked of them and made from them besides arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from polyconstraints.algebra import evaluation, packing, printing, symbolic
from polyconstraints.algebra.numerals import Coefficient, quotient
from polyconstraints.algebra.orders import Order
from polyconstraints.algebra.queries import Queries
from polyconstraints.errors import RingMismatchError, UsageError

if TYPE_CHECKING:
    from polyconstraints.algebra.ring import PolynomialRing

__all__ = ["Polynomial"]

_REPR_TERMS = 12
_EXACT = (int, Fraction)


class Polynomial(Queries):
    """An immutable polynomial with exact rational coefficients.

    Polynomials come from a :class:`~polyconstraints.algebra.PolynomialRing`: from its
    variables by arithmetic, from text or from terms. They support ``+ - * **`` with each
    other and with exact numbers, ``/`` by constants, ``==`` and hashing. Floats are
    refused with `TypeError`.

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

    def primitive(self) -> Polynomial:
        """Return the polynomial divided by its content; zero stays zero.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x = ring("x")
        >>> print((4 * x / 3 - 2).primitive())
        2*x - 3
        """
        return self / self.content() if self._terms else self

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

        Raises
        ------
        UsageError
            If a value is missing, too many are given or a name is unknown.
        TooLargeError
            If a power of a number is out of bounds.

        Notes
        -----
        Each power of each value is computed once; takes one product per variable and term.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> p = x**2 + y / 2
        >>> p.evaluate({"x": 3, "y": 1}), p(3, 2)
        (Fraction(19, 2), 10)
        """
        value = evaluation.evaluate(self, values)
        return quotient(*value.as_integer_ratio()) if type(value) in _EXACT else value

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

        Parameters
        ----------
        values : mapping from str to number or Polynomial
            Replacements, exact numbers or polynomials of this ring.

        Raises
        ------
        UsageError
            If the ring has no such variable.
        RingMismatchError
            If a replacement belongs to another ring.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> print((x**2 + y).substitute({"x": y, "y": x + 1}))
        x + y^2 + 1
        """
        return evaluation.substitute(self, values)

    def derivative(self, name: str, order: int = 1) -> Polynomial:
        """Return the derivative with respect to a variable.

        Parameters
        ----------
        name : str
            The variable.
        order : int
            How many times to differentiate; 0 returns the polynomial itself.

        Raises
        ------
        UsageError
            If the ring has no such variable or the order is negative.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> print((x**3 * y).derivative("x", 2))
        6*x*y
        """
        shift = self._shift(name)
        if order < 0:
            raise UsageError(f"order of a derivative must not be negative, got {order}")
        mask = (1 << self._width) - 1
        lowered = order << shift
        terms = {}
        for key, value in self._terms.items():
            exponent = (key >> shift) & mask
            if exponent >= order:
                for factor in range(exponent, exponent - order, -1):
                    value *= factor
                terms[key - lowered] = value
        return self._reduced(self._ring, self._width, terms, self._denominator)

    def map_coefficients(self, function: Callable[[Coefficient], Coefficient]) -> Polynomial:
        """Return the polynomial with a function applied to each nonzero coefficient.

        Raises
        ------
        TypeError
            If the function returns something that is not exact.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> print((3 * x + 4 * y).map_coefficients(lambda c: c % 2))
        x
        """
        return self._ring.from_terms((e, function(c)) for e, c in self.terms())

    # -- other rings ------------------------------------------------------------------

    def collect(self, names: Sequence[str]) -> dict[tuple[int, ...], Polynomial]:
        """Return the coefficients as a polynomial in some of the variables.

        Parameters
        ----------
        names : sequence of str
            The variables to read the polynomial in.

        Returns
        -------
        dict
            From exponents of the named variables, in the given order, to the nonzero
            coefficient: a polynomial in the ring of the remaining variables.

        Raises
        ------
        UsageError
            If a name is unknown or occurs twice.

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
        if isinstance(names, str):
            raise UsageError("names must be a sequence of str, not one str")
        chosen = [self._ring.index(name) for name in names]
        if len(set(chosen)) != len(chosen):
            raise UsageError(f"a variable occurs twice in {list(names)}")
        taken = set(chosen)
        kept = [at for at in range(len(self._ring.names)) if at not in taken]
        remaining = type(self._ring)([self._ring.names[at] for at in kept])
        count, width = len(self._ring.names), self._width
        groups: dict[tuple[int, ...], packing.Terms] = {}
        for key in sorted(self._terms, reverse=True):
            exponents = packing.unpack(key, count, width)
            group = groups.setdefault(tuple([exponents[at] for at in chosen]), {})
            group[packing.pack([exponents[at] for at in kept], width)] = self._terms[key]
        return {
            exponents: self._reduced(remaining, width, terms, self._denominator)
            for exponents, terms in groups.items()
        }

    def rename(self, names: Mapping[str, str], ring: PolynomialRing | None = None) -> Polynomial:
        """Return the polynomial with variables renamed, possibly to the same name.

        Parameters
        ----------
        names : mapping from str to str
            New names of variables; the others keep theirs. Variables that get one name
            become one variable.
        ring : PolynomialRing, optional
            Ring of the result; by default, that of the new names in order of appearance.

        Raises
        ------
        UsageError
            If a name to be changed is unknown.
        RingMismatchError
            If a variable that occurs has no place in `ring`.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, w1, w2 = ring("w1, w2")
        >>> print((w1 + 2 * w2).rename({"w1": "w", "w2": "w"}))
        3*w
        """
        for name in names:
            self._ring.index(name)
        images = [names.get(name, name) for name in self._ring.names]
        target = type(self._ring)(list(dict.fromkeys(images))) if ring is None else ring
        if target == self._ring and images == list(self._ring.names):
            return self
        occurring = set(self.variables())
        places: list[int | None] = []
        for name, image in zip(self._ring.names, images, strict=True):
            if image in target:
                places.append(target.index(image))
            elif name in occurring:
                raise RingMismatchError(f"{image!r} of {self._ring} has no place in {target}")
            else:
                places.append(None)

        def moved() -> Iterator[tuple[list[int], int]]:
            for key, value in self._terms.items():
                exponents = packing.unpack(key, len(places), self._width)
                result = [0] * len(target.names)
                for place, exponent in zip(places, exponents, strict=True):
                    if place is not None:
                        result[place] += exponent
                yield result, value

        return target.from_terms(moved()) / self._denominator

    def to_ring(self, ring: PolynomialRing) -> Polynomial:
        """Return the same polynomial in another ring; variables match by name.

        Raises
        ------
        RingMismatchError
            If a variable that occurs is missing in `ring`.

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
        """Return the polynomial as an expanded SymPy expression.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x = ring("x")
        >>> (x**2 - 1).to_sympy()
        x**2 - 1
        """
        return symbolic.polynomial_to_sympy(self)

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
            Order of the terms, largest first.
        power, times : str
            Signs between base and exponent and between factors.
        names : callable, optional
            Spelling of a variable's name.
        ascii : bool
            If False, use raised digits and a centred dot instead of the signs.

        Raises
        ------
        UsageError
            If there is no such order.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x, y = ring("x, y")
        >>> p = 2 * x**2 * y - 1
        >>> p.to_text(power="**"), p.to_text(ascii=False), p.to_text(times=" ")
        ('2*x**2*y - 1', '2·x²·y - 1', '2 x^2 y - 1')
        """
        return printing.polynomial_text(self, order, power, times, names, ascii)

    def to_latex(self, order: Order = "lex", names: Callable[[str], str] | None = None) -> str:
        r"""Return the polynomial as LaTeX.

        Parameters
        ----------
        order : {"lex", "grlex", "grevlex"}
            Order of the terms, largest first.
        names : callable, optional
            LaTeX of a variable's name; by default numbers in names become indices.

        Raises
        ------
        UsageError
            If there is no such order.

        Examples
        --------
        >>> from polyconstraints.algebra import ring
        >>> R, x1, w = ring("x1, W0_1_1_0")
        >>> print((x1**2 * w / 2).to_latex())
        \frac{1}{2} x_{1}^{2} W^{0}_{1,1,0}
        """
        return printing.polynomial_latex(self, order, names)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    def __str__(self) -> str:
        """Return the polynomial as text, terms in lexicographic order."""
        return self.to_text()

    def __repr__(self) -> str:
        """Return the leading terms and the ring, for people to read."""
        shown: Polynomial = self
        rest = ""
        if len(self._terms) > _REPR_TERMS:
            keys = sorted(self._terms, reverse=True)[:_REPR_TERMS]
            terms = {key: self._terms[key] for key in keys}
            shown = self._reduced(self._ring, self._width, terms, self._denominator)
            rest = f" + ... ({len(self._terms)} terms)"
        return f"<Polynomial {shown}{rest} in {self._ring}>"
