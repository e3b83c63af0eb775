"""Classes of tied weights, and the weights that depend on others, with their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from polyconstraints.derivation import Derivation
from polyconstraints.render.notation import Notation

__all__ = ["WeightClass", "class_documents", "linear_sum", "weight_classes"]


@dataclass(frozen=True)
class WeightClass:
    """Weights that are one weight.

    Attributes
    ----------
    layer : int
    members : list of str
        Names, the representative first.
    value : mapping from str to Fraction, or None
        What the class depends on, by representatives; None for a free parameter.
    """

    layer: int
    members: list[str]
    value: Mapping[str, Fraction] | None

    @property
    def representative(self) -> str:
        """The name of the smallest weight."""
        return self.members[0]


def weight_classes(derivation: Derivation, names: Notation) -> Iterator[WeightClass]:
    """Yield the classes of all layers, in the order of their smallest weights.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.render.notation import notation
    >>> network = pc.NetworkSpec(2, layer="linear")
    >>> derivation = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(2)))
    >>> [item.members for item in weight_classes(derivation, notation(network))]
    [['W0_1_1', 'W0_2_2'], ['W0_1_2', 'W0_2_1']]
    """
    for layer in derivation.layers:
        spelled = names.weight_names(layer.layer)
        representatives = layer.representatives.tolist()
        order = np.argsort(layer.by_weight, kind="stable")
        ends = np.cumsum(layer.sizes)[:-1]
        for number, members in enumerate(np.split(order, ends)):
            combination = layer.dependent.get(number)
            value = (
                None
                if combination is None
                else {spelled[representatives[free]]: part for free, part in combination.items()}
            )
            yield WeightClass(
                layer.layer.index, [spelled[weight] for weight in members.tolist()], value
            )


def linear_sum(value: Mapping[str, Fraction], names: Notation) -> str:
    """Return a linear combination as text.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.render.notation import notation
    >>> names = notation(pc.NetworkSpec(2))
    >>> linear_sum({"a": Fraction(1), "b": Fraction(-1, 2)}, names)
    'a - 1/2*b'
    """
    text = ""
    for name, factor in value.items():
        size = abs(factor)
        spelled = names.fraction(size.numerator, size.denominator)
        sign = ("-" if factor < 0 else "") if not text else (" - " if factor < 0 else " + ")
        text += sign + (name if size == 1 else spelled + names.times + name)
    return text or "0"


def class_documents(derivation: Derivation, names: Notation) -> Iterator[dict[str, Any]]:
    """Yield the classes as the items of a JSON document's ``classes``."""
    for item in weight_classes(derivation, names):
        yield {
            "layer": item.layer,
            "representative": item.representative,
            "size": len(item.members),
            "members": item.members,
            "value": None
            if item.value is None
            else [
                [factor.numerator, factor.denominator, name] for name, factor in item.value.items()
            ],
        }
