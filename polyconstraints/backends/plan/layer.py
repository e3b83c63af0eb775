"""What a layer between the points of a group is, whatever the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import prod
from typing import Any

import numpy as np

from polyconstraints.backends.plan.gathered import Gathered, Indexed
from polyconstraints.backends.plan.kinds import Levels, read_levels
from polyconstraints.backends.plan.lettered import Lettered
from polyconstraints.backends.plan.program import Operations
from polyconstraints.derivation import derive
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec import integer
from polyconstraints.spec.groups import parse_expression, read_group
from polyconstraints.spec.groups.constructions import Product
from polyconstraints.spec.groups.tree import Construction, Preset
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry

__all__ = ["LayerPlan"]

Tensor = Any


@dataclass(frozen=True)
class LayerPlan:
    """A layer between the points of a group; equal plans are one plan, and it hashes.

    Parameters
    ----------
    group : str
        How the inputs are points; a size may be left open, as in ``S``, where all groups are
        symmetric.
    channels : (int, int)
        Channels of every input and every output point.
    degree : int
        1 for a linear layer, 2 for a quadratic one, and so on.
    bias : bool
        Whether there are terms of all lower degrees too, constants among them.
    to : str, optional
        How the outputs are points, in terms of the same factors; ``trivial`` for one that
        no permutation moves. As the inputs unless given.

    Examples
    --------
    >>> plan = LayerPlan("S20xS30", (16, 32))
    >>> plan.describe()
    '(…, 20, 30, 16) -> (…, 20, 30, 32)'
    """

    group: str
    channels: tuple[int, int]
    degree: int = 1
    bias: bool = True
    to: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("channels", min(self.channels)), ("degree", self.degree)):
            integer(value, name, 1)

    def __reduce__(self) -> Any:
        # What follows from the words is made anew, or found, where the plan is unpickled.
        return type(self), (self.group, self.channels, self.degree, self.bias, self.to)

    @property
    def degrees(self) -> tuple[int, ...]:
        """The degrees of the layer's terms."""
        return tuple(range(self.degree + 1)) if self.bias else (self.degree,)

    @cached_property
    def levels(self) -> Levels | None:
        """The points as letters, or None where the group has others."""
        return _levels(self.group, self.to)

    @cached_property
    def recipe(self) -> Lettered | Indexed | Gathered:
        """How the layer is computed."""
        return _recipe(self)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of the parameters."""
        return self.recipe.shapes

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters; those of constants begin with ``bias``."""
        recipe = self.recipe
        if isinstance(recipe, Lettered):
            return tuple(term.name for term in recipe.terms)
        return ("weight", "bias")[: len(recipe.shapes)]

    @cached_property
    def points(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The points below and above, one axis for each factor, of a group without letters."""
        return _general(self.group, self.to)

    # -- shapes ---------------------------------------------------------------------------

    def describe(self) -> str:
        """Return the shapes of inputs and outputs for people."""
        sides = []
        for side, channels in ((0, self.channels[0]), (1, self.channels[1])):
            shapes = [f"(…, {points}{channels})" for points in self._texts(side)]
            sides.append(" and ".join(shapes))
        return " -> ".join(sides)

    def _texts(self, side: int) -> list[str]:
        levels = self.levels
        if levels is not None:
            kinds = (levels.inputs, levels.outputs)[side]
            texts = [kind.describe(levels.names) for kind in kinds]
        else:
            shape = self.points[side]
            texts = [", ".join(map(str, shape))]
        return [f"{text}, " if text else "" for text in texts]

    def sizes(self, shapes: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        """Return the letters of each sort that tensors of given shapes have.

        Raises
        ------
        InputError
            If the shapes are not those of inputs.
        """
        levels = self.levels
        if levels is None:
            wanted = (*self.points[0], self.channels[0])
            if len(shapes) != 1 or tuple(shapes[0][-len(wanted) :]) != wanted:
                raise self._wrong(shapes)
            return ()
        if len(shapes) != len(levels.inputs):
            raise self._wrong(shapes)
        sizes: list[Any] = list(levels.sizes)
        for kind, shape in zip(levels.inputs, shapes, strict=True):
            axes = len(kind.axes) + 1
            if len(shape) < axes or shape[-1] != self.channels[0]:
                raise self._wrong(shapes)
            points = shape[-axes:-1]
            if kind.axes and any(
                length != axis.fixed
                for axis, length in zip(kind.axes, points, strict=True)
                if not axis.letters
            ):
                raise self._wrong(shapes)
            for sort, size in kind.sizes(points):
                if sizes[sort] is None:
                    sizes[sort] = size
                elif sizes[sort] != size:
                    raise self._wrong(shapes)
        # Only where there are several: comparing them would fix the size of a batch.
        for kind, shape in list(zip(levels.inputs, shapes, strict=True))[1:]:
            lead = len(shapes[0]) - len(levels.inputs[0].axes) - 1
            if tuple(shape[: len(shape) - len(kind.axes) - 1]) != tuple(shapes[0][:lead]):
                raise self._wrong(shapes)
        for sort, size in enumerate(sizes):
            if size is None:
                raise UsageError(f"expected a size of the group's factor {sort + 1}, got none")
        return tuple(sizes)

    def _wrong(self, shapes: Sequence[Sequence[Any]]) -> InputError:
        expected = self.describe().split(" -> ")[0]
        got = " and ".join(f"({', '.join(map(str, shape))})" for shape in shapes)
        return InputError(f"expected shape {expected} for {self.group}, got {got}", "x")

    def masks(self, mask: Any) -> dict[int, Any] | None:
        """Return the masks of each sort, given one, or a sequence with one or None for each."""
        if mask is None:
            return None
        levels = self.levels
        if levels is None or any(letter.block for kind in levels.inputs for letter in kind.letters):
            raise UsageError("expected a group of letters outside blocks for a mask", "mask")
        given = mask if isinstance(mask, tuple | list) else (mask,)
        if len(given) != len(levels.sizes):
            raise InputError(
                f"expected {len(levels.sizes)} masks, one for each symmetric group, got "
                f"{len(given)}",
                "mask",
            )
        return {sort: part for sort, part in enumerate(given) if part is not None}

    def prepare(self) -> None:
        """Make what running needs, so that a compiler finds it made."""
        _ = self.levels or self.points, self.names, self.recipe.prepare()

    # -- computing ------------------------------------------------------------------------

    def run(
        self,
        ops: Operations,
        weights: Sequence[Tensor],
        x: Tensor,
        masks: Mapping[int, Tensor] | None = None,
    ) -> Any:
        """Return the outputs: a tensor, or a tuple where there are several kinds of points.

        Parameters
        ----------
        ops : Operations
        weights : sequence of tensors
            The parameters.
        x : tensor of shape (…, points…, channels), or a tuple of such
        masks : mapping from sort to tensor of shape (…, letters), optional
            1 for the letters that a sample has; for layers between letters.

        Raises
        ------
        InputError
            If a shape doesn't fit.
        """
        xs: list[Any] = list(x) if isinstance(x, tuple) else [x]
        sizes = self.sizes([one.shape for one in xs])
        recipe = self.recipe
        lead = self._lead(xs[0])
        xs = [self._flat(ops, one, at, len(lead)) for at, one in enumerate(xs)]
        if not isinstance(recipe, Lettered):
            if masks:
                raise UsageError("expected a group of letters for a mask, got another", "mask")
            (y,) = recipe.compute(ops, weights, xs)
            above = (*self.points[1], self.channels[1])
            return ops.reshape(y, (*lead, *above))
        if masks:
            masks = {
                sort: mask if len(lead) == 1 else ops.reshape(mask, (product(lead), mask.shape[-1]))
                for sort, mask in masks.items()
            }
        ys = recipe.compute(ops, weights, xs, sizes, masks)
        if len(lead) != 1:
            ys = [ops.reshape(y, (*lead, *y.shape[1:])) for y in ys]
        return ys[0] if len(ys) == 1 else tuple(ys)

    def _lead(self, x: Tensor) -> tuple[Any, ...]:
        """Return the axes in front of the points."""
        levels = self.levels
        axes = len(levels.inputs[0].axes if levels else self.points[0])
        return tuple(x.shape[: len(x.shape) - axes - 1])

    def _flat(self, ops: Operations, x: Tensor, at: int, leading: int) -> Tensor:
        """Return inputs with one axis for the batch and the points as the recipe has them."""
        inner = tuple(x.shape[leading:])
        recipe = self.recipe
        if isinstance(recipe, Gathered):
            inner = (product(inner),)
        elif isinstance(recipe, Indexed):
            inner = (product(inner[:-1]), inner[-1])
        if leading == 1 and len(inner) == len(x.shape) - 1:
            return x
        return ops.reshape(x, (product(x.shape[:leading]), *inner))

    # -- where training starts ------------------------------------------------------------

    def initial(self, ops: Operations, normals: Sequence[Tensor]) -> list[Tensor]:
        """Return parameters to start from, given standard normal ones.

        See :mod:`polyconstraints.backends.plan.start`.
        """
        return self.recipe.initial(ops, normals)


def product(sizes: Sequence[Any]) -> Any:
    """Return the product of sizes, which may be open; compilers don't know ``math.prod``."""
    total = 1
    for size in sizes:
        total = total * size
    return total


# --- what is the same for equal texts ----------------------------------------------------


@cache
def _levels(group: str, to: str | None) -> Levels | None:
    return read_levels(group, to)


@cache
def _recipe(plan: LayerPlan) -> Lettered | Indexed | Gathered:
    levels = plan.levels
    if levels is not None:
        return Lettered(levels, plan.channels, plan.degrees)
    below = prod(plan.points[0])
    to = "trivial1" if plan.to == "trivial" else plan.to
    choice = read_group(plan.group, below, None if to is None else {1: to})
    above = choice.widths.get(1, below)
    channels = (1, 1) if plan.degree == 1 else plan.channels
    if plan.degree == 1:
        network = NetworkSpec(below, layer="linear", bias=plan.bias, outputs=above)
    else:
        network = NetworkSpec(below, bias=plan.bias, outputs=above, channels=channels)
    tying = derive(network, Symmetry(choice.group, actions=choice.actions)).tying_map().layers[0]
    if plan.degree > 1:
        return Gathered(tying)
    classes = tying.classes
    constants = None
    if plan.bias:
        constants, classes = _renumbered(classes[:, 0]), classes[:, 1:]
    return Indexed(_renumbered(classes), constants, plan.channels, _cycles(plan))


def _renumbered(classes: Any) -> Any:
    return np.unique(classes, return_inverse=True)[1].reshape(classes.shape)


def _cycles(plan: LayerPlan) -> tuple[int, ...]:
    """Return the factors of a product of different cyclic groups that acts on both sides."""
    factors = _factors(parse_expression(plan.group).numbered())
    cyclic = [f for f in factors if isinstance(f, Preset) and f.letter == "C" and f.points]
    if plan.to is not None or len(set(cyclic)) < len(factors):
        return ()
    return tuple(factor.size() for factor in cyclic)


def _factors(tree: Construction) -> list[Construction]:
    if isinstance(tree, Product):
        return [factor for part in tree.parts for factor in _factors(part)]
    return [tree]


@cache
def _general(group: str, to: str | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the points of inputs and outputs of any group, one axis for each factor."""

    def shape(text: str) -> tuple[int, ...]:
        if text == "trivial":
            return ()
        return tuple(part.size() for part in _factors(parse_expression(text).numbered()))

    below = shape(group)
    return below, below if to is None else shape(to)
