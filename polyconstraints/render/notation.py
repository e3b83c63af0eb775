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

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from polyconstraints.spec.network import LayerSpec, NetworkSpec

__all__ = ["Medium", "Notation", "Style", "linear_sum", "notation"]

Style = Literal["canonical", "paper"]
Medium = Literal["text", "sympy", "latex", "unicode"]

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Notation:
    """How the names of one network are written, as templates.

    Attributes
    ----------
    weights : str
        Name of a weight, with its layer, its output and what is below it.
    between : str
        What stands between the numbers below.
    inputs, outputs : str
        Name of an input or output, with its number.
    powers : str
        A name raised to an exponent of at least 2.
    times : str
        What stands between factors.
    fractions : str
        A positive rational that is no integer.
    raised : bool
        Whether numbers are raised and lowered digits.
    """

    weights: str
    between: str
    inputs: str
    outputs: str
    powers: str
    times: str
    fractions: str = "{}/{}"
    raised: bool = False

    def weight(self, layer: int, numbers: tuple[int, ...]) -> str:
        """Return the name of a weight.

        Its numbers (output, i, j) count from 1 but for the homogenising unit, 0.
        """
        output, *below = numbers
        return self._weight(layer, output, self.between.join(map(self._lowered, below)))

    def _weight(self, layer: int, output: int, below: str) -> str:
        over = str(layer).translate(_RAISED) if self.raised else layer
        return self.weights.format(layer=over, output=self._lowered(output), below=below)

    def _lowered(self, number: int) -> str:
        return str(number).translate(_LOWERED) if self.raised else str(number)

    def input(self, number: int) -> str:
        """Return the name of an input."""
        return self.inputs.format(self._lowered(number))

    def output(self, number: int) -> str:
        """Return the name of an output."""
        return self.outputs.format(self._lowered(number))

    def power(self, name: str, exponent: int) -> str:
        """Return a name raised to an exponent of at least 2."""
        # A name with a superscript of its own can't take a second one.
        base = rf"\left({name}\right)" if "^" in name else name
        return self.powers.format(
            base, str(exponent).translate(_RAISED) if self.raised else exponent
        )

    def number(self, value: Fraction | int) -> str:
        """Return a positive rational."""
        numerator, denominator = Fraction(value).as_integer_ratio()
        return self.fractions.format(numerator, denominator) if denominator > 1 else str(numerator)

    def weight_names(self, layer: LayerSpec) -> list[str]:
        """Return the names of a layer's weights, in the order of their numbers."""
        numbers = [self._lowered(at + layer.first) for at in range(layer.letters)]
        below = [
            self.between.join([numbers[at] for at in row])
            for row in layer.product_indices().tolist()
        ]
        names: list[str] = []
        for output in range(1, layer.outputs + 1):
            # All that goes around what is below, which differs from weight to weight.
            before, after = self._weight(layer.index, output, "\0").split("\0")
            names += [f"{before}{text}{after}" for text in below]
        return names

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


def linear_sum(
    terms: Iterable[tuple[str, Fraction | int]],
    times: str,
    *,
    minus: str = "-",
    number: Callable[[Fraction | int], str] = str,
) -> str:
    """Return a linear combination of names; ``0`` if there are no terms.

    Examples
    --------
    >>> linear_sum([("a", 1), ("b", Fraction(-1, 2)), ("c", 3)], "*")
    'a - 1/2*b + 3*c'
    """
    text = ""
    for name, factor in terms:
        size = -factor if factor < 0 else factor
        part = name if size == 1 else number(size) + times + name
        sign = minus if factor < 0 else "+"
        lead = sign if sign == minus else ""
        text += f" {sign} {part}" if text else lead + part
    return text or "0"


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
    # Numbers that run together have to be single digits.
    wide = max(*network.units, network.depth - 1) > 9
    comma = "," if wide else ""
    if medium == "latex" and style == "canonical":
        return Notation(
            "W^{{{layer}}}_{{{output},{below}}}",
            ",",
            "x_{{{}}}",
            "y_{{{}}}",
            "{}^{{{}}}",
            " ",
            _LATEX_FRACTION,
        )
    if medium == "latex":
        # In math mode a space is nothing, and the digits of neighbours would run together.
        weights = "{layer}" + comma + "{output}W_{{{below}}}"
        return Notation(weights, comma, "X_{{{}}}", "Z_{{{}}}", "{}^{{{}}}", r"\ ", _LATEX_FRACTION)
    if medium != "sympy" and style == "paper":
        # A unit of the input is written with its level, as weights are with their layer.
        inputs = f"X0{comma}{{}}" if grouped else "X{}"
        return Notation("{layer}" + comma + "{output}W{below}", comma, inputs, "Z{}", "{}^{}", " ")
    if medium == "unicode":
        weights = "W{layer}{output},{below}"
        return Notation(weights, comma, "x{}", "y{}", "{}{}", "·", raised=True)
    power = "{}**{}" if medium == "sympy" else "{}^{}"
    return Notation("W{layer}_{output}_{below}", "_", "x{}", "y{}", power, "*")


_LATEX_FRACTION = r"\frac{{{}}}{{{}}}"
