"""The tying maps of layers between the points of a group, for given numbers of letters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from math import prod

from polyconstraints.backends.plan.gathered import Gathered
from polyconstraints.backends.plan.layer import LayerPlan
from polyconstraints.backends.plan.lettered import Lettered
from polyconstraints.backends.plan.network import FlatLayer, known
from polyconstraints.classes.any_network import sized_texts
from polyconstraints.derivation import derive
from polyconstraints.errors import UsageError
from polyconstraints.spec.groups import GroupChoice, read_group
from polyconstraints.spec.network import NetworkSpec, layer_kind
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import TyingMap

__all__ = ["flat_layer", "group_of", "independent", "map_of"]


def _full(plan: LayerPlan, sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the letters of every sort: those of the name, and those given for open ones."""
    levels = plan.levels
    if levels is None:
        return ()
    given = iter(sizes)
    full = tuple(next(given, None) if size is None else size for size in levels.sizes)
    if None in full or next(given, None) is not None:
        wanted = sum(size is None for size in levels.sizes)
        raise UsageError(f"expected {wanted} sizes for {plan.group}, got {len(sizes)}", "sizes")
    return tuple(size or 0 for size in full)


def _points(plan: LayerPlan, sizes: Sequence[int]) -> tuple[int, int]:
    """Return the numbers of input and of output points."""
    levels = plan.levels
    if levels is None:
        below, above = plan.points
        return prod(below), prod(above)
    sides = (levels.inputs, levels.outputs)
    below, above = (sum(prod(kind.shape(sizes)) for kind in side) for side in sides)
    return below, above


def group_of(plan: LayerPlan, *sizes: int) -> GroupChoice:
    """Return the group on the input points, and as level 1 how it acts on the outputs."""
    full = _full(plan, sizes)
    text, actions = plan.group, {} if plan.to is None else {1: plan.to}
    if full:
        # With an action, so that factors keep the numbers that say which of them are one.
        text, found = sized_texts(text, {1: plan.to or plan.group}, full)
        actions = actions and found
    if plan.to == "trivial":
        actions = {1: "trivial1"}
    below, above = _points(plan, full)
    choice = read_group(text, below, actions)
    return choice if actions else GroupChoice(choice.group, {}, {1: above})


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
    choice = group_of(last, *sizes)
    inputs, outputs = _points(last, _full(last, sizes))
    depth = len(plans)
    channels = (first.channels[0], *(plan.channels[1] for plan in plans))
    network = NetworkSpec(
        inputs,
        depth,
        [layer_kind(plan.degree) for plan in plans],
        bias=first.bias,
        outputs=outputs,
        channels=channels,
        activation=activation,
    )
    if last.to == "trivial":
        return derive(network, Symmetry(choice.group, "invariant")).tying_map()
    actions = {depth: choice.actions[1]} if choice.actions else {}
    return derive(network, Symmetry(choice.group, actions=actions)).tying_map()


def flat_layer(plan: LayerPlan, tying: TyingMap, index: int, *sizes: int) -> FlatLayer:
    """Return a layer with the layer of a map that it is."""
    full = _full(plan, sizes)
    layer = tying.layers[index]
    # Not one made for these sizes: its terms might be grouped in another way.
    recipe = Gathered(layer) if isinstance(plan.recipe, Gathered) else plan.recipe
    return FlatLayer(layer.layer, recipe, full, partial(known, layer), full)


def independent(plan: LayerPlan, *sizes: int) -> int:
    """Return how many of a layer's parameters are independent.

    With few letters some diagrams are combinations of others; a map has as many parameters as
    this says.

    Examples
    --------
    >>> [independent(LayerPlan("S", (1, 1), 2, False), n) for n in (1, 2, 3, 4)]
    [1, 3, 4, 4]
    """
    full, recipe = _full(plan, sizes), plan.recipe
    if not isinstance(recipe, Lettered):
        return sum(prod(shape) for shape in plan.shapes)
    return sum(
        rows * len(channels)
        for (rows, _), term in zip(recipe.shapes, recipe.terms, strict=True)
        for diagram, channels in term.columns
        if diagram.exists(full)
    )
