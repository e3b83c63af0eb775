"""One layer as blocks of weights, each weight with its class, and the classes with their marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import UsageError
from polyconstraints.render.figures.scene import Mark, class_mark
from polyconstraints.render.notation import linear_sum
from polyconstraints.render.words import plural
from polyconstraints.schemas.writing import written
from polyconstraints.spec.network import LayerSpec
from polyconstraints.tying import TyingMap

#: Patterns that one class is described by at most; more would say less than none.
_MOST_PATTERNS = 2

#: Patterns of k_i or k_i_j in words, in the order in which a legend names two of them. Indices are
#: equal where letters are; 0 is the homogenising unit, 1 an output that isn't compared.
_PATTERNS = {
    "1_a_b": "i ≠ j",
    "a_b_c": "k, i, j all different",
    "a_a_b": "k = i ≠ j",
    "a_b_a": "k = j ≠ i",
    "1_a_a": "i = j",
    "1_a": "i ≥ 1",
    "a_b": "k ≠ i",
    "a_b_b": "k ≠ i = j",
    "a_a": "k = i",
    "a_a_a": "k = i = j",
    "1_0_a": "i = 0, j ≥ 1",
    "a_0_b": "i = 0, k ≠ j",
    "a_0_a": "i = 0, k = j",
    "1_a_0": "j = 0, i ≥ 1",
    "a_b_0": "j = 0, k ≠ i",
    "a_a_0": "j = 0, k = i",
    "a_0": "i = 0",
    "1_0": "i = 0",
    "a_0_0": "i = j = 0",
    "1_0_0": "i = j = 0",
}
#: What it means where x_i x_j is one product: which of its two factors is k makes no difference.
_ORDERED = {**_PATTERNS, "a_b_a": "k is one of i ≠ j"}


@dataclass(frozen=True)
class ClassEntry:
    """One class of a layer, as a legend shows it.

    It is described by which indices are equal in all its weights and in no others, where a pattern
    says so, and else by its first weight; unless it is a parameter it is a sum of other classes.
    """

    number: int
    mark: Mark
    size: int
    representative: str
    pattern: str | None
    dependent: Mapping[int, Fraction] | None

    @property
    def formula(self) -> str:
        """The sum that a dependent class is, as ``c1 − c2 + 1/2 c3``; empty for a parameter."""
        if self.dependent is None:
            return ""
        terms = ((f"c{number}", factor) for number, factor in self.dependent.items())
        return linear_sum(terms, " ", minus="−")

    @property
    def label(self) -> str:
        """What a legend says about the class."""
        equal = f" = {self.formula}" if self.formula else ""
        what = self.pattern or self.representative
        return f"c{self.number}{equal}: {what} ({plural(self.size, 'weight')})"

    def to_json(self) -> dict[str, Any]:
        """Return the class's entry in the document."""
        return written("variety.PlottedClass", self, self.mark, class_=self.number)


@dataclass(frozen=True, eq=False)
class LayerPicture:
    """One layer's blocks, for the outputs that are shown, from 0.

    Cells are the classes of the weights as blocks, rows and columns, -1 where there is none. A
    quadratic layer has one block for each output, with rows i and columns j; a linear layer is one
    block, with rows for the outputs k and columns for i; layers of higher degree have a block for
    each output and each choice of all indices but the last two.
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
    def rows(self) -> list[str]:
        """What numbers the rows: i, or the output k of a linear layer."""
        if self.layer.degree == 1:
            return [str(output + 1) for output in self.outputs]
        return self.columns

    @property
    def columns(self) -> list[str]:
        """What numbers the columns: j, or i of a linear layer."""
        return [str(at + self.layer.first) for at in range(self.layer.letters)]

    @property
    def block_names(self) -> list[str]:
        """What stands above each block: the indices that all of its weights share."""
        layer = self.layer
        if layer.degree == 1:
            return []
        ranges = [range(layer.first, layer.first + layer.letters)] * (layer.degree - 2)
        return [
            ", ".join([f"k = {output + 1}", *map("{} = {}".format, layer.axes[1:], indices)])
            for output, *indices in product(self.outputs, *ranges)
        ]

    @property
    def heading(self) -> str:
        """What stands above the layer's blocks, as ``Layer 0: 18 weights, 4 classes``."""
        free = sum(entry.dependent is None for entry in self.classes)
        count = len(self.classes)
        words = "1 class" if count == 1 else f"{count} classes"
        parameters = f", {free} of them free" if free != count else ""
        weights = plural(self.layer.weights, "weight")
        return f"Layer {self.layer.index}: {weights}, {words}{parameters}"

    def described(self, most: int) -> str:
        """Return the layer and so many of its classes in words."""
        shown, more = cut(self.classes, most)
        words = "; ".join(entry.label for entry in shown)
        return f"{self.heading}. {words}{'; ' + more.removesuffix(' classes') if more else ''}"

    def to_json(self) -> dict[str, Any]:
        """Return the layer's entry in the document."""
        # Cells can be millions.
        return {
            "layer": self.layer.index,
            "axes": list(self.layer.axes),
            "outputs": [output + 1 for output in self.outputs],
            "rows": self.rows,
            "columns": self.columns,
            "cells": self.cells.tolist(),
            "classes": [entry.to_json() for entry in self.classes],
        }


def cut(classes: Sequence[ClassEntry], most: int) -> tuple[Sequence[ClassEntry], str]:
    """Return the classes that a legend lists at most, and what it says of the others."""
    more = len(classes) - most
    return classes[:most], f"and {more} more classes" if more > 0 else ""


def layer_picture(
    tying: TyingMap, index: int, outputs: Sequence[int] | None = None
) -> LayerPicture:
    """Return a layer of a tying map as its picture shows it; refuse outputs that are not there."""
    layer = tying.layers[index]
    spec = layer.layer
    chosen = tuple(range(spec.outputs)) if outputs is None else tuple(sorted(set(outputs)))
    for output in chosen:
        if not 0 <= output < spec.outputs:
            raise UsageError(
                f"expected an output from 1 to {spec.outputs} of layer {spec.index}, got "
                f"{output + 1}",
                "outputs",
            )
    # Blocks for the output and all input axes but the last two, which are rows and columns.
    cells = layer.classes[list(chosen)].reshape(-1, *spec.shape[-2:])
    if spec.degree == 1:
        cells = cells.reshape(1, -1, spec.letters)
    return LayerPicture(spec, cells, chosen, _entries(tying, layer))


def _entries(tying: TyingMap, layer: LayerClasses) -> tuple[ClassEntry, ...]:
    spec, patterns = layer.layer, _patterns(tying, layer)
    products = spec.product_indices()

    entries = []
    for position, number in enumerate(layer.present):
        output, at = divmod(int(layer.representatives[number]), spec.products)
        terms = None
        if number in layer.dependent:
            terms = dict(sorted(layer.dependent[number].items()))
        mark = class_mark(position, len(layer.present))
        name = spec.name(output, *products[at].tolist())
        size = int(layer.sizes[number])
        entries.append(ClassEntry(number, mark, size, name, patterns.get(number), terms))
    return tuple(entries)


def _patterns(tying: TyingMap, tied: LayerClasses) -> dict[int, str]:
    """Return the pattern, or the two, whose weights a class holds all of, where there are.

    Indices of inputs and outputs can be compared where units are components, one channel each.
    """
    network, layer = tying.network, tied.layer
    if set(network.channels) != {1} or tying.symmetry.actions:
        return {}
    kind = tying.symmetry.kind if layer.index == network.depth - 1 else "equivariant"
    if kind == "equivariant" and layer.inputs != layer.outputs:
        return {}
    [rule] = AnyNetwork(
        "S", layer=layer.kind, indices=layer.indices, bias=layer.bias, kind=kind
    ).patterns(ordered=layer.ordered)
    numbers = rule.array((layer.inputs,))
    codes = np.broadcast_to(numbers, layer.shape)[layer.mask]
    distinct, counts = np.unique(np.stack([tied.by_weight, codes]), axis=1, return_counts=True)
    everywhere = np.bincount(codes).tolist()
    found: dict[int, list[tuple[int, int]]] = {}
    for (number, code), size in zip(distinct.T.tolist(), counts.tolist(), strict=True):
        found.setdefault(number, []).append((code, size))
    words = _ORDERED if layer.ordered else _PATTERNS
    result = {}
    for number, patterns in found.items():
        whole = all(everywhere[code] == size for code, size in patterns)
        if whole and len(patterns) <= _MOST_PATTERNS:
            texts = {rule.text(code) for code, _ in patterns}
            # Patterns of more indices speak for themselves.
            named = [one for pattern, one in words.items() if pattern in texts]
            result[number] = " or ".join(named or sorted(texts))
    return result
