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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import prod
from typing import Any

from polyconstraints.backends.plan.diagrams import Diagram
from polyconstraints.backends.plan.kinds import Kind
from polyconstraints.backends.plan.program import (
    BATCH,
    OPEN,
    Operations,
    Program,
    Symbol,
    letters,
)
from polyconstraints.backends.plan.terms import Feature, Pool, Term, Terms

__all__ = ["Lettered"]

Tensor = Any


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
        batch = xs[0].shape[0]
        if not masks:
            return self.program().run(ops, [*weights, *xs], batch, sizes)
        given = [*weights, *xs, *(masks[sort] for sort in sorted(masks))]
        return self.program(tuple(sorted(masks))).run(ops, given, batch, sizes)

    def prepare(self) -> None:
        """Make what running needs, with masks for all letters and with none."""
        self.program()
        self.program(tuple(range(len(self.levels.sizes))))

    def program(self, masked: tuple[int, ...] = ()) -> Program:
        """Return what is done, given the sorts that have masks."""
        known = self._programs.get(masked)
        if known is None:
            known = self._programs[masked] = _Writer(self, masked).program
        return known


class _Writer:
    """Writes the program of a recipe; what is needed twice is noted once."""

    def __init__(self, recipe: Terms, masked: tuple[int, ...]) -> None:
        self.recipe = recipe
        self.program = program = Program(recipe.levels.sizes)
        self.known: dict[Any, Any] = {}
        below = recipe.channels[0]
        sorts = [letters(sort) for sort in range(len(recipe.levels.sizes))]
        weights = [program.given(shape) for shape in recipe.shapes]
        xs = [
            program.given((BATCH, *kind.shape(sorts, counted=False), below))
            for kind in recipe.levels.inputs
        ]
        for sort in masked:
            program.masked[sort] = program.given((BATCH, letters(sort))).slot
        pairs = zip(recipe.levels.inputs, xs, strict=True)
        self.inputs = [self._masked(self._letters(x, kind), kind) for kind, x in pairs]
        program.results = [symbol.slot for symbol in self._outputs(weights)]

    # -- from points to letters and back --------------------------------------------------

    def _letters(self, x: Symbol, kind: Kind) -> Symbol:
        """Return inputs with one axis for each letter, fixed points as channels."""
        moving = [at + 1 for at, axis in enumerate(kind.axes) if axis.count]
        fixed = [at + 1 for at, axis in enumerate(kind.axes) if not axis.count]
        if fixed:
            x = self.program.permute(x, (0, *moving, *fixed, len(kind.axes) + 1))
            width = kind.fixed * x.shape[-1]
            whole = x.shape[: 1 + len(moving)]
            # Points that are subsets keep their number, which no letters say.
            given = (BATCH, *(OPEN,) * len(moving), width)
            x = self.program.reshaped(x, given, (*whole, width))
        place = 1
        for axis in kind.axes:
            if axis.count:
                x = self.program.expand(x, place, axis)
                place += axis.count
        return x

    def _points(self, y: Symbol, kind: Kind) -> Symbol:
        """Return outputs with the axes of their points, given one axis for each letter."""
        moving = [axis for axis in kind.axes if axis.count]
        fixed = [axis.points.size() for axis in kind.axes if not axis.count]
        for place, axis in enumerate(moving, start=1):
            y = self.program.collect(y, place, axis)
        if not fixed:
            return y
        end = 1 + len(moving)
        last = (*fixed, y.shape[-1] // kind.fixed)
        y = self.program.reshaped(
            y, (BATCH, *(OPEN,) * len(moving), *last), (*y.shape[:end], *last)
        )
        places, others = count(1), count(end)
        order = [next(places if axis.count else others) for axis in kind.axes]
        return self.program.permute(y, (0, *order, len(kind.axes) + 1))

    def _masked(self, x: Symbol, kind: Kind) -> Symbol:
        """Return a tensor over letters with zeros where a sample has no such letter."""
        for at, (sort, _) in enumerate(kind.letters):
            x = self.program.mask(x, at + 1, sort)
        return x

    # -- pooling --------------------------------------------------------------------------

    def _pooled(self, pool: Pool) -> Symbol:
        """Return a pooled tensor, from the smallest one that is needed as well."""
        key = (pool.source, pool.kept)
        if key not in self.known:
            kept = set(pool.kept)
            sorts = self._sorts_of(pool.source)
            base, labels = None, tuple(sorted(sorts))
            for other in self.recipe.pools[pool.source]:
                if kept < set(other):
                    base, labels = self._pooled(Pool(pool.source, other)), other
                    break
            if base is None:
                base = self._source(pool.source)
            gone = [at for at, label in enumerate(labels) if label not in kept]
            over = [sorts[labels[at]] for at in gone]
            self.known[key] = self.program.mean(base, [at + 1 for at in gone], over)
        found: Symbol = self.known[key]
        return found

    def _source(self, source: tuple[Any, ...]) -> Symbol:
        """Return a source with all its labels."""
        if source not in self.known:
            make = self._diagonal if source[0] == "input" else self._product
            self.known[source] = make(*source[1:])
        found: Symbol = self.known[source]
        return found

    def _sorts_of(self, source: tuple[Any, ...]) -> dict[int, int]:
        """Return the sort of each label of a source."""
        if source[0] == "input":
            own = self.recipe.levels.inputs[source[1]].letters
            return {label: sort for (sort, _), label in zip(own, source[2], strict=True)}
        found: dict[int, int] = {}
        for pool, labels in source[2]:
            sorts = self._sorts_of(pool.source)
            found.update(zip(labels, (sorts[label] for label in pool.kept), strict=True))
        return found

    def _diagonal(self, kind: int, labels: tuple[int, ...]) -> Symbol:
        x, present = self.inputs[kind], list(labels)
        while len(set(present)) < len(present):
            label = next(one for one in present if present.count(one) > 1)
            first = present.index(label)
            second = present.index(label, first + 1)
            x = self.program.diagonal(x, first + 1, second + 1)
            del present[second]
        return x

    def _aligned(self, x: Symbol, labels: Sequence[int], target: Sequence[int]) -> Symbol:
        """Return a tensor with axes for target labels, of length 1 where it has none."""
        order = sorted(range(len(labels)), key=lambda at: list(target).index(labels[at]))
        x = self.program.permute(x, (0, *(at + 1 for at in order), x.ndim - 1))
        lengths = iter(x.shape[1:-1])
        shape = tuple(next(lengths) if label in labels else 1 for label in target)
        return self.program.reshape(x, (x.shape[0], *shape, x.shape[-1]))

    def _product(self, channels: Any, factors: tuple[tuple[Pool, tuple[int, ...]], ...]) -> Symbol:
        target = sorted({label for _, labels in factors for label in labels})
        parts = [self._aligned(self._pooled(pool), labels, target) for pool, labels in factors]
        if len(factors) == 2 and factors[0] == factors[1]:
            return self.program.pairs(parts[0])
        if len(channels[1]) > 1:
            taken = [
                self.program.take(part, at)
                for part, at in zip(parts, self.recipe.channel_index(*channels), strict=True)
            ]
        else:
            # All channels with all: an outer product, which costs no index.
            taken, widths = [], channels[0]
            for at, part in enumerate(parts):
                ones = [width if at == place else 1 for place, width in enumerate(widths)]
                taken.append(self.program.reshape(part, (*part.shape[:-1], *ones)))
        out = taken[0]
        for part in taken[1:]:
            out = out * part
        axes = 1 + len(target)
        return self.program.reshape(out, (*out.shape[:axes], prod(out.shape[axes:])))

    # -- features and terms ---------------------------------------------------------------

    def _names(self, diagram: Diagram, labels: Sequence[int]) -> str:
        """Return the indices of labels in a formula."""
        names = {label: chr(ord("i") + at) for at, label in enumerate(diagram.scopes)}
        return "".join(names[label] for label in labels)

    def _contracted(self, feature: Feature) -> Symbol:
        """Return a product, averaged over the labels that several factors share."""
        diagram, factors = feature.diagram, feature.contraction or ()
        tensors = [self._pooled(pool) for pool, _ in factors]
        own = [self._names(diagram, labels) for _, labels in factors]
        kept = self._names(diagram, diagram.kept)
        widths = self.recipe.widths(diagram)
        if len(diagram.orders) > 1:
            index = self.recipe.channel_index(tuple(widths), diagram.orders)
            tensors = [
                self.program.take(tensor, at) for tensor, at in zip(tensors, index, strict=True)
            ]
        names = "A" * len(tensors) if len(diagram.orders) > 1 else "ABCDEFG"[: len(tensors)]
        parts = [f"b{mine}{name}" for mine, name in zip(own, names, strict=True)]
        last = "".join(dict.fromkeys(names))
        out = self.program.einsum(f"{','.join(parts)}->b{kept}{last}", *tensors)
        axes = 1 + len(kept)
        out = self.program.reshape(out, (*out.shape[:axes], prod(out.shape[axes:])))
        return self.program.divide(out, self._contracted_sorts(feature))

    def _contracted_sorts(self, feature: Feature) -> list[int]:
        shared = {label for _, labels in feature.contraction or () for label in labels}
        diagram = feature.diagram
        return [diagram.scopes[at][0] for at in diagram.averaged if at in shared]

    def _factorwise(self, feature: Feature, weight: Symbol) -> Symbol:
        """Return a product of two factors, mixed with the smaller one first."""
        diagram, factors = feature.diagram, feature.contraction or ()
        widths = self.recipe.widths(diagram)
        first = min((0, 1), key=lambda at: self.recipe.size(diagram, factors[at][1]))
        small, large = (self._pooled(factors[at][0]) for at in (first, 1 - first))
        own, other = (self._names(diagram, factors[at][1]) for at in (first, 1 - first))
        outputs = weight.shape[0]
        if first == 1:
            # The channels of the smaller factor come last: an ordinary product with a matrix.
            mixed = self.program.linear(
                small, self.program.reshape(weight, (outputs * widths[0], widths[1]))
            )
            mixed = self.program.reshape(mixed, (*small.shape[:-1], outputs, widths[0]))
        else:
            matrix = self.program.reshape(weight, (outputs, *widths))
            mixed = self.program.einsum(f"b{own}A,oAB->b{own}oB", small, matrix)
        kept = self._names(diagram, diagram.kept)
        out = self.program.einsum(f"b{other}B,b{own}oB->b{kept}o", large, mixed)
        return self.program.divide(out, self._contracted_sorts(feature))

    def _feature(self, feature: Feature) -> Symbol:
        """Return a feature with its axes in the order of the output's letters."""
        if feature.pool is None:
            x = self._contracted(feature)
        else:
            x = self._aligned(self._pooled(feature.pool), feature.axes, feature.diagram.kept)
        return self.program.correct(x, feature.diagram)

    def _mixed(self, term: Term, weight: Symbol) -> Symbol:
        if not term.degree:
            return self.program.reshape(weight, (1, weight.shape[0]))
        if term.factorwise:
            (feature,) = term.features
            return self.program.correct(self._factorwise(feature, weight), feature.diagram)
        features = [self._feature(feature) for feature in term.features]
        return self.program.linear(self.program.concatenate(features), weight)

    def _outputs(self, weights: Sequence[Symbol]) -> list[Symbol]:
        """Return the outputs of every kind."""
        results = []
        pairs = list(zip(self.recipe.terms, weights, strict=True))
        for number, kind in enumerate(self.recipe.levels.outputs):
            patterns: dict[tuple[int, ...], list[tuple[Term, Symbol]]] = {}
            for term, weight in pairs:
                if term.output == number:
                    patterns.setdefault(term.pattern, []).append((term, weight))
            parts = [self._embedded(kind, *item) for item in patterns.items()]
            parts.sort(key=lambda part: sum(n != 1 for n in part.shape))
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            sorts = [letters(sort) for sort in range(len(self.recipe.levels.sizes))]
            width = self.recipe.channels[1] * kind.fixed
            full = (BATCH, *(sorts[sort] for sort, _ in kind.letters), width)
            y = self.program.broadcast(total, full)
            results.append(self._points(self._masked(y, kind), kind))
        return results

    def _embedded(
        self, kind: Kind, pattern: tuple[int, ...], terms: list[tuple[Term, Symbol]]
    ) -> Symbol:
        """Return the sum of the terms of one pattern of the output's letters."""
        labels = list(dict.fromkeys(pattern))
        parts = [
            self._aligned(self._mixed(term, weight), term.kept, labels)
            for term, weight in sorted(terms, key=lambda pair: len(pair[0].kept))
        ]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        if len(labels) == len(pattern):
            return total
        lengths = iter(total.shape[1:-1])
        shape = tuple(
            next(lengths) if label not in pattern[:at] else 1 for at, label in enumerate(pattern)
        )
        total = self.program.reshape(total, (total.shape[0], *shape, total.shape[-1]))
        for at, label in enumerate(pattern):
            first = pattern.index(label)
            if first < at:
                total = self.program.eye(total, first + 1, at + 1, kind.letters[at][0])
        return total
