"""Tied networks evaluated modulo a prime of any size, through the classes of weights.

A layer's output k is Σ_c θ_c S_kc, where S_kc sums the products of inputs that class c takes
part in. Most products of one output usually belong to one class, whose sum is what the other
classes leave of the sum of all products: so only the *exceptions* are gone through, 2n
instead of n²/2 of them for S_n. Their sums are formed by floating-point matrix products of
16-bit limbs, which are exact.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.errors import TooLargeError
from polyconstraints.spec.network import LayerSpec
from polyconstraints.verification.field import Field, structure_keys

__all__ = ["LayerProgram", "class_residues", "programs"]

_LIMB_BITS = 16

#: Products of limbs, so many of which can be summed in float64 without rounding.
_BLOCK = 1 << (53 - 2 * _LIMB_BITS)

#: Classes of one layer that are evaluated, and about what each takes.
MAX_CLASSES = 1 << 22
_CLASS_BYTES = 100

Residues = list[int]


def class_residues(layer: LayerClasses, theta: Sequence[int], field: Field) -> Residues:
    """Return the residue of every class number from 0 to the largest.

    Parameters
    ----------
    layer : LayerClasses
    theta : sequence of int
        Residues of the free classes, in ascending order of the classes.
    field : Field
    """
    values = [0] * (layer.present[-1] + 1)
    free = dict(zip(layer.free, theta, strict=True))
    for number, value in free.items():
        values[number] = value
    for number, combination in layer.dependent.items():
        total = sum(field.residue(factor) * free[at] for at, factor in combination.items())
        values[number] = total % field.prime
    return values


@dataclass(frozen=True, eq=False)
class LayerProgram:
    """How one layer is evaluated at many points; shared by layers of equal classes.

    Attributes
    ----------
    layer : LayerSpec
    classes : integer array of the layer's shape
    """

    layer: LayerSpec
    classes: NDArray[np.int64]

    @cached_property
    def _exceptions(self) -> list[tuple[int, NDArray[np.int32], NDArray[np.int32]]]:
        """For each output its commonest class, and products and classes of the others."""
        plan = []
        mask = self.layer.mask
        for output in range(self.layer.outputs):
            numbers = self.classes[output][mask[output]]
            common = int(np.bincount(numbers).argmax())
            others = np.flatnonzero(numbers != common).astype(np.int32)
            plan.append((common, others, numbers[others].astype(np.int32)))
        return plan

    def __call__(
        self, values: Residues, points: Sequence[Residues], field: Field
    ) -> list[Residues]:
        """Return the layer's outputs at each point.

        Parameters
        ----------
        values : list of int
            The residue of each class.
        points : sequence of lists of int
            The residues of the layer's input units at each point.
        field : Field

        Notes
        -----
        Time is linear in (points × products) with big integers and in (points × exceptions)
        with floating-point numbers, times the square of the number of limbs.
        """
        prime = field.prime
        limbs = -(-prime.bit_length() // _LIMB_BITS)
        products = [self._products(units, prime) for units in points]
        totals = [sum(values_at) % prime for values_at in products]
        columns = np.concatenate([_limbs(values_at, limbs) for values_at in products], axis=1)
        columns = columns.astype(np.float64)
        table = _limbs(values, limbs)
        powers = _powers(limbs)
        results: list[Residues] = [[] for _ in points]
        for common, others, numbers in self._exceptions:
            sums = np.zeros((limbs + 1, columns.shape[1]), dtype=object)
            for start in range(0, len(others), _BLOCK):
                block = slice(start, start + _BLOCK)
                left = np.ones((len(others[block]), limbs + 1))
                left[:, :limbs] = table[numbers[block]]
                sums += (left.T @ columns[others[block]]).astype(np.int64).astype(object)
            by_point = sums.reshape(limbs + 1, len(points), limbs) @ powers[:limbs]
            weighted = powers[:limbs] @ by_point[:limbs]
            for at, total in enumerate(totals):
                # The commonest class has what the exceptions leave of all products.
                rest = total - int(by_point[limbs, at])
                results[at].append((values[common] * rest + int(weighted[at])) % prime)
        return results

    def _products(self, units: Residues, prime: int) -> Residues:
        """Return the products of inputs, in the order of the weights of one output."""
        letters = [1, *units] if self.layer.bias else units
        if self.layer.kind == "linear":
            return letters
        if self.layer.ordered:
            return [a * b % prime for at, a in enumerate(letters) for b in letters[: at + 1]]
        return [a * b % prime for a in letters for b in letters]


def programs(layers: Sequence[LayerClasses]) -> list[LayerProgram]:
    """Return a program for each layer, one and the same for layers that look the same.

    Raises
    ------
    TooLargeError
        If a layer has too many classes to be evaluated.
    """
    known: dict[Hashable, LayerProgram] = {}
    result = []
    for layer, key in zip(layers, structure_keys(layers), strict=True):
        if layer.present[-1] >= MAX_CLASSES:
            raise TooLargeError(
                f"expected class numbers below {MAX_CLASSES} for the random check, got "
                f"{layer.present[-1]} in {layer.name}: their residues would take about "
                f"{layer.present[-1] * _CLASS_BYTES:,} bytes"
            )
        if key not in known:
            known[key] = LayerProgram(layer.layer, layer.classes)
        result.append(known[key])
    return result


def _limbs(values: Residues, limbs: int) -> NDArray[np.uint16]:
    """Return residues as rows of 16-bit limbs, the lowest first."""
    size = limbs * _LIMB_BITS // 8
    data = b"".join([value.to_bytes(size, "little") for value in values])
    return np.frombuffer(data, dtype="<u2").reshape(len(values), limbs)


def _powers(limbs: int) -> NDArray[np.object_]:
    powers = np.empty(limbs, dtype=object)
    powers[:] = [1 << (_LIMB_BITS * at) for at in range(limbs)]
    return powers
