"""An expansion as a JSON document of schema ``expansion``, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.expansion import Terms
from polyconstraints.jobs.pieces import Part, PartText, Piece, json_pieces
from polyconstraints.render.expansion import ExpansionWriter
from polyconstraints.render.expansion_view import ExpansionView, Exponents
from polyconstraints.render.terms import row_keys

__all__ = ["ExpansionJson", "count_document"]

SCHEMA = "polyconstraints/expansion/1"


def count_document(view: ExpansionView) -> dict[str, Any]:
    """Return the document that says only how large an expansion is.

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> from polyconstraints.spec.network import NetworkSpec
    >>> document = count_document(ExpansionView(expand(NetworkSpec(3, depth=3, bias=True))))
    >>> document["monomials"], document["terms"]
    (165, [666775, 666775, 666775])
    """
    return {
        "schema": SCHEMA,
        "network": view.network.to_json(),
        "monomials": view.monomial_count,
        "terms": [view.term_count(output) for output in view.outputs],
    }


class ExpansionJson(ExpansionWriter):
    """An expansion as JSON; values that are not whole numbers are written as text: ``"1/2"``."""

    format = "json"

    def pieces(self) -> Iterator[Piece]:
        """Yield the texts that are there, and the parts that are still to be written."""

        def monomials(output: int) -> Iterator[dict[str, Any]]:
            for group in self.view.groups(output):
                terms = map(PartText.of, self.parts(output, group))
                yield {"x": _powers(group.monomial), "terms": terms}

        return json_pieces(
            {
                "schema": SCHEMA,
                "network": self.view.network.to_json(),
                "outputs": (
                    {"output": output + 1, "monomials": monomials(output)}
                    for output in self.view.outputs
                ),
            }
        )

    @cached_property
    def _writer(self) -> _TermJson:
        return _TermJson(self.view)

    def text(self, part: Part) -> str:
        """Write a part: items of an array."""
        return self._writer.items(self.terms_of(part))


def _powers(monomial: Exponents) -> dict[str, int]:
    return {f"x{number}": power for number, power in enumerate(monomial, start=1) if power}


class _TermJson:
    """Writes terms as JSON objects, a weight product at a time."""

    def __init__(self, view: ExpansionView) -> None:
        names = view.network.weight_names()
        # Keys of an object are sorted as text, which is not the order of the numbers in
        # them where one of those has two digits.
        self._names = sorted(names)
        rank = {name: place for place, name in enumerate(self._names)}
        self._rank = np.array([rank[name] for name in names] + [-1], dtype=np.int64)
        self._offsets = np.cumsum([0, *(layer.weights for layer in view.network.layers)])

    def items(self, terms: Terms) -> str:
        """Return the terms as items of an array."""
        pairs = zip(terms.coefficients.tolist(), self._products(terms), strict=True)
        # Indented as the items of `terms` are in the whole document.
        return (",\n" + " " * 12).join(
            f'{{"coefficient": {_number(value)}, "weights": {{{product}}}}}'
            for value, product in pairs
        )

    def _products(self, terms: Terms) -> list[str]:
        numbers = np.concatenate(
            [
                np.where(rows >= 0, rows + offset, -1)
                for rows, offset in zip(terms.layers, self._offsets[:-1], strict=True)
            ],
            axis=1,
        )
        rows = np.sort(self._rank[numbers], axis=1)
        _, first, inverse = np.unique(
            row_keys(rows, len(self._names)), return_index=True, return_inverse=True
        )
        texts: NDArray[np.object_] = np.empty(len(first), dtype=object)
        texts[:] = [self._product(row) for row in rows[first].tolist()]
        return list(texts[inverse].tolist())

    def _product(self, row: list[int]) -> str:
        return ", ".join(
            f'"{self._names[weight]}": {len(list(run))}'
            for weight, run in groupby(row)
            if weight >= 0
        )


def _number(value: Any) -> str:
    return str(value) if value.denominator == 1 else f'"{value}"'
