"""Points that prove a component by themselves, and what is checked of them.

From a point other points are made by affine changes of each hidden level's units, which the next
layer undoes, by affine changes of the inputs that commute with the group, by any other last layer
that is symmetric over the same hidden functions, and by anything that is added to a combination of
hidden units that the next layer doesn't read. They make an irreducible *family* in the variety.
Where its dimension at the point is that of the tangent space, the point is smooth and the family's
closure is the component that it lies on. For rational weights nothing of this rests on chance: the
equations are solved exactly, ranks modulo a prime never exceed those over the rationals, and
neither does a rank at random inputs exceed the one at all of them, so that the dimension of the
family comes out too small and that of the tangent space too large if anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise
from math import comb
from typing import Any

import numpy as np

from polyconstraints.algebra import PolynomialRing, modular
from polyconstraints.algebra.modular import Residues
from polyconstraints.errors import InputError, TooLargeError, UsageError
from polyconstraints.evaluation import EXACT, Array, exact_array, forward, layer_products
from polyconstraints.schemas.reading import agree, read
from polyconstraints.schemas.variety import FoundFamily, Search
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Move
from polyconstraints.tying.document import naming_places, stated_network, stated_symmetry
from polyconstraints.variety.strata.equivariant import (
    change_derivatives,
    equivariant_layers,
)
from polyconstraints.variety.strata.irreps import Rationals
from polyconstraints.variety.strata.kernel import (
    Setting,
    function_dimension,
    placed,
    tangent_conditions,
)
from polyconstraints.variety.strata.variety import Variety

#: Inputs at which functions are compared exactly.
MAX_POINTS = 20_000


@dataclass(frozen=True, eq=False)
class Certificate:
    """Rational weights of a symmetric network, and dimensions there.

    Arrays of integers and fractions, shape (outputs, products); the dimension of the family through
    the point, see the module's description, that of the tangent space, and that of the functions
    that it moves through.
    """

    weights: tuple[Rationals, ...]
    family_dimension: int
    tangent_dimension: int
    function_dimension: int

    @property
    def component(self) -> bool:
        """Whether it is proved that the family's closure is a component."""
        return self.family_dimension == self.tangent_dimension


def certify(variety: Variety, weights: Sequence[Any]) -> Certificate:
    """Return what a symmetric network proves, given exact weights, (outputs, products) a layer.

    Raises
    ------
    InputError
        If the network is not symmetric.

    Examples
    --------
    Hidden units h1 = x1 + x2 and h2 = h1²; outputs that differ by h1² - h2, which is zero.

    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2))
    >>> variety = Variety(pc.NetworkSpec(2, 2, bias=True), symmetry)
    >>> first = [[0, 1, 0, 1, 0, 0], [0, 0, 1, 0, 2, 1]]
    >>> found = certify(variety, [first, [[1, 2, 0, 3, 4, 5], [1, 2, 1, 2, 4, 5]]])
    >>> found.family_dimension, found.tangent_dimension, found.component
    (13, 13, True)
    """
    network = affine_network(variety)
    exact = tuple(np.array(array, dtype=object) for array in weights)
    equations = last_equations(network, variety.moves, exact[:-1])
    if (equations @ exact[-1].ravel() != 0).any():
        raise InputError("expected weights of a symmetric network, got others", "weights")
    denominators = {value.denominator for array in exact for value in array.ravel()}
    usable = (p for p in modular.PRIMES if all(number % p for number in denominators))
    setting = variety.setting(next(usable))
    point = [modular.from_rationals(array, setting.prime) for array in exact]
    last = _reading_alike(network, point, modular.nullspace(equations), setting.prime)
    moved = _input_changes(variety, network.layers[0], point[0], setting.prime)
    family = [
        _hidden_changes(setting, point),
        placed(network, network.depth - 1, last),
        placed(network, 0, moved),
    ]
    tangent = tangent_conditions(setting, point)
    return Certificate(
        exact,
        modular.rank(np.concatenate(family), setting.prime),
        network.weights - tangent.rank,
        function_dimension(setting, point, tangent),
    )


def affine_network(variety: Variety) -> NetworkSpec:
    """Return the network with ordered indices, if it isn't too large.

    Refused where hidden units don't change by affine maps.
    """
    if variety.network.activation is not None:
        raise UsageError(f"expected none here, got {variety.network.activation}", "activation")
    variety.require_room()
    return variety.ordered


def _hidden_changes(setting: Setting, weights: Sequence[Residues]) -> Residues:
    """Return the derivatives of weights along changes of the hidden units, in rows.

    An affine change moves the outputs of the layer below, and the layer above undoes it; others
    are of what the layer above doesn't read.
    """
    network, prime = setting.network, setting.prime
    blocks = [np.zeros((0, network.weights), dtype=np.int64)]
    for below, above in pairwise(network.layers):
        constant = np.eye(int(below.bias), below.products, dtype=np.int64)
        units = np.eye(below.outputs, dtype=np.int64)
        made = np.concatenate([np.kron(units, part) for part in (weights[below.index], constant)])
        undone = modular.matmul(weights[above.index], change_derivatives(above, prime), prime)
        parts = [made, -undone.reshape(len(made), -1) % prime]
        blocks.append(placed(network, below.index, np.concatenate(parts, axis=1)))
        unread = _unread(above, weights[above.index], prime)
        added = np.kron(unread, np.eye(below.products, dtype=np.int64))
        blocks.append(placed(network, below.index, added))
    return np.concatenate(blocks)


def _unread(layer: LayerSpec, weights: Residues, prime: int) -> Residues:
    """Return the changes of its inputs that a layer doesn't notice, in rows."""
    moved = modular.matmul(weights, change_derivatives(layer, prime)[: layer.inputs**2], prime)
    return modular.nullspace(moved.reshape(layer.inputs, -1).T, prime)


def _reading_alike(
    network: NetworkSpec, weights: Sequence[Residues], last: Rationals, prime: int
) -> Residues:
    """Return the last layers among some that read no more of their inputs than the present one."""
    layer, rows = network.layers[-1], modular.from_rationals(last, prime)
    if network.depth == 1:
        return rows
    unread = _unread(layer, weights[-1], prime)
    changes = change_derivatives(layer, prime)[: layer.inputs**2].reshape(layer.inputs, -1)
    along = modular.matmul(unread, changes, prime).reshape(-1, layer.products, layer.products)
    arrays = rows.reshape(-1, 1, layer.outputs, layer.products)
    moved = modular.matmul(arrays, along, prime).reshape(len(rows), -1)
    return modular.matmul(modular.nullspace(moved.T, prime), rows, prime)


def _input_changes(variety: Variety, first: LayerSpec, weights: Residues, prime: int) -> Residues:
    """Return the first layer's derivatives along affine input changes that commute with the group.

    One in each row.
    """
    inputs = variety.ends[0]
    linear = replace(first, degree=1, outputs=first.inputs)
    commuting = equivariant_layers(linear, inputs, inputs, prime)
    # As change_derivatives has them: the matrices row by row, then the shifts.
    shifts, matrices = np.split(commuting, [int(first.bias)], axis=2)
    parts = [part.reshape(len(commuting), -1) for part in (matrices, shifts)]
    along = change_derivatives(first, prime)
    moved = modular.matmul(np.concatenate(parts, axis=1), along.reshape(len(along), -1), prime)
    moved = moved.reshape(-1, first.products, first.products)
    return modular.matmul(weights, moved, prime).reshape(len(moved), -1)


def read_certificates(document: Any, source: str = "") -> tuple[Variety, tuple[Certificate, ...]]:
    """Return the points of a document of schema ``search``, and the variety that they are on.

    Everything that the document says of a point is computed anew from the network, the symmetry
    and the point's weights.

    Raises
    ------
    InputError
        If the document isn't of that form, or what it says of a point is wrong.
    """
    with naming_places(source):
        stated = read(document, Search)
        network = stated_network(stated.network)
        variety = Variety(network, stated_symmetry(stated.symmetry, network))
        return variety, tuple(
            _checked(variety, family, f"families[{at}]")
            for at, family in enumerate(stated.families)
        )


def _checked(variety: Variety, stated: FoundFamily, place: str) -> Certificate:
    layers = variety.ordered.layers
    if len(stated.weights) != len(layers):
        raise InputError(
            f"expected {len(layers)} layers, got {len(stated.weights)}", f"{place}.weights"
        )
    weights = []
    for layer, given in zip(layers, stated.weights, strict=True):
        if len(given) != layer.outputs or any(len(row) != layer.products for row in given):
            raise InputError(
                f"expected {layer.outputs} lists of {layer.products} numbers, got others",
                f"{place}.weights[{layer.index}]",
            )
        weights.append([[Fraction(text) for text in row] for row in given])
    try:
        found = certify(variety, weights)
    except InputError as error:
        raise InputError(error.message, f"{place}.weights") from None
    for name in ("family_dimension", "tangent_dimension", "function_dimension", "component"):
        known = getattr(found, name)
        agree(getattr(stated, name), known, f"{place}.{name}", ", as the weights have it")
    return found


def lattice(network: NetworkSpec) -> Array:
    """Return inputs at which networks agree only if they compute the same function.

    Polynomials of degree D are equal if they are so at all points of non-negative integers that
    add up to at most D.
    """
    count = network.units[0]
    number = comb(count + network.degree, count)
    if number > MAX_POINTS:
        raise TooLargeError(
            f"expected at most {MAX_POINTS} points for functions of degree {network.degree} in "
            f"{count} inputs, got {number}"
        )
    chosen = combinations_with_replacement(range(count + 1), network.degree)
    points = [[letters.count(unit) for unit in range(count)] for letters in chosen]
    return np.array(points, dtype=object)


def last_products(network: NetworkSpec, below: Sequence[Array], inputs: Array) -> Array:
    """Return the products that the last layer reads, exactly, given the layers below."""
    units = inputs
    for step in forward(network, below, inputs, EXACT):
        units = step.sums
    return layer_products(network.layers[-1], units, EXACT)


def last_equations(network: NetworkSpec, moves: Sequence[Move], below: Sequence[Array]) -> Array:
    """Return the equations of the last layer, given those below, as a matrix on all its weights."""
    inputs = lattice(network)
    here = last_products(network, below, inputs)
    outputs = np.eye(network.units[-1], dtype=int).astype(object)
    blocks = [np.zeros((0, network.layers[-1].weights), dtype=object)]
    for before, after in moves:
        there = last_products(network, below, inputs[:, list(before)])
        blocks.append(np.kron(outputs, there) - np.kron(outputs[list(after)], here))
    return np.concatenate(blocks)


def hidden_functions(network: NetworkSpec, weights: Sequence[Array]) -> list[list[str]]:
    """Return the functions of the hidden units, level by level, those that are zero left out.

    Examples
    --------
    >>> first, last = np.array([[1, 2, 1], [0, 0, 0]]), np.zeros((2, 3), dtype=int)
    >>> hidden_functions(NetworkSpec(2, 2), [first, last])
    [['x1^2 + 2*x1*x2 + x2^2']]
    """
    ring = PolynomialRing(network.input_names())
    steps = forward(network, weights[:-1], exact_array(ring.gens())[None], EXACT, one=ring.one)
    return [[str(unit) for unit in step.sums[0] if unit != 0] for step in steps]
