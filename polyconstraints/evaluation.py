"""Values and derivatives of layered networks, once for every kind of number.

A layer of degree r sums products of r inputs; its weights are one array of shape (outputs,
products). Points are evaluated together: the work is a few matrix products a layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import modular
from polyconstraints.errors import InputError, explained
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Move

Array = NDArray[Any]

#: Products of inputs that are held in memory at once.
_CHUNK = 1 << 22

Weights = Sequence[Array]


@dataclass(frozen=True)
class Plain:
    """Numbers that NumPy's own operators add and multiply."""

    dtype: Any

    def reduce(self, numbers: Array) -> Array:
        """Return the numbers as they are."""
        return numbers

    def matmul(self, a: Array, b: Array) -> Array:
        """Return a matrix product."""
        product: Array = a @ b
        return product

    def number(self, value: Fraction | int) -> Any:
        """Return the value itself, or the nearest floating one."""
        whole = value.numerator if value.denominator == 1 else value
        return whole if self.dtype is object else float(value)


FLOATING = Plain(np.float64)
EXACT = Plain(object)


@dataclass(frozen=True)
class Modulo:
    """Residues modulo a prime: 64-bit integers up to 31 bits, beyond that Python's."""

    prime: int

    @property
    def dtype(self) -> Any:
        """64-bit integers for small primes, else objects."""
        return np.int64 if self.prime <= modular.PRIMES[0] else object

    def reduce(self, numbers: Array) -> Array:
        """Return the residues of numbers."""
        reduced: Array = numbers % self.prime
        return reduced

    def matmul(self, a: Array, b: Array) -> Array:
        """Return a matrix product of residues."""
        if self.dtype is object:
            return self.reduce(a @ b)
        return modular.matmul(a, b, self.prime)

    def number(self, value: Fraction | int) -> int:
        """Return the residue of a rational."""
        return value.numerator * pow(value.denominator, -1, self.prime) % self.prime


#: How arrays of numbers are reduced after each operation, and multiplied as matrices.
Ring = Plain | Modulo


def exact_array(numbers: Sequence[Any]) -> Array:
    """Return a vector of objects, whatever they are."""
    # Not by np.array, which takes sequences, and polynomials that look like them, apart.
    return np.fromiter(numbers, dtype=object, count=len(numbers))


@dataclass(frozen=True, eq=False)
class Step:
    """What one layer did on the way forward."""

    layer: LayerSpec
    #: Of shape (outputs, products).
    weights: Array
    #: Of shape (points, letters): what the layer reads, the homogenising unit first where there is
    #: a bias.
    letters: Array
    #: Of shape (points, products).
    products: Array
    #: Of shape (points, outputs): what comes out, before any activation.
    sums: Array


def forward(
    network: NetworkSpec, weights: Weights, inputs: Array, ring: Ring, *, one: Any = 1
) -> Iterator[Step]:
    """Yield what each layer does, for as many layers as there are weights.

    Inputs have the shape (points, inputs), and a layer's weights (outputs, products); ``one`` is
    the value of the homogenising unit.
    """
    units = inputs
    for layer, array in zip(network.layers, weights, strict=False):
        if layer.index:
            units = _activated(network, units, ring)
        letters = _letters(layer, units, one)
        products = _products(letters, _places(layer).letters, ring)
        units = ring.matmul(products, array.T)
        yield Step(layer, array, letters, products, units)


def values(
    network: NetworkSpec, weights: Weights, inputs: Array, ring: Ring, *, one: Any = 1
) -> Array:
    """Return the network's outputs, shape (points, outputs); parameters as for `forward`."""
    size = max(1, _CHUNK // max(layer.products for layer in network.layers))
    parts = []
    for start in range(0, max(1, len(inputs)), size):
        portion = inputs[start : start + size]
        for step in forward(network, weights, portion, ring, one=one):
            last = step.sums
        parts.append(last)
    return np.concatenate(parts)


def both_sides(
    network: NetworkSpec,
    moves: Sequence[Move],
    weights: Weights,
    inputs: Array,
    ring: Ring,
    *,
    one: Any = 1,
) -> Iterator[tuple[Array, Array]]:
    """Yield F(σx) and σF(x), which agree for a symmetric network, for each move σ of its ends."""
    plain = values(network, weights, inputs, ring, one=one)
    for before, after in moves:
        moved = values(network, weights, inputs[:, list(before)], ring, one=one)
        yield moved, plain[:, list(after)]


def adjoints(
    network: NetworkSpec, steps: Sequence[Step], ring: Ring, *, rows: Array | None = None
) -> Iterator[tuple[Step, Array]]:
    """Yield the layers from the last to the first, each with derivatives along its sums.

    The derivatives have the shape (points, rows, layer's outputs). ``rows``, of shape (points,
    rows, outputs), says which combinations of the network's outputs are differentiated: each
    output alone unless given.
    """
    points, width = steps[-1].sums.shape
    along = rows
    if along is None:
        identity = np.eye(width, dtype=np.int64).astype(ring.dtype)
        along = np.broadcast_to(identity, (points, width, width))
    for at in range(len(steps) - 1, -1, -1):
        yield steps[at], along
        if at:
            along = _through(steps[at], along, ring)
            if network.activation is not None:
                slope = network.activation.slope
                factor = _polynomial(slope, steps[at - 1].sums, ring)
                along = ring.reduce(along * factor[:, None])


def jacobian(
    network: NetworkSpec, weights: Weights, inputs: Array, ring: Ring, *, rows: Array | None = None
) -> Array:
    """Return the derivatives of the outputs along all weights, by back-propagation.

    Parameters are those of :func:`forward` and :func:`adjoints`.
    """
    steps = list(forward(network, weights, inputs, ring))
    blocks = []
    for step, along in adjoints(network, steps, ring, rows=rows):
        own = ring.reduce(along[..., None] * step.products[:, None, None])
        blocks.append(own.reshape(*along.shape[:2], step.layer.weights))
    return np.concatenate(blocks[::-1], axis=2)


def layer_products(layer: LayerSpec, units: Array, ring: Ring) -> Array:
    """Return the products of units that a layer's weights multiply, (points, products)."""
    return _products(_letters(layer, units), _places(layer).letters, ring)


def _letters(layer: LayerSpec, units: Array, one: Any = 1) -> Array:
    if not layer.bias:
        return units
    unit = np.fromiter([one] * len(units), dtype=units.dtype)[:, None]
    return np.concatenate([unit, units], axis=1)


def _products(letters: Array, indices: NDArray[np.intp], ring: Ring) -> Array:
    """Return the products of letters, one for each row of indices."""
    result: Array = letters[:, indices[:, 0]]
    for column in indices.T[1:]:
        result = ring.reduce(result * letters[:, column])
    return result


def _through(step: Step, along: Array, ring: Ring) -> Array:
    """Return derivatives along a layer's inputs, given those along its sums."""
    layer = step.layer
    by_product = ring.matmul(along, step.weights)
    total: Array = np.zeros(1, dtype=ring.dtype)
    for others, order, starts in _places(layer).factors:
        part = by_product
        if layer.degree > 1:
            part = ring.reduce(by_product * _products(step.letters, others, ring)[:, None])
        # Every letter is this factor of some product. Sums of residues fit 64 bits.
        total = total + np.add.reduceat(part[..., order], starts, axis=-1)
    return ring.reduce(total)[..., int(layer.bias) :]


class _Places(NamedTuple):
    """The letters of each product, (products, degree), and for each factor three arrays.

    The letters of the other factors, the products in its order, and where its letters start.
    """

    letters: NDArray[np.intp]
    factors: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]]


@lru_cache(maxsize=8)
def _places(layer: LayerSpec) -> _Places:
    letters, factors = layer.product_indices(), []
    for factor, column in enumerate(letters.T):
        order = np.argsort(column, kind="stable")
        starts = np.searchsorted(column[order], np.arange(layer.letters))
        factors.append((np.delete(letters, factor, axis=1), order, starts))
    return _Places(letters, factors)


def _activated(network: NetworkSpec, units: Array, ring: Ring) -> Array:
    if network.activation is None:
        return units
    return _polynomial(network.activation.coefficients, units, ring)


def _polynomial(coefficients: Sequence[Fraction], units: Array, ring: Ring) -> Array:
    """Return a polynomial's value at every unit, by Horner's rule."""
    result = np.full(units.shape, ring.number(coefficients[-1]), dtype=units.dtype)
    for coefficient in coefficients[-2::-1]:
        result = ring.reduce(ring.reduce(result * units) + ring.number(coefficient))
    return result


@explained
def evaluate(
    network: NetworkSpec, weights: Mapping[str, Any], inputs: Sequence[Any], one: Any = 1
) -> list[Any]:
    """Return the outputs of a network.

    Parameters
    ----------
    network : NetworkSpec
    weights : mapping from str
        A value for each weight name.
    inputs : sequence
        A value for each input unit.
    one : optional
        The value of the homogenising unit.

    Raises
    ------
    InputError
        If the inputs or weights do not fit the network.

    Examples
    --------
    >>> from fractions import Fraction
    >>> network = NetworkSpec(2, layer="linear")
    >>> names = network.weight_names()
    >>> evaluate(network, dict(zip(names, [1, 2, 3, 4])), [Fraction(1, 2), 1])
    [Fraction(5, 2), Fraction(11, 2)]
    """
    if len(inputs) != network.units[0]:
        raise InputError(f"expected {network.units[0]} inputs, got {len(inputs)}")
    arrays = []
    for layer in network.layers:
        names = layer.names()
        missing = next((name for name in names if name not in weights), None)
        if missing is not None:
            raise InputError(f"expected a value for every weight, got none for {missing}")
        array = exact_array([weights[name] for name in names])
        arrays.append(array.reshape(layer.outputs, layer.products))
    found = values(network, arrays, exact_array(inputs)[None], EXACT, one=one)
    outputs: list[Any] = found[0].tolist()
    return outputs
