"""A tied layer on flat units, between letters where its classes say so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate, permutations
from itertools import product as combinations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.conversion import Conversion
from polyconstraints.backends.plan.gathered import Gathered, Indexed, whole_numbers
from polyconstraints.backends.plan.kinds import Levels, read_levels
from polyconstraints.backends.plan.lettered import Lettered
from polyconstraints.backends.plan.program import Operations, check_dtypes, product
from polyconstraints.backends.plan.terms import degrees_of
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import InputError, PolyconstraintsError
from polyconstraints.spec.groups import read_group
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.tying import TyingMap
from polyconstraints.verification.proofs import layer_forms

Array = NDArray[Any]
Tensor = Any

#: Most parameters of a map with dependent classes whose functions are counted.
_RANKED = 500


@dataclass(frozen=True, eq=False)
class FlatLayer:
    """One tied layer, on flat units: unit = component · channels + channel."""

    layer: LayerSpec
    recipe: Lettered | Gathered | Indexed
    #: The letters of each sort, for a recipe of letters.
    sizes: tuple[int, ...]
    #: Returns the map's layer for given letters of each sort.
    source: Callable[[tuple[int, ...]], LayerClasses]
    #: The letters for which parameters are looked up: these, or fewer with the same ones.
    model: tuple[int, ...]

    def __deepcopy__(self, memo: dict[int, Any]) -> FlatLayer:
        # Nothing in it changes: copies of a module share it.
        return self

    @cached_property
    def tying(self) -> LayerClasses:
        """The map's layer, with its parameters, at the size of the model."""
        return self.source(self.model)

    def weights(self, theta: Array) -> Array:
        """Return the weight array that the map's parameters give."""
        return self.source(self.sizes).weights(theta)

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return sum(prod(shape) for shape in self.recipe.shapes)

    def split(self, theta: Tensor) -> list[Tensor]:
        """Return a vector of parameters in the shapes of the recipe."""
        ends = accumulate(map(prod, self.recipe.shapes))
        return [
            theta[end - prod(shape) : end].reshape(shape)
            for end, shape in zip(ends, self.recipe.shapes, strict=True)
        ]

    def run(self, ops: Operations, weights: Sequence[Tensor], x: Tensor) -> Tensor:
        """Return the outputs, (…, outputs), for inputs (…, inputs)."""
        check_dtypes(ops, (x,), weights[0])
        layer, lead = self.layer, tuple(x.shape[:-1])
        if not x.shape or x.shape[-1] != layer.inputs:
            raise InputError(f"expected shape (batch, {layer.inputs}), got {tuple(x.shape)}", "x")
        x = x if len(lead) == 1 else ops.reshape(x, (product(lead), layer.inputs))
        xs = [x]
        if isinstance(self.recipe, Lettered):
            inputs, below = self.recipe.levels.inputs, self.recipe.channels[0]
            shapes = [(*kind.shape(self.sizes), below) for kind in inputs]
            ends = list(accumulate(map(prod, shapes)))
            parts = [x[:, end - prod(shape) : end] for end, shape in zip(ends, shapes, strict=True)]
            pairs = zip([x] if len(ends) == 1 else parts, shapes, strict=True)
            xs = [ops.reshape(part, (x.shape[0], *shape)) for part, shape in pairs]
        ys = self.recipe.compute(ops, weights, xs, self.sizes)
        ys = [ops.reshape(y, (x.shape[0], product(y.shape[1:]))) for y in ys]
        y = ys[0] if len(ys) == 1 else ops.concatenate(*ys)
        return y if len(lead) == 1 else ops.reshape(y, (*lead, layer.outputs))

    # -- the map's parameters -------------------------------------------------------------

    @cached_property
    def _conversion(self) -> Conversion:
        if not isinstance(self.recipe, Lettered):
            raise TypeError("expected a recipe of letters")
        return Conversion(self.recipe, self.sizes, self.model)

    def to_map(self, theta: Array) -> Array:
        """Return the map's parameters, its free classes in order; exact for rationals."""
        tying = self.tying
        if isinstance(self.recipe, Gathered):
            return np.asarray(theta / whole_numbers(self.recipe.members, theta))
        if isinstance(self.recipe, Indexed):
            weights = self.recipe.to_weights(self.split(theta)).ravel()
            return np.asarray(weights[tying.representatives[list(tying.free)]])
        numbering = np.full(len(tying.sizes), -1, dtype=np.int64)
        numbering[list(tying.free)] = np.arange(len(tying.free))
        result = np.zeros(len(tying.free), dtype=theta.dtype)
        # With redundant indices a class may hold any of the weights of an orbit.
        every = tying.layer.degree > 1 and not tying.layer.ordered
        parts = self.split(theta)
        for outputs, inputs, values in self._conversion.coefficients(parts, every=every):
            orders = _orders(tying.layer, inputs)
            shares = values / _counts(orders, values) if every else values
            for order in orders:
                found = numbering[tying.classes[_places(outputs, order)]]
                result[found[found >= 0]] = shares[found >= 0]
        return result

    def from_map(self, theta: Array) -> Array:
        """Return the parameters that are the given ones of the map's layer."""
        tying = self.tying
        if isinstance(self.recipe, Gathered):
            return np.asarray(theta * whole_numbers(self.recipe.members, theta))
        if isinstance(self.recipe, Indexed):
            parts = self.recipe.from_weights(tying.weights(theta))
            return np.concatenate([part.ravel() for part in parts])
        values = tying.class_values(theta)

        def coefficients(outputs: Array, inputs: Array) -> Array:
            orders = _orders(tying.layer, inputs)
            total = sum(values[tying.classes[_places(outputs, order)]] for order in orders)
            if len(orders) == 1:
                return np.asarray(total)
            # Orders that repeat one another have been added as often as they occur.
            return np.asarray(total * _counts(orders, values) / len(orders))

        parts = self._conversion.weights(coefficients, theta.dtype)
        return np.concatenate([part.ravel() for part in parts])

    def initial(self, ops: Operations, normals: Sequence[Tensor]) -> list[Tensor]:
        """Return the vector to start from, given a standard normal one; see LayerPlan."""
        parts = self.recipe.initial(ops, self.split(normals[0]))
        flat = [ops.reshape(part, (product(part.shape),)) for part in parts]
        return [ops.concatenate(*flat)]

    @cached_property
    def digest(self) -> str:
        """A name for the layer as a function of its parameters, the same in every process."""
        layer, recipe = self.layer, self.recipe
        if isinstance(recipe, Gathered):
            return recipe.digest
        facts = (layer.degree, layer.bias, layer.inputs, layer.outputs, recipe.channels)
        points = (recipe.levels, self.sizes) if isinstance(recipe, Lettered) else ()
        return hashlib.sha256(repr((*facts, points)).encode()).hexdigest()


def _orders(layer: LayerSpec, inputs: Array) -> list[Array]:
    """Return the letters of products in the orders in which they have weights."""
    missing = np.zeros((layer.degree - len(inputs), inputs.shape[1]), dtype=np.int64)
    letters = np.concatenate([inputs + int(layer.bias), missing])
    letters = -np.sort(-letters, axis=0)
    if layer.ordered or layer.degree == 1:
        return [letters]
    return [letters[list(order)] for order in permutations(range(layer.degree))]


def _places(outputs: Array, letters: Array) -> tuple[Array, ...]:
    return (outputs[:, None], *(row[None] for row in letters))


def _counts(orders: Sequence[Array], like: Array) -> Array:
    """Return how many different orders each product has."""
    found = [len({tuple(order[:, at]) for order in orders}) for at in range(orders[0].shape[1])]
    return np.array(found, dtype=object if like.dtype == object else np.float64)


def known(layer: LayerClasses, sizes: tuple[int, ...]) -> LayerClasses:
    """Return a map's layer that is known, for the only sizes that it is for."""
    return layer


def between_letters(
    network: NetworkSpec,
    index: int,
    levels: Levels,
    source: Callable[[tuple[int, ...]], LayerClasses],
    model: tuple[int, ...] | None = None,
) -> FlatLayer:
    """Return a layer of a network between points made of given numbers of letters."""
    layer, sizes = network.layers[index], tuple(size or 0 for size in levels.sizes)
    below, above = network.channels[index : index + 2]
    recipe = Lettered(
        levels, (below, above), degrees_of(layer.degree, layer.bias), independent=True
    )
    return FlatLayer(layer, recipe, sizes, source, sizes if model is None else model)


def of_map(tying: TyingMap, index: int, structure: bool) -> FlatLayer:
    """Return a layer of a map, as one between letters where it is one and that is wanted."""
    layer, source = tying.layers[index], partial(known, tying.layers[index])
    levels = next(_recognised(tying, index), None) if structure else None
    if levels is not None:
        lettered = between_letters(tying.network, index, levels, source)
        if _fills(lettered, layer):
            return lettered
    return FlatLayer(layer.layer, Gathered(layer), (), source, ())


def _recognised(tying: TyingMap, index: int) -> Iterator[Levels]:
    """Yield the points of a layer, if they are letters, from its classes alone.

    The name of the group says where to look and isn't trusted: what counts is that the layer,
    as a function of its parameters, is unchanged by generators of the symmetric groups. Takes
    time and memory of the order of the weight array.
    """
    below, above = tying.network.widths[index : index + 2]
    inputs, outputs = tying.network.channels[index : index + 2]
    name = tying.symmetry.group.name
    # Of the group of one element every layer is one, and no structure helps.
    known = name in ("S", f"S{below}") or name.startswith("trivial")
    texts = [f"S{below}", *([] if known else [name])]
    coefficients, _, numbers = layer_forms(tying.layers[index])
    for text, same in combinations(texts, (True, False)):
        if same and above != below:
            continue
        levels = read_levels(text, None if same else f"trivial{above}")
        if levels is None or None in levels.sizes:
            continue
        try:
            group = read_group(text, below).group
        except PolyconstraintsError:
            # The name of something else, or of a group on other points.
            continue
        for image in group.generators or (tuple(range(below)),):
            moved = _on_units(image if same else range(above), outputs)
            place = coefficients.moved(_on_units(image, inputs))
            if not np.array_equal(numbers[moved][:, place], numbers):
                break
        else:
            yield levels


def _on_units(image: Sequence[int], channels: int) -> NDArray[np.intp]:
    return (np.array(image)[:, None] * channels + np.arange(channels)).ravel()


def _fills(lettered: FlatLayer, layer: LayerClasses) -> bool:
    """Return whether the map has all functions that the letters allow, and not only some."""
    redundant = layer.layer.degree > 1 and not layer.layer.ordered
    if not layer.dependent and not redundant:
        return len(layer.free) == lettered.parameters
    if not lettered.parameters <= len(layer.free) <= _RANKED:
        return False
    images = [lettered.from_map(row) for row in np.eye(len(layer.free))]
    return int(np.linalg.matrix_rank(np.array(images))) == lettered.parameters
