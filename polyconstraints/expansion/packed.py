"""All terms of an expansion, written out as machine words.

A term is a path through the graph, so it is known by the edge that it takes in each layer,
and the product of the layers' numbers of edges is small: a *key* is the mixed-radix number
of those edges, the last layer's first, and nearly always fits one word. Keys of one monomial
ascend in the order of the terms' weights, which for a fixed monomial is the lexicographic
order of monomials in W_{d-1}, …, W_0. So the terms come out grouped and sorted, and nothing
is hashed, compared or collected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.expansion.graph import ExpansionGraph
from polyconstraints.expansion.paths import PathFinder, Paths, stretches

__all__ = ["KeyLayout", "PackedTerms", "Packer", "smallest_dtype"]

Integers = NDArray[Any]
Exponents = tuple[int, ...]

_WORD = 1 << 64

#: Terms that are packed together: few enough to stay in a processor's cache.
_BLOCK = 1 << 16


def smallest_dtype(largest: int) -> type:
    """Return the smallest unsigned integer type that holds a number, or ``object``.

    Examples
    --------
    >>> smallest_dtype(48), smallest_dtype(1 << 40), smallest_dtype(1 << 64)
    (<class 'numpy.uint8'>, <class 'numpy.uint64'>, <class 'object'>)
    """
    for dtype in (np.uint8, np.uint16, np.uint32, np.uint64):
        if largest <= np.iinfo(dtype).max:
            return dtype
    return object


@dataclass(frozen=True)
class KeyLayout:
    """How terms of a network are packed.

    Attributes
    ----------
    radices : tuple of int
        Number of edges of each layer, from the first to the last; for the last layer the
        number of its weights, so that keys of different outputs differ.
    words : tuple of tuple of int
        The layers that each word holds, from the most significant one down.

    Examples
    --------
    >>> KeyLayout.of([177501, 361, 60])
    KeyLayout(radices=(177501, 361, 60), words=((2, 1, 0),))
    >>> KeyLayout.of([1 << 40, 1 << 30, 1 << 30]).words
    ((2, 1), (0,))
    """

    radices: tuple[int, ...]
    words: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, radices: Sequence[int]) -> KeyLayout:
        """Return the layout with the fewest words in which no layer is split."""
        words: list[tuple[int, ...]] = []
        size = 1
        for layer in reversed(range(len(radices))):
            size *= radices[layer]
            if not words or size > _WORD:
                words.append(())
                size = radices[layer]
            words[-1] = (*words[-1], layer)
        return cls(tuple(radices), tuple(words))

    @property
    def dtypes(self) -> tuple[type, ...]:
        """The type of each word, as small as it may be."""
        return tuple(smallest_dtype(self._size(word) - 1) for word in self.words)

    def _size(self, word: tuple[int, ...]) -> int:
        size = 1
        for layer in word:
            size *= self.radices[layer]
        return size

    def place(self, layer: int) -> tuple[int, int]:
        """Return the word that holds a layer, and the factor that its number has there."""
        for index, word in enumerate(self.words):
            if layer in word:
                return index, self._size(word[word.index(layer) + 1 :])
        raise IndexError(f"expected a layer from 0 to {len(self.radices) - 1}, got {layer}")

    def pack(self, fields: Sequence[Integers]) -> tuple[Integers, ...]:
        """Return the words of keys, given each layer's numbers from the first to the last."""
        words = []
        for layers, dtype in zip(self.words, self.dtypes, strict=True):
            word: Integers = np.zeros(len(fields[0]), dtype=dtype)
            for layer in layers:
                word = word * dtype(self.radices[layer]) + fields[layer].astype(dtype)
            words.append(word)
        return tuple(words)

    def unpack(self, words: Sequence[Integers]) -> list[NDArray[np.int64]]:
        """Return each layer's numbers, from the first to the last.

        Examples
        --------
        >>> layout = KeyLayout.of([10, 7])
        >>> [field.tolist() for field in layout.unpack(layout.pack(np.array([[3, 9], [6, 2]])))]
        [[3, 9], [6, 2]]
        """
        fields: dict[int, NDArray[np.int64]] = {}
        for layers, word in zip(self.words, words, strict=True):
            rest = word
            for layer in reversed(layers):
                rest, number = np.divmod(rest, word.dtype.type(self.radices[layer]))
                fields[layer] = number.astype(np.int64)
        return [fields[layer] for layer in range(len(self.radices))]


@dataclass(frozen=True)
class PackedTerms:
    """Terms of one output as keys and coefficients, grouped by monomials in the inputs.

    Attributes
    ----------
    layout : KeyLayout
    words : tuple of arrays of shape (terms,)
        The keys, the most significant word first.
    coefficients : array of shape (terms,)
        Positive integers, in the smallest type that holds them all.
    monomials : tuple of tuple of int
        Exponents of the inputs of each group.
    starts : array of shape (groups + 1,)
        ``starts[g]:starts[g+1]`` are the terms of group ``g``.

    Notes
    -----
    Within a group keys ascend, in the order of :class:`~polyconstraints.expansion.Terms`.
    :meth:`Expansion.terms` turns keys back into weights.
    """

    layout: KeyLayout
    words: tuple[Integers, ...]
    coefficients: Integers
    monomials: tuple[Exponents, ...]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.coefficients)

    @property
    def nbytes(self) -> int:
        """Size of keys and coefficients in bytes."""
        return int(sum(word.nbytes for word in self.words) + self.coefficients.nbytes)

    def __getitem__(self, group: int) -> PackedTerms:
        part = slice(int(self.starts[group]), int(self.starts[group + 1]))
        return PackedTerms(
            self.layout,
            tuple(word[part] for word in self.words),
            self.coefficients[part],
            self.monomials[group : group + 1],
            np.array([0, part.stop - part.start]),
        )


class Packer:
    """Writes out the terms of outputs.

    Parameters
    ----------
    graph : ExpansionGraph
    finder : PathFinder
    largest_coefficient : int
        A bound for the coefficients of terms.
    """

    def __init__(self, graph: ExpansionGraph, finder: PathFinder, largest_coefficient: int) -> None:
        self.graph = graph
        self.finder = finder
        self.coefficient_dtype = smallest_dtype(largest_coefficient)
        edges = [len(step.child) for step in graph.steps[:-1]]
        self.layout = KeyLayout.of([*edges, graph.network.layers[-1].weights])

    @cached_property
    def _bottom(self) -> tuple[Integers, Integers]:
        """Key part and coefficient of the first layer's edges, sorted as they are used."""
        order = self.finder.bottom_order
        coefficient = self.graph.steps[0].coefficient[order]
        dtype = self.layout.dtypes[-1]
        return order.astype(dtype), coefficient.astype(self.coefficient_dtype)

    def fill(
        self, output: int, monomial: int, words: Sequence[Integers], coefficients: Integers
    ) -> int:
        """Write the terms of one monomial's coefficient into arrays; return their number.

        The arrays may be longer.
        """
        upper = self.finder.upper
        if upper is None:
            return self._fill_by_search(output, monomial, words, coefficients)
        prefixes, upper_coefficient, shape = self._upper
        field, edge_coefficient = self._bottom
        first, count = self.finder.bottom(slice(None), monomial)
        first, count = first[shape], count[shape]
        filled = 0
        for part in stretches(count, _BLOCK):
            counts = count[part]
            size = int(counts.sum())
            target = slice(filled, filled + size)
            place = np.repeat(first[part] - (np.cumsum(counts) - counts), counts)
            place += np.arange(size)
            for word, prefix in zip(words[:-1], prefixes[:-1], strict=True):
                word[target] = np.repeat(prefix[part], counts)
            np.add(np.repeat(prefixes[-1][part], counts), field[place], out=words[-1][target])
            np.multiply(
                np.repeat(upper_coefficient[part], counts),
                edge_coefficient[place],
                out=coefficients[target],
            )
            filled += size
        self._rename(output, [word[:filled] for word in words])
        return filled

    @cached_property
    def _upper(self) -> tuple[tuple[Integers, ...], Integers, NDArray[np.int32]]:
        """Key parts and coefficients of the paths to level 1, and the shapes they end in."""
        paths = self.finder.upper
        if paths is None:
            raise ValueError("expected paths that are few enough to be kept")
        none = np.zeros(len(paths), dtype=np.int64)
        prefixes = self.layout.pack([none, *reversed(paths.edges)])
        coefficient: Integers = paths.coefficient.astype(self.coefficient_dtype)
        return prefixes, coefficient, self.graph.levels[1].shape[paths.end]

    def _rename(self, output: int, words: Sequence[Integers]) -> None:
        """Turn the keys of the first output into those of another one, in place."""
        last = self.graph.network.layers[-1]
        index, factor = self.layout.place(last.index)
        if output:
            word = words[index]
            word += word.dtype.type(output * last.products * factor)

    def _fill_by_search(
        self, output: int, monomial: int, words: Sequence[Integers], coefficients: Integers
    ) -> int:
        filled = 0
        while True:
            paths = self.finder.between(output, monomial, filled, filled + _BLOCK)
            if not len(paths):
                return filled
            target = slice(filled, filled + len(paths))
            for word, part in zip(words, self.pack(output, paths), strict=True):
                word[target] = part
            coefficients[target] = paths.coefficient
            filled += len(paths)

    def pack(self, output: int, paths: Paths) -> tuple[Integers, ...]:
        """Return the keys of whole paths."""
        words = self.layout.pack(list(reversed(paths.edges)))
        self._rename(output, words)
        return words

    def renamed(self, packed: PackedTerms, output: int) -> PackedTerms:
        """Return the terms of another output, given those of the first one."""
        words = tuple(word.copy() for word in packed.words)
        self._rename(output, words)
        return PackedTerms(
            packed.layout, words, packed.coefficients, packed.monomials, packed.starts
        )

    def packed(self, output: int, monomials: Sequence[Exponents], states: list[int]) -> PackedTerms:
        """Return the terms of some monomials, also given as states of the lowest level."""
        sizes = self.finder.sizes[states]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        words: tuple[Integers, ...] = tuple(
            np.empty(int(starts[-1]), dtype=dtype) for dtype in self.layout.dtypes
        )
        coefficients: Integers = np.empty(int(starts[-1]), dtype=self.coefficient_dtype)
        for state, start in zip(states, starts[:-1].tolist(), strict=True):
            self.fill(output, state, [word[start:] for word in words], coefficients[start:])
        return PackedTerms(self.layout, words, coefficients, tuple(monomials), starts)
