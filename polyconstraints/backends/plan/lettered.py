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
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.diagrams import Diagram, channel_orbits, diagrams
from polyconstraints.backends.plan.kinds import Kind, Levels
from polyconstraints.backends.plan.program import (
    BATCH,
    OPEN,
    Operations,
    Program,
    Symbol,
    letters,
)
from polyconstraints.backends.plan.start import share, unit_rows

__all__ = ["Lettered", "Term"]

#: Letters of a sort whose size is open, for predicting costs.
_TYPICAL = 32

Tensor = Any


@dataclass(frozen=True)
class Pool:
    """A tensor that features are made of: a source, averaged over all labels but some.

    Attributes
    ----------
    source : tuple
        ``("input", kind, labels)``: an input's letters, equal labels on the diagonal; or
        ``("product", channels, ((pool, labels), …))``: a product of pooled tensors.
    kept : tuple of int
        The labels of its axes, ascending.
    """

    source: tuple[Any, ...]
    kept: tuple[int, ...]


@dataclass(frozen=True)
class Feature:
    """One diagram's function before channels are mixed.

    ``axes`` are the labels of the result's axes, in the order of the output's letters.
    """

    diagram: Diagram
    axes: tuple[int, ...]
    pool: Pool | None = None
    contraction: tuple[Any, ...] | None = None


@dataclass(frozen=True, eq=False)
class Term:
    """Features that one matrix mixes and that are embedded alike.

    Attributes
    ----------
    name : str
    output : int
        The kind of the outputs.
    pattern : tuple of int
        The labels of the output's letters.
    kept : tuple of int
        The labels of the mixed tensor's axes.
    degree : int
    features : tuple of Feature
    columns : tuple of (Diagram, list of channel tuples)
        What the columns of the matrix weigh, diagram by diagram.
    factorwise : bool
        Whether the one feature is mixed factor by factor.
    """

    name: str
    output: int
    pattern: tuple[int, ...]
    kept: tuple[int, ...]
    degree: int
    features: tuple[Feature, ...]
    columns: tuple[tuple[Diagram, list[tuple[int, ...]]], ...]
    factorwise: bool = False

    @property
    def width(self) -> int:
        """Number of columns."""
        return sum(len(channels) for _, channels in self.columns)


@dataclass(frozen=True, eq=False)
class Lettered:
    """The recipe of a layer between points made of letters.

    Attributes
    ----------
    levels : Levels
    channels : (int, int)
        Channels of every input and of every output point.
    degrees : tuple of int
        The degrees of its terms.
    independent : bool
        Whether diagrams that depend on others, for want of letters, are left out.
    """

    levels: Levels
    channels: tuple[int, int]
    degrees: tuple[int, ...]
    independent: bool = False
    _programs: dict[tuple[int, ...], Program] = field(default_factory=dict, repr=False)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The terms, in the order of their parameters."""
        groups: dict[Any, list[tuple[Diagram, list[tuple[int, ...]]]]] = {}
        for degree in sorted(self.degrees, reverse=True):
            for diagram in diagrams(self.levels, degree):
                if self.independent and not diagram.exists(self.levels.sizes):
                    continue
                columns = (diagram, diagram.channels(self.widths(diagram)))
                alone = diagram if self._factorwise(diagram) else None
                key = (diagram.output, diagram.labels[0], diagram.kept, degree, alone)
                groups.setdefault(key, []).append(columns)
        return tuple(
            Term(
                f"weight{number}" if degree else f"bias{number}",
                output,
                pattern,
                kept,
                degree,
                tuple(self._feature(diagram) for diagram, _ in columns),
                tuple(columns),
                alone is not None,
            )
            for number, ((output, pattern, kept, degree, alone), columns) in enumerate(
                groups.items()
            )
        )

    @cached_property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of each term's parameters: (outputs, columns)."""
        return tuple(
            (self.channels[1] * self.levels.outputs[term.output].fixed, term.width)
            for term in self.terms
        )

    def initial(self, ops: Operations, normals: Sequence[Tensor]) -> list[Tensor]:
        """Return parameters to start from, given standard normal ones of their shapes."""
        squares: dict[tuple[int, int], Any] = {}
        for term, normal in zip(self.terms, normals, strict=True):
            key = (term.output, term.degree)
            squares[key] = squares.get(key, 0.0) + (normal * normal).sum(-1)
        return [
            normal * unit_rows(squares[term.output, term.degree], share(term.degree, self.degrees))
            for term, normal in zip(self.terms, normals, strict=True)
        ]

    def widths(self, diagram: Diagram) -> list[int]:
        """Return the channels of each factor, points that share their letters counted."""
        return [self.channels[0] * self.levels.inputs[at].fixed for at in diagram.inputs]

    # -- making it ------------------------------------------------------------------------

    def size(self, diagram: Diagram, labels: Sequence[int]) -> int:
        """Return how many values labels have, typically where a size is open."""
        sizes = self.levels.sizes
        return prod(sizes[diagram.scopes[label][0]] or _TYPICAL for label in set(labels))

    def _factorwise(self, diagram: Diagram) -> bool:
        """Return whether mixing factor by factor is predicted to be cheaper."""
        if diagram.degree != 2 or len(diagram.orders) > 1:
            return False
        first, second = (self._shared(diagram, at) for at in (0, 1))
        a, b = self.widths(diagram)
        out = self.channels[1] * self.levels.outputs[diagram.output].fixed
        union, kept = self.size(diagram, first + second), self.size(diagram, diagram.kept)
        together = union * a * b + 2 * kept * a * b * out
        smaller = min(self.size(diagram, first), self.size(diagram, second))
        return 2 * smaller * a * b * out + 2 * union * max(a, b) * out < together

    def _shared(self, diagram: Diagram, factor: int) -> tuple[int, ...]:
        """Return the labels of a factor that the output or another factor has."""
        own = diagram.labels[1 + factor]
        others = {
            label
            for at, labels in enumerate(diagram.labels)
            if at != 1 + factor
            for label in labels
        }
        return tuple(label for label in dict.fromkeys(own) if label in others)

    def _input(self, diagram: Diagram, factor: int) -> tuple[Pool, tuple[int, ...]]:
        """Return a factor, pooled, and the diagram's labels of its axes."""
        own = diagram.labels[1 + factor]
        numbers: dict[int, int] = {}
        local = tuple(numbers.setdefault(label, len(numbers)) for label in own)
        shared = sorted(self._shared(diagram, factor), key=numbers.__getitem__)
        source = ("input", diagram.inputs[factor], local)
        return Pool(source, tuple(numbers[label] for label in shared)), tuple(shared)

    def _feature(self, diagram: Diagram) -> Feature:
        if not diagram.degree:
            return Feature(diagram, ())
        factors = [self._input(diagram, at) for at in range(diagram.degree)]
        if diagram.degree == 1:
            return Feature(diagram, factors[0][1], factors[0][0])
        union = tuple(dict.fromkeys(label for _, labels in factors for label in labels))
        largest = max(self.size(diagram, labels) for _, labels in factors)
        if self._factorwise(diagram) or (
            set(union) - set(diagram.kept) and self.size(diagram, union) > largest
        ):
            return Feature(diagram, diagram.kept, contraction=tuple(factors))
        numbers = {label: at for at, label in enumerate(union)}
        source = (
            "product",
            (tuple(self.widths(diagram)), diagram.orders),
            tuple((pool, tuple(numbers[label] for label in labels)) for pool, labels in factors),
        )
        kept = tuple(sorted(numbers[label] for label in union if label in diagram.kept))
        return Feature(diagram, tuple(union[at] for at in kept), Pool(source, kept))

    @cached_property
    def pools(self) -> dict[tuple[Any, ...], list[tuple[int, ...]]]:
        """For each source the sets of labels that are kept somewhere, the smallest first."""
        found: dict[tuple[Any, ...], set[tuple[int, ...]]] = {}

        def need(pool: Pool) -> None:
            found.setdefault(pool.source, set()).add(pool.kept)
            if pool.source[0] == "product":
                for factor, _ in pool.source[2]:
                    need(factor)

        for term in self.terms:
            for feature in term.features:
                if feature.pool is not None:
                    need(feature.pool)
                for pool, _ in feature.contraction or ():
                    need(pool)
        return {
            source: sorted(kept, key=lambda labels: (len(labels), labels))
            for source, kept in found.items()
        }

    def channel_index(
        self, widths: tuple[int, ...], orders: tuple[tuple[int, ...], ...]
    ) -> NDArray[np.int64]:
        """Return the channels of each factor of products, of shape (factors, columns)."""
        return np.array(channel_orbits(widths, orders), dtype=np.int64).T.copy()

    # -- computing it ---------------------------------------------------------------------

    def compute(
        self,
        ops: Operations,
        weights: Sequence[Tensor],
        xs: Sequence[Tensor],
        sizes: Sequence[Any],
        masks: Mapping[int, Tensor] | None = None,
    ) -> list[Tensor]:
        """Return the outputs.

        Parameters
        ----------
        ops : Operations
        weights : sequence of tensors of the shapes :attr:`shapes`
        xs : sequence of tensors
            One for each kind of input points, of shape (batch, points…, channels).
        sizes : sequence of int
            The letters of each sort.
        masks : mapping from sort to tensor of shape (batch, letters), optional
            1 for the letters that a sample has, 0 for the others.

        Returns
        -------
        list of tensors
            One for each kind of output points.
        """
        masks = masks or {}
        program = self.program(tuple(sorted(masks)))
        given = [*weights, *xs, *(masks[sort] for sort in sorted(masks))]
        return program.run(ops, given, xs[0].shape[0], sizes)

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

    def __init__(self, recipe: Lettered, masked: tuple[int, ...]) -> None:
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
        moving = [at + 1 for at, axis in enumerate(kind.axes) if axis.letters]
        fixed = [at + 1 for at, axis in enumerate(kind.axes) if not axis.letters]
        if fixed:
            x = self.program.permute(x, (0, *moving, *fixed, len(kind.axes) + 1))
            width = kind.fixed * x.shape[-1]
            whole = x.shape[: 1 + len(moving)]
            # Points that are subsets keep their number, which no letters say.
            given = (BATCH, *(OPEN,) * len(moving), width)
            x = self.program.note("reshape", (x,), (given,), (*whole, width))
        place = 1
        for axis in (axis for axis in kind.axes if axis.letters):
            x = self.program.expand(x, place, axis, kind.sort(axis))
            place += len(axis.letters)
        return x

    def _points(self, y: Symbol, kind: Kind) -> Symbol:
        """Return outputs with the axes of their points, given one axis for each letter."""
        place = 1
        for axis in (axis for axis in kind.axes if axis.letters):
            # Nothing that follows looks at the number of points.
            y = self.program.collect(y, place, axis, kind.sort(axis), letters(kind.sort(axis)))
            place += 1
        fixed = [at for at, axis in enumerate(kind.axes) if not axis.letters]
        if not fixed:
            return y
        lengths = [kind.axes[at].fixed for at in fixed]
        last = (*lengths, y.shape[-1] // kind.fixed)
        given = (BATCH, *(OPEN,) * (place - 1), *last)
        y = self.program.note("reshape", (y,), (given,), (*y.shape[:place], *last))
        moving = iter(range(1, place))
        others = iter(range(place, place + len(fixed)))
        order = [next(others if at in fixed else moving) for at in range(len(kind.axes))]
        return self.program.permute(y, (0, *order, len(kind.axes) + 1))

    def _masked(self, x: Symbol, kind: Kind) -> Symbol:
        """Return a tensor over letters with zeros where a sample has no such letter."""
        for at, letter in enumerate(kind.letters):
            x = self.program.mask(x, at + 1, letter.sort)
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
            return {label: letter.sort for letter, label in zip(own, source[2], strict=True)}
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
        matrix = self.program.reshape(weight, (weight.shape[0], *widths))
        order = "oAB" if first == 0 else "oBA"
        mixed = self.program.einsum(f"b{own}A,{order}->b{own}oB", small, matrix)
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
            full = (BATCH, *(sorts[letter.sort] for letter in kind.letters), width)
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
                total = self.program.eye(total, first + 1, at + 1, kind.letters[at].sort)
        return total
