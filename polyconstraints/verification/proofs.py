"""Exact proofs of symmetry: layer by layer, for any depth, or by expanding the tied network.

A layer is equivariant if each generator σ moves every coefficient, that of a product of inputs
in an output, to one with the same value: c_τ(k)(σμ) = c_k(μ), where τ is how σ moves the layer's
outputs. For the layers of a map the values are linear forms in the parameters, for trained
weights they are numbers. Where the outputs of each layer are moved as the inputs of the next, the
whole network is equivariant for σ, and so for all of the group that the generators generate.
The converse fails: a network may be symmetric without its layers being so.

How hidden units are moved may be stated, or found: any permutation that fits will do.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.algebra import PolynomialRing
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.equalities.coefficients import FunctionCoefficients
from polyconstraints.errors import TooLargeError
from polyconstraints.evaluation import EXACT, exact_array, values
from polyconstraints.spec.groups import Permutation
from polyconstraints.spec.moves import end_moves
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import TyingMap
from polyconstraints.verification.result import Mismatch, Unacted

__all__ = [
    "Coefficients",
    "LayerwiseProof",
    "is_symmetric_by_expansion",
    "layer_keys",
    "layerwise",
    "layerwise_weights",
    "predicted_terms",
]

MAX_TERMS = 1_000_000
"""Terms of all outputs together beyond which the expansion is refused."""

_TERM_BYTES = 150

#: A linear form in the parameters of one layer: free classes and their factors.
Form = tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True)
class LayerwiseProof:
    """How the layers are equivariant, or why they are not.

    Attributes
    ----------
    obstacle : Mismatch, Unacted or None
        Where the actions that are stated do not fit; None if they do.
    found : mapping from int to tuple of permutations, or None
        For each hidden level whose units move in another way than stated, the permutation of
        its units for each generator; None where there is no proof.
    """

    obstacle: Mismatch | Unacted | None
    found: Mapping[int, tuple[Permutation, ...]] | None

    @property
    def proved(self) -> bool:
        """Whether the network is symmetric."""
        return self.found is not None


@dataclass(frozen=True, eq=False)
class Coefficients:
    """The coefficients of one layer: of every product of inputs, in every output.

    Attributes
    ----------
    layer : LayerSpec
    space : FunctionCoefficients
        How the products are numbered.
    weights : integer array of shape (products, summands)
        The weights of one output that are summed, for each product; -1 where there are fewer.
    """

    layer: LayerSpec
    space: FunctionCoefficients
    weights: NDArray[np.int64]

    @classmethod
    def of(cls, layer: LayerSpec) -> Coefficients:
        """Return the coefficients of a layer."""
        space = FunctionCoefficients(1, layer.letters, layer.degree)
        numbers = space.rank(layer.product_indices())
        order = np.argsort(numbers, kind="stable")
        sizes = np.bincount(numbers, minlength=space.monomials)
        weights = np.full((space.monomials, int(sizes.max())), -1, dtype=np.int64)
        weights[np.arange(weights.shape[1]) < sizes[:, None]] = order
        return cls(layer, space, weights)

    def gather(self, by_weight: NDArray[Any], missing: Any) -> NDArray[Any]:
        """Return what is known of each weight, by coefficient: (outputs, products, summands)."""
        rows = by_weight.reshape(self.layer.outputs, self.layer.products)
        padded = np.concatenate([rows, np.full((len(rows), 1), missing, dtype=rows.dtype)], axis=1)
        return padded[:, self.weights]

    def moved(self, inputs: Permutation) -> NDArray[np.int64]:
        """Return the number of the product that each is moved to, given how inputs move."""
        letters = (0, *(unit + 1 for unit in inputs)) if self.layer.bias else inputs
        return self.space.image(letters, (0,))

    def names(self, output: int, product: int) -> tuple[str, ...]:
        """Return the names of the weights that a coefficient is the sum of."""
        products = self.layer.product_indices()
        chosen = [at for at in self.weights[product].tolist() if at >= 0]
        # The product in canonical order comes first: its indices descend.
        return tuple(self.layer.name(output, *products[at].tolist()) for at in reversed(chosen))


# --- Layer by layer -----------------------------------------------------------------------


def layerwise(tying: TyingMap) -> LayerwiseProof:
    """Prove that every network of a map is symmetric, layer by layer, or say where that fails.

    Notes
    -----
    Exact, in O(generators × weights) time for a layer; layers that look the same are
    looked at once.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    >>> tying = pc.derive(pc.NetworkSpec(3, depth=2), symmetry).tying_map()
    >>> layerwise(tying).proved
    True
    """
    known: dict[Hashable, tuple[Coefficients, list[Form], NDArray[np.int64]]] = {}
    prepared = []
    for layer, key in zip(tying.layers, layer_keys(tying.layers), strict=True):
        if key not in known:
            known[key] = _forms(layer)
        prepared.append(known[key])
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
    entry = Coefficients(tying.network.layers[index], entry.space, entry.weights)
    mismatch = Mismatch(
        index,
        generator,
        entry.names(output, product),
        entry.names(*target),
        dict(forms[numbers[output, product]]),
        dict(forms[numbers[target]]),
    )
    return LayerwiseProof(mismatch, found)


def layerwise_weights(
    network: NetworkSpec, symmetry: Symmetry, weights: Sequence[NDArray[Any]]
) -> dict[int, tuple[Permutation, ...]] | None:
    """Prove that the network of given weights is symmetric, as exact numbers, layer by layer.

    Returns
    -------
    dict or None
        The actions on hidden levels that were found, see :class:`LayerwiseProof`.

    Parameters
    ----------
    network : NetworkSpec
    symmetry : Symmetry
    weights : sequence of arrays of the layers' shapes

    Notes
    -----
    Coefficients that are sums of several weights are compared weight by weight, so that no sum is
    rounded; equal sums of different weights are not seen as equal.
    """
    coefficients = [Coefficients.of(layer) for layer in network.layers]
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
) -> tuple[dict[int, tuple[Permutation, ...]] | None, tuple[int, int] | None]:
    """Return the actions that were found, or None; and the layer and generator that failed.

    An array holds a layer's coefficients, (outputs, products, …), in any form in which equal
    ones are equal.
    """
    known: dict[Hashable, Permutation | None] = {}

    def fits(index: int, inputs: Permutation, stated: Permutation | None, free: bool) -> Any:
        array = arrays[index]
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
            free = index + 1 < network.depth and index + 1 not in symmetry.actions
            image = fits(index, here, wanted, free)
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
    """Return τ with moved[τ(k)] = here[k] for all outputs k, the stated one if it fits.

    Outputs that are equal for all weights are matched in order.
    """
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
    """Return a key for each layer; equal keys stand for layers that tie alike.

    Deep networks repeat one layer, often in one and the same array, which is hashed once.
    """
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


def _forms(layer: LayerClasses) -> tuple[Coefficients, list[Form], NDArray[np.int64]]:
    """Return a layer's coefficients, the different linear forms, and which each one is."""
    entry = Coefficients.of(layer.layer)
    numbers: dict[Form, int] = {}
    canonical = np.full(len(layer.sizes) + 1, -1, dtype=np.int64)
    for number in layer.present:
        form: Form = ((number, Fraction(1)),)
        if number in layer.dependent:
            form = _added([tuple(layer.dependent[number].items())])
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
    result: dict[int, Fraction] = {}
    for form in forms:
        for free, factor in form:
            result[free] = result.get(free, Fraction(0)) + factor
    return tuple(sorted((free, factor) for free, factor in result.items() if factor))


# --- By expansion -------------------------------------------------------------------------


def predicted_terms(tying: TyingMap) -> int:
    """Return a bound on the terms of all outputs of a tied network, fully expanded.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    >>> predicted_terms(pc.derive(pc.NetworkSpec(3), symmetry).tying_map())
    72
    """
    network = tying.network
    letters = network.layers[0].letters
    terms = network.units[-1] * comb(letters + network.degree - 1, network.degree)
    power = 1
    for tied in reversed(tying.layers):
        terms *= comb(len(tied.free) + power - 1, power)
        power *= tied.layer.degree
    return terms


def is_symmetric_by_expansion(tying: TyingMap) -> bool:
    """Return whether F(σx) = σF(x) as polynomials in the parameters and x, for each generator.

    Raises
    ------
    TooLargeError
        If the expansion would have too many terms.

    Notes
    -----
    Only the equality of polynomials in canonical form is relied upon.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2), "equivariant")
    >>> tying = pc.derive(pc.NetworkSpec(2, depth=2), symmetry).tying_map()
    >>> is_symmetric_by_expansion(tying)
    True
    """
    terms = predicted_terms(tying)
    if terms > MAX_TERMS:
        raise TooLargeError(
            f"the layers are not symmetric one by one, and expanding the tied network takes up "
            f"to {terms:,} terms, about {terms * _TERM_BYTES:,} bytes, of which at most "
            f"{MAX_TERMS:,} are allowed; a random check, not an exact one, needs neither",
            terms,
            terms * _TERM_BYTES,
        )
    network = tying.network
    names = [f"t{tied.layer.index}_{number}" for tied in tying.layers for number in tied.free]
    ring = PolynomialRing([*network.input_names(), *names])
    variables = exact_array(ring.gens())
    inputs, theta = variables[: network.units[0]], variables[network.units[0] :]
    weights = [
        tied.class_values(part)[tied.by_weight].reshape(tied.layer.outputs, tied.layer.products)
        for tied, part in zip(tying.layers, tying.split(theta), strict=True)
    ]
    moves = end_moves(network, tying.symmetry)
    points = np.array([inputs, *(inputs[list(before)] for before, _ in moves)])
    plain, *moved = values(network, weights, points, EXACT, one=ring.one).tolist()
    return all(
        one == [plain[image] for image in after]
        for one, (_, after) in zip(moved, moves, strict=True)
    )
