"""The classes of a layer's weights as patterns of equal indices, for every n at once.

The orbit of a tuple of points that are made of letters, under the symmetric groups of the letters,
is its *pattern*: the addresses with the letters labelled 0, 1, … in the order in which they are
met. Inside a block of a wreath product letters are labelled anew, since the groups of different
blocks have nothing to do with one another. In a subset no order of the points is given, so that
the pattern is the least one that any order gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, pairwise, permutations
from math import factorial, prod
from operator import ge
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.equalities.coefficients import FunctionCoefficients, TensorCoefficients
from polyconstraints.errors import TooLargeError
from polyconstraints.spec.groups.constructions import Product, Selection
from polyconstraints.spec.groups.tree import Address, Construction, Scope

#: The addresses of a tuple of points, one for each position.
Pattern = tuple[Address, ...]

#: Most ways to name the letters of one pattern that are compared.
_MAX_RELABELLINGS = 1_000_000

#: Patterns of a layer that are listed.
_MAX_PATTERNS = 50_000


def patterns(points: Product) -> Iterator[Pattern]:
    """Yield the orbits of the symmetric groups on tuples of points, each by its pattern."""
    found: Iterator[Any] = (address for address, _ in points.choices({}))
    if not _has_subsets(points):
        yield from found
        return
    seen: set[Pattern] = set()
    for pattern in found:
        least = canonical(points, pattern)
        if least not in seen:
            seen.add(least)
            yield least


def _has_subsets(points: Construction) -> bool:
    """Return whether points are made of subsets, in which no order of the letters is given."""
    own = isinstance(points, Selection) and not points.ordered
    return own or any(map(_has_subsets, points.parts))


def _has_selections(points: Construction) -> bool:
    return isinstance(points, Selection) or any(map(_has_selections, points.parts))


def _met(points: Product, address: Any) -> Pattern:
    """Return an address with its labels counted from 0 in the order in which they are met."""
    names: dict[Scope, dict[int, int]] = {}

    def rename(scope: Scope, label: int) -> int:
        known = names.setdefault(scope, {})
        return known.setdefault(label, len(known))

    found: Pattern = points.renamed(address, rename)
    return found


def canonical(points: Product, address: Any) -> Pattern:
    """Return the pattern of a tuple of points, given by addresses with any labels."""
    return min(points.normal(_met(points, one)) for one in points.arrangements(address))


def scopes(points: Construction, address: Any) -> dict[Scope, int]:
    """Return how many labels an address has in each scope."""
    counts: dict[Scope, int] = {}

    def count(scope: Scope, label: int) -> None:
        counts[scope] = max(counts.get(scope, 0), label + 1)

    points.renamed(address, count)
    return counts


def _relabellings(points: Product, pattern: Pattern) -> tuple[Any, int]:
    """Return a pattern with its labels permuted in all ways that leave the first point least.

    Arrays of labels stand in the place of the labels; their length, the number of ways, is
    returned too. Replacing letters by smaller ones in the same order never makes a point larger,
    so the first point is least where its letters have the first labels: in the order in which
    they are met, or, where it is made of subsets, in some order.
    """
    counts, first = scopes(points, pattern), scopes(points.parts[0], pattern[0])
    moved = _has_subsets(points.parts[0])
    own = {scope: (first.get(scope, 0), count) for scope, count in counts.items()}
    ways = [factorial(at if moved else 0) * factorial(count - at) for at, count in own.values()]
    total = prod(ways)
    if total > _MAX_RELABELLINGS:
        raise TooLargeError(
            f"expected patterns whose letters can be named in at most {_MAX_RELABELLINGS} ways, "
            f"got one with {total}; a number of inputs needs no patterns"
        )
    labels: dict[Scope, NDArray[np.int64]] = {}
    repeats = 1
    for (scope, (at, count)), many in zip(own.items(), ways, strict=True):
        starts = permutations(range(at)) if moved else [tuple(range(at))]
        orders = [(*start, *rest) for start in starts for rest in permutations(range(at, count))]
        table = np.array(orders, dtype=np.int64).reshape(many, count)
        labels[scope] = np.tile(np.repeat(table, repeats, axis=0), (total // many // repeats, 1)).T
        repeats *= many
    return points.renamed(pattern, lambda scope, label: labels[scope][label]), total


def _needs(labels: Iterable[tuple[int, int]], sorts: int) -> tuple[int, ...]:
    """Return how many letters of each sort there are in scopes of sorts, at least 1 of each."""
    least = [1] * sorts
    for sort, count in labels:
        least[sort] = max(least[sort], count)
    return tuple(least)


@dataclass(frozen=True)
class PatternClass:
    """Patterns whose weights are one weight."""

    #: One pattern, or all those that exchanging input indices makes of one.
    members: tuple[Pattern, ...]
    #: For each scope of the patterns its sort and its number of labels. The class has weights
    #: where every sort has that many letters.
    labels: tuple[tuple[int, int], ...]
    #: In how many ways the letters of one weight can be named: with ordered indices, or in
    #: subsets, letters can change places and leave the weight as it is.
    divisor: int
    #: In how many orders the input indices of one weight can stand.
    orders: int

    def needs(self, sorts: int) -> tuple[int, ...]:
        """Return how many letters of each sort the class needs, at least 1 of each."""
        return _needs(self.labels, sorts)


@dataclass(frozen=True)
class LayerPatterns:
    """The classes of the weights of one layer, for every number of letters."""

    #: What the axes of the weight array run over, as points made of letters; ``inputs`` has the
    #: homogenising unit.
    output: Construction
    inputs: Construction
    #: Number of input axes.
    degree: int
    #: Whether only weights with i ≥ j ≥ … exist, so that exchanging them is no difference.
    ordered: bool
    #: The class of every pattern, where a document has others than :attr:`classes`.
    stated: Mapping[Pattern, int] | None = field(default=None, hash=False)

    @cached_property
    def points(self) -> Product:
        """What a weight is: a tuple of the points that the axes of the array run over."""
        return Product((self.output, *(self.inputs,) * self.degree))

    @cached_property
    def classes(self) -> tuple[PatternClass, ...]:
        """The classes, in the order of their smallest weights where every one has weights.

        That order is the same for every number of letters. Too many to be listed are refused.
        """
        seen: set[Pattern] = set()
        found: list[PatternClass] = []
        for pattern in islice(patterns(self.points), _MAX_PATTERNS + 1):
            if pattern not in seen:
                found.append(self._class_of(pattern))
                seen.update(found[-1].members)
        if len(seen) > _MAX_PATTERNS:
            raise TooLargeError(
                f"expected at most {_MAX_PATTERNS} patterns of equal indices in a layer, got "
                "more; for a given number of inputs none is listed"
            )
        if not self.ordered and not _has_subsets(self.points):
            # A pattern has the labels of its smallest weight, and addresses the points' order.
            return tuple(sorted(found, key=lambda one: one.members[0]))
        enough = _enough(found)
        return tuple(sorted(found, key=lambda one: self._smallest(one.members[0], enough)))

    def _class_of(self, pattern: Pattern) -> PatternClass:
        points = self.points
        mirrored = [pattern]
        if self.ordered and self.degree > 1:
            output, *inputs = pattern
            mirrored = [(output, *order) for order in dict.fromkeys(permutations(inputs))]
        if len(mirrored) > 1 or _has_subsets(points):
            members = dict.fromkeys(canonical(points, one) for one in mirrored)
            forms = {way for one in mirrored for way in points.arrangements(one)}
            # As many ways to write the weight look alike as its letters can be exchanged.
            own = _met(points, pattern)
            divisor = sum(_met(points, way) == own for way in forms)
        else:
            members, divisor = dict.fromkeys(mirrored), 1
        counts = scopes(points, pattern)
        labels = tuple(sorted((scope[0], count) for scope, count in counts.items()))
        return PatternClass(tuple(members), labels, divisor, len(set(permutations(pattern[1:]))))

    def _smallest(self, pattern: Pattern, sizes: Sequence[int]) -> int:
        """Return the number of the smallest weight of a pattern's class.

        It is among those that permuting the labels gives: replacing letters by smaller ones
        in the same order never makes a tuple of points larger.
        """
        labelled, count = _relabellings(self.points, pattern)
        return int(np.broadcast_to(self._number(labelled, sizes), count).min())

    def _number(self, labelled: Sequence[object], sizes: Sequence[int]) -> NDArray[np.int64]:
        """Return the numbers of weights, given labels or arrays of labels."""
        output, *products = np.broadcast_arrays(*self._indices(labelled, sizes))
        space = self._space(sizes)
        rows = np.stack(products).reshape(self.degree, -1).T
        return output * space.monomials + space.rank(rows).reshape(output.shape)

    def needs(self, pattern: Pattern, sorts: int) -> tuple[int, ...]:
        """Return how many letters of each sort a pattern needs, at least 1 of each."""
        counts = scopes(self.points, pattern)
        return _needs(((sort, count) for (sort, _), count in counts.items()), sorts)

    @cached_property
    def numbers(self) -> Mapping[Pattern, int]:
        """The class of every pattern."""
        if self.stated is not None:
            return self.stated
        pairs = enumerate(self.classes)
        return {member: number for number, one in pairs for member in one.members}

    def present(self, sizes: Sequence[int]) -> list[int]:
        """Return the classes that have weights for given numbers of letters, ascending."""
        found = {
            number
            for pattern, number in self.numbers.items()
            if all(map(ge, sizes, self.needs(pattern, len(sizes))))
        }
        return sorted(found)

    def weights(self, sizes: Sequence[int]) -> int:
        """Return the number of weights of the layer."""
        return self._space(sizes).size

    def _space(self, sizes: Sequence[int]) -> FunctionCoefficients | TensorCoefficients:
        """Return the numbering of the weights."""
        kind = FunctionCoefficients if self.ordered else TensorCoefficients
        return kind(self.output.size(sizes), self.inputs.size(sizes), self.degree)

    def tied(self, sizes: Sequence[int]) -> NDArray[np.int64]:
        """Return the class of every weight, numbered in the order of the smallest weights."""
        raw = self.array(sizes)
        flat = raw.reshape(-1)
        # The first weight of each class; there are few classes, so no sort of the weights.
        firsts = {number: int(np.argmax(flat == number)) for number in set(self.numbers.values())}
        kept = sorted((first, number) for number, first in firsts.items() if flat[first] == number)
        order = [number for _, number in kept]
        if order == list(range(len(order))):
            return raw
        table = np.full(max(firsts) + 2, -1, dtype=np.int64)
        table[order] = range(len(order))
        return table[raw]

    def array(self, sizes: Sequence[int]) -> NDArray[np.int64]:
        """Return the class of every weight, -1 where there is none.

        Letters run over all values, equal ones included. Patterns with more different letters
        are written first and then overwritten where letters coincide, so the time is a small
        multiple of that for filling the array.
        """
        shape = [points.size(sizes) for points in self.points.parts]
        # What is no point, a subset of equal ones, is written behind the others.
        spare = int(_has_selections(self.points))
        result = np.full([size + spare for size in shape], -1, dtype=np.int64)
        counts = {pattern: scopes(self.points, pattern) for pattern in self.numbers}
        for pattern in sorted(counts, key=lambda pattern: -sum(counts[pattern].values())):
            indices = self._indices(self._all(pattern, counts[pattern], sizes), sizes)
            if spare:
                indices = tuple(map(np.minimum, indices, shape))
            result[indices] = self.numbers[pattern]
        if spare:
            result = np.ascontiguousarray(result[tuple(map(slice, shape))])
        if self.ordered:
            axes = np.ogrid[(slice(result.shape[1]),) * self.degree]
            for large, small in pairwise(axes):
                np.copyto(result, -1, where=large < small)
        return result

    def _all(self, pattern: Pattern, counts: Mapping[Scope, int], sizes: Sequence[int]) -> Any:
        """Return a pattern with arrays of all letters in the place of the labels."""
        labels = [(scope, label) for scope, count in counts.items() for label in range(count)]
        letters = np.ogrid[tuple(slice(sizes[sort]) for (sort, _), _ in labels)] if labels else ()
        named = dict(zip(labels, letters, strict=True))
        return self.points.renamed(pattern, lambda *label: named[label])

    def _indices(self, labelled: Sequence[Any], sizes: Sequence[int]) -> tuple[Any, ...]:
        """Return the indices of weights, given labels or arrays of labels."""
        pairs = zip(self.points.parts, labelled, strict=True)
        return tuple(points.number(address, sizes) for points, address in pairs)

    def pattern_text(self, pattern: Pattern) -> str:
        """Return a pattern with letters for its indices, ``a_b_a``."""
        pairs = zip(self.points.parts, pattern, strict=True)
        return "_".join(points.label(address) for points, address in pairs)

    def text(self, number: int) -> str:
        """Return the text of a class's first pattern, with ordered indices one with i ≥ j ≥ …."""
        members = self.classes[number].members
        if not self.ordered:
            return self.pattern_text(members[0])
        enough = _enough(self.classes)

        def descending(pattern: Pattern) -> bool:
            numbers = [self.inputs.number(address, enough) for address in pattern[1:]]
            return all(large >= small for large, small in pairwise(numbers))

        return self.pattern_text(next(filter(descending, members), members[0]))


def _enough(classes: Sequence[PatternClass]) -> tuple[int, ...]:
    """Return a number of letters of each sort with which every class has weights."""
    sorts = 1 + max((sort for one in classes for sort, _ in one.labels), default=-1)
    needs = [one.needs(sorts) for one in classes]
    return tuple(map(max, zip(*needs, strict=True)))
