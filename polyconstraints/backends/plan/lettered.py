"""The recipe of a layer between points made of letters.

A recipe is a list of *terms*. Each mixes the channels of some features by one matrix, at the
smallest tensor that has them, and embeds the result into the outputs: broadcast over the
letters that the output alone has, on the diagonal where letters of the output are equal.
Features are products of pooled inputs (diagonals, means), and every pooled tensor is computed
once, from the smallest other one. A product of two factors that no order of them leaves alike
can also be mixed factor by factor, the smaller one first: x_k·mean(x) costs one matrix a
sample in place of one for every k. What is predicted to be cheaper is chosen when the recipe
is made.

What is done is written down once as a :class:`~polyconstraints.backends.plan.program.Program`
that every library runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial, reduce
from itertools import accumulate, count
from math import prod
from operator import add, mul
from typing import Any, NamedTuple

import numpy as np

from polyconstraints.backends.plan.conversion import Conversion
from polyconstraints.backends.plan.diagrams import Diagram, channel_orbits
from polyconstraints.backends.plan.kinds import Kind
from polyconstraints.backends.plan.program import (
    BATCH,
    OPEN,
    Operations,
    Program,
    Symbol,
    Writer,
    letters,
)
from polyconstraints.backends.plan.terms import Term, Terms

Tensor = Any

_Labels = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Lettered(Terms):
    """The recipe of a layer between points made of letters; see :class:`Terms`."""

    _programs: dict[tuple[int, ...], Program] = field(default_factory=dict, repr=False)

    def compute(
        self,
        ops: Operations,
        weights: Sequence[Tensor],
        xs: Sequence[Tensor],
        sizes: Sequence[Any],
        masks: Mapping[int, Tensor] | None = None,
    ) -> list[Tensor]:
        """Return the outputs of each kind of points, (batch, points…, channels).

        Given parameters, such inputs, the letters of each sort, and for some of them masks of
        shape (batch, letters): 1 for the letters that a sample has, 0 for the others.
        """
        masked = tuple(sorted(masks or ()))
        given = [*weights, *xs, *[masks[sort] for sort in masked]] if masks else [*weights, *xs]
        return self.program(masked).run(ops, given, xs[0].shape[0], sizes)

    def tensors(self, ops: Operations, x: Tensor, sizes: Sequence[int]) -> list[Tensor]:
        """Return flat inputs, (batch, units), as those of each kind of points."""
        shapes = [(*kind.shape(sizes), self.channels[0]) for kind in self.levels.inputs]
        ends = list(accumulate(map(prod, shapes)))
        parts = [x[:, end - prod(shape) : end] for end, shape in zip(ends, shapes, strict=True)]
        pairs = zip([x] if len(ends) == 1 else parts, shapes, strict=True)
        return [ops.reshape(part, (x.shape[0], *shape)) for part, shape in pairs]

    def conversion(self, sizes: tuple[int, ...], model: tuple[int, ...]) -> Conversion:
        """Return the way to a map's parameters and back."""
        return Conversion(self, sizes, model)

    def prepare(self) -> None:
        """Make what running needs, with masks for all letters and with none."""
        self.program()
        self.program(tuple(range(len(self.levels.sizes))))

    def program(self, masked: tuple[int, ...] = ()) -> Program:
        """Return what is done, given the sorts that have masks."""
        known = self._programs.get(masked)
        if known is None:
            known = self._programs[masked] = _Writer(self, masked, self._needed).written()
        return known

    @cached_property
    def _needed(self) -> tuple[tuple[Any, _Labels], ...]:
        """The means that are needed, as a first writing finds them."""
        first = _Writer(self, ())
        first.written()
        return tuple(first.known)


class _Factor(NamedTuple):
    """A factor of a product: a tensor, what says which one it is, and the labels of its axes."""

    x: Symbol
    key: Any
    labels: tuple[int, ...]


class _Writer(Writer):
    """Writes the program of a recipe; what is needed twice is noted once."""

    def __init__(
        self, recipe: Terms, masked: tuple[int, ...], needed: Iterable[tuple[Any, _Labels]] = ()
    ) -> None:
        super().__init__(recipe.levels.sizes)
        self.recipe = recipe
        self.known: dict[tuple[Any, _Labels], Symbol] = {}
        self.needed = needed
        below, kinds = recipe.channels[0], recipe.levels.inputs
        sorts = [letters(sort) for sort in range(len(self.sizes))]
        self.weights = [self.given(shape) for shape in recipe.shapes]
        xs = [self.given((BATCH, *kind.shape(sorts, counted=False), below)) for kind in kinds]
        for sort in masked:
            self.masked[sort] = self.given((BATCH, letters(sort))).slot
        pairs = zip(kinds, xs, strict=True)
        self.inputs = [self._masked(self._letters(x, kind), kind) for kind, x in pairs]

    # -- from points to letters and back --------------------------------------------------

    def _letters(self, x: Symbol, kind: Kind) -> Symbol:
        """Return inputs with one axis for each letter, fixed points as channels."""
        moving = [at + 1 for at, axis in enumerate(kind.axes) if axis.count]
        fixed = [at + 1 for at, axis in enumerate(kind.axes) if not axis.count]
        if fixed:
            x = self.permute(x, (0, *moving, *fixed, len(kind.axes) + 1))
            width = kind.fixed * x.shape[-1]
            whole = x.shape[: 1 + len(moving)]
            # Points that are subsets keep their number, which no letters say.
            given = (BATCH, *(OPEN,) * len(moving), width)
            x = self.reshaped(x, given, (*whole, width))
        place = 1
        for axis in kind.axes:
            if axis.count:
                x = self.expand(x, place, axis)
                place += axis.count
        return x

    def _points(self, y: Symbol, kind: Kind) -> Symbol:
        """Return outputs with the axes of their points, given one axis for each letter."""
        moving = [axis for axis in kind.axes if axis.count]
        fixed = [axis.points.size() for axis in kind.axes if not axis.count]
        for place, axis in enumerate(moving, start=1):
            y = self.collect(y, place, axis)
        if not fixed:
            return y
        end = 1 + len(moving)
        last = (*fixed, y.shape[-1] // kind.fixed)
        y = self.reshaped(y, (BATCH, *(OPEN,) * len(moving), *last), (*y.shape[:end], *last))
        places, others = count(1), count(end)
        order = [next(places if axis.count else others) for axis in kind.axes]
        return self.permute(y, (0, *order, len(kind.axes) + 1))

    def _masked(self, x: Symbol, kind: Kind) -> Symbol:
        """Return a tensor over letters with zeros where a sample has no such letter."""
        for at, (sort, _) in enumerate(kind.letters):
            x = self.mask(x, at + 1, sort)
        return x

    # -- factors and products ----------------------------------------------------------------

    def _mean(
        self, key: Any, make: Callable[[], Symbol], sorts: Sequence[int], kept: _Labels
    ) -> Symbol:
        """Return a tensor with axes for letters of some sorts, averaged over all but some.

        From the smallest one that is needed as well.
        """
        if (key, kept) not in self.known:
            wider = [other for one, other in self.needed if one == key and set(kept) < set(other)]
            base = min(wider, key=lambda other: (len(other), other), default=(*range(len(sorts)),))
            if base == kept:
                made = make()
            else:
                gone = [at for at in base if at not in kept]
                axes, over = [1 + base.index(at) for at in gone], [sorts[at] for at in gone]
                made = self.mean(self._mean(key, make, sorts, base), axes, over)
            self.known[key, kept] = made
        return self.known[key, kept]

    def _factor(self, diagram: Diagram, at: int) -> _Factor:
        """Return a factor, averaged over the labels that it alone has."""
        kind, own = diagram.inputs[at], diagram.labels[1 + at]
        labels = list(dict.fromkeys(own))
        local, kept = (tuple(map(labels.index, some)) for some in (own, diagram.shared[at]))
        sorts = diagram.sorts(labels)
        x = self._mean((kind, local), lambda: self._diagonal(kind, local), sorts, kept)
        return _Factor(x, (kind, local, kept), diagram.shared[at])

    def _diagonal(self, kind: int, labels: tuple[int, ...]) -> Symbol:
        """Return inputs at the points whose letters are equal where labels are."""
        x, present = self.inputs[kind], list(labels)
        while len(set(present)) < len(present):
            label = next(one for one in present if present.count(one) > 1)
            first = present.index(label)
            second = present.index(label, first + 1)
            x = self.diagonal(x, first + 1, second + 1)
            del present[second]
        return x

    def _aligned(self, x: Symbol, labels: Sequence[int], target: Sequence[int]) -> Symbol:
        """Return a tensor with axes for target labels, of length 1 where it has none."""
        order = sorted(range(len(labels)), key=lambda at: list(target).index(labels[at]))
        x = self.permute(x, (0, *(at + 1 for at in order), x.ndim - 1))
        lengths = iter(x.shape[1:-1])
        shape = tuple(next(lengths) if label in labels else 1 for label in target)
        return self.reshape(x, (x.shape[0], *shape, x.shape[-1]))

    def _product(self, diagram: Diagram, factors: Sequence[_Factor], union: list[int]) -> Symbol:
        """Return a product with axes for all labels of its factors."""
        parts = [self._aligned(factor.x, factor.labels, union) for factor in factors]
        widths = self.recipe.widths(diagram)
        if len(factors) == 2 and factors[0][1:] == factors[1][1:]:
            return self.pairs(parts[0])
        if len(diagram.orders) > 1:
            parts = self._taken(diagram, parts)
        else:
            # All channels with all: an outer product, which costs no index.
            for at, part in enumerate(parts):
                ones = [width if at == place else 1 for place, width in enumerate(widths)]
                parts[at] = self.reshape(part, (*part.shape[:-1], *ones))
        return self._one_channel(reduce(mul, parts), 1 + len(union))

    def _taken(self, diagram: Diagram, parts: Sequence[Symbol]) -> list[Symbol]:
        """Return the channels of the factors of each product of channels."""
        choices = channel_orbits(tuple(self.recipe.widths(diagram)), diagram.orders)
        index = np.array(choices, dtype=np.int64).T
        return [self.take(part, at.copy()) for part, at in zip(parts, index, strict=True)]

    def _one_channel(self, x: Symbol, axes: int) -> Symbol:
        """Return a tensor with all but the first axes as one."""
        return self.reshape(x, (*x.shape[:axes], prod(x.shape[axes:])))

    # -- diagrams and terms ----------------------------------------------------------------

    def _names(self, diagram: Diagram, labels: Sequence[int]) -> str:
        """Return the indices of labels in a formula."""
        names = {label: chr(ord("i") + at) for at, label in enumerate(diagram.scopes)}
        return "".join(names[label] for label in labels)

    def _contracted(self, diagram: Diagram, factors: Sequence[_Factor]) -> Symbol:
        """Return a product, averaged over the labels that several factors share."""
        tensors, names = [factor.x for factor in factors], "ABCDEFG"[: len(factors)]
        kept = self._names(diagram, diagram.kept)
        if len(diagram.orders) > 1:
            tensors, names = self._taken(diagram, tensors), "A" * len(factors)
        parts = [
            f"b{self._names(diagram, factor.labels)}{name}"
            for factor, name in zip(factors, names, strict=True)
        ]
        last = "".join(dict.fromkeys(names))
        out = self.einsum(f"{','.join(parts)}->b{kept}{last}", *tensors)
        return self._divided(self._one_channel(out, 1 + len(kept)), diagram)

    def _divided(self, x: Symbol, diagram: Diagram) -> Symbol:
        """Return a sum over the averaged labels that several factors share as a mean."""
        shared = {label for labels in diagram.shared for label in labels}
        averaged = [label for label in diagram.averaged if label in shared]
        return self.divide(x, diagram.sorts(averaged))

    def _factorwise(self, diagram: Diagram, weight: Symbol) -> Symbol:
        """Return a product of two factors, mixed with the smaller one first."""
        factors = [self._factor(diagram, at) for at in (0, 1)]
        widths = self.recipe.widths(diagram)
        first = min((0, 1), key=lambda at: self.recipe.size(diagram, factors[at].labels))
        small, large = factors[first], factors[1 - first]
        own, other = (self._names(diagram, factor.labels) for factor in (small, large))
        outputs = weight.shape[0]
        if first == 1:
            # The channels of the smaller factor come last: an ordinary product with a matrix.
            matrix = self.reshape(weight, (outputs * widths[0], widths[1]))
            mixed = self.linear(small.x, matrix)
            mixed = self.reshape(mixed, (*small.x.shape[:-1], outputs, widths[0]))
        else:
            matrix = self.reshape(weight, (outputs, *widths))
            mixed = self.einsum(f"b{own}A,oAB->b{own}oB", small.x, matrix)
        kept = self._names(diagram, diagram.kept)
        out = self.einsum(f"b{other}B,b{own}oB->b{kept}o", large.x, mixed)
        return self.correct(self._divided(out, diagram), diagram)

    def _function(self, diagram: Diagram) -> Symbol:
        """Return a diagram's function, its axes in the order of the output's letters."""
        factors = [self._factor(diagram, at) for at in range(diagram.degree)]
        if diagram.degree == 1:
            ((x, _, labels),) = factors
        elif self.recipe.contracted(diagram):
            x, labels = self._contracted(diagram, factors), diagram.kept
        else:
            union = list(dict.fromkeys(label for factor in factors for label in factor.labels))
            numbered = [(key, tuple(map(union.index, labels))) for _, key, labels in factors]
            kept = tuple(at for at, label in enumerate(union) if label in diagram.kept)
            sorts = diagram.sorts(union)
            make = partial(self._product, diagram, factors, union)
            x = self._mean((diagram.orders, *numbered), make, sorts, kept)
            labels = tuple(union[at] for at in kept)
        return self.correct(self._aligned(x, labels, diagram.kept), diagram)

    def _mixed(self, term: Term, weight: Symbol) -> Symbol:
        if not term.degree:
            return self.reshape(weight, (1, weight.shape[0]))
        functions = [diagram for diagram, _ in term.columns]
        if term.factorwise:
            return self._factorwise(functions[0], weight)
        whole = self.concatenate([self._function(diagram) for diagram in functions])
        return self.linear(whole, weight)

    def written(self) -> Program:
        """Return the program of the outputs of every kind."""
        results = []
        pairs = list(zip(self.recipe.terms, self.weights, strict=True))
        for number, kind in enumerate(self.recipe.levels.outputs):
            patterns: dict[tuple[int, ...], list[tuple[Term, Symbol]]] = {}
            for term, weight in pairs:
                if term.output == number:
                    patterns.setdefault(term.pattern, []).append((term, weight))
            parts = [self._embedded(kind, *item) for item in patterns.items()]
            parts.sort(key=lambda part: sum(n != 1 for n in part.shape))
            width = self.recipe.channels[1] * kind.fixed
            full = (BATCH, *(letters(sort) for sort, _ in kind.letters), width)
            y = self.broadcast(reduce(add, parts), full)
            results.append(self._points(self._masked(y, kind), kind))
        return self.program(results)

    def _embedded(
        self, kind: Kind, pattern: tuple[int, ...], terms: list[tuple[Term, Symbol]]
    ) -> Symbol:
        """Return the sum of the terms of one pattern of the output's letters."""
        labels = list(dict.fromkeys(pattern))
        parts = [
            self._aligned(self._mixed(term, weight), term.kept, labels)
            for term, weight in sorted(terms, key=lambda pair: len(pair[0].kept))
        ]
        total = reduce(add, parts)
        if len(labels) == len(pattern):
            return total
        lengths = iter(total.shape[1:-1])
        shape = tuple(
            next(lengths) if label not in pattern[:at] else 1 for at, label in enumerate(pattern)
        )
        total = self.reshape(total, (total.shape[0], *shape, total.shape[-1]))
        for at, label in enumerate(pattern):
            first = pattern.index(label)
            if first < at:
                total = self.eye(total, first + 1, at + 1, kind.letters[at][0])
        return total
