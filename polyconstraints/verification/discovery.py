"""Which permutations leave a network with given weights unchanged.

Two symmetries are looked for: invariance, F(σx) = F(x), and equivariance, F(σx) = σF(x). A network
has one *layer by layer* if the units of its hidden levels can be permuted along so that every
coefficient goes to an equal one: an automorphism of the graph of its units and coefficients, of
which BLISS [1]_ finds generators. A *function* can be symmetric though its layers are not; where
it is small enough to be multiplied out, the same is asked of its outputs as one layer.

References
----------
.. [1] T. Junttila, P. Kaski, "Engineering an efficient canonical labeling tool for large and
   sparse graphs", ALENEX 2007, 135-149.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, factorial, lcm, prod
from operator import ne
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import PolynomialRing
from polyconstraints.display import Displayed
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.errors import explained
from polyconstraints.evaluation import EXACT, exact_array, values
from polyconstraints.memory import require_memory
from polyconstraints.schemas.writing import written
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.groups import Permutation, PermutationGroup
from polyconstraints.spec.groups.permutations import compose, cycle_lengths, inverse
from polyconstraints.spec.network import IndexKind, NetworkSpec
from polyconstraints.verification.automorphisms import (
    Integers,
    Kind,
    LayerLabels,
    automorphisms,
)
from polyconstraints.verification.proofs import Coefficients
from polyconstraints.verification.trained import (
    Floats,
    Weights,
    default_tolerance,
    exact_rows,
    fitted,
    infer_network,
    weight_arrays,
    weight_rows,
)

#: Bytes for a coefficient while classes are made.
_COEFFICIENT_BYTES = 120

#: Products of terms, about, up to which a network is multiplied out.
_MAX_EXPANSION = 1 << 22


@dataclass(frozen=True)
class FoundGroup:
    """All permutations of the input components that leave a network unchanged in one sense.

    Attributes
    ----------
    kind : {"equivariant", "invariant"}
    group : PermutationGroup
    name : str
        A description such as ``S3`` or ``S3 × S2``.
    hidden : tuple of mappings from int to permutation
        For each generator, how the units of each hidden level move along.
    error : float
        The group changes no coefficient by more than that, in units of the largest of a layer.
    gap : float or None
        Any other permutation changes some coefficient by that at least; None if all coefficients
        of each layer are equal.
    complete : bool
        Whether the gap is beyond the tolerance, so that no others hold within it.
    proved : bool
        Whether the group leaves all weights as they are, exactly.
    """

    kind: Kind
    group: PermutationGroup
    name: str
    hidden: tuple[Mapping[int, Permutation], ...]
    error: float
    gap: float | None
    complete: bool
    proved: bool

    @property
    def order(self) -> int:
        """Number of permutations."""
        return self.group.order()

    def to_json(self) -> dict[str, Any]:
        """Return the group as part of a document."""
        return written("maps.FoundGroup", self, generators=self.group.generators)


@explained
@dataclass(frozen=True)
class Discovery(Displayed):
    """What :func:`discover` found.

    Attributes
    ----------
    network : NetworkSpec
    tolerance : float
    groups : tuple of FoundGroup
        What the network has layer by layer: equivariance where it makes sense, invariance.
    functions : tuple of FoundGroup or None
        The same for the function that it computes; None where that is too large to look at.
    """

    network: NetworkSpec
    tolerance: float
    groups: tuple[FoundGroup, ...]
    functions: tuple[FoundGroup, ...] | None

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``discovery``."""
        return written("maps.Discovery", self)


@explained
def discover(
    network: NetworkSpec | None = None,
    weights: Weights = (),
    *,
    tolerance: float | None = None,
    memory_limit: int | None = None,
    bias: bool = False,
    indices: IndexKind = "ordered",
    channels: int | Sequence[int] = 1,
    activation: Activation | str | None = None,
) -> Discovery:
    """Find all permutations of the input components that leave a network unchanged.

    Coefficients of a layer count as equal where they differ by no more than the tolerance, in
    units of the largest. Where values lie so close together that a class of equal ones would
    be wider than that, only closer ones count, and what is found need not be complete.

    Parameters
    ----------
    network : NetworkSpec, optional
        Unless given, that of the weights' shapes, with what the last four say.
    weights : sequence of arrays of the layers' shapes, or path
    tolerance : float, optional
        A hundred roundings of the weights' precision, and at least 1e-9, unless given.
    memory_limit : int, optional
        Bytes that it may take; half of what is free unless given.
    bias, indices, channels, activation
        As for :class:`~polyconstraints.spec.network.NetworkSpec`, where no network is given.

    Raises
    ------
    InputError
        If the weights don't fit the network.
    TooLargeError
        If it would take more memory than it may.
    MissingExtraError
        If igraph, which brings BLISS, isn't installed.

    Examples
    --------
    >>> result = discover(weights=[[[2, 1, 1], [1, 2, 1], [1, 1, 3]]])
    >>> [(group.kind, group.name) for group in result.groups]
    [('equivariant', 'S2'), ('invariant', 'trivial')]
    """
    arrays = weight_arrays(weights)
    if network is None:
        shape: dict[str, Any] = {"bias": bias, "indices": indices, "channels": channels}
        network = infer_network(arrays, **shape, activation=activation)
    limit = default_tolerance(arrays) if tolerance is None else tolerance
    count = network.weights
    require_memory(_COEFFICIENT_BYTES * count, memory_limit, f"{count} weights", count)
    rows = weight_rows(network, fitted(arrays, network))
    groups = _groups(network, rows, limit, memory_limit, exact=True)
    if network.depth == 1:
        return Discovery(network, limit, groups, groups)
    expanded = _expanded(network, exact_rows(network, arrays))
    functions = expanded and _groups(*expanded, limit, memory_limit, exact=False)
    return Discovery(network, limit, groups, functions)


# --- Equal coefficients -------------------------------------------------------------------


def _groups(
    network: NetworkSpec,
    rows: Sequence[Floats],
    tolerance: float,
    memory_limit: int | None,
    *,
    exact: bool,
) -> tuple[FoundGroup, ...]:
    """Return what is found of rows of coefficients, which may be exact or rounded."""
    classes, error, gap = [], 0.0, np.inf
    for layer, array in zip(network.layers, rows, strict=True):
        entry = Coefficients(layer)
        # Sums of several weights are rounded, so that they prove nothing.
        exact &= entry.weights.shape[1] == 1
        labels, spread, apart = _equal(entry.gather(array, 0.0).sum(axis=2), tolerance)
        classes.append(LayerLabels(entry.space.rows, labels, layer.bias))
        error, gap = max(error, spread), min(gap, apart)
    kinds: tuple[Kind, ...] = ("invariant",)
    if network.widths[0] == network.widths[-1]:
        kinds = ("equivariant", "invariant")
    found = []
    for kind in kinds:
        group, hidden = automorphisms(network, classes, kind, memory_limit)
        certainty = error, gap if np.isfinite(gap) else None, gap > tolerance
        proved = exact and not error
        found.append(FoundGroup(kind, group, group_name(group), hidden, *certainty, proved))
    return tuple(found)


def _equal(numbers: Floats, tolerance: float) -> tuple[Integers, float, float]:
    """Return classes of equal numbers, the width of the widest, and the gap between them.

    In units of the largest. Neighbours within the tolerance, or less for a narrow class, are equal.
    """
    largest = float(np.abs(numbers).max())
    if not largest:
        return np.zeros(numbers.shape, dtype=np.int64), 0.0, np.inf
    order = np.argsort(numbers, axis=None, kind="stable")
    ascending = numbers.ravel()[order]
    with np.errstate(over="ignore"):
        steps = np.diff(ascending)

    def width(limit: float) -> float:
        starts = np.flatnonzero(np.append(True, steps > limit))
        ends = np.append(starts[1:], len(ascending)) - 1
        with np.errstate(over="ignore"):
            return float((ascending[ends] - ascending[starts]).max())

    most = tolerance * largest
    limits = np.unique(np.append(0.0, steps[steps <= most]))
    chosen = limits[bisect_right(limits, most, key=width) - 1]
    apart = steps > chosen
    labels = np.empty(numbers.size, dtype=np.int64)
    labels[order] = np.append(0, np.cumsum(apart))
    gap = steps[apart].min(initial=np.inf)
    return labels.reshape(numbers.shape), width(chosen) / largest, float(gap) / largest


def _expanded(
    network: NetworkSpec, rows: Sequence[NDArray[Any]]
) -> tuple[NetworkSpec, list[Floats]] | None:
    """Return the network multiplied out, in exact arithmetic, as one layer; None if large."""
    inputs, degree = network.units[0], network.degree
    halves = (comb(inputs + half, half) for half in (degree // 2, degree - degree // 2))
    if max(layer.products for layer in network.layers) * prod(halves) > _MAX_EXPANSION:
        return None
    ring = PolynomialRing(network.input_names())
    outputs = values(network, rows, exact_array(ring.gens())[None], EXACT, one=ring.one)[0]
    terms = [polynomial.terms() for polynomial in outputs]
    largest = max((abs(value) for listed in terms for _, value in listed), default=1)
    ends = network.channels[0], network.channels[-1]
    single = NetworkSpec(
        network.inputs, 1, degree, bias=True, outputs=network.widths[-1], channels=ends
    )
    (layer,) = single.layers
    space = FunctionCoefficients(1, layer.letters, degree)
    result = np.zeros((layer.outputs, layer.products))
    for row, listed in zip(result, terms, strict=True):
        powers = [
            power for exponents, _ in listed for power in (degree - sum(exponents), *exponents)
        ]
        letters = np.resize(np.arange(layer.letters), len(powers)).repeat(powers)
        numbers = space.rank(letters.reshape(-1, degree))
        row[numbers] = [float(value / largest) for _, value in listed]
    return single, [result]


# --- Names --------------------------------------------------------------------------------


def group_name(group: PermutationGroup) -> str:
    """Return what a permutation group is commonly called.

    Recognised are symmetric, alternating and dihedral groups on the points that they move,
    abelian groups, and products of such on different points; of others the order is said.

    >>> group_name(PermutationGroup(5, [[1, 0, 2, 3, 4], [0, 1, 3, 4, 2], [0, 1, 3, 2, 4]]))
    'S2 × S3'
    >>> group_name(PermutationGroup(6, [[1, 2, 0, 3, 4, 5], [3, 4, 5, 0, 1, 2]]))
    'order 18'
    """
    orbits = [orbit for orbit in group.orbits() if len(orbit) > 1]
    parts = [_restricted(group, orbit) for orbit in orbits]
    if len(parts) == 1 or prod(part.order() for part in parts) != group.order():
        parts = [_restricted(group, sum(orbits, ()), group.order())]
    return " × ".join(map(_name, parts)) or "trivial"


def _restricted(
    group: PermutationGroup, points: Sequence[int], order: int | None = None
) -> PermutationGroup:
    """Return what a group, whose order may be known, does to a union of orbits."""
    place, size = {point: at for at, point in enumerate(points)}, len(points)
    images = [[place[one[point]] for point in points] for one in group.generators]
    # Transpositions, many of them in large groups, may connect all points.
    swaps = [one for one in images if sum(map(ne, one, range(size))) == 2]
    if order is None and len(PermutationGroup(size, swaps).orbits()) == 1:
        order = factorial(size)
    return PermutationGroup(size, images, known_order=lambda: order)


def _name(group: PermutationGroup) -> str:
    """Return the name of a group that moves all of its points."""
    degree, order, generators = group.degree, group.order(), group.generators
    if order == factorial(degree):
        return f"S{degree}"
    if all(compose(a, b) == compose(b, a) for a, b in combinations(generators, 2)):
        if order == lcm(*(length for one in generators for length in cycle_lengths(one))):
            return f"C{order}"
        return " × ".join(f"C{factor}" for factor in group.to_sympy().abelian_invariants())
    if len(orbits := group.orbits()) > 1:
        parts = (_restricted(group, orbit) for orbit in orbits)
        faithful = (_name(part) for part in parts if part.order() == order)
        return next(faithful, f"order {order}")
    if 2 * order == factorial(degree):
        return f"A{degree}"
    if order == 2 * degree:
        turns = (one for one in group.elements(order) if cycle_lengths(one) == [degree])
        if turn := next(turns, None):
            turned = [compose(compose(one, turn), inverse(one)) for one in generators]
            if all(one in (turn, inverse(turn)) for one in turned):
                return f"D{degree}"
    return f"order {order}"
