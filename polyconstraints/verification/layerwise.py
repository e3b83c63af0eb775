"""An exact proof of symmetry, layer by layer: linear, and good for any depth.

A layer is equivariant for every choice of the parameters if each generator σ moves the
weight of every product to a weight with the same value: W_σ(k),σ(i),σ(j) = W_k,i,j as linear
forms in the parameters, where for redundant indices the two weights of one product are
summed. Layers that are each equivariant make an equivariant network, of any depth. The
converse fails: a network may be symmetric without its layers being so.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.spec.groups import Permutation
from polyconstraints.spec.network import LayerSpec
from polyconstraints.tying import TyingMap
from polyconstraints.verification.field import structure_keys

__all__ = ["Mismatch", "Unacted", "layerwise_obstacle"]

#: A linear form in the parameters of one layer: free classes and their factors.
Form = tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True)
class Mismatch:
    """Two products of inputs that the symmetry relates and whose weights differ.

    Attributes
    ----------
    layer : int
    generator : int
        Which generator of the group relates them, from 0.
    weights, images : tuple of str
        Names of the weights of one product, and of the product that it is moved to; two
        for a mixed product with redundant indices, else one.
    value, image : mapping from int to Fraction
        Their sums as combinations of free classes.
    """

    layer: int
    generator: int
    weights: tuple[str, ...]
    images: tuple[str, ...]
    value: Mapping[int, Fraction]
    image: Mapping[int, Fraction]

    def to_json(self) -> dict[str, Any]:
        """Return the mismatch as part of a document."""
        return {
            "layer": self.layer,
            "generator": self.generator,
            "weights": list(self.weights),
            "images": list(self.images),
            "value": _terms(self.value),
            "image": _terms(self.image),
        }

    def __str__(self) -> str:
        return (
            f"{' + '.join(self.weights)} = {_sum(self.value)} should equal "
            f"{' + '.join(self.images)} = {_sum(self.image)}"
        )


@dataclass(frozen=True)
class Unacted:
    """A hidden level on which the group is not known to act.

    Attributes
    ----------
    level : int
    """

    level: int

    def __str__(self) -> str:
        return f"no action of the group is given on level {self.level}"


def layerwise_obstacle(tying: TyingMap) -> Mismatch | Unacted | None:
    """Return why the layers are not each symmetric, or None if they are.

    None is a proof that every network of the map has the symmetry.

    Notes
    -----
    Exact, in O(generators × weights) time for a layer; layers that look the same are
    looked at once.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    >>> tying = pc.derive(pc.NetworkSpec(3, depth=2), symmetry).tying_map()
    >>> layerwise_obstacle(tying) is None
    True
    """
    actions = tying.symmetry.unit_actions(tying.network, generators=True)
    done: set[Hashable] = set()
    for layer, structure in zip(tying.layers, structure_keys(tying.layers), strict=True):
        index = layer.layer.index
        forms, canonical = _forms(layer)
        for generator, action in enumerate(actions):
            inputs, outputs = action[index], action[index + 1]
            if inputs is None or outputs is None:
                return Unacted(index if inputs is None else index + 1)
            key = (structure, canonical.tobytes(), tuple(forms), inputs, outputs)
            if key in done:
                continue
            found = _first_difference(layer, forms, canonical, inputs, outputs)
            if found is not None:
                return _mismatch(layer.layer, generator, forms, canonical, layer, *found)
            done.add(key)
    return None


def _forms(layer: LayerClasses) -> tuple[list[Form], NDArray[np.int64]]:
    """Return the different linear forms of a layer, and for each class which it is."""
    numbers: dict[Form, int] = {}
    canonical = np.full(layer.present[-1] + 1, -1, dtype=np.int64)
    for number in layer.present:
        combination = layer.dependent.get(number)
        form: Form = ((number, Fraction(1)),)
        if combination is not None:
            form = tuple(sorted((free, f) for free, f in combination.items() if f))
        canonical[number] = numbers.setdefault(form, len(numbers))
    return list(numbers), canonical


def _first_difference(
    layer: LayerClasses,
    forms: list[Form],
    canonical: NDArray[np.int64],
    inputs: Permutation,
    outputs: Permutation,
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return array indices of a weight and of its image that should agree and do not."""
    spec = layer.layer
    letters = np.array((0, *(unit + 1 for unit in inputs)) if spec.bias else inputs)
    same = _same_sums(forms)
    for output, image in enumerate(outputs):
        here = _symmetric(canonical[layer.classes[output]], spec)
        there = _symmetric(canonical[layer.classes[image]], spec)
        moved = there[letters] if spec.degree == 1 else there[np.ix_(letters, letters)]
        for at in np.argwhere(here != moved).tolist():
            target = tuple(letters[at].tolist())
            if spec.degree == 2 and not spec.ordered and at[0] != at[1]:
                i, j = at
                pair = _pair(here[i, j], here[j, i])
                if same(pair, _pair(moved[i, j], moved[j, i])):
                    continue
            return (output, *at), (image, *target)
    return None


def _pair(a: Any, b: Any) -> tuple[int, int]:
    return (int(a), int(b)) if a <= b else (int(b), int(a))


def _same_sums(forms: list[Form]) -> Any:
    """Return a function that tells whether two pairs of forms have the same sum."""

    @cache
    def total(pair: tuple[int, int]) -> Form:
        return _added(forms[number] for number in pair)

    @cache
    def same(left: tuple[int, int], right: tuple[int, int]) -> bool:
        return left == right or total(left) == total(right)

    return same


def _added(forms: Any) -> Form:
    result: dict[int, Fraction] = {}
    for form in forms:
        for free, factor in form:
            result[free] = result.get(free, Fraction(0)) + factor
    return tuple(sorted((free, factor) for free, factor in result.items() if factor))


def _symmetric(row: NDArray[np.int64], spec: LayerSpec) -> NDArray[np.int64]:
    """Return the forms of one output's products with both orders of indices filled in."""
    if not spec.ordered:
        return row
    lower = np.tril(row)
    return lower + np.tril(row, -1).T


def _mismatch(
    spec: LayerSpec,
    generator: int,
    forms: list[Form],
    canonical: NDArray[np.int64],
    layer: LayerClasses,
    weight: tuple[int, ...],
    image: tuple[int, ...],
) -> Mismatch:
    sides = []
    for output, *indices in (weight, image):
        if spec.ordered:
            places = [sorted(indices, reverse=True)]
        elif spec.degree == 2 and indices[0] != indices[1]:
            places = [indices, indices[::-1]]
        else:
            places = [indices]
        names = tuple(spec.name(output, *place) for place in places)
        form = _added(forms[canonical[layer.classes[(output, *place)]]] for place in places)
        sides.append((names, dict(form)))
    (weights, value), (images, moved) = sides
    return Mismatch(spec.index, generator, weights, images, value, moved)


def _terms(form: Mapping[int, Fraction]) -> list[list[int]]:
    return [[factor.numerator, factor.denominator, free] for free, factor in form.items()]


def _sum(form: Mapping[int, Fraction]) -> str:
    terms = [
        f"class {free}" if factor == 1 else f"{factor}·class {free}"
        for free, factor in form.items()
    ]
    return " + ".join(terms) or "0"
