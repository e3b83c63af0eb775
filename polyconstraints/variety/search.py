"""Random points of the variety, found without knowing what it is made of.

A start at random is moved onto the equations by damped Newton steps, among the networks with so
many independent hidden functions, and with so many values of the function prescribed: without the
latter nearly all starts end at constants, which are the largest part. A *chart* then takes the
freedom from the hidden units: some of each level's weights are 0 and 1. Of the other weights below
the last layer as many are rounded as may be chosen, and further Newton steps find the rest. If
they come out as fractions with small denominators, the last layer's equations, which are linear,
are solved exactly; a random solution of them makes a point modulo a prime, at which everything
that is said of it is computed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.evaluation import FLOATING, forward, jacobian
from polyconstraints.schemas.writing import written
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Move
from polyconstraints.variety.certificate import (
    Certificate,
    affine_network,
    certify,
    last_equations,
)
from polyconstraints.variety.strata.classification import classify, kind_at
from polyconstraints.variety.strata.equivariant import induced
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.kernel import (
    SPARE,
    Setting,
    function_dimension,
    split,
    tangent_conditions,
)
from polyconstraints.variety.strata.point import Stratum
from polyconstraints.variety.strata.representations import in_words
from polyconstraints.variety.strata.variety import Variety

Floats = NDArray[np.float64]

#: The errors of equations at a vector, and their derivatives in rows.
Errors = Callable[[Floats], tuple[Floats, Floats]]

#: Newton steps from a start, those that together must halve the sum of squared errors, and the
#: sum that ends them.
_STEPS = 80
_HALVING = 6
_CONVERGED = 1e-25

#: Singular values and pivots below this part of the largest one count as zero; those between the
#: other two are neither, as near points where the equations vanish to second order.
_ZERO = 1e-7
_UNCLEAR = (1e-9, 1e-5)

#: Parts that weights are rounded to, and denominators and errors of those that follow from them.
_ROUNDINGS = (2, 3, 1, 5, 8)
_DENOMINATOR = 2000
_ERROR = 1e-9

#: Largest coefficient of a certificate's last layer in a basis of all symmetric ones.
_LARGEST = 9


def _equations(
    network: NetworkSpec, moves: Sequence[Move], prescribed: int, rng: np.random.Generator
) -> Errors:
    """Return F(σx) = σF(x) at random inputs for each generator σ, and so many outputs prescribed.

    As a function of the vector of all weights.
    """
    count = network.weights // (network.units[-1] * max(1, len(moves))) + SPARE
    inputs = rng.normal(size=(count, network.units[0]))
    places = rng.normal(size=(prescribed, network.units[0]))
    wanted = rng.normal(size=prescribed)
    stacked = np.concatenate([places, inputs, *(inputs[:, list(before)] for before, _ in moves)])
    last = network.layers[-1].weights

    def at(vector: Floats) -> tuple[Floats, Floats]:
        slopes = jacobian(network, split(network, vector), stacked, FLOATING)
        # Outputs are linear in the last layer's weights.
        outputs = slopes[..., -last:] @ vector[-last:]
        errors = [outputs[:prescribed, 0] - wanted]
        rows = [slopes[:prescribed, 0]]
        here = slice(prescribed, prescribed + count)
        for at, (_, after) in enumerate(moves, start=1):
            there = slice(here.start + at * count, here.stop + at * count)
            errors.append((outputs[there] - outputs[here, list(after)]).ravel())
            rows.append((slopes[there] - slopes[here, list(after)]).reshape(-1, len(vector)))
        return np.concatenate(errors), np.concatenate(rows)

    return at


def newton(
    at: Errors, vector: Floats, moving: NDArray[np.bool_], halving: int = _HALVING
) -> Floats | None:
    """Return a solution near a start that differs from it in the moving entries only, or None.

    The equations are given by their errors and derivatives at any vector. So many steps together
    must halve the errors.
    """
    damping = 1.0
    errors, rows = at(vector)
    size = before = float(errors @ errors)
    for step in range(1, _STEPS + 1):
        if size < _CONVERGED:
            return vector
        part = rows[:, moving]
        normal = part.T @ part
        normal.flat[:: len(normal) + 1] += damping + 1e-13 * float(np.trace(normal))
        tried = vector.copy()
        tried[moving] -= np.linalg.solve(normal, part.T @ errors)
        found = at(tried)
        reached = float(found[0] @ found[0])
        if reached < size:
            vector, (errors, rows), size = tried, found, reached
            damping /= 10
        else:
            damping *= 4
        if step % halving == 0:
            if size > before / 2:
                return None
            before = size
    return None


def rational_solutions(
    at: Errors, vector: Floats, free: NDArray[np.bool_], below: int
) -> Iterator[list[Fraction]]:
    """Yield solutions near one whose first entries, so many, are fractions.

    Of those that are free as many are rounded as may be chosen; the others follow, and can be
    irrational.
    """
    first = free & (np.arange(len(vector)) < below)
    directions = _null_space(at(vector)[1][:, free])
    if directions is None:
        return
    _, sizes, basis = np.linalg.svd(directions[:, : int(first.sum())], full_matrices=False)
    chosen = _independent(basis[sizes > _ZERO])
    rounded = np.flatnonzero(first)[chosen]
    moving = free.copy()
    moving[rounded] = False
    for parts in _ROUNDINGS:
        start = vector.copy()
        # Never to zero, which would often be special.
        up = np.floor(np.abs(start[rounded]) * parts) + 1
        start[rounded] = np.copysign(up, start[rounded]) / parts
        found = newton(at, start, moving)
        if found is None:
            continue
        near = [Fraction(value).limit_denominator(_DENOMINATOR) for value in found[:below].tolist()]
        error = np.abs(np.array(near, dtype=float) - found[:below])
        if (error <= _ERROR * np.maximum(1, np.abs(found[:below]))).all():
            yield near


def _independent(rows: Floats) -> list[int]:
    """Return as many columns as rows are independent, independent ones and well apart."""
    rest, chosen = rows.copy(), list[int]()
    for _ in range(len(rows)):
        sizes = np.linalg.norm(rest, axis=0)
        largest = int(np.argmax(sizes))
        if not sizes[largest] > _ZERO * np.linalg.norm(rows):
            break
        chosen.append(largest)
        unit = rest[:, largest] / sizes[largest]
        rest = rest - np.outer(unit, unit @ rest)
    return chosen


def _charted(network: NetworkSpec, vector: Floats) -> tuple[Floats, NDArray[np.bool_]] | None:
    """Return weights of the same function in a chart, and which of them are not 0 or 1 by it.

    None where some units depend on others: there are such networks of fewer units.
    """
    weights = split(network, vector.copy())
    free = [np.ones(array.shape, dtype=bool) for array in weights]
    for layer in network.layers[:-1]:
        bias, array, above = int(layer.bias), weights[layer.index], layer.index + 1
        constant = array[:, 0] * bias
        array[:, :bias] = 0
        pivots = _independent(array)
        if len(pivots) < len(array):
            return None
        back = array[:, pivots]
        changed = induced(network.layers[above], back, FLOATING, constant)
        weights[above] = weights[above] @ changed
        weights[layer.index] = array = np.linalg.solve(back, array)
        array[:, pivots] = np.eye(len(array))
        free[layer.index][:, [*range(bias), *pivots]] = False
    return (
        np.concatenate([array.ravel() for array in weights]),
        np.concatenate([array.ravel() for array in free]),
    )


def _null_space(rows: Floats) -> Floats | None:
    """Return a basis of the null space, or None where its dimension isn't clear."""
    _, sizes, basis = np.linalg.svd(np.linalg.qr(rows, mode="r"))
    if not len(sizes) or not sizes[0]:
        return basis
    parts = sizes / sizes[0]
    if ((parts > _UNCLEAR[0]) & (parts < _UNCLEAR[1])).any():
        return None
    return basis[int((parts > _ZERO).sum()) :]


def _rational_point(setting: Setting, at: Errors, vector: Floats) -> list[Rationals] | None:
    """Return exact weights below the last layer, at most as special as those of a solution.

    None where none are found: the weights that follow from rounded ones can be irrational.
    """
    network = setting.network
    tangents, charted = _null_space(at(vector)[1]), _charted(network, vector)
    if tangents is None or charted is None:
        return None
    vector, free = charted
    below = network.weights - network.layers[-1].weights
    for near in rational_solutions(at, vector, free, below):
        padded = np.array([*near, *[0] * (network.weights - below)], dtype=object)
        exact = split(network, padded)[:-1]
        conditions = tangent_conditions(setting, _with_last(setting, exact))
        if network.weights - conditions.rank <= len(tangents):
            return exact
    return None


def _with_last(setting: Setting, below: Sequence[Rationals]) -> list[Residues]:
    """Return given layers as residues, with a random symmetric last layer."""
    weights = [modular.from_rationals(array, setting.prime) for array in below]
    last = setting.network.layers[-1]
    zero = np.zeros((last.outputs, last.products), dtype=np.int64)
    # Where the last layer is zero nothing else matters, and its own equations are linear.
    conditions = tangent_conditions(setting, [*weights, zero]).rows[:, -last.weights :]
    rows = modular.nullspace(conditions, setting.prime)
    mixed = modular.matmul(setting.random((1, len(rows))), rows, setting.prime)
    return [*weights, mixed.reshape(zero.shape)]


# --- What points are ----------------------------------------------------------------------


class Kind(NamedTuple):
    """What tells the families of points apart.

    Dimensions of the tangent space and of the functions that it moves through, what the functions
    of each hidden level carry, and those that the next layer can compute of them, and how many of
    the former are independent in the largest degree.
    """

    tangent: int
    functions: int
    hidden: tuple[str, ...]
    computed: tuple[str, ...]
    leading: tuple[int, ...]

    @classmethod
    def of(cls, variety: Variety, setting: Setting, weights: Sequence[Residues]) -> Kind:
        """Return the kind of a point modulo a prime."""
        tangent = tangent_conditions(setting, weights)
        carried = kind_at(variety, setting, weights)
        inputs = setting.inputs(max(setting.network.units) + SPARE)
        # Where the homogenising unit is 0 only the terms of largest degree are left.
        tops = forward(setting.network, weights[:-1], inputs, setting.ring, one=0)
        return cls(
            setting.network.weights - tangent.rank,
            function_dimension(setting, weights, tangent),
            tuple(in_words(spanned) for spanned, _ in carried),
            tuple(in_words(supply) for _, supply in carried),
            tuple(modular.rank(step.sums, setting.prime) for step in tops),
        )


@dataclass(frozen=True, eq=False)
class Family:
    """Points of one kind, and what is known of it.

    How many were found, the certificate of the simplest one, and the listed stratum that it is on.
    """

    kind: Kind
    points: int
    stratum: Stratum | None
    certificate: Certificate

    @property
    def verdict(self) -> Literal["listed", "new", "neither"]:
        """Whether the points lie on a listed stratum, on a proved component beside, or neither."""
        if self.stratum is not None:
            return "listed"
        return "new" if self.certificate.component else "neither"

    def to_json(self) -> dict[str, Any]:
        """Return the entry in a document of schema ``search``."""
        stratum = self.stratum and [level.names for level in self.stratum.hidden]
        parts = self.kind, self.certificate
        return written("variety.FoundFamily", self, *parts, stratum=stratum)


@dataclass(frozen=True, eq=False)
class Search:
    """What a search found, families with most points first.

    Starts are random ones; from some no solution is reached. Solutions without a point are those
    near which no rational one was found.
    """

    variety: Variety
    seed: int
    starts: int
    solutions: int
    families: tuple[Family, ...]

    @property
    def points(self) -> int:
        """How many points were found."""
        return sum(family.points for family in self.families)

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``search``."""
        return written("variety.Search", self, self.variety, network=self.variety.ordered)


def search(
    variety: Variety,
    points: int,
    seed: int = 0,
    time_limit: float | None = None,
    found: Callable[[], None] = lambda: None,
) -> Search:
    """Find random points of the variety and tell what families they belong to.

    The seed decides the starts, and after so many seconds no more are looked for; what is given as
    ``found`` is called for each point.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> variety = Variety(pc.NetworkSpec(2, 2), pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> result = search(variety, 20)
    >>> result.points, max(family.kind.tangent for family in result.families) >= 8
    (20, True)
    """
    network = affine_network(variety)
    whole = Setting.make(network, variety.moves, modular.PRIMES[0], seed)
    ends = None if time_limit is None else time.monotonic() + time_limit
    seen: dict[Kind, list[list[Rationals]]] = {}
    starts = solutions = count = 0
    while count < points and (ends is None or time.monotonic() < ends):
        rng = np.random.default_rng([seed, starts])
        starts += 1
        sizes = [int(rng.integers(1, units + 1)) for units in network.units[1:-1]]
        channels = (network.channels[0], *(1 for _ in sizes), network.channels[-1])
        part = network.replaced(widths=sizes, channels=channels)
        prescribed = int(rng.integers(0, 2 * network.inputs + 1))
        equations = _equations(part, variety.moves, prescribed, rng)
        start = rng.normal(scale=0.5, size=part.weights)
        solution = newton(equations, start, np.ones(part.weights, dtype=bool))
        if solution is None:
            continue
        solutions += 1
        equations = _equations(part, variety.moves, 0, rng)
        exact = _rational_point(replace(whole, network=part), equations, solution)
        if exact is None:
            continue
        below = _widened(network, part, exact)
        kind = Kind.of(variety, whole, _with_last(whole, below))
        seen.setdefault(kind, []).append(below)
        count += 1
        found()
    ordered = sorted(seen.items(), key=lambda item: (-len(item[1]), item[0]))
    families = tuple(_family(variety, kind, listed, seed) for kind, listed in ordered)
    return Search(variety, seed, starts, solutions, families)


def _widened(
    network: NetworkSpec, part: NetworkSpec, below: Sequence[Rationals]
) -> list[Rationals]:
    """Return weights with units that are zero added to each level."""
    sizes = [
        (wide.outputs - narrow.outputs, wide.products - narrow.products)
        for wide, narrow in zip(network.layers, part.layers, strict=True)
    ]
    # Products are numbered by their larger letter first.
    return [
        np.pad(array, ((0, units), (0, products)))
        for array, (units, products) in zip(below, sizes, strict=False)
    ]


def _family(variety: Variety, kind: Kind, listed: Sequence[list[Rationals]], seed: int) -> Family:
    """Return what is known of points of one kind, at the simplest of them."""
    below = min(listed, key=_height)
    network = variety.ordered
    basis = modular.nullspace(last_equations(network, variety.moves, below))[::-1]
    rng = np.random.default_rng(seed)
    last = rng.integers(-_LARGEST, _LARGEST + 1, size=len(basis)).astype(object) @ basis
    weights = [*below, last.reshape(network.layers[-1].outputs, -1)]
    found = classify(variety, weights)
    certificate = certify(variety, weights)
    stratum = found.stratum if found.inside else None
    return Family(kind, len(listed), stratum, certificate)


def _height(point: Sequence[Rationals]) -> int:
    """Return how much is to be read in some weights."""
    return sum(len(str(value)) for array in point for value in array.ravel() if value)
