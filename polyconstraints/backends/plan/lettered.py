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
from typing import Any

from polyconstraints.backends.plan.program import Operations, Program
from polyconstraints.backends.plan.start import share, unit_rows
from polyconstraints.backends.plan.terms import Terms
from polyconstraints.backends.plan.writer import written

__all__ = ["Lettered"]

Tensor = Any


@dataclass(frozen=True, eq=False)
class Lettered(Terms):
    """The recipe of a layer between points made of letters; see :class:`Terms`."""

    _programs: dict[tuple[int, ...], Program] = field(default_factory=dict, repr=False)

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
            known = self._programs[masked] = written(self, masked)
        return known
