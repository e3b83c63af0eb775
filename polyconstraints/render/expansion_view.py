"""What of an expansion is shown: which outputs and monomials, and with which values.

Substituting numbers for weights or inputs makes terms alike that were different; they are
collected here, one monomial at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import InputError, UsageError
from polyconstraints.expansion import Expansion, Terms
from polyconstraints.expansion.expansion import graded
from polyconstraints.render.notation import notation
from polyconstraints.render.terms import row_keys
from polyconstraints.spec.network import NetworkSpec

Exponents = tuple[int, ...]

_VALUE = re.compile(r"[+-]?(?:[0-9]{1,200}(?:/[0-9]{1,200}|\.[0-9]{0,200})?|\.[0-9]{1,200})")
_FACTOR = re.compile(r"x([1-9][0-9]{0,8})(?:\^([0-9]{1,9}))?")

_SHOWN_WEIGHT = re.compile(
    "W(?P<layer>[⁰¹²³⁴-⁹]+)(?P<output>[₀-₉]+),(?P<below>[₀-₉,]+)"
    "|(?P<paper>[0-9]+),?(?P<unit>[0-9]+)W(?P<under>[0-9,]+)"
)
_SHOWN_INPUT = re.compile(r"\bX(?:0,?)?(?=[1-9])")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉·", "01234567890123456789*")


def paper_order(exponents: Exponents) -> tuple[tuple[int, int], ...]:
    """Return what the paper sorts monomials by: their factors, in order.

    Examples
    --------
    >>> sorted([(0, 1), (2, 0), (1, 2), (1, 1), (0, 0), (1, 0)], key=paper_order)
    [(0, 0), (1, 0), (1, 1), (1, 2), (2, 0), (0, 1)]
    """
    return tuple((number, exponent) for number, exponent in enumerate(exponents) if exponent)


def typed(text: str, network: NetworkSpec) -> str:
    """Return a name or monomial, copied from a terminal or the paper, as it is typed.

    Examples
    --------
    >>> network = NetworkSpec(3, depth=2)
    >>> [typed(text, network) for text in ("W⁰₁,₂₁", "01W21", "x₁²·x₂", "X01^2 X02", "W0_1_2_1")]
    ['W0_1_2_1', 'W0_1_2_1', 'x1^2*x2', 'x1^2 x2', 'W0_1_2_1']
    >>> typed("W⁰₁₂,₁₁,₃", NetworkSpec(12)), typed("0,12W11,3", NetworkSpec(12))
    ('W0_12_11_3', 'W0_12_11_3')
    """
    wide = notation(network, "unicode").between

    def name(match: re.Match[str]) -> str:
        layer, output, below = (part.translate(_PLAIN) for part in match.groups() if part)
        return "_".join([f"W{layer}", output, *(below.split(wide) if wide else below)])

    text = _SHOWN_INPUT.sub("x", _SHOWN_WEIGHT.sub(name, text))
    return re.sub("[⁰¹²³⁴-⁹]+", r"^\g<0>", text).translate(_PLAIN)


def parse_monomial(text: str, network: NetworkSpec) -> Exponents:
    """Return the exponents of a monomial in the inputs, written as ``x1*x2^2`` or ``1``.

    Examples
    --------
    >>> parse_monomial("x1*x2^2", NetworkSpec(3))
    (1, 2, 0)
    """
    inputs = network.units[0]
    exponents = [0] * inputs
    factors = typed(text, network).replace("**", "^").replace("*", " ").split()
    for factor in factors if factors != ["1"] else []:
        match = _FACTOR.fullmatch(factor)
        if match is None or int(match[1]) > inputs:
            raise InputError(f"expected factors x1 … x{inputs} as in x1*x2^2, got {factor[:40]!r}")
        exponents[int(match[1]) - 1] += int(match[2] or 1)
    if not factors:
        raise InputError("expected a monomial as x1*x2^2, or 1, got nothing")
    return tuple(exponents)


def sliced(terms: Terms, start: int, stop: int) -> Terms:
    """Return some of the terms, from number ``start`` up to but not including ``stop``."""
    return Terms(terms.coefficients[start:stop], tuple(rows[start:stop] for rows in terms.layers))


@dataclass(frozen=True)
class Assignment:
    """Exact values for some weights, by layer and number, and some input units, from 0."""

    weights: Mapping[tuple[int, int], int | Fraction] = field(default_factory=dict)
    inputs: Mapping[int, int | Fraction] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.weights or self.inputs)

    @classmethod
    def parse(cls, texts: Iterable[str], network: NetworkSpec) -> Assignment:
        """Return what ``NAME=VALUE`` texts say.

        Values are integers, fractions as ``-2/3`` or decimals, which are taken exactly.

        Examples
        --------
        >>> Assignment.parse(["W0_1_1_1=1/2", "x2=-3"], NetworkSpec(2))
        Assignment(weights={(0, 0): Fraction(1, 2)}, inputs={1: -3})
        """
        weights: dict[tuple[int, int], int | Fraction] = {}
        inputs: dict[int, int | Fraction] = {}
        for text in texts:
            name, equals, value = (part.strip() for part in text.partition("="))
            if not equals:
                raise InputError(f"expected NAME=VALUE, got {text[:40]!r}")
            name = typed(name, network)
            number = _value(value)
            if name in (names := network.input_names()):
                twice = names.index(name) in inputs
                inputs[names.index(name)] = number
            else:
                layer, _ = network.locate(name)
                key = layer, network.layers[layer].names().index(name)
                twice = key in weights
                weights[key] = number
            if twice:
                raise InputError(f"expected one value for each name, got two for {name}")
        return cls(weights, inputs)


def _value(text: str) -> int | Fraction:
    if not _VALUE.fullmatch(text):
        raise InputError(f"expected a number as 2, -1/3 or 0.25, got {text[:40]!r}")
    try:
        value = Fraction(text)
    except ZeroDivisionError:
        raise InputError(f"expected a number, got {text[:40]!r}") from None
    return value.numerator if value.denominator == 1 else value


@dataclass(frozen=True)
class Group:
    """One monomial in the inputs with its coefficient, of which terms are made when asked for.

    Its part from a number up to but not including another is a stretch of the terms.
    """

    monomial: Exponents
    size: int
    part: Callable[[int, int], Terms]


class ExpansionView:
    """The part of an expansion that is to be shown.

    All outputs, from 1, and all monomials unless given; these are what remains of them when values
    are substituted. They are sorted in the order ``graded`` or ``paper``. An output or a monomial
    that does not occur is refused.

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> network = NetworkSpec(2, layer="linear")
    >>> view = ExpansionView(expand(network), assignment=Assignment.parse(["x1=3"], network))
    >>> [(group.monomial, group.size) for group in view.groups(1)]
    [((0, 0), 1), ((0, 1), 1)]
    """

    def __init__(
        self,
        expansion: Expansion,
        outputs: Sequence[int] | None = None,
        monomials: Sequence[Exponents] | None = None,
        assignment: Assignment | None = None,
        order: str = "graded",
    ) -> None:
        self.expansion = expansion
        self.network = expansion.network
        count = self.network.units[-1]
        numbers = range(1, count + 1) if outputs is None else sorted(set(outputs))
        self.outputs = tuple(expansion.place_of(output) + 1 for output in numbers)
        self.assignment = assignment or Assignment()
        self._order = order
        self._chosen = None if monomials is None else frozenset(monomials)
        # The latest coefficient with values substituted: like terms have to be found in all of it.
        self._latest = lru_cache(1)(self._evaluated)
        for monomial in monomials or ():
            if monomial not in self._sources:
                named = notation(self.network).monomial(monomial) or "1"
                raise UsageError(
                    f"expected a monomial that occurs in the network, got {named}",
                    "monomial",
                )

    def __reduce__(self) -> tuple[Any, ...]:
        # Without what has been worked out: that is quicker to do again than to send.
        chosen = None if self._chosen is None else sorted(self._chosen)
        arguments = (self.expansion, self.outputs, chosen, self.assignment, self._order)
        return ExpansionView, arguments

    @cached_property
    def _sources(self) -> dict[Exponents, list[Exponents]]:
        """The expansion's monomials that each shown one comes from."""
        sources: dict[Exponents, list[Exponents]] = {}
        values = self.assignment.inputs
        for monomial in self.expansion.monomials:
            rest = tuple(0 if at in values else power for at, power in enumerate(monomial))
            sources.setdefault(rest, []).append(monomial)
        return sources

    @cached_property
    def monomials(self) -> tuple[Exponents, ...]:
        """The monomials in the order in which they are shown."""
        shown = [
            monomial
            for monomial in self._sources
            if self._chosen is None or monomial in self._chosen
        ]
        key = paper_order if self._order == "paper" else graded
        return tuple(sorted(shown, key=key))

    def identity(self) -> dict[str, Any]:
        """Return what is shown, in JSON's terms."""
        weights = sorted(self.assignment.weights.items())
        inputs = sorted(self.assignment.inputs.items())
        chosen = self._chosen
        return {
            "network": self.network.to_json(),
            "outputs": list(self.outputs),
            "monomials": None if chosen is None else sorted(map(list, chosen)),
            "weights": [[layer, number, str(value)] for (layer, number), value in weights],
            "inputs": [[unit, str(value)] for unit, value in inputs],
            "order": self._order,
        }

    def group(self, output: int, monomial: Exponents) -> Group:
        """Return a shown monomial of an output with its coefficient, made when its parts are."""
        if self.assignment:
            terms = self._latest(output, monomial)
            return Group(monomial, len(terms), partial(sliced, terms))
        size = self.expansion.term_count(output, monomial)
        return Group(monomial, size, partial(self.expansion.coefficient, output, monomial))

    def _evaluated(self, output: int, monomial: Exponents) -> Terms:
        """Return a coefficient with the values substituted."""
        parts = []
        for source in self._sources[monomial]:
            factor: int | Fraction = 1
            for unit, value in self.assignment.inputs.items():
                factor *= value ** source[unit]
            if factor:
                terms = self.expansion.coefficient(output, source)
                parts.append(_substituted(terms, self.assignment.weights, factor))
        if not parts:
            return self.expansion.coefficient(output, self._sources[monomial][0], 0, 0)
        coefficients = np.concatenate([part.coefficients for part in parts])
        by_layer = zip(*(part.layers for part in parts), strict=True)
        return _collected(Terms(coefficients, tuple(np.concatenate(rows) for rows in by_layer)))

    def groups(self, output: int) -> Iterator[Group]:
        """Yield each shown monomial of an output with its coefficient, unless that is 0."""
        groups = (self.group(output, monomial) for monomial in self.monomials)
        return (group for group in groups if group.size)

    @property
    def monomial_count(self) -> int:
        """Number of shown monomials; without any selection quick, however many there are."""
        whole = self._chosen is None and not self.assignment.inputs
        return self.expansion.monomial_count if whole else len(self.monomials)

    def term_count(self, output: int) -> int:
        """Return the number of terms of an output.

        Without values to substitute this is quick, however many there are.
        """
        if self.assignment:
            return sum(group.size for group in self.groups(output))
        if self._chosen is None:
            return self.expansion.term_count(output)
        return sum(self.expansion.term_count(output, monomial) for monomial in self.monomials)


def _substituted(
    terms: Terms, values: Mapping[tuple[int, int], int | Fraction], factor: int | Fraction
) -> Terms:
    """Return the terms with values for some weights multiplied into their coefficients."""
    coefficients: NDArray[Any] = terms.coefficients.astype(object) * factor
    layers = []
    for layer, rows in enumerate(terms.layers):
        known = {number: value for (at, number), value in values.items() if at == layer}
        if not known or not rows.size:
            layers.append(rows)
            continue
        rest = rows.copy()
        for number, value in known.items():
            times = (rows == number).sum(axis=1)
            for exponent in np.unique(times[times > 0]).tolist():
                coefficients[times == exponent] *= value**exponent
            rest[rows == number] = -1
        # Ascending again, with the padding at the end.
        beyond = np.iinfo(rest.dtype).max
        rest = np.sort(np.where(rest < 0, beyond, rest), axis=1)
        layers.append(np.where(rest == beyond, -1, rest).astype(rows.dtype))
    return Terms(coefficients, tuple(layers))


def _collected(terms: Terms) -> Terms:
    """Return the terms in order with like ones added up, zeros left out."""
    columns = np.concatenate(terms.layers[::-1], axis=1)
    keys = row_keys(columns, int(columns.max(initial=0)) + 1)
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    sums = np.zeros(len(first), dtype=object)
    np.add.at(sums, places, terms.coefficients)
    kept = np.flatnonzero(sums != 0)
    chosen = first[kept]
    return Terms(sums[kept], tuple(rows[chosen] for rows in terms.layers))
