"""The terms of a layer between points made of letters: what is averaged, mixed and embedded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.diagrams import Diagram, channel_orbits, diagrams
from polyconstraints.backends.plan.kinds import Levels

__all__ = ["Feature", "Pool", "Term", "Terms", "share"]

#: Letters of a sort whose size is open, for predicting costs.
_TYPICAL = 32

#: Size of the terms of each higher degree at the start, where linear ones have 1.
_HIGHER = 0.5


@dataclass(frozen=True)
class Pool:
    """A tensor that features are made of: a source, averaged over all labels but some."""

    #: ``("input", kind, labels)``: an input's letters, equal labels on the diagonal; or
    #: ``("product", channels, ((pool, labels), …))``: a product of pooled tensors.
    source: tuple[Any, ...]
    #: The labels of its axes, ascending.
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
    """Features that one matrix mixes and that are embedded alike."""

    name: str
    #: The kind of the outputs, and the labels of their letters.
    output: int
    pattern: tuple[int, ...]
    #: The labels of the mixed tensor's axes.
    kept: tuple[int, ...]
    degree: int
    features: tuple[Feature, ...]
    #: What the columns of the matrix weigh, diagram by diagram: channels of the factors.
    columns: tuple[tuple[Diagram, list[tuple[int, ...]]], ...]
    #: Whether the one feature is mixed factor by factor.
    factorwise: bool = False

    @property
    def width(self) -> int:
        """Number of columns."""
        return sum(len(channels) for _, channels in self.columns)


@dataclass(frozen=True, eq=False)
class Terms:
    """What a layer between points made of letters adds up."""

    levels: Levels
    #: Channels of every input and of every output point.
    channels: tuple[int, int]
    degrees: tuple[int, ...]
    #: Whether diagrams that depend on others, for want of letters, are left out.
    independent: bool = False

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The terms, in the order of their parameters."""
        groups: dict[Any, list[tuple[Diagram, list[tuple[int, ...]]]]] = {}
        for degree in sorted(self.degrees, reverse=True):
            for diagram in diagrams(self.levels, degree):
                if self.independent and not diagram.exists(self.levels.sizes):
                    continue
                columns = (diagram, channel_orbits(tuple(self.widths(diagram)), diagram.orders))
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

    def widths(self, diagram: Diagram) -> list[int]:
        """Return the channels of each factor, points that share their letters counted."""
        return [self.channels[0] * self.levels.inputs[at].fixed for at in diagram.inputs]

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each term's parameters."""
        return tuple(term.name for term in self.terms)

    def initial(self, ops: Any, normals: Sequence[Any]) -> list[Any]:
        """Return parameters to start from, given standard normal ones of their shapes."""
        squares: dict[tuple[int, int], Any] = {}
        for term, normal in zip(self.terms, normals, strict=True):
            key = (term.output, term.degree)
            squares[key] = squares.get(key, 0.0) + (normal * normal).sum(-1)[..., None]
        return [
            normal * (squares[term.output, term.degree] ** -0.5 * share(term.degree, self.degrees))
            for term, normal in zip(self.terms, normals, strict=True)
        ]

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


def share(degree: int, degrees: Sequence[int]) -> float:
    """Return the size of the terms of one degree at the start, beside those of others."""
    if degree == 0:
        return 0.0
    if 1 not in degrees:
        return sqrt(1 / sum(other > 0 for other in degrees))
    return 1.0 if degree == 1 else _HIGHER
