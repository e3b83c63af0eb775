"""Equalities in parts that any process can write."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.derivation import Derivation
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.expansion import Expansion
from polyconstraints.jobs.document import Part, Segment
from polyconstraints.render.equalities import Coefficients, layer_sides
from polyconstraints.render.notation import Notation
from polyconstraints.render.terms import TermWriter, without_plus

__all__ = ["EqualityForm", "EqualityParts"]

#: Equalities of single layers in one part.
_PART_EQUALITIES = 1 << 12

#: Terms of one part, and the length beyond which a coefficient is divided.
_PART_TERMS = 1 << 15
_LONG = 1 << 18


class EqualityForm(NamedTuple):
    """What stands around the sides of an equality, and between two of them.

    Attributes
    ----------
    before, between, after, joint : str
    """

    before: str = ""
    between: str = " = "
    after: str = ""
    joint: str = "\n"


class EqualityParts:
    """The equalities of a derivation, some at a time.

    Parameters
    ----------
    derivation : Derivation
    names : Notation
    form : EqualityForm
    memory_limit : int, optional
        As for :func:`~polyconstraints.render.equalities.equality_sides`.
    """

    def __init__(
        self,
        derivation: Derivation,
        names: Notation,
        form: EqualityForm,
        memory_limit: int | None = None,
    ) -> None:
        self.derivation = derivation
        self.form = form
        self._names = names
        self._expansion = Expansion(derivation.network, memory_limit)

    @cached_property
    def _coefficients(self) -> Coefficients:
        return Coefficients(self.derivation, self._names, self._expansion)

    @cached_property
    def _writer(self) -> TermWriter:
        return TermWriter(self.derivation.network, self._names)

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        """Number of terms of each monomial's coefficient, in network scope."""
        space = self.derivation.comparisons[0].space
        if not isinstance(space, FunctionCoefficients):
            raise TypeError("expected a derivation in network scope")
        monomials = (self.derivation.pair(number)[1] for number in range(space.monomials))
        sizes = [self._expansion.term_count(0, monomial) for monomial in monomials]
        return np.array(sizes, dtype=np.int64 if max(sizes) < 1 << 62 else object)

    @property
    def steps(self) -> int:
        """Number of equalities, or of their terms in network scope."""
        if self.derivation.solved:
            return self.derivation.counts.distinct
        # Both sides of an equality have equally many terms.
        return 2 * sum(size for _, size in self._sized_pairs())

    def _sized_pairs(self) -> Iterator[tuple[tuple[int, int], int]]:
        sizes = self._sizes.tolist()
        for pair in self.derivation.comparisons[0].pairs():
            yield pair, sizes[pair[0] % len(sizes)]

    # -- segments --------------------------------------------------------------------------

    def items(self) -> Iterator[tuple[Segment, ...]]:
        """Yield the segments of one or several whole equalities.

        The joint is to be put between what is yielded; inside, it is there already.
        """
        if self.derivation.solved:
            for layer, comparison in enumerate(self.derivation.comparisons):
                for pairs in _several(comparison.pairs(), _PART_EQUALITIES):
                    yield (Part((layer, pairs), len(pairs)),)
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

    def _long(self, pair: tuple[int, int], size: int) -> Iterator[Segment]:
        """Yield an equality whose sides are too long to be written at once."""
        form = self.form
        for number, text in zip(pair, (form.before, form.between), strict=True):
            yield text
            for start in range(0, size, _PART_TERMS):
                stop = min(start + _PART_TERMS, size)
                yield Part((number, start, stop), stop - start)
        yield form.after

    def text(self, part: Part) -> str:
        """Write a part."""
        if len(part.key) == 3:
            number, start, stop = part.key
            terms = self._expansion.coefficient(*self.derivation.pair(number), start, stop)
            text = "".join(self._writer.signed(terms).tolist())
            return without_plus(text) if start == 0 else text
        layer, pairs = part.key
        form = self.form
        if self.derivation.solved:
            comparison = self.derivation.comparisons[layer]
            sides = layer_sides(
                self.derivation.network.layers[layer], comparison, self._names, pairs
            )
        else:
            text_of = self._coefficients.text
            sides = ((text_of(left), text_of(right)) for left, right in pairs)
        return form.joint.join(
            [f"{form.before}{left}{form.between}{right}{form.after}" for left, right in sides]
        )


def _several(pairs: Iterator[tuple[int, int]], most: int) -> Iterator[tuple[tuple[int, int], ...]]:
    found: list[tuple[int, int]] = []
    for pair in pairs:
        found.append(pair)
        if len(found) == most:
            yield tuple(found)
            found = []
    if found:
        yield tuple(found)
