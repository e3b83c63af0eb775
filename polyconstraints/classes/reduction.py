"""Equalities → classes: union-find over single weights, exact elimination of sums.

Equation (52) of the paper is a sum of weights on both sides; section 2.8 solves such an
equation by making one of its weights depend on the others. Done for all of them this is
Gauss-Jordan elimination over the rationals, kept sparse. How many of the parameters that are left
can be told apart by the functions they give is a rank, too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.classes.layer import Combination, LayerClasses, add_multiple
from polyconstraints.classes.orbits import Orbits
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.evaluation import Modulo, adjoints, forward
from polyconstraints.spec.groups.permutations import classes_of_pairs, numbered
from polyconstraints.spec.network import LayerSpec, NetworkSpec

#: Entries of the largest array that the dimension of the functions may take.
_LIMIT = 50_000_000


def reduce_layer(layer: LayerSpec, orbits: Orbits) -> LayerClasses:
    """Solve the equations of one layer, given which of its coefficients are tied together.

    Single-weight equalities go to a union-find. Of the sums of weights each is set equal to
    the smallest one that it is tied to, which spans the same equations as all pairs do, and
    the system is solved exactly (equations 52 to 54 of the paper).
    """
    comparison, roots = orbits.comparison, orbits.roots
    if comparison.space.size == layer.weights:
        # Every coefficient is one weight, under the same number.
        return LayerClasses.from_weights(layer, numbered(roots)[0])
    numbers = np.arange(comparison.space.size, dtype=np.int64)
    tied = np.flatnonzero(roots != numbers)
    single = comparison.is_single(tied)
    weights, others = (comparison.space.weights(side[single])[:, 0] for side in (tied, roots[tied]))
    classes, _ = numbered(classes_of_pairs(layer.weights, weights, others))
    summed = tied[~single]
    left, right = comparison.space.weights(summed), comparison.space.weights(roots[summed])
    if isinstance(comparison.space, FunctionCoefficients):
        # No two sums have a weight in common, so all these equations are independent.
        sums = DependentSums(classes, left, right)
        return LayerClasses.from_weights(layer, classes, sums)
    return LayerClasses.from_weights(layer, classes, _solved(classes, left, right))


def untied(layer: LayerSpec) -> LayerClasses:
    """Return the classes of a layer without any equation: every weight its own."""
    return LayerClasses.from_weights(layer, np.arange(layer.weights, dtype=np.int64))


class DependentSums(Mapping[int, Combination]):
    """The dependent classes of independent equations between sums, solved when asked for.

    A layer of 100 inputs has half a million of them, and many questions need their number
    only.
    """

    def __init__(
        self, classes: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]
    ) -> None:
        self._rank = len(left)
        self._system = (classes, left, right)

    @cached_property
    def _solutions(self) -> dict[int, Combination]:
        return _solved(*self._system)

    def __len__(self) -> int:
        return self._rank

    def __iter__(self) -> Iterator[int]:
        return iter(self._solutions)

    def __getitem__(self, number: int) -> Combination:
        return self._solutions[number]


def _solved(
    classes: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]
) -> dict[int, Combination]:
    """Solve equations between sums of weights, which are rows of weights padded with -1."""
    padded = np.append(classes, -1)
    sides = zip(padded[left].tolist(), padded[right].tolist(), strict=True)
    return eliminate(_difference(plus, minus) for plus, minus in sides)


def _difference(plus: list[int], minus: list[int]) -> dict[int, int]:
    row = Counter(plus)
    row.subtract(minus)
    return {number: value for number, value in row.items() if value and number >= 0}


def eliminate(equations: Iterable[Mapping[int, int | Fraction]]) -> dict[int, Combination]:
    """Return each dependent variable of homogeneous linear equations in terms of free ones.

    A variable depends on smaller ones only: this is the reduced row echelon form for descending
    variables, which is unique, so that the order of the equations doesn't matter. Its size is
    the rank; the cost is quadratic in the fill-in, which is none for the equations of section
    2.4, each of which has a weight of its own.
    """
    solved: dict[int, Combination] = {}
    users: defaultdict[int, set[int]] = defaultdict(set)
    for equation in equations:
        row = _substituted(equation, solved)
        if not row:
            continue
        pivot = max(row)
        scale = -row.pop(pivot)
        row = {variable: value / scale for variable, value in row.items()}
        for user in users.pop(pivot, ()):
            # `pivot` was free for an earlier row: replace it there, unless it cancelled.
            factor = solved[user].pop(pivot, None)
            if factor is None:
                continue
            add_multiple(solved[user], row, factor)
            for variable in row:
                users[variable].add(user)
        solved[pivot] = row
        for variable in row:
            users[variable].add(pivot)
    return {variable: dict(sorted(solved[variable].items())) for variable in sorted(solved)}


def _substituted(
    equation: Mapping[int, int | Fraction], solved: Mapping[int, Combination]
) -> Combination:
    row: Combination = {}
    for variable, value in equation.items():
        add_multiple(row, solved.get(variable, {variable: Fraction(1)}), Fraction(value))
    return row


# --- the functions that are left -----------------------------------------------------------


def function_dimension(
    network: NetworkSpec, layers: Sequence[LayerClasses], seed: int = 0
) -> int | None:
    """Return the dimension of the set of functions that a tied network computes.

    The generic rank of the differential of parameters → F, where F is known by its values
    at random points. It is computed modulo a prime at random parameters, and confirmed with
    a second prime and other random choices.
    None where the computation would be too large to be worth its time.

    Points are added until one more doesn't raise the rank: while directions are left that
    change the function and vanish at the points so far, a random further point tells some
    of them. There is no bound in terms of the outputs, since those of a symmetric network
    may be few functions of many arguments. Derivatives go backwards from the outputs: time
    is O(points · outputs · (units + parameters) · products) a layer of its own parameters,
    and that of the rank.
    """
    parameters = sum(layer.dimension for layer in layers)
    points = -(-parameters // network.units[-1]) + 2
    widest = max(layer.products * max(layer.outputs, parameters) for layer in network.layers)
    while points * widest <= _LIMIT:
        ranks = [
            _jacobian_ranks(network, layers, points, prime, np.random.default_rng([seed, prime]))
            for prime in modular.PRIMES[:2]
        ]
        fewer, rank = max(ranks, key=lambda pair: pair[1])
        if fewer == rank:
            return rank
        points *= 2
    return None


def _jacobian_ranks(
    network: NetworkSpec,
    layers: Sequence[LayerClasses],
    points: int,
    prime: int,
    rng: np.random.Generator,
) -> tuple[int, int]:
    """Return the rank at all points but the last one, and at all of them."""
    ring = Modulo(prime)
    inputs = modular.random_residues(rng, prime, (points, network.units[0]))
    spreads, weights = [], []
    for classes in layers:
        spread = _parameters_to_classes(classes, prime)
        theta = modular.random_residues(rng, prime, (classes.dimension, 1))
        by_weight = modular.matmul(spread, theta, prime)[classes.by_weight, 0]
        spreads.append(spread)
        weights.append(by_weight.reshape(classes.layer.outputs, classes.layer.products))
    # Backwards, since there are fewer outputs than parameters.
    blocks = []
    for step, along in adjoints(network, list(forward(network, weights, inputs, ring)), ring):
        at = step.layer.index
        own = _own_tangents(layers[at], spreads[at], step.products, prime)
        blocks.append(modular.matmul(along, own, prime))
    jacobian = np.concatenate(blocks[::-1], axis=2).reshape(points * network.units[-1], -1)
    fewer = jacobian[: (points - 1) * network.units[-1]]
    return modular.rank(fewer, prime), modular.rank(jacobian, prime)


def _own_tangents(
    classes: LayerClasses, spread: Residues, products: Residues, prime: int
) -> Residues:
    """Return the derivatives of a layer's outputs along its own parameters, at each point."""
    layer = classes.layer
    points, numbers = len(products), len(classes.sizes)
    by_class = np.zeros((layer.outputs * numbers, points), dtype=np.int64)
    output = np.repeat(np.arange(layer.outputs), layer.products)
    target = output * numbers + classes.by_weight
    np.add.at(by_class, target, np.tile(products.T, (layer.outputs, 1)))
    blocks = (by_class % prime).reshape(layer.outputs, numbers, points)
    return modular.matmul(blocks.transpose(2, 0, 1), spread, prime)


def _parameters_to_classes(classes: LayerClasses, prime: int) -> Residues:
    """Return the matrix (classes × parameters) of a layer's dependent weights mod a prime."""
    matrix = np.zeros((len(classes.sizes), classes.dimension), dtype=np.int64)
    matrix[list(classes.free), np.arange(classes.dimension)] = 1
    rows, columns, factors = classes.dependence
    matrix[rows, columns] = modular.from_rationals(factors, prime)
    return matrix
