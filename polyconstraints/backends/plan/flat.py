"""A tied layer on flat units, between letters where its classes say so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate
from itertools import product as combinations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.conversion import Conversion
from polyconstraints.backends.plan.gathered import Gathered, Indexed
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
        xs = self.recipe.tensors(ops, x, self.sizes)
        ys = self.recipe.compute(ops, weights, xs, self.sizes)
        ys = [ops.reshape(y, (x.shape[0], product(y.shape[1:]))) for y in ys]
        y = ys[0] if len(ys) == 1 else ops.concatenate(*ys)
        return y if len(lead) == 1 else ops.reshape(y, (*lead, layer.outputs))

    # -- the map's parameters -------------------------------------------------------------

    @cached_property
    def _conversion(self) -> Conversion | Gathered | Indexed:
        return self.recipe.conversion(self.sizes, self.model)

    def to_map(self, theta: Array) -> Array:
        """Return the map's parameters, its free classes in order; exact for rationals."""
        return self._conversion.to_map(self.tying, self.split(theta))

    def from_map(self, theta: Array) -> Array:
        """Return the parameters that are the given ones of the map's layer."""
        parts = self._conversion.from_map(self.tying, theta)
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
