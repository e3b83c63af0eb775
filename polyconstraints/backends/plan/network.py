"""Tied networks in their functional form: flat units, one vector of parameters a layer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import permutations
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.conversion import Conversion
from polyconstraints.backends.plan.gathered import Gathered, Indexed, whole_numbers
from polyconstraints.backends.plan.kinds import Levels, read_levels
from polyconstraints.backends.plan.lettered import Lettered
from polyconstraints.backends.plan.program import Operations, check_dtypes, product
from polyconstraints.backends.plan.recognition import lettered_levels
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.derivation import derive
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.groups import PermutationGroup
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Kind as SymmetryKind
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import TyingMap, TyingRule

__all__ = ["FlatLayer", "NetworkPlan", "Planned", "horner", "known"]

Array = NDArray[Any]
Tensor = Any

#: Most parameters of a map with dependent classes whose functions are counted.
_RANKED = 500

PATHS = ("auto", "structure", "gather")
"""What a user may ask for: the structure of letters where a layer has it, or never."""


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
        parts, start = [], 0
        for shape in self.recipe.shapes:
            stop = start + prod(shape)
            parts.append(theta[start:stop].reshape(shape))
            start = stop
        return parts

    def run(self, ops: Operations, weights: Sequence[Tensor], x: Tensor) -> Tensor:
        """Return the outputs, (…, outputs), for inputs (…, inputs)."""
        check_dtypes(ops, (x,), weights[0])
        layer, lead = self.layer, tuple(x.shape[:-1])
        if not x.shape or x.shape[-1] != layer.inputs:
            raise InputError(f"expected shape (batch, {layer.inputs}), got {tuple(x.shape)}", "x")
        x = x if len(lead) == 1 else ops.reshape(x, (product(lead), layer.inputs))
        if isinstance(self.recipe, Lettered):
            levels, below = self.recipe.levels, self.recipe.channels[0]
            xs, start = [], 0
            for kind in levels.inputs:
                shape = (*kind.shape(self.sizes), below)
                stop = start + prod(shape)
                part = x if len(levels.inputs) == 1 else x[:, start:stop]
                xs.append(ops.reshape(part, (x.shape[0], *shape)))
                start = stop
            ys = self.recipe.compute(ops, weights, xs, self.sizes)
            ys = [ops.reshape(y, (x.shape[0], product(y.shape[1:]))) for y in ys]
        else:
            ys = self.recipe.compute(ops, weights, [x])
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
        place = {number: at for at, number in enumerate(tying.free)}
        numbering = np.full(tying.present[-1] + 1, -1, dtype=np.int64)
        numbering[list(place)] = list(place.values())
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

    def initial(self, ops: Operations, normal: Tensor) -> Tensor:
        """Return parameters to start from, given standard normal ones; see LayerPlan."""
        parts = self.recipe.initial(ops, self.split(normal))
        return ops.concatenate(*[ops.reshape(part, (product(part.shape),)) for part in parts])

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


@dataclass(frozen=True, eq=False)
class NetworkPlan:
    """A tied network, layer by layer.

    Attributes
    ----------
    network : NetworkSpec
    layers : tuple of FlatLayer
    """

    network: NetworkSpec
    layers: tuple[FlatLayer, ...]

    @classmethod
    def from_map(cls, tying: TyingMap, path: str = "auto") -> NetworkPlan:
        """Return the plan of a tying map.

        Whether a layer is one between letters is found from its classes; the name of the
        group only says where to look.

        Parameters
        ----------
        tying : TyingMap
        path : {"auto", "structure", "gather"}
            ``gather`` looks weights up even where there is a structure.

        Examples
        --------
        >>> import polyconstraints as pc
        >>> symmetry = pc.Symmetry(pc.PermutationGroup.alternating(5))
        >>> tying = pc.derive(pc.NetworkSpec(5), symmetry).tying_map()
        >>> NetworkPlan.from_map(tying).layers[0].parameters
        4
        """
        if path not in PATHS:
            raise UsageError(f"expected one of {', '.join(PATHS)} as path, got {path!r}", "path")
        return cls(
            tying.network, tuple(_of_map(tying, at, path) for at in range(len(tying.layers)))
        )

    @classmethod
    def symmetric(cls, network: NetworkSpec, kind: SymmetryKind = "equivariant") -> NetworkPlan:
        """Return the plan of a network with the symmetry of S_n in every layer, for any n.

        Functions and number of parameters are those of the map that a derivation finds, but
        nothing of the size of the weights is ever made.

        Parameters
        ----------
        network : NetworkSpec
            Every width n, but for an invariant output.
        kind : {"equivariant", "invariant"}

        Raises
        ------
        UsageError
            If the network doesn't fit.

        Examples
        --------
        >>> plan = NetworkPlan.symmetric(NetworkSpec(4096, depth=2, bias=True))
        >>> [layer.parameters for layer in plan.layers]
        [7, 7]
        """
        n = network.inputs
        if network.widths[:-1] != (n,) * network.depth:
            raise UsageError(f"expected hidden widths of {n}, got {network.hidden}", "widths")
        if kind == "equivariant" and network.outputs != n:
            raise UsageError(
                f"expected {n} output components for equivariance, got {network.outputs}",
                "symmetry",
            )
        texts = [f"S{n}"] * (network.depth + 1)
        if kind == "invariant":
            texts[-1] = f"trivial{network.outputs}"
        source = partial(_derived, network, kind)
        return cls(network, _between_letters(network, f"S{n}", texts, (n,), source))

    @classmethod
    def from_rule(cls, rule: TyingRule, *sizes: int) -> NetworkPlan:
        """Return the plan of a rule at given numbers of letters, however large.

        Parameters
        ----------
        rule : TyingRule
        *sizes : int
            As for :meth:`TyingRule.at`; for ``S`` the number of inputs.

        Examples
        --------
        >>> from polyconstraints.classes.any_network import AnyNetwork
        >>> rule = TyingRule.of(AnyNetwork("S", depth=2))
        >>> [layer.parameters for layer in NetworkPlan.from_rule(rule, 4096).layers]
        [4, 4]
        """
        described = rule.network
        full = described.sizes(sizes)
        network = described.network(full)
        texts = [described.actions.get(level, described.group) for level in range(network.depth)]
        texts.append(described.actions.get(network.depth, described.group))
        if described.kind == "invariant":
            texts[-1] = f"trivial{network.outputs}"
        source = partial(_of_rule, rule)
        return cls(network, _between_letters(network, described.group, texts, tuple(full), source))

    def check(self, theta: Sequence[Any]) -> None:
        """Raise InputError unless there is a vector of parameters for each layer."""
        shapes, wanted = [np.shape(part) for part in theta], [(n,) for n in self.parameters]
        if shapes != wanted:
            raise InputError(f"expected parameters of shapes {wanted}, got {shapes}", "theta")

    def run(self, ops: Operations, parameters: Sequence[Tensor], x: Tensor) -> Tensor:
        """Return the outputs, (…, outputs), given a vector of parameters for each layer."""
        for layer, theta in zip(self.layers, parameters, strict=True):
            x = layer.run(ops, layer.split(theta), x)
            activation = self.network.activation_of(layer.layer)
            if activation is not None:
                x = horner([float(value) for value in activation.coefficients], x)
        return x

    @property
    def parameters(self) -> tuple[int, ...]:
        """Number of parameters of each layer."""
        return tuple(layer.parameters for layer in self.layers)

    @cached_property
    def digest(self) -> str:
        """A name for the network as a function of its parameters, the same in every process."""
        return hashlib.sha256("".join(layer.digest for layer in self.layers).encode()).hexdigest()


class Planned:
    """What the networks of all libraries are made from: ``cls(plan, **options)``."""

    def __init__(self, plan: NetworkPlan, **options: Any) -> None:
        raise NotImplementedError

    @classmethod
    def from_map(cls, tying: TyingMap, path: str = "auto", **options: Any) -> Self:
        """Return the network of a tying map; see :meth:`NetworkPlan.from_map`."""
        return cls(NetworkPlan.from_map(tying, path), **options)

    @classmethod
    def from_rule(cls, rule: TyingRule, *sizes: int, **options: Any) -> Self:
        """Return the network of a rule at given sizes, such as the number of inputs."""
        return cls(NetworkPlan.from_rule(rule, *sizes), **options)

    @classmethod
    def symmetric(
        cls, network: NetworkSpec, kind: SymmetryKind = "equivariant", **options: Any
    ) -> Self:
        """Return the network with the symmetry of S_n in every layer, for any n."""
        return cls(NetworkPlan.symmetric(network, kind), **options)


def horner(coefficients: Sequence[float], z: Tensor) -> Tensor:
    """Return the values of a polynomial, given its coefficients from the constant on."""
    value = z * 0.0 + coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = value * z + coefficient
    return value


def known(layer: LayerClasses, sizes: tuple[int, ...]) -> LayerClasses:
    """Return a map's layer that is known, for the only sizes that it is for."""
    return layer


def _of_rule(rule: TyingRule, index: int, sizes: tuple[int, ...]) -> LayerClasses:
    return rule.at(*sizes).layers[index]


def _between_letters(
    network: NetworkSpec,
    group: str,
    texts: Sequence[str],
    sizes: tuple[int, ...],
    source: Callable[[int, tuple[int, ...]], LayerClasses],
) -> tuple[FlatLayer, ...]:
    """Return the layers of a network, given the points of each level and the sorts' letters."""
    found = []
    for index, layer in enumerate(network.layers):
        levels = read_levels(group, texts[index + 1], texts[index])
        if levels is None:
            raise UsageError(f"expected points made of letters, got {group}", "group")
        above, below = (len(kinds[0].letters) for kinds in (levels.outputs, levels.inputs))
        model = tuple(min(size, max(above + layer.degree * below, 2)) for size in sizes)
        found.append(_lettered(network, index, levels, sizes, partial(source, index), model))
    return tuple(found)


def _derived(
    network: NetworkSpec, kind: SymmetryKind, index: int, sizes: tuple[int, ...]
) -> LayerClasses:
    """Return a layer of the network's map with fewer components."""
    (n,) = sizes
    outputs = network.outputs if kind == "invariant" else n
    small = NetworkSpec(
        n,
        network.depth,
        network.layer,
        network.indices,
        network.bias,
        outputs=outputs,
        channels=network.channels,
    )
    return derive(small, Symmetry(PermutationGroup.symmetric(n), kind)).tying_map().layers[index]


def _lettered(
    network: NetworkSpec,
    index: int,
    levels: Levels,
    sizes: tuple[int, ...],
    source: Callable[[tuple[int, ...]], LayerClasses],
    model: tuple[int, ...],
) -> FlatLayer:
    layer = network.layers[index]
    below, above = network.channels[index : index + 2]
    degrees = tuple(range(layer.degree + 1)) if layer.bias else (layer.degree,)
    recipe = Lettered(replace(levels, sizes=sizes), (below, above), degrees, independent=True)
    return FlatLayer(layer, recipe, sizes, source, model)


def _of_map(tying: TyingMap, index: int, path: str) -> FlatLayer:
    layer = tying.layers[index]
    gathered, source = Gathered(layer), partial(known, layer)
    found = None if path == "gather" else lettered_levels(tying, index, gathered)
    if found is not None:
        levels, sizes = found
        lettered = _lettered(tying.network, index, levels, sizes, source, sizes)
        if _fills(lettered, layer):
            return lettered
    return FlatLayer(layer.layer, gathered, (), source, ())


def _fills(lettered: FlatLayer, layer: LayerClasses) -> bool:
    """Return whether the map has all functions that the letters allow, and not only some."""
    redundant = layer.layer.degree > 1 and not layer.layer.ordered
    if not layer.dependent and not redundant:
        return len(layer.free) == lettered.parameters
    if not lettered.parameters <= len(layer.free) <= _RANKED:
        return False
    images = [lettered.from_map(row) for row in np.eye(len(layer.free))]
    return int(np.linalg.matrix_rank(np.array(images))) == lettered.parameters
