"""Weights that somebody trained: how far from symmetric, and because of which weights."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.display import Displayed
from polyconstraints.errors import InputError, UsageError
from polyconstraints.evaluation import FLOATING, both_sides
from polyconstraints.io.arrays import open_arrays
from polyconstraints.schemas.writing import written
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.groups import Permutation
from polyconstraints.spec.network import IndexKind, LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import end_moves
from polyconstraints.tying import TyingMap
from polyconstraints.verification.proofs import layerwise_weights

Floats = NDArray[np.float64]

#: An array for each layer, or the file that holds them.
Weights = Sequence[ArrayLike] | str | os.PathLike[str]

WEIGHTS, PARAMETERS, UNITS = "layer{}", "theta{}", "layers.{}.theta"
"""Names of weights in files, of a map's parameters, and of those in unit coordinates.

The last as PyTorch names them in the state of a network.
"""

DEFAULT_POINTS = 8
"""Random inputs at which a network is evaluated."""

MAX_DEVIATIONS = 1000
"""Most weights that a result lists; the largest deviations come first."""


@dataclass(frozen=True)
class Deviation:
    """A weight, and what the other weights of its class make it."""

    weight: str
    value: float
    tied: float

    @property
    def difference(self) -> float:
        """How far the weight is off."""
        return self.value - self.tied


@dataclass(frozen=True)
class WeightCheck(Displayed):
    """How symmetric a network with given weights is.

    It counts as symmetric where there is a proof or its function is up to the tolerance; where
    the function overflows, and has no error, its weights decide. The errors are the largest
    difference of F(σx) and σF(x) over generators and random inputs, in units of the largest
    output, and the largest deviation of a weight from its class, in units of its layer's largest
    weight. The distance is that to the nearest tied network, in the Euclidean norm over all
    weights. Of the deviations beyond the tolerance the largest are listed, in descending order. A
    proof takes the weights as exact numbers; found actions are how hidden units move for it, where
    that is not as the map states.
    """

    symmetric: bool
    tolerance: float
    function_error: float | None
    weight_error: float
    distance: float
    points: int
    seed: int
    deviating: int
    deviations: tuple[Deviation, ...]
    proof: Literal["layerwise"] | None = None
    found_actions: Mapping[int, tuple[Permutation, ...]] | None = None

    def __bool__(self) -> bool:
        return self.symmetric

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``weight-check``, null for numbers that overflow."""
        return written("maps.WeightCheck", self)


# --- Reading ------------------------------------------------------------------------------


def read_weights(path: str | os.PathLike[str]) -> list[NDArray[Any]]:
    """Return the weight arrays ``layer0``, ``layer1``, … of a file, which must be finite."""
    return read_numbered(path, WEIGHTS)[1]


def read_numbered(path: str | os.PathLike[str], *names: str) -> tuple[str, list[NDArray[Any]]]:
    """Return the first name whose arrays 0, 1, … a file has, and these, which must be finite."""
    arrays = open_arrays(path)
    first = [name.format(0) for name in names]
    chosen = next((name for name in names if name.format(0) in arrays), None)
    if chosen is None:
        raise InputError(f"expected an array {' or '.join(first)}, got none", source=arrays.source)
    found: list[NDArray[Any]] = []
    while (name := chosen.format(len(found))) in arrays:
        array = arrays[name]
        if not np.isfinite(array).all():
            at = "".join(f"[{part}]" for part in np.argwhere(~np.isfinite(array))[0])
            raise InputError("expected a finite number, got another", f"{name}{at}", arrays.source)
        found.append(array)
    return chosen, found


def weight_arrays(given: Weights) -> list[NDArray[Any]]:
    """Return weights, given as an array for each layer or by the file that holds them."""
    if isinstance(given, str | os.PathLike):
        return read_weights(given)
    listed: object = given
    if not isinstance(listed, Sequence) or not listed:
        got = repr(listed)[:40]
        raise UsageError(f"expected an array for each layer, or a file, got {got}", "weights")
    return [np.asarray(array) for array in given]


def infer_network(
    weights: Sequence[NDArray[Any]],
    *,
    bias: bool = False,
    indices: IndexKind = "ordered",
    channels: int | Sequence[int] = 1,
    activation: Activation | str | None = None,
) -> NetworkSpec:
    """Return the network that has weight arrays of the given shapes.

    Whether index 0 of the inputs is the homogenising unit no shape can tell, nor what hidden
    units pass through. Channels are one number for all levels, or one for each.

    >>> infer_network([np.zeros((3, 4, 4)), np.zeros((1, 4, 4))], bias=True).widths
    (3, 3, 1)
    """
    for index, array in enumerate(weights):
        if array.ndim < 2 or 0 in array.shape:
            raise InputError(
                f"expected an array of 2 axes or more, got shape {array.shape}", f"layer{index}"
            )
        letters = array.shape[1]
        below = weights[index - 1].shape[0] if index else letters - bias
        fits = letters == below + bias
        if array.shape[1:] != (letters,) * (array.ndim - 1) or not fits or letters <= bias:
            raise InputError(
                f"expected a layer that reads the outputs of the one below"
                f"{' and the bias' if bias else ''}, got shape {array.shape}"
                f"{', as with a bias' if letters == below + 1 and not bias else ''}",
                f"layer{index}",
            )
    units = [weights[0].shape[1] - bias, *(array.shape[0] for array in weights)]
    given = tuple(channels) if isinstance(channels, Sequence) else (channels,)
    counts = given * (len(units) if len(given) == 1 else 1)
    if len(counts) != len(units) or any(u % c for u, c in zip(units, counts, strict=True)):
        raise InputError(
            f"expected channels that divide the units {units}, got {list(given)}", "layer0"
        )
    widths = [unit // count for unit, count in zip(units, counts, strict=True)]
    kinds = [array.ndim - 1 for array in weights]
    sizes = widths[0], len(weights), kinds
    return NetworkSpec(*sizes, indices, bias, widths[1:-1], widths[-1], counts, activation)


def default_tolerance(weights: Sequence[NDArray[Any]]) -> float:
    """Return a hundred roundings of the coarsest dtype of the weights, and at least 1e-9."""
    precisions = [float(np.finfo(w.dtype).eps) for w in weights if w.dtype.kind == "f"]
    return max(1e-9, 100 * max(precisions, default=0.0))


# --- Evaluation ---------------------------------------------------------------------------


def random_points(network: NetworkSpec, count: int, seed: int) -> Floats:
    """Return random inputs between -1 and 1, (count, input units), the same for any NumPy."""
    draw = Random(seed)
    shape = count, network.units[0]
    return np.array([draw.uniform(-1, 1) for _ in range(math.prod(shape))]).reshape(shape)


def weight_rows(network: NetworkSpec, weights: Sequence[Floats]) -> list[Floats]:
    """Return weight arrays of the layers' shapes as arrays of shape (outputs, products)."""
    return [
        array[layer.mask].reshape(layer.outputs, layer.products)
        for layer, array in zip(network.layers, weights, strict=True)
    ]


def exact_rows(network: NetworkSpec, weights: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return weights that fit a network as exact numbers, (outputs, products) a layer."""
    rows = weight_rows(network, fitted(weights, network))
    return [np.array([list(map(Fraction, row)) for row in array.tolist()]) for array in rows]


def fitted(weights: Sequence[NDArray[Any]], network: NetworkSpec) -> list[Floats]:
    """Return weights in double precision, refused where they don't fit a network."""
    if len(weights) != network.depth:
        raise InputError(f"expected {network.depth} layers, got {len(weights)}", "weights")
    result = []
    for layer, array in zip(network.layers, weights, strict=True):
        if array.shape != layer.shape:
            other = (layer.outputs, *(layer.letters + (-1 if layer.bias else 1),) * layer.degree)
            hint = f", as {'without' if layer.bias else 'with'} a bias"
            raise InputError(
                f"expected shape {layer.shape}, got {array.shape}"
                f"{hint if array.shape == other else ''}",
                f"layer{layer.index}",
            )
        wide = array.astype(np.float64)
        outside = np.argwhere((wide != 0) & ~layer.mask)
        if len(outside):
            at = "".join(f"[{part}]" for part in outside[0])
            raise InputError(
                "expected 0 where i < j, since the indices are ordered and not redundant, got "
                "another number",
                f"layer{layer.index}{at}",
            )
        result.append(wide)
    return result


# --- The check ----------------------------------------------------------------------------


def check_weights(
    tying: TyingMap,
    weights: Sequence[NDArray[Any]],
    *,
    tolerance: float | None = None,
    seed: int = 0,
) -> WeightCheck:
    """Tell how symmetric a network with given weights is, and which weights break it.

    The *function* is compared with itself at random inputs: that decides. The *weights* are
    compared with the nearest network of the map: that says where it goes wrong. A network may
    compute a symmetric function with weights that are not those of the map, for example with its
    hidden units in another order.
    """
    network = tying.network
    limit = default_tolerance(weights) if tolerance is None else tolerance
    arrays = fitted(weights, network)
    projection = tying.project(arrays)
    by_layer = [
        _deviations(layer.layer, array, _consensus(layer, array, near), limit)
        for layer, array, near in zip(tying.layers, arrays, projection.weights, strict=True)
    ]
    deviations = sorted(
        (deviation for _, _, found_in_layer in by_layer for deviation in found_in_layer),
        key=lambda deviation: (-abs(deviation.difference), deviation.weight),
    )
    weight_error = max(error for error, _, _ in by_layer)
    error = _function_error(tying, arrays, random_points(network, DEFAULT_POINTS, seed))
    found = layerwise_weights(network, tying.symmetry, arrays)
    return WeightCheck(
        symmetric=found is not None or (weight_error if error is None else error) <= limit,
        tolerance=limit,
        function_error=error,
        weight_error=weight_error,
        distance=projection.distance,
        points=DEFAULT_POINTS,
        seed=seed,
        deviating=sum(count for _, count, _ in by_layer),
        deviations=tuple(deviations[:MAX_DEVIATIONS]),
        proof=None if found is None else "layerwise",
        found_actions=found,
    )


def _consensus(layer: LayerClasses, given: Floats, near: Floats) -> Floats:
    """Return what the other weights of each class say that a weight should be.

    In the nearest network one wrong weight moves its whole class: three or more get their median.
    """
    involved = set(layer.dependent).union(*layer.dependent.values())
    mask = layer.layer.mask
    classes, numbers = layer.classes[mask], given[mask]
    sizes = np.bincount(classes)
    first = np.cumsum(sizes) - sizes
    middle = np.lexsort((numbers, classes))[np.minimum(first + sizes // 2, len(numbers) - 1)]
    plain = sizes >= 3
    plain[[number for number in involved if number < len(plain)]] = False
    result = near.copy()
    result[mask] = np.where(plain[classes], numbers[middle][classes], near[mask])
    return result


def _deviations(
    layer: LayerSpec, given: Floats, near: Floats, limit: float
) -> tuple[float, int, list[Deviation]]:
    """Return a layer's relative error, how many weights deviate, and the worst of them."""
    with np.errstate(over="ignore"):
        difference = np.abs(given - near)
    largest = float(np.abs(given).max())
    if not largest:
        return 0.0, 0, []
    wrong = difference > limit * largest
    count = int(wrong.sum())
    order = np.argsort(-difference[wrong], kind="stable")[:MAX_DEVIATIONS]
    places = np.argwhere(wrong)[order].tolist()
    found = [
        Deviation(layer.name(*at), float(given[tuple(at)]), float(near[tuple(at)])) for at in places
    ]
    return float(difference.max()) / largest, count, found


def _function_error(tying: TyingMap, weights: Sequence[Floats], points: Floats) -> float | None:
    """Return the largest difference in units of the largest output, None if any is infinite."""
    network, rows = tying.network, weight_rows(tying.network, weights)
    moves = end_moves(network, tying.symmetry)
    errors = [0.0]
    with np.errstate(over="ignore", invalid="ignore"):
        for sides in both_sides(network, moves, rows, points, FLOATING):
            largest = float(np.abs(sides).max())
            if not math.isfinite(largest):
                return None
            if largest:
                errors.append(float(np.abs(sides[0] - sides[1]).max()) / largest)
    return max(errors)
