"""The equalities of a derivation as text, written from weight numbers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice

import numpy as np

from polyconstraints.derivation import Derivation
from polyconstraints.equalities.comparison import Comparison
from polyconstraints.expansion import Expansion
from polyconstraints.io.strict_json import JsonText
from polyconstraints.render.notation import Notation
from polyconstraints.render.terms import TermWriter
from polyconstraints.spec.network import LayerSpec

__all__ = ["Coefficients", "equality_items", "equality_sides", "layer_sides"]

Sides = tuple[str, str]
Advance = Callable[[float], None]

#: Equalities that are written at once.
_BLOCK = 1 << 12

#: Characters of coefficients that are remembered: each one takes part in several equalities.
_REMEMBERED = 1 << 26


def _ignore(steps: float) -> None:
    """Take no notice of progress."""


def equality_sides(
    derivation: Derivation,
    names: Notation,
    *,
    memory_limit: int | None = None,
    advance: Advance = _ignore,
) -> Iterator[Sides]:
    """Yield the two sides of every distinct equality, in the derivation's order.

    Parameters
    ----------
    derivation : Derivation
    names : Notation
    memory_limit : int, optional
        Bytes that the expansion's tables may take, in network scope; half of the free
        memory unless given.
    advance : callable, optional
        Told that one more equality has been written.

    Raises
    ------
    TooLargeError
        If the coefficients of the network would need more memory.

    Notes
    -----
    Memory is bounded: in layer scope by a block of equalities, in network scope by the
    coefficients that are remembered.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.render.notation import notation
    >>> network = pc.NetworkSpec(2, indices="redundant")
    >>> derivation = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> for left, right in equality_sides(derivation, notation(network)):
    ...     print(left, "=", right)
    W0_1_1_1 = W0_2_2_2
    W0_1_2_1 + W0_1_1_2 = W0_2_2_1 + W0_2_1_2
    W0_1_2_2 = W0_2_1_1
    """
    if derivation.solved:
        for layer, comparison in zip(
            derivation.network.layers, derivation.comparisons, strict=True
        ):
            for sides in layer_sides(layer, comparison, names, comparison.pairs()):
                yield sides
                advance(1)
    else:
        for sides in _network_sides(derivation, names, memory_limit):
            yield sides
            advance(1)


def equality_items(
    derivation: Derivation,
    names: Notation,
    *,
    memory_limit: int | None = None,
    advance: Advance = _ignore,
) -> Iterator[JsonText]:
    """Yield the equalities as the items of a JSON document's ``list``."""
    # Names and polynomials hold nothing that JSON would escape.
    sides = equality_sides(derivation, names, memory_limit=memory_limit, advance=advance)
    for left, right in sides:
        yield JsonText(f'{{"left": "{left}", "right": "{right}"}}')


def layer_sides(
    layer: LayerSpec, comparison: Comparison, names: Notation, pairs: Iterable[tuple[int, int]]
) -> Iterator[Sides]:
    """Yield the two sides of equalities of one layer, given as pairs of coefficients."""
    spelled = names.weight_names(layer)
    left_over = iter(pairs)
    while block := list(islice(left_over, _BLOCK)):
        numbers = np.array(block, dtype=np.int64)
        weights = comparison.space.weights(numbers.ravel()).reshape(len(block), 2, -1).tolist()
        for left, right in weights:
            yield _sum(left, spelled), _sum(right, spelled)


def _sum(weights: list[int], spelled: list[str]) -> str:
    return " + ".join([spelled[weight] for weight in weights if weight >= 0])


def _network_sides(
    derivation: Derivation, names: Notation, memory_limit: int | None
) -> Iterator[Sides]:
    coefficients = Coefficients(derivation, names, Expansion(derivation.network, memory_limit))
    for left, pairs in groupby(derivation.comparisons[0].pairs(), key=lambda pair: pair[0]):
        text = coefficients.text(left)
        for _, right in pairs:
            yield text, coefficients.text(right)


class Coefficients:
    """Writes coefficients of the whole network, the latest of them from memory.

    Parameters
    ----------
    derivation : Derivation
        In network scope.
    names : Notation
    expansion : Expansion
    """

    def __init__(self, derivation: Derivation, names: Notation, expansion: Expansion) -> None:
        self._derivation = derivation
        self._expansion = expansion
        self._writer = TermWriter(derivation.network, names)
        self._known: OrderedDict[int, str] = OrderedDict()
        self._size = 0

    def text(self, number: int) -> str:
        """Return a coefficient, given its number in the comparison's space."""
        if number in self._known:
            self._known.move_to_end(number)
            return self._known[number]
        output, monomial = self._derivation.pair(number)
        text = "".join(self._writer.pieces(self._expansion.blocks(output, monomial)))
        self._known[number] = text
        self._size += len(text)
        while self._size > _REMEMBERED:
            self._size -= len(self._known.popitem(last=False)[1])
        return text
