"""Parsing, printing and exchange with SymPy."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from polyconstraints.algebra import Polynomial, PolynomialRing, ring
from polyconstraints.algebra.text import latex_name
from polyconstraints.errors import InputError

from .strategies import polynomials, small_polynomials

R, x, y, z = ring("x, y, z")


class TestRoundTrips:
    @given(polynomials())
    def test_text(self, p: Polynomial) -> None:
        assert R.parse(str(p)) == p
        for order in ("grlex", "grevlex"):
            assert R.parse(p.to_text(order)) == p
        assert R.parse(p.to_text(power="**", times=" * ")) == p

    @given(small_polynomials)
    def test_sympy_reads_the_text_and_the_expression(self, p: Polynomial) -> None:
        assert R.from_sympy(p.to_sympy()) == p
        assert sympy.expand(sympy.sympify(p.to_text(power="**")) - p.to_sympy()) == 0

    @given(polynomials(max_size=3))
    def test_sympy_with_huge_exponents(self, p: Polynomial) -> None:
        assert R.from_sympy(p.to_sympy()) == p

    @given(st.integers(-(10**50), 10**50), st.integers(0, 6000))
    def test_numbers_of_any_length(self, value: int, zeros: int) -> None:
        text = f"{value}" + "0" * zeros if value else "0"
        assert str(R.constant(value * 10**zeros)) == text
        assert R.parse(text).constant_value() == value * 10**zeros

    def test_coefficients_beyond_pythons_digit_limit(self) -> None:
        p = 7**20_000 * x - Fraction(1, 3**20_000)
        assert R.parse(str(p)) == p


class TestParsing:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("0", R.zero),
            (" 7 ", R.constant(7)),
            ("-x", -x),
            ("--x", x),
            ("+x", x),
            ("-x^2", -(x**2)),
            ("x**2*y", x**2 * y),
            ("x*-y", -x * y),
            ("x/2/3", x / 6),
            ("x/-2", x / -2),
            ("x/(1/2)", 2 * x),
            ("x/(2-4)*y", x * y / -2),
            ("(x+y)^2", x**2 + 2 * x * y + y**2),
            ("2*(x+1)*(x-1)", 2 * x**2 - 2),
            ("(x+y)^(2)", (x + y) ** 2),
            ("2^3*x^0", R.constant(8)),
            ("0^0", R.one),
            ("x - (y - (z - 1))", x - y + z - 1),
            ("x^1000000000000000000000000000000", x ** (10**30)),
            ("(x^10000000000)^10000000000", x ** (10**20)),
            ("1/3*x +\n 2/3*x", x),
        ],
    )
    def test_values(self, text: str, expected: Polynomial) -> None:
        assert R.parse(text) == expected

    @pytest.mark.parametrize(
        ("text", "position", "message"),
        [
            ("", 1, "end of the text"),
            ("x +", 4, "end of the text"),
            ("x + * y", 5, "found '*'"),
            ("x y", 3, "expected an operator"),
            ("2x", 2, "expected an operator"),
            ("(x", 1, "never closed"),
            ("(x + (y", 6, "never closed"),
            ("x)", 2, "closes nothing"),
            ("()", 2, "found ')'"),
            ("x + w", 5, "unknown name 'w'"),
            ("x^-1", 3, "nonnegative integer"),
            ("x^y", 3, "nonnegative integer"),
            ("x^(2", 5, "')' after the exponent"),
            ("x^2^3", 4, "parentheses"),
            ("1/x", 3, "constants only"),
            ("x/(y+1)", 7, "constants only"),
            ("x/0", 3, "division by zero"),
            ("x/(1-1)", 7, "division by zero"),
            ("1.5*x", 2, "fractions"),
            ("x $ y", 3, "unexpected character '$'"),
            ("x;import os", 2, "unexpected character"),
            ("x.real", 2, "unexpected character"),
            ("x[0]", 2, "unexpected character"),
        ],
    )
    def test_errors_have_positions(self, text: str, position: int, message: str) -> None:
        with pytest.raises(InputError) as caught:
            R.parse(text)
        assert caught.value.place == f"position {position}"
        assert message in caught.value.message

    @pytest.mark.parametrize(
        "text",
        [
            "3^99999999999999999999",
            "2^16777217",
            "(x+y)^100000",
            "(x+y+z+1)^1000",
            "(x+1)^999*(y+1)^999*(z+1)^999",
            "((((x+y)^20)^20)^20)^20",
            "(2*x)^999999999",
            "(x^9)^" + "9" * 200,
            "x^" + "9" * 200,
            "+".join(["(x+y+z)^300"] * 1000),
        ],
    )
    def test_out_of_proportion_is_refused(self, text: str) -> None:
        with pytest.raises(InputError):
            R.parse(text)

    def test_longest_exponent(self) -> None:
        R = PolynomialRing(["x"])
        longest = 2**512 - 1
        assert R.parse(f"(x)^{longest}").degree() == longest
        with pytest.raises(InputError, match="exponent has more than 512 bits"):
            R.parse(f"(x)^{longest + 1}")

    def test_nesting_has_no_limit(self) -> None:
        depth = 50_000
        assert R.parse("(" * depth + "x" + ")" * depth) == x
        assert R.parse("-" * depth + "x") == x
        with pytest.raises(InputError, match="never closed"):
            R.parse("(" * depth + "x")

    def test_long_sums(self) -> None:
        assert R.parse("+".join(["x*y/2"] * 4000)) == 2000 * x * y

    def test_only_texts(self) -> None:
        with pytest.raises(InputError, match="expected a text"):
            R.parse(5)

    @given(st.text("xyz0123456789+-*/^() ", max_size=25))
    def test_any_text_gives_a_polynomial_or_an_error(self, text: str) -> None:
        try:
            p = R.parse(text)
        except InputError as error:
            place = error.place
        else:
            place = "position "
            assert R.parse(str(p)) == p
        assert place.startswith("position ")


class TestPrinting:
    @pytest.mark.parametrize(
        ("p", "text", "latex"),
        [
            (R.zero, "0", "0"),
            (R.constant(-1), "-1", "-1"),
            (-x, "-x", "-x"),
            (x - y, "x - y", "x - y"),
            (x / 2 - Fraction(3, 4), "1/2*x - 3/4", r"\frac{1}{2} x - \frac{3}{4}"),
            (-x * y**12, "-x*y^12", "-x y^{12}"),
        ],
    )
    def test_forms(self, p: Polynomial, text: str, latex: str) -> None:
        assert str(p) == text
        assert p.to_latex() == latex
        assert p._repr_latex_() == rf"$\displaystyle {latex}$"

    def test_only_the_terms_that_there_are_take_time(self) -> None:
        many = PolynomialRing([f"W{at}" for at in range(5000)])
        last = many.gen("W4999")
        assert str(last**2 - many.gen("W10") / 3) == "-1/3*W10 + W4999^2"
        assert (last + many.gen("W0")).to_latex() == "W_{0} + W_{4999}"

    def test_options(self) -> None:
        p = x**2 * y + 3 * y**3
        assert p.to_text("grlex", power="**", times=" ") == "x**2 y + 3 y**3"
        assert p.to_text(ascii=False) == "x²·y + 3·y³"
        assert p.to_text(names=str.upper) == "X^2*Y + 3*Y^3"
        assert p.to_latex("lex", names=lambda name: rf"\hat{{{name}}}") == (
            r"\hat{x}^{2} \hat{y} + 3 \hat{y}^{3}"
        )

    def test_repr(self) -> None:
        assert repr(x + 1) == "<Polynomial x + 1 in Q[x, y, z]>"
        assert "... (101 terms)" in repr((x + 1) ** 100)
        assert repr(R) == "PolynomialRing(['x', 'y', 'z'])"
        assert str(R) == "Q[x, y, z]"

    @pytest.mark.parametrize(
        ("name", "latex"),
        [
            ("x", "x"),
            ("x1", "x_{1}"),
            ("x_1", "x_{1}"),
            ("x_1_2", "x_{1,2}"),
            ("W0_1_1_0", "W^{0}_{1,1,0}"),
            ("lambda", r"\lambda"),
            ("alpha_3", r"\alpha_{3}"),
            ("bias2", r"\mathrm{bias}_{2}"),
            ("a_b", r"\mathrm{a\_b}"),
            ("_1", r"\mathrm{\_1}"),
        ],
    )
    def test_latex_names(self, name: str, latex: str) -> None:
        assert latex_name(name) == latex

    def test_powers_of_names_with_upper_indices(self) -> None:
        ring_of_weights = PolynomialRing(["W0_1"])
        assert (ring_of_weights.gen("W0_1") ** 2).to_latex() == r"\left(W^{0}_{1}\right)^{2}"


class TestSympy:
    def test_symbols_match_by_name(self) -> None:
        positive = sympy.Symbol("x", positive=True)
        assert R.from_sympy((positive + 1) ** 2 / 2) == (x + 1) ** 2 / 2
        assert R.from_sympy(sympy.Poly(positive**3 - 1)) == x**3 - 1
        assert R.from_sympy(3) == 3
        assert R.from_sympy(sympy.Rational(1, 3)) == Fraction(1, 3)

    @pytest.mark.parametrize(
        "expression",
        [
            sympy.Symbol("w"),
            sympy.sin(sympy.Symbol("x")),
            1 / sympy.Symbol("x"),
            sympy.sqrt(2) * sympy.Symbol("x"),
            sympy.Float(0.5) * sympy.Symbol("x"),
            sympy.Symbol("x") ** sympy.Symbol("y"),
            sympy.Symbol("x") + sympy.Symbol("x", positive=True),
            sympy.pi,
            sympy.true,
            # Taken to commute this would be zero.
            sympy.Symbol("x", commutative=False) * sympy.Symbol("y", commutative=False)
            - sympy.Symbol("y", commutative=False) * sympy.Symbol("x", commutative=False),
            "x +",
            None,
        ],
    )
    def test_errors(self, expression: object) -> None:
        with pytest.raises(InputError):
            R.from_sympy(expression)


def test_names_that_would_look_alike_are_told_apart() -> None:
    for names in (["x1", "x_1"], ["W0_1", "W_0_1"], ["ab1", "ab_1"], ["a1_2", "a_1_2"]):
        spelled = [gen.to_latex() for gen in PolynomialRing(names).gens()]
        assert len(set(spelled)) == len(names)
    # Where there is no other one, it is the index that people mean.
    assert PolynomialRing(["x_1"]).gens()[0].to_latex() == "x_{1}"
