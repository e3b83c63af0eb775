r"""How weights, inputs, outputs and powers are written, and in which colours.

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

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from polyconstraints.spec.network import LayerSpec, NetworkSpec

Style = Literal["canonical", "paper"]
Medium = Literal["text", "sympy", "latex", "unicode", "macaulay2"]

#: What looks alike in a text, and the rich style in which it is shown.
Pattern = tuple[re.Pattern[str], str]

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

#: Colours of the layers, from the first; readable on dark and on light ground.
_LAYER_STYLES = ("cyan", "magenta", "green", "yellow", "blue", "red")


@dataclass(frozen=True)
class Notation:
    """How the names of one network are written, as templates.

    A weight's has its layer, its output and what is below it, numbers joined by `between`; powers
    a name and an exponent of at least 2; fractions numerator and denominator. `times` stands
    between factors. If `raised`, numbers are raised and lowered digits.
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
        return self._weight(layer, self._lowered(output), self.between.join(self._all(below)))

    def _weight(self, layer: int, output: str, below: str) -> str:
        over = str(layer).translate(_RAISED) if self.raised else layer
        return self.weights.format(layer=over, output=output, below=below)

    def _lowered(self, number: int) -> str:
        return str(number).translate(_LOWERED) if self.raised else str(number)

    def _all(self, numbers: Iterable[int]) -> list[str]:
        return list(map(self._lowered, numbers))

    def input(self, number: int) -> str:
        """Return the name of an input."""
        return self.inputs.format(self._lowered(number))

    def output(self, number: int) -> str:
        """Return the name of an output."""
        return self.outputs.format(self._lowered(number))

    def factor(self, name: str, exponent: int) -> str:
        """Return a name to an exponent of at least 1."""
        if exponent == 1:
            return name
        # A name with a superscript of its own can't take a second one.
        base = rf"\left({name}\right)" if "^" in name else name
        over = str(exponent).translate(_RAISED) if self.raised else exponent
        return self.powers.format(base, over)

    def number(self, value: Fraction | int) -> str:
        """Return a positive rational."""
        numerator, denominator = Fraction(value).as_integer_ratio()
        return self.fractions.format(numerator, denominator) if denominator > 1 else str(numerator)

    def weight_names(self, layer: LayerSpec) -> list[str]:
        """Return the names of a layer's weights, in the order of their numbers."""
        numbers = self._all(range(layer.first, layer.first + layer.letters))
        below = [
            self.between.join([numbers[at] for at in row])
            for row in layer.product_indices().tolist()
        ]
        names: list[str] = []
        for output in range(1, layer.outputs + 1):
            # All that goes around what is below, which differs from weight to weight.
            before, after = self._weight(layer.index, self._lowered(output), "\0").split("\0")
            names += [f"{before}{text}{after}" for text in below]
        return names

    def monomial(self, exponents: tuple[int, ...]) -> str:
        """Return a monomial in the inputs; empty for 1."""
        return self.times.join(
            self.factor(self.input(number), exponent)
            for number, exponent in enumerate(exponents, start=1)
            if exponent
        )

    def layer_patterns(self, network: NetworkSpec) -> list[Pattern]:
        """Return, for each layer, what its weights look like in plain text, with their style.

        Examples
        --------
        >>> network = NetworkSpec(3, depth=2)
        >>> patterns = notation(network, "unicode").layer_patterns(network)
        >>> [pattern.findall("2·W⁰₁,₂₁²·W¹₁,₁₁·x₁⁴") for pattern, _ in patterns]
        [['W⁰₁,₂₁²'], ['W¹₁,₁₁']]
        """
        digits, power = ("₀-₉", "[⁰¹²³⁴-⁹]*") if self.raised else (r"\d", r"(?:\^\d+)?")
        result = []
        for layer in range(network.depth):
            name = re.escape(self._weight(layer, "OUTPUT", "BELOW"))
            below = f"[{digits}{self.between or ','}]*[{digits}]"
            name = name.replace("OUTPUT", f"[{digits}]+").replace("BELOW", below)
            result.append((re.compile(rf"\b{name}{power}"), layer_style(layer)))
        return result


def layer_style(layer: int) -> str:
    """Return the style of a layer's weights."""
    return _LAYER_STYLES[layer % len(_LAYER_STYLES)]


def painted(pieces: Iterable[str], patterns: Sequence[Pattern]) -> Iterable[str]:
    r"""Return text with matches, none of them spread over two pieces, in colours of terminals.

    Examples
    --------
    >>> list(painted(["a = b\n"], [(re.compile("b"), "cyan")]))
    ['a = \x1b[36mb\x1b[0m\n']
    """
    if not patterns:
        return pieces
    from rich.color import ColorSystem
    from rich.style import Style

    marks = [
        (pattern, Style.parse(style).render(r"\g<0>", color_system=ColorSystem.STANDARD))
        for pattern, style in patterns
    ]

    def paint(piece: str) -> str:
        for pattern, mark in marks:
            piece = pattern.sub(mark, piece)
        return piece

    return map(paint, pieces)


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
        lead = sign if factor < 0 else ""
        text += f" {sign} {part}" if text else lead + part
    return text or "0"


def notation(
    network: NetworkSpec,
    medium: Medium = "text",
    style: Style = "canonical",
    *,
    grouped: bool = True,
) -> Notation:
    r"""Return the notation for a network and where it is to be read.

    SymPy's is always canonical. The paper writes inputs as ``X01`` in its grouped listing and
    ``X1`` in the other.

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
    fraction, power = r"\frac{{{}}}{{{}}}", "{}^{{{}}}"
    if medium == "latex" and style == "canonical":
        weights = "W^{{{layer}}}_{{{output},{below}}}"
        return Notation(weights, ",", "x_{{{}}}", "y_{{{}}}", power, " ", fraction)
    if medium == "latex":
        # In math mode a space is nothing, and the digits of neighbours would run together.
        weights = f"{{layer}}{comma}{{output}}W_{{{{{{below}}}}}}"
        return Notation(weights, comma, "X_{{{}}}", "Z_{{{}}}", power, r"\ ", fraction)
    if medium not in ("sympy", "macaulay2") and style == "paper":
        # A unit of the input is written with its level, as weights are with their layer.
        inputs = f"X0{comma}{{}}" if grouped else "X{}"
        return Notation(f"{{layer}}{comma}{{output}}W{{below}}", comma, inputs, "Z{}", "{}^{}", " ")
    if medium == "unicode":
        weights = "W{layer}{output},{below}"
        return Notation(weights, comma, "x{}", "y{}", "{}{}", "·", raised=True)
    if medium == "macaulay2":
        # Numbers behind an underscore are an index there, several of them a sequence.
        return Notation("W{layer}_({output},{below})", ",", "x_{}", "y_{}", "{}^{}", "*")
    power = "{}**{}" if medium == "sympy" else "{}^{}"
    return Notation("W{layer}_{output}_{below}", "_", "x{}", "y{}", power, "*")
