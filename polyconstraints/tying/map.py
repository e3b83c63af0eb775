"""The tying map: which weight is which parameter.

This is the seam of the package. Above it are polynomials and equations; everything that
uses a map (backends, verification, pictures) knows classes and numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import InputError
from polyconstraints.spec.network import LayerSpec, NetworkSpec
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying.provenance import Origin

if TYPE_CHECKING:
    import os

__all__ = ["LayerTying", "Projection", "TyingMap"]

Combination = Mapping[int, Fraction]
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class LayerTying:
    """The tying of one layer's weights.

    Attributes
    ----------
    layer : LayerSpec
    classes : integer array of the layer's shape
        The class of each weight; -1 where there is no weight (ordered indices, i < j).
    dependent : mapping
        Each dependent class as a rational combination of free classes.
    """

    layer: LayerSpec
    classes: NDArray[np.int64]
    dependent: Mapping[int, Combination]

    @property
    def name(self) -> str:
        """The layer's name in documents."""
        return f"layer{self.layer.index}"

    @cached_property
    def present(self) -> tuple[int, ...]:
        """The classes that have weights, ascending."""
        found: set[int] = set()
        # Output by output: several small sorts are quicker than one large one, and smaller.
        for row, mask in zip(self.classes, self.layer.mask, strict=True):
            found.update(np.unique(row[mask]).tolist())
        return tuple(sorted(found))

    @cached_property
    def free(self) -> tuple[int, ...]:
        """The classes that are parameters, ascending."""
        return tuple(number for number in self.present if number not in self.dependent)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Number of weights of each class number, from 0 to the largest."""
        return np.bincount(self.classes[self.layer.mask])

    def class_values(self, theta: Array) -> Array:
        """Return the value of every class number, given those of the free classes.

        Parameters
        ----------
        theta : array of shape (free classes,) or (free classes, …)

        Returns
        -------
        array of shape (largest class + 1,) or (largest class + 1, …), of the same dtype
        """
        values = np.zeros((self.present[-1] + 1, *theta.shape[1:]), dtype=theta.dtype)
        values[list(self.free)] = theta
        rows, columns, factors = self._dependence
        if len(rows):
            exact = theta.dtype == object
            scale = factors if exact else factors.astype(theta.dtype)
            scale = scale.reshape(-1, *(1,) * (theta.ndim - 1))
            np.add.at(values, rows, scale * theta[columns])
        return values

    @cached_property
    def _dependence(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        """Dependent classes as triplets: class, place of the free class, factor."""
        place = {number: at for at, number in enumerate(self.free)}
        entries = [
            (number, place[free], factor)
            for number, combination in sorted(self.dependent.items())
            for free, factor in sorted(combination.items())
        ]
        rows = np.array([row for row, _, _ in entries], dtype=np.int64)
        columns = np.array([column for _, column, _ in entries], dtype=np.int64)
        factors = np.array([factor for *_, factor in entries] or [], dtype=object)
        return rows, columns, factors

    def weights(self, theta: Array) -> Array:
        """Return the weight array for given parameters; 0 where there is no weight."""
        values = self.class_values(theta)[self.classes]
        if self.layer.ordered:
            values[..., ~self.layer.mask[0]] = 0
        return values

    def project(self, weights: Array) -> NDArray[np.float64]:
        """Return the parameters whose weights are nearest to the given ones.

        Nearest in the Euclidean norm over the weights. Without dependent classes these are
        the means over the classes; with them, a least-squares problem of the size of the
        number of classes that depend on one another.
        """
        mask = self.layer.mask
        values = np.asarray(weights, dtype=np.float64)[mask]
        classes = self.classes[mask]
        sums = np.bincount(classes, weights=values)
        sizes = self.sizes
        theta = np.zeros(len(self.free))
        place = {number: at for at, number in enumerate(self.free)}
        for free, dependent in self._blocks():
            column = {number: at for at, number in enumerate(free)}
            matrix = np.zeros((len(free) + len(dependent), len(free)))
            matrix[: len(free)] = np.eye(len(free))
            for row, number in enumerate(dependent, start=len(free)):
                for other, factor in self.dependent[number].items():
                    matrix[row, column[other]] = float(factor)
            members = np.array([*free, *dependent])
            scale = np.sqrt(sizes[members])
            target = sums[members] / scale
            if dependent:
                solution = np.linalg.lstsq(matrix * scale[:, None], target, rcond=None)[0]
            else:
                solution = target / scale
            theta[[place[number] for number in free]] = solution
        return theta

    def _blocks(self) -> list[tuple[list[int], list[int]]]:
        """Return the free and dependent classes that belong together, block by block."""
        import networkx as nx

        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(self.free)
        for number, combination in self.dependent.items():
            graph.add_node(number)
            graph.add_edges_from((number, free) for free in combination)
        blocks = []
        for component in nx.connected_components(graph):
            free = sorted(number for number in component if number not in self.dependent)
            if free:
                dependent = sorted(number for number in component if number in self.dependent)
                blocks.append((free, dependent))
        return sorted(blocks)


@dataclass(frozen=True)
class Projection:
    """The tied network nearest to a free one.

    Attributes
    ----------
    theta : list of arrays
        The parameters of each layer.
    weights : list of arrays
        The tied weights.
    distance : float
        How far the weights moved, in the Euclidean norm over all of them.
    """

    theta: list[NDArray[np.float64]]
    weights: list[NDArray[np.float64]]
    distance: float


@dataclass(frozen=True, eq=False)
class TyingMap:
    """A linear map from free parameters to the weights of a network.

    Attributes
    ----------
    network : NetworkSpec
    symmetry : Symmetry
        The symmetry that every network of this map is meant to have.
    layers : tuple of LayerTying
    function_dimension : int or None
        Dimension of the set of functions that the map's networks compute, where known.
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
    layers: tuple[LayerTying, ...]
    function_dimension: int | None = None
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
        return sum(len(layer.present) for layer in self.layers)

    def split(self, theta: Sequence[Any] | Array) -> list[Array]:
        """Return parameters as one array a layer.

        Parameters
        ----------
        theta : array of shape (dimension,), or sequence of one array a layer
            Numbers of any dtype; an object array keeps exact rationals exact.

        Raises
        ------
        InputError
            If the number of parameters doesn't fit.
        """
        if isinstance(theta, np.ndarray):
            if theta.shape != (self.dimension,):
                raise InputError(
                    f"expected {self.dimension} parameters, got an array of shape {theta.shape}",
                    "theta",
                )
            return np.split(theta, np.cumsum(self.parameters)[:-1])
        parts = [np.asarray(part) for part in theta]
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

        Returns
        -------
        list of arrays of the layers' shapes
            Of the parameters' dtype; 0 where there is no weight.

        Raises
        ------
        InputError
            If the number of parameters doesn't fit.
        """
        parts = self.split(theta)
        return [layer.weights(part) for layer, part in zip(self.layers, parts, strict=True)]

    def project(self, weights: Sequence[Any]) -> Projection:
        """Return the tied network that is nearest to a free one.

        Parameters
        ----------
        weights : sequence of arrays of the layers' shapes
            Entries where there is no weight are ignored.

        Raises
        ------
        InputError
            If the number of arrays or a shape doesn't fit.
        """
        arrays = [np.asarray(array, dtype=np.float64) for array in weights]
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
        moved = sum(
            float(((array - near)[layer.layer.mask] ** 2).sum())
            for layer, array, near in zip(self.layers, arrays, tied, strict=True)
        )
        return Projection(theta, tied, moved**0.5)

    # -- documents -------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``tying-map``."""
        from polyconstraints.tying.document import to_document

        return to_document(self)

    @classmethod
    def from_json(cls, document: Any, source: str = "") -> TyingMap:
        """Return the map that a document describes.

        Raises
        ------
        InputError
            If the document is not a tying map; the message names the place.
        """
        from polyconstraints.tying.document import from_document

        return from_document(document, source)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the map to a file, whole or not at all.

        The ending of the name chooses the format: ``.npz``, ``.safetensors``, else JSON.

        Raises
        ------
        UsageError
            If the file cannot be written.
        """
        from polyconstraints.tying.archive import save

        save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TyingMap:
        """Read a map from a file that :meth:`save` wrote or that someone wrote by hand.

        ``-`` reads JSON from standard input.

        Raises
        ------
        InputError
            If the file is not a tying map; the message names the place.
        """
        from polyconstraints.tying.archive import load

        return load(path)

    # -- in notebooks ----------------------------------------------------------------------

    def _repr_html_(self) -> str:
        from polyconstraints.render.notebook import tying_html

        return tying_html(self)

    def _repr_latex_(self) -> str:
        from polyconstraints.render.notebook import tying_latex

        return tying_latex(self)

    def __eq__(self, other: object) -> bool:
        """Tell whether two maps have the same content, whatever produced them."""
        if not isinstance(other, TyingMap):
            return NotImplemented
        mine, others = self.to_json(), other.to_json()
        for document in (mine, others):
            del document["provenance"]
        return mine == others

    def __hash__(self) -> int:
        return hash((self.network, self.parameters))
