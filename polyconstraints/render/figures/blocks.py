"""The block picture as data: n blocks of n × n weights a layer, each weight with its class.

The paper describes this picture in words after its table (22).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import TooLargeError, UsageError
from polyconstraints.render.figures.palette import Mark, class_mark
from polyconstraints.render.figures.patterns import class_patterns
from polyconstraints.render.words import plural
from polyconstraints.spec.network import LayerSpec
from polyconstraints.tying import TyingMap

__all__ = ["MAX_WEIGHTS", "BlockPicture", "ClassEntry", "LayerPicture", "block_picture"]

#: Weights of the largest network that is drawn: 10 MB of SVG, some 20 seconds.
MAX_WEIGHTS = 5_000_000


@dataclass(frozen=True)
class ClassEntry:
    """One class of a layer, as a legend shows it.

    Attributes
    ----------
    number : int
    mark : Mark
    size : int
        How many weights it has.
    representative : str
        Its first weight.
    pattern : str or None
        Which indices are equal in all its weights and in no others.
    dependent : tuple of (factor, class) or None
        The sum that it is, unless it is a parameter.
    """

    number: int
    mark: Mark
    size: int
    representative: str
    pattern: str | None
    dependent: tuple[tuple[Fraction, int], ...] | None

    @property
    def formula(self) -> str:
        """The sum that a dependent class is, as ``c1 − c2 + c3``; empty for a parameter.

        Examples
        --------
        >>> terms = ((Fraction(1), 1), (Fraction(-1), 2), (Fraction(1, 2), 3))
        >>> ClassEntry(6, Mark("#000000", 0), 1, "W0_1_1_1", None, terms).formula
        'c1 − c2 + 1/2 c3'
        """
        text = ""
        for factor, number in self.dependent or ():
            size = abs(factor)
            sign = "−" if factor < 0 else "+"
            lead = f" {sign} " if text else ("−" if factor < 0 else "")
            text += f"{lead}{'' if size == 1 else f'{size} '}c{number}"
        if self.dependent is not None and not text:
            return "0"
        return text

    @property
    def label(self) -> str:
        """What a legend says about the class."""
        equal = f" = {self.formula}" if self.dependent is not None else ""
        what = self.pattern or self.representative
        return f"c{self.number}{equal}: {what} ({plural(self.size, 'weight')})"

    def to_json(self) -> dict[str, Any]:
        """Return the class's entry in the document."""
        dependent = self.dependent
        return {
            "class": self.number,
            "color": self.mark.color,
            "hatch": self.mark.hatch,
            "size": self.size,
            "representative": self.representative,
            "pattern": self.pattern,
            "dependent": None
            if dependent is None
            else [[factor.numerator, factor.denominator, free] for factor, free in dependent],
        }


@dataclass(frozen=True, eq=False)
class LayerPicture:
    """One layer's blocks.

    Attributes
    ----------
    layer : LayerSpec
    cells : integer array of shape (blocks, rows, columns)
        The class of each weight; -1 where there is none. A quadratic layer has one block
        for each output, with rows i and columns j; a linear layer is one block, with rows
        for the outputs k and columns for i.
    outputs : tuple of int
        The outputs that are shown, from 0.
    classes : tuple of ClassEntry
    """

    layer: LayerSpec
    cells: NDArray[np.int64]
    outputs: tuple[int, ...]
    classes: tuple[ClassEntry, ...]

    @cached_property
    def marks(self) -> dict[int, Mark]:
        """How each class is drawn."""
        return {entry.number: entry.mark for entry in self.classes}

    @property
    def row_labels(self) -> list[str]:
        """What numbers the rows: i, or the output k of a linear layer."""
        if self.layer.degree == 1:
            return [str(output + 1) for output in self.outputs]
        return self.column_labels

    @property
    def column_labels(self) -> list[str]:
        """What numbers the columns: j, or i of a linear layer."""
        return [str(at + self.layer.first) for at in range(self.layer.letters)]

    def place(self, block: int, row: int, column: int) -> tuple[int, ...]:
        """Return the array indices of the weight in a cell."""
        if self.layer.degree == 1:
            return (self.outputs[row], column)
        return (self.outputs[block], row, column)

    @property
    def heading(self) -> str:
        """What stands above the layer's blocks.

        Examples
        --------
        >>> import polyconstraints as pc
        >>> network = pc.NetworkSpec(3)
        >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
        >>> block_picture(pc.derive(network, symmetry).tying_map()).layers[0].heading
        'Layer 0: 18 weights, 4 classes'
        """
        free = sum(entry.dependent is None for entry in self.classes)
        count = len(self.classes)
        words = "1 class" if count == 1 else f"{count} classes"
        parameters = f", {free} of them free" if free != count else ""
        weights = plural(self.layer.weights, "weight")
        return f"Layer {self.layer.index}: {weights}, {words}{parameters}"

    def to_json(self) -> dict[str, Any]:
        """Return the layer's entry in the document."""
        return {
            "layer": self.layer.index,
            "axes": list(self.layer.axes),
            "outputs": [output + 1 for output in self.outputs],
            "rows": self.row_labels,
            "columns": self.column_labels,
            "cells": self.cells.tolist(),
            "classes": [entry.to_json() for entry in self.classes],
        }


@dataclass(frozen=True, eq=False)
class BlockPicture:
    """The block picture of a tying map.

    Attributes
    ----------
    tying : TyingMap
    layers : tuple of LayerPicture
    """

    tying: TyingMap
    layers: tuple[LayerPicture, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""
        return {
            "schema": "polyconstraints/plot/1",
            "view": "blocks",
            "network": self.tying.network.to_json(),
            "symmetry": self.tying.symmetry.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
        }


def block_picture(
    tying: TyingMap, layers: Sequence[int] | None = None, outputs: Sequence[int] | None = None
) -> BlockPicture:
    """Return the block picture of a tying map.

    Parameters
    ----------
    tying : TyingMap
    layers, outputs : sequence of int, optional
        Which layers and which outputs of each are shown, from 0; all unless given.

    Raises
    ------
    UsageError
        If a layer or output does not exist.
    TooLargeError
        If the network has more weights than anybody could look at.
    """
    if tying.network.weights > MAX_WEIGHTS:
        raise TooLargeError(
            f"expected at most {MAX_WEIGHTS} weights to draw, got {tying.network.weights}: a "
            "smaller --inputs shows the same patterns"
        )
    count = len(tying.layers)
    shown = range(count) if layers is None else sorted(set(layers))
    for index in shown:
        if not 0 <= index < count:
            raise UsageError(f"expected a layer from 0 to {count - 1}, got {index}", "layers")
    return BlockPicture(
        tying, tuple(_layer_picture(tying, tying.layers[index], outputs) for index in shown)
    )


def _layer_picture(
    tying: TyingMap, layer: LayerClasses, outputs: Sequence[int] | None
) -> LayerPicture:
    spec = layer.layer
    chosen = tuple(range(spec.outputs)) if outputs is None else tuple(sorted(set(outputs)))
    for output in chosen:
        if not 0 <= output < spec.outputs:
            raise UsageError(
                f"expected an output from 1 to {spec.outputs} of layer {spec.index}, got "
                f"{output + 1}",
                "outputs",
            )
    cells = layer.classes[list(chosen)]
    if spec.degree == 1:
        cells = cells[None]
    return LayerPicture(spec, cells, chosen, _entries(tying, layer))


def _entries(tying: TyingMap, layer: LayerClasses) -> tuple[ClassEntry, ...]:
    spec = layer.layer
    present, first, sizes = np.unique(
        layer.classes[spec.mask], return_index=True, return_counts=True
    )
    places = np.argwhere(spec.mask)[first].tolist()
    patterns = _patterns(tying, layer)
    return tuple(
        ClassEntry(
            number,
            class_mark(position, len(present)),
            size,
            spec.name(*place),
            patterns.get(number),
            _dependence(layer, number),
        )
        for position, (number, size, place) in enumerate(
            zip(present.tolist(), sizes.tolist(), places, strict=True)
        )
    )


def _patterns(tying: TyingMap, layer: LayerClasses) -> dict[int, str]:
    """Return the classes' patterns, where indices of inputs and outputs can be compared."""
    network, index = tying.network, layer.layer.index
    last = index == network.depth - 1
    if set(network.channels) != {1} or tying.symmetry.actions:
        return {}
    compared = not (last and tying.symmetry.kind == "invariant")
    if compared and layer.layer.inputs != layer.layer.outputs:
        return {}
    return class_patterns(layer.layer, layer.classes, equivariant=compared)


def _dependence(layer: LayerClasses, number: int) -> tuple[tuple[Fraction, int], ...] | None:
    if number not in layer.dependent:
        return None
    return tuple((factor, free) for free, factor in sorted(layer.dependent[number].items()))
