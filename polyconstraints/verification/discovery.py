"""Which permutations leave a network with given weights unchanged.

Two symmetries are looked for: invariance, F(σx) = F(x), and equivariance, F(σx) = σF(x),
where there are as many output components as inputs. The function is compared at random
inputs, so hidden units may have been renamed in any way; whether the same σ on every level
leaves the *weights* unchanged is said beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice, permutations
from math import factorial, prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyconstraints.evaluation import FLOATING, input_jacobian
from polyconstraints.spec.groups import Permutation, PermutationGroup
from polyconstraints.spec.groups.permutations import swap
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.verification.proofs import Coefficients
from polyconstraints.verification.trained import (
    DEFAULT_POINTS,
    Floats,
    default_tolerance,
    evaluate_points,
    fitted,
    random_points,
    relative_errors,
    weight_rows,
)

__all__ = ["Discovery", "Found", "FoundGroup", "discover", "group_name"]

Kind = Literal["equivariant", "invariant"]

#: Numbers of inputs up to which every permutation is tried, and every transposition listed.
_EXHAUSTIVE = 6
_LISTED = 64

#: Permutations that are tried at once.
_TOGETHER = 256

#: How much further than the tolerance derivatives may be apart, which rounding spoils more.
_SLACK = 1000


@dataclass(frozen=True)
class Found:
    """A permutation that leaves the network unchanged.

    Attributes
    ----------
    permutation : tuple of int
        Images of the input components, from 0.
    error : float
        Relative difference of the two sides.
    layerwise : bool
        Whether the same permutation of every level leaves the weights unchanged, too.
    """

    permutation: Permutation
    error: float
    layerwise: bool

    def to_json(self) -> dict[str, Any]:
        """Return the permutation's entry in a document."""
        return {**vars(self), "permutation": list(self.permutation)}


@dataclass(frozen=True)
class FoundGroup:
    """The permutations that leave a network unchanged in one sense.

    Attributes
    ----------
    kind : {"equivariant", "invariant"}
    transpositions : tuple of Found
        The transpositions among them; beyond 64 components those of each class of components
        that can be exchanged with its first one.
    others : tuple of Found
        Others that were tried and are not products of those that came before.
    group : PermutationGroup
        What they generate.
    name : str
        A description such as ``S3`` or ``S3 × S2``.
    order : int
    complete : bool
        Whether all permutations were tried, so that there are no others.
    """

    kind: Kind
    transpositions: tuple[Found, ...]
    others: tuple[Found, ...]
    group: PermutationGroup
    name: str
    order: int
    complete: bool

    def to_json(self) -> dict[str, Any]:
        """Return the group as part of a document."""
        return {
            "kind": self.kind,
            "name": self.name,
            "order": self.order,
            "generators": [list(images) for images in self.group.generators],
            "transpositions": [found.to_json() for found in self.transpositions],
            "others": [found.to_json() for found in self.others],
            "complete": self.complete,
        }


@dataclass(frozen=True)
class Discovery:
    """What :func:`discover` found.

    Attributes
    ----------
    network : NetworkSpec
    tolerance : float
    groups : tuple of FoundGroup
        Invariance, and equivariance where it makes sense.
    """

    network: NetworkSpec
    tolerance: float
    groups: tuple[FoundGroup, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``discovery``."""
        return {
            "schema": "polyconstraints/discovery/1",
            "network": self.network.to_json(),
            "tolerance": self.tolerance,
            "groups": [group.to_json() for group in self.groups],
        }


def discover(
    network: NetworkSpec,
    weights: Sequence[NDArray[Any]],
    *,
    tolerance: float | None = None,
    points: int = DEFAULT_POINTS,
    seed: int = 0,
) -> Discovery:
    """Find the permutations of the input components that leave a network unchanged.

    All transpositions are tried, but those that derivatives rule out, beyond 64 components only
    as many as it takes to know the others; for up to six components all permutations; for more,
    also rotations and reflections of all components and 3-cycles of neighbours.

    Parameters
    ----------
    network : NetworkSpec
    weights : sequence of arrays of the layers' shapes
    tolerance : float, optional
        Largest relative error that counts as none.
    points : int, default 8
        Number of random inputs.
    seed : int, default 0

    Raises
    ------
    InputError
        If the weights don't fit the network.

    Examples
    --------
    >>> network = NetworkSpec(3, layer="linear")
    >>> result = discover(network, [np.array([[2.0, 1, 1], [1, 2, 1], [1, 1, 3]])])
    >>> [(group.kind, group.name) for group in result.groups]
    [('equivariant', 'S2'), ('invariant', 'trivial')]
    """
    rows = weight_rows(network, fitted(weights, network))
    limit = default_tolerance(weights) if tolerance is None else tolerance
    inputs = random_points(network, points, seed)
    plain = evaluate_points(network, rows, inputs)
    kinds: tuple[Kind, ...] = ("invariant",)
    if network.widths[0] == network.widths[-1]:
        kinds = ("equivariant", "invariant")
    found = [_group(_Trial(network, rows, kind, limit, inputs, plain)) for kind in kinds]
    return Discovery(network, limit, tuple(found))


@dataclass(frozen=True, eq=False)
class _Trial:
    """How permutations of the input components are tried, for one kind of symmetry."""

    network: NetworkSpec
    rows: Sequence[Floats]
    kind: Kind
    limit: float
    inputs: Floats
    plain: Floats

    def move(self, sigma: Permutation, level: int) -> NDArray[np.intp]:
        """Return how σ moves the units of a level if all levels of width n move alike."""
        width, channels = self.network.widths[level], self.network.channels[level]
        still = level == self.network.depth and self.kind == "invariant"
        image = np.arange(width) if still or width != self.network.inputs else np.array(sigma)
        return (image[:, None] * channels + np.arange(channels)).ravel()

    def passing(self, sigmas: Iterable[Permutation]) -> Iterator[tuple[Permutation, float]]:
        """Yield the permutations that leave the function unchanged, with the relative error."""
        remaining = iter(sigmas)
        while chunk := list(islice(remaining, _TOGETHER)):
            # Most that fail do so at the first point.
            for points in (slice(1), slice(None)):
                passed = [
                    (sigma, error)
                    for sigma, error in zip(chunk, self._errors(chunk, points), strict=True)
                    if error is not None and error <= self.limit
                ]
                chunk = [sigma for sigma, _ in passed]
            yield from passed

    def _errors(self, sigmas: Sequence[Permutation], points: slice) -> list[float | None]:
        if not sigmas:
            return []
        inputs, plain = self.inputs[points], self.plain[points]
        moved = np.concatenate([inputs[:, self.move(sigma, 0)] for sigma in sigmas])
        outputs = np.split(evaluate_points(self.network, self.rows, moved), len(sigmas))
        return [
            relative_errors(here, plain[:, self.move(sigma, self.network.depth)])
            for here, sigma in zip(outputs, sigmas, strict=True)
        ]

    def found(self, sigma: Permutation, error: float) -> Found:
        """Return a permutation that passed."""
        return Found(sigma, error, self._keeps_weights(sigma))

    def _keeps_weights(self, sigma: Permutation) -> bool:
        """Return whether σ, on every level, leaves the coefficients unchanged."""
        for level, (entry, array, most) in enumerate(self._coefficients):
            outputs, products = self.move(sigma, level + 1), entry.moved(self.move(sigma, level))
            # Only what stands in a row or a column that is moved can differ.
            rows, columns = (
                np.flatnonzero(moved != np.arange(len(moved))) for moved in (outputs, products)
            )
            across = array[np.ix_(outputs[rows], products)] - array[rows]
            down = array[np.ix_(outputs, products[columns])] - array[:, columns]
            if max(np.abs(part).max(initial=0) for part in (across, down)) > most:
                return False
        return True

    @cached_property
    def _coefficients(self) -> list[tuple[Coefficients, Floats, float]]:
        """Each layer's coefficients of products, and how much they may differ."""
        entries = []
        for layer, array in zip(self.network.layers, self.rows, strict=True):
            entry = Coefficients.of(layer)
            summed = entry.gather(array, 0.0).sum(axis=2)
            entries.append((entry, summed, self.limit * float(np.abs(summed).max())))
        return entries

    def told_apart(self, members: list[int], pivot: int | None = None) -> list[list[int]]:
        """Return parts of a set of components so that only those in one part can be exchanged.

        Where all inputs are 1, or all but that of a pivot outside the set, exchanging two others
        leaves the input as it is, so that derivatives there are exchanged, up to rounding.
        """
        network, n, channels = self.network, self.network.inputs, self.network.channels[0]
        point = np.ones((n, channels))
        if pivot is not None:
            point[pivot] = 2
        with np.errstate(over="ignore", invalid="ignore"):
            slopes = input_jacobian(network, self.rows, point.reshape(1, -1), FLOATING)[0]
        if not np.isfinite(slopes).all():
            return [members]
        if self.kind == "invariant":
            # The derivatives of all outputs along each component.
            vectors = slopes.reshape(-1, n, channels).transpose(1, 0, 2).reshape(n, -1)
        else:
            # Those of each component's own outputs, and those between it and the pivot.
            pairs = slopes.reshape(n, -1, n, channels)
            parts = [pairs[np.arange(n), :, np.arange(n)]]
            if pivot is not None:
                parts += [pairs[:, :, pivot], pairs[pivot].transpose(1, 0, 2)]
            vectors = np.concatenate([part.reshape(n, -1) for part in parts], axis=1)
        # One number for each, different for different vectors.
        numbers = vectors[members] @ np.random.default_rng(0).standard_normal(vectors.shape[1])
        order = np.argsort(numbers, kind="stable")
        near = _SLACK * self.limit * float(np.abs(slopes).max())
        jumps = np.flatnonzero(np.diff(numbers[order]) > near) + 1
        return [sorted(part.tolist()) for part in np.split(np.array(members)[order], jumps)]


def _group(trial: _Trial) -> FoundGroup:
    degree = trial.network.inputs
    classes, passed = _exchangeable(trial)
    swaps = [trial.found(swap(degree, *pair), error) for pair, error in sorted(passed.items())]
    generators = [swap(degree, first, other) for first, *rest in classes for other in rest]
    group = PermutationGroup(degree, generators)
    others: list[Found] = []
    home = {point: at for at, members in enumerate(classes) for point in members}
    # A product of permutations that were found leaves the network unchanged as well.
    remaining = (
        images
        for images in _candidates(degree)
        if any(home[point] != home[image] for point, image in enumerate(images))
    )
    for sigma, error in trial.passing(remaining):
        if not (others and sigma in group):
            others.append(trial.found(sigma, error))
            group = PermutationGroup(degree, [*group.generators, sigma])
    sizes = [len(members) for members in classes if len(members) > 1]
    return FoundGroup(
        trial.kind,
        tuple(swaps),
        tuple(others),
        group,
        group_name(group) if others else _product_name(sizes),
        group.order() if others else prod(map(factorial, sizes)),
        degree <= _EXHAUSTIVE,
    )


def _exchangeable(trial: _Trial) -> tuple[list[list[int]], dict[tuple[int, int], float]]:
    """Return classes of components that can be exchanged, and the errors of what was tried.

    If a can be exchanged with b and b with c, a can be with c. All transpositions within a class
    are tried where the components are few, else those with its first component, which tells
    those that are left apart.
    """
    degree = trial.network.inputs
    few = degree <= _LISTED
    classes: list[list[int]] = []
    passed: dict[tuple[int, int], float] = {}

    def trying(pairs: Iterable[tuple[int, int]]) -> None:
        for sigma, error in trial.passing(swap(degree, *pair) for pair in pairs):
            a, b = (point for point, image in enumerate(sigma) if point != image)
            passed[a, b] = error

    parts = trial.told_apart(list(range(degree)))
    if few:
        for members in parts:
            trying(combinations(members, 2))
    while parts:
        first, *rest = parts.pop()
        if not few:
            trying((first, other) for other in rest)
        classes.append([first, *(other for other in rest if (first, other) in passed)])
        if left := [other for other in rest if (first, other) not in passed]:
            parts += [left] if few else trial.told_apart(left, first)
    return sorted(classes), passed


def _candidates(degree: int) -> Iterator[Permutation]:
    """Yield the permutations that are tried beside transpositions."""
    if degree <= _EXHAUSTIVE:
        yield from permutations(range(degree))
        return
    points = tuple(range(degree))
    for step in range(1, degree):
        if degree % step == 0:
            yield (*points[step:], *points[:step])
    yield points[::-1]
    for first in range(degree - 2):
        images = list(points)
        images[first : first + 3] = [first + 1, first + 2, first]
        yield tuple(images)


# --- Names --------------------------------------------------------------------------------


def _product_name(sizes: Sequence[int]) -> str:
    return " × ".join(f"S{size}" for size in sizes) or "trivial"


def group_name(group: PermutationGroup) -> str:
    """Return what a permutation group is commonly called.

    The groups that are recognised are symmetric, alternating, cyclic and dihedral ones on
    the points that they move, and products of symmetric groups; others are described by
    their order.

    Examples
    --------
    >>> group_name(PermutationGroup(5, [[1, 0, 2, 3, 4], [0, 1, 3, 4, 2], [0, 1, 3, 2, 4]]))
    'S2 × S3'
    """
    known = group.to_sympy()
    order = int(known.order())
    orbits = sorted(sorted(orbit) for orbit in known.orbits() if len(orbit) > 1)
    sizes = [len(orbit) for orbit in orbits]
    product = prod(map(factorial, sizes))
    if order == product:
        return _product_name(sizes)
    if len(sizes) == 1:
        size = sizes[0]
        if 2 * order == product:
            return f"A{size}"
        if order == 2 * size and not known.is_abelian:
            involutions = sum(1 for element in known.elements if element.order() == 2)
            # D_n has n reflections, and one half turn more if n is even.
            if involutions == size + (size % 2 == 0):
                return f"D{size}"
    return f"C{order}" if known.is_cyclic else f"order {order}"
