"""Which permutations leave a network with given weights unchanged.

Two symmetries are looked for: invariance, F(σx) = F(x), and equivariance, F(σx) = σF(x),
where there are as many output components as inputs. The function is compared at random
inputs, so hidden units may have been renamed in any way; whether the same σ on every level
leaves the *weights* unchanged is said beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.groups import Permutation, PermutationGroup
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.verification.trained import (
    DEFAULT_POINTS,
    default_tolerance,
    evaluate_points,
    fitted,
    moved_error,
    random_points,
)

if TYPE_CHECKING:
    from sympy.combinatorics import PermutationGroup as SympyGroup

__all__ = ["Discovery", "Found", "FoundGroup", "discover", "group_name"]

SCHEMA = "polyconstraints/discovery/1"

Kind = Literal["equivariant", "invariant"]

Floats = NDArray[np.float64]

#: Numbers of inputs up to which every permutation is tried.
_EXHAUSTIVE = 6


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


@dataclass(frozen=True)
class FoundGroup:
    """The permutations that leave a network unchanged in one sense.

    Attributes
    ----------
    kind : {"equivariant", "invariant"}
    transpositions : tuple of Found
        The transpositions among them; all n(n-1)/2 are tried.
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
            "transpositions": [_entry(found) for found in self.transpositions],
            "others": [_entry(found) for found in self.others],
            "complete": self.complete,
        }


def _entry(found: Found) -> dict[str, Any]:
    return {
        "permutation": list(found.permutation),
        "error": found.error,
        "layerwise": found.layerwise,
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
            "schema": SCHEMA,
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

    All transpositions are tried; for up to six components all permutations; for more, also
    rotations and reflections of all components and 3-cycles of neighbours.

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
    arrays = fitted(weights, network)
    limit = default_tolerance(weights) if tolerance is None else tolerance
    inputs = random_points(network, points, seed)
    plain = evaluate_points(network, arrays, inputs)
    kinds: tuple[Kind, ...] = ("invariant",)
    if network.widths[0] == network.widths[-1]:
        kinds = ("equivariant", "invariant")

    def try_one(sigma: Permutation, kind: Kind) -> Found | None:
        moves = _moves(network, sigma, kind)
        error = moved_error(network, arrays, inputs, plain, moves[0], moves[-1])
        if error is None or error > limit:
            return None
        return Found(sigma, error, _keeps_weights(network, arrays, sigma, kind, limit))

    return Discovery(network, limit, tuple(_group(network, kind, try_one) for kind in kinds))


def _group(network: NetworkSpec, kind: Kind, try_one: Any) -> FoundGroup:
    degree = network.inputs
    swaps = [found for images in _swaps(degree) if (found := try_one(images, kind))]
    generators = _spanning(degree, [found.permutation for found in swaps])
    others: list[Found] = []
    known = _sympy_group(degree, generators)
    for images in _candidates(degree):
        # A product of permutations that were found leaves the network unchanged as well.
        if _member(known, images):
            continue
        found = try_one(images, kind)
        if found is not None:
            others.append(found)
            generators.append(images)
            known = _sympy_group(degree, generators)
    return FoundGroup(
        kind,
        tuple(swaps),
        tuple(others),
        PermutationGroup(degree, generators),
        group_name(PermutationGroup(degree, generators)),
        int(known.order()),
        degree <= _EXHAUSTIVE,
    )


def _swaps(degree: int) -> Iterator[Permutation]:
    for a, b in combinations(range(degree), 2):
        images = list(range(degree))
        images[a], images[b] = b, a
        yield tuple(images)


def _spanning(degree: int, swaps: Sequence[Permutation]) -> list[Permutation]:
    """Return transpositions that generate what all of them do, as few as possible."""
    root = list(range(degree))
    kept = []
    for images in swaps:
        a, b = (root[point] for point, image in enumerate(images) if point != image)
        if a != b:
            root = [a if at == b else at for at in root]
            kept.append(images)
    return kept


def _candidates(degree: int) -> Iterator[Permutation]:
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


def _moves(network: NetworkSpec, sigma: Permutation, kind: Kind) -> list[Permutation]:
    """Return how σ moves the units of each level if all levels of width n move alike."""
    moves: list[Permutation] = []
    for level, (width, channels) in enumerate(zip(network.widths, network.channels, strict=True)):
        still = width != network.inputs or (level == network.depth and kind == "invariant")
        image = tuple(range(width)) if still else sigma
        moves.append(tuple(c * channels + at for c in image for at in range(channels)))
    return moves


def _keeps_weights(
    network: NetworkSpec, weights: Sequence[Floats], sigma: Permutation, kind: Kind, limit: float
) -> bool:
    moves = _moves(network, sigma, kind)
    for layer, array in zip(network.layers, weights, strict=True):
        full = array
        if layer.degree == 2:
            # The coefficient of a product, whichever of its two weights it is written to.
            full = array + array.transpose(0, 2, 1)
        letters = np.array(moves[layer.index])
        if layer.bias:
            letters = np.concatenate([[0], letters + 1])
        moved = full[list(moves[layer.index + 1])][:, letters]
        if layer.degree == 2:
            moved = moved[:, :, letters]
        if np.abs(moved - full).max() > limit * np.abs(full).max():
            return False
    return True


# --- Names --------------------------------------------------------------------------------


def _sympy_group(degree: int, generators: Sequence[Permutation]) -> SympyGroup:
    return PermutationGroup(degree, generators).to_sympy()


def _member(group: SympyGroup, images: Permutation) -> bool:
    from sympy.combinatorics import Permutation as SympyPermutation

    return bool(group.contains(SympyPermutation(list(images))))


def group_name(group: PermutationGroup) -> str:
    """Return what a permutation group is commonly called.

    The groups that are recognised are symmetric, alternating, cyclic and dihedral ones on
    the points that they move, and products of symmetric groups; others are described by
    their order.

    Examples
    --------
    >>> group_name(PermutationGroup(5, [[1, 0, 2, 3, 4], [0, 1, 3, 4, 2], [0, 1, 3, 2, 4]]))
    'S2 × S3'
    >>> group_name(PermutationGroup(4, [[1, 2, 3, 0]]))
    'C4'
    """
    known = group.to_sympy()
    order = int(known.order())
    if order == 1:
        return "trivial"
    orbits = sorted(sorted(orbit) for orbit in known.orbits() if len(orbit) > 1)
    sizes = [len(orbit) for orbit in orbits]
    product = 1
    for size in sizes:
        for factor in range(2, size + 1):
            product *= factor
    if order == product:
        return " × ".join(f"S{size}" for size in sizes)
    if len(sizes) == 1:
        size = sizes[0]
        if 2 * order == product:
            return f"A{size}"
        if order == 2 * size and not known.is_abelian:
            involutions = sum(1 for element in known.elements if element.order() == 2)
            # D_n has n reflections, and one half turn more if n is even.
            if involutions == size + (size % 2 == 0):
                return f"D{size}"
    if known.is_cyclic:
        return f"C{order}"
    return f"order {order}"
