"""The classes of a layer's weights as patterns of equal indices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise, permutations
from math import comb, factorial, prod

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import TooLargeError
from polyconstraints.spec.groups.letters import (
    Pattern,
    arranged,
    canonical,
    has_subsets,
    met,
    patterns,
    relabellings,
    scopes,
)
from polyconstraints.spec.groups.tree import Construction, Scope

__all__ = ["LayerPatterns", "PatternClass", "falling"]

#: Patterns of a layer that are listed.
MAX_PATTERNS = 50_000


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
        One pattern, or all those that exchanging input indices makes of one.
    labels : tuple of (sort, int)
        For each scope of the patterns its sort and its number of labels. The class has
        weights where every sort has that many letters.
    divisor : int
        In how many ways the letters of one weight can be named: with ordered indices, or in
        subsets, letters can change places and leave the weight as it is.
    orders : int
        In how many orders the input indices of one weight can stand.
    """

    members: tuple[Pattern, ...]
    labels: tuple[tuple[int, int], ...]
    divisor: int
    orders: int

    def needs(self, sorts: int) -> tuple[int, ...]:
        """Return how many letters of each sort the class needs, at least 1 of each."""
        least = [1] * sorts
        for sort, count in self.labels:
            least[sort] = max(least[sort], count)
        return tuple(least)

    def weights(self, sizes: Sequence[int]) -> int:
        """Return the number of weights for given numbers of letters."""
        return prod(falling(sizes[sort], count) for sort, count in self.labels) // self.divisor


@dataclass(frozen=True)
class LayerPatterns:
    """The classes of the weights of one layer, for every number of letters.

    Attributes
    ----------
    output, inputs : Construction
        What the axes of the weight array run over, as points made of letters; ``inputs`` has
        the homogenising unit.
    degree : int
        Number of input axes.
    ordered : bool
        Whether only weights with i ≥ j ≥ … exist, so that exchanging them is no difference.

    Examples
    --------
    >>> from polyconstraints.spec.groups.tree import Letters
    >>> layer = LayerPatterns(Letters(0), Letters(0), 2, ordered=True)
    >>> [layer.text(number) for number in range(len(layer.classes))]
    ['a_a_a', 'a_b_a', 'a_b_b', 'a_b_c']
    >>> layer.array((2,))[0].tolist()
    [[0, -1], [1, 2]]
    """

    output: Construction
    inputs: Construction
    degree: int
    ordered: bool

    @property
    def positions(self) -> tuple[Construction, ...]:
        """What each axis of the weight array runs over."""
        return (self.output, *(self.inputs,) * self.degree)

    @cached_property
    def classes(self) -> tuple[PatternClass, ...]:
        """The classes, in the order of their smallest weights where every one has weights.

        That order is the same for every number of letters.

        Raises
        ------
        TooLargeError
            If there are too many patterns to be listed.
        """
        seen: set[Pattern] = set()
        found: list[PatternClass] = []
        for pattern in islice(patterns(self.positions), MAX_PATTERNS + 1):
            if pattern not in seen:
                found.append(self._class_of(pattern))
                seen.update(found[-1].members)
        if len(seen) > MAX_PATTERNS:
            raise TooLargeError(
                f"expected at most {MAX_PATTERNS} patterns of equal indices in a layer, got "
                "more; for a given number of inputs none is listed"
            )
        if not self.ordered and not any(map(has_subsets, self.positions)):
            # A pattern has the labels of its smallest weight, and addresses the points' order.
            return tuple(sorted(found, key=lambda one: one.members[0]))
        enough = self._enough(found)
        return tuple(sorted(found, key=lambda one: self._smallest(one.members[0], enough)))

    def _class_of(self, pattern: Pattern) -> PatternClass:
        positions = self.positions
        mirrored = [pattern]
        if self.ordered and self.degree > 1:
            output, *inputs = pattern
            mirrored = [(output, *order) for order in dict.fromkeys(permutations(inputs))]
        if len(mirrored) > 1 or any(map(has_subsets, positions)):
            members = dict.fromkeys(canonical(positions, one) for one in mirrored)
            forms = {way for one in mirrored for way in arranged(positions, one)}
            # As many ways to write the weight look alike as its letters can be exchanged.
            own = met(positions, pattern)
            divisor = sum(met(positions, way) == own for way in forms)
        else:
            members, divisor = dict.fromkeys(mirrored), 1
        counts = scopes(positions, pattern)
        labels = tuple(sorted((scope[0], count) for scope, count in counts.items()))
        return PatternClass(tuple(members), labels, divisor, len(set(permutations(pattern[1:]))))

    @cached_property
    def sorts(self) -> int:
        """Number of sorts that the layer's points are made of."""
        return _sorts(self.classes)

    def _enough(self, classes: Iterable[PatternClass]) -> tuple[int, ...]:
        """Return a number of letters of each sort with which every class has weights."""
        classes = list(classes)
        needs = [one.needs(_sorts(classes)) for one in classes]
        return tuple(map(max, zip(*needs, strict=True)))

    def _smallest(self, pattern: Pattern, sizes: Sequence[int]) -> int:
        """Return the number of the smallest weight of a pattern's class.

        It is among those that permuting the labels gives: replacing letters by smaller ones
        in the same order never makes a tuple of points larger.
        """
        labelled, count = relabellings(self.positions, pattern)
        return int(np.broadcast_to(self._number(labelled, sizes), count).min())

    def _number(self, labelled: Sequence[object], sizes: Sequence[int]) -> NDArray[np.int64]:
        """Return the numbers of weights, given labels or arrays of labels."""
        letters = self.inputs.size(sizes)
        found = self.output.number(labelled[0], sizes)
        indices = [self.inputs.number(address, sizes) for address in labelled[1:]]
        if self.ordered:
            descending = -np.sort(-np.stack(np.broadcast_arrays(*indices)), axis=0)
            products, number = self._products(letters), 0
            for at, index in enumerate(descending):
                left, top = self.degree - at, index
                for following in range(1, left):
                    top = top * (index + following)
                number = number + top // factorial(left)
            return np.asarray(found * products + number)
        for index in indices:
            found = found * letters + index
        return np.asarray(found)

    def present(self, sizes: Sequence[int]) -> list[int]:
        """Return the classes that have weights, in the order of their smallest weights."""
        least = enumerate(one.needs(len(sizes)) for one in self.classes)
        return [
            number
            for number, needs in least
            if all(size >= need for size, need in zip(sizes, needs, strict=True))
        ]

    def _products(self, letters: int) -> int:
        if self.ordered:
            return comb(letters + self.degree - 1, self.degree)
        return int(letters**self.degree)

    def weights(self, sizes: Sequence[int]) -> int:
        """Return the number of weights of the layer."""
        return self.output.size(sizes) * self._products(self.inputs.size(sizes))

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
        array of shape (outputs, inputs, …)
            With -1 where there is no weight.

        Notes
        -----
        Each pattern is a strided view of the array, with equal indices as one axis.
        Patterns with more different letters are written first and then overwritten where
        letters coincide, so the time is a small multiple of that for filling the array.
        """
        order = self.present(sizes)
        names = enumerate(order) if numbers is None else ((numbers[one], one) for one in order)
        writes = [
            (member, name) for name, number in names for member in self.classes[number].members
        ]
        return self.written(writes, sizes)

    def written(
        self, writes: Iterable[tuple[Pattern, int]], sizes: Sequence[int]
    ) -> NDArray[np.int64]:
        """Return an array with a number at all weights of each given pattern."""
        # Subsets have no strides of their own: they are cut out of all tuples.
        whole = [points.expanded() for points in self.positions]
        result = np.full([points.size(sizes) for points in whole], -1, dtype=np.int64)
        for pattern, number in sorted(writes, key=lambda write: -self._letters(write[0])):
            for way in arranged(self.positions, pattern):
                self._view(result, way, sizes)[...] = number
        if whole != list(self.positions):
            result = result[np.ix_(*(points.kept(sizes) for points in self.positions))]
        if self.ordered:
            axes = np.ogrid[(slice(result.shape[1]),) * self.degree]
            for large, small in pairwise(axes):
                np.copyto(result, -1, where=large < small)
        return result

    def _letters(self, pattern: Pattern) -> int:
        return sum(scopes(self.positions, pattern).values())

    def _view(
        self, array: NDArray[np.int64], pattern: Sequence[object], sizes: Sequence[int]
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
        return "_".join(points.label(address) for points, address in pairs)

    def _shown(self, number: int) -> Pattern:
        """Return the pattern that names a class: with ordered indices one with i ≥ j ≥ …."""
        members = self.classes[number].members
        if not self.ordered:
            return members[0]
        enough = self._enough(self.classes)

        def descending(pattern: Pattern) -> bool:
            numbers = [self.inputs.number(address, enough) for address in pattern[1:]]
            return all(large >= small for large, small in pairwise(numbers))

        return next((member for member in members if descending(member)), members[0])


def _sorts(classes: Iterable[PatternClass]) -> int:
    return max((sort for one in classes for sort, _ in one.labels), default=-1) + 1
