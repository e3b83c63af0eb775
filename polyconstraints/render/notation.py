r"""How weights, inputs, outputs and powers are written.

Five notations. The weight ``W0_1_1_0`` (layer 0, output 1, the product of inputs 1 and 0):

========= =================== ==========================================================
canonical ``W0_1_1_0``        everywhere the same, an identifier in every language
sympy     ``W0_1_1_0``        powers with ``**``
paper     ``01W10``           layer and output before the letter, inputs after it
latex     ``W^{0}_{1,1,0}``   (in the paper's style ``01W_{10}``)
unicode   ``W⁰₁,₁₀``          for terminals
========= =================== ==========================================================

The paper's notation and the one for terminals run numbers together, which needs single
digits. Where a level of the network has ten units or more, every name of that network is
written with commas between the numbers: ``0,12W11,3`` and ``W⁰₁₂,₁₁,₃``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from polyconstraints.spec.network import LayerSpec, NetworkSpec

__all__ = ["Medium", "Notation", "Style", "notation"]

Style = Literal["canonical", "paper"]
Medium = Literal["text", "sympy", "latex", "unicode"]

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def superscript(number: int | str) -> str:
    """Return a number in raised digits.

    Examples
    --------
    >>> superscript(12)
    '¹²'
    """
    return str(number).translate(_SUPERSCRIPTS)


def subscript(number: int | str) -> str:
    """Return a number in lowered digits.

    Examples
    --------
    >>> subscript(12)
    '₁₂'
    """
    return str(number).translate(_SUBSCRIPTS)


@dataclass(frozen=True)
class Notation:
    """How the names of one network are written.

    Attributes
    ----------
    weight : callable
        Name of a weight, from its layer and its numbers (output, i, j), which count from 1
        but for the homogenising unit, 0.
    input, output : callable
        Name of an input or output, from its number.
    power : callable
        A name raised to an exponent of at least 2.
    times : str
        What stands between factors.
    fraction : callable
        A positive rational, from numerator and denominator.
    """

    weight: Callable[[int, tuple[int, ...]], str]
    input: Callable[[int], str]
    output: Callable[[int], str]
    power: Callable[[str, int], str]
    times: str
    fraction: Callable[[int, int], str]

    def weight_names(self, layer: LayerSpec) -> list[str]:
        """Return the names of a layer's weights, in the order of their numbers."""
        first = layer.first
        products = [tuple(i + first for i in row) for row in layer.product_indices().tolist()]
        return [
            self.weight(layer.index, (output, *product))
            for output in range(1, layer.outputs + 1)
            for product in products
        ]

    def factor(self, name: str, exponent: int) -> str:
        """Return a name to an exponent of at least 1."""
        return name if exponent == 1 else self.power(name, exponent)

    def monomial(self, exponents: tuple[int, ...]) -> str:
        """Return a monomial in the inputs; empty for 1."""
        return self.times.join(
            self.factor(self.input(number), exponent)
            for number, exponent in enumerate(exponents, start=1)
            if exponent
        )


def notation(
    network: NetworkSpec,
    medium: Medium = "text",
    style: Style = "canonical",
    *,
    grouped: bool = True,
) -> Notation:
    r"""Return the notation for a network.

    Parameters
    ----------
    network : NetworkSpec
    medium : {"text", "sympy", "latex", "unicode"}
        Where it is to be read. SymPy's is always canonical.
    style : {"canonical", "paper"}
    grouped : bool
        The paper writes inputs as ``X01`` in its grouped listing and ``X1`` in the other.

    Examples
    --------
    >>> network = NetworkSpec(3, depth=2, bias=True)
    >>> for medium, style in [("text", "paper"), ("latex", "canonical"), ("unicode", "canonical")]:
    ...     names = notation(network, medium, style)
    ...     print(names.weight(0, (1, 1, 0)), names.monomial((1, 2, 0)), names.output(1))
    01W10 X01 X02^2 Z1
    W^{0}_{1,1,0} x_{1} x_{2}^{2} y_{1}
    W⁰₁,₁₀ x₁·x₂² y₁
    >>> notation(NetworkSpec(12), "text", "paper").weight(0, (12, 11, 3))
    '0,12W11,3'
    """
    wide = max(*network.units, network.depth - 1) > 9
    if medium == "sympy":
        return _canonical("**")
    if medium == "latex":
        return _latex_paper(wide) if style == "paper" else _latex()
    if style == "paper":
        return _paper(wide, grouped)
    return _unicode(wide) if medium == "unicode" else _canonical("^")


def _plain_fraction(numerator: int, denominator: int) -> str:
    return str(numerator) if denominator == 1 else f"{numerator}/{denominator}"


def _latex_fraction(numerator: int, denominator: int) -> str:
    return str(numerator) if denominator == 1 else rf"\frac{{{numerator}}}{{{denominator}}}"


def _canonical(power: str) -> Notation:
    return Notation(
        weight=lambda layer, numbers: f"W{layer}_{'_'.join(map(str, numbers))}",
        input=lambda number: f"x{number}",
        output=lambda number: f"y{number}",
        power=lambda name, exponent: f"{name}{power}{exponent}",
        times="*",
        fraction=_plain_fraction,
    )


def _paper(wide: bool, grouped: bool) -> Notation:
    separator = "," if wide else ""

    def weight(layer: int, numbers: tuple[int, ...]) -> str:
        output, *below = numbers
        return f"{layer}{separator}{output}W{separator.join(map(str, below))}"

    return Notation(
        weight=weight,
        # A unit of the input is written with its level, as weights are with their layer.
        input=lambda number: f"X0{separator}{number}" if grouped else f"X{number}",
        output=lambda number: f"Z{number}",
        power=lambda name, exponent: f"{name}^{exponent}",
        times=" ",
        fraction=_plain_fraction,
    )


def _latex() -> Notation:
    def weight(layer: int, numbers: tuple[int, ...]) -> str:
        return f"W^{{{layer}}}_{{{','.join(map(str, numbers))}}}"

    def power(name: str, exponent: int) -> str:
        # A name with a superscript of its own can't take a second one.
        base = rf"\left({name}\right)" if "^" in name else name
        return f"{base}^{{{exponent}}}"

    return Notation(
        weight=weight,
        input=lambda number: f"x_{{{number}}}",
        output=lambda number: f"y_{{{number}}}",
        power=power,
        times=" ",
        fraction=_latex_fraction,
    )


def _latex_paper(wide: bool) -> Notation:
    separator = "," if wide else ""

    def weight(layer: int, numbers: tuple[int, ...]) -> str:
        output, *below = numbers
        return rf"{layer}{separator}{output}W_{{{separator.join(map(str, below))}}}"

    return Notation(
        weight=weight,
        input=lambda number: f"X_{{{number}}}",
        output=lambda number: f"Z_{{{number}}}",
        power=lambda name, exponent: f"{name}^{{{exponent}}}",
        # In math mode a space is nothing, and the digits of neighbours would run together.
        times=r"\ ",
        fraction=_latex_fraction,
    )


def _unicode(wide: bool) -> Notation:
    separator = "," if wide else ""

    def weight(layer: int, numbers: tuple[int, ...]) -> str:
        output, *below = (subscript(number) for number in numbers)
        return f"W{superscript(layer)}{output},{separator.join(below)}"

    return Notation(
        weight=weight,
        input=lambda number: f"x{subscript(number)}",
        output=lambda number: f"y{subscript(number)}",
        power=lambda name, exponent: f"{name}{superscript(exponent)}",
        times="·",
        fraction=_plain_fraction,
    )
