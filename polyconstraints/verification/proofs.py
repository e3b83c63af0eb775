"""Exact proofs of symmetry, layer by layer, for any depth.

A layer is equivariant if each generator σ moves every coefficient, that of a product of inputs in
an output, to one with the same value: c_τ(k)(σμ) = c_k(μ), where τ is how σ moves its outputs. The
values are linear forms in a map's parameters, or trained numbers. If the outputs of each layer
move as the inputs of the next, the network is equivariant; the converse fails. How hidden units
move may be stated, or found: any permutation that fits will do.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.classes.layer import Combination, LayerClasses, add_multiple
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.spec.groups import Permutation
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry, end_moves
from polyconstraints.tying import TyingMap
from polyconstraints.verification.result import Mismatch, Unacted

#: A linear form in the parameters of one layer: free classes and their factors.
Form = tuple[tuple[int, Fraction], ...]

#: For hidden levels, by number, the permutation of its units for each generator.
Actions = dict[int, tuple[Permutation, ...]]


@dataclass(frozen=True)
class LayerwiseProof:
    """How the layers are equivariant, or why not: where the stated actions do not fit.

    Found are the actions of hidden levels that move in another way than stated; None for no proof.
    """

    obstacle: Mismatch | Unacted | None
    found: Actions | None

    @property
    def proved(self) -> bool:
        """Whether the network is symmetric."""
        return self.found is not None


@dataclass(frozen=True, eq=False)
class Coefficients:
    """The coefficients of one layer, of every product of inputs."""

    layer: LayerSpec

    @cached_property
    def space(self) -> FunctionCoefficients:
        """The numbers of the coefficients of one output."""
        return FunctionCoefficients.of(self.layer, 1)

    @cached_property
    def weights(self) -> NDArray[np.int64]:
        """Which weights of an output are summed, (products, summands), padded by -1."""
        return self.space.weights(np.arange(self.space.monomials))

    def gather(self, by_weight: NDArray[Any], missing: Any) -> NDArray[Any]:
        """Return what is known of each weight, by coefficient: (outputs, products, summands)."""
        rows = by_weight.reshape(self.layer.outputs, self.layer.products)
        padded = np.concatenate([rows, np.full((len(rows), 1), missing, dtype=rows.dtype)], axis=1)
        return padded[:, self.weights]

    def moved(self, inputs: Permutation | NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the number of the product that each is moved to, given how inputs move."""
        letters = np.asarray(inputs, dtype=np.intp)
        if self.layer.bias:
            letters = np.concatenate([[0], letters + 1])
        return self.space.image(letters, (0,))

    def names(self, output: int, product: int) -> tuple[str, ...]:
        """Return the names of the weights that a coefficient is the sum of."""
        products = self.layer.product_indices()
        chosen = [at for at in self.weights[product].tolist() if at >= 0]
        return tuple(self.layer.name(output, *products[at].tolist()) for at in chosen)


# --- Layer by layer -----------------------------------------------------------------------


def layerwise(tying: TyingMap) -> LayerwiseProof:
    """Prove that every network of a map is symmetric, layer by layer, or say where that fails.

    Exact, in O(generators × weights) time for a layer, once for layers that look the same.
    """
    keys = layer_keys(tying.layers)
    known = {
        key: layer_forms(layer) for key, layer in dict(zip(keys, tying.layers, strict=True)).items()
    }
    prepared = [known[key] for key in keys]
    arrays = [numbers for _, _, numbers in prepared]
    coefficients = [entry for entry, _, _ in prepared]
    found, failed = _proof(tying.network, tying.symmetry, coefficients, arrays)
    if failed is None:
        return LayerwiseProof(None, found)
    index, generator = failed
    action = tying.symmetry.unit_actions(tying.network, generators=True)[generator]
    inputs, outputs = action[index], action[index + 1]
    if inputs is None or outputs is None:
        return LayerwiseProof(Unacted(index if inputs is None else index + 1), found)
    entry, forms, numbers = prepared[index]
    image = entry.moved(inputs)
    output, product = np.argwhere(numbers[list(outputs)][:, image] != numbers)[0].tolist()
    target = outputs[output], int(image[product])
    # Of layers that look the same the names differ.
    entry = Coefficients(tying.network.layers[index])
    names = entry.names(output, product), entry.names(*target)
    values = dict(forms[numbers[output, product]]), dict(forms[numbers[target]])
    return LayerwiseProof(Mismatch(index, generator, *names, *values), found)


def layerwise_weights(
    network: NetworkSpec, symmetry: Symmetry, weights: Sequence[NDArray[Any]]
) -> Actions | None:
    """Prove that the network of given weights is symmetric, as exact numbers, layer by layer.

    Returns the actions found, as `LayerwiseProof` has them. Sums of several weights are compared
    weight by weight, so that none is rounded, and equal sums of different weights are not seen.
    """
    coefficients = [Coefficients(layer) for layer in network.layers]
    arrays = []
    for entry, array in zip(coefficients, weights, strict=True):
        # Adding 0 makes one number of both zeros.
        numbers = entry.gather(array[entry.layer.mask] + 0.0, np.inf)
        arrays.append(np.sort(numbers, axis=2))
    return _proof(network, symmetry, coefficients, arrays)[0]


def _proof(
    network: NetworkSpec,
    symmetry: Symmetry,
    coefficients: Sequence[Coefficients],
    arrays: Sequence[NDArray[Any]],
) -> tuple[Actions | None, tuple[int, int] | None]:
    """Return the actions that were found, or None; and the layer and generator that failed.

    An array holds a layer's coefficients, (outputs, products, …), equal ones in equal form.
    """
    known: dict[Hashable, Permutation | None] = {}

    def fitting(index: int, inputs: Permutation, stated: Permutation | None) -> Permutation | None:
        array = arrays[index]
        free = index + 1 < network.depth and index + 1 not in symmetry.actions
        key = (id(array), inputs, stated, free)
        if key not in known:
            moved = array[:, coefficients[index].moved(inputs)]
            known[key] = _fitting(array, moved, stated, free)
        return known[key]

    failed: tuple[int, int] | None = None
    stated = [action[1:] for action in symmetry.unit_actions(network, generators=True)]
    paths: list[tuple[Permutation, ...]] = []
    for generator, (here, _) in enumerate(end_moves(network, symmetry)):
        path: tuple[Permutation, ...] = ()
        for index, wanted in enumerate(stated[generator]):
            image = fitting(index, here, wanted)
            if image is None or image != wanted:
                failed = failed or (index, generator)
            if image is None:
                return None, failed
            here = image
            path = (*path, image)
        paths.append(path)
    levels = list(zip(zip(*stated, strict=True), zip(*paths, strict=True), strict=True))
    found = {level: images for level, (wanted, images) in enumerate(levels, 1) if images != wanted}
    return found, failed


def _fitting(
    here: NDArray[Any], moved: NDArray[Any], stated: Permutation | None, free: bool
) -> Permutation | None:
    """Return τ with moved[τ(k)] = here[k] for all outputs k: the stated one, or in order."""
    if stated is not None and np.array_equal(moved[list(stated)], here):
        return stated
    if not free:
        return None
    places: dict[bytes, list[int]] = defaultdict(list)
    for output in range(len(moved) - 1, -1, -1):
        places[moved[output].tobytes()].append(output)
    result = []
    for row in here:
        match = places[row.tobytes()]
        if not match:
            return None
        result.append(match.pop())
    return tuple(result)


def layer_keys(layers: Sequence[LayerClasses]) -> list[Hashable]:
    """Return a key for each layer, equal for layers that tie alike; one array is hashed once."""
    digests: dict[int, bytes] = {}
    keys: list[Hashable] = []
    for tied in layers:
        layer, classes = tied.layer, tied.classes
        if id(classes) not in digests:
            digests[id(classes)] = hashlib.blake2b(np.ascontiguousarray(classes).data).digest()
        dependent = tuple(
            (number, tuple((free, str(factor)) for free, factor in sorted(combination.items())))
            for number, combination in sorted(tied.dependent.items())
        )
        shape = (layer.degree, layer.indices, layer.bias, *layer.shape)
        keys.append((shape, digests[id(classes)], dependent))
    return keys


def layer_forms(layer: LayerClasses) -> tuple[Coefficients, list[Form], NDArray[np.int64]]:
    """Return a layer's coefficients, the different linear forms, and which each one is."""
    entry = Coefficients(layer.layer)
    numbers: dict[Form, int] = {}
    canonical = np.full(len(layer.sizes) + 1, -1, dtype=np.int64)
    for number in layer.present:
        combination = layer.dependent.get(number, {number: Fraction(1)})
        form = _added([tuple(combination.items())])
        canonical[number] = numbers.setdefault(form, len(numbers))
    forms = list(numbers)
    summands = np.sort(entry.gather(canonical[layer.by_weight], -1), axis=2)
    if summands.shape[2] == 1:
        return entry, forms, summands[..., 0]
    # Sums of forms are worked out once for each choice of summands.
    rows, which = np.unique(summands.reshape(-1, summands.shape[2]), axis=0, return_inverse=True)
    sums: dict[Form, int] = {}
    totals = [
        sums.setdefault(_added([forms[at] for at in row if at >= 0]), len(sums))
        for row in rows.tolist()
    ]
    return entry, list(sums), np.array(totals)[which.reshape(summands.shape[:2])]


def _added(forms: Sequence[Form]) -> Form:
    total: Combination = {}
    for form in forms:
        add_multiple(total, dict(form), Fraction(1))
    return tuple(sorted(total.items()))
