"""The terms of a layer between points made of letters: what is averaged, mixed and embedded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod, sqrt
from typing import Any

from polyconstraints.backends.plan.diagrams import Diagram, channel_orbits, diagrams
from polyconstraints.backends.plan.kinds import Levels

#: Letters of a sort whose size is open, for predicting costs.
_TYPICAL = 32

#: Size of the terms of each higher degree at the start, where linear ones have 1.
_HIGHER = 0.5


@dataclass(frozen=True, eq=False)
class Term:
    """Diagrams whose functions one matrix mixes and that are embedded alike."""

    name: str
    #: The kind of the outputs, and the labels of their letters.
    output: int
    pattern: tuple[int, ...]
    #: The labels of the mixed tensor's axes.
    kept: tuple[int, ...]
    degree: int
    #: What the columns of the matrix weigh, diagram by diagram: channels of the factors.
    columns: tuple[tuple[Diagram, list[tuple[int, ...]]], ...]
    #: Whether the one diagram is mixed factor by factor.
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
            for diagram in diagrams(self.levels.inputs, self.levels.outputs, degree):
                if self.independent and not diagram.exists(self.levels.sizes):
                    continue
                columns = (diagram, channel_orbits(tuple(self.widths(diagram)), diagram.orders))
                alone = diagram if self.factorwise(diagram) else None
                key = (diagram.output, diagram.labels[0], diagram.kept, degree, alone)
                groups.setdefault(key, []).append(columns)
        return tuple(
            Term(
                f"weight{number}" if degree else f"bias{number}",
                output,
                pattern,
                kept,
                degree,
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
        return prod(sizes[sort] or _TYPICAL for sort in diagram.sorts(set(labels)))

    def factorwise(self, diagram: Diagram) -> bool:
        """Return whether mixing factor by factor is predicted to be cheaper."""
        if diagram.degree != 2 or len(diagram.orders) > 1:
            return False
        first, second = diagram.shared
        a, b = self.widths(diagram)
        out = self.channels[1] * self.levels.outputs[diagram.output].fixed
        union, kept = self.size(diagram, first + second), self.size(diagram, diagram.kept)
        together = union * a * b + 2 * kept * a * b * out
        smaller = min(self.size(diagram, first), self.size(diagram, second))
        return 2 * smaller * a * b * out + 2 * union * max(a, b) * out < together

    def contracted(self, diagram: Diagram) -> bool:
        """Return whether a product is averaged without being made, as it would be too large."""
        union = [label for labels in diagram.shared for label in labels]
        largest = max(self.size(diagram, labels) for labels in diagram.shared)
        return not set(union) <= set(diagram.kept) and self.size(diagram, union) > largest


def degrees_of(degree: int, bias: bool) -> tuple[int, ...]:
    """Return the degrees of a layer's terms."""
    return tuple(range(degree + 1)) if bias else (degree,)


def share(degree: int, degrees: Sequence[int]) -> float:
    """Return the size of the terms of one degree at the start, beside those of others."""
    if degree == 0:
        return 0.0
    if 1 not in degrees:
        return sqrt(1 / sum(other > 0 for other in degrees))
    return 1.0 if degree == 1 else _HIGHER
