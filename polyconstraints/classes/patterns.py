"""The classes of a layer's weights as patterns of equal indices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.groups.points import (
    Pattern,
    Points,
    Scope,
    canonical,
    patterns,
    relabellings,
    scopes,
)

__all__ = ["LayerPatterns", "PatternClass", "falling"]


def falling(n: int, length: int) -> int:
    """Return the number n (n-1) … (n-length+1) of ways to choose letters one after another.

    Examples
    --------
    >>> falling(5, 2), falling(1, 2)
    (20, 0)
    """
    return prod(range(n, n - length, -1)) if n >= length else 0


@dataclass(frozen=True)
class PatternClass:
    """Patterns whose weights are one weight.

    Attributes
    ----------
    members : tuple of Pattern
        One pattern, or the two that exchanging i and j makes of one.
    labels : tuple of (sort, int)
        For each scope of the patterns its sort and its number of labels. The class has
        weights where every sort has that many letters.
    symmetric : bool
        Whether exchanging i and j gives the pattern back though the two differ: with ordered
        indices there is then one weight for every two tuples.
    """

    members: tuple[Pattern, ...]
    labels: tuple[tuple[int, int], ...]
    symmetric: bool

    def needs(self, sorts: int) -> tuple[int, ...]:
        """Return how many letters of each sort the class needs, at least 1 of each."""
        least = [1] * sorts
        for sort, count in self.labels:
            least[sort] = max(least[sort], count)
        return tuple(least)

    def weights(self, sizes: Sequence[int]) -> int:
        """Return the number of weights for given numbers of letters."""
        tuples = prod(falling(sizes[sort], count) for sort, count in self.labels)
        return tuples // 2 if self.symmetric else tuples


def _sorts(classes: Iterable[PatternClass]) -> int:
    return max((sort for one in classes for sort, _ in one.labels), default=-1) + 1


@dataclass(frozen=True)
class LayerPatterns:
    """The classes of the weights of one layer, for every number of letters.

    Attributes
    ----------
    output, inputs : Points
        What the axes of the weight array run over; ``inputs`` has the homogenising unit.
    degree : int
        Number of input axes, 1 or 2.
    ordered : bool
        Whether only weights with i ≥ j exist, so that exchanging them is no difference.

    Examples
    --------
    >>> from polyconstraints.spec.groups.points import Letters
    >>> layer = LayerPatterns(Letters(0), Letters(0), 2, ordered=True)
    >>> [layer.text(number) for number in range(len(layer.classes))]
    ['a_a_a', 'a_b_a', 'a_b_b', 'a_b_c']
    >>> layer.array((2,))[0].tolist()
    [[0, -1], [1, 2]]
    """

    output: Points
    inputs: Points
    degree: int
    ordered: bool

    @property
    def positions(self) -> tuple[Points, ...]:
        """What each axis of the weight array runs over."""
        return (self.output, *(self.inputs,) * self.degree)

    @cached_property
    def classes(self) -> tuple[PatternClass, ...]:
        """The classes, in the order of their smallest weights where every one has weights."""
        positions = self.positions
        found: dict[Pattern, PatternClass] = {}
        for pattern in patterns(positions):
            mirrored = self._mirrored(pattern)
            first = min(pattern, mirrored, key=repr)
            if first in found:
                continue
            members = (pattern,) if mirrored == pattern else (pattern, mirrored)
            counts = scopes(positions, pattern)
            symmetric = self.ordered and mirrored == pattern and pattern[1] != pattern[2]
            labels = tuple(sorted((scope[0], count) for scope, count in counts.items()))
            found[first] = PatternClass(members, labels, symmetric)
        enough = (len(positions),) * _sorts(found.values())
        return tuple(sorted(found.values(), key=lambda one: self.smallest(one, enough)))

    @cached_property
    def sorts(self) -> int:
        """Number of sorts that the layer's points are made of."""
        return _sorts(self.classes)

    def _mirrored(self, pattern: Pattern) -> Pattern:
        """Return the pattern with i and j exchanged where their order makes no difference."""
        if not self.ordered:
            return pattern
        output, i, j = pattern
        return canonical(self.positions, (output, j, i))

    def smallest(self, one: PatternClass, sizes: Sequence[int]) -> int:
        """Return the number of the smallest weight of a class that has some."""
        return min(
            self._number(labelled, sizes)
            for member in one.members
            for labelled in relabellings(self.positions, member)
        )

    def _number(self, labelled: Pattern, sizes: Sequence[int]) -> int:
        letters = self.inputs.size(sizes)
        output = self.output.number(labelled[0], sizes)
        indices = [self.inputs.number(address, sizes) for address in labelled[1:]]
        if not self.ordered:
            number = output
            for index in indices:
                number = number * letters + index
            return number
        large, small = sorted(indices, reverse=True)
        return output * (letters * (letters + 1) // 2) + large * (large + 1) // 2 + small

    def present(self, sizes: Sequence[int]) -> list[int]:
        """Return the classes that have weights, in the order of their smallest weights."""
        least = [(number, one.needs(len(sizes))) for number, one in enumerate(self.classes)]
        found = [
            number
            for number, needs in least
            if all(size >= need for size, need in zip(sizes, needs, strict=True))
        ]
        return sorted(found, key=lambda number: self.smallest(self.classes[number], sizes))

    def weights(self, sizes: Sequence[int]) -> int:
        """Return the number of weights of the layer."""
        letters = self.inputs.size(sizes)
        products = letters * (letters + 1) // 2 if self.ordered else letters**self.degree
        return self.output.size(sizes) * products

    def array(
        self, sizes: Sequence[int], numbers: Sequence[int] | None = None
    ) -> NDArray[np.int64]:
        """Return the class of every weight.

        Parameters
        ----------
        sizes : sequence of int
            Number of letters of each sort.
        numbers : sequence of int, optional
            What to call each class; their place in the order of the smallest weights unless
            given.

        Returns
        -------
        array of shape (outputs, inputs[, inputs])
            With -1 where there is no weight.

        Notes
        -----
        Each pattern is a strided view of the array, with equal indices as one axis.
        Patterns with more different letters are written first and then overwritten where
        letters coincide, so the time is a small multiple of that for filling the array.
        """
        order = self.present(sizes)
        if numbers is None:
            names = dict(zip(order, range(len(order)), strict=True))
        else:
            names = {number: numbers[number] for number in order}
        writes = [
            (member, names[number]) for number in order for member in self.classes[number].members
        ]
        return self.written(writes, sizes)

    def written(
        self, writes: Iterable[tuple[Pattern, int]], sizes: Sequence[int]
    ) -> NDArray[np.int64]:
        """Return an array with a number at all weights of each given pattern."""
        result = np.full([points.size(sizes) for points in self.positions], -1, dtype=np.int64)
        for pattern, number in sorted(writes, key=lambda write: -self._letters(write[0])):
            self._view(result, pattern, sizes)[...] = number
        if self.ordered:
            np.copyto(result, -1, where=~np.tri(result.shape[1], dtype=bool))
        return result

    def _letters(self, pattern: Pattern) -> int:
        return sum(scopes(self.positions, pattern).values())

    def _view(
        self, array: NDArray[np.int64], pattern: Pattern, sizes: Sequence[int]
    ) -> NDArray[np.int64]:
        labels: list[tuple[Scope, int]] = []
        for axis in reversed(range(len(pattern))):
            points = self.positions[axis]
            array, found = points.view(array, axis, pattern[axis], sizes)
            labels = found + labels
        axes = {label: at for at, label in enumerate(dict.fromkeys(labels))}
        if not labels:
            return array
        view: NDArray[np.int64] = np.einsum(
            array, [axes[label] for label in labels], list(axes.values())
        )
        return view

    def text(self, number: int) -> str:
        """Return a class's first pattern with letters for its indices, ``a_b_a``."""
        return self.pattern_text(self._shown(number))

    def pattern_text(self, pattern: Pattern) -> str:
        """Return a pattern with letters for its indices."""
        pairs = zip(self.positions, pattern, strict=True)
        return "_".join(points.text(address) for points, address in pairs)

    def _shown(self, number: int) -> Pattern:
        """Return the pattern that names a class: with ordered indices one with i ≥ j."""
        members = self.classes[number].members
        if not self.ordered:
            return members[0]
        enough = (len(self.positions),) * self.sorts

        def descending(pattern: Pattern) -> bool:
            i, j = (self.inputs.number(address, enough) for address in pattern[1:])
            return i >= j

        return next((member for member in members if descending(member)), members[0])
