"""Many terms as text, quickly, and the equalities of a derivation.

A term is a product of one part for each layer, and few parts are different: each is spelled
once and looked up ever after, so that a term costs a few additions of strings.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.equalities.comparison import Comparison, coefficient_monomial
from polyconstraints.jobs import Part, Piece
from polyconstraints.render.notation import Medium, Notation, Style, notation
from polyconstraints.spec.network import NetworkSpec

if TYPE_CHECKING:
    from polyconstraints.expansion import Expansion, Terms

#: Parts that are remembered; a layer rarely has as many.
_REMEMBERED = 1 << 18

_MAX_KEY = 1 << 62

#: Equalities of single layers in one part.
_PART_EQUALITIES = 1 << 12

#: Terms of one part, and the length beyond which a coefficient is divided.
_PART_TERMS = 1 << 15
_LONG = 1 << 18

#: Characters of coefficients that are remembered: each one takes part in several equalities.
_CHARACTERS = 1 << 26


def row_keys(rows: NDArray[Any], kinds: int) -> NDArray[np.int64]:
    """Return a number for each row of integers from -1 to ``kinds - 1``, equal for equal rows."""
    key = np.zeros(len(rows), dtype=np.int64)
    bound = 1
    for column in rows.T:
        if bound * (kinds + 1) > _MAX_KEY:
            # Renumber what there is from 0 before it overflows.
            distinct, key = np.unique(key, return_inverse=True)
            bound = len(distinct)
        key = key * (kinds + 1) + (column.astype(np.int64) + 1)
        bound *= kinds + 1
    return key


def row_texts(
    rows: NDArray[Any], kinds: int, spell: Callable[[tuple[int, ...]], str], before: str = ""
) -> NDArray[np.object_]:
    """Return the text of each row as for :func:`row_keys`, asking once for each different one."""
    _, first, inverse = np.unique(row_keys(rows, kinds), return_index=True, return_inverse=True)
    texts = [before + spell(tuple(row)) for row in rows[first].tolist()]
    result: NDArray[np.object_] = np.array(texts, dtype=object)[inverse]
    return result


class TermWriter:
    """Writes terms of a network in a notation."""

    def __init__(self, network: NetworkSpec, names: Notation) -> None:
        self.notation = names
        self.names = [names.weight_names(layer) for layer in network.layers]
        self._products = [lru_cache(_REMEMBERED)(self._product(names)) for names in self.names]

    def _product(self, names: list[str]) -> Callable[[tuple[int, ...]], str]:
        """Return what spells a product of one layer's weights."""
        factor, times = self.notation.factor, self.notation.times

        def spell(row: tuple[int, ...]) -> str:
            runs = ((at, len(list(run))) for at, run in groupby(row) if at >= 0)
            return times.join([factor(names[at], power) for at, power in runs])

        return spell

    def signed(self, terms: Terms) -> NDArray[np.object_]:
        """Return each term with its sign before it: ``" + "`` or ``" - "``."""
        times = self.notation.times
        bodies = np.full(len(terms), "", dtype=object)
        bare = np.ones(len(terms), dtype=bool)
        for names, product, rows in zip(self.names, self._products, terms.layers, strict=True):
            empty = (rows < 0).all(axis=1)
            alone = bare | empty
            if alone.any() and not bare.all():
                bodies = bodies + np.where(alone, "", times).astype(object)
            before = "" if alone.any() else times
            bodies = bodies + row_texts(rows, len(names), product, before)
            bare &= empty
        lead = _by_value(terms.coefficients, self._lead)
        if bare.any():
            lead = np.where(bare, _by_value(terms.coefficients, self._number), lead)
        result: NDArray[np.object_] = lead + bodies
        return result

    def _number(self, value: Any) -> str:
        return f"{' - ' if value < 0 else ' + '}{self.notation.number(abs(value))}"

    def _lead(self, value: Any) -> str:
        """Return what stands before a product: a coefficient of 1 is left out."""
        number = self._number(value)
        return number[:3] if abs(value) == 1 else number + self.notation.times

    def pieces(self, parts: Iterable[Terms]) -> Iterator[str]:
        """Yield the sum of terms that come part by part; ``"0"`` if there are none."""
        first = True
        for terms in parts:
            if len(terms):
                text = "".join(self.signed(terms).tolist())
                yield without_plus(text) if first else text
                first = False
        if first:
            yield "0"

    def sum(self, terms: Terms) -> str:
        """Return the terms' sum."""
        return "".join(self.pieces([terms]))


def without_plus(text: str) -> str:
    """Return a sum without the sign before its first term, unless that is a minus.

    Examples
    --------
    >>> without_plus(" + a - b"), without_plus(" - a")
    ('a - b', '-a')
    """
    return "-" + text[3:] if text.startswith(" - ") else text[3:]


def _by_value(values: NDArray[Any], spell: Callable[[Any], str]) -> NDArray[np.object_]:
    """Return how each value is spelled, asking once for each different one."""
    listed = values.tolist()
    known = {value: spell(value) for value in set(listed)}
    return np.array([known[value] for value in listed], dtype=object)


class EqualityForm(NamedTuple):
    """How an equality is written: its notation, and what stands around and between its sides."""

    medium: Medium = "text"
    style: Style = "canonical"
    before: str = ""
    between: str = " = "
    after: str = "\n"
    joint: str = ""


@dataclass(eq=False)
class Equalities:
    """The distinct equalities of a derivation, in its order, as parts that any process can write.

    The comparisons are those of each layer, or that of the whole network; the limit is of the bytes
    that the expansion's tables may take, in network scope. Memory is bounded: in layer scope by a
    part, in network scope by the coefficients that are remembered.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> network = pc.NetworkSpec(2, indices="redundant")
    >>> derivation = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> equalities = Equalities(network, derivation.comparisons, EqualityForm())
    >>> for part, in equalities.items():
    ...     print(equalities(part), end="")
    W0_1_1_1 = W0_2_2_2
    W0_1_2_1 + W0_1_1_2 = W0_2_2_1 + W0_2_1_2
    W0_1_2_2 = W0_2_1_1
    """

    network: NetworkSpec
    comparisons: Sequence[Comparison]
    form: EqualityForm
    memory_limit: int | None = None
    _known: OrderedDict[int, str] = field(default_factory=OrderedDict, init=False)
    _size: int = field(default=0, init=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Without what has been worked out, which can be large.
        fresh: list[Any] = list(self.comparisons)
        fresh = [replace(one, space=replace(one.space)) for one in fresh]
        return Equalities, (self.network, fresh, self.form, self.memory_limit)

    @cached_property
    def expansion(self) -> Expansion:
        """The network, expanded; layers by themselves never need it."""
        from polyconstraints.expansion import Expansion

        return Expansion(self.network, self.memory_limit)

    @cached_property
    def _terms(self) -> TermWriter:
        names = notation(self.network, self.form.medium, self.form.style)
        return TermWriter(self.network, names)

    def __call__(self, part: Part) -> str:
        """Write a part: whole equalities, or some of the terms of one side."""
        if len(part.key) == 3:
            number, start, stop = part.key
            terms = self.expansion.coefficient(*self._coefficient(number), start, stop)
            text = "".join(self._terms.signed(terms).tolist())
            return without_plus(text) if start == 0 else text
        layer, pairs = part.key
        numbers = list(chain.from_iterable(pairs))
        single = self.comparisons[layer].single_weights
        sides = self._sums(layer, numbers) if single else map(self._side, numbers)
        _, _, before, between, after, joint = self.form
        equal = zip(sides, sides, strict=True)
        return joint.join([f"{before}{left}{between}{right}{after}" for left, right in equal])

    def _sums(self, layer: int, numbers: list[int]) -> Iterator[str]:
        """Yield coefficients of one layer, each of them a sum of a few weights."""
        names = self._terms.names[layer]
        weights = self.comparisons[layer].space.weights(np.array(numbers, dtype=np.int64))
        for side in weights.tolist():
            yield " + ".join([names[weight] for weight in side if weight >= 0])

    def _coefficient(self, number: int) -> tuple[int, tuple[int, ...]]:
        """Return the output and the monomial of a coefficient of the whole network."""
        return coefficient_monomial(self.network, self.comparisons[0], number)

    def _side(self, number: int) -> str:
        """Return a coefficient of the whole network, the latest of them from memory."""
        if number in self._known:
            self._known.move_to_end(number)
            return self._known[number]
        blocks = self.expansion.blocks(*self._coefficient(number))
        text = self._known[number] = "".join(self._terms.pieces(blocks))
        self._size += len(text)
        while self._size > _CHARACTERS:
            self._size -= len(self._known.popitem(last=False)[1])
        return text

    def steps(self) -> int:
        """Return the number of terms of all equalities of the whole network."""
        # Both sides of an equality have equally many terms.
        return 2 * sum(size for _, size in self._sized_pairs())

    @cached_property
    def _sizes(self) -> list[int]:
        """Number of terms of each monomial's coefficient, in network scope."""
        count = self.comparisons[0].space.size // self.network.units[-1]
        return [
            self.expansion.term_count(1, self._coefficient(number)[1]) for number in range(count)
        ]

    def _sized_pairs(self) -> Iterator[tuple[tuple[int, int], int]]:
        sizes = self._sizes
        for pair in self.comparisons[0].pairs():
            yield pair, sizes[pair[0] % len(sizes)]

    def items(self) -> Iterator[tuple[Piece, ...]]:
        """Yield the pieces of one or several whole equalities.

        The joint is to be put between what is yielded; inside, it is there already.
        """
        if all(comparison.single_weights for comparison in self.comparisons):
            for layer, comparison in enumerate(self.comparisons):
                pairs = comparison.pairs()
                while several := tuple(islice(pairs, _PART_EQUALITIES)):
                    yield (Part((layer, several), len(several)),)
            return
        gathered: list[tuple[int, int]] = []
        steps = 0
        for pair, size in self._sized_pairs():
            if gathered and (steps + 2 * size > _PART_TERMS or size > _LONG):
                yield (Part((0, tuple(gathered)), steps),)
                gathered, steps = [], 0
            if size > _LONG:
                yield tuple(self._long(pair, size))
            else:
                gathered.append(pair)
                steps += 2 * size
        if gathered:
            yield (Part((0, tuple(gathered)), steps),)

    def _long(self, pair: tuple[int, int], size: int) -> Iterator[Piece]:
        """Yield an equality whose sides are too long to be written at once."""
        form = self.form
        for side, text in zip(pair, (form.before, form.between), strict=True):
            yield text
            for start in range(0, size, _PART_TERMS):
                stop = min(start + _PART_TERMS, size)
                yield Part((side, start, stop), stop - start)
        yield form.after
