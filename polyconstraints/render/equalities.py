"""The equalities of a derivation as text, written from weight numbers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.derivation import Derivation
from polyconstraints.equalities.comparison import Comparison, coefficient_monomial
from polyconstraints.jobs.pieces import Part, Piece
from polyconstraints.render.notation import Medium, Style, notation
from polyconstraints.render.terms import TermWriter, without_plus
from polyconstraints.spec.network import NetworkSpec

if TYPE_CHECKING:
    from polyconstraints.expansion import Expansion

__all__ = ["Equalities", "EqualityForm", "EqualityText"]

#: Equalities of single layers in one part.
_PART_EQUALITIES = 1 << 12

#: Terms of one part, and the length beyond which a coefficient is divided.
_PART_TERMS = 1 << 15
_LONG = 1 << 18

#: Characters of coefficients that are remembered: each one takes part in several equalities.
_REMEMBERED = 1 << 26


class EqualityForm(NamedTuple):
    """How an equality is written: its notation, and what stands around and between its sides."""

    medium: Medium = "text"
    style: Style = "canonical"
    before: str = ""
    between: str = " = "
    after: str = "\n"
    joint: str = ""


class EqualityText:
    """Writes parts of a list of equalities, in any process.

    The comparisons are those of each layer, or that of the whole network; the limit is of the bytes
    that the expansion's tables may take, in network scope.
    """

    def __init__(
        self,
        network: NetworkSpec,
        comparisons: Sequence[Comparison],
        form: EqualityForm,
        memory_limit: int | None = None,
    ) -> None:
        self.network = network
        self.comparisons = comparisons
        self.form = form
        self.memory_limit = memory_limit
        self._known: OrderedDict[int, str] = OrderedDict()
        self._size = 0

    def __reduce__(self) -> tuple[Any, ...]:
        # Without what has been worked out, which can be large.
        fresh: list[Any] = list(self.comparisons)
        fresh = [replace(one, space=replace(one.space)) for one in fresh]
        return EqualityText, (self.network, fresh, self.form, self.memory_limit)

    @cached_property
    def expansion(self) -> Expansion:
        """The network, expanded; layers by themselves never need it."""
        from polyconstraints.expansion import Expansion

        return Expansion(self.network, self.memory_limit)

    @cached_property
    def _terms(self) -> TermWriter:
        names = notation(self.network, self.form.medium, self.form.style)
        return TermWriter(self.network, names)

    @cached_property
    def _names(self) -> list[list[str]]:
        """The names of each layer's weights."""
        return [self._terms.notation.weight_names(layer) for layer in self.network.layers]

    def __call__(self, part: Part) -> str:
        """Write a part: whole equalities, or some of the terms of one side."""
        if len(part.key) == 3:
            number, start, stop = part.key
            terms = self.expansion.coefficient(*self.coefficient_of(number), start, stop)
            text = "".join(self._terms.signed(terms).tolist())
            return without_plus(text) if start == 0 else text
        layer, pairs = part.key
        numbers = chain.from_iterable(pairs)
        sides = (
            self._sums(layer, list(numbers))
            if self.comparisons[layer].single_weights
            else map(self._side, numbers)
        )
        before, between, after, joint = self.form[2:]
        return joint.join(
            [
                f"{before}{left}{between}{right}{after}"
                for left, right in zip(sides, sides, strict=True)
            ]
        )

    def _sums(self, layer: int, numbers: list[int]) -> Iterator[str]:
        """Yield coefficients of one layer, each of them a sum of a few weights."""
        names = self._names[layer]
        for side in (
            self.comparisons[layer].space.weights(np.array(numbers, dtype=np.int64)).tolist()
        ):
            yield " + ".join([names[weight] for weight in side if weight >= 0])

    def coefficient_of(self, number: int) -> tuple[int, tuple[int, ...]]:
        """Return the output and the monomial of a coefficient of the whole network."""
        return coefficient_monomial(self.network, self.comparisons[0], number)

    def _side(self, number: int) -> str:
        """Return a coefficient of the whole network, the latest of them from memory."""
        if number in self._known:
            self._known.move_to_end(number)
            return self._known[number]
        blocks = self.expansion.blocks(*self.coefficient_of(number))
        text = self._known[number] = "".join(self._terms.pieces(blocks))
        self._size += len(text)
        while self._size > _REMEMBERED:
            self._size -= len(self._known.popitem(last=False)[1])
        return text


class Equalities:
    """The distinct equalities of a derivation, in its order, as parts that any process can write.

    Parameters
    ----------
    derivation : Derivation
    form : EqualityForm
    memory_limit : int, optional
        As for :class:`EqualityText`.

    Raises
    ------
    TooLargeError
        By every method, if the coefficients of the network would need more memory.

    Notes
    -----
    Memory is bounded: in layer scope by a part, in network scope by the coefficients that are
    remembered.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> network = pc.NetworkSpec(2, indices="redundant")
    >>> derivation = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> equalities = Equalities(derivation, EqualityForm())
    >>> for part, in equalities.items():
    ...     print(equalities.text(part), end="")
    W0_1_1_1 = W0_2_2_2
    W0_1_2_1 + W0_1_1_2 = W0_2_2_1 + W0_2_1_2
    W0_1_2_2 = W0_2_1_1
    """

    def __init__(
        self, derivation: Derivation, form: EqualityForm, memory_limit: int | None = None
    ) -> None:
        self.derivation = derivation
        self.form = form
        self.text = EqualityText(derivation.network, derivation.comparisons, form, memory_limit)

    @property
    def steps(self) -> int:
        """Number of equalities, or of their terms in network scope."""
        if self.derivation.solved:
            return self.derivation.counts.distinct
        # Both sides of an equality have equally many terms.
        return 2 * sum(size for _, size in self._sized_pairs())

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        """Number of terms of each monomial's coefficient, in network scope."""
        count = self.derivation.comparisons[0].space.size // self.derivation.network.units[-1]
        monomials = (self.text.coefficient_of(number)[1] for number in range(count))
        sizes = [self.text.expansion.term_count(0, monomial) for monomial in monomials]
        return np.array(sizes, dtype=np.int64 if max(sizes) < 1 << 62 else object)

    def _sized_pairs(self) -> Iterator[tuple[tuple[int, int], int]]:
        sizes = self._sizes.tolist()
        for pair in self.derivation.comparisons[0].pairs():
            yield pair, sizes[pair[0] % len(sizes)]

    def items(self) -> Iterator[tuple[Piece, ...]]:
        """Yield the pieces of one or several whole equalities.

        The joint is to be put between what is yielded; inside, it is there already.
        """
        if self.derivation.solved:
            for layer, comparison in enumerate(self.derivation.comparisons):
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
        for number, text in zip(pair, (form.before, form.between), strict=True):
            yield text
            for start in range(0, size, _PART_TERMS):
                stop = min(start + _PART_TERMS, size)
                yield Part((number, start, stop), stop - start)
        yield form.after
