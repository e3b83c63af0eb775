"""What a layer between the points of a group is, whatever the library, and its map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import pairwise
from math import prod
from operator import add, mul
from typing import Any

import numpy as np

from polyconstraints.backends.plan.flat import FlatLayer, known
from polyconstraints.backends.plan.gathered import Gathered, Indexed
from polyconstraints.backends.plan.kinds import (
    Axis,
    Kind,
    Levels,
    factors,
    fixed_levels,
    read_levels,
)
from polyconstraints.backends.plan.lettered import Lettered
from polyconstraints.backends.plan.program import Operations, check_dtypes, product
from polyconstraints.backends.plan.terms import degrees_of
from polyconstraints.classes.any_network import sized_texts
from polyconstraints.derivation import derive
from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec import integer
from polyconstraints.spec.groups import GroupChoice, read_group
from polyconstraints.spec.groups.tree import Preset
from polyconstraints.spec.network import NetworkSpec, layer_kind
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import TyingMap

Tensor = Any
Recipe = Lettered | Indexed | Gathered


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
    rank : int, optional
        For degree two. Of full rank unless given; else the products are those of so many
        channels of two linear layers, mixed by a third one, and with a bias a fourth is added.

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
    rank: int | None = None

    def __post_init__(self) -> None:
        rank = 1 if self.rank is None else self.rank
        numbers = {"channels": min(self.channels), "degree": self.degree, "rank": rank}
        for name, value in numbers.items():
            integer(value, name, 1)
        if self.rank is not None and self.degree != 2:
            raise UsageError(f"expected a rank for degree 2 only, got degree {self.degree}", "rank")

    def __reduce__(self) -> Any:
        # What follows from the words is made anew, or found, where the plan is unpickled.
        words = (self.group, self.channels, self.degree, self.bias, self.to, self.rank)
        return type(self), words

    @cached_property
    def levels(self) -> Levels:
        """The points below and above, as letters where the group has them."""
        return read_levels(self.group, self.to) or fixed_levels(self.group, self.to)

    @property
    def kinds(self) -> tuple[tuple[Kind, ...], tuple[Kind, ...]]:
        """The kinds of points below and above."""
        return self.levels.inputs, self.levels.outputs

    @cached_property
    def parts(self) -> dict[str, LayerPlan]:
        """The linear layers of a layer of low rank; else the layer itself, by no name."""
        if self.rank is None:
            return {"": self}
        (below, above), rank = self.channels, self.rank
        inner = LayerPlan(self.group, (below, rank), bias=False)
        mix = LayerPlan(self.group, (rank, above), bias=False, to=self.to)
        parts = {"left_": inner, "right_": inner, "mix_": mix}
        linear = LayerPlan(self.group, self.channels, to=self.to)
        return {**parts, "linear_": linear} if self.bias else parts

    @cached_property
    def recipe(self) -> Recipe:
        """How a layer of full rank is computed."""
        return _recipe(self)

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The names and shapes of the parameters; names of constants have ``bias`` in them."""
        return {
            prefix + name: shape
            for prefix, part in self.parts.items()
            for name, shape in zip(part.recipe.names, part.recipe.shapes, strict=True)
        }

    def prepare(self) -> None:
        """Make what running needs, so that a compiler finds it made."""
        for part in self.parts.values():
            part.recipe.prepare()
        _ = self._axes, self.shapes

    # -- shapes ---------------------------------------------------------------------------

    def describe(self) -> str:
        """Return the shapes of inputs and outputs for people."""
        sides = []
        for kinds, channels in zip(self.kinds, self.channels, strict=True):
            texts = [kind.describe(self.levels.names) for kind in kinds]
            shapes = [f"(…, {text}, {channels})" if text else f"(…, {channels})" for text in texts]
            sides.append(" and ".join(shapes))
        return " -> ".join(sides)

    @cached_property
    def _axes(self) -> list[list[tuple[int, int, Axis]]]:
        """For each input's axes of points: number of letters, their sort or the length."""
        return [
            [
                (axis.count, axis.sort if axis.count else axis.points.size(), axis)
                for axis in kind.axes
            ]
            for kind in self.levels.inputs
        ]

    def sizes(self, shapes: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        """Return the letters of each sort that inputs of given shapes have; raises InputError."""
        axes_of, channels = self._axes, self.channels[0]
        sizes: list[Any] = list(self.levels.sizes)
        if len(shapes) != len(axes_of):
            raise self._wrong(shapes)
        # Compilers trace this: plain loops are quick to compile.
        for axes, shape in zip(axes_of, shapes, strict=True):
            first = len(shape) - len(axes) - 1
            if first < 0 or shape[-1] != channels:
                raise self._wrong(shapes)
            for (count, sort, axis), length in zip(axes, shape[first:-1], strict=True):
                if not count:
                    if length != sort:
                        raise self._wrong(shapes)
                    continue
                size = length if count == 1 else axis.letters_of(length)
                if sizes[sort] is None:
                    sizes[sort] = size
                elif sizes[sort] != size:
                    raise self._wrong(shapes)
            # Only where there are several: comparing them would fix the size of a batch.
            if shape is not shapes[0] and shape[:first] != shapes[0][: -len(axes_of[0]) - 1]:
                raise self._wrong(shapes)
        for sort, size in enumerate(sizes):
            if size is None:
                raise UsageError(f"expected a size of the group's factor {sort + 1}, got none")
        return tuple(sizes)

    def _wrong(self, shapes: Sequence[Sequence[Any]]) -> InputError:
        expected = self.describe().split(" -> ")[0]
        got = " and ".join(f"({', '.join(map(str, shape))})" for shape in shapes)
        return InputError(f"expected shape {expected} for {self.group}, got {got}", "x")

    def _masks(self, ops: Operations, mask: Any, x: Tensor) -> dict[int, Tensor]:
        """Return the masks of sorts, of shape (batch, letters), given one or one for each."""
        levels = self.levels
        inside = any(block for kind in levels.inputs for _, block in kind.letters)
        if inside or not levels.lettered:
            raise UsageError("expected a group of letters outside blocks for a mask", "mask")
        given = mask if isinstance(mask, tuple | list) else (mask,)
        if len(given) != len(levels.sizes):
            raise InputError(
                f"expected {len(levels.sizes)} masks, one for each symmetric group, got "
                f"{len(given)}",
                "mask",
            )
        return {
            sort: ops.reshape(ops.cast(part, x), (product(part.shape[:-1]), part.shape[-1]))
            for sort, part in enumerate(given)
            if part is not None
        }

    def weights(self, theta: Mapping[str, Tensor]) -> list[Tensor]:
        """Return named parameters in the order of the recipe; raises InputError."""
        shapes = {name: tuple(part.shape) for name, part in theta.items()}
        if shapes != self.shapes:
            raise InputError(f"expected parameters of shapes {self.shapes}, got {shapes}", "theta")
        return [theta[name] for name in self.shapes]

    # -- computing ------------------------------------------------------------------------

    def run(self, ops: Operations, weights: Sequence[Tensor], x: Any, mask: Any = None) -> Any:
        """Return the outputs, as ``forward`` of the layers in PyTorch says; checks everything."""
        if self.rank is not None:
            return self._low_rank(ops, weights, x, mask)
        xs = x if isinstance(x, tuple | list) else (x,)
        check_dtypes(ops, xs, weights[0])
        sizes = self.sizes([one.shape for one in xs])
        lead = tuple(xs[0].shape[: -len(self._axes[0]) - 1])
        masks = None if mask is None else self._masks(ops, mask, xs[0])
        if len(lead) != 1:
            xs = [ops.reshape(one, (product(lead), *one.shape[len(lead) :])) for one in xs]
        ys = self.recipe.compute(ops, weights, xs, sizes, masks)
        if not self.levels.lettered:
            lead = (*lead, *self.levels.outputs[0].shape(()), self.channels[1])
            return ops.reshape(ys[0], lead)
        if len(lead) != 1:
            ys = [ops.reshape(y, (*lead, *y.shape[1:])) for y in ys]
        return ys[0] if len(ys) == 1 else tuple(ys)

    def _low_rank(self, ops: Operations, weights: Sequence[Tensor], x: Any, mask: Any) -> Any:
        found: list[Any] = []
        rest = list(weights)
        for name, part in self.parts.items():
            count = len(part.shapes)
            own, rest = rest[:count], rest[count:]
            given = _each(mul, *found) if name == "mix_" else x
            found.append(part.run(ops, own, given, mask))
        return _each(add, *found[2:]) if self.bias else found[2]

    def initial(self, ops: Operations, normals: Sequence[Tensor]) -> list[Tensor]:
        """Return parameters to start from, given standard normal ones.

        A formula, whatever the numbers of points. The parameters of one output channel and one
        degree are scaled to a vector of a given length: in unit coordinates every parameter
        weighs an average, so that outputs are then of the size of the inputs, and a layer of
        few parameters can't be large or small by chance. Constants start at 0; terms of higher
        degree are small beside linear ones, near enough to linear for deviations not to grow
        from layer to layer.
        """
        drawn, rest = [], list(normals)
        for name, part in self.parts.items():
            own, rest = rest[: len(part.shapes)], rest[len(part.shapes) :]
            halved = 0.5 if name == "mix_" and self.bias else 1.0
            drawn += [halved * value for value in part.recipe.initial(ops, own)]
        return drawn

    # -- the map's parameters -------------------------------------------------------------

    def full(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Return the letters of every sort: those of the name, and those given for open ones."""
        given = iter(sizes)
        full = tuple(next(given, None) if size is None else size for size in self.levels.sizes)
        if None in full or next(given, None) is not None:
            wanted = sum(size is None for size in self.levels.sizes)
            raise UsageError(f"expected {wanted} sizes for {self.group}, got {len(sizes)}", "sizes")
        return tuple(size or 0 for size in full)

    def counts(self, sizes: Sequence[int]) -> tuple[int, int]:
        """Return the numbers of input and of output points."""
        below, above = (sum(prod(kind.shape(sizes)) for kind in side) for side in self.kinds)
        return below, above

    def group_of(self, *sizes: int) -> GroupChoice:
        """Return the group on the input points, and as level 1 how it acts on the outputs."""
        full = self.full(sizes)
        text, actions = self.group, {} if self.to is None else {1: self.to}
        if full:
            # With an action, so that factors keep the numbers that say which of them are one.
            text, found = sized_texts(text, {1: self.to or self.group}, full)
            actions = actions and found
        if self.to == "trivial":
            actions = {1: "trivial1"}
        return read_group(text, self.counts(full)[0], actions)

    def flat(self, tying: TyingMap, index: int, *sizes: int) -> FlatLayer:
        """Return the layer with the layer of a map that it is."""
        if self.rank is not None:
            raise UsageError("expected a layer of full rank for a map", "rank")
        full, layer = self.full(sizes), tying.layers[index]
        # Not one made for these sizes: its terms might be grouped in another way.
        recipe = Gathered(layer) if isinstance(self.recipe, Gathered) else self.recipe
        return FlatLayer(layer.layer, recipe, full, partial(known, layer), full)

    def independent(self, *sizes: int) -> int:
        """Return how many of the parameters are independent.

        With few letters some diagrams are combinations of others; a map has as many parameters
        as this says.

        Examples
        --------
        >>> [LayerPlan("S", (1, 1), 2, False).independent(n) for n in (1, 2, 3, 4)]
        [1, 3, 4, 4]
        """
        full, recipe = self.full(sizes), self.recipe
        if not isinstance(recipe, Lettered):
            return sum(map(prod, recipe.shapes))
        return sum(
            rows * len(channels)
            for (rows, _), term in zip(recipe.shapes, recipe.terms, strict=True)
            for diagram, channels in term.columns
            if diagram.exists(full)
        )


def _each(operation: Any, first: Any, second: Any) -> Any:
    if isinstance(first, tuple):
        return tuple(operation(a, b) for a, b in zip(first, second, strict=True))
    return operation(first, second)


def map_of(plans: Sequence[LayerPlan], *sizes: int, activation: str | None = None) -> TyingMap:
    """Return the tying map of a network of layers over one group.

    Parameters
    ----------
    plans : sequence of LayerPlan
        All with the points of the group on both sides, but for the last one's outputs.
    *sizes : int
        The letters of the symmetric groups whose sizes are open.
    activation : str, optional
        A polynomial in z that hidden units pass through.

    Raises
    ------
    UsageError
        If the layers don't follow one another, or differ in their bias.
    """
    first, last = plans[0], plans[-1]
    for below, above in pairwise(plans):
        alike = (below.bias, below.group) == (above.bias, above.group)
        if not alike or below.to is not None or below.channels[1] != above.channels[0]:
            raise UsageError("expected layers of one group and bias one after the other")
    choice = last.group_of(*sizes)
    inputs, outputs = last.counts(last.full(sizes))
    network = NetworkSpec(
        inputs,
        len(plans),
        [layer_kind(plan.degree) for plan in plans],
        bias=first.bias,
        outputs=outputs,
        channels=(first.channels[0], *(plan.channels[1] for plan in plans)),
        activation=activation,
    )
    if last.to == "trivial":
        return derive(network, Symmetry(choice.group, "invariant")).tying_map()
    actions = {len(plans): choice.actions[1]} if choice.actions else {}
    return derive(network, Symmetry(choice.group, actions=actions)).tying_map()


# --- what is the same for equal texts ----------------------------------------------------


@cache
def _recipe(plan: LayerPlan) -> Recipe:
    if plan.levels.lettered:
        degrees = degrees_of(plan.degree, plan.bias)
        return Lettered(plan.levels, plan.channels, degrees)
    below, _ = plan.counts(())
    to = "trivial1" if plan.to == "trivial" else plan.to
    choice = read_group(plan.group, below, None if to is None else {1: to})
    above = choice.widths.get(1, below)
    kind, channels = layer_kind(plan.degree), plan.channels if plan.degree > 1 else 1
    network = NetworkSpec(below, layer=kind, bias=plan.bias, outputs=above, channels=channels)
    tying = derive(network, Symmetry(choice.group, actions=choice.actions)).tying_map().layers[0]
    if plan.degree > 1:
        return Gathered(tying)
    classes, constants = tying.classes, None
    if plan.bias:
        constants, classes = _renumbered(classes[:, 0]), classes[:, 1:]
    return Indexed(_renumbered(classes), constants, plan.channels, _cycles(plan))


def _renumbered(classes: Any) -> Any:
    return np.unique(classes, return_inverse=True)[1].reshape(classes.shape)


def _cycles(plan: LayerPlan) -> tuple[int, ...]:
    """Return the factors of a product of different cyclic groups that acts on both sides."""
    parts = factors(plan.group)
    cyclic = [one for one in parts if isinstance(one, Preset) and one.letter == "C" and one.points]
    if plan.to is not None or len(set(cyclic)) < len(parts):
        return ()
    return tuple(one.size() for one in cyclic)
