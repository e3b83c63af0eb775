"""Many terms as text, quickly.

A term is a product of one part for each layer, and few parts are different: each is spelled
once and looked up ever after, so that a term costs a few additions of strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.render.notation import Notation
from polyconstraints.spec.network import NetworkSpec

if TYPE_CHECKING:
    from polyconstraints.expansion import Terms

__all__ = ["TermWriter", "row_keys", "row_texts", "without_plus"]

#: Parts that are remembered; a layer rarely has as many.
_REMEMBERED = 1 << 18

_MAX_KEY = 1 << 62


def row_keys(rows: NDArray[Any], kinds: int) -> NDArray[np.int64]:
    """Return a number for each row of integers from -1 to ``kinds - 1``, equal for equal rows.

    Examples
    --------
    >>> keys = row_keys(np.array([[0, 1], [2, -1], [0, 1]]), 3)
    >>> bool(keys[0] == keys[2]), bool(keys[0] == keys[1])
    (True, False)
    """
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
    rows: NDArray[Any], kinds: int, spell: Callable[[list[int]], str]
) -> NDArray[np.object_]:
    """Return the text of each row as for :func:`row_keys`, asking once for each different one."""
    _, first, inverse = np.unique(row_keys(rows, kinds), return_index=True, return_inverse=True)
    texts = np.empty(len(first), dtype=object)
    texts[:] = [spell(row) for row in rows[first].tolist()]
    result: NDArray[np.object_] = texts[inverse]
    return result


class TermWriter:
    """Writes terms of a network in a notation.

    Examples
    --------
    >>> from polyconstraints.expansion import expand
    >>> from polyconstraints.render.notation import notation
    >>> network = NetworkSpec(2, depth=2)
    >>> writer = TermWriter(network, notation(network))
    >>> terms = expand(network).coefficient(0, (4, 0))
    >>> print(writer.sum(terms))
    W0_1_1_1^2*W1_1_1_1 + W0_1_1_1*W0_2_1_1*W1_1_2_1 + W0_2_1_1^2*W1_1_2_2
    """

    def __init__(self, network: NetworkSpec, notation: Notation) -> None:
        self.notation = notation
        self._layers = [_Parts(notation.weight_names(layer), notation) for layer in network.layers]

    def bodies(self, terms: Terms) -> NDArray[np.object_]:
        """Return each term's product of weights, without its coefficient; empty for 1."""
        times = self.notation.times
        result = np.full(len(terms), "", dtype=object)
        blank = np.ones(len(terms), dtype=bool)
        for parts, rows in zip(self._layers, terms.layers, strict=True):
            empty = ~(rows >= 0).any(axis=1)
            if blank.all():
                result = parts.texts(rows)
            elif (blank | empty).any():
                between = np.where(blank | empty, "", times).astype(object)
                result = result + between + parts.texts(rows)
            else:
                result = result + parts.texts(rows, before=times)
            blank &= empty
        return result

    def signed(self, terms: Terms) -> NDArray[np.object_]:
        """Return each term with its sign before it: ``" + "`` or ``" - "``."""
        bodies = self.bodies(terms)
        spelled = _by_value(terms.coefficients, self._prefix)
        bare = ~np.any([(rows >= 0).any(axis=1) for rows in terms.layers], axis=0)
        if bare.any():
            numbers = _by_value(terms.coefficients, self._number)
            spelled = np.where(bare, numbers, spelled)
        result: NDArray[np.object_] = spelled + bodies
        return result

    def _prefix(self, value: Any) -> str:
        sign, size = (" - ", -value) if value < 0 else (" + ", value)
        return sign if size == 1 else f"{sign}{self.notation.number(size)}{self.notation.times}"

    def _number(self, value: Any) -> str:
        return (
            f" - {self.notation.number(-value)}"
            if value < 0
            else f" + {self.notation.number(value)}"
        )

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


class _Parts:
    """Spells the products of one layer's weights, each once."""

    def __init__(self, names: list[str], notation: Notation) -> None:
        self._names = names
        self._notation = notation
        self._known: dict[tuple[int, ...], str] = {}

    def texts(self, rows: NDArray[Any], before: str = "") -> NDArray[np.object_]:
        """Return each row's product, with something before it."""
        return row_texts(rows, len(self._names), lambda row: before + self._text(tuple(row)))

    def _text(self, row: tuple[int, ...]) -> str:
        text = self._known.get(row)
        if text is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            text = self._known[row] = self._spell(row)
        return text

    def _spell(self, row: tuple[int, ...]) -> str:
        notation = self._notation
        return notation.times.join(
            notation.factor(self._names[weight], len(list(run)))
            for weight, run in groupby(row)
            if weight >= 0
        )


def _by_value(values: NDArray[Any], spell: Callable[[Any], str]) -> NDArray[np.object_]:
    """Return how each value is spelled, asking once for each different one."""
    listed = values.tolist()
    known = {value: spell(value) for value in set(listed)}
    result = np.empty(len(listed), dtype=object)
    result[:] = [known[value] for value in listed]
    return result
