"""The tying map: which weight is which parameter.

This is the seam of the package. Above it are polynomials and equations; everything that
uses a map (backends, verification, pictures) knows classes and numbers only.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import EllipsisType
from typing import Any

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.reduction import function_dimension
from polyconstraints.display import Drawn
from polyconstraints.errors import InputError, explained
from polyconstraints.io.arrays import ARRAY_ENDINGS, ArrayFile, open_arrays
from polyconstraints.io.arrays import to_bytes as arrays_to_bytes
from polyconstraints.io.files import atomic_writer, ending_of, load_json
from polyconstraints.io.strict_json import dump_json, parse_json
from polyconstraints.schemas.maps import MapLayer
from polyconstraints.schemas.reading import agree
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import provenance
from polyconstraints.tying.document import (
    MAX_WEIGHTS,
    ClassesOf,
    naming_places,
    read_layers,
    read_problem,
    write_header,
)
from polyconstraints.tying.provenance import Origin

Array = NDArray[Any]

#: Most entries of an archive's class arrays that differ: half a gigabyte.
MAX_ENTRIES = 1 << 26

#: Most entries of all arrays, equal ones included; a bound on time, not on memory.
_MAX_ENTRIES_READ = 1 << 29

#: Most bytes of an archive's header.
_MAX_HEADER = 1 << 26

#: The member of an archive that holds the document without the class arrays.
_HEADER = "header"


@dataclass(frozen=True)
class Projection:
    """The tied network nearest to a free one."""

    #: The parameters of each layer.
    theta: list[NDArray[np.float64]]
    #: The tied weights of each layer.
    weights: list[NDArray[np.float64]]
    #: How far the weights moved, in the Euclidean norm over all of them.
    distance: float


@explained
@dataclass(frozen=True, eq=False)
class TyingMap(Drawn):
    """A linear map from free parameters to the weights of a network.

    Attributes
    ----------
    network : NetworkSpec
    symmetry : Symmetry
        The symmetry that every network of this map is meant to have.
    layers : tuple of LayerClasses
    functions : int or None, optional
        Dimension of the set of functions that the map's networks compute, None where it isn't
        known; worked out when it is asked for unless given.
    origin : Origin or None
        What produced the map; None for one that somebody wrote by hand.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> network = pc.NetworkSpec(3)
    >>> tying = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(3))).tying_map()
    >>> tying.parameters
    (4,)
    >>> tying.weights([np.array([1, 2, 3, 4])])[0][0]
    array([[1, 0, 0],
           [2, 3, 0],
           [2, 4, 3]])
    """

    network: NetworkSpec
    symmetry: Symmetry
    layers: tuple[LayerClasses, ...] = field(repr=False)
    functions: int | EllipsisType | None = ...
    origin: Origin | None = None

    @property
    def parameters(self) -> tuple[int, ...]:
        """Number of free parameters of each layer."""
        return tuple(len(layer.free) for layer in self.layers)

    @property
    def dimension(self) -> int:
        """Number of free parameters."""
        return sum(self.parameters)

    @property
    def distinct(self) -> int:
        """Number of classes of weights."""
        return sum(layer.distinct for layer in self.layers)

    @cached_property
    def function_dimension(self) -> int | None:
        """Dimension of the set of functions that the map's networks compute, where known."""
        if isinstance(self.functions, EllipsisType):
            return function_dimension(self.network, self.layers)
        return self.functions

    def split(self, theta: Sequence[Any] | Array) -> list[Array]:
        """Return parameters, as in :meth:`weights`, as one array a layer."""
        if isinstance(theta, np.ndarray):
            _numbers(theta)
            if theta.shape != (self.dimension,):
                raise InputError(
                    f"expected {self.dimension} parameters, got an array of shape {theta.shape}",
                    "theta",
                )
            return np.split(theta, np.cumsum(self.parameters)[:-1])
        parts = [_numbers(part) for part in theta]
        shapes = [part.shape for part in parts]
        if shapes != [(count,) for count in self.parameters]:
            raise InputError(
                f"expected one array of each of the shapes {[(n,) for n in self.parameters]}, "
                f"got {shapes}",
                "theta",
            )
        return parts

    def weights(self, theta: Sequence[Any] | Array) -> list[Array]:
        """Return the weight arrays that the parameters give.

        Parameters
        ----------
        theta : array of shape (dimension,), or sequence of one array a layer
            Numbers of any dtype; an object array keeps exact rationals exact, and integers
            become float64 where a weight is a fraction of them.

        Returns
        -------
        list of arrays of the layers' shapes
            0 where there is no weight.

        Raises
        ------
        InputError
            If the number of parameters doesn't fit.
        """
        parts = self.split(theta)
        return [layer.weights(part) for layer, part in zip(self.layers, parts, strict=True)]

    def project(self, weights: Sequence[Any]) -> Projection:
        """Return the tied network that is nearest to a free one, arrays of the layers' shapes.

        Entries where there is no weight are ignored.
        """
        arrays = [_numbers(array, "weights").astype(np.float64) for array in weights]
        if len(arrays) != len(self.layers):
            raise InputError(f"expected {len(self.layers)} arrays, got {len(arrays)}", "weights")
        for layer, array in zip(self.layers, arrays, strict=True):
            if array.shape != layer.layer.shape:
                raise InputError(
                    f"expected shape {layer.layer.shape}, got {array.shape}",
                    f"weights[{layer.layer.index}]",
                )
        theta = [layer.project(array) for layer, array in zip(self.layers, arrays, strict=True)]
        tied = self.weights(theta)
        # Scaled down, so that only a distance that is no number itself overflows.
        with np.errstate(over="ignore"):
            moved = [
                (array / 2 - near / 2)[layer.layer.mask]
                for layer, array, near in zip(self.layers, arrays, tied, strict=True)
            ]
            largest = max(float(np.abs(part).max()) for part in moved)
            scale = 2.0 ** max(0, math.frexp(largest)[1] - 400)
            total = sum(float(((part / scale) ** 2).sum()) for part in moved)
            distance = float(np.float64(2 * total**0.5) * scale)
        return Projection(theta, tied, distance)

    # -- documents -------------------------------------------------------------------------

    def to_sympy(self) -> dict[Any, Any]:
        """Return each weight's symbol with its value in the parameters, such as ``c0_1``.

        Parameters are named by layer and class. What is returned can be substituted.

        Examples
        --------
        >>> import polyconstraints as pc
        >>> pc.derive(n=2, layer="linear").tying_map().to_sympy()
        {W0_1_1: c0_0, W0_1_2: c0_1, W0_2_1: c0_1, W0_2_2: c0_0}
        """
        from sympy import Add, Rational, Symbol

        found: dict[Any, Any] = {}
        for layer in self.layers:
            at = layer.layer.index
            free = {number: Symbol(f"c{at}_{number}") for number in layer.free}
            value = dict(free)
            for number, terms in layer.dependent.items():
                value[number] = Add(*(Rational(part) * free[one] for one, part in terms.items()))
            classes = layer.by_weight.tolist()
            for name, number in zip(layer.layer.names(), classes, strict=True):
                found[Symbol(name)] = value[layer.present[number]]
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``tying-map``."""
        document = self._header()
        for entry, layer in zip(document["layers"], self.layers, strict=True):
            entry["classes"] = layer.classes.tolist()
        return document

    def _header(self) -> dict[str, Any]:
        """Return the document without the class arrays."""
        entries = [
            {
                "free": list(layer.free),
                "dependent": {
                    str(number): [
                        [factor.numerator, factor.denominator, free]
                        for free, factor in sorted(combination.items())
                    ]
                    for number, combination in sorted(layer.dependent.items())
                },
            }
            for layer in self.layers
        ]
        counts = {
            "distinct": self.distinct,
            "dimension": self.dimension,
            "function_dimension": self.function_dimension,
        }
        classes = (layer.classes for layer in self.layers)
        return write_header(self.network, self.symmetry, entries, counts, self.origin, classes)

    @classmethod
    def from_json(cls, document: Any, source: str = "") -> TyingMap:
        """Return the map that a document describes; an `InputError` says where it is none."""
        return cls._read(document, source)

    @classmethod
    def _read(cls, document: Any, source: str, classes_of: ClassesOf | None = None) -> TyingMap:
        with naming_places(source):
            declared, network, symmetry = read_problem(document, MAX_WEIGHTS)
            layers = read_layers(declared, network, classes_of)
            origin = provenance.read(declared.provenance, network, symmetry)
            # What the document says of its functions isn't taken over: it is worked out when asked.
            made = cls(network, symmetry, layers, origin=origin)
            if declared.counts is not UNSET:
                for key, value in (
                    ("weights", network.weights),
                    ("distinct", made.distinct),
                    ("dimension", made.dimension),
                ):
                    stated = getattr(declared.counts, key)
                    agree(stated, value, f"counts.{key}", ", as the layers have it")
            # Last, so that damage is named by its place wherever it has one.
            pairs = zip(declared.layers, layers, strict=True)
            listed = (layer.classes for entry, layer in pairs if entry.rule is UNSET)
            provenance.check(document, declared.provenance, listed)
            return made

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the map to a file, whole or not at all.

        The ending of the name chooses the format: ``.npz``, ``.safetensors``, else JSON.
        """
        ending = ending_of(path)
        if ending in ARRAY_ENDINGS:
            data = self.to_bytes(ending)
            with atomic_writer(path, binary=True) as binary:
                binary.write(data)
        else:
            with atomic_writer(path) as handle:
                dump_json(self.to_json(), handle)

    def to_bytes(self, ending: str) -> bytes:
        """Return the map as the bytes of a file of a binary format, ``npz`` or ``safetensors``."""
        header = json.dumps(self._header(), sort_keys=True, ensure_ascii=False)
        arrays = {layer.name: layer.classes for layer in self.layers}
        return arrays_to_bytes(arrays, ending, {_HEADER: header})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TyingMap:
        """Read a map from a file that :meth:`save` wrote or that someone wrote by hand.

        ``-`` reads JSON from standard input. An `InputError` says where a file isn't a tying map.
        """
        if ending_of(path) in ARRAY_ENDINGS:
            return cls._read(*_opened(open_arrays(path, _MAX_ENTRIES_READ)))
        return cls._read(load_json(path), os.fspath(path))

    def __eq__(self, other: object) -> bool:
        """Tell whether two maps have the same content, whatever produced them."""
        if not isinstance(other, TyingMap):
            return NotImplemented
        return (
            self.network == other.network
            and self.symmetry.to_json() == other.symmetry.to_json()
            and all(map(_are_alike, self.layers, other.layers))
        )

    def __hash__(self) -> int:
        return hash((self.network, self.parameters))


def _numbers(given: Any, place: str = "theta") -> Array:
    array = np.asarray(given)
    if array.dtype.kind not in "biufcO":
        raise InputError(f"expected numbers, got {str(array.dtype)[:40]}", place)
    return array


def _are_alike(one: LayerClasses, other: LayerClasses) -> bool:
    return (
        one.free == other.free
        and np.array_equal(one.classes, other.classes)
        and dict(one.dependent) == dict(other.dependent)
    )


# --- archives -----------------------------------------------------------------------------


def _opened(arrays: ArrayFile) -> tuple[Any, str, ClassesOf]:
    """Return an archive's document, its name, and what gives the class array of a layer."""
    # Layers of deep networks are often the same: equal arrays are kept once.
    kept: dict[bytes, NDArray[np.int64]] = {}

    def classes(entry: MapLayer, layer: LayerSpec, place: str) -> NDArray[np.int64]:
        array = _checked(arrays.read(entry.name, math.prod(layer.shape)), layer, entry.name)
        array = kept.setdefault(hashlib.blake2b(array.data).digest(), array)
        if sum(other.size for other in kept.values()) > MAX_ENTRIES:
            raise InputError(f"expected at most {MAX_ENTRIES} entries in layers that differ")
        return array

    return parse_json(_header_text(arrays), arrays.source), arrays.source, classes


def _header_text(arrays: ArrayFile) -> str:
    if _HEADER in arrays.metadata:
        return arrays.metadata[_HEADER]
    if _HEADER not in arrays and "layer0" in arrays:
        raise InputError(
            "expected a tying map, as export writes it, got an archive of weights; to check those "
            "they are given as weights beside a map or a network",
            source=arrays.source,
        )
    array = arrays.read(_HEADER, _MAX_HEADER)
    if array.dtype != np.uint8 or array.ndim != 1:
        raise InputError(
            f"expected bytes, got {array.dtype} of {array.ndim} axes", _HEADER, arrays.source
        )
    try:
        return array.tobytes().decode()
    except UnicodeDecodeError:
        raise InputError("expected UTF-8 text", _HEADER, arrays.source) from None


def _checked(array: NDArray[Any], layer: LayerSpec, member: str) -> NDArray[np.int64]:
    if array.dtype.kind not in "iu":
        raise InputError(f"expected integers, got {array.dtype}", member)
    if array.shape != layer.shape:
        raise InputError(f"expected shape {layer.shape}, got {array.shape}", member)
    return np.ascontiguousarray(array, dtype=np.int64)
